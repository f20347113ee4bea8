"""Plots as inline SVG, drawn by hand: no script, no network; the page's style gives the colours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

from eval.confidence import Bin, Point

_WIDTH = 360  # as wide as a telephone: so letters keep their size there
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 14, 12, 40  # margins of plots with two axes
_HEIGHT = 280


class Bar(NamedTuple):
    """One bar of 0..1 with the interval around its end; `style` names its colour."""

    style: str
    value: float
    low: float
    high: float


def bars(groups: Sequence[tuple[str, Sequence[Bar]]], label: str) -> str:
    """Draw groups of horizontal bars, each group under its name."""
    right, thick = _WIDTH - 40, 9
    parts, y = [], 8
    for name, group in groups:
        parts.append(_text(0, y + 11, name, "name"))
        y += 17
        for bar in group:
            middle = y + thick / 2
            parts.append(f'<rect class="{bar.style}" x="0" y="{y}" width="{bar.value * right:.1f}" height="{thick}"/>')
            low, high = bar.low * right, bar.high * right
            parts.append(f'<path class="whisker" d="M{low:.1f} {middle}H{high:.1f}M{low:.1f} {middle - 3}v6"/>')
            parts.append(f'<path class="whisker" d="M{high:.1f} {middle - 3}v6"/>')
            parts.append(_text(_WIDTH, y + 9, f"{bar.value:.2f}", "figure", "end"))
            y += thick + 3
        y += 8
    grid = "".join(f'<path class="grid" d="M{share * right:.1f} 4V{y}"/>' for share in (0, 0.25, 0.5, 0.75, 1))
    ticks = "".join(
        _text(share * right, y + 13, f"{share:g}", "tick", "middle" if share else "start")
        for share in (0, 0.25, 0.5, 0.75, 1)
    )
    return _svg(y + 18, grid + "".join(parts) + ticks, label)


def curves(series: Iterable[tuple[str, Sequence[Point]]], label: str) -> str:
    """Draw risk over coverage, one line for each style."""
    axes = _axes("share of the questions answered", "share of these wrong", (0, 0.25, 0.5, 0.75, 1), _shares())
    lines = "".join(
        f'<path class="line {style}" d="M{"L".join(f"{_x(p.coverage):.1f} {_y(p.risk):.1f}" for p in points)}"/>'
        for style, points in series
    )
    return _svg(_HEIGHT, axes + lines, label)


def calibration(bins: Sequence[Bin], style: str, label: str) -> str:
    """Draw the share right over the mean confidence of each bin; a dot's area is its number of questions."""
    axes = _axes("confidence", "share right", (0, 0.25, 0.5, 0.75, 1), _shares())
    ideal = f'<path class="ideal" d="M{_x(0)} {_y(0)}L{_x(1)} {_y(1)}"/>'
    most = max(one.size for one in bins)
    dots = "".join(
        f'<path class="whisker" d="M{_x(one.confidence):.1f} {_y(one.confidence):.1f}V{_y(one.right):.1f}"/>'
        f'<circle class="{style}" cx="{_x(one.confidence):.1f}" cy="{_y(one.right):.1f}"'
        f' r="{3 + 8 * (one.size / most) ** 0.5:.1f}"><title>{one.size} questions</title></circle>'
        for one in bins
    )
    return _svg(_HEIGHT, axes + ideal + dots, label)


def histogram(values: Sequence[float], style: str, label: str, bins: int = 24) -> str:
    """Draw how many values lie in each of some equal bins, up to the 99th percentile; the last bin holds the rest."""
    ordered = sorted(values)
    top = max(ordered[int(0.99 * (len(ordered) - 1))], 1e-9)
    counts = [0] * bins
    for value in ordered:
        counts[min(bins - 1, int(value / top * bins))] += 1
    most = max(counts)
    high = [(share, f"{share * most:.0f}") for share in ((0, 0.5, 1) if most % 2 == 0 else (0, 1))]
    axes = _axes("milliseconds", "questions", (0, 0.25, 0.5, 0.75, 1), high, top)
    width = (_x(1) - _x(0)) / bins
    columns = "".join(
        f'<rect class="{style}" x="{_x(n / bins) + 0.5:.1f}" y="{_y(count / most):.1f}" width="{width - 1:.1f}"'
        f' height="{_y(0) - _y(count / most):.1f}"/>'
        for n, count in enumerate(counts)
    )
    return _svg(_HEIGHT, axes + columns, label)


def _shares() -> list[tuple[float, str]]:
    return [(share, f"{share:g}") for share in (0, 0.25, 0.5, 0.75, 1)]


def _axes(
    across: str, up: str, x_ticks: Sequence[float], y_ticks: Sequence[tuple[float, str]], scale: float = 1.0
) -> str:
    grid = "".join(f'<path class="grid" d="M{_x(0)} {_y(share):.1f}H{_x(1)}"/>' for share, _ in y_ticks)
    left = "".join(_text(_x(0) - 6, _y(share) + 4, name, "tick", "end") for share, name in y_ticks)
    written = "{:.0f}" if scale > 8 else "{:.3g}"
    below = "".join(_text(_x(share), _y(0) + 16, written.format(share * scale), "tick", "middle") for share in x_ticks)
    names = _text((_x(0) + _x(1)) / 2, _HEIGHT - 4, across, "axis", "middle")
    middle = (_y(0) + _y(1)) / 2
    names += (
        f'<text class="axis" text-anchor="middle" transform="translate(11 {middle}) rotate(-90)">{escape(up)}</text>'
    )
    return grid + left + below + names


def _x(share: float) -> float:
    return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)


def _y(share: float) -> float:
    return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)


def _text(x: float, y: float, text: str, style: str, anchor: str = "start") -> str:
    return f'<text class="{style}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(height: float, inner: str, label: str) -> str:
    return f'<svg viewBox="0 0 {_WIDTH} {height:.0f}" role="img" aria-label="{escape(label)}">{inner}</svg>'
