"""The sentences of every passage as numbers, prepared at build: the ranking weighs them without parsing a text again.

A word is here what stands between white space, punctuation and all; every different one has a number, and so has each
number, date or section of law in its one form. What stands around a passage (its context) is one sentence more.
The files are plain arrays, little-endian, in the order of the passages' rows; all numbers go on from one part of an
index to the next, and files only ever grow.
"""

from __future__ import annotations

import zlib
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

Numbers = NDArray[Any]
Terms = Mapping[str, NDArray[np.uint32]]  # for each term the numbers of the words that hold it, ascending

_WORDS, _SENTENCES, _PASSAGES = "words", "sentences", "passages"
_KINDS, _TOKENS, _TOKEN_STARTS, _NORMS = "kinds", "tokens", "token-starts", "norms"
# Its first word; its characters; the kinds of answer that it holds in phrases.
_SENTENCE = np.dtype([("begin", "<u8"), ("start", "<u2"), ("end", "<u2"), ("holds", "u1")])
_PASSAGE = np.dtype([("first", "<u4"), ("context", "<u4"), ("count", "<u2")])  # sentences
_TYPES: Mapping[str, np.dtype[Any]] = {
    _WORDS: np.dtype("<u4"),
    _SENTENCES: _SENTENCE,  # one more than there are: where the last one ends
    _PASSAGES: _PASSAGE,
    _KINDS: np.dtype("u1"),
    _TOKENS: np.dtype("<i4"),
    _TOKEN_STARTS: np.dtype("<u8"),  # one more than there are words
    _NORMS: np.dtype("<f4"),
}
_ENDED = (_SENTENCES, _TOKEN_STARTS)
_STATIC = (_TOKENS, _TOKEN_STARTS, _NORMS)  # there for models that have vectors of words
_BATCH = 16_384  # sentences whose norms are computed at a time
_NOTHING = ""  # the word of a sentence that has none


class Parsed(NamedTuple):
    """The sentences of n passages, one passage after another, and then what stands around each."""

    words: Numbers  # [w] the different ones, ascending
    places: Numbers  # [p] of each word of each sentence among these
    starts: Numbers  # [s] where each sentence begins among the places
    sentences: Numbers  # [s] their numbers in the index
    first: Numbers  # [n + 1] each passage's first sentence; the last: the first context
    spans: Numbers  # [s, 2] characters within the passage
    holds: Numbers  # [s] kinds of answer, as `wanted` tells them


def sizes(folder: Path) -> dict[str, int]:
    """Give how many entries each file of a part has, ends of ends not counted."""
    found = {}
    for name, kind in _TYPES.items():
        path = folder / name
        entries = path.stat().st_size // kind.itemsize if path.exists() else 0
        found[name] = max(0, entries - (name in _ENDED))
    return found


class Writer:
    """Writes the files of one part, or goes on writing them.

    Of what the folder holds so much is kept as `kept` says, as `held` gave it; `after` are the parts before this one.
    """

    def __init__(
        self,
        folder: Path,
        compounds: Compounds,
        encoder: Encoder,
        after: Sequence[Path] = (),
        kept: Mapping[str, tuple[int, int]] = {},
    ) -> None:
        self._folder = folder
        self._compounds = compounds
        self._encoder = encoder
        held = {name: kept.get(name, (0, 0)) for name in _TYPES}
        self._checksums = {name: checksum for name, (_, checksum) in held.items()}
        before = [sizes(part) for part in after]
        self._first = {name: sum(one[name] for one in before) for name in _TYPES}
        self._count = {name: self._first[name] + held[name][0] // kind.itemsize for name, kind in _TYPES.items()}
        names = [name for name in _TYPES if name not in _STATIC or isinstance(encoder, StaticEncoder)]
        self._files: dict[str, BinaryIO] = {}
        for name in names:
            file = (folder / name).open("r+b" if (folder / name).exists() else "w+b")
            file.truncate(held[name][0])
            file.seek(0, 2)
            self._files[name] = file
        self._numbers: dict[str, int] = {}
        self._values: dict[str, int] = {}
        self._new: list[tuple[str, bool]] = []  # words and values that no file has yet, in order of their numbers
        self._known: dict[str, int] = {}  # contexts of the document that is being added
        self._document = -1

    def add(self, document: int, text: str, context: str) -> None:
        """Add the next passage, of the document of this row."""
        if document != self._document:
            self._document, self._known = document, {}
        if context not in self._known:
            self._known[context] = self._write([(context, 0, 0)])
        spans = list(sentences(text)) or [(0, len(text))]
        first = self._write([(text[start:end], start, end) for start, end in spans])
        self._put(_PASSAGES, np.array((first, self._known[context], len(spans)), _PASSAGE))

    def _write(self, found: Iterable[tuple[str, int, int]]) -> int:
        """Write sentences with their characters, and give the number of the first."""
        first = self._count[_SENTENCES]
        begin = self._count[_WORDS]
        words, begins = list[int](), list[tuple[int, int, int, int]]()
        known = self._numbers
        for text, start, end in found:
            begins.append((begin + len(words), start, end, held_in_phrases(text)))
            said = text.split() or [_NOTHING]
            try:
                words += [known[word] for word in said]
            except KeyError:
                words += [known[word] if word in known else self._number(word, known) for word in said]
            words += [self._number(value, self._values) for value in values(text)]
        self._put(_WORDS, np.array(words, _TYPES[_WORDS]))
        self._put(_SENTENCES, np.array(begins, _SENTENCE))
        return first

    def _number(self, word: str, known: dict[str, int]) -> int:
        if word not in known:
            known[word] = self._count[_KINDS] + len(self._new)
            self._new.append((word, known is self._values))
        return known[word]

    def _put(self, name: str, numbers: Numbers) -> None:
        data = numbers.tobytes()
        self._files[name].write(data)
        self._checksums[name] = zlib.crc32(data, self._checksums[name])
        self._count[name] += numbers.size

    def flush(self) -> Terms:
        """Write what the encoder makes of the words added since the last time, and give the terms that they hold."""
        new, self._new = self._new, []
        first = self._count[_KINDS]
        words = [_NOTHING if value else word for word, value in new]
        self._put(_KINDS, np.array(list(map(held_in_word, words)), _TYPES[_KINDS]))
        if isinstance(self._encoder, StaticEncoder):
            ids = list(self._encoder.tokens(words))
            starts = np.array([0, *accumulate(map(len, ids))], _TYPES[_TOKEN_STARTS]) + self._count[_TOKENS]
            self._put(_TOKEN_STARTS, starts[:-1].astype(_TYPES[_TOKEN_STARTS]))
            self._put(_TOKENS, np.concatenate([*ids, np.zeros(0)]).astype(_TYPES[_TOKENS]))
        for name in _ENDED:
            if name in self._files:
                self._end(name)
        for file in self._files.values():
            file.flush()
        if isinstance(self._encoder, StaticEncoder):
            self._write_norms(self._encoder)
        found: dict[str, list[int]] = {}
        for number, (word, value) in enumerate(new, first):
            for term in (word,) if value else self._held(word):
                found.setdefault(term, []).append(number)
        return {term: np.array(numbers, "<u4") for term, numbers in found.items()}

    def close(self) -> Terms:
        """Flush and close the files."""
        terms = self.flush()
        for file in self._files.values():
            file.close()
        return terms

    def abandon(self) -> None:
        """Close the files as they are."""
        for file in self._files.values():
            file.close()

    def held(self) -> dict[str, tuple[int, int]]:
        """Give how many bytes each file of this part has since the last flush, but for its end, and their checksum."""
        return {
            name: ((self._count[name] - self._first[name]) * _TYPES[name].itemsize, self._checksums[name])
            for name in self._files
        }

    def _end(self, name: str) -> None:
        """Write behind the last entry where it ends; the next one will overwrite that."""
        file, kind = self._files[name], _TYPES[name]
        end = (self._count[_WORDS], 0, 0, 0) if name == _SENTENCES else self._count[_TOKENS]
        file.write(np.array(end, kind).tobytes())
        file.flush()
        file.seek(-kind.itemsize, 2)

    def _write_norms(self, encoder: StaticEncoder) -> None:
        """Write the length of every new sentence's vector: the sum of its words', each the sum of its tokens'."""
        from scipy.sparse import csr_array  # type: ignore[import-untyped]  # only needed at build

        stored = _Files([self._folder], [self._first])
        for begin in range(self._count[_NORMS], self._count[_SENTENCES], _BATCH):
            chosen = np.arange(begin, min(begin + _BATCH, self._count[_SENTENCES]))
            words, starts = _flattened(stored.words, stored.begins, chosen)
            different, places = np.unique(words, return_inverse=True)
            ids, token_starts = stored.tokens_of(different)
            shape = len(different), len(encoder.table)
            vectors = csr_array((np.ones(len(ids), "<f4"), ids, token_starts), shape) @ encoder.table
            shape = len(chosen), len(different)
            sums = csr_array((np.ones(len(words), "<f4"), places, np.append(starts, len(words))), shape) @ vectors
            self._put(_NORMS, np.linalg.norm(sums, axis=1).astype(_TYPES[_NORMS]))
        self._files[_NORMS].flush()

    def _held(self, word: str) -> set[str]:
        within = tokens(word)
        if within == ["kl"] and not word.startswith("KL"):  # an hour, and no association of municipalities
            return set()
        return {*map(stem, within), *self._compounds.stems(within)}


class Sentences:
    """The open files of all parts; safe to share between threads."""

    def __init__(self, folders: Sequence[Path], words_of: Callable[[Sequence[str]], Terms]) -> None:
        """Open the parts; `words_of` gives the words that hold each term, as `Writer` gave them."""
        before = dict.fromkeys(_TYPES, 0)
        firsts = []
        for folder in folders:
            firsts.append(before)
            before = {name: before[name] + own for name, own in sizes(folder).items()}
        self._files = _Files(folders, firsts)
        self._words_of = words_of

    def parsed(self, rows: Sequence[int]) -> Parsed:
        """Give the sentences of the passages of these rows."""
        passages = self._files.passages[np.array(rows, dtype=np.int64)]
        counts = passages["count"].astype(np.int64)
        first = np.concatenate(([0], np.cumsum(counts)))
        numbers = np.concatenate(
            (np.repeat(passages["first"] - first[:-1], counts) + np.arange(first[-1]), passages["context"])
        )
        words, starts = _flattened(self._files.words, self._files.begins, numbers)
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


class _Column:
    """One file of every part as one array, by numbers that go on from part to part."""

    def __init__(self, arrays: Sequence[Numbers], firsts: Sequence[int]) -> None:
        self._arrays, self._firsts = arrays, np.array(firsts)

    def __getitem__(self, numbers: Numbers) -> Numbers:
        if len(self._arrays) == 1:
            return self._arrays[0][numbers - self._firsts[0]] if self._firsts[0] else self._arrays[0][numbers]
        found = np.empty(len(numbers), self._arrays[0].dtype)
        parts = self._firsts.searchsorted(numbers, side="right") - 1
        for part, array in enumerate(self._arrays):
            mine = parts == part
            found[mine] = array[numbers[mine].astype(np.int64) - self._firsts[part]]
        return found


class _Files:
    def __init__(self, folders: Sequence[Path], firsts: Sequence[Mapping[str, int]]) -> None:
        self._folders, self._firsts = folders, firsts
        self.words = self._column(_WORDS)
        self.sentences = self._column(_SENTENCES)
        self.begins = self._column(_SENTENCES, "begin")
        self.passages = self._column(_PASSAGES)
        self.kinds = self._column(_KINDS)
        static = all((folder / _TOKENS).exists() for folder in folders)
        self._tokens = self._column(_TOKENS) if static else None
        self._token_starts = self._column(_TOKEN_STARTS) if static else None
        self.norms = self._column(_NORMS) if static else None

    def _column(self, name: str, field: str | None = None) -> _Column:
        arrays = [_mapped(folder / name, _TYPES[name]) for folder in self._folders]
        return _Column([array[field] if field else array for array in arrays], [first[name] for first in self._firsts])

    def tokens_of(self, words: Numbers) -> tuple[Numbers, Numbers]:
        """Give the tokens of all words, one after another, and where each word's begin; the last: where they end."""
        assert self._tokens is not None and self._token_starts is not None
        ids, starts = _flattened(self._tokens, self._token_starts, words)
        return ids, np.append(starts, len(ids))


def _mapped(path: Path, kind: np.dtype[Any]) -> Numbers:
    """Map a file; one that holds nothing cannot be mapped (an archive of one empty sentence has no tokens)."""
    return np.asarray(np.memmap(path, kind, "r")) if path.stat().st_size else np.zeros(0, kind)


def _flattened(column: _Column, begins: _Column, chosen: Numbers) -> tuple[Numbers, Numbers]:
    """Give the chosen stretches of a column one after another, and where each begins; `begins` has one end more."""
    begin = begins[chosen].astype(np.int64)
    lengths = begins[chosen + 1].astype(np.int64) - begin
    starts = np.cumsum(lengths) - lengths
    return column[np.repeat(begin - starts, lengths) + np.arange(lengths.sum())], starts
