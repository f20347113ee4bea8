"""Where a training stands, kept beside what it will write, so that a run cut short goes on from there."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import torch
    from tokenizers import Tokenizer

EVERY = 60.0  # seconds of work that a run cut short may lose


class Checkpoint:
    """The tokenizer and the newest state of one training, as JSON and safetensors: reading them runs no code.

    `made_of` names the recipe and the data; what a training of anything else left in the folder is removed.
    """

    def __init__(self, folder: Path, made_of: str) -> None:
        self._folder = folder
        self._tokenizer = folder / f"{made_of}.tokenizer.json"
        self._state = folder / f"{made_of}.safetensors"
        self._saved = time.monotonic()
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.iterdir():
            if path not in (self._tokenizer, self._state):
                path.unlink()

    def tokenizer(self, build: Callable[[], Tokenizer]) -> Tokenizer:
        """Give the tokenizer that is there, or build and keep one."""
        from tokenizers import Tokenizer

        if not self._tokenizer.is_file():
            built = build()
            _replace(self._tokenizer, lambda path: built.save(str(path)))
        # Also the first time: what is learned must not depend on where it was cut short.
        return Tokenizer.from_file(str(self._tokenizer))

    def load(self, table: torch.nn.Module, optimizer: torch.optim.Optimizer, rng: np.random.Generator) -> list[float]:
        """Set all three to where the training stood, and give the losses of the steps done; none if it is new."""
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(self._state, framework="pt") as file:
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
                random = json.loads(file.metadata()["random"])
        except (FileNotFoundError, SafetensorError):  # a damaged one is none
            return []
        losses: list[float] = tensors.pop("losses").tolist()
        table.load_state_dict({name: tensors.pop(f"table.{name}") for name in table.state_dict()})
        moments: dict[int, dict[str, torch.Tensor]] = {}
        for name, tensor in tensors.items():
            _, number, key = name.split(".")
            moments.setdefault(int(number), {})[key] = tensor
        optimizer.load_state_dict({"state": moments, "param_groups": optimizer.state_dict()["param_groups"]})
        rng.bit_generator.state = random
        return losses

    def save(
        self, table: torch.nn.Module, optimizer: torch.optim.Optimizer, rng: np.random.Generator, losses: list[float]
    ) -> None:
        """Keep where the training stands, in place of what was kept before, if that is long enough ago."""
        import torch
        from safetensors.torch import save_file

        if time.monotonic() - self._saved < EVERY:
            return
        tensors = {f"table.{name}": tensor for name, tensor in table.state_dict().items()}
        for number, moments in optimizer.state_dict()["state"].items():
            tensors |= {f"moments.{number}.{key}": tensor for key, tensor in moments.items()}
        tensors["losses"] = torch.tensor(losses, dtype=torch.float64)
        random = {"random": json.dumps(rng.bit_generator.state)}
        _replace(self._state, lambda path: save_file(tensors, path, metadata=random))
        self._saved = time.monotonic()

    def drop(self) -> None:
        """Remove all of it: the training is done."""
        shutil.rmtree(self._folder, ignore_errors=True)


def _replace(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file aside and rename it, so that it is there whole or as it was."""
    aside = path.with_suffix(".new")
    write(aside)
    with aside.open("rb") as file:
        os.fsync(file.fileno())
    aside.replace(path)
