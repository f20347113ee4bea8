"""What the tests of fetching share: a clock, a guest at the stand-in, what lies in a folder, the command line."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import pytest

from bot.cli import main
from corpus.fetch.folder import MANIFEST
from corpus.fetch.guest import Guest
from corpus.fetch.report import Report
from corpus.fetch.run import Source, fetch
from corpus.fetch.scope import Scope
from corpus.files import SIDECAR
from tests.oda_server import StandIn

TODAY = date(2026, 1, 15)
WHOLE = Scope(session="20231")
COUNT = 14  # questions of a session, where not more are needed


class Clock:
    """A clock that waits by being set; `waits` has every pause."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    def guest(self, **more: Any) -> Guest:
        """A guest to whom this clock is all time there is."""
        return Guest(**{"contact": "post@example.dk", "clock": self, "sleep": self.sleep, **more})


def source(one: StandIn) -> Source:
    """Ask the stand-in as fast as it answers."""
    return Source(guest=Clock().guest(rate=1e9), service=one.service, files=one.files)


def got(one: StandIn, into: Path, scope: Scope = WHOLE, **more: Any) -> Report:
    return fetch(into, scope, source(one), today=TODAY, **more)


def at(one: StandIn, *, fast: bool = True) -> tuple[object, ...]:
    """The options that lead a command to the stand-in."""
    return ("--service", one.service, "--files", one.files, *(("--rate", 1e6) if fast else ()))


def row(one: StandIn, entity: str, id_: int) -> dict[str, Any]:
    return next(row for row in one.entities[entity] if row["id"] == id_)


def tree(folder: Path) -> dict[str, bytes]:
    """Every file in a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def lying(into: Path) -> dict[str, bytes]:
    """Every document in a folder."""
    return {name: data for name, data in tree(into).items() if not name.endswith((SIDECAR, MANIFEST))}


def manifest(into: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((into / MANIFEST).read_bytes())
    return read


def beside(into: Path) -> dict[str, dict[str, Any]]:
    """Every sidecar, by the number of its question."""
    read = [json.loads(path.read_bytes()) for path in into.rglob("*.meta.json")]
    return {one["number"]: one for one in read}


def ends_the_same_wherever_it_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bring: Callable[[Path], object], cuts: int
) -> None:
    """Cut off before each renaming in turn and called again, a fetch leaves the same folder, byte for byte."""

    class Cut(BaseException):
        pass

    plain = Path.replace
    bring(tmp_path / "whole")
    for cut in range(1, cuts + 1):
        left = cut

        def replace(self: Path, target: Path) -> Path:
            nonlocal left
            left -= 1
            if left == 0:
                raise Cut
            return plain(self, target)

        with monkeypatch.context() as patched:
            patched.setattr(Path, "replace", replace)
            with pytest.raises(Cut):
                bring(tmp_path / str(cut))
        assert tree(tmp_path / "whole") != tree(tmp_path / str(cut))
        bring(tmp_path / str(cut))
        assert tree(tmp_path / "whole") == tree(tmp_path / str(cut))


class Done(NamedTuple):
    """What a command printed, and its exit code."""

    returncode: int
    stdout: str
    stderr: str


def run(*words: object) -> Done:
    """Run `spoergetime` within this process."""
    out, err = io.StringIO(), io.StringIO()
    named = patch.object(sys, "argv", ["spoergetime", *map(str, words)])
    with named, redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as left:
        main()
    return Done(int(left.value.code or 0), out.getvalue(), err.getvalue())
