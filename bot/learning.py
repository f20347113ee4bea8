"""`train` and `adapt`: what they are told, how far they are, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.options import AsJson, BuiltModel, Index, day
from bot.printing import console, print_json
from bot.progress import shown

if TYPE_CHECKING:
    from index.adapt import AdaptReport
    from index.gathering import Progress
    from index.train import TrainingReport


def train(
    data: Annotated[Path, typer.Option(help="A folder with transcripts/ pairs/ parallel/ lexicon/.")],
    out: Annotated[Path, typer.Option(help="The folder to write the model to.")],
    before: Annotated[str | None, typer.Option(help="Leave out debates of this date or later: YYYY-MM-DD.")] = None,
    without: Annotated[
        list[str] | None, typer.Option(help="Leave out files whose names begin so; may be repeated.")
    ] = None,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the pairs.")] = 4,
    seed: Annotated[int, typer.Option(help="The seed of all that is random.")] = 7,
) -> None:
    """Train the static encoder from scratch on pairs of texts that belong together."""
    from index.train import train as train_encoder

    with shown() as progress:
        step = _counted(progress, "training")
        report = train_encoder(
            data, out, before=day("--before", before), without=without or (), epochs=epochs, seed=seed, progress=step
        )
    _print_training(report)


def adapt(
    index: Index,
    out: Annotated[Path | None, typer.Option(help="Also write the model to this folder, to use it elsewhere.")] = None,
    model: BuiltModel = None,
    as_json: AsJson = False,
) -> None:
    """Teach the index's model from the index's own documents; keep it only if it finds more."""
    from index.adapt import adapt as adapt_model

    with shown() as progress:
        report = adapt_model(index, out, model=model, progress=progress)
    if as_json:
        print_json(_adapt_json(report))
    else:
        _print_adaptation(report)


def _counted(progress: Progress, stage: str) -> Callable[[int, int, float], None]:
    """Turn the steps of a training, which may go on from any, into the progress of one stage."""
    done: int | None = None

    def step(number: int, steps: int, _loss: float) -> None:
        nonlocal done
        if done is None:
            progress.stage(stage, steps)
        progress.advance(number - (done or 0))
        done = number

    return step


def _print_training(report: TrainingReport) -> None:
    """Print what was trained, as one line."""
    console().print(
        f"{report.out}: {report.vocabulary:,} tokens x {report.dimensions}, {report.size:,} bytes,"
        f" {sum(report.pairs.values()):,} pairs, {report.steps:,} steps, loss {report.loss}, {report.seconds:.0f} s",
        soft_wrap=True,
    )


def _adapt_json(report: AdaptReport) -> dict[str, Any]:
    """Give the report as plain JSON values."""
    return asdict(report) | {"out": None if report.out is None else str(report.out)}


def _print_adaptation(report: AdaptReport) -> None:
    """Print the measures before and after as a table, and whether the model was kept."""
    print(f"{'':14}{'queries':>8}{'mrr':>16}{'recall@10':>16}{'hybrid mrr':>16}{'hybrid r@10':>16}")
    for kind, before in report.before.items():
        after = report.after[kind]
        names = ("mrr", "recall@10", "hybrid_mrr", "hybrid_recall@10")
        cells = "".join(f"{f'{before[name]:.3f} -> {after[name]:.3f}':>16}" for name in names)
        print(f"{kind:14}{before['queries']:>8.0f}{cells}")
    low, high = report.interval
    learned = (
        f"{sum(report.pairs.values()):,} pairs, {report.steps:,} steps, {report.held_out:,} of {report.passages:,} "
        f"passages held out: difference {report.difference:+.4f} ({low:+.4f} to {high:+.4f}, p {report.chance}), "
        f"with the words {report.hybrid_difference:+.4f}, {report.seconds:.0f} s"
    )
    console().print(learned, soft_wrap=True)
    verdict = (
        f"kept: generation {report.generation} uses the adapted model"
        + (f", also at {report.out}" if report.out else "")
        if report.kept
        else f"not kept: {report.reason}; generation {report.generation} stays as it is"
    )
    console().print(verdict, soft_wrap=True)
