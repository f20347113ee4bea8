"""What a model is: its identity, its folder, and what no model may ask for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

from corpus.errors import ModelError

BUNDLED = "bundled"
BUNDLED_FOLDER = Path(__file__).parent / "bundled"
Role = Literal["query", "passage"]
Progress = Callable[[int], None]

# What no encoder here reads, whatever else lies in a folder: pickled weights, other runtimes' files, code, pictures.
# Neither fetched nor hashed, so that a folder copied whole and one fetched from a hub are the same model.
UNREAD = (
    *("*.bin", "*.pt", "*.pth", "*.pkl", "*.ckpt", "*.h5", "*.ot", "*.msgpack", "*.onnx", "*.onnx_data", "*.tflite"),
    *("onnx/*", "openvino/*", "*.py", "*.md", "*.png", "*.jpg", "*.svg", "*.pdf", "*LICENSE*"),
)
_PICKLES = (".bin", ".pt", ".pth", ".pkl", ".ckpt")
_OTHER_RUNTIMES = ("onnx", "openvino")


class Purpose(NamedTuple):
    """What a model is named for: by which option, and which file the folder of such a model holds."""

    option: str
    holds: str


ENCODER = Purpose("--model", "modules.json")
RERANKER = Purpose("--rerank", "config.json")  # many cross-encoders are published without a list of parts


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


def find(model: str, purpose: Purpose = ENCODER) -> Path:
    """Find a model's folder: the bundled one, a folder on disk, or one from the local hub cache, else from the hub."""
    if model == BUNDLED:
        return BUNDLED_FOLDER
    path = Path(model).expanduser()
    if path.is_dir():
        if not (path / purpose.holds).is_file():
            raise ModelError(
                f"{model} is no sentence-transformers folder: it has no {purpose.holds}. Check {purpose.option}"
            )
        return path
    if path.exists() or model.startswith((".", "/", "~")) or model.count("/") > 1:
        raise ModelError(f"no model folder at {model}. Check {purpose.option}")
    from index.hub import fetch

    return fetch(model, purpose)


def modules(folder: Path) -> list[dict[str, str]]:
    """Give the parts of a model as `modules.json` lists them, each with `type` and `path`."""
    try:
        listed = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
        return [{"type": str(one["type"]), "path": str(one["path"])} for one in listed]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"the model in {folder} has no readable modules.json. Copy it again, whole") from error


def settings(folder: Path) -> dict[str, Any]:
    """Give what the model says of its use: `prompts`, `default_prompt_name`, `truncate_dim`; nothing where unsaid."""
    return _json_object(folder / "config_sentence_transformers.json")


def prompt(said: dict[str, Any], *names: str) -> str:
    """Give the first prompt of these names that the model has, else its default prompt, else none."""
    prompts = said.get("prompts") or {}
    wanted = [*names, said.get("default_prompt_name")]
    return next((prompts[name] for name in wanted if isinstance(prompts.get(name), str)), "")


def refuse_unsafe(folder: Path, purpose: Purpose = ENCODER) -> None:
    """Refuse a model that asks for code of its own, reaches outside its folder, or has weights in a pickle alone."""
    never_run = f"That is never run; name another model with {purpose.option}"
    for part in modules(folder) if (folder / "modules.json").exists() else ():
        if not part["type"].startswith("sentence_transformers."):
            raise ModelError(f"the model in {folder} asks for code of its own, {part['type']}. {never_run}")
        if not (folder / part["path"]).resolve().is_relative_to(folder.resolve()):
            raise ModelError(
                f"the model in {folder} names files outside its folder ({part['path']}). Copy them into it"
            )
    for path in _files(folder):
        if path.name.endswith("config.json") and _json_object(path).get("auto_map"):
            raise ModelError(f"{path} asks for code of its own, auto_map. {never_run}")
        if path.suffix in _PICKLES and not any(path.parent.glob("*.safetensors")):
            raise ModelError(f"{path} holds pickled weights, which are never read. Convert the model to safetensors")


def is_cross_encoder(folder: Path) -> bool:
    """Tell whether a model says that it scores pairs of texts."""
    architectures = _json_object(folder / "config.json").get("architectures") or ()
    classifies = any(str(one).endswith("ForSequenceClassification") for one in architectures)
    return classifies or settings(folder).get("model_type") == "CrossEncoder"


def digest(folder: Path) -> str:
    """Hash what decides the vectors: every file but those that no encoder reads, and hidden ones."""
    total = hashlib.sha256()
    for path in _files(folder):
        if any(path.match(pattern) for pattern in UNREAD):
            continue
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        total.update(f"{path.relative_to(folder).as_posix()}\0{content}\n".encode())
    return total.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        parts = path.relative_to(folder).parts
        if parts[0] not in _OTHER_RUNTIMES and not any(part.startswith(".") for part in parts):
            yield path


def _json_object(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}
