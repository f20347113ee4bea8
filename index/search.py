"""Search: one open generation answers questions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from pathlib import Path
from typing import Literal

import numpy as np

from corpus.errors import UsageError
from corpus.lifecycle import Relation
from corpus.records import Answer, Citation, Explanation, Fields, Hit, Link, Section
from corpus.reference import reference
from index.background import compounds
from index.confidence import confidence
from index.encoder import Encoder
from index.evidence import Evidence, Judge
from index.explanation import matched
from index.filters import Filters
from index.followup import resolve
from index.fusion import Scored, convex
from index.generation import LEXICAL, SENTENCES, Manifest
from index.lexical import Lexical
from index.opening import Opened, opened
from index.own_model import used
from index.parts import open_store, open_vectors, parts
from index.query import Query
from index.ranking import Ranked, spread, weigh
from index.readonly import lockable
from index.references import key, named
from index.rerank import Reranker, reranked
from index.sentences import Sentences
from index.settings import Ranking
from index.translation import Translator, foreign
from index.understanding import Understanding
from index.vectors import MANY, Rows

Mode = Literal["lexical", "dense", "hybrid"]
MAX_QUESTION = 1_000  # characters
_EXACT = 5  # decimals of a score; those beyond them differ by where among others a passage's numbers lie
_WHOLE = Section(kind="tekst", start=0, end=0)  # a document is named without any of its speakers


class Searcher:
    """An open generation of an index; safe to share between threads."""

    opened: Opened | None = None  # keeps the generation from being swept

    def __init__(
        self,
        folder: Path,
        manifest: Manifest,
        encoder: Encoder,
        ranking: Ranking | None = None,
        reranker: Reranker | None = None,
    ) -> None:
        self.folder = folder
        self.manifest = manifest
        self.encoder = encoder
        self.ranking = ranking or Ranking()
        self.reranker = reranker
        self.store = open_store(folder, manifest)
        self._compounds = compounds()
        self._dense = open_vectors(folder, manifest, self.store)
        # Both legs leave Python's lock free. With less to look through, many questions at once would only be in each
        # other's way: at 100,000 passages a fifth fewer were answered in the same time.
        self._beside = ThreadPoolExecutor(thread_name_prefix="words") if len(self._dense) >= MANY else None
        gone = len(self._dense) - manifest.passages
        self._words = lockable(folder / LEXICAL)
        self._lexical = Lexical(self._words.path, self._compounds, self.ranking.words, gone, self.store.lost)
        self._sentences = Sentences([part / SENTENCES for part in parts(folder, manifest)], self.store.words_of)
        self._understanding = Understanding(self.store, self._lexical, self._compounds)

    @classmethod
    def open(
        cls, index: Path, model: str | None = None, reranker: Reranker | None = None, loaded: Encoder | None = None
    ) -> Searcher:
        """Open the current generation: every file is hashed first, and the model must be the one it was built with.

        `model` says where that model lies now, if it has moved. Of a damaged index the last good generation is opened.
        `loaded` spares loading it again, where it is that very model.
        """
        found = opened(index)
        encoder = used(found.folder, found.manifest, model, loaded)
        searcher = cls(found.folder, found.manifest, encoder, reranker=reranker)
        searcher.opened = found
        return searcher

    def ask(
        self,
        question: str,
        top: int = 5,
        filters: Filters | None = None,
        mode: Mode = "hybrid",
        previous: Sequence[str] = (),
        *,
        explain: bool = False,
    ) -> Answer:
        """Answer one question with the passages that fit best, word for word.

        `previous` are the questions asked before it, oldest first: a follow-up is understood from them. `explain` adds
        to each hit's explanation the terms that it was found by.
        """
        searched = resolve(checked(question), previous if self.ranking.conversation else ())
        if top < 1:
            raise UsageError(f"--top {top} is too few. Ask for 1 or more")
        query = self._query(searched, mode)
        best = max(self.ranking.reordered, 2 * top)
        found = self._found(query, filters, mode, max(self.ranking.candidates, top), best)
        ranked = self._weighed(query, found, mode)
        sure = confidence(query, ranked, self.ranking) if ranked else 0.0  # learned on this order
        if self.reranker and mode == "hybrid":
            ranked = reranked(searched, ranked, self.reranker, self._superseded)
        return Answer(
            question=question,
            searched=searched,
            answered=sure >= self.ranking.answered,
            confidence=round(sure, 4),
            generation=self.manifest.generation,
            hits=tuple(
                self._hit(place, one, query if explain else None)
                for place, one in enumerate(spread(ranked, top, self.ranking.per_document), 1)
            ),
            expanded=query.expanded,
            unknown=query.unknown,
        )

    def rank(self, question: str, k: int, mode: Mode = "hybrid") -> list[Scored]:
        """Give the rows of the k best passages by the fusion of the legs alone, for evaluation."""
        return self._found(self._query(question, mode), None, mode, max(self.ranking.candidates, 2 * k), k)

    def weighed(self, question: str, previous: Sequence[str] = ()) -> tuple[Query, list[Ranked]]:
        """Give a question as it is searched, and what the hybrid weighs for it, for tuning."""
        query = self._query(resolve(checked(question), previous), "hybrid")
        found = self._found(query, None, "hybrid", self.ranking.candidates, self.ranking.reordered)
        return query, self._weighed(query, found, "hybrid")

    def _query(self, question: str, mode: Mode) -> Query:
        wanted = mode != "lexical" or self.encoder.cheap
        read = self._understanding.read(question)
        vector = self.encoder.encode([read.text], "query")[0] if wanted else None
        query = Query(question, read.terms, vector, read.stands_for, read.expanded, read.unknown)
        if self.encoder.cheap and self.ranking.translated and foreign(question):
            return self._translator.translated(query, self.ranking.translated)
        return query

    @cached_property
    def _translator(self) -> Translator:
        return Translator(self.store.commonest_words(), self.encoder)

    def _found(self, query: Query, filters: Filters | None, mode: Mode, k: int, best: int) -> list[Scored]:
        """Give the best of k that each leg finds, by their fusion; what the question names by number goes first."""
        documents: list[int] | None = None
        rows: Rows | None = None
        if filters:
            documents = filters.rows(self._documents)
            rows = np.array(self.store.passage_rows(documents), dtype=np.int64)
        lexical, dense = self._legs(query, mode, k, documents, rows)
        if mode == "hybrid" and query.vector is not None:
            missing = np.array([row for row in lexical if row not in dense], dtype=np.int64)
            cosines = self._dense.scores(query.vector, missing)
            dense |= {int(row): float(cosine) for row, cosine in zip(missing, cosines, strict=True)}
        names = named(query.text) if self.ranking.references else []
        weight = {"lexical": 1.0, "dense": 0.0, "hybrid": self.ranking.lexical_weight}[mode]
        ranked = convex(lexical, dense, weight, 2 * k if names else best)
        named_rows = {row for name in names for row in self._lexical.referred(key(name), k, documents)}
        if not named_rows:
            return ranked
        known = {one.row: one for one in ranked}
        first = [known.get(row, Scored(row, 0.0, 0.0, 0.0))._replace(named=1.0) for row in named_rows]
        others = (one for one in ranked if one.row not in named_rows)
        return [*sorted(first, key=lambda one: (-one.score, one.row)), *others][:best]

    def _legs(
        self, query: Query, mode: Mode, k: int, documents: list[int] | None, rows: Rows | None
    ) -> tuple[dict[int, float], dict[int, float]]:
        """Give what words and vectors find, looked for side by side where the archive is big."""
        by_words = partial(self._lexical.search, query.terms, k, documents)
        if mode == "lexical" or query.vector is None:
            return (by_words() if mode != "dense" else {}), {}
        by_vectors = partial(self._dense.search, query.vector, k, rows)
        if mode == "dense":
            return {}, by_vectors()
        if self._beside is None:
            return by_words(), by_vectors()
        words = self._beside.submit(by_words)
        dense = by_vectors()
        return words.result(), dense

    @cached_property
    def _documents(self) -> list[tuple[int, Fields]]:
        return list(self.store.fields())

    @cached_property
    def _superseded(self) -> frozenset[int]:
        return self.store.superseded()

    def _weighed(self, query: Query, found: Sequence[Scored], mode: Mode) -> list[Ranked]:
        """Weigh passages by all that speaks for each; in the hybrid, put them in that order.

        Of equal ones the id decides, which is the same after an update as in an index written anew; rows are not.
        """
        kept = self.store.passages(one.row for one in found)
        judge = Judge(query, self._lexical.idf, self._sentences, self.encoder, self.ranking.sentence)
        judged = judge.judge([kept[one.row] for one in found], found, self._superseded)
        ranked = [
            Ranked(
                round(sum(weigh(each.evidence, self.ranking.evidence)), _EXACT) if mode == "hybrid" else one.score,
                one,
                kept[one.row],
                each,
            )
            for one, each in zip(found, judged, strict=True)
        ]
        return sorted(
            ranked,
            key=lambda one: (0.0 if mode == "hybrid" else -one.scored.named, -one.score, one.stored.passage.id),
        )

    def _hit(self, place: int, one: Ranked, explained: Query | None) -> Hit:
        passage, section = one.stored.passage, one.stored.section
        head = self.store.head(one.stored.document_row)
        file = head.files[0]
        return Hit(
            rank=place,
            score=round(one.score, 6),
            passage=passage,
            highlights=(one.judged.span,),
            citation=Citation(
                root=file.root,
                file=file.file,
                sha256=file.sha256,
                page=passage.page,
                start=passage.start,
                end=passage.end,
                line=passage.line,
            ),
            reference=reference(head.fields, section, file.file),
            fields=head.fields,
            section=section,
            files=tuple(source.file for source in head.files),
            superseded_by=next(self.links(one.stored.document_row, "superseded_by"), None),
            supplemented_by=tuple(self.links(one.stored.document_row, "supplemented_by")),
            refers_to=tuple(self.links(one.stored.document_row, "refers_to")),
            explain=Explanation(
                parts=self._parts(one),
                bm25=round(one.scored.words, 6),
                cosine=round(one.scored.vectors, 6),
                lexical=round(one.scored.lexical, 6),
                dense=round(one.scored.dense, 6),
                terms=matched(explained, one.stored, self._lexical, self._compounds) if explained else (),
            ),
        )

    def _parts(self, one: Ranked) -> dict[str, float]:
        """Give the score's parts, which add up to it: each leg's, and in the hybrid those of all other evidence."""
        if one.score == one.scored.score:
            parts = {"lexical": one.scored.lexical, "dense": one.scored.dense}
        else:
            words, vectors, *others = weigh(one.judged.evidence, self.ranking.evidence)
            parts = {"lexical": words, "dense": vectors} | dict(zip(Evidence._fields[2:], others, strict=True))
        if one.reranked is not None:
            parts["rerank"] = one.reranked
        return {name: round(part, 6) for name, part in parts.items()}

    def links(self, row: int, relation: Relation, *, backwards: bool = False) -> Iterator[Link]:
        """Give the documents to which a document stands in a relation, or those that do to it, by name."""
        for other in self.store.related(row, relation, backwards=backwards):
            head = self.store.head(other)
            yield Link(head.id, reference(head.fields, _WHOLE, head.files[0].file))


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
