"""The chat's own protocol, as its page speaks it: what tests and `make load` ask through."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import httpx


class Page(NamedTuple):
    """What the chat's page needs to know to ask: which function, and what its fields hold."""

    function: int
    trigger: int
    box: int  # the place of the question among the fields
    fields: list[Any]


class Said(NamedTuple):
    """How a question went: the status with which it was received, and what came back."""

    status: int
    seen: str  # all that is shown, as HTML; or the refusal


def page_of(config: Mapping[str, Any]) -> Page:
    """Read the page's configuration, as the browser does: what happens when »Spørg« is pressed."""
    components = {one["id"]: one for one in config["components"]}
    named = {one["props"].get("elem_id"): one["id"] for one in config["components"]}
    box, send = named["st-boks"], named["st-send"]
    asks = next(one for one in config["dependencies"] if [send, "click"] in one["targets"] and box in one["inputs"])
    state = {"state"}
    fields = [None if components[n]["type"] in state else components[n]["props"].get("value") for n in asks["inputs"]]
    return Page(asks["id"], send, asks["inputs"].index(box), fields)


async def open_page(client: httpx.AsyncClient) -> Page:
    """Get what the page is made of."""
    return page_of((await client.get("/config")).raise_for_status().json())


async def ask(client: httpx.AsyncClient, page: Page, question: str, session: str | None = None) -> Said:
    """Ask as a reader does: join the queue, and listen until it is answered."""
    session = session or uuid.uuid4().hex
    fields = [question if n == page.box else value for n, value in enumerate(page.fields)]
    body = {"data": fields, "fn_index": page.function, "session_hash": session, "trigger_id": page.trigger}
    joined = await client.post("/gradio_api/queue/join", json=body)
    if joined.status_code != 200:
        return Said(joined.status_code, joined.text)
    async with client.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as stream:
        async for line in stream.aiter_lines():
            message = json.loads(line.removeprefix("data:")) if line.startswith("data:") else {}
            if message.get("msg") == "process_completed":
                shown = " ".join(value for value in message["output"].get("data", []) if isinstance(value, str))
                return Said(200 if message["success"] else 500, shown)
            if message.get("msg") in {"unexpected_error", "server_stopped", "close_stream"}:
                return Said(500, json.dumps(message))
    return Said(500, "the stream ended")


def _hear() -> None:
    """Let SIGINT end the process even where the tests run in the background of a shell, which ignores it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def server(*options: str, **process: Any) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run `spoergetime serve` in a process of its own on a free port; it is asked to stop at the end."""
    command = [sys.executable, "-m", "bot.cli", "serve", "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=_hear, **process) as running:
        try:
            assert running.stdout is not None
            printed = running.stdout.readline()
            found = re.search(r"http://\S+", printed)
            assert found, f"it does not serve: {printed}"
            yield found[0], running
        finally:
            running.terminate()
            running.wait(20)
