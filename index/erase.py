"""Erasing one document everywhere, for good: from the index, from older generations, and from builds to come."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from corpus.document import signature
from corpus.errors import InputError, SpoergetimeError
from corpus.records import Document
from index import erasures
from index.build import build
from index.encoder import Encoder
from index.erasures import Erasure
from index.gathering import Progress
from index.generation import (
    MODEL,
    all_generations,
    building,
    current,
    erased,
    next_generation,
    patiently,
    verify,
)
from index.named import named_document
from index.opening import good_generations
from index.own_model import has_own, used
from index.parts import open_store
from index.store import Store

_BUILDER = 600.0  # seconds that another builder may take
_READERS = 30.0  # seconds in which those who still read older generations may go on to the new one
_AGAIN = 0.2  # seconds


class Erased(NamedTuple):
    """What was erased: the document's id, the files it was read from, and the generation that is without it."""

    document: str
    files: tuple[str, ...]
    generation: str


def erase(index: Path, name: str, *, model: str | None = None, progress: Progress | None = None) -> Erased:
    """Publish an index without one document, by id or file name, and remove every generation that holds it.

    First it is put on the list of what is left out, so that whatever happens after that, no build brings it back.
    `model` says where the index's model lies now, if it has moved. Raises `SpoergetimeError` where an older
    generation cannot be removed because another process goes on reading it.
    """

    def note() -> tuple[Erasure, tuple[str, ...], Encoder, Path | None, int]:
        with building(index):
            folder, manifest = current(index)
            verify(folder, manifest)
            store = open_store(folder, manifest)
            document = _document(index, store, name)
            said = signature(document)
            there = {*store.find(document.id), *store.find(said)}  # also what says the same as one that is gone
            if manifest.documents == len(there):
                raise InputError(f"{name} is the only document of {index}. Remove that folder instead")
            files = dict.fromkeys([*document.files, *(file for row in sorted(there) for file in store.head(row).files)])
            encoder = used(folder, manifest, model)
            entry = Erasure(
                document=document.id,
                signature=said,
                files=tuple(sorted({file.sha256 for file in files})),
                day=datetime.now(UTC).date().isoformat(),
                without=int(next_generation(index)),
            )
            erasures.change(index, (*erased(index).entries, entry))
        own = folder / MODEL if has_own(manifest) else None
        names = tuple(f"{file.root}/{file.file}" for file in files)
        return entry, names, encoder, own, manifest.splitter["max_characters"]

    entry, files, encoder, own, longest = patiently(note, _BUILDER)
    report = patiently(
        lambda: build([], index, encoder, own=own, max_characters=longest, progress=progress, whole=True),
        _BUILDER,
    )
    _remove_older(index, entry)
    return Erased(entry.document, files, report.generation)


def take_back(index: Path, name: str) -> str:
    """Take a document off the list, by id or by the name of a file that was left out; give its id.

    The next build of its folder reads it again. Raises InputError where the list does not hold it.
    """

    def unlist() -> str:
        with building(index):
            listed = erased(index)
            _, manifest = current(index)
            hashes = {entry["sha256"] for entry in manifest.quarantined if name in _names(entry)}
            found = [entry for entry in listed.entries if entry.document == name or hashes & set(entry.files)]
            if not found:
                raise InputError(f"{name} was not erased from {index}. See: spoergetime quarantine --index {index}")
            erasures.change(index, tuple(entry for entry in listed.entries if entry not in found))
            return found[0].document

    return patiently(unlist, _BUILDER)


def _document(index: Path, store: Store, name: str) -> Document:
    """Give the document of this name; where the current generation holds none, of the newest older one that does."""
    older = (open_store(folder, manifest) for folder, manifest in good_generations(index))
    holder = next((one for one in chain([store], older) if one.find(name, gone=True)), store)
    return holder.document(named_document(holder, name, index, gone=True))


def _names(entry: dict[str, str]) -> set[str]:
    return {entry["file"], entry["file"].rpartition("/")[2], f"{entry['root']}/{entry['file']}"}


def _remove_older(index: Path, entry: Erasure) -> None:
    """Wait until nobody reads the generations that hold the document; `building` then removes them."""
    end = time.monotonic() + _READERS
    while True:
        patiently(lambda: _sweep(index), _BUILDER)
        left = [folder.name for folder in all_generations(index) if int(folder.name) < entry.without]
        if not left:
            return
        if time.monotonic() > end:
            raise SpoergetimeError(
                f"{entry.document} is out of use, but generation {', '.join(left)} of {index}, which holds it, is "
                "still read by another process. End that, then run spoergetime index as usual, which removes it"
            )
        time.sleep(_AGAIN)


def _sweep(index: Path) -> None:
    with building(index):
        pass
