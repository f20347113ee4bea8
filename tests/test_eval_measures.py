"""Measures: they agree with the field's own tool, and a query without an answer counts."""

from __future__ import annotations

import random
from pathlib import Path

import ir_measures
import pytest
from ir_measures import RR, R, Success, nDCG

from corpus.errors import InputError
from eval import confidence, resample, trec
from eval.measures import NAMES, measure, measure_each, ndcg, recall, reciprocal_rank, success

THEIRS = {
    "ndcg@10": nDCG @ 10,
    "recall@10": R @ 10,
    "recall@100": R @ 100,
    "mrr@10": RR @ 10,
    "success@1": Success @ 1,
    "success@5": Success @ 5,
}


@pytest.mark.parametrize("seed", range(20))
def test_every_measure_agrees_with_ir_measures(seed: int) -> None:
    """On random runs with ties, scores that differ by less than 32 bits hold, missing queries and graded relevance."""
    draw = random.Random(seed)
    passages = [f"d{n}" for n in range(150)]
    qrels = {
        f"q{n}": {d: draw.choice((-1, 0, 0, 1, 2, 3)) for d in draw.sample(passages, draw.randint(1, 30))}
        for n in range(8)
    }
    run = {
        f"q{n}": {
            d: draw.choice((round(draw.uniform(0, 3)), draw.uniform(0, 3), 1.00000001, 1.00000002))
            for d in draw.sample(passages, draw.randint(1, 140))
        }
        for n in range(9)  # the last is not judged
        if draw.random() < 0.8
    }
    ours = measure_each(qrels, run)
    assert set(NAMES) == THEIRS.keys()
    names = {str(theirs): name for name, theirs in THEIRS.items()}
    compared = 0
    for metric in ir_measures.iter_calc(list(THEIRS.values()), qrels, run):
        assert metric.value == pytest.approx(ours[metric.query_id][names[str(metric.measure)]], abs=1e-6)
        compared += 1
    assert len(qrels) * len(NAMES) == compared


def test_measures_by_hand() -> None:
    """Two of three found, at ranks 2 and 4."""
    gains, marks = [0, 2, 0, 1], [2, 1, 1]
    assert (0.0, 1.0) == (success(gains, 1), success(gains, 5))
    assert (0.5, 0.0) == (reciprocal_rank(gains, 10), reciprocal_rank(gains, 1))
    assert pytest.approx(2 / 3) == recall(gains, marks, 10)
    assert pytest.approx((2 / 1.58496 + 1 / 2.32193) / (2 + 1 / 1.58496 + 1 / 2), abs=1e-5) == ndcg(gains, marks, 10)


def test_a_query_without_hits_counts_as_zero() -> None:
    """A query that finds nothing does not vanish from the mean."""
    qrels = {"q1": {"d1": 1}, "q2": {"d2": 1}}
    assert 0.5 == measure(qrels, {"q1": {"d1": 1.0}})["success@1"]
    assert 0.5 == measure(qrels, {"q1": {"d1": 1.0}, "q2": {}})["ndcg@10"]


def test_runs_and_qrels_survive_writing_and_reading(tmp_path: Path) -> None:
    """What is read back ranks, and marks, as it was written."""
    run = {"q1": {"a": 3.0, "b": 2.5}, "q2": {"c": 1.0}}
    trec.write_run(tmp_path / "run", run, "tag")
    assert run == trec.read_run(tmp_path / "run")
    assert "q1 Q0 a 1 3.000000 tag" == (tmp_path / "run").read_text().splitlines()[0]
    qrels = {"q1": {"a": 1, "b": 0}, "q3": {"c": 2}}
    trec.write_qrels(tmp_path / "qrels", qrels)
    assert qrels == trec.read_qrels(tmp_path / "qrels")
    assert 1 == trec.evaluate(tmp_path / "run", tmp_path / "qrels")["without_a_run"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no ranking"),
        ("q Q0 d 1 x tag\n", "line 1: no TREC run line"),
        ("q Q0 d 1 nan tag\n", "line 1: the score nan"),
        ("q Q0 d 1 2 tag\nq Q0 d 2 1 tag\n", "line 2: q has d twice"),
        ("other Q0 d 1 2 tag\n", "no query of .* is judged"),
        ("\udcff", "no UTF-8"),
    ],
)
def test_a_run_that_is_none_is_explained(tmp_path: Path, text: str, message: str) -> None:
    """One line names the file, the line, and what to do."""
    (tmp_path / "run").write_bytes(text.encode(errors="surrogateescape"))
    (tmp_path / "qrels").write_text("q 0 d 1\n", encoding="utf-8")
    with pytest.raises(InputError, match=message):
        trec.evaluate(tmp_path / "run", tmp_path / "qrels")


def test_auroc_counts_pairs() -> None:
    """Three of four pairs in order, and one tie: 3.5 of 6; nothing to tell apart gives none."""
    assert pytest.approx(3.5 / 6) == confidence.auroc([0.9, 0.5, 0.1], [0.5, 0.2])
    assert confidence.auroc([0.5], []) is None


def test_balanced_accuracy_weighs_both_sides_alike() -> None:
    """Nine of nine answered, one of two refused: .75, though ten of eleven are right."""
    assert 0.75 == confidence.balanced_accuracy([True] * 9 + [True, False], [True] * 9 + [False] * 2)
    assert confidence.balanced_accuracy([True], [True]) is None


def test_the_calibration_error_by_hand() -> None:
    """Two bins: half right at .9, none right at .1."""
    confidences, right = [0.9, 0.9, 0.1, 0.1], [True, False, False, False]
    assert pytest.approx((2 * 0.4 + 2 * 0.1) / 4) == confidence.calibration_error(confidences, right)
    assert 1 == confidence.reliability([1.0], [True])[-1].high  # a confidence of 1 has a bin


def test_risk_grows_from_the_surest_and_ties_share_it() -> None:
    """The surest is right; of the two next, equally sure, one is wrong whatever their order in the file."""
    for right in ([True, True, False], [True, False, True]):
        curve = confidence.risk_coverage([0.9, 0.5, 0.5], right)
        assert [0.0, 0.25, pytest.approx(1 / 3)] == [point.risk for point in curve]
        assert [pytest.approx(1 / 3), pytest.approx(2 / 3), 1.0] == [point.coverage for point in curve]
        assert pytest.approx((0 + 0.25 + 1 / 3) / 3) == confidence.area(curve)


def test_the_randomisation_test_agrees_with_full_enumeration() -> None:
    """Five differences of one sign: two of 32 assignments are as extreme."""
    assert pytest.approx(2 / 32, abs=0.01) == resample.randomisation([0.1, 0.2, 0.3, 0.4, 0.5])
    assert 1.0 == resample.randomisation([0.0, 0.0])


def test_the_interval_agrees_with_the_normal_one() -> None:
    """400 values of variance 1/4: the interval is about .049 to each side, and equal in every run."""
    low, high = resample.interval([0.0, 1.0] * 200)
    assert (pytest.approx(0.451, abs=0.004), pytest.approx(0.549, abs=0.004)) == (low, high)
    assert (low, high) == resample.interval([0.0, 1.0] * 200)
    assert (0.5, 0.5) == resample.interval([0.5])
