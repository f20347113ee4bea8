"""References that name a question exactly: "S 1163", "spm. 309", "L 92"."""

from __future__ import annotations

import re

from corpus.letter_fields import numbers_in

_LETTERED = re.compile(r"\b(S|US|L|B|F)\s?(\d{1,4})\b")
_PLAIN = re.compile(
    r"\b(?:spm\.?|spørgsmål(?:et)?|nr\.?|nummer)\s+(?:nr\.?\s*|nummer\s+)?(\d{1,5})\b(?!\s*(?:pct|kr|mio|mia|procent))",
    re.IGNORECASE,
)


def named(question: str) -> list[str]:
    """Give the references that a question names, in the form in which they are indexed: "S 1163", "309"."""
    return list(dict.fromkeys([f"{m[1]} {m[2]}" for m in _LETTERED.finditer(question)] + _PLAIN.findall(question)))


def key(number: str) -> str:
    """Give a reference as one lower-case token."""
    return re.sub(r"\s+", "", number).lower()


def keys(*numbers: str | None) -> list[str]:
    """Give the tokens of a document's or a section's own numbers; "12 og 13" names both, "12-14" three."""
    found = [part for number in numbers if number for part in numbers_in(number)]
    return list(dict.fromkeys(map(key, found)))
