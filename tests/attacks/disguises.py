"""Attacks by name: files that are not what their ending says."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from tests.attacks.table import SENTENCE, attack, put

PAGE = f"<!doctype html><html><head><title>Vent</title></head><body><p>{SENTENCE * 5}</p></body></html>"


def pdf_bytes(pages: int = 1) -> bytes:
    """Give a sound PDF."""
    from fpdf import FPDF

    pdf = FPDF()
    for _ in range(pages):
        pdf.add_page()
        pdf.set_font("helvetica")
        pdf.multi_cell(0, text="Kommunerne har faaet 115 mio. kr. til skolerne. " * 20)
    return bytes(pdf.output())


def docx_bytes() -> bytes:
    """Give a sound Word document."""
    import docx

    document = docx.Document()
    document.add_paragraph(SENTENCE * 5)
    packed = io.BytesIO()
    document.save(packed)
    return packed.getvalue()


@attack("read")
def pdf_named_txt(path: Path) -> None:
    put(path, ".txt", pdf_bytes())


@attack("read")
def pdf_named_html(path: Path) -> None:
    put(path, ".html", pdf_bytes())


@attack("read")
def word_named_pdf(path: Path) -> None:
    put(path, ".pdf", docx_bytes())


@attack("read")
def web_page_named_txt(path: Path) -> None:
    put(path, ".txt", PAGE)


@attack("refused", "web page named .pdf")
def web_page_named_pdf(path: Path) -> None:
    put(path, ".pdf", PAGE)


@attack("refused", "web page named .docx")
def web_page_named_docx(path: Path) -> None:
    put(path, ".docx", f"\ufeff\n<!-- vent -->\n{PAGE}")


@attack("refused", "no PDF")
def text_named_pdf(path: Path) -> None:
    put(path, ".pdf", SENTENCE * 10)


@attack("refused", "damaged or is none")
def text_named_docx(path: Path) -> None:
    put(path, ".docx", SENTENCE * 10)


@attack("refused", "zip file named .txt")
def zip_named_txt(path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.txt", SENTENCE)
    put(path, ".txt", packed.getvalue())


@attack("refused", "no zip file")
def text_named_zip(path: Path) -> None:
    put(path, ".zip", SENTENCE * 10)


@attack("refused", "old Office file")
def old_word_named_docx(path: Path) -> None:
    put(path, ".docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(5_000))


@attack("refused", "RTF")
def rtf_named_txt(path: Path) -> None:
    put(path, ".txt", b"{\\rtf1\\ansi " + SENTENCE.encode("cp1252") + b"}")


@attack("refused", "binary|no text")
def picture_named_html(path: Path) -> None:
    put(path, ".html", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 400)


@attack("refused", "unknown file type")
def program_with_its_own_name(path: Path) -> None:
    put(path, ".exe", b"MZ" + bytes(1_000))
