"""Reading in a process of its own: limits hold, a bad document costs itself, and nothing that comes back is trusted."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from corpus import disk, isolation, pace
from corpus.document import load, passages, read
from corpus.errors import SpoergetimeError, UnreadableError
from corpus.files import Found, digest, discover
from corpus.isolation import Limits, Reader
from corpus.mojibake import repaired
from corpus.readers import extract
from corpus.records import SourceFile
from corpus.wire import BrokenReplyError, pack, unpack
from tests.attacks.table import SENTENCE
from tests.attacks.zips import GOOD, packed
from tests.conftest import EXAMPLES

LIMITS = Limits(seconds=2, memory=1 << 28)

# A process that misbehaves as the document's text says.
MISCHIEF = """
import os, sys, time
from corpus import pace, worker

def read(source, found, data):
    for word in data.decode().split():
        if word == "hang": time.sleep(60)
        if word == "steps": [(time.sleep(0.5), pace.step_done()) for _ in range(6)]
        if word == "eat": held = b"x" * (1 << 29)
        if word == "crash": os.abort()
        if word == "leave": os._exit(3)
        if word == "raise": raise ZeroDivisionError("secret\\ntext")
        if word == "print": print("x" * 100_000); os.write(2, b"y" * 100_000)
        if word == "lie": worker.pack = lambda *_: b'{"memory": 1, "pages": [], "fields": {}}\\n"x"\\n0'
        if word == "once" and not os.path.exists(sys.argv[1]):
            open(sys.argv[1], "w").close()
            os.abort()
    return honest(source, found, data)

honest, worker.read = worker.read, read
worker.main()
"""


@pytest.fixture
def mischief(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], str]:
    """Read a text in a process that does what the text says."""
    monkeypatch.setattr(isolation, "_COMMAND", (sys.executable, "-P", "-c", MISCHIEF, str(tmp_path / "mark")))
    source, found = SourceFile("/r", "a.txt", "0" * 64), Found(Path("/r"), "a.txt")

    def reads(text: str) -> str:
        with Reader(LIMITS) as reader:
            return reader.read(source, found, text.encode(), 1200)[0].text

    return reads


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("hang", "longer than 2 s"),
        ("eat", "more than 0.25 GiB of memory"),
        ("crash", r"crashed \(signal 6\)"),
        ("leave", r"crashed \(exit code 3\)"),
        ("raise", r"reader failed \(ZeroDivisionError\)"),
        ("lie", "gave back what is no document"),
    ],
)
def test_what_goes_wrong_is_one_lines_reason(mischief: Callable[[str], str], text: str, reason: str) -> None:
    """A hang, a flood, a crash, a mistake and a lie each refuse the document with their own reason."""
    began = time.monotonic()
    with pytest.raises(UnreadableError, match=reason) as raised:
        mischief(text)
    assert time.monotonic() - began < 20
    assert "\n" not in str(raised.value) and "secret" not in str(raised.value)


@pytest.mark.parametrize("text", ["print", "steps"])
def test_noise_and_steps_are_no_harm(mischief: Callable[[str], str], text: str) -> None:
    """What a library prints is no reply, and a reader that says it goes on may take longer."""
    assert text == mischief(text)


def test_a_bad_document_costs_itself_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Those before and after it are read, each file's outcome in its place."""
    monkeypatch.setattr(isolation, "_COMMAND", (sys.executable, "-P", "-c", MISCHIEF, "-"))
    texts = ["fine one", "crash", "fine two", "hang", "raise", "fine three", "leave", "fine four"]
    for n, text in enumerate(texts):
        (tmp_path / f"{n}.txt").write_text(text)
    with Reader(LIMITS) as reader:
        readings = list(reader.read_many(discover([tmp_path]), 1200))
    assert [f"{n}.txt" for n in range(len(texts))] == [reading.found.file for reading in readings]
    assert [text.startswith("fine") for text in texts] == [reading.document is not None for reading in readings]
    assert all(len(reading.sha256) == 64 for reading in readings)


def test_no_document_pays_for_the_one_before_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A document that crashes a used process gets a fresh one before it is refused."""
    mark = tmp_path / "mark"
    monkeypatch.setattr(isolation, "_COMMAND", (sys.executable, "-P", "-c", MISCHIEF, str(mark)))
    source, found = SourceFile("/r", "a.txt", ""), Found(Path("/r"), "a.txt")
    with Reader(LIMITS, workers=1) as reader:
        reader.read(source, found, b"fine", 1200)
        assert "once" == reader.read(source, found, b"once", 1200)[0].text
        assert mark.exists()


def test_isolated_reading_is_reading() -> None:
    """What comes back is what reading in this process gives, for every example."""
    files = discover([EXAMPLES])
    with Reader(workers=2) as reader:
        for reading in reader.read_many(files, 500):
            source, data = load(reading.found)
            document = read(source, reading.found, data)
            assert (document, tuple(passages(document, 500))) == (reading.document, reading.passages)


def test_a_reader_that_does_not_start_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken installation is no reason to quarantine every document."""
    monkeypatch.setattr(isolation, "_COMMAND", (sys.executable, "-c", "import nothing_of_this_name"))
    found = Found(EXAMPLES, "a.txt")
    with Reader() as reader, pytest.raises(SpoergetimeError, match=r"does not start.*nothing_of_this_name") as raised:
        reader.read(SourceFile("", "", ""), found, b"x", 1200)
    assert not isinstance(raised.value, UnreadableError)


def test_modules_in_the_users_folder_are_not_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder of documents may hold a json.py or a corpus/worker.py; neither is imported."""
    (tmp_path / "corpus").mkdir()
    for name in ("json.py", "corpus/__init__.py", "corpus/worker.py"):
        (tmp_path / name).write_text("raise SystemExit(9)")
    monkeypatch.chdir(tmp_path)
    with Reader() as reader:
        assert reader.read(SourceFile("", "", ""), Found(tmp_path, "a.txt"), SENTENCE.encode(), 1200)[1]


def test_processes_end_with_their_reader() -> None:
    """Nothing keeps running when the `with` block is left."""
    with Reader() as reader:
        reader.read(SourceFile("", "", ""), Found(Path(), "a.txt"), SENTENCE.encode(), 1200)
        (worker,) = reader._all
        number = worker._process.pid
    assert not Path(f"/proc/{number}").exists()


def reply() -> tuple[list[Any], SourceFile]:
    source = SourceFile("/r", "a.txt", "0" * 64)
    document = read(source, Found(Path("/r"), "a.txt"), (SENTENCE * 40).encode())
    frame = pack(document, passages(document, 500), 7)
    return [json.loads(line) for line in frame.split(b"\n")], source


def test_a_reply_is_believed_whole() -> None:
    """What was packed is what is unpacked."""
    lines, source = reply()
    found = unpack(b"\n".join(json.dumps(line, ensure_ascii=False).encode() for line in lines), source, 500)
    assert found.document is not None and (source,) == found.document.files
    assert lines[1] == found.document.text
    assert len(found.passages) > 3


def _set(at: int, key: str, value: Any) -> Callable[[list[Any]], None]:
    return lambda lines: lines[at].__setitem__(key, value)


@pytest.mark.parametrize(
    "spoil",
    [
        _set(-1, "start", -1),
        _set(-1, "end", 10**9),
        _set(-1, "end", True),
        _set(-1, "section", 99),
        _set(-1, "text", "x" * 501),
        _set(-1, "text", "\ud800"),
        _set(-1, "text", ["x"]),
        _set(-1, "id", "../../etc"),
        _set(-1, "document", "0" * 16),
        _set(-1, "kind", "løgn"),
        _set(-1, "more", 1),
        _set(-1, "line", 10**80),
        _set(-1, "page", "1"),
        _set(0, "fields", {}),
        _set(0, "pages", [[1, 0, 10**9]]),
        _set(0, "pages", [[1]]),
        _set(0, "memory", "7"),
        _set(3, "heading", "x" * 20_000),
        _set(3, "end", 10**9),
        lambda lines: lines.append(lines[-1]),
        lambda lines: lines.__setitem__(1, [lines[1]]),
        lambda lines: lines.__setitem__(1, None),
        lambda lines: lines.__setitem__(1, lines[1] + "\udc00"),
        lambda lines: lines.__setitem__(2, 10**9),
        lambda lines: lines.__setitem__(2, -3),
        lambda lines: lines.__delitem__(0),
        lambda lines: lines.clear(),
    ],
)
def test_a_reply_that_fits_no_record_is_refused(spoil: Callable[[list[Any]], None]) -> None:
    """Wrong types, places outside the text, foreign ids and surplus fields are not believed."""
    lines, source = reply()
    spoil(lines)
    for ascii_only in (True, False):
        frame = b"\n".join(json.dumps(v, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass") for v in lines)
        with pytest.raises(BrokenReplyError):
            unpack(frame, source, 500)


@pytest.mark.parametrize("frame", [b"", b"null", b"{}", b"[" * 100_000, b'{"memory":1}\n' + b"[" * 100_000, b"\xff"])
def test_nonsense_is_no_reply(frame: bytes) -> None:
    """Neither depth nor bad bytes get past the check."""
    with pytest.raises(BrokenReplyError):
        unpack(frame, SourceFile("", "", ""), 500)


def test_members_of_archives_are_files_of_their_own(tmp_path: Path) -> None:
    """A member has its own name and hash, and is read by its own ending."""
    (tmp_path / "a.ZIP").write_bytes(packed({**GOOD, "b/ø.md": SENTENCE}))
    found = discover([tmp_path])
    assert ["a.ZIP!/b/ø.md", "a.ZIP!/indeni/god.txt"] == [each.file for each in found]
    assert [tmp_path / "a.ZIP"] * 2 == [each.path for each in found]
    source, data = load(found[0])
    assert SENTENCE.encode() == data
    assert digest(found[0]) == source.sha256 == digest(Found(tmp_path, "a.ZIP!/b/ø.md"))
    assert SENTENCE == read(source, found[0], data).text
    assert found == discover([tmp_path / "a.ZIP"])


def test_a_changed_archive_is_read_again(tmp_path: Path) -> None:
    """What is kept of an archive does not outlive it."""
    path = tmp_path / "a.zip"
    path.write_bytes(packed({"a.txt": "en"}))
    before = digest(Found(tmp_path, "a.zip!/a.txt"))
    path.write_bytes(packed({"a.txt": "to og mere"}))
    assert before != digest(Found(tmp_path, "a.zip!/a.txt"))
    path.unlink()
    assert digest(Found(tmp_path, "a.zip!/a.txt")) is None


def test_names_of_members_keep_their_danish_letters(tmp_path: Path) -> None:
    """UTF-8 without its mark, as some programs write it, and DOS names are read as they were meant."""
    for raw in ("ærø.txt".encode(), "ærø.txt".encode("cp850")):
        blank = b"x" * (len(raw) - 4) + b".txt"
        (tmp_path / "a.zip").write_bytes(packed({blank.decode(): SENTENCE}).replace(blank, raw))
        assert ["a.zip!/ærø.txt"] == [found.file for found in discover([tmp_path])]
        assert SENTENCE.encode() == load(discover([tmp_path])[0])[1]


@pytest.mark.parametrize("codec", ["cp1252", "latin-1"])
def test_text_misread_as_a_whole_is_repaired(codec: str) -> None:
    """UTF-8 that was read as Windows-1252 or Latin-1 comes back as it was meant."""
    text = f"Spørgsmål nr. 12. {SENTENCE}Å, Æ og Ø. "
    assert text == repaired(text.encode().decode(codec, "replace" if codec == "latin-1" else "strict"))
    assert SENTENCE == extract(Path("a.txt"), SENTENCE.encode().decode(codec).encode()).text


@pytest.mark.parametrize(
    "text",
    [
        SENTENCE * 3 + "Filen viste SpÃ¸rgsmÃ¥l i stedet for bogstaver.",
        "Skriv aldrig SpÃ¸rgsmÃ¥l. " + "No Danish letters stand in this long English text. " * 50,
        "SpÃ¸rgsmÃ¥l og • punkter, som ingen har misforstået. ÆØÅ",
        "Ã er et portugisisk bogstav; Ã¸ kan ikke lÃ¦ses — \u4e2d\u6587",
        "SÃ£o Paulo og København",
    ],
)
def test_text_that_only_mentions_such_characters_is_left_alone(text: str) -> None:
    """A repair is certain or does not happen, and no part of a text is ever repaired."""
    assert text is repaired(text)


def test_a_file_that_grows_while_it_is_read_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Half of a file is no document, whatever it says."""
    path = tmp_path / "a.txt"
    path.write_text(SENTENCE)
    state = os.fstat

    def growing(number: int) -> os.stat_result:
        before = state(number)
        with path.open("a") as file:
            file.write("mere")
        return before

    monkeypatch.setattr(disk.os, "fstat", growing)
    with pytest.raises(UnreadableError, match="changed while it was read"):
        load(Found(tmp_path, "a.txt"))


@pytest.mark.parametrize(
    ("error", "reason"),
    [(PermissionError(13, "Permission denied"), "Permission denied"), (OSError(5, "I/O error"), "I/O")],
)
def test_a_file_that_may_not_be_read_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: OSError, reason: str
) -> None:
    """The system's own reason is given."""
    (tmp_path / "a.txt").write_text(SENTENCE)

    def refuse(*_: object) -> int:
        raise error

    monkeypatch.setattr(disk.os, "open", refuse)
    with pytest.raises(UnreadableError, match=reason):
        load(Found(tmp_path, "a.txt"))
    assert digest(Found(tmp_path, "a.txt")) is None


def test_a_file_that_vanishes_is_refused(tmp_path: Path) -> None:
    """What was found a moment ago may be gone; the others are still read."""
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(SENTENCE)
    files = discover([tmp_path])
    (tmp_path / "a.txt").unlink()
    with Reader() as reader:
        gone, there = reader.read_many(files, 1200)
    assert "the file cannot be read: No such file or directory" == gone.reason
    assert there.document is not None


def test_steps_are_counted() -> None:
    """A document cannot buy time without end."""
    assert 200 >= pace.MAX_STEPS


def test_bidi_controls_never_reach_a_passage() -> None:
    """What would turn a line around is in no passage."""
    text = f"{SENTENCE}\u202e.rk .oim 511 \u202c\u2066{SENTENCE}\u2069"
    document = read(SourceFile("", "", ""), Found(Path(), "a.txt"), text.encode())
    assert not any(mark in passage.text for passage in passages(document) for mark in "\u202e\u202c\u2066\u2069")
    assert document == replace(document, text=text)
