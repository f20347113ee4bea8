"""Text to unit vectors: static models without torch, any other sentence-transformers model with it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from index.models import BUNDLED, ModelIdentity, Progress, Role, find, modules, prompt, refuse_unsafe, settings
from index.models import BUNDLED_FOLDER as _BUNDLED_FOLDER
from index.static import StaticEncoder
from index.transformer import TransformerEncoder
from index.vectors import Vectors

__all__ = [
    "BUNDLED",
    "_BUNDLED_FOLDER",
    "Encoder",
    "ModelIdentity",
    "Progress",
    "Role",
    "StaticEncoder",
    "TransformerEncoder",
    "load",
]


class Encoder(Protocol):
    """A loaded model."""

    identity: ModelIdentity
    cheap: bool  # may be called for every sentence of an answer
    cut: int  # texts so far of which the model read the beginning only

    @property
    def longest(self) -> int | None:
        """The most tokens of a text that the model reads; None: all."""
        ...

    def encode(self, texts: Sequence[str], role: Role, progress: Progress | None = None) -> Vectors:
        """Give unit vectors, float32 [len(texts), dimension]; a text without known words gives zeros."""
        ...


def load(
    model: str = BUNDLED,
    *,
    query_prompt: str | None = None,
    passage_prompt: str | None = None,
    dimensions: int | None = None,
) -> Encoder:
    """Load a model by folder or sentence-transformers id.

    Prompts default to those the model names itself. `dimensions` keeps that many numbers of each vector, the first,
    at unit length; a model that has fewer keeps all. Raises ModelError.
    """
    folder = find(model)
    refuse_unsafe(folder)
    said = settings(folder)
    queries = prompt(said, "query") if query_prompt is None else query_prompt
    passages = prompt(said, "document", "passage", "corpus") if passage_prompt is None else passage_prompt
    name = model if model == BUNDLED or not Path(model).exists() else str(Path(model).resolve())
    kinds = [part["type"].rsplit(".", 1)[-1] for part in modules(folder)]
    static = kinds in (["StaticEmbedding"], ["StaticEmbedding", "Normalize"])
    kind = StaticEncoder if static else TransformerEncoder
    return kind(name, folder, queries, passages, dimensions)
