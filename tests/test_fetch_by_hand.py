"""Files downloaded by hand: each lands under the question that its name means, or under none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from corpus.fetch.report import Report
from tests.fetching import beside, got, lying, row
from tests.oda_records import content
from tests.oda_server import StandIn, running

COUNT = 40  # SUU has the questions 2, 8, 14, 20, 26, 32, 38, all answered in PDF


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    """Forty questions."""
    with running(StandIn(COUNT)) as one:
        yield one


def linked(one: StandIn, tmp_path: Path, *names: str) -> tuple[set[str], Report]:
    """Link downloads of these names, which differ, and give the numbers of the questions that they landed under."""
    (tmp_path / "downloads").mkdir()
    for name in names:
        (tmp_path / "downloads" / name).write_bytes(b"%PDF-1.4 " + name.encode() + b" %%EOF")
    report = got(one, tmp_path / "docs", by_hand=tmp_path / "downloads")
    return set(beside(tmp_path / "docs")), report


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("SUU alm. del spm 2 (1).pdf", "2"), ("SUU alm. del spm 20(3).pdf", "20"), ("S 7 (1).pdf", "S 7"),
        ("SUU alm. del spm 2 svar 38.pdf", "2"), ("SUU alm. del - svar på spørgsmål nr. 20 fra S.pdf", "20"),
        ("SUU alm. del spm. 20, 02-08-26.pdf", "20"), ("SUU_alm_del_spm_2_2024.pdf", "2"),
        ("Spo\u0308rgsma\u030al S 7 svar 2.pdf", "S 7"), ("SUU alm. del nr. 2, 20-08-26.pdf", "2"),
        ("SUU bilag 20 til spm. 2.pdf", "2"), ("SUU 20 svar.pdf", "20"), ("SUU spm. 2 J.nr. 2024-20.pdf", "2"),
    ],
)  # fmt: skip
def test_a_name_means_the_number_of_its_question(stand_in: StandIn, tmp_path: Path, name: str, number: str) -> None:
    """Neither the mark of a second copy, nor an answer's number, a day, or whatever else is counted in it."""
    found, report = linked(stand_in, tmp_path, name)
    assert ({number}, 1, []) == (found, report.linked, report.notes)


@pytest.mark.parametrize(
    "name",
    [
        "SUU 2 20.pdf",
        "SUU alm. del 2, 2024.pdf",
        "SUU og TRU spm 20.pdf",
        "SUU alm. del 2 svar nr. 20.pdf",
        "S 7 og S 13.pdf",
        "SUU spm 2 fra S 7.pdf",
    ],
)
def test_a_name_that_may_mean_several_questions_links_nothing(stand_in: StandIn, tmp_path: Path, name: str) -> None:
    """One line says so, with the name and how to write it."""
    found, report = linked(stand_in, tmp_path, name)
    assert (set(), 0, COUNT) == (found, report.linked, len(report.missing))
    (note,) = report.notes
    assert f"unclear which questions these downloads answer: {name!r}. Name them as" in note and "\n" not in note


@pytest.mark.parametrize("name", ["SUU alm. del bilag 2.pdf", "SUU J.nr. 2024-20.pdf", "Faktura 2 20.pdf", "SUU.pdf"])
def test_a_name_that_means_no_question_links_nothing(stand_in: StandIn, tmp_path: Path, name: str) -> None:
    """Other files of a folder of downloads are left alone, and nothing is said of them."""
    found, report = linked(stand_in, tmp_path, name)
    assert (set(), 0, []) == (found, report.linked, report.notes)


def test_a_bill_is_not_its_committee(stand_in: StandIn, tmp_path: Path) -> None:
    """Question 2 to L 92 A is neither question 2 of the committee nor of L 92."""
    case = row(stand_in, "Sag", 9_001)
    case.update(typeid=3, nummer="L 92 A")
    names = ("SUU L 92 spm 20.pdf", "SUU L 92 A spm 2.pdf")
    assert {"2"} == linked(stand_in, tmp_path, *names)[0]


def test_a_published_name_counts_where_one_file_has_it(stand_in: StandIn, tmp_path: Path) -> None:
    """Where all are called svar.pdf, none is the one that lies there; by its number, or its own name, one is."""
    for file in stand_in.entities["Fil"]:
        if file["id"] != 5_004:
            folder = file["filurl"].rpartition("/")[0]
            file["filurl"] = f"{folder}/svar.pdf" if file["id"] % 2 else f"{folder}/svar (1).pdf"
    names = ("svar.pdf", "svar (1).pdf", "5004 (1).pdf", "S 7 svar.pdf")
    found, report = linked(stand_in, tmp_path, *names)
    assert {"S 5", "S 7"} == found
    assert "downloads answer: 'svar (1).pdf', 'svar.pdf'. Name" in report.notes[0]


def test_the_number_of_a_record_gives_way_to_a_published_name(stand_in: StandIn, tmp_path: Path) -> None:
    """Where one file's record has the number under which another is published, the name means the other."""
    row(stand_in, "Fil", 5_000)["filurl"] = "http://www.ft.dk/samling/20231/x/5006.pdf"
    row(stand_in, "Fil", 5_006)["filurl"] = "http://www.ft.dk/samling/20231/x/5012.pdf"
    assert {"S 1"} == linked(stand_in, tmp_path, "5006.pdf")[0]


def test_two_downloads_for_one_number(stand_in: StandIn, tmp_path: Path) -> None:
    """The same bytes twice are that file; bytes that differ are neither, and the line names both."""
    (tmp_path / "S 7.pdf").write_bytes(content("/5006.pdf"))
    (tmp_path / "S 7 (1).pdf").write_bytes(content("/5006.pdf"))
    (tmp_path / "S 13.pdf").write_bytes(content("/5012.pdf"))
    (tmp_path / "Svar på S 13.pdf").write_bytes(content("/5006.pdf"))
    report = got(stand_in, tmp_path / "docs", by_hand=tmp_path)
    assert {content("/5006.pdf")} == set(lying(tmp_path / "docs").values())
    reason = next(one.reason for one in report.missing if "-5012" in one.file)
    assert "S 13.pdf and" in reason and "have one number and differ" in reason
