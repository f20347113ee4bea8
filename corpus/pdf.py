"""From a PDF's bytes to its text in reading order, page by page, and to rectangles on its pages."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from corpus.errors import UnreadableError
from corpus.pdf_page import PageText, rectangles, whole
from corpus.records import Extracted, Page

MOST_PAGES = 5_000
MOST_CHARACTERS = 50_000_000
MOST_SCANNED = 200  # pages that go through character recognition
_PAGE_END = "\n\f"
_STAMP = 100  # characters; less, over a picture that fills the page, is a stamp on a scan
_LONGEST_SIDE = 5_000  # pixels of a page's picture
# pdfium holds state of its own and may be entered by one thread at a time.
_PDFIUM = threading.RLock()

Box = tuple[int, float, float, float, float]


class _Read(NamedTuple):
    """One page as read: `layer` is its text layer, None where the text was recognised in a picture."""

    number: int
    text: str
    layer: PageText | None
    unread: bool  # a scan that could not be recognised


def read_pdf(data: bytes) -> Extracted:
    """Read a PDF's text in reading order; a form feed ends every page, and scans go through Tesseract.

    Raises `UnreadableError` where the PDF is encrypted, damaged, too large, or a scan that cannot be recognised.
    """
    parts: list[str] = []
    pages: list[Page] = []
    cursor = 0
    readable = unread = False
    with _opened(data) as document:
        for read in _pages(document):
            pages.append(Page(read.number, cursor, cursor + len(read.text)))
            parts.append(read.text)
            cursor += len(read.text)
            unread |= read.unread
            readable |= not read.unread and bool(read.text.strip())
            if cursor > MOST_CHARACTERS:
                raise UnreadableError(f"the PDF holds more than {MOST_CHARACTERS:,} characters")
    if not readable:
        why = "Tesseract with Danish is not installed" if unread else "no text was recognised in it"
        raise UnreadableError(f"the PDF has no text layer (a scan), and {why}")
    return Extracted("".join(parts), pages=tuple(pages))


def boxes(data: bytes, start: int, end: int, pages: Sequence[Page] = ()) -> list[Box]:
    """Give the rectangles of characters [start, end) of the text that `read_pdf` gives, one per line of text.

    Each is (page from 1, left, top, right, bottom) in points from the top-left of the page as displayed; of a page
    that was recognised in a picture it is the whole page. With the `pages` that `read_pdf` gave, only those needed are
    read; without, all up to `end`, scans included. Raises `UnreadableError` as `read_pdf` does.
    """
    found: list[Box] = []
    with _opened(data) as document:
        for page, read in _spans(document, end, pages):
            if page.start >= end or page.end <= start:
                continue
            low, high = max(start, page.start) - page.start, min(end, page.end) - page.start
            with _loaded(document, page.number) as (handle, textpage):
                if read.layer is not None and len(read.text) == page.end - page.start:
                    on_page = rectangles(read.layer, handle, textpage, low, high)
                else:
                    on_page = [whole(handle)]
            found += [(page.number, *rectangle) for rectangle in on_page]
    return found


def _spans(document: Any, end: int, known: Sequence[Page]) -> Iterator[tuple[Page, _Read]]:
    """The pages with what was read on each, up to the one that holds `end`; of known pages only the last few."""
    if known:
        for page in known:
            if 0 < page.number <= len(document):
                yield page, _Lazy(document, page.number)
        return
    cursor = 0
    for read in _pages(document):
        yield Page(read.number, cursor, cursor + len(read.text)), read
        cursor += len(read.text)
        if cursor >= end:
            return
