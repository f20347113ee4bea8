"""Opening what asks for a lock of its own, where nothing may be written."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple


class Lockable(NamedTuple):
    """A folder's files where a lock can be put beside them, for as long as this lives."""

    path: Path
    links: TemporaryDirectory[str] | None


def lockable(folder: Path) -> Lockable:
    """Give a folder itself if it can be written to, else a temporary one of links to its files.

    tantivy puts a lock beside an index even to read it, and the index may lie on a read-only disk, or be another
    user's. A published generation changes no more, so that its lock guards nothing.
    """
    if os.access(folder, os.W_OK):
        return Lockable(folder, None)
    links = TemporaryDirectory(prefix="spoergetime-words-")
    for path in folder.resolve().iterdir():
        if not path.name.endswith(".lock"):
            (Path(links.name) / path.name).symlink_to(path)
    return Lockable(Path(links.name), links)
