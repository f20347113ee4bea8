"""Which files a call names, and what each is called in a citation."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from corpus.archives import SUFFIX as ARCHIVE
from corpus.archives import members, read_member, split_member
from corpus.disk import MAX_BYTES, open_regular, read_regular, visible
from corpus.errors import InputError, UnreadableError

SIDECAR = ".meta.json"
_SMALL = 1 << 18  # bytes; to hash in steps takes a buffer of so many, longer to make than most documents to hash


class Found(NamedTuple):
    """One file to read: `file` is relative to `root`, with forward slashes; `a.zip!/b.txt` is a member of a.zip."""

    root: Path
    file: str

    @classmethod
    def at(cls, root: str, file: str) -> Found:
        """Name a file; those of one folder share its path, by which a hundred thousand of them are compared quickly."""
        return cls(_folder(root), file)

    @property
    def path(self) -> Path:
        """Where the file lies, or the archive that holds it."""
        return self.root / split_member(self.file)[0]

    @property
    def member(self) -> str | None:
        """The file's name in its archive, or None where it lies by itself."""
        return split_member(self.file)[1]

    @property
    def suffix(self) -> str:
        """The ending that says what format to expect, in lower case: ".pdf"."""
        return Path(self.member or self.file).suffix.lower()


def discover(
    paths: Iterable[Path],
    known_roots: Iterable[Path] = (),
    exclude: Path | None = None,
    unlisted: dict[Found, str] | None = None,
) -> list[Found]:
    """Give every file under the paths, each once, in a fixed order; of an archive its members.

    A folder is its own root; a file's root is its folder. What lies inside one of `known_roots` (those of an existing
    index) is named from the innermost of them, so that a document keeps its name whichever path leads to it. Hidden
    files, sidecars and the folder `exclude` are left out; links to folders are not followed, so that no loop can be
    entered. What cannot be read is among the files all the same, so that reading it gives the reason; so are folders
    that cannot be listed, which come into `unlisted` with theirs. Raises `InputError` for a path that is not there.
    """
    roots = sorted({root.resolve() for root in known_roots}, key=lambda root: len(root.parts), reverse=True)
    found: dict[str, tuple[Found, ...]] = {}
    closed: dict[str, str] = {}
    left_out = exclude.resolve() if exclude else None
    for path in paths:
        folder = is_folder(path)
        if folder is None:
            raise InputError(f"no such file or folder: {path}. Check the path and call again")
        absolute = path.resolve()
        around = next((r for r in roots if absolute.is_relative_to(r)), absolute if folder else absolute.parent)
        within = [(f"{root}/", root) for root in roots if root != absolute and root.is_relative_to(absolute)]
        for file in _walk(absolute, left_out, closed) if folder else [str(absolute)]:
            if file not in found:
                root = next((root for start, root in within if file.startswith(start)), around)
                found[file] = tuple(_named(_folder(str(root)), file))
    if unlisted is not None:
        unlisted.update((each, reason) for file, reason in closed.items() for each in found[file])
    return sorted({each for group in found.values() for each in group})


def is_folder(path: Path) -> bool | None:
    """Tell whether a path leads to a folder; None where nothing is there, `InputError` where that cannot be told."""
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _unreachable(path, error) from error


def content(found: Found) -> bytes:
    """Read the bytes of a file or of an archive's member, at most `MAX_BYTES`; raise `UnreadableError` otherwise."""
    if found.member is None:
        if found.suffix == ARCHIVE:
            members(found.root, found.path)
            raise UnreadableError("the archive holds no file that is read")
        return read_regular(found.root, found.path)
    if os.path.lexists(found.root / found.file):
        raise UnreadableError("its folder is named as an archive's inside is (.zip!). Rename the folder")
    return read_member(found.root, found.path, found.member)


def sha256(data: bytes) -> str:
    """Give the SHA-256 of some bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def digest(found: Found) -> str | None:
    """Give the SHA-256 of a file or member as `content` would read it, or None where that refuses."""
    try:
        if ARCHIVE in found.file.lower() and (found.member is not None or found.suffix == ARCHIVE):
            return sha256(content(found))
        with open_regular(found.root, found.root / found.file) as file:
            size = os.fstat(file.fileno()).st_size
            if size > MAX_BYTES:
                return None
            if size < _SMALL:
                return sha256(file.read())
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (UnreadableError, OSError):
        return None


@lru_cache(maxsize=256)
def _folder(path: str) -> Path:
    return Path(path)


def _named(root: Path, file: str) -> Iterator[Found]:
    """Give the file, or what it holds if it is an archive that can be listed."""
    name = visible(file.removeprefix(f"{str(root).rstrip('/')}/"))
    inner: list[str] = []
    if file.lower().endswith(ARCHIVE) and split_member(name)[1] is None:
        try:
            inner = [member for member in members(root, Path(file)) if not member.endswith(SIDECAR)]
        except UnreadableError:
            inner = []
    if inner:
        yield from (Found(root, f"{name}!/{member}") for member in inner)
    else:
        yield Found(root, name)


def _walk(folder: Path, left_out: Path | None, closed: dict[str, str]) -> Iterator[str]:
    """Give the paths of the files in a folder; as text, which is made in a tenth of the time.

    Folders in it that cannot be listed are given last, and come into `closed` with the reason.
    """

    def note(error: OSError) -> None:
        if error.filename == str(folder):
            raise _unreachable(folder, error) from error
        if not isinstance(error, FileNotFoundError):  # else it is gone since its parent was listed
            closed[error.filename] = f"the folder cannot be listed: {error.strerror}. What is known of it is kept"

    for parent, folders, files in os.walk(folder, onerror=note):
        folders[:] = [n for n in folders if not n.startswith(".") and Path(parent, n) != left_out]
        for name in files:
            if not name.startswith(".") and not name.endswith(SIDECAR):
                yield f"{parent.rstrip('/')}/{name}"
    yield from list(closed)  # a folder that cannot be listed is missed by nobody unless it is named


def _unreachable(path: Path, error: OSError) -> InputError:
    return InputError(f"{path} cannot be looked at: {error.strerror}. Make it readable and call again")
