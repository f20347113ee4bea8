"""What lies within one question or answer: its lettered or numbered parts, and other authors' contributions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from corpus.boilerplate import Line, Span
from corpus.danish import MINISTER, NAME, is_minister, minister_title, one_line

_LABEL = r"(?:[a-zæøå]|\d{1,2})"
_IN_TEXT = re.compile(rf"(?<![\w.,/§-])\(?({_LABEL})\)(?=\s)")
_DOTTED = re.compile(rf"[”“\"»]?({_LABEL})\.\s+(?=[A-ZÆØÅ”“\"»])")
_AD = re.compile(
    rf"(?:Ad|Vedr\.|Vedrørende|Svar\spå|Svar\sad|Besvarelse\saf|Til)\s+(?:pkt\.\s|punkt\s|litra\s)?(?:(?:del)?spørgsmål(?:et)?\s+)?"
    rf"(?:nr\.\s*)?\(?({_LABEL}(?:\s?(?:og|-|–|,)\s?{_LABEL})?)\s?(?:[).:]+|$|[-–]\s|(?=\s[A-ZÆØÅ]))",
    re.IGNORECASE,
)
_NAMED = re.compile(rf"(?:Delspørgsmål|Spørgsmål|Svar)\s+({_LABEL})\s?(?:[).:]+|$)", re.IGNORECASE)
_BARE = re.compile(rf"\(?({_LABEL})\s?[).:](?:\s|$)")


class Part(NamedTuple):
    """Where a part begins, and its letter or number; None before the first."""

    start: int
    label: str | None


def _next(label: str) -> str:
    return str(int(label) + 1) if label.isdigit() else chr(ord(label) + 1)


def _rising(candidates: Sequence[Part]) -> list[Part]:
    """The candidates that count up from the first letter or number; none unless there are two."""
    for wanted in ("a", "1"):
        kept: list[Part] = []
        label = wanted
        for candidate in candidates:
            if candidate.label == label:
                kept.append(candidate)
                label = _next(label)
        if len(kept) > 1:
            return kept
    return []


def question_parts(text: str, lines: Sequence[Line], span: Span) -> list[Part]:
    """The sub-questions of a question: "a) ... b) ..." anywhere, "1. ... 2. ..." where lines begin."""
    start, end = span
    found = _rising([Part(m.start(), m[1]) for m in _IN_TEXT.finditer(text, start, end)])
    if not found:
        found = _rising(
            [Part(line.start, match[1]) for line in lines if (match := _DOTTED.match(line.text[:12])) is not None]
        )
    return _with_opening(found, start)


def answer_parts(lines: Sequence[Line], span: Span, asked: Sequence[str]) -> list[Part]:
    """The replies to the sub-questions: "Ad a)", "Svar på spørgsmål a", or the label alone if it was asked."""
    said: list[Part] = []
    for line in lines:
        match = _AD.match(line.text[:80]) or _NAMED.match(line.text[:80])
        if match:
            said.append(Part(line.start, _labels(match[1])))
    explicit = [part for part in said if _asked(part.label, asked)] if asked else _rising(said)
    if explicit:
        return _with_opening(explicit, span[0])
    return _with_opening(_repeated(lines, asked), span[0])


def _repeated(lines: Sequence[Line], asked: Sequence[str]) -> list[Part]:
    """Lines that begin with a label that was asked, each label once and in the order asked."""
    found: list[Part] = []
    waiting = list(asked)
    for line in lines:
        match = _BARE.match(line.text[:12].lower())
        if match and match[1] in waiting:
            del waiting[: waiting.index(match[1]) + 1]
            found.append(Part(line.start, match[1]))
    return found


def _labels(written: str) -> str:
    return re.sub(
        r"\s*(og|,|-|–)\s*", lambda m: m[1] if m[1] in "-–" else ", " if m[1] == "," else " og ", written.lower()
    )


def _asked(label: str | None, asked: Sequence[str]) -> bool:
    return label is not None and re.split(r" og |, |[-–]", label)[0] in asked


def _with_opening(parts: list[Part], start: int) -> list[Part]:
    if parts and parts[0].start <= start:
        return parts
    return [Part(start, None), *parts]


class Contribution(NamedTuple):
    """A stretch that quotes another author, who is named before it."""

    start: int
    end: int
    speaker: str
    role: str | None


_LONGEST = 60_000  # characters of one contribution
_UNCLOSED = 5  # quotations that never end, after which no more are looked for: keeps any text linear
_LEAD_IN = re.compile(r":[\s]*([”“\"»„«])(?=\S)")
_CLOSES = {"»": "«", "«": "»"}
_SAYS = (
    r"(?:oplyst|anført|udtalt|meddelt|svaret|bidraget|skrevet|tilkendegivet|bemærket"
    r"|oplyser|anfører|udtaler|meddeler|svarer|skriver|bemærker)"
)
_ORGANISATION = r"[A-ZÆØÅ][\wé-]*(?:(?:\s|,\s|\sog\s|-?\sog\s|\sfor\s|\si\s)[A-ZÆØÅ][\wé-]*){0,6}"
_AUTHOR = rf"(?P<author>(?i:{MINISTER})(?:\s{NAME})?|{_ORGANISATION})"
_FROM = re.compile(
    r"(?:bidrag|udtalelse|svar|oplysning(?:er)?|besvarelse|bemærkninger|redegørelse|følgende|indhentet)\b[^:]{0,60}?\s(?:fra|af|hos)\s(?:den\s|det\s)?"
    + _AUTHOR
)
_HAS_SAID = re.compile(_AUTHOR + rf"\s(?:har\s(?:[\wé.]+\s){{0,12}}?{_SAYS}|{_SAYS})\b")
_ITSELF = frozenset({"Jeg", "Vi", "Han", "Hun", "De", "Det", "Der", "Dette", "Hertil", "Ministeren", "Ministeriet"})


def contributions(text: str, span: Span) -> list[Contribution]:
    """The quotations in an answer that another author is named for, in order."""
    found: list[Contribution] = []
    at, end = span
    unclosed = 0
    while unclosed < _UNCLOSED and (match := _LEAD_IN.search(text, at, end)) is not None:
        at = match.end()
        author = _author(text, max(span[0], found[-1].end if found else span[0]), match.start() + 1)
        if author is None:
            continue
        closing = _closing(text, match.start(1), min(end, match.start(1) + _LONGEST))
        if closing is None:
            unclosed += 1
            continue
        found.append(Contribution(match.start(1), closing, *author))
        at = closing
    return found


def _author(text: str, floor: int, end: int) -> tuple[str, str | None] | None:
    """Whom the sentence that ends here names as the author of what follows."""
    before = one_line(text[max(floor, end - 700) : end])
    sentence = re.split(r"(?<=[.!?”\"«»])\s+(?=[A-ZÆØÅ])", before)[-1]
    match = _FROM.search(sentence) or _HAS_SAID.search(sentence)
    if match is None:
        return None
    author = match["author"].strip(" ,")
    if author in _ITSELF:
        return None
    name = re.search(rf"\s({NAME})$", author)
    if name and is_minister(author[: name.start()]):
        return name[1], minister_title(author[: name.start()])
    return (minister_title(author),) * 2 if is_minister(author) else (author, None)


def _closing(text: str, start: int, end: int) -> int | None:
    """Where the quotation that opens here has ended, counting the quotations inside it."""
    opener = text[start]
    family = re.compile(f"[{opener}{_CLOSES[opener]}]" if opener in _CLOSES else ('"' if opener == '"' else "[”“„]"))
    depth = 0
    last: int | None = None
    for match in family.finditer(text, start, end):
        if opener in _CLOSES:
            depth += 1 if match[0] == opener else -1
        elif match.start() == start or not _continues(text, match.start()):
            depth = 1 - depth
        after = match.end()
        while after < end and text[after] in ".,;:":
            after += 1
        rest = text[after : after + 8].lstrip(" \t\xa0\r")
        at_line_end = after >= end or rest[:1] in ("", "\n", "\f")
        if match.start() > start and at_line_end:
            last = after
        if depth <= 0 and (at_line_end or text[match.start() - 1] in ".!?…"):
            return after
    return last


def _continues(text: str, at: int) -> bool:
    """Whether this quotation mark only repeats, at a paragraph's beginning, that the quotation goes on."""
    before = text[max(0, at - 200) : at]
    gap = before[len(before.rstrip()) :]
    return gap.count("\n") > 1 and before.rstrip().endswith((".", ":", "?", "!")) and text[at + 1 : at + 2].isalnum()
