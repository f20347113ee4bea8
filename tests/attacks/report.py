"""Print what becomes of every attack: `python -m tests.attacks.report [PREFIX]`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from corpus.isolation import Reader
from tests.attacks.table import ATTACKS
from tests.attacks.test_attacks import lay, outcome


def main(prefix: str = "") -> None:
    """Lay every attack in a folder of its own, read it, and print one row."""
    print("| attack | outcome | reason | s | MB |\n| --- | --- | --- | --- | --- |")
    for attack in ATTACKS:
        if not attack.name.startswith(prefix):
            continue
        with tempfile.TemporaryDirectory() as folder:
            lay(Path(folder), [attack])
            with Reader() as reader:
                found = outcome(Path(folder), reader)
        refused = [reading.reason for reading in found.bad if reading.reason]
        what = f"{len(found.bad) - len(refused)} read, {len(refused)} refused"
        flaw = "" if found.good == 2 else f" GOOD DOCUMENTS LOST: {2 - found.good}"
        print(
            f"| {attack.name} | {what}{flaw} | {refused[0] if refused else ''} "
            f"| {found.seconds:.1f} | {found.memory / 1e6:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
