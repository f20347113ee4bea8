"""What an answer letter says of itself: number, case, committee, who asked, who answered, when."""

from __future__ import annotations

import re
from collections.abc import Sequence

from corpus.boilerplate import FOOTER, STAMP, Line, footer_lines, is_contact
from corpus.danish import COMMITTEE, DATE_LINE, committee_name, iso_date, one_line, session_code
from corpus.letter_headings import NUMBERS, Heading, status_of
from corpus.letter_people import asker_of, ministry_of, signer, title_of_minister
from corpus.records import Fields, Status


def question_numbers(heading_labels: Sequence[str], opening: str) -> str | None:
    """The number of the question answered: what the opening says, unless only the heading has one."""
    said = [_number(match[1]) for match in _SAID_NUMBER.finditer(opening)]
    first = next((_number(label) for label in heading_labels if label[-1].isdigit()), None)
    for number in said:
        if first is not None and first in numbers_in(number):
            return number
    answered = _ANSWERED_NUMBER.search(opening)
    if answered:
        return _number(answered[1])
    return said[0] if said else first


def numbers_in(number: str) -> list[str]:
    """Every number that a row of them names, also those between the ends of "210-212"."""
    found: list[str] = []
    for written in re.split(r", | og ", number):
        first, _, last = written.partition("-")
        found += [first, last] if last else [first]
        prefix = "S " if first.startswith("S ") else ""
        low, high = first.removeprefix("S "), last.removeprefix("S ")
        both = all(end.isdecimal() and len(end) <= _DIGITS for end in (low, high))
        if both and 0 < int(high) - int(low) <= _LONGEST_ROW:
            found += [f"{prefix}{n}" for n in range(int(low) + 1, int(high) + 1)]
    return found


_LONGEST_ROW = 200  # questions that one letter answers at most
_DIGITS = 6  # of a question's number, and Python refuses to read thousands
_SAID_NUMBER = re.compile(rf"(?:spørgsmål|spm\.?)\s*(?:nr\.?\s*)?({NUMBERS})", re.IGNORECASE)
_ANSWERED_NUMBER = re.compile(
    rf"(?:følgende|svar\spå|besvarelse\saf|besvares)\s(?:§\s?20[-\s]?)?(?:spørgsmål|spm\.?)\s*(?:nr\.?\s*)?({NUMBERS})",
    re.IGNORECASE,
)


def _number(written: str) -> str:
    number = re.sub(r"S\s?(?=\d)", "S ", one_line(written))
    return re.sub(r"\s?[–-]\s?", "-", re.sub(r"\s?,\s?", ", ", number))


_ALM = re.compile(r"(?:\b([A-ZÆØÅ]{2,4}),?\s+)?[Aa][Ll][Mm]\.?\s?del\b")
_BILL = re.compile(
    r"(?<![\w.§])([LBFV])\s?(\d{1,3}(?:\s?[A-Z])?)(?=\s*(?:\)|[-–,.:;]|$|stillet\b|fra\b|om\b|spørgsmål\b))"
)
_AFTER_NUMBER = re.compile(rf"(?:spørgsmål|spm\.?)\s*(?:nr\.?\s*)?{NUMBERS}", re.IGNORECASE)


def case_of(number: str | None, opening: str) -> str | None:
    """What the number counts in: general matters of a committee, a bill, or the members' own questions."""
    if number and number.startswith("S "):
        return "§ 20"
    bills, generals = list(_BILL.finditer(opening)), list(_ALM.finditer(opening))
    after = next((m.end() for m in _AFTER_NUMBER.finditer(opening)), 0)
    # What stands soon after the number tells; else what comes first.
    found = sorted([*bills, *generals], key=lambda m: (not after <= m.start() < after + 90, m.start()))
    if not found:
        return None
    if found[0] in bills:
        return f"{found[0][1]} {found[0][2]}"
    code = found[0][1] or next((m[1] for m in generals if m[1]), None)
    return f"{code} alm. del" if code else "alm. del"


_NOT_THIS = re.compile(
    r"(?:frist|modtaget|stillet|spørgsmålsdato|mødedato|besvares|senest|brev|møde)\b[^.]{0,20}$"
    r"|\b(?:af|den|d\.|fra|til|på|indtil|pr\.|dateret|og|i)$",
    re.IGNORECASE,
)


def letter_date(lines: Sequence[Line]) -> str | None:
    """The letter's own date: on a line of its own or labelled; None if two such lines disagree."""
    labelled: set[str] = set()
    alone: set[str] = set()
    for i, line in enumerate(lines):
        if len(line.text) > 140 or DATE_LINE.fullmatch(line.text) is None:
            continue
        before = lines[i - 1].text if i else ""
        label = before.rstrip(" :").lower() in ("dato", "dato den") or line.text.lower().startswith("dato")
        after = lines[i + 1].text if i + 1 < len(lines) else ""
        if not label and (_NOT_THIS.search(before.rstrip(" :")) or after[:1].islower()):
            continue  # a line of a wrapped sentence, or the date of something else
        value = iso_date(line.text)
        if value:
            (labelled if label else alone).add(value)
    found = labelled or alone
    return next(iter(found)) if len(found) == 1 else None


_OPENING_STATUS = re.compile(
    r"(?:hermed|følger|fremsendes|sendes|oversendes)\b[^.]{0,120}?\b(endelig\w*|foreløbig\w*|supplerende|korriger\w+)\s(?:svar|besvarelse)"
    r"|\b(endelig\w*|foreløbig\w*|supplerende|korriger\w+)\s(?:svar|besvarelse)\b[^.]{0,80}?\bspørgsmål",
    re.IGNORECASE,
)
_ALONE_STATUS = re.compile(
    r"(?:OBS:?\s*)?\(?(endelig\w*|foreløbig\w*|supplerende|korriger\w+)(?:\s(?:svar|besvarelse|version|udgave))?\b.{0,60}",
    re.IGNORECASE,
)


def status_from(head: Sequence[Line], opening: str, answers: Sequence[Heading], footers: str) -> Status | None:
    """The answer's status in the letter's own words; a correction outranks what is corrected."""
    statuses = {heading.status for heading in answers}
    named = statuses.pop() if len(statuses) == 1 else None
    stamped = next(
        (status_of(m[1]) for line in head if len(line.text) < 100 and (m := _ALONE_STATUS.fullmatch(line.text))), None
    )
    if "korrigeret" in (named, stamped):
        return "korrigeret"
    said = _OPENING_STATUS.search(opening)
    footed = re.match(r"(endelig|foreløbig|supplerende|korriger)", footers, re.IGNORECASE)
    if stamped == "supplerende":
        return stamped
    return (
        named
        or (status_of(said[1] or said[2]) if said else None)
        or stamped
        or (status_of(footed[1]) if footed else None)
    )


def footer_of(lines: Sequence[Line]) -> tuple[str, str]:
    """The session and the words of the first footer that the Folketing printed on the pages."""
    for i, line in enumerate(lines):
        match = FOOTER.fullmatch(line.text) if len(line.text) <= 400 else None
        if match:
            words = one_line("\n".join(lines[j].text for j in footer_lines(lines, i)))
            return match[1], re.sub(r"^.*?\d{4}-\d\d[^-–]{0,20}[-–]\s*", "", words, count=1)
    return "", ""


_YEAR_NAMED = re.compile(
    r"(?:[12]\.\s)?(?:folketingsår(?:et)?|samling(?:en)?|session(?:en)?)\s((?:19|20)\d\d-\d\d(?:\s*\([12]\.\s?samling\))?)",
    re.IGNORECASE,
)


def _session(head: Sequence[Line], opening: str, footer: str) -> str | None:
    for line in head:
        stamp = STAMP.fullmatch(line.text) if len(line.text) < 140 else None
        if stamp:
            return session_code(stamp[2])
    named = _YEAR_NAMED.search(opening)
    return session_code(named[0]) if named else session_code(footer)


def _committee(opening: str) -> str | None:
    match = re.search(COMMITTEE, opening)
    return committee_name(match[1]) if match else None


def _title(footers: str) -> str | None:
    """The Folketing's own short title of the question, which its footers carry."""
    match = re.search(r":\s(Spm\.\s?om\s.{5,400}?)(?:,\stil\s.{3,120})?$", footers)
    return match[1] if match else None


def read_fields(
    text: str,
    lines: Sequence[Line],
    head_end: int,
    questions: Sequence[Heading],
    answers: Sequence[Heading],
    rest: str,
    outer: Sequence[Line],
) -> Fields:
    """The fields of an answer letter: `rest` says who asked, `outer` are the lines outside questions and answers."""
    head = [line for line in lines if line.start < head_end]
    opening = one_line(text[:head_end])
    titles = " ".join(one_line(heading.words) for heading in questions[:1])
    footer_session, footers = footer_of(lines)
    number = question_numbers([h.label for h in questions if h.label], opening)
    if number is None:
        footed = _SAID_NUMBER.search(footers)
        number = _number(footed[1]) if footed else None
    own = bool(number and number.startswith("S "))
    asker, party = asker_of(f"{opening} {titles} {rest}")
    minister, title = signer(outer)
    return Fields(
        kind="§20-svar" if own else "udvalgssvar",
        title=_title(footers),
        date=letter_date(outer),
        number=number,
        case=case_of(number, f"{opening} {titles}"),
        committee=None if own else _committee(f"{opening} {titles}"),
        session=_session(head, opening, footer_session),
        asker=asker,
        party=party,
        minister=minister,
        minister_title=title or title_of_minister(head, opening, footers),
        ministry=ministry_of([line for line in outer if not is_contact(line.text)], opening),
        status=status_from(head, opening, answers, footers),
    )
