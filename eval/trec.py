"""TREC run and qrels files, and BEIR's qrels, in and out."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from corpus.errors import InputError
from eval.measures import Qrels, Run, measure, rounded


def evaluate(run_file: Path, qrels_file: Path) -> dict[str, Any]:
    """Measure a TREC run by qrels, over all judged queries; those that the run lacks score 0 and are counted."""
    run, qrels = read_run(run_file), read_qrels(qrels_file)
    about(run_file, run, qrels_file, qrels)
    return rounded({**measure(qrels, run), "queries": len(qrels), "without_a_run": len(qrels.keys() - run.keys())})


def about(run_file: Path, run: Run, qrels_file: Path, qrels: Qrels) -> None:
    """Raise InputError where a run is about no query of the qrels: its zeros would mean nothing."""
    if not run.keys() & qrels.keys():
        raise InputError(f"no query of {run_file} is judged in {qrels_file}. Name the judgements of that run")


def read_run(path: Path) -> dict[str, dict[str, float]]:
    """Read a TREC run: lines of query, Q0, passage, rank, score, tag."""
    run: dict[str, dict[str, float]] = {}
    for number, columns in _rows(path):
        try:
            query, _, passage, _, text, _ = columns
            score = float(text)
        except ValueError as error:
            raise InputError(f"{path}, line {number}: no TREC run line (query Q0 passage rank score tag)") from error
        if not math.isfinite(score):
            raise InputError(f"{path}, line {number}: the score {text} is no number to order by. Mend the line")
        hits = run.setdefault(query, {})
        if passage in hits:
            raise InputError(f"{path}, line {number}: {query} has {passage} twice. Each passage has one rank; mend it")
        hits[passage] = score
    if not run:
        raise InputError(f"{path} holds no ranking. Name a TREC run")
    return run


def read_qrels(path: Path) -> dict[str, dict[str, int]]:
    """Read TREC qrels (query, 0, passage, relevance) or BEIR's (query, passage, relevance, under a header line)."""
    qrels: dict[str, dict[str, int]] = {}
    for number, columns in _rows(path):
        try:
            query, *_, passage, score = columns
            if len(columns) not in (3, 4):
                raise ValueError
            relevance = int(score)
        except ValueError as error:
            if number == 1 and len(columns) in (3, 4) and columns[-1].isalpha():
                continue  # the header line
            raise InputError(
                f"{path}, line {number}: neither query-id, corpus-id and score nor a TREC qrels line. Mend the line"
            ) from error
        marks = qrels.setdefault(query, {})
        if marks.setdefault(passage, relevance) != relevance:
            raise InputError(f"{path}, line {number}: {query} marks {passage} both {marks[passage]} and {relevance}")
    if not qrels:
        raise InputError(f"{path} holds no judgement. Name a qrels file")
    return qrels


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path} cannot be read: {getattr(error, 'strerror', None) or 'no UTF-8'}. Check it"
        ) from error
    # Tabs where there are any: ids of BEIR may hold blanks.
    yield from ((n, line.split("\t" if "\t" in line else None)) for n, line in enumerate(lines, 1) if line.strip())


def write_run(path: Path, run: Run, tag: str) -> None:
    """Write a TREC run: query, Q0, passage, rank, score, tag."""
    path.write_text("".join(_run_lines(run, tag)), encoding="utf-8")


def _run_lines(run: Run, tag: str) -> Iterator[str]:
    for query, hits in run.items():
        ranked = sorted(hits.items(), key=lambda hit: (-hit[1], hit[0]))
        for rank, (passage, score) in enumerate(ranked, 1):
            yield f"{query} Q0 {passage} {rank} {score:.6f} {tag}\n"


def write_qrels(path: Path, qrels: Qrels) -> None:
    """Write TREC qrels: query, 0, passage, relevance."""
    lines = (f"{query} 0 {passage} {mark}\n" for query, marks in qrels.items() for passage, mark in marks.items())
    path.write_text("".join(lines), encoding="utf-8")


def ready(path: Path | None) -> None:
    """Raise InputError now, before the work, if a file that is to hold its outcome cannot be written."""
    if path is None:
        return
    existed = path.exists()
    try:
        path.open("ab").close()
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}. Name another file") from error
    if not existed:
        path.unlink()


def one_word(name: str, path: Path) -> None:
    """Raise InputError for an id that a TREC file cannot hold."""
    if len(name.split()) != 1 or name != name.strip():
        raise InputError(f"{path}: the id {name!r} is not one word, as a TREC file needs. Rename it, or drop --run")
