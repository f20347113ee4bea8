"""Updates of a big archive: only what changed is written, and the same is found as in an index written anew."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from corpus.files import Found
from index.build import Report, build
from index.encoder import load
from index.generation import CHANGED, EXACT, STORE, UNFINISHED, current, verify
from index.search import Searcher
from tests.conftest import EXAMPLES, ROOT

ENCODER = load()
QUESTIONS = (
    "Hvor mange penge fik kommunerne til tandpleje?",
    "hvad siger ministeren om ventetider",
    "skolemad pris",
    "marsvin i Storebælt",
    "vejnavn 17 kommune",
    "Hvad koster en færgebillet nummer 23?",
    "lov om integration",
    "S 1204",
    "letbane 41",
)


@pytest.fixture
def big(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every archive for a big one, in which much may change, and every file for one that is worth sharing."""
    monkeypatch.setattr("index.update._WHOLE", 0)
    monkeypatch.setattr("index.update._SHARE", 0.6)
    monkeypatch.setattr("index.generation._LINKED", 1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give the examples, and some made-up notes beside them."""
    folder = tmp_path / "docs"
    shutil.copytree(EXAMPLES, folder)
    for n in range(400):
        note(folder, n, f"I {2000 + n % 23} kostede færgebillet nummer {n} {30 + n} kroner, og letbane {n} kom senere.")
    return folder


def note(folder: Path, n: int, text: str) -> Path:
    path = folder / f"note{n:03d}.txt"
    path.write_text(f"Notat om vejnavn {n}\n\n{text}\n", encoding="utf-8")
    return path


def found(index: Path) -> list[tuple[str, list[tuple[str, str]]]]:
    """Give what an index answers: passages with their files."""
    searcher = Searcher.open(index)
    return [(q, [(h.passage.id, h.citation.file) for h in searcher.ask(q, 5).hits]) for q in QUESTIONS]


def scores(index: Path) -> list[float]:
    """Give what the passages that an index finds are worth, and how sure it is."""
    searcher = Searcher.open(index)
    answers = [searcher.ask(question, 5) for question in QUESTIONS]
    return [number for a in answers for number in (a.confidence, *(hit.score for hit in a.hits))]


def anew(folder: Path, index: Path) -> Path:
    """Build an index of a folder from nothing."""
    shutil.rmtree(index, ignore_errors=True)
    build([folder], index, ENCODER)
    return index


def updated(folder: Path, index: Path) -> Report:
    """Update an index, and see that it did so by what changed alone."""
    report = build([folder], index, ENCODER)
    where, manifest = current(index)
    verify(where, manifest)
    assert (where / CHANGED / STORE).is_file()
    return report


def change(folder: Path) -> None:
    """Change a note, take one away, bring a new one and one that says the same as another."""
    note(folder, 3, "Letbane 41 er dyrere end ventet, siger ministeren om færgebillet nummer 23.")
    (folder / "note017.txt").unlink()
    note(folder, 470, "Marsvin i Storebælt er nu fredet, og vejnavn 17 er væk.")
    shutil.copy(folder / "note005.txt", folder / "note999.txt")


def test_an_update_finds_what_an_index_written_anew_finds(big: None, folder: Path, tmp_path: Path) -> None:
    """Passages, order, scores and BM25, after each of several updates; what is gone is found no more."""
    index = tmp_path / "index"
    build([folder], index, ENCODER)
    assert not (current(index)[0] / CHANGED).exists()

    change(folder)
    report = updated(folder, index)
    assert (2, 1, 1) == (report.added, report.updated, report.removed)
    fresh = anew(folder, tmp_path / "fresh")
    assert found(fresh) == found(index)
    # All but the mean length of a passage, which tantivy takes with what is gone, is as if written anew.
    assert scores(fresh) == pytest.approx(scores(index), rel=0.01, abs=0.01)
    assert (current(fresh)[1].documents, current(fresh)[1].passages) == (report.documents, report.passages)
    assert current(fresh)[1].corpus == current(index)[1].corpus

    note(folder, 470, "Marsvin er ikke længere fredet.")
    (folder / "note003.txt").unlink()
    (folder / "note005.txt").unlink()  # the other file says the same, and stays
    shutil.copy(folder / "note008.txt", folder / "note008b.txt")
    updated(folder, index)
    assert found(anew(folder, tmp_path / "fresh")) == found(index)
    store = Searcher.open(index).store
    assert all(store.find(name) for name in ("note999.txt", "note008b.txt", "note470.txt"))
    assert not any(store.find(name) for name in ("note003.txt", "note005.txt", "note017.txt"))


def test_an_update_that_undoes_another_is_as_before(big: None, folder: Path, tmp_path: Path) -> None:
    """What was taken away and comes back is found again, with the same ids."""
    index = tmp_path / "index"
    build([folder], index, ENCODER)
    before = found(index)
    shutil.copytree(folder, tmp_path / "kept")
    change(folder)
    updated(folder, index)
    assert before != found(index)
    shutil.rmtree(folder)
    shutil.copytree(tmp_path / "kept", folder)
    updated(folder, index)
    assert before == found(index)


def test_big_files_are_shared_and_not_written_again(big: None, folder: Path, tmp_path: Path) -> None:
    """The vectors of what stayed are the very same file, and the old generation is whole."""
    index = tmp_path / "index"
    build([folder], index, ENCODER)
    old, manifest = current(index)
    change(folder)
    updated(folder, index)
    new = current(index)[0]
    verify(old, manifest)
    for name in (EXACT, STORE):
        assert (old / name).stat().st_ino == (new / name).stat().st_ino
    assert (new / CHANGED / EXACT).stat().st_size < (new / EXACT).stat().st_size / 4


def test_relations_reach_across_what_changed(big: None, tmp_path: Path) -> None:
    """A corrected answer that arrives later supersedes one that lies in the first part, and loses its place again."""
    folder, index = tmp_path / "docs", tmp_path / "index"
    shutil.copytree(EXAMPLES, folder)
    searcher = Searcher.open(anew(EXAMPLES, tmp_path / "all"))
    newer = sorted(
        {
            searcher.store.head(o).files[0].file
            for r in searcher.store.superseded()
            for o in searcher.store.related(r, "superseded_by")
        }
    )
    assert newer
    moved = folder / newer[0]
    moved.rename(tmp_path / "later")
    build([folder], index, ENCODER)
    fewer = len(Searcher.open(index).store.superseded())
    (tmp_path / "later").rename(moved)
    updated(folder, index)
    assert len(Searcher.open(index).store.superseded()) == len(searcher.store.superseded()) > fewer


def test_what_comes_to_say_the_same_is_joined(big: None, folder: Path, tmp_path: Path) -> None:
    """A document that no longer says of itself what it did joins one of the first part, and is not held back by its old
    row."""
    index = tmp_path / "index"
    text = "Borgerne klagede over støj fra vejen ved Ribe Å. Ministeren svarede, at sagen hører under kommunen. " * 2
    one = note(folder, 500, text)
    note(folder, 501, text).write_text(one.read_text(encoding="utf-8").replace(". ", ".\n"), encoding="utf-8")
    sidecar = folder / "note500.txt.meta.json"
    sidecar.write_text('{"number": "7"}', encoding="utf-8")
    before = build([folder], index, ENCODER).documents
    sidecar.unlink()
    assert updated(folder, index).documents == before - 1
    (hit, *_) = Searcher.open(index).ask("støj fra vejen ved Ribe Å").hits
    assert hit.files == ("note500.txt", "note501.txt")


def test_of_equal_passages_the_same_is_cited(big: None, folder: Path, tmp_path: Path) -> None:
    """Which of several documents a common passage is cited from does not hang on when each was written."""
    index = tmp_path / "index"
    common = "Der kræves efter loven et årligt tilsyn med alle broer og tunneler i kommunen. " * 12
    for n in range(500, 504):
        own = common.replace("efter loven", f"i bilag {n}")
        (folder / f"bro{n}.txt").write_text(f"Notat\n\n{common}\n\n{own}", encoding="utf-8")
    build([folder], index, ENCODER)
    for n in range(500, 503):
        path = folder / f"bro{n}.txt"
        path.write_text(path.read_text(encoding="utf-8") + "\n\nSlut.\n", encoding="utf-8")
        updated(folder, index)
        fresh = anew(folder, tmp_path / "fresh")
        cited = [
            Searcher.open(one).ask("årligt tilsyn med broer efter loven", 1).hits[0].citation.file
            for one in (index, fresh)
        ]
        assert cited[0] == cited[1]


def test_filters_reach_all_parts(big: None, folder: Path, tmp_path: Path) -> None:
    """A filter finds documents of the first part and changed ones, and none that is gone."""
    from index.filters import Filters

    index = tmp_path / "index"
    build([folder], index, ENCODER)
    change(folder)
    updated(folder, index)
    found_ = {
        hit.citation.file for hit in Searcher.open(index).ask("vejnavn marsvin", 500, Filters(kind="dokument")).hits
    }
    assert {"note000.txt", "note003.txt", "note470.txt"} <= found_
    assert not {"note017.txt", "svar-s1204-tandpleje.txt"} & found_


def test_what_changed_much_is_written_anew(folder: Path, tmp_path: Path) -> None:
    """A small archive is always written as a whole."""
    index = tmp_path / "index"
    build([folder], index, ENCODER)
    change(folder)
    build([folder], index, ENCODER)
    assert not (current(index)[0] / CHANGED).exists()


DRIVER = """
import sys, os, signal
from pathlib import Path
import index.parts
from index.build import build
from index.encoder import load
index.parts._SECONDS = 0.0
stop, index.parts._WORDS = int(sys.argv[3]), int(sys.argv[4])
done = 0
add = index.parts.PartWriter.commit
def commit(self):
    global done
    add(self)
    done += 1
    if done == stop:
        os.kill(os.getpid(), signal.SIGKILL)
index.parts.PartWriter.commit = commit
build([Path(sys.argv[1])], Path(sys.argv[2]), load())
"""


@pytest.mark.parametrize(("stop", "words"), [(1, 1), (30, 7), (30, 1_000_000)])
def test_an_interrupted_build_goes_on_where_it_was(
    stop: int, words: int, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after so many documents were kept, the next build reads only the others, and finds the same.

    Also where the words of some passages, or of all, were not kept yet.
    """
    index = tmp_path / "index"
    killed = subprocess.run([sys.executable, "-c", DRIVER, folder, index, str(stop), str(words)], cwd=ROOT, check=False)
    assert -signal.SIGKILL == killed.returncode
    assert (index / UNFINISHED / STORE).is_file()

    read: list[Found] = []
    from corpus.isolation import Reader

    many = Reader.read_many

    def counted(self: Reader, files: Iterator[Found], longest: int) -> object:
        return many(self, (read.append(file) or file for file in files), longest)

    monkeypatch.setattr(Reader, "read_many", counted)
    report = build([folder], index, ENCODER)
    everything = len([path for path in folder.rglob("*") if path.is_file() and not path.name.endswith(".meta.json")])
    assert everything - stop >= len(read) > 0
    assert report.added == everything - len(report.quarantined)
    assert not (index / UNFINISHED).exists()
    assert found(anew(folder, tmp_path / "fresh")) == found(index)


def test_what_was_done_is_thrown_away_if_a_file_changed_since(folder: Path, tmp_path: Path) -> None:
    """An interrupted build is not gone on with where it read what is no longer there."""
    index = tmp_path / "index"
    subprocess.run([sys.executable, "-c", DRIVER, folder, index, "300", "7"], cwd=ROOT, check=False)
    note(folder, 0, "Marsvin i Storebælt.")
    build([folder], index, ENCODER)
    assert found(anew(folder, tmp_path / "fresh")) == found(index)


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with notes, what a killed build of them left, and an index of them."""
    where = tmp_path_factory.mktemp("killed")
    (where / "docs").mkdir()
    for n in range(12):
        note(where / "docs", n, f"En færgebillet koster {30 + n} kroner, og letbane {n} kom senere til kommunen.")
    driven = [sys.executable, "-c", DRIVER, where / "docs", where / "left", "8", "4"]
    assert -signal.SIGKILL == subprocess.run(driven, cwd=ROOT, check=False).returncode
    anew(where / "docs", where / "fresh")
    return where


@pytest.mark.parametrize("way", ["missing", "cut", "zeroed"])
@pytest.mark.parametrize(
    "name",
    [
        "vectors.f16",
        "passages.sqlite",
        "sentences/passages",
        "sentences/sentences",
        "sentences/token-starts",
        "words/meta.json",
        "words/*.idx",
        "words/*.term",
        "words/*.fast",
    ],
)
def test_what_an_interrupted_build_left_is_not_used_damaged(name: str, way: str, killed: Path, tmp_path: Path) -> None:
    """Whatever is missing, shorter or other than it was written: the next build begins anew."""
    index = tmp_path / "index"
    shutil.copytree(killed / "left", index)
    path = min((index / UNFINISHED).glob(name))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2] if way == "cut" else bytes(len(data)))
    if way == "missing":
        path.unlink()
    build([killed / "docs"], index, ENCODER)
    assert scores(index) == scores(killed / "fresh")
    assert found(index) == found(killed / "fresh")
    assert not (index / UNFINISHED).exists()


def test_going_on_that_fails_is_not_tried_again(killed: Path, tmp_path: Path) -> None:
    """Where a damage shows late, in what SQLite holds, one build fails, and the next begins anew."""
    index = tmp_path / "index"
    shutil.copytree(killed / "left", index)
    with closing(sqlite3.connect(index / UNFINISHED / STORE)) as store:
        store.execute("UPDATE documents SET facts='{'")
        store.commit()
    with pytest.raises(ValueError, match="Expecting property name"):
        build([killed / "docs"], index, ENCODER)
    build([killed / "docs"], index, ENCODER)
    assert found(index) == found(killed / "fresh")
