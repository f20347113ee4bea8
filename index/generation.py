"""Generations: an index is built aside, checked from disk, and published with one atomic step.

DIR/current                   one line: the generation's id and the SHA-256 of its manifest
DIR/lock                      held by the builder, with flock: a killed builder holds nothing
DIR/erased.json               what must not come back: see `index/erasures.py`
DIR/unfinished/               what an interrupted build had done: see `index/unfinished.py`
DIR/generations/<id>/         the files, and manifest.json with the size and SHA-256 of each
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from corpus.errors import (
    DamagedIndexError,
    IndexUnusableError,
    InputError,
    LockedError,
    MismatchError,
    NoIndexError,
    SpoergetimeError,
)
from index import durable, erasures
from index.lease import MANIFEST, remove, sweep_removed

FORMAT = 10
# The files of a generation: documents and passages, their vectors, what finds the nearest of these, words, sentences.
STORE, EXACT, VECTORS, LEXICAL = "passages.sqlite", "vectors.f16", "vectors.faiss", "words"
SENTENCES = "sentences"
STAMPS = "stamps.json"  # what tells that the files it was made of are as they were
UNFINISHED = "unfinished"  # beside the generations: what an interrupted build had done
CHANGED = "changed"  # the folder of what changed since the rest was written: the same files, but for the words
MODEL = "model"  # the folder of the model that the index was adapted to, where it was
_KEPT = 2  # generations: the current one and the one before it
_LINKED = 50_000_000  # bytes from which a file is shared with the generation before it, and not copied
_AGAIN = 0.1  # seconds until a lock is tried again
_POINTER = re.compile(rb"(\d{6,}) ([0-9a-f]{64})\n")
_BY_TANTIVY = re.compile(
    r"\bos error \d|\bIO( |::)?error", re.IGNORECASE
)  # it has one exception for all that goes wrong
REPAIR = "Repair it: spoergetime check --repair --index DIR"
_T = TypeVar("_T")
_IGNORED = frozenset({".tantivy-meta.lock", ".tantivy-writer.lock"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a generation holds and how it was made."""

    generation: str
    created: str  # ISO 8601, UTC
    model: dict[str, Any]
    splitter: dict[str, Any]
    reader: str
    corpus: str  # SHA-256 over the names and hashes of the files read
    roots: list[str]
    documents: int
    passages: int
    quarantined: list[dict[str, str]]
    nearest: dict[str, Any] = field(default_factory=dict)  # how the nearest vectors are found, as `vectors.Found` says
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    erasures: int = 0  # how often the list of erased documents had been changed
    format: int = FORMAT
    seal: str = ""  # SHA-256 of all the above: a manifest that `current` does not name can be trusted by it


def current(index: Path) -> tuple[Path, Manifest]:
    """Give the published generation's folder and manifest; the manifest is checked, the files are not yet."""
    path = index / "current"
    named = pointer(index)
    if named is None:
        if all_generations(index):
            raise DamagedIndexError(damage(path, "is missing"))
        raise NoIndexError(f"there is no index in {index}. Build one: spoergetime index PATH --index {index}")
    words = _POINTER.fullmatch(named)
    folder = index / "generations" / (words[1].decode() if words else "")
    if not words or not folder.is_dir():
        raise DamagedIndexError(damage(path, "names no generation"))
    return folder, read_manifest(folder, words[2].decode())


def pointer(index: Path) -> bytes | None:
    """Give what the file `current` says, or None where it cannot be read."""
    try:
        return (index / "current").read_bytes()
    except OSError:
        return None


def read_manifest(folder: Path, digest: str | None = None) -> Manifest:
    """Read a generation's manifest, and check it against its seal, and against the hash that `current` names."""
    path = folder / MANIFEST
    try:
        data = path.read_bytes()
        if digest is not None and hashlib.sha256(data).hexdigest() != digest:
            raise DamagedIndexError(damage(path, "is not the one that the file 'current' names"))
        values = json.loads(data)
        if values.get("format") != FORMAT:
            raise MismatchError(
                f"the index {folder.parent.parent} is of format {values.get('format')}, this program reads {FORMAT}. "
                "Build it again: spoergetime index PATH --index DIR"
            )
        manifest = Manifest(**values)
        if manifest.seal and manifest.seal != _sealed(manifest).seal:
            raise DamagedIndexError(damage(path, "has been changed since it was written"))
    except FileNotFoundError as error:
        raise DamagedIndexError(damage(path, "is missing")) from error
    except OSError as error:
        raise DamagedIndexError(damage(path, f"cannot be read ({error.strerror})")) from error
    except (ValueError, TypeError, AttributeError) as error:
        raise DamagedIndexError(damage(path, "cannot be read")) from error
    return manifest


def verify(folder: Path, manifest: Manifest, known: durable.Hashed | None = None) -> None:
    """Hash every file of a generation; raise `DamagedIndexError` naming the first that is not as it was written.

    Files that are `known`, since another generation shares them, are not hashed again.
    """
    paths = {folder / name: wanted for name, wanted in manifest.files.items()}
    for path, wanted in paths.items():
        if not path.is_file():
            raise DamagedIndexError(damage(path, "is missing"))
        if path.stat().st_size != wanted["size"]:
            raise DamagedIndexError(damage(path, f"is {path.stat().st_size} bytes, not {wanted['size']}"))
    try:
        for (path, wanted), found in zip(paths.items(), durable.hashes(list(paths), known), strict=True):
            if found != wanted["sha256"]:
                raise DamagedIndexError(damage(path, "has been changed since it was written"))
    except OSError as error:
        path = Path(error.filename or folder)
        raise DamagedIndexError(damage(path, f"cannot be read ({error.strerror})")) from error


@contextmanager
def building(index: Path) -> Iterator[None]:
    """Hold the index's lock while building; raise `LockedError` at once if another builder has it."""
    if index.exists() and not index.is_dir():
        raise InputError(f"{index} is a file. Name a folder with --index")
    if index.is_dir() and not (index / "generations").is_dir() and any(p.name != "lock" for p in index.iterdir()):
        raise InputError(f"{index} holds other things than an index. Name a new or empty folder with --index")
    try:
        (index / "generations").mkdir(parents=True, exist_ok=True)
        lock = (index / "lock").open("w")
    except OSError as error:
        raise InputError(f"the index cannot be written to {index}: {error.strerror}. Choose another --index") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise LockedError(f"another process is building {index}. Wait for it, then call again") from error
        sweep(index)
        yield


def hashed(folder: Path, manifest: Manifest) -> durable.Hashed:
    """Give the hashes of the files of a generation that was verified a moment ago."""
    return {durable.same(folder / name): wanted["sha256"] for name, wanted in manifest.files.items()}


def publish(index: Path, write: Callable[[Path, str], Manifest], known: durable.Hashed | None = None) -> Manifest:
    """Build a generation in a new folder with `write`, check it from disk, and make it the current one.

    Whatever fails before the last step leaves the current generation as it is. Call it inside `building`. Files that
    are `known`, since `write` takes them over from the generation before, are not hashed again.
    """
    generations = index / "generations"
    before = pointer(index)
    id_ = next_generation(index)
    folder = generations / f".building-{id_}"
    try:
        folder.mkdir()
        manifest = write(folder, id_)
        names = _files(folder)
        found = zip(names, durable.hashes([folder / name for name in names], known), strict=True)
        files = {name: {"size": (folder / name).stat().st_size, "sha256": sha256} for name, sha256 in found}
        manifest = _sealed(replace(manifest, files=files, erasures=erasures.read(index).changes))
        durable.write(folder / MANIFEST, json.dumps(asdict(manifest), ensure_ascii=False, indent=1).encode())
        mode = (folder / MANIFEST).stat().st_mode  # tantivy's files are for its user alone, and others may serve
        for name in files:
            (folder / name).chmod(mode)
            durable.sync(folder / name)
        for parent in {path.parent for path in map(folder.joinpath, files)} | {folder}:
            durable.sync(parent)
        verify(folder, read_manifest(folder), known)
        folder.rename(generations / id_)
        durable.sync(generations)
        point_to(index, generations / id_)
    except (OSError, sqlite3.Error, ValueError) as error:
        if isinstance(error, ValueError) and not _BY_TANTIVY.search(str(error)):
            raise
        named = str(getattr(error, "filename", None) or "")
        where = named if "/" in named else folder / named  # what is removed from a folder is named without it
        why = getattr(error, "strerror", None) or error
        state = "is unchanged" if pointer(index) == before else "is the new one, but may be lost if the power fails now"
        raise SpoergetimeError(f"the index could not be written: {where}: {why}. The index in use {state}") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        sweep(index)
    return manifest


def take_over(old: Path, new: Path) -> None:
    """Put a file of the last generation into the next one: a big one as the very same, a small one as a copy.

    Damage to a shared file is damage to both generations; but a copy of all would cost as much as the archive is big.
    """
    if old.stat().st_size >= _LINKED:
        try:
            os.link(old, new)
            return
        except OSError:
            pass  # not on every file system
    shutil.copyfile(old, new)


def point_to(index: Path, folder: Path) -> None:
    """Make a whole generation the current one, in one step; call it inside `building`."""
    line = f"{folder.name} {durable.sha256(folder / MANIFEST)}\n"
    durable.replace(index / "current", line.encode())


def next_generation(index: Path) -> str:
    """Give the id of the generation that would be built next; call it inside `building`."""
    newest = max((int(path.name) for path in all_generations(index)), default=0)
    # A list of erased documents that came from a backup may be of a generation that this index has yet to reach.
    return f"{max(newest + 1, erasures.read(index).without):06d}"


def sweep(index: Path) -> None:
    """Remove what nobody needs, and nobody reads; call it inside `building`.

    That is what a killed builder left, also a generation it had not made the current one; all but the current
    generation and the one before it; and whatever holds an erased document.
    """
    sweep_removed(index / "generations")
    for unfinished in (index / "generations").glob(".building-*"):
        shutil.rmtree(unfinished, ignore_errors=True)
    try:
        newest, _ = current(index)
        without = erasures.read(index).without
    except IndexUnusableError:
        return  # any of them may be the last good one
    published = [folder for folder in all_generations(index) if int(folder.name) <= int(newest.name)]
    for folder in all_generations(index):
        kept = folder in published[-_KEPT:] and int(folder.name) >= without
        if folder != newest and not kept:
            remove(folder)


def last_roots(index: Path) -> set[str]:
    """Give the folders that any generation says it was built from, as far as its manifest can be read at all."""
    return {str(root) for roots in _told(index, "roots") for root in roots}


def erased(index: Path) -> erasures.Erasures:
    """Read the list of erased documents; raise DamagedIndexError where it is not the one the index was built by."""
    found = erasures.read(index)
    if any(changes > found.changes for changes in _told(index, "erasures")):
        raise DamagedIndexError(erasures.lost(index / erasures.LIST, "is missing, or older than the index"))
    return found


def drop_damaged(index: Path, known: durable.Hashed | None = None) -> None:
    """Remove older generations that cannot be used any more; call it inside `building`.

    Files that are `known` are not hashed again.
    """
    newest, _ = current(index)
    for folder in all_generations(index):
        if folder != newest:
            try:
                verify(folder, read_manifest(folder), known)
            except (DamagedIndexError, MismatchError):
                remove(folder)


def all_generations(index: Path) -> list[Path]:
    """Give the folders of all generations that were written to their end, oldest first."""
    folders = (index / "generations").glob("[0-9]*")
    return sorted(path for path in folders if path.name.isdecimal() and path.is_dir())


def patiently(work: Callable[[], _T], seconds: float) -> _T:
    """Do what needs the lock; where another builder has it, wait for so long before `LockedError` is raised."""
    end = time.monotonic() + seconds
    while True:
        try:
            return work()
        except LockedError:
            if time.monotonic() >= end:
                raise
            time.sleep(_AGAIN)


def damage(path: Path, what: str) -> str:
    """Give the message for a file of an index that is not as it was written."""
    return f"damaged index: {path} {what}. {REPAIR}"


def _told(index: Path, key: str) -> Iterator[Any]:
    """Give what the manifests say of something, as far as they can be read at all."""
    for folder in all_generations(index):
        try:
            yield json.loads((folder / MANIFEST).read_bytes())[key]
        except (OSError, ValueError, KeyError, TypeError):
            continue


def _sealed(manifest: Manifest) -> Manifest:
    values = json.dumps(asdict(manifest) | {"seal": ""}, sort_keys=True)
    return replace(manifest, seal=hashlib.sha256(values.encode()).hexdigest())


def _files(folder: Path) -> list[str]:
    files = (path for path in folder.rglob("*") if path.is_file() and path.name not in _IGNORED)
    return sorted(path.relative_to(folder).as_posix() for path in files)
