"""Build the two example documents that cannot be written by hand: one PDF and one DOCX.

Run `python tests/make_examples.py` to write them into `corpus/examples`; the bytes are the same every time,
since dates are fixed and no author or machine is named. In a PDF word, `|` marks where a line may divide it.
"""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path

from docx import Document
from docx.shared import Pt
from fpdf import FPDF
from fpdf.enums import XPos, YPos

EXAMPLES = Path(__file__).parent.parent / "corpus" / "examples"
NOTICE = "Konstrueret eksempel: dette dokument er skrevet til Spørgetime og gengiver ingen virkelig sag."

PDF_NAME = "svar-buu-141-skolemad.pdf"
PDF_DATE = datetime(2025, 4, 9, 10, 0, tzinfo=UTC)
PDF_SENDER = """Børne- og Undervisningsudvalget
Christiansborg
1240 København K

Børne- og Undervisningsministeriet
Forsøgsholmen 21
1000 København K

T 00 00 11 87
E uvm@undervisningsministeriet.example
CVR 00001187
EAN 5790000001187

9. april 2025
J.nr. 2025-0141
"""
PDF_BEFORE_TABLE = (
    "Børne- og Undervisningsudvalget har i brev af 12. marts 2025 stillet børne- og "
    "under|vis|nings|mini|steren følgende spørgsmål nr. 141 (BUU alm. del), som hermed besvares. "
    "Spørgsmålet er stillet efter ønske fra Kasper Rundstrøm (ALT).",
    "#Spørgsmål nr. 141:",
    "”Ministeren bedes redegøre for de foreløbige erfaringer med forsøget med fælles skolemad, herunder "
    "hvor mange skoler og elever der deltager, hvad for|æl|drene betaler, og hvor meget mad der bliver "
    "smidt ud.”",
    "#Endeligt svar:",
    "Forsøgsordningen ”Fælles Frokost” begyndte i august 2024 og løber over tre skoleår frem til sommeren"
    " 2027. Der er afsat 126 mio. kr. til forsøget, som giver del|tager|kom|mu|nerne et tilskud på 21 kr."
    " pr. måltid. Resten af udgiften deles mellem kom|mu|nen og forældrene. Ved indgangen til 2025 deltog"
    " 31 skoler med i alt 8.950 elever.",
    "For|delingen på kommuner, den daglige for|æl|dre|be|ta|ling og andelen af elever, der har taget imod"
    " tilbuddet, fremgår af tabel 1.",
    "#Tabel 1. Fælles Frokost, januar 2025",
)
PDF_TABLE = (
    ("Kommune", "Skoler", "Elever", "Forældrebetaling", "Tilslutning"),
    ("Klitborg", "9", "2.610", "14,00 kr.", "91 pct."),
    ("Nørreå", "12", "3.480", "18,50 kr.", "83 pct."),
    ("Ringelse", "6", "1.720", "0,00 kr.", "97 pct."),
    ("Sandbjerg", "4", "1.140", "22,00 kr.", "64 pct."),
    ("I alt", "31", "8.950", "", ""),
)
PDF_AFTER_TABLE = (
    "Tallene viser, at til|slut|nin|gen falder, når prisen stiger. Ringelse Kommune, som har valgt at "
    "lade maden være gratis, finansierer selv for|skel|len med 5,3 mio. kr. om året. I de øvrige kommuner"
    " er der fripladser til børn af forældre med en samlet års|ind|komst på under 260.000 kr. Ordningen "
    "omfatter både indskolings- og mel|lem|trins|elever, mens ud|skolin|gen først kommer med fra august "
    "2025.",
    "For så vidt angår mad|spil|det, er der i uge 4 og 5 foretaget vejninger på 12 af skolerne. De viser,"
    " at der i gen|nem|snit bliver smidt 61 gram ud pr. elev om dagen. Det er 14 gram mindre end i det "
    "første kvartal af for|sø|get. Til sam|men|lig|ning ender 48 gram af en gen|nem|snit|lig madpakke i "
    "skralde|span|den. Det laveste madspild findes på Aabrinkskolen i Ringelse, hvor 6. klasse på skift "
    "er med i køkkenet, og hvor eleverne selv øser op.",
    "Center for Børn og Måltider følger forsøget. Centerets første spørge|skema|under|sø|gelse blandt "
    "2.200 elever viser, at syv ud af ti synes, at maden smager godt, og at fisk er det mindst populære. "
    "Blandt lærerne oplever 58 pct., at der er mere ro i tim|erne efter frokost. 19 pct. mener dog, at "
    "spise|pau|sen på 20 minutter er for kort.",
    "412 elever har allergi eller særlige kostbehov. De får en mærket portion, som til|be|redes i et "
    "adskilt køkken. Der er indtil nu registreret tre tilfælde, hvor en elev har fået forkert mad. Ingen "
    "af dem førte til ind|læg|gelse.",
    "Jeg kan ikke på nu|væ|rende tidspunkt tage stilling til, om skolemaden skal udbredes til hele "
    "landet. Det vil efter mini|ste|riets skøn koste 3,1 mia. kr. om året. Den endelige evaluering "
    "foreligger i oktober 2027, og jeg vil herefter indkalde partierne til en drøftelse.",
    "Med venlig hilsen",
    "Ulla Fjeldborg",
    NOTICE,
)

DOCX_NAME = "svar-kef-63-stormflod.docx"
DOCX_DATE = datetime(2024, 12, 12, 10, 0, tzinfo=UTC)
DOCX_TEXT = (
    "Klima-, Energi- og Forsyningsudvalget\nChristiansborg\n1240 København K",
    "Klima-, Energi- og Forsyningsministeriet\nEksempelholmen 20\n1000 København K",
    "T 00 00 20 25\nE kefm@klimaministeriet.example\nwww.klimaministeriet.example",
    "CVR 00002025\nEAN 5790000002025",
    "12. december 2024",
    "J.nr. 2024-6363",
    "Klima-, Energi- og Forsyningsudvalget har i brev af 14. november 2024 stillet klima-, energi- og "
    "forsyningsministeren følgende spørgsmål nr. 63 (KEF alm. del), som hermed besvares. Spørgsmålet er "
    "stillet efter ønske fra Nikolaj Drejergaard (KF).",
    "#Spørgsmål nr. 63:",
    "”Vil ministeren oplyse, hvilke skader stormfloden i januar 2024 forvoldte, hvordan midlerne til "
    "kystbeskyttelse fordeles, og hvordan sagsbehandlingen af nye diger kan gøres hurtigere?”",
    "#Endeligt svar:",
    "Stormfloden natten mellem den 6. og 7. januar 2024 var den kraftigste i området i mere end 80 år. I "
    "Havnsø nåede vandet 2,14 meter over daglig vande. Der er anmeldt 1.860 skader på huse og sommerhuse,"
    " og der er indtil nu udbetalt 412 mio. kr. i erstatning fra stormflodsordningen. Selvrisikoen er 5 "
    "pct. af skaden, dog mindst 6.000 kr. 94 husstande var genhuset i mere end tre måneder.",
    "Regeringen har afsat 150 mio. kr. til puljen Kystværn 2030, som fordeles i årene 2024-2027. I første"
    " runde har 27 kommuner søgt, og 11 har fået tilsagn. Staten dækker 60 pct. af anlægsudgiften, mens "
    "kommunen og de beskyttede grundejere deler resten. De største tilsagn er:",
    "*Havnsø: 38 mio. kr. til en sluse ved havneindløbet, som kan lukkes på 25 minutter",
    "*Vestermose: 22,5 mio. kr. til et dige på 3,2 km langs Sønderengen med en højde på 2,8 meter",
    "*Klitborg: 9,8 mio. kr. til sandfodring på strækningen mellem Nordmolen og campingpladsen",
    "*Sandbjerg: 4,4 mio. kr. til at hæve havnepromenaden med 60 cm",
    "En grundejer kan højst blive pålagt at betale 12.000 kr. om året, og beløbet kan afdrages over 25 "
    "år. Kommunen kan fritage pensionister med lav indkomst.",
    "For så vidt angår sagsbehandlingen, tager det i dag i gennemsnit 31 måneder fra ansøgning til "
    "tilladelse. Det er for længe. Jeg vil derfor fremsætte lovforslag om, at klager over diger kun kan "
    "behandles én gang, og at de skal være afgjort inden for seks måneder. Det skønnes at forkorte den "
    "samlede sagsbehandlingstid til 18 måneder. Hensynet til fugle og strandenge i beskyttede "
    "naturområder vil fortsat skulle vurderes.",
    "Kommunerne har desuden adgang til statens beredskabslager, som råder over 14 km mobile vandbarrierer"
    " – de såkaldte watertubes. Lageret ligger i Ringelse og kan levere inden for otte timer. Borgere i "
    "de udsatte områder kan fra den 1. februar 2025 tilmelde sig en gratis sms-varsling, der sendes "
    "senest 24 timer før forventet oversvømmelse.",
    "Anden ansøgningsrunde i Kystværn 2030 åbner den 3. marts 2025 og lukker den 30. maj 2025.",
    "Med venlig hilsen",
    "Asta Lindebjerg",
    NOTICE,
)


class Letter(FPDF):
    """A committee answer with a running header and footer."""

    def header(self) -> None:
        self.set_font("Times", size=8)
        for line in (
            "Børne- og Undervisningsudvalget 2024-25",
            "BUU Alm.del - endeligt svar på spørgsmål 141",
            "Offentligt",
        ):
            self.cell(0, 3.5, line, align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(6)

    def footer(self) -> None:
        self.set_y(-18)
        self.set_font("Times", size=8)
        self.cell(0, 4, f"Side {self.page_no()} af 2", align="C")

    def wrapped(self, text: str) -> list[str]:
        """The lines of a paragraph, words divided at `|` where that fills a line better."""
        lines, line = [], ""
        for word in text.split():
            parts = word.split("|")
            lead = f"{line} " if line else ""
            cuts = range(len(parts) - 1, 0, -1)
            tries = [(f"{lead}{''.join(parts[:cut])}-", "".join(parts[cut:])) for cut in cuts]
            tries.insert(0, (lead + "".join(parts), ""))
            fits = next((split for split in tries if self.get_string_width(split[0]) <= self.epw), None)
            if fits is None:
                fits = (line, "".join(parts))
            if fits[1]:
                lines.append(fits[0])
            line = fits[1] or fits[0]
        return [*lines, line]

    def paragraph(self, text: str) -> None:
        heading = text.startswith("#")
        self.set_font("Times", style="B" if heading else "", size=11)
        for line in self.wrapped(text.removeprefix("#")):
            self.cell(0, 5, line, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(1 if heading else 4)


def make_pdf() -> bytes:
    """The school meals answer: two pages, a table, words divided at line ends."""
    pdf = Letter(format="A4")
    pdf.core_fonts_encoding = "windows-1252"
    pdf.set_creation_date(PDF_DATE)
    pdf.set_producer("Spørgetime")
    pdf.set_title("Svar på spørgsmål 141 (BUU alm. del)")
    pdf.set_lang("da")
    pdf.set_margins(38, 15, 38)
    pdf.set_auto_page_break(True, 25)
    pdf.add_page()
    pdf.set_font("Times", size=11)
    for line in PDF_SENDER.split("\n"):
        pdf.cell(0, 4.6, line, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    for text in PDF_BEFORE_TABLE:
        pdf.paragraph(text)
    for number, row in enumerate(PDF_TABLE):
        pdf.set_font("Times", style="B" if number in (0, len(PDF_TABLE) - 1) else "", size=10)
        for width, text, align in zip((30, 18, 22, 36, 28), row, "LRRRR", strict=True):
            pdf.cell(width, 5.5, text, border="B", align=align)
        pdf.ln()
    pdf.ln(5)
    for text in PDF_AFTER_TABLE:
        pdf.paragraph(text)
    return bytes(pdf.output())


def make_docx() -> bytes:
    """The flood protection answer, its zip entries in a fixed order with a fixed time."""
    document = Document()
    document.styles["Normal"].font.name = "Times New Roman"
    document.styles["Normal"].font.size = Pt(11)
    for text in DOCX_TEXT:
        if text.startswith("#"):
            document.add_paragraph().add_run(text[1:]).bold = True
        elif text.startswith("*"):
            document.add_paragraph(text[1:], style="List Bullet")
        else:
            document.add_paragraph(text)
    core = document.core_properties
    core.title, core.language = "Svar på spørgsmål 63 (KEF alm. del)", "da-DK"
    core.author = core.comments = ""
    core.created = core.modified = DOCX_DATE.replace(tzinfo=None)
    first = io.BytesIO()
    document.save(first)
    second = io.BytesIO()
    with zipfile.ZipFile(first) as source, zipfile.ZipFile(second, "w") as target:
        for name in sorted(source.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            entry = zipfile.ZipInfo(name, DOCX_DATE.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, source.read(name))
    return second.getvalue()


def main() -> None:
    """Write both files."""
    (EXAMPLES / PDF_NAME).write_bytes(make_pdf())
    (EXAMPLES / DOCX_NAME).write_bytes(make_docx())


if __name__ == "__main__":
    main()
