"""Answer letters: which are recognised, what they say of themselves, and what of them may be shown."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest

from corpus.danish import committee_name, iso_date, minister_title, ministry_name, one_line, session_code
from corpus.letters import recognise_letter
from corpus.records import Fields, Section

COMMITTEE_LETTER = """


Folketingets Udvalg for Broer og Øfærger
Christiansborg
1240 København K

Vejministeriet
Brogade 8
1061 København K

T 12 34 56 78
E vej@example.dk
www.example.dk

CVR 12345678

Udvalget for Broer og Øfærger har i brev af 1. april 2012 stillet følgende spørgsmål nr. 31 (BØF alm. del), \
som hermed besvares. Spørgsmålet er stillet efter ønske fra Asta Brink-Holm (RV).

27. april 2012

J.nr. 2012-44

Spørgsmål nr. 31:

”Vil ministeren oplyse, jf. svar på spørgsmål 7, hvad ”Færger til alle” koster?”

Endeligt svar:

Ordningen koster 12 mio. kr. om året, jf. aftale af 3. maj 2011.

Den dækker 14 færger.

Venlig hilsen

Bodil Færgemann"""

MEMBERS_LETTER = """ Under henvisning til Folketingets brev af 4. april 2008 følger hermed \n
broministerens endelige svar på spørgsmål nr. S 77, stillet af \n
Asta Brink-Holm (RV). \n \n \n
Spørgsmål nr. S 77: \n \n
”Mener ministeren, at broerne er sik-\n
re nok for cyklister?” \n \n
Svar: \n
Da cyklister hører under andre, har jeg til brug for besvarelsen indhentet \n
følgende bidrag fra cykelministeren: \n \n
”Cykelstier er vigtige, og initiativet ”Alle i \n
gang” virker. \f Det er derfor sik-\n
kert. \n \n
Vi bygger flere.” \n \n
Ministeren for Veje, Broer og Tunneller har desuden oplyst \n
følgende: \n \n
”Der er ti tunneller.” \n \n
Jeg kan henholde mig til svarene. \n \n
Karen Dybdal \n
/  Bent Sund \n"""


def letter(text: str) -> tuple[Fields, tuple[Section, ...]]:
    found = recognise_letter(text)
    assert found is not None
    return found


def shown(text: str, kind: str | None = None) -> list[str]:
    return [text[s.start : s.end] for s in letter(text)[1] if kind in (None, s.kind)]


def test_committee_answer_gives_all_its_fields() -> None:
    """A committee's answer says its number, case, committee, asker, minister, ministry, date and status."""
    fields, _ = letter(COMMITTEE_LETTER)
    assert fields == Fields(
        kind="udvalgssvar",
        date="2012-04-27",
        number="31",
        case="BØF alm. del",
        committee="Udvalget for Broer og Øfærger",
        asker="Asta Brink-Holm",
        party="RV",
        minister="Bodil Færgemann",
        ministry="Vejministeriet",
        status="endeligt",
    )


def test_only_question_and_answer_are_shown() -> None:
    """Letterhead, opening sentence, labels and signature lie in no section."""
    question, answer = shown(COMMITTEE_LETTER)
    assert question == "”Vil ministeren oplyse, jf. svar på spørgsmål 7, hvad ”Færger til alle” koster?”"
    assert answer.startswith("Ordningen koster") and answer.endswith("14 færger.")


def test_members_answer_and_its_contributions() -> None:
    """A § 20 answer keeps the authors of what it quotes apart from the minister who answers."""
    fields, sections = letter(MEMBERS_LETTER)
    assert (fields.kind, fields.number, fields.case, fields.committee) == ("§20-svar", "S 77", "§ 20", None)
    assert (fields.asker, fields.party) == ("Asta Brink-Holm", "RV")
    assert (fields.minister, fields.minister_title, fields.status) == ("Karen Dybdal", "broministeren", "endeligt")
    assert fields.date is None  # only the date of the Folketing's letter is given
    assert [s.kind for s in sections] == ["spørgsmål"] + ["svar"] * 5
    others = ["cykelministeren", "ministeren for veje, broer og tunneller"]
    speakers = [s.speaker for s in sections[1:]]
    assert speakers == ["Karen Dybdal", others[0], "Karen Dybdal", others[1], "Karen Dybdal"]
    assert [s.role for s in sections if s.speaker in others] == others
    quoted = one_line(MEMBERS_LETTER[sections[2].start : sections[2].end])
    assert (
        quoted
        == "”Cykelstier er vigtige, og initiativet ”Alle i gang” virker. Det er derfor sikkert. Vi bygger flere.”"
    )
    assert shown(MEMBERS_LETTER)[-1] == "Jeg kan henholde mig til svarene."


MODERN = """Broudvalget 2022-23 (2. samling)
BRU Alm.del
Offentligt
2573448_0001.png
Holmgade 6
DK-1057 København K
T +45 1234 5678
W bro.dk
Folketingets Bro- og Færgeudvalg
Dato: 22-05-2023
Sagsnr.: 1803892
Dok. nr.: 612677
Folketingets Bro- og Færgeudvalg har den 3. marts 2023 stillet følgende spørgs-
mål nr. 240 (Alm. del) til bro- og færgeministeren, som hermed besvares. Spørgsmålet er
stillet efter ønske fra Anders Bo Holm (EL).
Spørgsmål nr. 240:
”Hvad koster
færgerne?”
Svar:
De koster 4 mio. kr., hvilket er det
SIDE
samme som før.
Med venlig hilsen
Karen Lise Mørk
/
Bo Dinesen
BRU, Alm.del - 2022-23 (2. samling) - Endeligt svar på spørgsmål 240: Spm. om færgernes
pris, til bro- og færgeministeren
"""


def test_modern_layout_with_stamps_and_footer() -> None:
    """The Folketing's own stamps and footers give session, status and short title, and are never shown."""
    fields, sections = letter(MODERN)
    assert (fields.number, fields.case, fields.committee) == ("240", "BRU alm. del", "Broudvalget")
    assert (fields.session, fields.status) == ("20222", "endeligt")
    assert fields.title == "Spm. om færgernes pris"
    assert (fields.asker, fields.party, fields.date) == ("Anders Bo Holm", "EL", "2023-05-22")
    assert (fields.minister, fields.minister_title) == ("Karen Lise Mørk", "bro- og færgeministeren")
    assert [s.kind for s in sections] == ["spørgsmål", "svar"]


@pytest.mark.parametrize(
    "mark", ["Side 2 af 3", "Side 2", "2/3", "- 2 -", "Offentligt", "2573448_0002.png", "\f2", "www.bro.dk"]
)
def test_page_marks_split_a_section(mark: str) -> None:
    """A page mark inside an answer lies in no section; the answer goes on in a second one."""
    assert shown(MODERN.replace("SIDE", mark), "svar") == ["De koster 4 mio. kr., hvilket er det", "samme som før."]


def test_page_mark_glued_to_a_sentence_is_cut_out() -> None:
    """A page mark that stands inside a line is left out, too."""
    text = MODERN.replace("SIDE", "heltSide 2 af 3 og aldeles")
    assert shown(text, "svar") == ["De koster 4 mio. kr., hvilket er det\nhelt", "og aldeles\nsamme som før."]


def test_running_header_is_left_out() -> None:
    """A line that stands beside every page turn is a running header."""
    text = MODERN.replace("SIDE", "\fBroer i tal\nog det er\n\fBroer i tal\nfuldstændig")
    assert "Broer i tal" not in " ".join(shown(text))
    assert "fuldstændig" in " ".join(shown(text))


SIGNED_FIRST = """3. april 2023
J.nr. 2023 - 2345

Til Folketinget – Broudvalget

Vedrørende BRU alm. del - Spørgsmål nr. 240

Hermed sendes svar på spørgsmål nr. 240 af 3. marts 2023 (alm. del). \
Spørgsmålet er stillet efter ønske fra Ulla Vang (V) og Bo Ask (SF).

JEPPE HOLST-BRO
                        / SØREN LIND

Side 1 af 2
Spørgsmål
Ministeren bedes oplyse:
a) hvor mange der sejler, og
b) hvor mange der ikke gør?

Svar
Ad a)
Der er 100, der sejler.

Side 2 af 2
Ad b) Der er 200.
"""


def test_letter_signed_before_its_question() -> None:
    """A signature above the question gives the minister; the letter's date is not the day of asking."""
    fields, _ = letter(SIGNED_FIRST)
    assert (fields.minister, fields.date, fields.case) == ("Jeppe Holst-Bro", "2023-04-03", "BRU alm. del")
    assert (fields.asker, fields.party, fields.status) == ("Ulla Vang og Bo Ask", "V, SF", None)


def test_parts_of_question_and_answer_match() -> None:
    """Every sub-question and the reply to it carry the same letter, across pages."""
    _, sections = letter(SIGNED_FIRST)
    parts = [(s.kind, s.part) for s in sections]
    assert parts == [("spørgsmål", None), ("spørgsmål", "a"), ("spørgsmål", "b"), ("svar", "a"), ("svar", "b")]


@pytest.mark.parametrize(
    "heads",
    [
        ("Ad a)", "Ad b)"),
        ("Svar på spørgsmål a:", "Svar på spørgsmål b:"),
        ("a)", "b)"),
        ("Ad spørgsmål a", "Ad spørgsmål b"),
    ],
)
def test_headings_of_partial_answers(heads: tuple[str, str]) -> None:
    """The usual headings of partial answers are all understood."""
    text = SIGNED_FIRST.replace("Ad a)", heads[0]).replace("Ad b)", heads[1] + "\n")
    assert [s.part for s in letter(text)[1] if s.kind == "svar"] == ["a", "b"]


def test_numbered_answer_to_one_question_has_no_parts() -> None:
    """Paragraph numbers in an answer are no parts when the question had none."""
    text = MODERN.replace("De koster", "1. De koster").replace("SIDE", "\n2. og")
    assert {s.part for s in letter(text)[1]} == {None}


def test_numbered_parts_and_a_bill() -> None:
    """Questions on bills count in the bill; "1." and "2." in question and answer match."""
    text = (
        "Det Bropolitiske Udvalg\nL 92 – spørgsmål 12\n\nBro-, Færge- og Øministeriet\n\n"
        "København, den 4. juni 2019\n\n"
        "Spørgsmål 12:\n1. Ministeren bedes oplyse prisen.\n2. Ministeren bedes oplyse mængden.\n\n"
        "Foreløbigt svar:\n1. Prisen er 4 kr.\n2. Mængden er 5 tons.\n\nMed venlig hilsen\nLars Lund / Eva Mø\n"
    )
    fields, sections = letter(text)
    assert (fields.number, fields.case, fields.committee) == ("12", "L 92", "Det Bropolitiske Udvalg")
    assert (fields.date, fields.ministry) == ("2019-06-04", "Bro-, Færge- og Øministeriet")
    assert (fields.minister, fields.status) == ("Lars Lund", "foreløbigt")
    assert [(s.kind, s.part) for s in sections] == [
        ("spørgsmål", "1"),
        ("spørgsmål", "2"),
        ("svar", "1"),
        ("svar", "2"),
    ]


@pytest.mark.parametrize(
    ("heading", "status"),
    [
        ("Endeligt svar:", "endeligt"),
        ("Foreløbigt svar:", "foreløbigt"),
        ("Supplerende svar:", "supplerende"),
        ("Korrigeret svar:", "korrigeret"),
        ("Korrigeret besvarelse:", "korrigeret"),
        ("Svar:", None),
        ("Svar", None),
        ("Besvarelse:", None),
    ],
)
def test_status_is_what_the_heading_says(heading: str, status: str | None) -> None:
    """The status is the heading's word, and nothing if it has none."""
    fields, sections = letter(COMMITTEE_LETTER.replace("Endeligt svar:", heading))
    assert fields.status == status
    assert [s.kind for s in sections] == ["spørgsmål", "svar"]


def test_a_correction_outranks_what_it_corrects() -> None:
    """A letter marked as corrected is corrected, though its heading still says final."""
    assert letter("KORRIGERET SVAR\n" + COMMITTEE_LETTER)[0].status == "korrigeret"
    assert letter("Omtryk\n" + COMMITTEE_LETTER)[0].status == "endeligt"


def test_pointer_is_an_ordinary_answer() -> None:
    """An answer that only points to another one is still shown, and its own number stays."""
    text = (
        "Folketinget\n\n3. maj 2023\n\nSpørgsmål nr. S 560 stillet den 25. april 2023 af Lise Holt (EL):\n\nHvad nu?"
        "\n\nSvar:\n\nDer henvises til mit svar på spørgsmål nr. S 123.\n\nMed venlig hilsen\n\nTom Dam\nBrominister\n"
    )
    fields, _ = letter(text)
    assert (fields.number, fields.asker, fields.party, fields.date) == ("S 560", "Lise Holt", "EL", "2023-05-03")
    assert (fields.minister, fields.minister_title) == ("Tom Dam", "broministeren")
    assert shown(text) == ["Hvad nu?", "Der henvises til mit svar på spørgsmål nr. S 123."]


def test_replies_under_the_questions_numbers() -> None:
    """The heading "Spørgsmål 1" inside an answer opens the reply to the first sub-question."""
    text = (
        "Folketingets Broudvalg har den 3. marts 2023 stillet følgende spørgsmål nr. 240 (Alm. del), "
        "som hermed besvares. Spørgsmålet er stillet efter ønske fra ikkemedlem af udvalget (MFU) Nis Holm (ALT).\n"
        "Spørgsmål\nMinisteren bedes oplyse 1) antallet af broer og 2) antallet af færger.\n"
        "Svar\nSpørgsmål 1\nDer er 10 broer.\nSpørgsmål 2\nDer er 20 færger.\n"
    )
    fields, sections = letter(text)
    assert (fields.number, fields.asker, fields.party) == ("240", "Nis Holm", "ALT")
    assert [(s.kind, s.part) for s in sections if s.part] == [
        ("spørgsmål", "1"),
        ("spørgsmål", "2"),
        ("svar", "1"),
        ("svar", "2"),
    ]


def test_sub_questions_asked_and_answered_in_turn() -> None:
    """Sub-questions with headings of their own pass their letter on to the answers under them."""
    text = (
        "Hermed min besvarelse af spørgsmål nr. 44 (BRU alm. del), som hermed besvares.\n\n"
        "Spørgsmål 44 a:\n\nHvor mange?\n\nSvar:\n\nTi.\n\nSpørgsmål 44 b:\n\nHvor få?\n\nSvar:\n\nTo.\n"
    )
    parts = [(s.kind, s.number, s.part) for s in letter(text)[1]]
    assert parts == [(kind, "44", part) for part in "ab" for kind in ("spørgsmål", "svar")]


def test_guillemets_and_a_closing_with_place_and_date() -> None:
    """Nested guillemets end where they close; place, date and name at the foot date and sign the letter."""
    text = (
        "§ 20-spørgsmål S 88\n\nTil: Ministeren for by, bro og land\nAf: Ole Hav-Bang (KF)\n\n"
        "Spørgsmål nr. S 88:\n»Hvad mener ministeren om »de små broer«?«\n\nSvar på spørgsmål nr. S 88:\n"
        "Jeg har indhentet et bidrag fra Vejstyrelsen, som oplyser følgende:\n\n»De »små« broer er små.«\n\n"
        "Jeg er enig.\n\nBy-, Bro- og Landministeriet, den 9. maj 2013\n\nCarsten Hav\n"
    )
    fields, sections = letter(text)
    assert (fields.asker, fields.party, fields.date) == ("Ole Hav-Bang", "KF", "2013-05-09")
    assert (fields.minister, fields.ministry) == ("Carsten Hav", "By-, Bro- og Landministeriet")
    assert fields.minister_title == "ministeren for by, bro og land"
    assert [s.speaker for s in sections[1:]] == ["Carsten Hav", "Vejstyrelsen", "Carsten Hav"]
    assert shown(text)[-2:] == ["»De »små« broer er små.«", "Jeg er enig."]


def test_several_questions_in_one_letter() -> None:
    """Each question and its answer carry their own number; statuses that differ give none."""
    text = (
        "Broudvalget har i brev af 2. maj 2010 stillet følgende spørgsmål nr. 12 og 13 (alm. del), "
        "som hermed besvares.\n\n"
        "Spørgsmål nr. 12:\n”Hvor mange?”\n\nSvar:\nTi.\n\n"
        "Spørgsmål nr. 13 (Alm. del) fra Broudvalget:\n”Hvor få?”\n\nForeløbigt svar:\nTo.\n"
    )
    fields, sections = letter(text)
    assert (fields.number, fields.case, fields.status, fields.date) == ("12 og 13", "alm. del", None, None)
    assert [(s.kind, s.number) for s in sections] == [
        ("spørgsmål", "12"),
        ("svar", "12"),
        ("spørgsmål", "13"),
        ("svar", "13"),
    ]


def test_answer_without_headings() -> None:
    """After "følger hermed" a quoted paragraph is the question and the rest the answer."""
    text = (
        "Folketingets Broudvalg\nUnder henvisning til brev af 1. marts 2011 følger hermed supplerende svar på "
        "spørgsmål nr. 77 (BRU alm. del).\n”Vil ministeren svare?”\nJa, det vil jeg gerne.\n"
        "P.M.V.\nErik Bang\nkontorchef\n"
    )
    fields, _ = letter(text)
    assert (fields.number, fields.status, fields.minister, fields.date) == ("77", "supplerende", None, None)
    assert shown(text) == ["”Vil ministeren svare?”", "Ja, det vil jeg gerne."]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hej med dig.",
        "Spørgsmål 1: Hvad koster en billet?\nSvar: Den koster 4 kr., siger ministeren.",
        "Ny bro\n\nI et svar på spørgsmål nr. S 12 til Folketinget skriver ministeren, at broen kommer.",
        "Broudvalget\nUdvalget udbeder sig ministerens besvarelse af følgende spørgsmål:\nSpørgsmål 149\nHvad nu?",
        "Kl. 13:00\nSpørgsmål nr. S 1:\nTak.\nKl. 13:02\nSvar:\nFolketinget\nKl. 13:04\n",
    ],
)
def test_other_texts_are_no_answer_letters(text: str) -> None:
    """Questions alone, lists of questions and answers, articles and debates are no answer letters."""
    assert recognise_letter(text) is None


def test_sections_are_in_order_trimmed_and_apart() -> None:
    """Sections follow each other, hold text at both ends and never overlap."""
    for text in (COMMITTEE_LETTER, MEMBERS_LETTER, MODERN, SIGNED_FIRST):
        sections = letter(text)[1]
        assert all(a.end <= b.start for a, b in pairwise(sections))
        assert all(text[s.start : s.end].strip() == text[s.start : s.end] != "" for s in sections)


FILLERS = [" \n", "Politiet har oplyst følgende: ”x\n", "a", "Anders Bo ", "\fSide 1 af 3\nHej\n", ": ", "a) x b) y\n"]


@pytest.mark.parametrize("filler", FILLERS)
def test_hostile_texts_take_linear_time(filler: str) -> None:
    """A megabyte of anything is read in seconds."""
    began = time.process_time()
    letter(COMMITTEE_LETTER.replace("Den dækker", filler * (1_000_000 // len(filler))))
    assert time.process_time() - began < 20


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("27. april 2012", "2012-04-27"),
        ("27.04.2012", "2012-04-27"),
        ("02-02-2017", "2017-02-02"),
        ("2012-04-27", "2012-04-27"),
        ("den 3. maj 2023", "2023-05-03"),
        ("Dato: 3. MAJ 2023", "2023-05-03"),
        ("3.sept. 2023", "2023-09-03"),
        ("København, d. 26/10 2017", "2017-10-26"),
        ("d. 6/1 2017", "2017-01-06"),
        ("26/10-2017", "2017-10-26"),
        ("31. februar 2023", None),
        ("18. marts", None),
    ],
)
def test_dates(written: str, iso: str | None) -> None:
    """Danish dates become ISO 8601; what is no whole date gives none."""
    assert iso_date(written) == iso


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("2011-12", "20111"),
        ("2022-23 (2. samling)", "20222"),
        ("1999-2000", "19991"),
        ("(2. samling) 2014-15", "20142"),
        ("2. samling 2014-15", "20142"),
        ("2011-15", None),
        ("2011", None),
    ],
)
def test_sessions(written: str, code: str | None) -> None:
    """Sessions become the Folketing's own codes."""
    assert session_code(written) == code


def test_names_have_one_form() -> None:
    """Committees, titles and ministries are written one way, however the text bends them."""
    assert committee_name("Folketingets Broudvalg") == "Broudvalget"
    assert committee_name("Folketingets Udvalg for Broer") == "Udvalget for Broer"
    assert minister_title("Minister for Veje og Broer") == "ministeren for veje og broer"
    assert minister_title("BROMINISTEREN") == "broministeren"
    assert ministry_name("Bro- og\nFærgeministeriet") == "Bro- og Færgeministeriet"
    assert ministry_name("Broministeriet har oplyst") is None


def test_what_follows_the_signature_is_not_the_ministers_answer() -> None:
    """A note under the signature is shown as plain text of nobody's."""
    text = (
        "Folketinget\n\nHermed sendes svar på spørgsmål nr. S 77, "
        "som medlem af Folketinget Ida\nBrask (SF) har stillet.\n\n"
        "Spørgsmål nr. S 77:\n\n”Hvor mange storke er der?”\n\nSvar:\n\nDer er ti storke i landet.\n\n"
        "Med venlig hilsen\n\nOle Eng\n\nDette notat er føjet til efter underskriften, og det hører ikke til svaret.\n"
    )
    found = recognise_letter(text)
    assert found is not None
    fields, sections = found
    assert ("Ida Brask", "SF") == (fields.asker, fields.party)
    assert [("spørgsmål", "Ida Brask"), ("svar", "Ole Eng"), ("tekst", None)] == [(s.kind, s.speaker) for s in sections]
    assert text[sections[2].start : sections[2].end].startswith("Dette notat")


PLAIN = """Broministeriet

{head}

{date}

{opening}

Spørgsmål nr. {number}:
”Hvor mange broer er der?”

Svar:
Der er ti broer i landet.

{signature}
"""


def plain(**changed: str) -> tuple[Fields, tuple[Section, ...]]:
    parts = {
        "head": "Folketingets Broudvalg",
        "date": "5. juni 2014",
        "opening": "Folketingets Broudvalg har den 7. maj 2014 stillet følgende spørgsmål nr. 66 (alm. del) "
        "efter ønske fra Ida B. Brask (SF) til broministeren, som hermed besvares.",
        "number": "66",
        "signature": "Med venlig hilsen\n\nOle Eng",
    }
    return letter(PLAIN.format(**(parts | changed)))


@pytest.mark.parametrize(
    "opening",
    [
        "Medlem af Folketinget Ida Brask (SF) har den 4. maj 2020 stillet mig følgende § 20-spørgsmål, "
        "som hermed besvares.",
        "Folketingsmedlem Ida Brask (SF) har den 4. maj 2020 stillet følgende spørgsmål nr. S 288, "
        "som hermed besvares.",
        "Medlem af Folketinget Ida Brask (SF) har den 4. maj 2020 stillet følgende spørgsmål nr. S 288 til "
        "broministeren, som hermed besvares.",
    ],
)
def test_member_who_asked_opens_the_letter(opening: str) -> None:
    """A letter that opens with the member's name says who asked."""
    fields, sections = plain(opening=opening, number="S 288")
    assert ("§20-svar", "S 288", "Ida Brask", "SF") == (fields.kind, fields.number, fields.asker, fields.party)
    assert [("spørgsmål", "Ida Brask"), ("svar", "Ole Eng")] == [(s.kind, s.speaker) for s in sections]


def test_question_without_a_heading_and_answer_on_the_line_of_its_label() -> None:
    """A question quoted right under the opening and an answer beside "Svar:" are told apart."""
    text = (
        "Broministeriet\n\nFolketingets Broudvalg\n\n24. april 2018\n\n"
        "Folketingets Broudvalg har den 26. marts 2018 stillet mig følgende spørgsmål nr. 98 (alm. del) "
        "efter ønske fra Ida Brask (SF), som jeg hermed skal besvare:\n\n”Hvor mange broer er der?”\n\n"
        "Svar: Antallet af broer er ti, oplyser Brostyrelsen.\n\nOle Eng\n"
    )
    fields, _ = letter(text)
    assert fields == Fields(
        kind="udvalgssvar",
        date="2018-04-24",
        number="98",
        case="alm. del",
        committee="Broudvalget",
        asker="Ida Brask",
        party="SF",
        minister="Ole Eng",
        ministry="Broministeriet",
    )
    assert ["”Hvor mange broer er der?”"] == shown(text, "spørgsmål")
    assert ["Antallet af broer er ti, oplyser Brostyrelsen."] == shown(text, "svar")


def test_title_of_the_minister_asked_after_abbreviations() -> None:
    """The full stops of "nr.", "alm.", a date and an initial do not end the sentence that names the minister."""
    fields, _ = plain()
    assert ("broministeren", "Ida B. Brask") == (fields.minister_title, fields.asker)


def test_full_stop_after_the_asker_is_not_of_the_name() -> None:
    """A name that ends the sentence is given without its full stop."""
    fields, _ = plain(
        opening="Hermed sendes svar på spørgsmål nr. 66 (alm. del). Spørgsmålet er stillet efter ønske fra Ida Brask."
    )
    assert fields.asker == "Ida Brask"


@pytest.mark.parametrize(
    ("signature", "minister"),
    [
        ("Ole Eng", "Ole Eng"),
        ("OLE ENG", "Ole Eng"),
        ("Ole Eng (sign.)", "Ole Eng"),
        ("[sign.]\nOle Eng", "Ole Eng"),
        ("Med venlig hilsen\n\nOle Eng (sign.)", "Ole Eng"),
        ("Venlig hilsen\n\n[sign.]\nOle Eng", "Ole Eng"),
        ("Ole Eng\n\nBrogade 8\n1061 København K", "Ole Eng"),
        ("Ole Eng\n\nSide 2/2", "Ole Eng"),
        ("P.M.V.\nOle Eng", None),
        ("Med venlig hilsen\n\nP.M.V.\nOle Eng", None),
        ("E.B.\nOle Eng", None),
    ],
)
def test_minister_by_the_signature(signature: str, minister: str | None) -> None:
    """The name that closes the letter is the minister's, however it is signed, unless it signs for another."""
    fields, sections = plain(signature=signature)
    assert minister == fields.minister
    assert [("spørgsmål", "Ida B. Brask"), ("svar", minister)] == [(s.kind, s.speaker) for s in sections]


@pytest.mark.parametrize(
    ("line", "date"),
    [
        ("København, d. 26/10 2017", "2017-10-26"),
        ("d. 26/10 2017", "2017-10-26"),
        ("5. juni 2014/abc", "2014-06-05"),
    ],
)
def test_letter_is_dated(line: str, date: str) -> None:
    """A letter's date counts with place, in figures, and with the case officer's initials."""
    assert date == plain(date=line)[0].date


def test_every_question_of_a_range_keeps_its_number() -> None:
    """The middle question of "210-212" is question 211, and no part of another."""
    asked = "".join(
        f"Spørgsmål nr. {n}\n”Hvad koster bro {n}?”\n\nSvar\nBro {n} koster ti kr.\n\n" for n in range(210, 213)
    )
    fields, sections = letter(
        "Folketingets Broudvalg\n\nHermed følger broministerens svar på spørgsmål nr. 210-212 (BRU alm. del). "
        f"Spørgsmålene er stillet efter ønske fra Ida Brask (SF).\n\n{asked}Med venlig hilsen\n\nOle Eng\n"
    )
    assert fields.number == "210-212"
    assert [(n, None) for n in ("210", "210", "211", "211", "212", "212")] == [(s.number, s.part) for s in sections]


def test_session_stamped_with_its_sitting_before_the_year() -> None:
    """A stamp "(2. samling) 2014-15" gives the second session."""
    assert plain(head="Broudvalget (2. samling) 2014-15")[0].session == "20142"


def test_address_on_one_line_under_the_signature_is_not_shown() -> None:
    """A sender's address in one row is no passage, and hides no signature."""
    fields, sections = plain(
        signature="Ole Eng\n\nBroministeriet · Brogade 1 · 1218 København K · T 12 34 56 78 · E bro@example.dk · "
        "www.example.dk"
    )
    assert fields.minister == "Ole Eng"
    assert ["spørgsmål", "svar"] == [s.kind for s in sections]
