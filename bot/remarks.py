"""What whoever asked is told about the search itself, in Danish."""

from __future__ import annotations

from collections.abc import Sequence

from corpus.records import Answer

NO_ANSWER = "Jeg fandt ikke noget sikkert svar."
_TOLD = 6  # words; more are a list that nobody reads
# From which confidence an answer is called what. Of the 439 questions of the bundled sets, the first passage is a right
# one for 74 % from .75, and one of the first five for 86 %; from .6 it is 57 % and 74 %, from .5 it is 47 % and 80 %.
_CERTAIN = (
    (0.75, "Sikkert", "Det meste af spørgsmålet er genfundet i dokumenterne."),
    (0.6, "Rimelig sikkert", "Se også de næste uddrag."),
    (0.0, "Usikkert", "Læs efter, om uddragene svarer på spørgsmålet."),
)


def certainty(answer: Answer) -> tuple[str, str] | None:
    """Say in words how sure it is that there is an answer, and what to make of it; None where there is none."""
    if not answer.answered:
        return None
    return next((name, advice) for least, name, advice in _CERTAIN if answer.confidence >= least)


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
