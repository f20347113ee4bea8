"""Repairing: what can be made again from what is sound is made again, and nothing is lost without a word."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from corpus.errors import DamagedIndexError, InputError
from index.build import build
from index.encoder import Encoder, load
from index.generation import STORE, all_generations, current
from index.repair import repair
from index.search import Searcher
from tests.test_cli import call

QUESTIONS = ("storke", "Hvad koster en færgebillet?", "vindmøller")


@pytest.fixture
def folders(tmp_path: Path, encoder: Encoder) -> Path:
    """Two folders in one index of two generations; the second folder came with the second one."""
    for name, text in {"a/storke.txt": "Der yngler elleve par storke.", "b/vind.txt": "Vindmøller larmer."}.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text, encoding="utf-8")
        build([(tmp_path / name).parent], tmp_path / "index", encoder)
    return tmp_path


def answers(index: Path) -> list[list[tuple[str, float]]]:
    searcher = Searcher.open(index)
    assert searcher.opened and searcher.opened.fallback is None
    return [[(hit.passage.text, hit.score) for hit in searcher.ask(question).hits] for question in QUESTIONS]


def damage(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))


@pytest.mark.parametrize("sources", [True, False], ids=["with the sources", "without the sources"])
@pytest.mark.parametrize("file", ["vectors.faiss", "words/meta.json", "sentences/words"])
def test_what_is_made_from_documents_is_made_again(folders: Path, file: str, sources: bool) -> None:
    """Vectors, words and sentences come back from the documents that the index itself holds."""
    index = folders / "index"
    before = answers(index)
    damage(current(index)[0] / file)
    if not sources:
        shutil.rmtree(folders / "a")
        shutil.rmtree(folders / "b")
    assert "000003" == repair(index).generation
    assert before == answers(index)
    assert 0 == call("check", "--index", index).returncode


@pytest.mark.parametrize("content", [b"nonsense", None])
def test_a_damaged_pointer_is_written_again(folders: Path, content: bytes | None) -> None:
    """Nothing else is touched."""
    index = folders / "index"
    before, said = answers(index), (index / "current").read_bytes()
    (index / "current").unlink()
    if content:
        (index / "current").write_bytes(content)
    assert "000002" == repair(index).generation
    assert said == (index / "current").read_bytes()
    assert before == answers(index)


def test_damaged_documents_come_back_from_their_sources(folders: Path) -> None:
    """The older generation is used again and brought up to date with the folders of the damaged one."""
    index = folders / "index"
    before = answers(index)
    damage(current(index)[0] / STORE)
    assert () == repair(index).missing
    assert before == answers(index)
    assert 0 == call("check", "--index", index).returncode


def test_what_cannot_come_back_is_named(folders: Path) -> None:
    """Where a folder is away, its documents may be missing: exit code 1, one line, and the rest can be used."""
    index = folders / "index"
    damage(current(index)[0] / STORE)
    shutil.move(folders / "b", folders / "away")
    done = call("check", "--repair", "--index", index)
    assert (1, 1) == (done.returncode, done.stderr.count("\n"))
    assert str(folders / "b") in done.stderr
    assert "Der yngler" in Searcher.open(index).ask("storke").hits[0].passage.text


def test_without_any_whole_generation_it_is_built_from_the_sources(folders: Path) -> None:
    """All the folders that the manifest names; if one of them is away, nothing is changed and it is said."""
    index = folders / "index"
    before = answers(index)
    for folder in all_generations(index):
        damage(folder / STORE)
    shutil.move(folders / "b", folders / "away")
    state = {path: path.read_bytes() for path in index.rglob("*") if path.is_file()}
    with pytest.raises(DamagedIndexError, match="Bring these folders back"):
        repair(index)
    assert state == {path: path.read_bytes() for path in index.rglob("*") if path.is_file()}
    shutil.move(folders / "away", folders / "b")
    repair(index)
    assert before == answers(index)


@pytest.mark.parametrize("older", [True, False], ids=["of two generations", "of one"])
def test_what_lies_beside_a_named_file_is_left_out(tmp_path: Path, encoder: Encoder, older: bool) -> None:
    """Who named a file did not name its folder; also building again by hand takes just that file."""
    home, index = tmp_path / "home", tmp_path / "index"
    home.mkdir()
    (home / "løn.txt").write_text("Lønnen er hemmelig.", encoding="utf-8")
    for text in ["Der yngler ti par storke."] * older + ["Der yngler elleve par storke."]:
        (home / "storke.txt").write_text(text, encoding="utf-8")
        build([home / "storke.txt"], index, encoder)
    damage(current(index)[0] / STORE)
    shutil.copytree(index, tmp_path / "other")
    assert "but for 1 files" in repair(index).done
    assert 1 == build([home / "storke.txt"], tmp_path / "other", encoder).documents
    for one in index, tmp_path / "other":
        assert ["Der yngler elleve par storke."] == [hit.passage.text for hit in Searcher.open(one).ask("storke").hits]


def test_an_empty_folder_is_one_that_is_away(folders: Path) -> None:
    """A drive that is not mounted leaves an empty folder: what was held of it stays, and it is named."""
    index = folders / "index"
    (folders / "a" / "storke.txt").write_text("Der yngler tolv par storke.", encoding="utf-8")
    build([folders / "a"], index, load())
    damage(current(index)[0] / STORE)
    (folders / "b" / "vind.txt").unlink()
    assert (str(folders / "b"),) == repair(index).missing
    assert "Vindmøller larmer." in [hit.passage.text for hit in Searcher.open(index).ask("vindmøller").hits]


def test_of_a_damaged_index_no_part_alone_is_built_again(tmp_path: Path, encoder: Encoder) -> None:
    """One file of a folder that was indexed would lose the others; the folder itself does not."""
    folder, index = tmp_path / "a", tmp_path / "index"
    folder.mkdir()
    for name in "xy":
        (folder / f"{name}.txt").write_text(f"Svar {name} om storke.", encoding="utf-8")
    build([folder], index, encoder)
    (index / "current").write_text("000009 " + "0" * 64 + "\n", encoding="ascii")
    with pytest.raises(InputError, match=str(folder)):
        build([folder / "x.txt"], index, encoder)
    assert 2 == build([folder], index, encoder).documents


def test_a_whole_index_is_left_as_it_is(folders: Path) -> None:
    """And that is said."""
    index = folders / "index"
    done = call("check", "--repair", "--index", index)
    assert 0 == done.returncode
    assert "nothing to repair" in done.stdout and "is whole" in done.stdout
    assert "000002" == current(index)[1].generation


def test_asking_a_damaged_index_says_what_answers(folders: Path) -> None:
    """`ask` answers from the generation before and says so on the error stream and in JSON; `check` exits with 1."""
    import json

    index = folders / "index"
    damage(current(index)[0] / "vectors.faiss")
    done = call("ask", "storke", "--index", index, "--json")
    found: dict[str, Any] = json.loads(done.stdout)
    assert (0, "000001") == (done.returncode, found["generation"])
    assert "vectors.faiss" in done.stderr and found["fallback"] == done.stderr.strip()
    checked = call("check", "--index", index)
    assert 1 == checked.returncode and "vectors.faiss" in checked.stderr
