"""Zip archives as containers of documents: each member is a file of its own, named `archive.zip!/inner/name.txt`.

Nothing is written to disk. An archive that breaks a limit is refused as a whole, a member that does is refused alone.
"""

from __future__ import annotations

import io
import re
import stat
import zipfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from corpus.disk import MAX_BYTES, open_regular, visible
from corpus.errors import UnreadableError

SUFFIX = ".zip"
MAX_MEMBERS = 10_000
MAX_TOTAL = 1_000_000_000  # bytes, unpacked
MAX_RATIO = 200  # unpacked to packed, of a member over _SMALL
_SMALL = 1_000_000  # bytes
_CHUNK = 1 << 20  # bytes
_DIRECTORY = 8 << 20  # bytes of an archive's list of members, which is read at one go
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # the others let a file ask for gigabytes of memory
_DRIVE = re.compile(r"[A-Za-z]:")


class _Archive(NamedTuple):
    file: zipfile.ZipFile
    members: dict[str, zipfile.ZipInfo]
    twice: frozenset[str]


def split_member(file: str) -> tuple[str, str | None]:
    """Give the archive's name and the member's, or the name and None where a file stands for itself."""
    at = file.lower().find(f"{SUFFIX}!/")
    return (file, None) if at < 0 else (file[: at + len(SUFFIX)], file[at + len(SUFFIX) + 2 :])


def members(root: Path, path: Path) -> list[str]:
    """Give the names of an archive's files, in order; raise `UnreadableError` where the whole archive is refused.

    Only the list of members is read. Hidden files are left out, as they are in folders.
    """
    return sorted(_opened(root, path).members)


def read_member(root: Path, path: Path, name: str) -> bytes:
    """Unpack one member in memory; raise `UnreadableError` with the reason if it may not or cannot be read."""
    archive = _opened(root, path)
    info = archive.members.get(name)
    if info is None:
        raise UnreadableError("the archive holds no such file")
    reason = "the archive holds two files of this name" if name in archive.twice else _refusal(name, info)
    if reason:
        raise UnreadableError(reason)
    try:
        with archive.file.open(info) as member:
            data = b"".join(iter(lambda: member.read(_CHUNK), b""))
    except Exception as error:  # zipfile raises whatever its parts raise on damage
        raise UnreadableError("the file is damaged in the archive. Pack it again") from error
    if len(data) != info.file_size:
        raise UnreadableError("the file is damaged in the archive. Pack it again")
    return data


def bomb(infos: list[zipfile.ZipInfo]) -> str | None:
    """Tell why a zip file, or a format made of one, may not be unpacked; None if it may."""
    if len(infos) > MAX_MEMBERS:
        return f"it holds {len(infos):,} files; at most {MAX_MEMBERS:,} are read. Split it"
    total = sum(info.file_size for info in infos)
    if total > MAX_TOTAL:
        return f"it would unpack to {total:,} bytes; at most {MAX_TOTAL:,} are read. Split it"
    return None


def too_dense(info: zipfile.ZipInfo) -> bool:
    """Tell whether a member is packed as only a bomb is."""
    return info.file_size > max(_SMALL, MAX_RATIO * info.compress_size)


def _opened(root: Path, path: Path) -> _Archive:
    try:
        state = path.stat()
    except (OSError, ValueError):
        open_regular(root, path).close()  # says why
        raise UnreadableError("the file vanished while it was read") from None
    return _listed(root, path, (state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns))


@lru_cache(maxsize=2)  # the members of an archive are read one after another
def _listed(root: Path, path: Path, _state: tuple[int, ...]) -> _Archive:
    try:
        archive = zipfile.ZipFile(_Bounded(open_regular(root, path)))
    except UnreadableError:
        raise
    except Exception as error:  # zipfile raises whatever its parts raise on damage
        raise UnreadableError("the archive is damaged or is no zip file. Pack it again") from error
    infos = [info for info in archive.infolist() if not info.is_dir()]
    reason = bomb(infos)
    if reason:
        raise UnreadableError(reason)
    found: dict[str, zipfile.ZipInfo] = {}
    twice: set[str] = set()
    for info in infos:
        name = visible(_name(info))
        if not any(part.startswith(".") and part not in {".", ".."} for part in re.split(r"[/\\]", name)):
            twice |= {name} & found.keys()
            found[name] = info
    return _Archive(archive, found, frozenset(twice))


class _Bounded(io.RawIOBase):
    """A file that is never read in one piece longer than an honest list of members."""

    def __init__(self, file: io.BufferedReader) -> None:
        self._file = file

    def read(self, size: int = -1, /) -> bytes:
        if size > _DIRECTORY:
            raise UnreadableError(f"it holds too many files; at most {MAX_MEMBERS:,} are read. Split it")
        return self._file.read(size if size >= 0 else _DIRECTORY)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        self._file.close()
        super().close()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True


def _name(info: zipfile.ZipInfo) -> str:
    """Give a member's name; one that is not marked as UTF-8 is still most often that, else what Danish DOS wrote."""
    name = info.orig_filename
    if info.flag_bits & 0x800 or name.isascii():
        return name
    raw = name.encode("cp437")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp850")


def _refusal(name: str, info: zipfile.ZipInfo) -> str | None:
    return next(_refusals(name, info), None)


def _refusals(name: str, info: zipfile.ZipInfo) -> Iterator[str]:
    parts = name.split("/")
    if "\\" in name or _DRIVE.match(name) or {"", ".", ".."} & set(parts) or name != _name(info):
        yield "its name leads out of the archive or cannot be shown. Pack it again under a plain name"
    if stat.S_ISLNK(info.external_attr >> 16):
        yield "it is a link. Pack the document itself"
    if info.flag_bits & 0x1:
        yield "it is encrypted. Pack it without a password"
    if info.compress_type not in _METHODS:
        yield "it is packed with a method that is not read. Pack it with deflate"
    if name.lower().endswith(SUFFIX):
        yield "an archive within an archive is not read. Unpack it first"
    if info.file_size > MAX_BYTES:
        yield f"it would unpack to {info.file_size:,} bytes; at most {MAX_BYTES:,} are read. Split it"
    if too_dense(info):
        yield f"it is packed more than {MAX_RATIO} times, as only a zip bomb is"
