"""Sentences, and passages of bounded length that never cut one where it can be helped.

The boundaries come from langchain-text-splitters. Its `start_index` is found by searching and is wrong for repeated
text, so the offsets here are our own: the pieces must add up to the text, and a cursor counts along.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from langchain_text_splitters import RecursiveCharacterTextSplitter

MAX_CHARACTERS = 1_200  # of a passage
_AIM = 0.75  # of that length: where a stretch is cut, so that a short neighbour still fits in
_SHORT = 200  # characters; less says too little by itself

# A full stop after these ends no sentence, even where a capital or a digit follows.
_ABBREVIATIONS = (
    "nr kl stk ca jf hr fr dr prof f.eks bl.a evt inkl ekskl spm alm art pkt tlf vedr sml kap bilag pga "
    "jfr mio mia kr s litra afd sct skt d.d dvs samt.d pr ift mht ang resp henh jan feb aug sept okt nov dec"
).split()
_NO_END = "".join(rf"(?<!\b(?i:{re.escape(word)})\.)" for word in _ABBREVIATIONS)
SENTENCE_END = (
    r"(?:(?<=[.!?…])|(?<=[.!?…][\"”»’)]))"  # the stop, and the quotation mark that closes on it
    + _NO_END
    + r"(?<!\b[A-ZÆØÅ]\.)"  # initials
    + r"\s+(?=[\"”»’(«“]?(?:[-–]\s)?[\"”»]?[A-ZÆØÅ0-9•§])"
)
_SENTENCE = re.compile(rf"{SENTENCE_END}|\n")


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Give start and end of every sentence of a cleaned text, in order and without surrounding white space."""
    start = 0
    for match in _SENTENCE.finditer(text):
        if match.start() > start:
            yield start, match.start()
        start = match.end()
    if start < len(text):
        yield start, len(text)


def pieces(text: str, max_characters: int = MAX_CHARACTERS) -> Iterator[tuple[int, int]]:
    """Cut a cleaned text into stretches of at most `max_characters`: by paragraph, else sentence, clause or word.

    The stretches are in order and do not overlap; white space between them belongs to none. One that is too short to
    stand alone goes with the next, or the last with the one before it, where they fit together.
    """
    held: tuple[int, int] | None = None
    for start, end in _led_in(text, _cut(text, max_characters), max_characters):
        if held and min(held[1] - held[0], end - start) < _SHORT and end - held[0] <= max_characters:
            start = held[0]
        elif held:
            yield held
        held = start, end
    if held:
        yield held


def _led_in(text: str, cut: Iterable[tuple[int, int]], max_characters: int) -> Iterator[tuple[int, int]]:
    """Move a last line that only leads in ("Ministeren siger:") to the stretch that it leads in to."""
    held: tuple[int, int] | None = None
    for start, end in cut:
        if held:
            line = text.rfind("\n", *held) + 1
            if held[0] < line and text[held[1] - 1] == ":" and held[1] - line < _SHORT and end - line <= max_characters:
                held, start = (held[0], line - 1), line
            yield held
        held = start, end
    if held:
        yield held


def _cut(text: str, max_characters: int) -> Iterator[tuple[int, int]]:
    if len(text) <= max_characters:
        if text.strip():
            yield 0, len(text)
        return
    cursor = 0
    for piece in _splitter(max(1, int(_AIM * max_characters))).split_text(text):
        end = cursor + len(piece)
        assert text[cursor:end] == piece, "the splitter's pieces must add up to the text"
        stripped = piece.strip()
        if stripped:
            start = cursor + len(piece) - len(piece.lstrip())
            yield start, start + len(stripped)
        cursor = end
    assert cursor == len(text), "the splitter's pieces must add up to the text"


@lru_cache(maxsize=8)
def _splitter(chunk_size: int) -> RecursiveCharacterTextSplitter:
    os.environ["LANGSMITH_TRACING"] = "false"  # langchain brings a tracing client; it must stay silent
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    return RecursiveCharacterTextSplitter(
        separators=[r"\n", SENTENCE_END, r"(?<=[;:])\s", r"(?<=,)\s", r"\s", ""],
        is_separator_regex=True,
        keep_separator="end",
        strip_whitespace=False,
        chunk_size=chunk_size,
        chunk_overlap=0,
    )
