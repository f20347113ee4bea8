"""Stamps: what the file system says of a file tells that it is as it was, so that an update does not read them all."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from corpus.files import SIDECAR, Found, sha256
from index.generation import STAMPS, Manifest, all_generations
from index.lease import MANIFEST

_SETTLED = 2_000_000_000  # nanoseconds: what was written later may be written once more in the same tick of a clock


def of(files: Iterable[Found]) -> dict[Found, str]:
    """Give the stamps of files, each with its sidecar's; what is not there, or was only just written, has none.

    They are to be taken before the files are read: what is written meanwhile is then read once more the next time.
    """
    latest = time.time_ns() - _SETTLED
    found = {}
    for file in files:
        path = str(file.path) if file.member else f"{file.root}/{file.file}"
        own, beside = _stamp(path, latest), _stamp(f"{path}{SIDECAR}", latest)
        if own and beside is not None:
            found[file] = f"{own} {beside}"
    return found


def read(folder: Path, manifest: Manifest) -> dict[Found, str]:
    """Give the stamps of the files that a verified generation was made of; none where it has no list of them."""
    if STAMPS not in manifest.files:
        return {}
    return _read((folder / STAMPS).read_bytes())


def listed(index: Path) -> frozenset[Found] | None:
    """Give the files that the newest generation was made of, whatever its format; None where that is not known."""
    try:
        folder = all_generations(index)[-1]
        data = (folder / STAMPS).read_bytes()
        if json.loads((folder / MANIFEST).read_bytes())["files"][STAMPS]["sha256"] != sha256(data):
            return None
        return frozenset(_read(data))
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None


def write(folder: Path, stamps: Mapping[Found, str]) -> None:
    """Put the list of all files, each with its stamp or "", into the folder of a new generation."""
    listed: dict[str, dict[str, str]] = {}
    for file, stamp in stamps.items():
        listed.setdefault(str(file.root), {})[file.file] = stamp
    (folder / STAMPS).write_text(json.dumps(listed, ensure_ascii=False), encoding="utf-8")


def _read(data: bytes) -> dict[Found, str]:
    return {Found.at(root, file): stamp for root, files in json.loads(data).items() for file, stamp in files.items()}


def _stamp(path: str, latest: int) -> str | None:
    """Give size, time of writing, time of any change and number on the disk; "" for no file, None for a fresh one."""
    try:
        about = os.stat(path)  # noqa: PTH116 - made a Path of, each file would take twice as long
    except (OSError, ValueError):
        return ""
    if about.st_ctime_ns > latest:
        return None
    return f"{about.st_size} {about.st_mtime_ns} {about.st_ctime_ns} {about.st_ino}"
