"""Building and opening an index: what changed is done again, and nothing damaged is used."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from corpus import isolation
from corpus.errors import DamagedIndexError, InputError, LockedError, MismatchError
from index.build import Report, build
from index.encoder import Encoder, StaticEncoder
from index.erase import erase, take_back
from index.generation import all_generations, current, verify
from index.search import Searcher
from tests.conftest import EXAMPLES

QUESTIONS = ["Hvad koster skolemad forældrene?", "marsvin i garn", "vindmøller naboer bonus", "S 1204"]


class Counting(StaticEncoder):
    """The bundled encoder, which counts the texts it is given."""

    def __init__(self, encoder: Encoder) -> None:
        vars(self).update(vars(encoder))
        self.texts = 0

    def encode(self, texts, role, progress=None):  # type: ignore[no-untyped-def]
        self.texts += len(texts)
        return super().encode(texts, role, progress)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the examples that a test may change."""
    return Path(shutil.copytree(EXAMPLES, tmp_path / "documents"))


def counts(report: Report) -> tuple[int, int, int, int]:
    return report.added, report.updated, report.removed, report.unchanged


def answers(index: Path) -> list[list[tuple[str, float]]]:
    searcher = Searcher.open(index)
    return [[(hit.passage.id, hit.score) for hit in searcher.ask(question, 10).hits] for question in QUESTIONS]


def test_a_second_run_does_nothing(folder: Path, tmp_path: Path, encoder: Encoder) -> None:
    """Where nothing changed, the generation stays and no text is encoded."""
    first = build([folder], tmp_path / "index", encoder)
    counting = Counting(encoder)
    second = build([folder], tmp_path / "index", counting)
    assert (15, 0, 0, 0) == counts(first)
    assert (0, 0, 0, 15) == counts(second)
    assert first.generation == second.generation
    assert 0 == counting.texts


def test_only_what_changed_is_encoded_and_the_result_is_that_of_a_full_build(
    folder: Path, tmp_path: Path, encoder: Encoder
) -> None:
    """One document changed, one deleted, one new: an update gives what building anew gives."""
    build([folder], tmp_path / "index", encoder)
    changed = folder / "svar-s1204-tandpleje.txt"
    changed.write_text(changed.read_text(encoding="utf-8") + "\n\nEn ny sætning om tandpleje.\n", encoding="utf-8")
    (folder / "notat-cykelparkering.md").unlink()
    (folder / "nyt.txt").write_text("Et nyt dokument om storke ved Ribe.", encoding="utf-8")
    counting = Counting(encoder)
    report = build([folder], tmp_path / "index", counting)
    assert (1, 1, 1, 13) == counts(report)
    assert 0 < counting.texts < report.passages / 2
    build([folder], tmp_path / "anew", encoder)
    assert answers(tmp_path / "anew") == answers(tmp_path / "index")
    assert not Searcher.open(tmp_path / "index").store.find("notat-cykelparkering.md")


def test_documents_elsewhere_stay(folder: Path, tmp_path: Path, encoder: Encoder) -> None:
    """Indexing a second folder adds to the first, and a single file updates only itself."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "storke.txt").write_text("Storkene er tilbage i Ribe.", encoding="utf-8")
    build([folder], tmp_path / "index", encoder)
    report = build([other], tmp_path / "index", encoder)
    assert (1, 0, 0, 15) == counts(report)
    (folder / "svar-s1204-tandpleje.txt").unlink()
    (other / "storke.txt").write_text("Storkene er rejst fra Ribe igen.", encoding="utf-8")
    report = build([other / "storke.txt"], tmp_path / "index", encoder)
    assert (0, 1, 0, 15) == counts(report)
    assert 16 == report.documents


def test_another_passage_length_cuts_everything_anew(folder: Path, tmp_path: Path, encoder: Encoder) -> None:
    """Documents elsewhere too, so that one index has one rule; those that are away stay as they were."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.txt").write_text(f"Storkene er tilbage i {name}. " * 60, encoding="utf-8")
        build([tmp_path / name], tmp_path / "index", encoder)
    build([folder], tmp_path / "index", encoder)
    shutil.rmtree(tmp_path / "b")
    build([folder], tmp_path / "index", encoder, max_characters=400)
    store = Searcher.open(tmp_path / "index").store
    lengths = {
        name: max(len(s.passage.text) for s in store.passages_of(store.find(name)[0])) for name in ("a.txt", "b.txt")
    }
    assert lengths["a.txt"] <= 400 < lengths["b.txt"]


def test_the_same_text_twice_is_one_document_with_two_files(folder: Path, tmp_path: Path, encoder: Encoder) -> None:
    """A copy of a document is found once and names both files."""
    shutil.copy(folder / "notat-cykelparkering.md", folder / "kopi.md")
    report = build([folder], tmp_path / "index", encoder)
    assert 15 == report.documents
    store = Searcher.open(tmp_path / "index").store
    assert store.find("kopi.md") == store.find("notat-cykelparkering.md")
    files = store.head(store.find("kopi.md")[0]).files
    assert ["kopi.md", "notat-cykelparkering.md"] == [file.file for file in files]
    (folder / "kopi.md").unlink()
    # The other file is read for its own now.
    assert (0, 1, 1, 14) == counts(build([folder], tmp_path / "index", encoder))


def test_unreadable_files_are_quarantined_and_the_others_indexed(
    folder: Path, tmp_path: Path, encoder: Encoder
) -> None:
    """A bad file is named with its reason, also by the next run that does not read it again."""
    (folder / "bad.pdf").write_bytes(b"%PDF-1.7 broken")
    (folder / "table.xlsx").write_bytes(b"PK")
    for _ in range(2):
        report = build([folder], tmp_path / "index", encoder)
        assert ["bad.pdf", "table.xlsx"] == sorted(entry.file for entry in report.quarantined)
        assert 15 == report.documents
    assert "000001" == report.generation


def test_a_document_that_became_unreadable_is_no_longer_cited(folder: Path, tmp_path: Path, encoder: Encoder) -> None:
    """What can no longer be checked against its source is not shown."""
    build([folder], tmp_path / "index", encoder)
    (folder / "notat-cykelparkering.md").write_bytes(b"")
    report = build([folder], tmp_path / "index", encoder)
    assert (0, 0, 1, 14) == counts(report)
    assert ["notat-cykelparkering.md"] == [entry.file for entry in report.quarantined]


def test_an_empty_folder_leaves_the_index_as_it_is(folder: Path, tmp_path: Path, encoder: Encoder) -> None:
    """Nothing is lost by naming the wrong folder, or by an unmounted disk."""
    build([folder], tmp_path / "index", encoder)
    shutil.rmtree(folder)
    folder.mkdir()
    with pytest.raises(InputError, match="no documents in"):
        build([folder], tmp_path / "index", encoder)
    assert answers(tmp_path / "index")[0]


def test_a_folder_of_other_things_is_not_taken_for_an_index(folder: Path, tmp_path: Path, encoder: Encoder) -> None:
    """An index is never built among somebody's files."""
    with pytest.raises(InputError, match="holds other things"):
        build([folder], folder, encoder)


def test_a_second_builder_stops_at_once(folder: Path, tmp_path: Path, encoder: Encoder) -> None:
    """While the lock is held nobody else builds; a lock nobody holds does not block."""
    index = tmp_path / "index"
    build([folder], index, encoder)
    with (index / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(LockedError, match="another process"):
            build([folder], index, encoder)
    build([folder], index, encoder)


def test_a_build_that_fails_leaves_the_old_generation_in_use(folder: Path, tmp_path: Path, encoder: Encoder) -> None:
    """Whatever happens before the last step, the index answers as before, and the next build needs no cleaning."""

    class Failing(Counting):
        def encode(self, texts, role, progress=None):  # type: ignore[no-untyped-def]
            raise OSError(28, "No space left on device", "vectors.faiss")

    index = tmp_path / "index"
    build([folder], index, encoder)
    before = answers(index)
    (folder / "nyt.txt").write_text("Noget nyt.", encoding="utf-8")
    with pytest.raises(Exception, match=r"vectors\.faiss"):
        build([folder], index, Failing(encoder))
    assert before == answers(index)
    assert 1 == len(list((index / "generations").iterdir()))
    assert (1, 0, 0, 15) == counts(build([folder], index, encoder))


def test_two_generations_are_kept(folder: Path, tmp_path: Path, encoder: Encoder) -> None:
    """The one before the current one stays for those who still read it; older ones go."""
    for number in range(4):
        (folder / "nyt.txt").write_text(f"Noget nyt nummer {number}.", encoding="utf-8")
        build([folder], tmp_path / "index", encoder)
    assert ["000003", "000004"] == [path.name for path in all_generations(tmp_path / "index")]


def files_of(index: Path) -> Iterator[Path]:
    folder, manifest = current(index)
    yield folder / "manifest.json"
    yield from (folder / name for name in manifest.files)


@pytest.fixture(scope="module")
def small_index(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Path:
    """An index of one document."""
    index = tmp_path_factory.mktemp("small") / "index"
    build([EXAMPLES / "notat-cykelparkering.md"], index, encoder)
    return index


@pytest.mark.parametrize("damage", ["flipped", "cut", "zeroed", "missing", "grown"])
def test_damage_to_any_file_is_refused_and_named(small_index: Path, tmp_path: Path, damage: str) -> None:
    """No file of the index can be changed without being noticed before it is read."""
    names = [path.relative_to(small_index) for path in files_of(small_index)]
    assert len(names) >= 7
    for name in names:
        copy = Path(shutil.copytree(small_index, tmp_path / damage / name.name))
        path = copy / name
        data = path.read_bytes()
        if damage == "missing":
            path.unlink()
        elif data:
            middle = len(data) // 2
            flipped = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
            path.write_bytes(
                {"flipped": flipped, "cut": data[:-1], "zeroed": bytes(len(data)), "grown": data + b"\0"}[damage]
            )
        with pytest.raises(DamagedIndexError, match=name.name):
            Searcher.open(copy)


def test_every_byte_of_current_counts(
    small_index: Path, tmp_path: Path, encoder: Encoder, caplog: pytest.LogCaptureFixture
) -> None:
    """The line that names the generation is as guarded as the files: the last good one is used, and that is said."""
    copy = Path(shutil.copytree(small_index, tmp_path / "copy"))
    data = (copy / "current").read_bytes()
    for place in range(len(data)):
        (copy / "current").write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        caplog.clear()
        searcher = Searcher.open(copy, loaded=encoder)
        assert searcher.opened and "is used instead" in (searcher.opened.fallback or "")
        assert [searcher.opened.fallback] == caplog.messages
    (copy / "current").unlink()
    assert "000001" == Searcher.open(copy, loaded=encoder).manifest.generation
    (copy / "current").write_bytes(data)
    caplog.clear()
    searcher = Searcher.open(copy, loaded=encoder)
    assert searcher.opened and searcher.opened.fallback is None
    assert [] == caplog.messages


def test_swapped_files_are_refused(small_index: Path, tmp_path: Path, encoder: Encoder) -> None:
    """A sound file of another generation is not this generation's file."""
    copy = Path(shutil.copytree(small_index, tmp_path / "copy"))
    build([EXAMPLES / "svar-s1204-tandpleje.txt"], tmp_path / "other", encoder)
    other, _ = current(tmp_path / "other")
    mine, _ = current(copy)
    shutil.copy(other / "vectors.faiss", mine / "vectors.faiss")
    with pytest.raises(DamagedIndexError, match=r"vectors\.faiss"):
        Searcher.open(copy)


def test_another_model_of_the_same_size_is_refused(small_index: Path, tmp_path: Path) -> None:
    """Equal dimension is not equal model."""
    from index.encoder import _BUNDLED_FOLDER

    model = Path(shutil.copytree(_BUNDLED_FOLDER, tmp_path / "model"))
    weights = next(model.rglob("*.safetensors"))
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    with pytest.raises(MismatchError, match="another model"):
        Searcher.open(small_index, str(model))


def test_the_manifest_says_how_the_index_was_made(small_index: Path, encoder: Encoder) -> None:
    """Sizes, hashes, model identity, splitter, corpus digest and counts can be read by anyone."""
    folder, manifest = current(small_index)
    verify(folder, manifest)
    written = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert encoder.identity.as_json() == written["model"]
    assert {"max_characters": 1200} == written["splitter"]
    assert 1 == written["documents"]
    assert all(entry.keys() == {"size", "sha256"} for entry in written["files"].values())


def test_vectors_lie_row_for_row_beside_the_passages(examples_index: Path, encoder: Encoder) -> None:
    """The vector of a row is the encoding of that row's text."""
    searcher = Searcher.open(examples_index)
    rows = np.arange(searcher.manifest.passages)
    stored = searcher.store.passages(rows.tolist())
    expected = encoder.encode([stored[row].passage.text for row in rows.tolist()], "passage")
    np.testing.assert_allclose(expected, searcher._dense.vectors(rows), atol=3e-4)  # half precision


def test_a_damaged_older_generation_is_removed_by_the_next_build(
    folder: Path, tmp_path: Path, encoder: Encoder
) -> None:
    """After the repair that `check` asks for, `check` passes."""
    build([folder], tmp_path / "index", encoder)
    first, _ = current(tmp_path / "index")
    (first / "vectors.faiss").write_bytes(b"damaged")
    assert "000002" == build([folder], tmp_path / "index", encoder).generation
    assert ["000002"] == [path.name for path in all_generations(tmp_path / "index")]


def test_an_index_of_another_format_is_refused_as_such(small_index: Path, tmp_path: Path, encoder: Encoder) -> None:
    """What an earlier version built is not called damaged, and is built anew over the same folder."""
    import hashlib

    copy = Path(shutil.copytree(small_index, tmp_path / "copy"))
    folder, _ = current(copy)
    manifest = folder / "manifest.json"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace('"format": ', '"format": 9'), encoding="utf-8")
    (copy / "current").write_text(f"{folder.name} {hashlib.sha256(manifest.read_bytes()).hexdigest()}\n")
    with pytest.raises(MismatchError, match="format 9"):
        Searcher.open(copy)
    assert 1 == build([EXAMPLES / "notat-cykelparkering.md"], copy, encoder).added
    Searcher.open(copy)


def test_an_unusable_index_is_not_replaced_at_the_cost_of_other_folders(tmp_path: Path, encoder: Encoder) -> None:
    """Documents of folders that the call does not name are not lost without a word."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "svar.txt").write_text(f"Storkene er tilbage i {name}.", encoding="utf-8")
        build([tmp_path / name], tmp_path / "index", encoder)
    newest, _ = current(tmp_path / "index")
    (newest / "vectors.faiss").write_bytes(b"damaged")
    with pytest.raises(InputError, match="also holds documents of"):
        build([tmp_path / "b"], tmp_path / "index", encoder)
    assert 2 == build([tmp_path / "a", tmp_path / "b"], tmp_path / "index", encoder).documents


def written(folder: Path, **texts: str) -> Path:
    """A folder of text files, each named by its place: `a__b` is b.txt in the folder a."""
    for name, text in texts.items():
        path = folder / f"{name.replace('__', '/')}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def names(index: Path) -> list[str]:
    """Where each indexed file lies, from the folder beside the index."""
    files = Searcher.open(index).store.files()
    return sorted(str(Path(one.source.root, one.source.file).relative_to(index.parent)) for one in files)


@pytest.mark.parametrize("damage", ["current", "vectors.faiss", "passages.sqlite", "format"])
def test_an_unusable_index_is_not_replaced_at_the_cost_of_other_files(
    tmp_path: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    """A part of a folder is not the folder; all parts are, where the index can still say what it held."""
    folder = written(tmp_path / "a", x__en="Storkene er tilbage.", y__to="Letbanen er dyr.", x__tre="Færgen er aflyst.")
    index = tmp_path / "index"
    build([folder], index, encoder)
    if damage == "format":
        monkeypatch.setattr("index.generation.FORMAT", 99)
    else:
        (index / damage if damage == "current" else current(index)[0] / damage).write_bytes(b"damaged")
    written(folder, ny="Der er en ny sti.")
    for part in ("x", "ny.txt"):
        with pytest.raises(InputError, match=f"also holds documents of {folder}. Name these folders"):
            build([folder / part], index, encoder)
    if damage in ("current", "vectors.faiss"):
        build([folder / "x", folder / "y"], index, encoder)
        assert ["a/x/en.txt", "a/x/tre.txt", "a/y/to.txt"] == names(index)


def test_the_same_call_twice_changes_nothing(tmp_path: Path, encoder: Encoder) -> None:
    """Whatever lies in what: files keep the names that they have, also where another path leads to them."""
    folder = written(tmp_path / "a", b__en="Storkene er tilbage.", to="Letbanen er dyr.")
    note = written(tmp_path, tre="Færgen er aflyst.") / "tre.txt"
    for number, paths in enumerate([[folder, note], [folder / "b", folder]]):
        index = tmp_path / f"index{number}"
        first = build(paths, index, encoder)
        for again in (paths, paths[::-1], [folder]):
            report = build(again, index, encoder)
            assert (0, 0, 0, first.documents) == counts(report)
            assert "000001" == report.generation


UNWELL = """
import os, time
from corpus import worker

def read(source, found, data):
    if b"hang" in data: time.sleep(60)
    if b"crash" in data: os.abort()
    if b"eat" in data: raise MemoryError
    if b"fail" in data: raise OSError
    return honest(source, found, data)

honest, worker.read = worker.read, read
worker.main()
"""


def test_what_was_refused_for_the_machines_sake_is_tried_again(
    tmp_path: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it is refused again nothing is published; once it can be read it is, though the file is as it was."""
    folder = written(tmp_path / "a", a="hang", b="crash", c="eat", d="fail", e="Storkene er tilbage.")
    (folder / "f.pdf").write_bytes(b"%PDF-1.7 broken")
    with monkeypatch.context() as unwell:
        unwell.setattr("index.gathering.Reader", isolation.Reader)  # with processes of its own
        unwell.setattr(isolation, "_COMMAND", (sys.executable, "-P", "-c", UNWELL))
        unwell.setattr(isolation, "Limits", partial(isolation.Limits, seconds=1))
        for _ in range(2):
            report = build([folder], tmp_path / "index", encoder)
            assert ["a.txt", "b.txt", "c.txt", "d.txt", "f.pdf"] == sorted(each.file for each in report.quarantined)
            assert "000001" == report.generation
    report = build([folder], tmp_path / "index", encoder)
    assert (4, 0, 0, 1) == counts(report)
    assert ["f.pdf"] == [each.file for each in report.quarantined]


def test_a_scan_is_read_once_tesseract_is_installed(
    tmp_path: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until then it is not even opened again."""
    from fpdf import FPDF

    pdf = FPDF()
    pdf.add_page()
    pdf.rect(10, 10, 50, 50, style="F")
    folder = written(tmp_path / "a", note="Storkene er tilbage.")
    (folder / "scan.pdf").write_bytes(bytes(pdf.output()))
    tools = tmp_path / "tools"
    tools.mkdir()
    monkeypatch.setenv("PATH", str(tools))
    (refused,) = build([folder], tmp_path / "index", encoder).quarantined
    assert "Tesseract with Danish is not installed" in refused.reason
    with monkeypatch.context() as closed:
        closed.setattr("index.plan.Reader.read", lambda *_: pytest.fail("it is read"))
        assert "000001" == build([folder], tmp_path / "index", encoder).generation
    program = tools / "tesseract"
    program.write_text('#!/bin/sh\n[ "$1" = --list-langs ] && echo dan && exit 0\necho Marsvin er fredet.\n')
    program.chmod(0o755)
    report = build([folder], tmp_path / "index", encoder)
    assert (1, 0, 0, 1) == counts(report)
    assert () == report.quarantined


def test_a_copy_of_what_was_erased_is_read_once(tmp_path: Path, encoder: Encoder) -> None:
    """Also one with other bytes: nothing is published for it again, until the list of erased documents changes."""
    text = "Borgeren klagede over støj fra vejen ved Ribe Å."
    folder = written(tmp_path / "a", en=text, to="Letbanen er dyr.")
    index = tmp_path / "index"
    build([folder], index, encoder)
    erase(index, "en.txt")
    (folder / "kopi.txt").write_bytes(b"\xef\xbb\xbf" + text.encode())
    reports = [build([folder], index, encoder) for _ in range(2)]
    assert ["000003"] * 2 == [report.generation for report in reports]
    assert ["en.txt", "kopi.txt"] == sorted(each.file for each in reports[1].quarantined)
    take_back(index, "en.txt")
    assert (2, 0, 0, 1) == counts(build([folder], index, encoder))


def test_a_folder_that_is_gone_is_taken_out_by_its_name(tmp_path: Path, encoder: Encoder) -> None:
    """Where nothing else is named; a path of which nothing is known, and the last folder of all, are refused."""
    a = written(tmp_path / "a", b__en="Storkene er tilbage.", b__to="Letbanen er dyr.", tre="Færgen er aflyst.")
    index = tmp_path / "index"
    build([a], index, encoder)
    c = a.rename(tmp_path / "c")
    build([c], index, encoder)
    (c / "tre.txt").unlink()
    build([c], index, encoder)
    with pytest.raises(InputError, match=f"{a}. Bring it back"):
        build([a, c], index, encoder)
    with pytest.raises(InputError, match="no such file or folder"):
        build([a / "d"], index, encoder)
    assert (0, 0, 1, 4) == counts(build([a / "tre.txt"], index, encoder))
    assert (0, 2, 2, 0) == counts(build([a], index, encoder))  # the others are read for their own now
    assert ["c/b/en.txt", "c/b/to.txt"] == names(index)
    c.rename(a)
    with pytest.raises(InputError, match="holds no other documents"):
        build([c], index, encoder)


def test_what_is_known_of_a_folder_that_cannot_be_listed_is_kept(
    tmp_path: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what was refused there; the reason is told, and nothing is published again for it."""
    folder = written(tmp_path / "a", b__en="Storkene er tilbage.", b__c__to="Letbanen er dyr.", tre="Færgen er aflyst.")
    (folder / "b" / "bad.pdf").write_bytes(b"%PDF-1.7 broken")
    index = tmp_path / "index"
    build([folder], index, encoder)
    real = os.scandir

    def scandir(path: str = ".") -> object:
        if path == str(folder / "b"):
            raise OSError(5, "Input/output error", path)
        return real(path)

    with monkeypatch.context() as failing:
        failing.setattr(os, "scandir", scandir)
        for _ in range(2):
            report = build([folder], index, encoder)
            assert ("000002", 3) == (report.generation, report.documents)
            refused = {each.file: each.reason for each in report.quarantined}
            assert {"b", "b/bad.pdf"} == refused.keys()
            assert refused["b"].startswith("the folder cannot be listed: Input/output error")
    assert (0, 0, 0, 3) == counts(build([folder], index, encoder))


def test_a_file_without_a_sidecar_does_not_inherit_one(tmp_path: Path, encoder: Encoder) -> None:
    """Of two files with one text, the one that stays is read for its own when the other goes."""
    folder = tmp_path / "svar"
    folder.mkdir()
    for name in ("a.md", "b.md"):
        (folder / name).write_text("# Storke\n\nStorkene er tilbage i Ribe, og det er dejligt.", encoding="utf-8")
    (folder / "a.md.meta.json").write_text('{"title": "Fra sidevognen"}', encoding="utf-8")
    build([folder], tmp_path / "index", encoder)
    (folder / "a.md").unlink()
    (folder / "a.md.meta.json").unlink()
    build([folder], tmp_path / "index", encoder)
    assert "Fra sidevognen" != Searcher.open(tmp_path / "index").store.head(0).fields.title
