"""Training pairs, each two texts that belong together, read out of a data folder.

The folder holds `transcripts/*.txt` and, where present, `pairs/`, `parallel/` and `lexicon/`. A text is a
tuple of pieces (sentences), so that one cut in many ways is still tokenised once.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby, pairwise
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from corpus.errors import InputError
from index.switching import Dictionary, switch

Text = tuple[str, ...]
Pair = tuple[Text, Text]

_CLOCK = re.compile(r"^ *Kl\. \d\d:\d\d *", re.M)
_HEADING = re.compile(r"^([^\s(][^(\n]{0,80}) \([^()\n]{1,60}\):$")
_ROLE = re.compile(r"^\([A-ZÆØÅ][\w ]{2,30}\)$")
_ITEM = re.compile(r"^Det (?:\w+ )?(?:\w+ )?punkt på dagsordenen er:$|^Spm\. nr\. ")
_ADDRESS = re.compile(r"^\d+\) Til .* af: *")
_CHAIR = re.compile(r"formand(en)?\b", re.I)
_PARAGRAPH = re.compile(r"\n* {3,}(?=\S)")  # An indent opens a paragraph, also where a page break ate the newline.
_SENTENCE = re.compile(r"(?<!\bhr\.)(?<!\bnr\.)(?<!\bstk\.)(?<=[.!?])\s+(?=[A-ZÆØÅ»])")
_DATE = re.compile(r"_(\d{4}-\d\d-\d\d)_")


_PER_ITEM = 60  # pairs of paragraphs at most
SWITCHED = "switched."  # begins the names of sources that are made, not found
_ARTICLES = "dawiki_title_abstract"
_LANGUAGES = {"eng": ("eng", "en"), "deu": ("deu", "de"), "swe": ("swe", "sv"), "nob": ("nob", "nor")}
_SHARE = 0.7  # of a sentence's words that can be translated


class Speech(NamedTuple):
    """What one person said in one go: `item` counts the agenda items of the sitting from 0."""

    item: int
    title: str  # of the agenda item, or the question put to a minister; empty where none is printed
    speaker: str
    paragraphs: tuple[Text, ...]

    @property
    def text(self) -> Text:
        """All sentences in order."""
        return tuple(sentence for paragraph in self.paragraphs for sentence in paragraph)


class Material(NamedTuple):
    """All there is to learn from: pairs by source, and the passages that the shipped axes are fitted to."""

    sources: dict[str, list[Pair]]
    passages: list[Text]


def sentences(text: str) -> Text:
    """Split one paragraph at full stops, question and exclamation marks before a capital letter."""
    return tuple(_SENTENCE.split(" ".join(text.split()))) if text.strip() else ()


def speeches(transcript: str) -> Iterator[Speech]:
    """Read the speeches of one sitting, the chair's included, in the order they were given."""
    item, title, speaker, body = 0, "", "", list[str]()
    in_title = False

    def close() -> Iterator[Speech]:
        paragraphs = tuple(filter(None, map(sentences, _PARAGRAPH.split("\n".join(body)))))
        if speaker and paragraphs:
            yield Speech(item, title, speaker, paragraphs)
        body.clear()

    for line in _CLOCK.sub("", transcript).split("\n"):
        if _ITEM.match(line):
            yield from close()
            item, title, speaker, in_title = item + 1, "", "", True
        elif in_title and not title and (_HEADING.match(line) or _ADDRESS.match(line)):
            continue  # Who is asked, and by whom, stands above the question itself.
        elif heading := _HEADING.match(line):
            yield from close()
            speaker, in_title = heading[1], False
        elif in_title and line.strip():
            title = f"{title} {line.strip()}".strip()
        elif in_title and title:
            in_title = False
        elif line.strip() and not _ROLE.match(line):
            body.append(line)
    yield from close()


def read(
    data: Path,
    *,
    before: date | None = None,
    without: Sequence[str] = (),
    cuts: int = 4,
    switched: int = 0,
    seed: int = 7,
) -> Material:
    """Read every pair of a data folder.

    `before` leaves out sittings held on that date or later; `without` the files whose names begin so. `cuts` is how
    many sentences of a paragraph are each set against the rest of it, `switched` how many of all those sentences, and
    as many of the articles', are put into each other language.
    Raises InputError where the folder holds no transcript to learn from, or a line that cannot be read.
    """
    rng = random.Random(seed)  # noqa: S311 (chooses training pairs, guards nothing)
    sources: dict[str, list[Pair]] = {
        name: [] for name in ("sentence", "halves", "neighbours", "item", "question", "agenda")
    }
    passages: list[Text] = []
    for path in _transcripts(data, before):
        said = [s for s in speeches(_text(path)) if not _CHAIR.search(s.speaker)]
        for speech in said:
            for paragraph in speech.paragraphs:
                passages.append(paragraph)
                sources["sentence"] += cut(paragraph, cuts, rng)
                if len(paragraph) > 1:
                    sources["halves"].append(halves(paragraph))
            if speech.title and says_enough(speech.text):
                sources["agenda"].append(((speech.title,), speech.text))
        for _, item in groupby(said, key=attrgetter("item")):
            sources["item"] += _across(list(item), rng)
        for first, second in pairwise(said):
            if first.item != second.item or first.speaker == second.speaker:
                continue
            if says_enough(first.text) and says_enough(second.text):
                sources["neighbours"].append((first.text, second.text))
            asked = tuple(s for s in first.text if s.endswith("?"))
            if asked and says_enough(second.text):
                sources["question"].append((asked[-2:], second.text))
    if not sources["sentence"]:
        raise InputError(
            f"{data / 'transcripts'}: no speech found; a speaker stands alone on a line, as in 'Anna Ager (X):'"
        )
    files = sorted(
        path
        for pattern in ("pairs/*.jsonl", "pairs/*.tsv", "parallel/*.tsv", "lexicon/*.tsv")
        for path in data.glob(pattern)
        if not path.name.startswith(tuple(without))
    )
    for path in files:
        sources[path.stem] = list(_jsonl(path) if path.suffix == ".jsonl" else _tsv(path))
    if switched:
        sources |= _switched(files, sources, switched, seed)
    return Material({name: pairs for name, pairs in sources.items() if pairs}, passages)


def _switched(
    files: list[Path], sources: Mapping[str, list[Pair]], many: int, seed: int
) -> Iterator[tuple[str, list[Pair]]]:
    """Danish sentences of debates and articles with words of each other language put into them."""
    rng = random.Random(seed)  # noqa: S311 (chooses training pairs, guards nothing)
    spoken = list(dict.fromkeys(sentence for (sentence, *_), _ in sources["sentence"]))
    written = list(dict.fromkeys(s for _, article in sources.get(_ARTICLES, []) for s in article if len(s) > 25))
    for language, codes in _LANGUAGES.items():
        tables = {path: path.stem.rpartition("dan-")[2] in codes for path in files if "dan-" in path.stem}
        parallel = [
            pair
            for path, wanted in tables.items()
            if wanted and path.parent.name == "parallel"
            for pair in sources[path.stem]
        ]
        lexicon = [
            pair
            for path, wanted in tables.items()
            if wanted and path.parent.name == "lexicon"
            for pair in sources[path.stem]
        ]
        dictionary = Dictionary(map(_joined, parallel), map(_joined, lexicon))
        chosen = rng.sample(spoken, min(many, len(spoken))) + rng.sample(written, min(many, len(written)))
        yield f"{SWITCHED}{language}", list(switch(chosen, dictionary, _SHARE, rng))


def _joined(pair: Pair) -> tuple[str, str]:
    return " ".join(pair[0]), " ".join(pair[1])


def says_enough(text: Text) -> bool:
    """A greeting says nothing of its subject."""
    return sum(map(len, text)) >= 80


def cut(paragraph: Text, cuts: int, rng: random.Random) -> Iterator[Pair]:
    """Some sentences of a paragraph, each against all the others."""
    if len(paragraph) < 2:
        return
    places = [i for i, sentence in enumerate(paragraph) if len(sentence) >= 25]
    for i in rng.sample(places, min(cuts, len(places))):
        yield (paragraph[i],), paragraph[:i] + paragraph[i + 1 :]


def _across(item: list[Speech], rng: random.Random) -> Iterator[Pair]:
    """Paragraphs of different speeches on one agenda item: they seldom say the same, but speak of the same."""
    spoken = [(n, p) for n, speech in enumerate(item) for p in speech.paragraphs if says_enough(p)]
    for _ in range(min(2 * len(spoken), _PER_ITEM)):
        (one, first), (other, second) = rng.choice(spoken), rng.choice(spoken)
        if one != other:
            yield first, second


def halves(paragraph: Text) -> Pair:
    """The first half of a paragraph's sentences against the second."""
    middle = len(paragraph) // 2
    return paragraph[:middle], paragraph[middle:]


def _transcripts(data: Path, before: date | None) -> list[Path]:
    """The transcripts dated before `before`; one whose name has no date counts only when none is left out."""
    paths = sorted((data / "transcripts").glob("*.txt"))
    if not paths:
        raise InputError(f"{data}: no transcripts/*.txt to learn from; name a folder laid out as the model card says")
    if before is None:
        return paths
    kept = [p for p in paths if (m := _DATE.search(p.name)) and m[1] < before.isoformat()]
    if not kept:
        raise InputError(f"{data / 'transcripts'}: no transcript dated before {before}; choose a later date")
    return kept


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as UTF-8 text ({error}); mend or remove it") from error


def _jsonl(path: Path) -> Iterator[Pair]:
    for number, line in enumerate(_text(path).splitlines(), 1):
        try:
            row = json.loads(line)
            yield sentences(row["query"]), sentences(row["positive"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(f'{path}:{number}: needs {{"query": ..., "positive": ...}}; mend the line') from error


def _tsv(path: Path) -> Iterator[Pair]:
    """The last column against the ones before it, read as one text."""
    for number, line in enumerate(_text(path).split("\n"), 1):
        if not line.strip():
            continue
        *left, right = line.rstrip("\r").split("\t")
        if not left:
            raise InputError(f"{path}:{number}: needs two columns with a tab between; mend the line")
        if " ".join(left).strip() and right.strip():
            yield (" ".join(left),), (right,)
