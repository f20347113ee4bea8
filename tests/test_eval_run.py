"""Question sets: scored by file and quote, over all, per set and per slice."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from corpus.errors import InputError
from corpus.records import Answer
from eval import trec
from eval.judge import ABSENT, Quotes, score
from eval.questions import Accepted, Question, read_set, read_sets
from eval.run import ask, evaluate, outcomes, qrels_of, run_of
from index.search import Searcher
from tests.conftest import ROOT

EXAMPLES_SET = ROOT / "eval" / "sets" / "examples.jsonl"
EMPTY = Answer(question="?", searched="?", answered=False, confidence=0.0, generation="1", hits=())


@pytest.fixture(scope="module")
def searcher(examples_index: Path) -> Searcher:
    """The examples' index, open."""
    return Searcher.open(examples_index)


def written(path: Path, *records: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Three questions: one answered, one whose quote stands nowhere, one unanswerable."""
    right = {"file": "svar-buu-141-skolemad.pdf", "quote": "31 skoler"}
    return written(
        tmp_path / "small.jsonl",
        {"id": "s1", "question": "Hvor mange skoler er med i forsøget?", "answers": [right], "slice": "a"},
        {"id": "s2", "question": "Skolemad?", "answers": [right | {"quote": "ordene findes ikke"}], "split": "dev"},
        {"id": "s3", "question": "Hvem vandt melodigrandprix?", "answers": [], "slice": "unanswerable"},
    )


def test_the_examples_questions_are_scored(searcher: Searcher) -> None:
    """The bundled question set runs, every slice is reported, and the measures are in range."""
    result = evaluate([read_set(EXAMPLES_SET)], searcher)
    assert result["questions"] >= 60
    assert {"plain", "unanswerable"} <= result["slices"].keys()
    assert "success@1" not in result["slices"]["unanswerable"]
    assert result["success@5"] >= result["success@1"] > 0.4
    assert 0.5 < result["confidence"]["auroc"] < 1
    for name, (low, high) in result["intervals"].items():
        assert low <= result[name] <= high
        assert high - low < 0.3


def test_a_quote_counts_only_in_its_own_file(searcher: Searcher) -> None:
    """White space and hyphenation aside, the quote must stand in a passage of the named file."""
    quotes = Quotes(searcher.store)

    def found(file: str, quote: str) -> tuple[str, ...]:
        return quotes.relevant(Question("x", "?", (Accepted(file, quote),), "all"))

    answer = searcher.ask("Hvor mange skoler deltager i forsøget med fælles skolemad?")
    right = found("svar-buu-141-skolemad.pdf", "31 sko-\nler  med i alt")
    assert set(right) & {hit.passage.id for hit in answer.hits}
    assert (f"{ABSENT}x",) == found("notat-cykelparkering.md", "31 skoler")
    assert (f"{ABSENT}x",) == found("svar-buu-141-skolemad.pdf", "32 skoler")


def test_one_of_several_accepted_answers_is_enough(searcher: Searcher) -> None:
    """A quote that stands nowhere beside one that is found takes nothing from the measures."""
    good, bad = Accepted("svar-buu-141-skolemad.pdf", "31 skoler"), Accepted("svar-buu-141-skolemad.pdf", "ingen ord")
    quotes = Quotes(searcher.store)
    assert quotes.relevant(Question("x", "?", (bad, good), "all")) == quotes.relevant(
        Question("x", "?", (good,), "all")
    )


def test_abstention_is_scored() -> None:
    """For an unanswerable question only abstention is right."""
    unanswerable = Question("u", "?", (), "unanswerable")
    answerable = Question("a", "?", (Accepted("f", "q"),), "plain")
    assert {"decided": 1.0} == score(unanswerable, EMPTY, ())
    assert 0.0 == score(answerable, EMPTY, ("p",))["decided"] == score(answerable, EMPTY, ("p",))["mrr@10"]


def test_what_is_nowhere_in_the_index_counts_as_missed(small: Path, searcher: Searcher, tmp_path: Path) -> None:
    """It is named, scores 0, and stays in the qrels: whoever measures the written run gets the same figures."""
    rows = outcomes([read_set(small)], searcher)
    result = evaluate([read_set(small)], searcher)
    assert ["s2"] == result["not_in_the_index"]
    assert 0.0 == result["per_question"]["s2"]["ndcg@10"]
    trec.write_run(tmp_path / "run", run_of(rows), "tag")
    trec.write_qrels(tmp_path / "qrels", qrels_of(rows))
    again = trec.evaluate(tmp_path / "run", tmp_path / "qrels")
    assert 2 == again["queries"]
    for name in ("success@1", "success@5", "mrr@10", "ndcg@10", "recall@10"):
        assert result[name] == again[name] > 0


def test_several_sets_are_told_apart(small: Path, searcher: Searcher, tmp_path: Path) -> None:
    """Measures over all, for each set, and for each slice of each."""
    other = written(tmp_path / "other.jsonl", {"id": "o1", "question": "Hvad er klokken?", "answers": []})
    result = evaluate(read_sets([small, other]), searcher)
    assert (4, 3, 1) == (result["questions"], *(result["sets"][name]["questions"] for name in ("small", "other")))
    assert {"a", "unnamed", "unanswerable"} == result["sets"]["small"]["slices"].keys()
    assert "other" == result["asked"]["o1"]["set"]


def test_a_split_keeps_its_own_questions(small: Path) -> None:
    """--split dev leaves the others out; a split that nothing belongs to is refused."""
    assert ["s2"] == [question.id for one in read_sets([small], "dev") for question in one.questions]
    with pytest.raises(InputError, match='"split": "test"'):
        read_sets([small], "test")


@pytest.mark.parametrize("mode", ["lexical", "dense", "hybrid"])
def test_each_leg_can_be_measured(mode: Any, small: Path, searcher: Searcher) -> None:
    """The mode reaches the search: one leg alone gives no share of the other."""
    answer = ask(searcher, read_set(small).questions[0], mode)
    shares = {leg: sum(getattr(hit.explain, leg) for hit in answer.hits) for leg in ("lexical", "dense")}
    assert {"lexical": mode != "dense", "dense": mode != "lexical"} == {leg: share > 0 for leg, share in shares.items()}


def test_earlier_questions_are_handed_over(tmp_path: Path) -> None:
    """One text as well as several."""
    path = written(
        tmp_path / "f.jsonl",
        {"id": "1", "question": "Og i 2012?", "answers": [], "previous": "Hvor mange var der i 2011?"},
        {"id": "2", "question": "Og i 2013?", "answers": [], "previous": ["Først?", "Så?"]},
        {"id": "3", "question": "Alene?", "answers": []},
    )
    seen: list[Any] = []

    def knows(question: str, top: int, *, mode: str, previous: tuple[str, ...] = ()) -> Answer:
        seen.append(previous)
        return EMPTY

    for question in read_set(path).questions:
        ask(SimpleNamespace(ask=knows), question, "hybrid")  # type: ignore[arg-type]
    assert [("Hvor mange var der i 2011?",), ("Først?", "Så?"), ()] == seen


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("", "holds no questions"),
        ("[]", "line 1: needs"),
        ('{"id": 1, "question": "?", "answers": []}', "line 1: needs .*id is 1"),
        ('{"id": "a b", "question": "?", "answers": []}', "id is one word"),
        ('{"id": "a", "question": "?", "answers": [], "split": "train"}', "split is one of dev, test"),
        ('{"id": "a", "question": "?", "answers": [{"file": "f", "quote": " "}]}', "quote is ' '"),
        ('{"id": "a", "question": "?", "answers": []}\n' * 2, "line 2: the id a is there already"),
    ],
)
def test_bad_sets_are_explained(tmp_path: Path, lines: str, message: str) -> None:
    """One line names the file, the line, and what is wrong."""
    (tmp_path / "set.jsonl").write_text(lines, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_sets([tmp_path / "set.jsonl"])


def test_ids_are_unique_over_sets(small: Path, tmp_path: Path) -> None:
    """Two sets of one name, or with one id in both, cannot be told apart in a run."""
    with pytest.raises(InputError, match="two sets are called small"):
        read_sets([small, small])
    with pytest.raises(InputError, match="the id s1 is also one of small"):
        read_sets([small, written(tmp_path / "o.jsonl", {"id": "s1", "question": "?", "answers": []})])
