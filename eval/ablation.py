"""Ablation: the same questions under several settings of the ranking."""

from __future__ import annotations

import dataclasses
import json
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast, get_args

from corpus.errors import UsageError
from eval.measures import means
from eval.questions import ALL, QuestionSet
from eval.run import by_set, outcomes
from index.search import Mode, Searcher

Overrides = Mapping[str, Any]  # setting of the ranking, as "candidates" or "words.parts" -> value; "mode": the legs

SHIPPED = "shipped"
_SEPARATOR = " / "
BY_MODE: Mapping[str, Overrides] = {SHIPPED: {}, "mode=lexical": {"mode": "lexical"}, "mode=dense": {"mode": "dense"}}


def configurations(vary: Iterable[str], searcher: Searcher) -> dict[str, Overrides]:
    """Read configurations such as "lexical_weight=0.4,candidates=100"; what is shipped, and each leg alone, if none.

    Raises UsageError for a setting that the ranking does not have, or a value of another type than its own.
    """
    chosen = {text: dict(_override(part, searcher) for part in text.split(",")) for text in vary}
    return {SHIPPED: {}, **chosen} if chosen else dict(BY_MODE)


def _override(text: str, searcher: Searcher) -> tuple[str, Any]:
    name, equals, written = (part.strip() for part in text.partition("="))
    if not equals:
        raise UsageError(f"--vary {text} is no setting. Write it as name=value, with commas between several")
    if name == "mode":
        if written not in get_args(Mode):
            raise UsageError(f"--vary {text}: the mode is one of {', '.join(get_args(Mode))}")
        return name, written
    known = settings(searcher)
    if name not in known:
        raise UsageError(f"--vary {text}: there is no such setting. There are {', '.join(('mode', *known))}")
    try:
        value = json.loads(written.lower() if written in ("True", "False") else written)
    except ValueError:
        value = written
    usual = known[name]
    if isinstance(usual, float) and type(value) is int:
        value = float(value)
    if usual is not None and type(value) is not type(usual):
        raise UsageError(f"--vary {text}: {name} is a {type(usual).__name__}, such as {usual}")
    return name, value


def settings(searcher: Searcher) -> dict[str, Any]:
    """Give the ranking's settings by name; those of a group of weights as "group.name"."""
    found: dict[str, Any] = {}
    for one in dataclasses.fields(searcher.ranking):
        value = getattr(searcher.ranking, one.name)
        group = value._asdict() if hasattr(value, "_asdict") else None
        found |= {f"{one.name}.{name}": inner for name, inner in group.items()} if group else {one.name: value}
    return found


def varied(searcher: Searcher, overrides: Overrides) -> Searcher:
    """Give a searcher over the same generation with some settings of the ranking replaced."""
    if not overrides:
        return searcher
    ranking = searcher.ranking
    for name, value in overrides.items():
        group, dot, inner = name.partition(".")
        replaced = getattr(ranking, group)._replace(**{inner: value}) if dot else value
        ranking = dataclasses.replace(ranking, **{group: replaced})
    return Searcher(searcher.folder, searcher.manifest, searcher.encoder, ranking, searcher.reranker)


def table(
    searcher: Searcher, sets: Sequence[QuestionSet], chosen: Mapping[str, Overrides], measures: Sequence[str]
) -> Iterator[str]:
    """Give the lines of a Markdown table: a row for each configuration, a column for each set, and median times.

    Several sets have a column of all their questions together; several measures stand beside each other in a cell.
    """
    columns = [*(one.name for one in sets), *([ALL] if len(sets) > 1 else [])]
    head = [f"| {_SEPARATOR.join(measures)} | {' | '.join(columns)} | ms |", f"| --- |{' --- |' * (len(columns) + 1)}"]
    for name, overrides in chosen.items():
        mode = cast(Mode, overrides.get("mode", "hybrid"))
        ranking = {field: value for field, value in overrides.items() if field != "mode"}
        rows = outcomes(sets, varied(searcher, ranking), mode)
        parts = {set_: means(row.measures for row in part) for set_, part in (by_set(rows) | {ALL: rows}).items()}
        for measure in measures:
            if measure not in parts[ALL]:
                raise UsageError(f"--measure {measure} is none of {', '.join(parts[ALL])}")
        cells = (_SEPARATOR.join(_written(parts[column].get(measure)) for measure in measures) for column in columns)
        yield from head
        yield f"| {name} | {' | '.join(cells)} | {statistics.median(row.milliseconds for row in rows):.1f} |"
        head = []


def _written(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
