"""Versions, pointers, sidecars and formats, through a whole index."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.shape import answer_json
from corpus.records import Fields
from index.build import build
from index.encoder import Encoder
from index.search import Searcher
from tests.conftest import EXAMPLES
from tests.test_cli import call

LETTER = """Miljøministeriet

{date}

Miljøudvalget har i brev af 3. marts 2023 stillet følgende spørgsmål nr. 44 (MOF alm. del), som hermed besvares. \
Spørgsmålet er stillet efter ønske fra Ida Brask (SF).

Spørgsmål nr. 44:

”Hvor mange storke yngler der i Danmark, og hvad gør ministeren for dem?”

{status} svar:

{body}

Med venlig hilsen

Ole Eng
"""


def letter(status: str, date: str, body: str) -> str:
    return LETTER.format(status=status, date=date, body=body)


@pytest.fixture(scope="module")
def examples(examples_index: Path) -> Searcher:
    """The examples, which hold a preliminary and a final answer, and one that points."""
    return Searcher.open(examples_index)


def test_the_current_answer_comes_before_the_one_it_supersedes(examples: Searcher) -> None:
    """The old answer is marked and links to the new one."""
    hits = examples.ask("Hvad gør ministeren for marsvin i Stavnsø Fjord?", 10).hits
    final = [hit.rank for hit in hits if hit.citation.file == "svar-mof-112-marsvin-endeligt.txt"]
    old = [hit for hit in hits if hit.citation.file == "svar-mof-112-marsvin-foreloebigt.txt"]
    assert 1 in final and old and min(final) < old[0].rank
    assert all(hit.superseded_by and "endeligt svar på spm. 112" in hit.superseded_by.reference for hit in old)
    assert all(hit.superseded_by is None for hit in hits if hit not in old)


def test_a_pointer_is_shown_with_what_it_points_to(examples: Searcher) -> None:
    """ "Der henvises til mit svar på spørgsmål nr. S 1204" leads to that answer."""
    hit = examples.ask("S 1219", 1).hits[0]
    assert ["Endeligt svar på § 20-spm. nr. S 1204"] == [link.reference for link in hit.refers_to]
    found = examples.store.find(hit.refers_to[0].document)
    assert "svar-s1204-tandpleje.txt" == examples.store.head(found[0]).files[0].file
    shape = answer_json(examples.ask("S 1219", 1))["hits"][0]
    assert [{"id": hit.refers_to[0].document, "reference": hit.refers_to[0].reference}] == shape["refers_to"]


def test_a_new_version_takes_over_at_the_next_update(tmp_path: Path, encoder: Encoder) -> None:
    """A correction that arrives later supersedes what was final until then, and when it goes, that is final again."""
    folder = tmp_path / "svar"
    folder.mkdir()
    (folder / "a.txt").write_text(letter("Endeligt", "12. april 2023", "Der yngler ti par storke i Danmark."))
    build([folder], tmp_path / "index", encoder)
    (folder / "b.txt").write_text(letter("Korrigeret", "20. april 2023", "Der yngler elleve par storke i Danmark."))
    build([folder], tmp_path / "index", encoder)
    hits = Searcher.open(tmp_path / "index").ask("Hvor mange storke yngler i Danmark?").hits
    assert "elleve" in hits[0].passage.text and hits[0].superseded_by is None
    assert {"a.txt"} == {hit.citation.file for hit in hits if hit.superseded_by}
    (folder / "b.txt").unlink()
    build([folder], tmp_path / "index", encoder)
    hits = Searcher.open(tmp_path / "index").ask("Hvor mange storke yngler i Danmark?").hits
    assert not any(hit.superseded_by for hit in hits)


@pytest.fixture
def formats(tmp_path: Path) -> Iterator[Path]:
    """One letter as text and as Word."""
    import docx

    text = letter("Endeligt", "12. april 2023", "Der yngler ti par storke i Danmark. " * 8)
    (tmp_path / "svar").mkdir()
    (tmp_path / "svar" / "s.txt").write_text(text, encoding="utf-8")
    document = docx.Document()
    document.add_paragraph("")  # so that the same words stand at other offsets
    for paragraph in text.split("\n\n"):
        document.add_paragraph(paragraph)
    document.save(tmp_path / "svar" / "s.docx")
    yield tmp_path


def test_one_document_in_two_formats_is_one_document(formats: Path, encoder: Encoder) -> None:
    """It is found once, cited to one file, and names both; without that file it is read from the other."""
    report = build([formats / "svar"], formats / "index", encoder)
    assert (1, 2) == (report.documents, report.added)
    store = Searcher.open(formats / "index").store
    assert ["s.docx", "s.txt"] == [file.file for file in store.head(0).files]
    assert store.find("s.txt") == store.find("s.docx") == [0]
    (formats / "svar" / "andet.txt").write_text("Et andet dokument, så at der er noget at gøre.", encoding="utf-8")
    assert 2 == build([formats / "svar"], formats / "index", encoder).unchanged
    assert [True, False] == [file.own for file in Searcher.open(formats / "index").store.head(1).files]
    (formats / "svar" / "s.docx").unlink()
    build([formats / "svar"], formats / "index", encoder)
    searcher = Searcher.open(formats / "index")
    assert "s.txt" == searcher.ask("storke").hits[0].citation.file
    assert 0 == call("check", "--deep", "--index", formats / "index").returncode


def test_a_sidecar_is_trusted_for_the_fields_it_names(tmp_path: Path, encoder: Encoder) -> None:
    """What the sidecar says goes before the text, `show` says which fields it gave, and a change in it is seen."""
    folder = tmp_path / "svar"
    folder.mkdir()
    (folder / "a.txt").write_text(letter("Endeligt", "12. april 2023", "Der yngler ti par storke i Danmark."))
    sidecar = folder / "a.txt.meta.json"
    sidecar.write_text(json.dumps({"date": "2023-04-13", "session": "20222", "oda_id": 12}), encoding="utf-8")
    build([folder], tmp_path / "index", encoder)
    shown = json.loads(call("show", "a.txt", "--index", tmp_path / "index", "--json").stdout)["document"]
    assert ("2023-04-13", "20222", "44") == (shown["date"], shown["session"], shown["number"])
    assert ["date", "session"] == shown["from_sidecar"]
    assert "date: 2023-04-13 (sidecar)" in call("show", "a.txt", "--index", tmp_path / "index").stdout
    sidecar.unlink()
    assert 1 == build([folder], tmp_path / "index", encoder).updated
    fields = Searcher.open(tmp_path / "index").store.head(0).fields
    assert ("2023-04-12", None) == (fields.date, fields.session)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "no JSON"),
        ("[]", "no JSON object"),
        ('{"date": "i går"}', "YYYY-MM-DD"),
        ('{"date": "20230531"}', "YYYY-MM-DD"),
        ('{"kind": "roman"}', '"kind" is none of'),
        ('{"minister": 7}', '"minister" is no text'),
    ],
)
def test_a_bad_sidecar_is_named_and_its_document_kept(
    tmp_path: Path, encoder: Encoder, content: str, reason: str
) -> None:
    """The document stands by its text alone, and the quarantine lists the sidecar, at the next run too."""
    folder = tmp_path / "svar"
    folder.mkdir()
    (folder / "a.txt").write_text(letter("Endeligt", "12. april 2023", "Der yngler ti par storke i Danmark."))
    (folder / "a.txt.meta.json").write_text(content, encoding="utf-8")
    for _ in range(2):
        report = build([folder], tmp_path / "index", encoder)
        assert 1 == report.documents
        ((file, why),) = report.quarantined
        assert "a.txt.meta.json" == file and reason in why
    assert "12" == (Searcher.open(tmp_path / "index").store.head(0).fields.date or "")[-2:]


def test_the_deep_check_finds_what_changed(tmp_path: Path, encoder: Encoder) -> None:
    """It passes on a sound folder, and names a source that was changed or is gone."""
    folder = Path(shutil.copytree(EXAMPLES, tmp_path / "documents"))
    build([folder], tmp_path / "index", encoder)
    sound = call("check", "--deep", "--index", tmp_path / "index")
    assert 0 == sound.returncode and "stand in their sources" in sound.stdout
    (folder / "notat-cykelparkering.md").unlink()
    path = folder / "svar-s1204-tandpleje.txt"
    path.write_text(path.read_text(encoding="utf-8").replace("26 uger", "27 uger"), encoding="utf-8")
    result = call("check", "--deep", "--index", tmp_path / "index")
    assert 1 == result.returncode
    assert "notat-cykelparkering.md cannot be read" in result.stdout
    assert "svar-s1204-tandpleje.txt has been changed" in result.stdout
    assert 0 == call("check", "--index", tmp_path / "index").returncode


def test_the_quarantine_is_listed(tmp_path: Path, encoder: Encoder) -> None:
    """Every refused file with its reason, for people and as JSON."""
    folder = tmp_path / "svar"
    folder.mkdir()
    (folder / "a.txt").write_text("Et dokument om storke.", encoding="utf-8")
    (folder / "b.pdf").write_bytes(b"%PDF broken")
    build([folder], tmp_path / "index", encoder)
    assert "b.pdf: the PDF is damaged" in call("quarantine", "--index", tmp_path / "index").stdout
    (entry,) = json.loads(call("quarantine", "--index", tmp_path / "index", "--json").stdout)
    assert "b.pdf" == entry["file"]


def test_passage_ids_survive_another_passage_length(tmp_path: Path, encoder: Encoder) -> None:
    """Where the text of a passage stays the same, so does its id, and its vector is used again."""
    ids = []
    for longest in (1_200, 1_000):
        build([EXAMPLES], tmp_path / "index", encoder, max_characters=longest)
        store = Searcher.open(tmp_path / "index").store
        ids.append({one.passage.id for row, _ in store.fields() for one in store.passages_of(row)})
    assert ids[0] != ids[1]
    assert len(ids[0] & ids[1]) > len(ids[0]) / 3


def test_an_undescribed_document_has_no_invented_fields() -> None:
    """Unknown is null."""
    fields = Fields()
    assert [None] * 13 == [getattr(fields, name) for name in fields.__slots__ if name != "kind"]
