"""The questions that failed, as a part of the report."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from eval.judge import ABSENT
from eval.run import Outcome, by_slice

_LONGEST = 300  # characters of a quote


def failures(rows: Sequence[Outcome]) -> str:
    """Give tables, by slice, of the questions whose first hit is wrong, and of those decided wrongly."""
    missed = [row for row in rows if row.question.answers and not row.right]
    spoke = [row for row in rows if not row.question.answers and row.answered]
    silent = [row for row in rows if row.right and not row.answered]
    tables = [
        _group(f"{name}: {len(part)} with a wrong first hit", list(map(_missed, part)))
        for name, part in by_slice(missed).items()
    ]
    if spoke:
        tables.append(_group(f"{len(spoke)} unanswerable, yet answered", list(map(_decided, spoke))))
    if silent:
        tables.append(_group(f"{len(silent)} right, yet held back as unsure", list(map(_decided, silent))))
    return "".join(tables) or "<p>None.</p>"


def _group(title: str, rows: Sequence[dict[str, str]]) -> str:
    """Give one table; each row is its columns, by name."""
    heads = "".join(f"<th>{name}</th>" for name in rows[0])
    cells = ("".join(f'<td data-name="{name}">{cell}</td>' for name, cell in row.items()) for row in rows)
    body = "".join(f"<tr>{row}</tr>" for row in cells)
    return (
        f"<details><summary>{escape(title)}</summary><div class=scroll tabindex=0><table class=words>"
        f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div></details>"
    )


def _missed(row: Outcome) -> dict[str, str]:
    accepted = row.question.answers[0]
    quote = accepted.quote if len(accepted.quote) <= _LONGEST else accepted.quote[: _LONGEST - 1] + "…"
    others = len(row.question.answers) - 1
    more = f"<br><small class=soft>or {others} more</small>" if others else ""
    rank = next((n for n, passage in enumerate(row.found, 1) if passage in row.relevant), None)
    absent = row.relevant[0].startswith(ABSENT)
    return {
        "question": _asked(row),
        "expected": f"“{escape(quote)}”<br><code>{escape(accepted.file)}</code>{more}",
        "first hit": _first(row),
        "right at": f"rank {rank}" if rank else "not in the index" if absent else "not in ten",
        "confidence": f"{row.confidence:.2f}",
    }


def _decided(row: Outcome) -> dict[str, str]:
    return {"question": _asked(row), "first hit": _first(row), "confidence": f"{row.confidence:.2f}"}


def _asked(row: Outcome) -> str:
    before = "".join(f"<small class=soft>{escape(one)} → </small>" for one in row.question.previous)
    return f"{before}{escape(row.question.question)}<br><small class=soft>{escape(row.question.id)}</small>"


def _first(row: Outcome) -> str:
    return f"<code>{escape(row.first)}</code>" if row.first else "–"
