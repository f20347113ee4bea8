"""Text to unit vectors: the bundled static model without torch, any other sentence-transformers model with it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np

from corpus.errors import ModelError
from index.vectors import Vectors

BUNDLED = "bundled"
_BUNDLED_FOLDER = Path(__file__).parent / "bundled"
_STATIC = "StaticEmbedding"
Role = Literal["query", "passage"]
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """What must be equal for two vectors to be comparable."""

    name: str
    digest: str  # SHA-256 over the names and contents of the model's files
    dimension: int
    query_prompt: str
    passage_prompt: str

    def as_json(self) -> dict[str, Any]:
        """Give the identity as plain JSON values."""
        return asdict(self)


class Encoder(Protocol):
    """A loaded model."""

    identity: ModelIdentity
    cheap: bool  # may be called for every sentence of an answer

    def encode(self, texts: Sequence[str], role: Role, progress: Progress | None = None) -> Vectors:
        """Give unit vectors, float32 [len(texts), dimension]; a text without known words gives zeros."""
        ...


def load(model: str = BUNDLED, *, query_prompt: str | None = None, passage_prompt: str | None = None) -> Encoder:
    """Load a model by folder or sentence-transformers id; prompts default to those the model names itself."""
    folder = _folder(model)
    settings = _read_json(folder / "config_sentence_transformers.json")
    prompts = settings.get("prompts") or {}
    queries = query_prompt if query_prompt is not None else prompts.get("query", "")
    passages = passage_prompt if passage_prompt is not None else prompts.get("passage", prompts.get("document", ""))
    name = model if model == BUNDLED or not Path(model).exists() else str(Path(model).resolve())
    kind = StaticEncoder if _is_static(folder) else TransformerEncoder
    return kind(name, folder, queries, passages)


class StaticEncoder:
    """A `StaticEmbedding` model: the mean of its tokens' rows, at unit length; needs no torch.

    Equal to sentence-transformers on the same folder to 1e-6, which a test holds.
    """

    cheap = True

    def __init__(self, name: str, folder: Path, query_prompt: str, passage_prompt: str) -> None:
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        module = folder / next(m["path"] for m in _modules(folder) if m["type"].endswith(_STATIC))
        try:
            self._tokenizer = Tokenizer.from_file(str(module / "tokenizer.json"))
            self._table = _unfolded(load_file(module / "model.safetensors"))
        except Exception as error:  # the Rust libraries raise bare Exception
            raise ModelError(f"the model in {folder} cannot be read: {error}. Name another with --model") from error
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self.identity = ModelIdentity(name, _digest(folder), self._table.shape[1], query_prompt, passage_prompt)

    def encode(self, texts: Sequence[str], role: Role, progress: Progress | None = None) -> Vectors:
        """Give unit vectors, float32 [len(texts), dimension]; a text without known words gives zeros."""
        prompt = self.identity.query_prompt if role == "query" else self.identity.passage_prompt
        vectors = np.zeros((len(texts), self.identity.dimension), dtype=np.float32)
        for begin in range(0, len(texts), 1024):
            batch = [prompt + text for text in texts[begin : begin + 1024]]
            for offset, encoding in enumerate(self._tokenizer.encode_batch_fast(batch, add_special_tokens=False)):
                if encoding.ids:
                    vectors[begin + offset] = self._table[encoding.ids].mean(axis=0)
            if progress:
                progress(len(batch))
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        np.divide(vectors, norms, out=vectors, where=norms > 0)
        return vectors


class TransformerEncoder:
    """Any other sentence-transformers model, on the GPU where there is one."""

    cheap = False

    def __init__(self, name: str, folder: Path, query_prompt: str, passage_prompt: str) -> None:
        _refuse_pickles(folder)
        os.environ.setdefault("HF_HUB_OFFLINE", "1")  # the files are here; nothing is looked up
        from sentence_transformers import SentenceTransformer

        try:
            self._model = SentenceTransformer(str(folder), trust_remote_code=False, local_files_only=True)
        except Exception as error:
            line = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise ModelError(f"the model in {folder} cannot be loaded: {line}. Name another with --model") from error
        probe = self._model.encode([""], show_progress_bar=False)
        self.identity = ModelIdentity(name, _digest(folder), probe.shape[1], query_prompt, passage_prompt)

    def encode(self, texts: Sequence[str], role: Role, progress: Progress | None = None) -> Vectors:
        """Give unit vectors, float32 [len(texts), dimension]."""
        prompt = self.identity.query_prompt if role == "query" else self.identity.passage_prompt
        parts = [np.zeros((0, self.identity.dimension), dtype=np.float32)]
        for begin in range(0, len(texts), 256):
            batch = [prompt + text for text in texts[begin : begin + 256]]
            parts.append(
                self._model.encode(
                    batch,
                    prompt="",
                    normalize_embeddings=True,
                    show_progress_bar=False,
                    convert_to_numpy=True,
                ).astype(np.float32)
            )
            if progress:
                progress(len(batch))
        return np.concatenate(parts)


def _folder(model: str) -> Path:
    """Find a model's folder: the bundled one, a folder on disk, or one from the local hub cache, else from the hub."""
    if model == BUNDLED:
        return _BUNDLED_FOLDER
    path = Path(model).expanduser()
    if path.is_dir():
        if not (path / "modules.json").is_file():
            raise ModelError(f"{model} is no sentence-transformers folder: it has no modules.json. Check --model")
        return path
    if path.exists() or model.startswith((".", "/", "~")) or model.count("/") > 1:
        raise ModelError(f"no model folder at {model}. Check --model")
    return _from_hub(model)


def _from_hub(model: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    wanted = ["*.json", "*.txt", "*.model", "*.safetensors"]  # never pickled weights, never code
    try:
        return Path(snapshot_download(model, allow_patterns=wanted, local_files_only=True))
    except (LocalEntryNotFoundError, ValueError, OSError):
        pass
    try:
        return Path(snapshot_download(model, allow_patterns=wanted, etag_timeout=5))
    except Exception as error:
        raise ModelError(
            f"the model {model} is not on this machine and no model hub can be reached. "
            "Name a folder with --model, or leave --model out for the bundled encoder"
        ) from error


def _refuse_pickles(folder: Path) -> None:
    """Refuse a model any part of which has its weights in a pickle alone: reading one can run code."""
    for path in folder.rglob("*"):
        if path.suffix in (".bin", ".pt", ".pth", ".pkl", ".ckpt") and not any(path.parent.glob("*.safetensors")):
            raise ModelError(f"{path} holds pickled weights, which are never read. Convert the model to safetensors")


def _unfolded(tensors: Mapping[str, Vectors]) -> Vectors:
    """Give one float32 row a token: stored so, or as rows, a scale for each, and a token's row number."""
    if "embedding.weight" in tensors:
        return np.ascontiguousarray(tensors["embedding.weight"], dtype=np.float32)
    table = tensors["embeddings"].astype(np.float32)
    if "mapping" in tensors:
        table = table[tensors["mapping"]]
    if "weights" in tensors:
        table *= tensors["weights"].astype(np.float32)[:, None]
    return table


def _modules(folder: Path) -> list[dict[str, str]]:
    try:
        modules: list[dict[str, str]] = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"the model in {folder} has no readable modules.json. Check --model") from error
    return modules


def _is_static(folder: Path) -> bool:
    kinds = [module["type"].rsplit(".", 1)[-1] for module in _modules(folder)]
    return kinds in ([_STATIC], [_STATIC, "Normalize"])


def _read_json(path: Path) -> dict[str, Any]:
    try:
        values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return values


def _digest(folder: Path) -> str:
    """Hash what decides the vectors: every file but the model card and hidden files."""
    total = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name = path.relative_to(folder).as_posix()
        if name.endswith(".md") or any(part.startswith(".") for part in path.relative_to(folder).parts):
            continue
        with path.open("rb") as file:
            total.update(f"{name}\0{hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return total.hexdigest()
