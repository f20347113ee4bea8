"""Opening: the current generation, verified and held; where that is damaged, the last good one, and it is said."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from corpus.errors import DamagedIndexError, MismatchError
from index import erasures
from index.generation import REPAIR, Manifest, all_generations, current, damage, pointer, read_manifest, verify
from index.lease import MANIFEST, Lease

LOG = logging.getLogger("spoergetime")


class Opened(NamedTuple):
    """A generation that was verified, and may be read for as long as the lease lives."""

    folder: Path
    manifest: Manifest
    lease: Lease
    fallback: str | None  # why it is not the current one, where it is not


def opened(index: Path) -> Opened:
    """Verify the current generation and take a lease on it; if it is damaged, take the last good one, and say so.

    Raises DamagedIndexError, naming what is wrong with the current one, where no other is good.
    """
    while True:
        before = pointer(index)
        try:
            folder, manifest = current(index)
            lease = _lease(folder)
            verify(folder, manifest)
            return Opened(folder, manifest, lease, None)
        except DamagedIndexError as error:
            if pointer(index) != before:  # published anew meanwhile, and the old one swept
                continue
            return _last_good(index, error)


def good_generations(index: Path) -> Iterator[tuple[Path, Manifest]]:
    """Give the generations that are whole and hold nothing erased, the newest first, whatever `current` says."""
    without = erasures.read(index).without
    for folder in reversed(all_generations(index)):
        try:
            manifest = read_manifest(folder)
            if manifest.seal and int(folder.name) >= without:
                verify(folder, manifest)
                yield folder, manifest
        except (DamagedIndexError, MismatchError):
            continue


def _last_good(index: Path, why: DamagedIndexError) -> Opened:
    try:
        for folder, manifest in good_generations(index):
            what = str(why).split(". ")[0]
            said = f"{what}. Generation {manifest.generation} of {manifest.created} is used instead. {REPAIR}"
            LOG.warning(said)
            return Opened(folder, manifest, _lease(folder), said)
    except DamagedIndexError as error:
        LOG.warning("%s", error)
    raise why


def _lease(folder: Path) -> Lease:
    try:
        return Lease(folder)
    except OSError as error:
        raise DamagedIndexError(damage(folder / MANIFEST, f"cannot be read ({error.strerror})")) from error
