"""Code-switched sentences: Danish ones in which most words stand in another language, each beside the Danish one.

Few parallel sentences are at hand, and none about parliament. Word pairs learned from them, and those of a
lexicon, put into Danish sentences by the thousand, show a foreign word in all the company its Danish one keeps.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from index.words import stem

Text = tuple[str, ...]
Pair = tuple[Text, Text]
Words = list[str]

_WORD = re.compile(r"\w+")
_LONGEST = 40  # words of a sentence that is aligned; longer ones say little about single words
_ROUNDS = 5
_LEAST = 0.1  # probability of a translation that is used
_NOTHING = ""  # what a foreign word stands for that has no Danish word of its own


class Dictionary:
    """Translations of Danish words into one language."""

    def __init__(self, parallel: Iterable[tuple[str, str]], lexicon: Iterable[tuple[str, str]]) -> None:
        """Learn from parallel sentences, and by stem from pairs of words, each Danish first."""
        self._aligned = align([(_words(danish), _words(foreign)) for danish, foreign in parallel])
        self._by_stem: dict[str, Words] = defaultdict(list)
        for danish, foreign in lexicon:
            if _WORD.fullmatch(danish):
                self._by_stem[stem(danish.lower())].append(foreign)

    def translate(self, word: str, rng: random.Random) -> str | None:
        """Give one translation, the likelier the more often; None where none is known."""
        word = word.lower()
        if likely := self._aligned.get(word):
            return rng.choices(list(likely), list(likely.values()))[0]
        listed = self._by_stem.get(stem(word))
        return rng.choice(listed) if listed else None


def align(sentences: Sequence[tuple[Words, Words]]) -> dict[str, dict[str, float]]:
    """Give for each Danish word its likely translations, as IBM Model 1 finds them (Brown et al., 1993)."""
    usable = [(a, b) for a, b in sentences if 0 < len(a) < _LONGEST and 0 < len(b) < _LONGEST]
    table: dict[str, dict[str, float]] = {}
    for _ in range(_ROUNDS):
        counts: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        for danish, foreign in usable:
            sources = [*danish, _NOTHING]
            for word in foreign:
                shares = [table[source].get(word, 0.0) for source in sources] if table else [1.0] * len(sources)
                whole = sum(shares)
                for source, share in zip(sources, shares, strict=True):
                    if share:
                        counts[source][word] += share / whole
        table = {source: _shares(words, 0.01) for source, words in counts.items()}
    return {source: likely for source, words in table.items() if source and (likely := _shares(words, _LEAST))}


def switch(sentences: Iterable[str], dictionary: Dictionary, share: float, rng: random.Random) -> Iterator[Pair]:
    """Give each sentence with `share` of the words that can be translated translated, beside the sentence itself."""

    def put(match: re.Match[str]) -> str:
        return (rng.random() < share and dictionary.translate(match[0], rng)) or match[0]

    for sentence in sentences:
        switched = _WORD.sub(put, sentence)
        if switched != sentence:
            yield (switched,), (sentence,)


def _shares(words: Mapping[str, float], least: float) -> dict[str, float]:
    """Give the words whose share of the sum is `least` or more, with it."""
    whole = sum(words.values())
    return {word: count / whole for word, count in words.items() if count >= least * whole}


def _words(text: str) -> Words:
    return _WORD.findall(text.lower())
