"""Who asks: the address behind a trusted proxy, and the login that only such a proxy can vouch for.

Whatever a proxy's headers say of the client is taken out of the request here, so that nothing behind sees, stores or
logs an identity, and nobody can name an address or a host for Gradio to believe.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.shell import UNGUARDED, refusal
from corpus.errors import UsageError

_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
_RESERVED = frozenset({"host", "origin", "cookie", "content-length", "content-type", "connection", "accept"})
_ABOUT_THE_CLIENT = re.compile(rb"x-forwarded(?:-.+)?|forwarded|x-real-ip|x-gradio-server")
_FORGED = "Forespørgslen påstår et login, men kommer ikke gennem loginserveren. Den er afvist."
_DOUBLED = "Forespørgslen har ikke ét entydigt login. Den er afvist."


class Proxies:
    """The proxies that are believed when they say who asks: addresses, or networks such as 10.0.0.0/8."""

    def __init__(self, addresses: Sequence[str] = ()) -> None:
        self._networks = [_network(address) for address in addresses]

    def __bool__(self) -> bool:
        return bool(self._networks)

    def trust(self, address: str) -> bool:
        """Tell whether an address is that of a trusted proxy."""
        try:
            one = ipaddress.ip_address(address)
        except ValueError:
            return False
        one = getattr(one, "ipv4_mapped", None) or one
        return any(one in network for network in self._networks)

    def client(self, peer: str, forwarded: Sequence[str]) -> str:
        """Give the address that asks: the last in `X-Forwarded-For` that is no trusted proxy's."""
        named = [one.strip() for header in forwarded for one in header.split(",")] or [peer]
        nearest = next((address for address in reversed(named) if not self.trust(address)), named[0])
        return nearest if _is_address(nearest) else peer


class Doorkeeper:
    """Wraps an ASGI application: settles who asks, and lets in only who is logged in, where a login is asked for."""

    def __init__(self, app: ASGIApp, proxies: Proxies, header: str | None) -> None:
        self.app = app
        self._proxies = proxies
        self._header = checked_header(header, proxies).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on without its headers about the client, or refuse it with 401 or 403."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        peer, port = scope["client"] or ("", 0)
        trusted = self._proxies.trust(peer)
        logins = [value.strip() for name, value in scope["headers"] if self._is_login(name)]
        if trusted:
            forwarded = Headers(scope=scope).getlist("x-forwarded-for")
            protocol = Headers(scope=scope).getlist("x-forwarded-proto")
            scope["client"] = self._proxies.client(peer, forwarded), port
            scope["scheme"] = protocol[0] if protocol in (["http"], ["https"]) else scope["scheme"]
        scope["headers"] = [
            (name, value)
            for name, value in scope["headers"]
            if not _ABOUT_THE_CLIENT.fullmatch(name) and not self._is_login(name)
        ]
        refused = self._refusal(scope, logins, trusted) if self._header else None
        await (refused or self.app)(scope, receive, send)

    def _refusal(self, scope: Scope, logins: Sequence[bytes], trusted: bool) -> Response | None:
        if logins and not trusted:
            return refusal(scope, 403, _FORGED)
        if len(logins) > 1:
            return refusal(scope, 403, _DOUBLED)
        return None if scope["path"] in UNGUARDED or any(logins) else refusal(scope, 401)

    def _is_login(self, name: bytes) -> bool:
        return name.replace(b"_", b"-") == self._header  # for some programs, `_` and `-` are one


def checked_header(name: str | None, proxies: Proxies) -> str:
    """Give the login header's name in small letters; raise `UsageError` if it cannot be one, or nobody is believed."""
    if not name:
        return ""
    if not _HEADER.fullmatch(name) or name.lower() in _RESERVED or _ABOUT_THE_CLIENT.fullmatch(name.lower().encode()):
        raise UsageError(f"--login-header {name} cannot carry a login. Name the proxy's own, for example X-Remote-User")
    if not proxies:
        raise UsageError("--login-header needs --trust-proxy: the address of the proxy that sets it, such as 127.0.0.1")
    return name.lower()


def _network(address: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(address)
    except ValueError as error:
        raise UsageError(
            f"--trust-proxy {address}: {error}. Give an address such as 127.0.0.1, or a network"
        ) from error


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
