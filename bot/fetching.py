"""`spoergetime fetch`: what it is told, and what it tells."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from bot import fetch_plans as plans
from bot.options import AsJson, day
from bot.printing import console, print_json
from corpus.errors import FetchError

if TYPE_CHECKING:
    from corpus.fetch.report import Report

_SHOWN = 20  # missing files; the manifest has all


def fetch(
    into: Annotated[Path, typer.Option(metavar="DIR", help="The folder that the documents are fetched into.")],
    session: Annotated[str | None, typer.Option(help="A session, for example 20231 (2023-24, 1. samling).")] = None,
    committee: Annotated[str | None, typer.Option(help="A committee, by abbreviation (SUU) or name.")] = None,
    kind: Annotated[str | None, typer.Option(help="A kind of case as the Folketing names it: §20, alm.del ...")] = None,
    since: Annotated[str | None, typer.Option(help="Answers of this date or later: YYYY-MM-DD.")] = None,
    until: Annotated[str | None, typer.Option(help="Answers of this date or earlier: YYYY-MM-DD.")] = None,
    changed_since_last: Annotated[
        bool, typer.Option("--changed-since-last", help="Ask only for what changed since the last fetch of the same.")
    ] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many answers, debates or pages.")] = None,
    from_folder: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Take the files from this folder, where you downloaded them.")
    ] = None,
    debates: Annotated[bool, typer.Option("--debates", help="Fetch the records of debates instead.")] = False,
    feeds: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Fetch the pages of the feeds and sitemaps in this file instead."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the requests, and make none.")] = False,
    contact: Annotated[
        str | None,
        typer.Option(envvar="SPOERGETIME_CONTACT", help="Your e-mail or page, told to the servers that are asked."),
    ] = None,
    rate: Annotated[
        float, typer.Option(min=0.01, help="Requests a second; the Folketing's are asked at most 5.")
    ] = 5.0,
    service: Annotated[
        str | None, typer.Option(metavar="URL", help="Another address of the open data, such as a copy of your own.")
    ] = None,
    files: Annotated[str | None, typer.Option(metavar="URL", help="Another host of the files.")] = None,
    ftp: Annotated[str | None, typer.Option(metavar="URL", help="Another folder of the records of debates.")] = None,
    as_json: AsJson = False,
) -> None:
    """Bring questions and answers from the Folketing's open data into a folder, and keep it in step."""
    from corpus.fetch.guest import RATE, Guest
    from corpus.fetch.scope import Scope

    own = bool(ftp) if debates else bool(service and files) and not feeds
    guest = Guest(contact, rate if own else min(rate, RATE))
    of_answers: dict[str, object] = {"--committee": committee, "--kind": kind, "--since": since, "--until": until}
    of_answers |= {"--from-folder": from_folder, "--service": service, "--files": files}
    if feeds:
        plans.refuse("--feeds", {**of_answers, "--session": session, "--debates": debates, "--ftp": ftp})
        plan = plans.pages(into, guest, feeds, limit=limit)
    elif debates:
        plans.refuse("--debates", of_answers)
        plan = plans.debates(into, guest, ftp=ftp, session=session, limit=limit)
    else:
        plans.refuse("answers", {"--ftp": ftp})
        days = {"since": day("--since", since), "until": day("--until", until)}
        plan = plans.answers(
            into,
            guest,
            Scope(session=session, committee=committee, kind=kind, **days),
            service=service,
            files=files,
            changed=changed_since_last,
            limit=limit,
            by_hand=from_folder,
        )
    if dry_run:
        print(*plan.requests, sep="\n")
        return
    if contact is None and not own:
        print(
            "spoergetime: no --contact: name an e-mail address, so that those who are asked can write to you before"
            " they shut you out",
            file=sys.stderr,
        )
    try:
        with _counted(plan.what) as tell:
            report = plan.run(tell)
    except KeyboardInterrupt:
        print(f"spoergetime: interrupted; what has come into {into} is whole. Call again to go on", file=sys.stderr)
        raise typer.Exit(130) from None
    told(report, into, as_json, plan.what)


def told(report: Report, into: Path, as_json: bool, what: str = "answers") -> None:
    """Print what a fetch did; raise `FetchError` where it did not come to its end."""
    if as_json:
        shape = {**asdict(report), "missing": [one._asdict() for one in report.missing]}
        print_json(shape)
    else:
        _print(report, into, what)
    if report.stopped:
        raise FetchError(report.stopped)
    if not report.done:
        raise FetchError(f"none of {len(report.missing):,} files came, the first because {report.missing[0].reason}")


def _print(report: Report, into: Path, what: str) -> None:
    def line(text: str) -> None:
        console().print(Text(text), soft_wrap=True)

    line(
        f"{report.listed:,} {what}: {report.fetched:,} files fetched, {report.linked:,} linked,"
        f" {report.unchanged:,} unchanged, {len(report.missing):,} missing, {report.unread:,} of kinds that"
        f" are not read; {report.requests:,} requests"
    )
    for one in report.missing[:_SHOWN]:
        line(f"missing: {one.file}: {one.reason}")
    if len(report.missing) > _SHOWN:
        line(f"and {len(report.missing) - _SHOWN:,} more, with their addresses in {into / '.spoergetime-fetch.json'}")
    if report.turned_away and what == "answers":
        line(
            f"{report.turned_away:,} files are kept from programs. Download them in a browser into a folder,"
            " and call again with --from-folder and that folder"
        )
    if report.without_files:
        line(f"{report.without_files:,} answers have no file that is read")
    for name in report.gone:
        line(f"no longer listed: {name}. If it was withdrawn, delete it and {name}.meta.json")
    for note in report.notes:
        line(note)


@contextmanager
def _counted(what: str) -> Iterator[Callable[[Report], None]]:
    """Show how many there were until now, and only to a person."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with Console(stderr=True).status("asking") as status:
        yield lambda report: status.update(f"{report.listed:,} {what}, {report.fetched:,} files fetched")
