"""BEIR folders: measured as the contract says, and refused in one line before any work is done."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from corpus.errors import InputError
from eval import beir
from eval.trec import read_qrels, read_run
from index.encoder import Encoder

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
    assert {"q1", "q2"} == read_run(folder / "run.trec").keys()


def test_measures_agree_with_ir_measures_on_the_written_run(folder: Path, encoder: Encoder) -> None:
    """What is printed is what anybody computes from the TREC run."""
    import ir_measures
    from ir_measures import nDCG

    result = beir.evaluate(folder, encoder, "hybrid", folder / "run.trec")
    qrels = read_qrels(folder / "qrels.tsv")
    run = ir_measures.read_trec_run(str(folder / "run.trec"))
    assert result["ndcg@10"] == pytest.approx(ir_measures.calc_aggregate([nDCG @ 10], qrels, run)[nDCG @ 10], abs=1e-4)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("corpus.jsonl", '{"_id": "d1"}', "line 1: no 'text'"),
        ("corpus.jsonl", "not json", "line 1: no JSON"),
        ("corpus.jsonl", "[1]", "line 1: no JSON object"),
        ("corpus.jsonl", "", "holds no passage"),
        ("corpus.jsonl", '{"_id": 7, "text": "a"}', "line 1: _id is 7, which is no text"),
        ("corpus.jsonl", '{"_id": "d1", "text": null}', "line 1: text is None"),
        ("corpus.jsonl", '{"_id": " ", "text": "a"}', "line 1: the id is empty"),
        (
            "corpus.jsonl",
            '{"_id": "d1", "text": "a"}\n{"_id": "d1", "text": "b"}',
            "line 2: the id d1 is there already",
        ),
        (
            "queries.jsonl",
            '{"_id": "q1", "text": "a"}\n{"_id": "q1", "text": "b"}',
            "line 2: the id q1 is there already",
        ),
        ("qrels.tsv", "query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\td1\t2\n", "line 3: q1 marks d1 both 1 and 2"),
        ("qrels.tsv", "", "holds no judgement"),
        ("qrels.tsv", "query-id\tcorpus-id\tscore\nq1\td1\tx\n", "qrels.tsv, line 2"),
        ("qrels.tsv", "query-id\tcorpus-id\tscore\nzz\td1\t1\n", "no query"),
    ],
)
def test_bad_folders_are_explained(folder: Path, encoder: Encoder, name: str, content: str, message: str) -> None:
    """The message names the file and the line."""
    (folder / name).write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        beir.evaluate(folder, encoder)


def test_a_run_that_cannot_be_written_is_refused_before_the_work(folder: Path, encoder: Encoder) -> None:
    """Nothing is read: even a folder that does not exist is not looked at."""
    with pytest.raises(InputError, match="cannot be written: No such file or directory"):
        beir.evaluate(folder / "missing", encoder, run_file=folder / "nowhere" / "run")
    with pytest.raises(InputError, match="cannot be written: Is a directory"):
        beir.evaluate(folder / "missing", encoder, run_file=folder)


def test_ids_of_two_words_do_without_a_run(folder: Path, encoder: Encoder) -> None:
    """A TREC run cannot hold them, and says so; without --run they are measured."""
    (folder / "corpus.jsonl").write_text('{"_id": "d 1", "text": "Skolemad koster 22 kr."}\n', encoding="utf-8")
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td 1\t1\n", encoding="utf-8")
    assert 1.0 == beir.evaluate(folder, encoder)["success@1"]
    with pytest.raises(InputError, match="'d 1' is not one word"):
        beir.evaluate(folder, encoder, run_file=folder / "run")


def test_the_judgements_can_be_written_too(folder: Path, encoder: Encoder) -> None:
    """What --run and --qrels write gives, read again, what was printed."""
    from eval import trec

    result = beir.evaluate(folder, encoder, run_file=folder / "run", qrels_file=folder / "qrels")
    again = trec.evaluate(folder / "run", folder / "qrels")
    assert {"ndcg@10", "recall@10", "recall@100", "mrr@10", "success@1", "success@5"} <= result.keys() & again.keys()
    assert all(result[name] == again[name] for name in again.keys() & result.keys())
