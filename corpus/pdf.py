"""From a PDF's bytes to its text in reading order, page by page, and to rectangles on its pages."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from corpus import ocr
from corpus.errors import UnreadableError
from corpus.pace import step_done
from corpus.pdf_page import Rectangle, read_page, rectangles, whole
from corpus.records import Extracted, Page

MOST_PAGES = 5_000
MOST_CHARACTERS = 20_000_000
MOST_SCANNED = 200  # pages that go through character recognition
_PAGE_END = "\n\f"
_STAMP = 100  # characters; less, over a picture that fills the page, is a stamp on a scan
_LONGEST_SIDE = 5_000  # pixels of a page's picture
# pdfium holds state of its own and may be entered by one thread at a time.
_PDFIUM = threading.RLock()

Box = tuple[int, float, float, float, float]


class _Read(NamedTuple):
    """One page as read."""

    number: int
    text: str
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
        for read in _read_pages(document):
            pages.append(Page(read.number, cursor, cursor + len(read.text)))
            parts.append(read.text)
            cursor += len(read.text)
            unread |= read.unread
            readable |= not read.unread and not read.text.isspace()
            if cursor > MOST_CHARACTERS:
                raise UnreadableError(f"the PDF holds more than {MOST_CHARACTERS:,} characters")
    if not readable:
        if unread:
            raise UnreadableError("the PDF has no text layer (a scan), and Tesseract with Danish is not installed")
        raise UnreadableError("the PDF has no text layer, and no text could be recognised in its pages")
    return Extracted("".join(parts), pages=tuple(pages))


def boxes(data: bytes, start: int, end: int, pages: Sequence[Page] = ()) -> list[Box]:
    """Give the rectangles of characters [start, end) of the text that `read_pdf` gives, one per line of text.

    Each is (page from 1, left, top, right, bottom) in points from the top-left corner of the page as displayed; for a
    page recognised in a picture it is the whole page. With the `pages` that `read_pdf` gave only those needed are
    read; without them all up to `end`, scans included. Raises `UnreadableError` as `read_pdf` does.
    """
    found: list[Box] = []
    with _opened(data) as document:
        for page in pages or _pages_until(document, end):
            if start < page.end and page.start < end and 0 < page.number <= len(document):
                inside = max(start - page.start, 0), min(end, page.end) - page.start
                found += [(page.number, *box) for box in _boxes_on(document, page, *inside)]
    return found


def picture(data: bytes, number: int, width: int, most_height: int) -> tuple[npt.NDArray[np.uint8], float]:
    """Draw a page in colour (rows, columns, RGB) so wide, or less where it would be too high, and say at what scale.

    Raises `UnreadableError` as `read_pdf` does, and where the document has no such page.
    """
    with _opened(data) as document:
        if not 0 < number <= len(document):
            raise UnreadableError(f"the PDF has no page {number}")
        with _loaded(document, number) as (page, _):
            _, _, points, high = whole(page)
            if min(points, high) < 1:
                raise UnreadableError(f"page {number} of the PDF has no size")
            scale = min(width / points, most_height / high)
            bitmap = page.render(scale=scale, rev_byteorder=True)
            try:
                pixels = np.asarray(bitmap.to_numpy(), dtype=np.uint8)
                return np.array(pixels[:, :, :3]), scale
            finally:
                bitmap.close()


def _boxes_on(document: Any, page: Page, start: int, end: int) -> list[Rectangle]:
    with _loaded(document, page.number) as (handle, textpage):
        layer = read_page(handle, textpage)
        if len(layer.text) + len(_PAGE_END) == page.end - page.start:
            return rectangles(layer, handle, textpage, start, end)
        return [whole(handle)]  # the text is not the layer's: it was recognised in the page's picture


def _pages_until(document: Any, end: int) -> Iterator[Page]:
    cursor = 0
    for read in _read_pages(document):
        yield Page(read.number, cursor, cursor + len(read.text))
        cursor += len(read.text)
        if cursor >= end:
            return


def _read_pages(document: Any) -> Iterator[_Read]:
    """The pages in order, each by its text layer or, where that is missing, by its picture."""
    scans = 0
    layered = False
    for number in range(1, len(document) + 1):
        with _loaded(document, number) as (page, textpage):
            text = read_page(page, textpage).text
            scan = _is_scan(page, text)
            scans += scan
            layered |= bool(text) and not scan
            recognisable = scan and ocr.available()
            if recognisable and scans > MOST_SCANNED and not layered:
                raise UnreadableError(f"the PDF has more than {MOST_SCANNED} scanned pages")
            picture = _picture(page) if recognisable and scans <= MOST_SCANNED else None
        if picture is not None:
            text = max(ocr.recognise(picture), text, key=len)
            step_done()
        yield _Read(number, text + _PAGE_END, scan and not recognisable)


def _is_scan(page: Any, text: str) -> bool:
    """Whether the page shows something but has no text layer, or only a stamp's on a picture that fills it."""
    from pypdfium2 import raw

    if len(text) > 2 * _STAMP or len("".join(text.split())) > _STAMP:
        return False
    if not text:
        return bool(raw.FPDFPage_CountObjects(page.raw) > 0)
    _, _, width, height = whole(page)
    pictures = islice(page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3), 100)
    covered = sum(abs((x1 - x0) * (y1 - y0)) for x0, y0, x1, y1 in (picture.get_bounds() for picture in pictures))
    return bool(covered > 0.5 * width * height > 0)


def _picture(page: Any) -> npt.NDArray[np.uint8] | None:
    """The page in grey at the resolution for recognition, or smaller where the page is a poster."""
    _, _, width, height = whole(page)
    if min(width, height) < 1:
        return None
    scale = min(ocr.DPI / 72, _LONGEST_SIDE / max(width, height))
    bitmap = page.render(scale=scale, grayscale=True)
    try:
        pixels = np.asarray(bitmap.to_numpy(), dtype=np.uint8)
        return np.ascontiguousarray(pixels.reshape(pixels.shape[0], -1)[:, : bitmap.width])
    finally:
        bitmap.close()


@contextmanager
def _opened(data: bytes) -> Iterator[Any]:
    import pypdfium2

    try:
        with _PDFIUM:
            document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        locked = "password" in str(error).lower()
        raise UnreadableError("the PDF is encrypted" if locked else "the PDF is damaged or is no PDF") from error
    try:
        if len(document) > MOST_PAGES:
            raise UnreadableError(f"the PDF has more than {MOST_PAGES:,} pages")
        yield document
    finally:
        with _PDFIUM:
            document.close()


@contextmanager
def _loaded(document: Any, number: int) -> Iterator[tuple[Any, Any]]:
    """A page and its text page, both closed afterwards; no other thread is in pdfium meanwhile."""
    import pypdfium2

    with _PDFIUM:
        try:
            page = document[number - 1]
            try:
                textpage = page.get_textpage()
                try:
                    yield page, textpage
                finally:
                    textpage.close()
            finally:
                page.close()
        except pypdfium2.PdfiumError as error:
            raise UnreadableError(f"page {number} of the PDF is damaged") from error
