"""Writing documents and passages: one SQLite file for each part of an index."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from corpus.document import signature
from corpus.lifecycle import Facts, answers, facts, relations
from corpus.records import Document, Fields, Passage, values
from index.context import context
from index.references import keys
from index.store import ANSWERS, Numbers, Store
from index.words import stem

_SCHEMA = """
CREATE TABLE documents (
  row INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, alike TEXT NOT NULL, text BLOB NOT NULL,
  pages TEXT NOT NULL, fields TEXT NOT NULL, sidecar TEXT NOT NULL, facts TEXT);
CREATE INDEX documents_by_alike ON documents (alike);
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
CREATE TABLE terms (
  term TEXT NOT NULL, first INTEGER NOT NULL, words BLOB NOT NULL, PRIMARY KEY (term, first)) WITHOUT ROWID;
CREATE TABLE words (word TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE gone (document INTEGER PRIMARY KEY);
CREATE TABLE lost (
  term TEXT PRIMARY KEY, words INTEGER NOT NULL, parts INTEGER NOT NULL, context INTEGER NOT NULL,
  anywhere INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE state (done TEXT NOT NULL);
"""


class StoreWriter:
    """Fills the file of one part, or goes on filling it; rows go on from the part before.

    Documents of equal `alike` are taken for one. What was not committed is gone when the file is opened again.
    """

    def __init__(
        self,
        path: Path,
        alike: Callable[[Document], str] = signature,
        first_document: int = 0,
        first_passage: int = 0,
    ) -> None:
        self._alike = alike
        new = not path.exists()
        self._db = sqlite3.connect(path)
        # What a killed process wrote stays: the machine's cache holds it. Power may fail only before publishing.
        self._db.executescript("PRAGMA synchronous=OFF; PRAGMA cache_size=-65536;" + (_SCHEMA if new else ""))
        self._rows = dict(self._db.execute("SELECT id, row FROM documents"))
        self._said = dict(self._db.execute("SELECT alike, row FROM documents"))
        (state,) = self._db.execute("SELECT max(done) FROM state").fetchone()
        self.done: dict[str, Any] = json.loads(state) if state else {}  # what was committed last, as `commit` was told
        self._document = self.done.get("document", first_document)
        self.passages = self.done.get("passage", first_passage)  # the row of the next one
        self._words: Counter[str] = Counter()

    @property
    def documents(self) -> int:
        """How many documents this part holds."""
        return len(self._rows)

    def add(self, document: Document, passages: Sequence[Passage]) -> tuple[int, list[str], list[str]] | None:
        """Add one document with its passages; give its row, and what stands around each section, and its references.

        One that says the same as one that is there only gains the files, and None is given.
        """
        said = self._alike(document)
        row = self._rows.get(document.id, self._said.get(said))
        own = row is None
        added = None
        if row is None:
            row = self._rows[document.id] = self._said[said] = self._document
            self._document += 1
            added = row, *self._add(row, said, document, passages)
        self._db.executemany(
            "INSERT INTO files VALUES (?,?,?,?,?,?)", [(row, *file[:-1], file.own and own) for file in document.files]
        )
        return added

    def _add(self, row: int, said: str, document: Document, passages: Sequence[Passage]) -> tuple[list[str], list[str]]:
        about = facts(document)
        self._db.execute(
            "INSERT INTO documents VALUES (?,?,?,?,?,?,?,?)",
            (
                row,
                document.id,
                said,
                zlib.compress(document.text.encode(), 3),
                json.dumps(document.pages),
                _dump(values(document.fields)),
                json.dumps(document.sidecar),
                _dump([sorted(about.question), about.reprint, about.pointers]) if answers(document.fields) else None,
            ),
        )
        contexts = [context(document, section) for section in document.sections]
        references = [
            " ".join(keys(document.fields.number, document.fields.case, section.number))
            for section in document.sections
        ]
        self._db.executemany(
            "INSERT INTO sections VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            [
                (row, number, contexts[number], references[number], *values(section).values())
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
        return contexts, references

    def count(self, words: Iterable[str]) -> None:
        """Count words of a passage that was added."""
        self._words.update(words)

    def leave_out(self, documents: Iterable[int], words: Mapping[str, int], lost: Mapping[str, Sequence[int]]) -> None:
        """Note that documents of earlier parts are gone, with the counts of their words.

        `lost` tells for each term in how many of their passages it stood, by field.
        """
        self._db.executemany("INSERT INTO gone VALUES (?)", ((row,) for row in documents))
        self._words.subtract(words)
        self._db.executemany("INSERT INTO lost VALUES (?,?,?,?,?)", ((term, *counts) for term, counts in lost.items()))

    def commit(self, terms: Mapping[str, Numbers], state: Mapping[str, Any]) -> None:
        """Keep what was added, with the words that hold each term, and what to go on from."""
        self._db.executemany(
            "INSERT INTO terms VALUES (?,?,?)",
            ((term, int(words[0]), words.astype("<u4").tobytes()) for term, words in sorted(terms.items())),
        )
        self._db.executemany(
            "INSERT INTO words VALUES (?,?) ON CONFLICT DO UPDATE SET count=count+excluded.count",
            sorted(self._words.items()),
        )
        self._words.clear()
        self.done = {**state, "document": self._document, "passage": self.passages}
        self._db.execute("DELETE FROM state")
        self._db.execute("INSERT INTO state VALUES (?)", (json.dumps(self.done),))
        self._db.commit()

    def passages_from(self, row: int) -> Iterator[tuple[int, int, str, str, str]]:
        """Give row, document row, text, context and references of the passages of this part from a row on."""
        yield from self._db.execute(
            "SELECT p.row, p.document, p.text, s.context, s.refs FROM passages p"
            " JOIN sections s ON s.document = p.document AND s.position = p.section WHERE p.row>=? ORDER BY p.row",
            (row,),
        )

    def abandon(self) -> None:
        """Close the file, if it is not, with what was committed last."""
        with suppress(sqlite3.ProgrammingError):
            self._db.rollback()
            self._db.close()

    def close(self, segments: Sequence[str], earlier: Store | None = None) -> tuple[int, int]:
        """Work out stems and relations, close the file, and give how many documents and passages there are in all.

        `segments` are those of the words, which are remembered; `earlier` are the parts before this one.
        """
        self.done["segments"] = list(segments)
        self._db.execute("UPDATE state SET done=?", (json.dumps(self.done),))
        self._db.execute("DELETE FROM stems")
        stems: dict[str, tuple[int, str]] = {}
        for word, count in self._db.execute("SELECT word, count FROM words WHERE count<>0 ORDER BY count DESC, word"):
            if word.isalpha():
                total, form = stems.get(stem(word), (0, word))
                stems[stem(word)] = total + count, form
        self._db.executemany(
            "INSERT INTO stems VALUES (?,?,?)", ((one, *about) for one, about in sorted(stems.items()))
        )
        gone = {row for (row,) in self._db.execute("SELECT document FROM gone")}
        known = [row for row in (earlier.answers() if earlier else []) if row[0] not in gone]
        known += self._db.execute(ANSWERS).fetchall()
        rows = {id_: row for row, id_, *_ in known}
        self._db.execute("DELETE FROM relations")
        self._db.executemany(
            "INSERT OR IGNORE INTO relations VALUES (?,?,?)",
            [(rows[r.document], r.relation, rows[r.other]) for r in relations(_facts(one) for one in known)],
        )
        counts = self._db.execute("SELECT (SELECT count(*) FROM documents), (SELECT count(*) FROM passages)").fetchone()
        self._db.commit()
        self._db.close()
        documents, passages = earlier.counts(gone) if earlier else (0, 0)
        return counts[0] + documents, counts[1] + passages


def _facts(known: Sequence[Any]) -> Facts:
    _, id_, fields, found = known
    question, reprint, pointers = json.loads(found)
    return Facts(id_, Fields(**json.loads(fields)), frozenset(question), reprint, tuple(map(tuple, pointers)))


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
