"""Press releases, articles and plain documents: headline, date, headings, and the page's furniture left out."""

from __future__ import annotations

import re
from collections.abc import Sequence

from corpus.boilerplate import Line, Span, merged, noise, outside, paragraph_starts, split_lines
from corpus.danish import (
    COMMITTEE,
    DATE,
    MINISTER,
    NAME,
    PLACE,
    is_minister,
    is_name,
    iso_date,
    minister_title,
    ministry_name,
    one_line,
    session_code,
    without_full_stop,
)
from corpus.records import Fields, Kind, Section
from corpus.web_furniture import (
    ARTICLE_LABEL,
    BROWSER,
    CONTACT_HEAD,
    PRESS_LABEL,
    PROSE,
    SITE_LABEL,
    TOP,
    furniture,
    is_chrome,
    is_menu_line,
)

_LABEL = (
    r"(?:pressemeddelelser?|nyhed(?:er|sbrev)?|artik(?:el|ler)|aktuelt|debatindlæg|kronik|blog|kommentar|tale"
    r"|publiceret|offentliggjort|udgivet|dato|den|d\.|(?:man|tirs|ons|tors|fre|lør|søn)dag)"
)
_LABELS_AND_DATE = re.compile(
    rf"(?:{_LABEL}\b\s*[:/|,–—•·-]*\s*){{0,4}}{DATE}(?:\s*(?:,?\s?kl\.?\s?\d{{1,2}}[.:]\d\d))?(?:\s*[/|,–—•·-]+\s*{_LABEL}){{0,3}}\.?"
    rf"(?:\s*[/|,–—•·-]\s*(?:af|tekst):?\s(?-i:{NAME}))?",
    re.IGNORECASE,
)
_PLACE_AND_DATE = re.compile(rf"{PLACE}(?:,\s(?:den\s|d\.\s)?|\sden\s){DATE}", re.IGNORECASE)
_BYLINE = re.compile(rf"(?:af|tekst|skrevet af|foto)\b:?\s(?:[\w-]+\s)?{NAME}.{{0,60}}", re.IGNORECASE)
_NOT_PUBLISHED = re.compile(
    r"(?:frist|senest|opdateret|ændret|modtaget|deadline|tilmelding|møde)\b[^.]{0,30}$", re.IGNORECASE
)

_SPEAKER = re.compile(
    rf"\b((?i:{MINISTER}))\s({NAME})(?:\s\([A-ZÆØÅ]{{1,4}}\))?,?\s(?:siger|udtaler|fortæller|mener|understreger|fastslår|forklarer|tilføjer)"
    rf"|\b(?:siger|udtaler|fortæller|mener|understreger|fastslår|forklarer|tilføjer)\s((?i:{MINISTER}))\s({NAME})"
)
_QUOTING = re.compile(
    r"\b(?:siger|udtaler|fortæller|mener|forklarer|tilføjer|understreger|slår (?:han|hun) fast|lyder det fra)\b"
)


def recognise_web(text: str) -> tuple[Fields, tuple[Section, ...]]:
    """The fields and sections of a press release or article; of anything else, kind "dokument"."""
    lines = split_lines(text)
    marks = noise(text, lines)
    marked = {start for start, _ in marks}
    dropped = furniture(lines) | {i for i, line in enumerate(lines) if line.start in marked}
    dated = _date_line(lines, dropped)
    labels = _labels(lines)
    senders = _senders(lines, dropped | labels, dated)
    titled = _title_lines(lines, dropped | labels | senders, dated)
    if titled:
        labels |= senders
    else:
        titled = _title_lines(lines, dropped | labels, dated)
    kind = _kind(text, lines, dropped, dated)
    title = one_line(text[lines[titled.start].start : lines[titled.stop - 1].end]).lstrip("# ") if titled else None
    minister, minister_role = _only_minister(text) if kind == "pressemeddelelse" else (None, None)
    fields = Fields(
        kind=kind,
        title=title,
        date=iso_date(lines[dated].text) if dated is not None else None,
        minister=minister,
        minister_title=minister_role,
        ministry=_ministry(lines) if kind == "pressemeddelelse" else None,
        session=_session(lines),
    )
    holes = [(lines[i].start, lines[i].end) for i in sorted(dropped | labels)]
    holes += [(lines[i].start, lines[i].end) for i in titled]
    holes += [(lines[dated].start, lines[dated].end)] if dated is not None else []
    return fields, tuple(_sections(text, lines, merged([*holes, *marks])))


def _date_line(lines: Sequence[Line], dropped: set[int]) -> int | None:
    """The line that dates the document: nothing but a date and labels, near the top or labelled as published."""
    seen = 0
    for i, line in enumerate(lines):
        if i in dropped or len(line.text) > 140:
            seen += i not in dropped
            continue
        early = seen < 12
        seen += 1
        published = re.match(r"(?:publiceret|offentliggjort|udgivet)\b", line.text, re.IGNORECASE)
        if not (early or published):
            continue
        whole = _LABELS_AND_DATE.fullmatch(line.text) or _PLACE_AND_DATE.fullmatch(line.text)
        byline = _BYLINE.fullmatch(line.text) and re.search(rf"{DATE}$", line.text, re.IGNORECASE)
        if not (whole or byline) or (i and _NOT_PUBLISHED.search(lines[i - 1].text)) or _NOT_PUBLISHED.match(line.text):
            continue
        before = lines[i - 1].text if i else ""
        if re.search(r"\b(?:af|den|d\.|fra|til|på|indtil|og|i)$", before) or _begins_small(lines, i + 1):
            continue  # a line of a wrapped sentence
        return i
    return None


def _begins_small(lines: Sequence[Line], i: int) -> bool:
    return i < len(lines) and lines[i].text[:1].islower()


def _labels(lines: Sequence[Line]) -> set[int]:
    """Lines that only say what kind of text this is, who sends it, or who wrote it."""
    return {
        i
        for i, line in enumerate(lines[:TOP])
        if len(line.text) <= 100
        and (
            ARTICLE_LABEL.fullmatch(line.text)
            or (PRESS_LABEL.match(line.text) and len(line.text) <= 60)
            or ministry_name(line.text)
            or _BYLINE.fullmatch(line.text)
        )
    }


_SENDER = re.compile(
    r"(?:[A-ZÆØÅ][\wé-]*\s){0,3}[A-ZÆØÅ]?[\wé-]{0,40}"
    r"(?:styrelsen|direktoratet|tilsynet|ministeriet|rådet|nævnet|foreningen|forbundet)"
)


def _senders(lines: Sequence[Line], dropped: set[int], dated: int | None) -> set[int]:
    """Lines above the headline that name the site, the sender or the kind of text."""
    found: set[int] = set()
    for i, line in enumerate(lines[:TOP]):
        if i in dropped or i == dated:
            continue
        if len(line.text) > 60 or not (SITE_LABEL.fullmatch(line.text) or _names_sender(lines, i)):
            return found
        found.add(i)
    return found


def _names_sender(lines: Sequence[Line], i: int) -> bool:
    """Whether this is an authority's name, or a name of few words right above the page's menu or label."""
    if _SENDER.fullmatch(lines[i].text):
        return True
    following = lines[i + 1].text if i + 1 < len(lines) else ""
    above = len(following) <= 200 and (
        is_menu_line(following) or SITE_LABEL.fullmatch(following) or ARTICLE_LABEL.fullmatch(following)
    )
    return bool(above) and len(lines[i].text.split()) <= 4


def _title_lines(lines: Sequence[Line], dropped: set[int], dated: int | None) -> range:
    """The headline: the first line left at the top that is no sentence, with the lines it wraps on to."""
    first = next((i for i in range(min(TOP, len(lines))) if i not in dropped and i != dated), None)
    if first is None or len(lines[first].text) > 200 or re.fullmatch(COMMITTEE, lines[first].text):
        return range(0)
    if lines[first].text.endswith((".", ":", ",", ";")) or not any(c.isalpha() for c in lines[first].text):
        return range(0)
    stop = first + 1
    while stop < min(len(lines), first + 3) and stop not in dropped and stop != dated and _wraps(lines, stop):
        stop += 1
    return range(first, stop) if stop < len(lines) else range(0)


def _wraps(lines: Sequence[Line], i: int) -> bool:
    """Whether a headline goes on in this line."""
    line, before = lines[i], lines[i - 1]
    return line.text[0].islower() and not before.text.endswith((".", "!", "?")) and len(line.text) < PROSE


def _kind(text: str, lines: Sequence[Line], dropped: set[int], dated: int | None) -> Kind:
    """Press release by its label, or a minister speaking under a date or over a press contact; article by its looks."""
    top = [line.text for line in lines[:TOP]]
    if any(PRESS_LABEL.match(line) and len(line) <= 60 for line in top):
        return "pressemeddelelse"
    press = any(
        re.search(r"\bpresse", lines[i].text[:200], re.IGNORECASE) or CONTACT_HEAD.fullmatch(lines[i].text.rstrip(": "))
        for i in dropped
    )
    if _SPEAKER.search(text[:60_000]) and (dated is not None) + press + any(map(ministry_name, top)) >= 1:
        return "pressemeddelelse"
    prose = sum(length >= PROSE for length in _paragraph_lengths(lines))
    labelled = any(ARTICLE_LABEL.fullmatch(line) or _BYLINE.fullmatch(line) for line in top if len(line) <= 100)
    web = any(is_chrome(lines[i].text) or BROWSER.search(lines[i].text[:600]) for i in dropped)
    if prose >= 2 and (labelled or (_QUOTING.search(text[:60_000]) and (web or dated is not None or "”" in text))):
        return "artikel"
    return "dokument"


def _paragraph_lengths(lines: Sequence[Line]) -> list[int]:
    lengths: list[int] = []
    for line, begins in zip(lines, paragraph_starts(lines), strict=True):
        if begins:
            lengths.append(0)
        lengths[-1] += len(line.text)
    return lengths


def _only_minister(text: str) -> tuple[str | None, str | None]:
    """The minister who speaks, if only one does."""
    found = {(without_full_stop(m[2] or m[4]), minister_title(m[1] or m[3])) for m in _SPEAKER.finditer(text[:60_000])}
    names = {name for name, _ in found}
    if len(names) != 1:
        return None, None
    titles = {title for _, title in found}
    return names.pop(), titles.pop() if len(titles) == 1 else None


def _ministry(lines: Sequence[Line]) -> str | None:
    """The ministry named on a line of its own, at the top or at the foot."""
    for line in [*lines[:TOP], *lines[-12:]]:
        name = ministry_name(line.text) if len(line.text) <= 90 else None
        if name:
            return name
    return None


def _session(lines: Sequence[Line]) -> str | None:
    for line in lines[:6]:
        match = re.fullmatch(r".{0,90}\b((?:19|20)\d\d-\d\d(?:\s\([12]\. samling\))?)", line.text)
        if match and re.search(r"udvalg|folketingsår|samling", line.text, re.IGNORECASE):
            return session_code(line.text)
    return None


def _sections(text: str, lines: Sequence[Line], holes: Sequence[Span]) -> list[Section]:
    """The text from heading to heading, without the holes."""
    heads = _headings(lines, holes)
    starts = [0, *(lines[i].start for i in heads)]
    names: list[str | None] = [None, *(lines[i].text for i in heads)]
    return [
        Section(kind="tekst", start=piece[0], end=piece[1], heading=name)
        for start, end, name in zip(starts, [*starts[1:], len(text)], names, strict=True)
        for piece in outside(text, (start, end), holes)
    ]


def _headings(lines: Sequence[Line], holes: Sequence[Span]) -> list[int]:
    """Lines that head a paragraph: short, no sentence, with a longer paragraph under them."""
    begins = paragraph_starts(lines)
    inside = {start for start, _ in holes}
    found: list[int] = []
    for i, line in enumerate(lines[:-1]):
        if not begins[i] or not begins[i + 1] or line.start in inside or lines[i + 1].start in inside:
            continue
        if _heads(line.text, lines[i + 1].text) and not (i and lines[i - 1].text.endswith((":", ","))):
            found.append(i)
    return found


def _heads(line: str, following: str) -> bool:
    if (
        len(line) > 90
        or line.endswith((".", ":", ",", ";", "!", "”", '"', "»", "«", ")"))
        or is_name(line)
        or is_minister(line)
    ):
        return False
    if not (line[0].isupper() or line[0].isdigit()) or not any(c.isalpha() for c in line):
        return False
    return len(following) > max(len(line), 40) and not following.startswith(("•", "·", "–", "- "))
