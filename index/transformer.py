"""Any other sentence-transformers model, through that library."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from corpus.errors import ModelError
from index.models import ModelIdentity, Progress, Role, digest
from index.vectors import Vectors

_WINDOW = 512  # texts between two reports of progress; sorted by length among themselves
_LARGEST = {"cpu": 32, "cuda": 256}  # texts at once; more gains nothing
_SHARE = 0.25  # of the free memory, as what a text takes is only estimated


class TransformerEncoder:
    """Any sentence-transformers model, on the GPU where there is one; never remote code, never pickled weights.

    Texts beyond the model's own maximum length are cut by the model, and counted.
    """

    cheap = False

    def __init__(
        self, name: str, folder: Path, query_prompt: str, passage_prompt: str, dimensions: int | None = None
    ) -> None:
        os.environ.setdefault("HF_HUB_OFFLINE", "1")  # the files are here; nothing is looked up
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # of loading; encoding has its own
        try:
            self._model = SentenceTransformer(
                str(folder),
                trust_remote_code=False,
                local_files_only=True,
                truncate_dim=dimensions,
                model_kwargs={"use_safetensors": True},
            )
            probe = self._model.encode([""], show_progress_bar=False)
        except Exception as error:
            line = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise ModelError(f"the model in {folder} cannot be loaded: {line}. Name another with --model") from error
        self.cut = 0
        self._batch = _LARGEST["cuda"]  # what fitted last
        self.identity = ModelIdentity(name, digest(folder), probe.shape[1], query_prompt, passage_prompt)

    @property
    def longest(self) -> int | None:
        """The most tokens of a text that the model reads, or None where it has no such limit."""
        limit = self._model.max_seq_length
        return int(limit) if limit and limit < 1_000_000 else None  # tokenizers say "no limit" by a huge number

    def encode(self, texts: Sequence[str], role: Role, progress: Progress | None = None) -> Vectors:
        """Give unit vectors, float32 [len(texts), dimension]."""
        vectors = np.zeros((len(texts), self.identity.dimension), dtype=np.float32)
        for begin in range(0, len(texts), _WINDOW):
            window = list(texts[begin : begin + _WINDOW])
            vectors[begin : begin + len(window)] = self._encode(window, role)
            if progress:
                progress(len(window))
        return vectors

    def _encode(self, texts: list[str], role: Role) -> Vectors:
        import torch

        query = role == "query"
        prompt = self.identity.query_prompt if query else self.identity.passage_prompt
        encode = self._model.encode_query if query else self._model.encode_document
        tokens = self._lengths([prompt + text for text in texts])
        self.cut += sum(length > self.longest for length in tokens) if self.longest else 0
        size = min(self._batch, self._fitting(min(max(tokens), self.longest or max(tokens))))
        while True:
            try:
                vectors: Vectors = encode(
                    texts, prompt=prompt, batch_size=size, normalize_embeddings=True, show_progress_bar=False
                )
                return vectors.astype(np.float32)
            except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
                if not _is_memory(error):
                    raise
                if size == 1:
                    raise ModelError(
                        f"one text of {max(tokens)} tokens is too much for this machine's memory with the model "
                        f"{self.identity.name}. Lower --max-characters, or name a smaller model with --model"
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
