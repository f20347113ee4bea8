"""The nearest vectors, by comparing all or by codes: what is found, what is left out, and beside what is exact."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from index import vectors
from index.vectors import Dense, VectorWriter

COUNT, DIMENSION = 6_000, 64


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def made() -> np.ndarray:
    """Vectors of which the first numbers differ most, as those of the bundled encoder do."""
    chance = np.random.default_rng(3)
    return unit(chance.standard_normal((COUNT, DIMENSION)) * np.linspace(3, 0.5, DIMENSION))


@pytest.fixture(params=["flat", "two dimensions a code", "four dimensions a code"])
def parts(
    request: pytest.FixtureRequest, made: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[list[tuple[Path, Path]], int]:
    """Two parts, as after an update, and how many times as many must be ranked."""
    if request.param != "flat":
        monkeypatch.setattr("index.vectors.FLAT", 50)
        monkeypatch.setattr("index.vectors.MANY", COUNT if "two" in request.param else 60)
    found, spare = [], 1
    for number, rows in enumerate((made[:-100], made[-100:])):
        stored, index = tmp_path / f"{number}.f16", tmp_path / f"{number}.faiss"
        writer = VectorWriter(stored, DIMENSION)
        writer.add(rows)
        writer.close()
        told = vectors.write(index, vectors.stored(stored, DIMENSION))
        assert ("flat" == told.kind) == (request.param == "flat")
        assert 0.97 <= told.recall
        spare = max(spare, told.spare)
        found.append((stored, index))
    return found, spare


def nearest(made: np.ndarray, query: np.ndarray, k: int, left_out: np.ndarray) -> list[int]:
    """Compare all."""
    scores = made.astype(np.float16).astype(np.float32) @ query
    scores[left_out] = -2
    return np.argsort(-scores, kind="stable")[:k].tolist()


@pytest.mark.parametrize("k", [1, 10, 100])
def test_the_nearest_are_found(parts: tuple[list[tuple[Path, Path]], int], made: np.ndarray, k: int) -> None:
    """Of the k nearest in both parts at least .97, also of a few, with their exact cosines, best first."""
    dense = Dense(parts[0], DIMENSION, parts[1])
    asked = made[::300]
    shares = []
    for query in asked:
        found = dense.search(query, k)
        assert k == len(found)
        assert sorted(found.values(), reverse=True) == list(found.values())
        assert found == pytest.approx({row: float(made[row] @ query) for row in found}, abs=1e-3)
        exact = nearest(made, query, k, np.zeros(0, np.int64))
        shares.append(len(found.keys() & set(exact)) / k)
    assert 0.97 <= np.mean(shares)


@pytest.mark.parametrize("share", [0.001, 0.3, 0.9])
def test_what_is_gone_is_not_found_and_costs_no_other(
    parts: tuple[list[tuple[Path, Path]], int], made: np.ndarray, share: float
) -> None:
    """However much of the archive is gone, what is left is found as if it were all there is."""
    gone = np.flatnonzero(np.random.default_rng(4).random(COUNT) < share)
    dense = Dense(parts[0], DIMENSION, parts[1], gone)
    shares = []
    for query in made[::300]:
        found = dense.search(query, 10)
        assert not found.keys() & set(gone.tolist())
        shares.append(len(found.keys() & set(nearest(made, query, 10, gone))) / 10)
    assert 0.97 <= np.mean(shares)


@pytest.mark.parametrize("count", [3, 40, 3_000])
def test_among_some_rows(parts: tuple[list[tuple[Path, Path]], int], made: np.ndarray, count: int) -> None:
    """Only those are found; of few all are compared."""
    dense = Dense(parts[0], DIMENSION, parts[1])
    rows = np.sort(np.random.default_rng(5).permutation(COUNT)[:count])
    others = np.setdiff1d(np.arange(COUNT), rows)
    shares = []
    for query in made[::300]:
        found = dense.search(query, 10, rows)
        assert found.keys() <= set(rows.tolist())
        exact = nearest(made, query, min(10, count), others)
        shares.append(len(found.keys() & set(exact)) / len(exact))
    assert 0.97 <= np.mean(shares)
