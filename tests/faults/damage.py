"""Every file of an index damaged in every way; what is damaged may never be opened."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

from corpus.errors import DamagedIndexError
from index import search
from index.build import build
from index.encoder import Encoder
from index.generation import all_generations, current
from index.lease import MANIFEST
from index.search import Searcher

TEXT = "Der yngler {} par storke i Danmark. De fleste bor ved Ribe Å, hvor der er enge nok."
OPENED = ("open_store", "open_vectors", "Lexical", "Sentences")


def two_generations(folder: Path, encoder: Encoder) -> Path:
    """Build an index that has a current generation and the one before it."""
    documents, index = folder / "documents", folder / "index"
    documents.mkdir()
    for pairs in ("ti", "elleve"):
        (documents / "storke.txt").write_text(TEXT.format(pairs), encoding="utf-8")
        build([documents], index, encoder)
    return index


def damages(index: Path, places: int) -> Iterator[tuple[str, Path, bytes | None]]:
    """Give every way to damage every file of the current generation, some at random places: what it then holds."""
    rng = random.Random(7)
    newest, manifest = current(index)
    older = next(folder for folder in all_generations(index) if folder != newest)
    for name in [MANIFEST, *manifest.files]:
        path = newest / name
        data = path.read_bytes()
        yield "missing", path, None
        yield "grown", path, data + b"\0"
        files = [other.read_bytes() for other in newest.rglob("*") if other.is_file()]
        yield "swapped", path, rng.choice([other for other in files if other != data])
        twin = older / name  # tantivy names its files anew every time
        if twin.is_file() and twin.read_bytes() != data:
            yield "of another generation", path, twin.read_bytes()
        if data:
            yield "emptied", path, b""
        if any(data):
            yield "zeroed", path, bytes(len(data))
        for _ in range(places if data else 0):
            at, bit = rng.randrange(len(data)), 1 << rng.randrange(8)
            yield "flipped", path, data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :]
            yield "cut", path, data[:at]


def tried(index: Path, encoder: Encoder, places: int, *, alone: bool) -> tuple[Counter[str], list[str]]:
    """Damage every file and open the index; count the outcomes, and list those that break the promise.

    With the older generation there it must be used, and said; `alone`, the damaged file must be refused by its name.
    """
    outcomes, wrong = Counter[str](), list[str]()
    newest, _ = current(index)
    older = next(folder for folder in all_generations(index) if folder != newest)
    ways = list(damages(index, places))
    if alone:
        shutil.rmtree(older)
    for way, path, damaged in ways:
        data = path.read_bytes()
        if damaged is None:
            path.unlink()
        else:
            path.write_bytes(damaged)
        touched: list[str] = []

        def note(opens: Callable[..., object], touched: list[str] = touched) -> Callable[..., object]:
            def opened(where: Path | list[Path], *rest: object) -> object:
                touched.extend(map(str, where if isinstance(where, list) else [where]))
                return opens(where, *rest)

            return opened

        watched: dict[str, Any] = {name: note(getattr(search, name)) for name in OPENED}
        with patch.multiple(search, **watched, used=lambda *_: encoder):
            try:
                found = Searcher.open(index)
                said = (found.opened and found.opened.fallback) or ""
                outcome = "fell back" if found.folder == older and path.name in said else "used in silence"
            except DamagedIndexError as error:
                outcome = "refused by name" if path.name in str(error) else f"refused: {error}"
        if any(one.startswith(str(newest)) for one in touched):
            outcome += ", but opened"
        outcomes[f"{way}: {outcome}"] += 1
        if outcome != ("refused by name" if alone else "fell back"):
            wrong.append(f"{path.name} {way}: {outcome}")
        path.write_bytes(data)
    return outcomes, wrong
