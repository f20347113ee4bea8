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
_START = 300  # seconds in which a process must be ready; on a slow disk hashing a big index takes minutes


class LostError(Exception):
    """A worker gave no answer: it failed, took too long, or died."""


class Workers:
    """Answers in `count` processes over one index, started at once and ended with the `with` block.

    One that dies, takes longer than `seconds` over a question, or never gets ready is replaced.
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
        try:
            another = _Worker(self._command)
        except OSError as error:  # the one that ended keeps its place, and the next question tries again
            LOG.error("a process that answers ended (%s); no other could be started: %s", code, error.strerror)
            return worker
        LOG.error("a process that answers ended (%s); another takes its place", code)
        self._all[self._all.index(worker)] = another
        return another


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
        self._started = time.monotonic()

    def ask(self, request: bytes, seconds: float) -> bytes | None:
        """Give the reply to a request; None where none came in time, or ever will.

        One that is still starting fails the question, and is not asked.
        """
        try:
            if not self._ready:
                if not self._speaks(seconds) and time.monotonic() - self._started < _START:
                    return FAILED + b"the process that answers is still starting"
                self._ready = self._received(0) == READY
            if not self._ready:
                return None
            send(self._requests, request)
            return self._received(seconds)
        except (OSError, ValueError):  # ended, by itself or (its pipe is closed) by us
            return None

    def stop(self) -> int:
        """End the process, and give its exit code."""
        with contextlib.suppress(OSError):
            self._requests.close()
        self._process.kill()
        code = self._process.wait()
        self._replies.close()
        return code

    def _received(self, seconds: float) -> bytes | None:
        return receive(self._replies) if self._speaks(seconds) else None

    def _speaks(self, seconds: float) -> bool:
        """Wait for something to read, or for the end."""
        waiting = select.poll()
        waiting.register(self._replies, select.POLLIN)
        return bool(waiting.poll(1000 * seconds))


def usual(cheap: bool) -> int:
    """Give how many workers suit this machine: none where each would load a model that is big and threaded itself."""
    return min(_MOST, len(os.sched_getaffinity(0))) if cheap else 0
