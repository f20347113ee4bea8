"""A document's text for reading: cleaned, in its sections, with one passage marked; long documents in parts."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from bot.quote import quote
from bot.terms import SECTIONS, clock, speaker
from corpus.clean import Layout, clean_aligned, layout
from corpus.records import Document, Page, Section

Span = tuple[int, int]

PART = 30_000  # characters that are shown at a time: two dozen pages
_GAP = re.compile(r"\n\s*\n|\n|\s")
_BLANK = 200  # characters of white space around the foot of a page
_CSS = {"spørgsmål": "spoergsmaal", "svar": "svar"}
_layout = lru_cache(maxsize=4)(layout)


class _Segment(NamedTuple):
    """A stretch of the document's text: one section, or what lies between two."""

    start: int
    end: int
    section: Section | None


class _Block(NamedTuple):
    """A segment as HTML."""

    kind: str  # of the section; empty for what lies between two
    html: str


def parts(document: Document, passages: Sequence[Span], most: int = PART) -> list[Span]:
    """Cut a text into stretches of about `most` characters, where a section begins or else a passage; all of it."""
    length = len(document.text)
    sections = [one.start for one in document.sections]
    places = sorted({*sections, *(one.end for one in document.sections), *(start for start, _ in passages)})
    sections.sort()
    cuts = [0]
    while length - cuts[-1] > most * 4 // 3:
        low, high = cuts[-1] + most // 2, cuts[-1] + most
        cuts.append(_last(sections, low, high) or _last(places, low, high) or _gap(document.text, places, high))
    return list(pairwise([*cuts, length]))


def body(document: Document, span: Span | None, part: Span) -> Iterator[str]:
    """Give one part of the text as HTML, with a question beside its answer."""
    return _paired(_blocks(document, span, part))


def _last(places: Sequence[int], low: int, high: int) -> int | None:
    at = bisect_right(places, high) - 1
    return places[at] if at >= 0 and places[at] > low else None


def _gap(text: str, places: Sequence[int], at: int) -> int:
    """Give where to cut a stretch that has no border: within no passage where there is a next one, else in a gap."""
    following = bisect_left(places, at)
    if following < len(places) and places[following] < at + PART // 3:
        return places[following]
    gap = _GAP.search(text, at, at + PART // 3)
    return gap.end() if gap else at


def _blocks(document: Document, span: Span | None, part: Span) -> Iterator[_Block]:
    writer = _Writer(document.text, _layout(document.text), document.pages, span, part[0])
    before: tuple[str | None, ...] = ()
    for segment in _segments(document, part):
        paragraphs = writer.paragraphs(segment)
        if not paragraphs:
            continue
        if segment.section is None:
            yield _Block("", f'<div class="udenfor">{paragraphs}</div>')
            continue
        heading = _heading(segment.section)
        titled = _titled(*heading) if heading and heading != before else ""
        before = heading
        kind = segment.section.kind
        yield _Block(kind, f'<section class="{_CSS.get(kind, "afsnit")}">{titled}{paragraphs}</section>')


def _paired(blocks: Iterator[_Block]) -> Iterator[str]:
    """Set questions beside the answers that follow them; the order of reading stays that of the document."""
    asked: list[str] = []
    answered: list[str] = []
    between: list[str] = []  # belongs to the pair if more of it follows
    for kind, html in blocks:
        if not kind and asked:
            between.append(html)
        elif kind == "svar" and asked:
            answered += [*between, html]  # what stands between question and answer introduces the answer
            between = []
        elif kind == "spørgsmål" and asked and not answered:
            asked += [*between, html]
            between = []
        else:
            yield from (*_pair(asked, answered), *between)
            asked, answered, between = [], [], []
            if kind == "spørgsmål":
                asked = [html]
            else:
                yield html
    yield from (*_pair(asked, answered), *between)


def _pair(asked: Sequence[str], answered: Sequence[str]) -> Iterator[str]:
    if not answered:
        yield from asked
        return
    yield f'<div class="par"><div>{"".join(asked)}</div><div>{"".join(answered)}</div></div>'


def _titled(what: str | None, who: str | None, when: str | None) -> str:
    named = (("hvad", what), ("hvem", who), ("tid", when))
    spans = " ".join(f'<span class="{css}">{quote(text)}</span>' for css, text in named if text)
    return f"<h2>{spans}</h2>"


def _heading(section: Section) -> tuple[str | None, str | None, str | None] | tuple[()]:
    """Give what a section is, who speaks and when; sections cut apart by a page's foot share one heading."""
    what = SECTIONS.get(section.kind)
    if what and section.number:
        what = f"Spørgsmål nr. {section.number}" if section.kind == "spørgsmål" else f"Svar på nr. {section.number}"
    if what and section.part:
        what = f"{what}, {section.part}"
    if what and section.unanswered:
        what = f"{what} (intet svar her)"
    who = speaker(section)
    return (what, who, clock(section) if who else None) if what or who else ()


def _segments(document: Document, part: Span) -> Iterator[_Segment]:
    """Cut a part of the text at the borders of its sections, in order; nothing is left out or given twice."""
    cursor, last = part
    for section in sorted(document.sections, key=lambda one: one.start):
        start, end = max(cursor, section.start), min(section.end, last)
        if start >= end:
            continue
        if start > cursor:
            yield _Segment(cursor, start, None)
        yield _Segment(start, end, section)
        cursor = end
    if cursor < last:
        yield _Segment(cursor, last, None)


class _Writer:
    """Writes segments as paragraphs, and knows which page comes next and whether the passage was met."""

    def __init__(self, text: str, lines: Layout, pages: Sequence[Page], span: Span | None, first: int) -> None:
        self._text, self._lines = text, lines
        # A page that begins in the white space before the first word is the first word's.
        pages = [page for page in pages if page.start >= first - _BLANK and not text[page.start : first].strip()]
        self._pages = pages[::-1]
        self._span = span or (0, 0)
        self._met = False

    def paragraphs(self, segment: _Segment) -> str:
        """Give one segment cleaned for reading, as `<p>` elements."""
        text, offsets = clean_aligned(self._text[segment.start : segment.end], self._lines)
        if not text:
            return ""
        low, high = (bisect_left(offsets, at - segment.start) for at in self._span)
        pages: dict[int, int] = {}
        # A page that begins in the white space after the last word belongs to the next segment.
        while self._pages and self._pages[-1].start - segment.start <= offsets[-1]:
            number, start, _ = self._pages.pop()
            at = bisect_left(offsets, max(0, start - segment.start))
            pages[at + (text[at] == "\n")] = number
        written, cursor = [], 0
        for paragraph in text.split("\n"):
            end = cursor + len(paragraph)
            borders = sorted({cursor, end, *(at for at in (low, high, *pages) if cursor < at < end)})
            inner = "".join(self._piece(text[a:b], low <= a < high, pages.get(a)) for a, b in pairwise(borders))
            written.append(f"<p>{inner}</p>")
            cursor = end + 1
        return "".join(written)

    def _piece(self, text: str, marked: bool, number: int | None) -> str:
        # The page's number is written by the style sheet, so that it is no part of the text one copies.
        page_mark = f'<span class="side" data-side="Side {number}"></span>' if number is not None else ""
        if not marked:
            return page_mark + quote(text)
        anchor = "" if self._met else ' id="uddrag"'
        self._met = True
        return f"{page_mark}<mark{anchor}>{quote(text)}</mark>"
