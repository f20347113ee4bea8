"""The examples of docs/operations.md are real: parsed, checked by systemd and nginx where they are, and run."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer.main

from bot.archive import Archive
from bot.cli import app
from bot.limits import AT_ONCE
from bot.metrics import Metrics
from bot.operation import DEFAULT
from tests.conftest import ROOT
from tests.talk import ask, open_page, server

DOC = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
NGINX, OPENSSL, VERIFY = shutil.which("nginx"), shutil.which("openssl"), shutil.which("systemd-analyze")
PROGRAM = "/opt/spoergetime/.venv/bin/spoergetime"
NAME = "spoergetime.intranet.example"
UNITS = {"spoergetime.service", "spoergetime-index.service", "spoergetime-index.timer"}
HARDENED = {
    "ProtectSystem": "strict",
    "DynamicUser": "yes",
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "IPAddressDeny": "any",
    "IPAddressAllow": "localhost",
    "LimitCORE": "0",
}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", DOC, re.MULTILINE | re.DOTALL)


def units() -> dict[str, str]:
    """The units by name, which stands in their first line."""
    return {unit.split("\n", 1)[0].removeprefix("# "): unit for unit in blocks("ini")}


def keys(unit: str) -> list[tuple[str, str]]:
    """What a unit sets, in order; anything that is neither a section, a comment nor a setting is an error."""
    lines = [line for line in unit.replace("\\\n", " ").splitlines() if line and not line.startswith(("#", "["))]
    assert all("=" in line for line in lines), lines
    return [(name, value) for name, _, value in (line.partition("=") for line in lines)]


def options(command: str) -> dict[str, Any]:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    return {option: parameter for parameter in commands[command].params for option in parameter.opts}


# systemd


def test_the_units_call_the_program_as_it_is() -> None:
    """Each command is one of ours, with options that it has."""
    assert UNITS == units().keys()
    called = []
    for unit in units().values():
        for name, value in keys(unit):
            if name.startswith("Exec"):
                program, command, *arguments = shlex.split(value)
                assert PROGRAM == program
                assert {one for one in arguments if one.startswith("--")} <= options(command).keys()
                called.append(command)
    assert ["serve", "index", "check"] == called


def test_the_service_can_write_nothing_and_call_nobody() -> None:
    """What the text promises of the unit stands in it, and the index is not among what it may write."""
    served = dict(keys(units()["spoergetime.service"]))
    assert HARDENED.items() <= served.items()
    assert "ReadWritePaths" not in served
    assert "/var/lib/spoergetime" in served["ReadOnlyPaths"].split()
    assert re.fullmatch(r"\d+[MG]", served["MemoryMax"])
    built = dict(keys(units()["spoergetime-index.service"]))
    assert ("/var/lib/spoergetime", "yes") == (built["ReadWritePaths"], built["PrivateNetwork"])


@pytest.mark.skipif(VERIFY is None, reason="systemd-analyze is not installed")
def test_systemd_knows_every_setting(tmp_path: Path) -> None:
    """`systemd-analyze verify` says nothing against the units, and does against one with a misspelt setting."""
    for name, text in units().items():
        (tmp_path / name).write_text(text.replace(PROGRAM, "/bin/true"), encoding="utf-8")

    def said(name: str) -> list[str]:
        done = subprocess.run([str(VERIFY), "verify", str(tmp_path / name)], capture_output=True, text=True)
        return [line for line in done.stderr.splitlines() if str(tmp_path) in line or name in line]

    assert [] == [line for name in UNITS for line in said(name)]
    wrong = units()["spoergetime.service"].replace(PROGRAM, "/bin/true").replace("MemoryMax", "MemoryMaxx")
    (tmp_path / "wrong.service").write_text(wrong, encoding="utf-8")
    assert any("MemoryMaxx" in line for line in said("wrong.service"))


# nginx


def nginx_configuration(folder: Path, plain: int, secure: int, upstream: str, login: int | None = None) -> str:
    """The documented configuration, with the places and ports of a test; every replacement must find something."""
    whole, with_login = blocks("nginx")
    if login is not None:
        ours = re.search(r"    location / \{.*?\n    \}\n", whole, re.DOTALL)
        assert ours
        whole = whole.replace(ours[0], with_login.split("\n", 1)[1])
    places = {
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "listen 443 ssl http2;": f"listen 127.0.0.1:{secure} ssl;",
        "/etc/ssl/spoergetime/fullchain.pem": str(folder / "cert.pem"),
        "/etc/ssl/spoergetime/privkey.pem": str(folder / "key.pem"),
        "/var/log/nginx/spoergetime.log": str(folder / "error.log"),
        "http://127.0.0.1:7860": upstream,
    } | ({"http://127.0.0.1:4180/oauth2/auth": f"http://127.0.0.1:{login}/"} if login else {})
    for there, here in places.items():
        assert there in whole, there
        whole = whole.replace(there, here)
    guard = f"server {{ listen 127.0.0.1:{login}; location / {{ {LOGIN_SERVICE} }} }}" if login else ""
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("proxy", "fastcgi", "uwsgi", "scgi"))
    return (
        f"daemon off; pid {folder}/pid; error_log {folder}/start.log; events {{}}\n"
        f"http {{ access_log off; client_body_temp_path {folder}/body; {temporary} {whole} {guard} }}"
    )


# Who has the cookie is logged in.
LOGIN_SERVICE = 'if ($cookie_session != "anna") { return 401; } add_header X-User anna; return 204;'


@contextmanager
def nginx(folder: Path, upstream: str, login: bool = False) -> Iterator[tuple[int, int]]:
    """Run nginx by the documented configuration; give its two ports."""
    with socket.socket() as one, socket.socket() as two, socket.socket() as three:
        for port in (one, two, three):
            port.bind(("127.0.0.1", 0))
        plain, secure, service = (port.getsockname()[1] for port in (one, two, three))
    subject = ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
    made = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem"), "-days", "2"]
    subprocess.run(
        [str(OPENSSL), "req", "-x509", "-newkey", "rsa:2048", "-nodes", *made, *subject],
        check=True,
        capture_output=True,
    )
    configuration = folder / "nginx.conf"
    configuration.write_text(nginx_configuration(folder, plain, secure, upstream, service if login else None))
    call = [str(NGINX), "-p", str(folder), "-e", str(folder / "start.log"), "-c", str(configuration)]
    tried = subprocess.run([*call, "-t"], capture_output=True, text=True)
    assert (0, []) == (tried.returncode, re.findall(r".*\[(?:warn|emerg)\].*", tried.stderr)), tried.stderr
    running = subprocess.Popen(call)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", secure)) == 0:
                    break
            time.sleep(0.05)
        yield plain, secure
    finally:
        running.terminate()
        running.wait(10)


def client(folder: Path, port: int, **more: Any) -> httpx.AsyncClient:
    """A reader's client, which trusts the certificate and asks for the server by its name."""
    trust = ssl.create_default_context(cafile=str(folder / "cert.pem"))
    trust.check_hostname = False
    headers = {"Host": f"{NAME}:{port}", **more.pop("headers", {})}
    return httpx.AsyncClient(
        base_url=f"https://127.0.0.1:{port}", verify=trust, timeout=60, headers=headers, trust_env=False, **more
    )


def served_as_documented() -> list[str]:
    """The options of the unit's command, but where it listens and lies."""
    command = shlex.split(dict(keys(units()["spoergetime.service"]))["ExecStart"])[2:]
    pairs = {"--index", "--port"}
    return [one for n, one in enumerate(command) if one not in pairs and command[n - 1] not in pairs]


@pytest.mark.skipif(NGINX is None or OPENSSL is None, reason="nginx and openssl are not installed")
def test_behind_nginx(tmp_path: Path, examples_index: Path) -> None:
    """The documented server behind the documented nginx: it chats, answers, limits, and closes what it should."""
    served = [*served_as_documented(), "--index", str(examples_index), "--rate", "20"]
    with server(*served) as (address, _), nginx(tmp_path, address) as (plain, secure):
        moved = httpx.get(f"http://127.0.0.1:{plain}/kilde/x", headers={"Host": NAME}, trust_env=False)
        assert (308, f"https://{NAME}/kilde/x") == (moved.status_code, moved.headers["location"])

        async def visit() -> None:
            origin = {"Origin": f"https://{NAME}:{secure}"}
            async with client(tmp_path, secure, headers=origin) as reader:
                page = await reader.get("/config")
                assert f"https://{NAME}:{secure}" == page.json()["root"]
                assert "max-age" in page.headers["strict-transport-security"]
                said = await ask(reader, await open_page(reader), "Hvad koster skolemad?")
                assert (200, True) == (said.status, "st-kort" in said.seen)
                assert 404 == (await reader.get("/metrics")).status_code
                assert 413 == (await reader.post("/api/search", content=b"a" * 20_000)).status_code
                named = {"X-Forwarded-For": "10.9.9.9"}  # what a reader writes there is not believed
                question = {"question": "Hvad koster skolemad?"}
                asked = [await reader.post("/api/search", json=question, headers=named) for _ in range(25)]
                assert {200, 429} == {answer.status_code for answer in asked}
            async with client(tmp_path, secure, headers={"Origin": "https://evil.example"}) as other:
                assert 403 == (await other.post("/api/search", json=question)).status_code

        asyncio.run(visit())
        assert "spoergetime_requests_total" in httpx.get(f"{address}/metrics", trust_env=False).text


@pytest.mark.skipif(NGINX is None or OPENSSL is None, reason="nginx and openssl are not installed")
def test_behind_nginx_with_a_login(tmp_path: Path, examples_index: Path) -> None:
    """Who is logged in reads and asks; who is not, or says so himself, does not."""
    named = re.search(r"serve with `(--trust-proxy [^`]+)`", DOC)
    assert named
    served = [*served_as_documented(), "--index", str(examples_index), *shlex.split(named[1])]
    with server(*served) as (address, _), nginx(tmp_path, address, login=True) as (_, secure):

        async def visit() -> list[int]:
            question = {"question": "Hvad koster skolemad?"}
            statuses = []
            for more in ({"cookies": {"session": "anna"}}, {}, {"headers": {"X-Remote-User": "anna"}}):
                async with client(tmp_path, secure, **more) as reader:
                    statuses.append((await reader.post("/api/search", json=question)).status_code)
            return statuses

        assert [200, 401, 401] == asyncio.run(visit())
        direct = httpx.get(address, headers={"X-Remote-User": "anna"}, trust_env=False)
        assert 200 == direct.status_code  # this machine is the proxy
        assert 401 == httpx.get(address, trust_env=False).status_code


# What the text says


def test_the_limits_are_those_of_the_program() -> None:
    """The table's figures are the defaults."""
    rows = dict(re.findall(r"^\| ([^|]+?) \| ([\d.,]+)[^|]*\|[^|]*\|[^|]*\|$", DOC, re.MULTILINE))
    told = [int(figure.replace(",", "")) for figure in rows.values()]
    assert [DEFAULT.rate, DEFAULT.queue, AT_ONCE, DEFAULT.seconds, 16, 1000] == told


def test_every_option_that_is_named_exists() -> None:
    """Each option in the text is one of `serve`, and each of its environment variables is as said."""
    prose = re.sub(r"^```.*?^```$", "", DOC, flags=re.MULTILINE | re.DOTALL)
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", prose))
    assert {"--rate", "--queue", "--timeout", "--metrics", "--log-requests", "--trust-proxy", "--login-header"} <= named
    assert named <= options("serve").keys()
    for option, parameter in options("serve").items():
        if option not in {"--help", "--model"}:
            assert "SPOERGETIME_" + option.strip("-").replace("-", "_").upper() == parameter.envvar


def test_the_metrics_are_those_that_are_given(examples_index: Path) -> None:
    """Every metric is named in the text, and no other."""
    metrics = Metrics(Archive(examples_index))
    metrics.answered("GET", "/", 200, 0.1)
    given = set(re.findall(r"# TYPE (\w+)", metrics.text()))
    assert given == set(re.findall(r"spoergetime_\w+", DOC))


def test_the_log_lines_are_json() -> None:
    """As they are shown, a program can read them."""
    lines = [json.loads(line) for block in blocks("json") for line in block.splitlines()]
    assert [True, True] == [{"time", "level"} <= line.keys() for line in lines]
