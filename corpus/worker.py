"""The process in which hostile bytes are read: `corpus.isolation` starts it, feeds it and ends it.

Requests come on standard input and replies leave on standard output, as `corpus.wire` describes. Nothing else leaves.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any, BinaryIO

from corpus import pace
from corpus.document import passages, read
from corpus.errors import UnreadableError
from corpus.files import Found
from corpus.records import SourceFile
from corpus.split import pieces
from corpus.wire import MAX_FRAME, STEP, pack, pack_refusal, receive, send

_GRACE = 5  # seconds after which a process that nobody watches any more ends itself


def main() -> None:
    """Answer requests until there are no more."""
    requests, replies = _channels()
    request = json.loads(receive(requests) or b"{}")
    list(pieces("Ord. " * 1_000))  # what every document needs is loaded once, and counts for none
    _limit(request["memory"])
    patience = int(request["seconds"]) + _GRACE

    def step() -> None:
        signal.alarm(patience)
        send(replies, STEP)

    pace.tell(step)
    send(replies, b"ready")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    while (frame := receive(requests)) is not None and (data := receive(requests)) is not None:
        signal.alarm(patience)
        reply = _reply(json.loads(frame), data)
        signal.alarm(0)
        send(replies, reply)


def _reply(request: dict[str, Any], data: bytes) -> bytes:
    """Read one document; whatever goes wrong becomes a reason."""
    found = Found(Path(), request["file"])
    source = SourceFile("", request["file"], "")
    try:
        document = read(source, found, data)
        reply = pack(document, passages(document, request["max_characters"]), _used("VmHWM"))
        reason = None if len(reply) <= MAX_FRAME else "what was read is too long to keep. Split the document"
    except UnreadableError as error:
        reason = str(error)
    except MemoryError:
        reason = "reading needed more than {memory} of memory. Split the document"
    except Exception as error:  # a reader's own mistake must cost one document, not the build
        reason = f"the reader failed ({type(error).__name__}). Save the document anew, in another format"
    return pack_refusal(reason, _used("VmHWM")) if reason else reply


def _channels() -> tuple[BinaryIO, BinaryIO]:
    """Take standard input and output for the frames, so that nothing a library prints gets among them."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    sys.stdin.close()
    return requests, replies


def _limit(memory: int) -> None:
    """Let this process have at most so many bytes of memory, and leave no image of it on disk when it dies."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Address space is what can be limited; what is mapped already and takes no memory does not count.
    most = memory + max(0, _used("VmSize") - _used("VmRSS"))
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _used(what: str) -> int:
    """Give a figure of this process in bytes, as Linux keeps it; 0 where it is not known."""
    try:
        with Path("/proc/self/status").open() as status:
            return next((int(line.split()[1]) * 1024 for line in status if line.startswith(what + ":")), 0)
    except OSError:
        return 0


if __name__ == "__main__":
    main()
