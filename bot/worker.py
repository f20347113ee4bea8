"""The process in which questions are answered: `bot.workers` starts it, asks it and ends it.

Requests come on standard input and replies leave on standard output. It ends when the server does.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from bot.answering import FORMS
from bot.archive import Archive, RefusalError
from bot.logs import log_as_json
from bot.shell import where
from bot.workers import ANSWERED, FAILED, READY, REFUSED
from corpus.confined import channels
from corpus.wire import receive, send
from index.rerank import load


def main() -> None:
    """Answer requests until there are no more."""
    requests, replies = channels()
    index, model, rerank, logs = sys.argv[1:]
    if logs:
        log_as_json()
    archive = Archive(Path(index), model or None, load(rerank or None))
    archive.searcher()
    archive.follow()  # one that is asked nothing must neither keep an old generation nor answer from it
    send(replies, READY)
    while (frame := receive(requests)) is not None:
        form, asked = json.loads(frame)
        try:
            reply = ANSWERED + FORMS[form](archive, asked)
        except RefusalError as refusal:
            reply = REFUSED + str(refusal).encode()
        except Exception as error:  # told without what was asked
            reply = FAILED + where(error).encode()
        send(replies, reply)


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:  # the server ended before this one had started, or while it answered
        os._exit(0)  # nothing is left to be written to a pipe that is gone
