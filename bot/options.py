"""The options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Index = Annotated[Path, typer.Option("--index", envvar="SPOERGETIME_INDEX", help="The folder of the index.")]
Model = Annotated[
    str,
    typer.Option(envvar="SPOERGETIME_MODEL", help="A sentence-transformers id or folder; the bundled one if left out."),
]
IndexModel = Annotated[
    str | None,
    typer.Option(
        envvar="SPOERGETIME_MODEL",
        help="A sentence-transformers id or folder; if left out, the one the index was adapted to, or the bundled one.",
    ),
]
BuiltModel = Annotated[
    str | None,
    typer.Option("--model", help="Where the index's model lies now, if it has moved since the index was built."),
]
Rerank = Annotated[
    str | None,
    typer.Option(
        envvar="SPOERGETIME_RERANK",
        metavar="MODEL",
        help="A cross-encoder's id or folder, to put the best passages in order; none if left out.",
    ),
]
QueryPrompt = Annotated[
    str | None,
    typer.Option(envvar="SPOERGETIME_QUERY_PROMPT", help="Put before every query, instead of the model's own."),
]
PassagePrompt = Annotated[
    str | None,
    typer.Option(envvar="SPOERGETIME_PASSAGE_PROMPT", help="Put before every passage, instead of the model's own."),
]
Dimensions = Annotated[
    int | None,
    typer.Option(
        envvar="SPOERGETIME_DIMENSIONS",
        min=1,
        help="Keep only so many numbers of each vector: a smaller index, for models made to be cut.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Host = Annotated[str, typer.Option(envvar="SPOERGETIME_HOST", help="The address to listen on.")]
Port = Annotated[int, typer.Option(envvar="SPOERGETIME_PORT", help="The port to listen on.")]
