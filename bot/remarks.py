"""What whoever asked is told about the search itself, in Danish."""

from __future__ import annotations

from collections.abc import Sequence

from corpus.records import Answer

_TOLD = 6  # words; more are a list that nobody reads


def remarks(answer: Answer) -> list[str]:
    """Give sentences on what was also searched for, and on words that the archive does not hold."""
    told = []
    if answer.expanded:
        told.append(f"Søgte også efter: {', '.join(answer.expanded[:_TOLD])}.")
    if answer.unknown and not answer.answered:
        told.append(f"Står ikke i arkivet: {_quoted(answer.unknown[:_TOLD])}.")
    return told


def _quoted(words: Sequence[str]) -> str:
    return ", ".join(f"»{word}«" for word in words)
