"""Follow-up questions: what was asked before is carried over where it is needed, and nowhere else."""

from __future__ import annotations

import pytest

from index.followup import resolve

MEN = "Hvor mange mænd var ledige i København i 2020?"
PARCELS = "Hvor mange pakkeshops har GLS?"
HOSPITAL = "Hvordan går det med supersygehuset i Aalborg?"
FOOD = "Hvad koster skolemad i Klitborg?"
TEETH = "Hvor længe venter børn på tandregulering?"


@pytest.mark.parametrize(
    ("previous", "question", "carried"),
    [
        (MEN, "Og hvad med kvinderne?", "ledige København 2020"),
        (MEN, "Hvad med kvinder?", "ledige København 2020"),
        (MEN, "Hvad så i 2021?", "mænd ledige København"),
        (MEN, "Og i Aarhus?", "mænd ledige 2020"),
        (MEN, "I Aarhus?", "mænd ledige 2020"),
        (MEN, "og i odense", "mænd ledige 2020"),
        (MEN, "Og kvinder i Odense i 2022?", "ledige"),
        (MEN, "Hvorfor det?", "mænd ledige København 2020"),
        (MEN, "Hvorfor?", "mænd ledige København 2020"),
        (MEN, "Hvem svarede på det?", "mænd ledige København 2020"),
        (MEN, "Gælder det også for unge?", "ledige København 2020"),
        (MEN, "Hvor mange af dem er akademikere?", "mænd ledige København 2020"),
        (MEN, "Hvad gør regeringen ved det?", "mænd ledige København 2020"),
        (MEN, "What about women?", "mænd ledige København 2020"),
        (FOOD, "Og i Vestermose?", "koster skolemad"),
        (FOOD, "Hvem betaler det?", "koster skolemad Klitborg"),
        (FOOD, "Og hvad betaler forældrene?", "koster skolemad Klitborg"),
        (FOOD, "Hvornår blev det vedtaget?", "koster skolemad Klitborg"),
        (FOOD, "Hvad svarede ministeren?", "koster skolemad Klitborg"),
        (FOOD, "Men hvad med allergi?", "koster skolemad Klitborg"),
        (FOOD, "Hvad med børn, der ikke kan tåle nødder?", "koster skolemad Klitborg"),
        (FOOD, "Er det steget?", "koster skolemad Klitborg"),
        (TEETH, "Og hvor længe venter ældre?", "tandregulering"),
        (TEETH, "Hvad koster det?", "længe venter børn tandregulering"),
        (TEETH, "Hvad er årsagen?", "længe venter børn tandregulering"),
        (TEETH, "Kan du uddybe?", "længe venter børn tandregulering"),
        ("Hvad mener Venstre om topskat?", "Og SF?", "topskat"),
        ("Hvad mener Venstre om topskat?", "Hvad med Enhedslisten?", "topskat"),
        ("Hvad siger S om plejehjem?", "Og hvad siger V?", "plejehjem"),
        ("Hvad sagde sundhedsministeren om ventelister?", "Og hvad sagde finansministeren?", "ventelister"),
        ("Hvad svarede ministeren på S 1204?", "Og S 1205?", "ministeren"),
        ("Hvad blev der svaret på S 1204 om tandpleje?", "Hvem stillede det?", "svaret S 1204 tandpleje"),
        ("Hvad sagde Søren Holm om fængsler?", "Hvad sagde han om skolemad?", "Søren Holm"),
        ("Hvad sagde Søren Holm om fængsler?", "Hvornår sagde han det?", "Søren Holm fængsler"),
        ("Hvad mener skatteministeren om moms?", "Hvad mener hun om topskat?", "skatteministeren"),
        ("Hvor mange flygtninge kom i marts 2022?", "Og i april 2022?", "flygtninge"),
        ("Hvor mange flygtninge kom der fra Ukraine?", "Hvor bor de?", "flygtninge Ukraine"),
        (MEN, "Hvor mange i 2021?", "mænd ledige København"),
        (MEN, "Hvor mange kvinder i Aarhus?", "ledige 2020"),
        (MEN, "2021?", "mænd ledige København"),
        (MEN, "Og i dag?", "mænd ledige København"),
        (MEN, "Og året efter?", "mænd ledige København 2020"),
        (MEN, "Hvor mange nye er der kommet?", "mænd ledige København 2020"),
        (MEN, "Hvor mange af dem får hjælp til bolig?", "mænd ledige København 2020"),
        (MEN, "Hvor meget koster de samfundet?", "mænd ledige København 2020"),
        (MEN, "Och kvinnorna?", "mænd ledige København 2020"),
        (PARCELS, "Hvor mange har Bring?", "pakkeshops"),
        (PARCELS, "Hvad med Bring?", "pakkeshops"),
        (FOOD, "Hvornår får de pengene?", "koster skolemad Klitborg"),
        (FOOD, "Hvad er reglerne?", "koster skolemad Klitborg"),
        (FOOD, "Og hvornår lukker kantinen?", "koster skolemad Klitborg"),
        (HOSPITAL, "Hvorfor er det forsinket?", "går supersygehuset Aalborg"),
        ("Hvor mange søgte Duften af Mad?", "Hvornår kommer pengene?", "søgte Duften af Mad"),
        ("Hvad er DTU's plan?", "Hvorfor?", "DTU's plan"),
        ("Hvad mener ministeren om moms?", "Hvad mener hun om topskat?", "ministeren"),
        ("How many men were unemployed?", "Why?", "unemployed"),
    ],
)
def test_a_follow_up_takes_its_subject_from_the_question_before(previous: str, question: str, carried: str) -> None:
    """What is of the same kind is replaced; the rest of the subject is carried over."""
    searched = resolve(question, [previous])
    assert searched.startswith(question)
    found = searched.removeprefix(question).strip(" ()").split()
    assert carried.split() == [word for word in found if word not in ("kom", "sagde", "svarede", "mener", "siger")]


@pytest.mark.parametrize(
    "question",
    [
        "Hvad koster en togbillet til Odense?",
        "Hvor mange indsatte sidder i fængsel?",
        "Hvad er den nye klimalov?",
        "Hvad er skolemad?",
        "Er det dyrt at køre bus?",
        "Hvad koster det at gå til tandlæge?",
        "Hvornår er det tilladt at fiske?",
        "Er det rigtigt, at museerne havde færre besøg?",
        "Hvor høj er topskatten?",
        "marsvin",
        "ventetid tandlæge",
        "Hvad svarede ministeren på S 1219?",
        "Hvem er forsvarsminister?",
        "Hvad gør regeringen for de hjemløse?",
        "Og hvor mange elever fik gratis frokost på skolerne i Klitborg Kommune?",
        "Og er det rigtigt, at museerne havde færre besøgende gæster?",
        "Men har kommunerne pligt til at hjælpe ordblinde?",
        "Hvor mange vindmøller står der på Lolland?",
        "Hvad mener Dansk Folkeparti om den danske grænse?",
        "Hvilke regler gælder for droner?",
        "Må man skyde ulve?",
        "Har de ansatte i ældreplejen ret til fuld tid?",
        "Hvor mange børn er anbragt uden for hjemmet?",
        "Hvad står der i loven om dyrevelfærd?",
        "Og hvad koster en togbillet?",
        "Og hvor mange vindmøller har Lolland?",
        "Og hvem er Preben Andersen?",
        "Og går der flere folk på museum?",
        "Og hvordan nulstiller jeg min router?",
        "Men hvor gammel skal man være for at blive betjent?",
        "Hvordan går det med klimaet?",
        "Hvad gør man for dem, der er hjemløse?",
        "Hvor mange har fri?",
        "How many schools take part?",
        "Tak",
        "hej",
        "???",
        "",
    ],
)
def test_an_independent_question_is_left_alone(question: str) -> None:
    """A question with a subject of its own is searched as it was asked."""
    assert question == resolve(question, [MEN])
    assert question == resolve(question, [TEETH, FOOD])


def test_without_a_question_before_nothing_is_carried() -> None:
    """The first question stands as it is, however short."""
    assert "Og hvad med kvinderne?" == resolve("Og hvad med kvinderne?", [])


def test_follow_ups_of_follow_ups_keep_the_subject() -> None:
    """The subject goes through a chain of follow-ups; a new subject ends it."""
    searched = resolve("Og i 2022?", [MEN, "Og hvad med kvinderne?", "Og i Aarhus?"])
    assert {"ledige", "kvinderne", "Aarhus"} <= set(
        searched.replace("(", " ").replace(")", " ").replace("?", "").split()
    )
    assert "mænd" not in searched and "2020" not in searched
    assert "ledige" not in resolve("Hvorfor det?", [MEN, FOOD])


def test_thanks_between_two_questions_are_no_subject() -> None:
    """What is no question is passed over, whatever it is called."""
    assert "Og i Odense? (koster skolemad)" == resolve("Og i Odense?", [FOOD, "Tak for hjælpen!", "ok"])
    assert "Ja tak, fortæl mere (koster skolemad Klitborg)" == resolve("Ja tak, fortæl mere", [FOOD])


def test_a_long_conversation_stays_short() -> None:
    """However long the questions before, only so many words are carried."""
    long = "Hvad " + " ".join(f"emne{n}" for n in range(150)) + "?"
    assert len(resolve("Hvorfor det?", [long] * 50).split()) < 30
