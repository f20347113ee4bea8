"""What an attack is, and how one is put on the list."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

Outcome = Literal["read", "refused", "either", "absent"]
Make = Callable[[Path], None]
"""Puts one attack into an empty place: `path` has no suffix yet, and every file made begins with it."""


class Attack(NamedTuple):
    """One attack: what it makes, and what must become of that."""

    name: str
    make: Make
    outcome: Outcome  # "either": read or refused, as its size decides
    reason: str  # a regular expression for the reason of every refused file
    slow: bool  # takes more than two seconds: not in the quick set


ATTACKS: list[Attack] = []


def attack(
    outcome: Outcome, reason: str = "", *, slow: bool = False, name: str | None = None
) -> Callable[[Make], Make]:
    """Put a maker on the list."""

    def add(make: Make) -> Make:
        ATTACKS.append(Attack(name or make.__name__, make, outcome, reason, slow))
        return make

    return add


def put(path: Path, suffix: str, data: bytes | str) -> Path:
    """Write the file of an attack."""
    file = path.with_name(path.name + suffix)
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    return file


SENTENCE = "Kommunerne får 115 mio. kr. til skolerne på Ærø i år, siger ministeren. "
