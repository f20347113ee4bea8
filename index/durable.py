"""What is on the disk and stays there: hashes of files, and writing that outlives a power cut."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_WORTH_THREADS = 8 << 20  # bytes; less is hashed before a thread has started


def sha256(path: Path) -> str:
    """Give the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hashes(paths: Sequence[Path]) -> Iterator[str]:
    """Give the SHA-256 of each file, in their order; big ones side by side, since hashing leaves Python's lock free."""
    if sum(path.stat().st_size for path in paths) < _WORTH_THREADS:
        yield from map(sha256, paths)
        return
    with ThreadPoolExecutor(len(os.sched_getaffinity(0)), thread_name_prefix="hashing") as pool:
        yield from pool.map(sha256, paths)


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
