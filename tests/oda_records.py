"""A constructed session of the open data: three hundred questions with their answers in PDF and Word.

Nothing here is real: no member, minister, question or number. The shape is the service's: entity sets of flat rows.
"""

from __future__ import annotations

import io
import zipfile
from datetime import date, timedelta
from functools import cache
from typing import Any

from docx import Document
from fpdf import FPDF
from fpdf.enums import XPos, YPos

from tests.make_examples import NOTICE, PDF_DATE

Row = dict[str, Any]
SESSION, EARLIER = 160, 158  # Periode
OWN, GENERAL, BILL = 10, 4, 3  # Sagstype
QUESTION, OWN_QUESTION, ANSWER = 13, 16, 17  # Dokumenttype
WORD_EVERY = 3  # of three answers two are PDF and one is Word
MONTHS = "januar februar marts april maj juni juli august september oktober november december".split()

MEMBERS = (
    ("Alma Kildevang", "S"), ("Bertil Ravnsø", "V"), ("Clara Engholt", "SF"), ("David Strandby", "DF"),
    ("Esther Mosegård", "EL"), ("Frode Lindskov", "KF"),
)  # fmt: skip
MINISTRIES = (
    ("Transportministeriet", "transportministeren", "Gudrun Havnbjerg", "Transportudvalget", "TRU"),
    ("Sundhedsministeriet", "sundhedsministeren", "Henning Birkemose", "Sundhedsudvalget", "SUU"),
    ("Kulturministeriet", "kulturministeren", "Inger Tangvold", "Kulturudvalget", "KUU"),
)
TOPICS = (
    "ladestandere til elbiler", "børn på venteliste til en plejefamilie", "frivillige i de lokale museumsforeninger",
    "cykler i delecykelordningen", "pladser på hospice", "kirketårne, som er åbne for besøgende",
    "ugentlige færgeafgange til de små øer", "tandlæger i børnetandplejen", "teaterforestillinger for skolebørn",
    "støjskærme langs motorvejen",
)  # fmt: skip
TOWNS = (
    "Aastrup", "Birkerup", "Dalsminde", "Egelund", "Fjordby", "Gedsted", "Havnsø", "Isefjord", "Jernløse", "Klitborg",
    "Lyngerup", "Mosbjerg", "Nørreå", "Odderup", "Perlestad", "Ringelse", "Sandbjerg", "Tornvig", "Ulvedal",
    "Vestermose", "Ydby", "Ærehavn", "Østermark", "Ålum", "Bøgeskov", "Engbjerg", "Granhøj", "Højstrup", "Kærby",
    "Lindeballe",
)  # fmt: skip


def entities(count: int = 300) -> dict[str, list[Row]]:
    """All rows of `count` questions, and of some that are none of them: not public, of another session, unanswered."""
    tables: dict[str, list[Row]] = {
        "Periode": [_row(SESSION, kode="20231", type="samling"), _row(EARLIER, kode="20222", type="samling")],
        "Sagstype": [_row(OWN, type="§ 20-spørgsmål"), _row(GENERAL, type="Alm. del"), _row(BILL, type="Lovforslag")],
        "Dokumenttype": [
            _row(QUESTION, type="Spørgsmål"), _row(OWN_QUESTION, type="§ 20-spørgsmål"), _row(ANSWER, type="Svar"),
        ],
        "Dokumentkategori": [_row(36, kategori="Spørgsmål"), _row(40, kategori="Endeligt svar")],
        "Aktørtype": [
            _row(n, type=name)
            for n, name in enumerate(
                ["Ministerområde", "Ministertitel", "Udvalg", "Folketingsgruppe", "Person", "Gruppe"], 1
            )
        ],
        "SagAktørRolle": [
            _row(3, rolle="Tidligere henvist til"), _row(6, rolle="Ministerområde"), _row(8, rolle="Kopi sendt til"),
            _row(9, rolle="Relevant for"), _row(10, rolle="Spørger"), _row(11, rolle="Henvist til"),
            _row(14, rolle="Minister"),
        ],
        "DokumentAktørRolle": [
            _row(4, rolle="Besvaret af"), _row(5, rolle="Minister"), _row(6, rolle="Spørger"),
            _row(9, rolle="Ministerområde"),
        ],
        **{name: [] for name in ("Aktør", "AktørAktør", "Sag", "SagAktør", "SagDokument")},
        **{name: [] for name in ("Dokument", "DokumentAktør", "Fil")},
    }  # fmt: skip
    _actors(tables)
    for place, (_, _, _, committee, code) in enumerate(MINISTRIES):
        id_ = 9000 + place
        case = {"nummer": code, "titel": f"{committee}: almindelig del", "titelkort": f"{code} alm. del"}
        tables["Sag"].append(_row(id_, typeid=GENERAL, offentlighedskode="O", periodeid=SESSION, **case))
        _link(tables, "SagAktør", sagid=id_, aktørid=300 + place, rolleid=11)
    for number in range(count):
        _question(tables, number)
    _others(tables, count)
    return tables


def letter(number: int) -> tuple[str, ...]:
    """The paragraphs of one answer; a heading begins with "#"."""
    ministry, title, minister, committee, code = MINISTRIES[number % 3]
    member, party = MEMBERS[number % 6]
    topic, town, figure, day = TOPICS[number % 10], TOWNS[number // 10 % 30], figure_of(number), answered(number)
    written = f"{day.day}. {MONTHS[day.month - 1]} {day.year}"
    if own(number):
        opening = (
            f"Hermed følger {title}s endelige svar på spørgsmål nr. S {number + 1}, stillet af {member} ({party})."
        )
        label = f"S {number + 1}"
    else:
        opening = (
            f"{committee} har stillet {title} følgende spørgsmål nr. {number + 1} ({code} alm. del), som hermed"
            f" besvares. Spørgsmålet er stillet efter ønske fra {member} ({party})."
        )
        label = str(number + 1)
    return (
        ministry,
        written,
        f"J.nr. 2024-{number + 1:04}",
        opening,
        f"#Spørgsmål nr. {label}:",
        f"”Vil ministeren oplyse, hvor mange {topic} der er i {town} Kommune?”",
        "#Endeligt svar:",
        f"{town} Kommune har oplyst, at der er {figure} {topic}. Det er {figure % 9 + 2} flere end året før.",
        f"Jeg følger udviklingen i {town} og vender tilbage, hvis der er grund til det.",
        "Med venlig hilsen",
        minister,
        NOTICE,
    )


def joint(numbers: str) -> bytes:
    """The letter that answers S 1, as PDF, saying that it answers these: "S 1 og S 7"."""
    return _pdf(tuple(text.replace("nr. S 1", f"nr. {numbers}") for text in letter(0)))


def figure_of(number: int) -> int:
    """The number that an answer gives, another one for each."""
    return 1_000 + 7 * number


def own(number: int) -> bool:
    """Whether a question is a member's own, § 20; the others are a committee's."""
    return number % 2 == 0


def answered(number: int) -> date:
    """The day of an answer."""
    return date(2023, 11, 1) + timedelta(days=number % 200)


@cache
def content(url: str) -> bytes:
    """The bytes of a file, by the path under which it is published: /samling/.../{number}-{revision}.pdf."""
    name = url.rpartition("/")[2]
    number, _, suffix = name.partition(".")
    paragraphs = letter(int(number) - 5000)
    return _pdf(paragraphs) if suffix == "pdf" else _docx(paragraphs)


def _question(tables: dict[str, list[Row]], number: int) -> None:
    ministry = number % 3
    topic, town = TOPICS[number % 10], TOWNS[number // 10 % 30]
    question, answer, file = 1_000 + number, 3_000 + number, 5_000 + number
    title = f"Om {topic} i {town} Kommune."
    asked, given = answered(number) - timedelta(days=14), answered(number)
    code = MINISTRIES[ministry][4]
    if own(number):
        case = 7_000 + number
        named = {"nummer": f"S {number + 1}", "titel": title, "titelkort": title}
        tables["Sag"].append(_row(case, typeid=OWN, offentlighedskode="O", periodeid=SESSION, **named))
        _link(tables, "SagAktør", sagid=case, aktørid=500 + number % 6, rolleid=10)
        _link(tables, "SagAktør", sagid=case, aktørid=200 + ministry, rolleid=14)
        folder = f"/samling/20231/spoergsmaal/S{number + 1}/svar/{answer}"
    else:
        case = 9_000 + ministry
        folder = f"/samling/20231/almdel/{code.lower()}/spm/{number + 1}/svar/{answer}"
    filed = None if own(number) else str(number + 1)
    _document(tables, question, OWN_QUESTION if own(number) else QUESTION, asked, 36, titel=f"Spm. {title}")
    _link(tables, "SagDokument", sagid=case, dokumentid=question, bilagsnummer=filed, rolleid=1)
    _document(tables, answer, ANSWER, given, 40, titel=f"Svar på spm. {number + 1} {title}", spørgsmålsid=question)
    _link(tables, "SagDokument", sagid=case, dokumentid=answer, bilagsnummer=filed, rolleid=2)
    _link(tables, "DokumentAktør", dokumentid=question, aktørid=500 + number % 6, rolleid=6)
    _link(tables, "DokumentAktør", dokumentid=question, aktørid=210 + ministry, rolleid=5)
    _link(tables, "DokumentAktør", dokumentid=answer, aktørid=200 + ministry, rolleid=4)
    _link(tables, "DokumentAktør", dokumentid=answer, aktørid=220 + ministry, rolleid=9)
    suffix, variant, form = ("docx", "O", "DOCX") if number % WORD_EVERY == 2 else ("pdf", "P", "PDF")
    url = f"http://www.ft.dk{folder}/{file}.{suffix}"
    tables["Fil"].append(
        _row(file, given, dokumentid=answer, titel=f"Svar {number + 1}", filurl=url, variantkode=variant, format=form)
    )


def _others(tables: dict[str, list[Row]], count: int) -> None:
    """What must not come: an answer that is not public, one of another session, a question without an answer."""
    day = date(2024, 2, 1)
    named = {"nummer": "S 999", "titel": "Om noget", "titelkort": "Om noget"}
    tables["Sag"].append(_row(8_900, typeid=OWN, offentlighedskode="O", periodeid=EARLIER, **named))
    _document(tables, 3_900, ANSWER, day, 40, titel="Svar i en anden samling")
    _link(tables, "SagDokument", sagid=8_900, dokumentid=3_900, bilagsnummer=None, rolleid=2)
    _document(tables, 3_901, ANSWER, day, 40, titel="Fortroligt svar", offentlighedskode="F")
    _link(tables, "SagDokument", sagid=9_000, dokumentid=3_901, bilagsnummer="901", rolleid=2)
    _document(tables, 1_902, QUESTION, day, 36, titel="Spm. uden svar")
    _link(tables, "SagDokument", sagid=9_000, dokumentid=1_902, bilagsnummer="902", rolleid=1)
    for document in (3_900, 3_901):
        url = f"http://www.ft.dk/samling/20222/andet/{document + 2_000}.pdf"
        tables["Fil"].append(
            _row(document + 2_000, day, dokumentid=document, filurl=url, variantkode="P", format="PDF")
        )


def _actors(tables: dict[str, list[Row]]) -> None:
    groups = {party: 400 + place for place, (_, party) in enumerate(MEMBERS)}
    for party, id_ in groups.items():
        tables["Aktør"].append(_row(id_, typeid=4, navn=f"Gruppen {party}", gruppenavnkort=party))
    for place, (name, party) in enumerate(MEMBERS):
        tables["Aktør"].append(_row(500 + place, typeid=5, navn=name, gruppenavnkort=None, biografi="<member/>" * 20))
        for group, start, end in (
            (groups["S" if party != "S" else "V"], "2015-06-18T00:00:00", "2022-10-31T00:00:00"),
            (groups[party], "2022-11-01T00:00:00", None),
            (300 + place % 3, "2022-11-01T00:00:00", None),
        ):
            link = {"fraaktørid": 500 + place, "tilaktørid": group, "startdato": start, "slutdato": end, "rolleid": 15}
            _link(tables, "AktørAktør", **link)
    for place, (ministry, title, minister, committee, code) in enumerate(MINISTRIES):
        tables["Aktør"] += [
            _row(200 + place, typeid=5, navn=minister, gruppenavnkort=None),
            _row(210 + place, typeid=2, navn=title.capitalize(), gruppenavnkort=None),
            _row(220 + place, typeid=1, navn=ministry, gruppenavnkort=None),
            _row(300 + place, typeid=3, navn=committee, gruppenavnkort=code),
        ]


def _document(tables: dict[str, list[Row]], id_: int, kind: int, day: date, category: int, **more: Any) -> None:
    fixed = {"typeid": kind, "kategoriid": category, "statusid": 1, "offentlighedskode": "O", "spørgsmålsid": None}
    tables["Dokument"].append(_row(id_, day, **{**fixed, "dato": f"{day}T00:00:00", **more}))


def _link(tables: dict[str, list[Row]], entity: str, **fields: Any) -> None:
    tables[entity].append(_row(len(tables[entity]) + 1, **fields))


def _row(id_: int, day: date = date(2023, 10, 3), /, **fields: Any) -> Row:
    """A row as the service gives it: its time of change has as many decimals as it happens to have."""
    return {"id": id_, "opdateringsdato": f"{day}T1{id_ % 10}:24:{id_ % 50 + 10}.{id_ % 97}", **fields}


def _pdf(paragraphs: tuple[str, ...]) -> bytes:
    pdf = FPDF(format="A4")
    pdf.core_fonts_encoding = "windows-1252"
    pdf.set_creation_date(PDF_DATE)
    pdf.add_page()
    for text in paragraphs:
        pdf.set_font("Times", style="B" if text.startswith("#") else "", size=11)
        pdf.multi_cell(0, 5, text.removeprefix("#"), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        pdf.ln(1 if text.startswith("#") else 4)
    return bytes(pdf.output())


@cache
def _template() -> tuple[tuple[str, bytes], ...]:
    document = Document()
    document.add_paragraph("PARAGRAPHS")
    saved = io.BytesIO()
    document.save(saved)
    with zipfile.ZipFile(saved) as source:
        return tuple((name, source.read(name)) for name in source.namelist())


def _docx(paragraphs: tuple[str, ...]) -> bytes:
    """A Word file with these paragraphs; the same bytes every time."""
    inner = "</w:t></w:r></w:p><w:p><w:r><w:t>".join(text.removeprefix("#") for text in paragraphs)
    saved = io.BytesIO()
    with zipfile.ZipFile(saved, "w") as target:
        for name, data in _template():
            body = data.replace(b"PARAGRAPHS", inner.encode()) if name == "word/document.xml" else data
            entry = zipfile.ZipInfo(name, PDF_DATE.timetuple()[:6])
            target.writestr(entry, body, zipfile.ZIP_DEFLATED)
    return saved.getvalue()
