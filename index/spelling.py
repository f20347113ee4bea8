"""Words that were meant: the archive's nearest words to one that it does not hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from rapidfuzz.distance import OSA

from index.translation import FOREIGN
from index.words import STOP_WORDS, stem

_SHORTEST = 4  # letters of a stem that is corrected; shorter ones are near too much
_FULL = 6  # letters from which the first may be wrong, any letter may stand for any, and endings are looked past
_LONG = 9  # letters from which two errors are allowed
_VERY_LONG = 10  # letters of a stem from which even a word of known parts may be an error
_PARTS = 5  # times as common as the rarer part of a shorter word of known parts must its neighbour be
_MOST = 2  # words that one is taken for
_OFTEN = {
    3: 100,
    4: 50,
    5: 10,
}  # times that a short stem must occur to be meant: they are all near others
_OFTEN_FAR = 3  # the same for a stem two errors away
_RARE = 2  # times that a word stands in the archive and may still be an error
_SURE = 100  # times that a stem must occur to be meant whatever its ending is
_COMMONER = 100  # times as common as a rare word must its neighbour be
_TWO_LETTERS = (("ae", "æ"), ("oe", "ø"), ("aa", "å"))
# As typed, and as meant: nobody types an å for an a.
_AS_TYPED = (
    *_TWO_LETTERS,
    *(("æ", "ae"), ("ø", "oe"), ("å", "aa"), ("o", "ø"), ("a", "å")),
    *(("ö", "ø"), ("ø", "ö"), ("ä", "æ"), ("æ", "ä"), ("ü", "y"), ("y", "ü")),
)
_WITHOUT_MARK = 4  # letters of a stem that may have lost a mark: shorter ones are near too much
# What people take for each other, by sound, in groups, or by place on the keyboard, in rows.
_SOUNDS = tuple(map(frozenset, ("aeiouyæøå", "csz", "ckgqx", "dtg", "bp", "vfwg", "jigy", "mn", "lr")))
_ROWS = ("qwertyuiopå", "asdfghjklæø", "zxcvbnm")
# Each run of letters is tried once, from its start: a long one would else be read anew from each of its letters.
_LETTERS = re.compile(r"(?<![^\W\d_])[^\W\d_]++(?:[ -][^\W\d_]++)+")
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
        # People rarely err in the first letter.
        for initial in (one[0], "") if len(one) >= _FULL else one[0]:
            for other in self._table.like(one, allowed, initial):
                distance = int(OSA.distance(one, other, score_cutoff=allowed))
                if 0 < distance <= allowed and self._is_credible(word, other, distance):
                    found.append((distance, -self._count(other), other))
            if found:
                break
        if not found and len(word) >= _FULL:
            found = [(1, -self._count(other), other) for other in self._alike_whole(word)]
        found.sort()
        # A farther word, or a much rarer one, than the best is no reading of its own.
        return tuple(other for d, common, other in found[:_MOST] if d == found[0][0] and 4 * common <= found[0][1])

    def _alike_whole(self, word: str) -> Iterator[str]:
        """Give the stems whose word is one error from a word: an error in the ending makes another stem of it."""
        for other in self._table.like(word, 2, word[0]):
            if self._count(other) >= _OFTEN_FAR and self._whole_distance(word, other) == 1:
                yield other

    def _whole_distance(self, word: str, other: str) -> int:
        return int(OSA.distance(word, self._word(other) or other))

    def _is_credible(self, word: str, other: str, distance: int) -> bool:
        """Tell whether a stem is common enough to be meant, and its word as near as the stem is, but for an ending."""
        one, count = stem(word), self._count(other)
        shorter = min(len(one), len(other))
        if count < (_OFTEN.get(shorter, 2) if distance == 1 else _OFTEN_FAR):
            return False
        if distance == 1 and len(other) <= _FULL and not _is_slip(one, other):
            return False
        if distance == 1 and shorter >= _FULL and count >= _SURE:
            return True
        return self._whole_distance(word, other) <= distance + (2 if shorter >= _LONG else 1)

    def meant(self, word: str, *, made_of_known: bool) -> tuple[str, ...]:
        """Give the stems that a word may have been meant to be: none for one that the archive knows well.

        A word made of known parts is taken for an error only where it is one letter from a known word, and long or
        much rarer in its parts than that; a function word of another language never is.
        """
        one = stem(word)
        count = self._count(one)
        if count > _RARE or word in FOREIGN:
            return ()
        near = tuple(other for other in self.near(word) if self._count(other) >= _COMMONER * count)
        if not made_of_known:
            return near
        least = 0 if len(one) >= _VERY_LONG else _PARTS * self._rarer_part(word)
        return tuple(
            other
            for other in near
            if self._count(other) > least and 1 in (OSA.distance(one, other), self._whole_distance(word, other))
        )

    def _rarer_part(self, word: str) -> int:
        """Give how often the rarer part of a compound occurs, where it is best cut."""
        cuts = [(word[:cut], word[cut:]) for cut in range(3, len(word) - 2)]
        return max(
            (min(max(map(self._count, (stem(head), stem(head[:-1])))), self._count(stem(tail))) for head, tail in cuts),
            default=0,
        )


def _is_slip(word: str, other: str) -> bool:
    """Tell whether one is the other with a letter more or less, two swapped, or one that is easily taken for it."""
    if len(word) != len(other) or sorted(word) == sorted(other):
        return True
    typed, meant = next((a, b) for a, b in zip(word, other, strict=True) if a != b)
    if any({typed, meant} <= group for group in _SOUNDS):
        return True
    places = {letter: (row, place) for row, letters in enumerate(_ROWS) for place, letter in enumerate(letters)}
    if not {typed, meant} <= places.keys():
        return False
    (row, place), (other_row, other_place) = places[typed], places[meant]
    return abs(row - other_row) <= 1 and abs(place - other_place) <= 1


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
    if word in FOREIGN:
        return
    if count(stem(word)):
        # A known word has its letters as they should be, but for places that are written both ways: Aalborg, Ålborg.
        pairs = [(here, there) for here, there in (("aa", "å"), ("å", "aa")) if word.startswith(here) and len(word) > 4]
        variants = [word.replace(here, there) for here, there in pairs]
    else:
        variants = [*_variants(word)]
    for variant in dict.fromkeys(variants):
        other = stem(variant)
        if variant != word and count(other) and (len(variant) != len(word) or len(other) >= _WITHOUT_MARK):
            yield other


def _variants(word: str) -> Iterator[str]:
    """Give a word with one pair of letters written otherwise, everywhere or in one place, and all pairs at once."""
    for here, there in _AS_TYPED:
        yield word.replace(here, there)
        for found in re.finditer(here, word):
            yield word[: found.start()] + there + word[found.end() :]
    for here, there in _TWO_LETTERS:
        word = word.replace(here, there)
    yield word


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
