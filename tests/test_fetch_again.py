"""Fetching once more: only what changed is asked for, and whatever happened before, the folder ends the same."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from corpus.errors import LockedError
from corpus.fetch.folder import MANIFEST, Folder
from tests.fetching import COUNT, ends_the_same_wherever_it_is_cut, got, lying, manifest, row, tree
from tests.oda_records import content
from tests.oda_server import StandIn, running


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    """A session of fourteen questions."""
    with running(StandIn(COUNT)) as one:
        yield one


def test_a_second_fetch_asks_for_no_file(stand_in: StandIn, tmp_path: Path) -> None:
    """All records are read again, no file is, and nothing in the folder is written anew."""
    got(stand_in, tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    stand_in.log.clear()
    report = got(stand_in, tmp_path)
    assert (0, COUNT, []) == (report.fetched, report.unchanged, stand_in.asked("/samling/"))
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}


def test_only_what_changed_is_asked_for(stand_in: StandIn, tmp_path: Path) -> None:
    """One answer changed, another only seems to have: one page of records, and two files, one of them sent."""
    got(stand_in, tmp_path)
    for number, later in ((7, "2025-02-03T08:00:00.5"), (12, "2025-02-03T08:00:01")):
        for entity, id_ in (("Dokument", 3_000 + number), ("Fil", 5_000 + number)):
            row(stand_in, entity, id_)["opdateringsdato"] = later
    paths = stand_in.asked("/5007.pdf") + stand_in.asked("/5012.pdf")
    stand_in.revised[paths[0]] = content("/5000.pdf")
    stand_in.log.clear()
    report = got(stand_in, tmp_path, changed=True)
    assert (1, 1, []) == (report.fetched, report.unchanged, report.missing)
    assert paths == stand_in.asked("/samling/")
    assert 1 == len(stand_in.asked("/Dokument?"))
    assert content("/5000.pdf") == (tmp_path / "20231/svar-3007-pdf-5007.pdf").read_bytes()
    stand_in.log.clear()
    got(stand_in, tmp_path, changed=True)
    assert [] == stand_in.asked("/samling/")


def test_a_file_that_moved_is_fetched_from_where_it_lies(stand_in: StandIn, tmp_path: Path) -> None:
    """What the server said of the bytes at one address is not asked of another, where it may be true of other bytes."""
    stand_in.one_tag = True
    got(stand_in, tmp_path)
    moved, staying = row(stand_in, "Fil", 5_007), row(stand_in, "Fil", 5_012)
    moved["filurl"] = moved["filurl"].replace("/5007.", "/5010.")
    for file in (moved, staying):
        file["opdateringsdato"] = "2025-02-03T08:00:00"
    report = got(stand_in, tmp_path)
    assert (1, COUNT - 1) == (report.fetched, report.unchanged)
    assert content("/5010.pdf") == (tmp_path / "20231/svar-3007-pdf-5007.pdf").read_bytes()


def test_a_move_without_a_change_keeps_what_is_known_of_the_old_address(stand_in: StandIn, tmp_path: Path) -> None:
    """A new address first, a changed record later: also then the old address's ETag is not sent to the new one."""
    stand_in.one_tag = True
    got(stand_in, tmp_path)
    moved = row(stand_in, "Fil", 5_007)
    moved["filurl"] = moved["filurl"].replace("/5007.", "/5010.")
    assert 0 == got(stand_in, tmp_path).fetched
    moved["opdateringsdato"] = "2025-02-03T08:00:00"
    assert 1 == got(stand_in, tmp_path).fetched
    assert content("/5010.pdf") == (tmp_path / "20231/svar-3007-pdf-5007.pdf").read_bytes()


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59", "0001-01-01T00:00:00", "2024-13-45T00:00:00"])
def test_a_strange_time_of_change_hides_nothing(stand_in: StandIn, tmp_path: Path, moment: str) -> None:
    """Whatever one record says of its own change, changes of the others are seen afterwards."""
    row(stand_in, "Dokument", 3_001)["opdateringsdato"] = moment
    stand_in.faults["/5001."] = ["404"]
    assert COUNT - 1 == got(stand_in, tmp_path).fetched
    for entity, id_ in (("Dokument", 3_007), ("Fil", 5_007)):
        row(stand_in, entity, id_)["opdateringsdato"] = "2026-02-03T08:00:00"
    stand_in.revised[stand_in.asked("/5007.pdf")[0]] = content("/5000.pdf")
    got(stand_in, tmp_path, changed=True)
    assert content("/5000.pdf") == (tmp_path / "20231/svar-3007-pdf-5007.pdf").read_bytes()


def test_a_file_that_failed_is_asked_for_again(stand_in: StandIn, tmp_path: Path) -> None:
    """Also where only changes are asked for, until it has come; the manifest names it meanwhile."""
    stand_in.faults["/5003."] = ["404"] * 2
    assert ["20231/svar-3003-pdf-5003.pdf"] == [one.file for one in got(stand_in, tmp_path).missing]
    assert ["20231/svar-3003-pdf-5003.pdf"] == list(manifest(tmp_path)["missing"])
    assert 1 == len(got(stand_in, tmp_path, changed=True).missing)
    assert 1 == got(stand_in, tmp_path, changed=True).fetched
    assert {} == manifest(tmp_path)["missing"]


def test_killed_at_twenty_moments(tmp_path: Path) -> None:
    """Never a partial file under its name, and in the end the same folder, byte for byte.

    Every other kill falls when half of a file has come.
    """
    moments = random.Random(8)
    with running(StandIn(60)) as one:
        got(one, tmp_path / "whole")
        kills = [0, 0]  # between files, within one
        while sum(kills) < 20:
            within = kills[1] < 10 and bool(moments.getrandbits(1))
            kills[within] += _killed(one, tmp_path / "killed", moments, within=within)
            for name, data in lying(tmp_path / "killed").items():
                if not name.endswith(".part"):
                    number, _, suffix = name.rpartition("-")[2].partition(".")
                    assert content(f"/{number}.{suffix}") == data
        assert kills[1] > 3
        one.on_request = one.on_half = lambda _: None
        assert got(one, tmp_path / "killed").done
    assert tree(tmp_path / "whole") == tree(tmp_path / "killed")


def _killed(one: StandIn, into: Path, moments: random.Random, *, within: bool) -> bool:
    """Fetch in a process of its own, and kill it after a request or within a file; False where it came through."""
    last = moments.randint(1, 25)
    one.log.clear()
    child = os.fork()
    if child == 0:
        os._exit(0 if got(one, into).done else 1)

    def kill(requests: int) -> None:
        if requests == last or (within and requests > last):
            time.sleep(moments.uniform(0, 0.01))
            os.kill(child, signal.SIGKILL)

    one.on_request, one.on_half = (_pass, kill) if within else (kill, _pass)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def _pass(requests: int) -> None:
    """Let a request be."""


def test_what_is_no_longer_listed_is_named(stand_in: StandIn, tmp_path: Path) -> None:
    """An answer that was withdrawn stays until the user deletes it, and the report names it."""
    got(stand_in, tmp_path)
    row(stand_in, "Dokument", 3_001)["offentlighedskode"] = "F"
    report = got(stand_in, tmp_path)
    assert (COUNT - 1, ["20231/svar-3001-pdf-5001.pdf"]) == (report.listed, report.gone)
    assert (tmp_path / "20231/svar-3001-pdf-5001.pdf").exists()


def test_one_fetch_at_a_time(stand_in: StandIn, tmp_path: Path) -> None:
    """A second one is told so; what an earlier one left unfinished is cleared away, and what others left is theirs."""
    (tmp_path / "20231").mkdir()
    strange = [
        tmp_path / ".film.mkv.part",
        tmp_path / "20231" / ".a.part",
        tmp_path / "20231" / "x" / ".svar-1-pdf-2.pdf.part",
    ]
    strange[2].parent.mkdir()
    for path in strange:
        path.write_bytes(b"another program's")
    (tmp_path / "20231" / ".svar-1-pdf-2.pdf.meta.json.part").write_bytes(b"half")
    with Folder(tmp_path).locked(), pytest.raises(LockedError, match="another spoergetime fetches"):
        got(stand_in, tmp_path)
    assert got(stand_in, tmp_path).done
    assert sorted(strange) == sorted(tmp_path.rglob(".*.part"))


def test_a_damaged_folder_mends_itself(stand_in: StandIn, tmp_path: Path) -> None:
    """Files that are cut or gone, sidecars and manifests that are none: the next fetch makes them as they were."""
    got(stand_in, tmp_path)
    before = tree(tmp_path)
    names = sorted(name for name in before if name.endswith((".pdf", ".docx")))
    (tmp_path / names[0]).write_bytes(b"%PDF cut")
    (tmp_path / names[1]).unlink()
    (tmp_path / f"{names[2]}.meta.json").write_bytes(b"[")
    (tmp_path / f"{names[3]}.meta.json").unlink()
    (tmp_path / names[4]).unlink()
    (tmp_path / names[4]).symlink_to("/etc/hostname")
    (tmp_path / MANIFEST).write_bytes(b"\x00")
    assert 5 == got(stand_in, tmp_path).fetched
    assert before == tree(tmp_path)
    assert not (tmp_path / names[4]).is_symlink()


def test_a_crash_at_any_write_ends_in_the_same_folder(
    stand_in: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file, its sidecar, the next one: whichever comes last."""
    ends_the_same_wherever_it_is_cut(tmp_path, monkeypatch, lambda into: got(stand_in, into), 5)
