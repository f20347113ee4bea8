"""A conversation with its citations as a file for the reader to keep: Markdown, or JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import date

from bot.citing import csl, folketinget, source_address
from bot.conversation import Turn
from bot.filtering import told
from bot.quote import plain
from bot.remarks import NO_ANSWER, certainty
from bot.shape import answer_json
from corpus.records import Hit
from corpus.reference import danish_date

FORMAT = 1  # of the JSON; a higher number is another shape
# Whatever could begin markup: what documents say must neither be drawn as anything nor fetch anything.
_MARKUP = re.compile(r"[\\`*_\[\]<>&#!|~$]|^\s*[-+=]|^\s*\d{1,9}[.)]", re.MULTILINE)


def markdown(turns: Sequence[Turn], address: str | None = None) -> str:
    """Give a conversation as Markdown, oldest question first; every passage is a quotation under its reference."""
    parts = ["# Samtale med Spørgetime", f"Gemt {danish_date(date.today().isoformat())}. Svarene er ordrette uddrag."]
    for turn in turns:
        parts.append(f"## {_text(turn.question)}")
        if limited := told(turn.filters):
            parts.append(f"Afgrænset til: {_text(limited)}.")
        answer = turn.answer
        parts.append(". ".join(certainty(answer) or (NO_ANSWER,)))
        for hit in answer.hits:
            parts += _passage(hit, address)
    return "\n\n".join(parts) + "\n"


def as_json(turns: Sequence[Turn], address: str | None = None) -> str:
    """Give a conversation as JSON: each answer as `POST /api/search` gives it, each hit with its CSL-JSON item."""
    conversation = []
    for turn in turns:
        shape = answer_json(turn.answer, roots=False)
        for shown, hit in zip(shape["hits"], turn.answer.hits, strict=True):
            shown["csl"] = csl(hit, address)
        filters = {name: value for name, value in asdict(turn.filters).items() if value}
        conversation.append({**shape, "filters": filters})
    saved = {"spoergetime": FORMAT, "saved": date.today().isoformat(), "conversation": conversation}
    return json.dumps(saved, ensure_ascii=False, indent=1) + "\n"


FORMS: dict[str, tuple[str, Callable[[Sequence[Turn], str | None], str]]] = {  # by file name: what the button says
    "spoergetime.md": ("Gem som Markdown", markdown),
    "spoergetime.json": ("Gem som JSON", as_json),
}


def _passage(hit: Hit, address: str | None) -> Iterator[str]:
    yield f"### {hit.rank}. {_text(hit.reference)}"
    yield "\n>\n".join(f"> {_text(line)}" for line in hit.passage.text.split("\n") if line)
    if hit.superseded_by:
        yield f"Erstattet af: {_text(hit.superseded_by.reference)}."
    # An address of our own may be a link: it holds nothing that others wrote.
    link = source_address(hit, address)
    yield f"Kilde: {_text(folketinget(hit))}{f', <{link}>' if link else ''}"


def _text(text: str) -> str:
    """Give text that is shown as it is, whatever program reads the file."""
    return _MARKUP.sub(lambda match: f"{match[0][:-1]}\\{match[0][-1]}", plain(text))
