"""How often Danish words occur at large: what a small archive cannot know from its own pages."""

from __future__ import annotations

import json
from collections import Counter
from functools import lru_cache
from math import exp
from pathlib import Path

from index.words import Compounds, stem

_TOKENIZER = Path(__file__).parent / "bundled" / "tokenizer.json"
_WORD_START = "\u2581"
_SCALE = 1_000_000  # counts are per so many tokens of the encoder's training material


@lru_cache(maxsize=1)
def stem_counts() -> Counter[str]:
    """Give a count for every stem that the bundled encoder's tokenizer keeps as a whole word.

    The tokenizer is a unigram model: its scores are log probabilities (Kudo, 2018).
    """
    vocabulary = json.loads(_TOKENIZER.read_text(encoding="utf-8"))["model"]["vocab"]
    counts: Counter[str] = Counter()
    for piece, score in vocabulary:
        word = piece.removeprefix(_WORD_START)
        if word != piece and word.isalpha():
            counts[stem(word)] += round(_SCALE * exp(score))
    return counts


@lru_cache(maxsize=1)
def compounds() -> Compounds:
    """Give the splitter of compounds, by the words of Danish at large.

    An archive's own words would split a few more, and find no more by it; but then every passage's terms would depend
    on all others, and no part of an index could be kept while another changes.
    """
    counts = stem_counts()
    return Compounds(counts.__getitem__)
