"""Builds that are killed, meet a failing disk, or each other: the quick form; `make faults` runs the full one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.encoder import Encoder
from index.search import Searcher
from tests.conftest import EXAMPLES, ROOT, until
from tests.faults.running import compiled, driven, may_mount, mounted, quick_folder


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> str:
    return compiled(tmp_path_factory.mktemp("library"))


@pytest.fixture
def folder() -> Iterator[Path]:
    with quick_folder() as found:
        yield found


@pytest.mark.parametrize(
    ("mode", "number", "kind"),
    [
        ("kill-steps", 16, "whole"),
        ("kill-steps", 16, "kept"),
        ("kill-steps", 16, "changed"),
        ("kill-random", 12, "changed"),
        ("fail", 5, "kept"),
        ("fail", 5, "changed"),
    ],
)
def test_a_build_under_fire_leaves_the_old_generation_or_the_new(
    library: str, folder: Path, mode: str, number: int, kind: str
) -> None:
    """Killed or refused, the questions are answered as before or as after, and the next build needs no cleaning."""
    found = driven(mode, library, folder, number, kind)
    assert [] == found["wrong"]
    assert sum(found["outcomes"].values()) >= number


def test_without_a_compiler_the_calls_of_python_fail(folder: Path) -> None:
    """The shim sees opening, renaming and making folders, and that is survived as well."""
    found = driven("fail", "", folder, 5, "whole")
    assert [] == found["wrong"]
    assert found["outcomes"]["refused, old"] >= 5


def test_a_disk_that_is_full_refuses_or_holds_the_whole(folder: Path) -> None:
    """On disks of many sizes a build fails in one line with the path, or is whole."""
    if not may_mount(folder):
        pytest.skip("no disk of its own can be mounted here")
    found = driven("full", "", folder, 8, "whole", mounted(folder))
    assert [] == found["wrong"]
    assert found["outcomes"]["refused, old"] and found["outcomes"]["done, new"]


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "bot.cli", "index", *map(str, arguments)]


def test_the_second_of_two_builders_stops_and_a_killed_one_blocks_nobody(tmp_path: Path, encoder: Encoder) -> None:
    """While one process builds, the other ends at once with code 1; when that was killed, the next one builds."""
    index = tmp_path / "index"
    first = subprocess.Popen(command(EXAMPLES, "--index", index), cwd=ROOT, start_new_session=True)
    try:
        until(lambda: any(index.glob("generations/.building-*")), 60)
        os.kill(first.pid, signal.SIGSTOP)
        second = subprocess.run(command(EXAMPLES, "--index", index), cwd=ROOT, capture_output=True, text=True)
        assert (1, 1) == (second.returncode, second.stderr.count("\n"))
        assert "another process is building" in second.stderr
    finally:
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()
    third = subprocess.run(command(EXAMPLES, "--index", index), cwd=ROOT, capture_output=True, text=True)
    assert 0 == third.returncode, third.stderr
    assert ["000001"] == [path.name for path in (index / "generations").iterdir()]
    assert Searcher.open(index).ask("Hvad koster skolemad?").hits
