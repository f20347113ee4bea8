"""The chat page, made with Gradio: a question box, and the answers with the newest on top."""

from __future__ import annotations

import os
import re
from datetime import date
from typing import Any, NamedTuple

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

import gradio as gr
from fastapi import FastAPI

from bot.archive import LOG, Archive, RefusalError
from bot.cards import cards, summary
from bot.examples import examples
from bot.quote import quote
from bot.terms import KINDS
from corpus.danish import iso_date
from index.filters import Filters

QUEUE = 200  # questions that may wait, a hundred readers twice over; more are told to try again
AT_ONCE = 4
KEPT = 20  # answers of a conversation
EXAMPLES = 3
_FAILED = "Der gik noget galt, da jeg søgte. Prøv igen om lidt."
_INTRODUCTION = (
    '<header class="st-hoved"><h1>Spørgetime</h1><p>Stil et spørgsmål på almindeligt dansk. Svarene er ordrette uddrag '
    "af dokumenterne i arkivet, hvert med sin kilde. Intet er skrevet af en maskine.</p></header>"
)
_FILTERS = {  # field of Filters -> (label, placeholder)
    "since": ("Fra dato", "f.eks. 1. januar 2012"),
    "until": ("Til dato", "f.eks. 2012-12-31"),
    "minister": ("Minister", "navn eller titel"),
    "ministry": ("Ministerium", ""),
    "asker": ("Spørger", "navn"),
    "party": ("Parti", "f.eks. SF"),
    "committee": ("Udvalg", "f.eks. AMU"),
    "session": ("Samling", "f.eks. 20111"),
}
_ANY_KIND = "Alle"


class Turn(NamedTuple):
    """One question of a conversation with its answer, as HTML."""

    question: str
    answer: str


def mount_chat(app: FastAPI, archive: Archive) -> None:
    """Mount the chat page at the root of an application."""
    gr.mount_gradio_app(
        app,
        chat_page(archive),
        path="/",
        theme=_theme(),
        footer_links=[],
        run_history=False,
        show_error=False,
        ssr_mode=False,
        mcp_server=False,
        enable_monitoring=False,
        pwa=False,
        max_file_size=0,
    )


def chat_page(archive: Archive) -> gr.Blocks:
    """Build the page over an archive."""
    known = _known_examples(archive)
    with gr.Blocks(title="Spørgetime", analytics_enabled=False) as page:
        turns = gr.State([], time_to_live=4 * 3600)
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
            with gr.Row(elem_id="st-eksempler"):
                buttons = [
                    gr.Button(
                        known[n] if n < len(known) else "",
                        visible=n < len(known),
                        size="sm",
                        elem_classes="st-eksempel",
                    )
                    for n in range(EXAMPLES)
                ]
            filters = _filter_fields()
        status = gr.HTML(
            "",
            elem_id="st-besked",
            apply_default_css=False,
            js_on_load="element.setAttribute('role', 'status'); element.setAttribute('aria-live', 'polite');",
        )
        conversation = gr.HTML("", elem_id="st-samtale", apply_default_css=False, js_on_load=None)
        clear = gr.Button("Ryd samtalen", size="sm", visible=False, elem_id="st-ryd")

        def ask(question: str, so_far: list[Turn], kind: str, *values: str) -> tuple[Any, ...]:
            return _ask(archive, question, so_far, kind, values)

        outputs = [box, status, conversation, turns, clear]
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        inputs = [turns, *filters]
        gr.on([send.click, box.submit], ask, [box, *inputs], outputs, trigger_mode="once", **quiet)
        for button in buttons:
            button.click(ask, [button, *inputs], outputs, trigger_mode="once", **quiet)
        clear.click(lambda: ("", "", "", [], gr.Button(visible=False)), None, outputs, queue=False, **quiet)
        page.load(lambda: _example_buttons(archive), None, buttons, queue=False, **quiet)
    page.queue(max_size=QUEUE, default_concurrency_limit=AT_ONCE, api_open=False)
    assert isinstance(page, gr.Blocks)
    return page


def conversation_html(turns: list[Turn]) -> str:
    """Give a conversation with the newest answer open on top, and the earlier ones folded below."""
    if not turns:
        return ""
    *earlier, newest = turns
    shown = f'<section class="st-svar"><h2>{quote(newest.question)}</h2>{newest.answer}</section>'
    if earlier:
        folded = "".join(
            f"<details><summary>{quote(turn.question)}</summary>{turn.answer}</details>" for turn in reversed(earlier)
        )
        shown += f'<section class="st-tidligere"><h2>Tidligere spørgsmål</h2>{folded}</section>'
    return shown


def rewritten(page: str) -> str:
    """Give Gradio's page with its language, and with our style sheets before anything is drawn."""
    page = re.sub(r"(<html\b[^>]*?\blang=)\"en\"", r'\1"da"', page, count=1)
    page = re.sub(r"<meta\s+(?:property|name)=\"(?:og|twitter):[^>]*?/>", "", page)
    head = (
        "<title>Spørgetime</title>"
        '<link rel="stylesheet" href="stil/faelles.css"><link rel="stylesheet" href="stil/chat.css">'
        '<script src="stil/dansk.js"></script>'
    )
    noscript = "<noscript><p>Spørgetime kræver, at JavaScript er slået til i din browser.</p></noscript>"
    page = page.replace("</head>", f"{head}</head>", 1)
    return page.replace("<gradio-app", f"{noscript}<gradio-app", 1)


def _ask(archive: Archive, question: str, turns: list[Turn], kind: str, values: tuple[str, ...]) -> tuple[Any, ...]:
    kept = [Turn(*turn) for turn in turns][-(KEPT - 1) :]
    try:
        before = [turn.question for turn in kept]
        answer = archive.ask(question or "", filters=_filters(kind, values), previous=before)
        html, said = cards(answer), summary(answer)
    except RefusalError as refusal:
        return gr.skip(), _told(str(refusal)), gr.skip(), gr.skip(), gr.skip()
    except Exception as error:  # the reader gets a sentence; the log gets no word of the question
        LOG.error("a question failed: %s", type(error).__name__)
        return gr.skip(), _told(_FAILED), gr.skip(), gr.skip(), gr.skip()
    kept.append(Turn(answer.searched, html))
    heard = f'<p class="st-skjult">{said}</p>'
    return "", heard, conversation_html(kept), kept, gr.Button(visible=True)


def _told(sentence: str) -> str:
    return f'<p class="st-fejl">{quote(sentence)}</p>'


def _filter_fields() -> list[gr.components.Component]:
    with gr.Accordion("Afgræns søgningen", open=False, elem_id="st-filtre"):
        kinds = [(_ANY_KIND, ""), *((name, kind) for kind, name in KINDS.items())]
        kind = gr.Radio(kinds, value="", label="Dokumenttype", elem_id="st-type")
        with gr.Row():
            return [
                kind,
                *(
                    gr.Textbox(label=label, placeholder=placeholder, max_length=100, min_width=200)
                    for label, placeholder in _FILTERS.values()
                ),
            ]


def _filters(kind: str, values: tuple[str, ...]) -> Filters:
    given = {name: (value or "").strip()[:100] or None for name, value in zip(_FILTERS, values, strict=True)}
    for name, last in (("since", False), ("until", True)):
        if given[name]:
            given[name] = _day(given[name] or "", last=last)
    return Filters(kind=kind or None, **given)


def _day(written: str, *, last: bool) -> str:
    """Read a day as people write it; a year alone is its first or last day."""
    if re.fullmatch(r"(?:19|20)\d{2}", written):
        return f"{written}-12-31" if last else f"{written}-01-01"
    found = iso_date(written)
    if found is None:
        label = _FILTERS["until" if last else "since"][0]
        raise RefusalError(f"Jeg forstår ikke datoen i »{label}«. Skriv den for eksempel som {_example_day()}.")
    return found


def _example_day() -> str:
    return f"31-12-{date.today().year - 1}"


def _known_examples(archive: Archive) -> list[str]:
    searcher = archive.searcher()
    try:
        return examples(searcher, EXAMPLES) if searcher else []
    except Exception as error:  # the page is there without them
        LOG.error("no example questions: %s", type(error).__name__)
        return []


def _example_buttons(archive: Archive) -> list[gr.Button]:
    known = _known_examples(archive)
    return [gr.Button(known[n], visible=True) if n < len(known) else gr.Button(visible=False) for n in range(EXAMPLES)]


def _theme() -> gr.themes.Base:
    """Give a theme whose colours are those of our style sheet, so that light and dark are decided in one place."""
    sans = ["system-ui", "Segoe UI", "Roboto", "Liberation Sans", "sans-serif"]
    theme = gr.themes.Base(font=sans, font_mono=["monospace"], radius_size=gr.themes.sizes.radius_sm)
    colours = {
        "body_background_fill": "var(--side)",
        "body_text_color": "var(--tekst)",
        "body_text_color_subdued": "var(--daempet)",
        "background_fill_primary": "var(--flade)",
        "background_fill_secondary": "var(--side)",
        "block_background_fill": "transparent",
        "block_border_color": "var(--streg)",
        "block_label_text_color": "var(--tekst)",
        "block_title_text_color": "var(--tekst)",
        "border_color_primary": "var(--streg)",
        "input_background_fill": "var(--flade)",
        "input_background_fill_focus": "var(--flade)",
        "input_border_color": "var(--kant)",
        "input_border_color_focus": "var(--link)",
        "input_placeholder_color": "var(--daempet)",
        "button_primary_background_fill": "var(--knap)",
        "button_primary_background_fill_hover": "var(--knap-over)",
        "button_primary_text_color": "var(--knap-tekst)",
        "button_secondary_background_fill": "var(--flade)",
        "button_secondary_background_fill_hover": "var(--svag)",
        "button_secondary_text_color": "var(--tekst)",
        "link_text_color": "var(--link)",
        "color_accent_soft": "var(--svag)",
        "checkbox_background_color": "var(--flade)",
        "checkbox_background_color_selected": "var(--knap)",
        "checkbox_border_color": "var(--kant)",
        "checkbox_border_color_selected": "var(--knap)",
        "checkbox_label_background_fill": "var(--flade)",
        "checkbox_label_background_fill_hover": "var(--svag)",
        "checkbox_label_background_fill_selected": "var(--flade)",
        "checkbox_label_text_color": "var(--tekst)",
        "checkbox_label_text_color_selected": "var(--tekst)",
    }
    return theme.set(**colours, **{f"{name}_dark": value for name, value in colours.items()})
