"""Asking an anonymous FTP server as a guest: one connection, one file after another, none of it without limits."""

from __future__ import annotations

import ftplib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, NamedTuple, TypeVar
from urllib.parse import urlsplit

from corpus.disk import MAX_BYTES, land, part_of
from corpus.errors import FetchError, InputError, UsageError
from corpus.fetch.polite import Guest

_TRIES = 5
_SILENCE = 30.0  # seconds without a byte
_LONGEST = 300.0  # seconds for one file
_LINES = 20_000  # of one folder's list
_CHUNK = 1 << 16  # bytes
_MODIFIED = re.compile(r"\d{14}")
_NOT_KNOWN = ("500", "501", "502", "504")  # said of a command that the server does not have
_LATER = "Call again later; what has come is kept"

T = TypeVar("T")


class Listed(NamedTuple):
    """A file as its folder lists it: its size in bytes, and when it was changed, as "20231003120007" in UTC."""

    name: str
    size: int
    modified: str


class Ftp:
    """A guest at one folder of an FTP server, such as "ftp://oda.ft.dk/ODAXML/Referat/samling/"; a context manager.

    The connection is passive and made when it is needed; one that breaks is made again, after twice as long as the last
    time, and a broken transfer goes on where it broke. At most `guest.rate` commands a second. Every failure is a
    `FetchError`.
    """

    def __init__(self, address: str, guest: Guest) -> None:
        try:
            parts = urlsplit(address)
            self._host, self._port = parts.hostname or "", parts.port or ftplib.FTP_PORT
            if parts.scheme != "ftp" or not self._host or parts.username or not _plain(parts.path):
                raise ValueError(address)
        except ValueError as error:
            raise UsageError(f"{address} is no address of an open FTP folder. Write ftp://HOST/PATH/") from error
        self._folder = f"/{parts.path.strip('/')}/".replace("//", "/")
        self._guest, self._next = guest, 0.0
        self._ftp: ftplib.FTP | None = None
        self.requests = 0

    def __enter__(self) -> Ftp:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hang_up()

    def address(self, *names: str) -> str:
        """Give the address of what lies in the folder under these names."""
        port = "" if self._port == ftplib.FTP_PORT else f":{self._port}"
        return f"ftp://{self._host}{port}{self._folder}{'/'.join(names)}"

    def names(self, *folder: str) -> list[str]:
        """Give the names of what lies in a folder, as the server tells them: they can be anything."""
        path = self._folder + "/".join(folder)
        found: list[str] = []

        def ask(ftp: ftplib.FTP) -> None:
            found.clear()
            ftp.retrlines(f"NLST {path}", lambda line: self._keep(line, found, *folder))

        self._persistently(self.address(*folder), ask)
        return [name.removeprefix(path).removeprefix(path[1:]).strip("/") for name in found]

    def files(self, folder: str, wanted: Callable[[str], bool]) -> list[Listed]:
        """Give the wanted files of a folder; each is asked about alone where the server cannot tell of all at once."""
        lines: list[str] = []

        def ask(ftp: ftplib.FTP) -> bool:
            lines.clear()
            try:
                ftp.retrlines(f"MLSD {self._folder}{folder}", lambda line: self._keep(line, lines, folder))
            except ftplib.error_perm as error:
                if str(error)[:3] not in _NOT_KNOWN:
                    raise
                return False
            return True

        if not self._persistently(self.address(folder), ask):
            return [self._about(folder, name) for name in self.names(folder) if wanted(name)]
        told = (_facts(line) for line in lines)
        return [one for one in told if one and wanted(one.name)]

    def download(self, folder: str, listed: Listed, target: Path, check: Callable[[bytes], None]) -> None:
        """Bring a file to `target`: whole, of the size that was listed, and synced under that name, or not at all.

        `check` gets the first 1,024 bytes, and raises where they are not what was asked for.
        """
        url, part = self.address(folder, listed.name), part_of(target)
        if listed.size > MAX_BYTES:
            raise FetchError(f"{url} is {listed.size:,} bytes and was left; at most {MAX_BYTES:,} are fetched")
        try:
            with part.open("wb") as file:
                self._persistently(
                    url, lambda ftp: self._transfer(ftp, url, f"{folder}/{listed.name}", listed.size, file)
                )
            with part.open("rb") as file:
                check(file.read(1024))
            land(part, target)
        except OSError as error:
            raise InputError(f"{target} cannot be written: {error.strerror}. Make room, then fetch again") from error
        finally:
            part.unlink(missing_ok=True)

    def _about(self, folder: str, name: str) -> Listed:
        def ask(ftp: ftplib.FTP) -> Listed:
            path = f"{self._folder}{folder}/{name}"
            ftp.voidcmd("TYPE I")  # some servers tell no size otherwise
            size, modified = ftp.size(path), _MODIFIED.search(ftp.sendcmd(f"MDTM {path}")[3:])
            if size is None or modified is None:
                raise EOFError("no size, or no time, came")
            return Listed(name, size, modified[0])

        return self._persistently(self.address(folder, name), ask)

    def _keep(self, line: str, lines: list[str], *folder: str) -> None:
        if len(lines) >= _LINES:
            raise FetchError(f"{self.address(*folder)} lists more than {_LINES:,} names. Nothing of it was fetched")
        lines.append(line)

    def _transfer(self, ftp: ftplib.FTP, url: str, path: str, size: int, file: BinaryIO) -> None:
        """Append what is still to come of a file; raise `EOFError` where not all of it came."""
        began, have = self._guest.clock(), file.tell()

        def keep(chunk: bytes) -> None:
            nonlocal have
            have += len(chunk)
            if have > size:
                raise FetchError(f"{url} gives more than the {size:,} bytes that are listed. Call again later")
            if self._guest.clock() - began > _LONGEST:
                raise FetchError(f"{url} took longer than {_LONGEST:.0f} s and was left. Call again later")
            try:
                file.write(chunk)
                file.flush()
            except OSError as error:
                raise InputError(f"{url} cannot be kept: {error.strerror}. Make room, then fetch again") from error

        if have < size or not size:
            try:
                ftp.retrbinary(f"RETR {self._folder}{path}", keep, _CHUNK, rest=have or None)
            except ftplib.error_perm:
                if not have:
                    raise
                file.seek(0)
                file.truncate()
                raise EOFError("the transfer cannot be taken up where it broke") from None
        if have < size:
            raise EOFError("the transfer ended early")

    def _persistently(self, url: str, ask: Callable[[ftplib.FTP], T]) -> T:
        """Ask until there is an answer, at most `_TRIES` times, each time but the first over a new connection."""
        reason = ""
        for attempt in range(_TRIES):
            if attempt:
                self._guest.sleep(2.0 ** (attempt - 1))
            try:
                with self._connected() as ftp:
                    self._wait_for_turn()
                    return ask(ftp)
            except ftplib.error_perm as error:
                raise FetchError(f"{url} is refused ({_said(error)}). Open it in an FTP program to see why") from error
            except (ftplib.Error, EOFError, OSError) as error:
                reason = _said(error)
        raise FetchError(
            f"{url} gave no whole answer ({reason}), {_TRIES} times. Call again later; what has come is kept"
        )

    @contextmanager
    def _connected(self) -> Iterator[ftplib.FTP]:
        """Give the connection; whatever goes wrong ends it."""
        try:
            if self._ftp is None:
                self._wait_for_turn()
                self._ftp = ftplib.FTP(timeout=_SILENCE, encoding="latin-1")  # noqa: S321 - there is nothing else
                self._ftp.connect(self._host, self._port)
                self._ftp.login("anonymous", self._guest.contact or "anonymous@")
            yield self._ftp
        except BaseException:
            self._hang_up()
            raise

    def _hang_up(self) -> None:
        if self._ftp is not None:
            with suppress(ftplib.Error, OSError, EOFError):
                self._ftp.close()
        self._ftp = None

    def _wait_for_turn(self) -> None:
        now = self._guest.clock()
        if now < self._next:
            self._guest.sleep(self._next - now)
        self._next = max(now, self._next) + 1 / self._guest.rate
        self.requests += 1


def _facts(line: str) -> Listed | None:
    """Read a line such as "type=file;size=12;modify=20231003120007; name"; None where it tells of no file."""
    told, _, name = line.partition(" ")
    facts = {key.lower(): value for key, _, value in (fact.partition("=") for fact in told.split(";"))}
    size, modified = facts.get("size", ""), _MODIFIED.match(facts.get("modify", ""))
    if facts.get("type", "").lower() != "file" or not size.isdecimal() or modified is None:
        return None
    return Listed(name, int(size), modified[0])


def _plain(path: str) -> bool:
    return path.isprintable() and path.isascii() and ".." not in path


def _said(error: BaseException) -> str:
    """Give what a server or the system said, on one line."""
    said = " ".join(str(error).split())[:200]
    return "".join(c if c.isprintable() else "?" for c in said) or "the connection broke"
