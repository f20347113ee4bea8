"""`spoergetime fetch` against the stand-in: what is wanted comes, with what is known of it, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from corpus.fetch.scope import Scope
from corpus.files import Found
from corpus.isolation import Reader
from corpus.records import Fields
from tests.fetching import (
    COUNT,
    beside,
    got,
    row,
    tree,
)
from tests.oda_records import MEMBERS, MINISTRIES, TOPICS, content, own
from tests.oda_server import StandIn, running


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    """A session of fourteen questions."""
    with running(StandIn(COUNT)) as one:
        yield one


@pytest.fixture(scope="module")
def fetched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole session in a folder, which tests read and do not change."""
    into = tmp_path_factory.mktemp("fetched")
    with running(StandIn(COUNT)) as one:
        assert (COUNT, COUNT, []) == ((report := got(one, into)).listed, report.fetched, one.asked("/andet/"))
    return into


def test_what_the_text_says_is_what_the_sidecar_says(fetched: Path) -> None:
    """Each field that a letter states is in its sidecar with the same value; so agreement is more than silence."""
    names = [path.relative_to(fetched).as_posix() for path in sorted(fetched.rglob("svar-*[fx]"))]
    assert COUNT == len(names)
    told_of = beside(fetched)
    with Reader() as reader:
        for reading in reader.read_many([Found(fetched, name) for name in names], 1_200):
            assert reading.document is not None, reading.reason
            said, told = reading.document.fields, told_of[str(reading.document.fields.number)]
            for field in ("kind", "date", "number", "case", "asker", "party", "minister", "ministry", "status"):
                assert told[field] == getattr(said, field), field


def test_the_sidecar_says_what_the_records_say(fetched: Path) -> None:
    """Asker with the party of that day, minister, ministry, committee, session, status, and where it all comes from."""
    _, title, minister, committee, code = MINISTRIES[1]
    told = beside(fetched)["2"]
    record, told_url = told.pop("fetched"), told.pop("url")
    assert {
        "kind": "udvalgssvar", "title": f"Spm. Om {TOPICS[1]} i Aastrup Kommune.", "date": "2023-11-02",
        "number": "2", "case": f"{code} alm. del", "committee": committee, "session": "20231",
        "asker": MEMBERS[1][0], "party": "V",
        "minister": minister, "minister_title": title, "ministry": MINISTRIES[1][0], "status": "endeligt",
    } == told  # fmt: skip
    assert told_url.endswith("/samling/20231/almdel/suu/spm/2/svar/3001/5001.pdf")
    assert told.keys() <= {field.name for field in fields(Fields)}
    assert (3001, 1001, 9001, 5001) == tuple(record[name] for name in ("document", "question", "case", "file"))
    own_question = beside(fetched)["S 1"]
    assert ("§20-svar", "§ 20", "Alma Kildevang", "S", "transportministeren") == tuple(
        own_question[name] for name in ("kind", "case", "asker", "party", "minister_title")
    )
    assert "committee" not in own_question


def test_only_public_answers_of_the_scope_come(fetched: Path) -> None:
    """What is not public, of another session, or unanswered is not there."""
    assert COUNT == len(list((fetched / "20231").glob("*.meta.json")))
    assert {"20231"} == {path.name for path in fetched.iterdir() if path.is_dir()}


def test_an_answer_is_as_public_as_its_question_and_its_case(stand_in: StandIn, tmp_path: Path) -> None:
    """Where one of the three is not public, the answer is left out; a code that is missing is not public either."""
    rows = stand_in.entities
    next(row for row in rows["Dokument"] if row["id"] == 1_005)["offentlighedskode"] = "F"
    next(row for row in rows["Dokument"] if row["id"] == 1_007)["offentlighedskode"] = None
    next(row for row in rows["Sag"] if row["id"] == 7_008)["offentlighedskode"] = "F"
    assert COUNT - 3 == got(stand_in, tmp_path).fetched
    assert not {"6", "8", "S 9"} & beside(tmp_path).keys()


@pytest.mark.parametrize(
    ("scope", "wanted"),
    [
        ({"kind": "§20"}, own),
        ({"kind": "§ 20-spørgsmål"}, own),
        ({"kind": "alm.del"}, lambda n: not own(n)),
        ({"committee": "suu"}, lambda n: not own(n) and n % 3 == 1),
        ({"committee": "Kulturudvalget"}, lambda n: not own(n) and n % 3 == 2),
        ({"since": date(2023, 11, 6)}, lambda n: n >= 5),
        ({"until": date(2023, 11, 6)}, lambda n: n <= 5),
    ],
)
def test_conditions(stand_in: StandIn, tmp_path: Path, scope: dict[str, Any], wanted: Callable[[int], bool]) -> None:
    """Each condition gives just the answers that meet it, alone and with the session."""
    for number, whole in enumerate((Scope(session="20231", **scope), Scope(**{"since": date(2023, 9, 1), **scope}))):
        got(stand_in, tmp_path / str(number), whole)
        names = {path.name.split("-")[1] for path in (tmp_path / str(number) / "20231").glob("svar*")}
        assert {str(3_000 + n) for n in range(COUNT) if wanted(n)} == names


def test_a_limit_is_one(stand_in: StandIn, tmp_path: Path) -> None:
    """So many answers, and the scope does not count as known."""
    assert 7 == got(stand_in, tmp_path, limit=7).fetched
    assert COUNT - 7 == got(stand_in, tmp_path, changed=True).fetched


def test_numbers_are_read_from_the_service(stand_in: StandIn, tmp_path: Path) -> None:
    """Types and roles may have other numbers tomorrow; their names count."""
    got(stand_in, tmp_path / "a")
    tables = stand_in.entities
    for table, used in (
        ("Sagstype", [("Sag", "typeid")]),
        ("Dokumenttype", [("Dokument", "typeid")]),
        ("Dokumentkategori", [("Dokument", "kategoriid")]),
        ("Aktørtype", [("Aktør", "typeid")]),
        ("SagAktørRolle", [("SagAktør", "rolleid")]),
        ("DokumentAktørRolle", [("DokumentAktør", "rolleid")]),
        ("Periode", [("Sag", "periodeid")]),
    ):
        for named in tables[table]:
            named["id"] += 1000
        for entity, field in used:
            for using in tables[entity]:
                using[field] += 1000
    got(stand_in, tmp_path / "b")
    assert tree(tmp_path / "a") == tree(tmp_path / "b")


def test_a_bot_filter_is_recognised_and_got_round_by_hand(stand_in: StandIn, tmp_path: Path) -> None:
    """After ten pages in a row nobody is asked any more; files downloaded by hand are linked by name and number."""
    stand_in.faults["/samling/"] = ["bot filter"] * 100
    report = got(stand_in, tmp_path / "docs")
    assert (COUNT, 10, False) == (len(report.missing), report.turned_away, report.done)
    assert 10 == len(stand_in.asked("/samling/"))
    downloads = tmp_path / "Overførsler"
    downloads.mkdir()
    names = {0: "5000.pdf", 1: "SUU alm. del spm 2 svar.pdf", 2: "Svar på S 3.docx", 4: "s5 (1).PDF", 6: "S 700.pdf"}
    for number, name in names.items():
        (downloads / name).write_bytes(content(f"/{5_000 + number}.{name[-3:].lower().replace('ocx', 'docx')}"))
    (downloads / "5009.pdf").write_bytes(b"<!doctype html><title>Just a moment</title>")
    stand_in.log.clear()
    report = got(stand_in, tmp_path / "docs", by_hand=downloads)
    assert (4, COUNT - 4, []) == (report.linked, len(report.missing), stand_in.asked("/samling/"))
    assert {"S 1", "2", "S 3", "S 5"} == beside(tmp_path / "docs").keys()
    assert "web page in place" in next(one.reason for one in report.missing if "5009" in one.file)
    stand_in.faults.clear()
    report = got(stand_in, tmp_path / "docs")
    assert (COUNT - 4, 4) == (report.fetched, report.unchanged)


def test_a_number_that_two_answers_have_links_nothing(stand_in: StandIn, tmp_path: Path) -> None:
    """A preliminary and a final answer to one question are told apart by their names only."""
    rows = stand_in.entities
    answer = next(row for row in rows["Dokument"] if row["id"] == 3_000)
    rows["Dokument"].append({**answer, "id": 3_500, "titel": "Foreløbigt svar"})
    rows["SagDokument"].append({"id": 99_999, "sagid": 7_000, "dokumentid": 3_500, "bilagsnummer": None})
    file = next(row for row in rows["Fil"] if row["id"] == 5_000)
    rows["Fil"].append({**file, "id": 5_500, "dokumentid": 3_500})
    (tmp_path / "by_hand").mkdir()
    (tmp_path / "by_hand" / "S 1.pdf").write_bytes(content("/5000.pdf"))
    (tmp_path / "by_hand" / "S 5.pdf").write_bytes(content("/5004.pdf"))
    assert 1 == got(stand_in, tmp_path / "docs", by_hand=tmp_path / "by_hand").linked
    assert ["S 5"] == list(beside(tmp_path / "docs"))


def test_a_session_names_a_folder_only_where_it_is_one(stand_in: StandIn, tmp_path: Path) -> None:
    """Whatever the service calls a session, nothing lands outside."""
    row(stand_in, "Periode", 160)["kode"] = "../../20231"
    assert COUNT == got(stand_in, tmp_path / "a" / "b", Scope(since=date(2023, 9, 1), kind="alm.del")).fetched * 2
    assert {"andre"} == {path.parent.name for path in tmp_path.rglob("svar-*")}
    assert "session" not in beside(tmp_path)["2"]


def test_answers_that_cannot_be_placed_are_counted(stand_in: StandIn, tmp_path: Path) -> None:
    """Were answers and questions tied to their cases in another way, the report would say so."""
    stand_in.entities["SagDokument"] = stand_in.entities["SagDokument"][:2]
    report = got(stand_in, tmp_path)
    assert (1, ["14 answers belong to no case, and were left out"]) == (report.listed, report.notes)


def test_two_downloads_of_one_name_are_told_apart_by_their_bytes(stand_in: StandIn, tmp_path: Path) -> None:
    """The same file twice is that file; two that differ are neither, and the line names both."""
    for folder, number in (("a", 5_000), ("b", 5_000), ("a", 5_001), ("b", 5_003)):
        (tmp_path / folder).mkdir(exist_ok=True)
        name = "5000.pdf" if number == 5_000 else "5001.pdf"
        (tmp_path / folder / name).write_bytes(content(f"/{number}.pdf"))
    report = got(stand_in, tmp_path / "docs", by_hand=tmp_path)
    assert (1, ["S 1"]) == (report.linked, list(beside(tmp_path / "docs")))
    reason = next(one.reason for one in report.missing if "-5001" in one.file)
    assert "a/5001.pdf" in reason and "b/5001.pdf have one name and differ" in reason


def test_a_committee_that_no_answer_has_is_told_of_with_those_there_are(stand_in: StandIn, tmp_path: Path) -> None:
    """A name that is spelled otherwise gives nothing; the report says which names there are."""
    report = got(stand_in, tmp_path, Scope(session="20231", committee="SOU"))
    assert (0, ["none is of the committee SOU; there are answers of KUU, SUU, TRU"]) == (report.listed, report.notes)


@pytest.mark.parametrize("days", [{"until": date(9999, 12, 31)}, {"since": date(1, 1, 1)}])
def test_any_day_can_be_named(stand_in: StandIn, tmp_path: Path, days: dict[str, Any]) -> None:
    """The first and the last that a calendar has."""
    assert COUNT + 1 == got(stand_in, tmp_path, Scope(**days)).fetched
