"""A question as the two legs see it."""

from __future__ import annotations

from typing import NamedTuple

from index.vectors import Vectors


class Query(NamedTuple):
    """A question as the legs see it; the vector is there where one is needed, or cheap."""

    text: str
    terms: dict[str, float]
    vector: Vectors | None
