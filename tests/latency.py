"""Measure one question on a big index, stage by stage and beside the bare libraries: `make latency`.

Prints the rows of docs/measurements.md. One thread; the passages are the sentences of real debates, dealt out anew.
"""

from __future__ import annotations

import json
import os

os.environ["OMP_NUM_THREADS"] = "1"  # before numpy and FAISS are loaded

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

import numpy as np

import index.search
from corpus.document import document_id, passages, read
from corpus.document import load as load_file
from corpus.files import discover
from corpus.records import Document, Passage
from corpus.split import sentences
from index.build import write
from index.encoder import load
from index.evidence import Judge
from index.generation import building, current, publish
from index.lexical import Lexical
from index.search import Searcher
from index.settings import Ranking
from index.static import StaticEncoder
from index.store import Store
from index.understanding import Understanding
from index.vectors import Dense
from tests.bench import row

SETS = Path(__file__).parent.parent / "eval" / "sets"
DEPTH = Ranking().candidates  # passages that each leg, and each bare library, is asked for
WARM_UP = 40  # questions that are put before those that are measured
ROUNDS = 3  # each with an index opened anew, so that every question is new to it
# What is timed, by the functions' names; what is left is `REST`.
STAGES: tuple[tuple[str, Any, str], ...] = (
    ("understanding the question", Understanding, "read"),
    ("encoding the question", StaticEncoder, "encode"),
    ("lexical search", Lexical, "search"),
    ("dense search", Dense, "search"),
    ("cosines of what the words found", Dense, "scores"),
    ("fusion", index.search, "convex"),
    ("fetching passages", Store, "passages"),
    ("reordering, choosing the sentence to mark", Judge, "judge"),
    ("confidence", index.search, "confidence"),
    ("fetching documents and links", Store, "_head"),
    ("fetching documents and links", Store, "_related"),
)
REST = "building hits, all else"

Cut = tuple[Document, list[Passage]]


def dealt(real: Sequence[Cut], n: int) -> Iterator[Cut]:
    """Give documents of n passages in all: the real ones, then the same with each one's sentences dealt out anew.

    A passage that is made up has as many sentences as the real one in its place, of the same debate; its section keeps
    heading, speaker and role.
    """
    chance = random.Random(20)
    left = n
    for copy in range(1 + n // sum(len(cut) for _, cut in real)):
        for document, cut in real:
            spoken = [[one.text[start:end] for start, end in sentences(one.text)] for one in cut]
            pool = [sentence for passage in spoken for sentence in passage]
            if copy:
                chance.shuffle(pool)
            ours = iter(pool)
            texts = [" ".join(next(ours) for _ in passage) for passage in spoken]
            yield _document(document, cut[:left], texts[:left], copy)
            left -= min(left, len(cut))
            if not left:
                return


def _document(document: Document, cut: Sequence[Passage], texts: Sequence[str], copy: int) -> Cut:
    text = "\n".join(texts)
    id_ = document_id(f"{copy} {text}")
    starts = np.cumsum([0, *(len(one) + 1 for one in texts)]).tolist()
    placed = [
        replace(one, id=f"{id_}-{n}", document=id_, start=start, end=start + len(words), text=words, line=n + 1)
        for n, (one, words, start) in enumerate(zip(cut, texts, starts, strict=False))
    ]
    spans: dict[int, tuple[int, int]] = {}
    for one in placed:
        spans[one.section] = (spans.get(one.section, (one.start, 0))[0], one.end)
    sections = tuple(
        replace(section, start=spans.get(number, (0, 0))[0], end=spans.get(number, (0, 0))[1])
        for number, section in enumerate(document.sections)
    )
    file = document.files[0]._replace(file=f"{copy}/{document.files[0].file}")
    return replace(document, id=id_, files=(file,), text=text, pages=(), sections=sections), placed


def questions() -> list[str]:
    """Give the questions of the bundled sets, in an order by chance that is always the same."""
    found = [
        json.loads(line)["question"] for path in sorted(SETS.glob("*.jsonl")) for line in path.open(encoding="utf-8")
    ]
    found = list(dict.fromkeys(found))
    random.Random(20).shuffle(found)
    return found


def bare(searcher: Searcher, question: str) -> Callable[[], None]:
    """Give a call of the two libraries alone: the nearest by FAISS, the best by tantivy, for the very same query."""
    vector = searcher._query(question, "hybrid").vector
    assert vector is not None
    terms = searcher._understanding.read(question).terms
    query = searcher._lexical.query(terms)
    nearest, best = searcher._dense._indexes[0], searcher._lexical._searcher

    def call() -> None:
        nearest.search(vector[None, :], DEPTH)
        best.search(query, DEPTH, count=False)

    return call


def timed(call: Callable[[], object]) -> float:
    """Give the milliseconds of one call."""
    started = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - started)


class Stages:
    """Milliseconds of each stage, while it is entered; a stage within another is part of that."""

    def __init__(self) -> None:
        self.times = {name: 0.0 for name, _, _ in STAGES}
        self._stack = ExitStack()
        self._within = False

    def __enter__(self) -> Stages:
        for name, owner, attribute in STAGES:
            self._stack.enter_context(patch.object(owner, attribute, self._timed(name, getattr(owner, attribute))))
        return self

    def __exit__(self, *failure: object) -> None:
        self._stack.close()

    def _timed(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **named: Any) -> Any:
            if self._within:
                return call(*arguments, **named)
            self._within, started = True, time.perf_counter()
            try:
                return call(*arguments, **named)
            finally:
                self.times[name] += 1000 * (time.perf_counter() - started)
                self._within = False

        return run


def measure(index: Path, asked: Sequence[str]) -> None:
    """Put the questions, and print the rows; each figure of a question is the median of the rounds."""
    encoder = load()
    ask, rank, alone = ([[] for _ in asked[WARM_UP:]] for _ in range(3))  # type: list[list[float]]
    for _ in range(ROUNDS):
        searcher = Searcher(*current(index), encoder)
        for question in asked[:WARM_UP]:
            searcher.ask(question)
        for n, question in enumerate(asked[WARM_UP:]):
            ask[n].append(timed(partial(searcher.ask, question, 5)))
            rank[n].append(timed(partial(searcher.rank, question, DEPTH)))
            alone[n].append(timed(bare(searcher, question)))
    libraries = np.array([median(times) for times in alone])
    for name, rounds in (("ask", ask), ("rank", rank), ("FAISS and tantivy alone", alone)):
        times = np.array([median(one) for one in rounds])
        p50, p95 = np.percentile(times, [50, 95])
        row(name, f"{p50:.1f} ms", f"{p95:.1f} ms", f"{np.median(times / libraries):.2f}")
    searcher = Searcher(*current(index), encoder)
    for question in asked[:WARM_UP]:
        searcher.ask(question)
    searcher._beside = None  # the legs one after the other, so that each has its time
    with Stages() as stages:
        whole = sum(timed(partial(searcher.ask, question, 5)) for question in asked[WARM_UP:])
    n = len(asked) - WARM_UP
    for name, took in [*stages.times.items(), (REST, whole - sum(stages.times.values()))]:
        row(name, f"{took / n:.2f} ms", f"{100 * took / whole:.0f} %")


def main(data: Path, sizes: Sequence[int]) -> None:
    """Build an index of each size from the debates in the shared data folder, and measure it."""
    folder = data / "transcripts"
    if not folder.is_dir():
        print(f"skipped: {folder} is not there, and the passages are made of its debates")
        return
    documents = (read(source, found, text) for found in discover([folder]) for source, text in [load_file(found)])
    real = [(document, list(passages(document))) for document in documents]
    asked = questions()
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="spoergetime-latency-") as scratch:
            index = Path(scratch)
            with building(index):
                publish(index, lambda where, id_, n=size: write(where, id_, dealt(real, n), load(), {}))  # type: ignore[misc]
            manifest = current(index)[1]
            print(f"\n## {manifest.passages:,} passages, {len(asked) - WARM_UP} questions\n")
            measure(index, asked)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data"), [*map(int, sys.argv[2:])] or [10_000, 100_000])
