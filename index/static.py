"""Static models without torch: a text's vector is the mean of its tokens' rows in one table."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from corpus.errors import ModelError
from index.models import ModelIdentity, Progress, Role, digest, modules, settings
from index.vectors import Vectors

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    Ids = NDArray[np.int32]

_STATIC = "StaticEmbedding"
_BATCH = 1_024  # texts
_FEW = 32  # texts that are tokenised one by one
_BLOCK = 65_536  # tokens whose rows are held at once
_REMEMBERED = 64_000_000  # bytes, about; some 250,000 different stretches
_EDGES = " \n,."  # where texts are cut into stretches: before each, and white space is dropped


class StaticEncoder:
    """A `StaticEmbedding` model: the mean of its tokens' rows, at unit length; needs no torch.

    `tokens` gives the token ids of texts, and `table` a row [dimension] for each, float32.
    Equal to sentence-transformers on the same folder to 1e-6, which tests hold.
    """

    cheap = True
    cut = 0  # nothing is ever cut
    longest: int | None = None

    def __init__(
        self, name: str, folder: Path, query_prompt: str, passage_prompt: str, dimensions: int | None = None
    ) -> None:
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        module = folder / next(part["path"] for part in modules(folder) if part["type"].endswith(_STATIC))
        try:
            tokenizer = Tokenizer.from_file(str(module / "tokenizer.json"))
            table = unfolded(load_file(module / "model.safetensors"))
        except Exception as error:  # the Rust libraries raise bare Exception
            raise ModelError(f"the model in {folder} cannot be read: {error}. Name another with --model") from error
        tokenizer.no_padding()
        configuration = json.loads((module / "tokenizer.json").read_text(encoding="utf-8"))
        self.tokens = Stretches(tokenizer) if separable(configuration) else Whole(tokenizer)
        self.table = np.ascontiguousarray(table[:, : dimensions or settings(folder).get("truncate_dim")])
        self.identity = ModelIdentity(name, digest(folder), self.table.shape[1], query_prompt, passage_prompt)

    def encode(self, texts: Sequence[str], role: Role, progress: Progress | None = None) -> Vectors:
        """Give unit vectors, float32 [len(texts), dimension]; a text without known words gives zeros."""
        prompt = self.identity.query_prompt if role == "query" else self.identity.passage_prompt
        vectors = np.zeros((len(texts), self.identity.dimension), dtype=np.float32)
        for begin in range(0, len(texts), _BATCH):
            batch = [prompt + text for text in texts[begin : begin + _BATCH]]
            for row, ids in enumerate(self.tokens(batch), begin):
                for block in range(0, len(ids), _BLOCK):
                    vectors[row] += self.table.take(ids[block : block + _BLOCK], axis=0).sum(axis=0)
            if progress:
                progress(len(batch))
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        np.divide(vectors, norms, out=vectors, where=norms > 0)
        return vectors


class Whole:
    """Token ids of texts, as the tokenizer gives them."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer

    def __call__(self, texts: Sequence[str]) -> Iterable[Ids]:
        """Give each text's ids."""
        if len(texts) < _FEW:  # waking the other threads takes longer
            encodings = [self._tokenizer.encode(text, add_special_tokens=False) for text in texts]
        else:
            encodings = self._tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        return (np.array(encoding.ids, dtype=np.int32) for encoding in encodings)


class Stretches:
    """Token ids of texts, put together from those of stretches between white space, which are remembered.

    Words come again and again, and looking one up takes a hundredth of the time of tokenising it. Only for tokenizers
    that are `separable`; safe to share between threads.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._whole = Whole(tokenizer)
        self._known: dict[str, bytes] = {}
        self._size = 0

    def __call__(self, texts: Sequence[str]) -> Iterable[Ids]:
        """Give each text's ids."""
        cut = [stretches(text) for text in texts]
        known = self._known
        new = [one for one in set().union(*cut) if one not in known]
        if new:
            for one, ids in zip(new, self._whole(new), strict=True):
                known[one] = ids.tobytes()
                self._size += len(one) + len(known[one]) + 200
            if self._size > _REMEMBERED:
                self._known, self._size = {}, 0  # other threads, and this call, keep the one they have
        return (np.frombuffer(b"".join(map(known.__getitem__, one)), dtype=np.int32) for one in cut)


def stretches(text: str) -> list[str]:
    """Cut a text at `_EDGES`, and nowhere else: what is white space beyond these, the tokenizer decides."""
    return text.replace("\n", " ").replace(",", " ,").replace(".", " .").split(" ")


def separable(tokenizer: Mapping[str, Any]) -> bool:
    """Tell from a tokenizer's configuration whether a text's tokens are those of its stretches, one after the other.

    They are where every text is split at white space and punctuation before anything looks at neighbours, and what
    comes before that changes each character by itself, or composes it (nothing composes with what `_EDGES` are).
    """
    normalizers = _steps(tokenizer, "normalizer", "normalizers")
    first, *later = _steps(tokenizer, "pre_tokenizer", "pretokenizers") or [{}]
    return (
        not tokenizer.get("truncation")
        and not tokenizer["model"].get("dropout")
        and all(_is_local(step) for step in normalizers)
        and first.get("type") == "BertPreTokenizer"
        and all(step["type"] == "Metaspace" and step.get("prepend_scheme") in ("always", "never") for step in later)
        and all(_is_plain(token) for token in tokenizer.get("added_tokens") or ())
    )


def _steps(tokenizer: Mapping[str, Any], name: str, many: str) -> list[dict[str, Any]]:
    step = tokenizer.get(name)
    if not step:
        return []
    return list(step[many]) if step["type"] == "Sequence" else [step]


def _is_local(step: Mapping[str, Any]) -> bool:
    if step["type"] == "Replace":
        old = step["pattern"].get("String")
        return bool(old) and not set(old) & set(_EDGES)
    return step["type"] in ("NFC", "Lowercase", "BertNormalizer")


def _is_plain(token: Mapping[str, Any]) -> bool:
    return not (token["lstrip"] or token["rstrip"] or token["single_word"] or set(token["content"]) & set(_EDGES))


def unfolded(tensors: Mapping[str, Vectors]) -> Vectors:
    """Give one float32 row a token: stored so, or as rows, a scale for each, and a token's row number."""
    if "embedding.weight" in tensors:
        return np.ascontiguousarray(tensors["embedding.weight"], dtype=np.float32)
    table = tensors["embeddings"].astype(np.float32)
    if "mapping" in tensors:
        table = table[tensors["mapping"]]
    if "weights" in tensors:
        table *= tensors["weights"].astype(np.float32)[:, None]
    return table
