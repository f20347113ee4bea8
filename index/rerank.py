"""An optional last word on the order: a cross-encoder, which reads question and passage together."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np

from corpus.errors import ModelError
from index.models import RERANKER, find, is_cross_encoder, refuse_unsafe
from index.ranking import Ranked
from index.store import Stored
from index.transformer import SAFELY, Loaded, loading
from index.vectors import Vectors

RERANKED = 20  # passages, the best: a cross-encoder costs as much for each as an encoder does for a whole question


class Reranker(Loaded):
    """A cross-encoder with one label; of a pair beyond the model's own maximum length the model reads the beginning."""

    def __init__(self, name: str, folder: Path) -> None:
        with loading(folder, RERANKER):
            from sentence_transformers import CrossEncoder
            from torch.nn import Sigmoid

            model = CrossEncoder(str(folder), activation_fn=Sigmoid(), **SAFELY)
            model.predict([("", "")], show_progress_bar=False)
        if model.num_labels != 1:
            raise ModelError(
                f"the model {name} tells {model.num_labels} labels apart, so it puts nothing in order. "
                "Name a cross-encoder of one label with --rerank"
            )
        super().__init__(model, name, RERANKER)

    def scores(self, question: str, texts: Sequence[str]) -> Vectors:
        """Give how well each text answers the question, float32 [len(texts)], from 0 to 1."""
        if not texts:
            return np.zeros(0, dtype=np.float32)
        pairs = [(question, text) for text in texts]
        with self._turn:
            return self._within_memory(
                self._lengths([" ".join(pair) for pair in pairs]),
                lambda size: self._model.predict(pairs, batch_size=size, show_progress_bar=False),
            )


def load(model: str | None) -> Reranker | None:
    """Load a cross-encoder by folder or id; None where none is named. Raises ModelError."""
    if not model:
        return None
    folder = find(model, RERANKER)
    refuse_unsafe(folder, RERANKER)
    if not is_cross_encoder(folder):  # a new head, with random weights, would be put on any other model
        raise ModelError(f"the model {model} is no cross-encoder. Name one with --rerank, or leave --rerank out")
    return Reranker(model, folder)


def reranked(question: str, ranked: Sequence[Ranked], reranker: Reranker, superseded: Collection[int]) -> list[Ranked]:
    """Put the first passages in the order of the reranker, ties as they were; `superseded` are rows of documents.

    What the question names by number stays first, and what is superseded behind what is in force. The scores stay
    where they are, so that the first place has the highest: a passage's part `reranked` is by how much it moved.
    """
    first, rest = ranked[:RERANKED], ranked[RERANKED:]
    scores = reranker.scores(question, [_read(one.stored) for one in first])

    def place(one: int) -> tuple[bool, bool, float]:
        return not first[one].scored.named, first[one].stored.document_row in superseded, -float(scores[one])

    order = sorted(range(len(first)), key=place)
    moved = (
        first[one]._replace(score=before.score, reranked=before.score - first[one].score)
        for one, before in zip(order, first, strict=True)
    )
    return [*moved, *rest]


def _read(stored: Stored) -> str:
    heading = stored.section.heading
    return f"{heading}\n{stored.passage.text}" if heading else stored.passage.text
