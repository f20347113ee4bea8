"""Updating: of a big archive in which little changed, only what changed is written.

The new generation takes the big files over as they are, and has beside them a second part with the documents that are
new or changed since those were written. Documents that are gone stay in the big files and are left out when asked; what
a word counts for is corrected for them, so that the same is found as in an index written anew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from corpus.document import signature
from corpus.files import Found
from index.background import compounds
from index.encoder import Encoder
from index.gathering import Gathered, Gathering, Progress
from index.generation import CHANGED, LEXICAL, STAMPS, STORE, Manifest, take_over
from index.lexical import LexicalWriter, carry, join, segments
from index.parts import PartWriter, described, known_vectors, lost_terms
from index.plan import Plan, Previous, order
from index.store import Store

_WHOLE = 5_000  # passages: fewer are written anew as a whole, in seconds
_SHARE = 0.1  # of the passages that may be changed or gone before all are written anew


class MergedError(Exception):
    """tantivy has put segments together that were to stay as they were."""


def is_small(plan: Plan, previous: Previous) -> bool:
    """Tell whether so little changes that the rest had better be kept as it is."""
    passages: int = previous.manifest.passages
    if passages < _WHOLE:
        return False
    first: int = _base(previous).done()["passage"]
    new = len(plan.read) * passages / max(1, len(previous.files))
    gone = previous.store.passage_rows({*_touched(plan, previous), *previous.store.gone})
    return len(gone) + len(previous.dense) - first + new <= _SHARE * passages


def update(
    folder: Path, id_: str, previous: Previous, gathering: Gathering, encoder: Encoder, progress: Progress
) -> Manifest:
    """Write the files of a generation in which little changed; raise `MergedError` where that cannot be done."""
    plan, base = gathering.plan, _base(previous)
    state = base.done()
    end = state["document"]  # rows from here on are of what changed after the first part was written
    ids = set(state["segments"])
    _take_over(previous, folder)
    carry(previous.folder / LEXICAL, folder / LEXICAL, ids)

    touched = _touched(plan, previous)
    gone = {row for row in {*touched, *previous.store.gone} if row < end}
    words = folder / CHANGED / LEXICAL
    again = [file for file, row in plan.keep.items() if row in touched or row >= end]
    with PartWriter(folder / CHANGED, words, encoder, known_vectors(previous, encoder), after=[folder]) as part:
        with_its_like = _Likes(previous, gathering, gone, end)
        for one in gathering.documents(sorted([*again, *plan.read], key=order)):
            for each in with_its_like(one):
                part.add(each.document, each.passages)
        rows = sorted(gone)
        part.store.leave_out(rows, *lost_terms(stored for row in rows for stored in base.passages_of(row)))
        fresh = [row for row in rows if row not in previous.store.gone]
        if fresh:
            first = LexicalWriter(folder / LEXICAL, compounds())
            first.discard(fresh)
            first.close()
        if {one["segment_id"] for one in segments(folder / LEXICAL)} != ids:
            raise MergedError
        progress.stage("vectors", part.store.passages - state["passage"])
        counts = part.close(progress.advance, base)
    join(folder / LEXICAL, words)
    nearest = dict(previous.manifest.nearest)
    nearest["spare"] = max(nearest["spare"], counts.nearest.spare)
    manifest = described(folder, id_, encoder, previous.manifest.splitter, counts, gathering.refused)
    return replace(manifest, nearest=nearest)


def _base(previous: Previous) -> Store:
    """Open the first part by itself."""
    return Store(previous.folder / STORE)


def _touched(plan: Plan, previous: Previous) -> set[int]:
    """Give the rows of the documents of which a file is gone or changed."""
    return {filed.document_row for file, filed in previous.files.items() if file not in plan.keep}


class _Likes:
    """Gives a document, and with one that was read the files that say the same and lie in the first part."""

    def __init__(self, previous: Previous, gathering: Gathering, gone: set[int], end: int) -> None:
        self._store, self._gathering, self._gone, self._end = previous.store, gathering, gone, end
        self._files = defaultdict[int, list[Found]](list)
        for file, row in gathering.plan.keep.items():
            self._files[row].append(file)

    def __call__(self, one: Gathered) -> Iterable[Gathered]:
        """Give the document with its like, which go out of the first part."""
        if one.file in self._gathering.plan.keep:
            return [one]
        like = self._store.alike(one.document.id, signature(one.document))
        rows = {row for row in like if row < self._end} - self._gone
        self._gone |= rows
        others = [self._gathering.kept(file) for row in rows for file in self._files[row]]
        return sorted([one, *others], key=lambda each: order(each.file))


def _take_over(previous: Previous, folder: Path) -> None:
    """Put the files of the first part into a new generation, but for the words."""
    for name in previous.manifest.files:
        if name.split("/")[0] in (CHANGED, LEXICAL, STAMPS):
            continue
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        take_over(previous.folder / name, folder / name)
