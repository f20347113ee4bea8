"""The question sets that come along, each with the documents that they ask about."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from index.build import build
from index.encoder import load
from index.gathering import Progress
from index.search import Searcher

_ROOT = Path(__file__).parent.parent
SHARED = _ROOT.parent / "shared"  # real documents, which lie outside the repository
_SETS = Path(__file__).parent / "sets"


class Suite(NamedTuple):
    """Question sets, and the files and folders that are indexed for them."""

    name: str
    sets: tuple[Path, ...]
    sources: tuple[Path, ...]


EXAMPLES = Suite("examples", (_SETS / "examples.jsonl",), (_ROOT / "corpus" / "examples",))


def suites(shared: Path | None = None) -> list[Suite]:
    """Give the suites whose documents are on this machine: always the examples, and the real ones where they lie."""
    return [EXAMPLES] + ([] if (real := real_suite(shared)) is None else [real])


def real_suite(shared: Path | None = None) -> Suite | None:
    """Give the suite over real documents and debates, or None where they, or the questions about them, are not here."""
    folder = shared or SHARED
    sources = (folder / "documents", folder / "data" / "transcripts")
    sets = tuple(path for name in ("debates", "answers") if (path := _SETS / f"{name}.jsonl").is_file())
    return Suite("real", sets, sources) if sets and all(source.is_dir() for source in sources) else None


@contextmanager
def opened(suite: Suite, progress: Progress | None = None) -> Iterator[Searcher]:
    """Index a suite's documents with the bundled encoder, in a folder that goes away again, and open the index."""
    with tempfile.TemporaryDirectory(prefix="spoergetime-eval-") as index:
        build(list(suite.sources), Path(index), load(), progress=progress)
        yield Searcher.open(Path(index))
