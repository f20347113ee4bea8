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
_TOO_MANY = re.compile(rf"(?<={_STACKED}{{4}}){_STACKED}+")
_KEPT = re.compile(r"[^\W_]|\s")  # letters, digits, white space


class _Table(dict[int, str]):
    """What stands for each character in a page; each is looked at once, when it is met first."""

    def __init__(self, mark: str) -> None:
        self._mark = mark

    def __missing__(self, code: int) -> str:
        self[code] = shown = self._shown(chr(code))
        return shown

    def _shown(self, character: str) -> str:
        if _BLANKS.match(character):
            return " "
        if _UNSEEN.match(character):
            return ""
        if "\ud800" <= character <= "\udfff":
            return "\ufffd"
        return character if _KEPT.match(character) else self._mark.format(character, ord(character))


_BLANKS, _UNSEEN = re.compile(f"[{_BLANK}]"), re.compile(f"[{_INVISIBLE}]")
_QUOTED, _PLAIN = _Table("&#{1};"), _Table("{0}")


def quote(text: str) -> str:
    """Give text as HTML, for content or a quoted attribute, that can be neither markup nor a template.

    Every character that is no letter, digit or white space becomes a numeric entity, not just the five of
    `html.escape`: Gradio's pages run text through Markdown and two template languages, where `${`, `{{`, `*` and `[`
    mean something too.
    """
    return _TOO_MANY.sub("", text).translate(_QUOTED)


def plain(text: str) -> str:
    """Give text without what `quote` would not show, for places that are no HTML."""
    return _TOO_MANY.sub("", text).translate(_PLAIN)


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
