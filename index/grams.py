"""Character n-grams of a vocabulary: what the rows of tokens that look alike have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class Grams(NamedTuple):
    """The n-grams of each token, as numbers from 0 below `kinds`: token i has `flat[start[i] : start[i + 1]]`."""

    flat: npt.NDArray[np.int64]
    start: npt.NDArray[np.int64]
    kinds: int

    def of(self, tokens: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Give the n-grams of some tokens one after the other, and how many each token has."""
        import numpy as np

        many = self.start[tokens + 1] - self.start[tokens]
        before = np.cumsum(many) - many
        places = np.repeat(self.start[tokens] - before, many) + np.arange(many.sum())
        return self.flat[places], many


def grams(vocabulary: Sequence[str], shortest: int, longest: int, least: int) -> Grams:
    """Give the n-grams of `shortest` to `longest` characters that at least `least` tokens of a vocabulary share.

    (After Bojanowski et al.: Enriching Word Vectors with Subword Information, 2017.)
    """
    import numpy as np

    # In the order of their places, not of a set: the same vocabulary must give the same numbers.
    each = [
        list(dict.fromkeys(token[i : i + n] for n in range(shortest, longest + 1) for i in range(len(token) - n + 1)))
        for token in vocabulary
    ]
    counted = Counter(gram for found in each for gram in found)
    numbers = {gram: n for n, gram in enumerate(g for g, times in counted.items() if times >= least)}
    kept = [[numbers[gram] for gram in found if gram in numbers] for found in each]
    start = np.cumsum([0, *map(len, kept)], dtype=np.int64)
    return Grams(np.array([n for found in kept for n in found], dtype=np.int64), start, len(numbers))
