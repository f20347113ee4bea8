"""Attacks by web page and by Word document: depth, breadth, entities, and what unpacks to more than it holds."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from tests.attacks.disguises import docx_bytes
from tests.attacks.table import SENTENCE, attack, put

_WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def _page(path: Path, body: str) -> None:
    put(path, ".html", f"<!doctype html><html><body><article><p>{SENTENCE * 5}</p>{body}</article></body></html>")


@attack("either", "longer than|1 GiB|crashed|no text|reader failed", slow=True)
def a_million_nested_tags(path: Path) -> None:
    _page(path, "<div>" * 1_000_000 + SENTENCE)


@attack("either", "longer than|1 GiB|crashed|no text|reader failed", slow=True)
def a_million_open_tags(path: Path) -> None:
    _page(path, "<p><b><i><table>" * 250_000)


@attack("either", "longer than|1 GiB|crashed|no text|reader failed", slow=True)
def a_hundred_thousand_paragraphs(path: Path) -> None:
    _page(path, f"<p>{SENTENCE}</p>" * 100_000)


@attack("either", slow=True)
def attribute_of_ten_megabytes(path: Path) -> None:
    _page(path, f'<p class="{"a" * 10_000_000}" title="{"&amp;" * 100_000}">{SENTENCE}</p>')


@attack("either", slow=True)
def a_million_attributes(path: Path) -> None:
    _page(path, "<p " + " ".join(f"a{n}=b" for n in range(300_000)) + f">{SENTENCE}</p>")


@attack("read")
def scripts_and_frames(path: Path) -> None:
    _page(path, "<script>alert(1)</script><iframe src='http://example.org/'></iframe><img src=x onerror=alert(1)>" * 50)


@attack("either")
def entity_bomb_in_a_page(path: Path) -> None:
    levels = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    put(
        path,
        ".html",
        f'<!DOCTYPE html [<!ENTITY a0 "ha">{levels}]><html><body><p>{SENTENCE * 5}&a11;</p></body></html>',
    )


@attack("either", slow=True)
def unclosed_comment(path: Path) -> None:
    _page(path, "<!--" + "<!-- -" * 500_000)


@attack("either", slow=True)
def a_million_brackets(path: Path) -> None:
    _page(path, "<" * 1_000_000)


def _docx(document_xml: str | bytes) -> bytes:
    """Give a Word document with another main part."""
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(docx_bytes())) as sound,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name in sound.namelist():
            archive.writestr(name, document_xml if name == "word/document.xml" else sound.read(name))
    return packed.getvalue()


def _body(inner: str, doctype: str = "") -> str:
    return f'<?xml version="1.0"?>{doctype}<w:document {_WORD}><w:body>{inner}</w:body></w:document>'


@attack("refused", "zip bomb")
def word_bomb(path: Path) -> None:
    put(path, ".docx", _docx(_body(f"<w:p><w:r><w:t>{'a' * 50_000_000}</w:t></w:r></w:p>")))


@attack("either", slow=True)
def word_with_too_many_paragraphs(path: Path) -> None:
    lines = (f"<w:p><w:r><w:t>{SENTENCE} {n * n * 7919 % 1_000_003}</w:t></w:r></w:p>" for n in range(300_000))
    put(path, ".docx", _docx(_body("".join(lines))))


@attack("read")
def word_with_external_entity(path: Path) -> None:
    doctype = '<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    put(path, ".docx", _docx(_body(f"<w:p><w:r><w:t>{SENTENCE}&x;</w:t></w:r></w:p>", doctype)))


@attack("either", "damaged|no text")
def word_with_billion_laughs(path: Path) -> None:
    levels = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    doctype = f'<!DOCTYPE w [<!ENTITY a0 "ha">{levels}]>'
    put(path, ".docx", _docx(_body(f"<w:p><w:r><w:t>{SENTENCE}&a11;</w:t></w:r></w:p>", doctype)))


@attack("refused", "1 GiB|longer than|zip bomb|crashed", slow=True)
def word_table_with_a_billion_columns(path: Path) -> None:
    cell = f"<w:tc><w:tcPr><w:gridSpan w:val='1000000000'/></w:tcPr><w:p><w:r><w:t>{SENTENCE}</w:t></w:r></w:p></w:tc>"
    put(path, ".docx", _docx(_body(f"<w:tbl><w:tr>{cell}</w:tr></w:tbl>")))


@attack("refused", "damaged|crashed|longer than|zip bomb")
def word_with_deep_tables(path: Path) -> None:
    deep = "<w:tbl><w:tr><w:tc>" * 50_000 + "</w:tc></w:tr></w:tbl>" * 50_000
    put(path, ".docx", _docx(_body(deep)))


@attack("refused", "damaged")
def word_cut_off(path: Path) -> None:
    put(path, ".docx", docx_bytes()[:-2_000])


@attack("refused", "damaged")
def word_without_its_text(path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
    put(path, ".docx", packed.getvalue())


def _meeting(path: Path, inside: str, before: str = "") -> None:
    put(path, ".xml", f"<?xml version='1.0'?>{before}<Dokument><MetaMeeting/>{inside}</Dokument>")


@attack("refused", "declares a type or entities")
def entity_bomb_in_a_meeting(path: Path) -> None:
    levels = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    _meeting(path, "<Tale>&a11;</Tale>", f'<!DOCTYPE Dokument [<!ENTITY a0 "ha">{levels}]>')


@attack("refused", "declares a type or entities")
def meeting_that_names_a_file(path: Path) -> None:
    _meeting(path, "<Tale>&a;</Tale>", '<!DOCTYPE Dokument [<!ENTITY a SYSTEM "file:///etc/passwd">]>')


@attack("refused", "within each other")
def meeting_of_nested_items(path: Path) -> None:
    _meeting(path, "<DagsordenUnderpunkt>" * 100_000 + "</DagsordenUnderpunkt>" * 100_000)


@attack("refused", "more elements", slow=True)
def meeting_of_millions_of_elements(path: Path) -> None:
    _meeting(path, "<a/>" * 20_000_000)


@attack("read")
def meeting_of_empty_speeches(path: Path) -> None:
    tale = "<Tale><Taler/><TaleSegment><TekstGruppe/></TaleSegment></Tale>"
    _meeting(path, f"<DagsordenPunkt>{tale * 20_000}<PunktTekst>{SENTENCE}</PunktTekst></DagsordenPunkt>")
