"""An answer as HTML: every passage word for word, each with its source."""

from __future__ import annotations

from bot.quote import quote, quote_marked
from bot.remarks import remarks
from bot.terms import KINDS, SECTIONS, STATUSES, clock, speaker
from corpus.records import Answer, Hit

SHOWN = 5
NO_ANSWER = "Jeg fandt ikke noget sikkert svar."
_DOUBTFUL = frozenset({"foreløbigt"})  # of these the reader should expect another answer


def cards(answer: Answer) -> str:
    """Give an answer as HTML: its cards, or the sentence that there is none with the nearest passages folded away."""
    hits = answer.hits[:SHOWN]
    listed = f'<ol class="st-kort-liste">{"".join(map(card, hits))}</ol>' if hits else ""
    told = "".join(f'<p class="st-soegte">{quote(sentence)}</p>' for sentence in remarks(answer))
    if answer.answered:
        return told + listed
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
    return "Jeg fandt ét uddrag." if count == 1 else f"Jeg fandt {count} uddrag. Det bedste står først."


def card(hit: Hit) -> str:
    """Give one hit as a card: the passage, what it is, and where it stands."""
    citation = hit.citation
    where = quote(citation.file) + (f", side {citation.page}" if citation.page is not None else "")
    reference = quote(hit.reference)
    named = "" if hit.reference == citation.file else f"<cite>{reference}</cite>"
    return (
        f'<li class="st-kort">{_badges(hit)}'
        f'<blockquote class="st-tekst">{_paragraphs(quote_marked(hit.passage.text, hit.highlights))}</blockquote>'
        f'<p class="st-kilde">{named}<span class="st-fil">{where}</span>'
        f'<a href="{source_link(hit)}" target="_blank" rel="noopener">Åbn kilden'
        f'<span class="st-skjult">: {reference} (åbner i et nyt vindue)</span></a></p>{_related(hit)}</li>'
    )


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
