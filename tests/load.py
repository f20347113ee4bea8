"""Measure the server under load: `make load`. Prints the rows of docs/measurements.md.

A hundred readers at once, each with a session and an address of its own, through the chat's own protocol; then
programs, ten at once. The server runs in a process of its own, with its limits as they are by default. The passages are
dealt as for `make latency`.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
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
from tests.talk import ask, open_page, server

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


def connection(address: str, n: int, connections: int = 2) -> httpx.AsyncClient:
    """Give a client with an address of its own, as a trusted proxy tells it."""
    named = {"X-Forwarded-For": f"10.0.{n // 250}.{n % 250 + 1}"}
    limits = httpx.Limits(max_connections=connections)
    return httpx.AsyncClient(base_url=address, headers=named, timeout=120, limits=limits, trust_env=False)


async def read_chat(address: str, asked: Sequence[str], readers: int, rounds: int) -> tuple[list[float], list[str]]:
    """Let readers ask in the chat; give the seconds of each answer, end to end, and what was no answer."""
    took: list[float] = []
    wrong: list[str] = []
    async with connection(address, 0) as first:
        page = await open_page(first)

    async def reader(n: int) -> None:
        async with connection(address, n) as client:
            for question in asked[n::readers][:rounds]:
                started = time.perf_counter()
                said = await ask(client, page, question)
                took.append(time.perf_counter() - started)
                if said.status != 200 or "<h2" not in said.seen:
                    wrong.append(f"{said.status} {said.seen[:80]}")

    await asyncio.gather(*(reader(n) for n in range(readers)))
    return took, wrong


async def call_search(address: str, asked: Sequence[str], programs: int, calls: int) -> tuple[list[float], list[str]]:
    """Let programs call `POST /api/search`; give the seconds of each call, and what was no answer."""
    took: list[float] = []
    wrong: list[str] = []
    left = iter(islice(enumerate(cycle(asked)), calls))

    async def program() -> None:
        async with connection(address, 0, 1) as client:
            for n, question in left:
                headers = {"X-Forwarded-For": f"10.1.0.{n % ADDRESSES + 1}"}
                started = time.perf_counter()
                answer = await client.post("/api/search", json={"question": question}, headers=headers)
                took.append(time.perf_counter() - started)
                if answer.status_code != 200:
                    wrong.append(f"{answer.status_code} {answer.text[:80]}")

    await asyncio.gather(*(program() for _ in range(programs)))
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
            ):
                started = time.perf_counter()
                took, wrong = asyncio.run(load_)
                told(name, took, wrong, time.perf_counter() - started)
                failed += len(wrong)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
