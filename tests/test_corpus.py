"""From a file to passages: cleaning, cutting, and offsets that hold."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.clean import Layout, clean, clean_aligned, layout
from corpus.document import load, passages, read
from corpus.errors import InputError, UnreadableError
from corpus.files import Found, discover
from corpus.readers import extract
from corpus.records import Document, Fields, Section
from corpus.split import pieces, sentences
from tests.conftest import EXAMPLES

words = st.sampled_from(
    "kommuner- nes Regeringen kontant- og starthjælp 115 mio. kr. f.eks. nr. S 123 \u00ad \u0002 \ufffe \x00 \u202e "
    "• - – »ja« ”Nej.” a\u030a EU- lande ikke- vestlige \ud800 \U0001f1e9\U0001f1f0 Svar: p- plads".split(" ")
)
gaps = st.sampled_from([" ", "  ", "\n", "\n\n", " \n\n", "\n   ", "\n\n\n\n", "\t", "\f", "\u2028", "", "\xa0"])
texts = st.lists(st.tuples(words, gaps), max_size=400).map(lambda pairs: "".join(word + gap for word, gap in pairs))


@given(texts, st.integers(20, 400), st.data())
@settings(max_examples=150, deadline=None)
def test_every_passage_is_the_cleaned_slice_of_its_source(text: str, longest: int, data: st.DataObject) -> None:
    """For any text, section and length, a passage is what its offsets say, and passages do not overlap."""
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    sections = (Section(kind="svar", start=start, end=end),)
    document = Document(id="d", files=(), text=text, pages=(), fields=Fields(), sections=sections)
    last = start
    for passage in passages(document, longest):
        assert clean(text[passage.start : passage.end], layout(text)) == passage.text
        assert last <= passage.start < passage.end <= end
        assert len(passage.text) <= longest
        assert passage.line == text.count("\n", 0, passage.start) + 1
        last = passage.end


@given(texts, st.integers(20, 400))
@settings(max_examples=150, deadline=None)
def test_cutting_loses_nothing_but_white_space(text: str, longest: int) -> None:
    """The passages of a text hold every character of it but white space."""
    cleaned = clean(text)
    cut = [cleaned[start:end] for start, end in pieces(cleaned, longest)]
    assert "".join("".join(cut).split()) == "".join(cleaned.split())


@given(texts, st.sampled_from(list(Layout)))
def test_every_cleaned_character_knows_its_source(text: str, lines: Layout) -> None:
    """Offsets grow, and where a character was not replaced it is the one in the source."""
    cleaned, offsets = clean_aligned(text, lines)
    assert len(cleaned) == len(offsets)
    assert offsets == sorted(offsets)
    for character, offset in zip(cleaned, offsets, strict=True):
        assert character == text[offset] or text[offset].isspace() or text[offset] in "-\u2010\ud800\u00ad\u0002\ufffe"


@pytest.mark.parametrize(
    ("broken", "joined"),
    [
        ("kommuner-\n\nnes indsats", "kommunernes indsats"),
        ("kontant- og starthjælp", "kontant- og starthjælp"),
        ("kontant-\nog starthjælp", "kontant- og starthjælp"),
        ("ikke-\n\nvestlige lande", "ikke-vestlige lande"),
        ("SSA-\nmidlerne", "SSA-midlerne"),
        ("Kastrup-\nLarsen", "Kastrup-Larsen"),
        ("2022-\n23", "2022-23"),
        ("p-\npladser", "p-pladser"),
        ("kommu\ufffenen", "kommunen"),
        ("kommu\x02\r\nnen".replace("\r\n", "\n"), "kommunen"),
        ("be\u00adskæftigelse", "beskæftigelse"),
        ("to  blanke\tog\xa0flere", "to blanke og flere"),
    ],
)
def test_hyphenation_is_joined_as_a_reader_would(broken: str, joined: str) -> None:
    """A line's hyphen goes, a word's own hyphen stays."""
    assert joined == clean(broken)


def test_paragraphs_and_bullets_keep_one_line_break() -> None:
    """The shape of a text survives its cleaning."""
    assert "Et.\nTo to\n• tre\nFire" == clean("Et.\n\nTo\nto\n  • tre\n   Fire")
    assert "Et\n•" == clean("Et\n•") == clean("Et\n• ")  # what follows a bullet may lie in the next passage
    assert "en to\nTre" == clean("en \n\nto \n\n \n\nTre", Layout.DOUBLE_SPACED)


def test_double_spacing_is_told_from_paragraphs() -> None:
    """Lines that run on over empty lines are double-spaced; paragraphs that end in full stops are not."""
    double = "Ministeren finder det\n\nvigtigt, at kommunerne\n\nfår de rette redskaber\n\ntil at hjælpe alle.\n\n" * 3
    assert Layout.DOUBLE_SPACED is layout(double)
    assert Layout.PLAIN is layout("Det er et afsnit.\n\nHer er et til.\n\nOg et tredje.\n\n" * 3)


@pytest.mark.parametrize(
    "text",
    [
        "Der er afsat 115 mio. kr. i 2012.|Det er nok.",
        "Jf. § 20, stk. 2, og nr. S 123 fra kl. 13.|Ministeren svarede f.eks. Aarhus bl.a. Odense.",
        "”Det er slut.”|Han gik.|Hvorfor?|Fordi!",
        "A. P. Møller kom den 3. maj.|Så gik han.",
        "Ruten er nedlagt pr. 25. juni 2022.|Den kørte to gange om dagen.",
    ],
)
def test_abbreviations_end_no_sentence(text: str) -> None:
    """Danish abbreviations, ordinals and initials are not taken for full stops."""
    whole = text.replace("|", " ")
    assert text.split("|") == [whole[start:end] for start, end in sentences(whole)]


def test_long_passages_are_cut_between_sentences() -> None:
    """No sentence is cut where a boundary is near."""
    text = " ".join(f"Kommunen fik {n} kroner til skolerne i år." for n in range(100))
    cut = [text[start:end] for start, end in pieces(text, 300)]
    assert len(cut) > 10
    assert all(piece.startswith("Kommunen") and piece.endswith("år.") for piece in cut)


def test_repeated_text_gets_its_own_offsets() -> None:
    """Passages that say the same are told apart by place and id."""
    text = "Det samme svar gives her igen og igen.\n\n" * 40
    document = Document(
        id="d", files=(), text=text, pages=(), fields=Fields(), sections=(Section(kind="svar", start=0, end=len(text)),)
    )
    found = list(passages(document, 200))
    assert len(found) > 5
    assert len(found) == len({passage.id for passage in found}) == len({passage.start for passage in found})


def written(tmp_path: Path, name: str, data: bytes) -> str:
    path = tmp_path / name
    path.write_bytes(data)
    return extract(path, data).text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "latin-1", "utf-16"])
def test_legacy_encodings_are_read(tmp_path: Path, encoding: str) -> None:
    """Danish letters survive whatever encoding the file has."""
    text = "Spørgsmål nr. 12: Hvad gør ministeren for de ældre på Ærø? " * 5
    assert text == written(tmp_path, "a.txt", text.encode(encoding))


def test_line_breaks_are_one_kind(tmp_path: Path) -> None:
    """Offsets count one character for a line break, as reading the file as text does."""
    assert "a\nb\nc" == written(tmp_path, "a.md", b"a\r\nb\rc")


def test_web_pages_lose_their_menus() -> None:
    """A saved web page gives its article, paragraph by paragraph, and its headline as title."""
    path = EXAMPLES / "presse-vindmoeller-naboer.html"
    found = extract(path, path.read_bytes())
    assert "Naboer til nye vindmøller får en større bonus" == found.title
    assert "Spring over" not in found.text and "cookie" not in found.text.lower()
    assert "\n\n" in found.text


def test_pdf_pages_are_known() -> None:
    """A passage of a PDF knows the page on which it begins."""
    (found,) = discover([EXAMPLES / "svar-buu-141-skolemad.pdf"])
    document = read(*_loaded(found))
    assert [1, 2] == [page.number for page in document.pages]
    assert document.pages[-1].end == len(document.text)
    assert {1, 2} == {passage.page for passage in passages(document)}
    assert not any("\ufffe" in passage.text or "\x02" in passage.text for passage in passages(document))


def _loaded(found: Found) -> tuple[object, Found, bytes]:
    source, data = load(found)
    return source, found, data


def test_word_documents_keep_their_tables_as_rows(tmp_path: Path) -> None:
    """A table's row is one line."""
    import docx

    document = docx.Document()
    document.add_paragraph("Før tabellen.")
    table = document.add_table(rows=2, cols=2)
    for row, (left, right) in zip(table.rows, [("Kommune", "Beløb"), ("Ærø", "12 mio. kr.")], strict=True):
        row.cells[0].text, row.cells[1].text = left, right
    document.add_paragraph("Efter tabellen.")
    path = tmp_path / "a.docx"
    document.save(path)
    assert (
        "Før tabellen.\n\nKommune\tBeløb\nÆrø\t12 mio. kr.\n\nEfter tabellen." == extract(path, path.read_bytes()).text
    )


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.txt", b"", "empty"),
        ("a.txt", b" \n ", "empty"),
        ("a.txt", bytes(range(256)) * 20, "binary|no text in any known encoding"),
        ("a.pdf", b"%PDF-1.7 cut off", "damaged"),
        ("a.pdf", b"not a pdf at all", "damaged"),
        ("a.docx", b"PK\x03\x04 no zip", "damaged"),
        ("a.html", b"<html><body></body></html>", "no text"),
        ("a.xlsx", b"PK", "unknown file type .xlsx"),
    ],
)
def test_unreadable_files_say_why(tmp_path: Path, name: str, data: bytes, reason: str) -> None:
    """Each kind of bad file is refused with its own reason."""
    with pytest.raises(UnreadableError, match=reason):
        written(tmp_path, name, data)


def test_scans_are_refused_as_such(tmp_path: Path) -> None:
    """A PDF without a text layer is not an empty document."""
    from fpdf import FPDF

    pdf = FPDF()
    pdf.add_page()
    pdf.rect(10, 10, 50, 50, style="F")
    with pytest.raises(UnreadableError, match="text layer"):
        written(tmp_path, "scan.pdf", bytes(pdf.output()))


def test_encrypted_pdfs_are_refused_as_such(tmp_path: Path) -> None:
    """A PDF that needs a password says so."""
    from fpdf import FPDF

    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("helvetica")
    pdf.cell(text="hemmelig")
    pdf.set_encryption(owner_password="ejer", user_password="bruger")
    with pytest.raises(UnreadableError, match="encrypted"):
        written(tmp_path, "locked.pdf", bytes(pdf.output()))


def test_folders_are_read_recursively_and_in_order(tmp_path: Path) -> None:
    """Files are named from the folder that was given; hidden files, sidecars and the index are left out."""
    for name in ("b.txt", "a/x.md", "a/.hidden.txt", ".git/c.txt", "b.txt.meta.json", "idx/current"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    assert ["a/x.md", "b.txt"] == [found.file for found in discover([tmp_path], exclude=tmp_path / "idx")]


def test_a_file_keeps_its_name_whichever_path_leads_to_it(tmp_path: Path) -> None:
    """Inside a folder that is known already, names count from there."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.txt").write_text("x")
    assert ["x.txt"] == [found.file for found in discover([tmp_path / "a"])]
    assert ["a/x.txt"] == [found.file for found in discover([tmp_path / "a"], known_roots=[tmp_path])]
    assert ["a/x.txt"] == [found.file for found in discover([tmp_path, tmp_path / "a" / "x.txt"], [tmp_path])]


def test_the_innermost_known_folder_names_a_file(tmp_path: Path) -> None:
    """Whichever path leads to it, and in whichever order they are known."""
    for name in ("a/x.txt", "a/b/y.txt", "z.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    known = [tmp_path, tmp_path / "a" / "b", tmp_path / "a"]
    names = [(tmp_path, "z.txt"), (tmp_path / "a", "x.txt"), (tmp_path / "a" / "b", "y.txt")]
    for roots in (known, known[::-1]):
        assert names == discover([tmp_path], roots)
        assert names[1:] == discover([tmp_path / "a"], roots)
        assert names[2:] == discover([tmp_path / "a" / "b" / "y.txt"], roots)


def failing(real: Callable[..., Any], path: Path, error: OSError) -> Callable[..., Any]:
    """Let a call fail for one path."""

    def fails(of: Any = ".", *rest: Any, **named: Any) -> Any:
        if str(of) == str(path):
            raise OSError(error.errno, error.strerror, str(of))
        return real(of, *rest, **named)

    return fails


def test_a_folder_that_cannot_be_listed_is_told_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It is among the files; the one that was named, or one that cannot even be looked at, cannot be used."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.txt").write_text("x")
    (tmp_path / "b.txt").write_text("x")
    monkeypatch.setattr(os, "scandir", failing(os.scandir, tmp_path / "a", OSError(5, "Input/output error")))
    unlisted: dict[Found, str] = {}
    found = discover([tmp_path], unlisted=unlisted)
    assert ["a", "b.txt"] == [each.file for each in found]
    reason = "the folder cannot be listed: Input/output error. What is known of it is kept"
    assert {Found(tmp_path, "a"): reason} == unlisted
    with pytest.raises(InputError, match="Input/output error"):
        discover([tmp_path / "a"])
    monkeypatch.setattr(Path, "stat", failing(Path.stat, tmp_path, OSError(116, "Stale file handle")))
    with pytest.raises(InputError, match="Stale file handle"):
        discover([tmp_path])


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The message says which path."""
    with pytest.raises(InputError, match="nowhere"):
        discover([tmp_path / "nowhere"])


def test_decomposed_letters_stay_as_they_are() -> None:
    """A passage is verbatim: NFD text is shown as NFD, and found as if it were NFC."""
    from index.words import tokens

    text = unicodedata.normalize("NFD", "Spørgsmål på Ærø")
    assert text == clean(text)
    assert tokens("Spørgsmål på Ærø") == tokens(text)


def test_a_line_that_leads_in_stays_with_what_it_leads_in_to() -> None:
    """ "Ministeren siger:" begins the passage that says it."""
    said = "Det er vi meget glade for i ministeriet. " * 8
    text = f"{said.strip()}\nMinisteren siger:\n{said.strip()}"
    cut = [text[start:end] for start, end in pieces(text, 500)]
    assert 2 == len(cut)
    assert cut[1].startswith("Ministeren siger:\n")


def test_a_sub_question_without_a_reply_is_marked_so() -> None:
    """Parts a and b are answered, part c is not, and neither is a question to which there is no answer at all."""
    document = read(*_loaded(discover([EXAMPLES / "svar-tru-87-landbusser.txt"])[0]))
    asked = {section.part: section.unanswered for section in document.sections if section.kind == "spørgsmål"}
    assert {None: False, "a": False, "b": False, "c": True} == asked
    debate = read(*_loaded(discover([EXAMPLES / "debat-spoergetid-37-moede.txt"])[0]))
    assert not any(section.unanswered for section in debate.sections)
