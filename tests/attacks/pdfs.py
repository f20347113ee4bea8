"""Attacks by PDF: cut off, going round in circles, locked, or larger inside than outside."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from pathlib import Path

from tests.attacks.disguises import pdf_bytes
from tests.attacks.table import attack, put

_PAGES = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
_FONT = b"<< /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"
_PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R /Resources " + _FONT + b" >>"


def _stream(data: bytes, filters: int = 0, extra: bytes = b"") -> bytes:
    for _ in range(filters):
        data = zlib.compress(data, 9)
    names = b"/Filter [" + b" /FlateDecode" * filters + b" ] " if filters else b""
    return b"<< " + names + extra + b"/Length %d >>\nstream\n" % len(data) + data + b"\nendstream"


_CONTENT = _stream(b"BT /F 12 Tf 50 700 Td (Kommunerne fik 115 mio. kr. til skolerne i dette aar.) Tj ET")


def _pdf(objects: Mapping[int, bytes], trailer: bytes = b"") -> bytes:
    """Give a PDF of these objects, the first of which is its catalogue."""
    parts, offsets, length = [b"%PDF-1.7\n"], {}, 9
    for number, body in objects.items():
        offsets[number] = length
        parts.append(b"%d 0 obj\n" % number + body + b"\nendobj\n")
        length += len(parts[-1])
    table = b"".join(
        b"%010d 00000 n \n" % offsets[n] if n in offsets else b"0000000000 65535 f \n" for n in range(max(objects) + 1)
    )
    parts.append(b"xref\n0 %d\n" % (max(objects) + 1) + table)
    parts.append(b"trailer\n<< /Size %d /Root 1 0 R %s >>\n" % (max(objects) + 1, trailer))
    parts.append(b"startxref\n%d\n%%%%EOF\n" % length)
    return b"".join(parts)


_SOUND = {1: b"<< /Type /Catalog /Pages 2 0 R >>", 2: _PAGES, 3: _PAGE, 4: _CONTENT}
_ANY = "damaged|text layer|crashed|longer than|1 GiB|pages|characters|no PDF|no text"


@attack("refused", "damaged|text layer")
def pdf_cut_off(path: Path) -> None:
    put(path, ".pdf", pdf_bytes(3)[:900])


@attack("refused", "damaged")
def pdf_of_its_first_line(path: Path) -> None:
    put(path, ".pdf", b"%PDF-1.7\n")


@attack("either", _ANY)
def pdf_whose_pages_hold_themselves(path: Path) -> None:
    put(path, ".pdf", _pdf({**_SOUND, 2: b"<< /Type /Pages /Kids [2 0 R 2 0 R 3 0 R] /Count 3 >>"}))


@attack("either", _ANY)
def pdf_whose_table_points_at_itself(path: Path) -> None:
    sound = _pdf(_SOUND)
    start = sound.rindex(b"xref\n0 ")
    put(path, ".pdf", _pdf(_SOUND, b"/Prev %d" % start))


@attack("either", _ANY)
def pdf_whose_length_is_itself(path: Path) -> None:
    put(path, ".pdf", _pdf({**_SOUND, 4: b"<< /Length 4 0 R >>\nstream\nBT ET\nendstream"}))


@attack("refused", "encrypted")
def pdf_encrypted(path: Path) -> None:
    from fpdf import FPDF

    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("helvetica")
    pdf.cell(text="hemmelig")
    pdf.set_encryption(owner_password="ejer", user_password="bruger")
    put(path, ".pdf", bytes(pdf.output()))


@attack("either", _ANY, slow=True)
def pdf_of_ten_thousand_pages(path: Path) -> None:
    kids = b" ".join(b"%d 0 R" % (5 + n) for n in range(10_000))
    tree = b"<< /Type /Pages /Kids [" + kids + b"] /Count 10000 >>"
    put(path, ".pdf", _pdf({**_SOUND, 2: tree, **{5 + n: _PAGE for n in range(10_000)}}))


@attack("either", _ANY)
def pdf_that_claims_a_billion_pages(path: Path) -> None:
    put(path, ".pdf", _pdf({**_SOUND, 2: b"<< /Type /Pages /Kids [3 0 R] /Count 1000000000 >>"}))


@attack("either", _ANY, slow=True)
def pdf_bomb(path: Path) -> None:
    put(path, ".pdf", _pdf({**_SOUND, 4: _stream(b" " * 1_000_000_000, 3)}))


@attack("either", _ANY, slow=True)
def pdf_of_fifty_million_characters(path: Path) -> None:
    line = b"BT /F 1 Tf 50 700 Td (" + b"Kommunerne fik penge. " * 1_000 + b") Tj ET\n"
    put(path, ".pdf", _pdf({**_SOUND, 4: _stream(line * 2_000, 2)}))


@attack("either", _ANY)
def pdf_with_deep_arrays(path: Path) -> None:
    put(path, ".pdf", _pdf({**_SOUND, 5: b"[" * 100_000 + b"]" * 100_000}, b"/Info 5 0 R"))


@attack("either", _ANY)
def pdf_with_a_page_as_large_as_a_country(path: Path) -> None:
    page = _PAGE.replace(b"[0 0 600 800]", b"[0 0 99999999999 99999999999]")
    put(path, ".pdf", _pdf({**_SOUND, 3: page}))


@attack("either", _ANY, slow=True)
def pdf_whose_form_draws_itself(path: Path) -> None:
    form = _stream(
        b"/X Do /X Do", 0, b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 5 0 R >> >> "
    )
    page = _PAGE.replace(b"/Resources ", b"/Resources << /XObject << /X 5 0 R >> >> /Unused ")
    put(path, ".pdf", _pdf({**_SOUND, 3: page, 4: _stream(b"/X Do"), 5: form}))
