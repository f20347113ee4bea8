"""The index as a server uses it: always the newest generation, and refusals in the reader's language."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from bot.quote import plain
from corpus.errors import SpoergetimeError
from corpus.records import Answer, Document, Link
from index.filters import Filters
from index.rerank import Reranker
from index.search import MAX_QUESTION, Searcher

LOG = logging.getLogger("spoergetime")
LOOK = 0.5  # seconds between looks for a new generation while nobody asks
NOT_READY = "Arkivet er ikke klar endnu. Prøv igen om lidt."


class RefusalError(Exception):
    """Why a question is not answered: one Danish sentence for the person who asked."""


class Source(NamedTuple):
    """One document, and where its passages start and end, in order."""

    document: Document
    passages: Sequence[tuple[int, int]]
    related: Mapping[str, Sequence[Link]]  # by what the relation is called on the page


class Archive:
    """An index that may be published anew at any time; safe to share between threads."""

    def __init__(self, index: Path, model: str | None = None, reranker: Reranker | None = None) -> None:
        self.index = index
        self._model = model
        self._reranker = reranker
        self._pointer: bytes | None = None  # what `current` said when it was last opened, or tried
        self._searcher: Searcher | None = None
        self._opening = threading.Lock()

    def open(self) -> Searcher:
        """Open the published generation, or raise why that cannot be."""
        pointer = self._published()
        loaded = self._searcher.encoder if self._searcher else None
        self._searcher = Searcher.open(self.index, self._model, self._reranker, loaded)
        self._pointer = pointer
        return self._searcher

    def searcher(self) -> Searcher | None:
        """Give the newest generation that is open; a new one is opened beside it, and nobody waits for that.

        Only where none is open yet, the opening is waited for. A bad one leaves the one before it in use.
        """
        if self._published() != self._pointer and self._opening.acquire(blocking=self._searcher is None):
            if self._searcher is None:
                self._reopen()
            else:
                try:
                    threading.Thread(target=self._reopen, name="opening", daemon=True).start()
                except RuntimeError:  # no thread to be had now: the next question tries again
                    self._opening.release()
        return self._searcher

    def follow(self) -> None:
        """Look for new generations also while nobody asks, until the process ends."""

        def look() -> None:
            while True:
                time.sleep(LOOK)
                self.searcher()

        threading.Thread(target=look, name="following", daemon=True).start()

    def ask(
        self,
        question: str,
        top: int = 5,
        filters: Filters | None = None,
        previous: Sequence[str] = (),
        *,
        explain: bool = False,
    ) -> Answer:
        """Answer one question, understood from those before it; raise `RefusalError` if it cannot be searched."""
        question = plain(question)
        characters = len(" ".join(question.split()))
        if not characters:
            raise RefusalError("Skriv et spørgsmål først.")
        if characters > MAX_QUESTION:
            raise RefusalError(
                f"Spørgsmålet er på {thousands(characters)} tegn, men må højst være på {thousands(MAX_QUESTION)}. "
                "Gør det kortere, og prøv igen."
            )
        searcher = self.searcher()
        if searcher is None:
            raise RefusalError(NOT_READY)
        previous = [plain(one)[:MAX_QUESTION] for one in previous]
        return searcher.ask(question, top, filters, previous=previous, explain=explain)

    def source(self, document: str) -> Source | None:
        """Give a document by its id, or None if the archive holds none of that id."""
        searcher = self.searcher()
        row = searcher.store.row(document) if searcher else None
        if searcher is None or row is None:
            return None
        return Source(searcher.store.document(row), searcher.store.places_of(row), _related(searcher, row))

    def _reopen(self) -> None:
        """Open what is published now; called by whoever holds `_opening`, which it gives back."""
        try:
            pointer = self._published()
            if pointer == self._pointer:  # another thread was faster
                return
            try:
                self.open()
            except SpoergetimeError as error:
                LOG.error("%s%s", error, " (the generation before it stays in use)" if self._searcher else "")
            except Exception as error:
                LOG.error("the index %s cannot be opened: %s", self.index, type(error).__name__)
            finally:
                self._pointer = pointer  # a bad generation is tried once, not at every question
        finally:
            self._opening.release()

    def _published(self) -> bytes | None:
        try:
            return (self.index / "current").read_bytes()
        except OSError:
            return None


def _related(searcher: Searcher, row: int) -> dict[str, tuple[Link, ...]]:
    return {
        "Erstattet af": tuple(searcher.links(row, "superseded_by")),
        "Erstatter": tuple(searcher.links(row, "superseded_by", backwards=True)),
        "Suppleret af": tuple(searcher.links(row, "supplemented_by")),
        "Supplerer": tuple(searcher.links(row, "supplemented_by", backwards=True)),
        "Henviser til": tuple(searcher.links(row, "refers_to")),
        "Henvist til fra": tuple(searcher.links(row, "refers_to", backwards=True)),
    }


def thousands(number: int) -> str:
    """Write a number as Danes do: 1.234."""
    return f"{number:,}".replace(",", ".")
