"""What fields and sections are called on a Danish page."""

from __future__ import annotations

from corpus.records import Fields, Section

KINDS = {
    "§20-svar": "§ 20-svar",
    "udvalgssvar": "Udvalgssvar",
    "pressemeddelelse": "Pressemeddelelse",
    "referat": "Referat",
    "artikel": "Artikel",
}
STATUSES = {
    "endeligt": "Endeligt svar",
    "foreløbigt": "Foreløbigt svar",
    "supplerende": "Supplerende svar",
    "korrigeret": "Korrigeret svar",
}
SECTIONS = {"spørgsmål": "Spørgsmål", "svar": "Svar"}


def speaker(section: Section) -> str | None:
    """Name who speaks in a section: Birthe Kvistgaard (EL)."""
    if not section.speaker:
        return None
    name = section.speaker[:1].upper() + section.speaker[1:]  # a minister may be known by the title alone
    return f"{name} ({section.party})" if section.party else name


def clock(section: Section) -> str | None:
    """Give the time of a section as Danes write it: kl. 13.02."""
    return f"kl. {section.time[:5].replace(':', '.')}" if section.time else None


def session(code: str) -> str:
    """Name a session by the Folketing's code: 20222 is 2022-23, 2. samling."""
    if len(code) != 5 or not code.isdecimal():
        return code
    years = f"{code[:4]}-{(int(code[:4]) + 1) % 100:02}"
    return years if code[4] == "1" else f"{years}, {code[4]}. samling"


def asker(fields: Fields) -> str | None:
    """Name who asked, with the party where it is known."""
    if fields.asker and fields.party:
        return f"{fields.asker} ({fields.party})"
    return fields.asker


def minister(fields: Fields) -> str | None:
    """Name the minister who answered, with the title where it is known."""
    if fields.minister and fields.minister_title:
        return f"{fields.minister}, {fields.minister_title}"
    return fields.minister or (fields.minister_title and fields.minister_title[:1].upper() + fields.minister_title[1:])
