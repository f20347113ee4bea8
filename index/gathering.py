"""Gathering the documents of the next generation: from the last one where they are kept, else from their files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol

from corpus import sidecar
from corpus.document import signature
from corpus.errors import UnreadableError
from corpus.files import SIDECAR, Found
from corpus.isolation import Reader
from corpus.records import Differing, Document, Passage
from index.plan import Plan, Previous, Refusal


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


class Gathered(NamedTuple):
    """One file's document with its passages."""

    file: Found
    document: Document
    passages: Sequence[Passage]


class Gathering:
    """Gives documents file by file, counts them in `tally`, and notes what was refused and where sidecars differ."""

    def __init__(self, plan: Plan, previous: Previous | None, splitter: dict[str, int], progress: Progress) -> None:
        self.plan = plan
        self.tally: Counter[str] = Counter(unchanged=len(plan.keep), removed=len(plan.gone))
        self.refused: list[Refusal] = list(plan.refused)
        self.differing: list[Differing] = []
        self._previous = previous
        self._max_characters = splitter["max_characters"]
        self._progress = progress

    def documents(self, files: Sequence[Found]) -> Iterator[Gathered]:
        """Give the documents of these files, in their order; they are read side by side, ahead of who asks for them."""
        self._progress.stage("documents", len(files))
        with Reader() as reader:
            readings = reader.read_many((file for file in files if file not in self.plan.keep), self._max_characters)
            for file in files:
                if file in self.plan.keep:
                    yield self.kept(file)
                else:
                    reading = next(readings)
                    document = reading.document
                    described = self._described(document, file) if document else None
                    erased = self._erased(described) if described else None
                    if document is None or described is None or erased:
                        self.refused.append(refusal(file, erased or reading.reason, reading.sha256))
                        self.tally["removed"] += self._was_there(file)
                    else:
                        self.count(file)
                        self.differing += sidecar.differing(document, described, file.file)
                        yield Gathered(file, described, reading.passages)
                self._progress.advance(1)

    def kept(self, file: Found) -> Gathered:
        """Give a file's document as it was; of its files only this one."""
        assert self._previous is not None
        store, row = self._previous.store, self.plan.keep[file]
        document = store.document(row)
        mine = tuple(one for one in document.files if (one.root, one.file) == (str(file.root), file.file))
        return Gathered(file, replace(document, files=mine), [one.passage for one in store.passages_of(row)])

    def count(self, file: Found) -> None:
        """Count a file that was read."""
        self.tally["updated" if self._was_there(file) else "added"] += 1

    def _erased(self, document: Document) -> str | None:
        erased = self.plan.erased
        return erased.reason_of_text(document.id, signature(document)) if erased.entries else None

    def _was_there(self, file: Found) -> bool:
        return self._previous is not None and file in self._previous.files

    def _described(self, document: Document, file: Found) -> Document:
        """Give the document with what its sidecar says, if it has one and that can be read."""
        seen = sidecar.digest(file)
        if not seen:
            return document
        document = replace(document, files=tuple(source._replace(sidecar=seen) for source in document.files))
        try:
            return sidecar.described(document, file)
        except UnreadableError as error:
            self.refused.append(refusal(file._replace(file=file.file + SIDECAR), str(error), seen))
            return document


def refusal(file: Found, reason: str | None, sha256: str) -> Refusal:
    """Describe a file that was not read."""
    return {"root": str(file.root), "file": file.file, "reason": reason or "", "sha256": sha256}
