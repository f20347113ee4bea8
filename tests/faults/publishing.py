"""Many publications beside many questions.

`python -m tests.faults.publishing FOLDER INDEX NUMBER` publishes, and prints a line for each.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple

import index.gathering
from bot.archive import Archive
from index.build import build
from index.encoder import load
from index.generation import building
from tests.conftest import ROOT, until
from tests.faults.scene import InPlace

QUESTION = "Hvor mange storke yngler der, og hvad koster en færgebillet?"
TEXTS = ("Der yngler {n} par storke i Danmark. Udgave {n}.", "En færgebillet koster {n} kroner. Udgave {n}.")
ASKING = 4  # threads


class Told(NamedTuple):
    """One answer: when it came, what generation it names, and which editions its hits are from."""

    at: float
    generation: str
    editions: frozenset[str]


class Outcome(NamedTuple):
    """How the questions went; `slowest` is the longest, `behind` the seconds until each generation answered."""

    questions: int
    failed: int
    mixed: int
    behind: tuple[float, ...]
    slowest: float
    left: int  # generations on the disk at the end


def write(folder: Path, edition: int) -> None:
    for number, text in enumerate(TEXTS):
        (folder / f"{number}.txt").write_text(text.format(n=edition), encoding="utf-8")


def asked_while_publishing(folder: Path, publications: int, questions: int) -> Outcome:
    """Ask until so much was published and asked; an answer is mixed where a hit is not of its generation's edition."""
    documents, archived = folder / "documents", folder / "index"
    documents.mkdir()
    write(documents, 0)
    first = build([documents], archived, load()).generation
    archive = Archive(archived)
    archive.open()
    archive.follow()
    told, failures, slowest = list[Told](), list[str](), [0.0]
    done = threading.Event()

    def ask() -> None:
        while not (done.is_set() and len(told) + len(failures) >= questions):
            began = time.perf_counter()
            try:
                answer = archive.ask(QUESTION)
                editions = frozenset(hit.passage.text.split("Udgave ")[1].rstrip(".") for hit in answer.hits)
                told.append(Told(time.time(), answer.generation, editions))
            except Exception as error:
                failures.append(repr(error))
            slowest[0] = max(slowest[0], time.perf_counter() - began)

    threads = [threading.Thread(target=ask) for _ in range(ASKING)]
    for thread in threads:
        thread.start()
    command = [sys.executable, "-m", "tests.faults.publishing", str(documents), str(archived), str(publications)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    publisher = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    try:
        assert publisher.returncode == 0, publisher.stderr
        published = [json.loads(line) for line in publisher.stdout.splitlines()]
        until(lambda: bool(told) and told[-1].generation == published[-1]["generation"])
    finally:
        done.set()
        for thread in threads:
            thread.join()
    holds = {first: frozenset("0")} | {one["generation"]: frozenset([str(one["edition"])]) for one in published}
    mixed = sum(one.editions != holds.get(one.generation) for one in told)
    behind = [
        min((other.at for other in told if other.generation >= one["generation"]), default=float("inf")) - one["at"]
        for one in published
    ]
    gc.collect()
    with building(archived):  # removes what nobody reads any more
        pass
    left = sum(path.name.isdigit() for path in (archived / "generations").iterdir())
    return Outcome(len(told) + len(failures), len(failures), mixed, tuple(behind), slowest[0], left)


def main() -> None:
    documents, archived, number = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    vars(index.gathering)["Reader"] = InPlace
    encoder = load()
    for edition in range(1, number + 1):
        write(documents, edition)
        report = build([documents], archived, encoder)
        print(json.dumps({"generation": report.generation, "edition": edition, "at": time.time()}), flush=True)


if __name__ == "__main__":
    main()
