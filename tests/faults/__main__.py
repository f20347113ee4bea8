"""The full form: `python -m tests.faults [ROW...]` prints the rows of docs/measurements.md; exits 1 if one fails.

A ROW is how a row's name begins: `kills`, or `every_write_fails-changed`.
"""

from __future__ import annotations

import logging
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from index.encoder import load
from tests.faults.damage import tried, two_generations
from tests.faults.mismatches import WAYS, Pair, refusal
from tests.faults.publishing import asked_while_publishing
from tests.faults.running import compiled, driven, may_mount, mounted, quick_folder
from tests.faults.scene import KINDS

KILLS, SIZES, PLACES = 500, 60, 10
PUBLICATIONS, QUESTIONS = 50, 10_000
Row = tuple[str, str, list[str]]  # what was tried, how it went, what went wrong


def _driven(what: str, found: Mapping[str, Any]) -> Row:
    counts = ", ".join(f"{count} {outcome}" for outcome, count in sorted(found["outcomes"].items()))
    return f"{what} ({'; '.join(found['about'])})", f"{counts}; {len(found['wrong'])} wrong", found["wrong"]


def kills_at_random(folder: Path, library: str, kind: str) -> Row:
    """Kill builds at random times."""
    kills = -(-KILLS // len(KINDS))
    return _driven(f"kill -9 at {kills} random times, {kind}", driven("kill-random", library, folder, kills, kind))


def kills_at_every_step(folder: Path, library: str, kind: str) -> Row:
    """Kill a build at every step on the disk."""
    return _driven(f"kill -9 at every step on the disk, {kind}", driven("kill-steps", library, folder, 0, kind))


def every_write_fails(folder: Path, library: str, kind: str) -> Row:
    """Let every step on the disk fail."""
    return _driven(f"every Nth step on the disk fails, {kind}", driven("fail", library, folder, 0, kind))


def full_disks(folder: Path, library: str) -> Row:
    """Build on disks of many sizes."""
    if not may_mount(folder):
        return "disk full", "not tried: nothing can be mounted here", []
    return _driven(f"disk full, {SIZES} sizes of a tmpfs", driven("full", "", folder, SIZES, "whole", mounted(folder)))


def damaged_files(folder: Path, library: str) -> Row:
    """Damage every file in every way, with and without an older generation."""
    outcomes, wrong = Counter[str](), list[str]()
    for alone in (False, True):
        (folder / str(alone)).mkdir()
        counted, failed = tried(two_generations(folder / str(alone), load()), load(), PLACES, alone=alone)
        for outcome, count in counted.items():
            outcomes[outcome.split(": ", 1)[1]] += count
        wrong += failed
    counts = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.items())
    return "every file flipped, cut, emptied, zeroed, grown, swapped, missing", f"{counts}; {len(wrong)} wrong", wrong


def mismatches(folder: Path, library: str) -> Row:
    """Open an index with a model that does not match."""
    pair = Pair.built(folder)
    wrong = []
    for number, way in enumerate(WAYS):
        (folder / str(number)).mkdir()
        if refusal(pair.copy(folder / str(number)), way) is None:
            wrong.append(way.__name__)
    return "a model that does not match the index", f"{len(WAYS) - len(wrong)} of {len(WAYS)} refused", wrong


def questions_during_publications(folder: Path, library: str) -> Row:
    """Ask while the index is published again and again."""
    found = asked_while_publishing(folder, PUBLICATIONS, QUESTIONS)
    wrong = [f"{found.failed} failed", f"{found.mixed} mixed"] if found.failed or found.mixed else []
    behind = f"taken up after {statistics.median(found.behind):.2f} s (median), {max(found.behind):.2f} s (longest)"
    told = f"{found.failed} failed, {found.mixed} mixed; {behind}; longest answer {found.slowest:.2f} s"
    return f"{found.questions:,} questions during {len(found.behind)} publications", told, wrong


UNDER_FIRE = (kills_at_random, kills_at_every_step, every_write_fails)  # of every kind
ROWS: tuple[Callable[[Path, str], Row], ...] = (
    full_disks,
    damaged_files,
    mismatches,
    questions_during_publications,
)


def main() -> None:
    """Try the rows that are named, or all of them."""
    logging.getLogger("spoergetime").disabled = True  # it says a thousand times that an index is damaged
    failed = False
    with tempfile.TemporaryDirectory(prefix="faults-") as kept:
        library = compiled(Path(kept))
        print("| what happens | outcome | seconds |\n| --- | --- | --- |", flush=True)
        fires = [(f"{row.__name__}-{kind}", partial(row, kind=kind)) for row in UNDER_FIRE for kind in KINDS]
        for name, row in (*fires, *((row.__name__, row) for row in ROWS)):
            if not name.startswith(tuple(sys.argv[1:]) or ""):
                continue
            began = time.monotonic()
            with quick_folder() as folder:
                what, told, wrong = row(folder, library)
            print(f"| {what} | {told} | {time.monotonic() - began:.0f} |", flush=True)
            for line in wrong:
                print(f"  {line}", file=sys.stderr)
            failed = failed or bool(wrong)
    sys.exit(failed)


if __name__ == "__main__":
    main()
