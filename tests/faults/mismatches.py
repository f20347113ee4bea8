"""Twelve ways in which a model and an index do not match, most of them with equal dimension."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from safetensors.numpy import load_file, save_file

from corpus.errors import DamagedIndexError, MismatchError, ModelError
from index.build import build
from index.encoder import load
from index.generation import current
from index.models import BUNDLED_FOLDER
from index.search import Searcher

REFUSED = (MismatchError, ModelError, DamagedIndexError)


class Pair:
    """A model, an index built with it, and another index of the same text built with another model of equal size."""

    def __init__(self, folder: Path) -> None:
        self.model, self.index, self.other = folder / "model", folder / "index", folder / "other"

    @classmethod
    def built(cls, folder: Path) -> Pair:
        """Build it all, and hold that what matches is not refused."""
        pair = cls(folder)
        shutil.copytree(BUNDLED_FOLDER, pair.model)
        foreign = Path(shutil.copytree(BUNDLED_FOLDER, folder / "foreign"))
        _weights(foreign, lambda table: table[::-1].copy())
        (folder / "a.txt").write_text("Der yngler ti par storke i Danmark.", encoding="utf-8")
        build([folder / "a.txt"], pair.index, load(str(pair.model)))
        build([folder / "a.txt"], pair.other, load(str(foreign)))
        Searcher.open(pair.index, str(pair.model))
        return pair

    def copy(self, folder: Path) -> Pair:
        """Give a pair of its own to one way."""
        pair = Pair(folder)
        for name in ("model", "index", "other"):
            shutil.copytree(getattr(self, name), getattr(pair, name))
        return pair

    @property
    def folder(self) -> Path:
        return current(self.index)[0]


def _weights(model: Path, change: Callable[[Any], Any]) -> None:
    path = model / "model.safetensors"
    save_file({name: change(table) for name, table in load_file(path).items()}, path)


def _json(path: Path, change: Callable[[Any], None]) -> None:
    values = json.loads(path.read_text(encoding="utf-8"))
    change(values)
    path.write_text(json.dumps(values, ensure_ascii=False), encoding="utf-8")


def one_bit_of_the_weights(pair: Pair) -> None:
    path = pair.model / "model.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def two_rows_exchanged(pair: Pair) -> None:
    def exchange(table: Any) -> Any:
        if len(table) > 1_000:
            table[[500, 501]] = table[[501, 500]]
        return table

    _weights(pair.model, exchange)


def half_the_dimensions(pair: Pair) -> None:
    _weights(pair.model, lambda table: table[..., : table.shape[-1] // 2].copy())


def two_words_exchanged(pair: Pair) -> None:
    def exchange(values: Any) -> None:
        words = values["model"]["vocab"]
        words[500][0], words[501][0] = words[501][0], words[500][0]

    _json(pair.model / "tokenizer.json", exchange)


def another_normaliser(pair: Pair) -> None:
    _json(pair.model / "tokenizer.json", lambda values: values.update(normalizer={"type": "NFC"}))


def no_unit_length(pair: Pair) -> None:
    _json(pair.model / "modules.json", lambda parts: parts.pop())


def another_prompt(pair: Pair) -> None:
    _json(pair.model / "config_sentence_transformers.json", lambda said: said.update(prompts={"document": "tekst: "}))


def a_model_that_is_gone(pair: Pair) -> None:
    shutil.rmtree(pair.model)


def vectors_of_another_model(pair: Pair) -> None:
    shutil.copy(current(pair.other)[0] / "vectors.faiss", pair.folder / "vectors.faiss")


def a_manifest_of_another_model(pair: Pair) -> None:
    shutil.copy(current(pair.other)[0] / "manifest.json", pair.folder / "manifest.json")


def an_index_of_another_model(pair: Pair) -> None:
    shutil.rmtree(pair.index)
    shutil.copytree(pair.other, pair.index)


def a_manifest_that_names_another_model(pair: Pair) -> None:
    """With `current` made to fit, as somebody would who wants to use an index with another model."""
    from index.durable import sha256

    path = pair.folder / "manifest.json"
    _json(path, lambda values: values["model"].update(current(pair.other)[1].model))
    (pair.index / "current").write_text(f"{path.parent.name} {sha256(path)}\n", encoding="ascii")


WAYS: tuple[Callable[[Pair], None], ...] = (
    one_bit_of_the_weights,
    two_rows_exchanged,
    half_the_dimensions,
    two_words_exchanged,
    another_normaliser,
    no_unit_length,
    another_prompt,
    a_model_that_is_gone,
    vectors_of_another_model,
    a_manifest_of_another_model,
    an_index_of_another_model,
    a_manifest_that_names_another_model,
)


def refusal(pair: Pair, way: Callable[[Pair], None]) -> str | None:
    """Give the message with which a mismatch is refused; None where it is not."""
    way(pair)
    try:
        Searcher.open(pair.index, str(pair.model))
    except REFUSED as error:
        return str(error)
    return None
