"""Adapt an index's static model to the index's own documents, and keep what was learned only if it finds more.

A part of the documents is held out. The table goes on learning from the others, with the loss it was trained with,
and is then set between where it was and where that led: so it keeps what the archive does not teach. The model that
is measured on the part held out is the model that is kept; nothing is learned afterwards.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from corpus.errors import InputError, ModelError
from corpus.records import Document, Passage
from index import stamps
from index.background import compounds
from index.build import write
from index.encoder import Encoder, StaticEncoder
from index.gathering import Progress, Silent
from index.generation import MODEL, Manifest, building, current, publish, verify
from index.lessons import hold_out, lessons
from index.model_folder import refuse_no_model, replacing, write_table
from index.models import UNREAD, find, modules
from index.own_model import ORIGIN, has_own, origin, own_encoder, used
from index.pairs import Material
from index.parts import open_store
from index.static import unfolded
from index.train import Recipe, fit
from index.trial import Ranks, Trial, chance, figures, interval, ranks, trials, words

_FEWEST = 10  # queries to measure with
_CHANCE = 0.025  # up to which a gain is believed


@dataclass(frozen=True, kw_only=True)
class Adaptation(Recipe):
    """How an adaptation differs from a training; `rate` is a share of the table's standard deviation."""

    rate: float = 0.1
    epochs: int = 6
    kept: float = 0.55  # of the way back to the table that was there: unlearns what the archive does not teach
    threads: int = 1  # a second one gains little, and whoever asks meanwhile needs it


@dataclass(frozen=True, kw_only=True)
class AdaptReport:
    """What was learned and measured; `before` and `after` hold the measures by kind of query.

    `difference` is the mean paired difference of the reciprocal ranks by vectors alone, over all queries, with its
    95 % `interval` and how likely it is by `chance`; `hybrid_difference` the mean one together with the words.
    `generation` is the one in use now.
    """

    kept: bool
    reason: str
    generation: str
    before: Mapping[str, Mapping[str, float]]
    after: Mapping[str, Mapping[str, float]]
    difference: float
    interval: tuple[float, float]
    chance: float
    hybrid_difference: float
    pairs: Mapping[str, int]
    passages: int
    held_out: int  # passages
    steps: int
    out: Path | None
    seconds: float


def adapt(
    index: Path,
    out: Path | None = None,
    *,
    model: str | None = None,
    recipe: Adaptation | None = None,
    progress: Progress | None = None,
) -> AdaptReport:
    """Learn from the documents of an index, and publish it anew with what was learned if that finds more.

    The model then lies within the index, and is also put at `out`, a sentence-transformers folder. Whatever fails, and
    whenever it is interrupted, the generation and the model in use stay. `model` says where the index's model lies
    now, if it has moved. Raises ModelError for a model that is not static, InputError where there is too little text.
    """
    began = time.monotonic()
    recipe, progress = recipe or Adaptation(), progress or Silent()
    if out:
        refuse_no_model(out)
    with building(index), tempfile.TemporaryDirectory(prefix="spoergetime-adapt-") as scratch:
        folder, manifest = current(index)
        verify(folder, manifest)
        encoder = used(folder, manifest, model)
        base = folder / MODEL if has_own(manifest) else find(model or manifest.model["name"])
        if not isinstance(encoder, StaticEncoder):
            raise ModelError(f"{base} is not a static model, and only those can be adapted. Index with another --model")
        store = open_store(folder, manifest)
        progress.stage("pairs", 1)
        learned, held = hold_out(store)
        material = Material(lessons(learned, cuts=recipe.cuts, seed=recipe.seed), [])
        asked = trials(held, recipe.seed)
        if sum(len(trial.queries) for trial in asked.values()) < _FEWEST or not material.sources:
            raise InputError(f"{index} holds too little text to learn from and to measure on. Index more documents")
        progress.advance(1)

        new = Path(scratch) / MODEL
        steps = _learn(base, new, material, encoder, recipe, progress)
        _say_whence(new, base, manifest, recipe)
        adapted = own_encoder(new, encoder.identity.query_prompt, encoder.identity.passage_prompt)
        assert isinstance(adapted, StaticEncoder)  # as what it was adapted from
        before, after = _measured(asked, (encoder, adapted))
        dense, hybrid = (np.concatenate([after[kind][leg] - before[kind][leg] for kind in asked]) for leg in (0, 1))
        by_chance = chance(dense, recipe.seed)
        reason = _against(by_chance, float(hybrid.mean()))
        if not reason:
            manifest = publish(index, lambda fresh, id_: _write(fresh, id_, folder, manifest, new, adapted, progress))
            if out:
                with replacing(out) as target:
                    shutil.copytree(new, target, dirs_exist_ok=True)
    return AdaptReport(
        kept=not reason,
        reason=reason,
        generation=manifest.generation,
        before={kind: figures(found) for kind, found in before.items()},
        after={kind: figures(found) for kind, found in after.items()},
        difference=round(float(dense.mean()), 4),
        interval=interval(dense, recipe.seed),
        chance=by_chance,
        hybrid_difference=round(float(hybrid.mean()), 4),
        pairs={kind: len(pairs) for kind, pairs in material.sources.items()},
        passages=manifest.passages,
        held_out=sum(map(len, held)),
        steps=steps,
        out=None if reason else out,
        seconds=round(time.monotonic() - began, 1),
    )


def _against(by_chance: float, hybrid: float) -> str:
    """Say why a model is not kept; nothing where it is."""
    if by_chance > _CHANCE:
        return "by vectors alone it does not find more, beyond chance"
    return "together with the words it finds less" if hybrid < 0 else ""


def _learn(base: Path, new: Path, material: Material, encoder: Encoder, recipe: Adaptation, progress: Progress) -> int:
    """Put an adapted copy of the folder `base` at `new`; gives the number of steps."""
    import torch
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    shutil.copytree(base, new, ignore=shutil.ignore_patterns(*UNREAD, ".*", "onnx", "openvino", "training.json"))
    module = new / next(part["path"] for part in modules(new) if part["type"].endswith("StaticEmbedding"))
    tokenizer = Tokenizer.from_file(str(module / "tokenizer.json"))
    tokenizer.no_padding()
    was = unfolded(load_file(module / "model.safetensors"))[:, : encoder.identity.dimension].copy()
    table = torch.nn.Embedding(len(was), was.shape[1], _weight=torch.tensor(was))
    done = 0

    def step(number: int, steps: int, _loss: float) -> None:
        nonlocal done
        if number == 1:
            progress.stage("learning", steps)
        progress.advance(1)
        done = number

    fit(material, tokenizer, replace(recipe, rate=recipe.rate * float(was.std())), step, start=table)
    learned = table.weight.detach().numpy()
    write_table(learned + np.float32(recipe.kept) * (was - learned), module / "model.safetensors")
    return done


def _say_whence(new: Path, base: Path, manifest: Manifest, recipe: Adaptation) -> None:
    """Write into the folder which model it came from: adapted again, still the first one."""
    came = origin(base) if has_own(manifest) else manifest.model["digest"]
    facts = {"from": {"digest": came}, "recipe": asdict(recipe), "corpus": manifest.corpus}
    (new / ORIGIN).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def _measured(
    asked: Mapping[str, Trial], encoders: tuple[Encoder, Encoder]
) -> tuple[dict[str, Ranks], dict[str, Ranks]]:
    """Measure both models on the same queries."""
    before, after = dict[str, Ranks](), dict[str, Ranks]()
    for kind, trial in asked.items():
        scores = words(trial, compounds())
        before[kind], after[kind] = (ranks(trial, scores, encoder) for encoder in encoders)
    return before, after


def _write(
    fresh: Path, id_: str, old: Path, manifest: Manifest, model: Path, encoder: StaticEncoder, progress: Progress
) -> Manifest:
    """Write the next generation: the same documents, with the model and all that it makes of them."""
    shutil.copytree(model, fresh / MODEL)
    stamps.write(fresh, stamps.read(old, manifest))
    store = open_store(old, manifest)
    progress.stage("documents", manifest.documents)

    def cut() -> Iterator[tuple[Document, list[Passage]]]:
        for row, _ in store.fields():
            progress.advance(1)
            yield store.document(row), [stored.passage for stored in store.passages_of(row)]

    written = write(fresh, id_, cut(), encoder, manifest.splitter, refused=manifest.quarantined, progress=progress)
    return replace(written, reader=manifest.reader)
