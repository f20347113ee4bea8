"""PDFs: reading order, tables, hyphens, pages, rectangles, scans, and files that are not what they say."""

from __future__ import annotations

import io
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pypdfium2
import pytest
from fpdf import FPDF

from corpus import ocr
from corpus.clean import Layout, clean, layout
from corpus.errors import UnreadableError
from corpus.pdf import boxes, read_pdf
from corpus.records import Extracted
from tests.conftest import EXAMPLES

DEJAVU = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
MILLIMETRE = 72 / 25.4

LEFT = (
    "Kommunerne skal efter loven tilbyde alle",
    "borgere over 75 år et forebyggende besøg,",
    "hvor en medarbejder taler med borgeren om",
    "hverdagen og om den hjælp, der er mulig.",
    "Ordningen blev indført for mange år siden",
    "og er siden blevet ændret flere gange.",
    "Den gælder også for borgere, som i forvejen",
    "modtager hjemmehjælp fra kommunen.",
)
RIGHT = (
    "Regionerne driver derimod sygehusene og",
    "har ansvaret for de praktiserende læger,",
    "som arbejder efter en overenskomst, der",
    "bliver forhandlet hvert tredje år med",
    "lægernes organisation. Det er aftalt, at",
    "antallet af læger skal stige i de områder,",
    "hvor mange patienter i dag mangler en fast",
    "læge tæt på deres bopæl.",
)
TABLE = (("Kommune", "Skoler", "Betaling"), ("Klitborg", "9", "14,00 kr."), ("Nørreå", "12", "18,50 kr."))


def new(size: float = 10) -> FPDF:
    pdf = FPDF(format="A4")
    pdf.set_auto_page_break(False)
    pdf.add_page()
    pdf.set_font("Times", size=size)
    return pdf


def put(pdf: FPDF, x: float, y: float, text: str) -> None:
    """Write one line with its left end x and its top y, in millimetres."""
    pdf.set_xy(x, y)
    pdf.cell(pdf.get_string_width(text) + 2, 5, text)


def put_lines(pdf: FPDF, x: float, y: float, lines: tuple[str, ...], pitch: float = 5) -> None:
    for i, line in enumerate(lines):
        put(pdf, x, y + pitch * i, line)


def put_table(pdf: FPDF, y: float, rows: tuple[tuple[str, ...], ...], widths: tuple[float, ...] = (50, 30, 40)) -> None:
    pdf.set_y(y)
    for row in rows:
        for i, (width, text) in enumerate(zip(widths, row, strict=True)):
            pdf.cell(width, 5, text, align="R" if i else "L")
        pdf.ln()


def done(pdf: FPDF) -> bytes:
    return bytes(pdf.output())


def raw_pdf(
    content: bytes = b"BT /F1 12 Tf 100 700 Td (Hej verden) Tj ET",
    box: bytes = b"[0 0 595 842]",
    kids: bytes = b"[3 0 R]",
    count: int = 1,
    extra: bytes = b"",
) -> bytes:
    """A PDF written by hand, so that it can be wrong where one wants it."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids%s/Count %d>>" % (kids, count),
        b"<</Type/Page/Parent 2 0 R/MediaBox%s%s/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>" % (box, extra),
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(out)
    return out + b"xref\n0 6\n0000000000 65535 f \n" + table + end


def both_columns_first_left(pdf: FPDF) -> None:
    put_lines(pdf, 20, 60, LEFT)
    put_lines(pdf, 110, 60, RIGHT)


def both_columns_line_by_line(pdf: FPDF) -> None:
    for i, (left, right) in enumerate(zip(LEFT, RIGHT, strict=True)):
        put(pdf, 20, 60 + 5 * i, left)
        put(pdf, 110, 60 + 5 * i, right)


def both_columns_right_first(pdf: FPDF) -> None:
    put_lines(pdf, 110, 60, RIGHT)
    put_lines(pdf, 20, 60, LEFT)


def both_columns_backwards(pdf: FPDF) -> None:
    for i in reversed(range(len(LEFT))):
        put(pdf, 110, 60 + 5 * i, RIGHT[i])
        put(pdf, 20, 60 + 5 * i, LEFT[i])


@pytest.mark.parametrize(
    "write", [both_columns_first_left, both_columns_line_by_line, both_columns_right_first, both_columns_backwards]
)
def test_columns_are_read_one_after_the_other(write: Callable[[FPDF], None]) -> None:
    """Whatever order the file writes its lines in, the left column is read before the right one."""
    pdf = new()
    write(pdf)
    assert " ".join(LEFT + RIGHT).split() == read_pdf(done(pdf)).text.split()
    assert f"{clean(' '.join(LEFT))}\n{clean(' '.join(RIGHT))}" == clean(read_pdf(done(pdf)).text)


def test_three_columns_are_read_from_left_to_right() -> None:
    """Columns part into columns."""
    columns = [tuple(f"{name} linje nummer {i}" if i % 3 == 0 else f"går videre her {i}" for i in range(12)) for name in
               ("Venstre", "Midterste", "Højre")]  # fmt: skip
    pdf = new(9)
    for i in range(12):
        for x, column in zip((15, 78, 141), columns, strict=True):
            put(pdf, x, 60 + 4.5 * i, column[i])
    assert " ".join(sum(columns, ())).split() == read_pdf(done(pdf)).text.split()


def test_headings_across_columns_part_them() -> None:
    """What stands over both columns is read before both, what stands under both after both."""
    pdf = new()
    put(pdf, 20, 40, "En overskrift, som går tværs over begge spalter og derfor skal læses, før de begynder")
    put(pdf, 20, 45, "og ender her")
    both_columns_line_by_line(pdf)
    put(pdf, 20, 108, "Konklusion")
    put(pdf, 20, 115, "Herefter følger et afsnit, som igen går hen over hele siden og læses efter begge spalter.")
    text = read_pdf(done(pdf)).text
    assert "begynder\nog ender her\n\n" in text
    marks = ["En overskrift", LEFT[0], LEFT[-1], RIGHT[0], RIGHT[-1], "Konklusion", "Herefter"]
    assert sorted(marks, key=text.index) == marks


def test_a_column_of_contacts_does_not_break_the_letter() -> None:
    """Short lines beside running text, on lines of their own, are read apart from it."""
    pdf = new()
    contacts = ("Ministeriet", "Holmens Kanal 22", "1060 København K", "Telefon 33 92 33 77")
    for i, line in enumerate(LEFT + RIGHT):
        put(pdf, 20, 60 + 5 * i, line)
        if i < 4:
            put(pdf, 150, 58 + 3.7 * i, contacts[i])
    text = read_pdf(done(pdf)).text
    assert "\n".join(LEFT + RIGHT) in text
    assert "\n".join(contacts) in text


def test_single_columns_stay_as_they_are() -> None:
    """Lines of a paragraph are parted by one line break, paragraphs by an empty line."""
    pdf = new()
    put_lines(pdf, 20, 60, LEFT)
    put_lines(pdf, 20, 105, RIGHT)
    assert "\n".join(LEFT) + "\n\n" + "\n".join(RIGHT) + "\n\f" == read_pdf(done(pdf)).text


def test_double_spaced_lines_are_one_paragraph() -> None:
    """A gap parts paragraphs only where it is wider than the page's usual one."""
    pdf = new()
    put_lines(pdf, 20, 60, LEFT, pitch=9)
    assert "\n".join(LEFT) + "\n\f" == read_pdf(done(pdf)).text


def test_an_indent_begins_a_paragraph() -> None:
    """A line set in from the margin begins a paragraph though no gap stands before it."""
    pdf = new()
    for i, line in enumerate(LEFT + RIGHT):
        put(pdf, 25 if i == len(LEFT) else 20, 60 + 5 * i, line)
    assert "\n".join(LEFT) + "\n\n" + "\n".join(RIGHT) + "\n\f" == read_pdf(done(pdf)).text


def test_a_tables_rows_stay_rows() -> None:
    """One row is one line, cells parted by tabs; cleaning keeps each row apart and the prose around it."""
    pdf = new()
    put(pdf, 11, 30, "Fordelingen fremgår af tabellen:")
    put_table(pdf, 36, TABLE)
    put(pdf, 11, 52, "Tallene viser, at prisen er steget.")
    text = read_pdf(done(pdf)).text
    assert "Nørreå\t12\t18,50 kr." in text
    assert [
        "Fordelingen fremgår af tabellen:",
        "Kommune Skoler Betaling",
        "Klitborg 9 14,00 kr.",
        "Nørreå 12 18,50 kr.",
        "Tallene viser, at prisen er steget.",
    ] == clean(text, layout(text)).split("\n")


def test_a_column_of_amounts_is_no_column_of_text() -> None:
    """A table stays a table though the file writes it column by column."""
    pdf = new()
    put_lines(pdf, 20, 60, tuple(f"Udgifter til område {i}" for i in range(4)))
    put_lines(pdf, 120, 60, tuple(f"{i},4 mio. kr." for i in range(4)))
    rows = [f"Udgifter til område {i} {i},4 mio. kr." for i in range(4)]
    assert rows == clean(read_pdf(done(pdf)).text).split("\n")


def test_long_tables_are_not_taken_for_double_spaced_text() -> None:
    """Rows that begin with small letters leave the layout of the document plain."""
    pdf = new()
    put_table(pdf, 36, tuple((f"heraf område {i}", str(i), "12 mio") for i in range(30)))
    text = read_pdf(done(pdf)).text
    assert Layout.PLAIN is layout(text)


def test_a_wrapped_cell_stays_in_its_row() -> None:
    """The second line of a cell goes on with its row and makes no row of its own."""
    pdf = new()
    for i, (number, title, amount) in enumerate((("1", "Tilskud til kommunernes", "12"), ("2", "Støtte til", "7"))):
        put(pdf, 20, 60 + 10 * i, number)
        put(pdf, 35, 60 + 10 * i, title)
        put(pdf, 120, 60 + 10 * i, amount)
        put(pdf, 35, 64.5 + 10 * i, "særlige indsatser")
    text = read_pdf(done(pdf)).text
    assert ["1 Tilskud til kommunernes 12 særlige indsatser", "2 Støtte til 7 særlige indsatser"] == clean(text).split(
        "\n"
    )


def test_cells_of_many_lines_are_read_cell_by_cell() -> None:
    """A table of two columns of running text is read row by row, each cell whole."""
    pdf = new()
    for i in range(3):
        put_lines(pdf, 20, 60 + 25 * i, LEFT[2 * i : 2 * i + 2])
        put_lines(pdf, 110, 60 + 25 * i, RIGHT[2 * i : 2 * i + 2])
    expected = [word for i in range(0, 6, 2) for line in (*LEFT[i : i + 2], *RIGHT[i : i + 2]) for word in line.split()]
    assert expected == read_pdf(done(pdf)).text.split()


def test_addresses_side_by_side_are_read_one_after_the_other() -> None:
    """A sender's block beside the recipient's is no table, though their lines lie level."""
    recipient, sender = (
        ("Folketinget", "Christiansborg", "1240 København K"),
        ("Ministeriet", "Ved Kanalen", "København"),
    )
    pdf = new()
    put_lines(pdf, 20, 60, recipient)
    put_lines(pdf, 140, 60, sender)
    assert "\n".join(recipient) + "\n\n" + "\n".join(sender) + "\n\f" == read_pdf(done(pdf)).text


def test_a_bullet_stands_with_its_item() -> None:
    """A bullet drawn a little higher than its line begins the line all the same."""
    pdf = FPDF(format="A4")
    pdf.core_fonts_encoding = "windows-1252"
    pdf.add_page()
    pdf.set_font("Times", size=10)
    for i in range(3):
        put(pdf, 20, 55 + 12 * i, "•")
        put(pdf, 25, 60 + 12 * i, f"Punkt nummer {i}")
    assert "• Punkt nummer 0\n• Punkt nummer 1\n• Punkt nummer 2" == clean(read_pdf(done(pdf)).text)


def test_divided_words_join_and_hyphens_stay() -> None:
    """A hyphen that divides a word at a line's end goes when cleaned; a word's own hyphen stays."""
    pdf = new()
    put_lines(pdf, 20, 60, ("Resten af udgiften deles mellem kommu-", "nen og forældrene, og det gælder både børne-",
                            "og ungeområdet og hele indskolings- og mellemtrinnet."))  # fmt: skip
    text = read_pdf(done(pdf)).text
    assert "kommu-\nnen" in text
    assert (
        "Resten af udgiften deles mellem kommunen og forældrene, og det gælder både børne- og ungeområdet og hele "
        "indskolings- og mellemtrinnet." == clean(text)
    )


def test_headers_and_footers_stand_on_their_own_lines() -> None:
    """Nothing is dropped; what stands at the head and foot of a page shares no line with the text or each other."""
    pdf = new()
    put(pdf, 20, 12, "Finansudvalget 2024-25")
    put(pdf, 170, 12, "Offentligt")
    both_columns_line_by_line(pdf)
    put(pdf, 20, 285, "FIU Alm.del - svar")
    put(pdf, 170, 285, "Side 1 af 2")
    lines = read_pdf(done(pdf)).text.split("\n")
    assert ["Finansudvalget 2024-25", "Offentligt"] == lines[:2]
    assert ["FIU Alm.del - svar", "Side 1 af 2", "\f"] == lines[-3:]


def test_pages_cover_the_text() -> None:
    """Pages follow each other without a hole, each ends with a form feed, an empty one too."""
    pdf = new()
    put(pdf, 20, 60, "Første side.")
    pdf.add_page()
    pdf.add_page()
    put(pdf, 20, 60, "Tredje side.")
    found = read_pdf(done(pdf))
    assert ["Første side.\n\f", "\n\f", "Tredje side.\n\f"] == [
        found.text[page.start : page.end] for page in found.pages
    ]
    assert [1, 2, 3] == [page.number for page in found.pages]
    assert all(before.end == after.start for before, after in pairwise(found.pages))


def placed(pdf: FPDF, word: str, x: float, y: float) -> tuple[float, float, float, float]:
    """Where fpdf2 puts a word whose cell begins at (x, y) millimetres: left, baseline, right, size, in points."""
    left = x * MILLIMETRE + pdf.c_margin * MILLIMETRE
    return left, (y + 2.5) * MILLIMETRE + 0.3 * pdf.font_size_pt, left + pdf.get_string_width(word) * MILLIMETRE, 10


def test_rectangles_lie_where_the_words_are() -> None:
    """The rectangle of a word is within 3 points of where it was written, whichever column it stands in."""
    pdf = new()
    both_columns_line_by_line(pdf)
    data, text = done(pdf), read_pdf(done(pdf)).text
    at = text.index("Regionerne")
    ((page, left, top, right, bottom),) = boxes(data, at, at + len("Regionerne"))
    x0, baseline, x1, size = placed(pdf, "Regionerne", 110, 60)
    assert 1 == page
    assert pytest.approx((x0, x1), abs=3) == (left, right)
    assert top - 3 <= baseline - 0.7 * size and baseline <= bottom + 3 and bottom - top < 2 * size


@pytest.mark.skipif(not DEJAVU.is_file(), reason="needs the font DejaVu Sans (Debian: fonts-dejavu-core)")
def test_letters_beyond_the_first_plane_shift_nothing() -> None:
    """A character that takes two places in UTF-16 takes one in the text, and words after it keep their rectangles."""
    pdf = new()
    pdf.add_font("DejaVu", "", DEJAVU)
    pdf.set_font("DejaVu", size=10)
    put(pdf, 20, 60, "Før \U0001d538\U0001d7d8 efter")
    data = done(pdf)
    text = read_pdf(data).text
    assert "Før \U0001d538\U0001d7d8 efter\n\f" == text
    ((_, _, _, right, _),) = boxes(data, text.index("efter"), text.index("efter") + 5)
    assert pytest.approx(placed(pdf, "Før \U0001d538\U0001d7d8 efter", 20, 60)[2], abs=3) == right


def test_rectangles_are_one_per_line() -> None:
    """A passage over lines and pages has a rectangle for each line, on its page; naming the pages changes none."""
    pdf = new()
    put_lines(pdf, 20, 60, LEFT)
    pdf.add_page()
    put_lines(pdf, 20, 60, RIGHT)
    data = done(pdf)
    found = read_pdf(data)
    start, end = found.text.index("hverdagen"), found.text.index("som arbejder")
    rectangles = boxes(data, start, end, found.pages)
    assert [1] * 5 + [2] * 2 == [page for page, *_ in rectangles]
    assert all(top < bottom and left < right for _, left, top, right, bottom in rectangles)
    assert boxes(data, start, end) == rectangles
    assert [] == boxes(data, start, start)


@pytest.mark.parametrize(
    ("turn", "expected"),
    [(0, (100, 142)), (90, (700, 100)), (180, (495, 700)), (270, (142, 495))],
)
def test_rectangles_follow_the_pages_rotation(turn: int, expected: tuple[float, float]) -> None:
    """Measured on the page as displayed: there the word begins at the point (100, 700), turned."""
    ((_, left, top, right, bottom),) = boxes(raw_pdf(extra=b"/Rotate %d" % turn), 0, 10)
    x, y = expected
    assert left - 4 <= x <= right + 4 and top - 4 <= y <= bottom + 4


def test_rectangles_count_from_the_crop_box() -> None:
    """A page that shows only a part of its paper is measured from the corner of that part."""
    ((_, left, _, _, bottom),) = boxes(raw_pdf(extra=b"/CropBox[50 0 595 742]"), 0, 10)
    assert pytest.approx((50, 42), abs=4) == (left, bottom)


def test_text_set_sideways_is_read() -> None:
    """A landscape table set on an upright page is read line by line."""
    pdf = new()
    with pdf.rotation(90, 100, 150):
        put_lines(pdf, 20, 150, LEFT)
    assert "\n".join(LEFT) == read_pdf(done(pdf)).text.strip()


def scan(lines: tuple[str, ...]) -> io.BytesIO:
    """A picture of a page with these lines."""
    pdf = new(12)
    put_lines(pdf, 20, 60, lines, pitch=7)
    with pypdfium2.PdfDocument(done(pdf)) as document:
        picture = document[0].render(scale=200 / 72, grayscale=True).to_pil()
    out = io.BytesIO()
    picture.save(out, "PNG")
    out.seek(0)
    return out


def scanned(pages: int = 1, stamp: str = "") -> bytes:
    pdf = new()
    for page in range(pages):
        if page:
            pdf.add_page()
        pdf.image(scan(LEFT), 0, 0, 210, 297)
        if stamp:
            put(pdf, 150, 5, stamp)
    return done(pdf)


@pytest.fixture
def no_tesseract(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.fixture
def tesseract() -> Iterator[None]:
    if not ocr.available():
        pytest.skip("needs the program tesseract with its Danish data (Debian: tesseract-ocr-dan)")
    return


@pytest.mark.usefixtures("no_tesseract")
@pytest.mark.parametrize("stamp", ["", "Offentligt"])
def test_scans_without_tesseract_say_what_is_missing(stamp: str) -> None:
    """A scan is refused, and the message names the program that would read it; a stamp makes it no document."""
    with pytest.raises(UnreadableError, match=r"no text layer.*Tesseract with Danish is not installed"):
        read_pdf(scanned(stamp=stamp))


@pytest.mark.usefixtures("no_tesseract")
def test_one_scanned_page_does_not_lose_the_others() -> None:
    """Without Tesseract the page stays empty and the document is read."""
    pdf = new()
    put_lines(pdf, 20, 60, LEFT)
    pdf.add_page()
    pdf.image(scan(RIGHT), 0, 0, 210, 297)
    found = read_pdf(done(pdf))
    assert "\n".join(LEFT) + "\n\f\n\f" == found.text
    assert 2 == len(found.pages)


def test_a_tesseract_without_danish_does_not_count(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A program of that name that lists no Danish reads nothing."""
    program = tmp_path / "tesseract"
    program.write_text("#!/bin/sh\necho 'List of available languages (1):'\necho eng\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/bin")
    assert not ocr.available()


def test_a_tesseract_that_fails_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A failing program quarantines the document; it does not stop the build."""
    program = tmp_path / "tesseract"
    program.write_text('#!/bin/sh\n[ "$1" = --list-langs ] && echo dan && exit 0\nexit 1\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/bin")
    with pytest.raises(UnreadableError, match="Tesseract failed"):
        read_pdf(scanned())


@pytest.mark.usefixtures("tesseract")
def test_scans_are_recognised() -> None:
    """Danish words come out of a picture of a page; the rectangle of any of them is the whole page."""
    data = scanned(stamp="Offentligt")
    found = read_pdf(data)
    assert "borgere over 75 år et forebyggende besøg" in found.text
    at = found.text.index("borgere")
    ((page, *rectangle),) = boxes(data, at, at + 7, found.pages)
    assert 1 == page
    assert pytest.approx((0, 0, 595.28, 841.89), abs=0.1) == tuple(rectangle)
    assert boxes(data, at, at + 7) == boxes(data, at, at + 7, found.pages)


def read_or_refuse(data: bytes) -> Extracted | str:
    try:
        return read_pdf(data)
    except UnreadableError as error:
        return str(error)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"%PDF-1.7 cut off", "damaged or is no PDF"),
        (raw_pdf()[:300], "damaged or is no PDF"),
        (raw_pdf(count=1_000_000), "more than 5,000 pages"),
        (raw_pdf(kids=b"[2 0 R]", count=4_000), "page 1 of the PDF is damaged"),
        (raw_pdf(kids=b"[3 0 R 9 0 R]", count=2), "page 2 of the PDF is damaged"),
        (raw_pdf(content=b""), "no text layer"),
    ],
    ids=["cut-off", "truncated", "a million pages", "a tree in a circle", "a page that is not there", "nothing"],
)
def test_bad_files_are_refused_with_a_reason(data: bytes, reason: str) -> None:
    """Each kind of bad file is refused, never half read."""
    with pytest.raises(UnreadableError, match=reason):
        read_pdf(data)


@pytest.mark.parametrize("box", [b"[0 0 1e30 1e30]", b"[0 0 0 0]", b"[nan 0 inf 842]", b"[595 842 0 0]", b"[]"])
def test_absurd_pages_are_read(box: bytes) -> None:
    """The size of the paper does not decide whether its text is read."""
    found = read_pdf(raw_pdf(box=box))
    assert "Hej verden\n\f" == found.text
    assert all(abs(number) < 1e6 for rectangle in boxes(raw_pdf(box=box), 0, 10) for number in rectangle)


@pytest.mark.parametrize("content", [b"BT /F1 12 Tf 1e30 -1e30 Td (Hej) Tj ET", b"BT /F1 1e20 Tf (Hej) Tj ET", b"((("])
@pytest.mark.usefixtures("no_tesseract")
def test_absurd_positions_and_sizes_do_no_harm(content: bytes) -> None:
    """Text beyond all measure is read or refused."""
    assert isinstance(read_or_refuse(raw_pdf(content)), Extracted | str)


@pytest.mark.usefixtures("no_tesseract")
def test_bits_turned_in_a_file_do_no_harm() -> None:
    """A damaged file is read or refused; its pages always cover its text, and every rectangle can be had."""
    whole = (EXAMPLES / "svar-buu-141-skolemad.pdf").read_bytes()
    dice = random.Random(20)
    for _ in range(40):
        data = bytearray(whole)
        for _ in range(dice.choice((1, 10, 100))):
            data[dice.randrange(len(data))] = dice.randrange(256)
        found = read_or_refuse(bytes(data))
        if isinstance(found, Extracted):
            assert len(found.text) == found.pages[-1].end
            boxes(bytes(data), 0, len(found.text), found.pages)


def visible(text: str) -> list[str]:
    return sorted("".join(text.translate(dict.fromkeys([2, 0xFFFE], "-")).split()))


def test_text_scattered_over_a_page_is_read_in_reasonable_time() -> None:
    """A thousand words at random places cost a moment, and no character that pdfium finds is lost."""
    dice = random.Random(20)
    words = [b"1 0 0 1 %d %d Tm (Ord%d) Tj " % (dice.randrange(500), dice.randrange(800), i) for i in range(1_400)]
    data = raw_pdf(b"BT /F1 6 Tf " + b"".join(words) + b"ET")
    assert visible(plain(data)) == visible(read_pdf(data).text)


@pytest.mark.parametrize(
    "write", [both_columns_backwards, both_columns_line_by_line, lambda pdf: put_table(pdf, 30, TABLE)]
)
def test_order_changes_no_character(write: Callable[[FPDF], None]) -> None:
    """Every visible character that pdfium finds is there once."""
    pdf = new()
    write(pdf)
    assert visible(plain(done(pdf))) == visible(read_pdf(done(pdf)).text)


def plain(data: bytes) -> str:
    with pypdfium2.PdfDocument(data) as document:
        return "".join(page.get_textpage().get_text_range() for page in document)


def test_pdfium_is_loaded_only_for_pdfs() -> None:
    """Importing the reader costs no start-up time."""
    check = "import sys, corpus.pdf; sys.exit('pypdfium2' in sys.modules)"
    assert 0 == subprocess.run([sys.executable, "-c", check], check=False).returncode
