"""A stand-in for the Folketing's FTP server, over real sockets on loopback. What it serves is constructed.

The real one could not be asked: whether it knows MLSD, and how it writes its lists, is not known. So the stand-in can
do with and without, and can be broken, slow, closed and malicious.
"""

from __future__ import annotations

import socket
import socketserver
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import cast

ROOT = "/ODAXML/Referat/samling/"


@dataclass
class Faults:
    """What goes wrong. Counts are used up, one at a time."""

    without: frozenset[str] = frozenset()  # commands that the server does not know
    login: str | None = None  # the reply to a password
    busy: int = 0  # connections turned away
    breaks: dict[str, list[int]] = field(default_factory=dict)  # after how many bytes each transfer of a file breaks
    silence: dict[str, float] = field(default_factory=dict)  # seconds without a byte, in each transfer of a file
    sizes: dict[str, int] = field(default_factory=dict)  # what is claimed of a file's size
    more: list[str] = field(default_factory=list)  # names that are listed and are not there
    forbidden: frozenset[str] = frozenset()  # files that are listed and not given
    replies: dict[str, str] = field(default_factory=dict)  # what is said to a command, "SIZE 20301/name"
    drips: frozenset[str] = frozenset()  # files, folders or "welcome": they come without an end, slowly
    greeting: int = 0  # lines before the first one that counts


class Server(socketserver.ThreadingTCPServer):
    """Serves `files`, {"20231/name": (bytes, "20231003120007")}; `said` has every command that came."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, files: Mapping[str, tuple[bytes, str]], faults: Faults) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.files, self.faults = dict(files), faults
        self.said: list[str] = []

    @property
    def address(self) -> str:
        """Where the folder of sessions lies."""
        return f"ftp://127.0.0.1:{self.server_address[1]}{ROOT}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that has left."""

    def transfers(self) -> list[str]:
        """Which files were asked for, in order."""
        return [line.rpartition("/")[2] for line in self.said if line.startswith("RETR")]


@contextmanager
def serving(files: Mapping[str, tuple[bytes, str]], faults: Faults | None = None) -> Iterator[Server]:
    """Run a server while the block runs."""
    with Server(files, faults or Faults()) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


class _Session(socketserver.StreamRequestHandler):
    """One control connection."""

    def handle(self) -> None:
        server = cast(Server, self.server)
        faults, self._rest = server.faults, 0
        self._passive: socket.socket | None = None
        if faults.busy:
            faults.busy -= 1
            self._say("421 Too many are here")
            return
        while "welcome" in faults.drips:
            self._drip(self.connection, b"220-Wait\r\n")
        for _ in range(faults.greeting):
            self._say("220-Welcome")
        self._say("220 Constructed for tests")
        while line := self.rfile.readline().decode("latin-1").strip():
            server.said.append(line)
            command, _, rest = line.partition(" ")
            if command in faults.without:
                self._say("502 Command not implemented")
            elif not self._answer(server, command, rest):
                return

    def _answer(self, server: Server, command: str, rest: str) -> bool:
        files, faults = server.files, server.faults
        name = rest.removeprefix(ROOT)
        if said := faults.replies.get(f"{command} {name}"):
            self._say(said)
            return True
        match command:
            case "USER":
                self._say("331 A password, please")
            case "PASS":
                self._say(faults.login or "230 Welcome")
            case "TYPE":
                self._say("200 So be it")
            case "PASV":
                self._passive = socket.create_server(("127.0.0.1", 0))
                high, low = divmod(self._passive.getsockname()[1], 256)
                self._say(f"227 Entering passive mode (127,0,0,1,{high},{low})")
            case "SIZE" | "MDTM" if name in files:
                data, modified = files[name]
                self._say(f"213 {faults.sizes.get(name, len(data)) if command == 'SIZE' else modified}")
            case "REST":
                self._rest = int(rest)
                self._say("350 From there")
            case "NLST" | "MLSD":
                self._list(server, command, name)
            case "RETR" if name in files and name not in faults.forbidden:
                return self._send(files[name][0], faults, name)
            case _:
                self._say("550 No such file, or no access")
        return True

    def _list(self, server: Server, command: str, folder: str) -> None:
        if not folder:
            lines = sorted({name.partition("/")[0] for name in server.files})
            lines = [f"type=dir;modify=20231003120007; {line}" for line in lines] if command == "MLSD" else lines
        else:
            inside = folder.strip("/") + "/"
            names = [name for name in server.files if name.startswith(inside)]
            lines = [f"{ROOT}{name}" for name in names] + server.faults.more
            if command == "MLSD":
                facts = {
                    name: (server.faults.sizes.get(name, len(data)), at) for name, (data, at) in server.files.items()
                }
                lines = [
                    f"type=file;size={facts[n][0]};modify={facts[n][1]}.000; {n.removeprefix(inside)}" for n in names
                ]
                lines += [f"type=file;size=12;modify=20231003120007; {name}" for name in server.faults.more]
                lines += ["type=cdir;modify=20231003120007; .", "nonsense"]
        self._transfer("".join(f"{line}\r\n" for line in lines).encode("latin-1"), folder in server.faults.drips)
        self._say("226 Done")

    def _send(self, data: bytes, faults: Faults, name: str) -> bool:
        start, self._rest = self._rest, 0
        time.sleep(faults.silence.get(name, 0))
        if faults.breaks.get(name):
            self._transfer(data[start : start + faults.breaks[name].pop(0)])
            return False  # and the control connection with it
        self._transfer(data[start:], name in faults.drips)
        self._say("226 Done")
        return True

    def _transfer(self, data: bytes, drips: bool = False) -> None:
        assert self._passive is not None
        self._say("150 Here it comes")
        connection, _ = self._passive.accept()
        with connection:
            connection.sendall(data)
            while drips:
                self._drip(connection, b" ")
        self._passive.close()

    def _drip(self, connection: socket.socket, data: bytes) -> None:
        connection.sendall(data)
        time.sleep(0.01)

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode("latin-1"))
