"""A conversation: its questions with their answers, and how the page shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from bot.cards import Tools, cards
from bot.filtering import fragment, told
from bot.quote import quote
from corpus.records import Answer
from index.filters import Filters


class Turn(NamedTuple):
    """One question of a conversation, as it was searched, with its answer."""

    question: str
    filters: Filters
    answer: Answer
    html: str  # made once, since it is shown again with every question that follows


class Conversation:
    """What one reader has asked, oldest first; replaced with every question, never changed.

    A class and no tuple, because Gradio hashes what it keeps between events, down to the last letter of a tuple.
    """

    def __init__(self, turns: Sequence[Turn] = ()) -> None:
        self.turns = tuple(turns)


def turn(answer: Answer, filters: Filters, tools: Tools) -> Turn:
    """Give an answer its place in a conversation."""
    limited = told(filters)
    shown = f'<p class="st-soegte">Afgrænset til: {quote(limited)}.</p>' if limited else ""
    link = (
        f'<p class="st-link"><button type="button" data-link="{quote(fragment(answer.searched, filters))}">'
        "Kopiér link til spørgsmålet</button></p><pre hidden></pre>"
    )
    return Turn(answer.searched, filters, answer, f"{shown}{cards(answer, tools)}{link}")


def conversation_html(turns: Sequence[Turn]) -> str:
    """Give a conversation with the newest answer open on top, and the earlier ones folded below."""
    if not turns:
        return ""
    *earlier, newest = turns
    shown = f'<section class="st-svar"><h2>{quote(newest.question)}</h2>{newest.html}</section>'
    if earlier:
        folded = "".join(
            f"<details><summary>{quote(turn.question)}</summary>{turn.html}</details>" for turn in reversed(earlier)
        )
        shown += f'<section class="st-tidligere"><h2>Tidligere spørgsmål</h2>{folded}</section>'
    return shown
