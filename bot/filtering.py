"""What a search may be limited to: the fields as the page shows them, and as they are sent and linked to.

The fields are plain HTML, not Gradio's: those have no legend, name no group, and fail screen readers. The page's
script sends them with the question, written as in an address; a link to a question holds the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode
from urllib.parse import quote as percent

from bot.archive import RefusalError
from bot.quote import plain, quote
from bot.terms import KINDS, session
from corpus.danish import iso_date, session_code
from corpus.errors import UsageError
from corpus.reference import danish_date
from index.filters import Filters

_LONGEST = 100  # characters of one field
_ANY_KIND = "Alle"


class _Field(NamedTuple):
    label: str
    example: str = ""
    chosen: str = ""  # how a chosen value is told: "til {}"


_FIELDS = {
    "since": _Field("Fra dato", "f.eks. 1. januar 2012", "fra {}"),
    "until": _Field("Til dato", "f.eks. 31-12-2012", "til {}"),
    "minister": _Field("Minister", "navn eller titel", "minister {}"),
    "ministry": _Field("Ministerium", "", "{}"),
    "asker": _Field("Spørger", "navn", "spørger {}"),
    "party": _Field("Parti", "f.eks. SF", "parti {}"),
    "committee": _Field("Udvalg", "f.eks. AMU", "udvalg {}"),
    "session": _Field("Samling", "f.eks. 20111", "samling {}"),
}


def form() -> str:
    """Give the fields as HTML, folded away."""
    kinds = "".join(
        f'<label><input type="radio" name="kind" value="{quote(kind)}"{" checked" if not kind else ""}>'
        f"<span>{quote(name)}</span></label>"
        for kind, name in {"": _ANY_KIND, **KINDS}.items()
    )
    inputs = "".join(
        f'<label><span>{field.label}</span><input type="text" name="{name}" list="st-valg-{name}" '
        f'placeholder="{quote(field.example)}" maxlength="{_LONGEST}" autocomplete="off" spellcheck="false"></label>'
        for name, field in _FIELDS.items()
    )
    return (
        '<details id="st-filtre"><summary>Afgræns søgningen<span id="st-antal"></span></summary>'
        f'<fieldset class="st-typer"><legend>Dokumenttype</legend>{kinds}</fieldset>'
        f'<div class="st-felter">{inputs}</div>'
        '<button type="button" id="st-nulstil" hidden>Fjern afgrænsningen</button></details>'
    )


def suggestions(choices: Mapping[str, Sequence[str]]) -> str:
    """Give the values that a field's reader may choose among, as HTML; anything else can still be written."""
    return "".join(
        f'<datalist id="st-valg-{quote(name)}">{"".join(_option(name, value) for value in values)}</datalist>'
        for name, values in choices.items()
    )


def chosen(sent: str) -> Filters:
    """Read what the page sent; raise `RefusalError`, one Danish sentence, if it cannot be used."""
    try:
        values = parse_qs(sent, max_num_fields=20)
    except ValueError:
        values = {}
    given = {name: plain(values.get(name, [""])[0]).strip()[:_LONGEST] or None for name in ("kind", *_FIELDS)}
    for name in ("since", "until"):
        if written := given[name]:
            given[name] = _day(written, name)
    given["session"] = session_code(given["session"] or "") or given["session"]
    try:
        return Filters(**given)
    except UsageError:
        raise RefusalError("Jeg kender ikke den dokumenttype. Vælg en af dem, der står på siden.") from None


def told(filters: Filters) -> str:
    """Say in a few words what a search was limited to; nothing where it was not."""
    parts = [KINDS.get(filters.kind, filters.kind)] if filters.kind else []
    for name, field in _FIELDS.items():
        if value := getattr(filters, name):
            shown = {"since": danish_date, "until": danish_date, "session": session}.get(name, str)(value)
            parts.append(field.chosen.format(shown))
    return ", ".join(parts)


def fragment(question: str, filters: Filters) -> str:
    """Give a question with its filters as the part of an address that no browser sends to any server."""
    given = {field.name: value for field in fields(filters) if (value := getattr(filters, field.name))}
    return urlencode({"q": question, **given}, quote_via=percent)


def _option(name: str, value: str) -> str:
    label = f' label="{quote(session(value))}"' if name == "session" else ""
    return f'<option value="{quote(value)}"{label}></option>'


def _day(written: str, name: str) -> str:
    """Read a day as people write it; a year alone is its first or last day."""
    if re.fullmatch(r"(?:19|20)\d{2}", written):
        return f"{written}-12-31" if name == "until" else f"{written}-01-01"
    found = iso_date(written)
    if found is None:
        example = f"31-12-{date.today().year - 1}"
        raise RefusalError(f"Jeg forstår ikke datoen i »{_FIELDS[name].label}«. Skriv den for eksempel som {example}.")
    return found
