"""`spoergetime fetch` as it is typed: the README's three commands, the dry run, what is told, wrong use."""

from __future__ import annotations

import json
import re
import shlex
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from corpus.errors import UsageError
from corpus.fetch.guest import Guest
from corpus.fetch.polite import Polite
from corpus.fetch.run import Source, planned
from corpus.fetch.scope import Scope
from tests.conftest import ROOT
from tests.fetching import COUNT, TODAY, WHOLE, at, got, row, run
from tests.oda_records import GENERAL, OWN, TOPICS, TOWNS, figure_of
from tests.oda_server import StandIn, running
from tests.test_cli import call


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    """A session of fourteen questions."""
    with running(StandIn(COUNT)) as one:
        yield one


def test_a_session_in_three_commands(tmp_path: Path) -> None:
    """The README's: three hundred questions are fetched, indexed, asked; sidecars and texts agree to the last field."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    begin = readme.index("$ spoergetime fetch")
    fetching, indexing, asking = (shlex.split(line)[2:] for line in readme[begin:].splitlines()[:3])
    with running(StandIn(300)) as one:
        done = call(*fetching, *at(one), "--json", cwd=tmp_path)
        assert (0, "") == (done.returncode, done.stderr)
        report = json.loads(done.stdout)
        assert (300, 300, 0, None) == (report["listed"], report["fetched"], len(report["missing"]), report["stopped"])
        suffixes = Counter(path.suffix for path in tmp_path.rglob("svar-*"))
        assert {".pdf": 200, ".docx": 100, ".json": 300} == suffixes
        assert all("spoergetime/" in agent and "post@example.dk" in agent for agent in one.agents)
    report = json.loads(call(*indexing, "--json", cwd=tmp_path).stdout)
    assert (300, [], []) == (report["documents"], report["quarantined"], report["differing"])
    answer = json.loads(call(*asking, "--json", cwd=tmp_path).stdout)
    assert answer["answered"] and "ladestandere til elbiler" in answer["hits"][0]["text"]
    numbers = (61, 122, 299)
    questions = [f"Hvor mange {TOPICS[n % 10]} er der i {TOWNS[n // 10]} Kommune?" for n in numbers]
    (tmp_path / "questions.jsonl").write_text("".join(json.dumps({"question": one}) + "\n" for one in questions))
    batch = run(
        "ask", "--batch", tmp_path / "questions.jsonl", "--index", tmp_path / indexing[-1], "--session", "20231"
    )
    for number, line in zip(numbers, batch.stdout.splitlines(), strict=True):
        best = json.loads(line)["hits"][0]
        assert f"svar-{3_000 + number}-" in best["citation"]["file"]
        assert str(figure_of(number)) in best["text"]


def test_where_sidecar_and_text_differ_the_report_says_so(stand_in: StandIn, tmp_path: Path) -> None:
    """Field, both values and the file; the sidecar's value is the one that counts."""
    row(stand_in, "Dokument", 3_001)["dato"] = "2023-12-24T00:00:00"
    row(stand_in, "Aktør", 500)["navn"] = "Alma Kildevang Holm"
    got(stand_in, tmp_path / "docs", Scope(session="20231"), limit=3)
    done = run("index", tmp_path / "docs", "--index", tmp_path / "index")
    assert (
        "differing: 20231/svar-3001-pdf-5001.pdf: date is 2023-12-24 by the sidecar, 2023-11-02 by the text"
        in done.stdout
    )
    assert "asker is Alma Kildevang Holm by the sidecar, Alma Kildevang by the text" in done.stdout
    assert 2 == done.stdout.count("differing: ")


def test_the_dry_run_prints_what_is_asked(stand_in: StandIn, tmp_path: Path) -> None:
    """The same addresses in the same order as a fetch asks them, numbers aside, and none is asked."""
    for more in ((), ("--changed-since-last",)):
        stand_in.log.clear()
        done = run("fetch", "--session", 20231, "--into", tmp_path, "--dry-run", *more, *at(stand_in, fast=False))
        assert (0, []) == (done.returncode, stand_in.log)
        lines = [line.removeprefix(stand_in.service[:-5]) for line in done.stdout.splitlines()]
        exact, cases, actors = lines[:9], lines[9], lines[10]
        got(stand_in, tmp_path, changed=bool(more))
        assert exact == stand_in.log[:9]
        if more:
            continue
        for planned_one, made in ((cases, stand_in.asked("/Sag?")), (actors, stand_in.asked("/Akt%C3%B8r?"))):
            asked_of = [
                re.sub(r"\((?:id%20eq%20\d+(?:%20or%20)?)+\)", "(id%20eq%20{id}%20or%20id%20eq%20{id}%20...)", one)
                for one in made
            ]
            assert planned_one in asked_of
        assert [f"{{Fil.filurl of each answer}} on {stand_in.files}"] == lines[11:12]
    assert "opdateringsdato%20ge%20datetime'2024-01-31T" in exact[-1]
    done = run("fetch", "--into", tmp_path, "--dry-run", "--from-folder", tmp_path, *at(stand_in, fast=False))
    assert "Fil.filurl" not in done.stdout


def test_the_dry_run_needs_no_network(tmp_path: Path) -> None:
    """The addresses of the Folketing itself, made without asking it."""
    lines = list(planned(tmp_path, WHOLE, Source(guest=Guest()), today=TODAY))
    assert "https://oda.ft.dk/api/$metadata" == lines[0]
    assert "offentlighedskode%20eq%20'O'%20and%20dato%20ge%20datetime'2023-09-01T00:00:00'" in lines[8]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (("--session", "2023"), "no session"), (("--since", "1/1/2024"), "no date"),
        (("--since", "2024-02-01", "--until", "2024-01-01"), "later than --until"),
        (("--session", "19991"), "its newest is 20231"), (("--kind", "vrøvl"), "none of the service's: Alm. del"),
        (("--service", "oda.ft.dk"), "is no address"), (("--service", "http://[x"), "is no address"),
        (("--service", "http://h:x/"), "is no address"), (("--service", "http://ø..dk/"), "is no address"),
    ],
)  # fmt: skip
def test_wrong_use_is_one_line(stand_in: StandIn, tmp_path: Path, wrong: tuple[str, ...], said: str) -> None:
    """Exit code 2, and what to write instead."""
    done = run("fetch", "--into", tmp_path / "docs", *at(stand_in), *wrong)
    assert (2, 1) == (done.returncode, done.stderr.count("\n"))
    assert said in done.stderr


def test_the_command_tells_and_counts(stand_in: StandIn, tmp_path: Path) -> None:
    """A summary with every missing file and what to do; exit code 1 where nothing came or the listing broke off."""
    where = (*at(stand_in), "--session", 20231)
    stand_in.faults["/5005."] = ["bot filter"]
    done = run("fetch", "--into", tmp_path / "a", *where)
    assert 0 == done.returncode, done.stderr
    assert "14 answers: 13 files fetched, 0 linked, 0 unchanged, 1 missing" in done.stdout
    assert "missing: 20231/svar-3005-word-5005.docx" in done.stdout
    assert "call again with --from-folder" in done.stdout
    stand_in.faults["/samling/"] = ["403"] * 99
    done = run("fetch", "--into", tmp_path / "b", *where)
    assert (1, 1) == (done.returncode, done.stderr.count("\n"))
    assert "none of 14 files came" in done.stderr
    stand_in.faults["/api/Dokument?"] = ["403"]
    done = run("fetch", "--into", tmp_path / "c", *where)
    assert (1, True) == (done.returncode, "is refused to programs" in done.stderr)


def test_unused_kinds_are_named(stand_in: StandIn, tmp_path: Path) -> None:
    """The kinds are the service's own."""
    assert {OWN, GENERAL} < {row["id"] for row in stand_in.entities["Sagstype"]}
    with pytest.raises(UsageError, match=r"Alm\. del, Lovforslag, § 20-spørgsmål"):
        got(stand_in, tmp_path, Scope(kind="forespørgsel"))


def test_an_interruption_is_one_line(stand_in: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 130, what is there, and how to go on; what had come stays."""
    download, left = Polite.download, 3

    def interrupted(*words: Any, **more: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise KeyboardInterrupt
        return download(*words, **more)

    monkeypatch.setattr(Polite, "download", interrupted)
    done = run("fetch", "--into", tmp_path / "docs", "--session", 20231, *at(stand_in))
    assert (130, 1) == (done.returncode, done.stderr.count("\n"))
    assert f"what has come into {tmp_path / 'docs'} is whole. Call again to go on" in done.stderr
    assert 3 == len(list(tmp_path.rglob("svar-*.meta.json")))
