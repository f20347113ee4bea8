"""A question as the two legs see it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from index.vectors import Vectors


class Query(NamedTuple):
    """A question as the legs see it; the vector is there where one is needed, or cheap."""

    text: str
    terms: dict[str, float]
    vector: Vectors | None
    stands_for: Mapping[str, str] = MappingProxyType({})  # an added term, and the question's own that it is for
    expanded: tuple[str, ...] = ()  # words that were also searched for, as a reader is told them
    unknown: tuple[str, ...] = ()  # words of the question that the archive does not hold in any form
    foreign: bool = False  # it is in another language than Danish
