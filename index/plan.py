"""Planning: what is to become of each file, by what the last build knew of it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from corpus import ocr, sidecar
from corpus.document import READER
from corpus.errors import DamagedIndexError, InputError, MismatchError, NoIndexError
from corpus.files import SIDECAR, Found, digest, discover, is_folder
from corpus.isolation import Reader
from index import durable, stamps
from index.encoder import Encoder
from index.erasures import REASON as ERASED
from index.erasures import Erasures
from index.generation import Manifest, current, erased, hashed, last_roots, verify
from index.parts import open_store, open_vectors
from index.store import Filed, Store
from index.vectors import Dense

Refusal = dict[str, str]  # root, file, reason, and the sha256 of what was refused

_NO_TESSERACT = "Tesseract with Danish is not installed"
_PASSING = re.compile(r"reading (took|needed) |the reader |Tesseract ")  # how reasons begin that lay in the machine


class Previous(NamedTuple):
    """The generation that is there already."""

    folder: Path
    manifest: Manifest
    store: Store
    dense: Dense
    files: dict[Found, Filed]
    hashed: durable.Hashed  # its files, which were all hashed when it was opened


class Plan(NamedTuple):
    """What is to become of each file, by what the last build knew of it."""

    keep: dict[Found, int]  # -> document row in the previous generation
    read: list[Found]
    gone: list[Found]
    refused: list[Refusal]  # known to be unreadable, and not changed since
    erased: Erasures  # what is left out wherever it lies
    stamps: Mapping[Found, str]  # of all files that are kept or read; "" where a file is not to be known again by it


def open_previous(paths: Sequence[Path], index: Path) -> Previous | None:
    """Open the generation to build on; one that cannot be used is no ground to build on, and is replaced as a whole.

    Raises `InputError` where that would lose documents that do not lie under the paths.
    """
    try:
        folder, manifest = current(index)
        verify(folder, manifest)
    except NoIndexError:
        return None
    except (DamagedIndexError, MismatchError) as error:
        scopes = [path.resolve() for path in paths]
        held = [(Path(root), root) for root in last_roots(index)]
        if (listed := stamps.listed(index)) is not None:
            held = [(file.path, str(file.root)) for file in listed]
        lost = sorted({root for one, root in held if not _lies_in(one, scopes)})
        if lost:
            raise InputError(
                f"{index} cannot be used any more and is built anew, but it also holds documents of {', '.join(lost)}. "
                "Name these folders in the same call, or choose another --index"
            ) from error
        return None
    store = open_store(folder, manifest)
    files = {Found.at(filed.source.root, filed.source.file): filed for filed in store.files()}
    return Previous(folder, manifest, store, open_vectors(folder, manifest, store), files, hashed(folder, manifest))


def make_plan(paths: Sequence[Path], index: Path, previous: Previous | None, splitter: dict[str, int]) -> Plan:
    """Decide which files are kept as they are, which are read, which are gone, and which stay refused.

    Files that lie elsewhere are kept, and what was erased is left out wherever it lies. Raises `InputError` if the
    paths hold no files at all.
    """
    known = previous.files if previous else {}
    erasures = erased(index)
    refusals = {_found(entry): entry for entry in (previous.manifest.quarantined if previous else [])}
    there = _there(paths, [*known, *refusals])
    roots = [Path(root) for root in (previous.manifest.roots if previous else sorted(last_roots(index)))]
    unlisted: dict[Found, str] = {}
    found = discover(there, roots, exclude=index, unlisted=unlisted)
    if there and not found:
        raise InputError(f"no documents in {', '.join(map(str, there))}. Name a folder that holds some")
    same_erasures = previous is not None and previous.manifest.erasures == erasures.changes
    as_now = previous is not None and (previous.manifest.reader, previous.manifest.splitter) == (READER, splitter)
    keep: dict[Found, int] = {}
    to_read: list[Found] = []
    refused: list[Refusal] = []
    again: list[Found] = []
    gone: list[Found] = []
    before = stamps.read(previous.folder, previous.manifest) if previous else {}
    now = stamps.of(found)
    for file in found:
        filed, refusal = known.get(file), refusals.pop(file, None)
        if file in unlisted:
            refused.append(_left_out(file, unlisted[file], ""))
            continue
        if filed and file in now and now[file] == before.get(file):
            seen: tuple[str | None, str] = filed.source.sha256, filed.source.sidecar
        else:
            seen = digest(file), sidecar.digest(file)
        if why := erasures.reason(seen[0] or ""):
            refused.append(_left_out(file, why, seen[0] or ""))
            gone += [file] if filed else []
        elif as_now and filed and (filed.source.sha256, filed.source.sidecar) == seen:
            keep[file] = filed.document_row
            beside = refusals.pop(Found(file.root, file.file + SIDECAR), None)
            refused += [beside] if beside else []
        elif not as_now or not refusal or refusal["sha256"] != (seen[0] or ""):
            to_read.append(file)
        elif _passing(refusal["reason"]):
            again.append(file)
        elif same_erasures or not refusal["reason"].startswith(ERASED):
            refused.append(refusal)
        else:
            to_read.append(file)
    # Only what can be read by now is for the build to read: that publishes a generation wherever it reads.
    with Reader() as reader:
        for reading in reader.read_many(again, splitter["max_characters"]):
            if reading.document is None:
                refused.append(_left_out(reading.found, reading.reason or "", reading.sha256))
            else:
                to_read.append(reading.found)
    scopes = [path.resolve() for path in paths]
    closed = [folder.path for folder in unlisted]
    named = set(found)
    for file, filed in known.items():
        if file in named:
            continue
        path = file.path
        if why := erasures.reason(filed.source.sha256):
            gone.append(file)
            refused += [_left_out(file, why, filed.source.sha256)] if _exists(path) else []
        elif _lies_in(path, closed):
            keep[file] = filed.document_row
        elif _lies_in(path, scopes):
            gone.append(file)
        elif as_now or not _exists(path):  # what another reader read is better than nothing
            keep[file] = filed.document_row
        else:
            to_read.append(file)
    # A file that only says the same as another has no text here; without the other it is read for its own.
    whole = {known[file].document_row for file in keep if known[file].source.own}
    orphans = [file for file, row in keep.items() if row not in whole]
    for file in orphans:
        del keep[file]
    elsewhere = [
        entry for file, entry in refusals.items() if _lies_in(file.path, closed) or not _lies_in(file.path, scopes)
    ]
    read = sorted([*to_read, *orphans], key=order)
    if paths and not there and not keep and not read:
        raise InputError(f"{index} holds no other documents. Remove that folder instead")
    known_again = {**{file: stamp for file, stamp in before.items() if file not in named}, **now}
    of_these = {file: known_again.get(file, "") for file in (*keep, *read)}
    return Plan(keep, read, gone, [*refused, *elsewhere], erasures, of_these)


def _there(paths: Sequence[Path], known: Iterable[Found]) -> Sequence[Path]:
    """Give the paths without those that are gone from the disk though the index knows of documents there.

    Raises `InputError` where others are still there: a disk may be away, and the call be one that runs every night.
    """
    gone = [path for path in paths if is_folder(path) is None]
    of_known = [path for path in gone if _any_in(path.resolve(), known)]
    if of_known and len(gone) < len(paths):
        raise InputError(
            f"no such file or folder: {of_known[0]}. Bring it back; if it is gone for good, call with it alone, "
            "which takes its documents out of the index"
        )
    return [path for path in paths if path not in of_known]


def _any_in(folder: Path, files: Iterable[Found]) -> bool:
    return any(file.path.is_relative_to(folder) for file in files)


def _lies_in(path: Path, folders: Iterable[Path]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)


def _exists(path: Path) -> bool:
    return os.path.exists(path)  # noqa: PTH110 - Path's raises where a disk fails


def _passing(reason: str) -> bool:
    """Tell whether a document may be read by now, though it is as it was when it was refused."""
    return ocr.available() if reason.endswith(_NO_TESSERACT) else _PASSING.match(reason) is not None


def _found(entry: Refusal) -> Found:
    return Found.at(entry["root"], entry["file"])


def _left_out(file: Found, why: str, sha256: str) -> Refusal:
    return {"root": str(file.root), "file": file.file, "reason": why, "sha256": sha256}


def order(file: Found) -> tuple[Path, str, int]:
    """Order files by name; of one document in several formats the paged one comes first, and is the one cited."""
    stem, _, suffix = file.file.rpartition(".")
    return file.root, stem, ("pdf", "docx").index(suffix) if suffix in ("pdf", "docx") else 2


def made_alike(manifest: Manifest, encoder: Encoder, splitter: dict[str, int]) -> bool:
    """Tell whether a generation was made with these very settings."""
    return (manifest.model, manifest.splitter, manifest.reader) == (
        encoder.identity.as_json(),
        splitter,
        READER,
    )
