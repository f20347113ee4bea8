"""The parts of a generation: what was written as a whole, and what changed since."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from corpus.document import READER, signature
from corpus.errors import DamagedIndexError
from corpus.records import Document, Passage
from index import vectors
from index.background import compounds
from index.encoder import Encoder
from index.generation import CHANGED, EXACT, SENTENCES, STORE, VECTORS, Manifest, damage
from index.lexical import FIELDS, Entry, LexicalWriter, segments, terms_of
from index.sentences import Writer
from index.store import Store, Stored
from index.store_writer import StoreWriter

if TYPE_CHECKING:
    from index.plan import Previous, Refusal

_BATCH = 4096  # passages encoded at a time
_SECONDS = 15.0  # after which what was done is kept, should the build be interrupted
_WORDS = 250_000  # passages after which also their words are: a search goes through each such piece of a word index

Known = Callable[[Sequence[str]], Mapping[str, vectors.Vectors]]  # passage ids -> vectors of those that are there


def parts(folder: Path, manifest: Manifest) -> list[Path]:
    """Give the folders of a generation's parts, the first one first."""
    changed = any(name.startswith(f"{CHANGED}/") for name in manifest.files)
    return [folder, *([folder / CHANGED] if changed else [])]


def open_store(folder: Path, manifest: Manifest) -> Store:
    """Open the documents and passages of a generation."""
    return Store(*(part / STORE for part in parts(folder, manifest)))


def open_vectors(folder: Path, manifest: Manifest, store: Store) -> vectors.Dense:
    """Open the vectors of a generation; those of documents that are gone are not found."""
    gone = np.array(store.passage_rows(store.gone), dtype=np.int64) if store.gone else None
    files = [(part / EXACT, part / VECTORS) for part in parts(folder, manifest)]
    dense = vectors.Dense(files, manifest.model["dimension"], manifest.nearest["spare"], gone)
    there = len(dense) - (0 if gone is None else len(gone))
    if not dense.fits() or there != manifest.passages:
        raise DamagedIndexError(damage(folder / VECTORS, f"is not of {manifest.passages:,} passages"))
    return dense


def lost_terms(passages: Iterable[Stored]) -> tuple[Counter[str], dict[str, list[int]]]:
    """Give the words of passages that are gone, with their counts, and in how many each term stood, by field."""
    words: Counter[str] = Counter()
    lost: dict[str, list[int]] = {}
    for one in passages:
        said, terms = terms_of(one.passage.text, one.context, compounds())
        words.update(said)
        for field, found in enumerate(terms):
            for term in set(found):
                lost.setdefault(term, [0] * len(FIELDS))[field] += 1
    return words, lost


class Counts(NamedTuple):
    """How many documents and passages all parts hold, and how the nearest of the last part are found."""

    documents: int
    passages: int
    nearest: vectors.Found


def known_vectors(previous: Previous | None, encoder: Encoder) -> Known:
    """Give how to look up the vectors that the same model made for the generation before."""
    if previous is None or previous.manifest.model != encoder.identity.as_json():
        return lambda _: {}
    store, dense = previous.store, previous.dense

    def known(ids: Sequence[str]) -> Mapping[str, vectors.Vectors]:
        rows = store.rows_of(ids)
        return dict(zip(rows, dense.vectors(np.array([*rows.values()], dtype=np.int64)), strict=True))

    return known


def described(
    folder: Path,
    generation: str,
    encoder: Encoder,
    splitter: dict[str, int],
    counts: Counts,
    refused: Sequence[Refusal],
) -> Manifest:
    """Describe a generation whose files are written, but for their hashes."""
    changed = [folder / CHANGED / STORE] if (folder / CHANGED).exists() else []
    files = sorted(filed.source[:3] for filed in Store(folder / STORE, *changed).files())
    names = "".join(f"{root}/{file}\0{sha256}\n" for root, file, sha256 in files)
    return Manifest(
        generation=generation,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        model=encoder.identity.as_json(),
        splitter=dict(splitter),
        reader=READER,
        corpus=hashlib.sha256(names.encode()).hexdigest(),
        roots=sorted({root for root, _, _ in files}),
        documents=counts.documents,
        passages=counts.passages,
        quarantined=list(refused),
        nearest=counts.nearest._asdict(),
    )


class PartWriter:
    """Writes one part: documents, passages, sentences, vectors and words go in side by side.

    What was committed when an earlier process was interrupted is still there.
    """

    def __init__(
        self,
        folder: Path,
        words: Path,
        encoder: Encoder,
        known: Known = lambda _: {},
        alike: Callable[[Document], str] = signature,
        after: Sequence[Path] = (),
    ) -> None:
        (folder / SENTENCES).mkdir(parents=True, exist_ok=True)
        state = Store(after[-1] / STORE).done() if after else {}
        first = state.get("passage", 0)
        self._folder, self._encoder, self._known, self._first = folder, encoder, known, first
        self.store = StoreWriter(folder / STORE, alike, state.get("document", 0), first)
        before = [part / SENTENCES for part in after]
        done = self.store.done
        self._sentences = Writer(folder / SENTENCES, compounds(), encoder, before, done.get("sentences", {}))
        _, checksum = done.get("vectors", (0, 0))
        count, dimension = self.store.passages - first, encoder.identity.dimension
        self._vectors = vectors.VectorWriter(folder / EXACT, dimension, count, checksum)
        self._words = LexicalWriter(words, compounds())
        self._in_words = first + self._words.passages  # the row of the first passage whose words are not kept
        for entry in self.store.passages_from(self._in_words):  # it was interrupted before these were
            self._words.add(Entry(*entry))
        self._waiting: list[Passage] = []
        self._kept = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Let go of the files after a failure, with what was committed last, so that another build can go on."""
        if kind:
            self.store.abandon()
            self._words.abandon()
            with suppress(OSError):
                self._sentences.abandon()
                self._vectors.close()

    def add(self, document: Document, passages: Sequence[Passage]) -> None:
        """Add one document; one that says the same as one that is there only gains the files."""
        row = self.store.passages
        added = self.store.add(document, passages)
        if added is None:
            return
        number, contexts, references = added
        for n, passage in enumerate(passages, row):
            around = contexts[passage.section]
            self.store.count(self._words.add(Entry(n, number, passage.text, around, references[passage.section])))
            self._sentences.add(number, passage.text, around)
        self._waiting += passages
        if len(self._waiting) >= _BATCH:
            self._encode()
        if time.monotonic() - self._kept > _SECONDS:
            self.commit()

    def commit(self) -> None:
        """Keep all that was added, should the build be interrupted."""
        self._encode()
        held = self._vectors.flush()
        terms = self._sentences.flush()
        self.store.commit(terms, {"sentences": self._sentences.held(), "vectors": held})
        if self.store.passages - self._in_words >= _WORDS:
            self._words.commit()  # last, so that it is never ahead
            self._in_words = self.store.passages
        self._kept = time.monotonic()

    def close(self, advance: Callable[[int], None], earlier: Store | None = None) -> Counts:
        """Finish all files; give how many documents and passages there are in all, and how the nearest are found."""
        self.commit()
        self._sentences.close()
        self._vectors.close()
        self._words.close()
        documents, passages = self.store.close([one["segment_id"] for one in segments(self._words.folder)], earlier)
        own = vectors.stored(self._folder / EXACT, self._encoder.identity.dimension)
        return Counts(documents, passages, vectors.write(self._folder / VECTORS, own, advance))

    def _encode(self) -> None:
        """Append the vectors of the passages that wait: those that are known already, and those of the model."""
        for begin in range(0, len(self._waiting), _BATCH):
            batch = self._waiting[begin : begin + _BATCH]
            known = self._known([one.id for one in batch])
            new = [one.text for one in batch if one.id not in known]
            made = iter(self._encoder.encode(new, "passage") if new else ())
            self._vectors.add(np.stack([known[one.id] if one.id in known else next(made) for one in batch]))
        self._waiting = []
