"""The fast path of static models: whatever the text, the same vectors as sentence-transformers."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from index import static
from index.encoder import _BUNDLED_FOLDER, StaticEncoder, load
from index.static import Stretches, Whole, separable
from tests.conftest import EXAMPLES

# What Python and Rust see differently, what composes with its neighbour, and what the tokenizer treats apart.
PIECES = [
    *(" ", "  ", "\n", "\r\n", "\t", "\x0b", "\x0c", "\x1c", "\x1f", "\x85", "\xa0", "\u1680", "\u2003", "\u2028"),
    *(
        "\u200b",
        "\u200d",
        "\ufeff",
        "\u3000",
        "\x00",
        "\u0301",
        "\u030a",
        "\u0338",
        "\u0345",
        "\u0327",
        "\u1100",
        "\u1161",
    ),
    *(
        ",",
        ".",
        ",.",
        "=",
        "<",
        ">",
        "-",
        "–",
        "§",
        "…",
        "。",
        "1.000,5",
        "<unk>",
        "▁",
        "▁hus",
        "Å",
        "å",
        "a",
        "ﬁ",
        "İ",
        "Σ",
    ),
    *("ς", "ä", "Ö", "ß", "kommunerne", "Ministeren", "S 560", "漢字", "🇩🇰", "👩‍👧"),
]
TEXTS = st.one_of(st.text(max_size=200), st.lists(st.sampled_from(PIECES), max_size=30).map("".join))

MODEL = SentenceTransformer(str(_BUNDLED_FOLDER), device="cpu")
ENCODER = load()


def expected(model: SentenceTransformer, texts: list[str], **options: Any) -> np.ndarray:
    return np.asarray(model.encode(texts, normalize_embeddings=True, **options), dtype=np.float32)


def configuration(tokenizer: Tokenizer) -> dict[str, Any]:
    return json.loads(tokenizer.to_str())  # type: ignore[no-any-return]


@settings(max_examples=400, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_any_text_has_the_vector_of_sentence_transformers(texts: list[str]) -> None:
    """Word by word and remembered, a text's vector is the one of the whole text, to 1e-6."""
    np.testing.assert_allclose(expected(MODEL, texts), ENCODER.encode(texts, "passage"), atol=1e-6)


def test_real_texts_have_the_vectors_of_sentence_transformers() -> None:
    """The same for documents as they are, whole and by line."""
    documents = [path.read_text(encoding="utf-8") for path in sorted(EXAMPLES.glob("*.txt"))]
    texts = [*documents, *(line for text in documents for line in text.splitlines())]
    assert len(texts) > 100
    np.testing.assert_allclose(expected(MODEL, texts), ENCODER.encode(texts, "passage"), atol=1e-6)


def test_the_bundled_tokenizer_takes_the_fast_path() -> None:
    """The default model's tokenizer is one whose tokens can be put together from stretches."""
    assert isinstance(ENCODER, StaticEncoder)
    assert isinstance(ENCODER.tokens, Stretches)


def unigram() -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(_BUNDLED_FOLDER / "tokenizer.json"))
    fold = [normalizers.Replace("ä", "æ"), normalizers.Replace("ö", "ø"), normalizers.Replace("▁", " ")]
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase(), *fold])
    return tokenizer


def word_piece() -> Tokenizer:
    pieces = [
        "[UNK]",
        "[CLS]",
        *"abcdefghijklmnopqrstuvwxyzæøå1234567890,.=-<>",
        "##e",
        "##r",
        "##n",
        "kommune",
        "##rne",
    ]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.add_special_tokens(["[CLS]"])
    return tokenizer


@pytest.mark.parametrize("make", [unigram, word_piece])
def test_other_separable_tokenizers_give_the_same_tokens(make: Callable[[], Tokenizer]) -> None:
    """Also with rules that replace letters, and with the pieces of BERT."""
    tokenizer = make()
    assert separable(configuration(tokenizer))
    remembered, whole = Stretches(tokenizer), Whole(tokenizer)

    @settings(max_examples=300, deadline=None)
    @given(st.lists(TEXTS, min_size=1, max_size=4))
    def same(texts: list[str]) -> None:
        for one, other in zip(whole(texts), remembered(texts), strict=True):
            np.testing.assert_array_equal(one, other)

    same()


def set_at(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(tokenizer: dict[str, Any]) -> None:
        *steps, last = path.split(".")
        place: Any = tokenizer
        for step in steps:
            place = place[int(step) if step.isdigit() else step]
        place[int(last) if last.isdigit() else last] = value

    return change


REPLACE = {"type": "Replace", "content": "x"}


@pytest.mark.parametrize(
    "change",
    [
        set_at("pre_tokenizer", None),
        set_at("pre_tokenizer", {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}),
        set_at("pre_tokenizer.pretokenizers.1.prepend_scheme", "first"),
        set_at("pre_tokenizer.pretokenizers.0", {"type": "Metaspace", "prepend_scheme": "always"}),
        set_at("normalizer", {"type": "Precompiled", "precompiled_charsmap": ""}),
        set_at("normalizer.normalizers.0", {"type": "Strip", "strip_left": True, "strip_right": True}),
        set_at("normalizer.normalizers.0", {**REPLACE, "pattern": {"String": "a b"}}),
        set_at("normalizer.normalizers.0", {**REPLACE, "pattern": {"String": "."}}),
        set_at("normalizer.normalizers.0", {**REPLACE, "pattern": {"String": ""}}),
        set_at("normalizer.normalizers.0", {**REPLACE, "pattern": {"Regex": r"\s+"}}),
        set_at("truncation", {"max_length": 8, "strategy": "LongestFirst", "stride": 0, "direction": "Right"}),
        set_at("model.dropout", 0.1),
        set_at("added_tokens.0.lstrip", True),
        set_at("added_tokens.0.single_word", True),
        set_at("added_tokens.0.content", "New York"),
    ],
)
def test_a_tokenizer_that_looks_at_neighbours_goes_the_general_way(change: Callable[[dict[str, Any]], None]) -> None:
    """Whatever is not known to be safe is tokenised whole."""
    tokenizer = configuration(Tokenizer.from_file(str(_BUNDLED_FOLDER / "tokenizer.json")))
    assert separable(tokenizer)
    change(tokenizer)
    assert not separable(tokenizer)


def changed(folder: Path, file: str, change: Callable[[dict[str, Any]], None]) -> Path:
    copy = Path(shutil.copytree(_BUNDLED_FOLDER, folder))
    values = json.loads((copy / file).read_text(encoding="utf-8"))
    change(values)
    (copy / file).write_text(json.dumps(values), encoding="utf-8")
    return copy


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("tokenizer.json", set_at("pre_tokenizer.pretokenizers.1.prepend_scheme", "first")),
        (
            "tokenizer.json",
            set_at("truncation", {"max_length": 8, "strategy": "LongestFirst", "stride": 0, "direction": "Right"}),
        ),
        ("config_sentence_transformers.json", set_at("truncate_dim", 100)),
    ],
    ids=["prefix", "truncation", "dimensions"],
)
def test_other_static_models_equal_sentence_transformers(
    tmp_path: Path, file: str, change: Callable[[dict[str, Any]], None]
) -> None:
    """A model that looks at neighbours, cuts texts, or says how many numbers to keep, is followed."""
    folder = changed(tmp_path / "model", file, change)
    texts = ["Hvor mange penge fik kommunerne i 2012, og hvad gik de til?", "Nej.", "a  b\nc"]
    theirs = expected(SentenceTransformer(str(folder), device="cpu"), texts)
    np.testing.assert_allclose(theirs, load(str(folder)).encode(texts, "passage"), atol=1e-6)
    assert theirs.shape != ENCODER.encode(texts, "passage").shape or not np.allclose(
        theirs, ENCODER.encode(texts, "passage"), atol=1e-3
    )


def test_fewer_dimensions_are_those_of_sentence_transformers() -> None:
    """`dimensions` keeps the first numbers at unit length, and all where there are fewer."""
    texts = ["Hvor mange penge fik kommunerne?", "Ministeren har svaret."]
    narrow = load(dimensions=128)
    assert 128 == narrow.identity.dimension
    assert ENCODER.identity.digest == narrow.identity.digest
    np.testing.assert_allclose(expected(MODEL, texts, truncate_dim=128), narrow.encode(texts, "query"), atol=1e-6)
    assert ENCODER.identity.dimension == load(dimensions=10_000).identity.dimension


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """More different words than fit are forgotten, and the vectors stay the same, also between threads."""
    monkeypatch.setattr(static, "_REMEMBERED", 20_000)
    texts = [" ".join(f"ord{number}" for number in range(begin, begin + 50)) for begin in range(0, 4000, 20)]
    wanted = ENCODER.encode(texts, "passage")
    encoder = load()
    assert isinstance(encoder, StaticEncoder) and isinstance(encoder.tokens, Stretches)
    held = []
    for text, vector in zip(texts, wanted, strict=True):
        np.testing.assert_array_equal(vector, encoder.encode([text], "passage")[0])
        held.append(len(encoder.tokens._known))
    assert 50 < max(held) < 100 and 0 in held
    with ThreadPoolExecutor(8) as pool:
        given_back = list(pool.map(lambda text: encoder.encode([text], "passage")[0], texts * 2))
    np.testing.assert_array_equal([*wanted, *wanted], given_back)


def test_a_long_text_is_summed_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory does not grow with a text's length, and its vector is the same."""
    text = "Ministeren har indhentet bidrag fra beskæftigelsesministeren. " * 20
    wanted = ENCODER.encode([text], "passage")
    monkeypatch.setattr(static, "_BLOCK", 7)
    np.testing.assert_allclose(wanted, ENCODER.encode([text], "passage"), atol=1e-6)
