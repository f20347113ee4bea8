"""From a file's bytes to its text, one reader per format, each on a well-kept library.

Every reader gives the whole text with "\\n" as the only line break; what cannot be read raises `UnreadableError`.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

from corpus.errors import UnreadableError
from corpus.records import Extracted, Page

MAX_BYTES = 100_000_000
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
_ENCODINGS = ["utf_8", "cp1252", "latin_1", "utf_16", "mac_roman", "cp850"]


def extract(path: Path, data: bytes) -> Extracted:
    """Give the text of a document of any known format; raise `UnreadableError` with the reason otherwise."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        known = " ".join(READERS)
        raise UnreadableError(f"unknown file type {path.suffix or '(none)'}; known are {known}")
    if not data.strip():
        raise UnreadableError("the file is empty")
    if len(data) > MAX_BYTES:
        raise UnreadableError(f"the file is {len(data):,} bytes; at most {MAX_BYTES:,} are read")
    extracted = reader(data)
    # One character for one: a lone surrogate cannot be stored, and offsets must stay.
    text = _SURROGATE.sub("\ufffd", extracted.text)
    if not text.strip():
        raise UnreadableError("the file holds no text")
    return extracted._replace(text=text)


def read_text(data: bytes) -> Extracted:
    """Read plain text or Markdown, in UTF-8 or in a legacy encoding that can be told from the bytes."""
    return Extracted(_lines(_decode(data)))


def read_html(data: bytes) -> Extracted:
    """Read the main text of a saved web page, without menus and footers where trafilatura can tell them."""
    import trafilatura

    page = _decode(data)
    text = trafilatura.extract(page, include_comments=False, include_tables=True) or trafilatura.html2txt(page)
    if not text:
        raise UnreadableError("no text was found in the web page")
    about = trafilatura.extract_metadata(page)
    # One block a line comes out; an empty line between them says that each is a paragraph.
    return Extracted(_lines(text).replace("\n", "\n\n"), title=about.title or None, url=about.url or None)


def read_pdf(data: bytes) -> Extracted:
    """Read a PDF's text layer page by page; a form feed stands between pages."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        locked = "password" in str(error).lower()
        raise UnreadableError("the PDF is encrypted" if locked else "the PDF is damaged or is no PDF") from error
    try:
        parts: list[str] = []
        pages: list[Page] = []
        cursor = 0
        for number in range(len(document)):
            text = _lines(document[number].get_textpage().get_text_range(errors="replace")) + "\n\f"
            pages.append(Page(number + 1, cursor, cursor + len(text)))
            parts.append(text)
            cursor += len(text)
    except pypdfium2.PdfiumError as error:
        raise UnreadableError("the PDF is damaged") from error
    finally:
        document.close()
    text = "".join(parts)
    if not text.strip():
        raise UnreadableError("the PDF has no text layer (a scan?)")
    return Extracted(text, pages=tuple(pages))


def read_docx(data: bytes) -> Extracted:
    """Read a Word document's paragraphs and tables in order; a table row is one line, its cells parted by tabs."""
    import docx
    from docx.table import Table

    try:
        document = docx.Document(io.BytesIO(data))
        blocks = [
            "\n".join("\t".join(cell.text.strip() for cell in row.cells) for row in block.rows)
            if isinstance(block, Table)
            else block.text
            for block in document.iter_inner_content()
        ]
    except Exception as error:  # python-docx raises whatever its zip and XML libraries raise
        raise UnreadableError("the Word document is damaged or is none") from error
    return Extracted(_lines("\n\n".join(blocks)))


READERS: dict[str, Callable[[bytes], Extracted]] = {
    ".txt": read_text,
    ".md": read_text,
    ".html": read_html,
    ".htm": read_html,
    ".pdf": read_pdf,
    ".docx": read_docx,
}


def _decode(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        from charset_normalizer import from_bytes

        best = from_bytes(data, cp_isolation=_ENCODINGS).best()
        if best is None:
            raise UnreadableError("the bytes are no text in any known encoding") from None
        text = str(best).removeprefix("\ufeff")
    if len(_CONTROL.findall(text[:10_000])) > 0.05 * min(len(text), 10_000):
        raise UnreadableError("the file is binary, not text")
    return text


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
