"""The lines of an answer letter that say where a question and where its answer begins."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from corpus.boilerplate import Line
from corpus.danish import one_line
from corpus.records import Status

NUMBER = r"(?:S\s?)?\d{1,4}(?!\d|\.\d|\.?\s(?:jan|feb|mar|apr|maj|jun|jul|aug|sep|okt|nov|dec))"
NUMBERS = rf"{NUMBER}(?:\s?(?:-|–|,|og|,\sog)\s?{NUMBER}){{0,9}}"
"""One question number or a row of them: "309", "S 1163", "12 og 13"."""
CASE = r"(?:[A-ZÆØÅ]{2,4},?\s+[Aa]lm\.?\s?del|[LBFV]\s?\d{1,3}(?:\s?[A-Z])?)"

_PREFIX = rf"(?:(?:Ad\s|Vedr(?:ørende|\.)\s)?{CASE}\s*[-–,:]?\s*|§\s?20[-\s]?)"
_TAIL = (
    r"(?:\s*[-–,]?\s*\([^()]{0,120}\))?(?:\s*[-–,]?\s*(?:fra|af|stillet|ad|til|vedr\.?|vedrørende|i)\b[^:?]{0,170})?"
)
_QUESTION = re.compile(
    rf"(?:{_PREFIX}(?:[Ss]pørgsmål|[Ss]pm\.)|Spørgsmål(?:et)?|SPØRGSMÅL|Spm\.|Delspørgsmål)"
    rf"(?:\s*(?:[Nn][Rr]\.?:?\s*)?(?P<label>{NUMBERS}(?:\s?[a-zæøå](?=\s*[:.)]|$))?|[a-zæøå](?=\s*[:.)]|$)))?\)?(?P<tail>{_TAIL})\s*(?P<colon>:)?"
)
_STATUS = r"endelige?t?|foreløbige?t?|supplerende|korrigere[dt]e?"
_ANSWER = re.compile(
    rf"(?:(?:[\wé-]{{0,40}}minister(?:en|iet)s|de[nt]|mit)\s+)?(?:(?P<status>{_STATUS})\s+)?(?:svar(?:et)?|besvarelse[n]?)"
    rf"(?P<on>\s+(?:på|af)\s+(?:§\s?20[-\s]?)?spørgsmål(?:et)?(?:\s+(?:nr\.?\s*)?(?P<label>{NUMBERS}|[a-zæøå](?![\wæøå])))?\)?"
    rf"{_TAIL})?(?:\s+(?:fra|af)\s[^:?]{{3,80}})?\s*(?:\((?:{_STATUS}|omtryk)\)\s*)?(?P<colon>:|\.$)?",
    re.IGNORECASE,
)
_ROUND_OFF = re.compile(r"(?:\)|[Uu]dvalg(?:et)?|§ ?20|alm\.? ?del)$")
_OPENED = ("”", "“", '"', "»", "„", "«")


@dataclass(frozen=True, slots=True)
class Heading:
    """A line (or two) that opens a question or an answer."""

    kind: Literal["spørgsmål", "svar"]
    first: int  # its first line
    start: int
    content: int  # where what it opens begins
    label: str | None  # the number or letter that it names
    bare: bool  # nothing but "Svar" or "Spørgsmål", with or without number, colon or status
    status: Status | None = None
    words: str = ""


def status_of(word: str | None) -> Status | None:
    """The status that an adjective names in any of its forms."""
    word = (word or "").lower()
    if word.startswith("endelig"):
        return "endeligt"
    if word.startswith("foreløbig"):
        return "foreløbigt"
    if word.startswith("supplerende"):
        return "supplerende"
    return "korrigeret" if word.startswith("korrig") else None


def headings(lines: Sequence[Line]) -> list[Heading]:
    """Every heading of a question or an answer, in order."""
    found: list[Heading] = []
    for i in range(len(lines)):
        heading = _question(lines, i) or _answer(lines, i)
        if heading and not (found and heading.start < found[-1].content):
            found.append(heading)
    return found


def _question(lines: Sequence[Line], i: int) -> Heading | None:
    line = lines[i]
    match = _QUESTION.match(line.text[:320])
    if match is None:
        return None
    end = match.end()
    whole = end >= len(line.text)
    following = lines[i + 1].text if i + 1 < len(lines) else ""
    if match["colon"]:
        # A wrapped sentence may begin with the word, too; a heading's own words are few.
        return _opened(lines, i, match, line.start + end, whole)
    if not whole:
        return _on_two_lines(lines, i, following)
    tail = match["tail"].strip()
    if not tail or _ROUND_OFF.search(tail) or following.startswith(_OPENED):
        return _opened(lines, i, match, line.end, True)
    return _on_two_lines(lines, i, following)


def _on_two_lines(lines: Sequence[Line], i: int, following: str) -> Heading | None:
    """A heading whose colon stands on the next line."""
    if len(lines[i].text) > 160 or not following or following.startswith(_OPENED):
        return None
    joined = one_line(lines[i].text + "\n" + following[:200])
    match = _QUESTION.match(joined)
    colon = following.find(":")
    if (
        match is None
        or not match["colon"]
        or colon < 0
        or joined[match.end() :].count(":") != following[:200].count(":") - 1
    ):
        return None
    return _opened(lines, i, match, lines[i + 1].start + colon + 1, colon + 1 == len(following))


def _opened(lines: Sequence[Line], i: int, match: re.Match[str], end: int, whole: bool) -> Heading:
    content = end
    if whole:
        last = i + (end > lines[i].end)
        content = lines[last + 1].start if last + 1 < len(lines) else end
    return Heading("spørgsmål", i, lines[i].start, content, match["label"], not match["tail"].strip(), None, match[0])


def _answer(lines: Sequence[Line], i: int) -> Heading | None:
    line = lines[i]
    if not line.text[:1].isupper():
        return None
    match = _ANSWER.match(line.text[:320])
    if match is None or not (match["colon"] or match.end() == len(line.text)):
        return None
    whole = match.end() == len(line.text)
    if whole and not match["colon"] and (match["on"] or "").strip() and not _short(match):
        return None
    content = line.start + match.end()
    if whole:
        content = lines[i + 1].start if i + 1 < len(lines) else line.end
    status = status_of(match["status"])
    return Heading("svar", i, line.start, content, match["label"], not match["on"], status, match[0])


def _short(match: re.Match[str]) -> bool:
    """Whether "Svar på spørgsmål ..." without a colon is a heading by its looks."""
    words = match[0].rstrip()
    return bool(match["label"]) and (words.endswith(match["label"]) or bool(_ROUND_OFF.search(words)))
