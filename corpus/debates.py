"""Verbatim chamber debates: who said what, when, on which item of the agenda, in answer to which question.

`corpus.agenda` reads the fixed parts and `corpus.speakers` the lines that name a speaker:

                                                                            Kl. 13:02
    (Ordfører)                                      only some speeches say in which capacity
    Navn Navnesen (XX):                             or "Udenrigsministeren (Navn Navnesen):"
    Tak. ...

A time mark stands before the words it dates: the first one bears the hour the meeting opens, the chair's
closing words have theirs before them and the closing time after them, as "(Kl. 15:24)". In a long speech
marks stand between two paragraphs too. So the time of a section is the last mark before it, and a mark inside
a speech begins a new section of the same speaker.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator

from corpus.agenda import Item, Question, agenda_questions, items, meeting_fields, normalise, question_blocks
from corpus.floor import Event, Times, printed, sections_between
from corpus.records import Fields, Section
from corpus.speakers import CHAIR, PARTS, Speaker, speakers

_MARK = re.compile(r"(?<![(\w])Kl\.\s?(?P<hour>\d{1,2}):(?P<minute>\d{2})(?!\d)")
_REMOVED = re.compile(
    r"\(\s*Kl\.\s?\d{1,2}:\d{2}\s*\)\.?"
    r"|\((?:Spørgsmålet|Punktet|Forespørgslen|Forslaget)\s+er\s+(?:udgået|udsat|taget\s+tilbage)[^()]{0,200}\)\.?"
)
_PART = re.compile(
    rf"(?:^[^\S\n]*|(?<=\d:\d\d)\s*|(?<=[.)]))(?P<part>{PARTS})(?=[^\S\n]*\n|\(|[A-ZÆØÅ][^\n:()]{{2,100}}\()",
    re.MULTILINE,
)
_OTHER_PART = re.compile(r"\s*(?P<part>[A-ZÆØÅ][^\n.,;?!:()]{2,60})[^\S\n]*\n\s*\n")


def recognise_debate(text: str) -> tuple[Fields, tuple[Section, ...]] | None:
    """Read a verbatim chamber debate into its fields and sections; None if the text is none."""
    fields = meeting_fields(text)
    chair = CHAIR.search(text) if fields else None
    if fields is None or chair is None:
        return None
    questions = agenda_questions(text, chair.start())
    listed = {question.number: question for question in questions}
    asked = (printed(question) for question in questions if question.start < question.end)
    return fields, (*asked, *sections_between(text, _events(text, chair.start(), listed), listed))


def _events(text: str, opening: int, listed: dict[str, Question]) -> list[Event]:
    """Give the events of the debate in order, none inside another; nobody speaks before `opening`."""
    found = [Event(item.start, item.end, item) for item in items(text, 0)]
    found += [Event(start, block.end, block) for start, block in question_blocks(text, listed)]
    found += [Event(*named) for named in speakers(text)]
    for mark in _MARK.finditer(text):
        time = f"{int(mark['hour']):02d}:{mark['minute']}"
        found.append(Event(mark.start(), mark.end(), Times(time)))
    found += [Event(note.start(), note.end(), None) for note in _REMOVED.finditer(text)]
    found += _parts(text, found)
    found.sort(key=lambda event: (event.start, -event.end))
    ordered: list[Event] = []
    for event in found:
        spoken = event.start >= opening or not isinstance(event.what, Speaker | Question)
        if spoken and (not ordered or event.start >= ordered[-1].end):
            ordered.append(event)
    return ordered


def _parts(text: str, found: list[Event]) -> Iterator[Event]:
    """Find the lines such as "Forhandling", and any other line alone between a time mark and a speaker."""
    for part in _PART.finditer(text):
        yield _part(part)
    starts = sorted(event.start for event in found if isinstance(event.what, Speaker))
    for event in found:
        if isinstance(event.what, Times):
            other = _OTHER_PART.match(text, event.end)
            if other and _next(starts, other.end()) == other.end():
                yield _part(other)


def _part(found: re.Match[str]) -> Event:
    title = normalise(found["part"])
    item = Item(found.start("part"), found.end("part"), title if title == "Meddelelser fra formanden" else "")
    return Event(item.start, item.end, item)


def _next(starts: list[int], position: int) -> int | None:
    at = bisect_left(starts, position)
    return starts[at] if at < len(starts) else None
