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
from corpus.records import Answer, Hit
from corpus.reference import danish_date
from index.filters import Filters

FORMAT = 1  # of the JSON; a higher number is another shape
# Whatever could begin markup: what documents say must neither be drawn as anything nor fetch anything.
_MARKUP = re.compile(r"[\\`*_\[\]<>&#!|~$]|^\s*[-+=]|^\s*\d{1,9}[.)]", re.MULTILINE)


def kept(answer: Answer, filters: Filters, address: str | None = None) -> Turn:
    """Give what a conversation keeps of an answer; `address` is the server's own, for links to the passages."""
    parts = [f"## {_text(answer.searched)}"]
    if limited := told(filters):
        parts.append(f"Afgrænset til: {_text(limited)}.")
    parts.append(". ".join(certainty(answer) or (NO_ANSWER,)))
    for hit in answer.hits:
        parts += _passage(hit, address)
    shape = answer_json(answer, roots=False)
    for shown, hit in zip(shape["hits"], answer.hits, strict=True):
        shown["csl"] = csl(hit, address)
    shape["filters"] = {name: value for name, value in asdict(filters).items() if value}
    return Turn(answer.searched, "\n\n".join(parts), json.dumps(shape, ensure_ascii=False))


def markdown(turns: Sequence[Turn]) -> str:
    """Give a conversation as Markdown, oldest question first; every passage is a quotation under its reference."""
    begin = f"Gemt {danish_date(date.today().isoformat())}. Svarene er ordrette uddrag."
    return "\n\n".join(("# Samtale med Spørgetime", begin, *(turn.markdown for turn in turns))) + "\n"


def as_json(turns: Sequence[Turn]) -> str:
    """Give a conversation as JSON: each answer as `POST /api/search` gives it, each hit with its CSL-JSON item."""
    conversation = [json.loads(turn.json) for turn in turns]
    saved = {"spoergetime": FORMAT, "saved": date.today().isoformat(), "conversation": conversation}
    return json.dumps(saved, ensure_ascii=False, indent=1) + "\n"


FORMS: dict[str, tuple[str, Callable[[Sequence[Turn]], str]]] = {  # by file name: what the button says
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
