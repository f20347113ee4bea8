"""How far the confidence can be trusted: to tell the answerable apart, as a probability, and as an order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BINS = 10


class Bin(NamedTuple):
    """The questions whose confidence lies from `low` to below `high` (the last bin: to 1)."""

    low: float
    high: float
    size: int  # questions
    confidence: float  # mean
    right: float  # share whose first hit answers


class Point(NamedTuple):
    """If the most confident share `coverage` of the questions is answered, `risk` of these answers are wrong."""

    coverage: float
    risk: float


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    """Give the chance that a positive scores above a negative, ties half; None without any of either."""
    if not positive or not negative:
        return None
    ordered = np.sort(np.asarray(negative, dtype=np.float64))
    below = np.searchsorted(ordered, positive, side="left")
    up_to = np.searchsorted(ordered, positive, side="right")
    return float((below + up_to).mean() / 2 / len(ordered))


def balanced_accuracy(answered: Sequence[bool], answerable: Sequence[bool]) -> float | None:
    """Give the mean of the shares decided rightly, of the answerable and of the others; None without either."""
    said = np.asarray(answered, dtype=bool)
    can = np.asarray(answerable, dtype=bool)
    if not can.any() or can.all():
        return None
    return float((said[can].mean() + (~said[~can]).mean()) / 2)


def reliability(confidences: Sequence[float], right: Sequence[bool]) -> list[Bin]:
    """Give the filled ones of ten equal bins of confidence."""
    column, hits = _columns(confidences, right)
    numbers = np.minimum((column * BINS).astype(int), BINS - 1)
    return [
        Bin(n / BINS, (n + 1) / BINS, int(here.sum()), float(column[here].mean()), float(hits[here].mean()))
        for n in range(BINS)
        if (here := numbers == n).any()
    ]


def calibration_error(confidences: Sequence[float], right: Sequence[bool]) -> float:
    """Give the expected calibration error: mean distance of confidence and share right, bins weighed by their size."""
    bins = reliability(confidences, right)
    return sum(one.size * abs(one.confidence - one.right) for one in bins) / sum(one.size for one in bins)


def risk_coverage(confidences: Sequence[float], right: Sequence[bool]) -> list[Point]:
    """Give the risk at every coverage 1/n to 1; questions of equal confidence share their wrong answers evenly."""
    column, hits = _columns(confidences, right)
    levels, members = np.unique(-column, return_inverse=True)
    wrong = np.bincount(members, 1 - hits, len(levels)) / np.bincount(members, minlength=len(levels))
    wrongs = np.cumsum(wrong[np.sort(members)])
    return [Point(n / len(column), float(w / n)) for n, w in enumerate(wrongs, 1)]


def area(curve: Sequence[Point]) -> float:
    """Give the area under a risk-coverage curve: the mean risk over all coverages (0 is best)."""
    return sum(point.risk for point in curve) / len(curve)


def _columns(confidences: Sequence[float], right: Sequence[bool]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.asarray(confidences, dtype=np.float64), np.asarray(right, dtype=np.float64)
