"""Processes that answer side by side: what they say, and what becomes of one that fails."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from bot.answering import Here
from bot.archive import Archive, RefusalError
from bot.cards import Tools
from bot.operation import Operation
from bot.server import create_app
from bot.workers import LostError, Workers, usual
from index.build import build
from index.encoder import Encoder
from index.erase import erase
from tests.conftest import until
from tests.talk import server

LOCAL = "http://127.0.0.1:7860"
QUESTION = "Hvor lang er ventetiden i specialtandplejen?"
SEARCH: dict[str, Any] = {"question": QUESTION, "top": 5, "filters": None, "previous": [], "explain": True}
NONE = ("", "", "")  # no model, no cross-encoder, no JSON in the log


def children(process: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def running(process: int) -> bool:
    """Whether a process still runs; one that ended, and that nobody has asked about, does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False


@pytest.fixture(scope="module")
def workers(examples_index: Path) -> Iterator[Workers]:
    with Workers(2, examples_index, 30, *NONE) as workers:
        yield workers


@pytest.mark.parametrize(
    ("form", "asked"),
    [
        ("search", SEARCH),
        ("search", {**SEARCH, "filters": {"kind": "pressemeddelelse"}, "question": "vindmøller"}),
        ("chat", {"question": QUESTION, "sent": "since=2001", "previous": ["Tænder?"], "tools": Tools()._asdict()}),
        ("widget", {"question": QUESTION, "top": 3, "previous": []}),
    ],
)
def test_they_say_what_one_process_says(workers: Workers, examples_index: Path, form: str, asked: Any) -> None:
    """To the byte, in each form, whichever of them is asked."""
    expected = Here(Archive(examples_index))(form, asked)
    assert b"kilde" in expected or b'"hits":[{' in expected
    assert [expected] * 4 == [workers(form, asked) for _ in range(4)]


def test_a_refusal_is_the_same(workers: Workers) -> None:
    """What cannot be searched is told in the same Danish sentence."""
    with pytest.raises(RefusalError, match=r"^Skriv et spørgsmål først\.$"):
        workers("search", {**SEARCH, "question": "  "})
    with pytest.raises(RefusalError, match="Jeg forstår ikke datoen"):
        workers("chat", {"question": "Hvad?", "sent": "since=engang", "previous": [], "tools": Tools()._asdict()})


def test_a_failure_tells_nothing(workers: Workers, caplog: pytest.LogCaptureFixture) -> None:
    """The log gets the place in the program and no word of the question; the process goes on."""
    with pytest.raises(LostError) as raised:
        workers("search", {**SEARCH, "question": "kvanterabarber", "top": 0})
    assert "kvanterabarber" not in caplog.text + str(raised.value)
    assert "UsageError in search.py" in caplog.text
    assert workers("search", SEARCH)


def test_they_work_side_by_side(examples_index: Path) -> None:
    """Many threads at once are each given the answer to their own question, and every answer is timed."""
    questions = [f"Hvad siger ministeren om sag {n}?" for n in range(60)]
    times: list[float] = []
    with Workers(2, examples_index, 30, *NONE) as workers, ThreadPoolExecutor(16) as readers:
        workers.timed = times.append
        answers = readers.map(lambda question: workers("search", {**SEARCH, "question": question}), questions)
        assert questions == [json.loads(answer)["question"] for answer in answers]
    assert len(questions) == len(times)


def test_one_that_dies_is_replaced(examples_index: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Its question is lost, with one line in the log; the next is answered, and at the end nobody is left."""
    with Workers(1, examples_index, 30, *NONE) as workers:
        expected = workers("search", SEARCH)
        first = workers._all[0]._process
        first.kill()
        with pytest.raises(LostError):
            workers("search", SEARCH)
        assert expected == workers("search", SEARCH)
        second = workers._all[0]._process
    assert 1 == caplog.text.count("another takes its place")
    assert (-signal.SIGKILL, True) == (first.returncode, second.returncode is not None)


def answers(workers: Workers) -> bool:
    """Whether a question is answered; one that begins slowly may lose it."""
    try:
        return bool(workers("search", SEARCH))
    except LostError:
        return False


def test_one_that_begins_slowly(examples_index: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Its questions are lost, each in time; it is let begin, and then each is given its own answer at once."""
    with Workers(1, examples_index, 1, *NONE) as workers:
        process = workers._all[0]._process
        os.kill(process.pid, signal.SIGSTOP)
        for _ in range(2):
            with pytest.raises(LostError):
                workers("search", SEARCH)
        os.kill(process.pid, signal.SIGCONT)
        until(lambda: answers(workers))
        for question in ("Hvad koster skolemad?", QUESTION):
            assert question == json.loads(workers("search", {**SEARCH, "question": question}))["question"]
        assert process is workers._all[0]._process
    assert "still starting" in caplog.text
    assert "another takes its place" not in caplog.text


def test_one_that_never_begins_is_replaced(
    examples_index: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody waits for ever: after minutes another takes its place."""
    with Workers(1, examples_index, 1, *NONE) as workers:
        os.kill(workers._all[0]._process.pid, signal.SIGSTOP)
        with monkeypatch.context() as patch:
            patch.setattr("bot.workers._START", 0.5)
            assert not answers(workers)
        until(lambda: answers(workers))
    assert 1 == caplog.text.count("another takes its place")


def test_one_that_cannot_be_replaced_at_once(
    examples_index: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """While no process can be started each question is lost, with a line in the log; then they are answered again."""
    with Workers(1, examples_index, 30, *NONE) as workers:
        assert workers("search", SEARCH)
        workers._all[0]._process.kill()
        with monkeypatch.context() as patch:
            patch.setattr("bot.workers.subprocess.Popen", refused)
            for _ in range(2):
                with pytest.raises(LostError):
                    workers("search", SEARCH)
        assert 2 == caplog.text.count("no other could be started: Cannot allocate memory")
        with pytest.raises(LostError):
            workers("search", SEARCH)
        assert workers("search", SEARCH)
    assert 1 == caplog.text.count("another takes its place")


def refused(*_: Any, **__: Any) -> None:
    raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))


def test_one_that_hangs_is_replaced(examples_index: Path) -> None:
    """A question that takes longer than it may is given up in time, and its process is not left in the way."""
    with Workers(1, examples_index, 2, *NONE) as workers:
        until(lambda: answers(workers))
        os.kill(workers._all[0]._process.pid, signal.SIGSTOP)
        started = time.monotonic()
        with pytest.raises(LostError):
            workers("search", SEARCH)
        assert time.monotonic() - started < 15
        until(lambda: answers(workers))


def test_a_new_generation_is_met_by_all_and_never_mixed(tmp_path: Path, encoder: Encoder) -> None:
    """While new ones are published each answer is of one generation alone, and afterwards all are of the newest."""
    word = "Æblegrød nummer {0} koster {0} kroner i kantinen."
    document, index = tmp_path / "documents" / "pris.txt", tmp_path / "index"
    document.parent.mkdir()
    document.write_text(word.format(1), encoding="utf-8")
    build([document.parent], index, encoder)
    told: list[tuple[str, str]] = []
    ended = threading.Event()
    with Workers(2, index, 30, *NONE) as workers:

        def ask(_: int = 0) -> None:
            answer = json.loads(workers("search", {**SEARCH, "question": "Hvad koster æblegrød?"}))
            told.append((answer["generation"], answer["hits"][0]["text"]))

        def reader() -> None:
            while not ended.is_set():
                ask()

        readers = [threading.Thread(target=reader) for _ in range(3)]
        try:
            for one in readers:
                one.start()
            until(lambda: bool(told))  # processes may begin later than four builds take
            for n in range(2, 6):
                document.write_text(word.format(n), encoding="utf-8")
                build([document.parent], index, encoder)
            until(lambda: len({generation for generation, _ in told}) > 1)
        finally:
            ended.set()
            for one in readers:
                one.join(30)
        assert {(f"{n:06}", word.format(n)) for n in range(1, 6)} >= set(told)
        told.clear()
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(ask, range(8)))
        assert {("000005", word.format(5))} == set(told)


def test_an_idle_one_follows(tmp_path: Path, encoder: Encoder) -> None:
    """Nobody asks, and yet what was erased is read by none of them soon, and answered by none."""
    documents, index = tmp_path / "documents", tmp_path / "index"
    documents.mkdir()
    for name, text in ("a", "Storkene er tilbage i Ribe."), ("b", "Færgen til øen er aflyst."):
        (documents / f"{name}.txt").write_text(text, encoding="utf-8")
    build([documents], index, encoder)
    with Workers(2, index, 30, *NONE) as workers, ThreadPoolExecutor(2) as pool:
        asked = {**SEARCH, "question": "Hvor er storkene?"}
        assert {"a.txt"} == {cited(answer) for answer in pool.map(lambda _: workers("search", asked), range(8))}
        erase(index, "a.txt")
        assert {"b.txt"} == {cited(answer) for answer in pool.map(lambda _: workers("search", asked), range(8))}


def cited(answer: bytes) -> str:
    return str(json.loads(answer)["hits"][0]["citation"]["file"])


def test_a_server_answers_through_them(examples_index: Path) -> None:
    """With workers, a server answers as it does without; a lost one is told as any failure, in Danish."""
    with Workers(1, examples_index, 30, *NONE) as workers:
        app = create_app(examples_index, answering=workers, operation=Operation(metrics=True))
        with TestClient(app, base_url=LOCAL) as one, TestClient(create_app(examples_index), base_url=LOCAL) as other:
            body = {"question": QUESTION, "explain": True}
            assert one.post("/api/search", json=body).json() == other.post("/api/search", json=body).json()
            form = {"question": QUESTION}
            assert one.post("/widget", data=form).text == other.post("/widget", data=form).text
            assert "spoergetime_search_seconds_count{} 2" in one.get("/metrics").text
            workers._all[0]._process.kill()
            lost = one.post("/api/search", json=body)
            assert (500, True) == (lost.status_code, lost.json()["error"].startswith("Der gik noget galt"))
            assert 200 == one.post("/api/search", json=body).status_code


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("asked", [True, False])
def test_none_outlives_the_server(examples_index: Path, sent: signal.Signals, asked: bool) -> None:
    """However the server ends, its processes end, also those that have not yet begun, and say nothing."""
    options = ("--index", str(examples_index), "--workers", "2")
    with server(*options, stderr=subprocess.PIPE) as (address, process):
        if asked:
            assert 200 == httpx.post(f"{address}/api/search", json={"question": QUESTION}).status_code
        answering = children(process.pid)
        assert 2 == len(answering)
        process.send_signal(sent)
        process.wait(20)
        for _ in range(100):
            if not any(map(running, answering)):
                break
            time.sleep(0.1)
        assert [] == [one for one in answering if running(one)]
        assert process.stderr is not None
        assert "" == process.stderr.read()


def test_without_workers_there_are_none(examples_index: Path) -> None:
    """`--workers 0` answers in the server's own process."""
    with server("--index", str(examples_index), "--workers", "0") as (address, process):
        assert 200 == httpx.post(f"{address}/api/search", json={"question": QUESTION}).status_code
        assert [] == children(process.pid)


def test_how_many_there_are_by_default() -> None:
    """One for each core, at most four; a model that is no table of words answers in the server's own process."""
    assert min(4, len(os.sched_getaffinity(0))) == usual(True)
    assert 0 == usual(False)


def test_importing_them_is_light(examples_index: Path) -> None:
    """A process that answers loads neither Gradio nor torch."""
    with Workers(1, examples_index, 30, *NONE) as workers:
        workers("search", SEARCH)
        maps = Path(f"/proc/{workers._all[0]._process.pid}/maps").read_text()
    assert "faiss" in maps
    assert not [line for line in maps.splitlines() if "/torch/" in line or "/pydantic_core/" in line]
