"""Evaluation: measures that agree with the field's own tool, and questions scored by file and quote."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from corpus.errors import InputError
from eval import beir, compare, questions
from eval.measures import measure, read_trec, write_trec
from index.encoder import Encoder
from index.search import Searcher
from tests.conftest import ROOT

CORPUS = {
    "d1": ("Skolemad", "Skolemad koster 22 kr. om dagen."),
    "d2": ("Busser", "Bussen kører hver time på landet."),
    "d3": ("", "Marsvin lever i fjorden og spiser fisk."),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A BEIR folder of three passages and three queries, one of them without a right passage in the qrels."""
    lines = [json.dumps({"_id": id_, "title": title, "text": text}) for id_, (title, text) in CORPUS.items()]
    (tmp_path / "corpus.jsonl").write_text("\n".join(lines), encoding="utf-8")
    queries = {"q1": "Hvad koster skolemad?", "q2": "Hvor lever marsvin?", "q3": "ikke bedømt"}
    lines = [json.dumps({"_id": id_, "text": text}) for id_, text in queries.items()]
    (tmp_path / "queries.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "qrels.tsv").write_text(
        "query-id\tcorpus-id\tscore\nq1\td1\t2\nq2\td3\t1\nq2\tdx\t1\n", encoding="utf-8"
    )
    return tmp_path


@pytest.mark.parametrize("mode", ["lexical", "dense", "hybrid"])
def test_a_beir_folder_is_measured(folder: Path, encoder: Encoder, mode: beir.Mode) -> None:
    """Every key of the contract is there, and the obvious answers come first."""
    result = beir.evaluate(folder, encoder, mode, folder / "run.trec")
    keys = "ndcg@10 recall@100 mrr@10 success@1 p50_ms p95_ms build_seconds passages queries mode model"
    assert set(keys.split()) <= result.keys()
    assert (3, 2, mode) == (result["passages"], result["queries"], result["mode"])
    assert 1.0 == result["success@1"]
    assert 0.75 == result["recall@100"]
    assert {"q1", "q2"} == read_trec(folder / "run.trec").keys()


def test_measures_agree_with_ir_measures_on_the_written_run(folder: Path, encoder: Encoder) -> None:
    """What is printed is what anybody computes from the TREC run."""
    import ir_measures
    from ir_measures import nDCG

    result = beir.evaluate(folder, encoder, "hybrid", folder / "run.trec")
    qrels = beir.read_qrels(folder / "qrels.tsv")
    run = ir_measures.read_trec_run(str(folder / "run.trec"))
    assert result["ndcg@10"] == pytest.approx(ir_measures.calc_aggregate([nDCG @ 10], qrels, run)[nDCG @ 10], abs=1e-4)


def test_a_query_without_hits_counts_as_zero() -> None:
    """A query that finds nothing does not vanish from the mean."""
    qrels = {"q1": {"d1": 1}, "q2": {"d2": 1}}
    assert 0.5 == measure(qrels, {"q1": {"d1": 1.0}})["success@1"]
    assert 0.5 == measure(qrels, {"q1": {"d1": 1.0}, "q2": {}})["ndcg@10"]


def test_runs_survive_writing_and_reading(tmp_path: Path) -> None:
    """A TREC run read back ranks as it was written."""
    run = {"q1": {"a": 3.0, "b": 2.5}, "q2": {"c": 1.0}}
    write_trec(tmp_path / "run", run, "tag")
    assert run == read_trec(tmp_path / "run")
    assert "q1 Q0 a 1 3.000000 tag" == (tmp_path / "run").read_text().splitlines()[0]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("corpus.jsonl", '{"_id": "d1"}', "line 1: no 'text'"),
        ("corpus.jsonl", "not json", "line 1: no JSON"),
        ("qrels.tsv", "query-id\tcorpus-id\tscore\nq1\td1\tx\n", "qrels.tsv, line 2"),
        ("qrels.tsv", "query-id\tcorpus-id\tscore\nzz\td1\t1\n", "no query"),
    ],
)
def test_bad_folders_are_explained(folder: Path, encoder: Encoder, name: str, content: str, message: str) -> None:
    """The message names the file and the line."""
    (folder / name).write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        beir.evaluate(folder, encoder)


def test_the_examples_questions_are_scored(examples_index: Path) -> None:
    """The bundled question set runs, every slice is reported, and the measures are in range."""
    result = questions.evaluate(ROOT / "eval" / "sets" / "examples.jsonl", Searcher.open(examples_index))
    assert result["questions"] >= 60
    assert {"plain", "unanswerable"} <= result["slices"].keys()
    assert "success@1" not in result["slices"]["unanswerable"]
    assert result["success@5"] >= result["success@1"] > 0.4


def test_a_quote_counts_only_in_its_own_file(examples_index: Path) -> None:
    """White space and hyphenation aside, the quote must stand in a passage of the named file."""
    searcher = Searcher.open(examples_index)
    answer = searcher.ask("Hvor mange skoler deltager i forsøget med fælles skolemad?")
    right = questions.Accepted("svar-buu-141-skolemad.pdf", "31 sko-\nler  med i alt")
    assert any(questions.holds(hit, right) for hit in answer.hits)
    assert not any(questions.holds(hit, right._replace(file="notat-cykelparkering.md")) for hit in answer.hits)
    assert not any(questions.holds(hit, right._replace(quote="32 skoler")) for hit in answer.hits)


def test_abstention_is_scored() -> None:
    """For an unanswerable question only abstention is right."""
    from corpus.records import Answer

    empty = Answer(question="?", searched="?", answered=False, confidence=0.0, generation="1", hits=())
    unanswerable = questions.Question("u", "?", (), "unanswerable")
    answerable = questions.Question("a", "?", (questions.Accepted("f", "q"),), "plain")
    assert {"decided": 1.0} == questions.score(unanswerable, empty)
    assert 0.0 == questions.score(answerable, empty)["decided"] == questions.score(answerable, empty)["mrr@10"]


def test_comparison_finds_a_real_difference_and_no_false_one(tmp_path: Path) -> None:
    """Twenty queries all better: p is small and the interval lies above 0; the same run: p is 1."""
    qrels = tmp_path / "qrels.tsv"
    queries = [f"q{n}" for n in range(20)]
    qrels.write_text("query-id\tcorpus-id\tscore\n" + "".join(f"{q}\tright\t1\n" for q in queries), encoding="utf-8")
    write_trec(tmp_path / "a", {q: {"wrong": 2.0, "right": 1.0} for q in queries}, "a")
    write_trec(tmp_path / "b", {q: {"wrong": 1.0, "right": 2.0} for q in queries}, "b")
    better = compare.compare(tmp_path / "a", tmp_path / "b", qrels)
    assert better["p"] < 0.001 and better["low"] > 0 and 10 == len(better["moved"])
    same = compare.compare(tmp_path / "a", tmp_path / "a", qrels)
    assert 1.0 == same["p"] and 0 == same["difference"] and [] == same["moved"]


def test_two_question_set_results_can_be_compared(tmp_path: Path) -> None:
    """Outputs of `eval run --json` need no qrels."""
    for name, value in (("a", 0.0), ("b", 1.0)):
        (tmp_path / name).write_text(json.dumps({"per_question": {f"q{n}": {"success@1": value} for n in range(9)}}))
    assert 1.0 == compare.compare(tmp_path / "a", tmp_path / "b")["difference"]


def test_a_trec_run_alone_cannot_be_compared(tmp_path: Path) -> None:
    """The message asks for the judgements."""
    write_trec(tmp_path / "a", {"q": {"d": 1.0}}, "a")
    with pytest.raises(InputError, match="--qrels"):
        compare.compare(tmp_path / "a", tmp_path / "a")
