"""Any other sentence-transformers model, through that library."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from corpus.errors import ModelError
from index.models import ENCODER, ModelIdentity, Progress, Purpose, Role, digest
from index.vectors import Vectors

_WINDOW = 512  # texts between two reports of progress; sorted by length among themselves
_LARGEST = {"cpu": 32, "cuda": 256}  # texts at once; more gains nothing
_SHARE = 0.25  # of the free memory, as what a text takes is only estimated

# How sentence-transformers is to load any model: the files are here, and nothing in them is run.
SAFELY: dict[str, Any] = {
    "trust_remote_code": False,
    "local_files_only": True,
    "model_kwargs": {"use_safetensors": True},
}


@contextmanager
def loading(folder: Path, purpose: Purpose) -> Iterator[None]:
    """Let a model be loaded in peace and without look-ups; raise ModelError, one line, where that fails."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # of loading; encoding has its own
    try:
        yield
    except Exception as error:
        line = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelError(
            f"the model in {folder} cannot be loaded: {line}. Name another with {purpose.option}"
        ) from error


class Loaded:
    """A model of sentence-transformers in memory, on the GPU where there is one; safe to share between threads."""

    def __init__(self, model: Any, name: str, purpose: Purpose) -> None:
        self._model = model
        self._name = name
        self._purpose = purpose
        self._batch = _LARGEST["cuda"]  # what fitted last
        self._turn = Lock()  # a tokenizer set to count for one thread would not cut for another

    @property
    def longest(self) -> int | None:
        """The most tokens of a text that the model reads, or None where it has no such limit."""
        limit = self._model.max_seq_length
        return int(limit) if limit and limit < 1_000_000 else None  # tokenizers say "no limit" by a huge number

    def _within_memory(self, lengths: Sequence[int], run: Callable[[int], Any]) -> Vectors:
        """Give what `run` gives with as many texts at once, of these lengths in tokens, as fit into the memory."""
        import torch

        size = min(self._batch, self._fitting(min(max(lengths), self.longest or max(lengths))))
        while True:
            try:
                return np.asarray(run(size), dtype=np.float32)
            except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
                if not _is_memory(error):
                    raise
                if size == 1:
                    raise ModelError(
                        f"one text of {max(lengths)} tokens is too much for this machine's memory with the model "
                        f"{self._name}. Lower --max-characters, or name a smaller model with {self._purpose.option}"
                    ) from error
                size = self._batch = max(1, size // 2)
                if torch.cuda.is_available():
                    torch.cuda.empty_cache()

    def _lengths(self, texts: list[str]) -> list[int]:
        """Count each text's tokens, uncut."""
        tokenizer = self._model.tokenizer
        if not callable(tokenizer):
            return [len(text) for text in texts]
        return [len(ids) for ids in tokenizer(texts, truncation=False, verbose=False)["input_ids"]]

    def _fitting(self, tokens: int) -> int:
        """Tell how many texts of so many tokens fit into a share of the memory that is free."""
        kind = self._model.device.type
        configuration = getattr(self._model[0], "config", None)
        width = _at_least_one(getattr(configuration, "hidden_size", None), 1_024)
        heads = _at_least_one(getattr(configuration, "num_attention_heads", None), 16)
        # About 24 activations of the layer's width for each token, and two square matrices for each head.
        each = 4 * (24 * width * tokens + 2 * heads * tokens**2)
        return max(1, min(_LARGEST.get(kind, _LARGEST["cpu"]), int(_SHARE * _free_memory(kind) / each)))


class TransformerEncoder(Loaded):
    """Any sentence-transformers model that gives vectors.

    Texts beyond the model's own maximum length are cut by the model, and counted.
    """

    cheap = False

    def __init__(
        self, name: str, folder: Path, query_prompt: str, passage_prompt: str, dimensions: int | None = None
    ) -> None:
        with loading(folder, ENCODER):
            from sentence_transformers import SentenceTransformer

            model = SentenceTransformer(str(folder), truncate_dim=dimensions, **SAFELY)
            probe = model.encode([""], show_progress_bar=False)
        super().__init__(model, name, ENCODER)
        self.cut = 0
        self.identity = ModelIdentity(name, digest(folder), probe.shape[1], query_prompt, passage_prompt)

    def encode(self, texts: Sequence[str], role: Role, progress: Progress | None = None) -> Vectors:
        """Give unit vectors, float32 [len(texts), dimension]."""
        vectors = np.zeros((len(texts), self.identity.dimension), dtype=np.float32)
        for begin in range(0, len(texts), _WINDOW):
            window = list(texts[begin : begin + _WINDOW])
            with self._turn:
                vectors[begin : begin + len(window)] = self._encode(window, role)
            if progress:
                progress(len(window))
        return vectors

    def _encode(self, texts: list[str], role: Role) -> Vectors:
        query = role == "query"
        prompt = self.identity.query_prompt if query else self.identity.passage_prompt
        encode = self._model.encode_query if query else self._model.encode_document
        lengths = self._lengths([prompt + text for text in texts])
        self.cut += sum(length > self.longest for length in lengths) if self.longest else 0
        return self._within_memory(
            lengths,
            lambda size: encode(
                texts, prompt=prompt, batch_size=size, normalize_embeddings=True, show_progress_bar=False
            ),
        )


def _at_least_one(value: Any, otherwise: int) -> int:
    return value if isinstance(value, int) and value > 0 else otherwise


def _is_memory(error: BaseException) -> bool:
    import torch

    # On the CPU torch says it in words alone.
    return isinstance(error, (torch.OutOfMemoryError, MemoryError)) or "can't allocate memory" in str(error)


def _free_memory(kind: str) -> int:
    """Give the free memory of the device, in bytes."""
    import torch

    if kind == "cuda":
        return int(torch.cuda.mem_get_info()[0])
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return 1024 * int(next(line for line in lines if line.startswith("MemAvailable:")).split()[1])
    except (OSError, StopIteration, ValueError):
        return 4 * 1024**3  # not Linux: what any machine that runs such models has
