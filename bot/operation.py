"""How a server is run: what its operator may choose."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Operation:
    """What `serve` takes on, whom it believes, and what it tells; the defaults suit an intranet on two cores."""

    rate: int = 300  # questions and pages a minute from one client; 0 is no limit
    queue: int = 200  # questions that may wait, a hundred readers twice over
    seconds: float = 20  # until an answer must have begun
    trusted: tuple[str, ...] = ()  # addresses and networks of proxies that are believed when they say who asks
    login_header: str | None = None  # set by such a proxy for whoever is logged in
    metrics: bool = False  # whether there is a `/metrics`
    log_requests: bool = False  # whether each request is a line of JSON on standard error
    workers: int | None = None  # processes that answer, 0 for the server's own; by default as many as there are cores


DEFAULT = Operation()
