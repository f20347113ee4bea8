"""Going on with a build that was interrupted: what it had done lies beside the generations."""

from __future__ import annotations

import json
import shutil
import sqlite3
import struct
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from corpus import sidecar
from corpus.document import READER
from corpus.errors import UnreadableError
from corpus.files import Found, digest
from index.background import compounds
from index.encoder import Encoder
from index.generation import EXACT, FORMAT, LEXICAL, SENTENCES, STORE, UNFINISHED
from index.lexical import Lexical, segments
from index.plan import Plan

_MADE = "made.json"  # what it is made with
_BLOCK = 1_048_576  # bytes read at a time
_COMMITTED = "SELECT f.root, f.file, f.sha256, f.sidecar, d.id FROM files f JOIN documents d ON d.row = f.document"


@contextmanager
def working(
    index: Path, plan: Plan, encoder: Encoder, splitter: dict[str, int], folder: Path
) -> Iterator[tuple[Path, frozenset[Found]]]:
    """Give a folder to write a part in, and which files it holds already; at the end all moves into `folder`.

    Whatever fails meanwhile, the next call goes on from what was committed last, if that still holds. Where going on
    fails by more than the operating system, the next call begins anew: SQLite's file has no checksum.
    """
    work = index / UNFINISHED
    made = json.dumps([FORMAT, READER, splitter, encoder.identity.as_json(), _running()], sort_keys=True)
    done = _done(work, plan, made)
    if not done:
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        (work / _MADE).write_text(made, encoding="utf-8")
    try:
        yield work, frozenset(done)
    except (ValueError, LookupError, sqlite3.Error):
        if done:
            shutil.rmtree(work, ignore_errors=True)
        raise
    (work / _MADE).unlink()
    for path in work.iterdir():
        path.rename(folder / path.name)


def _running() -> str:
    """Name the time since the machine was started: what was not synced before that may be gone, here and there."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _done(work: Path, plan: Plan, made: str) -> set[Found]:
    """Give the files that were done.

    None are where one of them changed since, holds what was erased meanwhile, or was done with other settings, and
    where what was written is damaged.
    """
    try:
        if (work / _MADE).read_text(encoding="utf-8") != made or not (work / STORE).is_file():
            return set()
        with closing(sqlite3.connect(work / STORE)) as store:
            committed = store.execute(_COMMITTED).fetchall()
            ((state,),) = store.execute("SELECT done FROM state")
        if not _is_whole(work, json.loads(state)):
            return set()
    except (OSError, ValueError, LookupError, TypeError, sqlite3.Error):
        return set()
    done = set[Found]()
    known = {*plan.keep, *plan.read}
    for root, file, sha256, beside, document in committed:
        found = Found.at(root, file)
        if found not in known or plan.erased.reason_of_text(document):
            return set()
        try:
            if (digest(found), sidecar.digest(found)) != (sha256, beside):
                return set()
        except (OSError, UnreadableError):
            return set()
        done.add(found)
    return done


def _is_whole(work: Path, state: dict[str, Any]) -> bool:
    """Tell whether what was committed of numbers and words is there as it was written; may raise where it is not."""
    held = {EXACT: state["vectors"]} | {f"{SENTENCES}/{name}": one for name, one in state["sentences"].items()}
    if any(_checksum(work / name, size) != checksum for name, (size, checksum) in held.items()):
        return False
    words = work / LEXICAL
    stems = {one["segment_id"].replace("-", "") for one in segments(words)}
    if not all(_is_sealed(path) for path in words.iterdir() if path.name.split(".")[0] in stems):
        return False
    Lexical(words, compounds())  # which misses what is not there
    return True


def _is_sealed(path: Path) -> bool:
    """Tell whether a file of tantivy's fits the checksum at its own end, in JSON before its length and a mark."""
    end = path.stat().st_size - 8
    with path.open("rb") as file:
        file.seek(end)
        length, _ = struct.unpack("<II", file.read())
        file.seek(end - length)
        checksum: int = json.loads(file.read(length))["crc"]
    return checksum == _checksum(path, end - length)


def _checksum(path: Path, size: int) -> int | None:
    """Give the checksum of a file's first bytes; None where it has fewer."""
    checksum = 0
    with path.open("rb") as file:
        while size:
            block = file.read(min(size, _BLOCK))
            if not block:
                return None
            checksum, size = zlib.crc32(block, checksum), size - len(block)
    return checksum
