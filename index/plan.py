"""Planning: what is to become of each file, by what the last build knew of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from corpus import sidecar
from corpus.document import READER
from corpus.errors import DamagedIndexError, InputError, MismatchError, NoIndexError
from corpus.files import SIDECAR, Found, digest, discover
from index import durable, stamps
from index.encoder import Encoder
from index.erasures import REASON as ERASED
from index.erasures import Erasures
from index.generation import Manifest, current, erased, hashed, last_roots, verify
from index.parts import open_store, open_vectors
from index.store import Filed, Store
from index.vectors import Dense

Refusal = dict[str, str]  # root, file, reason, and the sha256 of what was refused


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

    Raises `InputError` where that would lose documents of folders that the call does not name.
    """
    try:
        folder, manifest = current(index)
        verify(folder, manifest)
    except NoIndexError:
        return None
    except (DamagedIndexError, MismatchError) as error:
        named = [path.resolve() for path in paths]
        listed = stamps.listed(index)
        held = {(Path(root), root) for root in last_roots(index)}
        if listed is not None:
            held = {(file.path, str(file.root)) for file in listed}
        lost = sorted({root for one, root in held if not any(one.is_relative_to(path) for path in named)})
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
    roots = previous.manifest.roots if previous else sorted(last_roots(index))
    found = discover(paths, [Path(root) for root in roots], exclude=index)
    if paths and not found:
        raise InputError(f"no documents in {', '.join(map(str, paths))}. Name a folder that holds some")
    refusals = {(entry["root"], entry["file"]): entry for entry in (previous.manifest.quarantined if previous else [])}
    as_now = previous is not None and (previous.manifest.reader, previous.manifest.splitter) == (READER, splitter)
    keep: dict[Found, int] = {}
    to_read: list[Found] = []
    refused: list[Refusal] = []
    gone: list[Found] = []
    before = stamps.read(previous.folder, previous.manifest) if previous else {}
    now = stamps.of(found)
    for file in found:
        filed = known.get(file)
        if filed and file in now and now[file] == before.get(file):
            seen: tuple[str | None, str] = filed.source.sha256, filed.source.sidecar
        else:
            seen = digest(file), sidecar.digest(file)
        refusal = refusals.pop((str(file.root), file.file), None)
        if why := erasures.reason(seen[0] or ""):
            refused.append(_left_out(file, why, seen[0] or ""))
            gone += [file] if filed else []
        elif as_now and filed and (filed.source.sha256, filed.source.sidecar) == seen:
            keep[file] = filed.document_row
            beside = refusals.pop((str(file.root), file.file + SIDECAR), None)
            refused += [beside] if beside else []
        elif as_now and refusal and refusal["sha256"] == (seen[0] or "") and not refusal["reason"].startswith(ERASED):
            refused.append(refusal)
        else:
            to_read.append(file)
    scopes = [path.resolve() for path in paths]
    named = set(found)
    for file, filed in known.items():
        if file in named:
            continue
        if why := erasures.reason(filed.source.sha256):
            gone.append(file)
            refused += [_left_out(file, why, filed.source.sha256)] if file.path.exists() else []
        elif any(file.path.is_relative_to(scope) for scope in scopes):
            gone.append(file)
        elif as_now or not file.path.exists():  # what another reader read is better than nothing
            keep[file] = filed.document_row
        else:
            to_read.append(file)
    # A file that only says the same as another has no text here; without the other it is read for its own.
    whole = {known[file].document_row for file in keep if known[file].source.own}
    orphans = [file for file, row in keep.items() if row not in whole]
    for file in orphans:
        del keep[file]
    elsewhere = [
        entry
        for entry in refusals.values()
        if not any(Found.at(entry["root"], entry["file"]).path.is_relative_to(scope) for scope in scopes)
    ]
    read = sorted([*to_read, *orphans], key=order)
    known_again = {**{file: stamp for file, stamp in before.items() if file not in named}, **now}
    of_these = {file: known_again.get(file, "") for file in (*keep, *read)}
    return Plan(keep, read, gone, [*refused, *elsewhere], erasures, of_these)


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
