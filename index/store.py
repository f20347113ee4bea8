"""Documents and passages in one SQLite file for each part of an index, row for row beside the vectors; only read."""

from __future__ import annotations

import json
import sqlite3
import threading
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.lifecycle import Relation
from corpus.records import Document, Fields, Page, Passage, Section, SourceFile

Numbers = NDArray[np.uint32]

_CACHE = 8_000  # kilobytes of each file that a thread holds: the upper levels of its trees
_REMEMBERED = 10_000  # documents that were among the hits of late
_READ = 4  # whole documents that were read of late: a reader goes from passage to passage


class Stored(NamedTuple):
    """One passage as stored, with its section, what stands around it, and the rows of itself and of its document."""

    row: int
    document_row: int
    passage: Passage
    section: Section
    context: str


class Filed(NamedTuple):
    """One indexed file, and the row of its document."""

    source: SourceFile
    document_row: int


class Head(NamedTuple):
    """One document without its text; the first of its files is the one that is cited."""

    id: str
    fields: Fields
    files: tuple[SourceFile, ...]


class Store:
    """The open files of all parts, read-only and safe to share between threads."""

    def __init__(self, *paths: Path) -> None:
        # immutable: nobody writes a published generation, and it may lie on a read-only file system.
        self._uris = [f"{path.resolve().as_uri()}?mode=ro&immutable=1" for path in paths]
        self._local = threading.local()
        self.gone = frozenset(row for (row,) in self._query("SELECT document FROM gone"))
        self.head = lru_cache(maxsize=_REMEMBERED)(self._head)
        self.related = lru_cache(maxsize=_REMEMBERED)(self._related)
        self.document = lru_cache(maxsize=_READ)(self._document)

    def _parts(self) -> list[sqlite3.Connection]:
        if not hasattr(self._local, "parts"):
            parts = [sqlite3.connect(uri, uri=True, check_same_thread=False) for uri in self._uris]
            for part in parts:
                # Not mapped, which is no faster: of a big archive the whole file would soon count as our memory.
                part.execute(f"PRAGMA cache_size=-{_CACHE}")
            self._local.parts = parts
        found: list[sqlite3.Connection] = self._local.parts
        return found

    def _query(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Ask every part, the first one first."""
        parts = self._parts()
        if len(parts) == 1:
            return parts[0].execute(sql, values).fetchall()
        return [row for part in parts for row in part.execute(sql, values)]

    def _last(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Ask the last part, which knows how all documents stand to each other."""
        return self._parts()[-1].execute(sql, values).fetchall()

    def _there(self, rows: Iterable[int]) -> list[int]:
        return [row for row in rows if row not in self.gone]

    def counts(self, gone: Iterable[int] | None = None) -> tuple[int, int]:
        """Give how many documents and passages are there, those of `gone` left out."""
        gone = self.gone if gone is None else gone
        left_out = len(self.passage_rows(gone))
        there = {row for (row,) in self._query("SELECT row FROM documents")}.difference(gone)
        return len(there), sum(count for (count,) in self._query("SELECT count(*) FROM passages")) - left_out

    def answers(self) -> list[tuple[Any, ...]]:
        """Give what decides how answers stand to each other: rows, ids, fields and facts."""
        return [row for row in self._query(ANSWERS) if row[0] not in self.gone]

    def alike(self, document: str, said: str) -> list[int]:
        """Give the rows of the documents that have this id, or say the same."""
        same = self._query("SELECT row FROM documents WHERE id=?", (document,))
        like = self._query("SELECT row FROM documents WHERE alike=?", (said,))
        return self._there(dict.fromkeys(row for (row,) in (*same, *like)))

    def lost(self, terms: Sequence[str]) -> dict[str, tuple[int, int, int, int]]:
        """Give in how many passages that are gone the words still hold each term, by field."""
        if not self.gone:
            return {}
        found = self._last(f"SELECT * FROM lost WHERE term IN ({_marks(terms)})", terms)  # noqa: S608
        return {term: (words, parts, context, anywhere) for term, words, parts, context, anywhere in found}

    def done(self) -> dict[str, Any]:
        """Give what the last part was last committed with."""
        state: dict[str, Any] = json.loads(self._last("SELECT done FROM state")[0][0])
        return state

    def stem_count(self, stem: str) -> int:
        """Give how often words of a stem stand in the archive."""
        return sum(count for (count,) in self._query("SELECT count FROM stems WHERE stem=?", (stem,)))

    def stem_word(self, stem: str) -> str | None:
        """Give the word of a stem as the archive writes it most often."""
        found = self._query("SELECT count, word FROM stems WHERE stem=?", (stem,))
        return max(found, key=itemgetter(0))[1] if found else None

    def words_of(self, terms: Sequence[str]) -> dict[str, Numbers]:
        """Give the numbers of the words that hold each of the terms; a term that none holds is left out."""
        sql = f"SELECT term, words FROM terms WHERE term IN ({_marks(terms)}) ORDER BY term, first"  # noqa: S608
        found: dict[str, bytes] = {}
        for term, words in self._query(sql, terms):
            found[term] = found[term] + words if term in found else words
        return {term: np.frombuffer(words, "<u4") for term, words in found.items()}

    def commonest_words(self) -> Iterator[str]:
        """Give a word for each stem, the stem that occurs most often first."""
        counts: Counter[str] = Counter()
        words: dict[str, str] = {}
        for one, count, word in self._query("SELECT stem, count, word FROM stems"):
            counts[one] += count
            words.setdefault(one, word)
        there = ((one, count) for one, count in counts.items() if count > 0)
        return (words[one] for one, _ in sorted(there, key=lambda each: (-each[1], each[0])))

    def all_stems(self) -> str:
        """Give all stems in order with line feeds between: one string, since there may be a million."""
        if len(self._uris) > 1:
            counts = Counter[str]()
            for one, count in self._query("SELECT stem, count FROM stems"):
                counts[one] += count
            return "\n".join(sorted(one for one, count in counts.items() if count > 0))
        # A subquery: group_concat alone promises no order.
        ((found,),) = self._query("SELECT group_concat(stem, char(10)) FROM (SELECT stem FROM stems ORDER BY stem)")
        return found or ""

    def files(self) -> list[Filed]:
        """Give every indexed file."""
        rows = self._query("SELECT document, root, file, sha256, sidecar, own FROM files")
        return [Filed(_source(*file), document) for document, *file in rows if document not in self.gone]

    def _related(self, row: int, relation: Relation, *, backwards: bool = False) -> tuple[int, ...]:
        """Give the rows of the documents to which a document stands in a relation, or of those that do to it."""
        here, there = ("other", "document") if backwards else ("document", "other")
        found = self._last(
            f"SELECT {there} FROM relations WHERE {here}=? AND relation=? ORDER BY {there}",  # noqa: S608 - our words
            (row, relation),
        )
        return tuple(other for (other,) in found)

    def superseded(self) -> frozenset[int]:
        """Give the rows of all documents that are no longer in force."""
        found = self._last("SELECT document FROM relations WHERE relation='superseded_by'")
        return frozenset(row for (row,) in found)

    def end(self) -> int:
        """Give the row after the last passage's."""
        end: int = self.done()["passage"]
        return end

    def rows_of(self, passages: Sequence[str]) -> dict[str, int]:
        """Give the rows of those passages that are there, by id."""
        found = self._query(f"SELECT id, row, document FROM passages WHERE id IN ({_marks(passages)})", passages)  # noqa: S608
        return {id_: row for id_, row, document in found if document not in self.gone}

    def _head(self, row: int) -> Head:
        """Give one document without its text."""
        ((id_, fields),) = self._query("SELECT id, fields FROM documents WHERE row=?", (row,))
        files = self._query(_FILES_OF, (row,))
        return Head(id_, Fields(**json.loads(fields)), tuple(_source(*file) for file in files))

    def fields(self) -> Iterator[tuple[int, Fields]]:
        """Give the row and the fields of every document."""
        for row, fields in self._query("SELECT row, fields FROM documents ORDER BY row"):
            if row not in self.gone:
                yield row, Fields(**json.loads(fields))

    def _document(self, row: int) -> Document:
        """Give one document by its row."""
        ((id_, text, pages, fields, sidecar),) = self._query(
            "SELECT id, text, pages, fields, sidecar FROM documents WHERE row=?", (row,)
        )
        sections = self._query("SELECT * FROM sections WHERE document=? ORDER BY position", (row,))
        files = self._query(_FILES_OF, (row,))
        return Document(
            id=id_,
            files=tuple(_source(*file) for file in files),
            text=zlib.decompress(text).decode(),
            pages=tuple(Page(*page) for page in json.loads(pages)),
            fields=Fields(**json.loads(fields)),
            sections=tuple(_section(about) for _, _, _, _, *about in sections),
            sidecar=tuple(json.loads(sidecar)),
        )

    def row(self, document: str) -> int | None:
        """Give the row of the document with this id."""
        found = self._query("SELECT row FROM documents WHERE id=?", (document,))
        return next(iter(self._there(row for (row,) in found)), None)

    def find(self, name: str, *, gone: bool = False) -> list[int]:
        """Give the rows of the documents with this id, signature, file name, or path within their folder.

        With `gone` also of those that are found no more, but stand in a file still, where no other is of this name.
        """
        rows = self._query(
            "SELECT row FROM documents WHERE id=?1 OR alike=?1 UNION SELECT document FROM files"
            " WHERE file=?1 OR substr(file, -length(?2)) = ?2 OR root || '/' || file = ?1",
            (name, f"/{name}"),
        )
        found = [row for (row,) in rows]
        return self._there(found) or (found if gone else [])

    def passages(self, rows: Iterable[int]) -> dict[int, Stored]:
        """Give the named passages by row."""
        wanted = list(rows)
        found = self._query(f"{_PASSAGES} WHERE p.row IN ({_marks(wanted)})", wanted)
        return {stored.row: stored for stored in map(_stored, found)}

    def passages_of(self, document: int) -> list[Stored]:
        """Give the passages of one document, in order."""
        return list(map(_stored, self._query(f"{_PASSAGES} WHERE p.document=? ORDER BY p.row", (document,))))

    def places_of(self, document: int) -> list[tuple[int, int]]:
        """Give where the passages of one document start and end, in order."""
        return self._query("SELECT start, end FROM passages WHERE document=? ORDER BY row", (document,))

    def passage_rows(self, documents: Iterable[int]) -> list[int]:
        """Give the rows of all passages of the named documents."""
        wanted = json.dumps(list(documents))
        found = self._query(
            "SELECT row FROM passages WHERE document IN (SELECT value FROM json_each(?)) ORDER BY row",
            (wanted,),
        )
        return [row for (row,) in found]


# What decides how answers stand to each other.
ANSWERS = "SELECT row, id, fields, facts FROM documents WHERE facts IS NOT NULL ORDER BY row"
_FILES_OF = "SELECT root, file, sha256, sidecar, own FROM files WHERE document=? ORDER BY own DESC, root, file"
_PASSAGES = (
    "SELECT p.row, p.id, d.id, p.start, p.end, p.page, p.line, p.text, s.*"
    " FROM passages p JOIN documents d ON d.row = p.document"
    " JOIN sections s ON s.document = p.document AND s.position = p.section"
)


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))


def _source(root: str, file: str, sha256: str, sidecar: str, own: int) -> SourceFile:
    return SourceFile(root, file, sha256, sidecar, bool(own))


def _section(columns: Sequence[Any]) -> Section:
    named = dict(zip(Section.__slots__, columns, strict=True))
    return Section(**{**named, "unanswered": bool(named["unanswered"])})


def _stored(columns: tuple[Any, ...]) -> Stored:
    row, id_, document, start, end, page, line, text, document_row, position, around, _, *about = columns
    section = _section(about)
    passage = Passage(
        id=id_,
        document=document,
        section=position,
        kind=section.kind,
        start=start,
        end=end,
        page=page,
        line=line,
        text=text,
    )
    return Stored(row, document_row, passage, section, around)
