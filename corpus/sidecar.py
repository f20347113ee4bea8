"""Sidecars: `NAME.meta.json` beside a document says of it what its text may not, and is trusted over the text."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import date
from typing import Any, get_args

from corpus.disk import read_regular
from corpus.errors import UnreadableError
from corpus.files import SIDECAR, Found, sha256
from corpus.letter_fields import numbers_in
from corpus.records import Differing, Document, Fields, Kind, Status

_MOST = 64_000  # bytes
_LONGEST = 2_000  # characters of a field
_NAMES = frozenset(field.name for field in fields(Fields))
_OWN_WORDS = frozenset({"title", "url"})  # which a text and those who file it word differently, and rightly so
_CHOICES = {"kind": get_args(Kind), "status": get_args(Status)}


def digest(found: Found) -> str:
    """Give the SHA-256 of a document's sidecar, or nothing where it has none."""
    try:
        data = _bytes(found)
    except UnreadableError as error:
        return sha256(str(error).encode())  # it changes when the reason does
    return "" if data is None else sha256(data)


def described(document: Document, found: Found) -> Document:
    """Give the document with the fields that its sidecar names; names of its own that are no fields are left alone.

    A letter may answer several questions, of which its sidecar names one: the number is then the text's, with all.

    Raises `UnreadableError` if the sidecar is none; the document then stands by its text alone.
    """
    data = _bytes(found)
    if data is None:
        return document
    try:
        values = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"the sidecar is no JSON ({error}). Mend or remove it") from error
    if not isinstance(values, dict):
        raise UnreadableError("the sidecar is no JSON object. Mend or remove it")
    named = {name: _checked(name, values[name]) for name in sorted(values.keys() & _NAMES)}
    said = document.fields.number
    if said and named.get("number") != said and named.get("number") in numbers_in(said):
        del named["number"]
    return replace(document, fields=replace(document.fields, **named), sidecar=tuple(named))


def differing(read: Document, told: Document, file: str) -> Iterator[Differing]:
    """Give every field that a document's own text says otherwise than its sidecar, but for case and punctuation."""
    for name in told.sidecar:
        said, given = getattr(read.fields, name), getattr(told.fields, name)
        if name in _OWN_WORDS or said is None or given is None or (name, said) == ("kind", "dokument"):
            continue
        if re.sub(r"[\W_]", "", said).casefold() != re.sub(r"[\W_]", "", given).casefold():
            yield Differing(file, name, said, given)


def _bytes(found: Found) -> bytes | None:
    if found.member is not None:
        return None
    path = found.root / (found.file + SIDECAR)
    return read_regular(found.root, path, _MOST) if os.path.lexists(path) else None


def _checked(name: str, value: Any) -> Any:
    if value is None:
        if name == "kind":
            raise UnreadableError('the sidecar\'s "kind" is null. Mend or remove it')
        return None
    if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST:
        raise UnreadableError(f'the sidecar\'s "{name}" is no text. Mend or remove it')
    if not value.isprintable():
        raise UnreadableError(f'the sidecar\'s "{name}" holds what cannot be shown. Mend or remove it')
    if name in _CHOICES and value not in _CHOICES[name]:
        raise UnreadableError(f'the sidecar\'s "{name}" is none of {", ".join(_CHOICES[name])}. Mend or remove it')
    if name == "date":
        try:
            if date.fromisoformat(value).isoformat() != value:
                raise ValueError(value)
        except ValueError as error:
            raise UnreadableError('the sidecar\'s "date" is not YYYY-MM-DD. Mend or remove it') from error
    return value
