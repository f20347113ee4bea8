"""Text from pictures of pages, by the Tesseract program where it is installed with Danish."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache

import numpy as np
import numpy.typing as npt

from corpus.errors import UnreadableError

DPI = 250
_SECONDS = 20  # for one page; a document's reader is stopped after a little more without a word from it


def available() -> bool:
    """Tell whether Tesseract with Danish is on the PATH."""
    program = shutil.which("tesseract")
    return program is not None and _knows_danish(program)


def recognise(picture: npt.NDArray[np.uint8]) -> str:
    """Read the text of a grey picture (rows, columns) made at `DPI`; raise `UnreadableError` where that fails."""
    rows, columns = picture.shape
    image = f"P5 {columns} {rows} 255\n".encode() + picture.tobytes()
    command = [shutil.which("tesseract") or "tesseract", "-", "-", "-l", "dan", "--dpi", str(DPI)]
    try:
        # One thread: several are no faster on a page, and disturb the other workers.
        done = subprocess.run(  # noqa: S603 - the arguments are all ours
            command,
            input=image,
            capture_output=True,
            timeout=_SECONDS,
            check=True,
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},
        )
    except subprocess.TimeoutExpired as error:
        raise UnreadableError(f"Tesseract took more than {_SECONDS} seconds for one page") from error
    except (OSError, subprocess.CalledProcessError) as error:
        raise UnreadableError("Tesseract failed on a page of the PDF") from error
    text = done.stdout.decode("utf-8", errors="replace").replace("\r\n", "\n").replace("\f", "")
    return "\n".join(line.rstrip() for line in text.split("\n")).strip()


@cache
def _knows_danish(program: str) -> bool:
    try:
        listed = subprocess.run(  # noqa: S603 - the program the user installed
            [program, "--list-langs"], capture_output=True, timeout=_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return b"dan" in listed.stdout.split()
