"""The sentences of every passage as numbers, prepared at build: the ranking weighs them without parsing a text again.

A word is here what stands between white space, punctuation and all; every different one has a number, and so has each
number, date or section of law in its one form. What stands around a passage (its context) is kept as one sentence more.
The files are plain arrays, little-endian, in the order of the passages' rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.split import sentences
from index.encoder import Encoder, StaticEncoder
from index.numbers import values
from index.vectors import Vectors
from index.wanted import held_in_phrases, held_in_word
from index.words import Compounds, stem, tokens

Numbers = NDArray[np.integer[Any]]
Terms = Mapping[str, NDArray[np.uint32]]  # for each term the numbers of the words that hold it, ascending

_WORDS, _SENTENCES, _PASSAGES = "words", "sentences", "passages"
_KINDS, _TOKENS, _TOKEN_STARTS, _NORMS = "kinds", "tokens", "token-starts", "norms"
# Its first word; its characters; the kinds of answer that it holds in phrases.
_SENTENCE = np.dtype([("begin", "<u8"), ("start", "<u2"), ("end", "<u2"), ("holds", "u1")])
_PASSAGE = np.dtype([("first", "<u4"), ("context", "<u4"), ("count", "<u2")])  # sentences
_BATCH = 4_096  # sentences whose norms are computed at a time
_NOTHING = ""  # the word of a sentence that has none


class Parsed(NamedTuple):
    """The sentences of n passages, one passage after another, and then what stands around each."""

    words: Numbers  # [w] the different ones, ascending
    places: Numbers  # [p] of each word of each sentence among these
    starts: Numbers  # [s] where each sentence begins among the places
    sentences: Numbers  # [s] their numbers in the index
    first: Numbers  # [n + 1] each passage's first sentence; the last: the first context
    spans: Numbers  # [s, 2] characters within the passage
    holds: Numbers  # [s] kinds of answer, as `wanted.held` tells them


class Writer:
    """Writes the files of one generation into an existing empty folder."""

    def __init__(self, folder: Path, compounds: Compounds) -> None:
        self._folder = folder
        self._compounds = compounds
        self._numbers: dict[str, int] = {_NOTHING: 0}
        self._values: dict[str, int] = {}
        self._known: dict[str, int] = {}  # contexts of the document that is being added
        self._document = -1
        self._words = self._sentences = 0
        self._files: dict[str, BinaryIO] = {
            name: (folder / name).open("wb") for name in (_WORDS, _SENTENCES, _PASSAGES)
        }

    def add(self, document: int, text: str, context: str) -> None:
        """Add the next passage, of the document of this row."""
        if document != self._document:
            self._document, self._known = document, {}
        if context not in self._known:
            self._known[context] = self._write([(context, 0, 0)])
        spans = list(sentences(text)) or [(0, len(text))]
        first = self._write((text[start:end], start, end) for start, end in spans)
        self._put(_PASSAGES, np.array((first, self._known[context], len(spans)), _PASSAGE))

    def _write(self, found: Iterable[tuple[str, int, int]]) -> int:
        """Write sentences with their characters, and give the number of the first."""
        first = self._sentences
        words, begins = list[int](), list[tuple[int, int, int, int]]()
        for text, start, end in found:
            begins.append((self._words + len(words), start, end, held_in_phrases(text)))
            numbers = [self._number(word, self._numbers) for word in text.split()]
            numbers += [self._number(value, self._values) for value in values(text)]
            words += numbers or [0]
        self._put(_WORDS, np.array(words, "<u4"))
        self._put(_SENTENCES, np.array(begins, _SENTENCE))
        self._words += len(words)
        self._sentences += len(begins)
        return first

    def _number(self, word: str, known: dict[str, int]) -> int:
        return known.setdefault(word, len(self._numbers) + len(self._values))

    def _put(self, name: str, numbers: Numbers) -> None:
        self._files[name].write(numbers.tobytes())

    def close(self, encoder: Encoder) -> Terms:
        """Write what the encoder makes of the words, close the files, and give each term's words."""
        self._put(_SENTENCES, np.array((self._words, 0, 0, 0), _SENTENCE))
        for file in self._files.values():
            file.close()
        words = [_NOTHING] * (len(self._numbers) + len(self._values))
        for word, number in self._numbers.items():
            words[number] = word
        np.array(list(map(held_in_word, words)), "u1").tofile(self._folder / _KINDS)
        if isinstance(encoder, StaticEncoder):
            ids = list(encoder.tokens(words))
            np.concatenate([*ids, np.zeros(0)]).astype("<i4").tofile(self._folder / _TOKENS)
            np.array([0, *accumulate(map(len, ids))], "<u8").tofile(self._folder / _TOKEN_STARTS)
            write_norms(self._folder, encoder)
        return self._terms()

    def _terms(self) -> Terms:
        found: dict[str, list[int]] = {}
        for word, number in self._numbers.items():
            for term in self._held(word):
                found.setdefault(term, []).append(number)
        for value, number in self._values.items():
            found.setdefault(value, []).append(number)
        return {term: np.array(sorted(numbers), "<u4") for term, numbers in found.items()}

    def _held(self, word: str) -> set[str]:
        within = tokens(word)
        if within == ["kl"] and not word.startswith("KL"):  # an hour, and no association of municipalities
            return set()
        return {*map(stem, within), *self._compounds.stems(within)}


def write_norms(folder: Path, encoder: StaticEncoder) -> None:
    """Write the length of every sentence's vector, the sum of its words' tokens' rows, as the encoder has them now."""
    stored = _Files(folder)
    with (folder / _NORMS).open("wb") as file:
        count = len(stored.sentences) - 1
        for begin in range(0, count, _BATCH):
            chosen = np.arange(begin, min(begin + _BATCH, count))
            words, starts = _flattened(stored.words, stored.sentences["begin"], chosen)
            different, places = np.unique(words, return_inverse=True)
            ids, token_starts = stored.tokens_of(different)
            vectors = np.zeros((len(different), encoder.table.shape[1]), dtype=np.float32)
            some = token_starts[1:] > token_starts[:-1]  # what is written in its one form has no tokens
            vectors[some] = np.add.reduceat(encoder.table[ids], token_starts[:-1][some])
            norms = np.linalg.norm(np.add.reduceat(vectors[places], starts), axis=1)
            file.write(norms.astype("<f4").tobytes())


class Sentences:
    """The open files; safe to share between threads."""

    def __init__(self, folder: Path, words_of: Callable[[Sequence[str]], Terms]) -> None:
        """Open a folder; `words_of` gives the words that hold each term, as `Writer.close` gave them."""
        self._files = _Files(folder)
        self._words_of = words_of

    def parsed(self, rows: Sequence[int]) -> Parsed:
        """Give the sentences of the passages of these rows."""
        passages = self._files.passages[rows]
        counts = passages["count"].astype(np.int64)
        first = np.concatenate(([0], np.cumsum(counts)))
        numbers = np.concatenate(
            (np.repeat(passages["first"] - first[:-1], counts) + np.arange(first[-1]), passages["context"])
        )
        words, starts = _flattened(self._files.words, self._files.sentences["begin"], numbers)
        different, places = np.unique(words, return_inverse=True)
        chosen = self._files.sentences[numbers]
        return Parsed(
            different,
            places,
            starts,
            numbers,
            first,
            np.stack((chosen["start"], chosen["end"]), axis=1).astype(np.int64),
            chosen["holds"] | np.bitwise_or.reduceat(self._files.kinds[different][places], starts),
        )

    def mentions(self, parsed: Parsed, terms: Sequence[str]) -> NDArray[np.bool_]:
        """Tell which sentences hold which terms, [s, t]: as words, as parts of compounds, or as numbers."""
        held = np.zeros((len(parsed.words), len(terms)), dtype=np.bool_)
        words_of = self._words_of(terms)
        for column, term in enumerate(terms):
            if term in words_of:
                holding = words_of[term]
                held[:, column] = holding.take(holding.searchsorted(parsed.words), mode="clip") == parsed.words
        return np.logical_or.reduceat(held[parsed.places], parsed.starts, axis=0)

    def cosines(self, parsed: Parsed, query: Vectors | None, encoder: Encoder) -> Vectors:
        """Give the cosine of each sentence with a query vector [d]; zeros where the model has no vectors of words."""
        if query is None or not isinstance(encoder, StaticEncoder) or self._files.norms is None:
            return np.zeros(len(parsed.starts), dtype=np.float32)
        ids, starts = self._files.tokens_of(parsed.words)
        passed = np.concatenate(([0.0], np.cumsum(encoder.table.take(ids, axis=0) @ query, dtype=np.float64)))
        products = np.add.reduceat((passed[starts[1:]] - passed[starts[:-1]])[parsed.places], parsed.starts)
        norms = self._files.norms[parsed.sentences]
        return np.divide(products, norms, out=np.zeros_like(norms), where=norms > 0, casting="same_kind")


class _Files:
    def __init__(self, folder: Path) -> None:
        self.words = np.memmap(folder / _WORDS, "<u4", "r")
        self.sentences = np.memmap(folder / _SENTENCES, _SENTENCE, "r")
        self.passages = np.memmap(folder / _PASSAGES, _PASSAGE, "r")
        self.kinds = np.memmap(folder / _KINDS, "u1", "r")
        self._tokens = _mapped(folder / _TOKENS, "<i4")
        self._token_starts = _mapped(folder / _TOKEN_STARTS, "<u8")
        self.norms = _mapped(folder / _NORMS, "<f4")

    def tokens_of(self, words: Numbers) -> tuple[Numbers, Numbers]:
        """Give the tokens of all words, one after another, and where each word's begin; the last: where they end."""
        assert self._tokens is not None and self._token_starts is not None
        ids, starts = _flattened(self._tokens, self._token_starts, words)
        return ids, np.append(starts, len(ids))


def _mapped(path: Path, kind: str) -> Numbers | None:
    """Map a file that is there for some models only; an archive of one empty sentence has no tokens."""
    if not path.exists():
        return None
    return np.memmap(path, kind, "r") if path.stat().st_size else np.zeros(0, kind)


def _flattened(column: Numbers, begins: Numbers, chosen: Numbers) -> tuple[Numbers, Numbers]:
    """Give the chosen stretches of a column one after another, and where each begins; `begins` has one end more."""
    begin = begins[chosen].astype(np.int64)
    lengths = begins[chosen + 1].astype(np.int64) - begin
    starts = np.cumsum(lengths) - lengths
    return column[np.repeat(begin - starts, lengths) + np.arange(lengths.sum())], starts
