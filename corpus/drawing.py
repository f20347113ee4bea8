"""The process in which a hostile PDF is drawn: `corpus.facsimile` starts it, asks once and ends it."""

from __future__ import annotations

import io
import json
import signal
from typing import Any

import numpy as np
from PIL import Image

from corpus.confined import channels, limit, silence
from corpus.pdf import Box, boxes, picture
from corpus.records import Page
from corpus.wire import receive, send

_WIDTH = 1_100  # pixels: sharp on a phone and on a desktop
_MOST_HEIGHT = 2_200
_MARKER = np.array([255, 233, 140], dtype=np.uint16)  # as a highlighter pen: what is dark stays dark
_AROUND = 1.5  # points
_COLOURS = 128


def main() -> None:
    """Answer one request with a PNG; whatever goes wrong is no picture."""
    requests, replies = channels()
    request = json.loads(receive(requests) or b"{}")
    Image.init()  # loads its parts before memory is short
    limit(request["memory"])
    send(replies, b"ready")
    silence()
    frame, data = receive(requests), receive(requests)
    if frame is None or data is None:
        return
    signal.alarm(int(request["seconds"]) + 5)  # should nobody watch any more
    try:
        reply = _drawn(json.loads(frame), data)
    except Exception as error:  # of the reply only a picture counts
        reply = type(error).__name__.encode()
    send(replies, reply)


def _drawn(request: dict[str, Any], data: bytes) -> bytes:
    page = Page(*request["page"])
    drawn, scale = picture(data, page.number, _WIDTH, _MOST_HEIGHT)
    marked = np.zeros(drawn.shape[:2], dtype=np.bool_)
    most = 0.9 * (drawn.shape[0] / scale) * (drawn.shape[1] / scale)
    for box in boxes(data, request["start"], request["end"], [page]):
        if _area(box) < most:  # the whole page stands for text that was recognised in a scan
            marked[_pixels(box, scale)] = True
    drawn[marked] = (drawn[marked] * _MARKER // 255).astype(np.uint8)
    out = io.BytesIO()
    # A page of text needs few colours, and weighs a quarter with them.
    Image.fromarray(drawn).quantize(_COLOURS, Image.Quantize.FASTOCTREE).save(out, "PNG")
    return out.getvalue()


def _area(box: Box) -> float:
    _, left, top, right, bottom = box
    return (right - left) * (bottom - top)


def _pixels(box: Box, scale: float) -> tuple[slice, slice]:
    _, left, top, right, bottom = box
    low = [max(0, int((at - _AROUND) * scale)) for at in (top, left)]
    high = [max(0, int((at + _AROUND) * scale) + 1) for at in (bottom, right)]
    return slice(low[0], high[0]), slice(low[1], high[1])


if __name__ == "__main__":
    main()
