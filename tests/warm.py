"""Processes that read documents and outlive the build that started them.

Starting one takes half a second of a core, more than reading what a test writes; some hundred tests build.
"""

from __future__ import annotations

import contextlib
import os
from collections import defaultdict, deque
from types import TracebackType
from typing import Self

from corpus import isolation
from corpus.isolation import Limits, Worker

# By what they were started with: where that differs, a test wants processes of its own.
_left: defaultdict[tuple[Limits, frozenset[tuple[str, str]]], deque[Worker]] = defaultdict(deque)


class Reader(isolation.Reader):
    """Goes on with the processes that the readers before it left, and leaves its own."""

    def __enter__(self) -> Self:
        environment = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
        self._kept = _left[self._limits, frozenset(environment.items())]
        with contextlib.suppress(IndexError):
            for _ in range(self._most):
                self._idle.append(self._kept.pop())
                self._all.add(self._idle[-1])
        return super().__enter__()

    def __exit__(self, *error: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._closed = True
        with contextlib.suppress(IndexError):
            while True:  # what is busy still is ended below
                worker = self._idle.pop()
                with self._lock:
                    self._all.discard(worker)
                self._kept.append(worker)
        super().__exit__(*error)


def end() -> None:
    """End all that were left."""
    for workers in _left.values():
        while workers:
            workers.pop().stop()
