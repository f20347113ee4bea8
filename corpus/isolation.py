"""Reading hostile documents: in processes of their own, with limits, so that a bad one costs itself alone.

The bytes are read here, once, and sent: hash and text are of the same bytes, and members of archives need no file.
What touches them - extraction, recognition, cutting - happens in `corpus.worker`, which is used again and again, and
ended when it hangs, dies or grows. What comes back is checked by `corpus.wire`.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, NamedTuple, Self, cast

from corpus import pace
from corpus.document import load
from corpus.errors import SpoergetimeError, UnreadableError
from corpus.files import Found
from corpus.records import Document, Passage, SourceFile
from corpus.wire import STEP, BrokenReplyError, receive, send, unpack

# -P: a module in the folder where the user happens to be is none of ours.
_COMMAND = (sys.executable, "-P", "-m")
_START = 60  # seconds
_AHEAD = 2  # documents a worker, so that none waits for the one that gathers


class Limits(NamedTuple):
    """What one document may take; with starting a process anew it stays under 30 seconds and 1 GiB."""

    seconds: float = 25
    memory: int = 1 << 30  # bytes

    def in_words(self) -> str:
        """Give the memory as people say it."""
        return f"{self.memory / (1 << 30):.3g} GiB"


class Reading(NamedTuple):
    """What became of one file: a document with its passages, or the reason why not."""

    found: Found
    sha256: str  # empty where its bytes could not be read
    document: Document | None
    passages: tuple[Passage, ...]
    reason: str | None


class Reader:
    """Reads documents in up to `workers` processes, started when needed and ended with the `with` block.

    `memory` is the most that any of them has used, in bytes, as far as it could be told.
    """

    def __init__(self, limits: Limits | None = None, workers: int | None = None) -> None:
        self.memory = 0
        self._limits = limits or Limits()
        self._most = workers or min(4, len(os.sched_getaffinity(0)))
        self._idle: deque[Worker] = deque()
        self._all: set[Worker] = set()
        self._closed = False
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._closed = True
        with self._lock:
            workers = list(self._all)
        for worker in workers:
            worker.stop()

    def read(
        self, source: SourceFile, found: Found, data: bytes, max_characters: int
    ) -> tuple[Document, list[Passage]]:
        """Read a file's bytes into a document and its passages; raise `UnreadableError` with a one-line reason."""
        request = json.dumps({"file": found.file, "max_characters": max_characters}).encode()
        worker = self._worker()
        used = worker.served > 0
        reply = worker.ask(request, data)
        if reply is None and used and not worker.late:
            # The document before this one may have left the process ill: that is not this one's fault.
            self._end(worker)
            worker = self._worker(fresh=True)
            reply = worker.ask(request, data)
        try:
            if reply is None:
                raise UnreadableError(worker.why())
            result = unpack(reply, source, max_characters)
        except (UnreadableError, BrokenReplyError) as error:
            self._end(worker)
            if isinstance(error, UnreadableError):
                raise
            raise UnreadableError("the reader gave back what is no document. Save it anew") from error
        self.memory = max(self.memory, result.memory)
        if worker.late or result.memory > self._limits.memory // 2:
            self._end(worker)
        else:
            self._idle.append(worker)
        if result.document is None:
            raise UnreadableError((result.reason or "").replace("{memory}", self._limits.in_words()))
        return result.document, list(result.passages)

    def read_many(self, files: Iterable[Found], max_characters: int) -> Iterator[Reading]:
        """Read files side by side and give what became of each, in their order; few are held at a time."""
        waiting: deque[Future[Reading]] = deque()
        pool = ThreadPoolExecutor(self._most, thread_name_prefix="reading")
        try:
            ahead = iter(files)
            for file in islice(ahead, _AHEAD * self._most):
                waiting.append(pool.submit(self._reading, file, max_characters))
            while waiting:
                reading = waiting.popleft().result()
                for file in islice(ahead, 1):
                    waiting.append(pool.submit(self._reading, file, max_characters))
                yield reading
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _reading(self, found: Found, max_characters: int) -> Reading:
        sha256 = ""
        try:
            source, data = load(found)
            sha256 = source.sha256
            document, passages = self.read(source, found, data, max_characters)
        except UnreadableError as error:
            return Reading(found, sha256, None, (), str(error))
        return Reading(found, sha256, document, tuple(passages), None)

    def _worker(self, fresh: bool = False) -> Worker:
        if self._closed:
            raise SpoergetimeError("reading has ended")
        if not fresh:
            with contextlib.suppress(IndexError):
                return self._idle.pop()
        worker = Worker(self._limits)
        with self._lock:
            self._all.add(worker)
        return worker

    def _end(self, worker: Worker) -> None:
        worker.stop()
        with self._lock:
            self._all.discard(worker)
        self.memory = max(self.memory, worker.memory)


class Worker:
    """One process for hostile bytes; `late` once it took too long, and `why` says how it ended."""

    def __init__(self, limits: Limits, module: str = "corpus.worker") -> None:
        self.served = 0
        self.late = False
        self.memory = 0
        self._limits = limits
        here = str(Path(__file__).parent.parent)
        path = os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))
        with tempfile.TemporaryFile() as complaints:
            self._process = subprocess.Popen(  # noqa: S603 - the arguments are all ours
                (*_COMMAND, module),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
                env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
                start_new_session=True,  # so that what it starts ends with it
            )
            self._requests = cast(BinaryIO, self._process.stdin)
            self._replies = cast(BinaryIO, self._process.stdout)
            if self._exchange([json.dumps(limits._asdict()).encode()], _START) != b"ready":
                self.stop()
                complaints.seek(0)
                last = complaints.read().decode(errors="replace").strip().rpartition("\n")[2][:200]
                raise SpoergetimeError(f"documents cannot be read: the reader does not start ({last}). Install again")

    def ask(self, request: bytes, data: bytes) -> bytes | None:
        """Send a request with a file's bytes and wait for the reply; None where none came in time."""
        self.served += 1
        return self._exchange([request, data], self._limits.seconds)

    def why(self) -> str:
        """End the process, which gave no reply, and say why there was none."""
        if self.late:
            self.stop()
            return f"reading took longer than {self._limits.seconds:g} s. Split the document"
        ended = os.WEXITED | os.WNOHANG | os.WNOWAIT
        for _ in range(100):  # its pipe closes a moment before it ends
            if os.waitid(os.P_PID, self._process.pid, ended):
                break
            time.sleep(0.01)
        code = self.stop()
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return f"the reader crashed ({how}). Save the document anew, in another format"

    def stop(self) -> int:
        """End the process and all that it started, and give its exit code."""
        self._kill()
        for stream in (self._requests, self._replies):
            with contextlib.suppress(OSError):
                stream.close()
        return self._process.wait()

    def _exchange(self, frames: Iterable[bytes], seconds: float) -> bytes | None:
        watch = self._watch(seconds)
        try:
            for frame in frames:
                send(self._requests, frame)
            steps = 0
            while (reply := receive(self._replies)) == STEP and steps < pace.MAX_STEPS:
                steps += 1
                watch.cancel()
                watch = self._watch(seconds)
            return reply
        except (OSError, ValueError):  # it is gone, and its pipes with it
            return None
        finally:
            watch.cancel()

    def _watch(self, seconds: float) -> threading.Timer:
        timer = threading.Timer(seconds, self._expire)
        timer.daemon = True
        timer.start()
        return timer

    def _expire(self) -> None:
        self.late = True
        with contextlib.suppress(OSError, StopIteration):
            status = Path(f"/proc/{self._process.pid}/status").read_text()
            self.memory = 1024 * next(int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line)
        self._kill()

    def _kill(self) -> None:
        with contextlib.suppress(OSError):
            os.killpg(self._process.pid, signal.SIGKILL)
