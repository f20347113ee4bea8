"""The shell around everything served: who may ask for what, how much of it, and with which headers.

Gradio by itself accepts uploads, proxies addresses, reflects any origin and sets no security header. The shell lets
through only the routes that the page needs. It is plain ASGI: answers that stream keep streaming.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import re
from collections.abc import Callable, Collection
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.source_page import error_page

LOG = logging.getLogger("spoergetime")
MAX_BODY = 16 * 1024  # bytes
_BODY_SECONDS = 20  # for a client to send so much
_READ = frozenset({"GET", "HEAD"})
_OPEN = {
    "read": re.compile(
        r"/|/config/?|/theme\.css|/favicon\.ico|/robots\.txt|/manifest\.json|/(?:assets|static|svelte)/.+"
        r"|/gradio_api/(?:info|startup-events|theme\.css|queue/data|heartbeat/\w+)"
        r"|/kilde/[^/]+|/stil/[\w.]+|/widget\.js|/api/openapi\.json|/healthz|/readyz"
    ),
    "write": re.compile(r"/api/search|/gradio_api/(?:queue/join|run/predict|cancel|reset)/?"),
}
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
    403: "Forespørgslen kommer fra en anden hjemmeside og er afvist.",
    404: "Siden findes ikke.",
    405: "Det kan man ikke på denne adresse.",
    408: "Forespørgslen blev ikke sendt færdig i tide.",
    413: "Forespørgslen er for stor. Den må højst fylde 16 KiB.",
    500: "Der gik noget galt. Prøv igen om lidt.",
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
    """Wraps an ASGI application; `page` rewrites the chat page's HTML."""

    def __init__(self, app: ASGIApp, hosts: Hosts, ancestors: str, page: Callable[[str], str]) -> None:
        self.app = app
        self._hosts = hosts
        self._ancestors = f"frame-ancestors {ancestors}"
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the request or hand it on, and set the headers of what comes back."""
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)
        if scope["type"] != "http":
            return await send({"type": "websocket.close", "code": 1008})
        sender = _Sender(send, self._ancestors, scope["path"])
        refused = self._refusal(scope)
        if refused is None and scope["method"] not in _READ:
            body = await _body(scope, receive)
            refused, receive = (body, receive) if isinstance(body, int) else (None, _replay(body, receive))
        if refused is not None:
            return await refusal(scope, refused)(scope, receive, sender)
        if scope["path"] == "/":
            return await self._chat_page(scope, receive, sender)
        try:
            return await self.app(scope, receive, sender)
        except Exception as error:  # a traceback could hold the question
            LOG.error("%s %s failed: %s", scope["method"], scope["path"], _where(error))
            if not sender.started:
                await refusal(scope, 500)(scope, receive, sender)

    def _refusal(self, scope: Scope) -> int | None:
        headers, method, path = Headers(scope=scope), scope["method"], scope["path"]
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._hosts.accept(hosts[0]):
            return 400
        reading = method in _READ
        if not reading:
            origin = headers.get("origin")
            if origin is not None and origin.partition("://")[2].lower() != hosts[0].lower():
                return 403
            if origin is None and headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
                return 403
        if _OPEN["read" if reading else "write"].fullmatch(path):
            return None
        return 405 if _OPEN["write" if reading else "read"].fullmatch(path) else 404

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

    def __init__(self, send: Send, ancestors: str, path: str) -> None:
        self._send, self._ancestors = send, ancestors
        self._fixed = path.startswith(("/assets/", "/static/"))
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(scope=message)
            for name in [name for name in headers if name.startswith("access-control-")]:
                del headers[name]  # Gradio reflects any origin
            policy = headers.get("content-security-policy", _POLICY)
            headers["Content-Security-Policy"] = f"{policy}; {self._ancestors}"
            if not self._fixed:
                headers["Cache-Control"] = headers.get("cache-control", "no-cache")
            for name, value in _HEADERS.items():
                headers[name] = value
        await self._send(message)


def refusal(scope: Scope, status: int, sentence: str | None = None) -> Response:
    """Give the Danish answer to a request that is refused: a page for people, JSON for programs."""
    sentence = sentence or _SENTENCES[status]
    if scope["method"] in _READ and "text/html" in Headers(scope=scope).get("accept", ""):
        heading = "Siden findes ikke" if status == 404 else "Det kan ikke lade sig gøre"
        return HTMLResponse(error_page(heading, sentence), status, {"Content-Security-Policy": OWN_POLICY})
    return JSONResponse({"error": sentence}, status)


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
    return 413 if len(body) > MAX_BODY else body


def _replay(body: bytes, receive: Receive) -> Receive:
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return pending.pop() if pending else await receive()

    return replay


def _where(error: BaseException) -> str:
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
