"""The dense leg: every passage's vector in half precision, and a FAISS index that finds the nearest of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]

FLAT = 50_000  # passages up to which every vector is compared, which is exact
_RECALL = 0.985  # of the ten best that the lists must find, of vectors of the archive itself
_ASKED = 400  # vectors that this is measured with
_NEAREST = 10
_TRAINED = 64  # vectors for each list that the lists are learned from
_PROBES = (16, 32, 64, 96, 128, 192, 256, 384, 512, 768, 1024)  # lists that are looked through
_PAIR = 2  # dimensions of one code
_BLOCK = 16_384  # vectors held at once in single precision
_SPARE = 8  # times as many are found by their codes as are then ranked by their vectors


class Found(NamedTuple):
    """How a FAISS index finds: its kind, how many lists it has and looks through, and what share of the ten best."""

    kind: str
    lists: int = 0
    probes: int = 0
    recall: float = 1.0


class VectorWriter:
    """Appends vectors of one dimension to a file; cosines differ by less than 1e-4 from those of single precision."""

    def __init__(self, path: Path, dimension: int, kept: int | None = None) -> None:
        """Open a file, with as many vectors as are `kept` of those that it holds, or all."""
        self._file = path.open("r+b" if path.exists() else "w+b")
        if kept is not None:
            self._file.truncate(kept * dimension * 2)
        self._file.seek(0, 2)

    def add(self, vectors: Vectors) -> None:
        """Append unit vectors [n, d]."""
        self._file.write(vectors.astype("<f2").tobytes())

    def flush(self) -> None:
        """Hand everything to the operating system."""
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def stored(path: Path, dimension: int) -> NDArray[np.float16]:
    """Map a file of vectors [n, d]."""
    if not path.stat().st_size:
        return np.zeros((0, dimension), np.float16)
    return np.memmap(path, "<f2", "r").reshape(-1, dimension)


def write(path: Path, vectors: NDArray[np.float16], advance: Callable[[int], None] = lambda _: None) -> Found:
    """Write a FAISS index over stored vectors [n, d]: flat for few, else inverted lists of short codes.

    A code has four bits for every two dimensions, and sixteen are compared at a time (André et al., Cache locality is not
    enough, VLDB 2015); what they find is ranked by the vectors themselves. The number of lists looked through is the
    smallest that finds enough of what comparing all would find.
    FAISS can return without an error from a full disk, so the bytes go through Python's own write, which cannot.
    """
    import faiss

    faiss.omp_set_num_threads(len(os.sched_getaffinity(0)))
    try:
        if len(vectors) <= FLAT:
            kind, codes = Found("flat"), faiss.ScalarQuantizer.QT_fp16
            index: Any = faiss.IndexScalarQuantizer(vectors.shape[1], codes, faiss.METRIC_INNER_PRODUCT)
        else:
            kind = Found("lists", lists=_lists(len(vectors)))
            index = _trained(vectors, kind.lists)
        for block in _blocks(vectors):
            index.add(block)
            advance(len(block))
        if kind.lists:
            kind = _tuned(index, vectors, kind)
        with path.open("wb") as file:
            file.write(faiss.serialize_index(index).data)
        return kind
    finally:
        faiss.omp_set_num_threads(1)  # for questions one thread is faster than two


def _lists(n: int) -> int:
    """Give a power of two near four times the root of n, as FAISS's guidelines have it."""
    return int(2 ** round(np.log2(4 * np.sqrt(n))))


def _blocks(vectors: NDArray[np.float16]) -> Iterator[Vectors]:
    for begin in range(0, len(vectors), _BLOCK):
        yield np.ascontiguousarray(vectors[begin : begin + _BLOCK], dtype=np.float32)


def _trained(vectors: NDArray[np.float16], lists: int) -> Any:
    import faiss

    dimension = vectors.shape[1]
    quantizer: Any = faiss.IndexFlatIP(dimension)
    index: Any = faiss.IndexIVFPQFastScan(
        quantizer, dimension, lists, dimension // _PAIR, 4, faiss.METRIC_INNER_PRODUCT
    )
    index.by_residual = False
    index.cp.min_points_per_centroid = 1  # what is too few is measured afterwards
    quantizer.this.disown()  # the index ends it
    index.own_fields = True
    index.cp.spherical = True
    index.cp.niter = 8
    chosen = np.sort(np.random.default_rng(20).permutation(len(vectors))[: lists * _TRAINED])
    index.train(np.ascontiguousarray(vectors[chosen], dtype=np.float32))
    return index


def _tuned(index: Any, vectors: NDArray[np.float16], kind: Found) -> Found:
    """Set the number of lists looked through, and give it with the recall it has."""
    chosen = np.sort(np.random.default_rng(21).permutation(len(vectors))[:_ASKED])
    asked = np.ascontiguousarray(vectors[chosen], dtype=np.float32)
    # The question itself is the nearest of all, so one more is asked for, and it is left out.
    best = np.full((len(asked), 0), 0, np.float32)
    rows = np.full((len(asked), 0), 0, np.int64)
    for begin, block in zip(range(0, len(vectors), _BLOCK), _blocks(vectors), strict=True):
        scores = np.hstack((best, asked @ block.T))
        numbers = np.hstack((rows, np.broadcast_to(np.arange(begin, begin + len(block)), (len(asked), len(block)))))
        top = np.argpartition(-scores, min(_NEAREST, scores.shape[1] - 1), axis=1)[:, : _NEAREST + 1]
        best, rows = np.take_along_axis(scores, top, 1), np.take_along_axis(numbers, top, 1)
    for probes in _PROBES:
        index.nprobe = min(probes, kind.lists)
        _, found = index.search(asked, _SPARE * 2 * _NEAREST)
        exact = [set(row.tolist()) - {own} for row, own in zip(rows, chosen.tolist(), strict=True)]
        recall = float(
            np.mean([len(one & set(got.tolist())) / len(one) for one, got in zip(exact, found, strict=True)])
        )
        if recall >= _RECALL:
            break
    return kind._replace(probes=index.nprobe, recall=round(recall, 4))


class Dense:
    """The open vectors of all parts. The caller has checked the files' hashes: FAISS itself does not notice damage."""

    def __init__(self, parts: Sequence[tuple[Path, Path]], dimension: int, gone: Rows | None = None) -> None:
        """Open each part's vectors and FAISS index; the rows of `gone` are never found."""
        import faiss

        faiss.omp_set_num_threads(1)  # for questions one thread is faster than two
        self._faiss: Any = faiss
        self._vectors = [stored(path, dimension) for path, _ in parts]
        self._indexes: list[Any] = [faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC) for _, path in parts]
        self._firsts = np.cumsum([0, *map(len, self._vectors)])
        self.dimension = dimension
        self._gone = [self._within(gone, part) if gone is not None else () for part in range(len(parts))]

    def __len__(self) -> int:
        return int(self._firsts[-1])

    def _within(self, rows: Rows, part: int) -> Rows:
        """Give those of some rows that lie in a part, counted from its first."""
        first, end = self._firsts[part], self._firsts[part + 1]
        here: Rows = rows[(rows >= first) & (rows < end)] - first
        return here

    def search(self, query: Vectors, k: int, rows: Rows | None = None) -> dict[int, float]:
        """Give the k rows nearest to one query vector [d] with their cosines, among `rows` if given."""
        found = [self._nearest(query, k, part, rows) for part in range(len(self._indexes))]
        nearest = np.concatenate(found)
        scores = self.scores(query, nearest)
        best = np.argsort(-scores, kind="stable")[:k]
        return dict(zip(nearest[best].tolist(), scores[best].tolist(), strict=True))

    def _nearest(self, query: Vectors, k: int, part: int, rows: Rows | None) -> Rows:
        index = self._indexes[part]
        lists = isinstance(index, self._faiss.IndexIVF)
        selector = None
        among = int(index.ntotal) - len(self._gone[part])
        if rows is not None:
            here = self._within(rows, part)
            if lists and len(here) <= FLAT:  # few: comparing them all is exact, and as fast
                return here + int(self._firsts[part])
            selector, among = self._faiss.IDSelectorBatch(here), len(here)
        elif len(self._gone[part]):
            gone = self._faiss.IDSelectorBatch(self._gone[part])
            selector = self._faiss.IDSelectorNot(gone)
        k = min(_SPARE * k if lists else k, among)
        if k <= 0:
            return np.zeros(0, np.int64)
        if lists:
            parameters = self._faiss.SearchParametersIVF(sel=selector, nprobe=index.nprobe)
        else:
            parameters = self._faiss.SearchParameters(sel=selector)
        _, found = index.search(query[None, :], k, params=parameters)
        nearest: Rows = found[0][found[0] >= 0]  # FAISS's word for none is -1
        return nearest + int(self._firsts[part])

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
