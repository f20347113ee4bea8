"""What a sidecar says by the open data's records: which committee, who asked and answered, of which questions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from corpus.fetch.oda import Oda
from corpus.fetch.people import People
from corpus.fetch.polite import Polite
from corpus.fetch.scope import Scope
from index.build import build
from index.encoder import Encoder
from index.filters import Filters
from index.search import Searcher
from tests.fetching import beside, got, row, source
from tests.oda_records import BILL, GENERAL, MEMBERS, MINISTRIES, Row, joint
from tests.oda_server import StandIn, running

EARLIER_SENT_TO, MINISTRY, COPY_TO, RELEVANT, ASKER, SENT_TO, MINISTER = 3, 6, 8, 9, 10, 11, 14  # SagAktørRolle
TRU, SUU, KUU = 300, 301, 302  # Aktør
PEOPLE = ("asker", "party", "minister", "minister_title", "ministry")


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    """A session of eight questions; the second is question 2 of the SUU, by Bertil Ravnsø (V)."""
    with running(StandIn(8)) as one:
        yield one


def link(one: StandIn, entity: str, **fields: Any) -> None:
    """Add a row that ties an actor or a document to a case."""
    rows = one.entities[entity]
    rows.append({"id": 10_000 + len(rows), "opdateringsdato": "2024-01-01T00:00:00", **fields})


def leave(one: StandIn, entity: str, **fields: Any) -> None:
    """Keep the rows of an entity that do not have these values."""
    one.entities[entity] = [row for row in one.entities[entity] if any(row[name] != fields[name] for name in fields)]


def told(one: StandIn, into: Path, number: str = "2") -> dict[str, Any]:
    """Fetch all, and give what the sidecar of one question says."""
    got(one, into)
    return beside(into)[number]


@pytest.mark.parametrize("role", [EARLIER_SENT_TO, COPY_TO, RELEVANT])
def test_a_committee_aside_counts_only_alone(stand_in: StandIn, tmp_path: Path, role: int) -> None:
    """One that had the case, or is told of it, is not who asks; where no other is known it is taken for that."""
    link(stand_in, "SagAktør", sagid=9_001, aktørid=TRU, rolleid=role)
    both = told(stand_in, tmp_path / "both")
    assert ("Sundhedsudvalget", "SUU alm. del") == (both["committee"], both["case"])
    got(stand_in, tmp_path / "of", Scope(session="20231", kind="alm.del", committee="TRU"))
    assert ["4"] == list(beside(tmp_path / "of"))
    leave(stand_in, "SagAktør", sagid=9_001, aktørid=SUU)
    assert "TRU alm. del" == told(stand_in, tmp_path / "alone")["case"]


def test_a_committee_aside_of_the_case_gives_way_to_the_documents_own(stand_in: StandIn, tmp_path: Path) -> None:
    """The question's committee goes before one that the case is only relevant for."""
    leave(stand_in, "SagAktør", sagid=9_001)
    link(stand_in, "SagAktør", sagid=9_001, aktørid=KUU, rolleid=RELEVANT)
    link(stand_in, "DokumentAktør", dokumentid=1_001, aktørid=SUU, rolleid=6)
    assert "SUU alm. del" == told(stand_in, tmp_path)["case"]


def test_two_committees_leave_the_case_to_the_letter(stand_in: StandIn, tmp_path: Path, encoder: Encoder) -> None:
    """Nothing is said of committee and case, so that the answer is cited by what its text says."""
    link(stand_in, "SagAktør", sagid=9_001, aktørid=TRU, rolleid=SENT_TO)
    assert not {"committee", "case"} & told(stand_in, tmp_path / "docs").keys()
    build([tmp_path / "docs"], tmp_path / "index", encoder)
    hit = Searcher.open(tmp_path / "index").ask("spm. 2", 1).hits[0]
    assert "SUU alm. del, endeligt svar på spm. 2, 2. november 2023" == hit.reference


def test_a_committee_without_letters_leaves_the_case_to_the_letter(stand_in: StandIn, tmp_path: Path) -> None:
    """A bare "alm. del" would say less than the text."""
    row(stand_in, "Aktør", SUU)["gruppenavnkort"] = None
    said = told(stand_in, tmp_path)
    assert "Sundhedsudvalget" == said["committee"] and "case" not in said


def test_a_committee_may_be_named_by_the_answer_alone(stand_in: StandIn, tmp_path: Path) -> None:
    """The answer's own link is looked at where neither case nor question has a committee."""
    leave(stand_in, "SagAktør", sagid=9_001)
    link(stand_in, "DokumentAktør", dokumentid=3_001, aktørid=SUU, rolleid=6)
    assert 1 == got(stand_in, tmp_path, Scope(session="20231", committee="SUU")).fetched
    assert "SUU alm. del" == beside(tmp_path)["2"]["case"]


def filed_alone(one: StandIn, *, typeid: int, nummer: str | None) -> None:
    """File question 2 in a case of its own kind and number, and say who asked and answered there only."""
    case: Row = {**row(one, "Sag", 9_001), "id": 7_500, "typeid": typeid, "nummer": nummer}
    one.entities["Sag"].append(case)
    for filed in one.entities["SagDokument"]:
        if filed["dokumentid"] in (1_001, 3_001):
            filed["sagid"] = 7_500
    for document in (1_001, 3_001):
        leave(one, "DokumentAktør", dokumentid=document)
    for actor, role in ((SUU, SENT_TO), (501, ASKER), (201, MINISTER), (211, MINISTER), (221, MINISTRY)):
        link(one, "SagAktør", sagid=7_500, aktørid=actor, rolleid=role)


@pytest.mark.parametrize("nummer", ["SUU 2", "SUU alm. del - spm. 2", "2"])
def test_people_of_a_question_with_a_case_of_its_own(stand_in: StandIn, tmp_path: Path, nummer: str) -> None:
    """Where its documents name nobody and the case's number is the question's, the case says who asked and answered."""
    before = told(stand_in, tmp_path / "a")
    filed_alone(stand_in, typeid=GENERAL, nummer=nummer)
    assert before == {**told(stand_in, tmp_path / "b"), "fetched": before["fetched"]}
    assert set(PEOPLE) <= before.keys()


@pytest.mark.parametrize(
    ("typeid", "nummer"),
    [(GENERAL, "SUU"), (GENERAL, None), (GENERAL, "SUU alm. del 2023-2"), (GENERAL, "SUU 12"), (BILL, "L 2")],
)
def test_people_of_a_case_that_questions_share(
    stand_in: StandIn, tmp_path: Path, typeid: int, nummer: str | None
) -> None:
    """Who is named there has not asked or answered all of them."""
    filed_alone(stand_in, typeid=typeid, nummer=nummer)
    assert not set(PEOPLE) & told(stand_in, tmp_path).keys()


def test_the_documents_go_before_the_case(stand_in: StandIn, tmp_path: Path) -> None:
    """A question that another minister answered than the case names; what only the case names is taken from there."""
    case = next(one["sagid"] for one in stand_in.entities["SagDokument"] if one["dokumentid"] == 3_000)
    for one in stand_in.entities["SagAktør"]:
        if one["sagid"] == case and one["rolleid"] == MINISTER:
            one["aktørid"] = 201
    leave(stand_in, "DokumentAktør", dokumentid=1_000)
    said = told(stand_in, tmp_path, "S 1")
    assert (MINISTRIES[0][2], MEMBERS[0][0]) == (said["minister"], said["asker"])
    assert "minister_title" not in said


def test_the_party_is_that_of_the_day(stand_in: StandIn, tmp_path: Path) -> None:
    """Of a question without a date the answer's counts; never today's."""
    for one in stand_in.entities["AktørAktør"]:
        if one["fraaktørid"] == 501 and one["startdato"] == "2022-11-01T00:00:00" and one["tilaktørid"] > 400:
            one["slutdato"] = "2023-12-31T00:00:00"
    link(stand_in, "AktørAktør", fraaktørid=501, tilaktørid=405, startdato="2024-01-01T00:00:00", slutdato=None)
    row(stand_in, "Dokument", 1_001)["dato"] = None
    assert "V" == told(stand_in, tmp_path)["party"]


def test_no_party_without_a_day(stand_in: StandIn) -> None:
    """Members change parties: that of an unknown day is unknown."""
    with Polite((stand_in.service,), source(stand_in).guest) as polite:
        oda = Oda(polite, stand_in.service)
        people = People(oda, oda.tables())
        people.meet([501])
    member = people.actor(501)
    assert member and ("V", None) == (people.party(member, "2023-11-01"), people.party(member, ""))


def test_the_parties_of_two_who_asked_are_found_each(stand_in: StandIn, tmp_path: Path, encoder: Encoder) -> None:
    """Also both together, in either order; of a party that did not ask there is nothing."""
    link(stand_in, "DokumentAktør", dokumentid=1_001, aktørid=503, rolleid=6)
    assert "V, DF" == told(stand_in, tmp_path / "docs")["party"]
    build([tmp_path / "docs"], tmp_path / "index", encoder)
    searcher = Searcher.open(tmp_path / "index")
    for party, found in (("V", True), ("df", True), ("V, DF", True), ("DF, V", True), ("S", False), ("V, S", False)):
        hits = searcher.ask("spm. 2", 20, Filters(party=party)).hits
        assert found is any(hit.fields.number == "2" for hit in hits), party


def test_ministries_and_titles_of_two_words(stand_in: StandIn, tmp_path: Path) -> None:
    """What the service calls a ministry or a minister's title is one, whatever running text would look like."""
    row(stand_in, "Aktør", 221)["navn"] = "Ministeriet for Grøn Trepart"
    row(stand_in, "Aktør", 211)["navn"] = "Ministeren for grøn trepart"
    said = told(stand_in, tmp_path)
    assert "Ministeriet for Grøn Trepart" == said["ministry"]
    assert "ministeren for grøn trepart" == said["minister_title"]


@pytest.mark.parametrize(
    ("numbers", "files", "asked"),
    [
        ("S 1 og S 7", (5_000, 5_006), ("S 1", "S 7")),
        ("S 1, S 3 og S 7", (5_006,), ("S 1", "S 3", "S 7")),
        ("S 1-S 7", (5_000, 5_002, 5_006), ("S 1", "S 3", "S 7")),
    ],
)
def test_a_letter_that_answers_several_questions_is_found_by_each(
    stand_in: StandIn, tmp_path: Path, encoder: Encoder, numbers: str, files: tuple[int, ...], asked: tuple[str, ...]
) -> None:
    """Once for each of them or once for all, with the sidecar of one: it is one document, cited with all numbers."""
    for file in {5_000, 5_002, 5_006} - set(files):
        leave(stand_in, "Fil", id=file)
    for file in files:
        stand_in.revised[row(stand_in, "Fil", file)["filurl"].removeprefix("http://www.ft.dk")] = joint(numbers)
    got(stand_in, tmp_path / "docs")
    report = build([tmp_path / "docs"], tmp_path / "index", encoder)
    assert (8 - 3 + 1, []) == (report.documents, [one for one in report.differing if one.field == "number"])
    searcher = Searcher.open(tmp_path / "index")
    for number in asked:
        hit = searcher.ask(number, 1).hits[0]
        assert numbers == hit.fields.number and f"§ 20-spm. nr. {numbers}, " in hit.reference, number
        assert hit.explain.parts["named"] > 0, number
