"""The lexical leg: BM25 by tantivy over Danish stems, the parts of compounds, and each passage's context."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import log
from pathlib import Path
from typing import NamedTuple

import tantivy

from index.numbers import values
from index.words import Compounds, content_words, stem, tokens

FIELDS = ("words", "parts", "context")


_REFERENCES = "references"


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
    presence: float = 1.0  # of a term's idf, for occurring in any field
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


def write(folder: Path, entries: Iterable[Entry], compounds: Compounds) -> None:
    """Write a new word index into an existing empty folder, as one segment per batch of memory."""
    index = tantivy.Index(_schema(), path=str(folder))
    # One thread: rows keep their order, so that the same passages always give the same files' contents.
    writer = index.writer(heap_size=256_000_000, num_threads=1)
    for entry in entries:
        words = tokens(entry.text)
        document = tantivy.Document()
        document.add_unsigned("row", entry.row)
        document.add_unsigned("document", entry.document)
        document.add_text("words", " ".join(map(stem, words)))
        document.add_text("parts", " ".join([*compounds.stems(words), *values(entry.text)]))
        around = tokens(entry.context)
        context = [*map(stem, around), *compounds.stems(around), *values(entry.context)]
        document.add_text("context", " ".join(context))
        document.add_text(_REFERENCES, entry.references)
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()


class Lexical:
    """An open word index."""

    def __init__(self, folder: Path, compounds: Compounds, weights: Weights | None = None) -> None:
        self._index = tantivy.Index.open(str(folder))
        self._schema = self._index.schema
        self._searcher = self._index.searcher()
        self._compounds = compounds
        self.weights = weights or Weights()

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

        The score is BM25 over the three fields, and for every term that occurs at all its idf once more: a passage
        that holds all of a question's words goes before one that repeats the rarest.
        """
        weights = self.weights
        by_field = dict(zip(FIELDS, (weights.words, weights.parts, weights.context), strict=True))
        clauses: list[tantivy.Query] = []
        for term, weight in terms.items():
            fields = {name: self._clause(name, term) for name in FIELDS}
            clauses += [_boosted(fields[name], weight * by_field[name]) for name in FIELDS]
            clauses.append(
                tantivy.Query.const_score_query(_any(fields.values()), weights.presence * weight * self.idf(term))
            )
        return _any(clauses)

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
        return any(self._searcher.doc_freq(field, term) for field in FIELDS)

    def idf(self, term: str) -> float:
        """Give a stem's weight in BM25: the rarer in the archive, the higher."""
        # Numbers in their one form stand among the parts.
        count = self._searcher.doc_freq("words" if term.isalpha() else "parts", term)
        total = self._searcher.num_docs
        return log(1 + (total - count + 0.5) / (count + 0.5))

    def _clause(self, field: str, term: str) -> tantivy.Query:
        return tantivy.Query.term_query(self._schema, field, term, index_option="freq")


def _boosted(query: tantivy.Query, weight: float) -> tantivy.Query:
    return tantivy.Query.boost_query(query, weight)


def _any(queries: Iterable[tantivy.Query]) -> tantivy.Query:
    return tantivy.Query.boolean_query([(tantivy.Occur.Should, query) for query in queries])
