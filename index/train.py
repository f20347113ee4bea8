"""Train the static encoder from scratch: tokenizer, one embedding table, fewer dimensions, a saved folder.

A text's vector is the mean of its tokens' rows. The table is learned wide, with a ranking loss over pairs of
texts that belong together, then turned onto the directions in which passages vary most and cut to the width
that is shipped.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpus.errors import InputError
from index.pairs import Material, Text, read

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch
    from tokenizers import Tokenizer

    Ids = npt.NDArray[np.int32]
    Floats = npt.NDArray[np.float32]

_UNKNOWN = "<unk>"
Progress = Callable[[int, int, float], None]  # step from 1, steps in all, loss of that step


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Every choice of the training, in one place."""

    vocabulary: int = 32_000
    word_marks: bool = True  # tell a word's beginning from its inside
    width: int = 1_024  # dimensions while learning
    dimensions: int = 256  # dimensions shipped
    evening: float = 0.25  # how far the shipped directions are made to weigh the same
    epochs: int = 4
    batch: int = 1_024  # pairs, all from one source
    rate: float = 0.02  # Adam's, falling to 0 in a straight line
    scale: float = 20.0  # of the cosines in the loss
    dropped: float = 0.3  # share of tokens left out at random, each time anew
    longest: int = 256  # tokens of a text that are learned from; nothing is cut when encoding
    cuts: int = 4  # sentences of a paragraph set against the rest of it
    spread: float = 1.0  # standard deviation of the untrained table
    # Passes per epoch over a source, where not 1: the few pairs nearest to the task are seen more often.
    weights: Mapping[str, float] = field(
        default_factory=lambda: {"question": 2, "ft_question_sentence_pairs": 3, "ft_turn_pairs": 2}
    )
    seed: int = 7
    threads: int = 2


@dataclass(frozen=True, kw_only=True)
class TrainingReport:
    """What was trained: `loss` is the mean over the last tenth of the steps, `size` the folder's bytes."""

    out: Path
    pairs: Mapping[str, int]
    vocabulary: int
    dimensions: int
    steps: int
    loss: float
    seconds: float
    size: int


def train(
    data: Path,
    out: Path,
    *,
    before: date | None = None,
    dimensions: int | None = None,
    epochs: int | None = None,
    seed: int | None = None,
    progress: Progress | None = None,
    recipe: Recipe | None = None,
) -> TrainingReport:
    """Train on a data folder and put a sentence-transformers folder at `out`, whole or not at all.

    `before` leaves out sittings held on that date or later; `dimensions`, `epochs`, `seed` override `recipe`.
    The same seed and data choose the same pairs, batches and tokens; sums over two threads are not bit-exact,
    so figures agree within noise. Raises InputError where the folder cannot be learned from.
    """
    began = time.monotonic()
    recipe = recipe or Recipe()
    recipe = replace(
        recipe,
        dimensions=recipe.dimensions if dimensions is None else dimensions,
        epochs=recipe.epochs if epochs is None else epochs,
        seed=recipe.seed if seed is None else seed,
    )
    if out.exists() and not (out / "modules.json").is_file() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out}: is there and is not a model; choose another folder")
    material = read(data, before=before, cuts=recipe.cuts, seed=recipe.seed)
    tokenizer = build_tokenizer(material, recipe)
    table, losses = fit(material, tokenizer, recipe, progress)
    table = narrow(table, encode(tokenizer, [material.passages])[0], recipe.dimensions, recipe.evening)
    tail = losses[-max(1, len(losses) // 10) :]
    facts: dict[str, Any] = {
        "recipe": asdict(recipe),
        "before": before and before.isoformat(),
        "pairs": {name: len(pairs) for name, pairs in material.sources.items()},
        "vocabulary": len(table),
        "steps": len(losses),
        "loss": round(sum(tail) / len(tail), 4),
    }
    save(table, tokenizer, out, facts)
    return TrainingReport(
        out=out,
        pairs=facts["pairs"],
        vocabulary=len(table),
        dimensions=table.shape[1],
        steps=len(losses),
        loss=facts["loss"],
        seconds=time.monotonic() - began,
        size=sum(path.stat().st_size for path in out.rglob("*") if path.is_file()),
    )


def build_tokenizer(material: Material, recipe: Recipe) -> Tokenizer:
    """Learn a Unigram vocabulary from every distinct piece of text; it adds, cuts and pads nothing."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    marks = [pre_tokenizers.Metaspace()] if recipe.word_marks else []
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.BertPreTokenizer(), *marks])
    trainer = trainers.UnigramTrainer(
        vocab_size=recipe.vocabulary, special_tokens=[_UNKNOWN], unk_token=_UNKNOWN, show_progress=False
    )
    pieces = {piece: None for pairs in material.sources.values() for pair in pairs for text in pair for piece in text}
    tokenizer.train_from_iterator(pieces, trainer)
    return tokenizer


def encode(tokenizer: Tokenizer, groups: Iterable[Iterable[Text]]) -> list[list[Ids]]:
    """Token ids of each text of each group, every distinct piece tokenised once."""
    import numpy as np

    groups = [list(group) for group in groups]
    pieces = list({piece: None for group in groups for text in group for piece in text})
    encodings = tokenizer.encode_batch_fast(pieces, add_special_tokens=False)
    ids = {piece: np.array(e.ids, dtype=np.int32) for piece, e in zip(pieces, encodings, strict=True)}
    return [[np.concatenate([ids[piece] for piece in text]) for text in group] for group in groups]


def fit(
    material: Material, tokenizer: Tokenizer, recipe: Recipe, progress: Progress | None = None
) -> tuple[Floats, list[float]]:
    """Learn the wide table, one row per token; gives it and the loss of each step."""
    import numpy as np
    import torch

    torch.set_num_threads(recipe.threads)
    torch.manual_seed(recipe.seed)
    rng = np.random.default_rng(recipe.seed)
    encoded = encode(tokenizer, ([pair[i] for pair in pairs] for pairs in material.sources.values() for i in (0, 1)))
    sides = dict(zip(material.sources, zip(encoded[::2], encoded[1::2], strict=True), strict=True))
    plan = [b for _ in range(recipe.epochs) for b in _epoch(sides, recipe, rng)]
    table = torch.nn.Parameter(recipe.spread * torch.randn(tokenizer.get_vocab_size(), recipe.width))
    optimizer = torch.optim.Adam([table], lr=recipe.rate, fused=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / len(plan))
    losses = list[float]()
    for name, rows in plan:
        left, right = ([side[row] for row in rows] for side in sides[name])
        loss = _ranking_loss(
            _pool(table, left, recipe, rng),
            _pool(table, right, recipe, rng),
            _same(left) | _same(right),
            recipe.scale,
        )
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
        if progress:
            progress(len(losses), len(plan), losses[-1])
    weights: Floats = table.detach().numpy()
    return weights, losses


def _epoch(
    sides: Mapping[str, tuple[list[Ids], list[Ids]]], recipe: Recipe, rng: np.random.Generator
) -> Iterator[tuple[str, Ids]]:
    """The batches of one pass, shuffled: a source's name and the pairs of it."""
    import numpy as np

    batches = list[tuple[str, "Ids"]]()
    for name, (left, _) in sides.items():
        size = min(recipe.batch, len(left))
        for _ in range(max(1, round(recipe.weights.get(name, 1.0) * len(left) / size))):
            batches.append((name, rng.choice(len(left), size, replace=False).astype(np.int32)))
    yield from (batches[i] for i in rng.permutation(len(batches)))


def _pool(table: torch.Tensor, texts: list[Ids], recipe: Recipe, rng: np.random.Generator) -> torch.Tensor:
    """Unit vectors (n x width) of the texts, with tokens dropped; a sum points where the mean does."""
    import numpy as np
    import torch

    kept = [text[: recipe.longest] for text in texts]
    kept = [text[rng.random(len(text)) >= recipe.dropped] if len(text) > 1 else text for text in kept]
    offsets = np.cumsum([0, *map(len, kept[:-1])])
    ids = torch.from_numpy(np.concatenate(kept))
    summed = torch.nn.functional.embedding_bag(ids, table, torch.from_numpy(offsets.astype(np.int32)), mode="sum")
    return torch.nn.functional.normalize(summed, dim=1)


def _same(texts: list[Ids]) -> torch.Tensor:
    """Where two rows of a batch (n x n) hold one text: a speech on the same title is no counter-example."""
    import torch

    seen = dict[bytes, int]()
    numbers = torch.tensor([seen.setdefault(text.tobytes(), len(seen)) for text in texts])
    return (numbers[:, None] == numbers) & ~torch.eye(len(texts), dtype=torch.bool)


def _ranking_loss(left: torch.Tensor, right: torch.Tensor, same: torch.Tensor, scale: float) -> torch.Tensor:
    """Each text is to find its partner among all those of the batch, in both directions."""
    import torch

    scores = (scale * left @ right.T).masked_fill(same, -torch.inf)
    partner = torch.arange(len(scores))
    cross_entropy = torch.nn.functional.cross_entropy
    return (cross_entropy(scores, partner) + cross_entropy(scores.T, partner)) / 2


def narrow(table: Floats, passages: list[Ids], dimensions: int, evening: float = 0.0) -> Floats:
    """Turn the table onto the `dimensions` directions that hold most of the passages' unit vectors.

    `evening` divides each direction by that power of its share, from 0 (a pure turn) to .5 (all weigh the same).
    """
    import numpy as np

    means = np.stack([table[ids].mean(axis=0) for ids in passages if len(ids)])
    means /= np.linalg.norm(means, axis=1, keepdims=True).clip(1e-12)
    shares, axes = np.linalg.eigh(means.T @ means / len(means))
    shares, axes = shares[::-1][:dimensions].clip(1e-9), axes[:, ::-1][:, :dimensions]
    return np.ascontiguousarray(table @ (axes * shares**-evening), dtype=np.float32)


def save(table: Floats, tokenizer: Tokenizer, out: Path, facts: Mapping[str, Any]) -> None:
    """Write the folder beside `out` and rename it, so that a run cut short leaves the model that was there.

    The table is stored as one byte a number and a float32 scale a row (`embeddings`, `weights`: row i is
    `weights[i] * embeddings[i]`), which StaticEmbedding unfolds into float32.
    """
    import numpy as np
    from safetensors.numpy import save_file
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding

    scales = (np.abs(table).max(axis=1) / 127).clip(1e-12).astype(np.float32)
    rounded = np.rint(table / scales[:, None]).astype(np.int8)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as scratch:
        new, old = Path(scratch, "new"), Path(scratch, "old")
        modules: list[torch.nn.Module] = [StaticEmbedding(tokenizer, embedding_weights=table), Normalize()]
        SentenceTransformer(modules=modules, device="cpu").save(str(new), create_model_card=False)
        save_file({"embeddings": rounded, "weights": scales}, new / "model.safetensors")
        compact = json.loads((new / "tokenizer.json").read_text(encoding="utf-8"))
        compact["model"]["vocab"] = [[token, round(score, 4)] for token, score in compact["model"]["vocab"]]
        text = json.dumps(compact, ensure_ascii=False, separators=(",", ":"))
        (new / "tokenizer.json").write_text(text, encoding="utf-8")
        (new / "training.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
        if (out / "README.md").is_file():  # the model card is written by hand
            shutil.copy(out / "README.md", new / "README.md")
        for path in new.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)
        if out.exists():
            out.rename(old)
        try:
            new.rename(out)
        except OSError:
            if old.exists():
                old.rename(out)
            raise
