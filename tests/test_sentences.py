"""Sentences as numbers: which terms they hold, how near they are to a question, and what kind of answer they hold."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import numpy as np
import pytest

from corpus.split import sentences
from index.encoder import StaticEncoder, load
from index.numbers import values
from index.search import Searcher
from index.sentences import Sentences, Writer
from index.wanted import held
from index.words import Compounds, stem, tokens

ENCODER = load()


@pytest.fixture(scope="module")
def searcher(examples_index: Path) -> Searcher:
    """The examples, open."""
    return Searcher.open(examples_index)


def written(folder: Path, *texts: str, context: str = "") -> Sentences:
    """Write texts as passages of one document, with the compounds of an archive that knows a few words."""
    counts = {stem(word): 90 for word in ("minister", "spørgsmål", "tandlæge", "vagt", "skole", "penge", "kommune")}
    writer = Writer(folder, Compounds(lambda one: counts.get(one, 0)), ENCODER)
    for text in texts:
        writer.add(0, text, context)
    terms = writer.close()
    return Sentences([folder], lambda wanted: {one: terms[one] for one in wanted if one in terms})


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
        ({"skol"}, "", set()),
        (set(), "Skolerne lukker.", set()),
    ],
)
def test_terms_are_found_as_words_parts_and_numbers(
    terms: set[str], text: str, found: set[str], tmp_path: Path
) -> None:
    """A term is found in any form that is indexed under it, also where letters are written as two characters."""
    asked = sorted(terms)
    for n, form in enumerate(("NFC", "NFD")):
        folder = tmp_path / str(n)
        folder.mkdir()
        parsed = (kept := written(folder, unicodedata.normalize(form, text))).parsed([0])
        assert found == {asked[column] for column in np.flatnonzero(kept.mentions(parsed, asked)[0])}


def test_every_sentence_is_as_if_it_were_parsed_anew(searcher: Searcher) -> None:
    """Its place, its terms, its cosine with a question and its kinds of answer, and those of what stands around it."""
    rows = list(range(0, searcher.manifest.passages, 3))
    stored = [searcher.store.passages([row])[row] for row in rows]
    kept = searcher._sentences
    parsed = kept.parsed(rows)
    texts, spans = [], []
    for one in stored:
        spans += (cut := list(sentences(one.passage.text)) or [(0, len(one.passage.text))])
        texts += [one.passage.text[start:end] for start, end in cut]
    texts += [one.context for one in stored]

    assert parsed.spans[: len(spans)].tolist() == list(map(list, spans))
    assert parsed.holds.tolist() == list(map(held, texts))
    held_terms = [{*map(stem, tokens(t)), *searcher._compounds.stems(tokens(t)), *values(t)} - {"kl"} for t in texts]
    terms = sorted(set().union(*held_terms))
    expected = np.array([[term in one for term in terms] for one in held_terms])
    np.testing.assert_array_equal(expected, kept.mentions(parsed, terms))
    assert isinstance(searcher.encoder, StaticEncoder)
    query = searcher.encoder.encode(["Hvor mange marsvin er der i fjorden?"], "query")[0]
    cosines = kept.cosines(parsed, query, searcher.encoder)
    np.testing.assert_allclose(searcher.encoder.encode(texts, "passage") @ query, cosines, atol=2e-6)


def test_a_model_without_vectors_of_words_gives_no_cosines(tmp_path: Path) -> None:
    """The ranking then goes by what is left."""

    class Other:
        cheap = False

    kept = written(tmp_path, "Skolerne lukker. Hvorfor?")
    parsed = kept.parsed([0])
    query = ENCODER.encode(["skole"], "query")[0]
    assert kept.cosines(parsed, query, Other()).tolist() == [0, 0, 0]  # type: ignore[arg-type]
    assert kept.cosines(parsed, None, ENCODER).tolist() == [0, 0, 0]
    assert kept.cosines(parsed, query, ENCODER)[0] > 0.1
