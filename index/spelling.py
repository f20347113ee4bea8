"""Words that were meant: the archive's nearest words to one that it does not hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from rapidfuzz.distance import OSA

from index.words import STOP_WORDS, stem

_SHORTEST = 4  # letters of a stem that is corrected; shorter ones are near too much
_LONG = 8  # letters from which two errors are allowed
_VERY_LONG = 10  # letters of a stem from which even a word of known parts may be an error
_MOST = 2  # words that one is taken for
_OFTEN = {
    3: 100,
    4: 50,
    5: 10,
}  # times that a short stem must occur to be meant: they are all near others
_OFTEN_FAR = 3  # the same for a stem two errors away
_RARE = 2  # times that a word stands in the archive and may still be an error
_COMMONER = 100  # times as common as a rare word must its neighbour be
_AS_TYPED = (("æ", "ae"), ("ø", "oe"), ("å", "aa"), ("ø", "o"), ("å", "a"), ("ö", "ø"), ("ä", "æ"), ("ü", "y"))
_LETTERS = re.compile(r"[^\W\d_]+(?:[ -][^\W\d_]+)+")
_LINKS = ("", "s", "e")


class Spellings:
    """The stems of an archive, to find those that are spelt nearly alike.

    Each stem has a set of letters as 32 bits. An error changes at most two of them, so that one pass over the bits
    leaves few stems to compare (the distance counts a swap of neighbours as one: optimal string alignment).
    """

    def __init__(
        self, all_stems: Callable[[], str], count: Callable[[str], int], word: Callable[[str], str | None]
    ) -> None:
        self._all_stems = all_stems
        self._count = count
        self._word = word
        self.near = lru_cache(maxsize=10_000)(self._near)

    @cached_property
    def _table(self) -> _Table:
        return _table(self._all_stems())

    def _near(self, word: str) -> tuple[str, ...]:
        """Give up to two known stems that the stem of a word was probably meant to be, best first."""
        one = stem(word)
        if len(one) < _SHORTEST or not word.isalpha():
            return ()
        allowed = 2 if len(one) >= _LONG else 1
        found: list[tuple[int, int, str]] = []
        for alike in (self._table.like(one, allowed, one[0]), self._table.like(one, allowed, "")):
            for other in alike:
                distance = int(OSA.distance(one, other, score_cutoff=allowed))
                if 0 < distance <= allowed and self._is_credible(word, other, distance):
                    found.append((distance, -self._count(other), other))
            if found:  # people rarely err in the first letter
                break
        found.sort()
        # A farther word, or a much rarer one, than the best is no reading of its own.
        return tuple(other for d, common, other in found[:_MOST] if d == found[0][0] and 4 * common <= found[0][1])

    def _is_credible(self, word: str, other: str, distance: int) -> bool:
        """Tell whether a stem is common enough to be meant, and its word as near as the stem is, but for an ending."""
        shorter = min(len(stem(word)), len(other))
        if self._count(other) < (_OFTEN.get(shorter, 2) if distance == 1 else _OFTEN_FAR):
            return False
        return int(OSA.distance(word, self._word(other) or other)) <= distance + (2 if shorter >= _LONG else 1)

    def meant(self, word: str, *, made_of_known: bool) -> tuple[str, ...]:
        """Give the stems that a word may have been meant to be: none for one that the archive knows well.

        A word made of known parts is taken for an error only where it is long and one letter from a known word.
        """
        one = stem(word)
        count = self._count(one)
        if count > _RARE or (made_of_known and len(one) < _VERY_LONG):
            return ()
        near = [other for other in self.near(word) if self._count(other) >= _COMMONER * count]
        return tuple(other for other in near if not made_of_known or OSA.distance(one, other) == 1)


class _Table(NamedTuple):
    """Stems in one string, with start, length and set of letters of each."""

    text: str
    starts: np.ndarray[tuple[int], np.dtype[np.int64]]
    lengths: np.ndarray[tuple[int], np.dtype[np.int64]]
    letters: np.ndarray[tuple[int], np.dtype[np.uint32]]
    initials: np.ndarray[tuple[int], np.dtype[np.uint32]]  # ascending, since the stems are sorted

    def like(self, word: str, errors: int, initial: str) -> Iterator[str]:
        """Give all stems with this first letter, or with any, that may lie within so many errors of a word."""
        begin, end = 0, len(self.starts)
        if initial:
            begin, end = np.searchsorted(self.initials, [ord(initial), ord(initial) + 1])
        of_length = np.abs(self.lengths[begin:end] - len(word)) <= errors
        apart = np.bitwise_count(self.letters[begin:end] ^ _letters(word))
        for row in begin + np.flatnonzero(of_length & (apart <= 2 * errors)):
            yield self.text[self.starts[row] : self.starts[row] + self.lengths[row]]


def _table(text: str) -> _Table:
    codes = np.frombuffer(f"{text}\n".encode("utf-32-le"), dtype=np.uint32)
    ends = np.flatnonzero(codes == ord("\n"))
    starts = np.concatenate([[0], ends[:-1] + 1])
    bits = np.where(codes == ord("\n"), 0, np.left_shift(1, codes & 31)).astype(np.uint32)
    return _Table(text, starts, ends - starts, np.bitwise_or.reduceat(bits, starts), codes[starts])


def _letters(word: str) -> np.uint32:
    bits = 0
    for letter in word:
        bits |= 1 << (ord(letter) & 31)
    return np.uint32(bits)


def transliterated(word: str, count: Callable[[str], int]) -> Iterator[str]:
    """Give the known stems of the same word with æ, ø and å written otherwise: ae, oe, aa, or without the marks."""
    if count(stem(word)):
        # A known word has its letters as they should be, but for places that are written both ways: Aalborg, Ålborg.
        pairs = [(here, there) for here, there in (("aa", "å"), ("å", "aa")) if word.startswith(here) and len(word) > 4]
    else:
        pairs = [pair for letter, typed in _AS_TYPED for pair in ((typed, letter), (letter, typed)) if pair[0] in word]
    for here, there in pairs:
        other = stem(word.replace(here, there))
        if count(other):
            yield other


def joined(text: str, known: Callable[[str], int]) -> list[tuple[str, str, str]]:
    """Give neighbouring words that the archive writes as one: first, second, and the known compound."""
    found = []
    for run in _LETTERS.findall(text.lower()):
        for first, second in pairwise(re.split("[ -]", run)):
            if len(first) < 2 or len(second) < 3 or {first, second} & STOP_WORDS:
                continue
            whole = max((first + link + second for link in _LINKS), key=lambda one: known(stem(one)))
            if known(stem(whole)) > 1:
                found.append((first, second, whole))
    return found
