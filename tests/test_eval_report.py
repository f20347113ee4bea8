"""The report: one page that fetches nothing, and shows of the documents no more than the set's quotes."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from eval.questions import read_sets
from eval.report import measured, write_report
from index.search import Searcher

QUOTE = "31 skoler"
VOID = {"meta", "br", "link", "img"}


class Tags(HTMLParser):
    """Every tag with its attributes; raises where they do not nest."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        assert tag == self.open.pop()


@pytest.fixture(scope="module")
def page(examples_index: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A report over questions of which one is right, one missed, one hostile and one unanswerable."""
    folder = tmp_path_factory.mktemp("report")
    answer = {"file": "svar-buu-141-skolemad.pdf", "quote": QUOTE}
    lines = [
        {"id": "1", "question": "Hvor mange skoler er med i forsøget?", "answers": [answer]},
        {"id": "2", "question": "Hvor lang er ventetiden på tandregulering?", "answers": [answer], "slice": "missed"},
        {"id": "3", "question": "<script>alert(1)</script> <img src=x>", "answers": [{"file": "<b>", "quote": "<i>"}]},
        {"id": "4", "question": "Hvad koster skolemad?", "answers": [], "slice": "unanswerable"},
    ]
    (folder / "hostile.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    part = measured("<u>name</u>", read_sets([folder / "hostile.jsonl"]), Searcher.open(examples_index))
    write_report(folder / "report.html", [part])
    return (folder / "report.html").read_text(encoding="utf-8")


def test_the_page_nests_and_fetches_nothing(page: str) -> None:
    """No script, no address, no style sheet or picture from elsewhere; a policy forbids what slipped through."""
    tags = Tags()
    tags.feed(page)
    assert [] == tags.open
    names = {name for name, _ in tags.seen}
    assert not names & {"script", "img", "link", "iframe", "object", "form", "b", "u"}
    assert not [a for _, attributes in tags.seen for a in attributes if a in ("src", "href") or a.startswith("on")]
    assert not re.search(r"https?://|url\(|@import", page)
    assert "default-src 'none'" in page
    assert {"svg", "table", "details"} <= names


def test_question_file_and_name_are_escaped(page: str) -> None:
    """Whatever a set says stays text."""
    for text in ("<script>alert", "<img", "<b>", "<u>name"):
        assert text not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "&lt;u&gt;name&lt;/u&gt;" in page


def test_failed_questions_are_shown_with_what_was_expected(page: str, examples_index: Path) -> None:
    """Question, file and quote; and no other words of any document."""
    assert "Hvor lang er ventetiden på tandregulering?" in page
    assert f"“{QUOTE}”" in page
    assert "not in the index" in page  # the hostile one
    assert "1 unanswerable, yet answered" in page
    for hit in Searcher.open(examples_index).ask("Hvor lang er ventetiden på tandregulering?", 10).hits:
        assert hit.passage.text[:60] not in page
        assert all(hit.passage.text[start:end][:60] not in page for start, end in hit.highlights)


def test_all_configurations_are_compared(page: str) -> None:
    """Each leg and the hybrid in tables and plots, with the paired p-values."""
    for mode in ("lexical", "dense", "hybrid"):
        assert f'class="{mode}"' in page
        assert f"line {mode}" in page
    assert "hybrid − lexical" in page and "hybrid − dense" in page
    assert "paired randomisation test" in page
