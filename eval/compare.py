"""Comparing two runs, query by query."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, NamedTuple

from corpus.errors import InputError
from eval.beir import read_queries
from eval.measures import measure_each, rounded
from eval.questions import read_set
from eval.resample import INTERVAL, ROUNDS, SEED, TEST, interval, randomisation
from eval.trec import about, read_qrels, read_run

Table = dict[str, dict[str, float]]  # query -> measure -> value


class Measured(NamedTuple):
    """One run, measured query by query, with the texts of the queries that it tells."""

    path: Path
    table: Table
    texts: dict[str, str]


def compare(
    run_a: Path,
    run_b: Path,
    qrels: Path | None = None,
    measure: str | None = None,
    most: int = 10,
    queries: Path | None = None,
) -> dict[str, Any]:
    """Give the mean difference B - A of a measure, its 95 % interval, its p-value, and the queries that moved most.

    A run is a TREC run, judged by `qrels` (a query that it lacks scores 0), or an output of `eval run --json`. The
    texts of the queries come from those outputs, or from `queries`: a BEIR `queries.jsonl`, or a question set.
    """
    a, b = _measured(run_a, qrels), _measured(run_b, qrels)
    known = [name for name in _names(a.table) if name in _names(b.table)]
    measure = measure or next(iter(known), None)
    if measure not in known:
        raise InputError(f"both runs have no measure {measure}; they have {', '.join(known) or 'none in common'}")
    names, others = (sorted(q for q, row in one.table.items() if measure in row) for one in (a, b))
    if alone := sorted({*names} ^ {*others}):
        raise InputError(
            f"{run_a} and {run_b} are not about the same queries: {len(alone)} are in one alone, such as {alone[0]}. "
            "Compare runs of one set"
        )
    pairs = [(a.table[query][measure], b.table[query][measure]) for query in names]
    differences = [after - before for before, after in pairs]
    low, high = interval(differences)
    texts = (_texts(queries) if queries else {}) | a.texts | b.texts
    moved = sorted(zip(names, pairs, differences, strict=True), key=lambda row: (-abs(row[2]), row[0]))[:most]
    return rounded(
        {
            "measure": measure,
            "queries": len(names),
            "a": sum(before for before, _ in pairs) / len(pairs),
            "b": sum(after for _, after in pairs) / len(pairs),
            "difference": sum(differences) / len(pairs),
            "low": low,
            "high": high,
            "interval": INTERVAL,
            "p": randomisation(differences),
            "test": TEST,
            "permutations": ROUNDS,
            "seed": SEED,
            "better": sum(difference > 0 for difference in differences),
            "worse": sum(difference < 0 for difference in differences),
        }
    ) | {
        "moved": [
            rounded({"query": query, "text": texts.get(query), "a": before, "b": after, "difference": difference})
            for query, (before, after), difference in moved
            if difference
        ]
    }


def _names(table: Table) -> list[str]:
    return list(dict.fromkeys(name for row in table.values() for name in row))


def _measured(run: Path, qrels: Path | None) -> Measured:
    """Give each query's measures: as written by `eval run --json`, or computed from a TREC run."""
    try:
        text = run.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no UTF-8"
        raise InputError(f"the run {run} cannot be read: {reason}. Check the path") from error
    if not text.strip():
        raise InputError(f"the run {run} is empty. Write it again")
    if not text.lstrip().startswith("{"):
        return _measured_trec(run, qrels)
    try:
        values = json.loads(text)
        table = {query: {name: float(v) for name, v in row.items()} for query, row in values["per_question"].items()}
        texts = {query: str(one["question"]) for query, one in values.get("asked", {}).items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{run} is neither a TREC run nor an output of eval run --json. Name one of these") from error
    if not any(table.values()):
        raise InputError(f"the run {run} holds no question. Write it again with eval run --json")
    if not all(math.isfinite(value) for row in table.values() for value in row.values()):
        raise InputError(f"the run {run} holds a measure that is no number. Write it again with eval run --json")
    return Measured(run, table, texts)


def _measured_trec(run: Path, qrels: Path | None) -> Measured:
    if qrels is None:
        raise InputError(f"{run} is a TREC run, which needs judgements: name them with --qrels")
    ranked, marks = read_run(run), read_qrels(qrels)
    about(run, ranked, qrels, marks)
    return Measured(run, measure_each(marks, ranked), {})


def _texts(path: Path) -> dict[str, str]:
    """Read the texts of queries: BEIR's, or those of a question set."""
    try:
        return read_queries(path)
    except InputError:
        return {question.id: question.question for question in read_set(path).questions}
