"""The dense leg: every passage's vector in half precision, and a FAISS index that finds the nearest of them."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]

FLAT = 50_000  # passages up to which every vector is compared, which is exact
MANY = 300_000  # passages from which codes are half as long: comparing them all would take too long
_RECALL = 0.95  # of the hundred best that codes must find, of vectors of the archive itself
_ASKED = 400  # vectors that this is measured with
_DEPTH, _NEAREST = 100, 10  # how many of the best are looked for, and how many count most
_SPARES = (4, 8, 12, 16, 24, 32)  # times as many are found by their codes as are then ranked by their vectors
_ENOUGH = 0.9  # of those that are to be ranked, where some of what is found by codes is left out
_TRAINED = 65_536  # vectors that the codes are learned from
_BLOCK = 16_384  # vectors held at once in single precision


class Found(NamedTuple):
    """How the nearest are found: by all vectors or by codes, how many times as many, what share of the ten best."""

    kind: str
    spare: int = 1
    recall: float = 1.0


class VectorWriter:
    """Appends vectors of one dimension to a file; cosines differ by less than 1e-4 from those of single precision."""

    def __init__(self, path: Path, dimension: int, kept: int | None = None, checksum: int = 0) -> None:
        """Open a file, with as many vectors as are `kept` of those that it holds, of this checksum, or all."""
        self._file = path.open("r+b" if path.exists() else "w+b")
        if kept is not None:
            self._file.truncate(kept * dimension * 2)
        self._file.seek(0, 2)
        self._checksum = checksum

    def add(self, vectors: Vectors) -> None:
        """Append unit vectors [n, d]."""
        data = vectors.astype("<f2").tobytes()
        self._file.write(data)
        self._checksum = zlib.crc32(data, self._checksum)

    def flush(self) -> tuple[int, int]:
        """Hand everything to the operating system; give how many bytes the file has, and their checksum."""
        self._file.flush()
        return self._file.tell(), self._checksum

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def stored(path: Path, dimension: int) -> NDArray[np.float16]:
    """Map a file of vectors [n, d]."""
    if not path.stat().st_size:
        return np.zeros((0, dimension), np.float16)
    mapped = np.memmap(path, "<f2", "r").reshape(-1, dimension)
    return np.asarray(mapped)  # a plain array: what is taken from it costs less


def write(path: Path, vectors: NDArray[np.float16], advance: Callable[[int], None] = lambda _: None) -> Found:
    """Write a FAISS index over stored vectors [n, d]: of few all numbers, of more four bits for every two or four.

    Codes are compared sixteen at a time (André et al., Cache locality is not enough, VLDB 2015), and what they find is
    ranked by the vectors themselves: so many times as many as find enough of what comparing all would find. On vectors
    of passages inverted lists found less in the same time, see docs/measurements.md.
    FAISS can return without an error from a full disk, so the bytes go through Python's own write, which cannot.
    """
    import faiss

    faiss.omp_set_num_threads(len(os.sched_getaffinity(0)))
    try:
        dimension, product = vectors.shape[1], faiss.METRIC_INNER_PRODUCT
        index: Any
        each = 2 if len(vectors) < MANY else 4
        if len(vectors) <= FLAT or dimension % each:
            index = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, product)
        else:
            # Turned at random, so that all codes say about as much: the first numbers of a vector differ most.
            codes = faiss.IndexPQFastScan(dimension, dimension // each, 4, product)
            index = faiss.IndexPreTransform(faiss.RandomRotationMatrix(dimension, dimension), codes)
            index.train(_chosen(vectors, _TRAINED)[1])
        for block in _blocks(vectors):
            index.add(block)
            advance(len(block))
        with path.open("wb") as file:
            file.write(faiss.serialize_index(index).data)
        return Found("flat") if isinstance(index, faiss.IndexScalarQuantizer) else _measured(index, vectors)
    finally:
        faiss.omp_set_num_threads(1)  # for questions one thread is faster than two


def _chosen(vectors: NDArray[np.float16], n: int) -> tuple[Rows, Vectors]:
    """Give some rows, by a chance that is always the same, and their vectors."""
    rows = np.sort(np.random.default_rng(20).permutation(len(vectors))[:n])
    return rows, np.ascontiguousarray(vectors[rows], dtype=np.float32)


def _blocks(vectors: NDArray[np.float16]) -> Iterator[Vectors]:
    for begin in range(0, len(vectors), _BLOCK):
        yield np.ascontiguousarray(vectors[begin : begin + _BLOCK], dtype=np.float32)


def _measured(index: Any, vectors: NDArray[np.float16]) -> Found:
    """Find out how many must be found by their codes, and what share of the ten best is among them then."""
    own, asked = _chosen(vectors, _ASKED)
    best, rows = np.zeros((len(asked), 0), np.float32), np.zeros((len(asked), 0), np.int64)
    for begin, block in zip(range(0, len(vectors), _BLOCK), _blocks(vectors), strict=True):
        scores = np.hstack((best, asked @ block.T))
        numbers = np.hstack((rows, np.broadcast_to(np.arange(begin, begin + len(block)), (len(asked), len(block)))))
        top = np.argsort(-scores, axis=1)[:, : _DEPTH + 1]  # one more: each is its own nearest
        best, rows = np.take_along_axis(scores, top, 1), np.take_along_axis(numbers, top, 1)
    exact = [[one for one in row if one != own_] for row, own_ in zip(rows.tolist(), own.tolist(), strict=True)]
    for spare in _SPARES:
        _, found = index.search(asked, spare * _DEPTH)
        hundred, ten = (_recall(found.tolist(), [one[:depth] for one in exact]) for depth in (_DEPTH, _NEAREST))
        if hundred >= _RECALL:
            break
    return Found("codes", spare, round(ten, 4))


def _recall(found: Sequence[Sequence[int]], exact: Sequence[Sequence[int]]) -> float:
    """Give the mean share of what was to be found."""
    return float(
        np.mean([len(set(one).intersection(other)) / len(other) for one, other in zip(found, exact, strict=True)])
    )


class Dense:
    """The open vectors of all parts. The caller has checked the files' hashes: FAISS itself does not notice damage."""

    def __init__(
        self, parts: Sequence[tuple[Path, Path]], dimension: int, spare: int = 1, gone: Rows | None = None
    ) -> None:
        """Open each part's vectors and FAISS index; the rows of `gone` are never found.

        By codes `spare` times as many are found as are then ranked.
        """
        import faiss

        faiss.omp_set_num_threads(1)  # for questions one thread is faster than two
        self._faiss: Any = faiss
        self._vectors = [stored(path, dimension) for path, _ in parts]
        self._indexes: list[Any] = [faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC) for _, path in parts]
        self._firsts = np.cumsum([0, *map(len, self._vectors)])
        self.dimension = dimension
        self._spare = max(spare, _SPARES[0])
        self._there = [self._left(gone, part) if gone is not None else None for part in range(len(parts))]

    def __len__(self) -> int:
        return int(self._firsts[-1])

    def fits(self) -> bool:
        """Tell whether each FAISS index is of as many vectors of this dimension as lie beside it."""
        return all(
            (int(index.ntotal), int(index.d)) == (len(own), self.dimension)
            for index, own in zip(self._indexes, self._vectors, strict=True)
        )

    def _within(self, rows: Rows, part: int) -> Rows:
        """Give those of some rows that lie in a part, counted from its first."""
        first, end = self._firsts[part], self._firsts[part + 1]
        here: Rows = rows[(rows >= first) & (rows < end)] - first
        return here

    def _left(self, gone: Rows, part: int) -> NDArray[np.bool_] | None:
        """Tell of each row of a part whether it is still there; nothing where all are."""
        within = self._within(gone, part)
        there = np.ones(int(self._firsts[part + 1] - self._firsts[part]), np.bool_)
        there[within] = False
        return there if len(within) else None

    def search(self, query: Vectors, k: int, rows: Rows | None = None) -> dict[int, float]:
        """Give the k rows nearest to one query vector [d] with their cosines, among `rows` if given."""
        found = [self._nearest(query, k, part, rows) for part in range(len(self._indexes))]
        nearest = np.concatenate(found)
        scores = self.scores(query, nearest)
        best = np.argsort(-scores, kind="stable")[:k]
        return dict(zip(nearest[best].tolist(), scores[best].tolist(), strict=True))

    def _nearest(self, query: Vectors, k: int, part: int, rows: Rows | None) -> Rows:
        index, first = self._indexes[part], int(self._firsts[part])
        total, there = int(index.ntotal), self._there[part]
        if not total:
            return np.zeros(0, np.int64)
        if rows is not None:
            here = self._within(rows, part)
            if len(here) <= FLAT:  # few: to compare them all is exact, and as fast
                return here + first
            there = np.zeros(total, np.bool_)
            there[here] = True
        exact = isinstance(index, self._faiss.IndexScalarQuantizer)
        wanted = ranked = k if exact else self._spare * max(k, _DEPTH)
        if there is not None:  # what is left out is found, too
            count = int(np.count_nonzero(there))
            ranked = min(ranked, count)
            wanted = ranked * total // max(count, 1) + 1
        while True:
            _, (found,) = index.search(query[None, :], min(wanted, total))
            found = found[found >= 0]  # FAISS's word for none is -1
            nearest: Rows = found if there is None else found[there[found]]
            if len(nearest) >= (ranked if exact else _ENOUGH * ranked) or wanted >= total:
                return nearest + first
            wanted *= 2

    def scores(self, query: Vectors, rows: Rows) -> Vectors:
        """Give the cosines [n] of one query vector [d] with the named rows."""
        scores: Vectors = self.vectors(rows) @ query
        return scores

    def vectors(self, rows: Rows) -> Vectors:
        """Give the stored vectors [n, d] of the named rows."""
        if len(self._vectors) == 1:
            return self._vectors[0][rows].astype(np.float32)
        found = np.empty((len(rows), self.dimension), np.float32)
        parts = self._firsts.searchsorted(rows, side="right") - 1
        for part, vectors in enumerate(self._vectors):
            found[parts == part] = vectors[rows[parts == part] - self._firsts[part]]
        return found
