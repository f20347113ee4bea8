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
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from corpus.agenda import (
    Item,
    Question,
    agenda_questions,
    asked_of,
    items,
    meeting_fields,
    normalise,
    question_blocks,
    shorten,
    trim,
)
from corpus.records import Fields, Section, SectionKind
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
_REASON = re.compile(r"Skriftlig begrundelse")
_WORD = re.compile(r"\w{4,}")
_READ_OUT = 0.5  # share of the question's words that a speech must have to be its reading


class _Event(NamedTuple):
    """A stretch of the text that is no speech and says something of the speech that follows."""

    start: int
    end: int
    what: str | Item | Question | Speaker | None


@dataclass(slots=True)
class _State:
    """What has been said of the words that come next."""

    time: str | None = None
    heading: str | None = None
    item: str | None = None
    question: Question | None = None
    in_block: bool = False
    speaker: Speaker | None = None
    kind: SectionKind = "tekst"
    read: bool = False
    wordings: dict[str, str] = field(default_factory=dict)


def recognise_debate(text: str) -> tuple[Fields, tuple[Section, ...]] | None:
    """Read a verbatim chamber debate into its fields and sections; None if the text is none."""
    fields = meeting_fields(text)
    chair = CHAIR.search(text) if fields else None
    if fields is None or chair is None:
        return None
    questions = agenda_questions(text, chair.start())
    listed = {question.number: question for question in questions}
    state = _State(wordings={number: text[q.start : q.end] for number, q in listed.items()})
    sections = [_asked(question) for question in questions if question.start < question.end]
    events = _events(text, chair.start(), listed)
    end_of_text = _Event(len(text), len(text), None)
    for event, following in pairwise([*events, end_of_text]):
        _apply(event, state, listed)
        sections.extend(_sections(text, event.end, following.start, state))
    return fields, tuple(sections)


def _events(text: str, opening: int, listed: dict[str, Question]) -> list[_Event]:
    """Give the events of the debate in order, none inside another; nobody speaks before `opening`."""
    found = [_Event(item.start, item.end, item) for item in items(text, 0)]
    found += [_Event(start, block.end, block) for start, block in question_blocks(text, listed)]
    found += [_Event(*named) for named in speakers(text)]
    for mark in _MARK.finditer(text):
        found.append(_Event(mark.start(), mark.end(), f"{int(mark['hour']):02d}:{mark['minute']}"))
    found += [_Event(note.start(), note.end(), None) for note in _REMOVED.finditer(text)]
    found += _parts(text, found)
    found.sort(key=lambda event: (event.start, -event.end))
    ordered: list[_Event] = []
    for event in found:
        spoken = event.start >= opening or not isinstance(event.what, Speaker | Question)
        if spoken and (not ordered or event.start >= ordered[-1].end):
            ordered.append(event)
    return ordered


def _parts(text: str, found: list[_Event]) -> Iterator[_Event]:
    """Find the lines such as "Forhandling", and any other line alone between a time mark and a speaker."""
    for part in _PART.finditer(text):
        yield _part(part)
    starts = sorted(event.start for event in found if isinstance(event.what, Speaker))
    for event in found:
        if isinstance(event.what, str):
            other = _OTHER_PART.match(text, event.end)
            if other and _next(starts, other.end()) == other.end():
                yield _part(other)


def _part(found: re.Match[str]) -> _Event:
    title = normalise(found["part"])
    item = Item(found.start("part"), found.end("part"), title if title == "Meddelelser fra formanden" else "")
    return _Event(item.start, item.end, item)


def _next(starts: list[int], position: int) -> int | None:
    at = bisect_left(starts, position)
    return starts[at] if at < len(starts) else None


def _apply(event: _Event, state: _State, listed: dict[str, Question]) -> None:
    """Let the event say what it says of the words that follow it."""
    match event.what:
        case str(time):
            state.time = time
            state.in_block = False
        case Item(title=title):
            state.speaker, state.in_block = None, False
            if title:
                state.heading = state.item = title
                state.question = None
        case Question():
            _begin_question(event.what, state, listed)
        case Speaker():
            state.in_block = False
            _begin_speech(event.what, state)
        case None:
            state.in_block = False


def _begin_question(block: Question, state: _State, listed: dict[str, Question]) -> None:
    """Enter the treatment of a question; what its block leaves unsaid, the agenda says."""
    known = listed.get(block.number)
    addressee = block.addressee or (known.addressee if known else asked_of(state.item))
    question = block._replace(
        addressee=addressee,
        asker=block.asker or (known.asker if known else None),
        party=block.party or (known.party if known else None),
    )
    wording = state.wordings.get(block.number, "")
    line = f"{question.heading}: {normalise(wording)}" if question.heading and wording else question.heading
    state.heading = shorten(line) if line else state.item
    state.question, state.in_block, state.speaker, state.read = question, True, None, False


def _begin_speech(speaker: Speaker, state: _State) -> None:
    """Enter a speech and say whether it can ask or answer the question under treatment."""
    question = state.question
    state.speaker, state.kind = speaker, "tekst"
    if question is None:
        return
    if question.asker is None and speaker.member:
        # A question to the prime minister has no agenda entry: whoever speaks first under its number asks it.
        question = state.question = question._replace(asker=speaker.name, party=speaker.party)
    if speaker.minister:
        state.kind, state.read = "svar", True
    elif speaker.name == question.asker:
        state.speaker = speaker._replace(role=speaker.role or "spørger")
    elif speaker.name in question.seconds:
        state.speaker = speaker._replace(role=speaker.role or "medspørger")
    if speaker.member and not state.read:
        state.kind = "spørgsmål"


def _sections(text: str, start: int, end: int, state: _State) -> Iterator[Section]:
    """Give the sections between two events: a speech, or the words of a question's block."""
    start, end = trim(text, start, end)
    if start == end:
        return
    if state.in_block:
        yield from _block_sections(text, start, end, state)
    elif state.speaker:
        yield _speech(text, start, end, state)


def _block_sections(text: str, start: int, end: int, state: _State) -> Iterator[Section]:
    """Give the question, unless the agenda gave it already, and the written reason for it."""
    question = state.question
    assert question is not None
    reason = _REASON.search(text, start, end)
    asked = question._replace(start=start, end=trim(text, start, reason.start() if reason else end)[1])
    if question.number not in state.wordings:
        state.wordings[question.number] = text[asked.start : asked.end]
        if asked.start < asked.end:
            yield _asked(asked)
    if reason:
        start, end = trim(text, reason.end(), end)
        if start < end:
            speaker = Speaker(question.asker, question.party, "spørger") if question.asker else None
            yield _section("tekst", start, end, state, speaker)


def _speech(text: str, start: int, end: int, state: _State) -> Section:
    """Give a speech, or the part of one between two time marks."""
    speaker, question = state.speaker, state.question
    assert speaker is not None
    if question and state.kind == "spørgsmål" and not state.read:
        state.read = True
        wording = state.wordings.get(question.number, "")
        if speaker.name != question.asker and not _reads(wording, text[start:end]):
            state.kind, state.read = "tekst", False
    return _section(state.kind, start, end, state, speaker)


def _reads(wording: str, speech: str) -> bool:
    """Tell whether the speech has most of the words of the question."""
    words = set(_WORD.findall(wording.lower()))
    return len(words & set(_WORD.findall(speech.lower()))) > _READ_OUT * len(words)


def _section(kind: SectionKind, start: int, end: int, state: _State, speaker: Speaker | None) -> Section:
    question = state.question
    return Section(
        kind=kind,
        start=start,
        end=end,
        heading=state.heading,
        speaker=speaker.name if speaker else None,
        party=speaker.party if speaker else None,
        role=speaker.role if speaker else None,
        time=state.time,
        number=question.number if question else None,
        addressee=question.addressee if question and kind == "spørgsmål" else None,
    )


def _asked(question: Question) -> Section:
    """Give the section of a question as it stands in print."""
    return Section(
        kind="spørgsmål",
        start=question.start,
        end=question.end,
        heading=question.heading,
        speaker=question.asker,
        party=question.party,
        number=question.number,
        addressee=question.addressee,
    )
