"""A cross-encoder puts the best passages in order, and nothing else: not what is in force, nor what is named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sentence_transformers
import torch
from tokenizers import Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers.models import WordPiece
from transformers import BertConfig, BertForSequenceClassification, BertModel, PreTrainedTokenizerFast

from bot.archive import Archive
from bot.cli import app
from corpus.errors import ModelError
from corpus.records import Hit
from index import rerank
from index.build import build
from index.encoder import Encoder
from index.generation import current
from index.rerank import Reranker, load
from index.search import Searcher
from tests.conftest import ROOT, until
from tests.test_cli import asked, call
from tests.test_encoder_models import OutOfMemory, change
from tests.test_lifecycle_index import letter

LONGEST = 32
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
LETTERS = "abcdefghijklmnopqrstuvwxyzæøå0123456789.,?!"
QUESTION = "Hvor længe skal man vente på at få bøjle på tænderne?"
NAMED = "Hvad svarede ministeren på S 1204?"


def make(folder: Path, kind: type = BertForSequenceClassification, labels: int = 1) -> Path:
    """Save an untrained BERT that reads 32 letters, as cross-encoders are published: without a list of parts."""
    vocabulary = [*SPECIAL, *LETTERS, *(f"##{one}" for one in LETTERS)]
    tokenizer = Tokenizer(WordPiece({token: number for number, token in enumerate(vocabulary)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    torch.manual_seed(7)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    # Weights wide enough that scores are not all about one half.
    sizes |= {"vocab_size": len(vocabulary), "max_position_embeddings": LONGEST, "num_labels": labels}
    kind(BertConfig(initializer_range=0.5, **sizes)).save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=LONGEST,
        **dict(zip(["pad_token", "unk_token", "cls_token", "sep_token"], SPECIAL, strict=True)),
    ).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("models") / "ranker")


@pytest.fixture(scope="session")
def reranker(tiny: Path) -> Reranker:
    loaded = load(str(tiny))
    assert loaded
    return loaded


@pytest.fixture
def model(tiny: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny, tmp_path / "ranker"))


@pytest.fixture(scope="module")
def plain(examples_index: Path) -> Searcher:
    return Searcher.open(examples_index)


class Told:
    """A reranker that scores by a rule, and keeps what it was asked."""

    def __init__(self, rule: Callable[[str], float]) -> None:
        self._rule = rule
        self.asked: list[tuple[str, list[str]]] = []

    def scores(self, question: str, texts: Sequence[str]) -> np.ndarray:
        self.asked.append((question, list(texts)))
        return np.array([self._rule(text) for text in texts], dtype=np.float32)


def told(index: Path, rule: Callable[[str], float]) -> tuple[Searcher, Told]:
    reranker: Any = Told(rule)
    return Searcher.open(index, reranker=reranker), reranker


def ids(searcher: Searcher, question: str = QUESTION, top: int = 20, **more: Any) -> list[str]:
    return [hit.passage.id for hit in searcher.ask(question, top, **more).hits]


def parts(hit: Hit) -> dict[str, float]:
    assert hit.explain
    return hit.explain.parts


def test_scores_are_those_of_sentence_transformers(tiny: Path, reranker: Reranker) -> None:
    """The library's own, through a sigmoid, and the same at every call."""
    texts = ["Ventetiden er 26 uger.", "Nej.", "", "Der yngler ti par storke i Danmark."] * 20
    theirs = sentence_transformers.CrossEncoder(str(tiny), device="cpu", activation_fn=torch.nn.Identity())
    logits = theirs.predict([(QUESTION, text) for text in texts])
    found = reranker.scores(QUESTION, texts)
    np.testing.assert_allclose(1 / (1 + np.exp(-logits)), found, atol=1e-5)
    assert np.float32 == found.dtype and found.max() - found.min() > 0.1
    np.testing.assert_array_equal(found, reranker.scores(QUESTION, texts))
    assert (0,) == reranker.scores(QUESTION, []).shape


def test_a_folder_with_a_list_of_parts_is_the_same_model(tiny: Path, reranker: Reranker, tmp_path: Path) -> None:
    """As newer versions of the library save it, with `modules.json`; whatever the model's own last step is."""
    theirs = sentence_transformers.CrossEncoder(str(tiny), device="cpu", activation_fn=torch.nn.Identity())
    theirs.save(str(tmp_path / "saved"), create_model_card=False)
    assert (tmp_path / "saved" / "modules.json").exists()
    again = load(str(tmp_path / "saved"))
    assert again
    texts = ["Ventetiden er 26 uger.", "Nej."]
    np.testing.assert_allclose(reranker.scores(QUESTION, texts), again.scores(QUESTION, texts), atol=1e-6)


def test_the_models_own_maximum_length_is_respected(reranker: Reranker) -> None:
    """What goes beyond it changes nothing, and what comes before it does."""
    assert LONGEST == reranker.longest
    first, second, third = reranker.scores("ja?", ["a" * 40, "a" * 40 + " nej" * 500, "b" + "a" * 39])
    assert first == pytest.approx(second, abs=1e-6) and first != pytest.approx(third, abs=1e-3)


def test_too_little_memory_halves_the_batch(tiny: Path) -> None:
    """What does not fit is tried by halves, and what never fits is one line that names the option."""
    reranker = load(str(tiny))
    assert reranker
    texts = ["Ventetiden er 26 uger.", "Nej."] * 20
    wanted = reranker.scores(QUESTION, texts)

    class Tight(OutOfMemory):
        def predict(self, pairs: Any, **options: Any) -> Any:
            self.sizes.append(options["batch_size"])
            if options["batch_size"] > self._fits:
                raise self._error
            return self._model.predict(pairs, **options)

    tight = reranker._model = Tight(reranker._model, 9, MemoryError())
    np.testing.assert_allclose(wanted, reranker.scores(QUESTION, texts), atol=1e-5)
    assert [32, 16, 8] == tight.sizes
    tight._fits = 0
    with pytest.raises(ModelError, match="--rerank"):
        reranker.scores(QUESTION, texts)


def test_threads_get_what_one_gets(reranker: Reranker) -> None:
    """Long and short texts at once, so that counting for one thread cannot undo cutting for another."""
    batches = [["nej" * (size + 1)] * 4 for size in range(80)]
    expected = [reranker.scores(QUESTION, texts).tolist() for texts in batches]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda texts: reranker.scores(QUESTION, texts).tolist(), batches))
    assert expected == found


def test_the_best_passages_come_in_the_order_of_their_scores(
    plain: Searcher, reranker: Reranker, examples_index: Path
) -> None:
    """The same passages in another order, the same at every call, by what the model says of each."""
    searcher = Searcher.open(examples_index, reranker=reranker)
    assert set(ids(plain)) == set(ids(searcher)) and ids(plain) != ids(searcher) == ids(searcher)
    hits = [hit for hit in searcher.ask(QUESTION, 20).hits if not hit.superseded_by]
    heads = [f"{hit.section.heading}\n" if hit.section.heading else "" for hit in hits]
    scores = reranker.scores(QUESTION, [head + hit.passage.text for head, hit in zip(heads, hits, strict=True)])
    assert scores[0] == scores.max()
    # Among the first five at most two are of one document, so only those after them are in plain order.
    assert sorted(scores[5:], reverse=True) == list(scores[5:])


def test_ties_keep_the_order(plain: Searcher, examples_index: Path) -> None:
    """A cross-encoder that says the same of all changes nothing but what stands before what is in force."""
    searcher, reranker = told(examples_index, lambda text: 0.5)
    assert ids(plain) == ids(searcher)
    assert 0 == max(abs(parts(hit)["rerank"]) for hit in searcher.ask(QUESTION, 20).hits)
    assert QUESTION == reranker.asked[0][0] and rerank.RERANKED == len(reranker.asked[0][1])


def test_a_heading_is_read_with_its_passage(examples_index: Path) -> None:
    """The item of a debate tells what its speeches are about; where there is no heading, the passage is read alone."""
    searcher, reranker = told(examples_index, lambda text: 0.5)
    hits = searcher.ask("Hvad siger ordførerne i debatten?", 10).hits
    assert {True, False} == {bool(hit.section.heading) for hit in hits}
    for hit in hits:
        alone = hit.passage.text
        assert (f"{hit.section.heading}\n{alone}" if hit.section.heading else alone) in reranker.asked[0][1]


def test_only_the_first_are_put_in_order(plain: Searcher, examples_index: Path) -> None:
    """What was weighed beyond them follows as before, without a part of its own."""
    searcher, _ = told(examples_index, lambda text: 1 / len(text))
    before, after = ids(plain, top=50), ids(searcher, top=50)
    *_, last = [place for place, hit in enumerate(searcher.ask(QUESTION, 50).hits) if "rerank" in parts(hit)]
    assert rerank.RERANKED - 1 >= last >= 10
    assert before[last + 1 :] == after[last + 1 :] != []
    assert before[: last + 1] != after[: last + 1]


def test_the_parts_add_up_to_scores_in_order(plain: Searcher, examples_index: Path, reranker: Reranker) -> None:
    """The scores stay, highest first; `rerank` is by how much a passage moved."""
    searcher = Searcher.open(examples_index, reranker=reranker)
    hits = searcher.ask(QUESTION, 20).hits
    for hit in hits:
        assert hit.score == pytest.approx(sum(parts(hit).values()), abs=1e-4)
    assert any(abs(parts(hit)["rerank"]) > 0.1 for hit in hits)
    before = [hit.score for hit in plain.ask(QUESTION, 20).hits]
    assert pytest.approx(sorted(before)) == sorted(hit.score for hit in hits)
    assert not any("rerank" in parts(hit) for hit in plain.ask(QUESTION, 20).hits)


def test_the_confidence_is_that_of_the_order_before(plain: Searcher, examples_index: Path, reranker: Reranker) -> None:
    """It was learned on what the weighing puts first."""
    searcher = Searcher.open(examples_index, reranker=reranker)
    assert ids(plain, top=1) != ids(searcher, top=1)
    before, after = plain.ask(QUESTION), searcher.ask(QUESTION)
    assert (before.confidence, before.answered) == (after.confidence, after.answered)


@pytest.mark.parametrize("mode", ["lexical", "dense"])
def test_each_leg_alone_is_left_alone(plain: Searcher, examples_index: Path, mode: str) -> None:
    """The cross-encoder acts in the hybrid only."""
    searcher, reranker = told(examples_index, lambda text: 1 / len(text))
    assert ids(plain, mode=mode) == ids(searcher, mode=mode)
    assert [] == reranker.asked


def test_what_is_superseded_stays_behind_what_is_in_force(tmp_path: Path, encoder: Encoder) -> None:
    """However well the cross-encoder likes it."""
    folder = tmp_path / "svar"
    folder.mkdir()
    (folder / "a.txt").write_text(letter("Endeligt", "12. april 2023", "Der yngler ti par storke i Danmark."))
    (folder / "b.txt").write_text(letter("Korrigeret", "20. april 2023", "Der yngler elleve par storke i Danmark."))
    build([folder], tmp_path / "index", encoder)
    searcher, _ = told(tmp_path / "index", lambda text: float("ti par" in text))
    hits = searcher.ask("Hvor mange storke yngler i Danmark?").hits
    superseded = [bool(hit.superseded_by) for hit in hits]
    assert {True, False} == set(superseded) and sorted(superseded) == superseded
    searcher, _ = told(tmp_path / "index", lambda text: float("?" not in text))
    assert "elleve" in searcher.ask("Hvor mange storke yngler i Danmark?").hits[0].passage.text


def test_what_is_named_by_number_stays_first(plain: Searcher, examples_index: Path) -> None:
    """All of it, in the order of the cross-encoder, before anything it likes better."""
    before = plain.ask(NAMED, 20).hits
    named = {hit.passage.text for hit in before if parts(hit)["named"]}
    assert 0 < len(named) < len(before)
    searcher, _ = told(examples_index, lambda text: float(not any(one in text for one in named)))
    hits = searcher.ask(NAMED, 20).hits
    assert named == {hit.passage.text for hit in hits[: len(named)]}
    assert 1.0 == searcher.ask(NAMED).confidence


def test_a_served_archive_keeps_it_over_generations(examples_index: Path, tmp_path: Path, encoder: Encoder) -> None:
    """A new generation is opened with the cross-encoder that is loaded already."""
    index = Path(shutil.copytree(examples_index, tmp_path / "index"))
    reranker: Any = Told(lambda text: 1 / len(text))
    archive = Archive(index, None, reranker)
    archive.ask(QUESTION)
    (tmp_path / "note.txt").write_text("En note om bøjler.", encoding="utf-8")
    build([tmp_path / "note.txt"], index, encoder)
    until(lambda: archive.ask(QUESTION).generation == current(index)[1].generation)
    assert len(reranker.asked) >= 2


def several_labels(folder: Path) -> None:
    shutil.rmtree(folder)
    make(folder, labels=3)


def no_ranker(folder: Path) -> None:
    shutil.rmtree(folder)
    make(folder, kind=BertModel)


def pickled(folder: Path) -> None:
    torch.save({}, folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()


def no_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def own_code(folder: Path) -> None:
    change(folder / "config.json", auto_map={"AutoModel": "modeling_own.OwnModel"})


def own_part(folder: Path) -> None:
    (folder / "modules.json").write_text(json.dumps([{"type": "custom.Ranker", "path": ""}]), encoding="utf-8")


def no_configuration(folder: Path) -> None:
    (folder / "config.json").unlink()


def gone(folder: Path) -> None:
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (several_labels, "tells 3 labels apart.*--rerank"),
        (no_ranker, "is no cross-encoder.*--rerank"),
        (pickled, "pickled weights"),
        (no_weights, "cannot be loaded.*--rerank"),
        (own_code, "code of its own, auto_map.*--rerank"),
        (own_part, "code of its own, custom.Ranker.*--rerank"),
        (no_configuration, "no config.json.*--rerank"),
        (gone, "no model folder at.*--rerank"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_is_no_ranker_is_refused(model: Path, damage: Callable[[Path], None], said: str) -> None:
    """One line that says what is wrong, and with which option to name another."""
    damage(model)
    with pytest.raises(ModelError, match=said) as error:
        load(str(model))
    assert "\n" not in str(error.value) and "--model" not in str(error.value)


@pytest.mark.parametrize("name", ["bundled", "--en model--"])
def test_a_name_that_is_no_rankers_is_refused(name: str) -> None:
    """The bundled encoder ranks no pairs, and an id that no hub could have is not asked for."""
    with pytest.raises(ModelError, match="--rerank"):
        load(name)


def test_none_is_named_and_none_is_loaded() -> None:
    """Off unless it is asked for."""
    assert load(None) is None


def test_the_library_is_asked_for_nothing_unsafe(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No remote code, no look-ups, safetensors only; the library chooses the device."""
    options: dict[str, Any] = {}
    real = sentence_transformers.CrossEncoder

    def recording(*arguments: Any, **named: Any) -> Any:
        options.update(named)
        return real(*arguments, **named)

    monkeypatch.setattr(sentence_transformers, "CrossEncoder", recording)
    load(str(tiny))
    assert options["trust_remote_code"] is False and options["local_files_only"] is True
    assert options["model_kwargs"] == {"use_safetensors": True}
    assert "device" not in options


def test_the_command_line_reranks(
    plain: Searcher, examples_index: Path, tiny: Path, reranker: Reranker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--rerank`, or the environment; one clear line where the model cannot be had."""
    searcher = Searcher.open(examples_index, reranker=reranker)
    texts = [hit.passage.text for hit in searcher.ask(QUESTION).hits]
    assert texts == [hit["text"] for hit in asked(examples_index, QUESTION, "--rerank", tiny)["hits"]]
    assert texts != [hit.passage.text for hit in plain.ask(QUESTION).hits]
    for words in (("ask", QUESTION, "--index", examples_index), ("serve", "--index", examples_index)):
        refused = call(*words, "--rerank", "./none")
        assert 1 == refused.returncode and 1 == len(refused.stderr.splitlines())
        assert "no model folder at ./none. Check --rerank" in refused.stderr
    monkeypatch.setenv("SPOERGETIME_RERANK", str(tiny))
    assert texts == [hit["text"] for hit in asked(examples_index, QUESTION)["hits"]]


def test_evaluation_reranks(
    examples_index: Path, tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`eval run` and `eval ablation` measure what is then served, whatever settings are tried."""
    lines = (ROOT / "eval" / "sets" / "examples.jsonl").read_text(encoding="utf-8").splitlines()
    questions = tmp_path / "set.jsonl"
    questions.write_text("\n".join(lines[:20]), encoding="utf-8")

    def evaluated(*words: object) -> str:
        app([*map(str, ("eval", words[0], questions, "--index", examples_index, *words[1:]))], standalone_mode=False)
        return capsys.readouterr().out

    plain = json.loads(evaluated("run", "--json"))["success@1"]
    found = json.loads(evaluated("run", "--json", "--rerank", tiny))["success@1"]
    assert plain > found  # the weights are random
    table = evaluated("ablation", "--rerank", tiny, "--vary", "candidates=199")
    assert f"| shipped | {found:.3f} / " in table
    assert f"| candidates=199 | {found:.3f} / " in table
