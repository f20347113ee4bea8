"""What readers found useful: nothing is kept unless the operator asked for it, and then it can be deleted."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from bot.cli import app
from bot.feedback import Feedback, Verdict, count, delete, selects
from bot.server import create_app
from corpus.errors import InputError, UsageError
from eval.judgements import question_lines, read_judgements
from index.build import build
from index.encoder import Encoder
from index.search import Searcher

LOCAL = "http://127.0.0.1:7860"
QUESTION = "Hvor lang er ventetiden i specialtandplejen?"


def best(index: Path) -> dict[str, Any]:
    passage = Searcher.open(index).ask(QUESTION, 1).hits[0].passage
    return {"document": passage.document, "passage": passage.id, "useful": True}


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "feedback.jsonl"


def posted(index: Path, feedback: Feedback | None, body: object, **headers: str) -> int:
    with TestClient(create_app(index, feedback=feedback), base_url=LOCAL) as client:
        return client.post("/api/feedback", json=body, headers=headers).status_code


def test_nothing_is_kept_by_default(examples_index: Path, file: Path) -> None:
    """Without a file there is no such address, and the page has no such buttons."""
    assert 404 == posted(examples_index, None, best(examples_index))
    assert not file.exists()


def test_ids_alone_are_kept(examples_index: Path, file: Path) -> None:
    """With a file, ids, verdict and day are kept, and not the question even if it is sent; only the owner can read."""
    assert 204 == posted(examples_index, Feedback(file), {**best(examples_index), "question": QUESTION})
    assert [{"document", "passage", "useful", "day"}] == [line.keys() for line in lines(file)]
    assert 0o600 == file.stat().st_mode & 0o777


def test_questions_make_judgements(examples_index: Path, file: Path) -> None:
    """Where questions are kept, `eval judgements` makes a question set of the lines."""
    assert 204 == posted(
        examples_index, Feedback(file, questions=True), {**best(examples_index), "question": f" {QUESTION}\n"}
    )
    assert QUESTION == lines(file)[0]["question"]
    turned = question_lines(read_judgements([file]), Searcher.open(examples_index).store)
    assert [QUESTION] == [line["question"] for line in turned.lines]
    assert 0 == turned.gone


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"passage": "0" * 16}, 422),  # none of the archive's
        ({"document": "0" * 16}, 422),
        ({"document": "%"}, 422),
        ({"useful": "ja"}, 422),
        ({"name": "Anna"}, 422),
        ({"question": "a" * 1001}, 422),
        ({"question": "a" * 20_000}, 413),
    ],
)
def test_only_verdicts_come_in(examples_index: Path, file: Path, change: dict[str, object], status: int) -> None:
    """What is no verdict on a passage of the archive is refused, and nothing is written."""
    assert status == posted(examples_index, Feedback(file, questions=True), {**best(examples_index), **change})
    assert "" == file.read_text()


def test_a_repeated_passage_can_be_judged(tmp_path: Path, file: Path, encoder: Encoder) -> None:
    """Of passages that say the same, each takes verdicts; a number that none has is none of the archive's."""
    texts, index = tmp_path / "texts", tmp_path / "index"
    texts.mkdir()
    first = "Ventelisten til specialtandplejen er 14 måneder i hele landet. " * 12
    second = "Broen ved Ribe er lukket til august, og omkørslen går over Esbjerg. " * 12
    (texts / "a.txt").write_text("\n\n".join([first, second, first]), encoding="utf-8")
    build([texts], index, encoder)
    store = Searcher.open(index).store
    ids = [stored.passage.id for stored in store.passages_of(0)]
    repeated = [one for one in ids if "-" in one]
    assert repeated
    given = {"document": store.head(0).id, "useful": True}
    for passage in ids:
        assert 204 == posted(index, Feedback(file), {**given, "passage": passage})
    assert ids == [line["passage"] for line in lines(file)]
    for wrong in (f"{repeated[0]}9", f"{ids[0]}-", f"{ids[0]}-x"):
        assert 422 == posted(index, Feedback(file), {**given, "passage": wrong})


def test_other_sites_cannot_judge(examples_index: Path, file: Path) -> None:
    """A page of another origin is refused; the own one is not."""
    feedback, verdict = Feedback(file), best(examples_index)
    assert 403 == posted(examples_index, feedback, verdict, Origin="https://evil.example")
    assert 204 == posted(examples_index, feedback, verdict, Origin=LOCAL)
    assert 1 == len(lines(file))


def test_an_unusable_file_is_told_at_once(tmp_path: Path) -> None:
    """A server does not start with a file that it cannot write."""
    with pytest.raises(InputError, match="--feedback"):
        Feedback(tmp_path / "missing" / "feedback.jsonl")


def aged(path: Path, *days: str) -> None:
    path.write_text(
        "".join(
            json.dumps({"document": f"d{n}", "passage": "p", "useful": n == 0, "day": day}) + "\n"
            for n, day in enumerate(days)
        ),
        encoding="utf-8",
    )


def test_deleting(file: Path) -> None:
    """By document, by age, or all; the others stay letter for letter."""
    aged(file, "2020-01-01", "2999-01-01", "2999-01-01")
    before = file.read_text().splitlines()
    assert 1 == delete(file, selects(None, 30)).lines
    assert before[1:] == file.read_text().splitlines()
    assert 0 == delete(file, selects("d1", 30)).lines  # both must hold
    assert 1 == delete(file, selects("d1", None)).lines
    assert before[2:] == file.read_text().splitlines()
    file.write_text(file.read_text() + "{broken\n")
    assert (0, 1, 0, 1) == delete(file, selects(None, None), unreadable=True)
    assert "" == file.read_text()


def test_deleting_loses_nothing_that_comes_in(file: Path) -> None:
    """While lines are deleted again and again, every other line that is added stays."""
    feedback = Feedback(file)

    def add(document: str) -> None:
        for _ in range(100):
            feedback.add(Verdict(document, "p", True))

    threads = [threading.Thread(target=add, args=(name,)) for name in ("keep", "go", "keep")]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        delete(file, selects("go", None))
    delete(file, selects("go", None))
    assert ["keep"] * 200 == [line["document"] for line in lines(file)]


def test_the_command(file: Path) -> None:
    """It counts, deletes what is named, and refuses to delete what is not."""
    aged(file, "2020-01-01", "2999-01-01")
    command = ["feedback", "--feedback", str(file)]
    assert "2 verdicts: 1 useful, 1 not" in CliRunner().invoke(app, command).output
    for wrong in (["--delete"], ["--delete", "--all", "--document", "d1"]):
        assert isinstance(CliRunner().invoke(app, [*command, *wrong]).exception, UsageError)
    assert "1 verdicts deleted" in CliRunner().invoke(app, [*command, "--delete", "--older-than", "30"]).output
    assert 1 == count(file).lines
    file.unlink()
    assert isinstance(CliRunner().invoke(app, [*command, "--delete", "--all"]).exception, InputError)
    assert not file.exists()


def test_questions_need_a_file(examples_index: Path) -> None:
    """Keeping questions without saying where is wrong use."""
    given = ["serve", "--index", str(examples_index), "--feedback-questions"]
    assert isinstance(CliRunner().invoke(app, given).exception, UsageError)
