"""Plain words and the official words they are also searched by, from `expansions.txt` beside this module."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from index.words import STOP_WORDS, stem

_FILE = Path(__file__).with_name("expansions.txt")
_WORD = re.compile(r"\d+|[^\W\d_]+")
_LONGEST = 6  # words in a name that is looked for


class Expansion(NamedTuple):
    """Words of a question, as stems, and what they are also searched by."""

    said: tuple[str, ...]
    searched: str
    same: bool = False  # another form of the very word, which nobody need be told

    @property
    def stems(self) -> tuple[str, ...]:
        """Give the stems to search by, without function words and without what was said."""
        words = [word for word in map(str.lower, _words(self.searched)) if word not in STOP_WORDS]
        return tuple(dict.fromkeys(one for one in map(stem, words) if one not in self.said))


class Right(NamedTuple):
    """What stands on the right of a line."""

    name: str
    same: bool


Lexicon = Mapping[tuple[str, ...], tuple[Right, ...]]


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """Give the project's own expansions."""
    return parse(_FILE.read_text(encoding="utf-8").splitlines())


def parse(lines: Iterable[str]) -> Lexicon:
    """Read lines of `left > right, right`, `name = name` and `form ~ form`; raise `ValueError` for any other."""
    found: dict[tuple[str, ...], dict[Right, None]] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        for left, right in _pairs(line, number):
            found.setdefault(_key(left), {}).setdefault(Right(right, "~" in line))
    return {key: tuple(rights) for key, rights in found.items()}


def expansions(question: str, known: Lexicon) -> list[Expansion]:
    """Give what a question's words are also searched by; a longer name goes before the words in it."""
    words = _words(question)
    small = [stem(word.lower()) for word in words]
    found: dict[str, Expansion] = {}
    begin = 0
    while begin < len(words):
        for length in range(min(_LONGEST, len(words) - begin), 0, -1):
            said = tuple(small[begin : begin + length])
            rights = known.get(said, ())
            # "S 1204" is a question's number, and no party's letter.
            if length == 1 and not (words[begin + 1 : begin + 2] and words[begin + 1].isdigit()):
                rights = (*known.get((_CAPITALS + words[begin],), ()), *rights)
            for right in rights:
                found.setdefault(right.name, Expansion(said, right.name, right.same))
            if rights:
                break
        begin += length
    return list(found.values())


_CAPITALS = "="


def _key(written: str) -> tuple[str, ...]:
    words = _words(written)
    if len(words) == 1 and words[0].isupper():
        return (_CAPITALS + words[0],)
    return tuple(stem(word.lower()) for word in words)


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFC", text))


def _pairs(line: str, number: int) -> Iterator[tuple[str, str]]:
    if line.count(">") == 1 and "=" not in line:
        lefts, rights = ([word.strip() for word in side.split(",")] for side in line.split(">"))
        # A name with commas of its own, "Klima-, Energi- og ...", is one name.
        lefts, rights = _whole(lefts), _whole(rights)
        pairs = [(left, right) for left in lefts for right in rights]
    else:
        names = [name.strip() for name in re.split("[=~]", line)]
        pairs = [(one, other) for one in names for other in names if one != other] if not {*",>"} & {*line} else []
    if not pairs or not all(_words(left) and _words(right) for left, right in pairs):
        raise ValueError(f"line {number}: {line!r} is none of 'left > right, right', 'name = name', 'form ~ form'")
    yield from pairs


def _whole(names: list[str]) -> list[str]:
    """Join what was cut at a comma within a name: "Klima-" and "Energi- og Forsyningsministeriet"."""
    whole: list[str] = []
    for name in names:
        if whole and whole[-1].endswith("-"):
            whole[-1] += f", {name}"
        else:
            whole.append(name)
    return whole
