"""Danish dates, sessions, committees, ministers, ministries, members: how they are written, and their one form."""

from __future__ import annotations

import re
from datetime import date

from corpus.clean import Layout, clean

MONTHS = (
    "januar", "februar", "marts", "april", "maj", "juni",
    "juli", "august", "september", "oktober", "november", "december",
)  # fmt: skip
_MONTH = (
    r"(?:jan(?:uar)?|feb(?:ruar)?|mar(?:ts)?|apr(?:il)?|maj|juni?|juli?|aug(?:ust)?|sept?(?:ember)?|okt(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)

DATE = (
    rf"(?:\d{{1,2}}\.?\s?{_MONTH}\.?\s\d{{4}}"
    r"|\d{1,2}(?:[-./]\s?\d{1,2}[-./]\s?|/\d{1,2}\s)(?:19|20)\d{2}"
    r"|(?:19|20)\d{2}-\d{2}-\d{2})(?!\d)"
)
"""A whole date as Danish documents write it, to be built into other patterns (case-insensitive)."""

PLACE = (
    r"(?!(?i:frist|modtag|besvar|møde|svar|senest|stillet|spørgsmål|samråd|brev|opdateret|ændret|tilmelding))"
    r"(?-i:[A-ZÆØÅ][\wé-]*(?:,?\s(?:[A-ZÆØÅ][\wé-]*|og|for)){0,5})"
)
"""A place or sender as it stands before a letter's date: capital letters, and no word that names another date."""

DATE_LINE = re.compile(
    rf"(?:dato\s*:?\s*(?:den\s)?|{PLACE},?\s(?:den|d\.)\s|den\s|d\.\s)?"
    rf"{DATE}\.?(?:\s?/\s?[a-zæøå]{{2,6}})?(?:\s+(?:J\.?\s?nr|sags?nr|side|dok|nr\.).{{0,60}})?",
    re.IGNORECASE,
)
"""A line that is nothing but a date, with its label, place, case officer's initials or journal number."""

_WORDS = re.compile(rf"(?<!\d)(\d{{1,2}})\.?\s?({_MONTH})\.?\s(\d{{4}})(?!\d)", re.IGNORECASE)
_FIGURES = re.compile(
    r"(?<![\d.-])(\d{1,2})(?:[-.]\s?(?=\d{1,2}[-./])|/\s?)(\d{1,2})(?:[-./]\s?|(?<=/\d)\s|(?<=/\d\d)\s)((?:19|20)\d{2})(?!\d)"
)
_ISO = re.compile(r"(?<!\d)((?:19|20)\d{2})-(\d{2})-(\d{2})(?!\d)")


def one_line(text: str) -> str:
    """The text as one line: words hyphenated across lines joined, every run of white space one space."""
    return clean(text, Layout.DOUBLE_SPACED).replace("\n", " ")


def iso_date(text: str) -> str | None:
    """The first real calendar date in the text as ISO 8601, day before month as Danes write it."""
    found: list[tuple[int, str]] = []
    for pattern in (_WORDS, _FIGURES, _ISO):
        match = pattern.search(text)
        if match:
            year, month, day = _numbers(pattern, match)
            try:
                found.append((match.start(), date(year, month, day).isoformat()))
            except ValueError:
                continue
    return min(found)[1] if found else None


def _numbers(pattern: re.Pattern[str], match: re.Match[str]) -> tuple[int, int, int]:
    if pattern is _ISO:
        return int(match[1]), int(match[2]), int(match[3])
    if pattern is _FIGURES:
        return int(match[3]), int(match[2]), int(match[1])
    start = match[2].lower()[:3]
    month = next(i for i, name in enumerate(MONTHS, 1) if name.startswith(start))
    return int(match[3]), month, int(match[1])


_SESSION = re.compile(
    r"(?:(?<!\d)([12])\.\s?(?:samling|session)\)?,?\s{1,3})?"
    r"(?<!\d)((?:19|20)\d{2})-(\d{2}|\d{4})(?!\d)(?:\s*,?\s*\(?([12])\.\s*(?:samling|session)\)?)?"
)


def session_code(text: str) -> str | None:
    """The Folketing's own code of a session: "2011-12" is 20111, "2022-23 (2. samling)" is 20222, on either side."""
    match = _SESSION.search(text)
    if match is None or (int(match[2]) + 1) % 100 != int(match[3]) % 100:
        return None
    return f"{match[2]}{match[4] or match[1] or '1'}"


_WORD = r"[A-ZÆØÅ][\wé]*"
_COMMITTEE = (
    rf"(?:Udvalg(?:et)?\s(?:for|vedrørende)\s(?:Det\s\w+\sRåd|{_WORD}-?(?:(?:,|\sog|,\sog)\s{_WORD}-?){{0,4}})"
    rf"|Det\s[A-ZÆØÅ][\w-]+\s(?:Udvalg|Nævn)"
    rf"|(?:{_WORD}-,?\s(?:og\s)?){{1,3}}\w{{3,40}}udvalg(?:et)?"
    rf"|{_WORD}udvalg(?:et)?)"
)
COMMITTEE = rf"(?:Folketingets\s)?({_COMMITTEE})(?!\w)"
"""A committee of the Folketing; group 1 is its name without "Folketingets"."""


def committee_name(written: str) -> str:
    """The committee's name in the form it stands alone: "Folketingets Skatteudvalg" is Skatteudvalget."""
    name = one_line(written).removeprefix("Folketingets ")
    if name.startswith("Udvalg "):
        return "Udvalget " + name.removeprefix("Udvalg ")
    return name + "et" if name.endswith("udvalg") else name


_FIELD = r"(?!at\b|det\b|den\b|dette\b|en\b|et\b|svar)[\wÆØÅæøåé]+"
_OF = rf"{_FIELD}(?:-?(?:,|\sog|,\sog)\s{_FIELD}){{0,4}}"
_COMPOUND = r"(?:[\wé]+-,?\s(?:og\s)?){0,3}[\wé]{1,40}"
MINISTER = rf"(?:{_COMPOUND}minister(?:en)?|minister(?:en)?\sfor\s{_OF})(?!\w)"
"""A minister's title, definite or not (case-insensitive); a bare "ministeren" is none."""
MINISTERS = rf"(?:{_COMPOUND}ministerens|ministeren\sfor\s{_OF}s)(?!\w)"
"""A minister's title in the genitive (case-insensitive)."""

_ALONE = re.compile(MINISTER, re.IGNORECASE)
_MINISTRY = re.compile(
    r"(?:(?:[A-ZÆØÅ][\wé]*-,?\s(?:og\s)?){0,3}[A-ZÆØÅa-zæøå][\wé]{0,40}ministeriet"
    rf"|Ministeriet\sfor\s{_WORD}-?(?:(?:,|\sog|,\sog)\s{_WORD}-?){{0,4}})",
)


def is_minister(written: str) -> bool:
    """Whether this is a minister's title and nothing else."""
    return _ALONE.fullmatch(one_line(written)) is not None


def minister_title(written: str) -> str:
    """The title in its one form, small letters and definite: "Velfærdsministerens" is velfærdsministeren."""
    title = one_line(written).lower()
    if " for " in title:
        return re.sub(r"^minister(?:en)? for ", "ministeren for ", title)
    return re.sub(r"minister(?:en|ens)?$", "ministeren", title)


def ministry_name(written: str) -> str | None:
    """The ministry's name if that is all that is written, else None."""
    name = one_line(written).rstrip(" ,")
    if name.isupper():
        name = name.capitalize()
    return name if _MINISTRY.fullmatch(name) else None


_GIVEN = r"[A-ZÆØÅÖÜ][\wé.'’-]*"
NAME = rf"{_GIVEN}(?:\s(?:{_GIVEN}|af|al|de|den|der|du|el|la|van|von|zu)){{1,5}}"
"""A person's name: two words or more, capital letters but for particles."""
PARTY = r"\((?!MFU)([A-ZÆØÅ][A-ZÆØÅa-zæøå]{0,3})\)"
"""A party's letters in brackets; group 1 holds the letters."""

_NAME = re.compile(NAME)
_NO_PERSON = re.compile(
    r"minister|udvalg|folketing|styrelse|københavn|christiansborg|departement|danmark|side \d|svar|spørgsmål"
    r"|hilsen|bilag|kommune|region|råd\b|rådet|politi|statistik|forening|forbund",
    re.IGNORECASE,
)


def is_name(written: str) -> bool:
    """Whether this line is a person's name and nothing else."""
    return (
        len(written) <= 60
        and _NAME.fullmatch(written) is not None
        and not written.endswith(".")
        and not _NO_PERSON.search(written)
    )


def without_full_stop(name: str) -> str:
    """The name without the full stop of its sentence and what follows that; an initial keeps its own."""
    name = re.split(r"(?<=\w\w\w)(?<!\bChr)\.\s", name, maxsplit=1)[0]
    return name[:-1] if re.search(r"\w\w\.$", name) else name
