"""What a fetch did, for people and scripts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Missing(NamedTuple):
    """A file that did not come, and why."""

    file: str
    url: str
    reason: str


@dataclass(kw_only=True)
class Report:
    """Counts of files, but for `listed`, `without_files` and `requests`."""

    listed: int = 0  # answers in the scope, debates or pages
    without_files: int = 0  # answers of which no file can be read
    fetched: int = 0
    linked: int = 0  # downloaded by the user himself
    unchanged: int = 0
    unread: int = 0  # in formats that are not read
    turned_away: int = 0  # of those missing
    missing: list[Missing] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)  # they lie in the folder, and the service lists them no more
    notes: list[str] = field(default_factory=list)
    requests: int = 0
    stopped: str | None = None  # why the source could not be gone through to the end

    @property
    def done(self) -> bool:
        """Whether the source was gone through to its end, and gave at least one of the files that it names."""
        return self.stopped is None and (not self.missing or self.fetched + self.linked + self.unchanged > 0)


def still_missing(before: Any, tried: Collection[str], missing: list[Missing]) -> Mapping[str, Any]:
    """Give a manifest's account of the files that are missing: those of `before` that were not tried, and these."""
    left = {name: why for name, why in before.items() if name not in tried} if isinstance(before, dict) else {}
    return dict(sorted((left | {one.file: {"url": one.url, "reason": one.reason} for one in missing}).items()))
