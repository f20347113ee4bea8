"""How a reader that has good reason to be slow says that it goes on."""

from __future__ import annotations

from collections.abc import Callable

MAX_STEPS = 200  # a document; each step may take as long as a whole document otherwise

_told: list[Callable[[], None]] = []


def step_done() -> None:
    """Say that a slow step is done, such as recognising one scanned page: the time limit begins anew."""
    for tell in _told:
        tell()


def tell(listener: Callable[[], None]) -> None:
    """Have every step reported to `listener`."""
    _told.append(listener)
