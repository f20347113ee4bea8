"""One document, by the name a user gives it."""

from __future__ import annotations

from pathlib import Path

from corpus.errors import InputError
from index.store import Store


def named_document(store: Store, name: str, index: Path, *, gone: bool = False) -> int:
    """Give the row of the document with this id or file name; raise InputError where that is none or several.

    With `gone` also one that was taken out, and stands in a file still.
    """
    rows = store.find(name, gone=gone)
    if not rows:
        raise InputError(f"no document {name} in {index}. Give an id or a file name as a citation shows it")
    if len(rows) > 1:
        files = ", ".join(file.root + "/" + file.file for row in rows[:5] for file in store.head(row).files)
        raise InputError(f"{name} names {len(rows)} documents: {files}. Give more of the path")
    return rows[0]
