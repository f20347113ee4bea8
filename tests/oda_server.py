"""A stand-in for the open data and for the host of its files, over real HTTP on loopback, with the faults of both.

It pages at 100 rows by `odata.nextLink`, counts in text, ignores conditions on fields that it does not know, expands
two levels deep and refuses three, and answers errors with empty bodies.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from tests.oda_records import Row, content, entities

PAGE = 100
_CHALLENGE = b"<!DOCTYPE html><html><title>Just a moment</title></html>"
_MODIFIED = "Wed, 01 May 2024 10:00:00 GMT"
_SETS = "Afstemning Aktstykke Almdel Dagsordenspunkt Debat Emneord Møde Omtryk Sagstrin Stemme"  # others there are
LINKS = {  # entity -> link -> (entity, its field, our field)
    "Dokument": {
        "Fil": ("Fil", "dokumentid", "id"),
        "DokumentAktør": ("DokumentAktør", "dokumentid", "id"),
        "SagDokument": ("SagDokument", "dokumentid", "id"),
        "SpørgsmålsDokument": ("Dokument", "id", "spørgsmålsid"),
        "SvarDokumenter": ("Dokument", "spørgsmålsid", "id"),
    },
    "Sag": {"SagAktør": ("SagAktør", "sagid", "id"), "SagDokument": ("SagDokument", "sagid", "id")},
    "Aktør": {
        "FraAktørAktør": ("AktørAktør", "fraaktørid", "id"),
        "TilAktørAktør": ("AktørAktør", "tilaktørid", "id"),
    },
}
_ONE = {"SpørgsmålsDokument"}
_FIELDS = {
    "Dokument": "kategoriid statusid spørgsmålsordlyd spørgsmålstitel modtagelsesdato frigivelsesdato",
    "Fil": "titel versionsdato format",
    "Sag": "kategoriid statusid resume begrundelse",
    "Aktør": "fornavn efternavn biografi periodeid startdato slutdato",
    "SagDokument": "rolleid",
    "AktørAktør": "rolleid",
    "Periode": "startdato slutdato titel type",
}


class StandIn:
    """One running stand-in: `log` holds every path that was asked for, `faults` what is to go wrong, by a path's part.

    A fault is used up as it happens: `faults["/Dokument?"] = ["500", "429"]` lets two requests fail, and then none.
    """

    def __init__(self, count: int = 300) -> None:
        self.entities = entities(count)
        self.faults: dict[str, list[str]] = {}
        self.log: list[str] = []
        self.agents: set[str] = set()
        self.hidden: set[str] = set()  # of the schema: "Fil" or "Fil.filurl"
        self.on_request: Callable[[int], None] = lambda _: None  # told how many there were until now
        self.on_half: Callable[[int], None] = lambda _: None  # the same, when half of a file is sent
        self.revised: dict[str, bytes] = {}  # other bytes of a file, by its path
        self.one_tag = False  # whether every file has the same ETag, as where it is made of a time
        self.port = 0

    @property
    def service(self) -> str:
        """The address of the open data."""
        return f"http://127.0.0.1:{self.port}/api/"

    @property
    def files(self) -> str:
        """The address of the host of the files."""
        return f"http://127.0.0.1:{self.port}/"

    def asked(self, part: str) -> list[str]:
        """The paths with this part that were asked for."""
        return [path for path in self.log if part in path]

    def metadata(self) -> str:
        """A description in CSDL of what is served, less what is hidden."""
        types, sets = [], []
        names = [*self.entities, *_SETS.split()]
        for entity in (name for name in names if name not in self.hidden):
            fields = dict.fromkeys(self.entities.get(entity, [{"id": 0}])[0])
            fields |= dict.fromkeys(_FIELDS.get(entity, "").split())
            shown = [name for name in fields if f"{entity}.{name}" not in self.hidden]
            links = [name for name in LINKS.get(entity, {}) if f"{entity}.{name}" not in self.hidden]
            inner = '<Key><PropertyRef Name="id" /></Key>'
            inner += "".join(f'<Property Name="{name}" Type="Edm.String" />' for name in shown)
            inner += "".join(f'<NavigationProperty Name="{name}" Relationship="FT.{name}" />' for name in links)
            types.append(f'<EntityType Name="{entity}">{inner}</EntityType>')
            sets.append(f'<EntitySet Name="{entity}" EntityType="FT.Domain.Models.{entity}" />')
        return (
            '<?xml version="1.0" encoding="utf-8"?>'
            '<edmx:Edmx Version="1.0" xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx"><edmx:DataServices>'
            '<Schema Namespace="FT.Domain.Models" xmlns="http://schemas.microsoft.com/ado/2009/11/edm">'
            f'{"".join(types)}</Schema><Schema Namespace="Default" xmlns="http://schemas.microsoft.com/ado/2009/11/edm">'
            f'<EntityContainer Name="Container">{"".join(sets)}</EntityContainer></Schema>'
            "</edmx:DataServices></edmx:Edmx>"
        )

    def page(self, entity: str, options: dict[str, str]) -> dict[str, Any] | None:
        """One page of rows, or None for a question that is an error."""
        if entity not in self.entities:
            return None
        rows = [row for row in self.entities[entity] if _holds(options.get("$filter", ""), row)]
        rows.sort(key=lambda row: (type(row["id"]) is not int, row["id"] if type(row["id"]) is int else 0))
        start = int(options.get("$skip", "0"))
        paths = [path.split("/") for path in filter(None, options.get("$expand", "").split(","))]
        if any(len(path) > 2 for path in paths):
            return None
        value = [self._expanded(entity, row, paths) for row in rows[start : start + PAGE]]
        page: dict[str, Any] = {"odata.metadata": f"http://oda.ft.dk/api/$metadata#{quote(entity)}", "value": value}
        if options.get("$inlinecount") == "allpages":
            page["odata.count"] = str(len(rows))
        if start + PAGE < len(rows):
            more = "&".join(f"{name}={quote(v)}" for name, v in {**options, "$skip": str(start + PAGE)}.items())
            page["odata.nextLink"] = f"{self.service}{quote(entity)}?{more}"
        return page

    def _expanded(self, entity: str, row: Row, paths: list[list[str]]) -> Row:
        given = dict(row)
        if entity == "Fil":
            given["filurl"] = row["filurl"] and row["filurl"].replace("http://www.ft.dk/", self.files)
        for link in dict.fromkeys(path[0] for path in paths):
            other, theirs, ours = LINKS[entity][link]
            deeper = [path[1:] for path in paths if path[0] == link and len(path) > 1]
            found = [self._expanded(other, one, deeper) for one in self.entities[other] if one.get(theirs) == row[ours]]
            given[link] = (found[0] if found else None) if link in _ONE else found
        return given


def _holds(condition: str, row: Row) -> bool:
    """Whether a row meets an OData 3 filter of comparisons, "and", "or" and brackets."""
    tokens = re.findall(r"datetime'[^']*'|'(?:[^']|'')*'|[()]|[^\s()]+", condition)
    if not tokens:
        return True

    def either() -> bool:
        holds = every()
        while tokens and tokens[0] == "or":
            tokens.pop(0)
            holds = every() or holds
        return holds

    def every() -> bool:
        holds = single()
        while tokens and tokens[0] == "and":
            tokens.pop(0)
            holds = single() and holds
        return holds

    def single() -> bool:
        field = tokens.pop(0)
        if field == "(":
            holds = either()
            assert tokens.pop(0) == ")"
            return holds
        operator, literal = tokens.pop(0), tokens.pop(0)
        if field not in row:
            return True  # the service says nothing, and leaves the condition out
        given = row[field]
        if literal.startswith(("'", "datetime'")):
            value: Any = literal.removeprefix("datetime")[1:-1].replace("''", "'")
        else:
            value = int(literal)
        if given is None:
            return False
        return bool({"eq": given == value, "ge": given >= value, "lt": given < value}[operator])

    return either()


class _Reply(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    stand_in: StandIn

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Answer, or go wrong as told."""
        one = self.stand_in
        one.log.append(self.path)
        one.agents.add(self.headers.get("User-Agent", ""))
        one.on_request(len(one.log))
        plain = unquote(self.path)
        for part, faults in one.faults.items():
            if part in plain and faults and not self._fails(faults.pop(0)):
                return
        url = urlsplit(self.path)
        path = unquote(url.path)
        if path == "/api/$metadata":
            self._send(200, "application/xml", one.metadata().encode())
        elif path.startswith("/api/"):
            options = {name: values[0] for name, values in parse_qs(url.query).items()}
            page = one.page(path.removeprefix("/api/"), options)
            body = b"" if page is None else json.dumps(page).encode()
            self._send(200 if page else 400, "application/json; odata=minimalmetadata; charset=utf-8", body)
        elif path.startswith("/samling/"):
            self._file(path)
        else:
            self._send(404)

    def _file(self, path: str) -> None:
        data = self.stand_in.revised.get(path) or content(path)
        tag = '"1"' if self.stand_in.one_tag else f'"{hashlib.sha256(data).hexdigest()[:16]}"'
        if self.headers.get("If-None-Match") == tag:
            self._send(304, headers={"ETag": tag})
            return
        kind = "application/pdf" if path.endswith(".pdf") else "application/vnd.openxmlformats-officedocument"
        self._send(200, kind, data[: len(data) // 2], {"ETag": tag, "Last-Modified": _MODIFIED}, len(data))
        self.stand_in.on_half(len(self.stand_in.log))
        self.wfile.write(data[len(data) // 2 :])

    def _fails(self, fault: str) -> bool:
        """Go wrong in one way; True where the request is to be answered all the same."""
        if fault.isdecimal():
            self._send(int(fault))
        elif fault == "429 wait":
            self._send(429, headers={"Retry-After": "2"})
        elif fault == "503 date":
            self._send(503, headers={"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"})
        elif fault == "429 too long":
            self._send(429, headers={"Retry-After": "86400"})
        elif fault == "bot filter":
            self._send(200, "text/html", _CHALLENGE)
        elif fault.endswith(" page"):
            self._send(int(fault.removesuffix(" page")), "text/html; charset=utf-8", _CHALLENGE)
        elif fault == "bot filter as pdf":
            self._send(200, "application/pdf", b"<html><body>Checking your browser</body></html>")
        elif fault == "not json":
            self._send(200, "application/json", b'{"value": [')
        elif fault == "no document":
            self._send(200, "application/octet-stream", b"MZ\x90\x00")
        elif fault == "cut":
            self._send(200, "application/pdf", b"%PDF-1.4", length=9_999)
            self.close_connection = True
        elif fault == "cut without length":
            self.send_response(200)
            self.send_header("Content-Type", "application/octet-stream")
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(content(unquote(self.path))[:-100])
        elif fault == "closed":
            self.close_connection = True
        elif fault == "elsewhere":
            self._send(302, headers={"Location": "http://169.254.169.254/latest/meta-data/"})
        elif fault == "file scheme":
            self._send(302, headers={"Location": "file:///etc/passwd"})
        elif fault == "circle":
            self._send(302, headers={"Location": self.path})
        elif fault == "huge":
            self._send(200, "application/pdf", b"%PDF-", length=10**12)
            self.close_connection = True
        elif fault == "slow":
            time.sleep(0.3)
            return True
        else:
            raise AssertionError(fault)
        return False

    def _send(
        self,
        status: int,
        kind: str = "text/html",
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        length: int | None = None,
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, **(headers or {})}.items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that has left, and all of a mistake in the tests."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


@contextmanager
def running(stand_in: StandIn) -> Iterator[StandIn]:
    """Let a stand-in listen on a free port."""
    handler = type("Reply", (_Reply,), {"stand_in": stand_in})
    server = _Server(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    stand_in.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield stand_in
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
