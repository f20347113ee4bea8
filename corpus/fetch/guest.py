"""What asking as a guest takes, whatever the protocol: who asks, turns, an end to every reply, files landed whole."""

from __future__ import annotations

import importlib.metadata
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakSet

import httpx

from corpus.disk import part_of
from corpus.errors import FetchError, InputError, SpoergetimeError

RATE = 5.0  # requests a second, at most
GIVEN_UP_IN_A_ROW = 10  # addresses of one host; after that nobody is helped by asking on
LATER = "Call again later; what has come is kept"
_LONGEST = 300.0  # seconds for one reply


@dataclass(frozen=True)
class Guest:
    """Who asks, and how: `contact` is where a server's owner can complain, `rate` in requests a second."""

    contact: str | None = None
    rate: float = RATE
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    transport: httpx.BaseTransport | None = None  # other than the network

    @property
    def name(self) -> str:
        """The user agent: who this is, which version, and how to reach who runs it."""
        contact = plain(self.contact or "no contact given")
        return f"spoergetime/{importlib.metadata.version('spoergetime')} ({contact})"


class Turns:
    """Waits before each request until it is its turn; `taken` counts them."""

    def __init__(self, guest: Guest) -> None:
        self._guest, self._next = guest, 0.0
        self.taken = 0

    def wait(self) -> None:
        """Wait until the next request may be made."""
        now = self._guest.clock()
        if now < self._next:
            self._guest.sleep(self._next - now)
        self._next = max(now, self._next) + 1 / self._guest.rate
        self.taken += 1


class Watch:
    """Ends a reply that takes too long, wherever it hangs or drips: the sockets that were shown are shut."""

    def __init__(self) -> None:
        self._sockets: WeakSet[socket.socket] = WeakSet()

    def see(self, one: object) -> None:
        """Take note of a socket by which a server may be asked; anything else is none."""
        if isinstance(one, socket.socket):
            self._sockets.add(one)

    @contextmanager
    def within(self, url: str) -> Iterator[None]:
        """Give a reply its time; raise `FetchError` where it took more."""
        late = threading.Event()

        def shut() -> None:
            late.set()
            for one in list(self._sockets):
                with suppress(OSError):
                    socket.socket.shutdown(one, socket.SHUT_RDWR)  # under TLS too, which is past being ended well

        timer = threading.Timer(_LONGEST, shut)
        timer.daemon = True
        timer.start()
        try:
            yield
        except SpoergetimeError:
            raise
        except Exception as error:
            if late.is_set():
                raise FetchError(f"{url} took longer than {_LONGEST:.0f} s and was left. {LATER}") from error
            raise
        finally:
            timer.cancel()


@contextmanager
def aside(target: Path) -> Iterator[Path]:
    """Give the hidden name under which a file is written until it lands; nothing stays there, whatever happens.

    Raises `InputError` where the disk takes no file.
    """
    part = part_of(target)
    try:
        yield part
    except OSError as error:
        raise InputError(f"{target} cannot be written: {error.strerror}. Make room, then fetch again") from error
    finally:
        part.unlink(missing_ok=True)


def plain(value: str) -> str:
    """Give a value that fits a header or a command: printable ASCII."""
    return "".join(c if c.isascii() and c.isprintable() else "?" for c in value)
