"""What a file is by its bytes, where its name says something else.

| bytes | named | outcome |
| --- | --- | --- |
| PDF | anything else | read as a PDF |
| Word (.docx) | anything else | read as Word |
| record of a meeting (XML) | anything else | read as one |
| web page | .txt, .md, .xml | read as a web page |
| web page | .pdf, .docx | refused: the page stands in for a document that was not delivered |
| another zip | anything but .docx | refused |
| old Word, Excel, or a locked Office file; RTF | anything | refused |
"""

from __future__ import annotations

import re

from corpus.errors import UnreadableError

TAIL = 66_000  # bytes of a file's end: what closes a zip stands before a comment of at most 65,535
_HEAD = 1024  # bytes
_PDF_TAIL = 2_048
_WEB_PAGE = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--(?:(?!-->).){0,500}-->\s*)?<(?:!doctype\s+html|html)\b",
    re.IGNORECASE | re.DOTALL,
)
_MEETING = re.compile(rb"(?:\xef\xbb\xbf)?\s*<[^\x00]*<(?:\w{1,20}:)?MetaMeeting\b")


def true_suffix(suffix: str, data: bytes) -> str:
    """Give the ending that fits the bytes; raise `UnreadableError` where they are not what the name promises."""
    head = data[:_HEAD]
    if head.lstrip().startswith(b"%PDF-"):
        return ".pdf"
    if head.startswith(b"PK\x03\x04") and suffix != ".docx":
        if b"word/document.xml" in data:
            return ".docx"
        raise UnreadableError(f"this is a zip file named {suffix}. Give it its own ending")
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        raise UnreadableError("this is an old Office file, or a locked one. Save it as .docx without a password")
    if head.startswith(b"{\\rtf"):
        raise UnreadableError("this is an RTF file. Save it as .docx")
    if _WEB_PAGE.match(head):
        if suffix in {".pdf", ".docx"}:
            raise UnreadableError(
                f"this is a web page named {suffix}, as when a server turns a download away. Download it again"
            )
        return ".html"
    return ".xml" if _MEETING.match(head) else suffix


def is_web_page(data: bytes) -> bool:
    """Tell whether bytes begin as a web page does."""
    return _WEB_PAGE.match(data[:_HEAD]) is not None


def ends_whole(head: bytes, tail: bytes) -> bool:
    """Tell whether a PDF, Word file or web page has its end within its last bytes; of other kinds none is known."""
    if head.lstrip().startswith(b"%PDF-"):
        return b"%%EOF" in tail[-_PDF_TAIL:]
    if head.startswith(b"PK\x03\x04"):
        return b"PK\x05\x06" in tail
    return not is_web_page(head) or b"</html" in tail.lower()
