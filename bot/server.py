"""The server: chat page, source viewer and HTTP interface in one application, behind one shell."""

from __future__ import annotations

import re
import socket
from collections.abc import Sequence
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Request
from starlette.responses import HTMLResponse, Response

from bot.api import add_errors, router
from bot.archive import Archive
from bot.chat import mount_chat, rewritten
from bot.shell import OWN_POLICY, Hosts, Shell, refusal
from bot.source_page import source_page
from corpus.errors import SpoergetimeError
from index.rerank import load

_STATIC = Path(__file__).parent / "static"
_TYPES = {".css": "text/css", ".js": "text/javascript"}
_DOCUMENT = re.compile(r"[0-9a-f]{16}")
_GONE = "Dokumentet findes ikke i arkivet. Det kan være fjernet eller ændret, siden linket blev lavet."


def create_app(
    index: Path,
    *,
    model: str | None = None,
    hosts: Sequence[str] = (),
    frame_ancestors: Sequence[str] = (),
    archive: Archive | None = None,
) -> FastAPI:
    """Give the whole application over an index, which may still be missing.

    `hosts` are the names it answers to besides the loopback ones; `frame_ancestors` the origins that may embed it.
    """
    archive = archive or Archive(index, model)
    app = FastAPI(
        title="Spørgetime",
        description="Verbatim passages from Danish parliamentary documents, each with its source.",
        openapi_url="/api/openapi.json",
        docs_url=None,  # both load scripts from foreign hosts
        redoc_url=None,
    )
    app.include_router(router(archive))
    add_errors(app)
    _add_pages(app, archive)
    mount_chat(app, archive)
    ancestors = " ".join(("'self'", *frame_ancestors))
    app.add_middleware(Shell, hosts=Hosts(hosts), ancestors=ancestors, page=rewritten)
    return app


def serve(
    index: Path,
    host: str = "127.0.0.1",
    port: int = 7860,
    model: str | None = None,
    *,
    rerank: str | None = None,
    hosts: Sequence[str] = (),
    frame_ancestors: Sequence[str] = (),
) -> None:
    """Serve an index until it is stopped; raise `SpoergetimeError` if the index or the port cannot be used."""
    archive = Archive(index, model, load(rerank))
    with _listening(host, port) as listener:
        archive.open()
        names = (host, *(own_names() if host in {"0.0.0.0", "::"} else ()), *hosts)  # noqa: S104 - compared
        app = create_app(index, hosts=names, frame_ancestors=frame_ancestors, archive=archive)
        # No access log: it would hold what people look up.
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=3
        )
        shown = f"[{host}]" if ":" in host else host
        print(f"Spørgetime: http://{shown}:{listener.getsockname()[1]} (Ctrl-C stops)", flush=True)
        try:
            uvicorn.Server(config).run(sockets=[listener])
        except KeyboardInterrupt:
            return


def own_names() -> tuple[str, ...]:
    """Give the names by which this machine knows itself."""
    return socket.gethostname(), socket.getfqdn()


def _listening(host: str, port: int) -> socket.socket:
    """Give a socket that already takes connections, so that who reads the printed line can connect."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except (OSError, OverflowError) as error:
        listener.close()
        why = getattr(error, "strerror", None) or error
        raise SpoergetimeError(
            f"cannot serve on {host} port {port}: {why}. Name another with --port or --host"
        ) from error
    return listener


def _add_pages(app: FastAPI, archive: Archive) -> None:
    @app.get("/kilde/{document}", include_in_schema=False)
    def source(request: Request, document: str, start: str = "", end: str = "") -> Response:
        found = archive.source(document) if _DOCUMENT.fullmatch(document) else None
        if found is None:
            return refusal(request.scope, 404, _GONE)
        span = _span(start, end, len(found.document.text))
        page = source_page(found, span)
        return HTMLResponse(page, headers={"Content-Security-Policy": OWN_POLICY})

    own = {path.name: path.read_text(encoding="utf-8") for path in _STATIC.iterdir() if path.suffix in _TYPES}

    @app.get("/stil/{name}", include_in_schema=False)
    def style(request: Request, name: str) -> Response:
        if name not in own:
            return refusal(request.scope, 404)
        return Response(own[name], media_type=_TYPES[Path(name).suffix])


def _span(start: str, end: str, length: int) -> tuple[int, int] | None:
    """Read the passage's place from an address; what is no place in the text is ignored."""
    if not all(re.fullmatch(r"[0-9]{1,9}", value) for value in (start, end)):
        return None
    span = int(start), int(end)
    return span if span[0] < span[1] <= length else None
