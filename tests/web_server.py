"""A stand-in for ministries' web sites, over real HTTP on loopback; what it serves is constructed for the tests."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast

HTML = "text/html; charset=utf-8"
XML = "application/xml"


@dataclass
class Thing:
    """What lies at a path; `statuses` are answered first, one at a time, and `short` cuts so many bytes off the end."""

    body: bytes
    kind: str = HTML
    statuses: list[int] = field(default_factory=list)
    location: str | None = None
    tagged: bool = True  # whether an ETag is given
    short: int = 0


class Site(ThreadingHTTPServer):
    """Serves `things` by path; `asked` has every path that was asked for, `unchanged` those answered with 304."""

    daemon_threads = True

    def __init__(self, things: dict[str, Thing]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.things = things
        self.asked: list[str] = []
        self.unchanged: Counter[str] = Counter()
        self.agents: set[str] = set()

    @property
    def origin(self) -> str:
        """The address without a path."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that has left."""


@contextmanager
def site(things: dict[str, Thing] | None = None) -> Iterator[Site]:
    """Run a site while the block runs."""
    with Site(things or {}) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        server = cast(Site, self.server)
        server.asked.append(self.path)
        server.agents.add(self.headers.get("User-Agent", ""))
        thing = server.things.get(self.path)
        if thing is None:
            return self._reply(404, b"")
        if thing.statuses:
            return self._reply(thing.statuses.pop(0), b"")
        if thing.location:
            return self._reply(302, b"", Location=thing.location)
        tag = f'"{hashlib.sha256(thing.body).hexdigest()[:8]}"'
        if thing.tagged and self.headers.get("If-None-Match") == tag:
            server.unchanged[self.path] += 1
            return self._reply(304, b"", ETag=tag)
        named = {"Content-Type": thing.kind} | ({"ETag": tag} if thing.tagged else {})
        return self._reply(200, thing.body, thing.short, **named)

    def _reply(self, status: int, body: bytes, short: int = 0, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) - short])
        if short:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
