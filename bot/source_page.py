"""The source viewer: a document for reading, with one passage marked in it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence

from bot.archive import Source
from bot.quote import quote
from bot.source_text import Span, body, parts
from bot.terms import KINDS, STATUSES, asker, minister, session
from corpus.records import Document, Link, Section
from corpus.reference import danish_date, reference

_MARK = "uddrag"
_TEXT = "tekst"
_MOST_PICTURES = 3
_SUPERSEDED = "Erstattet af"


def source_page(source: Source, span: Span | None, part: int | None = None) -> str:
    """Give the page of one document; `span`, offsets into its extracted text, is marked word for word.

    A long document is shown in parts, counted from 1: the one that is asked for, or the one that holds the passage.
    """
    document, passages, related = source
    name = reference(document.fields, Section(kind="tekst", start=0, end=0), document.files[0].file)
    cut = parts(document, passages)
    at = _part(cut, span, part)
    text = "".join(body(document, span, cut[at]))
    if f'id="{_MARK}"' not in text:
        span = None  # it is in another part
    skip = f'<a class="spring" href="#{_MARK if span else _TEXT}">Gå til {"uddraget" if span else "teksten"}</a>'
    return page(
        name,
        f"{_bar(document.id, passages, span, cut[at], skip)}<main><h1>{quote(name)}</h1>{_warning(related)}"
        f"{_facts(document, span)}{_related(related)}{_parts(document.id, at, len(cut), _TEXT)}"
        f'<article class="dokument" id="{_TEXT}">{text}</article>'
        f"{_parts(document.id, at, len(cut), 'slut')}{_pictures(document, span)}</main>",
    )


def error_page(heading: str, sentence: str) -> str:
    """Give a page that says what went wrong."""
    return page(heading, f"{_header('')}<main><h1>{quote(heading)}</h1><p>{quote(sentence)}</p></main>")


def page(title: str, body: str) -> str:
    """Wrap the body of an own page, which needs no script."""
    return (
        '<!doctype html><html lang="da"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{quote(title)} – Spørgetime</title>"
        '<link rel="stylesheet" href="/stil/faelles.css"><link rel="stylesheet" href="/stil/kilde.css">'
        f"</head><body>{body}</body></html>"
    )


def _part(cut: Sequence[Span], span: Span | None, part: int | None) -> int:
    if part is not None and 0 < part <= len(cut):
        return part - 1
    return bisect_right([start for start, _ in cut], span[0]) - 1 if span else 0


def _bar(document: str, passages: Sequence[Span], span: Span | None, shown: Span, skip: str) -> str:
    """Give the bar that stays in view: back to the questions, and to the passages before and after."""
    links = ""
    starts = [start for start, _ in passages]
    if passages and span:
        here = max(0, bisect_right(starts, span[0]) - 1)
        steps = (("Forrige", "prev", here - 1), ("Næste", "next", here + 1))
        links = "".join(
            _step(document, passages[at], name, rel)
            if 0 <= at < len(passages)
            else f'<span aria-hidden="true">{name}</span>'
            for name, rel, at in steps
        )
    elif passages:
        first = next((n for n, start in enumerate(starts) if start >= shown[0]), 0)
        links = _step(document, passages[first], "Første", "next")
    return _header(f'<nav aria-label="Uddrag">{links}</nav>' if links else "", skip)


def _header(links: str, skip: str = "") -> str:
    return f'<header class="bjaelke">{skip}<a class="hjem" href="/">Spørgetime</a>{links}</header>'


def _step(document: str, passage: Span, name: str, rel: str) -> str:
    href = f"/kilde/{quote(document)}?start={passage[0]}&amp;end={passage[1]}#{_MARK}"
    return f'<a rel="{rel}" href="{href}">{name}<span class="lang"> uddrag</span></a>'


def _parts(document: str, at: int, count: int, fragment: str) -> str:
    """Link to the parts before and after, where a document is too long to be shown at once."""
    if count == 1:
        return ""
    steps = (("Forrige del", "prev", at - 1), ("Næste del", "next", at + 1))
    links = "".join(
        f'<a rel="{rel}" href="/kilde/{quote(document)}?del={to + 1}#{_TEXT}">{name}</a>'
        for name, rel, to in steps
        if 0 <= to < count
    )
    label = "Dele" if fragment == _TEXT else "Dele, efter teksten"
    return f'<nav class="dele" aria-label="{label}"><span>Del {at + 1} af {count}</span>{links}</nav>'


def _facts(document: Document, span: Span | None) -> str:
    fields = document.fields
    files = tuple(dict.fromkeys(file.file for file in document.files))
    known = {
        "Titel": fields.title if fields.number else None,  # otherwise the heading names it already
        "Dokumenttype": KINDS.get(fields.kind),
        "Status": fields.status and STATUSES.get(fields.status),
        "Nummer": fields.number,
        "Sag": fields.case,
        "Spørger": asker(fields),
        "Minister": minister(fields),
        "Ministerium": fields.ministry,
        "Udvalg": fields.committee,
        "Samling": fields.session and session(fields.session),
        "Dato": danish_date(fields.date),
        "Fil" if len(files) == 1 else "Filer": "\n".join(files),
    }
    rows = "".join(f"<div><dt>{name}</dt><dd>{quote(value)}</dd></div>" for name, value in known.items() if value)
    if fields.url and fields.url.startswith(("https://", "http://")):
        link = f'<a href="{quote(fields.url)}" rel="noopener noreferrer">{quote(fields.url)}</a>'
        rows += f"<div><dt>Adresse</dt><dd>{link}</dd></div>"
    original = f'<a href="/kilde/{quote(document.id)}/fil" download>Hent den oprindelige fil</a>'
    if span and document.pages:
        original += ' <a href="#sider">Se siden som billede</a>'
    return f"<dl>{rows}<div><dt>Original</dt><dd>{original}</dd></div></dl>"


def _warning(related: Mapping[str, Sequence[Link]]) -> str:
    """Say before all else that another answer is in force."""
    links = ", ".join(map(_link, related.get(_SUPERSEDED, ())))
    if not links:
        return ""
    return f'<p class="varsel"><strong>Svaret gælder ikke længere.</strong> Det er erstattet af {links}.</p>'


def _related(related: Mapping[str, Sequence[Link]]) -> str:
    """Link to the answers that are in force instead, that were before, and that are pointed to."""
    named = ((name, "<br>".join(map(_link, links))) for name, links in related.items())
    rows = "".join(f"<div><dt>{name}</dt><dd>{listed}</dd></div>" for name, listed in named if listed)
    return f'<dl class="forbundne">{rows}</dl>' if rows else ""


def _link(link: Link) -> str:
    return f'<a href="/kilde/{quote(link.document)}">{quote(link.reference)}</a>'


def _pictures(document: Document, span: Span | None) -> str:
    """Show the pages on which the passage stands as the file has them, with its boxes drawn on them."""
    if not span:
        return ""
    start, end = span
    pages = [one for one in document.pages if one.start < end and start < one.end][:_MOST_PICTURES]
    at = f"/kilde/{quote(document.id)}/side"
    figures = "".join(
        f'<figure><img src="{at}/{one.number}.png?start={start}&amp;end={end}" loading="lazy"'
        f' alt="Side {one.number} som billede. Siden kan kun vises, hvis filen er uændret.">'
        f"<figcaption>Side {one.number}</figcaption></figure>"
        for one in pages
    )
    heading = "Sådan ser siden ud i filen" if len(pages) == 1 else "Sådan ser siderne ud i filen"
    return f'<section class="sider" id="sider"><h2>{heading}</h2>{figures}</section>' if figures else ""
