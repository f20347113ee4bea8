"""What commands print with: lines for a person, JSON for a script."""

from __future__ import annotations

import json
from typing import Any

from rich.console import Console


def console() -> Console:
    """Give what writes lines to standard output, as it is now; it colours nothing by itself."""
    return Console(highlight=False)


def print_json(value: Any, indent: int | None = 1) -> None:
    """Print a value as JSON, on one line where `indent` is None."""
    print(json.dumps(value, ensure_ascii=False, indent=indent))
