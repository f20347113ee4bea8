"""Every fault of the open data and of the files' host: a retry, or one clear line; one document stops no other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from corpus.errors import InputError
from corpus.fetch.folder import MANIFEST
from tests.fetching import COUNT, beside, got, lying, manifest, row, tree
from tests.oda_records import content
from tests.oda_server import PAGE, StandIn, running


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    """A session of fourteen questions."""
    with running(StandIn(COUNT)) as one:
        yield one


RETRIED = ["500", "503", "429", "429 wait", "503 date", "cut", "closed", "slow"]
ASKED = ["/api/$metadata", "/Sagstype", "/Dokument?", "/Sag?", "/Aktør?"]


@pytest.fixture
def few() -> Iterator[StandIn]:
    """A session of six questions."""
    with running(StandIn(6)) as one:
        yield one


@pytest.mark.parametrize("fault", RETRIED)
@pytest.mark.parametrize("part", [*ASKED, "/samling/"])
def test_what_passes_is_tried_again(few: StandIn, tmp_path: Path, fault: str, part: str) -> None:
    """Errors with empty bodies, too many requests, broken and slow replies: the same folder as without them."""
    few.faults[part] = [fault] if fault == "slow" else [fault] * 2
    report = got(few, tmp_path)
    assert (6, [], True) == (report.fetched, report.missing, report.done)
    assert [] == few.faults[part]


@pytest.mark.parametrize(
    "fault", ["500", "404", "403", "429 too long", "bot filter", "not json", "elsewhere", "circle"]
)
@pytest.mark.parametrize("part", ASKED)
def test_where_the_open_data_gives_out_one_line_says_so(few: StandIn, tmp_path: Path, fault: str, part: str) -> None:
    """The fetch stops with what it has and a reason; the next one brings the rest."""
    few.faults[part] = [fault] * 20
    report = got(few, tmp_path)
    assert report.stopped and "\n" not in report.stopped and "http://127.0.0.1" in report.stopped
    assert not report.done
    few.faults.clear()
    assert got(few, tmp_path, changed=True).done
    assert 6 == len(list(tmp_path.rglob("svar-*.meta.json")))


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("500", "answered 500, 5 times"), ("404", "is not there"), ("403", "is refused to programs"),
        ("bot filter", "web page in place of the document"), ("bot filter as pdf", "web page in place of the document"),
        ("no document", "is neither PDF nor Word"), ("cut", "no whole answer"), ("closed", "no whole answer"),
        ("elsewhere", "leads to 'http://169.254.169.254"), ("file scheme", "leads to 'file:///etc/passwd'"),
        ("circle", "leads on and on"), ("huge", "is longer than 100,000,000 bytes"), ("429 too long", "asks to wait"),
    ],
)  # fmt: skip
def test_a_faulty_document_stops_no_other(stand_in: StandIn, tmp_path: Path, fault: str, reason: str) -> None:
    """It is missing with one line and counted; there is nothing of it in the folder; the others come."""
    stand_in.faults["/5005."] = [fault] * 20
    report = got(stand_in, tmp_path)
    (missing,) = report.missing
    assert (COUNT - 1, COUNT, True) == (report.fetched, report.listed, report.done)
    assert reason in missing.reason and "\n" not in missing.reason
    assert not [name for name in tree(tmp_path) if "5005" in name]
    stand_in.faults.clear()
    assert (1, []) == ((again := got(stand_in, tmp_path)).fetched, again.missing)


@pytest.mark.parametrize(
    ("fault", "turned_away", "times"),
    [
        ("202 page", 1, 1), ("405 page", 1, 1), ("503 page", 1, 5), ("elsewhere", 1, 1),
        ("404 page", 0, 1), ("500 page", 0, 5), ("503", 0, 5), ("429 page", 0, 5),
    ],
)  # fmt: skip
def test_a_bot_filter_is_known_by_any_status(
    few: StandIn, tmp_path: Path, fault: str, turned_away: int, times: int
) -> None:
    """A page in place of a file counts as turned away, also by way of another host; what is gone or broken does not."""
    few.faults["/5005."] = [fault] * 20
    report = got(few, tmp_path)
    assert (5, 1, turned_away) == (report.fetched, len(report.missing), report.turned_away)
    assert times == len(few.asked("/5005."))


@pytest.mark.parametrize("fault", ["202 page", "405 page", "503 page", "elsewhere"])
def test_records_are_not_turned_away(few: StandIn, tmp_path: Path, fault: str) -> None:
    """What comes in place of a list is no file that could be downloaded in a browser."""
    few.faults["/Dokument?"] = [fault] * 20
    report = got(few, tmp_path)
    assert report.stopped and "as from a bot filter" not in report.stopped
    assert 0 == report.turned_away


@pytest.mark.parametrize("number", [5_001, 5_005])
def test_a_file_that_ends_early_is_no_file(few: StandIn, tmp_path: Path, number: int) -> None:
    """Where nothing tells its length, a file without its own end is asked for again, until it has one."""
    name = row(few, "Fil", number)["filurl"].removeprefix("http://www.ft.dk")
    few.faults[name] = ["cut without length"] * 7
    report = got(few, tmp_path)
    assert (5, 1, 5) == (report.fetched, len(report.missing), len(few.asked(name)))
    assert "gave no whole answer (the end of the file is missing), 5 times" in report.missing[0].reason
    assert (1, []) == ((again := got(few, tmp_path)).fetched, again.missing)
    assert content(name) in lying(tmp_path).values()


def test_files_that_are_refused_do_not_end_the_listing(tmp_path: Path) -> None:
    """Where records and files lie on one host, its refusing files says nothing of its records."""
    with running(StandIn(PAGE + 4)) as one:
        one.faults["/samling/"] = ["403"] * 200
        report = got(one, tmp_path)
        assert (PAGE + 4, None, 10) == (report.listed, report.stopped, len(one.asked("/samling/")))


def test_a_copy_is_asked_for_what_names_the_folketing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A next page or a file on the Folketing's own host is asked of the copy that was named, and cited as it was."""
    page = StandIn.page

    def naming(self: StandIn, entity: str, options: dict[str, str]) -> dict[str, Any] | None:
        given = page(self, entity, options)
        if given and "odata.nextLink" in given:
            given["odata.nextLink"] = given["odata.nextLink"].replace(self.service, "http://oda.ft.dk/api/")
        return given

    monkeypatch.setattr(StandIn, "page", naming)
    with running(StandIn(PAGE + 4)) as one:
        file = row(one, "Fil", 5_000)
        file["filurl"] = file["filurl"].replace("http:", "HTTPS:")
        report = got(one, tmp_path)
    assert (PAGE + 4, PAGE + 4, None) == (report.listed, report.fetched, report.stopped)
    told = beside(tmp_path)["S 1"]
    assert told["url"].startswith("https://www.ft.dk/") and told["fetched"]["url"].startswith(one.files)


@pytest.mark.parametrize("hidden", ["Fil", "Fil.filurl", "Dokument.SpørgsmålsDokument", "Periode.kode"])
def test_a_changed_schema_is_named_before_anything_is_fetched(stand_in: StandIn, tmp_path: Path, hidden: str) -> None:
    """What is missing is said by name, after one request."""
    stand_in.hidden.add(hidden)
    report = got(stand_in, tmp_path)
    assert report.stopped and f"has no {hidden}, which the connector relies on" in report.stopped
    assert ["/api/$metadata"] == stand_in.log


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/x.pdf", "file:///etc/passwd.pdf", "//other.example/x.pdf",
        "https://user:word@127.0.0.1/x.pdf", "http://x.example/\ud800.pdf",
        "ftp://127.0.0.1/x.pdf", "javascript:x.pdf", "\x00x.pdf",
    ],
)  # fmt: skip
def test_only_the_named_hosts_are_asked(stand_in: StandIn, tmp_path: Path, url: str) -> None:
    """A record that points elsewhere is a missing file, and the others come."""
    row(stand_in, "Fil", 5_001)["filurl"] = url
    report = got(stand_in, tmp_path)
    assert (COUNT - 1, 1) == (report.fetched, len(report.missing))


def test_records_that_are_none_stop_nothing(stand_in: StandIn, tmp_path: Path) -> None:
    """Rows with missing, strange and hostile values are left out or used as far as they go."""
    rows = stand_in.entities
    documents, files = rows["Dokument"], rows["Fil"]
    answer = next(row for row in documents if row["id"] == 3_001)
    documents += [{**answer, "id": id_} for id_ in ("../../x", None, 1.5, True, [1], -1, 10**300)]
    next(row for row in documents if row["id"] == 3_003).update(titel={"a": 1}, kategoriid="40", spørgsmålsid="x")
    next(row for row in documents if row["id"] == 3_005).update(titel="a\u202eb\x00" * 5_000)
    next(row for row in files if row["id"] == 5_007)["id"] = "../../../etc/cron.d/x"
    next(row for row in files if row["id"] == 5_009)["variantkode"] = "X"
    next(row for row in files if row["id"] == 5_011)["filurl"] = None
    next(row for row in files if row["id"] == 5_013)["filurl"] = "http://[x.pdf"
    next(row for row in rows["Aktør"] if row["id"] == 500)["navn"] = "A\u202e\nB\t<script>"
    report = got(stand_in, tmp_path)
    assert (COUNT, COUNT - 4, 4, True) == (report.listed, report.fetched, report.unread, report.done)
    assert {"20231"} == {path.name for path in tmp_path.iterdir() if path.is_dir()}
    assert all(
        name.replace("/", "").replace("-", "").replace(".", "").isalnum() for name in tree(tmp_path) if MANIFEST != name
    )
    assert "AB <script>" not in json.dumps(beside(tmp_path)) and "A B <script>" in json.dumps(beside(tmp_path))


@pytest.mark.parametrize("following", ["http://other.example/api/Dokument?x", "file:///etc/passwd", "same"])
def test_pages_lead_nowhere_else(
    stand_in: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, following: str
) -> None:
    """The next page is on the same host and another one, or there is one line."""
    page = StandIn.page

    def leading(self: StandIn, entity: str, options: dict[str, str]) -> dict[str, Any] | None:
        given = page(self, entity, options)
        if given and entity == "Dokument":
            given["odata.nextLink"] = following if following != "same" else stand_in.service[:-5] + stand_in.log[-1]
        return given

    monkeypatch.setattr(StandIn, "page", leading)
    report = got(stand_in, tmp_path)
    assert report.stopped and ("is not fetched" in report.stopped or "round in a circle" in report.stopped)
    assert COUNT == report.fetched


def test_conditions_that_the_service_ignores_are_kept_all_the_same(
    stand_in: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of rows that were not asked for none is used, and the report says that they came."""
    monkeypatch.setattr("tests.oda_server._holds", lambda condition, row: True)
    report = got(stand_in, tmp_path)
    assert (COUNT, COUNT, []) == (report.listed, report.fetched, stand_in.asked("/andet/"))
    assert any("Dokument: 16 rows came that were not asked for" in note for note in report.notes)


def test_a_service_that_ignores_everything_is_not_read_to_its_end(tmp_path: Path) -> None:
    """After a thousand rows that do not meet the condition there is one line."""
    with running(StandIn(1)) as one:
        rows = one.entities["Dokument"]
        unknown = {name: value for name, value in rows[1].items() if name != "offentlighedskode"}
        rows += [{**unknown, "id": 100_000 + number} for number in range(5_000)]
        report = got(one, tmp_path)
        assert report.stopped and "seems to ignore a part of: typeid eq 17" in report.stopped
        assert len(one.asked("/Dokument?")) <= 12


def test_a_folder_that_cannot_be_used_is_one_line(stand_in: StandIn, tmp_path: Path) -> None:
    """What, where, and what to do, before anything is asked."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InputError, match="Choose another folder"):
        got(stand_in, tmp_path / "file" / "docs")
    with pytest.raises(InputError, match="Name the one with the downloaded files"):
        got(stand_in, tmp_path / "docs", by_hand=tmp_path / "nowhere")
    (tmp_path / "blocked").mkdir()
    (tmp_path / "blocked" / "20231").write_bytes(b"")
    assert [] == stand_in.log
    with pytest.raises(InputError, match=r"blocked/20231 cannot be made: File exists"):
        got(stand_in, tmp_path / "blocked")


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"odata.count": "9" * 5_000}, None), ({"odata.nextLink": "http://[x"}, "next page that is no address"),
        ({"odata.nextLink": "\ud800"}, "answered 400"),
    ],
)  # fmt: skip
def test_what_a_page_says_beside_its_rows_can_be_anything(
    stand_in: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: dict[str, str], said: str | None
) -> None:
    """Counts without end are none; an address that is none is one line."""
    page = StandIn.page

    def odd(self: StandIn, entity: str, options: dict[str, str]) -> dict[str, Any] | None:
        given = page(self, entity, options)
        return {**given, **told} if given and entity == "Dokument" else given

    monkeypatch.setattr(StandIn, "page", odd)
    stopped = got(stand_in, tmp_path).stopped
    assert stopped is None if said is None else stopped and said in stopped


@pytest.mark.parametrize("encoding", ["foo", "utf-7"])
def test_a_description_that_cannot_be_decoded_is_one_line(
    stand_in: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    """What names an encoding that nobody knows is no description."""
    monkeypatch.setattr(StandIn, "metadata", lambda _: f'<?xml version="1.0" encoding="{encoding}"?><a/>')
    stopped = got(stand_in, tmp_path).stopped
    assert stopped and "cannot be decoded" in stopped


def test_a_text_with_half_a_character_is_no_fault(stand_in: StandIn, tmp_path: Path) -> None:
    """JSON can hold what UTF-8 cannot; it is marked in what is written, and addresses with it are missing files."""
    row(stand_in, "Dokument", 1_001)["titel"] = "Spm. om \ud800"
    row(stand_in, "Fil", 5_003)["filurl"] = "http://www.ft.dk/samling/404/\ud800.pdf"
    stand_in.faults["/samling/404/"] = ["404"]
    report = got(stand_in, tmp_path)
    assert (COUNT - 1, ["20231/svar-3003-pdf-5003.pdf"]) == (report.fetched, [one.file for one in report.missing])
    assert list(report.missing) and "\ufffd" in next(iter(manifest(tmp_path)["missing"].values()))["url"]
    assert "title" not in beside(tmp_path)["2"] or "\ufffd" in beside(tmp_path)["2"]["title"]


def test_ten_odd_documents_do_not_close_their_host(stand_in: StandIn, tmp_path: Path) -> None:
    """What is no document says nothing against the host; the others are asked for."""
    for number in range(11):
        stand_in.faults[f"/{5_000 + number}."] = ["no document"]
    report = got(stand_in, tmp_path)
    assert (COUNT - 11, 11) == (report.fetched, len(report.missing))
    assert all("neither PDF nor Word" in one.reason for one in report.missing)
