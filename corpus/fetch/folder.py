"""The folder that documents are fetched into: each beside its sidecar, and a manifest of what was seen."""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from corpus.disk import read_regular, write_whole
from corpus.errors import InputError, LockedError, UnreadableError
from corpus.fetch.polite import Validators
from corpus.files import SIDECAR

MANIFEST = ".spoergetime-fetch.json"
SOURCE = "fetched"  # the sidecar's account of where its document comes from

_PART = re.compile(  # of the names that are fetched to, and no other program's
    r"\.(?:svar-\d+-\w+-\d+\.\w+|\d{5}_M\d+_helemoedet\.xml|[a-z0-9-]+-[0-9a-f]{12}\.html|"
    + re.escape(MANIFEST)
    + rf")(?:{re.escape(SIDECAR)})?\.part",
    re.ASCII,
)
_MOST = 50_000_000  # bytes of a manifest
_MOST_BESIDE = 64_000  # bytes of a sidecar


class Held(NamedTuple):
    """A document that lies in the folder: as its record was then, and by what its server knows it."""

    updated: str
    url: str  # at which its bytes lay
    validators: Validators
    by_hand: bool  # downloaded by the user himself


class Folder:
    """A folder to fetch into.

    A document lands before its sidecar: one that has a sidecar is whole, and what a crash left out is fetched again.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep others from fetching into the folder, and clear away what an interrupted fetch left behind.

        Raises `LockedError` where another process is at it, and `InputError` where there can be no such folder.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise InputError(
                f"{self.path} cannot be used: {error.strerror}. Choose another folder for --into"
            ) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(handle)
            raise LockedError(f"another spoergetime fetches into {self.path}. Wait until it is done") from error
        except OSError as error:
            os.close(handle)
            raise InputError(f"{self.path} cannot be locked: {error.strerror}. Choose another disk") from error
        try:
            for part in (*self.path.glob(".*.part"), *self.path.glob("*/.*.part")):
                if _PART.fullmatch(part.name):
                    part.unlink(missing_ok=True)
            yield
        finally:
            os.close(handle)  # a lock that dies with the process

    def place(self, name: str) -> Path:
        """Give where a document of this name lies, in a folder that is there; names are built from numbers only."""
        path = self.path / name
        try:
            path.parent.mkdir(exist_ok=True)
        except OSError as error:
            raise InputError(f"{path.parent} cannot be made: {error.strerror}. Choose another folder") from error
        return path

    def names(self, folder: str, pattern: str) -> list[str]:
        """Give the names of the documents in one folder within."""
        return [path.name for path in (self.path / folder).glob(pattern) if not path.name.endswith(SIDECAR)]

    def held(self, name: str) -> Held | None:
        """Tell what is known of a document that lies in the folder whole; None where it is to be fetched."""
        path = self.path / name
        try:
            beside = json.loads(read_regular(self.path, path.with_name(path.name + SIDECAR), _MOST_BESIDE))
            source = beside[SOURCE]
            if path.is_symlink() or path.stat().st_size != source["bytes"]:
                return None
            known = Validators(source.get("etag"), source.get("modified"))
            return Held(str(source["updated"]), str(source["url"]), known, source.get("by_hand") is True)
        except (UnreadableError, OSError, ValueError, KeyError, TypeError, RecursionError):
            return None

    def describe(self, name: str, fields: Mapping[str, str], source: Mapping[str, Any]) -> None:
        """Write a document's sidecar: its fields, and under "fetched" where it comes from."""
        path = self.path / name
        account = {**source, "bytes": path.stat().st_size}
        kept = {key: value for key, value in account.items() if value is not None}
        write_whole(path.with_name(path.name + SIDECAR), _json({**fields, SOURCE: kept}))

    def manifest(self) -> dict[str, Any]:
        """Read the manifest; one that is none counts as none, for it only saves requests."""
        try:
            value = json.loads(read_regular(self.path, self.path / MANIFEST, _MOST))
        except (UnreadableError, ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}

    def keep(self, manifest: Mapping[str, Any]) -> None:
        """Write the manifest."""
        write_whole(self.path / MANIFEST, _json(manifest))


def _json(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()
