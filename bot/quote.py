"""The one way for text that others wrote to enter a page."""

from __future__ import annotations

import re

# Soft hyphens, zero-width and direction marks, control characters: a reader cannot see them, and they can turn text
# around or hide it. White space among the controls becomes a blank.
_BLANK = "\u000b\u000c\r\u001c-\u001f\u0085\u2028\u2029"
_INVISIBLE = (
    "\u0000-\u0008\u000e-\u001b\u007f-\u0084\u0086-\u009f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f"
)
# Marks that stack on a letter; more than any script needs would paint over the lines around it.
_STACKED = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_SPECIAL = re.compile(
    rf"(?P<blank>[{_BLANK}])|(?P<drop>[{_INVISIBLE}]|(?<={_STACKED}{{4}}){_STACKED}+)|(?P<surrogate>[\ud800-\udfff])|(?P<mark>[^\w\s]|_)"
)


def quote(text: str) -> str:
    """Give text as HTML, for content or a quoted attribute, that can be neither markup nor a template.

    Every character that is no letter, digit or white space becomes a numeric entity, not just the five of
    `html.escape`: Gradio's pages run text through Markdown and two template languages, where `${`, `{{`, `*` and `[`
    mean something too.
    """
    return _SPECIAL.sub(_replacement, text)


def plain(text: str) -> str:
    """Give text without what `quote` would not show, for places that are no HTML."""
    return _SPECIAL.sub(lambda match: match["mark"] or _replacement(match), text)


def quote_marked(text: str, spans: tuple[tuple[int, int], ...]) -> str:
    """Quote a text with each span, as offsets into it, within `<mark>`."""
    parts: list[str] = []
    cursor = 0
    for start, end in sorted(spans):
        start, end = max(start, cursor), min(end, len(text))
        if start < end:
            parts += quote(text[cursor:start]), "<mark>", quote(text[start:end]), "</mark>"
            cursor = end
    return "".join(parts) + quote(text[cursor:])


def _replacement(match: re.Match[str]) -> str:
    if match["mark"] is not None:
        return f"&#{ord(match['mark'])};"
    if match["surrogate"] is not None:
        return "\ufffd"
    return " " if match["blank"] is not None else ""
