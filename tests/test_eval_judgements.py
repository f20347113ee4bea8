"""Answers that users judged become lines of a question set."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from corpus.errors import InputError
from corpus.records import Hit
from eval.judgements import append, question_lines, read_judgements
from eval.questions import read_set
from eval.run import evaluate
from index.search import Searcher

QUESTION = "Hvor mange skoler er med i forsøget?"


@pytest.fixture(scope="module")
def searcher(examples_index: Path) -> Searcher:
    """The examples' index, open."""
    return Searcher.open(examples_index)


@pytest.fixture(scope="module")
def hits(searcher: Searcher) -> tuple[Hit, ...]:
    """What a user was shown."""
    return searcher.ask(QUESTION, 5).hits


def judged(hit: Hit, useful: bool = True, **more: Any) -> dict[str, Any]:
    named = {"question": QUESTION, "document": hit.passage.document, "passage": hit.passage.id, "useful": useful}
    return named | more


def written(path: Path, *records: Any) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def test_a_useful_passage_becomes_a_question_that_is_answered(
    searcher: Searcher, hits: tuple[Hit, ...], tmp_path: Path
) -> None:
    """The quote is the passage in the index, so the same index answers the new question."""
    path = written(tmp_path / "j.jsonl", judged(hits[0], time="2026-01-01"), judged(hits[1], useful=False))
    turned = question_lines(read_judgements([path]), searcher.store)
    assert (1, 0, 0) == (len(turned.lines), turned.useless, turned.gone)
    assert [{"file": hits[0].citation.file, "quote": hits[0].passage.text}] == turned.lines[0]["answers"]
    assert 1 == append(tmp_path / "set.jsonl", turned.lines)
    result = evaluate([read_set(tmp_path / "set.jsonl")], searcher)
    assert (1.0, []) == (result["success@1"], result["not_in_the_index"])


def test_judged_characters_become_the_quote(searcher: Searcher, hits: tuple[Hit, ...], tmp_path: Path) -> None:
    """`start` and `end` count in the document's text, as in a citation; a file may stand for the document's id."""
    start, end = hits[0].citation.start, hits[0].citation.start + 60
    line = judged(hits[0], passage=None, start=start, end=end, document=hits[0].citation.file)
    turned = question_lines(read_judgements([written(tmp_path / "j", line)]), searcher.store)
    quote = turned.lines[0]["answers"][0]["quote"]
    assert hits[0].passage.text.startswith(quote[:40])
    assert len(quote) <= 60


def test_the_later_judgement_of_a_place_counts(searcher: Searcher, hits: tuple[Hit, ...], tmp_path: Path) -> None:
    """Useful, then not: the question has no useful answer left."""
    path = written(tmp_path / "j", judged(hits[0]), judged(hits[0], useful=False))
    turned = question_lines(read_judgements([path]), searcher.store)
    assert ([], 1, 0, 0) == turned


def test_what_the_index_no_longer_holds_is_counted(searcher: Searcher, hits: tuple[Hit, ...], tmp_path: Path) -> None:
    """A passage, a document or characters that are not there give no quote."""
    gone = [
        judged(hits[0], passage="gone"),
        judged(hits[0], document="gone"),
        judged(hits[0], passage=None, start=10, end=10**9),
        judged(hits[0], passage=None, start=-5, end=10),
    ]
    turned = question_lines(read_judgements([written(tmp_path / "j", *gone)]), searcher.store)
    assert ([], 1, 4, 0) == turned


def test_a_question_that_goes_on_from_others_keeps_them(
    searcher: Searcher, hits: tuple[Hit, ...], tmp_path: Path
) -> None:
    """The same words after other questions are another question; both lines are told apart and not added twice."""
    path = written(tmp_path / "j", judged(hits[0], previous=["Hvad er Fælles Frokost?"]), judged(hits[0]))
    turned = question_lines(read_judgements([path]), searcher.store)
    assert ["Hvad er Fælles Frokost?"] == turned.lines[0]["previous"]
    assert [2, 0] == [append(tmp_path / "set.jsonl", turned.lines) for _ in range(2)]
    assert 2 == len(read_set(tmp_path / "set.jsonl").questions)


def test_judgements_without_their_question_are_counted(
    searcher: Searcher, hits: tuple[Hit, ...], tmp_path: Path
) -> None:
    """Of a file that was begun without them the others are used; a file with none is refused with what to do."""
    bare = {name: value for name, value in judged(hits[0]).items() if name != "question"}
    turned = question_lines(read_judgements([written(tmp_path / "j", bare, judged(hits[0]), bare)]), searcher.store)
    assert (1, 0, 0, 2) == (len(turned.lines), *turned[1:])
    with pytest.raises(InputError, match=r"k holds 2 judgements and none of their questions\. .*--feedback-questions"):
        read_judgements([written(tmp_path / "k", bare, bare)])


@pytest.mark.parametrize(
    "line",
    [
        "[]",
        "{}",
        '{"question": "?", "document": "d", "useful": true}',
        '{"question": "?", "document": "d", "useful": true, "start": 1}',
        '{"question": "?", "document": "d", "useful": "yes", "passage": "p"}',
        '{"question": " ", "document": "d", "useful": true, "passage": "p"}',
        '{"question": "?", "document": "d", "useful": true, "start": true, "end": 2}',
    ],
)
def test_a_line_that_is_no_judgement_is_named(tmp_path: Path, line: str) -> None:
    """File and line, and what a line needs."""
    (tmp_path / "j").write_text("\n" + line, encoding="utf-8")
    with pytest.raises(InputError, match="j, line 2: needs "):
        read_judgements([tmp_path / "j"])
