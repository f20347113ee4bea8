"""From the pieces of text on a page and where they lie to the order in which a person reads them.

All measures are PDF points from the page's top-left corner; nothing here knows of any PDF library.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import groupby, pairwise
from statistics import fmean, median
from typing import NamedTuple

_MOST_RUNS = 1_500  # a page of more pieces is a drawing or an attack, and stays in the file's own order
_MOST_EDGES = 24
_DEEPEST = 24
_ROW_BREAK = "\n\n\n"  # wider than a paragraph's, so that rows are never taken for double-spaced lines
_BULLETS = frozenset("•▪‣◦●·")
_AMOUNT = 20  # characters; what begins with a figure and is no longer is one ("18,50 mio. kr.")
_CELL_GAP = 1.5  # line heights; a blank in justified text is narrower


class Run(NamedTuple):
    """A piece of one line without a wide gap: characters [start, end) of the page, and its rectangle."""

    start: int
    end: int
    x0: float
    y0: float
    x1: float
    y1: float
    text: str

    @property
    def height(self) -> float:
        """Never less than a point, so that it can divide."""
        return max(self.y1 - self.y0, 1.0)


Row = list[Run]
Cut = tuple[list[Run], list[list[Run]], list[Run]]


def arrange(runs: Sequence[Run], page_height: float) -> list[tuple[str, Run]]:
    """Give every run once, in reading order, each with the white space that stands before it."""
    if _top_to_bottom(runs) or len(runs) > _MOST_RUNS:
        return _spaced([[run] for run in runs], _usual_pitch(runs), 0)
    standing = [run for run in runs if _stands(run)]
    header, body, footer = _zones(_rows([run for run in runs if not _stands(run)] if standing else runs), page_height)
    pitch = _usual_pitch([row[0] for row in [*header, *body, *footer]])
    columns = _blocks([run for row in body for run in row], 0)
    blocks = [
        [[run] for row in header for run in row],
        *([body] if len(columns) == 1 else map(_rows, columns)),
        *([[run]] for run in standing),
        [[run] for row in footer for run in row],
    ]
    arranged: list[tuple[str, Run]] = []
    for block in blocks:
        arranged += _spaced(block, pitch, len(arranged))
    return arranged


def _top_to_bottom(runs: Sequence[Run]) -> bool:
    """Whether each run lies under the one before it: then the file's order is the only one."""
    return all(after.y0 > before.y1 - 0.35 * min(before.height, after.height) for before, after in pairwise(runs))


def _stands(run: Run) -> bool:
    """Whether the run is set on its side, as a stamp in the margin is."""
    return len(run.text) > 2 and run.height > 2.5 * max(run.x1 - run.x0, 1.0)


def _rows(runs: Sequence[Run]) -> list[Row]:
    """The runs that share a line, from top to bottom, each row from left to right."""
    rows: list[Row] = []
    first: Run | None = None
    for run in sorted(runs, key=lambda run: (run.y0 + run.y1, run.x0)):
        if first and min(first.y1, run.y1) - max(first.y0, run.y0) >= 0.5 * min(first.height, run.height):
            rows[-1].append(run)
        else:
            rows.append([run])
            first = run
    return [sorted(row, key=lambda run: run.x0) for row in rows]


def _zones(rows: list[Row], page_height: float) -> tuple[list[Row], list[Row], list[Row]]:
    """The lines at the head of the page, those between, and those at its foot, where blank space parts them."""
    parted = [i for i in range(1, len(rows)) if rows[i][0].y0 - rows[i - 1][0].y1 > 0.7 * rows[i][0].height]
    head = next((i for i in parted if i <= 5 and rows[i - 1][0].y1 < 0.12 * page_height), 0)
    foot = next((i for i in reversed(parted) if i >= len(rows) - 4 and rows[i][0].y0 > 0.88 * page_height), len(rows))
    return rows[:head], rows[head:foot], rows[foot:]


def _blocks(runs: list[Run], depth: int) -> list[list[Run]]:
    """The columns and what stands above and below them, each to be read from top to bottom."""
    cut = _best_cut(runs) if depth < _DEEPEST else None
    if cut is None:
        return [runs] if runs else []
    above, columns, below = cut
    return [block for part in (above, *columns, below) for block in _blocks(part, depth + 1)]


def _best_cut(runs: list[Run]) -> Cut | None:
    """The gutter that parts most runs into columns, or None where there is none."""
    if len(runs) < 4:
        return None
    best: Cut | None = None
    most = 0
    gutter = 0.6 * median(run.height for run in runs)
    figures = {run.start for run in runs if len(run.text) <= _AMOUNT and run.text.lstrip("-+−–")[:1].isdigit()}
    by_height = sorted(runs, key=lambda run: run.y0)
    for edge in _left_edges([run for run in runs if run.start not in figures]):
        crossing = [run.y0 for run in by_height if run.x0 < edge - 1 and run.x1 > edge - gutter]
        free = [run for run in by_height if run.x0 >= edge - 1 or run.x1 <= edge - gutter]
        for stretch, members in groupby(free, key=lambda run: bisect_left(crossing, run.y0)):
            inside = list(members)
            if len(inside) <= max(most, 3):
                continue
            columns = _columns(inside, edge, figures, open_below=stretch < len(crossing))
            if columns is not None:
                taken = {run.start for column in columns for run in column}
                top = min(run.y0 for column in columns for run in column)
                others = [run for run in runs if run.start not in taken]
                best = ([run for run in others if run.y0 < top], columns, [run for run in others if run.y0 >= top])
                most = len(inside)
    return best


def _left_edges(runs: list[Run]) -> list[float]:
    """Where several runs begin one under the other, the most used first, the outermost left aside."""
    clusters: list[list[float]] = []
    for x in sorted(run.x0 for run in runs):
        if clusters and x - clusters[-1][0] <= 3:
            clusters[-1].append(x)
        else:
            clusters.append([x])
    clusters = [cluster for cluster in clusters[1:] if len(cluster) > 1]
    return [cluster[0] for cluster in sorted(clusters, key=len, reverse=True)[:_MOST_EDGES]]


def _columns(runs: list[Run], edge: float, figures: set[int], open_below: bool) -> list[list[Run]] | None:
    """The runs left and right of the edge as columns to read one after the other, or None if they are a table."""
    left, right = [run for run in runs if run.x0 < edge - 1], [run for run in runs if run.x0 >= edge - 1]
    if not left or not right:
        return None
    # A date over the right column, or a heading under the left one, belongs to neither.
    over_right = [run for run in right if run.y1 <= left[0].y0 + 1]
    over_left = [run for run in left if run.y1 <= right[0].y0 + 1]
    under = [run for run in left if run.y0 >= right[-1].y1 - 1]
    right = right[len(over_right) :] if len(over_right) <= 2 else right
    left = left[len(over_left) :] if len(over_left) <= 2 else left
    left = left[: len(left) - len(under)] if open_below and 0 < len(under) <= 2 else left
    if min(len(left), len(right)) < 2 or any(2 * _count(side, figures) > len(side) for side in (left, right)):
        return None
    shared = min(left[-1].y1, right[-1].y1) - max(left[0].y0, right[0].y0)
    if shared < 0.5 * min(left[-1].y1 - left[0].y0, right[-1].y1 - right[0].y0):
        return None
    cells = _wrapped_cells(left, right)
    if cells is not None:
        return cells
    if _prose(left) and _prose(right):
        return [left, right]
    if min(len(left), len(right)) < 3:
        return None
    # Short lines side by side are two blocks if they keep different lines, or if the file has one wholly before
    # the other (an address beside an address); a table's rows share their lines and come row by row.
    contiguous = max(run.start for run in left) < min(run.start for run in right) or (
        max(run.start for run in right) < min(run.start for run in left)
    )
    return [left, right] if contiguous or _level(left, right) < 0.6 else None


def _wrapped_cells(left: list[Run], right: list[Run]) -> list[list[Run]] | None:
    """The cells of a table of two columns whose cells hold several lines, told by the file's own order, or None."""
    sides = {run.start: side for side, runs in enumerate((left, right)) for run in runs}
    stream = sorted([*left, *right], key=lambda run: run.start)
    cells = [list(cell) for _, cell in groupby(stream, key=lambda run: sides[run.start])]
    if len(cells) < 4 or len(cells) % 2 or sides[stream[0].start]:
        return None
    if sum(len(_rows(cell)) for cell in cells) < 1.5 * len(cells):
        return None
    bottom = float("-inf")
    for first, second in zip(cells[::2], cells[1::2], strict=True):
        top = min(first[0].y0, second[0].y0)
        if top < bottom - 1 or abs(first[0].y0 - second[0].y0) > 0.5 * first[0].height:
            return None
        bottom = max(first[-1].y1, second[-1].y1)
    return cells


def _prose(runs: list[Run]) -> bool:
    """Whether the lines run on: many begin in the middle of a sentence, as cells do not."""
    lower = sum(run.text[0].islower() for run in runs)
    return lower >= 0.3 * len(runs) and fmean(len(run.text) for run in runs) >= 12


def _count(runs: list[Run], figures: set[int]) -> int:
    return sum(run.start in figures for run in runs)


def _level(left: list[Run], right: list[Run]) -> float:
    """The share of the shorter side's lines that have a line of the other side at the same height."""
    few, many = sorted((left, right), key=len)
    bottoms = sorted(run.y1 for run in many)
    level = 0
    for run in few:
        at = bisect_left(bottoms, run.y1)
        level += any(abs(bottom - run.y1) < 0.15 * run.height for bottom in bottoms[max(0, at - 1) : at + 1])
    return level / len(few)


def _usual_pitch(runs: Sequence[Run]) -> float:
    """How far a line stands below the one before it within a paragraph, in line heights."""
    steps = sorted(step for before, after in pairwise(runs) if 0.7 < (step := _step(before, after)) < 4)
    if not steps:
        return 1.2
    return min(max(steps[len(steps) * 3 // 10], 1.0), 2.6 if len(steps) >= 5 else 1.5)


def _step(before: Run, after: Run) -> float:
    return 2 * (after.y1 - before.y1) / (before.height + after.height)


def _spaced(rows: list[Row], pitch: float, already: int) -> list[tuple[str, Run]]:
    """The runs of a block with the white space before each; `already` says whether anything stands before."""
    wide = [any(b.x0 - a.x1 > _CELL_GAP * a.height for a, b in pairwise(row)) for row in rows]
    table = [
        now and (len(row) > 2 or (i > 0 and wide[i - 1]) or (i + 1 < len(rows) and wide[i + 1]))
        for i, (row, now) in enumerate(zip(rows, wide, strict=True))
    ]
    starts = sorted(row[0].x0 for row in rows)
    margin = starts[len(starts) // 4] if starts else 0.0
    spaced: list[tuple[str, Run]] = []
    for i, row in enumerate(rows):
        if i == 0:
            before = "\n\n" if already else ""
        elif len(rows[i - 1]) == 1 and rows[i - 1][0].text in _BULLETS:
            before = " "
        elif _goes_on(rows[i - 1], row, pitch):
            before = "\n"
        elif table[i] or table[i - 1]:
            before = _ROW_BREAK
        elif _step(rows[i - 1][0], row[0]) > 1.3 * pitch or _indented(rows, i, margin):
            before = "\n\n"
        else:
            before = "\n"
        spaced.append((before, row[0]))
        spaced += [(_between(a, b, table[i]), b) for a, b in pairwise(row)]
    return spaced


def _goes_on(row: Row, below: Row, pitch: float) -> bool:
    """Whether the row below is the second line of a cell in the row."""
    if len(row) < 2 or len(below) > 1 or not below[0].text[0].islower():
        return False
    return _step(row[0], below[0]) <= 1.3 * pitch and any(abs(cell.x0 - below[0].x0) < 3 for cell in row)


def _indented(rows: list[Row], i: int, margin: float) -> bool:
    """Whether this line alone is set in from the margin: so begins a paragraph without a gap."""
    at_margin = [abs(rows[j][0].x0 - margin) < 3 for j in (i - 1, i + 1) if j < len(rows)]
    return len(at_margin) == 2 and all(at_margin) and rows[i][0].x0 - margin > 6


def _between(before: Run, after: Run, in_table: bool) -> str:
    gap = (after.x0 - before.x1) / before.height
    if in_table or gap > _CELL_GAP:
        return "\t"
    return "" if -0.5 < gap <= 0.1 else " "
