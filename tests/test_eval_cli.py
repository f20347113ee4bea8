"""The `eval` commands as an analyst meets them: files in and out, exit codes, one line for what went wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.test_cli import call

SET = (
    {
        "id": "s1",
        "question": "Hvor mange skoler er med i forsøget?",
        "answers": [{"file": "svar-buu-141-skolemad.pdf", "quote": "31 skoler"}],
        "split": "dev",
    },
    {"id": "s2", "question": "Hvem vandt melodigrandprix?", "answers": [], "slice": "unanswerable", "split": "test"},
)


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    """A set of two questions."""
    path = tmp_path / "set.jsonl"
    path.write_text("\n".join(map(json.dumps, SET)), encoding="utf-8")
    return path


def test_a_run_is_measured_again_from_its_files(questions: Path, examples_index: Path, tmp_path: Path) -> None:
    """`eval trec` gives the figures of what `eval run` writes; `eval compare` reads a run and a result alike."""
    files = "--run", tmp_path / "run", "--qrels", tmp_path / "qrels"
    result = call("eval", "run", questions, "--index", examples_index, *files, "--json")
    assert 0 == result.returncode, result.stderr
    figures = json.loads(result.stdout)
    assert {"success@1", "intervals", "confidence", "slices", "sets", "per_question", "p50_ms"} <= figures.keys()
    again = call("eval", "trec", tmp_path / "run", tmp_path / "qrels", "--json")
    assert figures["mrr@10"] == json.loads(again.stdout)["mrr@10"] > 0
    (tmp_path / "a.json").write_text(result.stdout, encoding="utf-8")
    words = tmp_path / "a.json", tmp_path / "run", "--qrels", tmp_path / "qrels", "--measure", "mrr@10", "--json"
    compared = call("eval", "compare", *words)
    assert 0 == compared.returncode, compared.stderr
    assert 0 == json.loads(compared.stdout)["difference"]


def test_a_person_gets_a_table(questions: Path, examples_index: Path) -> None:
    """A row over all and one for each slice; of one split only its own."""
    shown = call("eval", "run", questions, "--index", examples_index).stdout
    assert ["slice", "all", "unanswerable", "unnamed"] == [line.split()[0] for line in shown.splitlines()[:4]]
    assert "auroc" in shown
    only = call("eval", "run", questions, "--index", examples_index, "--split", "dev").stdout
    assert "unanswerable" not in only and "auroc" not in only


def test_a_report_over_sets_of_ones_own(questions: Path, examples_index: Path, tmp_path: Path) -> None:
    """The page lies where --out says, folders included."""
    out = tmp_path / "new" / "page.html"
    result = call("eval", "report", questions, "--index", examples_index, "--out", out)
    assert (0, f"{out}: 2 questions, each put three ways\n") == (result.returncode, result.stdout)
    assert "</html>" in out.read_text(encoding="utf-8")


def test_judgements_are_printed_or_appended(examples_index: Path, tmp_path: Path) -> None:
    """Lines on the output stream, counts on the other; with --out the file grows once."""
    hit = json.loads(call("ask", "Hvad koster skolemad?", "--index", examples_index, "--json").stdout)["hits"][0]
    where = {"document": hit["document"]["id"], "start": hit["citation"]["start"], "end": hit["citation"]["end"]}
    line = {"question": "Hvad koster skolemad?", "useful": True, **where}
    (tmp_path / "judged.jsonl").write_text(json.dumps(line), encoding="utf-8")
    printed = call("eval", "judgements", tmp_path / "judged.jsonl", "--index", examples_index)
    assert hit["citation"]["file"] == json.loads(printed.stdout)["answers"][0]["file"]
    assert "1 questions; 0 without a useful answer, 0 answers gone\n" == printed.stderr
    words = "judgements", tmp_path / "judged.jsonl", "--index", examples_index, "--out", tmp_path / "set.jsonl"
    assert ["1", "0"] == [call("eval", *words).stderr.split()[0] for _ in range(2)]


def test_an_ablation_prints_a_row_for_each_setting(questions: Path, examples_index: Path) -> None:
    """What is shipped first, then what was asked for."""
    words = "--index", examples_index, "--vary", "mode=lexical", "--measure", "mrr@10"
    lines = call("eval", "ablation", questions, *words).stdout.splitlines()
    assert ["mrr@10", "---", "shipped", "mode=lexical"] == [line.split("|")[1].strip() for line in lines]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("run", "none.jsonl", "--index", "none", "--run", "no/run"), 1, "no/run cannot be written"),
        (("run", "none.jsonl", "--index", "none", "--qrels", "."), 1, ". cannot be written"),
        (("run", "none.jsonl", "--index", "none", "--mode", "magic"), 2, "--mode magic"),
        (("beir", "none", "--run", "no/run"), 1, "no/run cannot be written"),
        (("trec", "none.run", "none.qrels"), 1, "none.run cannot be read"),
        (("report", "none.jsonl"), 2, "name question sets and their --index together"),
        (("gate", "--lower"), 2, "--lower goes with --update"),
        (("gate", "--baseline", "none.json"), 1, "none.json cannot be read"),
        (("judgements", "none.jsonl", "--index", "none"), 1, "none.jsonl cannot be read"),
        (("judgements", "none.jsonl", "--index", "none", "--out", "no/set"), 1, "no/set cannot be written"),
        (("ablation", "none.jsonl", "--index", "none"), 1, "none.jsonl cannot be read"),
    ],
)
def test_what_cannot_be_done_is_one_line(words: tuple[str, ...], code: int, message: str, tmp_path: Path) -> None:
    """What, where, what to do: and no traceback."""
    result = call("eval", *words, cwd=tmp_path)
    assert code == result.returncode
    assert message in result.stderr
    assert 1 == result.stderr.count("\n"), result.stderr


def test_a_split_that_is_none_is_wrong_use(questions: Path, examples_index: Path) -> None:
    """--split is dev or test."""
    result = call("eval", "run", questions, "--index", examples_index, "--split", "train")
    assert (2, "spoergetime: --split train is none of dev, test\n") == (result.returncode, result.stderr)
