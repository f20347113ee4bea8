"""What is told of each request: figures for Prometheus, and a line for the log.

Both hold its method, its route's template, status and time; a question, an address or an identity never gets here.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sized
from itertools import accumulate

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.archive import Archive
from bot.logs import REQUESTS
from bot.shell import is_open, refusal

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds
_METHODS = frozenset({"GET", "HEAD", "POST"})
_VARIABLE = re.compile(r"(/assets|/static|/svelte|/stil|/kilde|/gradio_api/heartbeat)/.+")
_ENDLESS = re.compile(r"/gradio_api/(?:heartbeat/.+|queue/data)")  # they last as long as the page is open


class Histogram:
    """How often something took how long."""

    def __init__(self) -> None:
        self._counts = [0] * (len(_BOUNDS) + 1)
        self._sum = 0.0

    def add(self, seconds: float) -> None:
        """Count one that took so long."""
        self._counts[bisect_left(_BOUNDS, seconds)] += 1
        self._sum += seconds

    def lines(self, name: str, label: str = "") -> Iterator[str]:
        """Give it as Prometheus reads it."""
        more = f"{label}," if label else ""
        for bound, count in zip((*_BOUNDS, "+Inf"), accumulate(self._counts), strict=True):
            yield f'{name}_bucket{{{more}le="{bound}"}} {count}'
        yield f"{name}_sum{{{label}}} {self._sum:.6f}"
        yield f"{name}_count{{{label}}} {sum(self._counts)}"


class Metrics:
    """The figures of one server; safe to share between threads."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self.queues: list[Sized] = []  # of questions that wait for their turn
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._seconds: dict[str, Histogram] = {}
        self._searches = Histogram()
        self._lock = threading.Lock()

    def answered(self, method: str, route: str, status: int, seconds: float | None) -> None:
        """Count a request; without a time if it was a stream."""
        with self._lock:
            self._requests[method, route, status] += 1
            if seconds is not None:
                self._seconds.setdefault(route, Histogram()).add(seconds)

    def searched(self, seconds: float) -> None:
        """Count a search, whether the chat or a program asked."""
        with self._lock:
            self._searches.add(seconds)

    def text(self) -> str:
        """Give all figures in Prometheus' text format."""
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        searcher = self._archive.searcher()
        with self._lock:
            yield from _head("requests_total", "counter", "Requests by method, route and status.")
            for (method, route, status), count in sorted(self._requests.items()):
                labels = f'method="{method}",route="{_escaped(route)}",status="{status}"'
                yield f"spoergetime_requests_total{{{labels}}} {count}"
            yield from _head("request_seconds", "histogram", "Seconds until a request was answered, by route.")
            for route, histogram in sorted(self._seconds.items()):
                yield from histogram.lines("spoergetime_request_seconds", f'route="{_escaped(route)}"')
            about = "Seconds of a search and of writing its answer, without waiting for its turn."
            yield from _head("search_seconds", "histogram", about)
            yield from self._searches.lines("spoergetime_search_seconds")
        yield from _head("queue_length", "gauge", "Questions that wait for their turn.")
        yield f"spoergetime_queue_length {sum(map(len, self.queues))}"
        yield from _head("ready", "gauge", "Whether there is an index to search.")
        yield f"spoergetime_ready {int(searcher is not None)}"
        if searcher is not None:
            manifest = searcher.manifest
            yield from _head("generation_info", "gauge", "The generation of the index that answers.")
            yield f'spoergetime_generation_info{{generation="{_escaped(manifest.generation)}"}} 1'
            yield from _head("fallback", "gauge", "Whether that is an older one, because the current one is damaged.")
            yield f"spoergetime_fallback {int(bool(searcher.opened and searcher.opened.fallback))}"
            yield from _head("passages", "gauge", "Passages of that generation.")
            yield f"spoergetime_passages {manifest.passages}"


def metrics_page(metrics: Metrics | None) -> Callable[[Request], Response]:
    """Give what answers at `/metrics`; without metrics, that there is no such page."""

    def page(request: Request) -> Response:
        if metrics is None:
            return refusal(request.scope, 404)
        return Response(metrics.text(), media_type=CONTENT_TYPE)

    return page


class Watched:
    """Wraps an ASGI application, and tells of every answer."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on, and tell how it ended."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        status, started, path = 499, time.perf_counter(), scope["path"]  # 499: gone before it was answered

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, told)
        finally:
            seconds = time.perf_counter() - started
            method = scope["method"] if scope["method"] in _METHODS else "other"
            route = _route(scope, path)
            self._metrics.answered(method, route, status, None if _ENDLESS.fullmatch(path) else seconds)
            if REQUESTS.isEnabledFor(logging.INFO):
                told_of = {"method": method, "route": route, "status": status, "ms": round(1000 * seconds, 1)}
                REQUESTS.info("request", extra={"request": told_of})


def _route(scope: Scope, path: str) -> str:
    """Give the template of a route, never what a client wrote: what was refused at the door is `-`."""
    if not is_open(scope["method"], path):
        return "-"
    return getattr(scope.get("route"), "path", None) or _VARIABLE.sub(r"\1/*", path)


def _head(name: str, kind: str, what: str) -> Iterator[str]:
    yield f"# HELP spoergetime_{name} {what}"
    yield f"# TYPE spoergetime_{name} {kind}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
