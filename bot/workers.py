"""Processes that answer side by side, so that a server uses all its cores; they share the index's files.

One process can run Python on one core only, however many threads it has. The server itself keeps to what must be in one
place: connections, conversations, limits. Frames of JSON pass between, as `corpus.wire` sends them.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, cast

from bot.answering import Asked
from bot.archive import LOG, RefusalError
from corpus.wire import receive, send

READY, ANSWERED, REFUSED, FAILED = b"!", b"a", b"r", b"f"  # how a reply begins
_MOST = 4  # by default; each takes some hundred megabytes
_START = 60  # seconds


class LostError(Exception):
    """A worker gave no answer: it failed, took too long, or died."""


class Workers:
    """Answers in `count` processes over one index, started at once and ended with the `with` block.

    One that dies, or takes longer than `seconds` over a question, is replaced.
    """

    def __init__(self, count: int, index: Path, seconds: float, *options: str) -> None:
        self.timed: Callable[[float], None] | None = None
        self._command = (sys.executable, "-P", "-m", "bot.worker", str(index), *options)
        self._seconds = seconds
        self._closed = False
        self._all = [_Worker(self._command) for _ in range(count)]
        self._idle: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        for worker in self._all:
            self._idle.put(worker)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._closed = True
        for worker in self._all:
            worker.stop()

    def __call__(self, form: str, asked: Asked) -> bytes:
        """Give the answer, from the worker that is free next."""
        request = json.dumps((form, asked)).encode()
        worker = self._idle.get()
        started = time.perf_counter()
        try:
            reply = worker.ask(request, self._seconds)
            if reply is None:
                worker = self._replaced(worker)
        finally:
            self._idle.put(worker)
        how, told = (reply or FAILED)[:1], (reply or b"")[1:]
        if how == ANSWERED:
            if self.timed:
                self.timed(time.perf_counter() - started)
            return told
        if how == REFUSED:
            raise RefusalError(told.decode())
        if told:
            LOG.error("a question failed: %s", told.decode())
        raise LostError

    def _replaced(self, worker: _Worker) -> _Worker:
        code = worker.stop()
        if self._closed:
            return worker
        LOG.error("a process that answers ended (%s); another takes its place", code)
        self._all.remove(worker)
        self._all.append(_Worker(self._command))
        return self._all[-1]


class _Worker:
    """One process that answers."""

    def __init__(self, command: tuple[str, ...]) -> None:
        here = str(Path(__file__).parent.parent)
        path = os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))
        self._process = subprocess.Popen(  # noqa: S603 - the arguments are all ours
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # One thread each: they are as many as the cores.
            env={"OMP_NUM_THREADS": "1", **os.environ, "PYTHONPATH": path},
            start_new_session=True,  # Ctrl-C is the server's; this one ends after it
        )
        self._requests = cast(BinaryIO, self._process.stdin)
        self._replies = cast(BinaryIO, self._process.stdout)
        self._ready = False

    def ask(self, request: bytes, seconds: float) -> bytes | None:
        """Give the reply to a request; None where none came in time, or ever will."""
        if not self._ready:
            self._ready = self._received(_START) == READY
        try:
            send(self._requests, request)
        except (OSError, ValueError):  # ended, by itself or (its pipe is closed) by us
            return None
        return self._received(seconds)

    def stop(self) -> int:
        """End the process, and give its exit code."""
        with contextlib.suppress(OSError):
            self._requests.close()
        self._process.kill()
        code = self._process.wait()
        self._replies.close()
        return code

    def _received(self, seconds: float) -> bytes | None:
        waiting = select.poll()
        waiting.register(self._replies, select.POLLIN)
        return receive(self._replies) if waiting.poll(1000 * seconds) else None


def usual(cheap: bool) -> int:
    """Give how many workers suit this machine: none where each would load a model that is big and threaded itself."""
    return min(_MOST, len(os.sched_getaffinity(0))) if cheap else 0
