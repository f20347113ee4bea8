"""What kind of answer a question asks for: a number, an amount, a day, a length of time, a reason."""

from __future__ import annotations

import re
from functools import reduce
from operator import or_
from typing import NamedTuple

from index.words import stem

_NUMBER = (
    r"\d|\b(?:to|tre|fire|fem|seks|syv|otte|ni|ti|elleve|tolv|ingen|halvdelen|\w+(?:ten|tyve|tredive|ogfyrre|oghalvtreds))\b"
    r"|\b(?:hundrede|tusind|million|milliard)\w*"
)
_MONEY = r"\bkr\b|kroner|mio\.|mia\.|million|milliard|euro\b|gratis"
_DAY = (
    r"\b(?:19|20)\d\d\b|januar|februar|marts|april|\bmaj\b|juni|juli|august|september|oktober|november|december"
    r"|\b(?:man|tirs|ons|tors|fre|lør|søn)dag|\bår\b|måned|\buge|kl\.|klokken|sommer|efterår|forår|vinter"
)
_TIME = r"\b(?:år|måned\w*|uger?|dage?|timer?|minut\w*|døgn|dagligt|ugentlig\w*|daglig|årlig\w*)\b"
_REASON = r"\b(?:fordi|derfor|skyldes|da|eftersom|årsag\w*|(?:be)?grund\w*|hensyn\w*|idet|så)\b"
_SHARE = r"pct|procent|%|andel|halvdelen|tredjedel|fjerdedel"
# What a question says, in the five languages in which it may be put, and what a word of its answer then holds.
_KINDS = [
    (re.compile(asked), re.compile(answered))
    for asked, answered in (
        (r"\b(?:hvor mange|antallet|how many|hur många|wie viele)\b", _NUMBER),
        (
            r"\b(?:hvor meget|hvor mye|how much|hur mycket|wie viel|hvor dyr\w*|koste[rt]?|pris\w*|beløb\w*|penge"
            r"|cost)\b",
            f"{_MONEY}|{_SHARE}|{_NUMBER}",
        ),
        (r"\b(?:hvornår|hvilket år|hvilken da(?:to|g)|when|wann)\b|^når\b", _DAY),
        (
            r"\b(?:hvor længe|hvor lang tid|hvor tit|hvor ofte|hvor gam\w+|hvor lenge|hur länge|how long|how old"
            r"|wie lange)\b",
            f"{_TIME}|\\d",
        ),
        (r"\b(?:hvorfor|hvad skyldes|begrunde\w*|why|varför|warum|hvorfor)\b", _REASON),
        (r"\b(?:procent|pct|stor en (?:an)?del|andel\w*|percent|share)\b", _SHARE),
    )
]

_PHRASES = {" for at ": 1 << 4, " efter at ": 1 << 4, " ud af ": 1 << 5}  # for a reason, and for a share

_COUNTED = re.compile(r"\b(?:hvor mange|antallet af)\s+(?:af (?:de|vores) )?(\w{3,})")
_PARTLY = 0.5  # for holding a number at all, where a number of something is asked for


class Wanted(NamedTuple):
    """What the answer to a question is to hold: all of `kinds`, and best a number of what is `counted`."""

    kinds: int  # as `held` tells them
    counted: re.Pattern[str] | None

    def fit(self, text: str, holds: int) -> float:
        """Tell, 0..1, how far a text that `holds` these kinds is what is asked for; 0 where nothing is."""
        if not self.kinds or self.kinds & ~holds:
            return 0.0
        return 1.0 if self.counted is None or self.counted.search(text) else _PARTLY


def held_in_word(word: str) -> int:
    """Tell what kinds of answer a word holds: the sum of 1 for a number, 2 for an amount, 4 for a day, and so on."""
    lowered = word.lower()
    return sum(1 << place for place, (_, answered) in enumerate(_KINDS) if answered.search(lowered))


def held_in_phrases(text: str) -> int:
    """Tell the same of what stands in a text in more words than one."""
    lowered = f" {text.lower()} "
    return sum({kind for phrase, kind in _PHRASES.items() if phrase in lowered})


def held(text: str) -> int:
    """Tell what kinds of answer a text holds."""
    return reduce(or_, map(held_in_word, text.split()), held_in_phrases(text))


def wanted(question: str) -> Wanted:
    """Read it from the words that a question is put with."""
    lowered = question.lower()
    counted = _COUNTED.search(lowered)
    return Wanted(
        sum(1 << place for place, (asked, _) in enumerate(_KINDS) if asked.search(lowered)),
        # "31 skoler", "fem nye skoler": a number, at most three words, and the word asked about in any form.
        re.compile(rf"(?:{_NUMBER})\S*(?:\s+\S+){{0,3}}?\s+{re.escape(stem(counted[1]))}", re.I) if counted else None,
    )
