"""Answers that belong together: versions, of which the newest is current, and answers that point to others."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from corpus.clean import clean
from corpus.letter_fields import numbers_in
from corpus.records import Document, Fields

Relation = Literal["superseded_by", "supplemented_by", "refers_to"]

_RANK = {"foreløbigt": 0, None: 2, "endeligt": 2, "korrigeret": 4}
_REPRINT = re.compile(r"\b[Oo]mtryk")
_HEAD = 2_000  # characters in which a reprint says that it is one
_ALIKE = 0.6  # share of words that two wordings of one question have in common
_CASE = r"(?P<case>\b[A-ZÆØÅ]{2,4}\s{0,9}(?:,\s{0,9})?[Aa]lm\.?\s{0,9}del|\b[LB]\s?\d{1,3}\b|\b[Aa]lm\.?\s{0,9}del)"
_POINTER = re.compile(
    r"(?:\bhenvis\w{0,12}|\bse\s{1,9}også|\bjf\.|som\s{1,9}svar\s{1,9}på|som\s{1,9}det\s{1,9}fremgår\s{1,9}af)[^.?!]{0,120}?"
    rf"(?:(?P<before>{_CASE.replace('?P<case>', '?P<first>')})[^.?!]{{0,40}}?)?"
    r"(?:spørgsmål(?:et)?|spm\.?)\s{0,9}(?:nr\.?\s{0,9})?(?P<number>S\s?\d{1,4}|\d{1,5})\b"
    rf"(?:\s{{0,9}}(?:\(|af\s[^()]{{0,20}}\(|,|til)?\s{{0,9}}{_CASE})?"
)


class Facts(NamedTuple):
    """What decides how a document stands to others."""

    id: str
    fields: Fields
    question: frozenset[str]  # its words, in small letters
    reprint: bool
    pointers: tuple[tuple[str, str | None], ...]  # number and, if said, the case it counts in


class Related(NamedTuple):
    """One document's relation to another, by id."""

    document: str
    relation: Relation
    other: str


def answers(fields: Fields) -> bool:
    """Tell whether a document is an answer: only those stand to each other in any way."""
    return fields.kind in ("udvalgssvar", "§20-svar")


def facts(document: Document) -> Facts:
    """Read from a document what decides how it stands to others."""
    asked = [s for s in document.sections if s.kind == "spørgsmål"]
    answered = [s for s in document.sections if s.kind == "svar"]
    is_answer = answers(document.fields)
    said = " ".join(clean(document.text[s.start : s.end]) for s in answered) if is_answer else ""
    words = " ".join(clean(document.text[s.start : s.end]) for s in asked) if is_answer else ""
    return Facts(
        document.id,
        document.fields,
        frozenset(re.findall(r"\w+", words.lower())),
        is_answer and _REPRINT.search(document.text, 0, _HEAD) is not None,
        tuple(_pointers(said, document.fields)),
    )


def relations(documents: Iterable[Facts]) -> Iterator[Related]:
    """Give every relation between the documents: who is superseded by whom, and who points to whom.

    What speaks for none of several is decided by id, so that the order in which documents come does not matter.
    """
    by_number: dict[tuple[str, str], list[Facts]] = defaultdict(list)
    by_each: dict[tuple[str, str], list[Facts]] = defaultdict(list)  # of several numbers, where a letter answers them
    everything = sorted((one for one in documents if answers(one.fields)), key=lambda one: one.id)
    for one in everything:
        if one.fields.number:
            by_number[_counted(one.fields.number, one.fields.case)].append(one)
            for key in {_counted(number, one.fields.case) for number in numbers_in(one.fields.number)}:
                by_each[key].append(one)
    versions_related = [
        related
        for versions in by_number.values()
        for group in _same_question(versions)
        for related in _superseded(group)
    ]
    yield from versions_related
    superseded = {related.document for related in versions_related if related.relation == "superseded_by"}
    for one in everything:
        for number, case in one.pointers:
            there = [other for other in by_each.get(_counted(number, case), []) if other.id != one.id]
            target = _meant(one, [other for other in there if other.id not in superseded] or there)
            if target:
                yield Related(one.id, "refers_to", target.id)


def _pointers(text: str, fields: Fields) -> Iterator[tuple[str, str | None]]:
    seen: set[tuple[str, str]] = {_counted(fields.number or "", fields.case)}
    for match in _POINTER.finditer(text):
        number = re.sub(r"^S\s?", "S ", match["number"])
        case = match["case"] or match["first"]
        if number[0] == "S":
            case = None
        elif not case or _plain(case) == "almdel":
            case = fields.case  # a bare number counts where this answer's own does
        if _counted(number, case) not in seen:
            seen.add(_counted(number, case))
            yield number, case


def _counted(number: str, case: str | None) -> tuple[str, str]:
    """Give the key under which an answer is looked up: its number, and what that counts in unless it is an S number."""
    plain = _plain(number)
    return plain, "" if plain.startswith("s") else _plain(case or "")


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).lower()


def _same_question(versions: Sequence[Facts]) -> list[list[Facts]]:
    """Part answers under one number by what was asked: numbers begin anew in every session."""
    groups: list[list[Facts]] = []
    for one in versions:
        group = next((group for group in groups if all(_agree(one, other) for other in group)), None)
        if group is None:
            groups.append([one])
        else:
            group.append(one)
    return groups


def _agree(one: Facts, other: Facts) -> bool:
    known = (
        (getattr(one.fields, name), getattr(other.fields, name)) for name in ("session", "asker", "committee", "kind")
    )
    if any(a and b and a != b for a, b in known):
        return False
    if not one.question or not other.question:
        return bool(one.fields.asker and one.fields.asker == other.fields.asker)
    return len(one.question & other.question) >= _ALIKE * len(one.question | other.question)


def _superseded(group: Sequence[Facts]) -> Iterator[Related]:
    """Let all but the newest answer of a group point to the newest; where none is newest, none is superseded.

    A supplementary answer leaves the one that it adds to in force, and is pointed to by it.
    """
    added = [one for one in group if one.fields.status == "supplerende"]
    group = [one for one in group if one.fields.status != "supplerende"]
    if not group:
        return
    dated = all(one.fields.date for one in group)

    def age(one: Facts) -> tuple[object, ...]:
        rank = _RANK[one.fields.status] + one.reprint
        final = one.fields.status != "foreløbigt"
        return (final, one.fields.date, rank) if dated else (rank, one.fields.date or "")

    newest = max(group, key=age)
    for one in group:
        if age(one) < age(newest):
            yield Related(one.id, "superseded_by", newest.id)
        elif newest.fields.status != "foreløbigt":
            yield from (Related(one.id, "supplemented_by", other.id) for other in added)


def _meant(one: Facts, there: Sequence[Facts]) -> Facts | None:
    """Choose the answer that is pointed to: the only one, or the only one of the same session, or the last before."""
    if len(there) <= 1:
        return there[0] if there else None
    session = one.fields.session
    same = [other for other in there if session and other.fields.session == session]
    if len(same) == 1:
        return same[0]
    earlier = [o for o in there if o.fields.date and one.fields.date and o.fields.date <= one.fields.date]
    return max(earlier, key=lambda other: other.fields.date or "") if earlier else None
