"""Answer letters: a committee's question, or a member's own, and the minister's answer."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from corpus.boilerplate import Line, Span, merged, noise, outside, split_lines
from corpus.danish import one_line
from corpus.letter_fields import numbers_in, read_fields
from corpus.letter_headings import NUMBERS, Heading, headings
from corpus.letter_parts import answer_parts, contributions, question_parts
from corpus.letter_people import signatures
from corpus.records import Fields, Section, SectionKind

_HEAD = 6000  # characters in which a letter has come to its point

_OPENING = re.compile(
    r"som\s+hermed\s+besvares|som\s+jeg\s+hermed\s+(?:skal\s+)?besvare|som\s+besvares\s+(?:hermed|således|nedenfor)|(?:besvare|svar)\w*\s+hermed\s"
    r"|[Hh]ermed\s+(?:sendes|fremsendes|følger|oversendes|besvares)|følger\s+hermed|(?:sendes|fremsendes|oversendes)\s+hermed"
    r"|(?:har|er)\s[^.]{0,200}?stillet\s+følgende\s+(?:§\s?20[-\s]?)?spørgsmål"
    r"|(?:svar|[Bb]esvarelse)\s+(?:på|af)\s+(?:§\s?20[-\s]?)?(?:spørgsmål|spm\.?)\s+(?:nr\.?\s+)?(?:S\s?)?\d"
)
_SENTENCE_END = re.compile(r"[.:](?=\s*\n|\s+[A-ZÆØÅ”\"»]|\s*$)")
_PARLIAMENT = re.compile(
    r"folketing|udvalg|alm\.?\s?del|\bS\s?\d{1,4}\b|\b[LB]\s\d{1,3}\b|§\s?20|minister", re.IGNORECASE
)
_ASKED_THERE = re.compile(r"[Ff]olketing|[Uu]dvalg|[Aa]lm\.?\s?del|\bS\s?\d{1,4}\b|\b[LB]\s\d{1,3}\b|§\s?20")
_HEREBY = re.compile(r"[Hh]ermed|besvares")
_DEBATE = re.compile(r"^\s*Kl\.\s?\d{1,2}[:.]\d\d\s*$", re.MULTILINE)
_ASKED_FOR = re.compile(
    r"\(?(?:Spørgsmålet|Spørgsmålene)\s+(?:er|ønskes)\s|Svaret?\s+bedes\s+sendt|\(?Stillet\s+efter\s+ønske\s"
)


@dataclass(frozen=True, slots=True)
class _Text:
    """A file's text with its lines, so that a stretch of it can be asked for its lines."""

    text: str
    lines: Sequence[Line]
    starts: Sequence[int]

    def within(self, start: int, end: int) -> Sequence[Line]:
        return self.lines[bisect_left(self.starts, start) : bisect_left(self.starts, end)]


def recognise_letter(text: str) -> tuple[Fields, tuple[Section, ...]] | None:
    """The fields and sections of an answer letter; None if the text is something else."""
    lines = split_lines(text)
    source = _Text(text, lines, [line.start for line in lines])
    found = headings(lines)
    opening = _opening(text, found)
    marks = _chosen(found, opening, source)
    if not _is_letter(text, lines, marks, opening):
        return None
    blocks = [part for block in _blocks(source, marks, opening) for part in _signed_off(source, block)]
    questions = [mark for mark in marks if mark.kind == "spørgsmål"]
    answers = [mark for mark in marks if mark.kind == "svar"]
    head_end = min([_HEAD, len(text), *(mark.start for mark in marks), *(block.start for block in blocks)])
    holes = _furniture(source, blocks)
    sections = [piece for block in blocks for piece in _pieces(text, block, holes)]
    fields = read_fields(
        text, lines, head_end, questions, answers, _who_asked(source, blocks), _outer(lines, sections, holes)
    )
    return fields, tuple(_signed(section, fields) for section in sections)


def _opening(text: str, found: Sequence[Heading]) -> Span | None:
    """The sentence that says what is answered, if it stands before the answer; its stretch is the whole sentence."""
    answer = next((mark.start for mark in found if mark.kind == "svar" and mark.bare), _HEAD)
    match = _OPENING.search(text, 0, min(answer, _HEAD))
    if match is None:
        return None
    stop = _SENTENCE_END.search(text, match.end(), match.end() + 800)
    return match.start(), stop.end() if stop else match.end()


def _chosen(found: Sequence[Heading], opening: Span | None, source: _Text) -> list[Heading]:
    """The headings that open a text: not a subject line above the opening, nor a stamp above the question."""
    kept = list(found)
    answer = next((m.start for m in kept if m.kind == "svar" and m.bare), len(source.text))
    if opening:
        first = next((m for m in kept if m.kind == "spørgsmål" and opening[0] <= m.start < answer), None)
        if first or not any(m.bare and m.kind == "spørgsmål" and m.start < opening[0] for m in kept):
            kept = [m for m in kept if m.start >= opening[0] or m.start >= answer]
    kept = [m for m, following in pairwise([*kept, None]) if m and not _is_subject(m, following)]
    question = next((m.start for m in kept if m.kind == "spørgsmål"), None)
    if question is not None:
        return [m for m in kept if m.start >= question]
    return [m for m in kept if m.bare or m.start > _HEAD]


def _is_subject(mark: Heading, following: Heading | None) -> bool:
    """Whether this names in the letterhead the very question that the next heading opens."""
    if following is None or mark.kind == "svar" or following.kind == "svar":
        return False
    return mark.label is not None and following.label in (None, mark.label)


def _is_letter(text: str, lines: Sequence[Line], marks: Sequence[Heading], opening: Span | None) -> bool:
    head = text[:_HEAD]
    if len(_DEBATE.findall(text[:20_000])) > 1 or not _PARLIAMENT.search(head):
        return False
    answered = any(mark.kind == "svar" for mark in marks)
    if not re.search(rf"(?:spørgsmål|spm\.?)\s*(?:nr\.?\s*)?{NUMBERS}", head, re.IGNORECASE):
        return False
    if opening:
        # An article may speak of "svar på spørgsmål nr. 12"; only a letter says "hermed".
        return answered or (opening[0] < 2500 and _HEREBY.search(text, *opening) is not None)
    asked = any(mark.kind == "spørgsmål" for mark in marks)
    return asked and answered and _ASKED_THERE.search(text, 0, min(marks[0].content, _HEAD)) is not None


@dataclass(frozen=True, slots=True)
class _Block:
    """One question or one answer as it stands, before what is not of it is taken out."""

    kind: SectionKind
    start: int
    end: int
    label: str | None = None
    part: str | None = None
    speaker: str | None = None
    role: str | None = None


def _blocks(source: _Text, marks: Sequence[Heading], opening: Span | None) -> list[_Block]:
    """Every question and answer with its parts and its contributions."""
    blocks: list[_Block] = []
    asked: list[str] = []
    whole = _whole(source, marks, opening)
    for block, following in zip(whole, [*whole[1:], None], strict=True):
        if blocks and blocks[-1].kind == "svar" and not (following and following.kind == "svar"):
            block = _as_reply(block, asked)
        lines = source.within(block.start, block.end)
        span = (block.start, block.end)
        if block.kind == "spørgsmål":
            parts = question_parts(source.text, lines, span)
            asked = [part.label for part in parts if part.label]
        else:
            parts = answer_parts(lines, span, asked)
        ends = [part.start for part in parts[1:]] + [block.end]
        for part, end in zip(parts, ends, strict=True):
            piece = replace(block, start=part.start, end=end, part=part.label or block.part)
            blocks += [piece] if block.kind == "spørgsmål" else _authors(source.text, piece)
    return blocks


def _as_reply(block: _Block, asked: Sequence[str]) -> _Block:
    """A heading "Spørgsmål 1" inside an answer opens the reply to sub-question 1, if that was asked."""
    label = block.part or block.label
    if block.kind == "spørgsmål" and label in asked:
        return replace(block, kind="svar", label=None, part=label)
    return block


def _signed_off(source: _Text, block: _Block) -> Iterator[_Block]:
    """The answer, and as plain text of nobody's what stands after its signature: an annex, a note."""
    signed = signatures(source.within(block.start, block.end)) if block.kind == "svar" else []
    if not signed:
        yield block
        return
    end = signed[-1][1]
    yield replace(block, end=end)
    yield _Block("tekst", end, block.end)


def _number_and_part(label: str | None) -> tuple[str | None, str | None]:
    """What a heading's label names: "44 a" is question 44, part a."""
    match = re.fullmatch(r"(.*\d)?\s?([a-zæøå])?", label or "")
    return (match[1], match[2]) if match else (label, None)


def _authors(text: str, block: _Block) -> Iterator[_Block]:
    """The answer in its own words and, apart, the contributions that it quotes."""
    at = block.start
    for quoted in contributions(text, (block.start, block.end)):
        yield replace(block, start=at, end=quoted.start)
        yield replace(block, start=quoted.start, end=quoted.end, speaker=quoted.speaker, role=quoted.role)
        at = quoted.end
    yield replace(block, start=at)


def _whole(source: _Text, marks: Sequence[Heading], opening: Span | None) -> list[_Block]:
    """The questions and answers in order, each to the next heading."""
    blocks: list[_Block] = []
    begin = marks[0].start if marks else len(source.text)
    if not any(mark.kind == "spørgsmål" for mark in marks) and opening:
        blocks += _unheaded(source, opening[1], begin, answered=bool(marks))
    label: str | None = None
    part: str | None = None
    for mark, end in zip(marks, [*(mark.start for mark in marks[1:]), len(source.text)], strict=False):
        known = (label, part)
        if mark.label or mark.kind == "spørgsmål":
            label, part = _number_and_part(mark.label)  # an answer without a number is the last question's
        # "Svar på spørgsmål 1" stays in the answer's stretch, so that its parts are seen.
        start = mark.content if mark.bare or (label, part) == known else mark.start
        block = _Block(mark.kind, start, end, label, part)
        if mark.kind == "spørgsmål":
            block = replace(block, start=mark.content)
        blocks += [block]
    if marks and not any(mark.kind == "svar" for mark in marks):
        blocks[-1:] = _answer_after_quote(source, blocks[-1])
    return [block for block in blocks if block.end >= block.start]  # "Svar" may stand right above "Spørgsmål 1"


_QUOTED_LINE = ("”", "“", '"', "»", "„", "«")


def _unheaded(source: _Text, start: int, end: int, *, answered: bool) -> Iterator[_Block]:
    """What follows the opening without a heading: the question if it stands in quotation marks, else the answer."""
    question = next((line for line in source.within(start, end) if line.text.startswith(_QUOTED_LINE)), None)
    if answered:
        if question:
            yield _Block("spørgsmål", question.start, end)
        return
    if question and question.start - start < 1500:
        yield from _answer_after_quote(source, _Block("spørgsmål", question.start, end))
    else:
        yield _Block("svar", start, end)


def _answer_after_quote(source: _Text, block: _Block) -> Iterator[_Block]:
    """A question in quotation marks, and as its answer what follows it; plain text if they cannot be told apart."""
    ad = next(
        (line for line in source.within(block.start, block.end) if re.match(r"Ad\s\(?(?:[a-z]|\d{1,2})\b", line.text)),
        None,
    )
    closing = next(
        (
            line.end
            for line in source.within(block.start, block.start + _HEAD)
            if re.search(r"[?.][”“\"«»]$", line.text)
        ),
        None,
    )
    cut = ad.start if ad else closing if source.text[block.start : block.start + 1] in _QUOTED_LINE else None
    if cut is None or cut >= block.end:
        yield replace(block, kind="tekst")
        return
    yield replace(block, end=cut)
    yield replace(block, kind="svar", start=cut)


def _furniture(source: _Text, blocks: Sequence[_Block]) -> list[Span]:
    """Everything in the blocks that is not text of the question or the answer."""
    holes = noise(source.text, source.lines)
    for block in blocks:
        lines = source.within(block.start, block.end)
        holes += signatures(lines) if block.kind != "spørgsmål" else [*_askers(lines), *signatures(lines)]
    return merged(holes)


def _askers(lines: Sequence[Line]) -> Iterator[Span]:
    """The sentence after a question that says who wished it asked, or where to send the answer."""
    for i, line in enumerate(lines):
        if _ASKED_FOR.match(line.text):
            last = next((other for other in lines[i : i + 4] if other.text.endswith((".", ")", "”"))), line)
            yield line.start, last.end


def _pieces(text: str, block: _Block, holes: Sequence[Span]) -> Iterator[Section]:
    for start, end in outside(text, (block.start, block.end), holes):
        yield Section(
            kind=block.kind,
            start=start,
            end=end,
            part=block.part,
            speaker=block.speaker,
            role=block.role,
            number=block.label,
        )


def _who_asked(source: _Text, blocks: Sequence[_Block]) -> str:
    """The sentences inside the questions that name who asked."""
    spans = [
        span for block in blocks if block.kind == "spørgsmål" for span in _askers(source.within(block.start, block.end))
    ]
    return " ".join(one_line(source.text[start:end]) for start, end in spans[:3])


def _outer(lines: Sequence[Line], sections: Sequence[Section], holes: Sequence[Span]) -> list[Line]:
    """The lines that no section shows: letterhead, opening, signature."""
    starts = [section.start for section in sections]
    shown = [bisect_left(starts, line.start + 1) - 1 for line in lines]
    return [
        line
        for line, i in zip(lines, shown, strict=True)
        if i < 0 or not sections[i].start <= line.start < sections[i].end
    ]


def _signed(section: Section, fields: Fields) -> Section:
    """The section with who speaks in it and which question it belongs to, as far as the letter says."""
    number, part = section.number, section.part
    if number and fields.number:
        number = "S " + number[1:].strip() if number[0] == "S" else number
        if number not in (fields.number, *numbers_in(fields.number)) and number.isdigit():
            number, part = None, part or number  # "Spørgsmål 1" within question 309
    number = number or fields.number
    if section.kind == "spørgsmål":
        return replace(section, number=number, part=part, speaker=fields.asker, party=fields.party)
    if section.kind == "svar" and section.speaker is None:
        return replace(section, number=number, part=part, speaker=fields.minister, role=fields.minister_title)
    return replace(section, number=number, part=part)
