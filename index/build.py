"""Building: what is on disk becomes a new generation, and what has not changed is not done again."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from corpus.document import signature
from corpus.errors import InputError
from corpus.files import Found
from corpus.records import Differing, Document, Passage, Quarantined
from corpus.split import MAX_CHARACTERS
from index import stamps
from index.encoder import Encoder
from index.gathering import Gathering, Progress, Silent
from index.generation import LEXICAL, MODEL, UNFINISHED, Manifest, building, drop_damaged, publish
from index.parts import PartWriter, described, known_vectors
from index.plan import Previous, Refusal, made_alike, make_plan, open_previous, order
from index.space import refuse_full_disk
from index.unfinished import working
from index.update import MergedError, is_small, update


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a build did; additions, updates and removals are counted by file, `differing` is of the files it read."""

    generation: str
    documents: int
    passages: int
    added: int
    updated: int
    removed: int
    unchanged: int
    quarantined: tuple[Quarantined, ...]
    differing: tuple[Differing, ...]
    seconds: float


Cut = Iterable[tuple[Document, Sequence[Passage]]]


def build(
    paths: Sequence[Path],
    index: Path,
    encoder: Encoder,
    *,
    own: Path | None = None,
    max_characters: int = MAX_CHARACTERS,
    progress: Progress | None = None,
    whole: bool = False,
) -> Report:
    """Bring an index up to date with the files under the paths, and publish it as a new generation.

    Documents that lie elsewhere stay as they are. Unreadable files are quarantined with a reason. Where nothing has
    changed, nothing is published. `own` is the model's folder, where that is to lie within the index. Of a big archive
    in which little changed the rest is taken over as it is, unless all is to be written anew as a `whole`.
    """
    started = time.monotonic()
    progress = progress or Silent()
    with building(index):
        previous = open_previous(paths, index)
        known = previous.hashed if previous else None
        splitter = {"max_characters": max_characters}
        plan = make_plan(paths, index, previous, splitter)
        gathering = Gathering(plan, previous, splitter, progress)
        same_refused = previous is not None and _names(plan.refused) == _names(previous.manifest.quarantined)
        alike = previous is not None and made_alike(previous.manifest, encoder, splitter)
        # What a drop that was interrupted left: the big files, which an update would share, hold what was erased.
        whole = whole or (previous is not None and int(previous.folder.name) < plan.erased.without)
        if previous and alike and same_refused and not plan.read and not plan.gone and not whole:
            manifest = previous.manifest
        else:
            little = previous is not None and alike and not whole and is_small(plan, previous)
            size = sum(entry["size"] for entry in previous.manifest.files.values()) if previous else 0
            refuse_full_disk(index, 0 if little else size, plan.read)

            def fill(folder: Path, id_: str) -> Manifest:
                nonlocal gathering
                if previous and little:
                    try:
                        manifest = update(folder, id_, previous, gathering, encoder, progress)
                        stamps.write(folder, plan.stamps)
                        return manifest
                    except MergedError:
                        gathering = Gathering(plan, previous, splitter, progress)
                        shutil.rmtree(folder)
                        folder.mkdir()
                if own:
                    shutil.copytree(own, folder / MODEL)
                stamps.write(folder, plan.stamps)
                with working(index, plan, encoder, splitter, folder) as (work, done):
                    cut = _all(gathering, done)
                    return write(work, id_, cut, encoder, splitter, previous, gathering.refused, progress)

            manifest = publish(index, fill, known)
        shutil.rmtree(index / UNFINISHED, ignore_errors=True)
        drop_damaged(index, known)
    tally = gathering.tally
    return Report(
        generation=manifest.generation,
        documents=manifest.documents,
        passages=manifest.passages,
        added=tally["added"],
        updated=tally["updated"],
        removed=tally["removed"],
        unchanged=tally["unchanged"],
        quarantined=tuple(Quarantined(entry["file"], entry["reason"]) for entry in manifest.quarantined),
        differing=tuple(gathering.differing),
        seconds=round(time.monotonic() - started, 3),
    )


def write(
    folder: Path,
    generation: str,
    cut: Cut,
    encoder: Encoder,
    splitter: dict[str, int],
    previous: Previous | None = None,
    refused: Sequence[Refusal] = (),
    progress: Progress | None = None,
    alike: Callable[[Document], str] = signature,
) -> Manifest:
    """Write the files of one generation, and describe them; vectors of `previous` are used again where they fit.

    Documents for which `alike` gives the same are taken for one document with several files.
    """
    progress = progress or Silent()
    with PartWriter(folder, folder / LEXICAL, encoder, known_vectors(previous, encoder), alike) as part:
        for document, passages in cut:
            part.add(document, passages)
        if not part.store.documents:
            first = f", the first one {refused[0]['file']}: {refused[0]['reason']}" if refused else ""
            raise InputError(f"no document could be read ({len(refused)} refused{first}). Name other files")
        progress.stage("vectors", part.store.passages)
        return described(folder, generation, encoder, splitter, part.close(progress.advance), refused)


def _all(gathering: Gathering, done: frozenset[Found]) -> Cut:
    """Give every document of the new generation with its passages, in the order of the files' names."""
    plan = gathering.plan
    for file in done.intersection(plan.read):
        gathering.count(file)
    files = sorted({*plan.keep, *plan.read} - done, key=order)
    return ((one.document, one.passages) for one in gathering.documents(files))


def _names(refused: Sequence[Refusal]) -> set[tuple[str, str]]:
    return {(entry["root"], entry["file"]) for entry in refused}
