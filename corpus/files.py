"""Which files a call names, and what each is called in a citation."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from corpus.errors import InputError

_SIDECAR = ".meta.json"


class Found(NamedTuple):
    """One file to read: `file` is relative to `root`, with forward slashes."""

    root: Path
    file: str

    @property
    def path(self) -> Path:
        """Where the file lies."""
        return self.root / self.file


def discover(paths: Iterable[Path], known_roots: Iterable[Path] = (), exclude: Path | None = None) -> list[Found]:
    """Give every file under the paths, each once, in a fixed order.

    A folder is its own root; a file's root is its folder. What lies inside one of `known_roots` (those of an existing
    index) is named from there, so that a document keeps its name whichever path leads to it. Hidden files, sidecars and
    the folder `exclude` are left out; links to folders are not followed, so that no loop can be entered.
    """
    roots = [root.resolve() for root in known_roots]
    found: dict[Path, Found] = {}
    left_out = exclude.resolve() if exclude else None
    for path in paths:
        if not path.exists():
            raise InputError(f"no such file or folder: {path}. Check the path and call again")
        absolute = path.resolve()
        root = next((r for r in roots if absolute.is_relative_to(r)), None)
        root = root or (absolute if absolute.is_dir() else absolute.parent)
        for file in _walk(absolute, left_out) if absolute.is_dir() else [absolute]:
            found.setdefault(file, Found(root, file.relative_to(root).as_posix()))
    return sorted(found.values())


def sha256(data: bytes) -> str:
    """Give the SHA-256 of some bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def digest_of(path: Path) -> str | None:
    """Give the SHA-256 of a file, in hexadecimal, or None if it cannot be read."""
    if not path.is_file():  # a pipe would be waited on for ever
        return None
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def _walk(folder: Path, left_out: Path | None) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        folders[:] = [n for n in folders if not n.startswith(".") and Path(parent, n) != left_out]
        for name in files:
            if not name.startswith(".") and not name.endswith(_SIDECAR):
                yield Path(parent) / name
