"""What a process that touches hostile bytes does first: it keeps its channels to itself, and its memory bounded."""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path
from typing import BinaryIO


def channels() -> tuple[BinaryIO, BinaryIO]:
    """Take standard input and output for the frames, so that nothing a library prints gets among them."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    sys.stdin.close()
    return requests, replies


def silence() -> None:
    """Let nothing more be printed, once whoever waits knows that this process has started."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def limit(memory: int) -> None:
    """Let this process have at most so many bytes of memory, and leave no image of it on disk when it dies."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Address space is what can be limited; what is mapped already and takes no memory does not count.
    most = memory + max(0, used("VmSize") - used("VmRSS"))
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def used(what: str) -> int:
    """Give a figure of this process in bytes, as Linux keeps it; 0 where it is not known."""
    try:
        with Path("/proc/self/status").open() as status:
            return next((int(line.split()[1]) * 1024 for line in status if line.startswith(what + ":")), 0)
    except OSError:
        return 0
