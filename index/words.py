"""Danish words as the lexical leg sees them: tokens, stems, and the parts of compounds."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import chain

import Stemmer

# Function words carry no subject; left in, they cost time and lift long passages.
STOP_WORDS = frozenset(
    """
    ad af alle alt altså anden andet at bare blev blive bliver da de dem den denne der deres det dette dig din dine dit
    dog du efter ej eller en end er et for fordi fra før få får fået gør gøre ha haft ham han har hans havde have hende
    hendes her hos hun hvad hvem hver hvilke hvilken hvilket hvis hvor hvordan hvorfor hvornår i ikke ind ja jeg jer
    jeres jo kan kom kommer kun kunne man mange med meget men mener mens mig min mine mit mod må når nej noget nogen
    nogle nok nu næsten og også om op os over på samt selv sig sin sine sit skal skulle som så sådan til tog ud under
    var ved vi vil ville vor vores være været
    """.split()
)
_HOUR = re.compile(r"\bkl\.?\s*(?=\d)")  # "kl. 13" is no mention of KL, the municipalities' association
_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+|\w+")
_MIN_PART = 4  # letters in each part of a compound
_MAX_WORD = 60  # letters; longer runs are no words
_LINKS = ("", "s", "e")

_PLURAL = re.compile(r"ministr(?:e|ene)s?$")
_stem = Stemmer.Stemmer("danish", 100_000).stemWord


def tokens(text: str) -> list[str]:
    """Give the lower-case words and numbers of a text in order; NFC and NFD give the same."""
    lowered = unicodedata.normalize("NFC", text).lower()
    return _TOKEN.findall(_HOUR.sub("", lowered) if "kl" in lowered else lowered)


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """Give a word's Snowball stem (Porter's Danish algorithm); a number is its own.

    The algorithm drops -er but not -re, so that it parts ministre from minister, the word this archive is about.
    """
    return word if word[0].isdigit() else _stem(_PLURAL.sub("minister", word[:_MAX_WORD]))


def content_words(text: str) -> list[str]:
    """Give the words of a text that carry its subject; all of its words if none do."""
    words = tokens(text)
    return [word for word in words if word not in STOP_WORDS] or words


class Compounds:
    """Splits compounds by the words of the archive itself.

    A word is split where head and tail are both words of at least four letters, with an optional linking -s- or -e-
    between them, and both are more frequent than the compound; of several such places, where the rarer part is the
    most frequent. `count` gives how often a stem occurs: a part need not stand alone in the very same form.
    """

    def __init__(self, count: Callable[[str], int]) -> None:
        self._count = lru_cache(maxsize=500_000)(lambda word: count(stem(word)))
        self.parts = lru_cache(maxsize=500_000)(self._parts)
        self._stems = lru_cache(maxsize=500_000)(self._all_stems)

    def _parts(self, word: str) -> tuple[str, ...]:
        """Give the two parts of a compound, or nothing."""
        if not 2 * _MIN_PART <= len(word) <= _MAX_WORD or not word.isalpha():
            return ()
        best: tuple[str, ...] = ()
        best_count = self._count(word)
        for cut in range(_MIN_PART, len(word) - _MIN_PART + 1):
            tail_count = self._count(word[cut:])
            if tail_count <= best_count:
                continue
            head = word[:cut]
            for link in _LINKS:
                stripped = head.removesuffix(link) if link else head
                if len(stripped) < _MIN_PART or (link and stripped == head):
                    continue
                weakest = min(tail_count, self._count(stripped))
                if weakest > best_count:
                    best, best_count = (stripped, word[cut:]), weakest
        return best

    def stems(self, words: Iterable[str]) -> Iterator[str]:
        """Give the stems of the parts of every compound among the words, and of the parts of those parts."""
        return chain.from_iterable(map(self._stems, words))

    def _all_stems(self, word: str) -> tuple[str, ...]:
        parts = self.parts(word)
        return tuple(found for part in parts for found in (stem(part), *self._stems(part)))
