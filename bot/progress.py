"""What is told beside the outcome, on the error stream: how far a long work is, and what a model left unread."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console

if TYPE_CHECKING:
    from index.encoder import Encoder
    from index.gathering import Progress


@contextmanager
def shown() -> Iterator[Progress]:
    """Show progress on the error stream, and only to a person."""
    from index.gathering import Silent

    if not sys.stderr.isatty():
        yield Silent()
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TimeRemainingColumn
    from rich.progress import Progress as Shown

    columns = ("{task.description:10}", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Shown(*columns, console=Console(stderr=True)) as bars:
        yield Bars(bars)


class Bars:
    """Stages as bars, one below the other."""

    def __init__(self, bars: Any) -> None:
        self._bars = bars
        self._task: Any = None

    def stage(self, name: str, total: int) -> None:
        """Begin a stage of `total` steps."""
        self._task = self._bars.add_task(name, total=total)

    def advance(self, steps: int) -> None:
        """Go on within the stage."""
        self._bars.advance(self._task, steps)


def tell_of_cut(encoder: Encoder) -> None:
    """Say how many texts were longer than the model reads, if any were."""
    if encoder.cut:
        print(
            f"spoergetime: {encoder.cut:,} texts are longer than the {encoder.longest:,} tokens that the model reads; "
            "their ends are found by words only. Lower --max-characters, or name a model that reads more",
            file=sys.stderr,
        )
