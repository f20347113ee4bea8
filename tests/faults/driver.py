"""Builds under fire: `LD_PRELOAD=LIBRARY python -m tests.faults.driver MODE LIBRARY FOLDER NUMBER KIND`.

The library is preload.c, or "" for the shim in Python. NUMBER of kills, of steps or of sizes; 0 is every step.
KIND is how updates are written, one of `scene.KINDS`. Prints
one JSON object: how often each outcome was met, and what went wrong, which must be nothing.
"""

from __future__ import annotations

import ctypes
import errno
import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from tests.faults import shim
from tests.faults.scene import Ended, Scene

COUNT, FAIL_ONCE, FAIL_ON, KILL = range(4)
DISK = (errno.ENOSPC, errno.EIO)
_MANY = 600  # steps
# What cannot be removed is removed the next time; what cannot be linked is copied.
_HARMLESS = ("unlink", "unlinkat", "rmdir", "link", "linkat", "mkdir")


class Fire:
    """One scene, and the library that lets its builds fail."""

    def __init__(self, library: str, folder: Path, kind: str) -> None:
        self.scene = Scene(folder, kind)
        self._library: Any = shim
        if library:
            self._library = ctypes.CDLL(library)
            self._library.fault_names.restype = ctypes.c_char_p
        self.outcomes: Counter[str] = Counter()
        self.wrong: list[str] = []

    def armed(self, kind: int, at: int = 0, error: int = 0) -> Ended:
        """Build in a process in which the `at`-th step on the disk fails, or is the last."""

        def work() -> Any:
            self._library.fault_arm(str(self.scene.index).encode(), at, kind, error)
            generation = self.scene.build()
            return generation, self._library.fault_names().decode() if kind == COUNT else ""

        self.scene.reset()
        return self.scene.forked(work)

    def steps(self) -> list[str]:
        """Give the steps on the disk that a build takes, in order; what tantivy names at random is left out."""
        return list(self.armed(COUNT).value[1].splitlines())

    def time(self, _: int) -> float:
        """Give the seconds that a build takes."""
        began = time.monotonic()
        self.armed(COUNT)
        return time.monotonic() - began

    def judge(self, what: str, ended: Ended, allowed: Sequence[str]) -> None:
        """Look at the index after a trial, and build again."""
        seen = self.scene.seen()
        told = "killed" if ended.killed else "refused" if ended.error else "done"
        self.outcomes[f"{told}, {seen}"] += 1
        error = (ended.error or "").strip().rpartition("\n")[2]
        if f"{told}, {seen}" not in allowed:
            self.wrong.append(f"{what}: {told}, {seen}, {error}")
        if ended.error and (str(self.scene.index) not in error or "Traceback" in ended.error):
            self.wrong.append(f"{what}: no message with a path: {error}")
        if mended := self.scene.mended():
            self.wrong.append(f"{what}: {mended}")


def kill_steps(fire: Fire, number: int) -> Iterator[str]:
    """Kill at every step, or at so many of them, spread evenly."""
    steps = fire.steps()
    chosen = range(1, len(steps) + 1) if number <= 0 else sorted({1 + n * len(steps) // number for n in range(number)})
    for at in chosen:
        fire.judge(f"kill at {at} ({steps[at - 1]})", fire.armed(KILL, at), ("killed, old", "killed, new", "done, new"))
    yield f"{len(steps)} steps"


def kill_random(fire: Fire, number: int) -> Iterator[str]:
    """Kill so many builds at random times."""
    longest = median(map(fire.time, range(5)))
    rng = random.Random(7)
    for trial in range(number):
        fire.scene.reset()
        after = rng.uniform(0, 1.05 * longest)
        ended = fire.scene.forked(fire.scene.build, after)
        fire.judge(f"kill {trial} after {after:.4f} s", ended, ("killed, old", "killed, new", "done, new"))
    yield f"within {longest:.3f} s"


def fail(fire: Fire, number: int) -> Iterator[str]:
    """Let every N-th write fail, or so many of them: once, and from then on, for want of room or of a disk.

    Every step in all four ways, or where there are a thousand of them, the next step in the next way.
    """
    steps = fire.steps()
    published = next(n for n, step in enumerate(steps, 1) if step == "rename /current.new")
    chosen = range(1, len(steps) + 1) if number <= 0 else sorted({1 + n * len(steps) // number for n in range(number)})
    ways = [(kind, error) for kind in (FAIL_ONCE, FAIL_ON) for error in DISK]
    each = len(ways) if len(chosen) < _MANY else 1
    for at in chosen:
        for n in range(each):
            kind, error = ways[(at + n) % len(ways)]
            allowed = ("refused, old",) if at <= published else ("refused, new", "done, new")
            step = steps[at - 1]
            # Such a folder may be there already; a lock of tantivy's guards nothing here, and its list of files to
            # clean up may fail, while its list of segments may not: without that the answers would be the old ones.
            if step.split()[0] in _HARMLESS or step.endswith(".lock") or "/words/.tmp" in step:
                allowed = ("refused, old", *allowed, "done, new")
            what = f"{errno.errorcode[error]} at {at} ({step}){' and on' if kind == FAIL_ON else ''}"
            fire.judge(what, fire.armed(kind, at, error), allowed)
    yield f"{len(steps)} steps, {len(chosen)} tried, in {each} of 4 ways each"


def full(fire: Fire, number: int) -> Iterator[str]:
    """Build on disks of every size from nearly full on; the folder is a tmpfs that may be mounted anew."""
    folder = fire.scene.index.parent
    used = int(subprocess.run(["df", "-k", "--output=used", folder], capture_output=True, text=True).stdout.split()[1])
    most = 2 * used
    for size in sorted({used + (n + 1) * (most - used) // number for n in range(number)}):
        fire.scene.reset()
        subprocess.run(["mount", "-o", f"remount,size={size}k", folder], check=True)
        ended = fire.scene.forked(fire.scene.build)
        allowed = ("refused, old", "done, new")
        seen = fire.scene.seen()
        subprocess.run(["mount", "-o", "remount,size=64m", folder], check=True)
        if f"{'refused' if ended.error else 'done'}, {seen}" not in allowed:
            fire.wrong.append(f"{size} kB: {ended}, {seen}")
        fire.judge(f"{size} kB", ended, allowed)
    yield f"{used} to {most} kB"


MODES: dict[str, Callable[[Fire, int], Iterator[str]]] = {
    "kill-steps": kill_steps,
    "kill-random": kill_random,
    "fail": fail,
    "full": full,
}


def main() -> None:
    mode, library, folder, number, kind = sys.argv[1:6]
    began = time.monotonic()
    fire = Fire(library, Path(folder), kind)
    told = list(MODES[mode](fire, int(number)))
    seconds = round(time.monotonic() - began, 1)
    print(json.dumps({"outcomes": fire.outcomes, "wrong": fire.wrong, "about": told, "seconds": seconds}))


if __name__ == "__main__":
    main()
