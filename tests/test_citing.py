"""References: each form has what the document says of itself, escaped as that form asks, and nothing more."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from bot.cards import Tools, cards
from bot.citing import FORMS, apa, bibtex, citations, csl, folketinget
from bot.export import as_json, kept, markdown
from corpus.records import Answer, Citation, Fields, Hit, Passage, Section
from corpus.reference import reference
from index.filters import Filters

ADDRESS = "https://arkiv.example/spoergetime"
ODD = "50 % af {alt} & \\intet_ #1 ~ ^ $ \"a\" 'b' <script>\u202e"


def hit(fields: Fields, section: Section | None = None, *, page: int | None = 2, file: str = "svar.pdf") -> Hit:
    section = section or Section(kind="svar", start=0, end=99)
    passage = Passage(
        id="b" * 16,
        document="a" * 16,
        section=0,
        kind="svar",
        start=10,
        end=40,
        page=page,
        line=3,
        text="Ventetid: 11 uger.",
    )
    return Hit(
        rank=1,
        score=2.0,
        passage=passage,
        highlights=(),
        citation=Citation(root="/hemmelig", file=file, sha256="0" * 64, page=page, start=10, end=40, line=3),
        reference=reference(fields, section, file),
        fields=fields,
        section=section,
    )


def answer(*hits: Hit) -> Answer:
    return Answer(question="Hvad?", searched="Hvad?", answered=True, confidence=0.9, generation="000001", hits=hits)


LETTER = hit(
    Fields(
        kind="udvalgssvar",
        number="309",
        case="AMU alm. del",
        date="2012-04-27",
        status="endeligt",
        minister="Mette Frederiksen",
        ministry="Beskæftigelsesministeriet",
    )
)
SPEECH = hit(
    Fields(kind="referat", title="37. møde", date="2024-03-13"),
    Section(kind="svar", start=0, end=99, speaker="Karl-Erik van der Ho", party="EL", number="S 934"),
    page=None,
)
NAMELESS = hit(Fields(), page=None, file="notat.txt")


def entry(text: str) -> dict[str, str]:
    """A BibTeX entry's fields, read by counting braces as BibTeX does; a field that never closes fails."""
    body, found, at = text[text.index(",") + 1 :], {}, 0
    for match in re.finditer(r"^  (\w+) = ", body, re.MULTILINE):
        at, depth = match.end(), 0
        while True:
            depth += {"{": 1, "}": -1}.get(body[at], 0)
            if not depth and body[at] in "},\n":
                break
            at += 1
        found[match[1]] = body[match.end() : at + (body[at] == "}")]
    return found


def test_the_folketing_s_own_form() -> None:
    """The document as its own line names it, the place, and where it lies."""
    assert "AMU alm. del, endeligt svar på spm. 309, 27. april 2012, s. 2, tegn 10–40, svar.pdf" == folketinget(LETTER)
    assert folketinget(LETTER, ADDRESS).endswith(f", {ADDRESS}/kilde/{'a' * 16}?start=10&end=40#uddrag")
    assert "notat.txt, tegn 10–40" == folketinget(NAMELESS)


@pytest.mark.parametrize(
    ("expected", "cited"),
    [
        (
            "Beskæftigelsesministeriet. (2012, 27. april). AMU alm. del, endeligt svar på spm. 309 [Udvalgssvar, s. 2, "
            "tegn 10–40]. svar.pdf",
            LETTER,
        ),
        ("van der Ho, K.-E. (2024, 13. marts). 37. møde, spm. nr. S 934 [Referat, tegn 10–40]. svar.pdf", SPEECH),
        ("notat.txt [tegn 10–40]. (u.å.). notat.txt", NAMELESS),
    ],
)
def test_apa(expected: str, cited: Hit) -> None:
    """Author, date, title, kind and place, in Danish; a title leads where no author is known."""
    assert expected == apa(cited)


def test_bibtex() -> None:
    """An office is one name, a person two parts, a month BibTeX's own word; what is not known is not there."""
    letter = entry(bibtex(LETTER, ADDRESS))
    assert ("{{Beskæftigelsesministeriet}}", "{2012}", "apr", "{27}") == tuple(
        letter[name] for name in ("author", "year", "month", "day")
    )
    assert f"{{{ADDRESS}/kilde/{'a' * 16}?start=10&end=40#uddrag}}" == letter["url"]
    assert "{van der Ho, Karl-Erik}" == entry(bibtex(SPEECH))["author"]
    assert {"title", "note", "language"} == entry(bibtex(NAMELESS)).keys()


def test_bibtex_is_escaped() -> None:
    """Nothing in a title can end its field or be a command; braces are none that BibTeX would count."""
    found = entry(bibtex(hit(Fields(title=f"{ODD} }} }} ,\n  url = {{https://evil.example}}", kind="artikel"))))
    assert {"title", "type", "note", "language"} == found.keys()
    title = found["title"]
    for bare in (r"(?<!\\)[%&_#$]", r"[~^\u202e\n]", r"\\(?!textbackslash|textbrace|textascii|[%&_#$])"):
        assert not re.search(bare, title), bare
    assert r"50 \% af \textbraceleft{}alt\textbraceright{} \& \textbackslash{}intet\_" in title


def test_csl_json() -> None:
    """One item that a JSON reader reads, with names and date in parts; odd text comes back as it was."""
    item = json.loads(citations(LETTER)["csl"])[0]
    assert [{"literal": "Beskæftigelsesministeriet"}] == item["author"]
    assert {"date-parts": [[2012, 4, 27]]} == item["issued"]
    assert ("309", "S. 2, tegn 10–40") == (item["number"], item["note"].capitalize())
    assert [{"family": "van der Ho", "given": "Karl-Erik"}] == csl(SPEECH)["author"]
    assert {"id", "type", "title", "archive_location", "note", "language"} == csl(NAMELESS).keys()
    odd: dict[str, Any] = json.loads(citations(hit(Fields(title=ODD)))["csl"])[0]
    assert ODD.removesuffix("\u202e") == odd["title"]


def test_nothing_is_guessed() -> None:
    """No form of a document that says nothing of itself has a year, a name or an address in it."""
    for text in citations(NAMELESS).values():
        assert not re.search(r"\b(?:19|20)\d{2}\b|http|author|None|null|hemmelig", text), text


def test_only_an_address_is_taken_for_one() -> None:
    """What a document gives as its address is passed on only if it is one."""
    assert "https://ft.dk/a?b=1" == csl(hit(Fields(url="https://ft.dk/a?b=1")))["URL"]
    for url in ("javascript:alert(1)", "https://x.example/} , note = {x", 'https://x.example/"<b>'):
        assert "URL" not in csl(hit(Fields(url=url)))
        assert "url" not in entry(bibtex(hit(Fields(url=url))))


def test_cards_offer_every_form_as_text() -> None:
    """Each form stands in the card, escaped, so that it can be copied without the clipboard; plain cards have none."""
    odd = hit(Fields(title=ODD), file="<img src=x>.txt")
    shown = cards(answer(odd), Tools())
    assert not re.search(r"<(?:img|script)", shown)
    assert list(FORMS) == re.findall(r'<pre data-form="(\w+)" hidden>', shown)
    assert "<button" not in cards(answer(odd))
    assert "data-hjalp" not in shown
    assert "data-hjalp" in cards(answer(odd), Tools(feedback=True))
    assert "data-spurgt" not in cards(answer(odd), Tools(feedback=True))


def test_a_conversation_as_markdown() -> None:
    """Questions, passages and sources in order; what documents say is markup of no kind."""
    hostile = "![x](https://evil.example/a.png) <img src=x>\n# Stor\n- punkt\n1. et\n`${x}` [a]: b"
    one = LETTER.passage
    evil = replace(LETTER, passage=replace(one, text=hostile), reference="<b>*svar*")
    saved = markdown([kept(answer(evil), Filters(kind="udvalgssvar", since="2012-01-01"), ADDRESS)])
    assert "Afgrænset til: Udvalgssvar, fra 1. januar 2012." in saved
    assert re.search(r"^## Hvad\?$", saved, re.MULTILINE)
    assert rf"<{ADDRESS}/kilde/{'a' * 16}?start=10&end=40#uddrag>" in saved
    quoted = [line.removeprefix("> ") for line in saved.splitlines() if line.startswith("> ")]
    assert [r"\!\[x\](https://evil.example/a.png) \<img src=x\>", r"\# Stor", r"\- punkt", r"1\. et"] == quoted[:4]
    assert not re.search(r"(?<!\\)[\[`*]|(?<!\\)<(?!https://arkiv)", "\n".join(quoted))


def test_a_conversation_as_json() -> None:
    """Each answer as the interface gives it, its filters, and a CSL item for each hit; no folder of the machine."""
    saved = json.loads(as_json([kept(answer(LETTER), Filters(kind="udvalgssvar"), ADDRESS)]))
    only = saved["conversation"][0]
    assert ({"kind": "udvalgssvar"}, "Hvad?") == (only["filters"], only["question"])
    assert csl(LETTER, ADDRESS) == only["hits"][0]["csl"]
    assert "hemmelig" not in json.dumps(saved)
