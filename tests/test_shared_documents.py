"""The five real documents of the shared folder beside the repository: short field values, never their text."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.letters import recognise_letter
from corpus.records import Fields, Section
from corpus.web import recognise_web

DOCUMENTS = Path(__file__).resolve().parents[1].parent / "shared" / "documents"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not DOCUMENTS.is_dir(), reason="the shared documents do not lie beside the repository"),
]


def recognised(number: str) -> tuple[str, Fields, tuple[Section, ...]]:
    path = next(DOCUMENTS.glob(f"{number}_*.txt"))
    text = path.read_bytes().decode("utf-8")
    return text, *(recognise_letter(text) or recognise_web(text))


def shown(number: str) -> str:
    text, _, sections = recognised(number)
    return "\n".join(text[s.start : s.end] for s in sections)


EXPECTED = {
    "000": Fields(
        kind="udvalgssvar",
        date="2012-04-27",
        number="309",
        case="AMU alm. del",
        committee="Udvalget for Udlændinge- og Integrationspolitik",
        asker="Peter Skaarup",
        party="DF",
        minister="Mette Frederiksen",
        ministry="Beskæftigelsesministeriet",
        status="endeligt",
    ),
    "001": Fields(
        kind="§20-svar",
        number="S 1163",
        case="§ 20",
        asker="Henrik Dam Kristensen",
        party="S",
        minister="Karen Jespersen",
        minister_title="velfærdsministeren",
        status="endeligt",
    ),
    "002": Fields(kind="pressemeddelelse", title="Langt flere flygtninge og indvandrere skal i job", date="2017-02-02"),
    "003": Fields(
        kind="pressemeddelelse",
        title="Troels Lund Poulsen og Inger Støjberg indkalder "
        "integrations- og beskæftigelsesambassadører til kickoff-møde",
        date="2019-04-11",
    ),
    "004": Fields(kind="artikel", title="Ros til integrationsudspil"),
}


@pytest.mark.parametrize("number", EXPECTED)
def test_fields(number: str) -> None:
    """Every real document gives exactly the fields that it states."""
    assert recognised(number)[1] == EXPECTED[number]


def test_contributions_keep_their_authors() -> None:
    """The § 20 answer quotes two ministers, each in a section of his own."""
    _, _, sections = recognised("001")
    assert [s.role for s in sections if s.kind == "svar"] == [
        "velfærdsministeren",
        "beskæftigelsesministeren",
        "velfærdsministeren",
        "ministeren for flygtninge, indvandrere og integration",
        "velfærdsministeren",
    ]


def test_headings_of_the_article() -> None:
    """The article's sub-headings open sections."""
    headings = [s.heading for s in recognised("004")[2] if s.heading]
    assert [heading.split()[0] for heading in headings] == ["Samarbejdet", "Branchepakker", "Efteruddannelse"]


@pytest.mark.parametrize(
    ("number", "furniture"),
    [
        ("000", ["Christiansborg", "bm@bm.dk", "CVR", "stillet følgende", "J.nr.", "Venlig hilsen"]),
        ("001", ["Under henvisning", "Bent Nielsen"]),
        ("002", ["Yderligere oplysninger", "Mia Tang", "61 98"]),
        ("003", ["Spring over", "PRESSEMEDDELELSE", "Pressevagt", "51232830"]),
        ("004", ["Internet Explorer", "Med venlig hilsen", "Læs mere om", "Sankt Peders", "1453", "ARBEJDSMARKEDET"]),
    ],
)
def test_furniture_is_not_shown(number: str, furniture: list[str]) -> None:
    """Letterheads, menus, warnings, links, signatures and contact blocks lie in no section."""
    text = shown(number)
    assert [piece for piece in furniture if piece in text] == []
