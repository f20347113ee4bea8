"""Numbers, dates and sections of law meet, however they are written."""

from __future__ import annotations

import unicodedata

import pytest

from index.numbers import values
from index.words import tokens


@pytest.mark.parametrize(
    "ways",
    [
        ("115 mio.", "115 millioner", "115.000.000", "115 mio kr.", "115000000"),
        ("1,5 mia. kr.", "1.500 mio. kr.", "1,5 milliarder", "1.500.000.000"),
        ("42.890 personer", "42890 personer"),
        ("65 pct.", "65 procent", "65 %", "65%"),
        ("7,5 pct.", "7,5%"),
        ("1. april 2021", "1/4 2021", "1/4-2021", "01.04.2021", "2021-04-01", "den 1. apr. 2021"),
        ("§ 20", "§20", "§\u00a020"),
        ("300 tusind", "300.000"),
    ],
)
def test_ways_of_writing_meet(ways: tuple[str, ...]) -> None:
    """All ways of writing one thing share a term."""
    terms = [{*tokens(way), *values(way)} for way in ways]
    assert [] != sorted(set.intersection(*terms) - {"kr", "den"}), ways


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Der er 12 skoler i 2021", []),
        ("uden tal", []),
        ("§ 20 a, stk. 2", ["§20", "§20a"]),
        ("§§ 20 og 21", ["§20", "§21"]),
        ("§ 20, 2. pkt.", ["§20"]),
        ("den 31. februar 2021", []),
        ("version 1.2.3 mio", []),
        ("2 millionærer", []),
        ("tallet 1.234,56", ["1234,56"]),
        ("", []),
        ("§", []),
    ],
)
def test_only_what_has_another_form_is_added(text: str, expected: list[str]) -> None:
    """Plain small numbers stay as they are; what is no date or amount gives nothing."""
    assert expected == [value for value in values(text) if value not in tokens(text)]


def test_composed_and_decomposed_letters_are_one() -> None:
    """NFD text gives the same values."""
    text = "1. maj 2020 på Ærø, 5 mio., å"
    assert values(text) == values(unicodedata.normalize("NFD", text))
