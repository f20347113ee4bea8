"""The server: chat page, source viewer and HTTP interface in one application, behind one shell."""

from __future__ import annotations

import socket
import warnings
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Request
from starlette.responses import Response

from bot.answering import Answering, Here
from bot.api import add_errors, router
from bot.archive import Archive
from bot.cards import Tools
from bot.chat import mount_chat, rewritten
from bot.feedback import Feedback
from bot.feedback_route import add_feedback
from bot.limits import Limited, Waiting
from bot.login import Doorkeeper, Proxies, checked_header
from bot.logs import log_as_json
from bot.metrics import Metrics, Watched, metrics_page
from bot.operation import DEFAULT, Operation
from bot.origins import host_names, origins, public_address
from bot.shell import Hosts, Shell, refusal
from bot.source_routes import add_source_pages
from bot.widget import add_widget
from bot.workers import Workers, usual
from corpus.errors import SpoergetimeError
from index.rerank import load

_STATIC = Path(__file__).parent / "static"
_TYPES = {".css": "text/css", ".js": "text/javascript"}


def create_app(
    index: Path,
    *,
    model: str | None = None,
    hosts: Sequence[str] = (),
    frame_ancestors: Sequence[str] = (),
    archive: Archive | None = None,
    answering: Answering | None = None,
    operation: Operation = DEFAULT,
    address: str | None = None,
    feedback: Feedback | None = None,
) -> FastAPI:
    """Give the whole application over an index, which may still be missing.

    `hosts` are the names it answers to besides the loopback ones; `frame_ancestors` the origins that may embed
    the widget, and nothing else of it; `answering` answers, by default in this process; `address` is where others find
    it, for references; `feedback` is where readers' verdicts go, if anywhere.
    """
    archive = archive or Archive(index, model)
    app = FastAPI(
        title="Spørgetime",
        description="Verbatim passages from Danish parliamentary documents, each with its source.",
        openapi_url="/api/openapi.json",
        docs_url=None,  # both load scripts from foreign hosts
        redoc_url=None,
    )
    answering = answering or Here(archive)
    app.include_router(router(archive, answering))
    add_errors(app)
    _add_pages(app, archive)
    add_widget(app, archive, answering, origins(frame_ancestors))
    add_feedback(app, archive, feedback)
    metrics, waiting = Metrics(archive), Waiting(operation.queue)
    answering.timed = metrics.searched
    app.add_route("/metrics", metrics_page(metrics if operation.metrics else None), include_in_schema=False)
    tools = Tools(
        address=public_address(address), feedback=feedback is not None, ask=bool(feedback and feedback.questions)
    )
    # Last: it takes every path that is left.
    metrics.queues = [waiting, mount_chat(app, archive, answering, operation, tools)]
    # The one added last is the first to see a request.
    app.add_middleware(Limited, operation=operation, waiting=waiting)
    app.add_middleware(Doorkeeper, proxies=Proxies(operation.trusted), header=operation.login_header)
    app.add_middleware(Shell, hosts=Hosts(hosts), embedders=origins(frame_ancestors), page=rewritten)
    app.add_middleware(Watched, metrics=metrics)
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
    operation: Operation = DEFAULT,
    address: str | None = None,
    feedback: Feedback | None = None,
) -> None:
    """Serve an index until it is stopped; raise `SpoergetimeError` if the index or the port cannot be used."""
    hosts, frame_ancestors = host_names(hosts), origins(frame_ancestors)
    public_address(address)  # a wrong one is told before anything is opened
    checked_header(operation.login_header, Proxies(operation.trusted))
    if operation.log_requests:
        log_as_json()
    archive = Archive(index, model, load(rerank))
    with ExitStack() as ending:
        listener = ending.enter_context(_listening(host, port))
        opened = archive.open()
        archive.follow()
        count = usual(opened.encoder.cheap and rerank is None) if operation.workers is None else operation.workers
        options = (model or "", rerank or "", "json" if operation.log_requests else "")
        answering = ending.enter_context(Workers(count, index, operation.seconds, *options)) if count else None
        names = (host, *(own_names() if host in {"0.0.0.0", "::"} else ()), *hosts)  # noqa: S104 - compared
        app = create_app(
            index,
            hosts=names,
            frame_ancestors=frame_ancestors,
            archive=archive,
            answering=answering,
            operation=operation,
            address=address,
            feedback=feedback,
        )
        config = uvicorn.Config(
            app,
            log_level="warning",
            log_config=None if operation.log_requests else uvicorn.config.LOGGING_CONFIG,
            access_log=False,  # it would hold what people look up
            proxy_headers=False,  # it would believe any program on this machine; `bot.login` believes who is named
            server_header=False,
            timeout_graceful_shutdown=3,
        )
        shown = f"[{host}]" if ":" in host else host
        print(f"Spørgetime: http://{shown}:{listener.getsockname()[1]} (Ctrl-C stops)", flush=True)
        # Who stops it in the moment of starting is told nothing of it.
        warnings.filterwarnings("ignore", "coroutine 'Server.serve' was never awaited", RuntimeWarning)
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listener])


def own_names() -> tuple[str, ...]:
    """Give the names by which this machine knows itself."""
    return socket.gethostname(), socket.getfqdn()


def _listening(host: str, port: int) -> socket.socket:
    """Give a socket that already takes connections, so that who reads the printed line can connect."""
    # With the protocol named, asyncio sends at once; else each answer's body waits 40 ms for its header's receipt.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
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
    add_source_pages(app, archive)
    own = {path.name: path.read_text(encoding="utf-8") for path in _STATIC.iterdir() if path.suffix in _TYPES}

    @app.get("/stil/{name}", include_in_schema=False)
    def style(request: Request, name: str) -> Response:
        if name not in own:
            return refusal(request.scope, 404)
        return Response(own[name], media_type=_TYPES[Path(name).suffix])
