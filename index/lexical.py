"""The lexical leg: BM25 by tantivy over Danish stems, the parts of compounds, and each passage's context."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import log
from pathlib import Path
from typing import Any, NamedTuple

import tantivy

from index.generation import take_over
from index.numbers import values
from index.words import Compounds, content_words, stem, tokens

FIELDS = ("words", "parts", "context", "anywhere")
_REFERENCES = "references"
_META, _MANAGED = "meta.json", ".managed.json"
_HEAP = 512_000_000  # bytes of words that may be gathered before they are written


_NONE = (0, 0, 0, 0)  # passages that are gone, by field
_RIGHT = (1.0, 1.0, 1.0, 1.0)


class Entry(NamedTuple):
    """One passage to index: its row, the row of its document, its text, what stands around it, and its numbers."""

    row: int
    document: int
    text: str
    context: str
    references: str  # tokens, by `references.key`


class Weights(NamedTuple):
    """How much a match counts by where it is found."""

    words: float = 1.0
    parts: float = 0.3
    context: float = 1.25
    anywhere: float = 1.4  # for standing there at all, in whichever of these
    values: float = 0.5  # a number, date or section in its one form
    alike: float = 0.3  # another form of the same word: irregular, or abbreviated
    spelling: float = 0.8  # a word that was probably meant
    joined: float = 0.6  # two words that the archive writes as one
    expansion: float = 0.7  # official words for plain ones; less in a long question


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("row", stored=False, indexed=False, fast=True)
    builder.add_unsigned_field("document", stored=False, indexed=True, fast=False)
    for field in (*FIELDS, _REFERENCES):
        builder.add_text_field(field, stored=False, tokenizer_name="whitespace", index_option="freq")
    return builder.build()


class Terms(NamedTuple):
    """What a passage is found by, field for field; the same term several times where it stands there several times."""

    words: list[str]
    parts: list[str]
    context: list[str]
    anywhere: list[str]


def terms_of(text: str, context: str, compounds: Compounds) -> tuple[list[str], Terms]:
    """Give the words of a passage, and the terms of it and of what stands around it."""
    words, around = tokens(text), tokens(context)
    fields = (
        [*map(stem, words)],
        [*compounds.stems(words), *values(text)],
        [*map(stem, around), *compounds.stems(around), *values(context)],
    )
    return words, Terms(*fields, sorted(set().union(*fields)))


class LexicalWriter:
    """Writes a word index, or goes on writing one."""

    def __init__(self, folder: Path, compounds: Compounds) -> None:
        new = not (folder / "meta.json").exists()
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self._index = tantivy.Index(_schema(), path=str(folder)) if new else tantivy.Index.open(str(folder))
        # One thread: rows keep their order, so that the same passages always give the same files' contents.
        self._writer = self._index.writer(heap_size=_HEAP, num_threads=1)
        self._compounds = compounds

    @property
    def passages(self) -> int:
        """How many passages were committed."""
        self._index.reload()
        return int(self._index.searcher().num_docs)

    def add(self, entry: Entry) -> list[str]:
        """Add one passage, and give its words."""
        words, terms = terms_of(entry.text, entry.context, self._compounds)
        document = tantivy.Document()
        document.add_unsigned("row", entry.row)
        document.add_unsigned("document", entry.document)
        for field, found in zip(FIELDS, terms, strict=True):
            document.add_text(field, " ".join(found))
        document.add_text(_REFERENCES, entry.references)
        self._writer.add_document(document)
        return words

    def discard(self, documents: Sequence[int]) -> None:
        """Let the passages of these documents be found no more; their words go on counting."""
        # By a query: deleting by a term takes a number for a signed one, and deletes nothing.
        self._writer.delete_documents_by_query(
            tantivy.Query.term_set_query(self._index.schema, "document", list(documents))
        )

    def commit(self) -> None:
        """Keep what was added."""
        self._writer.commit()

    def close(self) -> None:
        """Keep what was added, and wait until no file changes any more."""
        self._writer.commit()
        self._writer.wait_merging_threads()

    def abandon(self) -> None:
        """Let go of the folder with what was committed last."""
        del self._writer, self._index  # tantivy's lock ends with them


def segments(folder: Path) -> list[dict[str, Any]]:
    """Give the segments of a word index, as its own file lists them."""
    listed: list[dict[str, Any]] = json.loads((folder / _META).read_bytes())["segments"]
    return listed


def carry(old: Path, new: Path, ids: set[str]) -> None:
    """Put some segments of a word index into a new folder; their files never change."""
    new.mkdir()
    meta = json.loads((old / _META).read_bytes())
    meta["segments"] = [one for one in meta["segments"] if one["segment_id"] in ids]
    stems = {one.replace("-", "") for one in ids}
    names = [path.name for path in old.iterdir() if path.name.split(".")[0] in stems]
    for name in names:
        take_over(old / name, new / name)
    (new / _META).write_text(json.dumps(meta), encoding="utf-8")
    (new / _MANAGED).write_text(json.dumps(sorted([*names, _META])), encoding="utf-8")


def join(folder: Path, other: Path) -> None:
    """Move the segments of another word index, which nobody uses any more, into the one in `folder`.

    Its own writer would merge them sooner or later with what is there, and read all of that.
    """
    meta, theirs = (json.loads((where / _META).read_bytes()) for where in (folder, other))
    meta["segments"] += theirs["segments"]
    meta["opstamp"] = max(meta["opstamp"], theirs["opstamp"])
    managed = [json.loads((where / _MANAGED).read_bytes()) for where in (folder, other)]
    for path in other.iterdir():
        if not path.name.startswith(".") and path.name != _META:
            path.rename(folder / path.name)
    for name, value in ((_META, meta), (_MANAGED, sorted({*managed[0], *managed[1]}))):
        (folder / name).write_text(json.dumps(value), encoding="utf-8")
    shutil.rmtree(other)


def write(folder: Path, entries: Iterable[Entry], compounds: Compounds) -> None:
    """Write a new word index into an existing empty folder."""
    writer = LexicalWriter(folder, compounds)
    for entry in entries:
        writer.add(entry)
    writer.close()


class Lexical:
    """An open word index.

    `gone` passages are in it still, and `lost` gives in how many of them each term stands, by field: what a match
    counts is corrected for them, so that it counts what it would in an index written anew.
    """

    def __init__(
        self,
        folder: Path,
        compounds: Compounds,
        weights: Weights | None = None,
        gone: int = 0,
        lost: Callable[[Sequence[str]], Mapping[str, tuple[int, int, int, int]]] = lambda _: {},
    ) -> None:
        self._index = tantivy.Index.open(str(folder))
        self._schema = self._index.schema
        self._searcher = self._index.searcher()
        self._compounds = compounds
        self.weights = weights or Weights()
        self._gone = gone
        self._lost = lost
        self._there = self._searcher.num_docs

    def terms(self, query: str) -> dict[str, float]:
        """Give the stems that a query is searched by, with their weights: its words at 1, parts of compounds lower."""
        words = content_words(query)
        terms = dict.fromkeys(map(stem, words), 1.0)
        for part in self._compounds.stems(words):
            terms.setdefault(part, self.weights.parts)
        for value in values(query):
            terms.setdefault(value, self.weights.values)
        return {term: weight for term, weight in terms.items() if weight}

    def search(self, terms: Mapping[str, float], k: int, documents: Iterable[int] | None = None) -> dict[int, float]:
        """Give the k best rows with their scores, among the passages of `documents` if given."""
        return self._found(self.query(terms), k, documents) if terms else {}

    def query(self, terms: Mapping[str, float]) -> tantivy.Query:
        """Give the query for weighted terms.

        The score is BM25 over all fields: a passage that holds all of a question's words goes before one that repeats
        the rarest. Every clause is a single term, of which tantivy skips what cannot be among the best (block-max WAND,
        Ding and Suel, SIGIR 2011).
        """
        weights = self.weights
        by_field = (weights.words, weights.parts, weights.context, weights.anywhere)
        lost = self._lost(list(terms)) if self._gone else {}
        clauses: list[tantivy.Query] = []
        for term, weight in terms.items():
            right = self._corrections(term, lost.get(term, _NONE)) if self._gone else _RIGHT
            clauses += [
                _boosted(self._clause(field, term), weight * by * one)
                for field, by, one in zip(FIELDS, by_field, right, strict=True)
                if self._searcher.doc_freq(field, term)
            ]
        return _any(clauses)

    def _corrections(self, term: str, lost: tuple[int, int, int, int]) -> tuple[float, ...]:
        """Give by what a match in each field is multiplied to count as if what is gone were out of the index."""
        counted = [self._searcher.doc_freq(field, term) for field in FIELDS]
        return tuple(
            _idf(self._there, count - less) / _idf(self._there + self._gone, count)
            for count, less in zip(counted, lost, strict=True)
        )

    def referred(self, key: str, k: int, documents: Iterable[int] | None = None) -> list[int]:
        """Give the rows of up to k passages that have this very number, or whose document has."""
        return list(self._found(self._clause(_REFERENCES, key), k, documents))

    def _found(self, query: tantivy.Query, k: int, documents: Iterable[int] | None) -> dict[int, float]:
        if documents is not None:
            allowed = tantivy.Query.term_set_query(self._schema, "document", list(documents))
            query = tantivy.Query.boolean_query(
                [
                    (tantivy.Occur.Must, query),
                    (tantivy.Occur.Must, tantivy.Query.const_score_query(allowed, 0.0)),
                ]
            )
        hits = self._searcher.search(query, k, count=False).hits
        rows = self._searcher.fast_field_values("row", [address for _, address in hits])
        return {int(row or 0): score for row, (score, _) in zip(rows, hits, strict=True)}

    def holds(self, term: str) -> bool:
        """Tell whether a term stands in any passage or around one."""
        count = self._searcher.doc_freq(FIELDS[-1], term)
        return bool(count and (not self._gone or count > self._lost([term]).get(term, _NONE)[-1]))

    def idf(self, term: str) -> float:
        """Give a stem's weight in BM25: the rarer in the archive, the higher."""
        # Numbers in their one form stand among the parts.
        field = 0 if term.isalpha() else 1
        count = self._searcher.doc_freq(FIELDS[field], term)
        if self._gone:
            count -= self._lost([term]).get(term, _NONE)[field]
        return _idf(self._there, count)

    def _clause(self, field: str, term: str) -> tantivy.Query:
        return tantivy.Query.term_query(self._schema, field, term, index_option="freq")


def _idf(total: int, count: int) -> float:
    return log(1 + (total - count + 0.5) / (count + 0.5))


def _boosted(query: tantivy.Query, weight: float) -> tantivy.Query:
    return tantivy.Query.boost_query(query, weight)


def _any(queries: Iterable[tantivy.Query]) -> tantivy.Query:
    return tantivy.Query.boolean_query([(tantivy.Occur.Should, query) for query in queries])
