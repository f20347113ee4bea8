"""Leases: a generation that somebody reads is not removed.

A reader holds a shared flock on the generation's manifest, which it opens for reading only, so that this works on a
read-only file system too; whoever removes takes an exclusive one first. A lock ends with the process that held it.
Where a file system knows no locks, a reader goes without: the generation before the current one is kept for it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from pathlib import Path

MANIFEST = "manifest.json"
_REMOVING = ".removing-"


class Lease:
    """The right to read a generation's files, also those opened later, for as long as this object lives.

    Raises FileNotFoundError if the generation is not there, or not any more.
    """

    def __init__(self, folder: Path) -> None:
        self._file = (folder / MANIFEST).open("rb")
        try:
            with contextlib.suppress(OSError):  # no locks on this file system
                fcntl.flock(self._file, fcntl.LOCK_SH)
            if not self._is_there(folder):
                raise FileNotFoundError(2, "No such file or directory", str(folder / MANIFEST))
        except BaseException:
            self.end()
            raise

    def _is_there(self, folder: Path) -> bool:
        """Tell whether the file is still the one of this name: it may have been removed before it was locked."""
        return os.path.samestat(os.fstat(self._file.fileno()), (folder / MANIFEST).stat())

    def end(self) -> None:
        """Give the right back; the end of the object does so too."""
        self._file.close()


def remove(folder: Path) -> bool:
    """Remove a generation unless somebody reads it; tell whether it is gone.

    It loses its name first, so that a half-removed one is never taken for a generation: `sweep_removed` ends the work.
    """
    with contextlib.ExitStack() as held:
        try:
            file = held.enter_context((folder / MANIFEST).open("rb+"))
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            pass  # without a manifest nobody can read it; without locks nobody can say so
        nameless = folder.with_name(_REMOVING + folder.name)
        shutil.rmtree(nameless, ignore_errors=True)
        try:
            folder.rename(nameless)
        except OSError:
            return False
        shutil.rmtree(nameless, ignore_errors=True)
    return True


def sweep_removed(generations: Path) -> None:
    """End what a killed process had begun to remove."""
    for nameless in generations.glob(_REMOVING + "*"):
        shutil.rmtree(nameless, ignore_errors=True)
