"""Train the static encoder from scratch: tokenizer, one embedding table, fewer dimensions, a saved folder.

A text's vector is the mean of its tokens' rows. The table is learned wide, with a ranking loss over pairs of
texts that belong together, and its rows are tied by what the tokens' spellings share. Then common tokens are
weighed down, and the table is turned onto the directions in which passages vary most and cut to the width that is
shipped.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.checkpoint import Checkpoint
from index.model_folder import refuse_no_model, save
from index.pairs import SWITCHED, Material, Text, read

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
    grams: tuple[int, int] = (3, 6)  # characters of the n-grams by which rows are tied; (0, 0) ties none
    shared: int = 3  # tokens that must have an n-gram
    width: int = 512  # dimensions while learning
    dimensions: int = 256  # dimensions shipped
    damping: float = 0.01  # share of all tokens at which a token's row is halved
    evening: float = 0.15  # how far the shipped directions are made to weigh the same
    epochs: int = 4
    batch: int = 1_024  # pairs, all from one source
    rate: float = 0.02  # Adam's, falling to 0 in a straight line
    scale: float = 20.0  # of the cosines in the loss
    dropped: float = 0.3  # share of tokens left out at random, each time anew
    longest: int = 256  # tokens of a text that are learned from; nothing is cut when encoding
    cuts: int = 4  # sentences of a paragraph set against the rest of it
    switched: int = 15_000  # sentences of debates, and as many of articles, put into each other language
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
    without: Sequence[str] = (),
    dimensions: int | None = None,
    epochs: int | None = None,
    seed: int | None = None,
    progress: Progress | None = None,
    recipe: Recipe | None = None,
) -> TrainingReport:
    """Train on a data folder and put a sentence-transformers folder at `out`, whole or not at all.

    A run that was cut short leaves a checkpoint beside `out`; the same call goes on from it.
    `before` leaves out sittings held on that date or later, `without` the sources whose names begin so;
    `dimensions`, `epochs`, `seed` override `recipe`.
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
    refuse_no_model(out)
    material = read(data, before=before, without=without, cuts=recipe.cuts, switched=recipe.switched, seed=recipe.seed)
    checkpoint = Checkpoint(out.parent / f".{out.name}-training", _digest(material, recipe))
    tokenizer = checkpoint.tokenizer(lambda: build_tokenizer(material, recipe))
    table, losses = fit(material, tokenizer, recipe, progress, checkpoint=checkpoint)
    passages = encode(tokenizer, [material.passages])[0]
    table = narrow(damp(table, passages, recipe.damping), passages, recipe.dimensions, recipe.evening)
    tail = losses[-max(1, len(losses) // 10) :]
    facts: dict[str, Any] = {
        "recipe": asdict(recipe),
        "before": before and before.isoformat(),
        "without": list(without),
        "pairs": {name: len(pairs) for name, pairs in material.sources.items()},
        "vocabulary": len(table),
        "steps": len(losses),
        "loss": round(sum(tail) / len(tail), 4),
    }
    save(table, tokenizer, out, facts)
    checkpoint.drop()
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


def _digest(material: Material, recipe: Recipe) -> str:
    """Name what is learned from and how, this program included: equal names end in equal figures."""
    total = hashlib.sha256(Path(__file__).read_bytes())
    total.update(json.dumps(asdict(recipe)).encode())
    for name, pairs in material.sources.items():
        total.update(name.encode())
        for pair in pairs:
            total.update(repr(pair).encode())
    return total.hexdigest()[:16]


def build_tokenizer(material: Material, recipe: Recipe) -> Tokenizer:
    """Learn a Unigram vocabulary from every distinct piece of real text; it adds, cuts and pads nothing."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    marks = [pre_tokenizers.Metaspace()] if recipe.word_marks else []
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.BertPreTokenizer(), *marks])
    trainer = trainers.UnigramTrainer(
        vocab_size=recipe.vocabulary, special_tokens=[_UNKNOWN], unk_token=_UNKNOWN, show_progress=False
    )
    real = (pairs for name, pairs in material.sources.items() if not name.startswith(SWITCHED))
    pieces = {piece: None for pairs in real for pair in pairs for text in pair for piece in text}
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
    material: Material,
    tokenizer: Tokenizer,
    recipe: Recipe,
    progress: Progress | None = None,
    *,
    start: torch.nn.Module | None = None,
    checkpoint: Checkpoint | None = None,
) -> tuple[Floats, list[float]]:
    """Learn the wide table, one row per token; gives it and the loss of each step.

    `start` is what is learned, instead of a random table: a module with any parameters that gives the rows
    (n x width) of n token ids.
    """
    import numpy as np
    import torch

    torch.set_num_threads(recipe.threads)
    torch.manual_seed(recipe.seed)
    rng = np.random.default_rng(recipe.seed)
    encoded = encode(tokenizer, ([pair[i] for pair in pairs] for pairs in material.sources.values() for i in (0, 1)))
    sides = dict(zip(material.sources, zip(encoded[::2], encoded[1::2], strict=True), strict=True))
    plan = [b for _ in range(recipe.epochs) for b in _epoch(sides, recipe, rng)]
    tokens = tokenizer.get_vocab_size()
    table = start or _table(tokenizer, recipe)
    optimizer = torch.optim.Adam(table.parameters(), lr=recipe.rate, fused=True)
    losses = checkpoint.load(table, optimizer, rng) if checkpoint else []
    for name, rows in plan[len(losses) :]:
        optimizer.param_groups[0]["lr"] = recipe.rate * (1 - len(losses) / len(plan))
        left, right = ([side[row] for row in rows] for side in sides[name])
        vectors = _pool(table, left + right, recipe, rng)
        same = _same(left) | _same(right)
        loss = _ranking_loss(vectors[: len(rows)], vectors[len(rows) :], same, recipe.scale)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(loss.item())
        if checkpoint:
            checkpoint.save(table, optimizer, rng, losses)
        if progress:
            progress(len(losses), len(plan), losses[-1])
    weights: Floats = table(torch.arange(tokens)).detach().numpy()
    return weights, losses


def _table(tokenizer: Tokenizer, recipe: Recipe) -> torch.nn.Module:
    """Give a table at random, its rows tied if the recipe says so."""
    import torch

    from index.tied import Tied

    vocabulary = [tokenizer.id_to_token(n) or "" for n in range(tokenizer.get_vocab_size())]
    if any(recipe.grams):
        return Tied(vocabulary, recipe.width, recipe.spread, recipe.grams, recipe.shared)
    rows = recipe.spread * torch.randn(len(vocabulary), recipe.width)
    return torch.nn.Embedding(len(vocabulary), recipe.width, _weight=rows)


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


def _pool(table: torch.nn.Module, texts: list[Ids], recipe: Recipe, rng: np.random.Generator) -> torch.Tensor:
    """Unit vectors (n x width) of the texts, with tokens dropped; a sum points where the mean does."""
    import numpy as np
    import torch

    kept = [text[: recipe.longest] for text in texts]
    kept = [text[rng.random(len(text)) >= recipe.dropped] if len(text) > 1 else text for text in kept]
    offsets = np.cumsum([0, *map(len, kept[:-1])])
    ids, places = np.unique(np.concatenate(kept), return_inverse=True)  # each token's row is made once
    rows, bags = table(torch.from_numpy(ids)), torch.from_numpy(offsets)
    summed = torch.nn.functional.embedding_bag(torch.from_numpy(places), rows, bags, mode="sum")
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


def damp(table: Floats, passages: list[Ids], damping: float) -> Floats:
    """Weigh each token's row by a / (a + p), p its share of all tokens, a the damping; 0 changes nothing.

    (Arora, Liang, Ma: A Simple but Tough-to-Beat Baseline for Sentence Embeddings, 2017.)
    """
    import numpy as np

    if not damping:
        return table
    counts = np.bincount(np.concatenate(passages), minlength=len(table))
    damped: Floats = (table * (damping / (damping + counts / counts.sum()))[:, None]).astype(np.float32)
    return damped


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
