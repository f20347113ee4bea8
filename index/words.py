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
# Words of three letters that are parts nevertheless: -lov is to be found as -loven is, and lov- as lande-.
_SHORT_HEADS = frozenset("lov råd løn tog bus gas hav job fag vej mad tid liv dag bil hus mål sag".split())
_SHORT_TAILS = frozenset(
    "lov mål råd sag tal tid bil vej hus dag løn liv syn bog fag mad job hav dyr køb gas bus".split()
)
_HEADS_IN_S = frozenset("rets sats gods hals".split())  # while "inds" is no word because "ind" is one
_AFTER_SHORT = 5  # letters of a tail after such a head
_MAX_WORD = 60  # letters; longer runs are no words
_LINKS = ("", "s", "e")
_SURE = re.compile("(?:ing|hed|skab|tet|ion|else)s$")
_FEW = 4  # times that the parts must occur where the seam is sure
# Endings of derivation that look like words: kategori-seret, kask-etter, virksom-hederne.
_ENDINGS = re.compile(
    r"(?:hed(?:en|er|erne)|s?er(?:e|er|et|ede|es|ende)|lig(?:e|t|es|ere|hed|heden|heder)?|else[rn]?|elserne|inger|ingerne|ingen|endt|ende|erne|etter)s?"
)

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


def _can_be_head(word: str, tail: str) -> bool:
    """Tell whether a word is long enough to stand before a tail; of short ones, only those that are known to."""
    bare = word.removesuffix("s")
    if len(bare) < _MIN_PART and len(stem(word)) < _MIN_PART and (len(word) < _MIN_PART or bare != word):
        return (bare in _SHORT_HEADS and len(tail) >= _AFTER_SHORT) or word in _HEADS_IN_S
    return len(word) >= _MIN_PART


def _is_ending(head: str, tail: str) -> bool:
    """Tell whether what looks like a tail only makes another word of its head: sorte-ring, leder-skab, vigtig-heder."""
    if tail.startswith("ring"):
        return head.endswith("e")
    if tail.startswith("skab"):
        return not head.endswith("e")
    return _ENDINGS.fullmatch(tail) is not None


class Compounds:
    """Splits compounds by how often words occur.

    A word is split where head and tail are both words of at least four letters (or among a few of three), with an
    optional linking -s- or -e- between them, and both are more frequent than the compound; of several such places,
    where the rarer part is the most frequent. Endings of derivation are no tails. `count` gives how often a stem
    occurs: a part need not stand alone in the very same form.
    """

    def __init__(self, count: Callable[[str], int]) -> None:
        self._count = lru_cache(maxsize=500_000)(lambda word: count(stem(word)))
        self.parts = lru_cache(maxsize=500_000)(self._parts)
        self._stems = lru_cache(maxsize=500_000)(self._all_stems)

    def _parts(self, word: str) -> tuple[str, ...]:
        """Give the two parts of a compound, or nothing."""
        if not _MIN_PART + 3 <= len(word) <= _MAX_WORD or not word.isalpha():
            return ()
        best: tuple[str, ...] = ()
        best_count = self._count(word)
        for cut in range(3, len(word) - 2):
            head, tail = word[:cut], word[cut:]
            if (len(tail) < _MIN_PART and tail not in _SHORT_TAILS) or _is_ending(head, tail):
                continue
            # After -ings, -heds a new word must begin, however usual the whole has become.
            least = min(best_count, _FEW) if _SURE.search(head) and not best else best_count
            tail_count = self._count(tail)
            if tail_count <= least:
                continue
            for link in _LINKS:
                stripped = head.removesuffix(link) if link else head
                if (link and stripped == head) or not _can_be_head(stripped, tail):
                    continue
                weakest = min(tail_count, self._count(stripped))
                if weakest > least:
                    best, least, best_count = (stripped, tail), weakest, max(weakest, best_count)
        return best

    def stems(self, words: Iterable[str]) -> Iterator[str]:
        """Give the stems of the parts of every compound among the words, and of the parts of those parts."""
        return chain.from_iterable(map(self._stems, words))

    def _all_stems(self, word: str) -> tuple[str, ...]:
        parts = self.parts(word)
        return tuple(found for part in parts for found in (stem(part), *self._stems(part)))
