"""The report: one HTML page on how well each configuration answers, with nothing fetched and no script."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any, NamedTuple, get_args

from eval import svg
from eval.confidence import reliability, risk_coverage
from eval.measures import percentiles
from eval.questions import QuestionSet
from eval.report_failures import failures
from eval.resample import INTERVAL, ROUNDS, SEED, TEST, interval, randomisation
from eval.run import Outcome, by_set, by_slice, outcomes, summary, trust
from index.search import Mode, Searcher

_STYLE = Path(__file__).with_suffix(".css")
_MODES: tuple[Mode, ...] = get_args(Mode)
_SHIPPED: Mode = "hybrid"
_MEASURES = ("success@1", "success@5", "mrr@10", "ndcg@10", "recall@10", "marked", "decided")
_OF_SLICES = ("success@1", "success@5", "mrr@10", "recall@10", "marked", "decided")


class Part(NamedTuple):
    """Question sets over one index, put to it in every mode."""

    name: str
    sets: tuple[str, ...]
    documents: int
    passages: int
    generation: str
    model: str
    outcomes: dict[Mode, list[Outcome]]


def measured(name: str, sets: Sequence[QuestionSet], searcher: Searcher) -> Part:
    """Put question sets to an index in every mode."""
    return Part(
        name=name,
        sets=tuple(f"{one.name} ({len(one.questions)} questions, {one.sha256[:12]})" for one in sets),
        documents=searcher.manifest.documents,
        passages=searcher.manifest.passages,
        generation=searcher.manifest.generation,
        model=f"{searcher.encoder.identity.name} ({searcher.encoder.identity.digest[:12]})",
        outcomes={mode: outcomes(sets, searcher, mode) for mode in _MODES},
    )


def write_report(out: Path, parts: Sequence[Part]) -> None:
    """Write the page. Of the documents it holds file names and the sets' own quotes, and no other text."""
    made = f"{datetime.now(UTC):%Y-%m-%d %H:%M}"
    body = "".join(piece for part in parts for piece in _part(part))
    out.write_text(
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Spørgetime: how well it answers</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<style>{_STYLE.read_text(encoding='utf-8')}</style></head><body>"
        f"<h1>How well Spørgetime answers</h1><p class=soft>Made {made} UTC. A hit is right when it is a passage of "
        "the expected file that holds the expected quote. Small figures and whiskers are 95 % intervals: "
        f"{escape(INTERVAL.removesuffix(', 95 %'))}. p-values: {escape(TEST)}, {ROUNDS:,} times, seed {SEED}.</p>"
        f"{_legend()}{body}</body></html>\n",
        encoding="utf-8",
    )


def _part(part: Part) -> Iterator[str]:
    shipped = part.outcomes[_SHIPPED]
    yield f"<h2>{escape(part.name)}</h2><p class=soft>{escape(', '.join(part.sets))} over {part.documents:,} "
    yield f"documents, {part.passages:,} passages; model {escape(part.model)}, generation {escape(part.generation)}"
    yield "</p>"
    yield _cards(shipped)
    yield f"<h3>All questions, by configuration</h3>{_overall(part)}"
    yield f"<h3>Is the hybrid better than each leg?</h3>{_against(part)}"
    slices = {mode: by_slice(rows) for mode, rows in part.outcomes.items()}
    yield f"<h3>By slice</h3>{_slice_plot(slices)}{_slice_table(slices)}"
    yield f"<h3>Confidence and time</h3>{_plots(part)}{_times(part)}"
    yield f"<h3>What failed with the hybrid</h3>{failures(shipped)}"


def _legend() -> str:
    keys = "".join(f'<span><i class="key {mode}"></i>{mode}</span>' for mode in _MODES)
    return f"<div class=legend>{keys}</div>"


def _cards(rows: Sequence[Outcome]) -> str:
    values, trusted = summary(rows), trust(rows)
    cards: list[tuple[str, float, str]] = [
        (name, values[name], "{:.2f} to {:.2f}".format(*values["intervals"][name]))
        for name in ("success@1", "success@5", "recall@10", "marked")
        if name in values
    ]
    if trusted["auroc"] is not None:
        cards.append(("confidence AUROC", trusted["auroc"], "{:.2f} to {:.2f}".format(*trusted["intervals"]["auroc"])))
    shown = "".join(
        f"<div class=card><span>{n}</span><strong>{v:.2f}</strong><span>{low}</span></div>" for n, v, low in cards
    )
    median = percentiles([row.milliseconds for row in rows])["p50_ms"]
    time = f"<div class=card><span>median time</span><strong>{median:.0f} ms</strong><span>ten hits</span></div>"
    return f"<div class=cards>{shown}{time}</div>"


def _overall(part: Part) -> str:
    found = {mode: summary(rows) for mode, rows in part.outcomes.items()}
    names = [name for name in _MEASURES if name in found[_SHIPPED]]
    rows = "".join(
        f"<tr><th>{_key(mode)}</th>{''.join(_cell(values, name) for name in names)}</tr>"
        for mode, values in found.items()
    )
    return _table(["configuration", *names], rows)


def _against(part: Part) -> str:
    rows = []
    groups = {"all": part.outcomes} if len(by_set(part.outcomes[_SHIPPED])) == 1 else _each_set(part)
    for name, of_modes in groups.items():
        for leg in _MODES:
            if leg != _SHIPPED:
                cells = "".join(_difference(of_modes[leg], of_modes[_SHIPPED], m) for m in ("success@1", "mrr@10"))
                first, head = (' class="first"', escape(name)) if leg == _MODES[0] else ("", "")
                rows.append(f"<tr{first}><th>{head}</th><td>hybrid − {leg}</td>{cells}</tr>")
    return _table(["questions", "difference", "success@1", "p", "mrr@10", "p"], "".join(rows), "legs")


def _each_set(part: Part) -> dict[str, dict[Mode, list[Outcome]]]:
    sets = {mode: by_set(rows) for mode, rows in part.outcomes.items()}
    return {"all": part.outcomes} | {name: {mode: sets[mode][name] for mode in _MODES} for name in sets[_SHIPPED]}


def _difference(leg: Sequence[Outcome], shipped: Sequence[Outcome], name: str) -> str:
    before = {row.question.id: row.measures[name] for row in leg if name in row.measures}
    apart = [row.measures[name] - before[row.question.id] for row in shipped if row.question.id in before]
    if not apart:
        return "<td>–</td><td>–</td>"
    (low, high), p = interval(apart), randomisation(apart)
    shown = "&lt; .001" if p < 0.001 else f"{p:.3f}"
    return f"<td>{sum(apart) / len(apart):+.3f}<small>{low:+.2f} to {high:+.2f}</small></td><td>{shown}</td>"


def _slice_plot(slices: dict[Mode, dict[str, list[Outcome]]]) -> str:
    groups = []
    for name in slices[_SHIPPED]:
        found = {mode: summary(slices[mode][name]) for mode in _MODES}
        measure = "success@1" if "success@1" in found[_SHIPPED] else "decided"
        bars = [svg.Bar(mode, row[measure], *row["intervals"][measure]) for mode, row in found.items()]
        what = "" if measure == "success@1" else ": rightly refused"
        groups.append((f"{name} ({found[_SHIPPED]['questions']}){what}", bars))
    half = (len(groups) + 1) // 2
    plots = [svg.bars(groups[start : start + half], "success@1 by slice") for start in range(0, len(groups), half)]
    return (
        "<figure><h4>success@1, by slice and configuration</h4><div class=plots>"
        f"{''.join(f'<div>{one}</div>' for one in plots)}</div></figure>"
    )


def _slice_table(slices: dict[Mode, dict[str, list[Outcome]]]) -> str:
    rows = []
    for name in slices[_SHIPPED]:
        for mode in _MODES:
            values = summary(slices[mode][name])
            head = f"{escape(name)} <small class=soft>{values['questions']}</small>" if mode == _MODES[0] else ""
            first = ' class="first"' if mode == _MODES[0] else ""
            cells = "".join(_cell(values, measure) for measure in _OF_SLICES)
            rows.append(f"<tr{first}><th>{head}</th><td>{_key(mode)}</td>{cells}</tr>")
    table = _table(["slice", "configuration", *_OF_SLICES], "".join(rows), "legs")
    return f"<details><summary>The figures by slice</summary>{table}</details>"


def _plots(part: Part) -> str:
    curves = [(mode, risk_coverage(*_trusted(rows))) for mode, rows in part.outcomes.items()]
    shipped = part.outcomes[_SHIPPED]
    values = trust(shipped)
    told = f"Calibration error {values['calibration_error']:.3f}."
    if values["balanced_accuracy"] is not None:
        told += f" Balanced accuracy at the shipped threshold {values['balanced_accuracy']:.3f}."
    times = [row.milliseconds for row in shipped]
    bins = reliability(*_trusted(shipped))
    return (
        "<div class=plots>"
        f"<figure><h4>Risk and coverage</h4>{svg.curves(curves, 'risk over coverage')}<figcaption>If only the most "
        "confident answers are given, how many are wrong? Lower is better. Area under the hybrid’s line: "
        f"{values['risk_coverage_area']:.3f}.</figcaption></figure>"
        f"<figure><h4>Reliability of the hybrid</h4>{svg.calibration(bins, _SHIPPED, 'reliability')}"
        f"<figcaption>Share of first hits that are right, by confidence; on the dashed line it can be read as a "
        f"probability. {told}</figcaption></figure>"
        f"<figure><h4>Time for a question, hybrid</h4>{svg.histogram(times, _SHIPPED, 'times')}<figcaption>The last "
        "column holds whatever took longer.</figcaption></figure></div>"
    )


def _trusted(rows: Sequence[Outcome]) -> tuple[list[float], list[bool]]:
    return [row.confidence for row in rows], [row.right for row in rows]


def _times(part: Part) -> str:
    rows = []
    for mode, found in part.outcomes.items():
        times = sorted(row.milliseconds for row in found)
        at = (times[round(share * (len(times) - 1))] for share in (0.5, 0.9, 0.95, 0.99, 1))
        rows.append(f"<tr><th>{_key(mode)}</th>{''.join(f'<td>{value:.1f}</td>' for value in at)}</tr>")
    return _table(["milliseconds", "median", "90 %", "95 %", "99 %", "slowest"], "".join(rows))


def _key(mode: str) -> str:
    return f'<i class="key {mode}"></i>{mode}'


def _cell(values: dict[str, Any], name: str) -> str:
    if name not in values:
        return "<td>–</td>"
    low, high = values["intervals"][name]
    return f"<td>{values[name]:.3f}<small>{low:.2f}–{high:.2f}</small></td>"


def _table(heads: Sequence[str], rows: str, style: str = "") -> str:
    shown = "".join(f"<th>{escape(head)}</th>" for head in heads)
    table = f'<table class="{style}"><thead><tr>{shown}</tr></thead><tbody>{rows}</tbody></table>'
    return f"<div class=scroll tabindex=0>{table}</div>"
