"""Opening what lies in a folder of documents: regular files inside the folder, of bounded size, and nothing else.

What is written there appears whole or not at all.
"""

from __future__ import annotations

import errno
import io
import os
import stat
from functools import lru_cache
from pathlib import Path

from corpus.errors import InputError, UnreadableError

MAX_BYTES = 100_000_000  # of one document, in a file or in an archive
_NOT_HELD = frozenset("\u2421\ufffd") | {chr(0x2400 + code) for code in range(32)}
_REORDERING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029")


def open_regular(root: Path, path: Path) -> io.BufferedReader:
    """Open a regular file that lies under `root`, also through links; raise `UnreadableError` for all else.

    Nothing is waited for, as a pipe would be, and what a link outside the folder names is not opened.
    """
    try:
        real, inside = _behind(path), _real(root)
        if os.path.commonpath([real, inside]) != inside:
            raise UnreadableError("this is a link out of the folder. Put the document itself there")
        number = os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
    except (OSError, ValueError) as error:
        if any(character in _NOT_HELD for character in str(path)):
            reason = "its name holds control characters, or bytes that are no UTF-8. Rename it"
        elif isinstance(error, OSError) and error.errno == errno.ENXIO:  # a socket
            reason = "this is no regular file"
        else:
            reason = f"the file cannot be read: {getattr(error, 'strerror', None) or 'impossible name'}"
        raise UnreadableError(reason) from error
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise UnreadableError("this is no regular file")
    return os.fdopen(number, "rb")


def _behind(path: Path) -> str:
    """Give where a path leads through all links; the kernel knows in a tenth of the time that walking it takes."""
    try:
        number = os.open(path, os.O_PATH | os.O_CLOEXEC)  # opens nothing but the name
        try:
            return str(Path(f"/proc/self/fd/{number}").readlink())
        finally:
            os.close(number)
    except (OSError, AttributeError):  # it leads nowhere, or this is not Linux
        return os.path.realpath(path)


@lru_cache(maxsize=8)
def _real(root: Path) -> str:
    """Look through the links of a folder once, not for each of its hundred thousand files."""
    return os.path.realpath(root)


def read_regular(root: Path, path: Path, limit: int = MAX_BYTES) -> bytes:
    """Read a whole regular file under `root`; one that is longer than `limit`, or changes meanwhile, is refused."""
    with open_regular(root, path) as file:
        before = os.fstat(file.fileno())
        if before.st_size > limit:
            raise UnreadableError(f"the file is {before.st_size:,} bytes; at most {limit:,} are read. Split it")
        try:
            data = file.read(limit + 1)
        except OSError as error:
            raise UnreadableError(f"the file cannot be read: {error.strerror}") from error
        after = os.fstat(file.fileno())
    if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns) or len(data) != before.st_size:
        raise UnreadableError("the file changed while it was read. Index again when it is complete")
    return data


def part_of(path: Path) -> Path:
    """Give the hidden name, which no reader takes up, under which a file is written until it is whole."""
    return path.with_name(f".{path.name}.part")


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that is there whole, also after a crash, or as it was before; raise `InputError` where it cannot be.

    Bytes that are there already are left alone, with their time.
    """
    try:
        if path.is_file() and not path.is_symlink() and path.read_bytes() == data:
            return
        part = part_of(path)
        with part.open("wb") as file:
            file.write(data)
        land(part, path)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}. Make room or choose another folder") from error


def land(part: Path, path: Path) -> None:
    """Give a file that was written as `part` its final name, once its bytes are on disk."""
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(path)


def visible(name: str) -> str:
    """Give a name as it can be shown and stored: what cannot be printed becomes a character that says so.

    No file can be opened under a name that was changed, and `open_regular` says why.
    """
    return "".join(map(_shown, name)) if not name.isprintable() else name


def _shown(character: str) -> str:
    code = ord(character)
    if code < 32:
        return chr(0x2400 + code)
    if code == 127:
        return "\u2421"
    lost = 127 < code < 160 or 0xD800 <= code < 0xE000 or character in _REORDERING
    return "\ufffd" if lost else character
