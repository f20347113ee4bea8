"""UTF-8 that was once read as Windows-1252 or Latin-1 ("SpÃ¸rgsmÃ¥l"): repaired where that is certain."""

from __future__ import annotations

import re

_MISREAD = re.compile(r"Ã[\x80-\x9f\xa0-\xbf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a]")
_DANISH = re.compile("[æøåÆØÅ]")
_LETTER = re.compile("[A-Za-z]")
_USUAL = 400  # letters: a Danish text without one æ, ø or å among so many is none


def repaired(text: str) -> str:
    """Give the text as it was meant; the very same text unless all of it was misread in one way.

    A text that has a Danish letter of its own, or too few misread ones for Danish, only mentions such characters.
    It is repaired as a whole or not at all, so that no part of it is ever guessed.
    """
    if not _MISREAD.search(text) or _DANISH.search(text):
        return text
    if len(_MISREAD.findall(text)) * _USUAL < len(_LETTER.findall(text)):
        return text
    import ftfy.bad_codecs  # noqa: F401 - it teaches Python Windows-1252 as programs really write it

    for codec in ("sloppy-windows-1252", "latin-1"):
        try:
            return text.encode(codec).decode("utf-8").removeprefix("\ufeff")
        except UnicodeError:
            continue
    return text
