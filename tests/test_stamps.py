"""Files that are as they were are known by their stamps, and whatever is done to one is noticed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import index.plan
from corpus.files import Found
from index import stamps
from index.build import Report, build
from index.encoder import Encoder
from index.generation import STAMPS, current
from index.search import Searcher

TEXTS = {"færge.txt": "En færgebillet koster 85 kr.", "storke.txt": "Der yngler 10 par storke.", "mad.txt": "Skolemad."}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder of files that have lain still, as far as can be told."""
    monkeypatch.setattr("index.stamps._SETTLED", -1)
    folder = tmp_path / "docs"
    folder.mkdir()
    for name, text in TEXTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give the names of the files that planning reads."""
    names: list[str] = []
    real = index.plan.digest

    def digest(found: Found) -> str | None:
        names.append(found.file)
        return real(found)

    monkeypatch.setattr("index.plan.digest", digest)
    return names


def rewritten(path: Path) -> None:
    """Write as many bytes, and put the time back."""
    about = path.stat()
    path.write_text(path.read_text(encoding="utf-8").replace("10", "12"), encoding="utf-8")
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))


def replaced(path: Path) -> None:
    """Put another file of that size and time in its place."""
    about = path.stat()
    other = path.with_name(".other")
    other.write_text(path.read_text(encoding="utf-8").replace("10", "12"), encoding="utf-8")
    os.utime(other, ns=(about.st_atime_ns, about.st_mtime_ns))
    other.replace(path)


def described(path: Path) -> None:
    path.with_name(path.name + ".meta.json").write_text('{"ministry": "Miljøministeriet"}', encoding="utf-8")


def test_only_what_was_touched_is_read(folder: Path, tmp_path: Path, encoder: Encoder, hashed: list[str]) -> None:
    """Of three files one is read; what is new is found, and the others are kept."""
    archive = tmp_path / "index"
    build([folder], archive, encoder)
    hashed.clear()
    (folder / "mad.txt").write_text("Skolemad koster 25 kr.", encoding="utf-8")
    report = build([folder], archive, encoder)
    assert (["mad.txt"], 1, 2) == (hashed, report.updated, report.unchanged)
    hashed.clear()
    assert 3 == build([folder], archive, encoder).unchanged
    assert [] == hashed


@pytest.mark.parametrize("change", [rewritten, replaced, described])
def test_what_is_done_to_a_file_is_noticed(
    change: Callable[[Path], None], folder: Path, tmp_path: Path, encoder: Encoder
) -> None:
    """Also where size and time of writing are as before, and where only the sidecar is new."""
    archive = tmp_path / "index"
    build([folder], archive, encoder)
    change(folder / "storke.txt")
    report: Report = build([folder], archive, encoder)
    assert (1, 2) == (report.updated, report.unchanged)
    hit = Searcher.open(archive).ask("Hvor mange storke yngler?").hits[0]
    assert "12 par" in hit.passage.text or hit.fields.ministry == "Miljøministeriet"


def test_what_was_only_just_written_has_no_stamp(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be written again in the same tick of the clock."""
    files = [Found(folder, name) for name in TEXTS]
    assert set(files) == set(stamps.of(files))
    monkeypatch.setattr("index.stamps._SETTLED", 2_000_000_000)
    assert {} == stamps.of(files)
    monkeypatch.setattr(time, "time_ns", lambda: (folder / "mad.txt").stat().st_ctime_ns + 3_000_000_000)
    assert Found(folder, "mad.txt") in stamps.of(files)


def test_stamps_of_folders_that_are_not_named_are_kept(
    folder: Path, tmp_path: Path, encoder: Encoder, hashed: list[str]
) -> None:
    """Indexing another folder beside does not make the first one be read again."""
    archive, other = tmp_path / "index", tmp_path / "other"
    build([folder], archive, encoder)
    other.mkdir()
    (other / "vind.txt").write_text("Vindmøller.", encoding="utf-8")
    build([other], archive, encoder)
    hashed.clear()
    assert 4 == build([folder, other], archive, encoder).unchanged
    assert [] == hashed
    found, manifest = current(archive)
    assert STAMPS in manifest.files
    assert {*TEXTS, "vind.txt"} == {file.file for file in stamps.read(found, manifest)}


def test_an_archives_members_share_its_stamp(folder: Path, tmp_path: Path, encoder: Encoder, hashed: list[str]) -> None:
    """A zip file that is written anew is read again, with all its members."""
    import zipfile

    def zipped(text: str) -> None:
        with zipfile.ZipFile(folder / "flere.zip", "w") as archive:
            archive.writestr("a.txt", "Cykelstier i Ribe.")
            archive.writestr("b.txt", text)

    archive = tmp_path / "index"
    zipped("Broer over Ribe Å.")
    build([folder], archive, encoder)
    hashed.clear()
    assert 5 == build([folder], archive, encoder).unchanged
    assert [] == hashed
    zipped("Broer over Ribe Æ.")
    report = build([folder], archive, encoder)
    assert (1, 4) == (report.updated, report.unchanged)
