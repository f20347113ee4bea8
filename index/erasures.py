"""The list of erased documents: what must not come back, though its file may still lie there.

DIR/erased.json holds hashes and days, and no text or name of a document. It carries its own hash, and counts how
often it was changed; every generation's manifest says how far that had come, so that a list that is missing, cut or
older than the index is noticed.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from corpus.errors import DamagedIndexError
from index.durable import replace

LIST = "erased.json"
REASON = "erased"  # how the reason of every file begins that is left out for this


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """One erased document: its id, the SHA-256 of its files, the day, and the first generation that is without it.

    `signature` says what it said, whatever the format; lists of earlier versions have none.
    """

    document: str
    signature: str = ""
    files: tuple[str, ...]
    day: str
    without: int


@dataclass(frozen=True, slots=True)
class Erasures:
    """The list as it stands; `changes` is how often it was changed."""

    changes: int = 0
    entries: tuple[Erasure, ...] = ()

    def reason(self, sha256: str) -> str | None:
        """Say why a file of this content is left out; None where it is not."""
        return next((_reason(entry) for entry in self.entries if sha256 in entry.files), None)

    def reason_of_text(self, document: str, said: str = "") -> str | None:
        """Say why a document of this id or signature is left out, whatever its file's bytes; None where it is not."""
        found = (one for one in self.entries if one.document == document or (said and one.signature == said))
        return next(map(_reason, found), None)

    @property
    def without(self) -> int:
        """The number of the first generation that holds none of the erased documents."""
        return max((entry.without for entry in self.entries), default=0)


def read(index: Path) -> Erasures:
    """Read an index's list; empty where there is none. Raises DamagedIndexError for one that is not as written."""
    path = index / LIST
    try:
        values = json.loads(path.read_bytes())
        entries = tuple(Erasure(**{**entry, "files": tuple(entry["files"])}) for entry in values["entries"])
        erasures = Erasures(values["changes"], entries)
        if values.pop("sha256") != _digest(values):
            raise ValueError
    except FileNotFoundError:
        return Erasures()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedIndexError(lost(path, "is not as it was written")) from error
    return erasures


def change(index: Path, entries: tuple[Erasure, ...]) -> Erasures:
    """Replace the list; call it inside `generation.building`."""
    erasures = Erasures(read(index).changes + 1, entries)
    values = asdict(erasures)
    values["sha256"] = _digest(values)
    replace(index / LIST, (json.dumps(values, indent=1) + "\n").encode())
    return erasures


def lost(path: Path, what: str) -> str:
    """Give the message for a list that cannot be trusted."""
    return (
        f"the list of erased documents {path} {what}. Put it back from a backup; "
        "to go on without it, remove the whole index and build it again"
    )


def _digest(values: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def _reason(entry: Erasure) -> str:
    return f"{REASON} on {entry.day}; to take it in again: spoergetime drop {entry.document} --undo"
