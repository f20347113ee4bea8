"""From a file's bytes to its text, one reader per format, each on a well-kept library.

Every reader gives the whole text with "\\n" as the only line break; what cannot be read raises `UnreadableError`.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import PurePath

from corpus.archives import SUFFIX as ARCHIVE
from corpus.archives import bomb, too_dense
from corpus.disk import MAX_BYTES
from corpus.errors import UnreadableError
from corpus.meetings import read_meeting
from corpus.mojibake import repaired
from corpus.pdf import read_pdf
from corpus.records import Extracted
from corpus.signatures import true_suffix

MAX_CHARACTERS = 20_000_000  # of one document's text
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
_NOT_ASCII = re.compile("[^\x00-\x7f\ufffd]")
_WORD = re.compile(r"\w")
_SAMPLE = 10_000  # characters
_ENCODINGS = ["utf_8", "cp1252", "latin_1", "utf_16", "mac_roman", "cp850"]


def extract(path: PurePath, data: bytes) -> Extracted:
    """Give the text of a document of any known format; raise `UnreadableError` with the reason otherwise.

    Of the path only the ending counts, and less than the bytes do.
    """
    suffix = path.suffix.lower()
    if suffix not in READERS:
        known = " ".join([*READERS, ARCHIVE])
        raise UnreadableError(f"unknown file type {path.suffix or '(none)'}; known are {known}")
    if not data.strip():
        raise UnreadableError("the file is empty")
    if len(data) > MAX_BYTES:
        raise UnreadableError(f"the file is {len(data):,} bytes; at most {MAX_BYTES:,} are read")
    extracted = READERS[true_suffix(suffix, data)](data)
    _bounded(extracted.text)
    text = _storable(extracted.text)
    if not _WORD.search(text):
        raise UnreadableError("the file holds no text")
    title, url = (value and _storable(value) for value in (extracted.title, extracted.url))
    return extracted._replace(text=text, title=title, url=url)


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


def read_docx(data: bytes) -> Extracted:
    """Read a Word document's paragraphs and tables in order; a table row is one line, its cells parted by tabs."""
    import docx
    from docx.table import Table

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            infos = packed.infolist()
        if bomb(infos) or any(map(too_dense, infos)):
            raise UnreadableError("the Word document would unpack to far more than it holds, as only a zip bomb does")
        document = docx.Document(io.BytesIO(data))
        blocks = [
            "\n".join("\t".join(cell.text.strip() for cell in row.cells) for row in block.rows)
            if isinstance(block, Table)
            else block.text
            for block in document.iter_inner_content()
        ]
    except (UnreadableError, MemoryError):
        raise
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
    ".xml": read_meeting,
}


def _decode(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = _mostly_utf8(data) or _legacy(data)
    _bounded(text)
    for start in (0, len(text) // 2, max(0, len(text) - _SAMPLE)):
        sample = text[start : start + _SAMPLE]
        if len(_CONTROL.findall(sample)) > 0.05 * len(sample):
            raise UnreadableError("the file is binary, not text")
    return repaired(text)


def _mostly_utf8(data: bytes) -> str | None:
    """Read UTF-8 that was cut off or damaged in few places, each of which shows; None where it is no UTF-8."""
    text = data.decode("utf-8-sig", "replace")
    damaged = text.count("\ufffd")
    return text if len(_NOT_ASCII.findall(text)) >= 10 * damaged else None


def _legacy(data: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(data, cp_isolation=_ENCODINGS).best()
    if best is None:
        raise UnreadableError("the bytes are no text in any known encoding")
    return str(best).removeprefix("\ufeff")


def _storable(text: str) -> str:
    """Replace lone surrogates, which cannot be stored, one character for one: offsets must stay."""
    return _SURROGATE.sub("\ufffd", text)


def _bounded(text: str) -> None:
    if len(text) > MAX_CHARACTERS:
        raise UnreadableError(f"the text is {len(text):,} characters; at most {MAX_CHARACTERS:,} are read. Split it")


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
