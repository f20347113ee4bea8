"""Measure what adapting gains on a BEIR folder: `make adapt-bench MODEL=DIR`, with a model that has not seen its texts.

The passages alone are written as files, indexed and adapted to; no query and no judgement is seen before the end.
"""

from __future__ import annotations

import json
import sys
import tempfile
from itertools import groupby
from pathlib import Path
from typing import Any

from eval.beir import evaluate
from index.adapt import adapt
from index.build import build
from index.encoder import load


def one_file_each(record: dict[str, Any]) -> str:
    """Name the file of a passage."""
    return str(record["_id"])


def one_file_a_speech(record: dict[str, Any]) -> str:
    """Name the file of a passage's speech, by what stands before the last dash."""
    return str(record["_id"]).rpartition("-")[0]


def one_file_a_sitting(record: dict[str, Any]) -> str:
    """Name the file of a passage's sitting."""
    return one_file_a_speech(record).rpartition("-")[0]


LAYOUTS = (one_file_each, one_file_a_speech, one_file_a_sitting)


def measured(bench: Path, model: str) -> tuple[float, float]:
    """Give nDCG@10 of the vectors alone and of the hybrid."""
    dense, hybrid = (evaluate(bench, load(model), mode) for mode in ("dense", "hybrid"))
    return dense["ndcg@10"], hybrid["ndcg@10"]


def main(bench: Path, model: str) -> None:
    """Adapt to each layout, and print one row of docs/retrieval.md for each."""
    if not (bench / "corpus.jsonl").is_file():
        print(f"skipped: no BEIR folder at {bench}")
        return
    records = [json.loads(line) for line in (bench / "corpus.jsonl").read_text(encoding="utf-8").splitlines()]
    start = measured(bench, model)
    print("| documents | dense | hybrid | held out, by vectors alone | kept | seconds |")
    print("| --- | --- | --- | --- | --- | --- |")
    print(f"| (as it was) | {start[0]:.3f} | {start[1]:.3f} | | | |", flush=True)
    for name in LAYOUTS:
        with tempfile.TemporaryDirectory(prefix="spoergetime-adapt-bench-") as scratch:
            files, index, out = (Path(scratch) / part for part in ("files", "index", "model"))
            files.mkdir()
            for file, group in groupby(records, name):
                text = "\n\n".join(record["text"] for record in group)
                (files / f"{file}.txt").write_text(text + "\n", encoding="utf-8")
            build([files], index, load(model))
            report = adapt(index, out)
            dense, hybrid = measured(bench, str(out)) if report.kept else start
            gain = f"{report.difference:+.4f} ({report.interval[0]:+.4f} to {report.interval[1]:+.4f})"
            row = (name.__name__.replace("_", " "), f"{dense:.3f}", f"{hybrid:.3f}", gain, report.kept, report.seconds)
            print("| " + " | ".join(map(str, row)) + " |", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "bundled")
