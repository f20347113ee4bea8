"""Asking an anonymous FTP server as a guest: one connection, one file after another, none of it without limits."""

from __future__ import annotations

import ftplib
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, NamedTuple, TypeVar
from urllib.parse import urlsplit

from corpus.disk import MAX_BYTES, land
from corpus.errors import FetchError, InputError, UsageError
from corpus.fetch.guest import GIVEN_UP_IN_A_ROW, LATER, Guest, Turns, Watch, aside, plain

_TRIES = 5
_SILENCE = 30.0  # seconds without a byte
_LINES = 20_000  # of one folder's list
_REPLY_LINES = 1_000  # of what a server says to one command
_CHUNK = 1 << 16  # bytes
_MODIFIED = re.compile(r"\d{14}")
_NOT_KNOWN = ("500", "501", "502", "504")  # said of a command that the server does not have

T = TypeVar("T")


class Listed(NamedTuple):
    """A file as its folder lists it: its size in bytes, and when it was changed, as "20231003120007" in UTC."""

    name: str
    size: int
    modified: str


class _Connection(ftplib.FTP):
    """A connection that a watch can end, and whose replies end."""

    def __init__(self, watch: Watch) -> None:
        super().__init__(timeout=_SILENCE, encoding="latin-1")
        self._watch, self._lines = watch, 0

    def getresp(self) -> str:
        """Read one reply, which may have several lines."""
        self._lines = 0
        return super().getresp()

    def getline(self) -> str:
        """Read one line of a reply."""
        self._watch.see(self.sock)
        self._lines += 1
        if self._lines > _REPLY_LINES:
            raise EOFError("a reply has no end")
        return super().getline()

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket.socket, int | None]:
        """Open the connection by which a file or a list comes."""
        made, size = super().ntransfercmd(cmd, rest)
        self._watch.see(made)
        return made, size


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
            if parts.scheme != "ftp" or not self._host or parts.username or not _is_path(parts.path):
                raise ValueError(address)
        except ValueError as error:
            raise UsageError(f"{address} is no address of an open FTP folder. Write ftp://HOST/PATH/") from error
        self._folder = f"/{parts.path.strip('/')}/".replace("//", "/")
        self._guest, self._turns, self._watch = guest, Turns(guest), Watch()
        self._ftp: _Connection | None = None
        self._given_up = 0  # addresses in a row

    def __enter__(self) -> Ftp:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hang_up()

    @property
    def requests(self) -> int:
        """How many commands were given, logging in being one."""
        return self._turns.taken

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

    def files(
        self, folder: str, wanted: Callable[[str], bool], lost: Callable[[str, FetchError], None]
    ) -> Iterator[Listed]:
        """Give the wanted files of a folder; each is asked about alone where the server cannot tell of all at once.

        `lost` is told the name of one that the server lists and says nothing more of, and why.
        """
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

        if self._persistently(self.address(folder), ask):
            yield from (one for line in lines if (one := _facts(line)) and wanted(one.name))
            return
        for name in filter(wanted, self.names(folder)):
            try:
                yield self._about(folder, name)
            except FetchError as error:
                lost(name, error)

    def download(self, folder: str, listed: Listed, target: Path, check: Callable[[bytes], None]) -> None:
        """Bring a file to `target`: whole, of the size that was listed, and synced under that name, or not at all.

        `check` gets the first 1,024 bytes, and raises where they are not what was asked for.
        """
        url = self.address(folder, listed.name)
        if listed.size > MAX_BYTES:
            raise FetchError(f"{url} is {listed.size:,} bytes and was left; at most {MAX_BYTES:,} are fetched")
        with aside(target) as part:
            with part.open("wb") as file:
                self._persistently(
                    url, lambda ftp: self._transfer(ftp, url, f"{folder}/{listed.name}", listed.size, file)
                )
            with part.open("rb") as file:
                check(file.read(1024))
            land(part, target)

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
        have = file.tell()

        def keep(chunk: bytes) -> None:
            nonlocal have
            have += len(chunk)
            if have > size:
                raise FetchError(f"{url} gives more than the {size:,} bytes that are listed. Call again later")
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
        if self._given_up >= GIVEN_UP_IN_A_ROW:
            raise FetchError(f"{url}: not asked for, {self._host} failed {GIVEN_UP_IN_A_ROW} times in a row. {LATER}")
        reason = ""
        for attempt in range(_TRIES):
            if attempt:
                self._guest.sleep(2.0 ** (attempt - 1))
            try:
                with self._connected() as ftp:
                    self._turns.wait()
                    with self._watch.within(url):
                        answer = ask(ftp)
                    self._given_up = 0
                    return answer
            except FetchError:
                self._given_up += 1
                raise
            except ftplib.error_perm as error:
                raise FetchError(f"{url} is refused ({_said(error)}). Open it in an FTP program to see why") from error
            except (ftplib.Error, EOFError, OSError, ValueError, OverflowError) as error:  # anything may be said
                reason = _said(error)
        self._given_up += 1
        raise FetchError(f"{url} gave no whole answer ({reason}), {_TRIES} times. {LATER}")

    @contextmanager
    def _connected(self) -> Iterator[ftplib.FTP]:
        """Give the connection; whatever goes wrong ends it."""
        try:
            if self._ftp is None:
                self._turns.wait()
                self._ftp = _Connection(self._watch)
                with self._watch.within(self.address()):
                    self._ftp.connect(self._host, self._port)
                    self._ftp.login("anonymous", plain(self._guest.contact or "anonymous@"))
            yield self._ftp
        except BaseException:
            self._hang_up()
            raise

    def _hang_up(self) -> None:
        if self._ftp is not None:
            with suppress(ftplib.Error, OSError, EOFError):
                self._ftp.close()
        self._ftp = None


def _facts(line: str) -> Listed | None:
    """Read a line such as "type=file;size=12;modify=20231003120007; name"; None where it tells of no file."""
    told, _, name = line.partition(" ")
    facts = {key.lower(): value for key, _, value in (fact.partition("=") for fact in told.split(";"))}
    size, modified = facts.get("size", ""), _MODIFIED.match(facts.get("modify", ""))
    if facts.get("type", "").lower() != "file" or not size.isdecimal() or modified is None:
        return None
    return Listed(name, int(size), modified[0])


def _is_path(path: str) -> bool:
    return path.isprintable() and path.isascii() and ".." not in path


def _said(error: BaseException) -> str:
    """Give what a server or the system said, on one line."""
    said = " ".join(str(error).split())[:200]
    return "".join(c if c.isprintable() else "?" for c in said) or "the connection broke"
