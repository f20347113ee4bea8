"""A conversation: what is kept of its questions and answers, and how the page shows an answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from bot.cards import Tools, cards
from bot.filtering import fragment, told
from bot.quote import quote
from corpus.records import Answer
from index.filters import Filters


class Turn(NamedTuple):
    """One question of a conversation, as it was searched, and its answer as it can be saved."""

    question: str
    markdown: str
    json: str


class Conversation:
    """What one reader has asked, oldest first; replaced with every question, never changed.

    A class and no tuple, because Gradio hashes what it keeps between events, down to the last letter of a tuple.
    """

    def __init__(self, turns: Sequence[Turn] = (), asked: int = 0) -> None:
        self.turns = tuple(turns)
        self.asked = asked  # so often in all, also what is no longer kept


def shown(answer: Answer, filters: Filters, tools: Tools) -> str:
    """Give an answer as HTML; the page's script folds those before it."""
    limited = told(filters)
    about = f'<p class="st-soegte">Afgrænset til: {quote(limited)}.</p>' if limited else ""
    link = (
        f'<p class="st-link"><button type="button" data-link="{quote(fragment(answer.searched, filters))}">'
        "Kopiér link til spørgsmålet</button></p><pre hidden></pre>"
    )
    return f'<section class="st-svar"><h2>{quote(answer.searched)}</h2>{about}{cards(answer, tools)}{link}</section>'
