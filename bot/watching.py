"""`spoergetime index --watch`: an index is kept in step with its folders until told to stop."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from types import FrameType

from bot.shape import report_json
from corpus.errors import InputError, SpoergetimeError
from corpus.files import is_folder
from index.build import Report
from index.watch import watch


def in_step(
    paths: Sequence[Path], index: Path, update: Callable[[], Report], interval: float, *, as_json: bool
) -> None:
    """Update the index whenever the files change, a line for each update, until SIGINT or SIGTERM comes.

    A build that is under way then is given up, which leaves the generation in use as it is.
    """
    generation: str | None = None

    def build() -> None:
        nonlocal generation
        for path in paths:
            if is_folder(path) is None:  # a disk that is away for a while: its documents are not to be taken out
                raise InputError(f"no such file or folder: {path}. Bring it back; until then the index stays as it is")
        report = update()
        if report.generation != generation:
            generation = report.generation
            print(json.dumps(report_json(report), ensure_ascii=False) if as_json else _line(report), flush=True)

    def failed(error: SpoergetimeError) -> None:
        print(f"{_now()} spoergetime: {' '.join(str(error).split())}", file=sys.stderr, flush=True)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        watch(paths, build, failed, exclude=index, interval=interval)
    except KeyboardInterrupt:
        print(f"{_now()} stopped", file=sys.stderr, flush=True)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _line(report: Report) -> str:
    return (
        f"{_now()} generation {report.generation}: {report.documents:,} documents, {report.added:,} added, "
        f"{report.updated:,} updated, {report.removed:,} removed, {len(report.quarantined):,} quarantined, "
        f"{report.seconds:.1f} s"
    )


def _now() -> str:
    return datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
