"""Tuning: the weights that are learned put what is right first."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from eval.questions import Question, read_sets
from eval.tuning import Case, cases, fit_confidence, fit_ranking, report
from index.confidence import Signs
from index.evidence import Evidence
from index.search import Searcher
from index.settings import Ranking
from tests.conftest import ROOT


def made(count: int) -> list[Case]:
    """Questions whose right passage has the most of the first evidence; the answerable have the first sign."""
    rng = np.random.default_rng(3)
    found = []
    for number in range(count):
        evidence = rng.random((6, len(Evidence._fields)))
        answerable = number % 2 == 0
        right = np.arange(6) == evidence[:, 0].argmax() if answerable else np.zeros(6, bool)
        signs = rng.random(len(Signs._fields))
        signs[0] += answerable
        question = Question(str(number), "?", (("f", "q"),) if answerable else (), "s", "dev")  # type: ignore[arg-type]
        found.append(Case(question, evidence, right, signs))
    return found


def test_what_tells_right_from_wrong_gets_the_greatest_weight() -> None:
    """Of the ranking and of the confidence."""
    found = made(80)

    assert fit_ranking(found).argmax() == 0
    constant, *weights = fit_confidence(found)
    assert np.argmax(weights) == 0
    assert constant < 0


def test_every_question_of_a_set_is_weighed(examples_index: Path) -> None:
    """And the report says how the weights do on questions that they were not learned on."""
    sets = read_sets([ROOT / "eval" / "sets" / "examples.jsonl"])
    found = list(cases(Searcher.open(examples_index), sets))

    assert len(found) == len(sets[0].questions)
    assert sum(case.right.any() for case in found) > 0.9 * sum(bool(case.question.answers) for case in found)
    lines = list(report(found))
    assert lines[0].startswith("ranking: success@1 0.")
    assert len(Evidence._fields) == lines[-2].count("=")
    assert len(Ranking().confidence) == lines[-1].count("=")
