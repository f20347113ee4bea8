"""Nothing of a question is kept anywhere, and nobody else is asked."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from bot.logs import JsonLines
from bot.server import create_app
from tests.conftest import EXAMPLES, ROOT
from tests.talk import ask, open_page, server

LOCAL = "http://127.0.0.1:7860"
CPR = "010190-1234"
# In every form in which it could be kept: as it was written, joined, and as words of an index.
TRACES = (CPR, CPR.replace("-", ""), "1234", "kvanterabarber", "annaholm")
QUESTION = f"Hvad gælder der for Kvanterabarber med cpr-nummer {CPR}?"
PEER = "10.99.88.77"


def traces(text: bytes) -> list[str]:
    """What of the question a text holds; numbers count only where they stand alone."""
    found = text.lower()
    return [trace for trace in TRACES if re.search(rb"(?<![0-9a-z])" + trace.encode() + rb"(?![0-9a-z])", found)]


async def talk(address: str) -> None:
    """Ask in every way there is, rightly and wrongly, with a login and from behind a proxy."""
    headers = {"X-Remote-User": "annaholm", "X-Forwarded-For": PEER}
    body = {"question": QUESTION, "previous": [QUESTION]}
    async with httpx.AsyncClient(base_url=address, headers=headers, timeout=60) as client:
        found = await client.post("/api/search", json=body)
        assert CPR in found.json()["question"]
        page = await open_page(client)
        said = await ask(client, page, QUESTION)
        assert 200 == said.status
        assert "kvanterabarber" in said.seen.lower()
        widget = await client.post("/widget", data={"question": QUESTION})
        assert "kvanterabarber" in widget.text.lower()
        # What goes wrong is what gets logged.
        for wrong in ({"question": QUESTION, "top": QUESTION}, {QUESTION: QUESTION}, {"question": QUESTION * 20}):
            assert 422 == (await client.post("/api/search", json=wrong)).status_code
        cut = client.post(
            "/api/search", content=f'{{"question": "{QUESTION}', headers={"Content-Type": "application/json"}
        )
        assert 400 == (await cut).status_code
        assert 404 == (await client.get(f"/kilde/{CPR}", params={"start": CPR})).status_code
        assert 404 == (await client.get(f"/{CPR}", params={"q": QUESTION})).status_code
        assert 200 == (await client.get("/", params={"q": QUESTION})).status_code
        for fields in (["x"], [QUESTION] * len(page.fields), [[QUESTION]] * len(page.fields)):
            said = await ask(client, page._replace(fields=fields, box=-1), QUESTION)
        assert 200 == (await client.get("/healthz")).status_code


def test_a_question_is_found_nowhere_afterwards(tmp_path: Path, examples_index: Path) -> None:
    """Asked in a real server with all its folders at hand, then ended: no file and no line holds a word of it."""
    for name in ("home", "tmp", "work"):
        (tmp_path / name).mkdir()
    shutil.copytree(examples_index, tmp_path / "index")
    places = {"HOME": "home", "TMPDIR": "tmp", "XDG_CACHE_HOME": "home", "GRADIO_TEMP_DIR": "tmp"}
    environment = os.environ | {name: str(tmp_path / place) for name, place in places.items()}
    options = ["--index", str(tmp_path / "index"), "--log-requests", "--metrics"]
    options += ["--trust-proxy", "127.0.0.1", "--login-header", "X-Remote-User"]
    printed = tmp_path / "printed.err"
    with (
        printed.open("w") as errors,
        server(*options, stderr=errors, cwd=tmp_path / "work", env=environment | {"PYTHONPATH": str(ROOT)}) as served,
    ):
        address, process = served
        asyncio.run(talk(address))
        figures = httpx.get(f"{address}/metrics").content
        process.terminate()
        process.wait(20)
        assert process.stdout is not None
        out = process.stdout.read().encode()
    lines = [json.loads(line) for line in printed.read_text().splitlines()]
    assert {"POST", "GET"} <= {line.get("method") for line in lines}
    assert {"/api/search", "/kilde/{document}", "-"} <= {line.get("route") for line in lines}
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.name == "manifest.json" for path in files)
    held = {str(path.relative_to(tmp_path)): traces(path.read_bytes()) for path in files}
    assert [] == [(name, found) for name, found in held.items() if found]
    assert [] == traces(out) + traces(figures)
    assert PEER not in printed.read_text()


def test_the_search_for_traces_finds_them(tmp_path: Path) -> None:
    """The test above would see a question in a file, in each of its forms."""
    for kept in (QUESTION, f'{{"q": "{CPR}"}}', "0101901234", "0101901234,kvanterabarber"):
        assert traces(kept.encode())
    assert [] == traces(b"f010190-1234a 201234 12345 kvanterabarbere")


def test_a_request_is_told_of_only_on_request(examples_index: Path, caplog: pytest.LogCaptureFixture) -> None:
    """By default no request is logged; where it is, by method, route, status and time."""
    with TestClient(create_app(examples_index), base_url=LOCAL) as client:
        client.get("/healthz")
        assert "spoergetime.requests" not in {record.name for record in caplog.records}
        with caplog.at_level("INFO", logger="spoergetime.requests"):
            client.get("/healthz?q=skolemad")
    line = json.loads(JsonLines().format(caplog.records[-1]))
    assert line.keys() == {"time", "level", "method", "route", "status", "ms"}
    assert ("GET", "/healthz", 200) == (line["method"], line["route"], line["status"])


def test_no_cookie_is_set(examples_index: Path) -> None:
    """No answer sets one: pages, the chat's own requests, refusals."""
    with TestClient(create_app(examples_index), base_url=LOCAL) as client:
        for path in ("/", "/config", "/stil/chat.css", "/kilde/nej", "/nej", "/widget", "/gradio_api/startup-events"):
            assert "set-cookie" not in client.get(path).headers
        assert "set-cookie" not in client.post("/api/search", json={"question": "skolemad"}).headers
        assert not client.cookies


GUARD = """
import asyncio, ipaddress, sys, threading, time
from pathlib import Path

tried = []

def guard(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.bind"):
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else "unix"
        if host not in ("unix", "localhost", "") and not ipaddress.ip_address(host.split("%")[0]).is_loopback:
            tried.append((event, host))
            raise OSError(f"{event} {host}")
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        host = arguments[0]
        if host not in (None, "", "localhost", "127.0.0.1", "::1", b"127.0.0.1"):
            tried.append((event, host))
            raise OSError(f"{event} {host}")

sys.addaudithook(guard)
import socket
try:
    socket.create_connection(("192.0.2.1", 9), 1)
    sys.exit("the guard does not guard")
except OSError:
    assert tried.pop() and not tried

import httpx, uvicorn
from bot.server import create_app
from index.build import build
from index.encoder import load
from tests.talk import ask, open_page

texts, index = map(Path, sys.argv[1:])
build([texts], index, load())
listener = socket.create_server(("127.0.0.1", 0))
server = uvicorn.Server(uvicorn.Config(create_app(index), log_level="warning", timeout_graceful_shutdown=1))
thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
thread.start()
while not server.started:
    time.sleep(0.02)

async def talk():
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=60) as client:
        found = (await client.post("/api/search", json={"question": "Hvad koster skolemad?"})).json()
        assert found["hits"]
        said = await ask(client, await open_page(client), "Hvad koster skolemad?")
        assert said.status == 200 and "st-kort" in said.seen, said
        for path in ("/", "/widget", "/kilde/" + found["hits"][0]["document"]["id"]):
            assert (await client.get(path)).status_code == 200, path

asyncio.run(talk())
server.should_exit = True
thread.join(20)
print("tried:", tried)
"""


@pytest.mark.parametrize("gradio", ["True", "False"], ids=["analytics asked for", "analytics refused"])
def test_nobody_is_called(tmp_path: Path, gradio: str) -> None:
    """Indexing, serving, asking and reading with every socket but loopback guarded: all works, and none was tried."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "GRADIO_ANALYTICS_ENABLED": gradio}
    done = subprocess.run(
        [sys.executable, "-c", GUARD, str(EXAMPLES), str(tmp_path / "index")],
        capture_output=True,
        text=True,
        env=environment,
        timeout=300,
    )
    assert ("tried: []", 0) == (
        done.stdout.strip().splitlines()[-1:][0] if done.stdout else done.stderr,
        done.returncode,
    )
