"""Going on with a build that was interrupted: what it had done lies beside the generations."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from corpus import sidecar
from corpus.document import READER
from corpus.errors import UnreadableError
from corpus.files import Found, digest
from index.encoder import Encoder
from index.generation import FORMAT, STORE, UNFINISHED
from index.plan import Plan

_MADE = "made.json"  # what it is made with
_COMMITTED = "SELECT f.root, f.file, f.sha256, f.sidecar, d.id FROM files f JOIN documents d ON d.row = f.document"


@contextmanager
def working(
    index: Path, plan: Plan, encoder: Encoder, splitter: dict[str, int], folder: Path
) -> Iterator[tuple[Path, frozenset[Found]]]:
    """Give a folder to write a part in, and which files it holds already; at the end all moves into `folder`.

    Whatever fails meanwhile, the next call goes on from what was committed last, if that still holds.
    """
    work = index / UNFINISHED
    made = json.dumps([FORMAT, READER, splitter, encoder.identity.as_json(), _running()], sort_keys=True)
    done = _done(work, plan, made)
    if not done:
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        (work / _MADE).write_text(made, encoding="utf-8")
    yield work, frozenset(done)
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

    None are where one of them changed since, holds what was erased meanwhile, or was done with other settings.
    """
    try:
        if (work / _MADE).read_text(encoding="utf-8") != made or not (work / STORE).is_file():
            return set()
        with closing(sqlite3.connect(work / STORE)) as store:
            committed = store.execute(_COMMITTED).fetchall()
    except (OSError, UnicodeDecodeError, sqlite3.Error):
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
