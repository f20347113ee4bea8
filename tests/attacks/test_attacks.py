"""Every attack costs itself at most: the documents beside it are read, in time and within memory."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

import index.build
from corpus.files import SIDECAR, discover
from corpus.isolation import Reader, Reading
from corpus.split import MAX_CHARACTERS
from index.encoder import Encoder
from tests.attacks import disguises, markup, pdfs, places, texts, zips  # noqa: F401 - each fills the list
from tests.attacks.table import ATTACKS, SENTENCE, Attack

GOOD = ("0-god.txt", "zz-god.txt")  # the first and the last by name
SECONDS, MEMORY = 30, 1 << 30

each = pytest.mark.parametrize(
    "attack",
    [pytest.param(a, id=a.name, marks=pytest.mark.attack_full if a.slow else ()) for a in ATTACKS],
)


class Outcome(NamedTuple):
    """What became of a folder: its attack's files, how long that took and the most memory it took."""

    good: int
    bad: Sequence[Reading]
    seconds: float
    memory: int


def lay(folder: Path, attacks: Sequence[Attack]) -> None:
    """Make the attacks in one folder, two good documents beside them."""
    for name in GOOD:
        (folder / name).write_text(SENTENCE * 20 + name)
    for attack in attacks:
        attack.make(folder / attack.name)


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    """One reader for all attacks: what one leaves behind is the next one's trouble."""
    with Reader() as reader:
        yield reader


def outcome(folder: Path, reader: Reader) -> Outcome:
    """Read a folder, and tell the good from the bad."""
    began = time.monotonic()
    readings = list(reader.read_many(discover([folder]), MAX_CHARACTERS))
    seconds = time.monotonic() - began
    good = sum(r.document is not None for r in readings if r.found.file in GOOD)
    return Outcome(good, [r for r in readings if r.found.file not in GOOD], seconds, reader.memory)


@each
def test_an_attack_costs_itself_alone(attack: Attack, tmp_path: Path, reader: Reader) -> None:
    """It is read or refused with its reason, in 30 seconds and 1 GiB, and both good documents are read."""
    lay(tmp_path, [attack])
    found = outcome(tmp_path, reader)
    assert 2 == found.good
    assert found.seconds < SECONDS
    assert found.memory < MEMORY
    assert (attack.outcome == "absent") == (not found.bad)
    for reading in found.bad:
        assert (reading.reason is None) == (reading.document is not None)
        assert not any("root:" in passage.text for passage in reading.passages)  # nobody's password file
        if attack.outcome != "either":
            assert (attack.outcome == "read") == (reading.document is not None), reading.reason
        if reading.reason is not None:
            assert "\n" not in reading.reason and reading.reason.isprintable()
        if reading.reason is not None and attack.reason:
            assert re.search(attack.reason, reading.reason), reading.reason


def test_a_build_survives_all_quick_attacks_at_once(tmp_path: Path, encoder: Encoder) -> None:
    """The good documents are indexed, every refused file is quarantined, and a second build has nothing to do."""
    quick = [attack for attack in ATTACKS if not attack.slow]
    assert len(quick) >= 40
    folder, archive = tmp_path / "docs", tmp_path / "index"
    folder.mkdir()
    lay(folder, quick)
    report = index.build.build([folder], archive, encoder)
    refused = {entry.file for entry in report.quarantined}
    assert not refused & set(GOOD)
    for attack in quick:
        mine = {file for file in refused if file.startswith(attack.name) and not file.endswith(SIDECAR)}
        assert attack.outcome != "refused" or mine, attack.name
        assert attack.outcome != "read" or not mine, attack.name
    again = index.build.build([folder], archive, encoder)
    assert (report.generation, report.documents) == (again.generation, again.documents)


@pytest.mark.attack_full
@each
def test_a_build_survives(attack: Attack, tmp_path: Path, encoder: Encoder) -> None:
    """No attack ends a build, and both good documents are indexed."""
    folder = tmp_path / "docs"
    folder.mkdir()
    lay(folder, [attack])
    began = time.monotonic()
    report = index.build.build([folder], tmp_path / "index", encoder)
    assert time.monotonic() - began < SECONDS
    assert report.documents >= 2
    assert not {entry.file for entry in report.quarantined} & set(GOOD)
    if attack.outcome == "refused":
        assert report.quarantined
