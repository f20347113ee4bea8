"""Comparing two runs, query by query."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from corpus.errors import InputError
from eval.beir import read_qrels
from eval.measures import measure_each, read_trec, rounded

_ROUNDS = 10_000  # of the randomisation test and of the bootstrap


def compare(
    run_a: Path, run_b: Path, qrels: Path | None = None, measure: str | None = None, most: int = 10
) -> dict[str, Any]:
    """Give the mean difference B - A of a measure, its 95 % interval, its p-value, and the queries that moved most.

    The runs are TREC runs, judged by `qrels`, or two outputs of `eval run --json` on one set. Two-sided paired
    randomisation test (Smucker, Allan, Carterette, 2007) and a percentile bootstrap over queries, with a fixed seed.
    """
    a, b = _table(run_a, qrels), _table(run_b, qrels)
    if a.keys() != b.keys():
        raise InputError(f"{run_a} and {run_b} are not about the same queries. Compare runs of one set")
    known = dict.fromkeys(name for row in a.values() for name in row)
    measure = measure or next(iter(known))
    if measure not in known:
        raise InputError(f"unknown measure {measure}; these runs have {', '.join(known)}")
    queries = sorted(query for query in a if measure in a[query])
    differences = np.array([b[query][measure] - a[query][measure] for query in queries])
    generator = np.random.default_rng(7)
    signs = generator.choice((-1.0, 1.0), size=(_ROUNDS, len(queries)))
    as_extreme = np.abs((signs * differences).mean(axis=1)) >= abs(differences.mean()) - 1e-12
    samples = generator.integers(0, len(queries), size=(_ROUNDS, len(queries)))
    low, high = np.percentile(differences[samples].mean(axis=1), (2.5, 97.5))
    moved = sorted(zip(queries, differences.tolist(), strict=True), key=lambda pair: (-abs(pair[1]), pair[0]))[:most]
    return rounded(
        {
            "measure": measure,
            "queries": len(queries),
            "a": float(np.mean([a[query][measure] for query in queries])),
            "b": float(np.mean([b[query][measure] for query in queries])),
            "difference": float(differences.mean()),
            "low": float(low),
            "high": float(high),
            "p": float((as_extreme.sum() + 1) / (_ROUNDS + 1)),
        }
    ) | {"moved": [{"query": query, "difference": round(d, 4)} for query, d in moved if d]}


def _table(run: Path, qrels: Path | None) -> dict[str, dict[str, float]]:
    """Give each query's measures: as written by `eval run --json`, or computed from a TREC run."""
    try:
        values = json.loads(run.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"the run {run} cannot be read: {error.strerror}. Check the path") from error
    except ValueError:
        if qrels is None:
            raise InputError(f"{run} is a TREC run, which needs judgements: name them with --qrels") from None
        return measure_each(read_qrels(qrels), read_trec(run))
    try:
        table: dict[str, dict[str, float]] = values["per_question"]
    except (KeyError, TypeError) as error:
        raise InputError(f"{run} is neither a TREC run nor an output of eval run --json") from error
    return table
