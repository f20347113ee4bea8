"""The lines that name who speaks in a chamber debate.

    Navn Navnesen (XX):                             a member and the party
    (Ordfører)
    Navn Navnesen (XX):                             the same in some capacity, always on the line above
    Udenrigsministeren (Navn Navnesen):             a minister; "(Navn Navnesen, fg.)" if acting
    Første næstformand (Navn Navnesen):             the chair

Names with a colon do not always begin a speech. The chair reads out lists of bills, each under the names of
those who move it, and the stenographers note interjections as "(Navn Navnesen (XX): Nej!)". A speech follows a
time mark, a line such as "Forhandling" or the head of a question; only the chair may begin anywhere. Text made
from PDF may lack the line break on either side of the name: "Kl. 13:02Navn Navnesen (XX):Tak."
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from corpus.agenda import lower_first, normalise

PARTS = "Forhandling|Afstemning|Begrundelse|Besvarelse|Samtykke til behandling|Meddelelser fra formanden"
"""The lines that part the debate on an item, as alternatives of a pattern."""

CHAIR = re.compile(
    r"(?P<title>Den\s+(?:fg\.|fungerende|midlertidige)\s+(?:næst)?formand"
    r"|(?:Første|Anden|Tredje|Fjerde|Femte)\s+næstformand"
    r"|(?:Aldersf|Midlertidig\s+f|F)ormand(?:en)?)"
    r"[^\S\n]*\((?P<name>[^()\n]{3,80})\):"
)
_BRACKET = re.compile(r"\((?P<bracket>[^()\n]{1,80})\):")
_CAPACITY = r"\((?P<capacity>[A-ZÆØÅ][^()\n\d]{2,80})\)\s*"
_BEFORE_HEAD = re.compile(rf"(?:Kl\.\s?\d{{1,2}}:\d{{2}})?\s*(?:{PARTS})?\s*(?:{_CAPACITY})?")
_CAPACITY_ABOVE = re.compile(rf"(?:^|\n|\d:\d\d|{PARTS})[^\S\n]*{_CAPACITY}\Z")
_ANCHOR = re.compile(rf"(?:Kl\.\s?\d{{1,2}}:\d{{2}}|{PARTS}|Spm\.\s+nr\.\s+[A-ZÆØÅ]+\s+\d+)\s*\Z")
_BILL = re.compile(r"\s*(?:Lovforslag|Beslutningsforslag|Forespørgsel|Redegørelse|Forslag)\s|[^\S\n]*\n[^\S\n]*\n")
_TITLE = re.compile(r"(?=[A-ZÆØÅ])[\w, -]*[Mm]inister[\w, -]*")
_SENTENCE_END = re.compile(r"[.?!»”)\]]\s*\Z")
_PARTY = re.compile(r"[A-ZÆØÅ]{1,5}")
_PARTICLES = frozenset({"af", "al", "de", "den", "der", "di", "du", "el", "la", "le", "van", "von", "y"})
_LINE = 200  # characters a speaker's line can have; more are a line that has lost its breaks


class Speaker(NamedTuple):
    """Who speaks, as the line above the speech says it."""

    name: str
    party: str | None
    role: str | None

    @property
    def minister(self) -> bool:
        """Whether this one speaks as a minister."""
        return self.role is not None and "minister" in self.role

    @property
    def member(self) -> bool:
        """Whether this one speaks as a member."""
        return self.party is not None


def speakers(text: str) -> Iterator[tuple[int, int, Speaker]]:
    """Find the lines that name the speaker of what follows: start, end, who."""
    for found in CHAIR.finditer(text):
        if text[max(0, found.start() - 1) : found.start()] not in ("(", "-"):
            role = normalise(found["title"]).lower().removeprefix("den ")
            role = re.sub(r"formanden$", "formand", role)
            yield found.start(), found.end(), Speaker(normalise(found["name"]), None, role)
    for found in _BRACKET.finditer(text):
        named = _named(text, found.start(), normalise(found["bracket"]))
        if named and _begins_speech(text, named[0], found.end()):
            yield named[0], found.end(), named[1]


def speaker_of(line: str) -> Speaker | None:
    """Read a line that is known to name a speaker; None where that can be told no further."""
    return next((who for _, _, who in speakers(f"Kl. 0:00\n{line.rstrip(': ')}:")), None)


def _named(text: str, end: int, bracket: str) -> tuple[int, Speaker] | None:
    """Read who speaks from the line that leads up to a bracket, and tell where that begins."""
    line = _line_start(text, end)
    before = _BEFORE_HEAD.match(text, line, end)
    assert before is not None  # every part of the pattern is optional
    above = max(0, line - 120)
    capacity = _CAPACITY_ABOVE.search(text[above:line]) if before.end() == line else None
    start = above + capacity.start("capacity") - 1 if capacity else before.end()
    if before["capacity"]:
        start, capacity = before.start("capacity") - 1, before
    role = lower_first(normalise(capacity["capacity"])) if capacity else None
    speaker = _speaker(role, normalise(text[before.end() : end]), bracket)
    if speaker or capacity:
        return (start, speaker) if speaker else None
    return _named_on_two_lines(text, line, end, bracket)


def _line_start(text: str, end: int) -> int:
    """Give the start of the line that holds `end`, or of the time mark that a lost line break put before it."""
    line = max(text.rfind("\n", max(0, end - _LINE), end) + 1, end - _LINE, 0)
    return max(line, text.rfind("Kl.", line, end))


def _named_on_two_lines(text: str, line: int, end: int, bracket: str) -> tuple[int, Speaker] | None:
    """Read a minister's title that is too long for one line."""
    first = _line_start(text, line - 1) if line else 0
    before = _BEFORE_HEAD.match(text, first, line)
    assert before is not None
    head = normalise(text[before.end() : end])
    speaker = _speaker(None, head, bracket) if _TITLE.fullmatch(head) else None
    return (before.end(), speaker) if speaker else None


def _speaker(role: str | None, head: str, bracket: str) -> Speaker | None:
    """Tell "Navn (XX)", "Ministertitel (Navn, fg.)" and "Navn (fg.)" apart; None for any other words."""
    acting = bracket.endswith("fg.")
    name = bracket.removesuffix("fg.").rstrip(", ")
    if _PARTY.fullmatch(bracket) and _is_name(head):
        return Speaker(head, bracket, role)
    if _TITLE.fullmatch(head) and _is_name(name):
        return Speaker(name, None, f"fg. {lower_first(head)}" if acting else lower_first(head))
    if acting and not name and _is_name(head):
        return Speaker(head, None, f"fg. {role}" if role else None)
    return None


def _begins_speech(text: str, start: int, end: int) -> bool:
    """Tell a speaker's line from a line over the bills that someone moves, and from an interjection's second."""
    if text[start] == "(" or _ANCHOR.search(text, max(0, start - 200), start):
        return True
    return bool(_SENTENCE_END.search(text, max(0, start - 200), start)) and not _BILL.match(text, end)


def _is_name(words: str) -> bool:
    """Tell whether the words can be a person's name."""
    parts = words.split()
    return 1 < len(parts) <= 8 and all(
        part in _PARTICLES or (part[0].isupper() and not any(c.isdigit() or c in ",;!?»«" for c in part))
        for part in parts
    )
