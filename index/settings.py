"""Every number that the ranking turns on, in one place."""

from __future__ import annotations

from dataclasses import dataclass, field

from index.evidence import Evidence, SentenceWeights
from index.lexical import Weights

# Learned on the question sets, as docs/retrieval.md tells.
_WEIGHTS = Evidence(
    words=2.4,
    vectors=2.5,
    sentence=3.5,
    covered=2.5,
    around=3.2,
    around_vectors=1.6,
    fits=2.2,
    asks=-1.9,
    loose=-0.9,
    superseded=-2.0,  # not learned: an answer that is no longer in force must not come first
    named=20.0,  # not learned: what is named by number is looked up
)


@dataclass(frozen=True)
class Ranking:
    """How passages are found, weighed and put in order; a weight of 0 takes its element out."""

    words: Weights = field(default=Weights())
    lexical_weight: float = 0.45  # of the words in the fusion of the legs
    translated: float = 0.6  # of a word of the archive that stands for a foreign one
    candidates: int = 100  # that each leg puts forward; 200 change nothing
    reordered: int = 20  # of the best, which are weighed by all that speaks for them
    per_document: int = 2  # passages of one document among the first five
    references: bool = True  # what a question names by number is looked up
    conversation: bool = True  # a question is understood from those before it
    evidence: Evidence = field(default=_WEIGHTS)
    sentence: SentenceWeights = field(default=SentenceWeights())
    confidence: tuple[float, ...] = (0.11, 2.53, 0.29, -2.01, -3.31, 2.79)  # a constant, then by sign
    answered: float = 0.5  # confidence from which the best hit counts as an answer
