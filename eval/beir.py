"""BEIR folders: `corpus.jsonl`, `queries.jsonl`, `qrels.tsv`; one passage per corpus line (Thakur et al., 2021)."""

from __future__ import annotations

import csv
import hashlib
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Any

from corpus.errors import InputError
from corpus.records import Document, Fields, Passage, Section, SourceFile
from eval.measures import Qrels, measure, percentiles, rounded, write_trec
from index.build import Progress, write
from index.encoder import Encoder
from index.generation import building, current, publish
from index.search import Mode, Searcher

DEPTH = 100  # passages ranked for each query


def evaluate(
    folder: Path,
    encoder: Encoder,
    mode: Mode = "hybrid",
    run_file: Path | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Index a BEIR folder, put every judged query to it, and give the measures and times."""
    queries, qrels = read_queries(folder / "queries.jsonl"), read_qrels(folder / "qrels.tsv")
    qrels = {query: marks for query, marks in qrels.items() if query in queries}
    if not qrels:
        raise InputError(f"{folder}: no query of queries.jsonl is judged in qrels.tsv. Check the folder")
    with tempfile.TemporaryDirectory(prefix="spoergetime-beir-") as scratch:
        started = time.monotonic()
        searcher, ids = _index(folder, Path(scratch), encoder, progress)
        seconds = time.monotonic() - started
        run: dict[str, dict[str, float]] = {}
        times = []
        searcher.rank(next(iter(queries.values())), DEPTH, mode)  # the first query opens what is opened late
        for query in qrels:
            before = time.perf_counter()
            ranked = searcher.rank(queries[query], DEPTH, mode)
            times.append(1000 * (time.perf_counter() - before))
            # The rank is the score: a measure must not depend on how it breaks ties.
            run[query] = {ids[one.row]: float(DEPTH - place) for place, one in enumerate(ranked)}
    if run_file:
        write_trec(run_file, run, f"spoergetime-{mode}")
    return rounded(
        {
            **measure(qrels, run),
            **percentiles(times),
            "build_seconds": round(seconds, 3),
            "passages": len(ids),
            "queries": len(qrels),
            "mode": mode,
            "model": encoder.identity.name,
        }
    )


def read_queries(path: Path) -> dict[str, str]:
    """Read `queries.jsonl`: lines with `_id` and `text`."""
    return {record["_id"]: record["text"] for record in _lines(path, "_id", "text")}


def read_qrels(path: Path) -> Qrels:
    """Read `qrels.tsv`: a header line, then query id, corpus id and relevance."""
    qrels: dict[str, dict[str, int]] = {}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for number, (query, passage, score) in enumerate(csv.reader(file, delimiter="\t"), 1):
                if number > 1:
                    qrels.setdefault(query, {})[passage] = int(score)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}. Name a BEIR folder") from error
    except ValueError as error:
        raise InputError(f"{path}, line {number}: not query-id, corpus-id and score with tabs between") from error
    return qrels


def _index(folder: Path, index: Path, encoder: Encoder, progress: Progress | None) -> tuple[Searcher, list[str]]:
    ids: list[str] = []

    def cut() -> Iterator[tuple[Document, Sequence[Passage]]]:
        for record in _lines(folder / "corpus.jsonl", "_id", "text"):
            ids.append(record["_id"])
            yield _document(record)

    with building(index):
        publish(
            index, lambda where, id_: write(where, id_, cut(), encoder, {}, progress=progress, alike=attrgetter("id"))
        )
    return Searcher(*current(index), encoder), ids


def _document(record: dict[str, Any]) -> tuple[Document, list[Passage]]:
    id_, text = record["_id"], record["text"]
    section = Section(kind="tekst", start=0, end=len(text))
    document = Document(
        id=id_,
        files=(SourceFile("", id_, hashlib.sha256(text.encode()).hexdigest()),),
        text=text,
        pages=(),
        fields=Fields(title=record.get("title") or None),
        sections=(section,),
    )
    passage = Passage(
        id=id_, document=id_, section=0, kind="tekst", start=0, end=len(text), page=None, line=1, text=text
    )
    return document, [passage]


def _lines(path: Path, *needed: str) -> Iterator[dict[str, Any]]:
    number = 0
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                record = json.loads(line)
                if missing := [name for name in needed if name not in record]:
                    raise InputError(f"{path}, line {number}: no {missing[0]!r}. Each line needs {', '.join(needed)}")
                yield record
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}. Name a BEIR folder") from error
    except ValueError as error:
        raise InputError(f"{path}, line {number}: no JSON object ({error})") from error
