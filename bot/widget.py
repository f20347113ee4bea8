"""The widget: a slim page made to be framed by other sites, and the script by which they open it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, quote_plus

from fastapi import FastAPI, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, Response

from bot.answering import Answering
from bot.archive import LOG, NOT_READY, Archive, RefusalError
from bot.examples import examples
from bot.quote import quote
from bot.shell import WIDGET

SCRIPT = Path(__file__).parent / "static" / "widget.js"
# The page sets no text as markup: it moves nodes of the answer, which the browser has parsed as a document.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "require-trusted-types-for 'script'; base-uri 'none'; form-action 'self'"
)
_TOP = 3
_EXAMPLES = 2
_KEPT = 5  # earlier questions; search looks no further back
_CARRIED = 6_000  # bytes of earlier questions in a form, which may be 16 KiB in all
_INTRODUCTION = "Svarene er ordrette uddrag af dokumenterne i arkivet, hvert med sin kilde."


class Asked(NamedTuple):
    """One exchange: what was asked, with what it goes on from, and what is answered or objected."""

    previous: Sequence[str] = ()
    question: str = ""  # what stays in the box
    message: str = ""  # HTML
    answer: str = ""  # HTML


def add_widget(app: FastAPI, archive: Archive, answering: Answering, origins: Sequence[str]) -> None:
    """Add the widget's page and script; pages of `origins` may frame it and talk to it."""
    script = SCRIPT.read_bytes()

    @app.get("/widget.js", include_in_schema=False)
    def loader() -> Response:
        # Any page may load it, also by its hash, which takes CORS; what it opens is another matter.
        headers = {
            "Access-Control-Allow-Origin": "*",
            "Cross-Origin-Resource-Policy": "cross-origin",
            "Cache-Control": "public, max-age=3600",
        }
        return Response(script, media_type="text/javascript", headers=headers)

    @app.get(WIDGET, include_in_schema=False)
    def opened() -> Response:
        return _response(archive, origins, Asked())

    @app.post(WIDGET, include_in_schema=False)
    async def asked(request: Request) -> Response:
        form = parse_qs((await request.body()).decode("utf-8", "replace"))
        return await run_in_threadpool(_answered, archive, answering, origins, form)


def widget_page(asked: Asked, origins: Sequence[str] = (), suggested: Sequence[str] = ()) -> str:
    """Give the slim page, which works without its script too; `origins` are those its script listens to."""
    previous = "".join(f'<input type="hidden" name="previous" value="{quote(text)}">' for text in asked.previous)
    buttons = "".join(f'<button name="question" value="{quote(text)}">{quote(text)}</button>' for text in suggested)
    offered = f'<div id="eksempler"><p>Prøv for eksempel</p>{buttons}</div>' if suggested else ""
    return (
        f'<!doctype html><html lang="da" data-origins="{quote(" ".join(origins))}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        # Else a form that is sent without the script comes from "null", which the shell refuses.
        '<meta name="referrer" content="same-origin"><title>Spørgetime</title>'
        '<link rel="stylesheet" href="stil/faelles.css"><link rel="stylesheet" href="stil/chat.css">'
        '<link rel="stylesheet" href="stil/ramme.css"><script src="stil/fold.js" defer></script>'
        '<script src="stil/ramme.js" defer></script></head><body><main>'
        f"<h1>Spørgetime</h1><p>{_INTRODUCTION}</p>"
        '<form method="post" action="widget"><label for="boks">Dit spørgsmål</label>'
        '<textarea id="boks" name="question" rows="2" maxlength="4000" autocomplete="off" enterkeyhint="send">'
        f'{quote(asked.question)}</textarea><button id="send">Spørg</button>'
        f'<div id="forrige" hidden>{previous}</div>{offered}</form>'
        f'<div id="besked" role="status" aria-live="polite">{asked.message}</div>'
        f'<div id="st-samtale">{asked.answer}</div>'
        '<p class="fuld"><a href="./" target="_blank" rel="noopener">Åbn hele Spørgetime'
        '<span class="st-skjult"> (åbner i et nyt vindue)</span></a></p></main></body></html>'
    )


def _answered(archive: Archive, answering: Answering, origins: Sequence[str], form: dict[str, list[str]]) -> Response:
    question, previous = form.get("question", [""])[-1], form.get("previous", [])[-_KEPT:]
    try:
        answer = json.loads(answering("widget", {"question": question, "top": _TOP, "previous": previous}))
    except RefusalError as refusal:
        told = f'<p class="st-fejl">{quote(str(refusal))}</p>'
        status = 503 if str(refusal) == NOT_READY else 422
        return _response(archive, origins, Asked(_carried(previous), question, told), status)
    heard = f'<p class="st-skjult">{quote(answer["heard"])}</p>'
    return _response(archive, origins, Asked(_carried([*previous, answer["question"]]), "", heard, answer["html"]))


def _response(archive: Archive, origins: Sequence[str], asked: Asked, status: int = 200) -> Response:
    suggested = [] if asked.answer else _suggested(archive)
    page = widget_page(asked, origins, suggested)
    return HTMLResponse(page, status, {"Content-Security-Policy": POLICY})


def _suggested(archive: Archive) -> list[str]:
    searcher = archive.searcher()
    try:
        return examples(searcher, _EXAMPLES) if searcher else []
    except Exception as error:  # the page is there without them
        LOG.error("no example questions: %s", type(error).__name__)
        return []


def _carried(questions: Sequence[str]) -> list[str]:
    """Keep the newest of the questions, as many as a form can carry; oldest first."""
    kept: list[str] = []
    room = _CARRIED
    for question in reversed(questions):
        room -= len(quote_plus(question, errors="replace")) + len("&previous=")
        if room < 0:
            break
        kept.append(question)
    return kept[::-1]
