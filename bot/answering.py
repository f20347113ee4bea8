"""Answers as they leave the server, each a function from JSON to JSON: in this process, or in one of its workers.

Searching and writing an answer as HTML is what costs a server its processor time; so both are done wherever there is a
core for it, and what passes between is plain JSON.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from bot.archive import Archive
from bot.cards import Tools, cards, summary
from bot.conversation import shown
from bot.export import kept
from bot.filtering import chosen
from bot.quote import quote
from bot.shape import answer_json
from index.filters import Filters

_written = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
Asked = Mapping[str, Any]


class Answering(Protocol):
    """Whatever answers; safe to share between threads."""

    timed: Callable[[float], None] | None  # is told the seconds of every answer

    def __call__(self, form: str, asked: Asked) -> bytes:
        """Give the answer in one of `FORMS`, as JSON; raise `RefusalError` if it cannot be searched."""
        ...


class Here:
    """Answers in this process."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self.timed: Callable[[float], None] | None = None

    def __call__(self, form: str, asked: Asked) -> bytes:
        """Give the answer."""
        started = time.perf_counter()
        answer = FORMS[form](self._archive, asked)
        if self.timed:
            self.timed(time.perf_counter() - started)
        return answer


def _search(archive: Archive, asked: Asked) -> bytes:
    """Answer a program."""
    filters = Filters(**asked["filters"]) if asked["filters"] else None
    answer = archive.ask(asked["question"], asked["top"], filters, asked["previous"], explain=asked["explain"])
    return _written(answer_json(answer, explain=asked["explain"], roots=False)).encode()


def _chat(archive: Archive, asked: Asked) -> bytes:
    """Answer a reader of the chat: what is shown, what is heard, and what the conversation keeps."""
    filters, tools = chosen(asked["sent"]), Tools(**asked["tools"])
    answer = archive.ask(asked["question"], filters=filters, previous=asked["previous"], explain=True)
    html = shown(answer, filters, tools)
    return _written({"html": html, "heard": summary(answer), **kept(answer, filters, tools.address)._asdict()}).encode()


def _widget(archive: Archive, asked: Asked) -> bytes:
    """Answer a reader of the widget."""
    answer = archive.ask(asked["question"], asked["top"], previous=asked["previous"])
    html = f'<section class="st-svar"><h2>{quote(answer.searched)}</h2>{cards(answer)}</section>'
    return _written({"html": html, "heard": summary(answer), "question": answer.searched}).encode()


FORMS: Mapping[str, Callable[[Archive, Asked], bytes]] = {"search": _search, "chat": _chat, "widget": _widget}
