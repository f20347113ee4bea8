"""References to a passage in the forms that people cite by: the Folketing's own, APA 7, BibTeX, CSL-JSON.

What a document does not say of itself is left out. Nothing here is HTML; whoever shows it quotes it.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any, NamedTuple

from bot.quote import plain
from bot.terms import KINDS
from corpus.danish import is_name
from corpus.records import Hit, Section
from corpus.reference import danish_date, reference

FORMS = {"folketinget": "Folketinget", "apa": "APA 7", "bibtex": "BibTeX", "csl": "CSL-JSON"}
_WHOLE = Section(kind="tekst", start=0, end=0)
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()  # the names that BibTeX defines
_TEX = {
    "\\": r"\textbackslash{}",
    # Not \{ and \}: BibTeX counts braces whether or not a backslash stands before them.
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{mark: f"\\{mark}" for mark in "$&#_%"},
}


class Author(NamedTuple):
    """Who a document is by: a person, or with no given names an office."""

    name: str
    given: str = ""


def citations(hit: Hit, address: str | None = None) -> dict[str, str]:
    """Give the reference to a passage in each of `FORMS`; `address` is the server's own, where it knows it."""
    return {
        "folketinget": folketinget(hit, address),
        "apa": apa(hit, address),
        "bibtex": bibtex(hit, address),
        "csl": json.dumps([csl(hit, address)], ensure_ascii=False, indent=1),
    }


def folketinget(hit: Hit, address: str | None = None) -> str:
    """Name the document as the Folketing's papers do, then the place in it, then where it lies."""
    named = () if hit.reference == hit.citation.file else (hit.reference,)
    return _line(", ".join((*named, *((_place(hit), _source(hit, address)) if named else _from_file(hit, address)))))


def apa(hit: Hit, address: str | None = None) -> str:
    """Give an entry of a reference list after APA 7, in Danish; where no author is known, the title leads."""
    author, what = _author(hit), ", ".join(filter(None, (KINDS.get(hit.fields.kind), _place(hit))))
    day = "u.å."  # the style's words for a document without a date
    if hit.fields.date:
        year, _, _ = hit.fields.date.split("-")
        day = f"{year}, {(danish_date(hit.fields.date) or '').removesuffix(f' {year}')}"
    title = f"{_title(hit)} [{what}]"
    if author is None:
        return _line(f"{title}. ({day}). {_source(hit, address)}")
    by = f"{author.name}, {_initials(author.given)}" if author.given else f"{author.name}."
    return _line(f"{by} ({day}). {title}. {_source(hit, address)}")


def bibtex(hit: Hit, address: str | None = None) -> str:
    """Give an entry for BibTeX and BibLaTeX."""
    author, fields = _author(hit), hit.fields
    year, month, day = fields.date.split("-") if fields.date else ("", "", "")
    entry = {
        # In braces of their own, an office is one name and a title keeps its capitals.
        "author": author and (_tex(f"{author.name}, {author.given}") if author.given else f"{{{_tex(author.name)}}}"),
        "title": f"{{{_tex(_title(hit))}}}",
        "year": year,
        "month": month and _MONTHS[int(month) - 1],
        "day": day and str(int(day)),
        "type": _tex(KINDS.get(fields.kind) or ""),
        "number": _tex(fields.number or ""),
        "note": _tex(f"{_place(hit)}; {hit.citation.file}"),
        "url": source_address(hit, address) or _url(hit),
        "language": "danish",
    }
    lines = [f"  {name} = {value if name == 'month' else f'{{{value}}}'}" for name, value in entry.items() if value]
    return "\n".join((f"@misc{{{_key(hit)},", ",\n".join(lines), "}"))


def csl(hit: Hit, address: str | None = None) -> dict[str, Any]:
    """Give an item of CSL-JSON, as Zotero and pandoc read it."""
    author, fields = _author(hit), hit.fields
    named = author and ({"family": author.name, "given": author.given} if author.given else {"literal": author.name})
    item = {
        "id": _key(hit),
        "type": "document",
        "title": _line(_title(hit)),
        "genre": KINDS.get(fields.kind),
        "author": [named] if named else None,
        "issued": {"date-parts": [[int(part) for part in fields.date.split("-")]]} if fields.date else None,
        "number": fields.number,
        "archive_location": _line(hit.citation.file),
        "note": _line(_place(hit)),
        "URL": source_address(hit, address) or _url(hit),
        "language": "da",
    }
    return {name: value for name, value in item.items() if value}


def source_address(hit: Hit, address: str | None) -> str | None:
    """Give the address of the passage in the source viewer, if the server's own is known."""
    passage = hit.passage
    return address and f"{address}/kilde/{passage.document}?start={passage.start}&end={passage.end}#uddrag"


def _title(hit: Hit) -> str:
    """Name the document without its date and its kind, which each form gives in a place of its own."""
    section = replace(_WHOLE, number=hit.section.number) if hit.fields.kind == "referat" else _WHOLE
    named = reference(replace(hit.fields, date=None), section, hit.citation.file)
    return named.removeprefix("Pressemeddelelse: ")


def _author(hit: Hit) -> Author | None:
    """Tell whose words these are: of a debate the speaker's, else the ministry's or the minister's."""
    fields = hit.fields
    if fields.kind == "referat":
        office, person = None, hit.section.speaker
    else:
        office, person = fields.ministry, fields.minister or fields.minister_title
    name = _line(office or person or "")
    if not name:
        return None
    if not office and is_name(name):  # a Dane's last name is the last word, with the small ones before it
        family = re.search(r"(?:\s[a-z]+)*\s\S+$", name)
        at = family.start() if family else 0
        return Author(name[at:].strip(), name[:at])
    return Author(name[:1].upper() + name[1:])


def _initials(given: str) -> str:
    """Shorten given names as APA does: Karl-Erik is K.-E."""
    return " ".join("-".join(f"{part[0]}." for part in name.split("-") if part) for name in given.split())


def _place(hit: Hit) -> str:
    """Say where in its file the passage stands."""
    citation = hit.citation
    page = f"s. {citation.page}, " if citation.page is not None else ""
    return f"{page}tegn {citation.start}–{citation.end}"


def _from_file(hit: Hit, address: str | None) -> tuple[str, ...]:
    """Lead with the file where the document has no other name."""
    return tuple(filter(None, (hit.citation.file, _place(hit), source_address(hit, address))))


def _source(hit: Hit, address: str | None) -> str:
    return source_address(hit, address) or hit.citation.file


def _url(hit: Hit) -> str | None:
    """Give the address that the document gives as its own, if it is one and can stand in any of the forms."""
    url = hit.fields.url or ""
    return url if re.fullmatch(r"https?://[^\s\\{}<>\"^`|]+", url) else None


def _key(hit: Hit) -> str:
    return f"spoergetime-{hit.passage.document}-{hit.passage.start}"


def _line(text: str) -> str:
    return " ".join(plain(text).split())


def _tex(text: str) -> str:
    return "".join(_TEX.get(character, character) for character in _line(text))
