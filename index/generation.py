"""Generations: an index is built aside, checked from disk, and published with one atomic step.

DIR/current                   one line: the generation's id and the SHA-256 of its manifest
DIR/lock                      held by the builder, with flock: a killed builder holds nothing
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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from corpus.errors import DamagedIndexError, InputError, LockedError, MismatchError, NoIndexError, SpoergetimeError

FORMAT = 9
# The files of a generation: documents and passages, their vectors, what finds the nearest of these, words, sentences.
STORE, EXACT, VECTORS, LEXICAL = "passages.sqlite", "vectors.f16", "vectors.faiss", "words"
SENTENCES = "sentences"
UNFINISHED = "unfinished"  # beside the generations: what an interrupted build had done
CHANGED = "changed"  # the folder of what changed since the rest was written: the same files, but for the words
MODEL = "model"  # the folder of the model that the index was adapted to, where it was
_KEPT = 2  # generations: the current one and the one before it
_LINKED = 50_000_000  # bytes from which a file is shared with the generation before it, and not copied
_POINTER = re.compile(rb"(\d{6,}) ([0-9a-f]{64})\n")
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
    format: int = FORMAT


def current(index: Path) -> tuple[Path, Manifest]:
    """Give the published generation's folder and manifest; the manifest is checked, the files are not yet."""
    pointer = index / "current"
    if not pointer.is_file():
        raise NoIndexError(f"there is no index in {index}. Build one: spoergetime index PATH --index {index}")
    named = _POINTER.fullmatch(pointer.read_bytes())
    folder = index / "generations" / (named[1].decode() if named else "")
    if not named or not folder.is_dir():
        raise DamagedIndexError(_damage(pointer, "names no generation"))
    return folder, read_manifest(folder, named[2].decode())


def read_manifest(folder: Path, digest: str | None = None) -> Manifest:
    """Read a generation's manifest, and check it against the hash that `current` names."""
    path = folder / "manifest.json"
    try:
        data = path.read_bytes()
        if digest is not None and hashlib.sha256(data).hexdigest() != digest:
            raise DamagedIndexError(_damage(path, "is not the one that the file 'current' names"))
        values = json.loads(data)
        if values.get("format") != FORMAT:
            raise MismatchError(
                f"the index {folder.parent.parent} is of format {values.get('format')}, this program reads {FORMAT}. "
                "Build it again: spoergetime index PATH --index DIR"
            )
        return Manifest(**values)
    except FileNotFoundError as error:
        raise DamagedIndexError(_damage(path, "is missing")) from error
    except (ValueError, TypeError, AttributeError) as error:
        raise DamagedIndexError(_damage(path, "cannot be read")) from error


def verify(folder: Path, manifest: Manifest) -> None:
    """Hash every file of a generation; raise `DamagedIndexError` naming the first that is not as it was written."""
    for name, wanted in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise DamagedIndexError(_damage(path, "is missing"))
        if path.stat().st_size != wanted["size"]:
            raise DamagedIndexError(_damage(path, f"is {path.stat().st_size} bytes, not {wanted['size']}"))
        if _sha256(path) != wanted["sha256"]:
            raise DamagedIndexError(_damage(path, "has been changed since it was written"))


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
        yield


def publish(index: Path, write: Callable[[Path, str], Manifest]) -> Manifest:
    """Build a generation in a new folder with `write`, check it from disk, and make it the current one.

    Whatever fails before the last step leaves the current generation as it is. Call it inside `building`.
    """
    generations = index / "generations"
    for leftover in generations.glob(".building-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    taken = [int(path.name) for path in generations.iterdir() if path.name.isdigit()]
    id_ = f"{max(taken, default=0) + 1:06d}"
    folder = generations / f".building-{id_}"
    folder.mkdir()
    try:
        manifest = write(folder, id_)
        files = {name: _describe(folder / name) for name in _files(folder)}
        manifest = Manifest(**{**asdict(manifest), "files": files})
        data = json.dumps(asdict(manifest), ensure_ascii=False, indent=1).encode()
        _write_durably(folder / "manifest.json", data)
        for name in files:
            _sync(folder / name)
        for parent in {path.parent for path in map(folder.joinpath, files)} | {folder}:
            _sync(parent)
        verify(folder, read_manifest(folder))
        folder.rename(generations / id_)
        _sync(generations)
        line = f"{id_} {hashlib.sha256(data).hexdigest()}\n"
        _write_durably(index / "current.new", line.encode())
        (index / "current.new").replace(index / "current")
        _sync(index)
    except (OSError, sqlite3.Error) as error:
        where = getattr(error, "filename", None) or folder
        why = getattr(error, "strerror", None) or error
        raise SpoergetimeError(
            f"the index could not be written: {where}: {why}. The index in use is unchanged"
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    _sweep(generations, int(id_))
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


def last_roots(index: Path) -> set[str]:
    """Give the folders that any generation says it was built from, as far as its manifest can be read at all."""
    roots: set[str] = set()
    for folder in all_generations(index):
        try:
            roots.update(map(str, json.loads((folder / "manifest.json").read_bytes())["roots"]))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return roots


def drop_damaged(index: Path) -> None:
    """Remove older generations that cannot be used any more; call it inside `building`."""
    newest, _ = current(index)
    for folder in all_generations(index):
        if folder != newest:
            try:
                verify(folder, read_manifest(folder))
            except (DamagedIndexError, MismatchError):
                shutil.rmtree(folder, ignore_errors=True)


def all_generations(index: Path) -> list[Path]:
    """Give the folders of all published generations, oldest first."""
    return sorted(path for path in (index / "generations").glob("[0-9]*") if path.is_dir())


def _sweep(generations: Path, newest: int) -> None:
    for path in generations.iterdir():
        if path.name.isdigit() and int(path.name) <= newest - _KEPT:
            shutil.rmtree(path, ignore_errors=True)


def _files(folder: Path) -> list[str]:
    files = (path for path in folder.rglob("*") if path.is_file() and path.name not in _IGNORED)
    return sorted(path.relative_to(folder).as_posix() for path in files)


def _describe(path: Path) -> dict[str, Any]:
    return {"size": path.stat().st_size, "sha256": _sha256(path)}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_durably(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _damage(path: Path, what: str) -> str:
    return f"damaged index: {path} {what}. Build it again: spoergetime index PATH --index DIR"
