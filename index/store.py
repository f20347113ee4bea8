"""Documents and passages in one SQLite file, row for row beside the vectors; written once, then only read."""

from __future__ import annotations

import json
import sqlite3
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.document import signature
from corpus.lifecycle import Facts, Relation, facts, relations
from corpus.records import Document, Fields, Page, Passage, Section, SourceFile
from index.context import context
from index.references import keys

Numbers = NDArray[np.uint32]

_MAPPED = 1 << 40  # bytes of the file that may be mapped: all of it, as far as SQLite allows
_REMEMBERED = 10_000  # documents that were among the hits of late
_READ = 4  # whole documents that were read of late: a reader goes from passage to passage
_SCHEMA = """
CREATE TABLE documents (
  row INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, text BLOB NOT NULL,
  pages TEXT NOT NULL, fields TEXT NOT NULL, sidecar TEXT NOT NULL);
CREATE TABLE sections (
  document INTEGER NOT NULL, position INTEGER NOT NULL, context TEXT NOT NULL, refs TEXT NOT NULL,
  kind TEXT NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL, heading TEXT, part TEXT, speaker TEXT, party TEXT,
  role TEXT, time TEXT, until TEXT, number TEXT, unanswered INTEGER NOT NULL, addressee TEXT,
  PRIMARY KEY (document, position)) WITHOUT ROWID;
CREATE TABLE files (
  document INTEGER NOT NULL, root TEXT NOT NULL, file TEXT NOT NULL, sha256 TEXT NOT NULL, sidecar TEXT NOT NULL,
  own INTEGER NOT NULL,
  PRIMARY KEY (root, file)) WITHOUT ROWID;
CREATE TABLE relations (
  document INTEGER NOT NULL, relation TEXT NOT NULL, other INTEGER NOT NULL,
  PRIMARY KEY (document, relation, other)) WITHOUT ROWID;
CREATE INDEX files_by_document ON files (document);
CREATE TABLE passages (
  row INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, document INTEGER NOT NULL, section INTEGER NOT NULL,
  start INTEGER NOT NULL, end INTEGER NOT NULL, page INTEGER, line INTEGER NOT NULL, text TEXT NOT NULL);
CREATE INDEX passages_by_document ON passages (document);
CREATE TABLE stems (stem TEXT PRIMARY KEY, count INTEGER NOT NULL, word TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE terms (term TEXT PRIMARY KEY, words BLOB NOT NULL);
"""


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


class Writer:
    """Fills a new file; rows count from 0 in the order of adding. Documents of equal `alike` are taken for one."""

    def __init__(self, path: Path, alike: Callable[[Document], str] = signature) -> None:
        self._alike = alike
        self._db = sqlite3.connect(path)
        self._db.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + _SCHEMA)
        self._rows: dict[str, int] = {}  # by id
        self._said: dict[str, int] = {}  # by signature
        self._facts: list[Facts] = []
        self.passages = 0

    @property
    def documents(self) -> int:
        """How many documents were added."""
        return len(self._facts)

    def add(self, document: Document, passages: Sequence[Passage]) -> None:
        """Add one document with its passages; one that says the same as one that is there only gains the files."""
        said = self._alike(document)
        row = self._rows.get(document.id, self._said.get(said))
        own = row is None
        if row is None:
            row = self._rows[document.id] = self._said[said] = len(self._rows)
            self._facts.append(facts(document))
            self._add(row, document, passages)
        self._db.executemany(
            "INSERT INTO files VALUES (?,?,?,?,?,?)", [(row, *file[:-1], file.own and own) for file in document.files]
        )

    def _add(self, row: int, document: Document, passages: Sequence[Passage]) -> None:
        self._db.execute(
            "INSERT INTO documents VALUES (?,?,?,?,?,?)",
            (
                row,
                document.id,
                zlib.compress(document.text.encode(), 3),
                json.dumps(document.pages),
                _dump(_plain(document.fields)),
                json.dumps(document.sidecar),
            ),
        )
        self._db.executemany(
            "INSERT INTO sections VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            [
                (
                    row,
                    number,
                    context(document, section),
                    " ".join(keys(document.fields.number, document.fields.case, section.number)),
                    *_plain(section).values(),
                )
                for number, section in enumerate(document.sections)
            ],
        )
        self._db.executemany(
            "INSERT INTO passages VALUES (?,?,?,?,?,?,?,?,?)",
            [
                (self.passages + n, p.id, row, p.section, p.start, p.end, p.page, p.line, p.text)
                for n, p in enumerate(passages)
            ],
        )
        self.passages += len(passages)

    def each_passage(self) -> Iterator[tuple[int, str, str, str, str]]:
        """Give document row, id, text, context and references of every passage added, in the order of their rows."""
        yield from self._db.execute(
            "SELECT p.document, p.id, p.text, s.context, s.refs FROM passages p"
            " JOIN sections s ON s.document = p.document AND s.position = p.section ORDER BY p.row"
        )

    def close(self, stems: Mapping[str, int], forms: Mapping[str, str], terms: Mapping[str, Numbers]) -> None:
        """Add the stems with their counts and commonest forms, the words that hold each term, and the relations."""
        related = [(self._rows[r.document], r.relation, self._rows[r.other]) for r in relations(self._facts)]
        self._db.executemany("INSERT OR IGNORE INTO relations VALUES (?,?,?)", related)
        self._db.executemany(
            "INSERT INTO stems VALUES (?,?,?)", [(stem, count, forms[stem]) for stem, count in sorted(stems.items())]
        )
        self._db.executemany(
            "INSERT INTO terms VALUES (?,?)", ((term, words.astype("<u4").tobytes()) for term, words in terms.items())
        )
        self._db.commit()
        self._db.close()


class Store:
    """An open file, read-only and safe to share between threads."""

    def __init__(self, path: Path) -> None:
        # immutable: nobody writes a published generation, and it may lie on a read-only file system.
        uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        self._uri = uri
        self._local = threading.local()
        self.head = lru_cache(maxsize=_REMEMBERED)(self._head)
        self.related = lru_cache(maxsize=_REMEMBERED)(self._related)
        self.document = lru_cache(maxsize=_READ)(self._document)

    def _query(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        if not hasattr(self._local, "db"):
            self._local.db = sqlite3.connect(self._uri, uri=True, check_same_thread=False)
            # SQLite's own cache is 2 MB: from a big archive nearly every page would be read and copied anew.
            self._local.db.execute(f"PRAGMA mmap_size={_MAPPED}")
        cursor: sqlite3.Cursor = self._local.db.execute(sql, values)
        return cursor

    def stem_count(self, stem: str) -> int:
        """Give how often words of a stem stand in the archive."""
        found = self._query("SELECT count FROM stems WHERE stem=?", (stem,)).fetchone()
        return found[0] if found else 0

    def stem_word(self, stem: str) -> str | None:
        """Give the word of a stem as the archive writes it most often."""
        found = self._query("SELECT word FROM stems WHERE stem=?", (stem,)).fetchone()
        return found[0] if found else None

    def words_of(self, terms: Sequence[str]) -> dict[str, Numbers]:
        """Give the numbers of the words that hold each of the terms; a term that none holds is left out."""
        found = self._query(f"SELECT term, words FROM terms WHERE term IN ({_marks(terms)})", terms)  # noqa: S608
        return {term: np.frombuffer(words, "<u4") for term, words in found}

    def commonest_words(self) -> Iterator[str]:
        """Give a word for each stem, the stem that occurs most often first."""
        return (word for (word,) in self._query("SELECT word FROM stems ORDER BY count DESC, stem"))

    def all_stems(self) -> str:
        """Give all stems in order with line feeds between: one string, since there may be a million."""
        # A subquery: group_concat alone promises no order.
        found = self._query(
            "SELECT group_concat(stem, char(10)) FROM (SELECT stem FROM stems ORDER BY stem)"
        ).fetchone()
        return found[0] or ""

    def files(self) -> list[Filed]:
        """Give every indexed file."""
        rows = self._query("SELECT document, root, file, sha256, sidecar, own FROM files")
        return [Filed(_source(*file), document) for document, *file in rows]

    def _related(self, row: int, relation: Relation, *, backwards: bool = False) -> tuple[int, ...]:
        """Give the rows of the documents to which a document stands in a relation, or of those that do to it."""
        here, there = ("other", "document") if backwards else ("document", "other")
        found = self._query(
            f"SELECT {there} FROM relations WHERE {here}=? AND relation=? ORDER BY {there}",  # noqa: S608 - our words
            (row, relation),
        )
        return tuple(other for (other,) in found)

    def superseded(self) -> frozenset[int]:
        """Give the rows of all documents that are no longer in force."""
        found = self._query("SELECT document FROM relations WHERE relation='superseded_by'")
        return frozenset(row for (row,) in found)

    def passage_ids(self) -> dict[str, int]:
        """Give the row of every passage by its id."""
        return dict(self._query("SELECT id, row FROM passages").fetchall())

    def _head(self, row: int) -> Head:
        """Give one document without its text."""
        id_, fields = self._query("SELECT id, fields FROM documents WHERE row=?", (row,)).fetchone()
        files = self._query(_FILES_OF, (row,))
        return Head(id_, Fields(**json.loads(fields)), tuple(_source(*file) for file in files))

    def fields(self) -> Iterator[tuple[int, Fields]]:
        """Give the row and the fields of every document."""
        for row, fields in self._query("SELECT row, fields FROM documents ORDER BY row"):
            yield row, Fields(**json.loads(fields))

    def _document(self, row: int) -> Document:
        """Give one document by its row."""
        id_, text, pages, fields, sidecar = self._query(
            "SELECT id, text, pages, fields, sidecar FROM documents WHERE row=?", (row,)
        ).fetchone()
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
        found = self._query("SELECT row FROM documents WHERE id=?", (document,)).fetchone()
        return found[0] if found else None

    def find(self, name: str) -> list[int]:
        """Give the rows of the documents with this id, file name, or path within their folder."""
        rows = self._query(
            "SELECT row FROM documents WHERE id=?1 UNION SELECT document FROM files"
            " WHERE file=?1 OR file LIKE ?2 ESCAPE '\\' OR root || '/' || file = ?1",
            (name, "%/" + name.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")),
        )
        return [row for (row,) in rows]

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
        return self._query("SELECT start, end FROM passages WHERE document=? ORDER BY row", (document,)).fetchall()

    def passage_rows(self, documents: Iterable[int]) -> list[int]:
        """Give the rows of all passages of the named documents."""
        wanted = json.dumps(list(documents))
        found = self._query(
            "SELECT row FROM passages WHERE document IN (SELECT value FROM json_each(?)) ORDER BY row",
            (wanted,),
        )
        return [row for (row,) in found]


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


def _plain(record: Fields | Section) -> dict[str, str | int | None]:
    """Give a record's fields; dataclasses.asdict copies deeply, which takes twenty times as long."""
    return {name: getattr(record, name) for name in record.__slots__}


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
