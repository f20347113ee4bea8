"""Lines with their offsets, and the lines that are no content: page marks, running headers, stamps, addresses."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from corpus.danish import COMMITTEE, MONTHS, ministry_name

Span = tuple[int, int]

_LINE = re.compile(r"[^\n\r\f\v\x1c-\x1e\x85\u2028\u2029]+")
_BLANK = " \t\xa0\ufeff\u200b\u2002\u2003\u2009\u202f"


class Line(NamedTuple):
    """One line with anything on it: its text without outer white space, and where that stands."""

    start: int
    end: int
    text: str
    gap: int  # line breaks since the line before
    new_page: bool  # a form feed stands before it


def split_lines(text: str) -> list[Line]:
    """Every line that holds something, in order."""
    lines: list[Line] = []
    last = 0
    for match in _LINE.finditer(text):
        raw = match[0]
        content = raw.strip(_BLANK)
        if not content:
            continue
        start = match.start() + raw.index(content[0])
        breaks = max(text.count("\n", last, start), text.count("\r", last, start))
        lines.append(Line(start, start + len(content), content, breaks, text.find("\f", last, start) >= 0))
        last = start + len(content)
    return lines


def ends_sentence(line: str) -> bool:
    """Whether the line ends as a sentence, a lead-in or a list item does."""
    return line.endswith((".", ":", "?", "!", ";", ",", "”", '"', "»", "«", "…", ")"))


def paragraph_starts(lines: Sequence[Line]) -> list[bool]:
    """For every line whether a paragraph begins there, in wrapped, double-spaced and unwrapped text alike."""
    long = [line for line in lines if len(line.text) >= 45]
    open_ended = sum(not ends_sentence(line.text) for line in long)
    if not long or open_ended * 3 < len(long):
        return [True] * len(lines)  # not wrapped: every line is a paragraph
    usual = Counter(line.gap for line in lines[1:]).most_common(1)[0][0] if len(lines) > 1 else 1
    return [i == 0 or line.gap > usual for i, line in enumerate(lines)]


_PAGE_MARK = re.compile(
    r"(?:side\s*\d{1,4}(?:\s*(?:ud\s)?(?:af|/)\s*\d{1,4})?|\d{1,4}\s?/\s?\d{1,4}|[-–—]\s*\d{1,4}\s*[-–—]"
    r"|\(?offentligt?\)?|\d{5,9}_\d{4}\.png|pdf to html - convert.{0,60}"
    r"|modtaget via elektronisk post.{0,80}|(?:vores sag|j\.?\s?nr|sags?nr|dok\.?\s?nr)\b.{0,50}|[\d-]{4,}/[\d-]{4,})",
    re.IGNORECASE,
)
_GLUED_MARK = re.compile(r"(?<!på )(?<!se )Side \d{1,4} af \d{1,4}")
FOOTER = re.compile(
    r"(?:[A-ZÆØÅ]{2,4},?\s+Alm\.?\s?del|[LBFV]\s?\d{1,3}(?:\s?[A-Z])?)\s*[-–]\s*((?:19|20)\d\d-\d\d[^-–:]{0,20})[-–]\s*(.*)",
    re.IGNORECASE,
)
"""The line the Folketing prints on every page; group 1 is the session, group 2 what the document is."""
STAMP = re.compile(
    rf"{COMMITTEE}\s+((?:\(?[12]\.\s?samling\)?,?\s{{1,3}})?(?:19|20)\d\d-\d\d(?:\s*\([12]\.\s?samling\))?)"
)
"""The committee and session stamped on a page; group 2 is the session."""
_CASE_STAMP = re.compile(
    r"[A-ZÆØÅ]{2,4}\s+alm\.?\s?del"
    r"(?:\W{1,3}(?:bilag|spørgsmål|endeligt|foreløbigt|svar|supplerende|korrigeret).{0,60})?",
    re.IGNORECASE,
)
_HEADS = re.compile(
    r"(?:spørgsmål|svar|endeligt|foreløbigt|supplerende|korrigeret|besvarelse|ad\b|[•–-])", re.IGNORECASE
)
_MONTH = re.compile(rf"(?:{'|'.join(MONTHS)})\s\d{{4}}", re.IGNORECASE)
_LONE_NUMBER = re.compile(r"\d{1,3}")

_CONTACT = re.compile(
    r"(?:DK[- ])?\d{4}\s+[A-ZÆØÅ][a-zæøå]+(?:\s[KVØSNC]|\s[A-ZÆØÅ][a-zæøå]+)?\.?"
    r"|(?:T|F|M|E|W|Tlf|Tel|Telefon|Telefax|Fax|Mobil|E-?mail|Mail|Web)\b\.?\s*:?\s*"
    r"(?:\+?[\d ()+-]{8,20}|\S+@\S+|(?:www\.)?\S+\.dk\S*|\[email.protected\])"
    r"|(?:CVR|EAN|SE)\b[-. nrNR]*:?\s*[\d ]{8,20}"
    r"|(?:https?://)?www\.\S+|\S+@\S+\.\w+|\[email.protected\]|\+?\d{2}(?: ?\d{2}){3}",
    re.IGNORECASE,
)
_STREET = re.compile(r"[A-ZÆØÅ][\wé.]*(?:\s[\wé.]+){0,4}\s\d{1,3}\s?[A-Z]?(?:,.{0,20})?")


def is_contact(line: str) -> bool:
    """Whether the line is a post town, telephone, e-mail, web address or company number and nothing else."""
    if len(line) <= 90 and _CONTACT.fullmatch(line):
        return True
    return len(line) <= 300 and _is_address_row(line)


_BETWEEN = re.compile(r"[·•|]|,\s|\s[-–]\s|\s{2,}")


def _is_address_row(line: str) -> bool:
    """Whether one line holds a sender's whole address, piece by piece: three pieces or more, two of them contacts."""
    pieces = [piece for found in _BETWEEN.split(line) if (piece := found.strip())]
    contacts = sum(_CONTACT.fullmatch(piece) is not None for piece in pieces)
    rest = [piece for piece in pieces[1:] if not (_CONTACT.fullmatch(piece) or _of_address(piece))]
    return len(pieces) >= 3 and contacts >= 2 and not rest and len(pieces[0]) <= 60


def is_street(line: str) -> bool:
    """Whether the line is a street with its number."""
    return len(line) <= 60 and _STREET.fullmatch(line) is not None


def is_page_line(line: str) -> bool:
    """Whether the line is a page mark, a stamp or the Folketing's footer and nothing else."""
    return len(line) <= 400 and any(form.fullmatch(line) for form in (_PAGE_MARK, STAMP, _CASE_STAMP, FOOTER))


def noise(text: str, lines: Sequence[Line]) -> list[Span]:
    """The stretches that are page furniture or address lines wherever they stand, in order."""
    spans = [(lines[i].start, lines[i].end) for i in sorted(_marked(lines) | _addresses(lines) | _running(lines))]
    spans += [match.span() for match in _GLUED_MARK.finditer(text)]
    return merged(spans)


def _marked(lines: Sequence[Line]) -> set[int]:
    """Page marks, stamps and the Folketing's footers with the lines they run on to."""
    marked: set[int] = set()
    for i, line in enumerate(lines):
        if len(line.text) > 400:
            continue
        turns = line.new_page or (i + 1 < len(lines) and lines[i + 1].new_page)
        if (
            _PAGE_MARK.fullmatch(line.text)
            or STAMP.fullmatch(line.text)
            or _CASE_STAMP.fullmatch(line.text)
            or (turns and _LONE_NUMBER.fullmatch(line.text))
        ):
            marked.add(i)
        elif FOOTER.fullmatch(line.text):
            marked.update(footer_lines(lines, i))
    return marked | {i - 1 for i in marked if i and _MONTH.fullmatch(lines[i - 1].text)}


def footer_lines(lines: Sequence[Line], at: int) -> range:
    """The footer that begins on this line: it may run on for two lines, until it names the minister."""
    for last in range(at, min(at + 3, len(lines))):
        if lines[last].text.rstrip(".").endswith(("ministeren", "ministerens")):
            return range(at, last + 1)
    return range(at, at + 1)


def _addresses(lines: Sequence[Line]) -> set[int]:
    """Contact lines, with the street, the sender and the capitals that stand directly before them."""
    found: set[int] = set()
    for i, line in enumerate(lines):
        if not is_contact(line.text):
            continue
        found.add(i)
        before = i - 1
        while before >= 0 and i - before <= 4 and before not in found and _of_address(lines[before].text):
            found.add(before)
            before -= 1
    return found


def _of_address(line: str) -> bool:
    if len(line) > 60:
        return False
    capitals = line.isupper() and len(line) > 8
    return bool(capitals or _STREET.fullmatch(line) or ministry_name(line) or line == "Christiansborg")


def _running(lines: Sequence[Line]) -> set[int]:
    """Lines beside a page turn that stand beside another turn too, or open the document; figures aside."""
    turns = [i for i, line in enumerate(lines) if i and (line.new_page or _PAGE_MARK.fullmatch(lines[i - 1].text[:60]))]
    near = {i for turn in turns for i in range(max(0, turn - 3), min(len(lines), turn + 3))}
    candidates = {i for i in near | set(range(min(3, len(lines)))) if _may_run(lines[i].text)}
    seen = Counter(_shape(lines[i].text) for i in candidates)
    return {i for i in near & candidates if seen[_shape(lines[i].text)] > 1}


def _may_run(line: str) -> bool:
    # A heading such as "Svar:" may open several pages and is no running header.
    return 4 <= len(line) <= 120 and not line.endswith((",", ":", ";")) and not _HEADS.match(line)


def _shape(line: str) -> str:
    return re.sub(r"\d+", "0", line)


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same stretches in order, overlapping ones joined."""
    result: list[Span] = []
    for start, end in sorted(spans):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def outside(text: str, span: Span, holes: Sequence[Span]) -> list[Span]:
    """The pieces of a stretch that the holes (in order, not overlapping) leave, if they hold a letter or figure."""
    pieces: list[Span] = []
    at = span[0]
    low = bisect_right(holes, span[0], key=lambda hole: hole[1])
    high = bisect_left(holes, span[1], key=lambda hole: hole[0])
    for start, end in [*holes[low:high], (span[1], span[1])]:
        piece = trimmed(text, at, min(start, span[1]))
        if any(character.isalnum() for character in text[piece[0] : piece[1]]):
            pieces.append(piece)
        at = max(at, end)
    return pieces


def trimmed(text: str, start: int, end: int) -> Span:
    """The stretch without white space at either end."""
    while start < end and (text[start].isspace() or text[start] in _BLANK):
        start += 1
    while end > start and (text[end - 1].isspace() or text[end - 1] in _BLANK):
        end -= 1
    return start, end
