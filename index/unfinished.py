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


@contextmanager
def working(
    index: Path, plan: Plan, encoder: Encoder, splitter: dict[str, int], folder: Path
) -> Iterator[tuple[Path, frozenset[Found]]]:
    """Give a folder to write a part in, and which files it holds already; at the end all moves into `folder`.

    Whatever fails meanwhile, the next call goes on from what was committed last, if that still holds.
    """
    work = index / UNFINISHED
    made = json.dumps([FORMAT, READER, splitter, encoder.identity.as_json()], sort_keys=True)
    done = _done(work, plan, made)
    if not done:
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        (work / _MADE).write_text(made, encoding="utf-8")
    try:
        yield work, frozenset(done)
        (work / _MADE).unlink()
        for path in work.iterdir():
            path.rename(folder / path.name)
    finally:
        if not _committed(work):
            shutil.rmtree(work, ignore_errors=True)


def _done(work: Path, plan: Plan, made: str) -> set[Found]:
    """Give the files that were done; none where one of them has changed since, or others settings hold now."""
    try:
        if (work / _MADE).read_text(encoding="utf-8") != made:
            return set()
    except (OSError, UnicodeDecodeError):
        return set()
    done = set()
    for root, file, sha256, beside in _committed(work):
        found = Found(Path(root), file)
        if found not in plan.keep and found not in plan.read:
            return set()
        try:
            if (digest(found), sidecar.digest(found)) != (sha256, beside):
                return set()
        except (OSError, UnreadableError):
            return set()
        done.add(found)
    return done


def _committed(work: Path) -> list[tuple[str, str, str, str]]:
    """Give the files whose documents were committed, with their hashes."""
    if not (work / STORE).is_file():
        return []
    try:
        with closing(sqlite3.connect(work / STORE)) as store:
            return store.execute("SELECT root, file, sha256, sidecar FROM files").fetchall()
    except sqlite3.Error:
        return []
