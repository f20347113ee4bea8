"""Measure how each cost grows with the archive: `make scale`. Prints the rows of docs/measurements.md.

The documents are of some ten passages each, made of the sentences of real debates, dealt out anew: so words and lengths
are real. Everything is done by the command line, as an operator would; questions are put in a process of their own.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from corpus.document import load as load_file
from corpus.document import passages, read
from corpus.files import discover
from corpus.split import sentences
from index.generation import EXACT, UNFINISHED
from tests.bench import row
from tests.latency import WARM_UP, questions

SIZES = (10_000, 100_000, 1_000_000)
CHANGED = 100  # documents in an update
SEED = 20
HALF = 0.5  # of a build before it is killed
BLOCK = 65_536  # vectors compared at a time


def dealt(data: Path, size: int, folder: Path) -> None:
    """Write documents of about so many passages."""
    chance = random.Random(SEED)
    real = []
    for found in discover([data / "transcripts"]):
        source, text = load_file(found)
        cut = passages(read(source, found, text))
        real.append([[one.text[start:end] for start, end in sentences(one.text)] for one in cut])
    made = copy = 0
    while made < size:
        for number, debate in enumerate(real):
            pool = [sentence for passage in debate for sentence in passage]
            if copy:
                chance.shuffle(pool)
            ours = iter(pool)
            texts = [" ".join(next(ours) for _ in passage) for passage in debate]
            for name, part in enumerate(_parts(texts[: size - made], chance)):
                path = folder / f"{copy:02d}" / f"{number:02d}" / f"{name:04d}.txt"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text("\n\n".join(part) + "\n", encoding="utf-8")
                made += len(part)
            if made >= size:
                return
        copy += 1


def _parts(texts: Sequence[str], chance: random.Random) -> Iterator[Sequence[str]]:
    begin = 0
    while begin < len(texts):
        end = begin + chance.randint(6, 14)
        yield texts[begin:end]
        begin = end


def indexed(folder: Path, index: Path) -> tuple[dict[str, object], float, float]:
    """Index a folder by the command line; give its report, the seconds and the megabytes of its biggest process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    started = time.perf_counter()
    done = subprocess.run(_command(folder, index), check=True, stdout=subprocess.PIPE)
    took = time.perf_counter() - started
    most = max(before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024
    report: dict[str, object] = json.loads(done.stdout)
    return report, took, most


def _command(folder: Path, index: Path) -> list[str]:
    return [sys.executable, "-m", "bot.cli", "index", str(folder), "--index", str(index), "--json"]


def interrupted(folder: Path, index: Path, whole: int, seconds: float) -> tuple[float, float]:
    """Kill a build when half of its vectors are there, start it again, and give the seconds of both."""
    started = time.perf_counter()
    build = subprocess.Popen(_command(folder, index), stdout=subprocess.DEVNULL)
    vectors = index / UNFINISHED / EXACT
    while build.poll() is None and (not vectors.exists() or vectors.stat().st_size < HALF * whole):
        time.sleep(0.2)
        assert time.perf_counter() < started + 10 * seconds
    build.send_signal(signal.SIGKILL)
    build.wait()
    return time.perf_counter() - started, indexed(folder, index)[1]


def changed(folder: Path) -> None:
    """Change some documents, each by a sentence."""
    files = sorted(folder.rglob("*.txt"))
    for path in random.Random(SEED).sample(files, min(CHANGED, len(files) // 100)):
        path.write_text(path.read_text(encoding="utf-8") + "Ministeren svarede igen.\n", encoding="utf-8")


def ask(index: Path) -> None:
    """Open an index and put questions, in this process, and print what that took."""
    from index.search import Searcher

    started = time.perf_counter()
    searcher = Searcher.open(index)
    opened = time.perf_counter() - started
    asked = questions()
    for question in asked[:WARM_UP]:
        searcher.ask(question)
    took = []
    for question in asked[WARM_UP:]:
        started = time.perf_counter()
        searcher.ask(question)
        took.append(1000 * (time.perf_counter() - started))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    p50, p95, p99 = np.percentile(took, [50, 95, 99])
    vectors = searcher.encoder.encode(asked, "query")
    exact = _exact(searcher._dense, vectors)
    found = [set(searcher._dense.search(vector, 10)) for vector in vectors]
    recall = np.mean([len(one & other) / len(one) for one, other in zip(exact, found, strict=True)])
    print(json.dumps({"open": opened, "p50": p50, "p95": p95, "p99": p99, "memory": memory, "recall": recall}))


def _exact(dense: object, asked: np.ndarray) -> list[set[int]]:
    """Give the ten rows nearest to each vector, by comparing all."""
    from index.vectors import Dense

    assert isinstance(dense, Dense)
    best, rows = np.zeros((len(asked), 0), np.float32), np.zeros((len(asked), 0), np.int64)
    for begin in range(0, len(dense), BLOCK):
        numbers = np.arange(begin, min(begin + BLOCK, len(dense)))
        scores = np.hstack((best, asked @ dense.vectors(numbers).T))
        rows = np.hstack((rows, np.broadcast_to(numbers, (len(asked), len(numbers)))))
        top = np.argpartition(-scores, 9, axis=1)[:, :10]
        best, rows = np.take_along_axis(scores, top, 1), np.take_along_axis(rows, top, 1)
    return [set(row.tolist()) for row in rows]


def measure(folder: Path, index: Path, scratch: Path, *, kill: bool) -> None:
    """Build, ask, update, and if asked to also interrupt and go on; print a row for each figure."""
    report, seconds, memory = indexed(folder, index)
    count = int(str(report["passages"]))
    row("documents, passages", f"{report['documents']:,}, {count:,}")
    row("build", f"{seconds:.0f} s", f"{count / seconds:,.0f} passages/s", f"{memory:,.0f} MB")
    size = sum(path.stat().st_size for path in (index / "generations").rglob("*") if path.is_file())
    row("size on disk", f"{size / 1e6:,.0f} MB")
    measure_asking(index)
    changed(folder)
    report, seconds, _ = indexed(folder, index)
    row(f"update of {report['updated']} documents", f"{seconds:.1f} s")
    row("update of nothing", f"{indexed(folder, index)[1]:.1f} s")
    if kill:
        whole = next((index / "generations").glob(f"*/{EXACT}")).stat().st_size
        first, second = interrupted(folder, scratch / "again", whole, 10 * seconds + 600)
        row("killed at half, and gone on with", f"{first:.0f} s", f"{second:.0f} s")


def measure_asking(index: Path) -> None:
    """Ask in a process of its own; print a row for each figure."""
    code = f"from pathlib import Path; from tests.scale import ask; ask(Path({str(index)!r}))"
    one = {**os.environ, "OMP_NUM_THREADS": "1"}
    told = json.loads(subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, env=one).stdout)
    row("open", f"{told['open']:.2f} s")
    row("question: median, 95 %, 99 %", *(f"{told[name]:.1f} ms" for name in ("p50", "p95", "p99")))
    row("memory of the process that answers", f"{told['memory']:,.0f} MB")
    row("of the ten nearest, found", f"{told['recall']:.3f}")


def main() -> None:
    """Measure every size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the shared data folder")
    parser.add_argument("sizes", type=int, nargs="*", default=SIZES, help="passages")
    parser.add_argument("--kill", action="store_true", help="also kill a build at half, and go on with it")
    parser.add_argument("--index", type=Path, help="only ask this index, which is built already")
    given = parser.parse_args()
    if given.index:
        measure_asking(given.index)
        return
    for size in given.sizes:
        with tempfile.TemporaryDirectory(prefix="spoergetime-scale-") as scratch:
            folder = Path(scratch) / "documents"
            dealt(given.data, size, folder)
            print(f"\n## {size:,} passages\n", flush=True)
            measure(folder, Path(scratch) / "index", Path(scratch), kill=given.kill)
            shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
