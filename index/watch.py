"""Keeping an index in step with folders: looked at again and again, and built when they have come to rest."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from corpus.errors import LockedError, SpoergetimeError
from corpus.files import SIDECAR

_SHARE = 10  # looking takes at most a tenth of the time, however many files there are
_RETRY = 30.0  # seconds until a build that failed is tried again though nothing changed


def watch(
    paths: Sequence[Path],
    build: Callable[[], None],
    failed: Callable[[SpoergetimeError], None],
    *,
    exclude: Path,
    interval: float = 5.0,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Call `build` at once, and then whenever files under the paths have changed and lain still for one interval.

    Only names, sizes and times are looked at, so that it works on every file system, mounted ones too. What fails is
    told to `failed` and tried again: at the next look while another builder has the lock, else after a change or half
    a minute. Does not return; an exception such as KeyboardInterrupt ends it, also in the middle of a build.
    """
    tried: str | None = None  # how the files stood when they were last built from
    last: str | None = None
    failure: str | None = None
    retry = 0.0
    while True:
        began = clock()
        seen = state(paths, exclude)
        pause = max(interval, _SHARE * (clock() - began))
        due = seen != tried or (failure is not None and clock() >= retry)
        if due and last in (None, seen):
            tried = seen
            try:
                build()
                failure = None
            except SpoergetimeError as error:
                if str(error) != failure:
                    failed(error)
                failure, retry = str(error), clock() + (0 if isinstance(error, LockedError) else _RETRY)
        last = seen
        sleep(pause)


def state(paths: Sequence[Path], exclude: Path) -> str:
    """Give a hash that changes when a file under the paths is added, removed, renamed or written."""
    found = hashlib.sha256()
    for path in paths:
        for line in sorted(_lines(path, exclude.resolve())):
            found.update(line)
    return found.hexdigest()


def _lines(path: Path, exclude: Path) -> Iterator[bytes]:
    beside = [(path.parent, path.name), (path.parent, path.name + SIDECAR)]
    for folder, name in _walk(path, exclude) if os.path.isdir(path) else beside:  # noqa: PTH112 - Path's may raise
        try:
            about = (folder / name).stat()
        except OSError:
            continue  # gone since it was listed
        stamp = f"\0{about.st_size}\0{about.st_mtime_ns}\0{about.st_ctime_ns}\0{about.st_ino}\n"
        yield os.fsencode(folder / name) + stamp.encode()


def _walk(path: Path, exclude: Path) -> Iterator[tuple[Path, str]]:
    for parent, folders, files in os.walk(path):
        folders[:] = [name for name in folders if not name.startswith(".") and Path(parent, name).resolve() != exclude]
        yield from ((Path(parent), name) for name in files if not name.startswith("."))
