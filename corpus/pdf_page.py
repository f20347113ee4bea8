"""One page of a PDF: its characters in reading order, and where on the page each stands.

The text and the rectangles come from the same arrangement, so that they cannot disagree.
"""

from __future__ import annotations

import ctypes
from collections import deque
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from corpus.errors import UnreadableError
from corpus.reading_order import Run, arrange

MOST_CHARACTERS = 400_000  # on one page
_HYPHENS = "\u0002\ufffe"  # pdfium's marks for the hyphen at a line's end, where it also leaves out the line break
_BLANKS = [*range(2), *range(3, 0x21), 0x85, 0xA0, *range(0x2000, 0x200C), 0x2028, 0x2029, 0x202F, 0x3000, 0xFEFF]
# Looked up by character number: one step in C for a whole page.
_VISIBLE = np.full(0x10000, True)
_VISIBLE[_BLANKS] = False
_HYPHEN = np.full(0x10000, False)
_HYPHEN[[ord(mark) for mark in _HYPHENS]] = True
_AS_SEEN = str.maketrans(dict.fromkeys(_HYPHENS, "-"))
_FARTHEST = 100_000.0  # points; a position beyond is nonsense and would overflow
_WIDE_GAP = 0.9  # line heights; what is wider may part cells or columns

Rectangle = tuple[float, float, float, float]
_Boxes = npt.NDArray[np.float64]  # one row per character: left, top, right, bottom as displayed
_Codes = npt.NDArray[np.uint32]
_Indices = npt.NDArray[np.intp]


class PageText(NamedTuple):
    """A page's text, and for each run of it where in that text it begins."""

    text: str
    runs: tuple[tuple[int, Run], ...]
    characters: Sequence[int]  # pdfium's number of each character that a run counts


def read_page(page: Any, textpage: Any) -> PageText:
    """Give the text of a pdfium page in reading order; the hyphen that divides a word is "-" before a line break."""
    raw, characters = _characters(textpage)
    runs = _runs(raw, characters, page, textpage)
    parts: list[str] = []
    placed: list[tuple[int, Run]] = []
    cursor = 0
    for before, run in arrange(runs, _size(page)[1]):
        placed.append((cursor + len(before), run))
        parts += [before, run.text]
        cursor += len(before) + len(run.text)
    return PageText("".join(parts), tuple(placed), characters)


def rectangles(found: PageText, page: Any, textpage: Any, start: int, end: int) -> list[Rectangle]:
    """Give one rectangle (left, top, right, bottom) per line of the page's text [start, end), in points."""
    lines: list[tuple[int, list[Rectangle]]] = []
    for offset, run in found.runs:
        low, high = max(start, offset), min(end, offset + len(run.text))
        if low >= high:
            continue
        inside = range(run.start + low - offset, run.start + high - offset)
        boxes = _displayed(_char_boxes(textpage, [found.characters[i] for i in inside]), page)
        boxes = boxes[(boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])]
        if not len(boxes):
            continue
        left, top = boxes[:, :2].min(axis=0).tolist()
        right, bottom = boxes[:, 2:].max(axis=0).tolist()
        line = found.text.count("\n", 0, offset)
        if not lines or lines[-1][0] != line:
            lines.append((line, []))
        lines[-1][1].append((left, top, right, bottom))
    return [_union(parts) for _, parts in lines]


def whole(page: Any) -> Rectangle:
    """Give the rectangle of the whole page as it is displayed."""
    return (0.0, 0.0, *_size(page))


def _union(parts: Iterable[Rectangle]) -> Rectangle:
    lefts, tops, rights, bottoms = zip(*parts, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _characters(textpage: Any) -> tuple[str, Sequence[int]]:
    """The page's characters in the file's order, and pdfium's number of each."""
    from pypdfium2 import raw

    count = textpage.count_chars()
    if count > MOST_CHARACTERS:
        raise UnreadableError(f"a page of the PDF holds more than {MOST_CHARACTERS:,} characters")
    text: str = textpage.get_text_range(errors="replace") if count else ""
    if len(text) == count:
        return text, range(count)
    # pdfium's bulk text leaves some characters out and writes others as two: take them one by one.
    codes = list(map(raw.FPDFText_GetUnicode, repeat(textpage.raw), range(count)))
    kept: list[str] = []
    numbers: list[int] = []
    for number, code in enumerate(codes):
        if not code:
            continue
        if kept and 0xDC00 <= code < 0xE000 and "\ud800" <= kept[-1] < "\udc00":
            kept[-1] = chr(0x10000 + ((ord(kept[-1]) - 0xD800) << 10) + code - 0xDC00)
            continue
        kept.append(chr(code) if code <= 0x10FFFF else "\ufffd")
        numbers.append(number)
    return "".join(kept), numbers


def _char_boxes(textpage: Any, numbers: Sequence[int]) -> _Boxes:
    """The boxes (left, top, right, bottom, with y upwards as PDF has it) of the characters with these numbers."""
    slots = np.zeros((len(numbers), 4), dtype=np.float32)  # FS_RECTF: left, top, right, bottom
    handle = ctypes.cast(textpage.raw, ctypes.c_void_p).value
    first, step = slots.ctypes.data, slots.strides[0]
    places = range(first, first + step * len(numbers), step)
    # A loop in C over plain numbers: a page has a thousand of these calls, and building pointers doubles their time.
    deque(map(_loose_char_box(), repeat(handle), numbers, places), maxlen=0)
    return np.clip(np.nan_to_num(slots.astype(np.float64), nan=0.0), -_FARTHEST, _FARTHEST)


@cache
def _loose_char_box() -> Any:
    """FPDFText_GetLooseCharBox(FPDF_TEXTPAGE, int, FS_RECTF*), its pointers given as numbers."""
    from pypdfium2 import raw

    address = ctypes.cast(raw.FPDFText_GetLooseCharBox, ctypes.c_void_p).value
    signature = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
    return signature(address or 0)


def _size(page: Any) -> tuple[float, float]:
    width, height = np.clip(np.nan_to_num(page.get_size(), nan=0.0), 0.0, _FARTHEST).tolist()
    return width, height


def _displayed(boxes: _Boxes, page: Any) -> _Boxes:
    """The same boxes measured from the top-left corner of the page as it is displayed."""
    limits = np.clip(np.nan_to_num(page.get_bbox(), nan=0.0), -_FARTHEST, _FARTHEST).tolist()
    return _turned(boxes, limits, page.get_rotation())


def _turned(boxes: _Boxes, limits: Sequence[float], degrees: int) -> _Boxes:
    """Boxes with y upwards, within limits (left, bottom, right, top), turned clockwise, with y downwards."""
    left, bottom, right, top = limits
    x0, y1, x1, y0 = boxes.T
    columns = {
        0: (x0 - left, top - y1, x1 - left, top - y0),
        90: (y0 - bottom, x0 - left, y1 - bottom, x1 - left),
        180: (right - x1, y0 - bottom, right - x0, y1 - bottom),
        270: (top - y1, right - x1, top - y0, right - x0),
    }[degrees]
    return np.stack(columns, axis=1)


def _runs(raw: str, characters: Sequence[int], page: Any, textpage: Any) -> list[Run]:
    """The words of a page joined into the pieces of its lines, in the file's order."""
    codes = np.minimum(np.frombuffer(raw.encode("utf-32-le", "surrogatepass"), dtype=np.uint32), 0xFFFF)
    starts, ends = _word_spans(codes)
    if not len(starts):
        return []
    asked = np.concatenate([starts, ends - 1]).tolist()
    numbers = asked if isinstance(characters, range) else [characters[i] for i in asked]
    boxes = _upright(_displayed(_char_boxes(textpage, numbers), page), ends - starts)
    first, last = boxes[: len(starts)], boxes[len(starts) :]
    words = np.concatenate([np.minimum(first, last)[:, :2], np.maximum(first, last)[:, 2:]], axis=1)
    # Some fonts have no height; a character is then taken to be twice as high as wide.
    flat = words[:, 3] - words[:, 1] < 1
    words[flat, 1] = words[flat, 3] - 2 * (words[flat, 2] - words[flat, 0]) / (ends - starts)[flat]
    opening = _openings(codes, starts, words)
    lows = np.minimum.reduceat(words[:, :2], opening).tolist()
    highs = np.maximum.reduceat(words[:, 2:], opening).tolist()
    closing = np.append(opening[1:], len(starts)) - 1
    runs: list[Run] = []
    spans = zip(starts[opening].tolist(), ends[closing].tolist(), strict=True)
    for (start, end), (x0, y0), (x1, y1) in zip(spans, lows, highs, strict=True):
        text = raw[start:end]
        runs.append(Run(start, end, x0, y0, x1, y1, text.translate(_AS_SEEN) if text[-1] in _HYPHENS else text))
    return runs


def _word_spans(codes: _Codes) -> tuple[_Indices, _Indices]:
    """Where words start and end; a word also ends with the hyphen that divides it."""
    visible = np.concatenate([[False], _VISIBLE[codes], [False]])
    hyphen = np.concatenate([[False], _HYPHEN[codes], [False]])
    starts = np.flatnonzero(visible[1:-1] & (~visible[:-2] | hyphen[:-2]))
    ends = np.flatnonzero(visible[1:-1] & (~visible[2:] | hyphen[1:-1])) + 1
    return starts, ends


def _openings(codes: _Codes, starts: _Indices, words: _Boxes) -> _Indices:
    """The words that begin a run: after a line break, after the hyphen of a divided word, across a wide gap."""
    turns = np.flatnonzero(_HYPHEN[codes] | (codes == 0x0A))
    line = np.searchsorted(turns, starts)
    heights = np.minimum(words[1:, 3] - words[1:, 1], words[:-1, 3] - words[:-1, 1])
    wide = np.abs(words[1:, 0] - words[:-1, 2]) > _WIDE_GAP * np.maximum(heights, 1.0)
    return np.flatnonzero(np.concatenate([[True], (line[1:] != line[:-1]) | wide]))


def _upright(boxes: _Boxes, lengths: _Indices) -> _Boxes:
    """The boxes of words' first and last characters, turned where most words of the page stand on their side."""
    first, last = boxes[: len(lengths)], boxes[len(lengths) :]
    long = lengths > 3
    across, down = np.abs(last[:, 0] - first[:, 0]), last[:, 1] - first[:, 1]
    standing = long & (np.abs(down) > 2 * across)
    if 2 * standing.sum() <= long.sum():
        return boxes
    left, top, right, bottom = boxes.T
    if down[standing].mean() < 0:  # read from bottom to top
        return np.stack([-bottom, left, -top, right], axis=1)
    return np.stack([top, -right, bottom, -left], axis=1)
