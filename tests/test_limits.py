"""What the server takes on: so much of one client, so many searches at a time, each for so long."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import Any

import httpx
from starlette.testclient import TestClient

from bot.archive import Archive
from bot.limits import AT_ONCE, Rate, Waiting
from bot.operation import Operation
from bot.server import create_app
from tests.conftest import until
from tests.talk import ask, open_page

LOCAL = "http://127.0.0.1:7860"
QUESTION = {"question": "Hvad koster skolemad?"}
BUSY = "Der er mange, der spørger lige nu. Prøv igen om lidt."


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Held(Archive):
    """An archive whose searches begin, and end only when they are let go."""

    def __init__(self, index: Path) -> None:
        super().__init__(index)
        self.free = threading.Event()
        self.begun = 0

    def ask(self, *arguments: Any, **named: Any) -> Any:
        self.begun += 1
        self.free.wait(30)
        return super().ask(*arguments, **named)


@contextmanager
def asked_together(client: TestClient, count: int, path: str = "/api/search") -> Iterator[list[httpx.Response]]:
    """Let so many ask at once; their answers are there at the end."""
    answers: list[httpx.Response] = []
    threads = [
        threading.Thread(target=lambda: answers.append(client.post(path, json=QUESTION)), daemon=True)
        for _ in range(count)
    ]
    for thread in threads:
        thread.start()
    yield answers
    for thread in threads:
        thread.join(30)


# One client


def test_a_bucket_is_a_minutes_worth_and_refills_evenly() -> None:
    """Sixty at once, then one a second; the wait that is told is the one that helps."""
    clock = Clock()
    rate = Rate(60, clock=clock)
    assert [0] * 60 == [rate.wait("10.0.0.1") for _ in range(60)]
    assert 1 == rate.wait("10.0.0.1")
    clock.now += 1
    assert (0, 1) == (rate.wait("10.0.0.1"), rate.wait("10.0.0.1"))
    clock.now += 3600
    assert [0] * 60 == [rate.wait("10.0.0.1") for _ in range(60)]
    assert 1 == rate.wait("10.0.0.1")


def test_a_slow_rate_tells_a_long_wait() -> None:
    """At two a minute the third must wait half a minute."""
    rate = Rate(2, clock=Clock())
    assert [0, 0, 30] == [rate.wait("a") for _ in range(3)]


def test_clients_do_not_share_a_bucket() -> None:
    """One that has used its own up takes nothing from another; without a rate nobody waits."""
    rate = Rate(1, clock=Clock())
    assert [0, 60, 0] == [rate.wait(client) for client in ("10.0.0.1", "10.0.0.1", "10.0.0.2")]
    assert [0] * 1000 == [Rate(0).wait("10.0.0.1") for _ in range(1000)]


def test_an_ipv6_household_is_one_client() -> None:
    """Whoever has a network of addresses has one bucket, and an IPv4 address is the same in both forms."""
    rate = Rate(1, clock=Clock())
    assert [0, 60, 0] == [rate.wait(client) for client in ("2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:1::1")]
    assert [0, 60] == [rate.wait(client) for client in ("10.0.0.1", "::ffff:10.0.0.1")]


def test_memory_is_bounded() -> None:
    """However many addresses ask, only so many are remembered, and the newest are."""
    rate = Rate(1, clients=100, clock=Clock())
    for n in range(1000):
        rate.wait(f"10.0.{n // 256}.{n % 256}")
    assert 100 == len(rate)
    assert 60 == rate.wait("10.0.3.231")


def test_too_many_requests_are_told_when_to_come_again(examples_index: Path) -> None:
    """429 in Danish with Retry-After, for programs, pages and the chat alike; scripts, styles and probes go on."""
    app = create_app(examples_index, operation=Operation(rate=3))
    with TestClient(app, base_url=LOCAL) as client:
        assert [200] * 3 == [client.post("/api/search", json=QUESTION).status_code for _ in range(3)]
        refused = client.post("/api/search", json=QUESTION)
        assert (429, "20") == (refused.status_code, refused.headers["retry-after"])
        assert refused.json()["error"].endswith("Prøv igen om lidt.")
        assert "nosniff" == refused.headers["x-content-type-options"]
        chat = client.post("/gradio_api/queue/join", json={})
        assert (429, refused.json()["error"]) == (chat.status_code, chat.json()["detail"])
        page = client.get("/kilde/" + "0" * 16, headers={"Accept": "text/html"})
        assert (429, True) == (page.status_code, "Prøv igen om lidt." in unescape(page.text))
        for free in ("/stil/chat.css", "/healthz", "/readyz"):
            assert 200 == client.get(free).status_code


def test_behind_a_proxy_each_reader_is_a_client(examples_index: Path) -> None:
    """The address that a trusted proxy names is counted; one that somebody else names is not."""
    for trusted, statuses in (("127.0.0.1",), [200, 200]), ((), [200, 429]):
        app = create_app(examples_index, operation=Operation(rate=1, trusted=trusted))
        with TestClient(app, base_url=LOCAL, client=("127.0.0.1", 5)) as client:
            asked = [
                client.post("/api/search", json=QUESTION, headers={"X-Forwarded-For": f"10.0.0.{n}"}).status_code
                for n in range(2)
            ]
            assert statuses == asked


# Many at once


def test_a_full_queue_is_told_in_danish(examples_index: Path) -> None:
    """So many search, so many wait, the next is told to try again; when they are done, it is answered."""
    archive = Held(examples_index)
    app = create_app(examples_index, archive=archive, operation=Operation(queue=2, metrics=True))
    with TestClient(app, base_url=LOCAL) as client, asked_together(client, AT_ONCE + 2) as answers:
        until(lambda: archive.begun == AT_ONCE)
        until(lambda: "spoergetime_queue_length 2\n" in client.get("/metrics").text)
        refused = client.post("/api/search", json=QUESTION)
        assert (503, {"error": BUSY}) == (refused.status_code, refused.json())
        assert refused.headers["retry-after"].isdigit()
        assert AT_ONCE == archive.begun
        assert 200 == client.get("/healthz").status_code
        archive.free.set()
    assert [200] * (AT_ONCE + 2) == [answer.status_code for answer in answers]
    with TestClient(app, base_url=LOCAL) as client:
        assert 200 == client.post("/api/search", json=QUESTION).status_code


def test_the_chat_is_told_that_its_queue_is_full(examples_index: Path) -> None:
    """Through the chat's own protocol: with one searching on each place and one waiting, the next is refused."""
    archive = Held(examples_index)
    app = create_app(examples_index, archive=archive, operation=Operation(queue=1))

    async def many() -> list[int]:
        transport = httpx.ASGITransport(app)
        async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url=LOCAL) as client:
            page = await open_page(client)
            asked = []
            for _ in range(AT_ONCE + 4):
                asked.append(asyncio.create_task(ask(client, page, QUESTION["question"])))
                await asyncio.sleep(0.3)
            archive.free.set()
            return [said.status for said in await asyncio.gather(*asked)]

    statuses = asyncio.run(many())
    assert {200, 503} == set(statuses)
    assert [200] * AT_ONCE == statuses[:AT_ONCE]
    assert statuses.count(503) >= 2


def test_nobody_is_left_over_when_waiters_go() -> None:
    """A place in the queue is given up by whoever stops waiting, and a turn by whoever fails."""

    async def go() -> tuple[int, bool]:
        waiting = Waiting(queue=1, at_once=1)

        async def hold(seconds: float) -> None:
            async with waiting:
                await asyncio.sleep(seconds)
                raise RuntimeError

        first, second = asyncio.create_task(hold(0.05)), asyncio.create_task(hold(9))
        await asyncio.sleep(0.01)
        assert (1, True) == (len(waiting), waiting.full)
        second.cancel()
        await asyncio.gather(first, second, return_exceptions=True)
        return len(waiting), waiting.full

    assert (0, False) == asyncio.run(go())


# Too long


def test_a_search_that_takes_too_long_is_given_up(examples_index: Path) -> None:
    """504 in Danish in its time; its place stays taken until its thread ends, and is then free again."""
    archive = Held(examples_index)
    app = create_app(examples_index, archive=archive, operation=Operation(seconds=0.5, queue=1))
    with TestClient(app, base_url=LOCAL) as client:
        started = time.monotonic()
        with asked_together(client, AT_ONCE) as answers:
            pass
        assert time.monotonic() - started < 15
        assert [504] * AT_ONCE == [answer.status_code for answer in answers]
        assert "for lang tid" in answers[0].json()["error"]
        assert 504 == client.post("/api/search", json=QUESTION).status_code  # it waited in vain
        assert AT_ONCE == archive.begun
        archive.free.set()
        until(lambda: client.post("/api/search", json=QUESTION).status_code == 200)


def test_the_chat_gives_up_in_time(examples_index: Path) -> None:
    """A reader is told so in the page, and the next question is answered."""
    archive = Held(examples_index)
    app = create_app(examples_index, archive=archive, operation=Operation(seconds=0.5))

    async def twice() -> list[str]:
        transport = httpx.ASGITransport(app)
        async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url=LOCAL) as client:
            page = await open_page(client)
            late = await ask(client, page, QUESTION["question"])
            archive.free.set()
            return [late.seen, (await ask(client, page, QUESTION["question"])).seen]

    late, answered = asyncio.run(twice())
    assert "for lang tid" in late
    assert "st-kort" in answered


# What is told of it


def test_metrics_count_requests_by_route(examples_index: Path) -> None:
    """Counts, times, generation and queue, in Prometheus' format; addresses and questions appear nowhere."""
    app = create_app(examples_index, operation=Operation(metrics=True))
    with TestClient(app, base_url=LOCAL) as client:
        for _ in range(3):
            client.post("/api/search", json=QUESTION)
        client.get("/kilde/nej?start=skolemad")
        client.get("/skolemad")
        client.request("SKOLEMAD", "/healthz")
        text = client.get("/metrics").text
    values = dict(re.findall(r"^(\w+(?:\{.*\})?) ([-+.\d]+)$", text, re.MULTILINE))
    assert "3" == values['spoergetime_requests_total{method="POST",route="/api/search",status="200"}']
    assert "1" == values['spoergetime_requests_total{method="GET",route="/kilde/{document}",status="404"}']
    assert "1" == values['spoergetime_requests_total{method="GET",route="-",status="404"}']
    assert "3" == values['spoergetime_request_seconds_bucket{route="/api/search",le="+Inf"}']
    assert "3" == values["spoergetime_search_seconds_count{}"]
    assert "0" == values["spoergetime_queue_length"]
    assert '{generation="000001"}' in text
    assert "skolemad" not in text.lower()
    bare = [line for line in text.splitlines() if not line.startswith("#")]
    assert len(bare) == len(values), "a line that Prometheus could not read"


def test_a_queue_is_seen_in_the_metrics(examples_index: Path) -> None:
    """Those who wait for their turn are counted while they wait."""
    archive = Held(examples_index)
    app = create_app(examples_index, archive=archive, operation=Operation(metrics=True))
    with TestClient(app, base_url=LOCAL) as client, asked_together(client, AT_ONCE + 3):
        until(lambda: "spoergetime_queue_length 3\n" in client.get("/metrics").text)
        archive.free.set()
    with TestClient(app, base_url=LOCAL) as client:
        assert "spoergetime_queue_length 0\n" in client.get("/metrics").text


def test_without_being_asked_for_there_are_no_metrics(examples_index: Path) -> None:
    """By default there is no such page."""
    with TestClient(create_app(examples_index), base_url=LOCAL) as client:
        assert 404 == client.get("/metrics").status_code
