"""The folder of a static model: written beside the one it replaces, and never over anything else."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpus.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch
    from tokenizers import Tokenizer

    Floats = npt.NDArray[np.float32]


def save(table: Floats, tokenizer: Tokenizer, out: Path, facts: Mapping[str, Any]) -> None:
    """Put a sentence-transformers folder at `out`, whole or not at all."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding

    with replacing(out) as new:
        modules: list[torch.nn.Module] = [StaticEmbedding(tokenizer, embedding_weights=table), Normalize()]
        SentenceTransformer(modules=modules, device="cpu").save(str(new), create_model_card=False)
        write_table(table, new / "model.safetensors")
        compact = json.loads((new / "tokenizer.json").read_text(encoding="utf-8"))
        compact["model"]["vocab"] = [[token, round(score, 4)] for token, score in compact["model"]["vocab"]]
        text = json.dumps(compact, ensure_ascii=False, separators=(",", ":"))
        (new / "tokenizer.json").write_text(text, encoding="utf-8")
        (new / "training.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
        if (out / "README.md").is_file():  # the model card is written by hand
            shutil.copy(out / "README.md", new / "README.md")


def write_table(table: Floats, path: Path) -> None:
    """Write a table as one byte a number and a float32 scale a row, which StaticEmbedding unfolds into float32.

    In `embeddings` and `weights`: row i is `weights[i] * embeddings[i]`.
    """
    import numpy as np
    from safetensors.numpy import save_file

    scales = (np.abs(table).max(axis=1) / 127).clip(1e-12).astype(np.float32)
    save_file({"embeddings": np.rint(table / scales[:, None]).astype(np.int8), "weights": scales}, path)


def refuse_no_model(out: Path) -> None:
    """Raise InputError where a folder stands at `out` that is not a model: it is never replaced."""
    if out.exists() and not (out / "modules.json").is_file() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out}: is there and is not a model; choose another folder")


@contextmanager
def replacing(out: Path) -> Iterator[Path]:
    """Give a folder to fill that then takes the place of `out`: a run cut short leaves the model that was there."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as scratch:
        new, old = Path(scratch, "new"), Path(scratch, "old")
        new.mkdir()
        yield new
        for path in (new, *new.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        if out.exists():
            out.rename(old)
        try:
            new.rename(out)
        except OSError:
            if old.exists():
                old.rename(out)
            raise
