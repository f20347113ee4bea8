"""An answer as HTML: every passage word for word, each with its source."""

from __future__ import annotations

from typing import NamedTuple

from bot.citing import FORMS, citations
from bot.quote import quote, quote_marked
from bot.remarks import NO_ANSWER, certainty, remarks
from bot.terms import KINDS, SECTIONS, STATUSES, asker, clock, minister, speaker
from bot.why import why
from corpus.records import Answer, Hit

SHOWN = 5
_DOUBTFUL = frozenset({"foreløbigt"})  # of these the reader should expect another answer


class Tools(NamedTuple):
    """What a card offers beside its source, on a page that has the script for it."""

    address: str | None = None  # the server's own, for references
    feedback: bool = False  # whether readers may say what helped
    ask: bool = False  # whether their question is kept with that


def cards(answer: Answer, tools: Tools | None = None) -> str:
    """Give an answer as HTML: its cards, or the sentence that there is none with the nearest passages folded away."""
    hits = answer.hits[:SHOWN]
    listed = "".join(card(hit, answer.searched, tools) for hit in hits)
    listed = f'<ol class="st-kort-liste">{listed}</ol>' if hits else ""
    told = "".join(f'<p class="st-soegte">{quote(sentence)}</p>' for sentence in remarks(answer))
    if certain := certainty(answer):
        name, advice = certain
        return f'<p class="st-sikkerhed"><strong>{name}.</strong> {advice}</p>{told}{listed}'
    if not hits:
        return f'<p class="st-intet">{NO_ANSWER} Ingen dokumenter passer til det, du har valgt.</p>{told}'
    nearest = f"de {len(hits)} nærmeste uddrag" if len(hits) > 1 else "det nærmeste uddrag"
    return (
        f'<p class="st-intet">{NO_ANSWER} Prøv eventuelt med andre ord.</p>{told}'
        f'<details class="st-naermest"><summary>Vis {nearest}</summary>{listed}</details>'
    )


def summary(answer: Answer) -> str:
    """Say in one sentence what was found, for a screen reader."""
    count = min(len(answer.hits), SHOWN)
    if not answer.answered:
        return NO_ANSWER
    found = "Jeg fandt ét uddrag." if count == 1 else f"Jeg fandt {count} uddrag. Det bedste står først."
    return f"{found} {' '.join(certainty(answer) or ())}"


def card(hit: Hit, searched: str = "", tools: Tools | None = None) -> str:
    """Give one hit as a card: the passage, what it is, and where it stands."""
    citation = hit.citation
    where = quote(citation.file) + (f", side {citation.page}" if citation.page is not None else "")
    reference = quote(hit.reference)
    named = "" if hit.reference == citation.file else f"<cite>{reference}</cite>"
    return (
        f'<li class="st-kort">{_badges(hit)}'
        f'<blockquote class="st-tekst">{_paragraphs(quote_marked(hit.passage.text, hit.highlights))}</blockquote>'
        f'<p class="st-kilde">{named}{_people(hit)}<span class="st-fil">{where}</span>'
        f'<a href="{source_link(hit)}" target="_blank" rel="noopener">Åbn kilden'
        f'<span class="st-skjult">: {reference} (åbner i et nyt vindue)</span></a></p>{_related(hit)}'
        f"{_tools(hit, searched, tools) if tools else ''}</li>"
    )


def _people(hit: Hit) -> str:
    """Name who asked and who answered; of a debate each speaker stands at the passage already."""
    fields = hit.fields
    named = (("Spørger", asker(fields)), ("Svar fra", minister(fields) or fields.ministry))
    told = " · ".join(f"{what}: {quote(who)}" for what, who in named if who)
    return f'<span class="st-folk">{told}</span>' if told else ""


def _tools(hit: Hit, searched: str, tools: Tools) -> str:
    reference = f'<span class="st-skjult"> for {quote(hit.reference)}</span>'
    texts = citations(hit, tools.address)
    buttons = "".join(f'<button type="button" data-kopi="{form}">{name}</button>' for form, name in FORMS.items())
    shown = "".join(f'<pre data-form="{form}" hidden>{quote(texts[form])}</pre>' for form in FORMS)
    return (
        f'<div class="st-vaerktoej"><details class="st-henvis"><summary>Kopiér henvisning{reference}</summary>'
        f'<div><p>Vælg form: </p><p class="st-former">{buttons}</p>{shown}</div></details>'
        f"{why(hit, searched)}{_judging(hit, reference, searched if tools.ask else '') if tools.feedback else ''}</div>"
    )


def _judging(hit: Hit, reference: str, asked: str) -> str:
    """Ask whether the passage helped; only where the question is kept does the page send it along."""
    buttons = "".join(
        f'<button type="button" class="st-{value}" data-hjalp="{value}" aria-pressed="false">{name}{reference}</button>'
        for value, name in (("ja", "Hjalp"), ("nej", "Hjalp ikke"))
    )
    about = {"dokument": hit.passage.document, "uddrag": hit.passage.id, **({"spurgt": asked} if asked else {})}
    data = " ".join(f'data-{name}="{quote(value)}"' for name, value in about.items())
    return f'<p class="st-dom" {data}>{buttons}</p>'


def _related(hit: Hit) -> str:
    """Link to the answer that is in force instead, and to those that this one points to."""
    links = [("Erstattet af", hit.superseded_by)] if hit.superseded_by else []
    links += [("Suppleret af", link) for link in hit.supplemented_by]
    links += [("Henviser til", link) for link in hit.refers_to]
    return "".join(
        f'<p class="st-forbundet">{name}: <a href="kilde/{quote(link.document)}" target="_blank" rel="noopener">'
        f"{quote(link.reference)}</a></p>"
        for name, link in links
        if link
    )


def source_link(hit: Hit) -> str:
    """Give the address of the passage in the source viewer, relative so that it holds under any path."""
    passage = hit.passage
    return f"kilde/{quote(passage.document)}?start={passage.start}&amp;end={passage.end}#uddrag"


def _paragraphs(html: str) -> str:
    """Set paragraphs apart without a character more: the line break stays the text's own."""
    return html.replace("\n", '\n<span class="st-luft"></span>')


def _badges(hit: Hit) -> str:
    fields, section = hit.fields, hit.section
    badges = [(SECTIONS.get(hit.passage.kind), f"st-{'sp' if hit.passage.kind == 'spørgsmål' else 'sv'}")]
    badges.append((KINDS.get(fields.kind), ""))
    if fields.status:
        badges.append((STATUSES.get(fields.status), "st-advar" if fields.status in _DOUBTFUL else ""))
    if hit.superseded_by:
        badges.append(("Erstattet", "st-advar"))
    shown = [f'<span class="st-maerke {style}">{quote(name)}</span>' for name, style in badges if name]
    if who := ", ".join(filter(None, (speaker(section), clock(section) if section.speaker else None))):
        shown.append(f'<span class="st-taler">{quote(who)}</span>')
    return f'<p class="st-maerker">{" ".join(shown)}</p>' if shown else ""
