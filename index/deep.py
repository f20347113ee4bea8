"""Checking an index: every file against its manifest; and every passage against its source, which is read again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from corpus.clean import clean, layout
from corpus.document import page_at
from corpus.files import Found
from corpus.isolation import Reader, Reading
from corpus.records import Document, Passage, SourceFile
from index.gathering import Progress
from index.generation import Manifest, all_generations, current, erased, read_manifest, verify
from index.lease import Lease
from index.store import Store


class Problem(NamedTuple):
    """One thing that does not hold."""

    file: str
    what: str


def verify_all(index: Path) -> tuple[Path, Manifest]:
    """Verify every file of every generation, and the list of erased documents; give the current one.

    Raises `DamagedIndexError` naming the first file that is not as it was written.
    """
    erased(index)
    newest, manifest = current(index)
    for folder in all_generations(index):
        try:
            lease = Lease(folder)
        except FileNotFoundError:
            if not folder.is_dir():
                continue  # swept since they were listed
            read_manifest(folder)
            raise
        verify(folder, manifest if folder == newest else read_manifest(folder))
        lease.end()
    return newest, manifest


def problems(store: Store, max_characters: int, progress: Progress) -> Iterator[Problem]:
    """Read every indexed file again and compare: its bytes, its text, and every passage with its page and line."""
    filed = sorted(store.files(), key=lambda one: (one.source.root, one.source.file))
    progress.stage("documents", len(filed))
    with Reader() as reader:
        files = [Found.at(one.source.root, one.source.file) for one in filed]
        for one, reading in zip(filed, reader.read_many(files, max_characters), strict=True):
            progress.advance(1)
            name = f"{one.source.root}/{one.source.file}"
            document = store.document(one.document_row)
            passages = [stored.passage for stored in store.passages_of(one.document_row)]
            whats = _compared(reading, one.source, document, passages)
            yield from (Problem(name, what) for what in whats)


def _compared(reading: Reading, source: SourceFile, document: Document, passages: list[Passage]) -> Iterator[str]:
    if reading.document is None:
        yield f"cannot be read any more: {reading.reason}"
        return
    if reading.sha256 != source.sha256:
        yield "has been changed since it was indexed"
        return
    if not source.own:  # it says the same as another file, whose text is the one that is cited
        return
    text = reading.document.text
    if text != document.text:
        yield "is read differently now than when it was indexed"
        return
    lines = layout(text)
    for passage in passages:
        if clean(text[passage.start : passage.end], lines) != passage.text:
            yield f"does not say at {passage.start}-{passage.end} what passage {passage.id} says"
        if passage.page != page_at(reading.document.pages, passage.start):
            yield f"has passage {passage.id} not on page {passage.page}"
        if passage.line != text.count("\n", 0, passage.start) + 1:
            yield f"has passage {passage.id} not on line {passage.line}"
