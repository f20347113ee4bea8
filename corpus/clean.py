"""White space and hyphenation: what a passage may change of its source, and nothing else.

`clean` depends only on the slice it is given, so that anyone can repeat it: for every passage,
`clean(source[start:end], layout) == text`.
"""

from __future__ import annotations

import re
from enum import Enum


class Layout(Enum):
    """How the lines of a file are set."""

    PLAIN = "plain"  # an empty line, or an indented line, begins a paragraph
    DOUBLE_SPACED = "double-spaced"  # every line is followed by an empty one, as in text made from old PDFs


_INVISIBLE = "\u0000-\u0008\u000e-\u001b\u007f-\u0084\u0086-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
_SOFT = "\u0002\u00ad\ufffe"  # soft hyphen, and the marks that pdfium puts where a PDF hyphenates
_TOKEN = re.compile(
    rf"""
    (?<=\w) (?P<soft>[{_SOFT}]) \s* (?=\w)        # a hyphen that stands there only for the line's sake
  | (?<=\w) (?P<hyphen>[-\u2010]) [^\S\n]*\n\s* (?=\w)   # a hyphen at a line's end: either kind
  | (?P<space>(?:[ ](?=\s)|[^\S ])\s*)       # all white space but a single blank, which stays as it is
  | (?P<drop>[{_INVISIBLE}{_SOFT}]+)
  | (?P<surrogate>[\ud800-\udfff])
    """,
    re.VERBOSE,
)
_CONJUNCTION = re.compile(r"(?:og|eller|samt|til|såvel|men|kontra)\b")
_BULLET = re.compile(r"(?:[•▪‣◦●·*]|[-–—])(?:\s|\Z)")
_LAST_WORD = re.compile(r"[\w.]*\Z")
_INDENT = re.compile(r"\n[ \t]{2,8}\Z")
# Words that keep their hyphen wherever the line breaks ("ikke-vestlige").
_HYPHENATED_PREFIXES = frozenset({"ikke", "it", "tv", "ph", "eks", "ex", "co", "non"})


def layout(text: str) -> Layout:
    """Tell whether the text is double-spaced, from how its lines run on."""
    lines = text.split("\n")
    runs_on = pairs = 0
    for line, gap, following in zip(lines, lines[1:], lines[2:], strict=False):
        if gap.strip() or not line.strip() or not following.strip():
            continue
        pairs += 1
        runs_on += line.rstrip()[-1] not in '.:!?”"»' and following.lstrip()[0].islower()
    return Layout.DOUBLE_SPACED if runs_on >= 3 and runs_on > 0.3 * pairs else Layout.PLAIN


def clean(text: str, layout: Layout = Layout.PLAIN) -> str:
    """Join hyphenation and white space; paragraphs and bullets keep one line break."""
    return clean_aligned(text, layout)[0]


def clean_aligned(text: str, layout: Layout = Layout.PLAIN) -> tuple[str, list[int]]:
    """Clean as `clean` does, and give for every character of the result its offset in `text`."""
    parts: list[str] = []
    offsets: list[int] = []
    cursor = 0
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        parts.append(text[cursor:start])
        offsets.extend(range(cursor, start))
        replacement = _replacement(match, layout)
        parts.append(replacement)
        offsets.extend([start] * len(replacement))
        cursor = end
    parts.append(text[cursor:])
    offsets.extend(range(cursor, len(text)))
    cleaned = "".join(parts)
    left = len(cleaned) - len(cleaned.lstrip())
    right = len(cleaned.rstrip())
    return cleaned[left:right], offsets[left:right]


def _replacement(match: re.Match[str], layout: Layout) -> str:
    if match["space"] is not None:
        return _white_space(match, layout)
    if match["soft"] is not None or match["hyphen"] is not None:
        return _hyphen(match)
    return "" if match["drop"] is not None else "\ufffd"


def _hyphen(match: re.Match[str]) -> str:
    """Decide what a hyphen at a line's end is: a break ("kommuner-nes"), a part of the word, or a pause."""
    text, start, end = match.string, match.start(), match.end()
    if _CONJUNCTION.match(text, end):
        return "- "
    word = _LAST_WORD.search(text[max(0, start - 40) : start])
    before = word.group() if word else ""
    belongs = (
        not text[end].islower()
        or len(before) == 1
        or before.lower() in _HYPHENATED_PREFIXES
        or before[-1].isdigit()
        or (len(before) > 1 and before[-1].isupper())
    )
    return "-" if belongs else ""


def _runs_on(space: re.Match[str]) -> bool:
    """Tell whether a sentence goes on across the gap, as at the foot of a page."""
    text, start, end = space.string, space.start(), space.end()
    return (
        start > 0 and end < len(text) and (text[start - 1].isalpha() or text[start - 1] == ",") and text[end].islower()
    )


def _white_space(match: re.Match[str], layout: Layout) -> str:
    run = match.group()
    breaks = run.count("\n")
    if not breaks:
        return " "
    if layout is Layout.DOUBLE_SPACED:
        paragraph = breaks >= 3
    else:
        paragraph = (breaks >= 2 or bool(_INDENT.search(run))) and not _runs_on(match)
    return "\n" if paragraph or _BULLET.match(match.string, match.end()) else " "
