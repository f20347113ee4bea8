"""Keeping an index in step with a folder."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import bot.watching
from corpus.errors import InputError, LockedError, SpoergetimeError
from corpus.files import discover
from index.generation import current
from index.search import Searcher
from index.watch import state, watch
from tests.conftest import ROOT, until


class Ticks:
    """A clock that stands still but for the pauses; at each pause the next thing happens, and then it is over."""

    def __init__(self, *happening: Callable[[], object]) -> None:
        self.now = 0.0
        self.pauses: list[float] = []
        self._happening = list(happening)

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.pauses.append(seconds)
        if not self._happening:
            raise KeyboardInterrupt
        self._happening.pop(0)()


def watched(folder: Path, ticks: Ticks, build: Callable[[], None]) -> list[str]:
    failures: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        watch(
            [folder],
            build,
            lambda error: failures.append(str(error)),
            exclude=folder / "index",
            interval=5,
            clock=ticks.clock,
            sleep=ticks.sleep,
        )
    return failures


def nothing() -> None:
    pass


def test_it_builds_at_once_and_then_only_when_files_have_come_to_rest(tmp_path: Path) -> None:
    """Written twice in a row: one build, an interval after the last; the index's own files count for nothing."""
    built: list[float] = []

    def write(text: str, name: str = "a.txt") -> Callable[[], object]:
        (tmp_path / "index").mkdir(exist_ok=True)
        return lambda: (tmp_path / name).write_text(text, encoding="utf-8")

    ticks = Ticks(nothing, write("en"), write("to nye"), nothing, write("x", "index/current"), nothing, nothing)
    assert [] == watched(tmp_path, ticks, lambda: built.append(ticks.now))
    assert [0.0, 20.0] == built


@pytest.mark.parametrize("change", ["rename", "remove", "sidecar", "same size"])
def test_every_kind_of_change_is_seen(tmp_path: Path, change: str) -> None:
    """Also one that leaves a file's size as it was."""
    path = tmp_path / "a.txt"
    path.write_text("en", encoding="utf-8")
    os.utime(path, ns=(0, 0))

    def happen() -> None:
        if change == "rename":
            path.rename(tmp_path / "b.txt")
        elif change == "remove":
            path.unlink()
        else:
            (path if change == "same size" else tmp_path / "a.txt.meta.json").write_text("to", encoding="utf-8")

    built: list[float] = []
    ticks = Ticks(happen, nothing, nothing)
    watched(tmp_path, ticks, lambda: built.append(ticks.now))
    assert [0.0, 10.0] == built


def test_a_file_that_was_named_is_seen_with_its_sidecar_and_however_it_is_written(tmp_path: Path) -> None:
    """Also where size and time of writing are put back."""
    path = tmp_path / "a.txt"
    path.write_text("en", encoding="utf-8")
    os.utime(path, ns=(0, 0))
    before = state([path], tmp_path / "index")
    (tmp_path / "a.txt.meta.json").write_text("{}", encoding="utf-8")
    beside = state([path], tmp_path / "index")
    assert before != beside

    def rewritten() -> bool:  # the clock of the file system may not have ticked yet
        path.write_text("to", encoding="utf-8")
        os.utime(path, ns=(0, 0))
        return beside != state([path], tmp_path / "index")

    until(rewritten, 10)


def test_a_folder_that_fails_for_a_while_does_not_end_the_watching(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As a network drive does; what comes after that is seen."""
    (tmp_path / "a.txt").write_text("en", encoding="utf-8")
    real = Path.stat
    stale = [False]

    def stat(path: Path, **named: bool) -> os.stat_result:
        if stale[0] and path == tmp_path:
            raise OSError(116, "Stale file handle")
        return real(path, **named)

    def happen() -> None:
        stale[0] = not stale[0]
        (tmp_path / "b.txt").write_text("to" * len(ticks.pauses), encoding="utf-8")

    monkeypatch.setattr(Path, "stat", stat)
    built: list[float] = []

    def build() -> None:
        discover([tmp_path])
        built.append(ticks.now)

    ticks = Ticks(nothing, happen, nothing, happen, nothing, nothing)
    (failure,) = watched(tmp_path, ticks, build)
    assert failure.startswith(f"{tmp_path} cannot be looked at: Stale file handle")
    assert [0.0, 25.0] == built


def test_a_watched_folder_that_is_away_is_not_taken_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It may be on a disk that comes back; nobody has said that it is gone for good."""
    monkeypatch.setattr(bot.watching, "watch", lambda _paths, build, *_, **__: build())
    with pytest.raises(InputError, match="Bring it back"):
        bot.watching.in_step([tmp_path / "away"], tmp_path / "index", pytest.fail, 5, as_json=False)


def test_what_fails_is_told_once_and_tried_again(tmp_path: Path) -> None:
    """Half a minute later, or at the next look if another builder was at work; it never ends the watching."""
    for error, expected in ((InputError("no disk"), [0.0, 30.0, 60.0]), (LockedError("busy"), [0.0, 5.0, 10.0])):
        built: list[float] = []
        ticks = Ticks(*[nothing] * 14)

        def build(error: SpoergetimeError = error, built: list[float] = built, ticks: Ticks = ticks) -> None:
            built.append(ticks.now)
            if len(built) < 3:
                raise error

        assert [str(error)] == watched(tmp_path, ticks, build)
        assert expected == built


def test_a_folder_is_followed_until_the_process_is_told_to_stop(tmp_path: Path) -> None:
    """A line for each update; while another builder holds the lock it waits; SIGTERM ends it with code 0."""
    documents, index = tmp_path / "documents", tmp_path / "index"
    documents.mkdir()
    (documents / "a.txt").write_text("Storkene er tilbage i Ribe.", encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "bot.cli",
        "index",
        str(documents),
        "--index",
        str(index),
        "--watch",
        "--interval",
        "0.2",
    ]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            until(lambda: (index / "current").exists(), 60)
            with (index / "lock").open("w") as lock:
                until(lambda: _locked(lock.fileno()), 10)
                (documents / "b.txt").write_text("Færgen til øen er aflyst.", encoding="utf-8")
                assert process.stderr and "another process is building" in process.stderr.readline()
            until(lambda: current(index)[1].documents == 2, 60)
            assert Searcher.open(index).ask("Hvad er aflyst?").hits
        finally:
            process.send_signal(signal.SIGTERM)
        out, error = process.communicate(timeout=20)
    assert 0 == process.returncode
    first, second = out.splitlines()
    assert "generation 000001: 1 documents, 1 added" in first
    assert "generation 000002: 2 documents, 1 added" in second
    assert error.endswith(" stopped\n")


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
