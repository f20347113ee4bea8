"""Records of debates from an open FTP folder: a stand-in over real sockets, constructed meetings, and every fault."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from corpus.errors import InputError, UsageError
from corpus.fetch import ftp
from corpus.fetch.debates import fetch_debates, planned
from corpus.fetch.folder import MANIFEST
from corpus.fetch.guest import Guest
from corpus.fetch.report import Report
from tests.fetching import Clock, ends_the_same_wherever_it_is_cut, lying, run
from tests.ftp_server import Faults, Server, serving
from tests.meeting_xml import MEETING, document, item, member, segment

TODAY = date(2031, 6, 30)
AT = "20310604140000"


def record(number: int, words: str = "Goddag.") -> bytes:
    tale = member("Bo Mole", "XB", segment("13:00:00", "13:00:05", words))
    return document(item("1", "Om lygter", tale), number=str(number)).encode()


FILES = {f"20301/20301_M{n}_helemoedet.xml": (record(n), AT) for n in (1, 2, 10)}
OTHERS = {
    "20302/20302_M1_helemoedet.xml": (MEETING.encode(), AT),
    "20291/20291_M1_helemoedet.xml": (record(1), AT),
    "20301/20301_M1_punkt3.xml": (record(1), AT),
}
SECOND = "20301/20301_M2_helemoedet.xml"


def fetched(
    server: Server, into: Path, session: str | None = "20301", limit: int | None = None, clock: Clock | None = None
) -> Report:
    guest = (clock or Clock()).guest()
    return fetch_debates(into, server.address, guest, today=TODAY, session=session, limit=limit)


WHOLE = {name: data for name, (data, _) in FILES.items()}


@pytest.mark.parametrize("without", [frozenset[str](), frozenset({"MLSD"})])
def test_a_session_is_fetched_once(tmp_path: Path, without: frozenset[str]) -> None:
    """Every record, and no other file, whole; the second time nothing is transferred. With MLSD, and without."""
    with serving(FILES | OTHERS, Faults(without=without)) as server:
        first = fetched(server, tmp_path)
        assert (3, 3, 0, []) == (first.listed, first.fetched, first.unchanged, first.missing)
        assert lying(tmp_path) == WHOLE
        assert [f"20301_M{n}_helemoedet.xml" for n in (1, 2, 10)] == server.transfers()
        server.said.clear()
        again = fetched(server, tmp_path)
        assert (0, 3) == (again.fetched, again.unchanged)
        assert [] == server.transfers()


def test_only_what_changed_is_fetched_again(tmp_path: Path) -> None:
    """Another time, or another size, brings that record alone; the old one lies there until the new one is whole."""
    with serving(FILES) as server:
        fetched(server, tmp_path)
        server.said.clear()
        server.files["20301/20301_M1_helemoedet.xml"] = (record(1), "20310701120000")
        server.files[SECOND] = (record(2, "Goddag igen."), AT)
        report = fetched(server, tmp_path)
        assert (2, 1) == (report.fetched, report.unchanged)
        assert ["20301_M1_helemoedet.xml", "20301_M2_helemoedet.xml"] == server.transfers()
        assert lying(tmp_path) == {name: data for name, (data, _) in server.files.items()}


def test_a_damaged_copy_is_fetched_again(tmp_path: Path) -> None:
    """A file that is not as long as its sidecar says, or has none, counts as not there."""
    with serving(FILES) as server:
        fetched(server, tmp_path)
        (tmp_path / SECOND).write_bytes(b"<half")
        (tmp_path / "20301" / "20301_M1_helemoedet.xml.meta.json").unlink()
        assert 2 == fetched(server, tmp_path).fetched
        assert lying(tmp_path) == WHOLE


def test_without_a_session_the_running_year_is_fetched(tmp_path: Path) -> None:
    """In June 2031 the sessions of 2030-31, both of them, and no earlier one."""
    with serving(FILES | OTHERS) as server:
        assert 4 == fetched(server, tmp_path, session=None).fetched
        assert {"20301", "20302"} == {name.partition("/")[0] for name in lying(tmp_path)}


def test_a_limit_counts_records(tmp_path: Path) -> None:
    """The first of them, in the order of the meetings."""
    with serving(FILES) as server:
        assert 2 == fetched(server, tmp_path, limit=2).fetched
        assert ["20301_M1_helemoedet.xml", "20301_M2_helemoedet.xml"] == server.transfers()


def test_a_sidecar_says_where_a_record_comes_from(tmp_path: Path) -> None:
    """Address, time and size; it names no field, for the record says everything itself."""
    with serving(FILES) as server:
        fetched(server, tmp_path)
        sidecar = json.loads((tmp_path / f"{SECOND}.meta.json").read_text())
        assert {"url": server.address + SECOND, "updated": AT, "bytes": len(WHOLE[SECOND])} == sidecar.pop("fetched")
        assert {} == sidecar


def test_a_broken_transfer_goes_on_where_it_broke(tmp_path: Path) -> None:
    """Broken twice, the rest is asked for with REST over a new connection; the bytes are the server's own."""
    clock = Clock()
    with serving(FILES, Faults(breaks={SECOND: [100, 50]})) as server:
        report = fetched(server, tmp_path, clock=clock)
        assert (3, []) == (report.fetched, report.missing)
        assert lying(tmp_path) == WHOLE
        assert ["REST 100", "REST 150"] == [line for line in server.said if line.startswith("REST")]
    assert [1.0, 2.0] == [pause for pause in clock.waits if pause >= 1]


def test_a_server_that_cannot_resume_begins_anew(tmp_path: Path) -> None:
    """Where REST is not known, the whole file is asked for again, and nothing stands in it twice."""
    with serving(FILES, Faults(breaks={SECOND: [100]}, without=frozenset({"REST"}))) as server:
        assert 3 == fetched(server, tmp_path).fetched
        assert lying(tmp_path) == WHOLE


def test_what_never_comes_whole_is_told_of_and_stops_nothing(tmp_path: Path) -> None:
    """Always broken, forbidden, longer or shorter than listed: one line each; the rest comes, and no part is left."""
    faults = {
        "breaks": Faults(breaks={SECOND: [0] * 9}),
        "refused": Faults(forbidden=frozenset({SECOND})),
        "more than": Faults(sizes={SECOND: 10}),
        "early": Faults(sizes={SECOND: len(WHOLE[SECOND]) + 1}),
        "at most": Faults(sizes={SECOND: 10**12}),
    }
    reasons = {"breaks": "gave no whole answer", "early": "gave no whole answer"}
    for name, fault in faults.items():
        with serving(FILES, fault) as server:
            into = tmp_path / name
            report = fetched(server, into)
            (missing,) = report.missing
            assert (2, SECOND, None) == (report.fetched, missing.file, report.stopped)
            assert reasons.get(name, name) in missing.reason and "\n" not in missing.reason
            manifest = json.loads((into / MANIFEST).read_text())
            assert {SECOND: {"url": missing.url, "reason": missing.reason}} == manifest["missing"]
            assert {key: data for key, data in WHOLE.items() if key != SECOND} == lying(into)


def test_a_page_in_place_of_a_record_is_not_kept(tmp_path: Path) -> None:
    """Neither a web page nor any other bytes land under the name of a record."""
    pages = {SECOND: (b"<!doctype html><title>Vent</title>", AT), "20301/20301_M1_helemoedet.xml": (b"Nej.", AT)}
    with serving(FILES | pages) as server:
        report = fetched(server, tmp_path)
    assert [True, True] == [
        word in one.reason for word, one in zip(("no XML", "web page"), report.missing, strict=True)
    ]
    assert ["20301/20301_M10_helemoedet.xml"] == list(lying(tmp_path))


def test_a_silent_server_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A transfer without a byte for too long is given up, and the next record asked for."""
    monkeypatch.setattr(ftp, "_SILENCE", 0.1)
    with serving(FILES, Faults(silence={SECOND: 0.5})) as server:
        report = fetched(server, tmp_path)
    assert (2, ["timed out" in one.reason for one in report.missing]) == (report.fetched, [True])


@pytest.mark.parametrize("endless", ["20301", SECOND, "welcome"])
def test_what_drips_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, endless: str) -> None:
    """However steadily it drips: a list, a record or a greeting without an end is ended, and told of."""
    monkeypatch.setattr("corpus.fetch.guest._LONGEST", 0.2)
    sizes = {SECOND: 10_000_000}
    with serving(FILES, Faults(drips=frozenset({endless}), sizes=sizes)) as server:
        report = fetched(server, tmp_path)
    reasons = [one.reason for one in report.missing] or [report.stopped or ""]
    assert ["took longer than" in one for one in reasons] == [True]
    assert SECOND not in lying(tmp_path)


def test_a_reply_has_an_end(tmp_path: Path) -> None:
    """Lines upon lines of greeting are no greeting."""
    with serving(FILES, Faults(greeting=5_000)) as server:
        report = fetched(server, tmp_path)
    assert report.stopped is not None and "a reply has no end" in report.stopped


@pytest.mark.parametrize("contact", ["a@b.dk\r\nDELE x", "a→b", None])
def test_the_contact_is_given_as_the_password(tmp_path: Path, contact: str | None) -> None:
    """In letters that a command can hold, and in one command."""
    with serving(FILES) as server:
        fetch_debates(tmp_path, server.address, Clock().guest(contact=contact), today=TODAY, session="20301")
        expected = {"a→b": "PASS a?b", None: "PASS anonymous@"}.get(contact, "PASS a@b.dk??DELE x")
        assert [expected] == [line for line in server.said if line.startswith(("PASS", "DELE"))]


@pytest.mark.parametrize(
    ("command", "reply"), [("SIZE", "213 many"), ("MDTM", "213 late"), ("SIZE", "550 gone"), ("MDTM", "550 gone")]
)
def test_a_record_of_which_nothing_is_said_stops_no_other(tmp_path: Path, command: str, reply: str) -> None:
    """Where records are asked about one by one, one that the server does not describe is missing, and not gone."""
    with serving(FILES, Faults(without=frozenset({"MLSD"}))) as server:
        fetched(server, tmp_path)
        server.faults.replies = {f"{command} {SECOND}": reply}
        report = fetched(server, tmp_path)
    assert (2, [SECOND], [], None) == (
        report.unchanged,
        [one.file for one in report.missing],
        report.gone,
        report.stopped,
    )


def test_strange_ports_are_one_line(tmp_path: Path) -> None:
    """A server that names a port that there is not gives no list."""
    with serving(FILES, Faults(replies={"PASV ": "227 (127,0,0,1,999,999)", "EPSV ": "229 (|||x|)"})) as server:
        assert "gave no whole answer" in (fetched(server, tmp_path).stopped or "")


def test_a_server_that_is_down_is_left_alone(tmp_path: Path) -> None:
    """After ten records in a row that failed it is asked for no more."""
    many = {f"20301/20301_M{n}_helemoedet.xml": (record(n), AT) for n in range(1, 16)}
    with serving(many, Faults(breaks={name: [0] * 9 for name in many})) as server:
        report = fetched(server, tmp_path)
        assert 50 == len(server.transfers())
    assert [False] * 10 + [True] * 5 == ["failed 10 times in a row" in one.reason for one in report.missing]


def test_a_refused_login_is_one_line(tmp_path: Path) -> None:
    """The server's own words, and nothing fetched."""
    with serving(FILES, Faults(login="530 Not today")) as server:
        report = fetched(server, tmp_path)
    assert report.stopped is not None and "530 Not today" in report.stopped
    assert {} == lying(tmp_path)


def test_a_busy_server_is_asked_again(tmp_path: Path) -> None:
    """Turned away twice, let in the third time; turned away for good, the report says so."""
    with serving(FILES, Faults(busy=2)) as server:
        assert 3 == fetched(server, tmp_path / "a").fetched
    with serving(FILES, Faults(busy=99)) as server:
        report = fetched(server, tmp_path / "b")
    assert report.stopped is not None and "421 Too many are here" in report.stopped


def test_nobody_there_is_one_line(tmp_path: Path) -> None:
    """A server that cannot be reached ends in a reason, not in a traceback."""
    with serving(FILES) as server:
        address = server.address
    report = fetch_debates(tmp_path, address, Guest(sleep=lambda _: None), today=TODAY, session="20301")
    assert report.stopped is not None and "Connection refused" in report.stopped


@pytest.mark.parametrize("without", [frozenset[str](), frozenset({"MLSD"})])
def test_hostile_names_are_never_asked_for(tmp_path: Path, without: frozenset[str]) -> None:
    """Names that lead out of the folder, of other sessions, or with commands in them name no record."""
    hostile = [
        "../../20301_M5_helemoedet.xml",
        "../20301_M6_helemoedet.xml",
        "/etc/20301_M7_helemoedet.xml",
        "20291_M8_helemoedet.xml",
        "20301_M9_helemoedet.xml/../x",
        "20301_M9_helemoedet.xml\0",
        ".20301_M9_helemoedet.xml",
        "..",
    ]
    into = tmp_path / "a" / "b"
    into.mkdir(parents=True)
    with serving(FILES, Faults(without=without, more=hostile)) as server:
        assert (3, []) == ((report := fetched(server, into)).fetched, report.missing)
    assert lying(tmp_path) == {f"a/b/{name}": data for name, data in WHOLE.items()}


def test_an_endless_list_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More names than any session has meetings end the fetch with a reason."""
    monkeypatch.setattr(ftp, "_LINES", 2)
    with serving(FILES) as server:
        report = fetched(server, tmp_path)
    assert report.stopped is not None and "lists more than 2 names" in report.stopped


def test_a_record_that_is_listed_no_more_is_told_of(tmp_path: Path) -> None:
    """It stays where it is: whether it goes is the user's to say."""
    with serving(FILES) as server:
        fetched(server, tmp_path)
        del server.files[SECOND]
        assert [SECOND] == fetched(server, tmp_path).gone
        assert SECOND in lying(tmp_path)


def test_a_full_disk_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that cannot be written ends the fetch with its name, and leaves no part."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ftp, "land", full)
    with serving(FILES) as server, pytest.raises(InputError, match=r"20301_M1_helemoedet\.xml.*No space left"):
        fetched(server, tmp_path)
    assert {} == lying(tmp_path)


def test_a_crash_at_any_write_ends_in_the_same_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut off before each renaming in turn and called again, the folder is the same byte for byte."""

    with serving(FILES) as server:
        ends_the_same_wherever_it_is_cut(tmp_path, monkeypatch, lambda into: fetched(server, into), 7)


def test_at_most_five_requests_a_second(tmp_path: Path) -> None:
    """Connecting, listing and three transfers wait for their turns."""
    clock = Clock()
    with serving(FILES) as server:
        report = fetched(server, tmp_path, clock=clock)
    assert 5 == report.requests
    assert clock.now >= (report.requests - 1) / 5


@pytest.mark.parametrize(
    "address", ["http://oda.ft.dk/a/", "ftp:///a", "ftp://u:p@h/a", "ftp://h/a/../b", "ftp://h:x/", "ftp://[/"]
)
def test_only_an_open_ftp_folder_is_an_address(address: str) -> None:
    """Anything else is a wrong call, with what to write instead."""
    with pytest.raises(UsageError, match="ftp://HOST/PATH/"):
        list(planned(address, Guest(), None))


def test_a_session_is_checked_before_anything_is_asked(tmp_path: Path) -> None:
    """Five digits; a path is none."""
    with serving(FILES) as server:
        for wrong in ("2030", "../..", "20300"):
            with pytest.raises(UsageError, match="is no session"):
                fetched(server, tmp_path, session=wrong)
        assert [] == server.said


def _args(server: Server, into: Path) -> tuple[object, ...]:
    return "fetch", "--debates", "--into", into, "--ftp", server.address, "--rate", 1000


def test_the_command_fetches_what_is_then_indexed_and_asked(tmp_path: Path) -> None:
    """Three commands from the server to a cited speech with its times."""
    with serving(OTHERS) as server:
        done = run(*_args(server, tmp_path / "docs"), "--session", "20302", "--json")
        assert (0, 1) == (done.returncode, json.loads(done.stdout)["fetched"]), done.stderr
    indexed = run("index", tmp_path / "docs", "--index", tmp_path / "index", "--json")
    assert (1, []) == (json.loads(indexed.stdout)["documents"], json.loads(indexed.stdout)["quarantined"])
    asked = run("ask", "Hvornår bliver havnene dybere?", "--index", tmp_path / "index", "--json")
    hits = json.loads(asked.stdout)["hits"]
    assert "20302/20302_M1_helemoedet.xml" == hits[0]["citation"]["file"]
    (tmp_path / "answer.json").write_text(asked.stdout)
    assert 0 == run("verify", tmp_path / "answer.json").returncode


def test_a_dry_run_prints_addresses_and_asks_nothing(tmp_path: Path) -> None:
    """The list and the records, as an FTP program takes them."""
    with serving(FILES) as server:
        shown = run(*_args(server, tmp_path), "--session", "20301", "--dry-run").stdout.splitlines()
        assert [f"{server.address}20301/", f"{server.address}20301/20301_M{{number}}_helemoedet.xml"] == shown
        assert [] == server.said


@pytest.mark.parametrize("wrong", [("--committee", "SUU"), ("--since", "2031-01-01"), ("--from-folder", "x")])
def test_options_that_mean_nothing_for_debates_are_refused(tmp_path: Path, wrong: tuple[str, str]) -> None:
    """A condition that cannot be kept is a wrong call, not one that is passed over."""
    with serving(FILES) as server:
        done = run(*_args(server, tmp_path), *wrong)
        assert (2, []) == (done.returncode, server.said)
        assert wrong[0] in done.stderr
