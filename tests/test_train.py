"""The training: what is read as a pair, and what the saved folder promises. All texts are made up."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import torch

from corpus.errors import InputError
from index import train as training
from index.pairs import read, sentences, speeches
from index.switching import align
from index.tied import Tied
from index.train import Recipe, train

CLOCK = " " * 60 + "Kl. 13:0"
SITTING = f"""
                                        7. møde

Det første punkt på dagsordenen er:
1) 1. behandling af lovforslag nr. L 1:
Forslag til lov om cykelstier.
{CLOCK}0

Forhandling

Formanden (Bo Bæk):
Ordet er frit.
{CLOCK}1
(Ordfører)
Anna Ager (X):
Vi vil have flere cykelstier langs de store veje i hele landet. Det er sundt for
alle, der cykler. Hvornår kommer de første nye cykelstier?   Og så er der
prisen. Den er rimelig for et land som vores.
{CLOCK}2Transportministeren (Ib Isager):
Tak. De første cykelstier kommer til foråret, når jorden er tøet op. Resten følger efter,
når pengene er fundet i de kommende forhandlinger.

Det næste punkt på dagsordenen er:
2) Besvarelse af spørgsmål (spørgetid).
{CLOCK}3
Spm. nr. S 1
1) Til transportministeren af:
Anna Ager (X):
Hvad koster en
bro?


Skriftlig begrundelse

Broer er dyre.

Transportministeren (Ib Isager):
En bro koster det, som den nu engang koster, alt efter hvor lang og hvor bred den skal være.
"""
WORDS = [a + b for a in ("sko", "by", "skat", "hav", "tog", "kost") for b in ("le", "vej", "pris", "ne", "lov", "")]
TINY = Recipe(vocabulary=120, width=24, dimensions=8, epochs=2, batch=32, threads=1)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two sittings and one file of each other kind."""
    rng = random.Random(3)
    folder = tmp_path / "data"
    for name in ("transcripts", "pairs", "parallel"):
        (folder / name).mkdir(parents=True)
    for day in ("2023-03-01", "2023-06-01"):
        lines = (" ".join(rng.choices(WORDS, k=6)).capitalize() + "." for _ in range(90))
        speech = "\n".join(f"   {a} {b} {c}" for a, b, c in zip(lines, lines, lines, strict=True))
        (folder / "transcripts" / f"m_{day}_1000.pdf.txt").write_text(f"{SITTING}\nKim Krog (Y):\n{speech}\n")
    (folder / "pairs" / "t.jsonl").write_text(json.dumps({"query": "En sko", "positive": "Noget på foden."}) + "\n")
    (folder / "parallel" / "x.dan-eng.tsv").write_text("".join(f"{w} nu\t{w[::-1]} now\n" for w in WORDS))
    (folder / "parallel" / "flores200dev.dan-eng.tsv").write_text("må ikke\tbe used\n")
    return folder


@pytest.fixture
def model(data: Path, tmp_path: Path) -> Path:
    """A trained folder."""
    train(data, tmp_path / "model", recipe=TINY)
    return tmp_path / "model"


def test_speeches_have_speaker_item_and_paragraphs_without_clock_marks() -> None:
    chair, anna, minister, answer = speeches(SITTING)

    assert (chair.speaker, chair.text) == ("Formanden", ("Ordet er frit.",))
    assert anna.title == "1) 1. behandling af lovforslag nr. L 1: Forslag til lov om cykelstier."
    assert [len(paragraph) for paragraph in anna.paragraphs] == [3, 2]
    assert minister.speaker == "Transportministeren"
    assert "Kl." not in str(list(speeches(SITTING)))
    assert (answer.title, len(answer.text)) == ("Hvad koster en bro?", 1)


def test_spokendo_not_end_at_a_title() -> None:
    assert sentences("Det siger hr. Bo Bæk.\nEnig!") == ("Det siger hr. Bo Bæk.", "Enig!")


def test_every_source_gives_pairs_but_those_left_out(data: Path) -> None:
    assert "flores200dev.dan-eng" in read(data).sources

    sources = read(data, without=["flores"]).sources

    assert {"sentence", "halves", "neighbours", "item", "question", "agenda", "t", "x.dan-eng"} == set(sources)
    assert "Hvornår kommer de første nye cykelstier?" in {a[-1] for a, _ in sources["question"]}
    assert "Hvad koster en bro?" in {a[0] for a, _ in sources["agenda"]}
    assert all(a[0] not in b for a, b in sources["sentence"])


def test_switched_sentences_hold_the_words_that_parallel_ones_teach(data: Path) -> None:
    rows = [("store veje", "big roads"), ("veje i foråret", "roads in spring"), ("store", "big"), ("veje", "roads")]
    (data / "parallel" / "y.dan-eng.tsv").write_text("".join(f"{a}\t{b}\n" for a, b in rows * 5))
    sources = read(data, without=["flores", "x."], switched=1_000).sources

    pairs = [(switched[0], danish[0]) for switched, danish in sources["switched.eng"]]
    assert pairs
    assert all(switched != danish for switched, danish in pairs)
    assert any({"big", "roads"} & set(switched.split()) for switched, _ in pairs)
    assert sources["switched.eng"] == read(data, without=["flores", "x."], switched=1_000).sources["switched.eng"]


def test_model_1_finds_which_words_translate_which() -> None:
    spoken = [(["en", "bro"], ["a", "bridge"]), (["en", "vej"], ["a", "road"]), (["to", "broer"], ["two", "bridges"])]
    likely = align(spoken * 3)

    assert max(likely["vej"], key=likely["vej"].__getitem__) == "road"
    assert max(likely["en"], key=likely["en"].__getitem__) == "a"


def test_tokens_that_are_spelt_alike_share_rows() -> None:
    torch.manual_seed(1)
    table = Tied(["regering", "regeringen", "fiskene", "fisk"], 64, 1.0, (3, 6), 2)
    first, second, third, fourth = torch.nn.functional.normalize(table(torch.arange(4)), dim=1)

    assert float(first @ second) > 0.3 > abs(float(first @ third))
    assert float(third @ fourth) > 0.2
    assert torch.equal(table(torch.tensor([2, 0]))[0], table(torch.arange(4))[2])


def test_common_tokens_are_weighed_down() -> None:
    table, passages = np.ones((3, 2), np.float32), [np.array([0, 0, 0, 1], np.int32)]

    assert np.allclose(training.damp(table, passages, 0.25)[:, 0], [0.25, 0.5, 1.0])
    assert training.damp(table, passages, 0.0) is table


def test_before_leaves_out_that_day_and_later(data: Path) -> None:
    march = read(data, before=date(2023, 6, 1))

    assert len(read(data).passages) == 2 * len(march.passages)


def test_the_folder_loads_in_sentence_transformers_and_agrees_with_numpy(model: Path) -> None:
    from safetensors.numpy import load_file
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

    stored = load_file(model / "model.safetensors")
    table = stored["embeddings"].astype(np.float32) * stored["weights"][:, None]
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    texts = ["Skolevej og skattepris.", "BYLOV " * 900]
    means = [table[tokenizer.encode(text, add_special_tokens=False).ids].mean(axis=0) for text in texts]
    expected = np.stack([mean / np.linalg.norm(mean) for mean in means])
    vectors = SentenceTransformer(str(model), device="cpu").encode(texts)

    assert vectors.shape == (2, 8)
    assert np.float32 == vectors.dtype
    np.testing.assert_allclose(vectors, expected, atol=1e-6)


def test_the_tokenizer_ignores_case_and_form_and_cuts_nothing(model: Path) -> None:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))

    assert tokenizer.truncation is None
    assert tokenizer.padding is None
    assert tokenizer.encode("på BY").ids == tokenizer.encode("pa\u030a by").ids


def test_narrow_keeps_cosines_where_no_direction_is_lost() -> None:
    rng = np.random.default_rng(0)
    table = rng.normal(size=(50, 6)).astype(np.float32)
    passages = [rng.integers(0, 50, 9).astype(np.int32) for _ in range(40)]
    turned = training.narrow(table, passages, 6)

    np.testing.assert_allclose(turned @ turned.T, table @ table.T, atol=1e-4)
    assert training.narrow(table, passages, 2).shape == (50, 2)


def test_same_seed_gives_the_same_table_within_noise(data: Path) -> None:
    material = read(data)
    tokenizer = training.build_tokenizer(material, TINY)
    once, losses = training.fit(material, tokenizer, TINY)
    again, _ = training.fit(material, tokenizer, TINY)
    other, _ = training.fit(material, tokenizer, replace(TINY, seed=8))

    np.testing.assert_allclose(once, again, atol=1e-3)
    assert np.abs(once - other).max() > 0.1
    assert np.isfinite(losses).all()


def test_an_interrupted_run_leaves_the_old_model(data: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {path.name: path.read_bytes() for path in model.iterdir() if path.is_file()}

    def fail(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("safetensors.numpy.save_file", fail)
    with pytest.raises(OSError, match="disk full"):
        train(data, model, recipe=TINY)

    assert before == {path.name: path.read_bytes() for path in model.iterdir() if path.is_file()}
    assert [model.parent / name for name in (".model-training", "data", "model")] == sorted(model.parent.iterdir())


def test_a_new_run_replaces_the_old_model_and_reports(data: Path, model: Path) -> None:
    seen = list[int]()
    report = train(data, model, recipe=TINY, dimensions=4, epochs=1, progress=lambda step, *_: seen.append(step))

    assert 4 == report.dimensions == json.loads((model / "training.json").read_text())["recipe"]["dimensions"]
    assert list(range(1, report.steps + 1)) == seen
    assert sum(path.stat().st_size for path in model.rglob("*") if path.is_file()) == report.size


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("pairs/bad.jsonl", '{"query": "a", "positive": "b"}\n{"query": 1}\n', r"bad\.jsonl:2: needs"),
        ("pairs/bad.tsv", "kun en spalte\n", r"bad\.tsv:1: needs two columns"),
        ("transcripts/m_2023-01-01_1.txt", b"\xff\xfe\xff", r"m_2023-01-01_1\.txt: cannot be read as UTF-8"),
    ],
)
def test_a_bad_file_is_named_in_one_line(data: Path, name: str, content: str | bytes, message: str) -> None:
    (data / name).write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(InputError, match=message) as error:
        read(data)

    assert "\n" not in str(error.value)


def test_a_folder_without_transcripts_is_refused(tmp_path: Path, data: Path) -> None:
    with pytest.raises(InputError, match=r"no transcripts/\*\.txt"):
        train(tmp_path / "nowhere", tmp_path / "out")
    with pytest.raises(InputError, match="no transcript dated before 2023-01-01"):
        train(data, tmp_path / "out", before=date(2023, 1, 1))

    for path in (data / "transcripts").iterdir():
        path.write_text("Kun løs tekst. Ingen taler.\n", encoding="utf-8")
    with pytest.raises(InputError, match="no speech found"):
        train(data, tmp_path / "out")

    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_no_model_is_never_replaced(data: Path) -> None:
    with pytest.raises(InputError, match="is not a model"):
        train(data, data, recipe=TINY)

    assert (data / "transcripts").is_dir()


def test_a_run_cut_short_goes_on_and_ends_as_one_that_was_not(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.checkpoint.EVERY", 0.0)
    built = training.build_tokenizer(read(data), TINY)  # two of the same pieces need not be equal
    monkeypatch.setattr(training, "build_tokenizer", lambda *_: built)
    whole = train(data, tmp_path / "whole", recipe=TINY)
    steps = list[int]()

    def cut_short(step: int, *_: object) -> None:
        steps.append(step)
        if len(steps) == whole.steps // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(data, tmp_path / "cut", recipe=TINY, progress=cut_short)
    assert not (tmp_path / "cut").exists()
    monkeypatch.setattr(training, "build_tokenizer", None)  # is not learned again
    report = train(data, tmp_path / "cut", recipe=TINY, progress=cut_short)

    assert list(range(1, whole.steps + 1)) == steps
    assert whole.loss == pytest.approx(report.loss, abs=1e-5)
    np.testing.assert_allclose(table(tmp_path / "whole"), table(tmp_path / "cut"), atol=1e-5)
    assert not (tmp_path / ".cut-training").exists()


@pytest.mark.parametrize("damage", ["other recipe", "other data", "short file", "no such file"])
def test_a_checkpoint_that_does_not_fit_is_replaced(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    monkeypatch.setattr("index.checkpoint.EVERY", 0.0)
    built = training.build_tokenizer(read(data), TINY)
    monkeypatch.setattr(training, "build_tokenizer", lambda *_: built)

    def cut_short(step: int, *_: object) -> None:
        if step == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(data, tmp_path / "cut", recipe=TINY, progress=cut_short)
    (state,) = (tmp_path / ".cut-training").glob("*.safetensors")
    recipe = replace(TINY, seed=8) if damage == "other recipe" else TINY
    if damage == "other data":
        (data / "parallel" / "x.dan-eng.tsv").write_text("sko nu\toks now\n")
    if damage == "short file":
        state.write_bytes(state.read_bytes()[:1000])
    if damage == "no such file":
        state.unlink()
    steps = list[int]()
    train(data, tmp_path / "cut", recipe=recipe, progress=lambda step, *_: steps.append(step))
    train(data, tmp_path / "whole", recipe=recipe)

    assert 1 == steps[0]
    np.testing.assert_allclose(table(tmp_path / "whole"), table(tmp_path / "cut"), atol=1e-5)


def table(model: Path) -> np.ndarray:
    from safetensors.numpy import load_file

    stored = load_file(model / "model.safetensors")
    return stored["embeddings"].astype(np.float32) * stored["weights"][:, None]
