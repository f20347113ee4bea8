"""The process in which hostile bytes are read: `corpus.isolation` starts it, feeds it and ends it.

Requests come on standard input and replies leave on standard output, as `corpus.wire` describes. Nothing else leaves.
"""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

from corpus import pace
from corpus.confined import channels, limit, silence, used
from corpus.document import passages, read
from corpus.errors import UnreadableError
from corpus.files import Found
from corpus.records import SourceFile
from corpus.split import pieces
from corpus.wire import MAX_FRAME, STEP, pack, pack_refusal, receive, send

_GRACE = 5  # seconds after which a process that nobody watches any more ends itself


def main() -> None:
    """Answer requests until there are no more."""
    requests, replies = channels()
    request = json.loads(receive(requests) or b"{}")
    list(pieces("Ord. " * 1_000))  # what every document needs is loaded once, and counts for none
    limit(request["memory"])
    patience = int(request["seconds"]) + _GRACE

    def step() -> None:
        signal.alarm(patience)
        send(replies, STEP)

    pace.tell(step)
    send(replies, b"ready")
    silence()
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
        reply = pack(document, passages(document, request["max_characters"]), used("VmHWM"))
        reason = None if len(reply) <= MAX_FRAME else "what was read is too long to keep. Split the document"
    except UnreadableError as error:
        reason = str(error)
    except MemoryError:
        reason = "reading needed more than {memory} of memory. Split the document"
    except Exception as error:  # a reader's own mistake must cost one document, not the build
        reason = f"the reader failed ({type(error).__name__}). Save the document anew, in another format"
    return pack_refusal(reason, used("VmHWM")) if reason else reply


if __name__ == "__main__":
    main()
