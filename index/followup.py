"""Follow-up questions: "Og hvad med kvinderne?" is understood from what was asked before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from index.words import STOP_WORDS

_REMEMBERED = 5  # questions back
_CARRIED = 20  # words

# How a follow-up starts, and up to how many subject words of its own it is still one.
_OPENERS = (
    (re.compile(r"(?:og |men |så |okay |ok |nå )*(?:hvad|hvordan) (?:så )?med (?!at )", re.IGNORECASE), 4),
    (re.compile(r"(?:og |men )*(?:hvad|hvordan|hvem|hvor|hvorfor) så\b", re.IGNORECASE), 3),
    (re.compile(r"(?:and |but )*(?:what|how) about ", re.IGNORECASE), 4),
    (
        re.compile(
            r"(?:og|men|samt|and|but)\b[ ,]+(?!er|har|kan|skal|vil|må|var|blev|bliver|får|findes|hv)(?!.*\bat\b)",
            re.IGNORECASE,
        ),
        4,
    ),
    (re.compile(r"(?:og|men|samt|and|but)\b[ ,]", re.IGNORECASE), 2),
    (re.compile(r"(?:gælder|gjaldt) det(?: samme)? (?:også|kun|for|i|på|stadig)\b", re.IGNORECASE), 2),
)
_FRAGMENT = re.compile(r"(?:i|på|for|hos|fra|siden|efter|før|under|blandt) \S+(?: \S+){0,2}", re.IGNORECASE)

# Words that ask about a subject without naming one.
_WEAK = frozenset(
    """
    svar svarede svarer svaret spurgte spurgt spørger spørgsmål spørgsmålet sagde sagt siger lovede lovet sker skete
    sket gælder gjaldt betyder betød skyldes passer rigtigt sandt koster kostede kostet minister ministeren ministre
    ministrene ordføreren spørgeren flere færre mindre dyrt længe ofte tit antal antallet ændret ændrede steget stiger
    faldet falder gik går gået præcis egentlig helt stadig igen senere siden først sidst sidste næste samme tilfælde
    forskellen grunden årsagen hvornår hvilke hvilket hvilken år året dato datoen fandt ske lige nu mon bestemt
    bestemte besluttede vedtaget vedtog gjorde gjort uddyb uddybe forklar forklare mener mente synes
    """.split()
)
_PERSONS = frozenset("han hun ham hende hans hendes vedkommende".split())
_THEM = frozenset("dem deres dens dets disse dette".split())
_EITHER = frozenset("det den de".split())  # pronouns, or articles where a noun follows
_COURTESY = frozenset("tak hej goddag farvel godmorgen undskyld super fint perfekt ok okay".split())
_OPENING = re.compile(r"\W*(?:(?:og|men|samt|and|but|nå|okay|ok)\b[ ,]*)*", re.IGNORECASE)

_MONTHS = "januar|februar|marts|april|maj|juni|juli|august|september|oktober|november|december"
_GROUPS = (
    "mænd|mændene|kvinder|kvinderne|drenge|drengene|piger|pigerne|børn|børnene|unge|ældre|voksne|forældre|forældrene|"
    "mødre|fædre|elever|eleverne|lærere|lærerne|pædagoger|studerende|lærlinge|lærlingene|pensionister|pensionisterne|"
    "lønmodtagere|selvstændige|indvandrere|efterkommere|flygtninge|udlændinge|danskere|danskerne|"
    "patienter|patienterne|læger|lægerne|sygeplejersker|soldater|betjente"
)
_PARTIES = (
    "socialdemokratiet|socialdemokraterne|venstre|moderaterne|danmarksdemokraterne|enhedslisten|alternativet|sf|dd|la|df|"
    "el|rv|kf|nb|konservative|radikale|liberal alliance|dansk folkeparti|socialistisk folkeparti|nye borgerlige"
)
_PLACE = (
    r"(?:(?<=\bi )|(?<=\bpå )|(?<=\bfra )|(?<=\bved )|(?<=\btil ))(?-i:[A-ZÆØÅ][\wé-]+(?: [A-ZÆØÅ][\wé-]+)*)"
    r"|\b(?:københavn|aarhus|århus|odense|aalborg|ålborg|esbjerg|randers|jylland|fyn|sjælland|bornholm|grønland|"
    r"færøerne|danmark|sverige|norge|tyskland|europa)\b"
)
# What is of one kind is replaced, not added to.
_KINDS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:\d{{1,2}}\. )?(?:{_MONTHS})(?: \d{{4}})?\b|\b(?:19|20)\d{{2}}\b",
        _PLACE,
        rf"\b(?:{_GROUPS})\b",
        rf"\b(?:{_PARTIES})\b|(?-i:\b[SVMÆØÅ]\b(?! ?\d))",
        r"\b\w+minister(?:en|s|ens)?\b",
        r"(?-i:\b(?:S|US|L|B|F) ?\d{1,4}\b)|\b(?:spm\.?|spørgsmål|nr\.?) (?:nr\. ?)?\d+\b",
    )
)
_WORD = re.compile(r"\w+(?:[-.,]\w+)*")


class _Words(NamedTuple):
    """A question's words: all of them, and those that name a subject."""

    every: list[str]
    strong: list[str]


def resolve(question: str, previous: Sequence[str]) -> str:
    """Give the question to search for: with the subject of the questions before it, where it has none of its own.

    A question that stands alone is given back as it is. "Hvor mange mænd er ledige?", then "Og hvad med kvinderne?"
    gives "Og hvad med kvinderne? (ledige)".
    """
    if not previous:
        return question
    before = resolve(previous[-1], previous[-1 - _REMEMBERED : -1])
    words = _words(question)
    if not words.every or ({*words.every} & _COURTESY and not words.strong):
        return question
    if {*words.every} & _PERSONS and 0 < len(words.strong) <= 3:
        carried = _persons(before)
    elif _is_elliptic(question, words):
        carried = _subject(before, question)
    else:
        return question
    own = set(words.every)
    kept = [word for word in dict.fromkeys(carried) if word.lower() not in own][:_CARRIED]
    return f"{question} ({' '.join(kept)})" if kept else question


def _is_elliptic(question: str, words: _Words) -> bool:
    """Tell whether a question lacks a subject of its own."""
    strong = len(words.strong)
    if strong == 0:
        return True
    said = question.strip()
    if any(opener.match(said) and strong <= most for opener, most in _OPENERS):
        return True
    if strong <= 2 and _FRAGMENT.fullmatch(said.rstrip(" ?!.")):
        return True
    return strong == 1 and _refers(words)


def _refers(words: _Words) -> bool:
    """Tell whether a pronoun stands for something named before."""
    if {*words.every} & _THEM:
        return True
    if "at" in words.every:  # "Er det dyrt at køre bus?"
        return False
    after = pairwise([*words.every, ""])
    return any(word in _EITHER and follower not in words.strong for word, follower in after)


def _words(text: str) -> _Words:
    every = [word.lower() for word in _WORD.findall(_OPENING.sub("", text, count=1))]
    strong = [word for word in every if word not in STOP_WORDS and word not in _WEAK and word not in _COURTESY]
    return _Words(every, strong)


def _subject(before: str, question: str) -> list[str]:
    """Give the content words of the question before, less those of a kind that the new one names anew."""
    for kind in _KINDS:
        if kind.search(question):
            before = kind.sub(" ", before)
    return [word for word in _WORD.findall(before) if word.lower() not in STOP_WORDS]


def _persons(before: str) -> list[str]:
    """Give the names and ministers of the question before."""
    names = re.findall(r"(?<!^)(?<![.?!(] )\b[A-ZÆØÅ][\wé-]+(?: [A-ZÆØÅ][\wé-]+)+|\b\w+minister(?:en)?\b", before)
    return [word for name in names for word in name.split()]
