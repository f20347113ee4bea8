"""Starting the driver with the library that was compiled for it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

SOURCE = Path(__file__).parent / "preload.c"


def compiled(folder: Path) -> str:
    """Compile preload.c and give where the library lies; "" where there is no compiler or it is not that of Linux."""
    compiler = shutil.which("cc")
    library = folder / "preload.so"
    if compiler is None or sys.platform != "linux":
        return ""
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-ldl"], check=True)
    return str(library)


@contextmanager
def quick_folder() -> Iterator[Path]:
    """Give an empty folder in memory where there is one: what a kill leaves is the same there, and nothing waits."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="faults-", dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Path(folder)


def driven(
    mode: str, library: str, folder: Path, number: int, kind: str, before: tuple[str, ...] = ()
) -> Mapping[str, Any]:
    """Run the driver to its end, and give what it prints; `before` goes before its command."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    if library:
        environment["LD_PRELOAD"] = library
    command = (*before, sys.executable, "-m", "tests.faults.driver", mode, library, str(folder), str(number), kind)
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found: Mapping[str, Any] = json.loads(done.stdout)
    return found


def mounted(folder: Path) -> tuple[str, ...]:
    """Give what to put before a command so that a folder is a disk of its own for it, of 64 MB."""
    mount = f'mount -t tmpfs -o size=64m none {folder} && exec "$@"'
    return ("unshare", "--map-root-user", "--mount", "sh", "-c", mount, "sh")


def may_mount(folder: Path) -> bool:
    """Tell whether that is allowed here."""
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*mounted(folder), "true"], capture_output=True).returncode == 0
