"""Which answer is current, and which answers point to which."""

from __future__ import annotations

from itertools import permutations

import pytest

from corpus.letter_fields import numbers_in
from corpus.lifecycle import Facts, Related, facts, relations
from corpus.records import Document, Fields, Section, Status

QUESTION = frozenset("hvor mange storke yngler i danmark i år".split())


def answer(
    id_: str,
    status: Status | None = "endeligt",
    date: str | None = None,
    *,
    number: str = "12",
    case: str | None = "MOF alm. del",
    reprint: bool = False,
    question: frozenset[str] = QUESTION,
    pointers: tuple[tuple[str, str | None], ...] = (),
    session: str | None = None,
) -> Facts:
    kind = "§20-svar" if number.startswith("S") else "udvalgssvar"
    fields = Fields(kind=kind, number=number, case=case, status=status, date=date, asker="Ida Brask", session=session)
    return Facts(id_, fields, question, reprint, pointers)


def superseded(*documents: Facts) -> dict[str, str]:
    return {r.document: r.other for r in relations(documents) if r.relation == "superseded_by"}


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_final_answer_supersedes_the_preliminary_and_a_correction_the_final(order: tuple[int, ...]) -> None:
    """Whatever the order of the files, the newest valid answer is current and the others point to it."""
    versions = [
        answer("a", "foreløbigt", "2023-02-01"),
        answer("b", "endeligt", "2023-03-01"),
        answer("c", "korrigeret", "2023-03-09"),
    ]
    assert {"a": "c", "b": "c"} == superseded(*(versions[n] for n in order))


def test_what_nothing_speaks_for_does_not_hang_on_the_order() -> None:
    """Two final answers of one date, an answer between two questions, a pointer: the same relations in every order."""
    more = QUESTION | {"og", "hvor", "bor", "de"}
    most = more | {"ministeren", "svare", "hvornår", "og"}
    versions = [
        answer("a", "foreløbigt", "2023-02-01"),
        answer("b", "endeligt", "2023-03-01"),
        answer("c", "endeligt", "2023-03-01", question=more),
        answer("d", "endeligt", "2023-03-02", question=most),
        answer("e", "endeligt", "2023-04-01", number="13", pointers=(("12", "MOF alm. del"),)),
    ]
    found = {*relations(versions)}
    assert all(found == {*relations(order)} for order in permutations(versions))


def test_without_dates_the_status_decides() -> None:
    """An undated correction is newer than the final answer, and that newer than a preliminary one."""
    assert {"a": "c", "b": "c"} == superseded(answer("a", "foreløbigt"), answer("b"), answer("c", "korrigeret"))


def test_a_supplement_leaves_what_it_adds_to_in_force() -> None:
    """The final answer points to the supplement and is not superseded by it; the preliminary one is, by the final."""
    versions = answer("a", "foreløbigt"), answer("b", date="2023-03-01"), answer("c", "supplerende", "2023-04-01")
    assert {"a": "b"} == superseded(*versions)
    assert [Related("b", "supplemented_by", "c")] == [r for r in relations(versions) if r.relation == "supplemented_by"]


def test_a_preliminary_answer_never_supersedes() -> None:
    """Also not when its date is the later one."""
    assert {"a": "b"} == superseded(answer("a", "foreløbigt", "2023-05-01"), answer("b", "endeligt", "2023-04-01"))


def test_a_reprint_supersedes_what_it_reprints() -> None:
    """Same status, same date: the one that says "omtryk" is current."""
    assert {"a": "b"} == superseded(answer("a", date="2023-03-01"), answer("b", date="2023-03-01", reprint=True))


def test_equal_answers_leave_each_other_alone() -> None:
    """Where nothing says which is newer, nothing is guessed."""
    assert {} == superseded(answer("a", date="2023-03-01"), answer("b", date="2023-03-01"))


def test_numbers_begin_anew() -> None:
    """Another question, another committee or another session under the same number is another matter."""
    other = frozenset("hvad koster en færgebillet til ærø".split())
    assert {} == superseded(answer("a", "foreløbigt"), answer("b", question=other))
    assert {} == superseded(answer("a", "foreløbigt"), answer("b", case="SAU alm. del"))
    assert {} == superseded(answer("a", "foreløbigt", session="20221"), answer("b", session="20231"))


def refers(*documents: Facts) -> list[Related]:
    return [r for r in relations(documents) if r.relation == "refers_to"]


def test_a_pointer_leads_to_the_answer_it_names() -> None:
    """By S number, or by number within the same case."""
    by_s = answer("a", number="S 7", case="§ 20", pointers=(("S 5", None),))
    assert [Related("a", "refers_to", "b")] == refers(by_s, answer("b", number="S 5", case="§ 20"))
    by_number = answer("a", number="13", pointers=(("12", "MOF alm. del"),))
    assert [Related("a", "refers_to", "b")] == refers(by_number, answer("b"), answer("c", case="SAU alm. del"))


def test_a_pointer_leads_to_a_letter_that_answers_several_questions() -> None:
    """By each of their numbers, also one between the ends of a row."""
    for joint, number in (("S 3 og S 7", "S 7"), ("S 3-S 9", "S 7"), ("S 3", "S 3")):
        documents = [answer("a", number="S 1", case="§ 20", pointers=((number, None),))]
        documents.append(answer("b", number=joint, case="§ 20"))
        assert [Related("a", "refers_to", "b")] == list(relations(documents)), joint


def test_a_pointer_leads_to_the_current_version() -> None:
    """Who points to a superseded answer is led to the one in force."""
    pointing = answer("a", number="13", pointers=(("12", "MOF alm. del"),))
    assert [Related("a", "refers_to", "c")] == refers(pointing, answer("b", "foreløbigt"), answer("c"))


def test_a_pointer_that_could_mean_two_answers_means_none() -> None:
    """Unless the session or the dates tell."""
    other = frozenset("hvad koster en færgebillet til ærø".split())
    pointing = answer("a", number="S 7", pointers=(("S 5", None),), date="2023-05-01", session="20221")
    first = answer("b", number="S 5", question=other)
    assert [] == refers(pointing, first, answer("c", number="S 5"))
    assert ["c"] == [r.other for r in refers(pointing, first, answer("c", number="S 5", session="20221"))]
    assert ["c"] == [r.other for r in refers(pointing, first, answer("c", number="S 5", date="2023-04-01"))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Der henvises til mit svar på spørgsmål nr. S 123.", [("S 123", None)]),
        ("Jeg kan henvise til besvarelsen af spørgsmål 44 (SAU alm. del).", [("44", "SAU alm. del")]),
        ("Der henvises til svaret på spørgsmål nr. 44.", [("44", "MOF alm. del")]),
        ("Der henvises til MOF alm. del – svar på spørgsmål 44.", [("44", "MOF alm. del")]),
        ("Der henvises til spm. S 1 og S 2. Der henvises til spm. S 2.", [("S 1", None), ("S 2", None)]),
        ("Spørgsmål 44 blev stillet i går.", []),
        ("Der henvises til svaret på spørgsmål nr. 12.", []),
    ],
)
def test_pointers_are_read_from_the_answer(text: str, expected: list[tuple[str, str | None]]) -> None:
    """Only what an answer says of another answer is a pointer, and never to itself."""
    document = Document(
        id="d",
        files=(),
        text=text,
        pages=(),
        fields=Fields(kind="udvalgssvar", number="12", case="MOF alm. del"),
        sections=(Section(kind="svar", start=0, end=len(text)),),
    )
    assert expected == list(facts(document).pointers)


@pytest.mark.parametrize("bait", ["henvis", "henvis ", "jf. ", "se også ", "AB alm. del ", "henviser til spørgsmål "])
def test_hostile_answers_take_linear_time(bait: str) -> None:
    """No run of what a pointer begins with keeps a build waiting."""
    import time

    text = "henvises til " + bait * 20_000
    section = Section(kind="svar", start=0, end=len(text))
    fields = Fields(kind="udvalgssvar", number="12", case="MOF alm. del")
    started = time.monotonic()
    facts(Document(id="d", files=(), text=text, pages=(), fields=fields, sections=(section,)))
    assert time.monotonic() - started < 10


def test_a_row_of_numbers_has_bounds() -> None:
    """What a sidecar calls a number may be as long as it likes."""
    assert ["1", "9" * 5000] == numbers_in(f"1-{'9' * 5000}")
    assert ["S 1", "S 3", "S 2", "S 3"] == numbers_in("S 1-S 3")
