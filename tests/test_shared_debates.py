"""Verbatim chamber debates, on the 63 real ones of January to September 2023."""

from __future__ import annotations

import re
import time
from functools import cache
from pathlib import Path

import pytest

from corpus.debates import recognise_debate
from corpus.records import Fields, Section

FOLDER = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "transcripts"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no real debates at {FOLDER}"),
]

Debate = tuple[str, str, Fields, tuple[Section, ...]]


@cache
def debates() -> tuple[Debate, ...]:
    """Every real debate: file name, text, fields, sections."""
    read = []
    for path in sorted(FOLDER.glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        found = recognise_debate(text)
        assert found is not None, path.name
        read.append((path.name, text, *found))
    return tuple(read)


def test_every_debate_has_the_number_and_date_of_its_file_name() -> None:
    """Number and date, read from the text alone, agree with the file's name."""
    assert debates()
    for name, _, fields, _ in debates():
        found = re.search(r"M(\d+)_(\d{4}-\d\d-\d\d)_", name)
        assert found is not None
        assert (fields.kind, fields.number, fields.date) == ("referat", str(int(found[1])), found[2])
        assert fields.title is not None
        assert fields.title.startswith(f"{fields.number}. møde, ")


def test_every_section_has_speaker_place_and_order() -> None:
    """Sections ascend without overlap; each has a speaker, no time mark and no speaker's line at its head."""
    for name, text, _, sections in debates():
        end = 0
        for section in sections:
            words = text[section.start : section.end]
            assert end <= section.start < section.end <= len(text), name
            assert section.speaker, (name, words[:80])
            assert not re.search(r"Kl\.\s?\d\d:\d\d", words), (name, words[-80:])
            assert not re.match(r"[^\n(]{3,60} \([^()\n]{1,40}\):", words), (name, words[:80])
            end = section.end


def test_the_debate_is_covered() -> None:
    """After the opening, what lies in no section is names, marks, titles and printed questions: under 8 %."""
    spoken = covered = 0
    for _, text, _, sections in debates():
        opening = next(section.start for section in sections if section.time)
        spoken += len(text[opening:].split())
        covered += sum(len(text[s.start : s.end].split()) for s in sections if s.start >= opening)
    assert covered > 0.92 * spoken


def test_questions_are_found_asked_and_answered() -> None:
    """97 % of the numbers in the agendas have asker, addressee, reading and reply, unless withdrawn."""
    complete, numbers = 0, 0
    for _, text, _, sections in debates():
        for number in re.findall(r"\(Spm\. nr\. (S \d+)", text):
            numbers += 1
            own = [section for section in sections if section.number == number]
            asked = bool(own and own[0].kind == "spørgsmål" and own[0].speaker and own[0].addressee)
            kinds = {section.kind for section in own[1:]}
            complete += asked and (kinds >= {"spørgsmål", "svar"} or _withdrawn(text, number))
    assert numbers
    assert complete >= 0.97 * numbers


def _withdrawn(text: str, number: str) -> bool:
    """Whether the debate notes the withdrawal before the next question."""
    block = re.search(rf"(?<!\()Spm\. nr\. {number}\b(.*?)(?=Spm\. nr\. |\Z)", text, re.DOTALL)
    return block is not None and "(Spørgsmålet er udgået" in block[1]


def test_replies_come_from_the_minister_addressed() -> None:
    """The one who replies bears the title to which the question is put."""
    for name, _, _, sections in debates():
        addressees = {s.number: s.addressee for s in sections if s.addressee}
        for section in sections:
            if section.kind == "svar":
                assert section.role is not None
                assert section.role.removeprefix("fg. ") == addressees[section.number], (name, section)


def test_a_debate_is_read_fast() -> None:
    """All debates together are read at more than a megabyte a second."""
    texts = [text for _, text, _, _ in debates()]
    begun = time.process_time()
    for text in texts:
        recognise_debate(text)
    assert sum(map(len, texts)) / (time.process_time() - begun) > 1_000_000
