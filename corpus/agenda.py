"""The fixed parts of a chamber debate: its heading, the oral questions on its agenda, the items it reaches.

The layout, as the chamber's secretariat prints it:

    55. møde
    Onsdag den 3. maj 2023 kl. 10.00
    Dagsorden
    1) Besvarelse af oversendte spørgsmål til ministrene (spørgetid).
    ...
    1) Til udenrigsministeren af:                   one of these for every oral question on the agenda
    Navn Navnesen (XX)
    Hvad mener ministeren om ...?
    (Spm. nr. S 560, skr. begr. Medspørger: Anden Navnesen (YY)).
    ...
    Det næste punkt på dagsordenen er:              in the debate, where an item begins
    2) 1. behandling af lovforslag nr. L 92:
    Forslag til lov om ...
    Af justitsministeren (Navn Navnesen).
    ...
    Spm. nr. S 560 (omtrykt)                        in the debate, where the treatment of a question begins
    1) Til udenrigsministeren af:
    Navn Navnesen (XX) (medspørger: Anden Navnesen (YY)):
    Hvad mener ministeren om ...?
    Skriftlig begrundelse                           only some questions have one
    ...

Text made from PDF loses the line break at the end of each page, anywhere: "af:Navn Navnesen (XX)",
"(Spm. nr. S 559).2) Til", and even "Spm. nr. S 51013) Til", which is S 510 and item 13.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from corpus.danish import MONTHS, iso_date
from corpus.records import Fields

HEADING_CHARS = 200
REASON = "Skriftlig begrundelse"
"""The line that stands over the reason for a question."""

_MEETING = re.compile(
    r"^[^\S\n]*(?P<number>\d{1,3})\.\s+møde\s*"
    rf"(?P<held>(?:man|tirs|ons|tors|fre|lør|søn)dag\s+den\s+\d{{1,2}}\.\s+(?:{'|'.join(MONTHS)})\s+\d{{4}}"
    r"(?:\s+kl\.\s+\d{1,2}[.:]\d{2})?)",
    re.MULTILINE | re.IGNORECASE,
)
_MEETING_WITHIN = 4000  # the meeting's heading is the first thing printed
_ADDRESSED = r"Til\s+(?P<addressee>[^():]{3,200}?)\s+af:\s*(?P<asker>[^():]{3,80}?)\s+\((?P<party>[^()\n]{1,20})\)"
_ENTRY = re.compile(rf"(?<!\d)(?P<item>\d{{1,3}})\)\s*{_ADDRESSED}")
_REFERENCE = re.compile(r"\(\s*Spm\.\s+nr\.\s+(?P<series>[A-ZÆØÅ]{1,3})\s+(?P<count>\d+)")
_SECONDS = r"(?:\s*\(medspørgere?:?\s*(?P<seconds>(?:[^()]|\([^()]{0,80}\)){1,300})\))?"
_BLOCK = re.compile(
    r"(?<![(A-Za-zæøå])Spm\.\s+nr\.\s+(?P<series>[A-ZÆØÅ]{1,3})\s+(?P<count>\d+)(?P<glued>\)?)"
    r"(?:[^\S\n]*\([^()\n]{1,40}\))*"
    rf"(?:\s*(?:(?P<item>\d{{1,3}})\)\s*)?{_ADDRESSED}{_SECONDS}\s*:"
    r"|[^\S\n]*(?=\n))"
)
_ANNOUNCED = r"De[tn]?\s+(?:eneste|første|næste|sidste)\s+(?:punkt|sag)(?:er)?\s+på\s+dagsordenen\s+er:\s*"
_ITEM = re.compile(rf"{_ANNOUNCED}(?=\d{{1,3}}\))")
_MOVED = r"[\n.)]\s*Af\s|[\n.)]\s*\((?:Fremsættelse|Anmeldelse|Omtryk|Se\s)"
_ITEM_END = re.compile(rf"\n\s*\n|{_MOVED}|\s+Kl\.\s?\d|\(Punktet\s")
_HEAD = re.compile(
    rf"\s*(?:{_ANNOUNCED})?(?:Spm\.\s+nr\.\s+[A-ZÆØÅ]{{1,3}}\s+\d+(?:[^\S\n]*\([^()\n]{{1,40}}\))*\s*)?"
    rf"(?:(?P<item>\d{{1,3}})\)\s*)?(?:{_ADDRESSED}{_SECONDS}\s*:?)?"
)
_ANNOUNCEMENT = re.compile(rf"\A\s*{_ANNOUNCED}")
_TITLE_END = re.compile(_MOVED)
_AFTER_QUESTION = re.compile(rf"{_REFERENCE.pattern}|{REASON}")
_ITEM_WITHIN = 2000  # characters in which the title of an item must end
_ASKED_OF = re.compile(r"\bmed\s+(\S*minister\S*?)[.,]?(?:\s|$)")


class Question(NamedTuple):
    """An oral question: its number, who asks whom, and where in the text its words stand."""

    number: str
    addressee: str | None
    asker: str | None
    party: str | None
    start: int
    end: int
    item: str | None = None
    seconds: frozenset[str] = frozenset()

    @property
    def heading(self) -> str | None:
        """The line that names addressee and asker, in one piece."""
        if not (self.addressee and self.asker):
            return None
        return f"Til {self.addressee} af {self.asker} ({self.party})"


class Item(NamedTuple):
    """The place in the debate where the chair reaches an item of the agenda."""

    start: int
    end: int
    title: str


def normalise(text: str) -> str:
    """Give the text on one line, with a space for each line break that a page end swallowed after a stop."""
    joined = re.sub(r"(?<=\w)-\n\s*(?!(?:og|eller|samt)\b)(?=\w)", "-", text)
    return re.sub(r"(?<=[:.)])(?=[A-ZÆØÅ][a-zæøå])", " ", " ".join(joined.split()))


def shorten(text: str, limit: int = HEADING_CHARS) -> str:
    """Give the text cut at a word so that it has at most `limit` characters, the ellipsis included."""
    if len(text) <= limit:
        return text
    return text[: text.rfind(" ", 0, limit - 1)].rstrip(" ,;:(–-") + " …"


def meeting_fields(text: str) -> Fields | None:
    """Read number, date and title from the meeting's heading; None where there is no such heading."""
    found = _MEETING.search(text, 0, _MEETING_WITHIN)
    if found is None:
        return None
    return Fields(
        kind="referat",
        number=found["number"],
        date=iso_date(found["held"]),
        title=f"{found['number']}. møde, {lower_first(normalise(found['held']))}",
    )


def agenda_questions(text: str, end: int) -> list[Question]:
    """Find the oral questions listed before `end`, where the debate begins."""
    entries = list(_ENTRY.finditer(text, 0, end))
    limits = [*(entry.start() for entry in entries), end][1:]
    questions = []
    for entry, limit in zip(entries, limits, strict=True):
        reference = _REFERENCE.search(text, entry.end(), limit)
        if reference is None:
            continue
        start, stop = trim(text, entry.end(), reference.start())
        number = f"{reference['series']} {reference['count']}"
        questions.append(_question(entry, number, start, stop, entry["item"]))
    return questions


def question_blocks(text: str, listed: Mapping[str, Question]) -> list[tuple[int, Question]]:
    """Find where the treatment of each question begins: the start of its block, and the question.

    `Question.start` is where the block's own wording of the question begins.
    """
    blocks = []
    for found in _BLOCK.finditer(text):
        count, item = found["count"], found["item"]
        if found["glued"]:
            count, item = _unglue(found["series"], count, listed)
        elif found["asker"] is None and not _alone_on_line(text, found.start()):
            continue
        number = f"{found['series']} {count}"
        blocks.append((found.start(), _question(found, number, found.end(), found.end(), item)))
    return blocks


def items(text: str, start: int) -> list[Item]:
    """Find the places from `start` on where the chair reaches an item of the agenda."""
    reached = []
    for found in _ITEM.finditer(text, start):
        stop = _ITEM_END.search(text, found.end(), found.end() + _ITEM_WITHIN)
        end = _title_end(text, stop) if stop else min(len(text), found.end() + HEADING_CHARS)
        reached.append(Item(found.start(), end, shorten(normalise(text[found.end() : end]))))
    return reached


def announced_title(text: str) -> str:
    """Give the title of an item from the text under which it is announced, without who moves it and when."""
    title = _ANNOUNCEMENT.sub("", text)
    stop = _TITLE_END.search(title)
    return shorten(normalise(title[: _title_end(title, stop)] if stop else title))


def announced_question(text: str, number: str) -> Question:
    """Read a question from the text under which it is announced; what that does not say is None."""
    head = _HEAD.match(text)
    assert head is not None  # every part of the pattern is optional
    after = _AFTER_QUESTION.search(text, head.end())
    return _question(head, number, *trim(text, head.end(), after.start() if after else len(text)), head["item"])


def asked_of(title: str | None) -> str | None:
    """Name the minister to whom an item puts its questions ("Spørgetime med statsministeren")."""
    found = _ASKED_OF.search(title or "")
    return found[1] if found else None


def lower_first(words: str) -> str:
    """Give the words as they are written inside a sentence."""
    return words[:1].lower() + words[1:]


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Give the span without the white space at its ends and the colon that may begin it."""
    if text.startswith(":", start):
        start += 1
    words = text[start:end].lstrip()
    start = end - len(words)
    return start, start + len(words.rstrip())


def _question(found: re.Match[str], number: str, start: int, end: int, item: str | None) -> Question:
    """Make the question from a match that has the groups of `_ADDRESSED`."""
    groups = found.groupdict()
    return Question(
        number=number,
        addressee=normalise(groups["addressee"]) if groups["addressee"] else None,
        asker=normalise(groups["asker"]) if groups["asker"] else None,
        party=groups["party"],
        start=start,
        end=end,
        item=item,
        seconds=_names(groups.get("seconds")),
    )


def _names(listed: str | None) -> frozenset[str]:
    """Take the names out of "Navn (XX), Navn (YY) og Navn (ZZ)"."""
    if not listed:
        return frozenset()
    parts = re.split(r",|\sog\s", re.sub(r"\([^()]*\)", "", listed))
    return frozenset(normalise(part) for part in parts if part.strip())


def _unglue(series: str, digits: str, listed: Mapping[str, Question]) -> tuple[str, str | None]:
    """Part a question's number from the item number glued to it; the agenda says where."""
    for cut in range(len(digits) - 1, 0, -1):
        question = listed.get(f"{series} {digits[:cut]}")
        if question is not None and question.item == digits[cut:]:
            return digits[:cut], digits[cut:]
    return digits, None


def _alone_on_line(text: str, start: int) -> bool:
    """Tell whether nothing but a time mark stands before `start` on its line."""
    before = text[text.rfind("\n", 0, start) + 1 : start][-200:].strip()
    return not before or re.fullmatch(r"Kl\.\s?\d{1,2}:\d{2}", before) is not None


def _title_end(text: str, stop: re.Match[str]) -> int:
    """Keep the full stop or bracket that ends a title glued to what follows it."""
    return stop.start() + (text[stop.start()] in ".)")
