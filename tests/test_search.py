"""Questions and their hits: the right passage, verbatim, with a citation that holds."""

from __future__ import annotations

import unicodedata
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from corpus.errors import UsageError
from corpus.records import Fields
from index.build import build
from index.encoder import Encoder
from index.filters import Filters
from index.fusion import convex
from index.search import MAX_QUESTION, Searcher
from index.words import Compounds, content_words, stem, tokens
from tests.conftest import EXAMPLES


@pytest.fixture(scope="module")
def searcher(examples_index: Path) -> Searcher:
    """The examples, open for questions."""
    return Searcher.open(examples_index)


@pytest.mark.parametrize(
    ("question", "file", "words"),
    [
        ("Hvor mange skoler er med i forsøget med fælles skolemad?", "svar-buu-141-skolemad.pdf", "31 skoler"),
        ("Hvad er den årlige bonus til naboer til vindmøller?", "presse-vindmoeller-naboer.html", "9.200 kr."),
        ("stormflodsordningen udbetalt erstatning", "svar-kef-63-stormflod.docx", "412 mio. kr."),
        ("Hvad dækker Landbuspuljen?", "svar-tru-87-landbusser.txt", "85 mio. kr."),
    ],
)
def test_the_right_passage_comes_first(searcher: Searcher, question: str, file: str, words: str) -> None:
    """A clear question is answered by the first hit, whatever the file's format."""
    first = searcher.ask(question).hits[0]
    assert file == first.citation.file
    assert words in first.passage.text


def test_every_hit_is_verbatim_and_cited(searcher: Searcher) -> None:
    """Text, highlight and citation of each hit point at the same words of the same file."""
    for hit in searcher.ask("Hvad gør ministeren?", top=50).hits:
        document = searcher.store.document(searcher.store.find(hit.passage.document)[0])
        source = document.text[hit.citation.start : hit.citation.end]
        assert hit.passage.text.split()[0] == source.split()[0]
        assert "".join(hit.passage.text.split())[-5:] == "".join(source.split())[-5:]
        for start, end in hit.highlights:
            assert 0 <= start < end <= len(hit.passage.text)
        assert hit.citation.sha256 == document.files[0].sha256


def test_scores_fall_and_ranks_count(searcher: Searcher) -> None:
    """Hits come best first, but for a third of one document among the first five."""
    hits = searcher.ask("ventetid tandlæge", top=10).hits
    assert list(range(1, 11)) == [hit.rank for hit in hits]
    for part in (hits[:5], hits[5:]):
        assert [hit.score for hit in part] == sorted((hit.score for hit in part), reverse=True)
    assert max(Counter(hit.passage.document for hit in hits[:5]).values()) <= 2


def test_the_answering_sentence_is_marked(searcher: Searcher) -> None:
    """The highlight is the sentence that answers, not the whole passage."""
    first = searcher.ask("Hvor mange skoler deltog i ordningen Fælles Frokost ved indgangen til 2025?").hits[0]
    ((start, end),) = first.highlights
    assert "31 skoler" in first.passage.text[start:end]
    assert end - start < len(first.passage.text) / 2


def test_composed_and_decomposed_letters_find_the_same(searcher: Searcher) -> None:
    """NFC and NFD questions give the same ten hits with the same scores."""
    for question in ("Hvad gør ministeren på Ærø for ældre børn?", "kystbeskyttelse på øer"):
        nfc, nfd = (
            [(hit.passage.id, hit.score) for hit in searcher.ask(unicodedata.normalize(form, question), 10).hits]
            for form in ("NFC", "NFD")
        )
        assert nfc == nfd


@pytest.mark.parametrize("question", ["", "  \n\t ", "x" * (MAX_QUESTION + 1)])
def test_questions_that_are_none_are_refused(searcher: Searcher, question: str) -> None:
    """An empty or endless question gets one clear line."""
    with pytest.raises(UsageError, match="question is"):
        searcher.ask(question)


@pytest.mark.parametrize(
    "question", ["?", "og", "§", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢", "xyzzy plugh", "\x00", "🇩🇰", "ord " * 200, '"field:value^2 AND (']
)
def test_odd_questions_are_answered_or_not_but_never_fail(searcher: Searcher, question: str) -> None:
    """Whatever is asked, there is an answer record."""
    answer = searcher.ask(question)
    assert 0 <= answer.confidence <= 1


def test_filters_come_before_ranking(searcher: Searcher) -> None:
    """A filtered search gives as many hits as there are, all of them accepted."""
    every = searcher.ask("Hvad gør ministeren?", top=100).hits
    for filters in (Filters(kind="§20-svar"), Filters(since="2024-01-01"), Filters(ministry="Transportministeriet")):
        hits = searcher.ask("Hvad gør ministeren?", 100, filters).hits
        assert hits
        assert all(filters.accepts(hit.fields) for hit in hits)
        assert len(hits) >= len([hit for hit in every if filters.accepts(hit.fields)])


def test_a_filter_that_nothing_meets_finds_nothing(searcher: Searcher) -> None:
    """No hits is an answer, not an error."""
    answer = searcher.ask("Hvad gør ministeren?", 5, Filters(minister="Findes Ikke"))
    assert () == answer.hits
    assert not answer.answered


@pytest.mark.parametrize(
    ("filters", "accepted"),
    [
        (Filters(since="2012-04-27", until="2012-04-27"), True),
        (Filters(since="2012-04-28"), False),
        (Filters(kind="UDVALGSSVAR"), True),
        (Filters(minister="frederiksen"), True),
        (Filters(minister="beskæftigelsesminister"), True),
        (Filters(minister="rederiksen"), False),
        (Filters(party="df"), True),
        (Filters(party="D"), False),
        (Filters(party="V"), True),
        (Filters(party="v,df"), True),
        (Filters(party="DF, S"), False),
        (Filters(committee="AMU"), True),
        (Filters(committee="integrationspolitik"), True),
        (Filters(session="20111"), False),
    ],
)
def test_filters_mean_what_people_expect(filters: Filters, accepted: bool) -> None:
    """Names match by word, letters and kinds exactly, dates inclusively, and a missing field never."""
    fields = Fields(
        kind="udvalgssvar",
        date="2012-04-27",
        minister="Mette Frederiksen",
        minister_title="beskæftigelsesministeren",
        party="DF, V",
        committee="Udvalget for Integrationspolitik",
        case="AMU alm. del",
    )
    assert accepted is filters.accepts(fields)


def test_dates_are_checked() -> None:
    """A date that is none is a wrong use."""
    with pytest.raises(UsageError, match="--since 31-05-2023"):
        Filters(since="31-05-2023")


def test_fusion_is_convex_and_stable() -> None:
    """BM25 is scaled to its best, cosines stay, a missing row counts 0, ties go to the lower row."""
    fused = convex({1: 10.0, 2: 5.0}, {2: 0.9, 3: -0.1}, 0.6, 9)
    assert [(1, 0.6), (2, pytest.approx(0.3 + 0.36)), (3, 0.0)] == sorted((one.row, one.score) for one in fused)
    assert [2, 1, 3] == [one.row for one in fused]
    assert [1, 5, 9] == [one.row for one in convex({9: 1.0, 5: 1.0, 1: 1.0}, {}, 1.0, 9)]
    assert [] == convex({}, {}, 0.5, 9)


def test_each_leg_can_be_asked_alone(searcher: Searcher) -> None:
    """Lexical finds by words, dense by vectors, hybrid by both."""
    assert searcher.rank("marsvin", 5, "lexical")[0].dense == 0
    assert searcher.rank("marsvin", 5, "dense")[0].lexical == 0
    both = searcher.rank("marsvin", 5, "hybrid")[0]
    assert both.lexical > 0 and both.dense > 0


def test_dense_search_is_exact(searcher: Searcher, encoder: Encoder) -> None:
    """The vectors' order is that of the plain inner product."""
    query = encoder.encode(["Hvornår åbner museerne?"], "query")[0]
    every = searcher._dense.vectors(np.arange(len(searcher._dense))) @ query
    found = searcher._dense.search(query, 10)
    np.testing.assert_allclose(np.sort(every)[::-1][:10], list(found.values()), atol=1e-6)
    np.testing.assert_allclose(every[list(found)], list(found.values()), atol=1e-6)


def test_stems_join_forms() -> None:
    """Forms of one word are one term; function words are left out unless there is nothing else."""
    assert 1 == len({stem(word) for word in ("kommune", "kommunen", "kommuner", "kommunerne")})
    assert ["kommuner"] == content_words("Hvor mange kommuner er der?")
    assert ["og", "hvad"] == content_words("Og hvad?")
    assert ["115", "mio", "78,1", "42.890"] == tokens("115 mio. 78,1 42.890.")


def test_compounds_are_split_by_the_archives_own_words() -> None:
    """Both parts are known and more frequent than the whole; a linking letter is dropped."""
    counts = {"virksomhed": 50, "praktik": 30, "virksomhedspraktik": 4, "folk": 90, "pension": 40, "folkepension": 60}
    stems = {stem(word): count for word, count in counts.items()}
    compounds = Compounds(lambda one: stems.get(one, 0))
    assert [stem("virksomhed"), stem("praktik")] == list(compounds.stems(["virksomhedspraktik"]))
    assert () == compounds.parts("folkepension")
    assert () == compounds.parts("praktik")


def test_parts_that_are_compounds_are_split_again() -> None:
    """What a compound of three words is made of finds it, too."""
    counts = {"sats": 50, "pulje": 60, "satspulje": 20, "aftale": 90, "satspuljeaftale": 2}
    stems = {stem(word): count for word, count in counts.items()}
    parts = Compounds(lambda one: stems.get(one, 0)).stems(["satspuljeaftale"])
    assert {stem(word) for word in ("satspulje", "sats", "pulje", "aftale")} == set(parts)


def test_a_part_of_a_compound_finds_the_whole(tmp_path: Path, encoder: Encoder) -> None:
    """Asking for one word finds the compound that holds it, and the other way round."""
    texts = {
        "a.txt": "Kommunen betaler til virksomhedspraktik i foråret.",
        "b.txt": "En praktik i en virksomhed varer tre uger. Praktik er godt. En virksomhed er stor.",
        "c.txt": "Her tales om storke, enge og søer.",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    build([tmp_path], tmp_path / "index", encoder)
    searcher = Searcher.open(tmp_path / "index")
    for question in ("praktik", "virksomhedspraktik"):
        rows = searcher.rank(question, 10, "lexical")
        files = {
            searcher.store.head(searcher.store.passages([one.row])[one.row].document_row).files[0].file for one in rows
        }
        assert {"a.txt", "b.txt"} == files


def test_side_by_side_the_legs_find_the_same(
    searcher: Searcher, examples_index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a big archive: the same hits with the same scores in every mode, and with filters; what fails is raised."""
    monkeypatch.setattr("index.search.MANY", 0)
    beside = Searcher.open(examples_index)
    assert beside._beside is not None and searcher._beside is None
    for question in ("Hvad dækker Landbuspuljen?", "skolemad", "S 1204", "zzz"):
        for filters in (None, Filters(ministry="Sundhedsministeriet")):
            for mode in ("hybrid", "lexical", "dense"):
                assert searcher.ask(question, 5, filters, mode) == beside.ask(question, 5, filters, mode)

    def broken(*_: object) -> dict[int, float]:
        raise OSError("the disk is gone")

    monkeypatch.setattr(beside._lexical, "search", broken)
    with pytest.raises(OSError, match="the disk is gone"):
        beside.ask("skolemad")


def test_an_index_is_shared_between_threads(searcher: Searcher) -> None:
    """Sixteen threads asking at once get what one gets."""
    from concurrent.futures import ThreadPoolExecutor

    questions = ["Hvad koster skolemad?", "marsvin", "S 1204", "vandværker hackere"] * 8
    expected = [[hit.passage.id for hit in searcher.ask(question).hits] for question in questions]
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda question: [hit.passage.id for hit in searcher.ask(question).hits], questions))
    assert expected == found


def test_examples_is_the_folder_that_was_indexed(searcher: Searcher) -> None:
    """A citation's root leads to the file."""
    hit = searcher.ask("marsvin").hits[0]
    assert str(EXAMPLES) == hit.citation.root
    assert (Path(hit.citation.root) / hit.citation.file).is_file()
