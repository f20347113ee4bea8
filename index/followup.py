"""Follow-up questions: "Og hvad med kvinderne?" is understood from what was asked before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from index.translation import FOREIGN
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
            r"(?:og|men|samt|and|but|och|und)\b[ ,]+"
            r"(?!er|har|kan|skal|vil|må|var|blev|bliver|får|findes|hv|\w+ hv)"
            r"(?!\w+r (?:der|de|man|jeg|vi|du|det|den)\b)(?!.*\bat\b)",
            re.IGNORECASE,
        ),
        4,
    ),
    (re.compile(r"(?:gælder|gjaldt) det(?: samme)? (?:også|kun|for|i|på|stadig)\b", re.IGNORECASE), 2),
)
_AND = re.compile(r"(?:og|men|samt|and|but)\b[ ,]", re.IGNORECASE)  # with a whole question after it
_FEW = 2  # subject words of its own that such a question may have
_DEFINING = re.compile(r"(?:og |men |samt )?(?:hvad|hvem) er (?:\S+ ){0,2}\S+$", re.IGNORECASE)
# Words before what has not been named yet.
_NEW = frozenset("en et ny nyt nye mange meget flere nogle hvilke hvilken hvilket alt jeg min mit mine".split())
_FRAGMENT = re.compile(r"(?:i|på|for|hos|fra|siden|efter|før|under|blandt) \S+(?: \S+){0,2}", re.IGNORECASE)

# Words that ask about a subject without naming one.
_WEAK = frozenset(
    """
    svar svarede svarer svaret spurgte spurgt spørger spørgsmål spørgsmålet sagde sagt siger lovede lovet sker skete
    sket gælder gjaldt betyder betød skyldes passer rigtigt sandt koster kostede kostet minister ministeren ministre
    ministrene ordføreren spørgeren flere færre mindre dyrt længe ofte tit antal antallet ændret ændrede steget stiger
    faldet falder gik går gået præcis egentlig helt stadig igen senere siden først sidst sidste næste samme tilfælde
    forskellen grunden årsagen hvornår hvilke hvilket hvilken år året dato datoen fandt ske lige nu mon bestemt
    bestemte besluttede vedtaget vedtog gjorde gjort uddyb uddybe forklar forklare mener mente synes fortæl fortælle
    mere ellers henne dag pengene beløbet tallet tallene loven lovforslaget forslaget aftalen reglerne ordningen planen
    puljen støtten fristen resultatet resultaterne ansvaret skylden formålet konsekvenserne effekten løsningen
    problemet udgiften udgifterne prisen oppositionen regeringen partierne tilskud støtte træder kraft ny
    nye nyt kommet afsat brugt betaler betale søger søge færdig færdigt færdige dyrere billigere større højere lavere
    bedre værre
    """.split()
)
_PERSONS = frozenset("han hun ham hende hans hendes vedkommende".split())
_THEM = frozenset("dem deres dens dets disse dette".split())
_OF_THEM = re.compile(r"\b(?:af|blandt|for|til|hos) dem\b(?!,? (?:der|som|på|fra|med|i|uden)\b)", re.IGNORECASE)
_OF_THEM_WORDS = 3
_EITHER = frozenset("det den de".split())  # pronouns, or articles where an adjective or a noun follows
_BARE = frozenset("ny små få grå blå".split())  # adjectives that stand after an article without -e
# "Hvordan går det med klimaet?", "den nye lov": not for something named before, though no subject follows.
_NO_PRONOUN = frozenset("med ny nye næste sidste samme større mindre højere lavere bedre værre færdige".split())
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
        rf"\b(?:\d{{1,2}}\. )?(?:{_MONTHS})(?: \d{{4}})?\b|\b(?:19|20)\d{{2}}\b|\b(?:i (?:dag|år|øjeblikket)|nu)\b",
        _PLACE,
        rf"\b(?:{_GROUPS})\b",
        rf"\b(?:{_PARTIES})\b|(?-i:\b[SVMÆØÅ]\b(?! ?\d))",
        r"\b\w+minister(?:en|s|ens)?\b",
        r"(?-i:\b(?:S|US|L|B|F) ?\d{1,4}\b)|\b(?:spm\.?|spørgsmål|nr\.?) (?:nr\. ?)?\d+\b",
    )
)
_NAME = r"(?-i:[A-ZÆØÅ][\wé-]+(?: [A-ZÆØÅ][\wé-]+)*)"
_ONLY_NAME = re.compile(rf"(?:(?:og|men|så|(?:hvad|hvordan) (?:så )?med) )+{_NAME}\W*", re.IGNORECASE)
_NAMED = re.compile(rf"(?<=[\w,] )(?<!\bi )(?<!\bpå )(?<!\bfra )(?<!\bved )(?<!\btil ){_NAME}")
_COUNTED = re.compile(r"hvor (?:mange|meget)\b", re.IGNORECASE)
_VERBS = frozenset("har havde får fik er var blev bliver kan skal".split())  # that stand where the counted ought to
# What is left of a question without a verb: "Hvor mange (kvinder) i (Aarhus)?"
_FRAME = frozenset("hvor mange meget hvad hvem i på for hos fra til ved blandt af så med alle in".split())
_WORD = re.compile(r"\w+(?:[-.,'’]\w+)*")
_TITLE = re.compile(
    rf"(?<=\s){_NAME}(?: (?:af|for|i|og|om|på|til|ved) {_NAME})+|{_WORD.pattern}"
)  # "Duften af Mad" is one


class _Words(NamedTuple):
    """A question's words: all of them, and those that name a subject."""

    every: list[str]
    strong: list[str]


def resolve(question: str, previous: Sequence[str]) -> str:
    """Give the question to search for: with the subject of the questions before it, where it has none of its own.

    A question that stands alone is given back as it is. "Hvor mange mænd er ledige?", then "Og hvad med kvinderne?"
    gives "Og hvad med kvinderne? (ledige)".
    """
    previous = [one for one in previous[-_REMEMBERED:] if not _is_courtesy(one, _words(one))]
    if not previous:
        return question
    before = resolve(previous[-1], previous[:-1])
    words = _words(question)
    if _is_courtesy(question, words):
        return question
    if {*words.every} & _PERSONS and 0 < len(words.strong) <= 3:
        carried = _persons(before)
    elif (shared := _parallel(words, before)) is not None:
        carried = shared
    elif _is_elliptic(question, words, before):
        carried = _subject(before, question)
    else:
        return question
    own = set(words.every)
    kept = [word for word in dict.fromkeys(carried) if word.lower() not in own | FOREIGN][:_CARRIED]
    return f"{question} ({' '.join(kept)})" if kept else question


def _is_courtesy(text: str, words: _Words) -> bool:
    """Tell whether a text is no question at all: "Tak for hjælpen!"."""
    if not words.every:
        return True
    if not {*words.every} & _COURTESY or text.rstrip().endswith("?"):
        return False
    return {*words.every} <= _COURTESY | STOP_WORDS or (words.every[0] in _COURTESY and len(words.strong) == 1)


def _is_elliptic(question: str, words: _Words, before: str) -> bool:
    """Tell whether a question lacks a subject of its own."""
    strong = len(words.strong)
    if strong == 0:
        return True
    said = question.strip()
    if any(opener.match(said) and strong <= most for opener, most in _OPENERS):
        return True
    if _AND.match(said) and strong <= _FEW and not _names_anew(said, words, before):
        return True
    if strong <= _FEW and _FRAGMENT.fullmatch(said.rstrip(" ?!.")):
        return True
    if strong <= _OF_THEM_WORDS and _OF_THEM.search(said):
        return True
    return (strong == 1 and _refers(words)) or (said.endswith("?") and _is_bare(said))


def _names_anew(said: str, words: _Words, before: str) -> bool:
    """Tell whether a question that goes on with "og" has found another subject: "Og hvad koster en togbillet?"."""
    if "at" in words.every:
        return True
    plain = set(_words(_without_kinds(said)).strong) - set(_words(before).every)
    if not plain:
        return False
    if _DEFINING.match(said.rstrip(" ?!.")) or any(_words(name).strong for name in _NAMED.findall(said)):
        return True
    return any(word in _NEW and follower in plain for word, follower in pairwise(words.every))


def _without_kinds(text: str) -> str:
    for kind in _KINDS:
        text = kind.sub(" ", text)
    return text


def _is_bare(said: str) -> bool:
    """Tell whether a question only names places, times and groups: "Hvor mange kvinder i Aarhus?"."""
    left = _words(_without_kinds(said)).every
    return {*left} <= _FRAME | FOREIGN


def _parallel(words: _Words, before: str) -> list[str] | None:
    """Give what "Hvor mange har Bring?" leaves out of the like question before it, "Hvor mange pakkeshops har GLS?"."""
    there = _WORD.findall(before)
    if len(words.strong) != 1 or not _COUNTED.match(" ".join(words.every)) or not _COUNTED.match(before):
        return None
    if len(there) < 3 or words.every[2] not in _VERBS or there[2].lower() in STOP_WORDS:
        return None
    place = 0
    for word in words.every:
        if word in words.strong:
            continue
        rest = [one.lower() for one in there[place:]]
        if word not in rest:
            return None
        place += rest.index(word) + 1
    del there[place : place + 1]  # what the new question puts in its place
    return [word for word in there if word.lower() not in STOP_WORDS]


def _refers(words: _Words) -> bool:
    """Tell whether a pronoun stands for something named before."""
    if {*words.every} & _THEM:
        return not any(word in _THEM and follower in ("der", "som") for word, follower in pairwise(words.every))
    if "at" in words.every:  # "Er det dyrt at køre bus?"
        return False
    after = pairwise([*words.every, ""])
    return any(word in _EITHER and _is_pronoun(follower, words) for word, follower in after)


def _is_pronoun(follower: str, words: _Words) -> bool:
    """Tell by the word after den, det or de that it is no article: "de pengene", "det forsinket", but "de unge"."""
    if follower not in words.strong:
        return follower not in _NO_PRONOUN
    if follower[0].isdigit() or follower in _BARE:
        return False
    return follower.endswith("ne") or not follower.endswith("e")


def _words(text: str) -> _Words:
    every = [word.lower() for word in _WORD.findall(_OPENING.sub("", text, count=1))]
    strong = [word for word in every if word not in STOP_WORDS and word not in _WEAK and word not in _COURTESY]
    return _Words(every, strong)


def _subject(before: str, question: str) -> list[str]:
    """Give the content words of the question before, less those of a kind that the new one names anew."""
    for kind in _KINDS:
        if kind.search(question):
            before = kind.sub(" ", before)
    if _ONLY_NAME.fullmatch(question.strip()):
        before = _NAMED.sub(" ", before)
    return [word for word in _TITLE.findall(before) if word.lower() not in STOP_WORDS]


def _persons(before: str) -> list[str]:
    """Give the names and ministers of the question before."""
    names = re.findall(r"(?<!^)(?<![.?!(] )\b[A-ZÆØÅ][\wé-]+(?: [A-ZÆØÅ][\wé-]+)+|\b\w*minister(?:en)?\b", before)
    return [word for name in names for word in name.split()]
