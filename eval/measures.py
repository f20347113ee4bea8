"""Measures, by ir-measures; a query without a hit scores 0 and stays in the mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from corpus.errors import InputError

Run = Mapping[str, Mapping[str, float]]  # query -> passage -> score
Qrels = Mapping[str, Mapping[str, int]]  # query -> passage -> relevance

NAMES = ("ndcg@10", "recall@100", "mrr@10", "success@1")


def measure(qrels: Qrels, run: Run) -> dict[str, float]:
    """Give the mean of each measure over all queries of the qrels."""
    per_query = measure_each(qrels, run)
    return {name: sum(row[name] for row in per_query.values()) / max(1, len(per_query)) for name in NAMES}


def measure_each(qrels: Qrels, run: Run) -> dict[str, dict[str, float]]:
    """Give each measure for every query of the qrels."""
    import ir_measures
    from ir_measures import RR, R, Success, nDCG

    by_measure = dict(zip((nDCG @ 10, R @ 100, RR @ 10, Success @ 1), NAMES, strict=True))
    table = {query: dict.fromkeys(NAMES, 0.0) for query in qrels}
    # Queries without any hit are missing from a run; ir-measures then scores them 0 only if it sees them in the qrels.
    for result in ir_measures.iter_calc(list(by_measure), qrels, {q: dict(hits) for q, hits in run.items()}):
        table[result.query_id][by_measure[result.measure]] = float(result.value)
    return table


def write_trec(path: Path, run: Run, tag: str) -> None:
    """Write a TREC run: query, Q0, passage, rank, score, tag."""
    path.write_text("".join(_trec_lines(run, tag)), encoding="utf-8")


def _trec_lines(run: Run, tag: str) -> Iterable[str]:
    for query, hits in run.items():
        ranked = sorted(hits.items(), key=lambda hit: (-hit[1], hit[0]))
        for rank, (passage, score) in enumerate(ranked, 1):
            yield f"{query} Q0 {passage} {rank} {score:.6f} {tag}\n"


def read_trec(path: Path) -> dict[str, dict[str, float]]:
    """Read a TREC run."""
    run: dict[str, dict[str, float]] = {}
    number = 0
    try:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):  # noqa: B007 - for the message
            query, _, passage, _, score, _ = line.split()
            run.setdefault(query, {})[passage] = float(score)
    except OSError as error:
        raise InputError(f"the run {path} cannot be read: {error.strerror}. Check the path") from error
    except ValueError as error:
        raise InputError(f"{path}, line {number}: no TREC run line (query Q0 passage rank score tag)") from error
    return run


def percentiles(milliseconds: list[float]) -> dict[str, float]:
    """Give the 50th and 95th percentile of some times."""
    ordered = sorted(milliseconds) or [0.0]
    return {
        f"p{share}_ms": round(ordered[min(len(ordered) - 1, round(share / 100 * (len(ordered) - 1)))], 3)
        for share in (50, 95)
    }


def rounded(values: Mapping[str, Any]) -> dict[str, Any]:
    """Round measures to four places, as they are reported."""
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in values.items()}
