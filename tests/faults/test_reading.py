"""Reading what is damaged, does not match, or is published anew meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from index.encoder import Encoder
from tests.faults.damage import tried, two_generations
from tests.faults.mismatches import WAYS, Pair, refusal
from tests.faults.publishing import asked_while_publishing


@pytest.mark.parametrize("alone", [False, True], ids=["with an older generation", "alone"])
def test_nothing_damaged_is_opened(tmp_path: Path, encoder: Encoder, alone: bool) -> None:
    """Every file flipped, cut, zeroed, swapped, missing: the older generation answers and says so, or it is refused."""
    outcomes, wrong = tried(two_generations(tmp_path, encoder), encoder, 1, alone=alone)
    assert [] == wrong
    assert sum(outcomes.values()) > 100


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return Pair.built(tmp_path_factory.mktemp("pair"))


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_model_that_does_not_match_is_refused(pair: Pair, tmp_path: Path, way: Callable[[Pair], None]) -> None:
    """In one line, before any question is asked."""
    said = refusal(pair.copy(tmp_path), way)
    assert said is not None
    assert "\n" not in said and ". " in said


def test_no_question_fails_or_is_mixed_while_generations_are_published(tmp_path: Path) -> None:
    """Every hit is of the generation that its answer names, and each new one answers within a second."""
    found = asked_while_publishing(tmp_path, 4, 400)
    assert (0, 0) == (found.failed, found.mixed)
    assert found.questions >= 400
    assert max(found.behind) < 3  # a second on a machine that has time; measured in docs/measurements.md
    assert 2 == found.left
