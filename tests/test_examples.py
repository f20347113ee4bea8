"""The bundled example documents and the questions asked about them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
import pypdfium2
import pytest

from tests import make_examples

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "corpus" / "examples"
QUESTION_SET = ROOT / "eval" / "sets" / "examples.jsonl"
QUESTIONS = [json.loads(line) for line in QUESTION_SET.read_text("utf-8").splitlines()]
FILES = sorted(path.name for path in EXAMPLES.iterdir())
SLICES = {
    *("plain", "official", "compounds", "numbers", "names", "typos", "languages", "followups", "superseded"),
    "unanswerable",
}


def joined(text: str) -> str:
    """The text on one line, line-end hyphens gone unless they stand for a left-out word."""
    text = re.sub("[\x02\ufffe]", "-\n", text)  # PDFium's marks for a hyphen at a line's end
    text = re.sub(r"(?<=\w)-\s*\n\s*(?!(?:og|eller|samt)\b)(?=[a-zæøå])", "", text)
    return " ".join(text.split())


def extracted(name: str, content: bytes) -> str:
    """All of an example's text, on one line."""
    if name.endswith(".pdf"):
        with pypdfium2.PdfDocument(content) as pdf:
            return joined("\n".join(page.get_textpage().get_text_range() for page in pdf))
    if name.endswith(".docx"):
        return joined("\n".join(paragraph.text for paragraph in docx.Document(BytesIO(content)).paragraphs))
    return joined(content.decode("utf-8"))


@cache
def plain(name: str) -> str:
    """The text of an example as it lies in the folder."""
    return extracted(name, (EXAMPLES / name).read_bytes())


def test_there_are_examples_of_every_format() -> None:
    """A fresh copy has enough to try every reader on, and stays small."""
    assert len(FILES) >= 12
    assert {".txt", ".html", ".md", ".pdf", ".docx"} == {Path(name).suffix for name in FILES}
    assert sum(path.stat().st_size for path in EXAMPLES.iterdir()) < 500_000


@pytest.mark.parametrize("name", FILES)
def test_every_example_says_that_it_is_constructed(name: str) -> None:
    """Nobody can take an example for a real document, wherever its text is shown."""
    assert "onstrueret" in plain(name)


@pytest.mark.parametrize(
    ("name", "make"),
    [(make_examples.PDF_NAME, make_examples.make_pdf), (make_examples.DOCX_NAME, make_examples.make_docx)],
)
def test_the_built_examples_are_what_the_script_builds(name: str, make: Callable[[], bytes]) -> None:
    """The PDF and the DOCX can be made again, to the same text, and twice to the same bytes."""
    assert extracted(name, make()) == plain(name)
    assert make() == make()


def test_every_question_has_an_id_of_its_own() -> None:
    """A result can be traced to one question."""
    assert len({question["id"] for question in QUESTIONS}) == len(QUESTIONS) >= 60
    assert len({question["question"] for question in QUESTIONS}) == len(QUESTIONS)
    assert {question["slice"] for question in QUESTIONS} == SLICES


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question["id"])
def test_every_answer_stands_in_its_document(question: dict[str, Any]) -> None:
    """An expected answer is the document's own words; a question without one is in the slice that says so."""
    assert (question["slice"] == "unanswerable") == (not question["answers"])
    for answer in question["answers"]:
        assert answer["quote"] in plain(answer["file"])
