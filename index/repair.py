"""Repairing a damaged index with what of it is sound; nothing that it held is lost without a word.

The newest generation whose documents can still be read is what counts. Its vectors and words can be made again from
its documents; its documents, where they are damaged, from an older generation and from the source files.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from corpus.errors import DamagedIndexError, IndexUnusableError, MismatchError, SpoergetimeError
from corpus.files import Found, discover
from corpus.records import Document, Passage
from corpus.split import MAX_CHARACTERS
from index import stamps
from index.build import build, write
from index.encoder import Encoder, load
from index.gathering import Progress
from index.generation import (
    CHANGED,
    MODEL,
    STORE,
    Manifest,
    all_generations,
    building,
    current,
    drop_damaged,
    erased,
    last_roots,
    point_to,
    publish,
    read_manifest,
    verify,
)
from index.lease import remove
from index.opening import good_generations
from index.own_model import has_own, used
from index.parts import open_store
from index.plan import order
from index.store import Store


class Repaired(NamedTuple):
    """The generation in use now, what was done, and what could not be brought back."""

    generation: str
    done: str
    missing: tuple[str, ...] = ()


def repair(index: Path, *, model: str | None = None, progress: Progress | None = None) -> Repaired:
    """Make an index whole again, or raise `IndexUnusableError` saying what to do where that cannot be.

    `model` says where the index's model lies now, if it has moved, or what to build with where that is not known.
    """
    with building(index):
        erased(index)  # a list that is lost would let erased documents in again
        try:
            folder, manifest = current(index)
            verify(folder, manifest)
            drop_damaged(index)
            return Repaired(manifest.generation, "nothing to repair: the current generation is whole")
        except DamagedIndexError as error:
            damage = error
        broken = _newest(index)
        if broken and _whole(*broken):
            point_to(index, broken[0])
            drop_damaged(index)
            return Repaired(broken[1].generation, f"the file 'current' names generation {broken[1].generation} again")
        if broken and _whole(broken[0], _part(broken[1], STORE, f"{CHANGED}/{STORE}")):
            manifest = _from_documents(index, *broken, model, progress)
            drop_damaged(index)
            return Repaired(manifest.generation, f"built again from the documents of generation {broken[0].name}")
        good = next(good_generations(index), None)
        sources = _sources(index, sorted(broken[1].roots if broken else last_roots(index)), good)
        if good:
            point_to(index, good[0])
            for folder in all_generations(index):
                if int(folder.name) > int(good[0].name):
                    remove(folder)
    return _from_sources(index, sources, good, model, progress, damage)


def _from_documents(
    index: Path, folder: Path, manifest: Manifest, model: str | None, progress: Progress | None
) -> Manifest:
    """Write everything but the documents anew."""
    encoder = _encoder(folder, manifest, model)
    store = open_store(folder, manifest)

    def fill(fresh: Path, id_: str) -> Manifest:
        if has_own(manifest):
            for name in (name for name in manifest.files if name.startswith(f"{MODEL}/")):
                (fresh / name).parent.mkdir(parents=True, exist_ok=True)
                (fresh / name).write_bytes((folder / name).read_bytes())
        documents = _documents(index, store)
        written = write(
            fresh, id_, documents, encoder, manifest.splitter, refused=manifest.quarantined, progress=progress
        )
        return replace(written, reader=manifest.reader)

    return publish(index, fill)


def _documents(index: Path, store: Store) -> Iterator[tuple[Document, Sequence[Passage]]]:
    """Give every document with its passages once for each of its files, in the order of these, as a build does."""
    left_out = erased(index)
    filed = {Found.at(one.source.root, one.source.file): one for one in store.files()}
    for found in sorted(filed, key=order):
        source, row = filed[found]
        document = store.document(row)
        if not left_out.reason_of_text(document.id):
            yield replace(document, files=(source,)), [stored.passage for stored in store.passages_of(row)]


class _Sources(NamedTuple):
    """Where the documents lie: the folders, what to build from, empty or missing folders, and what is not held."""

    folders: list[str]
    paths: list[Path]
    away: tuple[str, ...]
    strange: int  # files


def _sources(index: Path, roots: Sequence[str], good: tuple[Path, Manifest] | None) -> _Sources:
    """Find the sources of an index; of a folder that also holds other files, those of the index alone.

    Who named a file did not name what lies beside it.
    """
    listed = stamps.listed(index)
    refused = [Found.at(entry["root"], entry["file"]) for entry in good[1].quarantined] if good else []
    held = {(file.path, file.member) for file in (*(listed or ()), *refused)}
    folders, paths, away, strange = list[str](), list[Path](), list[str](), 0
    for root in roots:
        lies = discover([Path(root)], exclude=index) if Path(root).is_dir() else []
        known = [file for file in lies if listed is None or (file.path, file.member) in held]
        strange += len(lies) - len(known)
        (folders if lies else away).append(root)
        if lies:
            paths += [Path(root)] if len(known) == len(lies) else sorted({file.path for file in known})
    return _Sources(folders, paths, tuple(away), strange)


def _from_sources(
    index: Path,
    sources: _Sources,
    good: tuple[Path, Manifest] | None,
    model: str | None,
    progress: Progress | None,
    damage: DamagedIndexError,
) -> Repaired:
    """Bring the last good generation up to date with the source files, or build anew from them alone."""
    folders, paths, away, strange = sources
    where = ", ".join(folders) + (f", but for {strange:,} files that it did not hold" if strange else "")
    if not good and (away or not paths):
        what = f"its documents lay in {', '.join(away)}, which is not there" if away else "nothing says what it held"
        raise DamagedIndexError(
            f"{str(damage).split('. ')[0]}, no generation is whole, and {what}. "
            "Bring these folders back and repair again, or build another index: spoergetime index PATH --index DIR"
        ) from damage
    if not good:
        encoder, own, longest = load(model) if model else load(), None, MAX_CHARACTERS
        newest = _newest(index)
        if newest:
            encoder, longest = _encoder(*newest, model), newest[1].splitter["max_characters"]
            own = newest[0] / MODEL if has_own(newest[1]) else None
        report = build(paths, index, encoder, own=own, progress=progress, max_characters=longest)
        return Repaired(report.generation, f"built again from {where}")
    folder, manifest = good
    done = f"generation {manifest.generation} is in use again"
    if not paths:
        return Repaired(manifest.generation, done, away)
    own = folder / MODEL if has_own(manifest) else None
    encoder = _encoder(folder, manifest, model)
    longest = manifest.splitter["max_characters"]
    report = build(paths, index, encoder, own=own, progress=progress, max_characters=longest)
    if report.generation != manifest.generation:
        done += f", and up to date with {where} as generation {report.generation}"
    return Repaired(report.generation, done, away)


def _newest(index: Path) -> tuple[Path, Manifest] | None:
    """Give the generation that `current` names, or the newest one, if its manifest is whole."""
    try:
        return current(index)
    except IndexUnusableError:
        pass
    for folder in reversed(all_generations(index)):
        try:
            manifest = read_manifest(folder)
        except (DamagedIndexError, MismatchError):
            continue
        if manifest.seal and int(folder.name) >= erased(index).without:
            return folder, manifest
        return None
    return None


def _part(manifest: Manifest, *names: str) -> Manifest:
    """Give a manifest of some files, or of one folder's files, alone."""
    files = {path: wanted for path, wanted in manifest.files.items() if path in names or path.split("/")[0] in names}
    return replace(manifest, files=files)


def _whole(folder: Path, manifest: Manifest) -> bool:
    try:
        verify(folder, manifest)
    except DamagedIndexError:
        return False
    return bool(manifest.files)


def _encoder(folder: Path, manifest: Manifest, model: str | None) -> Encoder:
    if has_own(manifest) and not _whole(folder, _part(manifest, MODEL)):
        raise SpoergetimeError(
            f"the model that lay within {folder} is damaged, too. Build the index again and name the model to go on "
            "with: spoergetime index PATH --index DIR --model bundled"
        )
    return used(folder, manifest, model)
