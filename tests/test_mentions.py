"""The terms of a question that stand in a text."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from index.mentions import Mentions
from index.numbers import values
from index.search import Searcher
from index.words import Compounds, stem, tokens


@pytest.fixture
def compounds() -> Compounds:
    """Compounds of an archive that knows a few words."""
    counts = {stem(word): 90 for word in ("minister", "spørgsmål", "tandlæge", "vagt", "skole", "penge", "kommune")}
    return Compounds(lambda one: counts.get(one, 0))


@pytest.mark.parametrize(
    ("terms", "text", "found"),
    [
        ({"skol"}, "Skolerne lukker.", {"skol"}),
        ({"skol"}, "Skoldhed er varme.", set()),
        ({"minist"}, "Ministrene svarer.", {"minist"}),
        ({"tandlæg", "vagt"}, "Tandlægevagten har åbent.", {"tandlæg", "vagt"}),
        ({"115000000"}, "Der er 115 mio. kr.", {"115000000"}),
        ({"§20", "2021-04-01"}, "Efter § 20, fra 1. april 2021.", {"§20", "2021-04-01"}),
        ({"kl"}, "Mødet er kl. 13.", set()),
        ({"kl"}, "KL er enig.", {"kl"}),
        (set(), "Skolerne lukker.", set()),
    ],
)
def test_terms_are_found_as_words_parts_and_numbers(
    terms: set[str], text: str, found: set[str], compounds: Compounds
) -> None:
    """A term is found in any form that is indexed under it, also where letters are written as two characters."""
    assert found == Mentions(terms, compounds)(text)
    assert found == Mentions(terms, compounds)(unicodedata.normalize("NFD", text))


def test_nothing_is_found_otherwise_than_by_parsing_every_word(examples_index: Path) -> None:
    """Whatever the passage and the terms, what is left out has none of them."""
    examples = Searcher.open(examples_index)
    texts = [one.passage.text for one in examples.store.passages(range(examples.manifest.passages)).values()]
    parsed = [{*map(stem, tokens(text)), *examples._compounds.stems(tokens(text)), *values(text)} for text in texts]
    for stems in parsed[::5]:
        mentions = Mentions(stems, examples._compounds)
        assert [stems & others for others in parsed] == [mentions(text) for text in texts]
