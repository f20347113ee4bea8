"""The files behind the documents, given only while they are what was indexed."""

from __future__ import annotations

import logging
import re
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote as percent

from bot.archive import RefusalError
from bot.quote import plain
from corpus.errors import SpoergetimeError, UnreadableError
from corpus.facsimile import facsimile
from corpus.files import Found, content, sha256
from corpus.records import Document

LOG = logging.getLogger("spoergetime")
_MISSING = "Den oprindelige fil kan ikke læses længere. Den kan være flyttet eller slettet."
_CHANGED = "Den oprindelige fil er ændret, siden den blev læst ind i arkivet, og kan derfor ikke vises."
_NO_PAGE = "Dokumentet har ikke den side."
_UNDRAWN = "Siden kan ikke vises som billede."
BUSY = "Der er mange, der henter filer lige nu. Prøv igen om lidt."
_AT_ONCE = 4  # files in memory, each of at most 100 MB
_WAITING = 8  # requests that may wait for that; more would hold the threads that answer questions
_KEPT = 32 << 20  # bytes of pictures
_NAME = re.compile(r'[\\/:*?"<>|%\x00-\x1f]+')
_LONGEST = 120  # characters of a file's name


class BusyError(Exception):
    """Too many are asking for files; the sentence for the person is `BUSY`."""


class Originals:
    """Reads and draws the files of documents; safe to share between threads."""

    def __init__(self) -> None:
        self._room = threading.BoundedSemaphore(_WAITING)
        self._reading = threading.BoundedSemaphore(_AT_ONCE)
        self._drawing = threading.Lock()
        self._pictures: OrderedDict[tuple[str, int, int, int], bytes] = OrderedDict()
        self._size = 0

    def file(self, document: Document) -> bytes:
        """Give the file that a document is cited by; raise `RefusalError` if its bytes are not those indexed."""
        with self._turn():
            return _unchanged(document)

    def picture(self, document: Document, number: int, start: int, end: int) -> bytes:
        """Give a page of a PDF as a PNG, [start, end) of the text marked; raise `RefusalError` if that cannot be."""
        page = next((page for page in document.pages if page.number == number), None)
        if page is None:
            raise RefusalError(_NO_PAGE)
        start, end = max(start, page.start), min(end, page.end)
        if start >= end:
            start = end = page.start
        key = document.files[0].sha256, number, start, end
        with self._turn():
            data = _unchanged(document)
            with self._drawing:  # one process at a time, beside those that answer
                if key in self._pictures:
                    self._pictures.move_to_end(key)
                    return self._pictures[key]
                try:
                    drawn = facsimile(data, page, start, end)
                except SpoergetimeError as error:
                    LOG.warning("a page cannot be drawn: %s", error)
                    raise RefusalError(_UNDRAWN) from error
                self._keep(key, drawn)
        return drawn

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._room.acquire(blocking=False):
            raise BusyError
        try:
            with self._reading:
                yield
        finally:
            self._room.release()

    def _keep(self, key: tuple[str, int, int, int], picture: bytes) -> None:
        self._pictures[key] = picture
        self._size += len(picture)
        while self._size > _KEPT:
            self._size -= len(self._pictures.popitem(last=False)[1])


def attachment(file: str) -> str:
    """Give the Content-Disposition by which a file of the archive is saved under a harmless name of its own."""
    name = _NAME.sub("_", plain(file.replace("!/", "/").rpartition("/")[2])).strip(". ") or "dokument"
    stem, dot, suffix = name.rpartition(".")
    name = f"{stem[:_LONGEST]}{dot}{suffix[:10]}" if stem else name[:_LONGEST]
    ascii_name = re.sub(r"[^A-Za-z0-9._ -]", "_", name)
    return f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{percent(name, safe='')}"


def _unchanged(document: Document) -> bytes:
    source = document.files[0]
    try:
        data = content(Found.at(source.root, source.file))
    except UnreadableError as error:
        raise RefusalError(_MISSING) from error
    if sha256(data) != source.sha256:
        raise RefusalError(_CHANGED)
    return data
