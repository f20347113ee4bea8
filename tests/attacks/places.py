"""Attacks by the file system: links, pipes, names, and what is not a file at all."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from tests.attacks.table import SENTENCE, attack, put


def beside(path: Path, name: str) -> Path:
    """Give the place of a file whose name begins with the attack's."""
    return path.with_name(path.name + name)


@attack("refused", "symbolic links")
def links_in_a_loop(path: Path) -> None:
    one, two = beside(path, "-1.txt"), beside(path, "-2.txt")
    one.symlink_to(two)
    two.symlink_to(one)


@attack("refused", "link out of the folder")
def link_to_the_passwords(path: Path) -> None:
    beside(path, ".txt").symlink_to("/etc/passwd")


@attack("refused", "link out of the folder")
def link_to_endless_zeros(path: Path) -> None:
    beside(path, ".txt").symlink_to("/dev/zero")


@attack("refused", "cannot be read")
def link_to_nowhere(path: Path) -> None:
    beside(path, ".txt").symlink_to(beside(path, "-missing"))


@attack("refused", "link out of the folder")
def archive_that_is_a_link_out(path: Path) -> None:
    beside(path, ".zip").symlink_to("/etc/passwd")


@attack("read")
def link_within_the_folder(path: Path) -> None:
    put(path, "-a.txt", SENTENCE * 9)
    beside(path, "-b.txt").symlink_to(beside(path, "-a.txt").name)


@attack("absent")
def folder_that_links_to_itself(path: Path) -> None:
    beside(path, "").mkdir()
    (beside(path, "") / "igen").symlink_to(beside(path, ""))


@attack("refused", "no regular file")
def pipe(path: Path) -> None:
    os.mkfifo(beside(path, ".txt"))


@attack("refused", "no regular file")
def listening_socket(path: Path) -> None:
    old = Path.cwd()
    with socket.socket(socket.AF_UNIX) as listening:
        os.chdir(path.parent)  # a socket's whole path may have 108 bytes
        try:
            listening.bind(path.name[:90] + ".txt")
        finally:
            os.chdir(old)


@attack("read")
def folder_named_as_a_file(path: Path) -> None:
    folder = beside(path, ".txt")
    folder.mkdir()
    (folder / "b.txt").write_text(SENTENCE * 9)


@attack("refused", "Rename the folder")
def folder_named_as_the_inside_of_an_archive(path: Path) -> None:
    folder = beside(path, ".zip!")
    folder.mkdir()
    (folder / "b.txt").write_text(SENTENCE * 9)


@attack("read")
def folders_a_hundred_deep(path: Path) -> None:
    folder = path.joinpath(*["d"] * 100)
    folder.mkdir(parents=True)
    (folder / "b.txt").write_text(SENTENCE * 9)


@attack("refused", "Rename it")
def names_that_cannot_be_shown(path: Path) -> None:
    for inside in (b"\n", b"\x1b[2J", b"\x7f", b"\xff\xfe", b"\xed\xa0\x80", "\u202egpj".encode(), b"\xc2\x85"):
        Path(os.fsdecode(os.fsencode(path) + inside + b".txt")).write_text(SENTENCE * 9)


@attack("read")
def names_with_odd_letters(path: Path) -> None:
    for inside in ("a\u030a", "Ærø '\"$(reboot);`", "%2e%2e", "日本", " ", "*?[", "!-"):
        put(path, f"{inside}.txt", SENTENCE * 9 + inside)


@attack("read")
def longest_name(path: Path) -> None:
    put(path, "x" * (250 - len(path.name)) + ".txt", SENTENCE * 9)


def _with_sidecar(path: Path, sidecar: bytes) -> None:
    """Put a sound document with this sidecar."""
    put(path, ".txt", SENTENCE * 9)
    put(path, ".txt.meta.json", sidecar)


@attack("read")
def sidecar_too_large(path: Path) -> None:
    _with_sidecar(path, b'{"title": "' + b"x" * 100_000 + b'"}')


@attack("read")
def sidecar_too_deep(path: Path) -> None:
    _with_sidecar(path, b"[" * 60_000)


@attack("read")
def sidecar_with_a_lone_surrogate(path: Path) -> None:
    _with_sidecar(path, b'{"title": "a\\ud800b"}')


@attack("read")
def sidecar_that_is_no_json(path: Path) -> None:
    _with_sidecar(path, b"\xff\xfe\x00")


@attack("read")
def sidecar_that_links_out(path: Path) -> None:
    put(path, ".txt", SENTENCE * 9)
    beside(path, ".txt.meta.json").symlink_to("/etc/passwd")
