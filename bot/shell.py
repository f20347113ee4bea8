"""The shell around everything served: who may ask for what, how much of it, and with which headers.

Gradio by itself accepts uploads, proxies addresses, reflects any origin and sets no security header. The shell lets
through only the routes that the page needs. It is plain ASGI: answers that stream keep streaming.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import logging
import re
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.source_page import error_page

LOG = logging.getLogger("spoergetime")
MAX_BODY = 16 * 1024  # bytes
_BODY_SECONDS = 20  # for a client to send so much
WIDGET = "/widget"  # the one page that other sites may frame
READ = frozenset({"GET", "HEAD"})
UNGUARDED = frozenset({"/healthz", "/readyz", "/metrics"})  # for monitoring, which has no login
_READ = re.compile(
    r"/|/config/?|/theme\.css|/favicon\.ico|/robots\.txt|/manifest\.json|/(?:assets|static|svelte)/.+"
    r"|/gradio_api/(?:info|app_id|startup-events|theme\.css|queue/data|heartbeat/\w+)"
    r"|/kilde/[^/]+(?:/fil|/side/\d{1,4}\.png)?|/stil/[\w.]+|/widget(?:\.js)?|/api/openapi\.json|/healthz|/readyz|/metrics"
)
_WRITE = re.compile(r"/api/(?:search|feedback)|/widget|/gradio_api/(?:queue/join|run/predict|cancel|reset)/?")
_OPEN = {"GET": _READ, "HEAD": _READ, "POST": _WRITE}
_EVENTS = re.compile(r"/gradio_api/(?:queue/join|run/predict)/?")  # what is done on the chat's page
_ENDLESS = "/gradio_api/"  # some of these answers stream for as long as a page is open
# Gradio compiles its templates in the browser, hence 'unsafe-eval'; its page holds inline scripts. What documents say
# never reaches it but through bot.quote.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'"
)
OWN_POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'"
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_SENTENCES = {
    400: "Adressen hører ikke til denne tjeneste.",
    401: "Du skal være logget ind for at bruge arkivet.",
    403: "Forespørgslen kommer fra en anden hjemmeside og er afvist.",
    404: "Siden findes ikke.",
    405: "Det kan man ikke på denne adresse.",
    408: "Forespørgslen blev ikke sendt færdig i tide.",
    413: "Forespørgslen er for stor. Den må højst fylde 16 KiB.",
    422: "Chatten tager kun imod tekst.",
    429: "Der er kommet mange forespørgsler fra din computer på kort tid. Prøv igen om lidt.",
    500: "Der gik noget galt. Prøv igen om lidt.",
    503: "Der er mange, der spørger lige nu. Prøv igen om lidt.",
    504: "Det tog for lang tid at svare. Prøv igen om lidt.",
}


class Hosts:
    """The host names a request may name; a page elsewhere cannot make a browser ask under one of its own."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = {"localhost", "127.0.0.1", "::1", *(name.strip("[]").lower() for name in names)}
        # Served on every address, the machine is known by any of them; a foreign name cannot pose as a number.
        self._any_address = bool(self._names & {"0.0.0.0", "::"})  # noqa: S104 - compared, not bound

    def accept(self, host: str) -> bool:
        """Tell whether a Host header names this server."""
        name = re.sub(r":\d*$", "", host).strip("[]").lower()
        return name in self._names or (self._any_address and _is_address(name))


class Shell:
    """Wraps an ASGI application; `embedders` may frame the widget, `page` rewrites the chat page's HTML."""

    def __init__(self, app: ASGIApp, hosts: Hosts, embedders: Sequence[str], page: Callable[[str], str]) -> None:
        self.app = app
        self._hosts = hosts
        self._embedders = embedders
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the request or hand it on, and set the headers of what comes back."""
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)
        if scope["type"] != "http":
            return await send({"type": "websocket.close", "code": 1008})
        if scope["method"] == "HEAD" and not scope["path"].startswith(_ENDLESS):
            scope = {**scope, "method": "GET"}
            send = _headers_alone(send)
        sender = _Sender(send, scope["path"], self._embedders)
        refused = self._refusal(scope)
        if refused is None and scope["method"] not in READ:
            body = await _body(scope, receive)
            refused, receive = (body, receive) if isinstance(body, int) else (None, _replay(body, receive))
        if refused is not None:
            return await refusal(scope, refused)(scope, receive, sender)
        app = self._chat_page if scope["path"] == "/" else self.app
        try:
            return await app(scope, receive, sender)
        except Exception as error:  # a traceback could hold the question
            route = getattr(scope.get("route"), "path", "a request")
            LOG.error("%s %s failed: %s", scope["method"], route, where(error))
            if not sender.started:
                await refusal(scope, 500)(scope, receive, sender)

    def _refusal(self, scope: Scope) -> int | None:
        headers, method, path = Headers(scope=scope), scope["method"], scope["path"]
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._hosts.accept(hosts[0]):
            return 400
        if method not in READ and not _is_own(headers, hosts[0]):
            return 403
        if is_open(method, path):
            return None
        return 405 if _methods(path) else 404

    async def _chat_page(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve Gradio's page with the language, title and style sheets it does not set itself."""
        head: Message = {}
        parts: list[bytes] = []

        async def gather(message: Message) -> None:
            if message["type"] == "http.response.start":
                head.update(message)
            else:
                parts.append(message.get("body", b""))

        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        await self.app({**scope, "method": "GET", "headers": plain}, receive, gather)
        headers = Headers(raw=head["headers"])
        body = b"".join(parts)
        if head["status"] == 200 and headers.get("content-type", "").startswith("text/html"):
            body = self._page(body.decode()).encode()
        own = {name: value for name, value in headers.items() if name not in {"content-length", "etag"}}
        await Response(body, head["status"], own)(scope, receive, send)


class _Sender:
    """Sends on, with the headers every response has."""

    def __init__(self, send: Send, path: str, embedders: Sequence[str]) -> None:
        self._send, self._path, self._embedders = send, path, embedders
        self._fixed = path.startswith(("/assets/", "/static/"))
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(scope=message)
            if self._path != "/widget.js":
                for name in [name for name in headers if name.startswith("access-control-")]:
                    del headers[name]  # Gradio reflects any origin
            policy = headers.get("content-security-policy", _POLICY)
            self._frame(headers, policy)
            if not self._fixed:
                headers["Cache-Control"] = headers.get("cache-control", "no-cache")
            for name, value in _HEADERS.items():
                headers[name] = value
            headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        await self._send(message)

    def _frame(self, headers: MutableHeaders, policy: str) -> None:
        """Say who may frame the page, also to browsers that know the older header alone."""
        embeddable = self._path == WIDGET
        ancestors = (" ".join(self._embedders) or "'none'") if embeddable else "'self'"
        headers["Content-Security-Policy"] = f"{policy}; frame-ancestors {ancestors}"
        if not (embeddable and self._embedders):  # it cannot name origins, and would refuse them all
            headers["X-Frame-Options"] = "DENY" if embeddable else "SAMEORIGIN"


def _headers_alone(send: Send) -> Send:
    """Send what GET would give, less its body."""

    async def sent(message: Message) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return sent


def is_open(method: str, path: str) -> bool:
    """Tell whether there is anything at a path for this method."""
    return method in _methods(path)


def _methods(path: str) -> list[str]:
    return [method for method, paths in _OPEN.items() if paths.fullmatch(path)]


def _is_own(headers: Headers, host: str) -> bool:
    """Tell whether a request comes from our own page or from a program; a browser sends either header once."""
    origins, sites = headers.getlist("origin"), headers.getlist("sec-fetch-site")
    # The scheme is left open: the browser's may end at a proxy.
    hosts = [origin.partition("://")[2].lower() for origin in origins]
    return hosts in ([], [host.lower()]) and sites in ([], ["none"], ["same-origin"])


def refusal(scope: Scope, status: int, sentence: str | None = None, *, again: int | None = None) -> Response:
    """Give the Danish answer to a request that is refused: a page for people, JSON for programs.

    `again` is in how many seconds it may be tried again.
    """
    sentence = sentence or _SENTENCES.get(status, _SENTENCES[500])
    later = {} if again is None else {"Retry-After": str(again)}
    if status == 405:
        later["Allow"] = ", ".join(_methods(scope["path"]))
    if "text/html" in Headers(scope=scope).get("accept", ""):
        heading = "Siden findes ikke" if status == 404 else "Det kan ikke lade sig gøre"
        return HTMLResponse(error_page(heading, sentence), status, {"Content-Security-Policy": OWN_POLICY, **later})
    named = ("error", "detail") if scope["path"].startswith("/gradio_api/") else ("error",)  # the chat shows `detail`
    return JSONResponse(dict.fromkeys(named, sentence), status, later)


async def _body(scope: Scope, receive: Receive) -> bytes | int:
    """Read a request's body, or give the status with which it is refused."""
    announced = Headers(scope=scope).get("content-length", "0")
    if not announced.isdigit() or int(announced) > MAX_BODY:
        return 413
    body, more = b"", True
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            while more and len(body) <= MAX_BODY:
                message = await receive()
                body += message.get("body", b"")
                more = message.get("more_body", False)
    except TimeoutError:
        return 408
    if len(body) > MAX_BODY:
        return 413
    return 422 if _EVENTS.fullmatch(scope["path"]) and not _is_plain(body) else body


def _is_plain(body: bytes) -> bool:
    """Tell whether an event's fields are single values: Gradio would fetch the file that any other names."""
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        return False
    fields = event.get("data", []) if isinstance(event, dict) else None
    return isinstance(fields, list) and not any(isinstance(field, (dict, list)) for field in fields)


def _replay(body: bytes, receive: Receive) -> Receive:
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return pending.pop() if pending else await receive()

    return replay


def where(error: BaseException) -> str:
    """Tell what went wrong and in which line, without what was at hand there."""
    at = error.__traceback__
    while at and at.tb_next:
        at = at.tb_next
    place = f" in {Path(at.tb_frame.f_code.co_filename).name}:{at.tb_lineno}" if at else ""
    return f"{type(error).__name__}{place}"


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
