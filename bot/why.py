"""Why a passage is among the answers, told in plain Danish."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from bot.quote import quote
from corpus.records import Explanation, Hit, Matched
from index.words import STOP_WORDS, stem, tokens

_TOLD = 8  # words of a kind
_LEAST = 0.005  # of a part: less is shown as nothing
_PARTS = {
    "lexical": "Ordene i uddraget",
    "dense": "Uddragets betydning",
    "sentence": "Den sætning, der svarer bedst",
    "covered": "Hvor meget af spørgsmålet der står i uddraget",
    "around": "Hvor meget der står i uddraget, titlen og spørgsmålet, der besvares",
    "around_vectors": "Betydningen af titlen og spørgsmålet, der besvares",
    "fits": "Det er den slags svar, der spørges efter (tal, dato)",
    "asks": "Uddraget spørger selv",
    "loose": "Uddraget er hverken spørgsmål eller svar",
    "superseded": "Svaret er erstattet af et andet",
    "named": "Spørgsmålet nævner dokumentet ved nummer",
    "rerank": "Nærlæsning af spørgsmål og uddrag sammen",
}


class _Words(NamedTuple):
    """The words by which a passage was found, and the words of the question that are not there."""

    whole: Sequence[str]
    parts: Sequence[str]
    around: Sequence[str]
    added: Sequence[str]
    missing: Sequence[str]


def why(hit: Hit, searched: str) -> str:
    """Give the folded-away account of one hit as HTML; nothing where it was not asked for."""
    if hit.explain is None:
        return ""
    told = "".join(f"<li>{sentence}</li>" for sentence in (*_words_told(hit.explain, searched), *_standing(hit)))
    return (
        '<details class="st-hvorfor"><summary>Hvorfor dette svar?</summary><div>'
        f"<ul>{told}</ul>{_points(hit, hit.explain)}</div></details>"
    )


def _words_told(explain: Explanation, searched: str) -> Iterator[str]:
    words = _words(explain.terms, searched)
    for name, found in (
        ("Ord fra spørgsmålet i uddraget", words.whole),
        ("Som del af længere ord", words.parts),
        ("I titlen eller i spørgsmålet, der besvares", words.around),
        ("Ord, som søgningen selv lagde til", words.added),
        ("Står ikke her", words.missing),
    ):
        if found:
            yield f"{name}: {quote(', '.join(found[:_TOLD]))}."
    yield (
        f"Søgningen efter ord gav {_number(explain.lexical)}, søgningen efter betydning {_number(explain.dense)}. "
        f"Spørgsmålet og uddraget ligner hinanden {_percent(explain.cosine)} i betydning."
    )


def _words(terms: Sequence[Matched], searched: str) -> _Words:
    asked = {stem(word): word for word in reversed(tokens(searched)) if word not in STOP_WORDS}
    own = [term for term in terms if term.stands_for is None]
    whole = _different(word for term in own for word in term.words)
    parts = _different((word for term in own for word in term.compounds), whole)
    around = _different((word for term in own for word in term.context), [*whole, *parts])
    added = _different(
        f"{word} (for {asked[term.stands_for]})" if term.stands_for in asked else word
        for term in terms
        if term.stands_for is not None
        for word in (*term.words, *term.compounds)
    )
    missing = [asked[t.term] for t in own if t.term in asked and not (t.words or t.compounds or t.context)]
    return _Words(whole, parts, around, added, missing)


def _different(words: Iterable[str], told: Sequence[str] = ()) -> list[str]:
    return [word for word in dict.fromkeys(words) if word not in told]


def _standing(hit: Hit) -> Iterator[str]:
    """Tell how the answer stands to others on the same question, and what that does to its place."""
    if hit.superseded_by:
        yield "Svaret er erstattet af et andet og står derfor efter dem, der gælder."
    elif hit.fields.status == "foreløbigt":
        yield "Svaret er foreløbigt. Arkivet har ikke det endelige."
    elif hit.fields.kind in {"§20-svar", "udvalgssvar"}:
        yield "Arkivet har intet nyere svar, der erstatter dette."
    if hit.supplemented_by:
        yield "Et senere svar lægger noget til dette."


def _points(hit: Hit, explain: Explanation) -> str:
    rows = "".join(
        f"<tr><th scope='row'>{_PARTS.get(name) or quote(name)}</th><td>{_number(part, signed=True)}</td></tr>"
        for name, part in sorted(explain.parts.items(), key=lambda item: -abs(item[1]))
        if abs(part) >= _LEAST
    )
    return (
        "<table><caption>Hvad pladsen er gjort af</caption>"
        "<thead><tr><th scope='col'>Hvad der talte for, eller imod</th>"
        f"<th scope='col'>Point</th></tr></thead><tbody>{rows}</tbody>"
        f"<tfoot><tr><th scope='row'>I alt</th><td>{_number(hit.score)}</td></tr></tfoot></table>"
    )


def _number(value: float, *, signed: bool = False) -> str:
    """Write a number as Danes do, with a true minus."""
    return f"{value:{'+' if signed else ''}.2f}".replace(".", ",").replace("-", "−")


def _percent(share: float) -> str:
    return f"{max(0, round(100 * share))} %"
