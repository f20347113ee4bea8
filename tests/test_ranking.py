"""What a question asks for, what speaks for a passage, questions in other languages, and the order people see."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from index.confidence import confidence
from index.evidence import Evidence
from index.ranking import spread, weigh
from index.search import Searcher
from index.settings import Ranking
from index.translation import foreign, foreign_words
from index.wanted import held, wanted


@pytest.fixture(scope="module")
def searcher(examples_index: Path) -> Searcher:
    """The examples, open."""
    return Searcher.open(examples_index)


@pytest.mark.parametrize(
    ("question", "fits", "fits_not"),
    [
        ("Hvor mange skoler er med?", "I alt deltager 31 nye skoler.", "Mange skoler deltager."),
        ("Hvor meget koster en plads?", "Den koster 60 kr. om måneden.", "Den er dyr."),
        ("Hvornår åbner broen?", "Den åbner den 1. maj.", "Den åbner snart."),
        ("Hvor længe skal man vente?", "I gennemsnit 26 uger.", "Alt for meget."),
        ("Hvorfor blev ruten nedlagt?", "Det skyldes, at passagertallet faldt.", "Ruten blev nedlagt."),
    ],
)
def test_an_answer_holds_what_is_asked_for(question: str, fits: str, fits_not: str) -> None:
    """A number, an amount, a day, a time, a reason."""
    asked = wanted(question)
    assert asked.fit(fits, held(fits)) == 1.0
    assert asked.fit(fits_not, held(fits_not)) == 0.0


def test_a_number_of_something_else_fits_less() -> None:
    """Of two sentences with numbers the one that counts what is asked about fits better."""
    asked = wanted("Hvor mange busruter er nedlagt?")
    routes, other = "Der er nedlagt 31 lokale busruter.", "Det er et fald på 9 pct."
    assert asked.fit(routes, held(routes)) > asked.fit(other, held(other)) > 0
    assert wanted("Hvad mener ministeren?").fit(routes, held(routes)) == 0


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How many schools take part?", True),
        ("Hur många skolor deltar?", True),
        ("Wie viele Schulen nehmen teil?", True),
        ("Hva skjer med skolene?", True),
        ("Hvor mange skoler er med i forsøget?", False),
        ("Hvad mener ministeren om The Economist?", False),
        ("Hvem var med til mødet?", False),
        ("S 560", False),
    ],
)
def test_questions_in_other_languages_are_told_from_danish(question: str, expected: bool) -> None:
    """By their function words."""
    assert foreign(question) is expected


def test_a_foreign_question_is_also_searched_in_danish(searcher: Searcher) -> None:
    """The archive's words that lie near to a foreign one are added, never put in its place, and are shown."""
    answer = searcher.ask("How long do children wait for braces at the dentist?", 10)

    assert "børn" in " ".join(answer.expanded)
    assert "children" in foreign_words(answer.searched)
    assert answer.searched == "How long do children wait for braces at the dentist?"


def test_the_score_is_the_sum_of_its_parts(searcher: Searcher) -> None:
    """Each thing that speaks for a passage by its weight."""
    _, ranked = searcher.weighed("Hvor mange marsvin er der i fjorden?")
    for one in ranked:
        assert sum(weigh(one.judged.evidence, searcher.ranking.evidence)) == pytest.approx(one.score, abs=1e-5)
    assert [one.score for one in ranked] == sorted((one.score for one in ranked), reverse=True)


def test_at_most_two_of_one_document_among_the_first_five(searcher: Searcher) -> None:
    """The others follow by their scores, none is lost, and none comes twice."""
    _, ranked = searcher.weighed("Hvad gør ministeren for skolerne?")
    shown = spread(ranked, 20, 2)

    assert max(Counter((one.stored.document_row, one.stored.passage.section) for one in shown[:5]).values()) <= 2
    assert len({one.row for one in shown}) == len(shown) == 20
    assert [one.score for one in shown[5:]] == sorted((one.score for one in shown[5:]), reverse=True)
    assert shown[0] == ranked[0]


def test_the_same_text_is_shown_once(searcher: Searcher) -> None:
    """However often it stands in the archive."""
    _, ranked = searcher.weighed("Hvad gør ministeren?")
    assert [one.row for one in spread([*ranked, *ranked], 10, 2)] == [one.row for one in spread(ranked, 10, 2)]


def test_what_is_named_by_number_is_certain(searcher: Searcher) -> None:
    """It is looked up, not guessed; an answer to something else is less so."""
    query, ranked = searcher.weighed("Hvad svarede ministeren på S 1204?")
    assert ranked[0].scored.named == 1
    assert confidence(query, ranked, Ranking()) == 1.0
    query, ranked = searcher.weighed("Hvordan bager jeg en gulerodskage med flødeostecreme?")
    assert confidence(query, ranked, Ranking()) < 0.5


def test_evidence_has_a_weight_each() -> None:
    """A new kind of evidence cannot be forgotten in the settings."""
    assert len(Ranking().evidence) == len(Evidence._fields)
