"""The options that several commands share."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from corpus.errors import UsageError

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
AllowHost = Annotated[
    list[str] | None,
    typer.Option(
        envvar="SPOERGETIME_ALLOW_HOST",
        metavar="NAME",
        help="A host name the server answers to, besides the loopback ones and --host; may be repeated.",
    ),
]
AllowEmbed = Annotated[
    list[str] | None,
    typer.Option(
        envvar="SPOERGETIME_ALLOW_EMBED",
        metavar="ORIGIN",
        help="An origin whose pages may embed the widget, such as https://intranet.example; may be repeated.",
    ),
]
Rate = Annotated[
    int,
    typer.Option(envvar="SPOERGETIME_RATE", min=0, help="Questions and pages a minute from one client; 0 is no limit."),
]
Queue = Annotated[
    int, typer.Option(envvar="SPOERGETIME_QUEUE", min=1, help="Questions that may wait; more are told to try again.")
]
Timeout = Annotated[
    float, typer.Option(envvar="SPOERGETIME_TIMEOUT", min=0.1, help="Seconds until an answer must have begun.")
]
Workers = Annotated[
    int | None,
    typer.Option(
        envvar="SPOERGETIME_WORKERS",
        min=0,
        max=64,
        help="Processes that answer side by side, 0 for the server's own; by default one for each core, at most 4.",
    ),
]
TrustProxy = Annotated[
    list[str] | None,
    typer.Option(
        envvar="SPOERGETIME_TRUST_PROXY",
        metavar="ADDRESS",
        help="A proxy, or a network of them, that is believed when it says who asks; may be repeated.",
    ),
]
LoginHeader = Annotated[
    str | None,
    typer.Option(
        envvar="SPOERGETIME_LOGIN_HEADER",
        metavar="NAME",
        help="Let in only those for whom a trusted proxy sets this header, such as X-Remote-User.",
    ),
]
Metrics = Annotated[bool, typer.Option(envvar="SPOERGETIME_METRICS", help="Open /metrics for Prometheus.")]
LogRequests = Annotated[
    bool, typer.Option(envvar="SPOERGETIME_LOG_REQUESTS", help="Write a line of JSON for each request.")
]
PublicUrl = Annotated[
    str | None,
    typer.Option(
        envvar="SPOERGETIME_PUBLIC_URL",
        metavar="URL",
        help="Where others find the server, such as https://arkiv.example, for the references it gives.",
    ),
]
FeedbackFile = Annotated[
    Path | None,
    typer.Option(
        "--feedback",
        envvar="SPOERGETIME_FEEDBACK",
        metavar="FILE",
        help="Let readers say what helped, and add it to this file: ids and the day, nothing of who or what was asked.",
    ),
]
FeedbackQuestions = Annotated[
    bool,
    typer.Option(
        "--feedback-questions", envvar="SPOERGETIME_FEEDBACK_QUESTIONS", help="Also keep the question that was asked."
    ),
]
Port = Annotated[int, typer.Option(envvar="SPOERGETIME_PORT", help="The port to listen on.")]


def day(option: str, text: str | None) -> date | None:
    """Read a day; raise `UsageError` where an option holds something else."""
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{option} {text} is no date. Write it as YYYY-MM-DD, for example 2023-05-01") from error
