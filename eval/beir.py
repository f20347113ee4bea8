"""BEIR folders: `corpus.jsonl`, `queries.jsonl`, `qrels.tsv`; one passage per corpus line (Thakur et al., 2021)."""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path
from typing import Any

from corpus.errors import InputError
from corpus.records import Document, Fields, Passage, Section, SourceFile
from eval.measures import measure, percentiles, rounded
from eval.trec import one_word, read_qrels, ready, write_qrels, write_run
from index.build import write
from index.encoder import Encoder
from index.gathering import Progress
from index.generation import building, current, publish
from index.search import Mode, Searcher

DEPTH = 100  # passages ranked for each query


def evaluate(
    folder: Path,
    encoder: Encoder,
    mode: Mode = "hybrid",
    run_file: Path | None = None,
    progress: Progress | None = None,
    qrels_file: Path | None = None,
) -> dict[str, Any]:
    """Index a BEIR folder, put every judged query to it, and give the measures and times."""
    ready(run_file)
    ready(qrels_file)
    queries, qrels = read_queries(folder / "queries.jsonl"), read_qrels(folder / "qrels.tsv")
    qrels = {query: marks for query, marks in qrels.items() if query in queries}
    if not qrels:
        raise InputError(f"{folder}: no query of queries.jsonl is judged in qrels.tsv. Check the folder")
    ids = [record["_id"] for record in _records(folder / "corpus.jsonl")]
    if not ids:
        raise InputError(f"{folder / 'corpus.jsonl'} holds no passage. Name a BEIR folder")
    for name in [*ids, *qrels] if run_file or qrels_file else ():
        one_word(name, folder)
    with tempfile.TemporaryDirectory(prefix="spoergetime-beir-") as scratch:
        started = time.monotonic()
        searcher = _index(folder, Path(scratch), encoder, progress)
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
        write_run(run_file, run, f"spoergetime-{mode}")
    if qrels_file:
        write_qrels(qrels_file, qrels)
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
    return {record["_id"]: record["text"] for record in _records(path)}


def _index(folder: Path, index: Path, encoder: Encoder, progress: Progress | None) -> Searcher:
    cut = (_document(record) for record in _records(folder / "corpus.jsonl"))
    with building(index):
        publish(
            index, lambda where, id_: write(where, id_, cut, encoder, {}, progress=progress, alike=attrgetter("id"))
        )
    return Searcher(*current(index), encoder)


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


def _records(path: Path) -> Iterator[dict[str, Any]]:
    """Give the lines of a BEIR file; raise InputError for one without an id of its own or without text."""
    seen: set[str] = set()
    number = 0
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                record = json.loads(line)
                if not isinstance(record, dict):
                    raise InputError(f"{path}, line {number}: no JSON object. Each line needs _id and text")
                for name in ("_id", "text"):
                    if name not in record:
                        raise InputError(f"{path}, line {number}: no {name!r}. Each line needs _id and text")
                    if not isinstance(record[name], str):
                        raise InputError(f"{path}, line {number}: {name} is {record[name]!r:.50}, which is no text")
                if record["_id"] in seen:
                    raise InputError(f"{path}, line {number}: the id {record['_id']} is there already. Ids are unique")
                if not record["_id"].strip():
                    raise InputError(f"{path}, line {number}: the id is empty. Each line needs one of its own")
                seen.add(record["_id"])
                yield record
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}. Name a BEIR folder") from error
    except ValueError as error:
        raise InputError(f"{path}, line {number}: no JSON object ({error})") from error
