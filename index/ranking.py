"""The order in which passages are shown: by all that speaks for each, and not too many of one document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from index.evidence import Evidence, Judged
from index.fusion import Scored
from index.store import Stored

_FIRST = 5  # hits that people look at


class Ranked(NamedTuple):
    """A passage in its place: its score, what each leg gave it, and what speaks for it."""

    score: float
    scored: Scored
    stored: Stored
    judged: Judged
    reranked: float | None = None  # what the order of a cross-encoder added to the score, where there was one

    @property
    def row(self) -> int:
        """The passage's row."""
        return self.scored.row


def weigh(evidence: Evidence, weights: Evidence) -> Evidence:
    """Give how much of a passage's score is due to each thing that speaks for it, or against it."""
    return Evidence(*(value * weight for value, weight in zip(evidence, weights, strict=True)))


def spread(ranked: Sequence[Ranked], top: int, per_document: int) -> list[Ranked]:
    """Give the `top` best, with at most `per_document` of one among the first five while there are others.

    A text that stands in several places is shown once. What the question names by number, it is about: no limit.
    """
    chosen, later = list[Ranked](), list[Ranked]()
    texts = set[str]()
    taken: dict[tuple[int, int], int] = {}
    for one in ranked:
        if len(chosen) >= max(top, _FIRST):
            break
        text = " ".join(one.stored.passage.text.split()).casefold()
        if text in texts:
            continue
        texts.add(text)
        # One item of a debate is what one letter is elsewhere: a sitting holds hundreds of passages.
        about = (one.stored.document_row, one.stored.passage.section if one.stored.section.heading else -1)
        full = taken.get(about, 0) >= per_document and not one.scored.named
        if len(chosen) < _FIRST and full:
            later.append(one)
        else:
            taken[about] = taken.get(about, 0) + 1
            chosen.append(one)
    if len(chosen) < _FIRST:
        return [*chosen, *later][:top]
    # Those put off follow in the order of their scores.
    return [*chosen[:_FIRST], *sorted([*chosen[_FIRST:], *later], key=lambda one: -one.score)][:top]
