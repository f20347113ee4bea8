"""What passes between the reader and the process that reads for it: frames of JSON, and nothing that could run.

A frame is eight bytes that give its length, then its bytes. A request is a frame of JSON and a frame with the file's
bytes; a reply is one frame of JSON lines: the head, the text, the sections, the passages. What comes back is
believed only where it fits the records, because a document may have taken that process over.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import fields
from functools import cache
from types import UnionType
from typing import Any, BinaryIO, Literal, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

from corpus.records import Document, Fields, Page, Passage, Section, SourceFile

MAX_FRAME = 128 << 20  # bytes
_MAX_LINE = 1 << 20  # bytes of a record; the text alone may be longer
_MAX_FIELD = 10_000  # characters of a field
_MAX_REASON = 300  # characters
_ID = re.compile(r"[0-9a-f]{16}(-[1-9]\d{0,8})?")

T = TypeVar("T")


class Reply(NamedTuple):
    """What the reading process made of one file: a document with its passages, or the reason why not."""

    document: Document | None
    passages: tuple[Passage, ...]
    reason: str | None
    memory: int  # bytes, the most that the process has used so far


class BrokenReplyError(Exception):
    """What came back fits no record."""


def send(stream: BinaryIO, frame: bytes) -> None:
    """Write one frame."""
    stream.write(len(frame).to_bytes(8, "big"))
    stream.write(frame)
    stream.flush()


def receive(stream: BinaryIO) -> bytes | None:
    """Read one frame; None where the other side has gone or sends more than `MAX_FRAME`."""
    head = stream.read(8)
    length = int.from_bytes(head, "big")
    if len(head) < 8 or length > MAX_FRAME:
        return None
    frame = stream.read(length)
    return frame if len(frame) == length else None


def pack(document: Document, passages: Iterable[Passage], memory: int) -> bytes:
    """Write a document with its passages as a reply."""
    shared = {"document"}  # the other side knows it
    head = {"memory": memory, "pages": document.pages, "fields": _bare(document.fields)}
    lines: list[Any] = [head, document.text, len(document.sections), *map(_bare, document.sections)]
    lines += [{key: value for key, value in _bare(p).items() if key not in shared} for p in passages]
    return b"\n".join(json.dumps(line, ensure_ascii=False).encode("utf-8", "replace") for line in lines)


def pack_refusal(reason: str, memory: int) -> bytes:
    """Write the reason why a document could not be read as a reply."""
    return json.dumps({"memory": memory, "reason": reason}).encode()


def unpack(frame: bytes, source: SourceFile, max_characters: int) -> Reply:
    """Read a reply about `source`; raise `BrokenReplyError` where it is none."""
    try:
        return _unpacked(frame.split(b"\n"), source, max_characters)
    except (ValueError, TypeError, KeyError, IndexError, RecursionError) as error:
        raise BrokenReplyError(str(error)) from error


def _unpacked(lines: list[bytes], source: SourceFile, max_characters: int) -> Reply:
    head = _parsed(lines[0], MAX_FRAME)
    memory = _fitting(head["memory"], int)
    if "reason" in head:
        reason = " ".join(_fitting(head["reason"], str).split())
        return Reply(None, (), _printable(reason)[:_MAX_REASON], memory)
    text = json.loads(lines[1])
    _holds(isinstance(text, str), "the text is none")
    identity = hashlib.sha256(text.encode()).hexdigest()[:16]
    pages = tuple(Page(*(_fitting(number, int) for number in page)) for page in head["pages"])
    _holds(all(0 <= page.start <= page.end <= len(text) for page in pages), "a page lies outside the text")
    first_passage = 3 + _fitting(json.loads(lines[2]), int)
    sections = tuple(_record(Section, line) for line in lines[3:first_passage])
    document = Document(
        id=identity,
        files=(source,),
        text=text,
        pages=pages,
        fields=_made(Fields, head["fields"]),
        sections=sections,
    )
    _holds(all(0 <= s.start <= s.end <= len(text) for s in sections), "a section lies outside the text")
    passages = tuple(_record(Passage, line, document=identity) for line in lines[first_passage:])
    for passage in passages:
        _check(passage, document, max_characters)
    _holds(len({passage.id for passage in passages}) == len(passages), "two passages share an id")
    return Reply(document, passages, None, memory)


def _check(passage: Passage, document: Document, max_characters: int) -> None:
    _holds(_ID.fullmatch(passage.id) is not None, "a passage has no id")
    _holds(0 <= passage.start < passage.end <= len(document.text), "a passage lies outside the text")
    _holds(0 <= passage.section < len(document.sections), "a passage lies in no section")
    _holds(0 < len(passage.text) <= max_characters, "a passage is too long")
    _holds(1 <= passage.line <= len(document.text) + 1, "a passage stands on no line")


def _record(kind: type[T], line: bytes, **known: str) -> T:
    return _made(kind, {**_parsed(line, _MAX_LINE), **known})


def _made(kind: type[T], values: Any) -> T:
    hints = _hints(kind)
    _holds(isinstance(values, dict) and values.keys() == hints.keys(), f"this is no {kind.__name__}")
    return kind(**{name: _fitting(value, hints[name]) for name, value in values.items()})


def _parsed(line: bytes, limit: int) -> dict[str, Any]:
    _holds(len(line) <= limit, "a line is too long")
    value = json.loads(line)
    _holds(isinstance(value, dict), "a line holds no record")
    return value  # type: ignore[no-any-return]


def _fitting(value: Any, hint: Any) -> Any:
    """Give the value if it is of the type; the types are those that the records use."""
    options = get_args(hint) if get_origin(hint) is UnionType else (hint,)
    for option in options:
        if get_origin(option) is Literal and isinstance(value, str) and value in get_args(option):
            return value
        if option is int and type(value) is int and abs(value) < 1 << 62:
            return value
        if option is str and isinstance(value, str) and len(value) <= _MAX_FIELD:
            value.encode()  # a lone surrogate could not be stored
            return value
        if option is type(None) and value is None:
            return value
    raise ValueError(f"{str(value)[:40]!r} is no {hint}")


def _holds(condition: bool, otherwise: str) -> None:
    if not condition:
        raise ValueError(otherwise)


@cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    return get_type_hints(kind)


def _bare(record: Any) -> dict[str, Any]:
    return {each.name: getattr(record, each.name) for each in fields(record)}


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
