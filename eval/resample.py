"""What chance could do: bootstrap intervals and the paired randomisation test, with a fixed seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

ROUNDS = 10_000
SEED = 7
TEST = "paired randomisation test, two-sided (signs of the differences flipped at random)"
INTERVAL = "percentile bootstrap over questions, 95 %"
_CELLS = 2_000_000  # drawn at once: memory stays small for any number of questions


def interval(values: Sequence[float], rounds: int = ROUNDS) -> tuple[float, float]:
    """Give the 95 % percentile bootstrap interval of the mean."""
    column = np.asarray(values, dtype=np.float64)
    drawn = np.concatenate([column[rows].mean(axis=1) for rows in resampled(len(column), rounds)])
    low, high = np.percentile(drawn, (2.5, 97.5))
    return float(low), float(high)


def resampled(count: int, rounds: int = ROUNDS) -> Iterator[NDArray[np.int64]]:
    """Give blocks of row numbers drawn with replacement, [some rounds, count], `rounds` in all."""
    generator = np.random.default_rng(SEED)
    for block in _blocks(count, rounds):
        yield generator.integers(0, count, size=(block, count))


def randomisation(differences: Sequence[float]) -> float:
    """Give the two-sided p-value of a mean difference (Smucker, Allan, Carterette, 2007)."""
    column = np.asarray(differences, dtype=np.float64)
    generator = np.random.default_rng(SEED)
    seen = abs(column.sum()) - 1e-9  # so that equal sums are equal however they were added up
    as_extreme = 0
    for block in _blocks(len(column), ROUNDS):
        signs = generator.integers(0, 2, size=(block, len(column)), dtype=np.int8) * 2 - 1
        as_extreme += int((np.abs(signs @ column) >= seen).sum())
    return (as_extreme + 1) / (ROUNDS + 1)


def _blocks(count: int, rounds: int) -> Iterator[int]:
    size = max(1, _CELLS // max(1, count))
    for start in range(0, rounds, size):
        yield min(size, rounds - start)
