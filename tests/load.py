"""Measure the server under load: `make load`. Prints the rows of docs/measurements.md.

A hundred readers at once, each with a session and an address of its own, through the chat's own protocol; then
programs, ten at once; then source pages. The server runs in processes of its own, with its limits as they are by
default; who asks takes a thirtieth of its time. The passages are dealt as for `make latency`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
import uuid
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path

import httpx
import numpy as np

from corpus.document import load as load_file
from corpus.document import passages, read
from corpus.files import discover
from index.build import write
from index.encoder import load
from index.generation import building, publish
from tests.bench import row
from tests.latency import dealt, questions
from tests.slim import Line, ask
from tests.talk import open_page, server

READERS = 100  # at once
ROUNDS = 5  # questions of each reader, the next when the last is answered
PROGRAMS = 10  # at once
CALLS = 1_000
ADDRESSES = 250  # by which programs ask, so that the limit for one client is not what is measured


def built(data: Path, size: int, index: Path) -> None:
    """Build an index of so many passages from the debates of the shared data."""
    documents = (
        read(source, found, text) for found in discover([data / "transcripts"]) for source, text in [load_file(found)]
    )
    real = [(document, list(passages(document))) for document in documents]
    with building(index):
        publish(index, lambda where, id_: write(where, id_, dealt(real, size), load(), {}))


async def read_chat(address: str, asked: Sequence[str], readers: int, rounds: int) -> tuple[list[float], list[str]]:
    """Let readers ask in the chat; give the seconds of each answer, end to end, and what was no answer."""
    took: list[float] = []
    wrong: list[str] = []
    async with httpx.AsyncClient(base_url=address, trust_env=False) as first:
        page = await open_page(first)

    async def reader(n: int) -> None:
        line, session = await Line.open(address, f"10.0.{n // 250}.{n % 250 + 1}"), uuid.uuid4().hex
        for question in asked[n::readers][:rounds]:
            started = time.perf_counter()
            said = await ask(line, page, question, session)
            took.append(time.perf_counter() - started)
            if said.status != 200 or "<h2" not in said.seen:
                wrong.append(f"{said.status} {said.seen[:80]}")
        line.close()

    await asyncio.gather(*(reader(n) for n in range(readers)))
    return took, wrong


async def call_search(address: str, asked: Sequence[str], programs: int, calls: int) -> tuple[list[float], list[str]]:
    """Let programs call `POST /api/search`; give the seconds of each call, and what was no answer."""
    took: list[float] = []
    wrong: list[str] = []
    left = iter(islice(enumerate(cycle(asked)), calls))

    async def program() -> None:
        line = await Line.open(address)
        for n, question in left:
            line.address = f"10.1.0.{n % ADDRESSES + 1}"
            started = time.perf_counter()
            status, answer = await line.post("/api/search", {"question": question})
            took.append(time.perf_counter() - started)
            if status != 200 or b'"hits":[{' not in answer:
                wrong.append(f"{status} {answer[:80]!r}")
        line.close()

    await asyncio.gather(*(program() for _ in range(programs)))
    return took, wrong


async def read_sources(address: str, asked: Sequence[str]) -> tuple[list[float], list[str]]:
    """Open the source of each question's first passage, one after the other; give the seconds of each page."""
    took: list[float] = []
    wrong: list[str] = []
    line = await Line.open(address)
    for n, question in enumerate(asked):
        line.address = f"10.2.0.{n % ADDRESSES + 1}"
        _, found = await line.post("/api/search", {"question": question, "top": 1})
        hit = json.loads(found)["hits"][0]
        place = f"/kilde/{hit['document']['id']}?start={hit['citation']['start']}&end={hit['citation']['end']}"
        started = time.perf_counter()
        status, page = await line.get(place)
        took.append(time.perf_counter() - started)
        if status != 200 or b'id="uddrag"' not in page:
            wrong.append(f"{status} {place}")
    line.close()
    return took, wrong


def told(name: str, took: Sequence[float], wrong: Sequence[str], seconds: float) -> None:
    """Print one row: how many, errors, median, 95 of 100, and how many a second."""
    p50, p95 = 1000 * np.percentile(took, [50, 95])
    row(name, f"{len(took):,}", len(wrong), f"{p50:.0f} ms", f"{p95:.0f} ms", f"{len(took) / seconds:.0f}")
    for failure in sorted(set(wrong))[:5]:
        print(failure, file=sys.stderr)


def main() -> int:
    """Build, serve and measure; the exit code is 1 if anything but an answer came back."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the shared data folder")
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--readers", type=int, default=READERS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--calls", type=int, default=CALLS)
    parser.add_argument("--index", type=Path, help="an index that is built already")
    given = parser.parse_args()
    asked = list(islice(cycle(questions()), given.readers * given.rounds))
    with tempfile.TemporaryDirectory(prefix="spoergetime-load-") as scratch:
        index = given.index or Path(scratch)
        if given.index is None:
            built(given.data, given.passages, index)
        failed = 0
        with server("--index", str(index), "--trust-proxy", "127.0.0.1") as (address, _):
            asyncio.run(call_search(address, asked[:40], 1, 40))  # what is read for the first time
            row("", "answers", "errors", "median", "p95", "a second")
            row(*["---"] * 6)
            for name, load_ in (
                (f"chat, {given.readers} readers at once", read_chat(address, asked, given.readers, given.rounds)),
                ("`POST /api/search`, one at a time", call_search(address, asked, 1, given.calls // 4)),
                (
                    f"`POST /api/search`, {PROGRAMS} at once",
                    call_search(address, asked, PROGRAMS, given.calls),
                ),
                ("source page, one at a time", read_sources(address, asked[: given.calls // 4])),
            ):
                started = time.perf_counter()
                took, wrong = asyncio.run(load_)
                told(name, took, wrong, time.perf_counter() - started)
                failed += len(wrong)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
