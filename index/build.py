"""Building: what is on disk becomes a new generation, and what has not changed is not done again."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from shutil import copytree
from typing import Protocol

import numpy as np

from corpus import sidecar
from corpus.document import READER, signature
from corpus.errors import InputError, UnreadableError
from corpus.files import SIDECAR, Found
from corpus.isolation import Reader
from corpus.records import Differing, Document, Passage, Quarantined
from corpus.split import MAX_CHARACTERS
from index import lexical, sentences, vectors
from index.background import stem_counts
from index.encoder import Encoder
from index.generation import LEXICAL, MODEL, SENTENCES, STORE, VECTORS, Manifest, building, drop_damaged, publish
from index.plan import Plan, Previous, Refusal, made_alike, make_plan, open_previous, order
from index.store import Writer
from index.words import Compounds, stem, tokens

_BATCH = 4096  # passages encoded at a time


class Progress(Protocol):
    """Told how far each stage has come."""

    def stage(self, name: str, total: int) -> None:
        """Begin a stage of `total` steps."""

    def advance(self, steps: int) -> None:
        """Report that so many more steps are done."""


class Silent:
    """Reports to nobody."""

    def stage(self, name: str, total: int) -> None:
        """Begin a stage."""

    def advance(self, steps: int) -> None:
        """Go on."""


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
) -> Report:
    """Bring an index up to date with the files under the paths, and publish it as a new generation.

    Documents that lie elsewhere stay as they are. Unreadable files are quarantined with a reason. Where nothing has
    changed, nothing is published. `own` is the model's folder, where that is to lie within the index.
    """
    started = time.monotonic()
    progress = progress or Silent()
    with building(index):
        previous = open_previous(paths, index)
        splitter = {"max_characters": max_characters}
        plan = make_plan(paths, index, previous, splitter)
        differing: list[Differing] = []
        tally = Counter(unchanged=len(plan.keep), removed=len(plan.gone))
        same_refused = previous is not None and _names(plan.refused) == _names(previous.manifest.quarantined)
        unchanged = same_refused and not plan.read and not plan.gone
        if previous and unchanged and made_alike(previous.manifest, encoder, splitter):
            manifest = previous.manifest
        else:
            refused = list(plan.refused)
            cut = _cut(plan, previous, splitter, tally, refused, differing, progress)

            def fill(folder: Path, id_: str) -> Manifest:
                if own:
                    copytree(own, folder / MODEL)
                return write(folder, id_, cut, encoder, splitter, previous, refused, progress)

            manifest = publish(index, fill)
        drop_damaged(index)
    return Report(
        generation=manifest.generation,
        documents=manifest.documents,
        passages=manifest.passages,
        added=tally["added"],
        updated=tally["updated"],
        removed=tally["removed"],
        unchanged=tally["unchanged"],
        quarantined=tuple(Quarantined(entry["file"], entry["reason"]) for entry in manifest.quarantined),
        differing=tuple(differing),
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
    store = Writer(folder / STORE, alike)
    names = hashlib.sha256()
    roots: set[str] = set()
    for document, document_passages in cut:
        store.add(document, document_passages)
        for file in document.files:
            roots.add(file.root)
            names.update(f"{file.root}/{file.file}\0{file.sha256}\n".encode())
    if not store.documents:
        first = f", the first one {refused[0]['file']}: {refused[0]['reason']}" if refused else ""
        raise InputError(f"no document could be read ({len(refused)} refused{first}). Name other files")
    vectors.write(folder / VECTORS, _vectors(store, encoder, previous, progress))
    stems, forms = _stem_counts(store)
    common = stem_counts()
    progress.stage("words", store.passages)
    for name in (LEXICAL, SENTENCES):
        (folder / name).mkdir()
    compounds = Compounds(lambda one: stems[one] + common[one])
    parsed = sentences.Writer(folder / SENTENCES, compounds)
    lexical.write(folder / LEXICAL, _entries(store, parsed, progress), compounds)
    store.close(stems, forms, parsed.close(encoder))
    return Manifest(
        generation=generation,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        model=encoder.identity.as_json(),
        splitter=dict(splitter),
        reader=READER,
        corpus=names.hexdigest(),
        roots=sorted(roots),
        documents=store.documents,
        passages=store.passages,
        quarantined=list(refused),
    )


def _cut(
    plan: Plan,
    previous: Previous | None,
    splitter: dict[str, int],
    tally: Counter[str],
    refused: list[Refusal],
    differing: list[Differing],
    progress: Progress,
) -> Iterator[tuple[Document, Sequence[Passage]]]:
    """Give every document of the new generation with its passages, in the order of the files' names."""
    files = sorted([*plan.keep, *plan.read], key=order)
    progress.stage("documents", len(files))
    with Reader() as reader:
        readings = reader.read_many(plan.read, splitter["max_characters"])
        for file in files:
            progress.advance(1)
            if file not in plan.keep:
                was_there = previous is not None and file in previous.files
                reading = next(readings)
                if reading.document is None:
                    refused.append(_refusal(file, reading.reason, reading.sha256))
                    tally["removed"] += was_there
                    continue
                tally["updated" if was_there else "added"] += 1
                document = _described(reading.document, file, refused)
                differing += sidecar.differing(reading.document, document, file.file)
                yield document, reading.passages
                continue
            assert previous is not None
            row = plan.keep[file]
            document = previous.store.document(row)
            mine = tuple(f for f in document.files if (f.root, f.file) == (str(file.root), file.file))
            yield replace(document, files=mine), [stored.passage for stored in previous.store.passages_of(row)]


def _described(document: Document, file: Found, refused: list[Refusal]) -> Document:
    """Give the document with what its sidecar says, if it has one and that can be read."""
    seen = sidecar.digest(file)
    if not seen:
        return document
    document = replace(document, files=tuple(source._replace(sidecar=seen) for source in document.files))
    try:
        return sidecar.described(document, file)
    except UnreadableError as error:
        refused.append(_refusal(file._replace(file=file.file + SIDECAR), str(error), seen))
        return document


def _names(refused: Sequence[Refusal]) -> set[tuple[str, str]]:
    return {(entry["root"], entry["file"]) for entry in refused}


def _refusal(file: Found, reason: str | None, sha256: str) -> Refusal:
    return {"root": str(file.root), "file": file.file, "reason": reason or "", "sha256": sha256}


def _vectors(store: Writer, encoder: Encoder, previous: Previous | None, progress: Progress) -> vectors.Vectors:
    """Give the vectors of all passages, by row: those of the previous generation where the same model made them."""
    known: dict[str, int] = {}
    if previous and previous.manifest.model == encoder.identity.as_json():
        known = previous.store.passage_ids()
    result = np.zeros((store.passages, encoder.identity.dimension), dtype=np.float32)
    progress.stage("vectors", store.passages)
    begin = 0
    stored = store.each_passage()
    while batch := list(islice(stored, _BATCH)):
        old = [(begin + n, known[id_]) for n, (_, id_, *_) in enumerate(batch) if id_ in known]
        new = [(begin + n, text) for n, (_, id_, text, *_) in enumerate(batch) if id_ not in known]
        if old and previous:
            result[[row for row, _ in old]] = previous.dense.vectors(np.array([row for _, row in old]))
            progress.advance(len(old))
        if new:
            result[[row for row, _ in new]] = encoder.encode([text for _, text in new], "passage", progress.advance)
        begin += len(batch)
    return result


def _stem_counts(store: Writer) -> tuple[Counter[str], dict[str, str]]:
    """Give how often each stem stands in the passages, and each stem's commonest word."""
    words: Counter[str] = Counter()
    for _, _, text, _, _ in store.each_passage():
        words.update(tokens(text))
    stems: Counter[str] = Counter()
    forms: dict[str, str] = {}
    for word, count in sorted(words.items(), key=lambda one: (-one[1], one[0])):
        if word.isalpha():
            stems[stem(word)] += count
            forms.setdefault(stem(word), word)
    return stems, forms


def _entries(store: Writer, parsed: sentences.Writer, progress: Progress) -> Iterator[lexical.Entry]:
    for row, (document, _, text, around, references) in enumerate(store.each_passage()):
        progress.advance(1)
        parsed.add(document, text, around)
        yield lexical.Entry(row, document, text, around, references)
