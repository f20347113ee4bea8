"""Meetings in the XML of the Folketing's secretariat. Every one is constructed for these tests: no word of it was said.

The elements are those that the format is known to have; the service itself could not be asked.
"""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr


def element(name: str, *inside: str, **attributes: str) -> str:
    """An element; what is inside is XML already."""
    named = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return f"<{name}{named}>{''.join(inside)}</{name}>"


def lines(name: str, *words: str) -> str:
    """A block of lines, as the print breaks them."""
    return element(name, *(element("Linea", element("Char", escape(line))) for line in words))


def meta(name: str, **values: str) -> str:
    """An element of data."""
    return element(name, *(element(key, escape(value)) for key, value in values.items()))


def text(*paragraphs: str) -> str:
    """The words of a speech, or of an announcement."""
    return element("TekstGruppe", *(lines("Exitus", *paragraph.split("\n")) for paragraph in paragraphs))


def segment(start: str | None, end: str | None, *paragraphs: str) -> str:
    """A stretch of a speech with its times, as "13:02:17"."""
    times = {"StartDateTime": start, "EndDateTime": end}
    known = {name: f"2031-06-04T{clock}" for name, clock in times.items() if clock}
    return element("TaleSegment", meta("MetaSpeechSegment", EdixiStatus="Typeset", **known), text(*paragraphs))


def speech(name: str, party: str, line: str, *segments: str, role: str = "medlem", capacity: str = "") -> str:
    """A speech; `line` is the one in print, its first part in bold."""
    first, _, last = name.rpartition(" ")
    about = meta("MetaSpeakerMP", OratorFirstName=first, OratorLastName=last, GroupNameShort=party, OratorRole=role)
    head, bracket, rest = line.partition("(")
    bold = element("Char", escape(head), formaChar="Bold") + element("Char", escape(bracket + rest))
    title = element("TalerTitel", element("Linea", bold))
    kind = lines("TaleType", f"({capacity})") if capacity else ""
    return element("Tale", element("Taler", about, title), kind, *segments)


def member(name: str, party: str, *segments: str, capacity: str = "") -> str:
    """A member's speech."""
    return speech(name, party, f"{name} ({party}):", *segments, capacity=capacity)


def minister(title: str, name: str, *segments: str) -> str:
    """A minister's speech: the data name no party, and no more of the office than that it is one."""
    return speech(name, "", f"{title} ({name}):", *segments, role="minister")


def chair(title: str, name: str, *segments: str) -> str:
    """The chair's words."""
    return speech(name, "", f"{title} ({name}):", *segments, role="formand")


def item(number: str, title: str, *inside: str, case: tuple[str, str] | None = None, sub: bool = False) -> str:
    """An item of the agenda, or one within it."""
    values = {"SubItemNo" if sub else "ItemNo": number, "ShortTitle": title}
    if case:
        values |= {"FTCaseNumber": case[1], "FTCaseType": case[0]}
    about = meta("MetaFTAgendaSubItem" if sub else "MetaFTAgendaItem", **values)
    return element("DagsordenUnderpunkt" if sub else "DagsordenPunkt", about, *inside)


def document(*inside: str, number: str = "12", date: str = "2031-06-04T13:00:00", session: str = "20301") -> str:
    """A whole record."""
    about = meta(
        "MetaMeeting",
        ParliamentarySession=session,
        ParliamentaryGroup="Folketinget",
        MeetingNumber=number,
        DateOfSitting=date,
        Location="Folketingssalen",
    )
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + element("Dokument", about, *inside, edixistatus="Trykt")


MEETING = document(
    element("TitelGruppe", lines("Titel", "12. møde"), lines("UnderTitel", "Onsdag den 4. juni 2031 kl. 13.00")),
    element(
        "DagsordenPlan",
        lines("Rubrica", "Dagsorden"),
        lines("Exitus", "1) Besvarelse af oversendte spørgsmål til ministrene (spørgetid)."),
        lines("Exitus", "1) Til kystministeren af:", "Asta Fyr (XA)", "Hvornår bliver havnene dybere?"),
    ),
    item(
        "0",
        "Punkt 0",
        element(
            "Aktivitet",
            lines("Rubrica", "Meddelelser fra formanden"),
            chair("Formanden", "Ane Stol", segment("13:00:04", "13:01:10", "Mødet er åbnet.")),
        ),
    ),
    item(
        "1",
        "Spørgetid",
        element(
            "PunktTekst",
            lines("PreTekst", "Det første punkt på dagsordenen er:"),
            lines("Exitus", "1) Besvarelse af oversendte spørgsmål til ministrene (spørgetid)."),
        ),
        element(
            "Aktivitet",
            item(
                "1",
                "Om havne",
                element(
                    "PunktTekst",
                    lines("Exitus", "Spm. nr. S 41 (omtrykt)"),
                    lines("Exitus", "1) Til kystministeren af:", "Asta Fyr (XA) (medspørger: Bo Mole (XB)):"),
                    lines("Exitus", "Hvornår bliver havnene dybere, og hvad koster", "det kommunerne?"),
                ),
                chair("Formanden", "Ane Stol", segment("13:02:00", "13:02:03", "Værsgo.")),
                member(
                    "Asta Fyr",
                    "XA",
                    segment("13:02:05", "13:02:31", "Tak. Hvornår bliver havnene dybere, og hvad koster det?"),
                ),
                minister(
                    "Kystministeren",
                    "Ib Strand",
                    segment("13:02:40", "13:03:12", "Det bliver de til maj.", "Og det er gratis."),
                ),
                member("Bo Mole", "XB", segment("13:03:20", "13:03:25", "Er det nu også sikkert?")),
                minister("Kystministeren", "Ib Strand", segment("13:04:00", "13:04:02", "Ja.")),
                case=("S", "41"),
                sub=True,
            ),
            item(
                "2",
                "Om fyrtårne",
                element(
                    "PunktTekst",
                    lines("Exitus", "2) Til ministeren for fyr, bro og færge af:", "Karl Kaj (XB):"),
                    lines("Exitus", "Vil ministeren tænde flere fyrtårne om natten?"),
                    lines("Exitus", "(Spm. nr. S 42, skr. begr.)."),
                    element("SkriftligBegrundelse", lines("Exitus", "Der henvises til bladet Fyr.")),
                ),
                element(
                    "Tale",
                    element("Taler", element("MetaSpeakerMP")),
                    segment("13:05:00", "13:05:00", "(Spørgsmålet er udgået af dagsordenen)."),
                ),
                case=("S", "42"),
                sub=True,
            ),
        ),
    ),
    item(
        "2",
        "1. behandling af L 7: Om gadelygter.",
        element(
            "PunktTekst",
            lines("PreTekst", "Det sidste punkt på dagsordenen er:"),
            lines("Exitus", "2) 1. behandling af lovforslag nr. L 7:"),
            lines("Exitus", "Forslag til lov om ændring af lov om gadelygter. (Lys om natten)."),
            lines("Exitus", "Af kystministeren (Ib Strand)."),
            lines("Exitus", "(Fremsættelse 02.06.2031)."),
        ),
        element(
            "Aktivitet",
            lines("Rubrica", "Forhandling"),
            chair("Den fg. formand", "Ida Skammel", segment("14:00:00", "14:00:09", "Forhandlingen er åbnet.")),
            member(
                "Karl Kaj",
                "XB",
                segment("14:00:15", "14:01:00", "Vi kan lide lygter."),
                segment("14:01:02", "14:01:59", "Men de må ikke blænde."),
                capacity="Ordfører",
            ),
            member("Asta Fyr", "XA", segment("14:02:00", "14:02:30", "(Talen er under udarbejdelse)")),
            speech("Pause Pause", "Pause", "Pause", segment("14:02:30", "14:05:00", "Mødet er udsat."), role="Pause"),
            minister("Kystministeren", "Ib Strand", segment("14:05:01", None, "Sagen er klar.")),
        ),
        case=("L", "7"),
    ),
)
