"""Ablation: the same questions under several settings of the ranking."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from corpus.errors import UsageError
from eval.ablation import BY_MODE, SHIPPED, configurations, table, varied
from eval.questions import read_set
from index.lexical import Weights
from index.search import Searcher
from tests.conftest import ROOT


@dataclass(frozen=True)
class Settings:
    """As a ranking's settings may look."""

    weight: float = 0.5
    candidates: int = 200
    named: bool = True
    words: Weights = field(default=Weights())


class Stub:
    """A searcher that only keeps its settings."""

    def __init__(self, *opened: object) -> None:
        self.folder, self.manifest, self.encoder, self.ranking, self.reranker = opened


@pytest.fixture
def stub() -> Any:
    """A searcher with settings."""
    return Stub(1, 2, 3, Settings(), None)


def test_configurations_are_read_with_their_types(stub: Any) -> None:
    """What is shipped always comes first; whole numbers do for a fraction."""
    read = configurations(["weight=1,candidates=50", "named=False", "words.parts=0", "mode=dense"], stub)
    assert [SHIPPED, "weight=1,candidates=50", "named=False", "words.parts=0", "mode=dense"] == list(read)
    expected = [{}, {"weight": 1.0, "candidates": 50}, {"named": False}, {"words.parts": 0.0}, {"mode": "dense"}]
    assert expected == list(read.values())
    assert dict(BY_MODE) == configurations([], stub)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("weight", "is no setting"),
        ("speed=1", "there is no such setting. There are mode, weight, candidates, named"),
        ("candidates=0.5", "candidates is a int, such as 200"),
        ("weight=high", "weight is a float"),
        ("mode=best", "the mode is one of lexical, dense, hybrid"),
    ],
)
def test_a_setting_that_there_is_not_is_refused(stub: Any, text: str, message: str) -> None:
    """The message names those that there are."""
    with pytest.raises(UsageError, match=message):
        configurations([text], stub)


def test_overrides_are_replaced_and_the_rest_stays(stub: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The given searcher keeps its own settings."""
    monkeypatch.setattr("eval.ablation.Searcher", Stub)
    assert Settings(weight=0.9) == varied(stub, {"weight": 0.9}).ranking  # type: ignore[attr-defined]
    assert Settings(words=Weights(parts=0.1)) == varied(stub, {"words.parts": 0.1}).ranking  # type: ignore[attr-defined]
    assert Settings() == stub.ranking
    assert stub is varied(stub, {})


def test_a_row_for_each_configuration(examples_index: Path) -> None:
    """A Markdown table: a column for each set, and the time; another ranking gives other figures."""
    searcher, sets = Searcher.open(examples_index), [read_set(ROOT / "eval" / "sets" / "examples.jsonl")]
    head, rule, *rows = table(searcher, sets, BY_MODE, ["success@1"])
    assert "| success@1 | examples | ms |" == head
    assert "| --- | --- | --- |" == rule
    assert list(BY_MODE) == [row.split("|")[1].strip() for row in rows]
    assert len({row.split("|")[2] for row in rows}) > 1
    with pytest.raises(UsageError, match="--measure speed is none of success@1"):
        list(table(searcher, sets, BY_MODE, ["speed"]))
