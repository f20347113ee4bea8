"""The dense leg: one FAISS index, row for row beside the passages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]


def write(path: Path, vectors: Vectors) -> None:
    """Write unit vectors [n, d] as an inner-product index of half-precision numbers.

    Every vector is compared. Half the bytes are read in less than half the time, cosines differ by less than 1e-4 from
    those of single precision, and what is read back and written again stays the same to the bit.
    FAISS can return without an error from a full disk, so the bytes go through Python's own write, which cannot.
    """
    import faiss

    index = faiss.IndexScalarQuantizer(vectors.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    index.add(np.ascontiguousarray(vectors))
    path.write_bytes(faiss.serialize_index(index).tobytes())


class Dense:
    """An open FAISS index. The caller has checked the file's hash: FAISS itself does not notice damage."""

    def __init__(self, path: Path) -> None:
        import faiss

        faiss.omp_set_num_threads(1)  # for questions one thread is faster than two
        self._faiss: Any = faiss
        self._index: Any = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        self.dimension: int = self._index.d

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def search(self, query: Vectors, k: int, rows: Rows | None = None) -> dict[int, float]:
        """Give the k rows nearest to one query vector [d] with their cosines, among `rows` if given."""
        parameters = None
        if rows is not None:
            selector = self._faiss.IDSelectorBatch(rows)
            parameters = self._faiss.SearchParameters(sel=selector)
        k = min(k, len(self) if rows is None else len(rows))
        if not k:
            return {}
        scores, found = self._index.search(query[None, :], k, params=parameters)
        best = dict(zip(found[0].tolist(), scores[0].tolist(), strict=True))
        best.pop(-1, None)  # FAISS's word for none
        return best

    def scores(self, query: Vectors, rows: Rows) -> Vectors:
        """Give the cosines [n] of one query vector [d] with the named rows."""
        if not len(rows):
            return np.zeros(0, dtype=np.float32)
        scores: Vectors = self._index.reconstruct_batch(rows) @ query
        return scores

    def vectors(self, rows: Rows) -> Vectors:
        """Give the stored vectors [n, d] of the named rows."""
        found: Vectors = self._index.reconstruct_batch(rows)
        return found
