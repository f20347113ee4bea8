"""Readers beside writers: what is read stays, what is not is swept, and nobody waits for a new generation."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from bot.archive import Archive
from bot.metrics import Metrics
from corpus.errors import SpoergetimeError
from index import opening
from index.build import build
from index.encoder import Encoder
from index.generation import all_generations, building, current, drop_damaged
from index.search import Searcher
from tests.conftest import ROOT, until
from tests.faults.running import may_mount

QUESTION = "Hvor mange storke yngler?"


class Editions:
    """An index that can be published anew at will, each generation saying which edition it is."""

    def __init__(self, folder: Path, encoder: Encoder) -> None:
        self.documents, self.index, self._encoder = folder / "documents", folder / "index", encoder
        self.documents.mkdir()
        self.count = 0
        self.publish()

    def publish(self) -> str:
        self.count += 1
        text = f"Der yngler {self.count} par storke i Danmark."
        (self.documents / "storke.txt").write_text(text, encoding="utf-8")
        return build([self.documents], self.index, self._encoder).generation

    def names(self) -> list[str]:
        return [folder.name for folder in all_generations(self.index)]


@pytest.fixture
def editions(tmp_path: Path, encoder: Encoder) -> Editions:
    return Editions(tmp_path, encoder)


def test_a_generation_that_is_read_is_not_swept(editions: Editions) -> None:
    """However often the index is published, also for threads that open its files only now; then it goes."""
    reader = Searcher.open(editions.index)
    for _ in range(3):
        editions.publish()
    assert ["000001", "000003", "000004"] == editions.names()
    with ThreadPoolExecutor(3) as pool:  # each thread opens SQLite's file for itself
        answers = list(pool.map(reader.ask, [QUESTION] * 3))
    assert all("yngler 1 par" in answer.hits[0].passage.text for answer in answers)
    del reader
    editions.publish()
    assert ["000004", "000005"] == editions.names()


def test_the_lease_of_a_killed_reader_holds_nothing(editions: Editions) -> None:
    """It is a lock of the process."""
    code = (
        f"from pathlib import Path; from index.search import Searcher; s = Searcher.open(Path({str(editions.index)!r}))"
    )
    command = [sys.executable, "-c", code + "; print('open', flush=True); input()"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as reader:
        assert reader.stdout and b"open\n" == reader.stdout.readline()
        editions.publish()
        editions.publish()
        assert ["000001", "000002", "000003"] == editions.names()
        reader.kill()
    with building(editions.index):
        assert ["000002", "000003"] == editions.names()


def test_a_damaged_generation_that_is_read_is_not_removed(editions: Editions) -> None:
    """What was read whole stays until its readers have gone on."""
    reader = Searcher.open(editions.index)
    (current(editions.index)[0] / "vectors.faiss").write_bytes(b"damaged")
    shutil.copytree(editions.documents, editions.documents.parent / "other")
    editions.publish()
    assert ["000001", "000002"] == editions.names()
    del reader
    with building(editions.index):
        drop_damaged(editions.index)
    assert ["000002"] == editions.names()


def test_what_a_killed_builder_left_is_cleared_away(editions: Editions, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also a generation that was whole but not yet the current one; meanwhile the old one answers."""
    editions.publish()

    class KilledError(BaseException):
        pass

    def killed(*_: Any) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr("index.generation.point_to", killed)
        patch.setattr("index.generation.sweep", lambda _: None)
        with pytest.raises(KilledError):
            editions.publish()
    assert ["000001", "000002", "000003"] == editions.names()
    (editions.index / "generations" / ".removing-000009").mkdir()
    (editions.index / "generations" / ".building-000009").mkdir()
    assert "yngler 2 par" in Searcher.open(editions.index).ask(QUESTION).hits[0].passage.text
    assert "000003" == editions.publish()
    assert ["000002", "000003"] == sorted(path.name for path in (editions.index / "generations").iterdir())


def test_a_folder_of_another_name_is_no_generation(editions: Editions) -> None:
    """A copy that somebody put beside them is left alone, and hinders nobody."""
    generations = editions.index / "generations"
    shutil.copytree(generations / "000001", generations / "000001.bak")
    assert "000002" == editions.publish()
    assert ["000001", "000002"] == editions.names()
    assert (generations / "000001.bak").is_dir()


def test_what_a_killed_builder_left_goes_also_where_nothing_changed(editions: Editions, encoder: Encoder) -> None:
    """It may hold the text of a file that was deleted meanwhile."""
    left = editions.index / "generations" / ".building-000002"
    left.mkdir()
    assert "000001" == build([editions.documents], editions.index, encoder).generation
    assert not left.exists()


def test_an_idle_server_follows(editions: Editions) -> None:
    """Nobody asks, and yet the new generation is open soon, and the old one can be swept."""
    archive = Archive(editions.index)
    archive.open()
    archive.follow()
    generation = editions.publish()
    until(lambda: archive._searcher is not None and archive._searcher.manifest.generation == generation)
    editions.publish()
    editions.publish()
    until(lambda: archive._searcher is not None and archive._searcher.manifest.generation == "000004")

    def swept() -> bool:
        with building(editions.index):
            return ["000003", "000004"] == editions.names()

    until(swept)  # the old one is let go of a moment after the new one is there


def test_nobody_waits_while_a_generation_is_opened(editions: Editions, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one before answers as long as that takes."""
    archive = Archive(editions.index)
    assert "000001" == archive.ask(QUESTION).generation
    may_open, verify = threading.Event(), opening.opened

    def slowly(index: Path) -> Any:
        assert may_open.wait(30)
        return verify(index)

    monkeypatch.setattr("index.search.opened", slowly)
    editions.publish()
    for _ in range(3):
        assert "000001" == archive.ask(QUESTION).generation
    may_open.set()
    until(lambda: archive.ask(QUESTION).generation == "000002")


def test_the_model_is_not_loaded_again(editions: Editions) -> None:
    """Where the new generation was built with the one that is loaded; that of an index with another one is."""
    archive = Archive(editions.index)
    encoder = archive.open().encoder
    editions.publish()
    until(lambda: archive.ask(QUESTION).generation == "000002")
    found = archive.searcher()
    assert found and found.encoder is encoder


def test_a_server_that_fell_back_says_so(editions: Editions, caplog: pytest.LogCaptureFixture) -> None:
    """In the log by the file's name, and in the metrics; it goes on to the next whole generation."""
    editions.publish()
    (current(editions.index)[0] / "words" / "meta.json").unlink()
    archive = Archive(editions.index)
    assert "000001" == archive.ask(QUESTION).generation
    assert "meta.json is missing" in caplog.text
    assert "spoergetime_fallback 1" in Metrics(archive).text()
    editions.publish()
    until(lambda: archive.ask(QUESTION).generation == "000003")
    assert "spoergetime_fallback 0" in Metrics(archive).text()


def test_an_index_on_a_read_only_disk_is_read_by_several(editions: Editions) -> None:
    """Two processes ask it at the same time, and nothing is written."""
    if not may_mount(editions.documents):
        pytest.skip("nothing can be mounted here")
    ask = f'{sys.executable} -m bot.cli ask "{QUESTION}" --index {editions.index}'
    script = (
        f"mount --bind {editions.index} {editions.index} && mount -o remount,bind,ro {editions.index} || exit 1; "
        f"! touch {editions.index}/x 2>/dev/null || exit 2; {ask} & {ask} && wait $!"
    )
    command = ["unshare", "--map-root-user", "--mount", "sh", "-c", script]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (0, "") == (done.returncode, done.stderr)
    assert 2 == done.stdout.count("Der yngler 1 par storke")


def test_who_builds_is_not_the_only_one_who_may_read(editions: Editions) -> None:
    """Every file of a generation has the rights of the manifest, whatever library wrote it."""
    folder, manifest = current(editions.index)
    assert {(folder / "manifest.json").stat().st_mode} == {(folder / name).stat().st_mode for name in manifest.files}


def test_a_disk_that_is_too_full_is_told_before_the_build(editions: Editions, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line with the folder, what is free and what is needed; the index stays as it is, and no file is made."""
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 10**9, 1_000))
    with pytest.raises(SpoergetimeError, match=r"too full: .* has 0\.0 MB free, .* at least 0\.1 MB"):
        editions.publish()
    assert ["000001"] == [path.name for path in (editions.index / "generations").iterdir()]
