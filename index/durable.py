"""What is on the disk and stays there: hashes of files, and writing that outlives a power cut."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

Same = tuple[int, int, int, int]
Hashed = Mapping[Same, str]  # the SHA-256 of files that were hashed a moment ago

_WORTH_THREADS = 8 << 20  # bytes; less is hashed before a thread has started


def sha256(path: Path) -> str:
    """Give the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hashes(paths: Sequence[Path], known: Hashed | None = None) -> list[str]:
    """Give the SHA-256 of each file; big ones side by side, since hashing leaves Python's lock free.

    Files that are `known`, also by another name, are not hashed again.
    """
    found = [known.get(same(path)) for path in paths] if known else [None] * len(paths)
    new = [path for path, sha in zip(paths, found, strict=True) if sha is None]
    threads = len(os.sched_getaffinity(0)) if sum(path.stat().st_size for path in new) >= _WORTH_THREADS else 1
    with ThreadPoolExecutor(threads, thread_name_prefix="hashing") as pool:
        made = pool.map(sha256, new) if threads > 1 else map(sha256, new)
        return [sha or next(made) for sha in found]


def same(path: Path) -> Same:
    """Give what two names of one file have in common: device, number, size, time of writing."""
    about = path.stat()
    return about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write(path: Path, data: bytes) -> None:
    """Write a file, and wait until it is on the disk."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def replace(path: Path, data: bytes) -> None:
    """Replace a file as a whole: whatever happens, the old content is there or the new one."""
    new = path.with_name(path.name + ".new")
    write(new, data)
    new.replace(path)
    sync(path.parent)
