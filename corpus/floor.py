"""Who has the floor: from what happens in a debate, in order, to the sections of what is said in between.

A printed debate (`corpus.debates`) and one in the secretariat's own XML (`corpus.meetings`) tell of the same events,
and end in the same records.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from corpus.agenda import REASON, Item, Question, asked_of, normalise, shorten, trim
from corpus.records import Section, SectionKind
from corpus.speakers import Speaker

_REASON = re.compile(REASON)
_WORD = re.compile(r"\w{4,}")
_READ_OUT = 0.5  # share of the question's words that a speech must have to be its reading


class Times(NamedTuple):
    """When the words that follow were said: "13:02", or to the second; None where nobody noted it."""

    start: str | None
    end: str | None = None


class Event(NamedTuple):
    """A stretch of the text that is no speech and says something of the speech that follows."""

    start: int
    end: int
    what: Times | Item | Question | Speaker | None


@dataclass(slots=True)
class _State:
    """What has been said of the words that come next."""

    times: Times = Times(None)  # noqa: RUF009 - it cannot change
    heading: str | None = None
    item: str | None = None
    question: Question | None = None
    in_block: bool = False
    speaker: Speaker | None = None
    kind: SectionKind = "tekst"
    read: bool = False
    wordings: dict[str, str] = field(default_factory=dict)


def sections_between(text: str, events: Iterable[Event], listed: Mapping[str, Question]) -> Iterator[Section]:
    """Give what is said between events, which are in order and none inside another.

    `listed` has the questions, by number, whose words are a section already.
    """
    state = _State(wordings={number: text[q.start : q.end] for number, q in listed.items()})
    end_of_text = Event(len(text), len(text), None)
    for event, following in pairwise([*events, end_of_text]):
        _apply(event, state, listed)
        yield from _sections(text, event.end, following.start, state)


def _apply(event: Event, state: _State, listed: Mapping[str, Question]) -> None:
    """Let the event say what it says of the words that follow it."""
    match event.what:
        case Times():
            state.times = event.what
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


def _begin_question(block: Question, state: _State, listed: Mapping[str, Question]) -> None:
    """Enter the treatment of a question; what its block leaves unsaid, the agenda says."""
    known = listed.get(block.number)
    addressee = block.addressee or (known.addressee if known else None) or asked_of(state.item)
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
            yield printed(asked)
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
        time=state.times.start,
        until=state.times.end,
        number=question.number if question else None,
        addressee=question.addressee if question and kind == "spørgsmål" else None,
    )


def printed(question: Question) -> Section:
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
