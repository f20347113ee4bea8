"""Search: one open generation answers questions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np

from corpus.errors import UsageError
from corpus.lifecycle import Relation
from corpus.records import Answer, Citation, Fields, Hit, Link, Section
from corpus.reference import reference
from index.background import stem_counts
from index.encoder import Encoder
from index.filters import Filters
from index.followup import resolve
from index.fusion import Scored, convex
from index.generation import LEXICAL, STORE, VECTORS, Manifest, current, verify
from index.highlight import best_sentence, coverage
from index.lexical import Lexical
from index.own_model import used
from index.query import Query
from index.references import key, named
from index.store import Store, Stored
from index.understanding import Understanding
from index.vectors import Dense, Rows
from index.words import Compounds

Mode = Literal["lexical", "dense", "hybrid"]
LEXICAL_WEIGHT = 0.5  # of the words in the hybrid; see docs/retrieval.md
CANDIDATES = 200  # that each leg puts forward
REORDERED = 50  # of the best, in which answers go before questions
QUESTION_WEIGHT = 0.7  # of a question's score: who asks wants what was answered, not that it was asked before
SUPERSEDED_WEIGHT = 0.6  # of the score of an answer that is no longer in force
NAMED = 1.0  # added to a passage whose number the question names: more than the legs can give
ANSWERED = 0.22  # confidence from which the best hit counts as an answer
MAX_QUESTION = 1_000  # characters
_WHOLE = Section(kind="tekst", start=0, end=0)  # a document is named without any of its speakers


class Searcher:
    """An open generation of an index; safe to share between threads."""

    def __init__(self, folder: Path, manifest: Manifest, encoder: Encoder) -> None:
        self.folder = folder
        self.manifest = manifest
        self.encoder = encoder
        self.store = Store(folder / STORE)
        common = stem_counts()
        self._compounds = Compounds(lambda one: self.store.stem_count(one) + common[one])
        self._dense = Dense(folder / VECTORS)
        self._lexical = Lexical(folder / LEXICAL, self._compounds)
        self._understanding = Understanding(self.store, self._lexical, self._compounds)

    @classmethod
    def open(cls, index: Path, model: str | None = None) -> Searcher:
        """Open the current generation: every file is hashed first, and the model must be the one it was built with.

        `model` says where that model lies now, if it has moved.
        """
        folder, manifest = current(index)
        verify(folder, manifest)
        return cls(folder, manifest, used(folder, manifest, model))

    def ask(
        self,
        question: str,
        top: int = 5,
        filters: Filters | None = None,
        mode: Mode = "hybrid",
        previous: Sequence[str] = (),
    ) -> Answer:
        """Answer one question with the passages that fit best, word for word.

        `previous` are the questions asked before it, oldest first: a follow-up is understood from them.
        """
        searched = resolve(checked(question), previous)
        if top < 1:
            raise UsageError(f"--top {top} is too few. Ask for 1 or more")
        query = self._query(searched, mode)
        ranked = self._rank(query, filters, mode, max(CANDIDATES, top))[: max(REORDERED, top)]
        stored = self.store.passages(one.row for one in ranked)
        ranked = self._in_force_first(ranked, stored)[:top]
        hits = tuple(self._hit(rank, one, stored[one.row], query) for rank, one in enumerate(ranked, 1))
        confidence = self._confidence(query, stored[ranked[0].row]) if hits else 0.0
        return Answer(
            question=question,
            searched=searched,
            answered=confidence >= ANSWERED,
            confidence=round(confidence, 4),
            generation=self.manifest.generation,
            hits=hits,
            expanded=query.expanded,
            unknown=query.unknown,
        )

    def rank(self, question: str, k: int, mode: Mode = "hybrid") -> list[Scored]:
        """Give the rows of the k best passages with their scores, for evaluation."""
        return self._rank(self._query(question, mode), None, mode, max(CANDIDATES, k))[:k]

    def _query(self, question: str, mode: Mode) -> Query:
        wanted = mode != "lexical" or self.encoder.cheap
        read = self._understanding.read(question)
        vector = self.encoder.encode([read.text], "query")[0] if wanted else None
        return Query(question, read.terms, vector, read.stands_for, read.expanded, read.unknown)

    def _rank(self, query: Query, filters: Filters | None, mode: Mode, k: int) -> list[Scored]:
        documents: list[int] | None = None
        rows: Rows | None = None
        if filters:
            documents = filters.rows(self._documents)
            rows = np.array(self.store.passage_rows(documents), dtype=np.int64)
        lexical = self._lexical.search(query.terms, k, documents) if mode != "dense" else {}
        dense = self._dense.search(query.vector, k, rows) if mode != "lexical" and query.vector is not None else {}
        if mode == "hybrid" and query.vector is not None:
            missing = np.array([row for row in lexical if row not in dense], dtype=np.int64)
            cosines = self._dense.scores(query.vector, missing)
            dense |= {int(row): float(cosine) for row, cosine in zip(missing, cosines, strict=True)}
        ranked = convex(lexical, dense, {"lexical": 1.0, "dense": 0.0, "hybrid": LEXICAL_WEIGHT}[mode])
        return self._named_first(ranked, query, k, documents)

    def _named_first(self, ranked: list[Scored], query: Query, k: int, documents: list[int] | None) -> list[Scored]:
        """Put the passages that the question names by number before all others: they are looked up, not guessed."""
        named_rows = {row for name in named(query.text) for row in self._lexical.referred(key(name), k, documents)}
        if not named_rows:
            return ranked
        known = {one.row: one for one in ranked}
        first = [known.get(row, Scored(row, 0.0, 0.0, 0.0))._replace(named=NAMED) for row in named_rows]
        first = [one._replace(score=one.score + one.named) for one in first]
        return sorted(
            [*first, *(one for one in ranked if one.row not in named_rows)], key=lambda one: (-one.score, one.row)
        )

    @cached_property
    def _documents(self) -> list[tuple[int, Fields]]:
        return list(self.store.fields())

    def _in_force_first(self, ranked: list[Scored], stored: Mapping[int, Stored]) -> list[Scored]:
        """Lower the score of passages that only ask, and of answers that others have superseded; order anew."""
        weighed = []
        for one in ranked:
            passage = stored[one.row]
            weight = QUESTION_WEIGHT if passage.passage.kind == "spørgsmål" and not one.named else 1.0
            weight *= SUPERSEDED_WEIGHT if passage.document_row in self._superseded else 1.0
            weighed.append(one.weighed(weight))
        return sorted(weighed, key=lambda one: (-one.score, one.row))

    @cached_property
    def _superseded(self) -> frozenset[int]:
        return self.store.superseded()

    def _hit(self, rank: int, one: Scored, stored: Stored, query: Query) -> Hit:
        passage = stored.passage
        head = self.store.head(stored.document_row)
        file = head.files[0]
        span = best_sentence(query, passage.text, self._lexical.idf, self._compounds, self.encoder)
        return Hit(
            rank=rank,
            score=round(one.score, 6),
            passage=passage,
            highlights=(span,),
            citation=Citation(
                root=file.root,
                file=file.file,
                sha256=file.sha256,
                page=passage.page,
                start=passage.start,
                end=passage.end,
                line=passage.line,
            ),
            reference=reference(head.fields, stored.section, file.file),
            fields=head.fields,
            section=stored.section,
            files=tuple(source.file for source in head.files),
            superseded_by=next(self.links(stored.document_row, "superseded_by"), None),
            supplemented_by=tuple(self.links(stored.document_row, "supplemented_by")),
            refers_to=tuple(self.links(stored.document_row, "refers_to")),
            explain={"lexical": round(one.lexical, 6), "dense": round(one.dense, 6), "named": round(one.named, 6)},
        )

    def links(self, row: int, relation: Relation, *, backwards: bool = False) -> Iterator[Link]:
        """Give the documents to which a document stands in a relation, or those that do to it, by name."""
        for other in self.store.related(row, relation, backwards=backwards):
            head = self.store.head(other)
            yield Link(head.id, reference(head.fields, _WHOLE, head.files[0].file))

    def _confidence(self, query: Query, best: Stored) -> float:
        """Estimate, 0..1, how well the best hit fits: the mean of two shares, not calibrated.

        The share of the question's words that stand in the passage or around it, and its cosine.
        """
        words = coverage(f"{best.passage.text} {best.context}", query, self._lexical.idf, self._compounds)
        if query.vector is None:
            return words
        cosine = float(self._dense.scores(query.vector, np.array([best.row], dtype=np.int64))[0])
        return 0.5 * words + 0.5 * max(0.0, cosine)


def checked(question: str) -> str:
    """Give the question as it is searched; raise `UsageError` if it is empty or too long."""
    # A lone surrogate is a byte of the command line that is no UTF-8: it can be neither encoded nor found.
    searched = " ".join(re.sub("[\ud800-\udfff]", "\ufffd", question).split())
    if not searched:
        raise UsageError("the question is empty. Write what you want to know")
    if len(searched) > MAX_QUESTION:
        raise UsageError(
            f"the question is {len(searched):,} characters long; at most {MAX_QUESTION:,} are searched. Shorten it"
        )
    return searched
