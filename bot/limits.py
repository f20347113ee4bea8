"""How much the server takes on: from one client a minute, at one time, and for how long."""

from __future__ import annotations

import asyncio
import ipaddress
import math
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import nullcontext

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.operation import Operation
from bot.shell import READ, refusal

AT_ONCE = 4  # searches; more than the cores only wait for each other
_CLIENTS = 20_000  # remembered, with some hundred bytes each
_AGAIN = 5  # seconds after which a client that found the queue full may try again
# What costs something. The page's scripts and styles do not, and monitoring must always get through.
_COUNTED = re.compile(r"/|/config/?|/widget|/kilde/.+|/api/feedback")
_SEARCHES = frozenset({"/api/search", "/widget"})  # the chat's wait in Gradio's own queue
_STREAMS = re.compile(r"/gradio_api/(?:queue/data|heartbeat/.+)")


class Rate:
    """A bucket of tokens for each client, one for each request, refilled evenly; a full bucket is a minute's worth."""

    def __init__(self, a_minute: int, clients: int = _CLIENTS, clock: Callable[[], float] = time.monotonic) -> None:
        self._full, self._each = float(a_minute), 60 / a_minute if a_minute else 0.0
        self._clients, self._clock = clients, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, and when they were counted

    def __len__(self) -> int:
        return len(self._left)

    def wait(self, client: str) -> int:
        """Take a token, and give 0; or give the seconds until there is one."""
        if not self._each:
            return 0
        now, key = self._clock(), _household(client)
        tokens, since = self._left.pop(key, (self._full, now))
        tokens = min(self._full, tokens + (now - since) / self._each)
        self._left[key] = (tokens - 1 if tokens >= 1 else tokens, now)
        if len(self._left) > self._clients:
            self._left.popitem(last=False)  # the one that asked longest ago
        return 0 if tokens >= 1 else math.ceil((1 - tokens) * self._each)


class Waiting:
    """The searches that run and wait, so many of each and no more."""

    def __init__(self, queue: int, at_once: int = AT_ONCE) -> None:
        self._queue = queue
        self._turn = asyncio.Semaphore(at_once)
        self._waiting = 0

    def __len__(self) -> int:
        return self._waiting

    @property
    def full(self) -> bool:
        """Whether another search would find no place."""
        return self._turn.locked() and self._waiting >= self._queue

    async def __aenter__(self) -> None:
        self._waiting += 1
        try:
            await self._turn.acquire()
        finally:
            self._waiting -= 1

    async def __aexit__(self, *_failure: object) -> None:
        self._turn.release()


class Limited:
    """Wraps an ASGI application, and refuses what is more than the limits; what is refused may be tried again."""

    def __init__(self, app: ASGIApp, operation: Operation, waiting: Waiting) -> None:
        self.app = app
        self._rate = Rate(operation.rate)
        self._waiting = waiting
        self._seconds = operation.seconds
        self._running: set[asyncio.Task[None]] = set()  # the loop itself would forget them

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on, in its turn and within its time, or answer 429 or 503 with when to try again."""
        if scope["type"] != "http" or _STREAMS.fullmatch(scope["path"]):
            return await self.app(scope, receive, send)
        path, writes = scope["path"], scope["method"] not in READ
        if writes or _COUNTED.fullmatch(path):
            wait = self._rate.wait(scope["client"][0] if scope["client"] else "")
            if wait:
                return await refusal(scope, 429, again=wait)(scope, receive, send)
        searches = writes and path in _SEARCHES
        if searches and self._waiting.full:
            return await refusal(scope, 503, again=_AGAIN)(scope, receive, send)
        return await self._in_time(scope, receive, send, searches)

    async def _in_time(self, scope: Scope, receive: Receive, send: Send, searches: bool) -> None:
        """Answer in a task of its own: a search in a thread cannot be stopped, only be left alone."""
        answer = _Answer(send)
        task = asyncio.create_task(self._in_turn(scope, receive, answer, searches))
        self._running.add(task)
        task.add_done_callback(self._ended)
        try:
            await asyncio.wait({task}, timeout=self._seconds)
            if not task.done() and answer.begun:
                await asyncio.wait({task})
        except asyncio.CancelledError:
            task.cancel()
            raise
        if task.done():
            return task.result()
        answer.closed = True
        if not answer.called:
            task.cancel()  # it leaves the queue; one that searches keeps its place until its thread has ended
        return await refusal(scope, 504, again=_AGAIN)(scope, receive, send)

    async def _in_turn(self, scope: Scope, receive: Receive, answer: _Answer, searches: bool) -> None:
        async with self._waiting if searches else nullcontext():
            answer.called = True
            await self.app(scope, receive, answer)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # looked at, or the loop would print it


class _Answer:
    """Sends on, until it is closed."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.called = self.begun = self.closed = False

    async def __call__(self, message: Message) -> None:
        if not self.closed:
            self.begun = True
            await self._send(message)


def _household(client: str) -> str:
    """Give the part of an address that one client keeps: of IPv6, each has 2 to the 64th addresses to choose from."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return client[:64]
    if isinstance(address, ipaddress.IPv6Address):
        return str(address.ipv4_mapped or ipaddress.ip_network((int(address), 64), strict=False).network_address)
    return client
