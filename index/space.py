"""Whether a build can fit on the disk, told before it begins."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from corpus.disk import MAX_BYTES
from corpus.errors import SpoergetimeError
from corpus.files import Found

_PLAIN = frozenset({".txt", ".md"})
_TIMES = 2  # an index takes well over twice the bytes of plain text; of other formats nobody knows beforehand


def refuse_full_disk(index: Path, last: int, files: Iterable[Found]) -> None:
    """Raise `SpoergetimeError` where a new generation cannot fit, by the last one's bytes and the files to be read.

    The estimate is a low one: what it refuses would have failed, and what it lets pass may still fail later.
    """
    plain = sum(_size(file.path) for file in files if file.suffix in _PLAIN and file.member is None)
    needed = max(last, _TIMES * plain)
    free = shutil.disk_usage(index).free
    if free < needed:
        raise SpoergetimeError(
            f"the disk is too full: {index} has {_megabytes(free)} free, and the new generation takes at least "
            f"{_megabytes(needed)}. Free space, or choose another --index"
        )


def _size(path: Path) -> int:
    try:
        size = path.stat().st_size
        return size if size <= MAX_BYTES else 0  # it will be refused
    except OSError:
        return 0  # reading it will say why


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.1f} MB"
