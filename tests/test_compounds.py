"""Compounds: split where the words of the archive meet, and nowhere else; held by lists judged by hand."""

from __future__ import annotations

import csv
from collections import Counter

import pytest

from index.background import compounds
from index.words import Compounds, stem
from tests.conftest import ROOT

JUDGED = ROOT / "eval" / "sets" / "compounds.tsv"  # word, its real parts (none: no compound), which list


def judged(*lists: str) -> dict[str, list[str]]:
    with JUDGED.open(encoding="utf-8", newline="") as file:
        return {
            row["word"]: row["parts"].split() for row in csv.DictReader(file, delimiter="\t") if row["set"] in lists
        }


def splitter(**counts: int) -> Compounds:
    stems = Counter({stem(word): count for word, count in counts.items()})
    return Compounds(lambda one: stems[one])


def test_splits_are_right() -> None:
    """Of the words it splits, at least 95 in 100 come apart where they were put together."""
    split = {word: (compounds().parts(word), parts) for word, parts in judged("judged", "judged later").items()}
    split = {word: both for word, both in split.items() if both[0]}
    wrong = [word for word, (found, parts) in split.items() if [*map(stem, found)] != [*map(stem, parts)]]
    assert len(split) >= 270
    assert len(wrong) / len(split) <= 0.05, wrong


def test_most_compounds_are_split() -> None:
    """Of a hundred compounds of the archive's subjects, at least 78 come apart."""
    wanted = judged("wanted")
    right = [word for word, parts in wanted.items() if [*map(stem, compounds().parts(word))] == [*map(stem, parts)]]
    assert len(wanted) == 100
    assert len(right) >= 78, sorted(wanted.keys() - {*right})


@pytest.mark.parametrize(
    ("word", "parts", "counts"),
    [
        ("klimalov", ("klima", "lov"), {"klima": 90, "lov": 900, "klimalov": 20}),
        ("togtrafik", ("tog", "trafik"), {"tog": 90, "trafik": 60, "togtrafik": 3}),
        ("retsprincipper", ("rets", "principper"), {"ret": 90, "principper": 60}),
        (
            "registreringsafgift",
            ("registrerings", "afgift"),
            {"registrering": 20, "afgift": 60, "registreringsafgift": 70},
        ),
        ("køleskab", ("køle", "skab"), {"køle": 20, "skab": 60}),
    ],
)
def test_what_is_split(word: str, parts: tuple[str, ...], counts: dict[str, int]) -> None:
    """Short words that are parts, and sure seams, are seen."""
    assert parts == splitter(**counts).parts(word)


@pytest.mark.parametrize(
    ("word", "counts"),
    [
        ("sortering", {"sorte": 90, "ring": 90}),
        ("lederskab", {"leder": 90, "skab": 90}),
        ("kategoriseret", {"kategori": 90, "seret": 90}),
        ("menneskelige", {"menneske": 90, "lige": 900}),
        ("indsendt", {"ind": 900, "endt": 90}),
        ("folkepension", {"folk": 90, "pension": 40, "folkepension": 60}),
        ("husende", {"hus": 90, "ende": 90}),
    ],
)
def test_what_is_not_split(word: str, counts: dict[str, int]) -> None:
    """Endings of derivation are no parts, nor are the frequent word's own pieces."""
    assert () == splitter(**counts).parts(word)
