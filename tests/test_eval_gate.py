"""The gate: no measure of a bundled question set falls below its floor."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from corpus.errors import InputError
from eval import gate
from eval.suites import EXAMPLES, SHARED, Suite, opened, real_suite
from index.search import Searcher
from tests.conftest import EXAMPLES as EXAMPLE_FILES


def test_the_examples_are_answered_as_well_as_before(examples_index: Path) -> None:
    """No measure of any slice is below its floor in eval/baseline.json."""
    assert gate.check(EXAMPLES, Searcher.open(examples_index), gate.read(gate.BASELINE))


@pytest.mark.shared
def test_real_documents_are_answered_as_well_as_before() -> None:
    """The same over the real documents and debates, where they are."""
    suite = real_suite()
    if suite is None:
        pytest.skip(f"no real documents at {SHARED}, or no questions about them")
    with opened(suite) as searcher:
        lines = gate.check(suite, searcher, gate.read(gate.BASELINE))
    assert len(suite.sets) == len(lines)


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    """Two questions about one document: one that it answers, and one that it does not."""
    lines = [
        {
            "id": "1",
            "question": "Hvem laver maden i Fælles Frokost?",
            "answers": [{"file": "svar-buu-141-skolemad.pdf", "quote": "31 skoler"}],
        },
        {"id": "2", "question": "Hvad koster en trækfugl?", "answers": [], "slice": "unanswerable"},
    ]
    (tmp_path / "two.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return Suite("two", (tmp_path / "two.jsonl",), (EXAMPLE_FILES / "svar-buu-141-skolemad.pdf",))


def pinned(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


def test_an_update_writes_floors_that_then_hold(suite: Suite, tmp_path: Path) -> None:
    """The file keeps the sets that were not measured."""
    file = tmp_path / "baseline.json"
    other = {"sha256": "x", "documents": "x", "model": "x", "floors": {"all": {"decided": 1.0}}}
    file.write_text(json.dumps({"other": other}), encoding="utf-8")
    assert ["two: 2 questions, 0 floors lowered"] == gate.update_all([suite], file)
    assert other == pinned(file)["other"]
    assert {"all", "unnamed", "unanswerable"} == pinned(file)["two"]["floors"].keys()
    assert 0 < pinned(file)["two"]["floors"]["all"]["success@1"]
    assert ["two: 2 questions, no measure below its floor"] == gate.check_all([suite], file)


def test_what_falls_below_its_floor_stops_the_gate(suite: Suite, tmp_path: Path) -> None:
    """The message names set, slice, measure, value and floor; a slice that is gone has fallen."""
    file = tmp_path / "baseline.json"
    gate.update_all([suite], file)
    entry = pinned(file)
    entry["two"]["floors"]["all"]["mrr@10"] = 1.5
    entry["two"]["floors"]["gone"] = {"decided": 0.5}
    file.write_text(json.dumps(entry), encoding="utf-8")
    with pytest.raises(gate.GateError, match=r"two/all mrr@10 .* is below 1\.5000; two/gone decided 0\.0000 is below"):
        gate.check_all([suite], file)


def test_no_floor_goes_down_unsaid(suite: Suite, tmp_path: Path) -> None:
    """An update that would lower one writes nothing; with `lower` it does, and a higher value raises the floor."""
    file = tmp_path / "baseline.json"
    gate.update_all([suite], file)
    measured = pinned(file)
    changed = pinned(file)
    changed["two"]["floors"]["all"]["mrr@10"] = 1.5
    changed["two"]["floors"]["all"]["decided"] = 0.0
    file.write_text(json.dumps(changed), encoding="utf-8")
    with pytest.raises(gate.GateError, match=r"floors would go down: two/all mrr@10 from 1\.5 .*--lower"):
        gate.update_all([suite], file)
    assert changed == pinned(file)
    assert ["two: 2 questions, 1 floors lowered"] == gate.update_all([suite], file, lower=True)
    assert measured == pinned(file)


@pytest.mark.parametrize(
    ("name", "message"),
    [("sha256", "other questions"), ("documents", "other documents"), ("model", "another model")],
)
def test_floors_of_something_else_are_refused(suite: Suite, tmp_path: Path, name: str, message: str) -> None:
    """Other questions, documents or another model: the message says what to run."""
    file = tmp_path / "baseline.json"
    gate.update_all([suite], file)
    entry = pinned(file)
    entry["two"][name] = "0" * 64
    file.write_text(json.dumps(entry), encoding="utf-8")
    with pytest.raises(gate.GateError, match=f"of {message}. Measure them anew: spoergetime eval gate --update"):
        gate.check_all([suite], file)


def test_a_set_without_floors_is_refused(suite: Suite, tmp_path: Path) -> None:
    """So is a file that is missing or holds none."""
    file = tmp_path / "baseline.json"
    file.write_text("{}", encoding="utf-8")
    with pytest.raises(gate.GateError, match="there are no floors for two"):
        gate.check_all([suite], file)
    for text in ("[]", "x", '{"two": {}}', '{"two": 1}'):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match="holds no floors"):
            gate.read(file)
    with pytest.raises(InputError, match="cannot be read"):
        gate.read(tmp_path / "missing")
