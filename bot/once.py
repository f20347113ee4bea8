"""What is worked out once for an open generation, and forgotten with it: remembering must not keep it open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from index.search import Searcher

_P = ParamSpec("_P")
_T = TypeVar("_T")


def once(work: Callable[Concatenate[Searcher, _P], _T]) -> Callable[Concatenate[Searcher, _P], _T]:
    """Call `work` once for each searcher and arguments, and remember its results for as long as that is in use."""
    known: WeakKeyDictionary[Searcher, dict[object, _T]] = WeakKeyDictionary()

    def remembered(searcher: Searcher, /, *args: _P.args, **options: _P.kwargs) -> _T:
        results, asked = known.setdefault(searcher, {}), (args, *sorted(options.items()))
        if asked not in results:
            results[asked] = work(searcher, *args, **options)
        return results[asked]

    return remembered
