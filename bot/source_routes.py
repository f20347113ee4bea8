"""The routes of the source viewer: a document, its file, and its pages as pictures."""

from __future__ import annotations

import re
from collections.abc import Callable

from fastapi import FastAPI, Request
from starlette.responses import HTMLResponse, Response

from bot.archive import Archive, RefusalError, Source
from bot.originals import BUSY, BusyError, Originals, attachment
from bot.shell import OWN_POLICY, refusal
from bot.source_page import source_page
from bot.source_text import Span

_DOCUMENT = re.compile(r"[0-9a-f]{16}")
_NUMBER = re.compile(r"[0-9]{1,9}")
_GONE = "Dokumentet findes ikke i arkivet. Det kan være fjernet eller ændret, siden linket blev lavet."
_NOTHING = "default-src 'none'; sandbox"  # should a browser show what it is told to save


def add_source_pages(app: FastAPI, archive: Archive) -> None:
    """Add the source viewer to an application; of a request only ids and numbers count, never a path."""
    originals = Originals()

    @app.get("/kilde/{document}", include_in_schema=False)
    def source(request: Request, document: str) -> Response:
        asked = request.query_params

        def shown(found: Source) -> Response:
            page = source_page(found, _span(request, len(found.document.text)), _number(asked.get("del")))
            return HTMLResponse(page, headers={"Content-Security-Policy": OWN_POLICY})

        return _answer(request, archive, document, shown)

    @app.get("/kilde/{document}/fil", include_in_schema=False)
    def file(request: Request, document: str) -> Response:
        def sent(found: Source) -> Response:
            headers = {
                "Content-Disposition": attachment(found.document.files[0].file),
                "Content-Security-Policy": _NOTHING,
            }
            return Response(originals.file(found.document), headers=headers, media_type="application/octet-stream")

        return _answer(request, archive, document, sent)

    @app.get("/kilde/{document}/side/{number}.png", include_in_schema=False)
    def picture(request: Request, document: str, number: str) -> Response:
        def drawn(found: Source) -> Response:
            start, end = _span(request, len(found.document.text)) or (0, 0)
            png = originals.picture(found.document, _number(number) or 0, start, end)
            return Response(png, headers={"Content-Security-Policy": _NOTHING}, media_type="image/png")

        return _answer(request, archive, document, drawn)


def _answer(request: Request, archive: Archive, document: str, give: Callable[[Source], Response]) -> Response:
    """Give what is asked for of a document, or say in Danish why not."""
    found = archive.source(document) if _DOCUMENT.fullmatch(document) else None
    if found is None:
        return refusal(request.scope, 404, _GONE)
    try:
        return give(found)
    except RefusalError as error:
        return refusal(request.scope, 410, str(error))
    except BusyError:
        return refusal(request.scope, 503, BUSY, again=10)


def _span(request: Request, length: int) -> Span | None:
    """Read the passage's place from an address; what is no place in the text is ignored."""
    start, end = (_number(request.query_params.get(name)) for name in ("start", "end"))
    return (start, end) if start is not None and end is not None and start < end <= length else None


def _number(written: str | None) -> int | None:
    return int(written) if written and _NUMBER.fullmatch(written) else None
