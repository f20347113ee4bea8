"""Debates in the secretariat's XML: the same records as of the print, by the second, from constructed meetings."""

from __future__ import annotations

import time
from pathlib import Path, PurePath
from xml.etree import ElementTree

import pytest

from corpus.clean import clean, layout
from corpus.debates import recognise_debate
from corpus.document import passages, read
from corpus.errors import UnreadableError
from corpus.files import Found
from corpus.readers import extract
from corpus.records import Document, Fields, Section, SourceFile
from index.build import build
from index.encoder import Encoder
from index.search import Searcher
from tests.meeting_xml import MEETING, chair, document, element, item, lines, member, meta, minister, segment, speech
from tests.test_cli import call

PRINT = """\
12. møde
Onsdag den 4. juni 2031 kl. 13.00
Dagsorden
1) Besvarelse af oversendte spørgsmål til ministrene (spørgetid).

1) Til kystministeren af:
Asta Fyr (XA)
Hvornår bliver havnene dybere, og hvad koster
det kommunerne?
(Spm. nr. S 41. Medspørger: Bo Mole (XB)).

2) Til ministeren for fyr, bro og færge af:
Karl Kaj (XB)
Vil ministeren tænde flere fyrtårne om natten?
(Spm. nr. S 42, skr. begr.).

Kl. 13:00

Meddelelser fra formanden

Formanden (Ane Stol):
Mødet er åbnet.

Det første punkt på dagsordenen er:
1) Besvarelse af oversendte spørgsmål til ministrene (spørgetid).
Kl. 13:02

Spm. nr. S 41 (omtrykt)
1) Til kystministeren af:
Asta Fyr (XA) (medspørger: Bo Mole (XB)):
Hvornår bliver havnene dybere, og hvad koster
det kommunerne?

Formanden (Ane Stol):
Værsgo.
Kl. 13:02

Asta Fyr (XA):
Tak. Hvornår bliver havnene dybere, og hvad koster det?
Kl. 13:02

Kystministeren (Ib Strand):
Det bliver de til maj.

Og det er gratis.
Kl. 13:03

Bo Mole (XB):
Er det nu også sikkert?
Kl. 13:04

Kystministeren (Ib Strand):
Ja.
Kl. 13:05

Spm. nr. S 42
2) Til ministeren for fyr, bro og færge af:
Karl Kaj (XB):
Vil ministeren tænde flere fyrtårne om natten?

Skriftlig begrundelse

Der henvises til bladet Fyr.

Formanden (Ane Stol):
(Spørgsmålet er udgået af dagsordenen).

Det sidste punkt på dagsordenen er:
2) 1. behandling af lovforslag nr. L 7:
Forslag til lov om ændring af lov om gadelygter. (Lys om natten).
Af kystministeren (Ib Strand).
(Fremsættelse 02.06.2031).
Kl. 14:00

Forhandling

Den fg. formand (Ida Skammel):
Forhandlingen er åbnet.
Kl. 14:00

(Ordfører)
Karl Kaj (XB):
Vi kan lide lygter.
Kl. 14:01

Men de må ikke blænde.
Kl. 14:05

Kystministeren (Ib Strand):
Sagen er klar.
"""


def parsed(xml: str | bytes, name: str = "20301_M12_helemoedet.xml") -> Document:
    """The meeting as a document, by the whole reader."""
    data = xml.encode() if isinstance(xml, str) else xml
    return read(SourceFile("", name, ""), Found(Path(), name), data)


def said(meeting: Document, words: str) -> Section:
    """The first section that begins with the words."""
    return next(s for s in meeting.sections if meeting.text[s.start : s.end].startswith(words))


def words(text: str, section: Section) -> str:
    return " ".join(text[section.start : section.end].split())


def test_a_meeting_says_what_it_is() -> None:
    """Kind, title, number, date and session come from the data and the heading; nothing else is claimed."""
    assert parsed(MEETING).fields == Fields(
        kind="referat",
        number="12",
        date="2031-06-04",
        session="20301",
        title="12. møde, onsdag den 4. juni 2031 kl. 13.00",
    )


def test_xml_and_print_of_a_meeting_give_the_same_records() -> None:
    """Who said what, in which role, on which question, under which heading: all but the times and the order."""
    recognised = recognise_debate(PRINT)
    assert recognised is not None

    def about(text: str, section: Section) -> tuple[object, ...]:
        item = section.heading if section.number is None else None  # a question's own is told below
        by = (section.speaker, section.party, section.role)
        return (words(text, section), section.kind, *by, section.number, section.addressee, item)

    meeting = parsed(MEETING)
    by_xml = {about(meeting.text, section) for section in meeting.sections}
    assert {about(PRINT, section) for section in recognised[1]} == by_xml
    assert len(by_xml) == 13
    heading = "Til kystministeren af Asta Fyr (XA): Hvornår bliver havnene dybere, og hvad koster det kommunerne?"
    assert heading == said(meeting, "Det bliver de til maj").heading


def test_every_speech_has_its_times_to_the_second() -> None:
    """Start and end as the data give them; an end that is not given is None, and a printed question has neither."""
    meeting = parsed(MEETING)
    first, last = said(meeting, "Vi kan lide"), said(meeting, "Men de må")
    assert ("14:00:15", "14:01:00") == (first.time, first.until)
    assert ("14:01:02", "14:01:59") == (last.time, last.until)
    assert ("14:05:01", None) == (said(meeting, "Sagen er klar").time, said(meeting, "Sagen er klar").until)
    assert (None, None) == (said(meeting, "Vil ministeren").time, said(meeting, "Der henvises").until)


def test_nobody_speaks_in_a_pause_or_where_the_words_are_still_to_come() -> None:
    """Marks of the meeting, notes without a speaker, and speeches that are being written are text, and no speeches."""
    meeting = parsed(MEETING)
    for silent in ("Mødet er udsat", "(Spørgsmålet er udgået", "(Talen er under udarbejdelse)"):
        assert silent in meeting.text
        assert not [s for s in meeting.sections if silent in meeting.text[s.start : s.end]]


def test_a_withdrawn_question_is_left_without_a_reply() -> None:
    """The question that was answered is not marked, the one that was withdrawn is."""
    meeting = parsed(MEETING)
    asked = {s.number: s.unanswered for s in meeting.sections if s.kind == "spørgsmål" and s.time is None}
    assert {"S 41": False, "S 42": True} == asked


def test_every_passage_is_the_source_word_for_word() -> None:
    """The invariant of every format holds for the text that is made of the XML."""
    meeting = parsed(MEETING)
    cut = list(passages(meeting))
    assert len(cut) > 8
    for passage in cut:
        assert passage.text == clean(meeting.text[passage.start : passage.end], layout(meeting.text))


def test_a_file_that_is_set_in_lines_says_the_same() -> None:
    """Older files are indented and their elements have a prefix; the document is the same, letter for letter."""
    root = ElementTree.fromstring(MEETING)
    ElementTree.indent(root, "    ")
    indented = ElementTree.tostring(root, encoding="unicode")
    assert "\n        <" in indented
    prefixed = MEETING.replace("</", "\0").replace("<?", "\1").replace("<", "<ns0:")
    prefixed = (
        prefixed.replace("\0", "</ns0:").replace("\1", "<?").replace("<ns0:Dokument", '<ns0:Dokument xmlns:ns0="x"')
    )
    for other in (indented, prefixed):
        assert parsed(MEETING).text == parsed(other).text
        assert parsed(MEETING).sections == parsed(other).sections


def test_runs_of_a_line_stand_together_as_they_are_read() -> None:
    """A word in bold keeps its blanks; where there are none between two words, one is put there."""
    runs = ("Der er", "138", " skoler (", "alle", ").")
    line = element("Linea", *(element("Char", run, formaChar="Bold") for run in runs))
    tale = member("Bo Mole", "XB", segment("13:00:00", None, "X")).replace("<Linea><Char>X</Char></Linea>", line)
    assert said(parsed(document(item("1", "Skoler", tale))), "Der er 138 skoler (alle).").speaker == "Bo Mole"


def test_what_is_not_known_is_text_and_what_is_missing_is_nothing() -> None:
    """An unknown element's words are kept, in a speech as part of it; without data a meeting has no fields."""
    tale = member("Bo Mole", "XB", segment(None, None, "Goddag."))
    tale = tale.replace("</TekstGruppe>", "<Tabel><Celle>Tal og mere tal</Celle></Tabel></TekstGruppe>")
    xml = element("Dokument", element("MetaMeeting"), element("Nyt", "Uden for alt."), element("DagsordenPunkt", tale))
    meeting = parsed(xml)
    assert meeting.text.startswith("Uden for alt.")
    assert meeting.fields == Fields(kind="referat")
    (only,) = meeting.sections
    assert meeting.text[only.start : only.end] == "Goddag.\n\nTal og mere tal"
    assert (only.speaker, only.time, only.until, only.number) == ("Bo Mole", None, None, None)


def test_a_speech_goes_on_after_a_heading_in_it() -> None:
    """Headings, and whatever else, within a speech or an announcement are words of it."""
    spoken = segment("13:00:00", "13:00:09", "Jeg anmelder:", "HER", "Det var alt.")
    spoken = spoken.replace(lines("Exitus", "HER"), element("Tale", lines("Rubrica", "Forhandling")))
    asked = element("PunktTekst", lines("Rubrica", "Forhandling"), lines("Exitus", "Er der ål?"))
    meeting = parsed(document(item("1", "Om ål", asked, member("Bo Mole", "XB", spoken), case=("S", "7"))))
    assert ["Forhandling\n\nEr der ål?", "Jeg anmelder:\n\nForhandling\n\nDet var alt."] == [
        meeting.text[s.start : s.end] for s in meeting.sections
    ]


def test_data_are_never_text() -> None:
    """What stands in Meta elements, also in ones that are not known, is not part of the text."""
    xml = document(item("1", "Om vand", meta("MetaNyt", Hemmelig="GEMT"), lines("Exitus", "Vand.")))
    assert parsed(xml).text == "Vand."


def test_a_question_without_an_announcement_is_asked_by_who_speaks_first() -> None:
    """The prime minister's question hour: number from the data, addressee from the item, asker by speaking."""
    asked = item(
        "1",
        "Spørgsmål",
        member("Bo Mole", "XB", segment("13:01:00", "13:01:10", "Hvordan går det?")),
        minister("Statsministeren", "Ulla Top", segment("13:01:12", "13:01:14", "Godt.")),
        case=("US", "US 4"),
        sub=True,
    )
    meeting = parsed(document(item("1", "Spørgetime med statsministeren.", asked)))
    assert [("spørgsmål", "US 4", "statsministeren", "spørger"), ("svar", "US 4", None, "statsministeren")] == [
        (s.kind, s.number, s.addressee, s.role) for s in meeting.sections
    ]


@pytest.mark.parametrize(
    ("tale", "speaker", "party", "role"),
    [
        (speech("Eva Sø", "", "Kystministeren (Eva Sø, fg.):", role="minister"), "Eva Sø", None, "fg. kystministeren"),
        (speech("Eva Sø", "", "", role="minister"), "Eva Sø", None, "minister"),
        (speech("Kystministeren", "", "Kystministeren (Eva Sø):", role="minister"), "Eva Sø", None, "kystministeren"),
        (chair("Tredje næstformand", "Eva Sø"), "Eva Sø", None, "tredje næstformand"),
        (speech("Eva Sø", "", "Eva Sø", role="aldersformanden"), "Eva Sø", None, "aldersformand"),
        (speech("Eva Sø", "", "Eva Sø (UFG):"), "Eva Sø", "UFG", None),
        (member("Eva Sø", "UFG", capacity="Privatist"), "Eva Sø", "UFG", "privatist"),
        (speech(" ", "", "Eva Sø (UFG):"), "Eva Sø", "UFG", None),
        (speech(" ", "", "(Uro i salen)"), None, None, None),
    ],
)
def test_who_speaks(tale: str, speaker: str | None, party: str | None, role: str | None) -> None:
    """Name, party and role by the data, and by the line in print what those leave out."""
    spoken = segment("13:00:00", "13:00:05", "Vi kan lide lygter.")
    meeting = parsed(document(item("1", "Lygter", tale.replace("</Tale>", f"{spoken}</Tale>"))))
    found = [(s.speaker, s.party, s.role) for s in meeting.sections]
    assert found == ([(speaker, party, role)] if speaker else [])


def test_an_item_is_named_by_its_short_title_where_it_is_not_announced() -> None:
    """The number is put before it once; an item with neither ends what was treated before."""
    tale = member("Bo Mole", "XB", segment("13:00:00", None, "Goddag."))
    named = parsed(document(item("3", "Om lygter", tale), item("4", "5) Om havne", tale), item("", "", tale)))
    assert ["3) Om lygter", "5) Om havne", "Punkt uden titel"] == [s.heading for s in named.sections]


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html", "a.pdf", "a.docx", "a.xml"])
def test_a_meeting_is_known_by_its_bytes(name: str) -> None:
    """Whatever the file is called, the record of a meeting is read as one."""
    assert parsed(MEETING, name).fields.kind == "referat"


def test_any_encoding_that_the_file_names_is_read() -> None:
    """UTF-16 and Danish legacy encodings give the same text as UTF-8."""
    for encoding in ("utf-16", "iso-8859-1", "windows-1252"):
        data = MEETING.replace('encoding="UTF-8"', f'encoding="{encoding}"').encode(encoding)
        assert parsed(data).text == parsed(MEETING).text


@pytest.mark.parametrize(
    ("xml", "reason"),
    [
        ('<!DOCTYPE Dokument [<!ENTITY a "ha">]>' + MEETING.partition("\n")[2], "declares a type or entities"),
        ('<!DOCTYPE Dokument SYSTEM "file:///etc/passwd">' + MEETING.partition("\n")[2], "declares a type or entities"),
        (MEETING[:-400], "damaged in line"),
        ("<Dokument><Meta/><MetaMeeting>" + "<a>" * 200, "more within each other"),
        ("<Dokument><Lov>Paragraf 1.</Lov></Dokument>", "no record of a meeting"),
        ("<rss><channel><title>Nyt</title></channel></rss>", "no record of a meeting"),
        ('<?xml version="1.0" encoding="klingon"?><Dokument><MetaMeeting/></Dokument>', "damaged in line|decoded"),
        ("<Dokument><MetaMeeting>&titel;</MetaMeeting></Dokument>", "undefined entity"),
        ("Ikke XML.", "damaged in line"),
    ],
)
def test_what_is_no_sound_meeting_is_refused_with_a_reason(xml: str, reason: str) -> None:
    """Types and entities, damage, depth, and XML of other kinds: one line says why."""
    with pytest.raises(UnreadableError, match=reason) as refused:
        extract(PurePath("a.xml"), xml.encode())
    assert "\n" not in str(refused.value)


def test_reading_takes_linear_time() -> None:
    """Ten thousand speeches, or a megabyte of hostile words, are read within seconds."""
    tale = member("Bo Mole", "XB", segment("13:00:00", "13:00:05", "Det næste punkt på dagsordenen er: (Spm. nr. S 1"))
    hostile = element("PunktTekst", lines("Exitus", "Til x af: (Spm. nr. S (medspørger: " * 10_000))
    for xml in (document(item("1", "A", tale * 10_000)), document(item("1", "A", hostile, case=("S", "1")))):
        begun = time.process_time()
        parsed(xml)
        assert time.process_time() - begun < 15


def test_a_meeting_is_asked_and_shown(tmp_path: Path, encoder: Encoder) -> None:
    """Through a whole index: the reply is found and cited by minute, and `show` gives its times to the second."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "20301_M12_helemoedet.xml").write_text(MEETING, encoding="utf-8")
    report = build([tmp_path / "docs"], tmp_path / "index", encoder)
    assert (1, []) == (report.documents, list(report.quarantined))
    hit = Searcher.open(tmp_path / "index").ask("Hvornår bliver havnene dybere?", 3).hits[0]
    assert hit.section.until is not None
    assert "kl. 13.0" in hit.reference and hit.reference.startswith("12. møde, onsdag den 4. juni 2031")
    shown = call("show", "20301_M12_helemoedet.xml", "--index", str(tmp_path / "index"))
    assert "13:02:40-13:03:12" in shown.stdout
