"""The gate: no measure of a bundled question set may fall below its floor, which `baseline.json` pins.

The file pins, for each set, its hash, that of the documents, the digest of the model, and for `all` and each slice the
floor of each measure.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from corpus.errors import InputError, SpoergetimeError
from eval.measures import means, rounded
from eval.questions import QuestionSet, read_sets
from eval.run import Outcome, auroc, by_set, by_slice, outcomes
from eval.suites import Suite, opened
from index.gathering import Progress
from index.search import Searcher

BASELINE = Path(__file__).parent / "baseline.json"
_SLACK = 0.0005  # measures are pinned to four places; less than any one question is worth
UPDATE = "spoergetime eval gate --update"
_GATED = ("success@1", "success@5", "mrr@10", "ndcg@10", "recall@10", "marked", "decided", "auroc")

Floors = dict[str, dict[str, float]]  # "all" or slice -> measure -> floor
Entry = dict[str, Any]  # "sha256", "documents", "model", "questions", "floors"


class GateError(SpoergetimeError):
    """A measure is below its floor, or the floors are of other questions or of another model."""


def check_all(suites: Iterable[Suite], baseline: Path = BASELINE, progress: Progress | None = None) -> list[str]:
    """Check every suite; give a line for each set, or raise GateError naming all that is wrong."""
    pinned = read(baseline)
    lines = []
    for suite in suites:
        with opened(suite, progress) as searcher:
            lines += check(suite, searcher, pinned)
    return lines


def check(suite: Suite, searcher: Searcher, pinned: Mapping[str, Entry]) -> list[str]:
    """Check one suite over an open index of its documents."""
    sets = read_sets(suite.sets)
    wrong = [problem for one in sets for problem in _stale(one, searcher, pinned)]
    if wrong:
        raise GateError("; ".join(wrong))
    measured = by_set(outcomes(sets, searcher))
    fallen = [
        f"{one.name}/{part} {name} {value:.4f} is below {floor:.4f}"
        for one in sets
        for part, name, value, floor in below(floors(measured[one.name]), pinned[one.name]["floors"])
    ]
    if fallen:
        raise GateError(f"{'; '.join(fallen)}. Mend the ranking, or accept it: {UPDATE} --lower")
    return [f"{one.name}: {len(one.questions)} questions, no measure below its floor" for one in sets]


def _stale(one: QuestionSet, searcher: Searcher, pinned: Mapping[str, Entry]) -> list[str]:
    entry = pinned.get(one.name)
    if entry is None:
        return [f"there are no floors for {one.name}. Measure them: {UPDATE}"]
    now = _identity(one, searcher)
    return [
        f"the floors of {one.name} are of {other}. Measure them anew: {UPDATE}"
        for name, other in (("sha256", "other questions"), ("documents", "other documents"), ("model", "another model"))
        if entry[name] != now[name]
    ]


def _identity(one: QuestionSet, searcher: Searcher) -> dict[str, str]:
    files = sorted(f"{filed.source.file}\0{filed.source.sha256}\n" for filed in searcher.store.files())
    return {
        "sha256": one.sha256,
        "documents": hashlib.sha256("".join(files).encode()).hexdigest(),
        "model": searcher.encoder.identity.digest,
    }


def below(measured: Floors, pinned: Floors) -> list[tuple[str, str, float, float]]:
    """Give slice, measure, value and floor of what has fallen; a slice or measure that is gone has fallen to 0."""
    return [
        (part, name, value, floor)
        for part, row in pinned.items()
        for name, floor in row.items()
        if (value := measured.get(part, {}).get(name, 0.0)) < floor - _SLACK
    ]


def floors(rows: Sequence[Outcome]) -> Floors:
    """Give the gated measures of one set, over all and for each slice."""
    parts = {name: rounded(means(row.measures for row in part)) for name, part in by_slice(rows).items()}
    parts = {"all": rounded(means(row.measures for row in rows)) | rounded({"auroc": auroc(rows)})} | parts
    return {part: {n: row[n] for n in _GATED if row.get(n) is not None} for part, row in parts.items()}


def update_all(
    suites: Iterable[Suite], baseline: Path = BASELINE, *, lower: bool = False, progress: Progress | None = None
) -> list[str]:
    """Write the floors of every suite as measured now, and give a line for each set.

    Sets that are not measured keep theirs. Raises GateError, and writes nothing, where a floor would go down and
    `lower` is not said, also where the questions or the model are new.
    """
    pinned = read(baseline) if baseline.is_file() else {}
    fallen: list[str] = []
    lines = []
    for suite in suites:
        with opened(suite, progress) as searcher:
            sets = read_sets(suite.sets)
            measured = by_set(outcomes(sets, searcher))
            for one in sets:
                now = floors(measured[one.name])
                down = below(now, pinned.get(one.name, {}).get("floors", {}))
                fallen += [f"{one.name}/{part} {name} from {floor} to {value}" for part, name, value, floor in down]
                pinned[one.name] = {**_identity(one, searcher), "questions": len(one.questions), "floors": now}
                lines.append(f"{one.name}: {len(one.questions)} questions, {len(down)} floors lowered")
    if fallen and not lower:
        raise GateError(f"floors would go down: {'; '.join(fallen)}. Mend the ranking, or accept it: {UPDATE} --lower")
    baseline.write_text(json.dumps(pinned, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return lines


def read(baseline: Path) -> dict[str, Entry]:
    """Read the floors; raise InputError for a file that holds none."""
    try:
        pinned: dict[str, Entry] = json.loads(baseline.read_text(encoding="utf-8"))
        for entry in pinned.values():
            if not {"sha256", "documents", "model", "floors"} <= entry.keys():
                raise ValueError
    except OSError as error:
        raise InputError(f"{baseline} cannot be read: {error.strerror}. Write it: {UPDATE}") from error
    except (ValueError, AttributeError) as error:
        raise InputError(f"{baseline} holds no floors. Write it anew: {UPDATE} --lower") from error
    return pinned
