"""What passes between the reader and the process that reads for it: frames of JSON, and nothing that could run.

A frame is eight bytes that give its length, then its bytes. A request is a frame of JSON and a frame with the file's
bytes; a reply is one frame of JSON lines: the head, the text, the sections, the passages. What comes back is
believed only where it fits the records, because a document may have taken that process over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Iterable
from functools import cache
from types import UnionType
from typing import Any, BinaryIO, Literal, NamedTuple, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from corpus.document import document_id
from corpus.records import Document, Fields, Page, Passage, Section, SourceFile

MAX_FRAME = 128 << 20  # bytes
STEP = b"step"  # instead of a reply: a slow step is done, and another begins
_MAX_LINE = 1 << 20  # bytes of a record; the text alone may be longer
_MAX_LINES = 2_000_000
_MAX_FIELD = 10_000  # characters of a field
_MAX_REASON = 300  # characters
_ESCAPE = re.compile(rb"\\(?:(u[dD])|.)", re.DOTALL)
_written = json.JSONEncoder(ensure_ascii=False).encode
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
    head = {"memory": memory, "pages": document.pages, "fields": _bare(document.fields)}
    lines: list[Any] = [head, document.text, len(document.sections), *map(_bare, document.sections)]
    lines += map(_bare, passages)
    return "\n".join(map(_written, lines)).encode("utf-8", "replace")


def pack_refusal(reason: str, memory: int) -> bytes:
    """Write the reason why a document could not be read as a reply."""
    return json.dumps({"memory": memory, "reason": reason}).encode()


def unpack(frame: bytes, source: SourceFile, max_characters: int) -> Reply:
    """Read a reply about `source`; raise `BrokenReplyError` where it is none."""
    try:
        if b"\\ud" in frame or b"\\uD" in frame:  # nothing but controls needs escaping, so each of these is suspect
            _holds(not any(escape[1] for escape in _ESCAPE.finditer(frame)), "a lone surrogate")
        _holds(frame.count(b"\n") < _MAX_LINES, "there are too many lines")
        return _unpacked(frame.split(b"\n"), source, max_characters)
    except (ValueError, TypeError, KeyError, IndexError, RecursionError) as error:
        raise BrokenReplyError(str(error)) from error


def _unpacked(lines: list[bytes], source: SourceFile, max_characters: int) -> Reply:
    head = _parsed(lines[0])
    memory = _whole(head["memory"])
    if "reason" in head:
        reason = " ".join(str(head["reason"])[: 2 * _MAX_REASON].split())
        return Reply(None, (), _printable(reason)[:_MAX_REASON], memory)
    _holds(lines[1][:1] == b'"', "the text is none")  # lists within lists would take a hundred times their length
    text: str = json.loads(lines[1])
    identity = document_id(text)
    pages = tuple(Page(*map(_whole, page)) for page in head["pages"])
    _holds(all(0 <= page.start <= page.end <= len(text) for page in pages), "a page lies outside the text")
    first_passage = 3 + int(lines[2][:10])
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
    passages = tuple(_record(Passage, line) for line in lines[first_passage:])
    for passage in passages:
        _check(passage, document, max_characters)
    _holds(len({passage.id for passage in passages}) == len(passages), "two passages share an id")
    return Reply(document, passages, None, memory)


def _check(passage: Passage, document: Document, max_characters: int) -> None:
    _holds(_ID.fullmatch(passage.id) is not None, "a passage has no id")
    _holds(0 <= passage.start < passage.end <= len(document.text), "a passage lies outside the text")
    _holds(passage.document == document.id, "a passage is of another document")
    _holds(0 <= passage.section < len(document.sections), "a passage lies in no section")
    _holds(0 < len(passage.text) <= max_characters, "a passage is too long")
    _holds(1 <= passage.line <= len(document.text) + 1, "a passage stands on no line")


def _record(kind: type[T], line: bytes) -> T:
    return _made(kind, _parsed(line))


def _made(kind: type[T], values: Any) -> T:
    allowed = _allowed(cast(Hashable, kind))
    _holds(isinstance(values, dict) and values.keys() == allowed.keys(), "a record has other fields")
    for name, value in values.items():
        types, words = allowed[name]
        if type(value) not in types or (words and value is not None and value not in words):
            raise ValueError(f"{name} is {str(value)[:40]!r}")
        if type(value) is str and name != "text" and len(value) > _MAX_FIELD:
            raise ValueError(f"{name} is too long")
    return kind(**values)


def _parsed(line: bytes) -> dict[str, Any]:
    _holds(len(line) <= _MAX_LINE, "a line is too long")
    value = json.loads(line.decode())
    _holds(isinstance(value, dict), "a line holds no record")
    return cast(dict[str, Any], value)


def _whole(value: Any) -> int:
    _holds(type(value) is int and 0 <= value < 1 << 62, "a number is none")
    return cast(int, value)


@cache
def _allowed(kind: Hashable) -> dict[str, tuple[frozenset[type], frozenset[str]]]:
    """Give for each field of a record the types it may have, and the words if only some may stand there."""
    allowed: dict[str, tuple[frozenset[type], frozenset[str]]] = {}
    for name, hint in get_type_hints(kind).items():
        options = get_args(hint) if get_origin(hint) in {Union, UnionType} else (hint,)
        words = [word for option in options if get_origin(option) is Literal for word in get_args(option)]
        types = [str if get_origin(option) is Literal else option for option in options]
        allowed[name] = frozenset(types), frozenset(words)
    return allowed


def _holds(condition: bool, otherwise: str) -> None:
    if not condition:
        raise ValueError(otherwise)


def _bare(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in _allowed(cast(Hashable, type(record)))}


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
