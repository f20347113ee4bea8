"""Press releases, articles and plain documents: kind, headline, date, headings, and the page's furniture."""

from __future__ import annotations

import time

import pytest

from corpus.records import Fields
from corpus.web import recognise_web

LONG = "Dette er en lang sætning om broer og færger, som fylder mere end en enkelt linje på en almindelig side."

RELEASE = f"""Gå til indhold
Vi bruger cookies på hjemmesiden for at forbedre din oplevelse.
Acceptér alle
Forside
Nyheder
Om ministeriet
Broministeriet
PRESSEMEDDELELSE / 11-04-2019

Ny bro skal samle øerne i syd

{LONG}

Brominister Thomas Dam siger:

- Jeg er glad for broen.

Læs mere om broen her, hvor aftalen også ligger.

Sådan bliver broen betalt

{LONG}

Kontakt

Pressevagt

12345678"""

ARTICLE = f"""Du bruger en ældre version af Internet Explorer. Siden kan ikke vises.
Klik her for at hente en nyere

Vi beklager ulejligheden.

Med venlig hilsen, Broforeningen

Ros til broerne

{LONG} Det skete den 18. marts.

{LONG}

Flere broer på vej

”Broer er gode,” siger direktør Bo Lind. {LONG}

BROFORENINGEN FOR ALLE

Brogade 28C, 4. sal.

1453 København K."""


def shown(text: str) -> list[str]:
    return [text[s.start : s.end] for s in recognise_web(text)[1]]


def test_press_release() -> None:
    """A labelled press release gives headline, date, ministry and the one minister who speaks."""
    fields, sections = recognise_web(RELEASE)
    assert fields == Fields(
        kind="pressemeddelelse",
        title="Ny bro skal samle øerne i syd",
        date="2019-04-11",
        minister="Thomas Dam",
        minister_title="broministeren",
        ministry="Broministeriet",
    )
    assert [s.heading for s in sections] == [None, "Sådan bliver broen betalt"]


def test_furniture_of_a_page_is_never_shown() -> None:
    """Menu, cookie banner, link lines and contact block lie in no section; headings lie in theirs."""
    first, second = shown(RELEASE)
    assert first.startswith("Dette er") and first.endswith("- Jeg er glad for broen.")
    assert second == f"Sådan bliver broen betalt\n\n{LONG}"


def test_press_release_without_a_label() -> None:
    """Ministers speaking under a date and over a press contact make a press release; two of them name no one."""
    text = (
        f"Broer for alle\n\n02-02-2017\n\n{LONG}\n\nBrominister Tom Dam siger:\n\nGodt.\n\n"
        "Efter mødet siger færgeminister Eva Mø:\n\nFint.\n\n"
        "Yderligere oplysninger\n\nPresse- og kommunikationschef Bo Ask, tlf. 12 34 56 78, \n"
    )
    fields, _ = recognise_web(text)
    assert (fields.kind, fields.date, fields.title) == ("pressemeddelelse", "2017-02-02", "Broer for alle")
    assert (fields.minister, fields.minister_title) == (None, None)
    assert "Bo Ask" not in " ".join(shown(text))


def test_article_behind_a_browser_warning() -> None:
    """The warning with its greeting and the address at the foot are left out; a day in the text dates nothing."""
    fields, sections = recognise_web(ARTICLE)
    assert (fields.kind, fields.title, fields.date) == ("artikel", "Ros til broerne", None)
    assert [s.heading for s in sections] == [None, "Flere broer på vej"]
    text = " ".join(shown(ARTICLE))
    assert "Internet Explorer" not in text and "Med venlig hilsen" not in text and "BROFORENINGEN" not in text
    assert "1453" not in text


def test_article_with_a_byline_in_wrapped_lines() -> None:
    """A wrapped headline is one, a byline dates the article, and wrapped lines are no headings."""
    text = (
        "Kommunerne får\nflere penge til broer\n\nAf Jens Holm, 4. maj 2022\n\n"
        "Kommunerne får næste år flere penge til broer og veje, og\n"
        "det er godt nyt for pendlerne i hele landet, mener for-\neningen.\n\n"
        "”Det er på tide,” siger formand Bo Lind om aftalen, som\n"
        "blev indgået sent i går efter lange forhandlinger mellem\nparterne.\n\n"
        "Flere penge på vej\n\nDer er flere penge på vej til næste år, oplyser forenin-\n"
        "gen i et notat til medlemmerne.\n"
    )
    fields, sections = recognise_web(text)
    assert (fields.kind, fields.date) == ("artikel", "2022-05-04")
    assert fields.title == "Kommunerne får flere penge til broer"
    assert [s.heading for s in sections] == [None, "Flere penge på vej"]


def test_anything_else_is_a_document() -> None:
    """A text without evidence of another kind is a document, with no field guessed."""
    fields, _ = recognise_web(f"Notat om færger\n\nNotatet er kort.\n\n{LONG}\n")
    assert fields == Fields(kind="dokument", title="Notat om færger")
    assert recognise_web("") == (Fields(), ())
    assert recognise_web(LONG)[0] == Fields()
    assert shown(LONG) == [LONG]


@pytest.mark.parametrize(
    ("line", "date"),
    [
        ("Publiceret 3. maj 2023", "2023-05-03"),
        ("3. maj 2023 kl. 10.30", "2023-05-03"),
        ("Onsdag den 3. maj 2023", "2023-05-03"),
        ("Nyhed | 3. maj 2023", "2023-05-03"),
        ("København, den 3. maj 2023", "2023-05-03"),
        ("Sidst opdateret 3. maj 2023", None),
        ("Frist for svar: 3. maj 2023", None),
        ("Mødet holdes 3. maj 2023 i Odense.", None),
    ],
)
def test_only_the_documents_own_date_counts(line: str, date: str | None) -> None:
    """A date counts where it dates the document, never a deadline, a change or a meeting."""
    assert recognise_web(f"Broer for alle\n\n{line}\n\n{LONG}\n\n{LONG}\n")[0].date == date


def test_related_news_end_the_text() -> None:
    """What a page lists under its text is not shown."""
    text = f"Broer for alle\n\n{LONG}\n\nRelaterede nyheder\n\nEn anden nyhed om noget andet\n"
    assert shown(text) == [LONG]


@pytest.mark.parametrize("filler", ["a", "Kort linje\n\n", "3. maj 2020\n", "ab-\n", "\fSide 1\nHej\n"])
def test_hostile_texts_take_linear_time(filler: str) -> None:
    """A megabyte of anything is read in seconds."""
    began = time.process_time()
    recognise_web(filler * (1_000_000 // len(filler)))
    assert time.process_time() - began < 20


@pytest.mark.parametrize(("written", "name"), [("Thomas Dam.", "Thomas Dam"), ("Thomas D.", "Thomas D.")])
def test_full_stop_is_not_of_the_name(written: str, name: str) -> None:
    """A minister named at a sentence's end is given without its full stop; an initial keeps its own."""
    fields, _ = recognise_web(f"Pressemeddelelse\n\nNy bro\n\n{LONG}\n\n- Broen er god, siger brominister {written}\n")
    assert (name, "broministeren") == (fields.minister, fields.minister_title)


def test_date_and_byline_on_one_line() -> None:
    """A line of date and author dates the article and is not shown."""
    text = f"Nyt om broer\n\n14. marts 2019 | Af Thomas Dam\n\n{LONG}\n\n{LONG}\n"
    fields, _ = recognise_web(text)
    assert ("2019-03-14", "Nyt om broer") == (fields.date, fields.title)
    assert [f"{LONG}\n\n{LONG}"] == shown(text)


@pytest.mark.parametrize(
    "above",
    [
        "Nyheder\nPubliceret 12-05-2016\n\nBroministeriet",
        "NOTAT\n\nBrostyrelsen\n5. maj 2020",
        "PRESSEMEDDELELSE",
        "Dansk Broråd\nForside  Nyheder  Politik  Om os  Log ind\n\nArtikel",
        "Dansk Broråd\nForside | Nyheder | Politik | Kontakt",
    ],
)
def test_headline_stands_under_site_and_label(above: str) -> None:
    """The site's name, its menu, the sender and the kind of text are no headline where one follows, and no text."""
    text = f"{above}\n\nBroerne presser færgerne\n\n{LONG}\n\n{LONG}\n"
    assert recognise_web(text)[0].title == "Broerne presser færgerne"
    assert [f"{LONG}\n\n{LONG}"] == shown(text)


def test_label_without_a_headline_is_the_title() -> None:
    """A label heads the text if nothing else does."""
    assert recognise_web(f"NOTAT\n\n{LONG}\n\n{LONG}\n")[0].title == "NOTAT"


def test_table_row_is_no_menu() -> None:
    """Words side by side are a menu only if they are those of one."""
    text = f"Broer\n\n{LONG}\n\nNavn  Presse  Antal\n\n{LONG}\n"
    assert "Navn  Presse  Antal" in " ".join(shown(text))
