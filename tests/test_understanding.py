"""What a question is also searched by: meant words, official words, and the words nobody knows."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from bot.archive import Archive
from bot.remarks import remarks
from bot.shape import answer_json
from index.build import build
from index.encoder import Encoder
from index.expansions import expansions, lexicon, parse
from index.query import Query
from index.search import MAX_QUESTION, Searcher
from index.spelling import Spellings, joined, transliterated
from index.translation import Translator, foreign, foreign_words
from index.understanding import Understanding
from index.words import stem

COUNTS = {
    "kontanthjælp": 90, "kommune": 900, "kommunen": 900, "sygeplejerske": 40, "skolemad": 30, "skole": 500,
    "aarhus": 60, "fængsel": 80, "børnepenge": 20, "tandpleje": 30, "ulve": 200, "ulven": 9, "måtte": 900,
    "vindmølle": 50, "flygtninge": 60, "hjemløshed": 150, "værktøj": 20, "rådhusplads": 9, "kaste": 70, "fyr": 30,
    "tør": 80,
}  # fmt: skip


@pytest.fixture(scope="module")
def spellings() -> Spellings:
    counts: dict[str, int] = {}
    for word, count in COUNTS.items():
        counts[stem(word)] = counts.get(stem(word), 0) + count
    words = {stem(word): word for word in COUNTS}
    return Spellings(lambda: "\n".join(sorted(counts)), lambda one: counts.get(one, 0), words.get)


def known(one: str) -> int:
    return sum(count for word, count in COUNTS.items() if stem(word) == one)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("kontanhjælp", "kontanthjælp"),  # a letter left out
        ("kontanthjæælp", "kontanthjælp"),  # one too many
        ("skloemad", "skolemad"),  # two swapped
        ("fængzel", "fængsel"),  # another
        ("sygepljerkse", "sygeplejerske"),  # two errors in a long word
        ("komune", "kommune"),
        ("bontanthjælp", "kontanthjælp"),  # the first letter, where no other word fits
        ("flygtnige", "flygtninge"),  # in the ending, so that it has another stem
        ("hjemøse", "hjemløshed"),  # the archive's usual word of the stem has another ending
        ("skoke", "skole"),  # the key beside it, in a short word
    ],
)
def test_errors_are_understood(spellings: Spellings, typed: str, meant: str) -> None:
    """One error, or two in a long word, leads to the word that was meant."""
    assert stem(meant) == spellings.meant(typed, made_of_known=False)[0]


@pytest.mark.parametrize(
    "word", ["kommune", "xyzzyplugh", "hule", "mad", "2021", "S", "", "kommunisme", "ål", "skobe", "kkole"]
)
def test_words_are_not_read_into_others(spellings: Spellings, word: str) -> None:
    """A known word, a short one, or one that is near nothing common stays what it is.

    In a short word the first letter is right, and letters that nobody takes for each other make another word.
    """
    assert () == (spellings.meant(word, made_of_known=False) if word else ())


def test_a_word_of_known_parts_is_no_error() -> None:
    """Only a long one, or one of rare parts, that lies one letter from a known word is taken for that."""
    counts = {"skolebus": 40, "kommunalbestyrelse": 90, "skole": 500, "hus": 300, "hjemløs": 150, "hjem": 900, "øse": 1}
    by_stem = {stem(word): count for word, count in counts.items()}
    words = {stem(word): word for word in counts}
    found = Spellings(lambda: "\n".join(sorted(by_stem)), lambda one: by_stem.get(one, 0), words.get)
    assert () == found.meant("skolehus", made_of_known=True)
    assert (stem("hjemløs"),) == found.meant("hjemøs", made_of_known=True)
    assert (stem("kommunalbestyrelse"),) == found.meant("kommunalebestyrelse", made_of_known=True)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("faengsel", "fængsel"),
        ("vindmoelle", "vindmølle"),
        ("vindmolle", "vindmølle"),
        ("århus", "aarhus"),
        ("vaerktoej", "værktøj"),
        ("radhusplads", "rådhusplads"),
    ],
)
def test_danish_letters_are_found_however_they_were_typed(typed: str, meant: str) -> None:
    """Keyboards without æ, ø and å, and old spellings, find the same word."""
    assert stem(meant) in [*transliterated(typed, known)]


def test_a_known_word_is_not_spelt_anew() -> None:
    """An a that is right is no å, nor was a typed å meant as an a, nor is a short word missing a mark."""
    assert [] == [*transliterated("matte", lambda one: 5)]
    assert [] == [*transliterated("kåste", known)]
    assert [] == [*transliterated("tore", known)]


def test_function_words_of_other_languages_are_no_errors(spellings: Spellings) -> None:
    """German "für" is not "fyr", and "many" is no misspelt word."""
    assert [] == [*transliterated("für", known)]
    assert () == spellings.meant("before", made_of_known=False)


def test_two_words_that_the_archive_writes_as_one() -> None:
    """With a blank, a hyphen or a linking letter; never across a full stop or a function word."""
    assert [("børne", "penge", "børnepenge")] == joined("Hvad er børne penge?", known)
    assert [("skole", "mad", "skolemad")] == joined("skole-mad", known)
    assert [] == joined("skole, mad", known)
    assert [] == joined("grøn skole", known)


def test_a_long_run_of_letters_is_read_once() -> None:
    """Where each letter of it was tried as the start of a word, this took the better part of a minute."""
    began = time.monotonic()
    assert [("børne", "penge", "børnepenge")] == joined("a" * 20_000 + ", 7børne penge", known)
    assert time.monotonic() < began + 10


def test_earlier_questions_are_no_longer_than_a_question(examples_index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long they are sent, they are searched no farther than a question may go, and without what is not seen."""
    archive, searched = Archive(examples_index), []
    read = Understanding.read
    monkeypatch.setattr(Understanding, "read", lambda one, text: searched.append(text) or read(one, text))  # type: ignore[func-returns-value]
    archive.ask("Og hvad med kvinderne?", previous=["Hvor mange \u202e" + "a" * 15_000])
    assert searched
    assert all("aaa" in text and "\u202e" not in text and len(text) < 2 * MAX_QUESTION for text in searched)


def test_expansions_go_as_written() -> None:
    """`>` one way, `=` and `~` both; capitals match capitals only, and the longer name goes first."""
    small = parse(["# note", "", "læge > almen praksis", "sygehus = hospital", "SF = Socialistisk Folkeparti",
                   "skat på biler > registreringsafgift", "skat > afgift", "barn ~ børn"])  # fmt: skip

    def found(question: str) -> list[str]:
        return [one.searched for one in expansions(question, small)]

    assert ["almen praksis"] == found("Hvor er lægerne?")
    assert [] == found("almen praksis")
    assert ["hospital"] == found("SYGEHUSET") and ["sygehus"] == found("hospitaler")
    assert ["Socialistisk Folkeparti"] == found("Hvad mener SF?") and [] == found("sf")
    assert ["registreringsafgift"] == found("skat på biler")
    assert ["afgift"] == found("skat på cykler")
    assert [True] == [one.same for one in expansions("et barn", small)]


@pytest.mark.parametrize("line", ["løs tekst", "a >", "> b", "a > b > c", "a = b, c", "a > b = c"])
def test_a_line_that_says_nothing_is_refused(line: str) -> None:
    """A slip in the file is an error, not a silence."""
    with pytest.raises(ValueError, match="line 1"):
        parse([line])


def test_the_projects_expansions_are_sound() -> None:
    """The file can be read, says much, and a question's number is no party."""
    assert len(lexicon()) > 500
    assert [] == expansions("Hvad svarede ministeren på S 1204?", lexicon())
    assert "Socialdemokratiet" in [one.searched for one in expansions("Hvad mener S om skat?", lexicon())]
    assert all(one.stems for key in ("sygehus", "fyret", "su", "plejehjem") for one in expansions(key, lexicon()))


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Searcher:
    """Four short texts."""
    folder = tmp_path_factory.mktemp("texts")
    texts = {
        "a": "Kontanthjælpen er 12.000 kr. om måneden. Kontanthjælp gives efter § 20 til 115 mio. kr. i alt.",
        "b": "Almen praksis har lange ventetider. Registreringsafgiften er sat ned med 65 procent.",
        "c": "Børnene i plejeboligen hørte om storke. Storkene kom den 1. april 2021.",
        "d": "Hospitalet i Aarhus fik en ny afdeling. Vindmøllerne står stille.",
    }
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    index = tmp_path_factory.mktemp("index")
    build([folder], index, encoder)
    return Searcher.open(index)


@pytest.mark.parametrize(
    ("question", "file"),
    [
        ("bistandshjælp", "a.txt"),
        ("praktiserende læge", "b.txt"),
        ("skat på biler", "b.txt"),
        ("65 %", "b.txt"),
        ("115.000.000", "a.txt"),
        ("§20", "a.txt"),
        ("2021-04-01", "c.txt"),
        ("1/4 2021", "c.txt"),
        ("sygehus", "d.txt"),
        ("Århus", "d.txt"),
        ("vindmoeller", "d.txt"),
        ("barn", "c.txt"),
        ("plejehjem", "c.txt"),
        ("kontant hjælp", "a.txt"),
        ("kontanhjælpen", "a.txt"),
    ],
)
def test_other_words_find_the_passage(searcher: Searcher, question: str, file: str) -> None:
    """Plain, official, misspelt and otherwise written words lead to the same passage by words alone."""
    found = searcher.rank(question, 1, "lexical")
    row = searcher.store.passages([found[0].row])[found[0].row].document_row
    assert file == searcher.store.head(row).files[0].file


def test_what_was_added_and_what_is_unknown_is_said(searcher: Searcher) -> None:
    """The answer names the official and the meant words, and those that the archive does not hold."""
    answer = searcher.ask("Får en sygehuslærling bistandshjælp for kontanhjælpen på xyzzyplugh?")
    assert {"kontanthjælp", "kontanthjælpen"} & {word.lower() for word in answer.expanded}
    assert "xyzzyplugh" in answer.unknown
    shape = answer_json(answer)
    assert (list(answer.expanded), list(answer.unknown)) == (shape["expanded"], shape["unknown"])
    assert any(line.startswith("Søgte også efter: ") for line in remarks(answer))


def test_nothing_is_said_where_nothing_was_added(searcher: Searcher) -> None:
    """A question of known words has no remarks; another form of the same word is not worth one."""
    answer = searcher.ask("Hørte et barn om storke?")
    assert () == answer.expanded
    assert () == answer.unknown


def test_official_words_that_the_archive_lacks_are_not_searched(searcher: Searcher) -> None:
    """Nothing is claimed to have been searched for that is not there."""
    assert "registreringsafgift" not in searcher.ask("Hvad er topskat?").expanded
    assert "marginalskat" not in searcher.ask("Hvad er topskat?").expanded


def test_a_follow_up_is_searched_with_the_question_before(searcher: Searcher) -> None:
    """The answer shows what was searched."""
    answer = searcher.ask("Hvornår kom de?", previous=["Hvad er der at vide om storke?"])
    assert "storke" in answer.searched
    assert "c.txt" == answer.hits[0].citation.file
    assert "Hvornår kom de?" == answer.question


@pytest.mark.parametrize(
    "question",
    [
        "Is it still for sale?",
        "Why did they close the schools?",
        "Vad säger regeringen om skolan?",
        "Är det skillnad på kommunerna?",
        "Hvor mange elbiler finnes det på veiene?",
        "Hva skjer med skolen?",
        "Gibt es weniger Züge?",
        "Was kostet das Fahrrad?",
    ],
)
def test_other_languages_are_told_from_danish(question: str) -> None:
    """A few words that Danish does not have are enough."""
    assert foreign(question)


@pytest.mark.parametrize(
    "question",
    [
        "Hvad siger WHO om coronavirus?",
        "Hvor mange så The Voice i Malmö?",
        "Får kommunerne tilskud til »Back to school«?",
        "Hvorfor har andre lande andre regler for dem?",
        "Skal kunden have en a-kasse?",
        "it-sikkerhed i kommuner",
    ],
)
def test_danish_with_foreign_names_stays_danish(question: str) -> None:
    """Titles, names and words that two languages share are no sign."""
    assert not foreign(question)


def test_a_foreign_question_is_searched_by_its_subject(encoder: Encoder) -> None:
    """Its function words are neither terms nor unknown, even where the archive holds them."""
    assert ["school"] == foreign_words("Why is the school so?")
    query = Query("What is the praksis?", {"what": 1.0, "is": 1.0, "the": 1.0, "praksis": 1.0, "fyr": 0.7}, None,
                  {"fyr": "the"}, (), ("what", "the"))  # fmt: skip
    translated = Translator(["praksis"], encoder).translated(query, 0.6)
    assert {"praksis": 1.0} == translated.terms
    assert ({}, ()) == (translated.stands_for, translated.unknown)


def test_a_word_that_the_archive_uses_more_is_not_translated(encoder: Encoder) -> None:
    """Only a commoner word stands for one that the archive holds: "danish" is "dansk", "post" is not "postgang"."""
    translator = Translator(["dansk", "post", "postgang", "danish"], encoder)
    danish, post = translator.near(["danish", "post"])
    assert ["dansk"] == [word for word, _ in danish if word != "danish"]
    assert [] == [word for word, _ in post if word != "dansk"]
