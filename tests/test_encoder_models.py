"""Models of other people: their prompts, lengths and sizes are followed; what they may not do is refused."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sentence_transformers
import torch
from sentence_transformers.sentence_transformer import modules
from tokenizers import Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers.models import WordPiece
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from corpus.errors import ModelError
from index import transformer
from index.build import build
from index.encoder import TransformerEncoder, load
from index.generation import current
from index.models import digest
from index.search import Searcher
from tests.conftest import EXAMPLES

LONGEST = 16
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
WORDS = ["query", "passage", ":", ",", ".", "hvad", "koster", "skolemad", "mad", "kroner", "og", "ministeren", "nej"]
TEXTS = ["Hvad koster skolemad?", "Nej.", "Ministeren, og mad. " * 3, "kroner " * 300]


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A transformer of two layers, untrained, that reads 16 tokens."""
    folder = tmp_path_factory.mktemp("models") / "tiny"
    vocabulary = {token: number for number, token in enumerate([*SPECIAL, *WORDS])}
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    torch.manual_seed(7)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    BertModel(BertConfig(vocab_size=len(vocabulary), max_position_embeddings=LONGEST, **sizes)).save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=LONGEST,
        **dict(zip(["pad_token", "unk_token", "cls_token", "sep_token"], SPECIAL, strict=True)),
    ).save_pretrained(folder)
    parts = [modules.Transformer(str(folder)), modules.Pooling(32, "mean")]
    saved = folder.parent / "saved"
    sentence_transformers.SentenceTransformer(modules=parts, device="cpu").save(str(saved), create_model_card=False)
    return saved


@pytest.fixture
def model(tiny: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny, tmp_path / "model"))


def change(path: Path, **values: Any) -> None:
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    path.write_text(json.dumps({**before, **values}), encoding="utf-8")


def theirs(folder: Path, texts: list[str]) -> np.ndarray:
    model = sentence_transformers.SentenceTransformer(str(folder), device="cpu")
    return np.asarray(model.encode(texts, prompt="", normalize_embeddings=True))


def test_vectors_are_those_of_sentence_transformers(tiny: Path) -> None:
    """The same vectors as the library gives, in the order of the texts, with progress told."""
    told: list[int] = []
    np.testing.assert_allclose(
        theirs(tiny, TEXTS * 200), load(str(tiny)).encode(TEXTS * 200, "passage", told.append), atol=1e-5
    )
    assert len(told) > 1 and 800 == sum(told)
    assert (0, 32) == load(str(tiny)).encode([], "passage").shape


def test_the_models_own_maximum_length_is_respected_and_counted(tiny: Path) -> None:
    """What goes beyond the maximum changes nothing, and `cut` tells of how many texts that is true."""
    encoder = load(str(tiny))
    assert isinstance(encoder, TransformerEncoder) and LONGEST == encoder.longest
    fits, over = "mad " * (LONGEST - 2), "mad " * (LONGEST - 1)
    first, second, third = encoder.encode([fits, over, over + "nej " * 500], "passage")
    np.testing.assert_allclose(first, second, atol=1e-6)
    np.testing.assert_allclose(first, third, atol=1e-6)
    assert 2 == encoder.cut
    encoder.encode([over], "query")
    assert 3 == encoder.cut


def test_a_build_says_how_many_passages_were_cut(tiny: Path, tmp_path: Path) -> None:
    """The command line tells of passages that the model read only in part, and keeps the dimensions asked for."""
    command = [sys.executable, "-m", "bot.cli", "index", str(EXAMPLES / "notat-cykelparkering.md")]
    run = subprocess.run(
        [*command, "--index", str(tmp_path / "index"), "--model", str(tiny), "--dimensions", "8"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "16 tokens" in run.stderr and "--max-characters" in run.stderr
    assert 8 == current(tmp_path / "index")[1].model["dimension"]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"prompts": {"query": "query: ", "passage": "passage: "}}, ("query: ", "passage: ")),
        ({"prompts": {"query": "query: ", "document": "passage: "}}, ("query: ", "passage: ")),
        ({"prompts": {"query": "", "document": ""}}, ("", "")),
        ({"prompts": {"retrieval": "mad: "}, "default_prompt_name": "retrieval"}, ("mad: ", "mad: ")),
        ({"prompts": {"query": None}, "default_prompt_name": None}, ("", "")),
        ({"prompts": {}}, ("", "")),
    ],
)
def test_prompts_are_the_models_own(model: Path, said: dict[str, Any], expected: tuple[str, str]) -> None:
    """Named as sentence-transformers names them, and put before each text."""
    change(model / "config_sentence_transformers.json", **said)
    encoder = load(str(model))
    assert expected == (encoder.identity.query_prompt, encoder.identity.passage_prompt)
    for role, prompt in zip(("query", "passage"), expected, strict=True):
        wanted = theirs(model, [prompt + "hvad koster skolemad"])
        np.testing.assert_allclose(wanted, encoder.encode(["hvad koster skolemad"], role), atol=1e-5)


def test_prompts_can_be_set(model: Path) -> None:
    """Options win over the model's own prompts, also to have none."""
    change(model / "config_sentence_transformers.json", prompts={"query": "hvad ", "document": "nej "})
    encoder = load(str(model), query_prompt="query: ", passage_prompt="")
    assert ("query: ", "") == (encoder.identity.query_prompt, encoder.identity.passage_prompt)
    np.testing.assert_allclose(theirs(model, ["query: mad"]), encoder.encode(["mad"], "query"), atol=1e-5)
    np.testing.assert_allclose(theirs(model, ["mad"]), encoder.encode(["mad"], "passage"), atol=1e-5)


def test_fewer_dimensions_follow_the_index(tiny: Path, tmp_path: Path) -> None:
    """An index of fewer dimensions is asked with as many, without being told."""
    encoder = load(str(tiny), dimensions=8)
    full = load(str(tiny)).encode(TEXTS, "passage")[:, :8]
    np.testing.assert_allclose(
        full / np.linalg.norm(full, axis=1, keepdims=True), encoder.encode(TEXTS, "passage"), atol=1e-5
    )
    build([EXAMPLES / "notat-cykelparkering.md"], tmp_path / "index", encoder)
    searcher = Searcher.open(tmp_path / "index")
    assert 8 == searcher.encoder.identity.dimension == searcher.manifest.model["dimension"]
    assert searcher.ask("skolemad").hits


def test_the_library_is_asked_for_no_remote_code_and_its_own_device(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No remote code, no look-ups, safetensors only; the library chooses the device, a GPU where there is one."""
    asked: dict[str, Any] = {}
    real = sentence_transformers.SentenceTransformer

    def recording(*arguments: Any, **options: Any) -> Any:
        asked.update(options)
        return real(*arguments, **options)

    monkeypatch.setattr(sentence_transformers, "SentenceTransformer", recording)
    load(str(tiny))
    assert asked["trust_remote_code"] is False and asked["local_files_only"] is True
    assert asked["model_kwargs"] == {"use_safetensors": True}
    assert "device" not in asked


class OutOfMemory:
    """A model that has memory for so many texts at once."""

    def __init__(self, model: Any, fits: int, error: Exception) -> None:
        self._model, self._fits, self._error = model, fits, error
        self.sizes: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def __getitem__(self, number: int) -> Any:
        return self._model[number]

    def encode_document(self, texts: list[str], **options: Any) -> Any:
        self.sizes.append(options["batch_size"])
        if options["batch_size"] > self._fits:
            raise self._error
        return self._model.encode_document(texts, **options)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory"),
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes"),
    ],
    ids=["gpu", "python", "cpu"],
)
def test_too_little_memory_halves_the_batch(tiny: Path, error: Exception) -> None:
    """What does not fit is tried by halves, the size that fits is kept, and what never fits is one line."""
    encoder = load(str(tiny))
    assert isinstance(encoder, TransformerEncoder)
    wanted = encoder.encode(TEXTS * 20, "passage")
    tight = encoder._model = OutOfMemory(encoder._model, 5, error)
    np.testing.assert_allclose(wanted, encoder.encode(TEXTS * 20, "passage"), atol=1e-5)
    assert [32, 16, 8, 4] == tight.sizes
    encoder.encode(TEXTS, "passage")
    assert [32, 16, 8, 4, 4] == tight.sizes
    tight._fits = 0
    with pytest.raises(ModelError, match="--max-characters"):
        encoder.encode(TEXTS, "passage")


def test_threads_get_what_one_gets(tiny: Path) -> None:
    """Long and short texts at once, so that counting for one thread cannot undo cutting for another."""
    encoder = load(str(tiny))
    batches = [["mad " * (size + 1)] * 4 for size in range(40)] * 4 + [["mad " * 900]] * 40
    expected = [encoder.encode(texts, "query").tolist() for texts in batches]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda texts: encoder.encode(texts, "query").tolist(), batches))
    assert expected == found


def test_other_errors_are_not_taken_for_memory(tiny: Path) -> None:
    """A fault is a fault."""
    encoder = load(str(tiny))
    assert isinstance(encoder, TransformerEncoder)
    encoder._model = OutOfMemory(encoder._model, 0, RuntimeError("shapes do not fit"))
    with pytest.raises(RuntimeError, match="shapes"):
        encoder.encode(TEXTS, "passage")


def test_the_batch_fits_the_free_memory(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer texts at once where there is less memory or the texts are longer, never none."""
    encoder = load(str(tiny))
    assert isinstance(encoder, TransformerEncoder)
    sizes = {}
    for free in (2**40, 2**28, 2**10):
        monkeypatch.setattr(transformer, "_free_memory", lambda kind, free=free: free)
        sizes[free] = [encoder._fitting(tokens) for tokens in (8, 512, 8_192)]
    assert [32, 32, 32] == sizes[2**40]
    short, middle, long = sizes[2**28]
    assert 32 == short > middle > long == 1
    assert [1, 1, 1] == sizes[2**10]


@pytest.mark.parametrize("file", ["config.json", "tokenizer_config.json"])
def test_a_model_with_code_of_its_own_is_refused(model: Path, file: str) -> None:
    """`auto_map` names code that came with the model; it is not run, and not silently left out either."""
    change(model / file, auto_map={"AutoModel": "modeling_own.OwnModel"})
    (model / "modeling_own.py").write_text("raise SystemExit('ran')\n", encoding="utf-8")
    with pytest.raises(ModelError, match=f"{file} asks for code of its own.*--model"):
        load(str(model))


@pytest.mark.parametrize("kind", ["custom_st.Transformer", "subprocess.Popen", "custom.StaticEmbedding"])
def test_a_part_from_elsewhere_is_refused(model: Path, kind: str) -> None:
    """Every part of a model is one of sentence-transformers' own."""
    path = model / "modules.json"
    parts = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps([{**parts[0], "type": kind}, *parts[1:]]), encoding="utf-8")
    with pytest.raises(ModelError, match=f"code of its own, {kind}.*--model"):
        load(str(model))


@pytest.mark.parametrize("content", ["[{}]", "{", '{"a": 1}', "[1]", "null"])
def test_a_broken_list_of_parts_is_named(model: Path, content: str) -> None:
    """One line, whatever stands in modules.json."""
    (model / "modules.json").write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match="no readable modules"):
        load(str(model))


def test_a_part_outside_the_folder_is_refused(model: Path) -> None:
    """What lies outside would not be in the model's digest."""
    path = model / "modules.json"
    parts = json.loads(path.read_text(encoding="utf-8"))
    (model.parent / "outside").mkdir()
    path.write_text(json.dumps([parts[0], {**parts[1], "path": "../outside"}]), encoding="utf-8")
    with pytest.raises(ModelError, match="outside its folder"):
        load(str(model))


def test_other_runtimes_files_are_no_pickles(model: Path) -> None:
    """A folder copied whole from a hub may hold OpenVINO's weights, which end as pickles do."""
    before = digest(model)
    (model / "openvino").mkdir()
    (model / "openvino" / "openvino_model.bin").write_bytes(b"weights of another runtime")
    (model / "pytorch_model.bin").write_bytes(b"beside safetensors, and not read")
    (model / "README.md").write_text("A card.", encoding="utf-8")
    assert before == digest(model)
    assert 32 == load(str(model)).identity.dimension


def test_weights_in_a_pickle_alone_are_refused(model: Path) -> None:
    """Reading a pickle can run code."""
    (model / "model.safetensors").rename(model / "pytorch_model.bin")
    with pytest.raises(ModelError, match="pickled weights"):
        load(str(model))


def test_the_digest_covers_every_file_that_decides_the_vectors(model: Path) -> None:
    """One changed byte in any of them, a file more or a file less, is another model."""
    files = [path for path in model.rglob("*") if path.is_file()]
    assert {"model.safetensors", "tokenizer.json", "config.json", "modules.json"} <= {path.name for path in files}
    seen = {digest(model)}
    for path in files:
        content = path.read_bytes()
        path.write_bytes(content + b" ")
        seen.add(digest(model))
        path.unlink()
        seen.add(digest(model))
        path.write_bytes(content)
    (model / "vocabulary.txt").write_text("new", encoding="utf-8")
    seen.add(digest(model))
    assert 2 * len(files) + 2 == len(seen)


@pytest.fixture
def silent() -> Iterator[str]:
    """A hub that takes the call and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def closed() -> str:
    """A hub where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize("hub", ["silent", "closed"])
def test_a_hub_that_does_not_answer_is_one_line(hub: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """No retrying for minutes, no traceback: one line that says which hub, which model, and what to do."""
    address = request.getfixturevalue(hub)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "TRANSFORMERS_"))}
    run = subprocess.run(
        [sys.executable, "-m", "bot.cli", "index", str(EXAMPLES), "--index", str(tmp_path / "i"), "--model", "no/such"],
        capture_output=True,
        text=True,
        env={**environment, "HF_ENDPOINT": address, "HF_HOME": str(tmp_path / "cache"), "NO_PROXY": "127.0.0.1"},
        timeout=60,  # the client's own retries would take longer than this
    )
    assert 1 == run.returncode
    assert 1 == len(run.stderr.splitlines()), run.stderr
    assert all(part in run.stderr for part in ("no/such", address, "no model hub can be reached", "--model"))
    assert not (tmp_path / "i").exists()


def test_an_id_that_is_none_is_named() -> None:
    """A name that no hub could have is not asked for."""
    with pytest.raises(ModelError, match="neither a model folder nor the id of a model"):
        load("--en model--")
