"""The right to erasure: one document out of everything, and out of every build to come."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from corpus.errors import DamagedIndexError, InputError, SpoergetimeError
from index import erase as erasing
from index.build import build
from index.encoder import Encoder
from index.erase import erase, take_back
from index.erasures import LIST, read
from index.generation import CHANGED, all_generations, building, current
from index.search import Searcher
from tests.test_cli import call

NAME = "Kvistgårdsen"  # stands in the document that is erased, and nowhere else
TEXTS = {
    "a.txt": f"Svaret til {NAME} om storke ved Ribe: der yngler elleve par.",
    "b.txt": "En færgebillet til øen koster 85 kr. for voksne.",
    "c.txt": "Vindmøller tæt på naboer giver ret til erstatning.",
}


@pytest.fixture
def index(tmp_path: Path, encoder: Encoder) -> Path:
    """Two generations, both of which hold the document."""
    (tmp_path / "documents").mkdir()
    for name, text in TEXTS.items():
        (tmp_path / "documents" / name).write_text(text, encoding="utf-8")
        build([tmp_path / "documents"], tmp_path / "index", encoder)
    return tmp_path / "index"


def held_anywhere(index: Path) -> list[Path]:
    """Give the files of the index in whose bytes the name stands, in any case."""
    words = [NAME.encode(), NAME.lower().encode(), NAME.lower()[:10].encode()]
    files = (path for path in index.rglob("*") if path.is_file())
    return [path for path in files if any(word in path.read_bytes() for word in words)]


def test_an_erased_document_is_nowhere(index: Path) -> None:
    """Neither in an answer, nor in any byte of any generation; the others answer as before."""
    assert held_anywhere(index)
    found = erase(index, "a.txt")
    assert [] == held_anywhere(index)
    assert [found.generation] == [folder.name for folder in all_generations(index)]
    searcher = Searcher.open(index)
    assert [] == searcher.store.find("a.txt")
    assert "85 kr." in searcher.ask("Hvad koster en færgebillet?").hits[0].passage.text
    assert 2 == searcher.manifest.documents


def test_it_does_not_come_back_by_itself(index: Path, tmp_path: Path, encoder: Encoder) -> None:
    """While its file lies in the folder, under whatever name, it is quarantined with the reason; without change no
    new generation is made."""
    generation = erase(index, "a.txt").generation
    report = build([tmp_path / "documents"], index, encoder)
    assert (generation, 2) == (report.generation, report.documents)
    ((file, reason),) = report.quarantined
    assert "a.txt" == file and reason.startswith("erased on 20")
    shutil.move(tmp_path / "documents" / "a.txt", tmp_path / "documents" / "d.txt")
    report = build([tmp_path / "documents"], index, encoder)
    assert (2, ["d.txt"]) == (report.documents, [entry.file for entry in report.quarantined])
    assert [] == held_anywhere(index)


def test_an_index_that_is_built_anew_leaves_it_out(index: Path, tmp_path: Path, encoder: Encoder) -> None:
    """Also where no generation can be used any more."""
    erase(index, "a.txt")
    (current(index)[0] / "vectors.faiss").write_bytes(b"damaged")
    assert 2 == build([tmp_path / "documents"], index, encoder).documents


def test_only_an_explicit_word_takes_it_back(index: Path, tmp_path: Path, encoder: Encoder) -> None:
    """By id, or by the name of its file."""
    id_ = erase(index, "a.txt").document
    with pytest.raises(InputError, match=r"b\.txt was not erased"):
        take_back(index, "b.txt")
    assert id_ == take_back(index, "a.txt")
    report = build([tmp_path / "documents"], index, encoder)
    assert (3, ()) == (report.documents, report.quarantined)
    assert NAME in Searcher.open(index).ask("storke ved Ribe").hits[0].passage.text


def test_a_document_whose_file_is_gone_can_be_erased(index: Path, tmp_path: Path) -> None:
    """From the index alone, and without touching the other documents' files."""
    shutil.rmtree(tmp_path / "documents")
    erase(index, "a.txt")
    assert [] == held_anywhere(index)
    assert 2 == current(index)[1].documents


def test_a_document_that_older_generations_alone_hold_is_erased(index: Path, tmp_path: Path, encoder: Encoder) -> None:
    """By the name of a file that was deleted before; it does not come back with it either."""
    (tmp_path / "documents" / "a.txt").unlink()
    build([tmp_path / "documents"], index, encoder)
    assert held_anywhere(index)
    found = erase(index, "a.txt")
    assert [] == held_anywhere(index)
    assert ([found.generation], 2) == ([folder.name for folder in all_generations(index)], current(index)[1].documents)
    (tmp_path / "documents" / "e.txt").write_text(TEXTS["a.txt"], encoding="utf-8")
    report = build([tmp_path / "documents"], index, encoder)
    assert (2, ["e.txt"]) == (report.documents, [entry.file for entry in report.quarantined])


def test_with_a_deleted_file_goes_what_says_the_same_now(index: Path, tmp_path: Path, encoder: Encoder) -> None:
    """What was erased by the name of an older file is not in the index under a newer one."""
    (tmp_path / "documents" / "a.txt").rename(tmp_path / "documents" / "a.md")
    (tmp_path / "documents" / "a.md").write_bytes(b"\xef\xbb\xbf" + TEXTS["a.txt"].encode())
    build([tmp_path / "documents"], index, encoder)
    assert ["a.txt", "a.md"] == [name.rpartition("/")[2] for name in erase(index, "a.txt").files]
    assert [] == held_anywhere(index)
    assert 2 == current(index)[1].documents


def test_a_drop_that_was_interrupted_is_done_by_the_next_build(
    index: Path, tmp_path: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where that would have shared the big files with the generation before, or had nothing else to do."""
    monkeypatch.setattr("index.update._WHOLE", 0)
    monkeypatch.setattr("index.update._SHARE", 1)
    monkeypatch.setattr("index.generation._LINKED", 1)

    class KilledError(BaseException):
        pass

    def killed(*_: object, **__: object) -> None:
        raise KilledError

    for name, gone in (("a.txt", False), ("b.txt", True)):
        if gone:
            (tmp_path / "documents" / name).unlink()
            build([tmp_path / "documents"], index, encoder)
        with monkeypatch.context() as patch:
            patch.setattr(erasing, "build", killed)
            with pytest.raises(KilledError):
                erase(index, name)
        generation = build([tmp_path / "documents"], index, encoder).generation
        assert [generation] == [folder.name for folder in all_generations(index)]
        assert not current(index)[0].joinpath(CHANGED).exists()
        assert generation == build([tmp_path / "documents"], index, encoder).generation
    assert [] == held_anywhere(index)


def test_a_list_from_a_backup_holds_for_a_new_index(index: Path, tmp_path: Path, encoder: Encoder) -> None:
    """The first build after that is of a generation without what was erased; then there is nothing to do."""
    erase(index, "b.txt")
    erase(index, "a.txt")
    other = tmp_path / "other"
    build([tmp_path / "documents"], other, encoder)
    shutil.copy(index / LIST, other / LIST)
    report = build([tmp_path / "documents"], other, encoder)
    assert ([report.generation], 1) == ([folder.name for folder in all_generations(other)], report.documents)
    assert report.generation == build([tmp_path / "documents"], other, encoder).generation
    assert [] == held_anywhere(other)


def test_the_same_does_not_come_back_in_another_format(index: Path, tmp_path: Path, encoder: Encoder) -> None:
    """What would have been one document with it is left out as it is."""
    text = f"{TEXTS['a.txt']} Ministeren svarede, at sagen hører under kommunen. Der er ikke mere at gøre ved det nu."
    (tmp_path / "documents" / "d.txt").write_text(text, encoding="utf-8")
    build([tmp_path / "documents"], index, encoder)
    id_ = erase(index, "d.txt").document
    erase(index, "a.txt")
    (tmp_path / "documents" / "d.md").write_text(text.replace(". ", ".\n\n"), encoding="utf-8")
    report = build([tmp_path / "documents"], index, encoder)
    assert ["a.txt", "d.md", "d.txt"] == sorted(entry.file for entry in report.quarantined)
    assert [] == held_anywhere(index)
    take_back(index, id_)
    assert 3 == build([tmp_path / "documents"], index, encoder).documents


def test_a_list_without_signatures_is_still_read(index: Path, tmp_path: Path, encoder: Encoder) -> None:
    """As an earlier version wrote it; what is erased now is added to it."""
    erase(index, "a.txt")
    values = json.loads((index / LIST).read_bytes())
    for entry in values["entries"]:
        del entry["signature"]
    del values["sha256"]
    values["sha256"] = hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
    (index / LIST).write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    assert 2 == build([tmp_path / "documents"], index, encoder).documents
    erase(index, "b.txt")
    assert ["", True] == [entry.signature and True for entry in read(index).entries]
    assert 1 == build([tmp_path / "documents"], index, encoder).documents


def test_only_what_is_named_to_the_letter_is_erased(index: Path, tmp_path: Path, encoder: Encoder) -> None:
    """`svar.txt` is not `x/SVAR.txt`, and what is a wildcard elsewhere is none in a name."""
    (tmp_path / "documents" / "x").mkdir()
    for name in ("SVAR.txt", "s_r%.txt"):
        (tmp_path / "documents" / "x" / name).write_text(f"Letbanen er dyr, siger {name}.", encoding="utf-8")
    build([tmp_path / "documents"], index, encoder)
    for name in ("svar.txt", "VAR.txt", "x/svar.txt", "s%.txt", "A.TXT"):
        with pytest.raises(InputError, match="no document"):
            erase(index, name)
    assert ["SVAR.txt"] == [Path(name).name for name in erase(index, "SVAR.txt").files]
    assert ["s_r%.txt"] == [Path(name).name for name in erase(index, "s_r%.txt").files]


def test_a_list_that_is_lost_is_noticed(index: Path, tmp_path: Path, encoder: Encoder) -> None:
    """Missing, cut, changed or older than the index: no build goes on as if nothing had been erased."""
    erase(index, "a.txt")
    older = (index / LIST).read_bytes()
    erase(index, "b.txt")
    newest = (index / LIST).read_bytes()
    for data in (None, older, newest[:-9], newest.replace(b"20", b"19", 1)):
        (index / LIST).unlink(missing_ok=True)
        if data is not None:
            (index / LIST).write_bytes(data)
        with pytest.raises(DamagedIndexError, match=r"erased\.json"):
            build([tmp_path / "documents"], index, encoder)
        assert 1 == call("check", "--index", index).returncode
    (index / LIST).write_bytes(newest)
    assert 1 == build([tmp_path / "documents"], index, encoder).documents


def test_a_generation_that_held_it_is_never_fallen_back_to(index: Path, encoder: Encoder) -> None:
    """A copy of an older generation, put back by hand or a backup, is not used."""
    kept = Path(shutil.copytree(current(index)[0], index.parent / "kept"))
    erase(index, "a.txt")
    shutil.copytree(kept, index / "generations" / "000002")
    (current(index)[0] / "vectors.faiss").unlink()
    with pytest.raises(DamagedIndexError, match=r"vectors\.faiss"):
        Searcher.open(index)
    with building(index):
        pass


def test_who_still_reads_the_old_generation_is_waited_for(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then it is told; the document is out of use all the same, and the next build removes what is left."""
    monkeypatch.setattr(erasing, "_READERS", 0.3)
    reader = Searcher.open(index)
    with pytest.raises(SpoergetimeError, match="still read by another process"):
        erase(index, "a.txt")
    assert NAME in reader.ask("storke").hits[0].passage.text  # it was open before
    assert [] == Searcher.open(index).store.find("a.txt")
    del reader
    with building(index):
        pass
    assert [] == held_anywhere(index)


def test_the_only_document_is_not_erased_but_its_index(tmp_path: Path, encoder: Encoder) -> None:
    """An index of nothing cannot be; the message says what to do."""
    (tmp_path / "a.txt").write_text(TEXTS["a.txt"], encoding="utf-8")
    build([tmp_path / "a.txt"], tmp_path / "index", encoder)
    with pytest.raises(InputError, match=r"only document .* Remove that folder"):
        erase(tmp_path / "index", "a.txt")


def test_drop_says_what_it_did(index: Path) -> None:
    """One line or JSON; an unknown document is an error of one line; --undo lets it back in."""
    done = call("drop", "a.txt", "--index", index, "--json")
    said = json.loads(done.stdout)
    assert (True, 1) == (said["erased"], len(said["files"]))
    again = call("drop", "a.txt", "--index", index)
    assert (1, 1) == (again.returncode, again.stderr.count("\n"))
    assert "erased on" in call("quarantine", "--index", index).stdout
    assert "may come back" in call("drop", said["document"], "--undo", "--index", index).stdout
