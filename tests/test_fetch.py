"""`spoergetime fetch` against the stand-in: what is wanted comes, nothing else, and no fault stops the rest."""

from __future__ import annotations

import json
import os
import random
import shlex
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from corpus.errors import InputError, LockedError, UsageError
from corpus.fetch.folder import MANIFEST, Folder
from corpus.fetch.polite import Guest
from corpus.fetch.report import Report
from corpus.fetch.run import Source, fetch, planned
from corpus.fetch.scope import Scope
from corpus.files import Found
from corpus.isolation import Reader
from corpus.records import Fields
from tests.conftest import ROOT
from tests.oda_records import GENERAL, MEMBERS, MINISTRIES, OWN, TOPICS, TOWNS, content, figure_of, own
from tests.oda_server import StandIn, running
from tests.test_cli import asked, call

TODAY = date(2026, 1, 15)
WHOLE = Scope(session="20231")


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    """A session of forty questions."""
    with running(StandIn(40)) as one:
        yield one


@pytest.fixture
def few() -> Iterator[StandIn]:
    """A session of six questions."""
    with running(StandIn(6)) as one:
        yield one


def source(one: StandIn, waits: list[float] | None = None) -> Source:
    """Ask the stand-in as fast as it answers; waiting is only noted down."""
    guest = Guest("post@example.dk", 1e9, sleep=(waits if waits is not None else []).append)
    return Source(guest=guest, service=one.service, files=one.files)


def got(one: StandIn, into: Path, scope: Scope = WHOLE, **more: Any) -> Report:
    return fetch(into, scope, source(one), today=TODAY, **more)


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def beside(into: Path) -> dict[str, dict[str, Any]]:
    """Every sidecar, by the number of its question."""
    read = [json.loads(path.read_bytes()) for path in into.rglob("*.meta.json")]
    return {one["number"]: one for one in read}


def test_a_session_in_three_commands(tmp_path: Path) -> None:
    """The README's: three hundred questions are fetched, indexed, asked; sidecars and texts agree to the last field."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    begin = readme.index("$ spoergetime fetch")
    fetching, indexing, asking = (shlex.split(line)[2:] for line in readme[begin:].splitlines()[:3])
    with running(StandIn(300)) as one:
        where = ("--service", one.service, "--files", one.files, "--rate", 1e6)
        run = call(*fetching, *where, "--json", cwd=tmp_path)
        assert (0, "") == (run.returncode, run.stderr)
        report = json.loads(run.stdout)
        assert (300, 300, 0, None) == (report["listed"], report["fetched"], len(report["missing"]), report["stopped"])
        suffixes = Counter(path.suffix for path in tmp_path.rglob("svar-*"))
        assert {".pdf": 200, ".docx": 100, ".json": 300} == suffixes
        assert all("spoergetime/" in agent and "post@example.dk" in agent for agent in one.agents)
    report = json.loads(call(*indexing, "--json", cwd=tmp_path).stdout)
    assert (300, [], []) == (report["documents"], report["quarantined"], report["differing"])
    answer = json.loads(call(*asking, "--json", cwd=tmp_path).stdout)
    assert answer["answered"] and "ladestandere til elbiler" in answer["hits"][0]["text"]
    for number in (61, 122, 299):
        question = f"Hvor mange {TOPICS[number % 10]} er der i {TOWNS[number // 10]} Kommune?"
        hits = asked(tmp_path / indexing[-1], question, "--session", "20231")["hits"]
        assert f"svar-{3_000 + number}-" in hits[0]["citation"]["file"]
        assert str(figure_of(number)) in hits[0]["text"]


def test_where_sidecar_and_text_differ_the_report_says_so(stand_in: StandIn, tmp_path: Path) -> None:
    """Field, both values and the file; the sidecar's value is the one that counts."""
    next(row for row in stand_in.entities["Dokument"] if row["id"] == 3_001)["dato"] = "2023-12-24T00:00:00"
    next(row for row in stand_in.entities["Aktør"] if row["id"] == 500)["navn"] = "Alma Kildevang Holm"
    got(stand_in, tmp_path / "docs", Scope(session="20231"), limit=3)
    run = call("index", tmp_path / "docs", "--index", tmp_path / "index")
    assert (
        "differing: 20231/svar-3001-pdf-5001.pdf: date is 2023-12-24 by the sidecar, 2023-11-02 by the text"
        in run.stdout
    )
    assert "asker is Alma Kildevang Holm by the sidecar, Alma Kildevang by the text" in run.stdout
    assert 2 == run.stdout.count("differing: ")


def test_what_the_text_says_is_what_the_sidecar_says(stand_in: StandIn, tmp_path: Path) -> None:
    """Each field that a letter states is in its sidecar with the same value; so agreement is more than silence."""
    got(stand_in, tmp_path)
    names = [path.relative_to(tmp_path).as_posix() for path in sorted(tmp_path.rglob("svar-*[fx]"))]
    with Reader() as reader:
        for reading in reader.read_many([Found(tmp_path, name) for name in names], 1_200):
            assert reading.document is not None, reading.reason
            said, told = reading.document.fields, beside(tmp_path)[str(reading.document.fields.number)]
            for field in ("kind", "date", "number", "case", "asker", "party", "minister", "ministry", "status"):
                assert told[field] == getattr(said, field), field


def test_the_sidecar_says_what_the_records_say(stand_in: StandIn, tmp_path: Path) -> None:
    """Asker with the party of that day, minister, ministry, committee, session, status, and where it all comes from."""
    got(stand_in, tmp_path)
    _, title, minister, committee, code = MINISTRIES[1]
    told = beside(tmp_path)["2"]
    record = told.pop("fetched")
    assert {
        "kind": "udvalgssvar", "title": f"Spm. Om {TOPICS[1]} i Aastrup Kommune.", "date": "2023-11-02",
        "number": "2", "case": f"{code} alm. del", "committee": committee, "session": "20231",
        "asker": MEMBERS[1][0], "party": "V",
        "minister": minister, "minister_title": title, "ministry": MINISTRIES[1][0], "status": "endeligt",
        "url": f"{stand_in.files}samling/20231/almdel/suu/spm/2/svar/3001/5001.pdf",
    } == told  # fmt: skip
    assert told.keys() <= {field.name for field in fields(Fields)}
    assert (3001, 1001, 9001, 5001) == tuple(record[name] for name in ("document", "question", "case", "file"))
    own_question = beside(tmp_path)["S 1"]
    assert ("§20-svar", "§ 20", "Alma Kildevang", "S", "transportministeren") == tuple(
        own_question[name] for name in ("kind", "case", "asker", "party", "minister_title")
    )
    assert "committee" not in own_question


def test_only_public_answers_of_the_scope_come(stand_in: StandIn, tmp_path: Path) -> None:
    """What is not public, of another session, or unanswered is neither written nor asked for."""
    report = got(stand_in, tmp_path)
    assert (40, 40) == (report.listed, report.fetched)
    assert [] == stand_in.asked("/andet/")
    assert 40 == len(list((tmp_path / "20231").glob("*.meta.json")))


def test_an_answer_is_as_public_as_its_question_and_its_case(stand_in: StandIn, tmp_path: Path) -> None:
    """Where one of the three is not public, the answer is left out; a code that is missing is not public either."""
    rows = stand_in.entities
    next(row for row in rows["Dokument"] if row["id"] == 1_005)["offentlighedskode"] = "F"
    next(row for row in rows["Dokument"] if row["id"] == 1_007)["offentlighedskode"] = None
    next(row for row in rows["Sag"] if row["id"] == 7_008)["offentlighedskode"] = "F"
    assert 37 == got(stand_in, tmp_path).fetched
    assert not {"6", "8", "S 9"} & beside(tmp_path).keys()


@pytest.mark.parametrize(
    ("scope", "wanted"),
    [
        ({"kind": "§20"}, own),
        ({"kind": "§ 20-spørgsmål"}, own),
        ({"kind": "alm.del"}, lambda n: not own(n)),
        ({"committee": "suu"}, lambda n: not own(n) and n % 3 == 1),
        ({"committee": "Kulturudvalget"}, lambda n: not own(n) and n % 3 == 2),
        ({"since": date(2023, 11, 11)}, lambda n: n >= 10),
        ({"until": date(2023, 11, 11)}, lambda n: n <= 10),
    ],
)
def test_conditions(stand_in: StandIn, tmp_path: Path, scope: dict[str, Any], wanted: Callable[[int], bool]) -> None:
    """Each condition gives just the answers that meet it, alone and with the session."""
    for number, whole in enumerate((Scope(session="20231", **scope), Scope(**{"since": date(2023, 9, 1), **scope}))):
        got(stand_in, tmp_path / str(number), whole)
        names = {path.name.split("-")[1] for path in (tmp_path / str(number) / "20231").glob("svar*")}
        assert {str(3_000 + n) for n in range(40) if wanted(n)} == names


def test_a_limit_is_one(stand_in: StandIn, tmp_path: Path) -> None:
    """So many answers, and the scope does not count as known."""
    assert 7 == got(stand_in, tmp_path, limit=7).fetched
    assert 33 == got(stand_in, tmp_path, changed=True).fetched


def test_conditions_that_the_service_ignores_are_kept_all_the_same(
    stand_in: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of rows that were not asked for none is used, and the report says that they came."""
    monkeypatch.setattr("tests.oda_server._holds", lambda condition, row: True)
    report = got(stand_in, tmp_path)
    assert (40, 40, []) == (report.listed, report.fetched, stand_in.asked("/andet/"))
    assert any("Dokument: 42 rows came that were not asked for" in note for note in report.notes)


def test_a_service_that_ignores_everything_is_not_read_to_its_end(tmp_path: Path) -> None:
    """After a thousand rows that do not meet the condition there is one line."""
    with running(StandIn(1)) as one:
        rows = one.entities["Dokument"]
        unknown = {name: value for name, value in rows[1].items() if name != "offentlighedskode"}
        rows += [{**unknown, "id": 100_000 + number} for number in range(5_000)]
        report = got(one, tmp_path)
        assert report.stopped and "seems to ignore a part of: typeid eq 17" in report.stopped
        assert len(one.asked("/Dokument?")) <= 12


def test_numbers_are_read_from_the_service(stand_in: StandIn, tmp_path: Path) -> None:
    """Types and roles may have other numbers tomorrow; their names count."""
    got(stand_in, tmp_path / "a")
    tables = stand_in.entities
    for table, used in (
        ("Sagstype", [("Sag", "typeid")]),
        ("Dokumenttype", [("Dokument", "typeid")]),
        ("Dokumentkategori", [("Dokument", "kategoriid")]),
        ("Aktørtype", [("Aktør", "typeid")]),
        ("SagAktørRolle", [("SagAktør", "rolleid")]),
        ("DokumentAktørRolle", [("DokumentAktør", "rolleid")]),
        ("Periode", [("Sag", "periodeid")]),
    ):
        for row in tables[table]:
            row["id"] += 1000
        for entity, field in used:
            for row in tables[entity]:
                row[field] += 1000
    got(stand_in, tmp_path / "b")
    assert tree(tmp_path / "a") == tree(tmp_path / "b")


def test_a_second_fetch_asks_for_no_file(stand_in: StandIn, tmp_path: Path) -> None:
    """All records are read again, no file is, and nothing in the folder is written anew."""
    got(stand_in, tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    stand_in.log.clear()
    report = got(stand_in, tmp_path)
    assert (0, 40, []) == (report.fetched, report.unchanged, stand_in.asked("/samling/"))
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}


def test_only_what_changed_is_asked_for(tmp_path: Path) -> None:
    """Of 300 answers one changed, another only seems to have: one page of records, and two files, one of them sent."""
    with running(StandIn(300)) as one:
        got(one, tmp_path)
        for number, later in ((7, "2025-02-03T08:00:00.5"), (11, "2025-02-03T08:00:01")):
            for entity, id_ in (("Dokument", 3_000 + number), ("Fil", 5_000 + number)):
                row = next(row for row in one.entities[entity] if row["id"] == id_)
                row["opdateringsdato"] = later
        path = one.asked("/5007.pdf")[0]
        one.revised[path] = content("/5000.pdf")
        one.log.clear()
        report = got(one, tmp_path, changed=True)
        assert (1, len(report.missing)) == (report.fetched, 0)
        assert [path, path.replace("/8/", "/12/").replace("7", "11", 1)][:1] == one.asked("/5007")
        assert 2 == len(one.asked("/samling/")), one.asked("/samling/")
        assert 1 == len(one.asked("/Dokument?"))
        assert content("/5000.pdf") == (tmp_path / "20231/svar-3007-pdf-5007.pdf").read_bytes()
        one.log.clear()
        got(one, tmp_path, changed=True)
        assert [] == one.asked("/samling/")


def test_a_file_that_failed_is_asked_for_again(stand_in: StandIn, tmp_path: Path) -> None:
    """Also where only changes are asked for, until it has come; the manifest names it meanwhile."""
    stand_in.faults["/5003."] = ["404"] * 2
    assert ["20231/svar-3003-pdf-5003.pdf"] == [one.file for one in got(stand_in, tmp_path).missing]
    assert ["20231/svar-3003-pdf-5003.pdf"] == list(json.loads((tmp_path / MANIFEST).read_bytes())["missing"])
    assert 1 == len(got(stand_in, tmp_path, changed=True).missing)
    assert 1 == got(stand_in, tmp_path, changed=True).fetched
    assert {} == json.loads((tmp_path / MANIFEST).read_bytes())["missing"]


def test_killed_at_twenty_moments(tmp_path: Path) -> None:
    """Never a partial file under its name, and in the end the same folder, byte for byte."""
    moments = random.Random(8)
    with running(StandIn(80)) as one:
        got(one, tmp_path / "whole")
        kills = 0
        while kills < 20:
            kills += _killed(one, tmp_path / "killed", moments)
            for path in (tmp_path / "killed").rglob("svar-*"):
                if not path.name.endswith(".json"):
                    assert content(f"/{path.stem.rpartition('-')[2]}{path.suffix}") == path.read_bytes()
        one.on_request = lambda _: None
        assert got(one, tmp_path / "killed").done
    assert tree(tmp_path / "whole") == tree(tmp_path / "killed")


def _killed(one: StandIn, into: Path, moments: random.Random) -> bool:
    """Fetch in a process of its own, and kill it soon after one of its requests; False where it came to its end."""
    last = moments.randint(1, 45)
    one.log.clear()
    child = os.fork()
    if child == 0:
        os._exit(0 if got(one, into).done else 1)

    def kill(requests: int) -> None:
        if requests == last:
            time.sleep(moments.uniform(0, 0.01))
            os.kill(child, signal.SIGKILL)

    one.on_request = kill
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


RETRIED = ["500", "503", "429", "429 wait", "503 date", "cut", "closed", "slow"]
ASKED = ["$metadata", "/Sagstype", "/Dokument?", "/Sag?", "/Aktør?"]


@pytest.mark.parametrize("fault", RETRIED)
@pytest.mark.parametrize("part", [*ASKED, "/samling/"])
def test_what_passes_is_tried_again(few: StandIn, tmp_path: Path, fault: str, part: str) -> None:
    """Errors with empty bodies, too many requests, broken and slow replies: the same folder as without them."""
    if part == "$metadata":
        part = "/api/$metadata"
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
    part = part.replace("$metadata", "/api/$metadata")
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
    assert (39, 40, True) == (report.fetched, report.listed, report.done)
    assert reason in missing.reason and "\n" not in missing.reason
    assert not [name for name in tree(tmp_path) if "5005" in name]
    stand_in.faults.clear()
    assert (1, []) == ((again := got(stand_in, tmp_path)).fetched, again.missing)


def test_a_bot_filter_is_recognised_and_got_round_by_hand(stand_in: StandIn, tmp_path: Path) -> None:
    """After ten pages in a row nobody is asked any more; files downloaded by hand are linked by name and number."""
    stand_in.faults["/samling/"] = ["bot filter"] * 100
    report = got(stand_in, tmp_path / "docs")
    assert (40, 10, False) == (len(report.missing), report.turned_away, report.done)
    assert 10 == len(stand_in.asked("/samling/"))
    downloads = tmp_path / "Overførsler"
    downloads.mkdir()
    names = {0: "5000.pdf", 1: "SUU alm. del spm 2 svar.pdf", 2: "Svar på S 3.docx", 4: "s5 (1).PDF", 6: "S 700.pdf"}
    for number, name in names.items():
        (downloads / name).write_bytes(content(f"/{5_000 + number}.{name[-3:].lower().replace('ocx', 'docx')}"))
    (downloads / "5009.pdf").write_bytes(b"<!doctype html><title>Just a moment</title>")
    stand_in.log.clear()
    report = got(stand_in, tmp_path / "docs", by_hand=downloads)
    assert (4, 36, []) == (report.linked, len(report.missing), stand_in.asked("/samling/"))
    assert {"S 1", "2", "S 3", "S 5"} == beside(tmp_path / "docs").keys()
    assert "web page in place" in next(one.reason for one in report.missing if "5009" in one.file)
    stand_in.faults.clear()
    report = got(stand_in, tmp_path / "docs")
    assert (36, 4) == (report.fetched, report.unchanged)


def test_a_number_that_two_answers_have_links_nothing(stand_in: StandIn, tmp_path: Path) -> None:
    """A preliminary and a final answer to one question are told apart by their names only."""
    rows = stand_in.entities
    answer = next(row for row in rows["Dokument"] if row["id"] == 3_000)
    rows["Dokument"].append({**answer, "id": 3_500, "titel": "Foreløbigt svar"})
    rows["SagDokument"].append({"id": 99_999, "sagid": 7_000, "dokumentid": 3_500, "bilagsnummer": None})
    file = next(row for row in rows["Fil"] if row["id"] == 5_000)
    rows["Fil"].append({**file, "id": 5_500, "dokumentid": 3_500})
    (tmp_path / "by_hand").mkdir()
    (tmp_path / "by_hand" / "S 1.pdf").write_bytes(content("/5000.pdf"))
    (tmp_path / "by_hand" / "S 5.pdf").write_bytes(content("/5004.pdf"))
    assert 1 == got(stand_in, tmp_path / "docs", by_hand=tmp_path / "by_hand").linked
    assert ["S 5"] == list(beside(tmp_path / "docs"))


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
        "https://user:word@127.0.0.1/x.pdf", "ftp://127.0.0.1/x.pdf", "javascript:x.pdf", "\x00x.pdf",
    ],
)  # fmt: skip
def test_only_the_named_hosts_are_asked(stand_in: StandIn, tmp_path: Path, url: str) -> None:
    """A record that points elsewhere is a missing file, and the others come."""
    next(row for row in stand_in.entities["Fil"] if row["id"] == 5_001)["filurl"] = url
    report = got(stand_in, tmp_path)
    assert (39, 1) == (report.fetched, len(report.missing))


def test_records_that_are_none_stop_nothing(stand_in: StandIn, tmp_path: Path) -> None:
    """Rows with missing, strange and hostile values are left out or used as far as they go."""
    rows = stand_in.entities
    documents, files = rows["Dokument"], rows["Fil"]
    answer = next(row for row in documents if row["id"] == 3_001)
    documents += [{**answer, "id": id_} for id_ in ("../../x", None, 1.5, True, [1])]
    next(row for row in documents if row["id"] == 3_003).update(titel={"a": 1}, kategoriid="40", spørgsmålsid="x")
    next(row for row in documents if row["id"] == 3_005).update(titel="a\u202eb\x00" * 5_000)
    next(row for row in files if row["id"] == 5_007)["id"] = "../../../etc/cron.d/x"
    next(row for row in files if row["id"] == 5_009)["variantkode"] = "X"
    next(row for row in files if row["id"] == 5_011)["filurl"] = None
    next(row for row in files if row["id"] == 5_013)["filurl"] = "http://[x.pdf"
    next(row for row in rows["Aktør"] if row["id"] == 500)["navn"] = "A\u202e\nB\t<script>"
    report = got(stand_in, tmp_path)
    assert (40, 36, 4, True) == (report.listed, report.fetched, report.unread, report.done)
    assert {"20231"} == {path.name for path in tmp_path.iterdir() if path.is_dir()}
    assert all(
        name.replace("/", "").replace("-", "").replace(".", "").isalnum() for name in tree(tmp_path) if MANIFEST != name
    )
    assert "AB <script>" not in json.dumps(beside(tmp_path)) and "A B <script>" in json.dumps(beside(tmp_path))


def test_a_session_names_a_folder_only_where_it_is_one(stand_in: StandIn, tmp_path: Path) -> None:
    """Whatever the service calls a session, nothing lands outside."""
    next(row for row in stand_in.entities["Periode"] if row["id"] == 160)["kode"] = "../../20231"
    assert 40 == got(stand_in, tmp_path / "a" / "b", Scope(since=date(2023, 9, 1), kind="alm.del")).fetched * 2
    assert {"andre"} == {path.parent.name for path in tmp_path.rglob("svar-*")}
    assert "session" not in beside(tmp_path)["2"]


def test_answers_that_cannot_be_placed_are_counted(stand_in: StandIn, tmp_path: Path) -> None:
    """Were answers and questions tied to their cases in another way, the report would say so."""
    stand_in.entities["SagDokument"] = stand_in.entities["SagDokument"][:2]
    report = got(stand_in, tmp_path)
    assert (1, ["40 answers belong to no case, and were left out"]) == (report.listed, report.notes)


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
    assert 40 == report.fetched


def test_what_is_no_longer_listed_is_named(stand_in: StandIn, tmp_path: Path) -> None:
    """An answer that was withdrawn stays until the user deletes it, and the report names it."""
    got(stand_in, tmp_path)
    next(row for row in stand_in.entities["Dokument"] if row["id"] == 3_001)["offentlighedskode"] = "F"
    report = got(stand_in, tmp_path)
    assert (39, ["20231/svar-3001-pdf-5001.pdf"]) == (report.listed, report.gone)
    assert (tmp_path / "20231/svar-3001-pdf-5001.pdf").exists()


def test_the_dry_run_prints_what_is_asked(stand_in: StandIn, tmp_path: Path) -> None:
    """The same addresses in the same order as a fetch asks them, and none is asked."""
    where = ("--service", stand_in.service, "--files", stand_in.files)
    for more in ((), ("--changed-since-last",)):
        stand_in.log.clear()
        run = call("fetch", "--session", 20231, "--into", tmp_path, "--dry-run", *more, *where)
        assert (0, []) == (run.returncode, stand_in.log)
        exact = [line.removeprefix(stand_in.service[:-5]) for line in run.stdout.splitlines() if "{" not in line]
        got(stand_in, tmp_path, changed=bool(more))
        assert exact == stand_in.log[: len(exact)]
        assert 9 == len(exact)
    assert "opdateringsdato%20ge%20datetime'2024-01-31T" in exact[-1]


def test_the_dry_run_needs_no_network(tmp_path: Path) -> None:
    """The addresses of the Folketing itself, made without asking it."""
    lines = list(planned(tmp_path, WHOLE, Source(guest=Guest()), today=TODAY))
    assert "https://oda.ft.dk/api/$metadata" == lines[0]
    assert "offentlighedskode%20eq%20'O'%20and%20dato%20ge%20datetime'2023-09-01T00:00:00'" in lines[8]


def test_one_fetch_at_a_time(stand_in: StandIn, tmp_path: Path) -> None:
    """A second one is told so, and what an earlier one left unfinished is cleared away."""
    (tmp_path / "20231").mkdir()
    (tmp_path / "20231" / ".svar-1.pdf.part").write_bytes(b"half")
    with Folder(tmp_path).locked(), pytest.raises(LockedError, match="another spoergetime fetches"):
        got(stand_in, tmp_path)
    assert got(stand_in, tmp_path).done
    assert not list(tmp_path.rglob(".*.part"))


def test_a_damaged_folder_mends_itself(stand_in: StandIn, tmp_path: Path) -> None:
    """Files that are cut or gone, sidecars and manifests that are none: the next fetch makes them as they were."""
    got(stand_in, tmp_path)
    before = tree(tmp_path)
    names = sorted(name for name in before if name.endswith((".pdf", ".docx")))
    (tmp_path / names[0]).write_bytes(b"%PDF cut")
    (tmp_path / names[1]).unlink()
    (tmp_path / f"{names[2]}.meta.json").write_bytes(b"[")
    (tmp_path / f"{names[3]}.meta.json").unlink()
    (tmp_path / names[4]).unlink()
    (tmp_path / names[4]).symlink_to("/etc/hostname")
    (tmp_path / MANIFEST).write_bytes(b"\x00")
    assert 5 == got(stand_in, tmp_path).fetched
    assert before == tree(tmp_path)
    assert not (tmp_path / names[4]).is_symlink()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (("--session", "2023"), "no session"), (("--since", "1/1/2024"), "no date"),
        (("--since", "2024-02-01", "--until", "2024-01-01"), "later than --until"),
        (("--session", "19991"), "its newest is 20231"), (("--kind", "vrøvl"), "none of the service's: Alm. del"),
        (("--service", "oda.ft.dk"), "is no address"), (("--service", "http://[x"), "is no address"),
    ],
)  # fmt: skip
def test_wrong_use_is_one_line(stand_in: StandIn, tmp_path: Path, wrong: tuple[str, ...], said: str) -> None:
    """Exit code 2, and what to write instead."""
    where = ("--service", stand_in.service, "--files", stand_in.files, "--rate", 1e6)
    run = call("fetch", "--into", tmp_path / "docs", *where, *wrong)
    assert (2, 1) == (run.returncode, run.stderr.count("\n"))
    assert said in run.stderr


def test_the_command_tells_and_counts(stand_in: StandIn, tmp_path: Path) -> None:
    """A summary with every missing file and what to do; exit code 1 where nothing came or the listing broke off."""
    where = ("--service", stand_in.service, "--files", stand_in.files, "--rate", 1e6, "--session", 20231)
    stand_in.faults["/5005."] = ["bot filter"]
    run = call("fetch", "--into", tmp_path / "a", *where)
    assert 0 == run.returncode, run.stderr
    assert "40 answers: 39 files fetched, 0 linked, 0 unchanged, 1 missing" in run.stdout
    assert "missing: 20231/svar-3005-word-5005.docx" in run.stdout
    assert "call again with --from-folder" in run.stdout
    stand_in.faults["/samling/"] = ["403"] * 99
    run = call("fetch", "--into", tmp_path / "b", *where)
    assert (1, 1) == (run.returncode, run.stderr.count("\n"))
    assert "none of 40 files came" in run.stderr
    stand_in.faults["/api/Dokument?"] = ["403"]
    run = call("fetch", "--into", tmp_path / "c", *where)
    assert (1, True) == (run.returncode, "is refused to programs" in run.stderr)


def test_a_folder_that_cannot_be_used_is_one_line(stand_in: StandIn, tmp_path: Path) -> None:
    """What, where, and what to do, before anything is asked."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InputError, match="Choose another folder"):
        got(stand_in, tmp_path / "file" / "docs")
    with pytest.raises(InputError, match="Name the one with the downloaded files"):
        got(stand_in, tmp_path / "docs", by_hand=tmp_path / "nowhere")
    assert [] == stand_in.log


def test_unused_kinds_are_named(stand_in: StandIn, tmp_path: Path) -> None:
    """The kinds are the service's own."""
    assert {OWN, GENERAL} < {row["id"] for row in stand_in.entities["Sagstype"]}
    with pytest.raises(UsageError, match=r"Alm\. del, Lovforslag, § 20-spørgsmål"):
        got(stand_in, tmp_path, Scope(kind="forespørgsel"))
