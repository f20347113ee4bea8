"""Who asked, who answers, and in which ministry, as an answer letter says it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from corpus.boilerplate import Line, Span, ends_sentence, is_contact, is_page_line, is_street
from corpus.danish import (
    DATE_LINE,
    MINISTER,
    MINISTERS,
    NAME,
    PARTY,
    is_minister,
    is_name,
    minister_title,
    ministry_name,
    without_full_stop,
)

_GREETING = re.compile(
    r"(?:(?:med|de)\s)?(?:(?:venlig|bedste|mange|kærlig)e?\s)?(?:hilsen|hilsner)\b[,.!]?(?:\s(?P<rest>.{0,60}))?",
    re.IGNORECASE,
)
_ON_BEHALF = re.compile(r"p\.?\s?m\.?\s?v\.?", re.IGNORECASE)
_FOR_MINISTER = re.compile(
    r"(?:e\.?\s?b|i\.?\s?v|p\.?\s?v)\.?|efter bemyndigelse|for \S{0,40}minist\S{0,10}", re.IGNORECASE
)
_SIGNED = re.compile(r"\s*[(\[]?\b(?:sign|sgd|underskrevet)\b\.?[)\]]?\s*$", re.IGNORECASE)
_OFFICIAL = re.compile(
    r"kontorchef|departementschef|fuldmægtig|afdelingschef|chefkonsulent|specialkonsulent|direktør|styrelse|sekretær|konst\b",
    re.IGNORECASE,
)


_ASKER = rf"({NAME})(?:\s?{PARTY})?"
_ASKED_BY = re.compile(
    r"(?:(?P<sure>(?:efter\sønske\sfra|[Ss]pørger:?|[Ss]tiller:?|[Ss]tillet\s(?:den\s[^()]{4,24}\s)?af|som(?=\s(?:folketings)?medlem)"
    rf"|(?:[Mm]edlem\saf\sFolketinget,?|[Ff]olketingsmedlem(?:met)?)(?=\s{NAME}(?:\s\([^()]{{1,4}}\))?,?\shar\s)))"
    rf"|\b[Ff]ra|\b[Aa]f:?)\s(?:ikke-?medlem\saf\sudvalget\s(?:\(MFU\)\s)?|folketingsmedlem(?:met|merne)?\s|medlem(?:merne)?\saf\sFolketinget,?\s|MF\s)?"
    rf"(?P<who>{NAME}(?:\s?\([^()]{{1,4}}\))?(?:(?:,|\sog|,\sog)\s{NAME}\s?\([^()]{{1,4}}\)){{0,6}})"
)


def asker_of(opening: str) -> tuple[str | None, str | None]:
    """Who asked, and the party's letters as given."""
    for match in _ASKED_BY.finditer(opening):
        people = re.findall(_ASKER, match["who"])
        if not people or (not match["sure"] and not people[0][1]):
            continue
        if any(re.search(r"[Uu]dvalg|[Ff]olketing", name) for name, _ in people):
            continue
        names = [without_full_stop(name) for name, _ in people]
        parties = list(dict.fromkeys(party for _, party in people if party))
        asker = names[0] if len(names) == 1 else ", ".join(names[:-1]) + " og " + names[-1]
        return asker, ", ".join(parties) or None
    return None, None


def signer(lines: Sequence[Line]) -> tuple[str | None, str | None]:
    """The minister who signs: the first name after a greeting or before a "/", and the title under it."""
    for i, line in enumerate(lines):
        greeting = _GREETING.fullmatch(line.text) if len(line.text) < 100 else None
        if greeting:
            signed = _signed(lines, i + 1, (greeting["rest"] or "").strip())
        elif _slashed(lines, i):
            signed = _signed(lines, i, "")
        elif i + 4 >= len(lines) and len(line.text) < 100 and DATE_LINE.fullmatch(line.text):
            signed = _signed(lines, i + 1, "")  # place, date and name close the letter
        elif _is_signed(lines, i):
            signed = _signed(lines, i, "")
        else:
            continue
        if signed:
            return signed
    return _closing_name(lines), None


def _without_sign(line: str) -> str:
    """The line without "(sign.)" at its end."""
    return _SIGNED.sub("", line) if len(line) <= 100 else line


def _is_signed(lines: Sequence[Line], i: int) -> bool:
    """Whether this line is a name marked as signed, or the mark above a name."""
    name = _without_sign(lines[i].text)
    if name == lines[i].text:
        return False
    return is_name(name) or (not name and i + 1 < len(lines) and is_name(lines[i + 1].text))


def _closing_name(lines: Sequence[Line]) -> str | None:
    """The name that alone closes the letter, if nobody signs for the minister."""
    last = len(lines) - 1
    while last >= 0 and _is_foot(lines, last):
        last -= 1
    if last < 0 or not is_name(lines[last].text):
        return None
    before = lines[last - 1].text if last else ""
    if len(before) <= 100 and (
        is_name(before)
        or (_OFFICIAL.search(before) and not ends_sentence(before))
        or _signs_for(before)
        or before.startswith("/")
        or before.endswith("/")
    ):
        return None
    return _person(lines[last].text)


def _signs_for(line: str) -> bool:
    return _ON_BEHALF.fullmatch(line) is not None or _FOR_MINISTER.fullmatch(line) is not None


def _slashed(lines: Sequence[Line], i: int) -> bool:
    name, slash, _ = lines[i].text.partition("/")
    if slash and is_name(name.strip()):
        return True
    return is_name(lines[i].text) and i + 1 < len(lines) and lines[i + 1].text.startswith("/")


def _signed(lines: Sequence[Line], at: int, rest: str) -> tuple[str, str | None] | None:
    block = [rest] if rest else []
    block += [line.text for line in lines[at : at + 3]]
    block = [name for name in map(_without_sign, block) if name]
    if at and (_OFFICIAL.search(lines[at - 1].text) or _signs_for(lines[at - 1].text)):
        return None
    title: str | None = None
    for i, text in enumerate(block[:3]):
        name, _, beside = text.replace(",", "/", 1).partition("/")
        under = beside.strip() or (block[i + 1] if i + 1 < len(block) else "")
        if is_minister(text):
            title = minister_title(text)
        elif is_name(name.strip()):
            if _OFFICIAL.search(under):
                return None
            return _person(name.strip()), minister_title(under) if is_minister(under) else title
        else:
            return None
    return None


def _person(name: str) -> str:
    """A name set in capitals as names are written elsewhere."""
    return name.title() if name.isupper() else name


_ANSWERS = re.compile(
    rf"(?i:({MINISTERS}))\s(?:endelige\s|foreløbige\s|supplerende\s|korrigerede\s)?(?:svar|besvarelse)"
)
_NO_STOP = r"(?:[^.]|(?<=\d)\.|(?<=\b[Nn]r)\.|(?<=\b[Aa]lm)\.|(?<=\b[A-ZÆØÅ])\.)"
_ASKED_OF = re.compile(rf"(?:stillet|spørgsmål)\b{_NO_STOP}{{0,200}}?\stil\s(?i:({MINISTER}))")


def title_of_minister(head: Sequence[Line], opening: str, footers: str) -> str | None:
    """The title of the minister who answers, as letterhead, opening sentence or footer give it."""
    answers = _ANSWERS.search(opening)
    if answers:
        return minister_title(answers[1][:-1])
    for i, line in enumerate(head):
        pair = f"{line.text}\n{head[i + 1].text}" if i + 1 < len(head) else line.text
        if line.text.endswith("-") and is_minister(pair):
            return minister_title(pair)
        whom = line.text.removeprefix("Til:").strip()
        if len(whom) < 90 and whom[:1].isupper() and is_minister(whom):
            return minister_title(whom)
    asked = _ASKED_OF.search(opening) or re.search(rf",\stil\s(?i:({MINISTER}))$", footers)
    return minister_title(asked[1]) if asked else None


_SENDS = re.compile(
    r"([\wæøåÆØÅ-]+(?:\sog\s[A-ZÆØÅ]\w+)?ministeriets)\s(?:endelige\s|foreløbige\s)?(?:svar|besvarelse)"
)


def ministry_of(lines: Sequence[Line], opening: str) -> str | None:
    """The ministry that sends the letter: on a line of its own outside the text, or in the opening sentence."""
    for i, line in enumerate(lines):
        if len(line.text) > 90:
            continue
        pair = f"{line.text}\n{lines[i + 1].text}" if i + 1 < len(lines) else ""
        wrapped = ministry_name(pair) if line.text.endswith(("-", " og", ",")) else None
        name = wrapped or ministry_name(line.text.partition(", den ")[0])
        if name and (i == 0 or not lines[i - 1].text.endswith((" og", "-"))):
            return name
    sends = _SENDS.search(opening)
    return ministry_name(sends[1][:-1]) if sends else None


def signatures(lines: Sequence[Line]) -> list[Span]:
    """Greeting, names and addresses at an answer's end, up to where prose or an annex goes on."""
    found: list[Span] = []
    at = 0
    while at < len(lines):
        if _is_signature(lines, at):
            last = at
            while last + 1 < len(lines) and _after_signature(lines[last + 1].text):
                last += 1
            found.append((lines[at].start, lines[last].end))
            at = last
        at += 1
    return found


def _is_signature(lines: Sequence[Line], i: int) -> bool:
    text = _without_sign(lines[i].text)
    if len(text) > 100:
        return False
    if not text:  # "[sign.]" above the name
        return i + 1 < len(lines) and is_name(lines[i + 1].text)
    following = lines[i + 1].text if i + 1 < len(lines) else ""
    if _GREETING.fullmatch(text) or _ON_BEHALF.fullmatch(text) or (_signs_for(text) and is_name(following)):
        return True
    if i and not ends_sentence(lines[i - 1].text) and not lines[i - 1].text.isdigit():
        return False  # names in a table or in a wrapped sentence
    if DATE_LINE.fullmatch(text):
        return not following or is_name(following) or _GREETING.fullmatch(following[:100]) is not None
    name, slash, beside = text.partition("/")
    if slash:
        return is_name(name.strip()) and (is_name(beside.strip()) or not beside.strip())
    if not is_name(text):
        return False
    if not following or following.startswith("/") or is_minister(following) or _OFFICIAL.match(following):
        return True
    return _is_foot(lines, i + 1)


def _is_foot(lines: Sequence[Line], i: int) -> bool:
    """Whether this line is of the address or page mark under a letter."""
    text = lines[i].text
    if is_contact(text) or is_page_line(text):
        return True
    return is_street(text) and i + 1 < len(lines) and is_contact(lines[i + 1].text)


def _after_signature(line: str) -> bool:
    if re.match(r"bilag\b", line, re.IGNORECASE):
        return False
    return is_contact(line) or (len(line) <= 60 and not line.endswith((".", "?", ":", ";")))
