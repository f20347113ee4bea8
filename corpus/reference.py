"""The reference line of a document, in the style that the Folketing's own papers use."""

from __future__ import annotations

from corpus.records import Fields, Section

_MONTHS = "januar februar marts april maj juni juli august september oktober november december".split()


def reference(fields: Fields, section: Section, file: str) -> str:
    """Give the line by which people name a document, from what it says of itself; else its title or file name."""
    day = danish_date(fields.date)
    if fields.kind == "udvalgssvar" and fields.number:
        what = f"{fields.status or ''} svar på spm. {fields.number}".strip()
        return _joined(fields.case or fields.committee, what, day)
    if fields.kind == "§20-svar" and fields.number:
        what = f"{fields.status} svar" if fields.status else "svar"
        return _joined(f"{what[0].upper()}{what[1:]} på § 20-spm. nr. {fields.number}", day)
    title = fields.title or file
    if fields.kind == "referat":
        who = section.speaker and f"{section.speaker}{f' ({section.party})' if section.party else ''}"
        number = section.number and f"spm. nr. {section.number}"
        return _joined(title, number, who, section.time and f"kl. {section.time[:5].replace(':', '.')}")
    if fields.kind == "pressemeddelelse":
        return _joined(f"Pressemeddelelse: {title}", day)
    return _joined(title, day)


def danish_date(iso: str | None) -> str | None:
    """Write an ISO date as people do: 27. april 2012."""
    if not iso:
        return None
    year, month, day = iso.split("-")
    return f"{int(day)}. {_MONTHS[int(month) - 1]} {year}"


def _joined(*parts: str | None) -> str:
    return ", ".join(part for part in parts if part)
