"""Comparing runs: a real difference is found and no false one, and what cannot be compared is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from corpus.errors import InputError
from eval.compare import compare
from eval.trec import write_run

QUERIES = [f"q{n}" for n in range(20)]


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Two TREC runs of twenty queries, `b` always right at rank 1 and `a` at rank 2, with qrels and texts."""
    header = "query-id\tcorpus-id\tscore\n"
    (tmp_path / "qrels.tsv").write_text(header + "".join(f"{q}\tright\t1\n" for q in QUERIES), encoding="utf-8")
    texts = (json.dumps({"_id": q, "text": f"Spørgsmål {q}?"}) for q in QUERIES)
    (tmp_path / "queries.jsonl").write_text("\n".join(texts), encoding="utf-8")
    write_run(tmp_path / "a", {q: {"wrong": 2.0, "right": 1.0} for q in QUERIES}, "a")
    write_run(tmp_path / "b", {q: {"wrong": 1.0, "right": 2.0} for q in QUERIES}, "b")
    return tmp_path


def test_comparison_finds_a_real_difference_and_no_false_one(runs: Path) -> None:
    """Twenty queries all better: p is small and the interval lies above 0; the same run: p is 1."""
    better = compare(runs / "a", runs / "b", runs / "qrels.tsv", queries=runs / "queries.jsonl")
    assert better["p"] < 0.001 and better["low"] > 0 and 10 == len(better["moved"])
    assert (20, 0) == (better["better"], better["worse"])
    assert {"query": "q0", "text": "Spørgsmål q0?", "a": 0.6309, "b": 1.0, "difference": 0.3691} == better["moved"][0]
    same = compare(runs / "a", runs / "a", runs / "qrels.tsv")
    assert 1.0 == same["p"] and 0 == same["difference"] and [] == same["moved"]


def test_the_test_is_named_with_what_it_takes_to_repeat_it(runs: Path) -> None:
    """The name, how often, and the seed; the second time gives the same."""
    first = compare(runs / "a", runs / "b", runs / "qrels.tsv")
    assert "paired randomisation test, two-sided" in first["test"]
    assert (10_000, 7) == (first["permutations"], first["seed"])
    assert first == compare(runs / "a", runs / "b", runs / "qrels.tsv")


def test_a_query_that_one_run_lacks_scores_0(runs: Path) -> None:
    """It does not vanish from the comparison."""
    write_run(runs / "c", {q: {"right": 1.0} for q in QUERIES[:10]}, "c")
    result = compare(runs / "b", runs / "c", runs / "qrels.tsv", "success@1")
    assert (20, 0.5) == (result["queries"], result["b"])


def result_file(path: Path, values: dict[str, float], name: str = "success@1") -> Path:
    asked = {id_: {"question": f"Spørgsmål {id_}?"} for id_ in values}
    path.write_text(json.dumps({"per_question": {id_: {name: v} for id_, v in values.items()}, "asked": asked}))
    return path


def test_two_question_set_results_can_be_compared(tmp_path: Path) -> None:
    """Outputs of `eval run --json` need no qrels, and tell the questions' texts."""
    a = result_file(tmp_path / "a", dict.fromkeys(QUERIES, 0.0))
    result = compare(a, result_file(tmp_path / "b", dict.fromkeys(QUERIES, 1.0)))
    assert (1.0, "success@1") == (result["difference"], result["measure"])
    assert "Spørgsmål q0?" == result["moved"][0]["text"]


def test_a_result_can_be_compared_with_a_trec_run(runs: Path) -> None:
    """Where both are about the same questions."""
    result = compare(result_file(runs / "r", dict.fromkeys(QUERIES, 0.0)), runs / "b", runs / "qrels.tsv")
    assert 1.0 == result["difference"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        (" \n", "is empty"),
        ("{}", "neither a TREC run nor"),
        ('{"per_question": {}}', "holds no question"),
        ('{"per_question": {"q": {}}}', "holds no question"),
        ('{"per_question": {"q": {"success@1": null}}}', "neither a TREC run nor"),
        ('{"per_question": {"q": {"success@1": NaN}}}', "no number"),
        ('{"per_question": [1]}', "neither a TREC run nor"),
        ('{"per_question": {"other": {"success@1": 1}}}', "not about the same queries: 21 are in one alone"),
        ('{"per_question": {"q0": {"decided": 1}}}', "no measure .*none in common"),
        ("one two three\n", "line 1: no TREC run line"),
        ("other Q0 right 1 1 tag\n", "no query of .* is judged"),
    ],
)
def test_what_cannot_be_compared_is_refused(runs: Path, text: str, message: str) -> None:
    """Empty, unequal or broken runs: one line, wherever they stand."""
    (runs / "bad").write_text(text, encoding="utf-8")
    good = result_file(runs / "good", dict.fromkeys(QUERIES, 1.0))
    for pair in ((runs / "bad", good), (good, runs / "bad")):
        with pytest.raises(InputError, match=message):
            compare(*pair, qrels=runs / "qrels.tsv")


def test_a_trec_run_alone_cannot_be_compared(runs: Path) -> None:
    """The message asks for the judgements; a file that is not there, and a measure, are named."""
    with pytest.raises(InputError, match="--qrels"):
        compare(runs / "a", runs / "b")
    with pytest.raises(InputError, match="missing cannot be read"):
        compare(runs / "missing", runs / "b", runs / "qrels.tsv")
    with pytest.raises(InputError, match="no measure speed; they have ndcg@10"):
        compare(runs / "a", runs / "b", runs / "qrels.tsv", "speed")
