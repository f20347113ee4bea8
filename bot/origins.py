"""Whom an operator lets in by name: origins that may embed the widget, and host names the server answers to."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from corpus.errors import UsageError

# Names and IPv4 alone: a `frame-ancestors` cannot hold an IPv6 address, nor be given a second directive this way.
_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*")
_PUBLIC = re.compile(r"https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(?:/[\w.~-]+)*/?", re.ASCII)
_DEFAULT_PORTS = {"http": 80, "https": 443}


def origins(given: Iterable[str]) -> tuple[str, ...]:
    """Give the origins exactly as browsers write them; raise `UsageError` for what is none, wildcards included."""
    return tuple(dict.fromkeys(map(_origin, given)))


def host_names(given: Iterable[str]) -> tuple[str, ...]:
    """Give the host names; raise `UsageError` for what is none."""
    return tuple(dict.fromkeys(map(_host, given)))


def public_address(given: str | None) -> str | None:
    """Give the address by which others know the server, less a slash at its end; raise `UsageError` for none."""
    if given is None:
        return None
    if not _PUBLIC.fullmatch(given):
        raise UsageError(f"--public-url {given!r} is no address. Write it whole: https://arkiv.example or with a path")
    return given.rstrip("/")


def _origin(text: str) -> str:
    try:
        parts = urlsplit(text)
        scheme, name, port = parts.scheme, parts.hostname or "", parts.port
    except ValueError:
        scheme, name, port = "", "", None
    usual = None if port == _DEFAULT_PORTS.get(scheme) else port
    canonical = f"{scheme}://{name}" + ("" if usual is None else f":{usual}")
    if scheme not in _DEFAULT_PORTS or not _NAME.fullmatch(name):
        raise UsageError(
            f"--allow-embed {text!r} is no origin. Write scheme and host, and the port if there is one: "
            "https://intranet.example (letters beyond a-z as browsers send them: xn--...)"
        )
    if text.lower() != canonical:
        raise UsageError(f"--allow-embed {text!r} is not as browsers send an origin. Write it as {canonical}")
    return canonical


def _host(text: str) -> str:
    name = text.strip("[]").lower()
    if not _NAME.fullmatch(name) and not _is_ipv6(name):
        raise UsageError(f"--allow-host {text!r} is no host name. Write the name alone: arkiv.example")
    return name


def _is_ipv6(name: str) -> bool:
    try:
        return bool(ipaddress.IPv6Address(name))
    except ValueError:
        return False
