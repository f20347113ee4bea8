"""The source page, its file and its pictures: exact bytes or none, long texts in parts, answers by questions."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from html import unescape
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import pytest
from fpdf import FPDF
from PIL import Image
from starlette.testclient import TestClient

from bot.archive import Archive, RefusalError, Source
from bot.originals import _WAITING, BusyError, Originals, attachment
from bot.server import create_app
from bot.source_page import source_page
from bot.source_text import PART, parts
from corpus.clean import clean, layout
from corpus.errors import UnreadableError
from corpus.facsimile import facsimile
from corpus.files import sha256
from corpus.isolation import Limits
from corpus.pdf import boxes, read_pdf
from corpus.records import Document, Fields, Link, Page, Section, SourceFile
from index.build import build
from index.encoder import Encoder
from tests.conftest import EXAMPLES

LOCAL = "http://127.0.0.1:7860"
PDF = EXAMPLES / "svar-buu-141-skolemad.pdf"


def served(folder: Path, encoder: Encoder) -> Archive:
    """An archive of a PDF, a web page and a member of a zip archive."""
    (folder / "d").mkdir()
    (folder / "d" / "skolemad.pdf").write_bytes(PDF.read_bytes())
    (folder / "d" / "bro.html").write_bytes((EXAMPLES / "artikel-eboeger.html").read_bytes())
    with zipfile.ZipFile(folder / "d" / "arkiv.zip", "w") as packed:
        packed.writestr("mappe/færge.txt", "Færgen til øen blev nedlagt i 1998, da broen åbnede.\n")
    build([folder / "d"], folder / "index", encoder)
    return Archive(folder / "index")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Archive:
    """Its files stay as they were indexed."""
    return served(tmp_path_factory.mktemp("source"), encoder)


@pytest.fixture(scope="module")
def client(archive: Archive) -> Iterator[TestClient]:
    with TestClient(create_app(archive.index, archive=archive), base_url=LOCAL) as client:
        yield client


def document(archive: Archive, name: str) -> Document:
    searcher = archive.searcher()
    assert searcher is not None
    return searcher.store.document(searcher.store.find(name)[0])


# The original file


@pytest.mark.parametrize("name", ["skolemad.pdf", "bro.html", "arkiv.zip!/mappe/færge.txt"])
def test_the_original_is_the_indexed_bytes(client: TestClient, archive: Archive, name: str) -> None:
    """The file comes byte for byte, also out of an archive, to be saved and never to be shown."""
    found = document(archive, name)
    response = client.get(f"/kilde/{found.id}/fil")
    assert (200, found.files[0].sha256) == (response.status_code, sha256(response.content))
    assert "application/octet-stream" == response.headers["content-type"]
    assert "nosniff" == response.headers["x-content-type-options"]
    assert "sandbox" in response.headers["content-security-policy"]
    assert response.headers["content-disposition"].startswith("attachment; ")


@pytest.mark.parametrize("change", ["changed", "gone", "link out of the folder"])
def test_another_file_is_never_given(tmp_path: Path, encoder: Encoder, change: str) -> None:
    """A file that changed, is gone, or now links elsewhere is refused in one Danish sentence, and so is its picture."""
    archive = served(tmp_path, encoder)
    client = TestClient(create_app(archive.index, archive=archive), base_url=LOCAL)
    found = document(archive, "skolemad.pdf")
    (tmp_path / "hemmelig.pdf").write_bytes(PDF.read_bytes())
    file = tmp_path / "d" / "skolemad.pdf"
    if change == "changed":
        file.write_bytes(PDF.read_bytes() + b"\n")
    else:
        file.unlink()
    if change.startswith("link"):
        file.symlink_to(tmp_path / "hemmelig.pdf")
    for path in ("fil", "side/1.png"):
        response = client.get(f"/kilde/{found.id}/{path}", headers={"Accept": "text/html"})
        assert (410, b"%PDF" in response.content) == (response.status_code, False)
        assert "Den oprindelige fil" in unescape(response.text)


def test_a_changed_archive_is_refused(tmp_path: Path, encoder: Encoder) -> None:
    """A member is checked by its own bytes, whatever the archive around it."""
    archive = served(tmp_path, encoder)
    found = document(archive, "arkiv.zip!/mappe/færge.txt")
    with zipfile.ZipFile(tmp_path / "d" / "arkiv.zip", "w") as packed:
        packed.writestr("mappe/færge.txt", "Færgen til øen blev nedlagt i 1999, da broen åbnede.\n")
    client = TestClient(create_app(archive.index, archive=archive), base_url=LOCAL)
    assert 410 == client.get(f"/kilde/{found.id}/fil").status_code


@pytest.mark.parametrize(
    "path",
    [
        "/kilde/{id}/fil/",
        "/kilde/{id}/../{id}/fil/x",
        "/kilde/bro.html/fil",
        "/kilde/..%2fbro.html/fil",
        "/kilde/{id}/side/1.png/x",
        "/kilde/{id}/side/../fil.png",
        "/kilde/{id}/side/x.png",
        "/kilde/{id}/side/99999.png",
        "/kilde/0000000000000000/fil",
    ],
)
def test_only_ids_and_numbers_count(client: TestClient, archive: Archive, path: str) -> None:
    """No path of a request leads to a file."""
    found = document(archive, "bro.html")
    assert 404 == client.get(path.format(id=found.id), follow_redirects=False).status_code


@pytest.mark.parametrize(
    ("file", "saved"),
    [
        ("mappe/svar.pdf", "svar.pdf"),
        ("a.zip!/b/færge.txt", "færge.txt"),
        ('x"; filename="y.exe.txt', "x_; filename=_y.exe.txt"),
        ("svar\r\nSet-Cookie: a=b.txt", "svar _Set-Cookie_ a=b.txt"),
        ("fak\u202etxt.exe.txt", "faktxt.exe.txt"),
        ("...", "dokument"),
        ("å" * 300 + ".txt", "å" * 120 + ".txt"),
    ],
)
def test_a_file_is_saved_under_a_harmless_name(file: str, saved: str) -> None:
    """The name is the file's own, without what could leave its folder, break the header or hide its ending."""
    header = attachment(file)
    assert re.fullmatch(r"attachment; filename=\"[A-Za-z0-9._ -]+\"; filename\*=UTF-8''[A-Za-z0-9._~%-]+", header)
    assert saved == unquote(header.partition("UTF-8''")[2])


# Pages as pictures


def test_a_page_is_drawn_with_its_boxes(client: TestClient, archive: Archive) -> None:
    """The pixels within the passage's boxes are marked, and those outside are as they were."""
    found = document(archive, "skolemad.pdf")
    page = found.pages[0]
    start = found.text.index("Forsøgsordningen")
    end = found.text.index("elever.", start)
    plain = _drawn(client, f"/kilde/{found.id}/side/1.png")
    marked = _drawn(client, f"/kilde/{found.id}/side/1.png?start={start}&end={end}")
    assert plain.size == marked.size
    scale = plain.size[0] / 595.28
    there = boxes(PDF.read_bytes(), start, end, [page])
    assert len(there) > 3
    for _, left, top, _right, bottom in there:
        corner = round(left * scale) + 1, round((top + bottom) / 2 * scale)
        assert marked.getpixel(corner) != plain.getpixel(corner)
    for untouched in ((5, 5), (plain.size[0] - 5, plain.size[1] - 5)):
        assert marked.getpixel(untouched) == plain.getpixel(untouched)


def _drawn(client: TestClient, path: str) -> Image.Image:
    response = client.get(path)
    assert (200, "image/png") == (response.status_code, response.headers["content-type"])
    return Image.open(io.BytesIO(response.content)).convert("RGB")


@pytest.mark.parametrize(("name", "number"), [("skolemad.pdf", 0), ("skolemad.pdf", 3), ("bro.html", 1)])
def test_a_page_that_is_not_there(client: TestClient, archive: Archive, name: str, number: int) -> None:
    """Only pages of paged documents can be drawn."""
    response = client.get(f"/kilde/{document(archive, name).id}/side/{number}.png")
    assert (410, "Dokumentet har ikke den side.") == (response.status_code, response.json()["error"])


@pytest.mark.parametrize("data", [b"%PDF-1.7 nothing", b"", PDF.read_bytes()[:900]])
def test_a_damaged_pdf_is_no_picture(data: bytes) -> None:
    """What cannot be drawn is an error with one line, in a process that ends."""
    with pytest.raises(UnreadableError):
        facsimile(data, Page(1, 0, 10), 0, 5)


def test_drawing_has_limits() -> None:
    """A page that takes too long is given up, and one of absurd size is drawn small."""
    with pytest.raises(UnreadableError, match=r"took longer|crashed"):
        facsimile(PDF.read_bytes(), read_pdf(PDF.read_bytes()).pages[0], 0, 5, Limits(seconds=0.001))
    wide = FPDF(unit="pt", format=(14_000, 300))
    wide.add_page()
    wide.set_font("helvetica", size=40)
    wide.cell(text="Meget bred")
    data = bytes(wide.output())
    picture = Image.open(io.BytesIO(facsimile(data, read_pdf(data).pages[0], 0, 5)))
    assert max(picture.size) <= 2_200


def test_pictures_are_kept_but_not_without_bound(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same picture is drawn once; old ones make room."""
    drawn: list[int] = []

    def draw(_: bytes, page: Page, start: int, end: int) -> bytes:
        drawn.append(start)
        return b"x" * (12 << 20)

    monkeypatch.setattr("bot.originals.facsimile", draw)
    originals, found = Originals(), document(archive, "skolemad.pdf")
    for start in (1, 1, 2, 3, 1):
        originals.picture(found, 1, start, start + 5)
    assert [1, 2, 3, 1] == drawn
    assert originals._size == sum(map(len, originals._pictures.values())) <= 32 << 20


def test_too_many_at_once_are_told_to_wait(
    client: TestClient, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those who wait for files never hold all the threads that answer questions; a turn ends also by a refusal."""
    originals, found = Originals(), document(archive, "bro.html")
    for _ in range(2 * _WAITING):
        with pytest.raises(RefusalError):
            originals.picture(found, 7, 0, 0)
    for _ in range(_WAITING):
        originals._room.acquire()
    with pytest.raises(BusyError):
        originals.file(found)
    monkeypatch.setattr("bot.originals.Originals.file", lambda *_: (_ for _ in ()).throw(BusyError()))
    response = client.get(f"/kilde/{found.id}/fil")
    assert (503, True) == (response.status_code, "retry-after" in response.headers)
    assert "Prøv igen om lidt." in response.json()["error"]


# Long documents


def words(html: str) -> str:
    """The text of some HTML without headings."""
    return unescape(re.sub(r"<[^>]+>", " ", re.sub(r"<h2>.*?</h2>|</?(?:span|mark)[^>]*>", "", html)))


def long_document() -> Document:
    """Many sections of several lengths, one of them far longer than a part, with pages and text between."""
    speech = "Jeg vil gerne tale om broer, færger og veje i hele landet. " * 5 + "\n\n"
    text, sections = "Indledning\n\n", []
    for number in range(600):
        start = len(text)
        text += f"Taler {number} siger: {speech * (400 if number == 300 else 1)}"
        sections.append(Section(kind="tekst", start=start, end=len(text) - 2, speaker=f"Taler {number}"))
        text += "Kl. 13:00\n\n" if number % 7 == 0 else ""
    pages = tuple(Page(n + 1, at, min(at + 2500, len(text))) for n, at in enumerate(range(0, len(text), 2500)))
    file = SourceFile("/r", "debat.txt", "0")
    return Document(id="0" * 16, files=(file,), text=text, pages=pages, fields=Fields(), sections=tuple(sections))


def test_a_long_document_is_shown_in_parts() -> None:
    """The parts hold every word and every page once, in order, and none is much longer than it should be."""
    long = long_document()
    cut = parts(long, [])
    assert len(cut) > 5
    assert (0, len(long.text)) == (cut[0][0], cut[-1][1])
    assert all(before[1] == after[0] for before, after in pairwise(cut))
    assert max(end - start for start, end in cut) <= PART * 1.4
    shown = [source_page(Source(long, [], {}), None, number) for number in range(1, len(cut) + 1)]
    articles = [one.partition('id="tekst">')[2].partition("</article>")[0] for one in shown]
    assert clean(long.text, layout(long.text)).split() == " ".join(map(words, articles)).split()
    numbers = [int(number) for one in articles for number in re.findall(r'data-side="Side (\d+)"', one)]
    assert [page.number for page in long.pages] == numbers


def test_a_passage_opens_the_part_that_holds_it() -> None:
    """Its part is shown with its mark, links lead to the parts around it, and another part shows no mark."""
    long = long_document()
    start = long.sections[450].start
    page = source_page(Source(long, [(start, start + 40)], {}), (start, start + 40))
    assert 1 == page.count('id="uddrag"')
    at, count = map(int, re.findall(r"Del (\d+) af (\d+)", page)[0])
    assert 1 < at < count
    assert f"?del={at - 1}#" in page and f"?del={at + 1}#" in page
    assert 'id="uddrag"' not in source_page(Source(long, [], {}), (start, start + 40), 1)
    for odd in (0, count + 1, 10**9):
        assert 1 == source_page(Source(long, [], {}), None, odd).count('aria-label="Dele"')


def test_a_cut_leaves_passages_whole() -> None:
    """Within a section longer than a part, every passage is marked whole, word for word."""
    long = long_document()
    section = long.sections[300]
    places = [(start, min(start + 700, section.end)) for start in range(section.start, section.end, 700)]
    lines = layout(long.text)
    for start, end in places[::9]:
        page = source_page(Source(long, places, {}), (start, end))
        marked = re.sub(r"</mark>(?:<span[^>]*></span>)?<mark>", "", page)
        assert (
            clean(long.text[start:end], lines).split()
            == words(" ".join(re.findall(r"<mark.*?</mark>", marked))).split()
        )


# Questions beside answers, and answers beside each other


def test_a_question_stands_beside_its_answer() -> None:
    """Question and answer are one pair, with what introduces the answer on its side, in the order of the document."""
    text = "Brev\n\nSpørgsmål:\n\nHvor mange?\n\nSvar:\n\nSyv.\n\nOg det er alle.\n\nMed venlig hilsen"
    asked, answered = text.index("Hvor"), text.index("Syv")
    sections = (
        Section(kind="spørgsmål", start=asked, end=asked + 11),
        Section(kind="svar", start=answered, end=answered + 4),
        Section(kind="svar", start=answered + 6, end=text.index("Med") - 2),
    )
    file = SourceFile("/r", "a.txt", "0")
    one = Document(id="0" * 16, files=(file,), text=text, pages=(), fields=Fields(), sections=sections)
    page = unescape(source_page(Source(one, [], {}), None))
    pair = re.findall(r'<div class="par"><div>(.*?)</section></div><div>(.*?)</section></div></div>', page)
    assert 1 == len(pair)
    left, right = (re.sub(r"<[^>]+>", " ", side).split() for side in pair[0])
    assert ["Spørgsmål", "Hvor", "mange?"] == left
    assert ["Svar:", "Svar", "Syv.", "Og", "det", "er", "alle."] == right


def test_an_answer_that_is_not_in_force_says_so() -> None:
    """The warning stands first, and links to the answer that is in force."""
    file = SourceFile("/r", "a.txt", "0")
    one = Document(id="0" * 16, files=(file,), text="Svar.", pages=(), fields=Fields(), sections=())
    page = unescape(source_page(Source(one, [], {"Erstattet af": [Link("1" * 16, "Endeligt svar")]}), None))
    assert page.index("gælder ikke længere") < page.index("<dl>")
    assert f'<a href="/kilde/{"1" * 16}">Endeligt svar</a>' in page
    assert "gælder ikke længere" not in source_page(Source(one, [], {"Erstatter": [Link("1" * 16, "x")]}), None)
