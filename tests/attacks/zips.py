"""Attacks by archive: bombs, names that lead elsewhere, locks, links and archives in archives."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path

from tests.attacks.table import SENTENCE, attack, put

GOOD = {"indeni/god.txt": SENTENCE * 20}


def packed(files: dict[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Give a zip archive of these files."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name) if method == zipfile.ZIP_STORED else name, content)
    return data.getvalue()


@attack("read")
def zip_of_documents(path: Path) -> None:
    put(path, ".zip", packed({**GOOD, "b.md": SENTENCE * 9, ".skjult.txt": "x", "__MACOSX/._b.md": "x"}))


@attack("refused", "no file that is read")
def zip_of_nothing(path: Path) -> None:
    put(path, ".zip", packed({}))


@attack("refused", "damaged")
def zip_cut_off(path: Path) -> None:
    put(path, ".zip", packed({"a.txt": SENTENCE * 5_000}, zipfile.ZIP_STORED)[:-30])


@attack("refused", "damaged in the archive")
def zip_with_damage_inside(path: Path) -> None:
    data = bytearray(packed({"a.txt": SENTENCE * 50}, zipfile.ZIP_STORED))
    data[200] ^= 0xFF
    put(path, ".zip", bytes(data))


@attack("refused", "zip bomb")
def zip_bomb(path: Path) -> None:
    put(path, ".zip", packed({"a.txt": b"a" * 90_000_000}))


@attack("refused", "bytes; at most")
def zip_with_a_huge_member(path: Path) -> None:
    put(path, ".zip", packed({"a.txt": bytes(101_000_000)}))


def _patched(data: bytes, size: int) -> bytes:
    """Give an archive that claims another unpacked size for its only member."""
    at = data.rindex(b"PK\x01\x02") + 24
    return data[:at] + size.to_bytes(4, "little") + data[at + 4 :]


@attack("refused", "damaged in the archive")
def zip_that_claims_to_be_small(path: Path) -> None:
    put(path, ".zip", _patched(packed({"a.txt": SENTENCE * 5_000}), 100))


@attack("refused", "unpack to")
def zip_that_unpacks_to_twenty_gigabytes(path: Path) -> None:
    """All members share one packed stream, so that the archive is small and no ratio gives it away."""
    content = b"a" * 90_000_000
    one = packed({"a.txt": content})
    central, end = one.rindex(b"PK\x01\x02"), one.rindex(b"PK\x05\x06")
    entries = b"".join(one[central:end].replace(b"a.txt", b"%05d" % n) for n in range(200))
    tail = bytearray(one[end:])
    tail[8:10] = tail[10:12] = (200).to_bytes(2, "little")
    tail[12:16] = len(entries).to_bytes(4, "little")
    put(path, ".zip", one[:central] + entries + bytes(tail))


@attack("refused", "archive within an archive")
def zip_in_zip(path: Path) -> None:
    put(path, ".zip", packed({"indre.zip": packed(GOOD)}))


@attack("refused", "leads out of the archive")
def zip_with_path_traversal(path: Path) -> None:
    names = ["../../etc/passwd.txt", "/etc/passwd.txt", "C:/Windows/x.txt", "a\\..\\b.txt", "./a.txt", "a//b.txt"]
    put(path, ".zip", packed(dict.fromkeys(names, SENTENCE)))


@attack("refused", "leads out of the archive")
def zip_with_unprintable_names(path: Path) -> None:
    put(path, ".zip", packed({"a\nb.txt": SENTENCE, "\u202egpj.txt": SENTENCE, "a\x1b[2J.txt": SENTENCE}))


@attack("refused", "files; at most")
def zip_with_a_hundred_thousand_members(path: Path) -> None:
    put(path, ".zip", packed({f"{n}.txt": b"" for n in range(100_000)}, zipfile.ZIP_STORED))


@attack("refused", "too many files")
def zip_with_a_list_of_gigabytes(path: Path) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for n in range(200):
            info = zipfile.ZipInfo(f"{n}.txt")
            info.comment = bytes(60_000)
            archive.writestr(info, "x")
    put(path, ".zip", data.getvalue())


@attack("refused", "encrypted")
def zip_with_a_password(path: Path) -> None:
    data = bytearray(packed({"a.txt": SENTENCE}))
    data[6] |= 1
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    put(path, ".zip", bytes(data))


@attack("refused", "it is a link")
def zip_with_a_link(path: Path) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        info = zipfile.ZipInfo("a.txt")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    put(path, ".zip", data.getvalue())


@attack("refused", "method that is not read")
def zip_packed_with_lzma(path: Path) -> None:
    put(path, ".zip", packed({"a.txt": SENTENCE * 10}, zipfile.ZIP_LZMA))


@attack("refused", "two files of this name")
def zip_with_two_of_one_name(path: Path) -> None:
    data = packed({"a.txt": SENTENCE, "b.txt": SENTENCE + "x"}, zipfile.ZIP_STORED)
    put(path, ".zip", data.replace(b"b.txt", b"a.txt"))


@attack("refused", "unknown file type")
def zip_of_programs(path: Path) -> None:
    put(path, ".zip", packed({"a.exe": b"MZ" + bytes(100)}))


@attack("refused", "web page named .pdf|is empty|damaged")
def zip_of_bad_documents(path: Path) -> None:
    put(path, ".zip", packed({"a.txt": b"", "b.pdf": "<html><body>nej</body></html>", "c.docx": "x"}))
