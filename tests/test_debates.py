"""Verbatim chamber debates, on invented ones in the layout of the real."""

from __future__ import annotations

import time

import pytest

from corpus.debates import recognise_debate
from corpus.records import Fields, Section


def mark(clock: str) -> str:
    """A time mark as the print sets it, far to the right."""
    return " " * 90 + f"Kl. {clock}"


DEBATE = f"""\
                                  12. møde
                     Onsdag den 4. juni 2031 kl. 13.00


                                 Dagsorden

1) Besvarelse af oversendte spørgsmål til ministrene (spørgetid).
(Se nedenfor).

2) 1. behandling af lovforslag nr. L 7:
Forslag til lov om ændring af lov om gadelygter. (Lys om natten).
Af kystministeren (Ib Strand).
(Fremsættelse 02.06.2031).


1) Til kystministeren af:
Asta Fyr (XA)
Hvornår bliver havnene dybere, og hvad koster
det kommunerne?
(Spm. nr. S 41 (omtrykt). Medspørger: Bo Mole (XB)).

2) Til ministeren for fyr, bro og færge af:Karl Kaj (XB)
Vil ministeren tænde flere fyrtårne om natten?
(Spm. nr. S 42, skr. begr.).3) Til kystministeren af:
Bo Mole (XB)
Findes der stadig ål i søerne?
(Spm. nr. S 43).



{mark("13:00")}

Meddelelser fra formanden

Formanden (Ane Stol):
Mødet er åbnet.

I dag er der følgende anmeldelser:

Kystministeren (Ib Strand):

Lovforslag nr. L 8 (Forslag til lov om tang).

Asta Fyr (XA), Bo Mole (XB) og
Karl Kaj (XB):

Beslutningsforslag nr. B 3 (Forslag om ål).

Det første punkt på dagsordenen er:
1) Besvarelse af oversendte spørgsmål til ministrene (spørgetid).
{mark("13:01")}

Spm. nr. S 41 (omtrykt)
1) Til kystministeren af:
Asta Fyr (XA) (medspørger: Bo Mole (XB)):
Hvornår bliver havnene dybere, og hvad koster
det kommunerne?

Formanden (Ane Stol):
Værsgo.
{mark("13:02")}

Asta Fyr (XA):
Tak. Hvornår bliver havnene dybere, og hvad koster det kommunerne?
{mark("13:02")}Formanden (Ane Stol):Ministeren.
{mark("13:02")}

Kystministeren (Ib Strand):
Det bliver de til maj. (Asta Fyr (XA): Godt!). Og det er
gratis.{mark("13:03")}

Første næstformand (Per Bord):
Medspørgeren.
{mark("13:03")}

Bo Mole (XB):
Er det nu også sikkert?
{mark("13:04")}

Kystministeren (Ib Strand):
Ja.
{mark("13:05")}

Spm. nr. S 422) Til ministeren for fyr, bro og færge af:
Karl Kaj (XB):
Vil ministeren tænde flere fyrtårne om natten?

Skriftlig begrundelse

Der henvises til bladet Fyr.

Formanden (Ane Stol):
(Spørgsmålet er udgået af dagsordenen).
{mark("13:05")}

Spm. nr. S 43
3) Til kystministeren af:
Bo Mole (XB):
Findes der stadig ål i søerne?

Formanden (Ane Stol):
Værsgo.
{mark("13:06")}

Bo Mole (XB):
Findes der stadig ål i søerne?
{mark("13:06")}

(Kystministeren)
Lis Klit (fg.):
Kun få.
{mark("13:07")}

Formanden (Ane Stol):
Tak. Mødet er udsat. (Kl. 13:07).

Det sidste punkt på dagsordenen er:
2) 1. behandling af lovforslag nr. L 7:Forslag til lov om ændring af lov om gade-
og stilygter. (Lys om natten).
Af kystministeren (Ib Strand).
(Fremsættelse 02.06.2031).
{mark("14:00")}Forhandling

Den fg. formand (Ida Skammel):
Forhandlingen er åbnet.
{mark("14:00")}

(Ordfører)
Karl Kaj (XB):
Vi kan lide lygter.
{mark("14:01")}

Men de må ikke blænde.
{mark("14:02")}
(Ordfører for forslagsstillerne)Asta Fyr (XA):
Tak.
{mark("14:02")}

Kystministeren (Ib Strand):
Sagen er klar.
{mark("14:03")}

Meddelelser fra formanden

Den fg. formand (Ida Skammel):
Der er ikke mere at foretage.
Mødet er hævet. (Kl. 14:03)."""


def read(text: str) -> tuple[Fields, tuple[Section, ...]]:
    """The debate, which must be recognised."""
    found = recognise_debate(text)
    assert found is not None
    return found


def said(text: str, sections: tuple[Section, ...]) -> list[tuple[str | None, str]]:
    """Who said what, the words on one line."""
    return [(s.speaker, " ".join(text[s.start : s.end].split())) for s in sections if s.time]


def find(words: str) -> Section:
    """The first timed section that begins with the words."""
    _, sections = read(DEBATE)
    return next(s for s in sections if s.time and DEBATE[s.start : s.end].startswith(words))


def test_fields_are_what_the_heading_says() -> None:
    """Number, date and title come from the heading; whatever it does not say stays None."""
    fields, _ = read(DEBATE)
    assert fields == Fields(
        kind="referat", number="12", date="2031-06-04", title="12. møde, onsdag den 4. juni 2031 kl. 13.00"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12. møde\nOnsdag den 4. juni 2031 kl. 13.00\nDagsorden\n1) Valg.",
        "Formanden (Ane Stol):\nMødet er åbnet.",
        "Referat af 12. møde i Havneudvalget onsdag den 4. juni 2031.\nFormanden (Ane Stol):\nVelkommen.",
        "Spørgsmål nr. 12:\nHvad koster det?\nSvar:\nIntet.",
    ],
)
def test_other_texts_are_no_debates(text: str) -> None:
    """A text without the meeting's heading, or in which no chair speaks, is None."""
    assert recognise_debate(text) is None


def test_agenda_questions_have_asker_addressee_number_and_only_their_words() -> None:
    """Every oral question on the agenda is a section, also where page ends swallowed its line breaks."""
    _, sections = read(DEBATE)
    asked = [s for s in sections if s.time is None]
    assert [(s.number, s.speaker, s.party, s.addressee, s.role, s.kind) for s in asked] == [
        ("S 41", "Asta Fyr", "XA", "kystministeren", None, "spørgsmål"),
        ("S 42", "Karl Kaj", "XB", "ministeren for fyr, bro og færge", None, "spørgsmål"),
        ("S 43", "Bo Mole", "XB", "kystministeren", None, "spørgsmål"),
    ]
    assert asked[0].heading == "Til kystministeren af Asta Fyr (XA)"
    assert [DEBATE[s.start : s.end] for s in asked] == [
        "Hvornår bliver havnene dybere, og hvad koster\ndet kommunerne?",
        "Vil ministeren tænde flere fyrtårne om natten?",
        "Findes der stadig ål i søerne?",
    ]


def test_every_word_has_its_speaker_and_no_heading_or_mark_is_a_word() -> None:
    """The speeches come in order, split at time marks inside them, free of names, marks and notes."""
    _, sections = read(DEBATE)
    assert [line for line in said(DEBATE, sections) if line[0] != "Ane Stol"] == [
        ("Asta Fyr", "Tak. Hvornår bliver havnene dybere, og hvad koster det kommunerne?"),
        ("Ib Strand", "Det bliver de til maj. (Asta Fyr (XA): Godt!). Og det er gratis."),
        ("Per Bord", "Medspørgeren."),
        ("Bo Mole", "Er det nu også sikkert?"),
        ("Ib Strand", "Ja."),
        ("Karl Kaj", "Der henvises til bladet Fyr."),
        ("Bo Mole", "Findes der stadig ål i søerne?"),
        ("Lis Klit", "Kun få."),
        ("Ida Skammel", "Forhandlingen er åbnet."),
        ("Karl Kaj", "Vi kan lide lygter."),
        ("Karl Kaj", "Men de må ikke blænde."),
        ("Asta Fyr", "Tak."),
        ("Ib Strand", "Sagen er klar."),
        ("Ida Skammel", "Der er ikke mere at foretage. Mødet er hævet."),
    ]


def test_lists_of_bills_stay_the_chairs_words() -> None:
    """The movers of a bill that the chair announces do not become speakers."""
    opening = find("Mødet er åbnet.")
    assert (opening.speaker, opening.role, opening.party) == ("Ane Stol", "formand", None)
    assert DEBATE[opening.start : opening.end].endswith("Beslutningsforslag nr. B 3 (Forslag om ål).")


def test_a_question_is_linked_to_its_reading_and_its_replies() -> None:
    """Within the treatment of a question all speeches bear its number; asker and minister have their kinds."""
    _, sections = read(DEBATE)
    treated = [s for s in sections if s.number == "S 41" and s.time]
    assert [(s.speaker, s.role, s.kind, s.time) for s in treated] == [
        ("Ane Stol", "formand", "tekst", "13:01"),
        ("Asta Fyr", "spørger", "spørgsmål", "13:02"),
        ("Ane Stol", "formand", "tekst", "13:02"),
        ("Ib Strand", "kystministeren", "svar", "13:02"),
        ("Per Bord", "første næstformand", "tekst", "13:03"),
        ("Bo Mole", "medspørger", "tekst", "13:03"),
        ("Ib Strand", "kystministeren", "svar", "13:04"),
    ]
    assert treated[1].addressee == "kystministeren"
    assert treated[3].addressee is None


def test_a_withdrawn_question_has_no_reply_and_its_glued_number_is_parted() -> None:
    """ "S 422)" is S 42 and item 2 because the agenda says so; the written reason is the asker's text."""
    _, sections = read(DEBATE)
    treated = [s for s in sections if s.number == "S 42" and s.time]
    assert [(s.kind, s.speaker, s.role) for s in treated] == [("tekst", "Karl Kaj", "spørger")]


def test_an_acting_minister_answers() -> None:
    """A minister named in the line above the speaker's name answers as that minister."""
    reply = find("Kun få.")
    assert (reply.kind, reply.speaker, reply.role, reply.party) == (
        "svar",
        "Lis Klit",
        "fg. kystministeren",
        None,
    )


def test_headings_are_the_item_of_the_agenda() -> None:
    """A speech bears the title of its item without mover and dates; outside question time no number."""
    speech = find("Vi kan lide lygter.")
    assert speech.heading == (
        "2) 1. behandling af lovforslag nr. L 7: Forslag til lov om ændring af lov om gade- og stilygter. "
        "(Lys om natten)."
    )
    assert (speech.number, speech.role, speech.kind, speech.time) == (None, "ordfører", "tekst", "14:00")
    assert find("Sagen er klar.").kind == "tekst"
    assert find("Der er ikke mere").heading == "Meddelelser fra formanden"
    assert find("Forhandlingen er åbnet").role == "fg. formand"
    last = [s for s in read(DEBATE)[1] if s.speaker == "Asta Fyr"][-1]
    assert last.role == "ordfører for forslagsstillerne"


def test_a_long_item_title_is_shortened_at_a_word() -> None:
    """No heading has more than 200 characters."""
    text = DEBATE.replace("Forslag til lov om ændring", "Forslag til lov om " + "meget " * 60 + "ændring")
    headings = [s.heading for s in read(text)[1] if s.heading]
    assert max(map(len, headings)) <= 200
    assert any(heading.endswith("meget …") for heading in headings)


def test_questions_to_the_prime_minister_have_number_asker_and_reply() -> None:
    """A question without an agenda entry is asked by the first member under its number."""
    text = f"""\
3. møde
Tirsdag den 1. april 2031 kl. 13.00
Dagsorden
1) Spørgetime med statsministeren.

{mark("13:00")}

Formanden (Ane Stol):
Mødet er åbnet.

Det eneste punkt på dagsordenen er:
1) Spørgetime med statsministeren.
{mark("13:00")}

Statsministeren (Ulla Top):
Velkommen.
{mark("13:01")}

Spm. nr. US 4

Bo Mole (XB):
Hvordan går det?
{mark("13:01")}

Statsministeren (Ulla Top):
Godt.
{mark("13:02")}

Bo Mole (XB):
Stadig?
"""
    speeches = [s for s in read(text)[1] if s.speaker in ("Bo Mole", "Ulla Top")]
    assert [(s.kind, s.number, s.addressee, s.role) for s in speeches] == [
        ("tekst", None, None, "statsministeren"),
        ("spørgsmål", "US 4", "statsministeren", "spørger"),
        ("svar", "US 4", None, "statsministeren"),
        ("tekst", "US 4", None, "spørger"),
    ]


def test_a_question_missing_from_the_agenda_is_taken_from_the_debate() -> None:
    """Where only the debate prints a question, its words there are the section."""
    start, stop = DEBATE.index("1) Til kyst"), DEBATE.index("\n\n\n" + mark("13:00"))
    text = DEBATE[:start] + DEBATE[stop:]
    first = next(s for s in read(text)[1] if s.number == "S 41" and s.kind == "spørgsmål")
    assert text[first.start : first.end].startswith("Hvornår bliver havnene dybere")
    assert (first.speaker, first.addressee) == ("Asta Fyr", "kystministeren")


@pytest.mark.parametrize(
    ("line", "speaker", "party", "role"),
    [
        ("Jens O. Å. af Vig-Bæk (UFG)", "Jens O. Å. af Vig-Bæk", "UFG", None),
        ("Ministeren for å, bæk og sø (Eva Sø, fg.)", "Eva Sø", None, "fg. ministeren for å, bæk og sø"),
        ("Ministeren for vand og\nøer (Eva Sø)", "Eva Sø", None, "ministeren for vand og øer"),
        ("Tredje næstformand (Eva Sø)", "Eva Sø", None, "tredje næstformand"),
        ("Aldersformanden (Eva Sø)", "Eva Sø", None, "aldersformand"),
        ("(Privatist)\nÉva Dam (UFG)", "Éva Dam", "UFG", "privatist"),
    ],
)
def test_names_and_titles(line: str, speaker: str, party: str | None, role: str | None) -> None:
    """Every form of a speaker's line gives name, party and role."""
    text = DEBATE.replace("(Ordfører)\nKarl Kaj (XB):\nVi", f"{line}:\nVi")
    section = next(s for s in read(text)[1] if text[s.start : s.end] == "Vi kan lide lygter.")
    assert (section.speaker, section.party) == (speaker, party)
    assert section.role == role


def test_an_interjection_broken_over_lines_begins_no_speech() -> None:
    """The second line of a bracketed interjection can look like a member's name and is none."""
    text = DEBATE.replace("Vi kan lide lygter.", "Vi kan lide lygter. (Kim\nEdvard Holm (XB): Ja!) Nu.")
    assert find_in(text, "Vi kan lide").speaker == "Karl Kaj"
    assert all(s.speaker != "Edvard Holm" for s in read(text)[1])


def find_in(text: str, words: str) -> Section:
    """The first section of the text that begins with the words."""
    return next(s for s in read(text)[1] if text[s.start : s.end].startswith(words))


def test_sections_lie_in_order_inside_the_text_without_overlap() -> None:
    """Offsets count in the text as given: ascending, disjoint, without white space at the ends."""
    end = 0
    for section in read(DEBATE)[1]:
        assert end <= section.start < section.end <= len(DEBATE)
        assert DEBATE[section.start : section.end] == DEBATE[section.start : section.end].strip()
        end = section.end


@pytest.mark.parametrize(
    "filler",
    [
        "Anne Bo (XA): Nej. ",
        "(" * 10 + "Spm. nr. S 1 ",
        " " * 40 + "Kl. 13:00",
        "Ministeren for fyr, bro og ",
        "1) Til ministeren for det hele ",
        "\n" * 30 + "Det næste punkt på dagsordenen er:\n1) ",
        "Spm. nr. S 1\n1) Til x af: Bo Mole (XB) (medspørger: (((",
    ],
)
def test_reading_takes_linear_time(filler: str) -> None:
    """A megabyte of hostile text, on one line or many, is read within seconds."""
    text = DEBATE + "\n" + filler * (1_000_000 // len(filler))
    begun = time.process_time()
    read(text)
    assert time.process_time() - begun < 5
