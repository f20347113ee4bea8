"""A page of a PDF as a picture, with the boxes of some characters marked on it."""

from __future__ import annotations

import json

from corpus.errors import UnreadableError
from corpus.isolation import Limits, Worker
from corpus.records import Page

LIMITS = Limits(seconds=10, memory=768 << 20)
_PNG = b"\x89PNG\r\n\x1a\n"


def facsimile(data: bytes, page: Page, start: int, end: int, limits: Limits = LIMITS) -> bytes:
    """Draw a page of a PDF with characters [start, end) of the document's text marked, as a PNG.

    `page` is what `read_pdf` gave for these bytes. Raises `UnreadableError` where it cannot be drawn within the limits.
    """
    request = json.dumps({"page": page, "start": start, "end": end}).encode()
    # A process for each picture: a PDF that takes one over must not draw the pages of the next.
    worker = Worker(limits, "corpus.drawing")
    try:
        reply = worker.ask(request, data)
        if reply is None:
            raise UnreadableError(worker.why())
        if not reply.startswith(_PNG):
            raise UnreadableError("the page cannot be drawn")
        return reply
    finally:
        worker.stop()
