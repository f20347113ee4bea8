"""The chat page, made with Gradio: a question box, and the answers with the newest on top."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import Callable, Sized
from functools import partial
from importlib.util import find_spec
from typing import Any, NoReturn

# Gradio reads these when it is imported; it must call nobody, and remember no question in the browser.
os.environ |= {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "GRADIO_RUN_HISTORY": "False",
    "GRADIO_SSR_MODE": "False",
    "GRADIO_MCP_SERVER": "False",
    # It would sum up all earlier events anew at each event, with pandas, for a page that is closed here.
    "GRADIO_ANALYTICS_CACHE_FREQUENCY": "1000000000",
    "GRADIO_ANALYTICS_MAX_EVENTS": "100",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
}

if find_spec("matplotlib") is None:
    sys.modules["matplotlib"] = None  # type: ignore[assignment] # Gradio looks for it at each event, in every folder

import gradio as gr
import gradio.processing_utils
import gradio.queueing
import gradio.routes
from fastapi import FastAPI

from bot.answering import Answering
from bot.archive import LOG, Archive, RefusalError
from bot.cards import Tools
from bot.choices import choices
from bot.conversation import Conversation, Turn
from bot.examples import examples
from bot.export import FORMS
from bot.filtering import form, suggestions
from bot.limits import AT_ONCE
from bot.logs import hush
from bot.operation import DEFAULT, Operation
from bot.quote import quote
from bot.shell import where
from bot.theme import theme

KEPT = 20  # answers of a conversation
EXAMPLES = 3
_FAILED = "Der gik noget galt, da jeg søgte. Prøv igen om lidt."
_SLOW = "Det tog for lang tid at søge. Prøv igen om lidt."
# What the page's script does before a question is sent.
_FILTERED = "(question, turns, _) => [question, turns, spoergetime.asking(question)]"
_SEARCHING = "() => '<p class=\"st-soeger\">Søger …</p>'"
# What Gradio fetches or copies a file with that an event names.
_FETCHING = (
    *("async_ssrf_protected_get", "async_ssrf_protected_download", "ssrf_protected_download"),
    *("save_url_to_cache", "unsafe_download", "save_file_to_cache"),
)
_INTRODUCTION = (
    '<header class="st-hoved"><h1>Spørgetime</h1><p>Stil et spørgsmål på almindeligt dansk. Svarene er ordrette uddrag '
    "af dokumenterne i arkivet, hvert med sin kilde. Intet er skrevet af en maskine.</p></header>"
)


def mount_chat(
    app: FastAPI,
    archive: Archive,
    answering: Answering,
    operation: Operation = DEFAULT,
    tools: Tools = Tools(),  # noqa: B008 - frozen
) -> Sized:
    """Mount the chat page at the root of an application; give the queue of questions that wait."""
    hush(gradio.queueing, gradio.routes)
    for name in _FETCHING:
        setattr(gradio.processing_utils, name, _no_file)
    page = chat_page(archive, answering, operation, tools)
    gr.mount_gradio_app(
        app,
        page,
        path="/",
        theme=theme(),
        footer_links=[],
        run_history=False,
        show_error=False,
        ssr_mode=False,
        mcp_server=False,
        enable_monitoring=False,
        pwa=False,
        max_file_size=0,
    )
    queue: Sized = page._queue
    return queue


def chat_page(
    archive: Archive,
    answering: Answering,
    operation: Operation = DEFAULT,
    tools: Tools = Tools(),  # noqa: B008 - frozen
) -> gr.Blocks:
    """Build the page over an archive, and over what answers from it."""
    with gr.Blocks(title="Spørgetime", analytics_enabled=False) as page:
        turns = gr.State(Conversation(), time_to_live=4 * 3600)
        gr.HTML(_INTRODUCTION, apply_default_css=False)
        with gr.Column(elem_id="st-form"):
            with gr.Row(elem_id="st-linje"):
                box = gr.Textbox(
                    label="Dit spørgsmål",
                    placeholder="Skriv dit spørgsmål her",
                    lines=1,
                    max_lines=6,
                    max_length=4 * 1000,  # longer than what is searched, so that nothing is cut off silently
                    autofocus=True,
                    elem_id="st-boks",
                    scale=1,
                )
                send = gr.Button("Spørg", variant="primary", elem_id="st-send", scale=0, min_width=96)
            offered = gr.HTML(_offered(archive), elem_id="st-eksempler", apply_default_css=False, js_on_load=None)
            gr.HTML(form(), apply_default_css=False, js_on_load=None)
            # Filled in by the script from the fields above, in the moment of asking.
            filters = gr.Textbox("", visible=False)
        status = gr.HTML(
            "",
            elem_id="st-besked",
            apply_default_css=False,
            js_on_load="element.setAttribute('role', 'status'); element.setAttribute('aria-live', 'polite');",
        )
        # The newest answer arrives in the one; the script takes it from there to the other, where it stays as it is.
        arrived = gr.HTML("", elem_id="st-nyt", apply_default_css=False, js_on_load=None)
        gr.HTML('<div id="st-samtale"></div>', apply_default_css=False, js_on_load=None)
        with gr.Row(elem_id="st-bund"):
            saves = [gr.Button(name, size="sm") for name, _ in FORMS.values()]
            clear = gr.Button("Ryd samtalen", size="sm")
        saved = gr.Textbox("", visible=False)

        async def ask(question: str, so_far: Conversation, sent: str) -> tuple[Any, ...]:
            asked = asyncio.to_thread(_ask, answering, question, so_far, sent, tools)
            try:
                return await asyncio.wait_for(asked, operation.seconds)
            except TimeoutError:
                return _told(_SLOW), gr.skip(), gr.skip()

        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        triggers = [send.click, box.submit]
        gr.on(triggers, None, None, status, js=_SEARCHING, **quiet)
        inputs, outputs = [box, turns, filters], [status, arrived, turns]
        asked = gr.on(triggers, ask, inputs, outputs, trigger_mode="once", js=_FILTERED, **quiet)
        asked.failure(None, None, status, js="() => ''", **quiet)  # a message stands in its place
        for button, (name, (_, written)) in zip(saves, FORMS.items(), strict=True):
            # The file is made in the browser of what comes back: nothing is stored on the server.
            button.click(partial(_export, written), [turns], saved, **quiet).success(
                None, [saved], None, js=f"(text) => spoergetime.save({name!r}, text)", **quiet
            )
        emptied = clear.click(lambda: ("", "", Conversation()), None, outputs, queue=False, **quiet)
        emptied.success(None, None, None, js="() => spoergetime.clear()", **quiet)
        page.load(lambda: _offered(archive), None, offered, queue=False, **quiet)
    # By itself it would tell all who wait of their place whenever one is answered: a hundred messages for each answer.
    page.queue(status_update_rate=3600, max_size=operation.queue, default_concurrency_limit=AT_ONCE, api_open=False)
    assert isinstance(page, gr.Blocks)
    return page


def rewritten(page: str) -> str:
    """Give Gradio's page with its language, and with our style sheets before anything is drawn."""
    page = re.sub(r"(<html\b[^>]*?\blang=)\"en\"", r'\1"da"', page, count=1)
    page = re.sub(r"<meta\s+(?:property|name)=\"(?:og|twitter):[^>]*?/>", "", page)
    head = (
        "<title>Spørgetime</title>"
        '<link rel="stylesheet" href="stil/faelles.css"><link rel="stylesheet" href="stil/chat.css">'
        '<script src="stil/dansk.js"></script><script src="stil/fold.js"></script>'
        '<script src="stil/samtale.js"></script>'
    )
    noscript = "<noscript><p>Spørgetime kræver, at JavaScript er slået til i din browser.</p></noscript>"
    page = page.replace("</head>", f"{head}</head>", 1)
    return page.replace("<gradio-app", f"{noscript}<gradio-app", 1)


def _ask(answering: Answering, question: str, so_far: Conversation, sent: str, tools: Tools) -> tuple[Any, ...]:
    kept = so_far.turns[-(KEPT - 1) :]
    asked = {"question": question or "", "sent": sent or "", "previous": [one.question for one in kept]}
    try:
        answer = json.loads(answering("chat", {**asked, "tools": tools._asdict()}))
    except RefusalError as refusal:
        return _told(str(refusal)), gr.skip(), gr.skip()
    except Exception as error:  # the reader gets a sentence; the log gets no word of the question
        LOG.error("a question failed: %s", where(error))
        return _told(_FAILED), gr.skip(), gr.skip()
    turn = Turn(answer["question"], answer["markdown"], answer["json"])
    heard = f'<p class="st-skjult">{quote(answer["heard"])}</p>'
    # Numbered, since what is the same as before would not arrive.
    arrived = f'<div data-nr="{so_far.asked + 1}">{answer["html"]}</div>'
    return heard, arrived, Conversation((*kept, turn), so_far.asked + 1)


def _no_file(*_: object, **__: object) -> NoReturn:
    """Refuse to fetch or copy a file."""
    raise PermissionError("no file belongs to a question")


def _export(written: Callable[..., str], so_far: Conversation) -> str:
    return written(so_far.turns)


def _told(sentence: str) -> str:
    return f'<p class="st-fejl">{quote(sentence)}</p>'


def _offered(archive: Archive) -> str:
    """Give the example questions, and the values that the filters' fields suggest."""
    searcher = archive.searcher()
    try:
        if searcher is None:
            return ""
        known = "".join(
            f'<button type="button" class="st-eksempel">{quote(one)}</button>' for one in examples(searcher, EXAMPLES)
        )
        return f"<div>{known}</div>{suggestions(choices(searcher))}"
    except Exception as error:  # the page is there without them
        LOG.error("nothing to offer: %s", where(error))
        return ""
