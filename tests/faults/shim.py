"""What preload.c does, where there is no C compiler: at the calls of Python itself, not those of native code."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from typing import Any

FAIL_ONCE, FAIL_ON, KILL = 1, 2, 3
_PLACES = {"os.rename": 0, "os.mkdir": 0, "os.remove": 0, "os.rmdir": 0, "os.truncate": 0, "os.link": 1}

_folder = ""
_at = _kind = _error = 0
_steps: list[str] = []


def fault_arm(beneath: bytes, at: int, kind: int, error: int) -> None:
    """Begin to count; may be called once in a process."""
    global _folder, _at, _kind, _error
    _folder, _at, _kind, _error = os.fsdecode(beneath), at, kind, error
    sys.addaudithook(_met)


def fault_names() -> bytes:
    """Give the steps that were counted, a line each."""
    return "".join(_steps).encode()


def _met(event: str, args: tuple[Any, ...]) -> None:
    for path in _written(event, args):
        if path.startswith(_folder):
            name = event.removeprefix("os.")
            _steps.append(f"{name} {path[len(_folder) :]}\n")
            if _kind == KILL and len(_steps) == _at:
                os.kill(os.getpid(), signal.SIGKILL)
            removes = name in ("remove", "rmdir")
            if (_kind == FAIL_ONCE and len(_steps) == _at) or (_kind == FAIL_ON and len(_steps) >= _at and not removes):
                raise OSError(_error, os.strerror(_error), path)


def _written(event: str, args: tuple[Any, ...]) -> Iterator[str]:
    if event == "open" and isinstance(args[0], str | bytes | os.PathLike) and args[2] & (os.O_CREAT | os.O_TRUNC):
        yield os.fsdecode(args[0])
    elif event in _PLACES and isinstance(args[_PLACES[event]], str | bytes | os.PathLike):
        yield os.fsdecode(args[_PLACES[event]])
