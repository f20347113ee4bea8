"""Attacks by plain text: bytes that are none, characters that mislead, lengths that hurt."""

from __future__ import annotations

import random
from functools import partial
from pathlib import Path

from tests.attacks.table import SENTENCE, attack, put

_LONG = 1_000_000  # characters of bait


@attack("refused", "is empty")
def empty(path: Path) -> None:
    put(path, ".txt", b"")


@attack("refused", "is empty")
def blank(path: Path) -> None:
    put(path, ".txt", b" \n\t\r\n " * 1_000)


@attack("refused", "binary|no text")
def binary(path: Path) -> None:
    put(path, ".txt", random.Random(1).randbytes(200_000))


@attack("refused", "binary|no text")
def program(path: Path) -> None:
    put(path, ".md", b"\x7fELF\x02\x01\x01" + bytes(9) + random.Random(2).randbytes(100_000))


@attack("refused", "binary|no text|longer than", slow=True)
def binary_of_fifty_megabytes(path: Path) -> None:
    put(path, ".txt", random.Random(3).randbytes(50_000_000))


@attack("refused", "binary")
def text_that_turns_binary(path: Path) -> None:
    put(path, ".txt", SENTENCE.encode() * 500 + bytes(200_000))


@attack("read")
def some_nul_bytes(path: Path) -> None:
    put(path, ".txt", (SENTENCE + "\0") * 100)


@attack("refused", "binary")
def nul_flood(path: Path) -> None:
    put(path, ".txt", b"a" + bytes(1_000_000))


@attack("read")
def lone_surrogates(path: Path) -> None:
    put(path, ".txt", SENTENCE.encode() * 50 + b"\xed\xa0\x80\xed\xbf\xbf" + SENTENCE.encode() * 50)


@attack("read")
def cut_inside_a_letter(path: Path) -> None:
    put(path, ".txt", (SENTENCE * 50 + "ø").encode()[:-1])


@attack("read")
def bidi_controls(path: Path) -> None:
    put(path, ".txt", f"{SENTENCE}\u202e.rk .oim 511 \u202c\u2066{SENTENCE}\u2069\u200f" * 50)


@attack("refused", "no text")
def zero_width_flood(path: Path) -> None:
    put(path, ".txt", "\u200b\u200c\u200d\u2060\ufeff" * 200_000)


@attack("read")
def zero_width_between_letters(path: Path) -> None:
    put(path, ".txt", "\u200b".join(SENTENCE * 200))


@attack("either")
def combining_flood(path: Path) -> None:
    put(path, ".txt", "e" + "\u0301\u0316\u0327" * 300_000 + SENTENCE)


@attack("read")
def astral_characters(path: Path) -> None:
    put(path, ".txt", SENTENCE + "\U0001f1e9\U0001f1f0\U000e0041" * 20_000)


@attack("read")
def every_line_break_there_is(path: Path) -> None:
    put(path, ".txt", "".join(SENTENCE + mark for mark in "\r\v\f\x1c\x1d\x1e\x85\u2028\u2029") * 200)


@attack("refused", "100,000,000 characters")
def one_line_of_a_hundred_megabytes(path: Path) -> None:
    put(path, ".txt", b"a" * 100_000_000)


@attack("refused", "bytes; at most")
def sparse_file_of_a_terabyte(path: Path) -> None:
    with put(path, ".txt", b"").open("r+b") as file:
        file.truncate(1 << 40)


@attack("either", "longer than|more than 1 GiB", slow=True)
def nineteen_million_characters(path: Path) -> None:
    put(path, ".txt", (SENTENCE + "\n\n") * (19_000_000 // (len(SENTENCE) + 2)))


BAITS = {
    "spaces": " ",
    "tabs_and_breaks": "\t\n ",
    "dots": ". ",
    "ellipses": "…",
    "quotes": '”»"',
    "hyphen_breaks": "a-\n",
    "soft_hyphens": "a\u00ad \n",
    "question_numbers": "Spørgsmål nr. ",
    "questions": "Spørgsmål 1:\nSvar:\n",
    "answers": "Svar på spørgsmål nr. S 12 ",
    "times": "Kl. 13:02\n",
    "speakers": "Kl. 13:02\nMette Hansen (S):\n",
    "brackets": "(",
    "bracketed": "Navn Navnesen (XX): ",
    "initials": "A. ",
    "abbreviations": "nr. kl. stk. ",
    "names": "Anders Andersen-",
    "capitals": "ÆØÅ",
    "dates": "den 3. maj 2023, ",
    "ministers": "ministeren for ministeren (",
    "committees": "Udvalget for ",
    "lines": "a\n",
    "double_lines": "og så videre\n\n",
    "bullets": "• \n",
    "headings": "# Overskrift\n",
    "digits": "1",
    "numbers": "1.234,5",
    "words": "a ",
    "commas": ", ",
    "signatures": "Med venlig hilsen\n\n",
    "indents": "\n   ",
    "addresses": "Slotsholmsgade 10\n1216 København K\nTlf. 33 92 33 77\n",
    "stamps": "BEU Alm.del - 2022-23 - ",
}


def _bait(path: Path, bait: str) -> None:
    middle = bait * (_LONG // len(bait))
    put(path, ".txt", f"Spørgsmål nr. S 123 fra Anders And (S) til ministeren.\n{middle}\n\n{SENTENCE}\n")


for _name, _text in BAITS.items():
    attack("either", "longer than|more than 1 GiB|no text|binary", slow=True, name=f"bait_{_name}")(
        partial(_bait, bait=_text)
    )
