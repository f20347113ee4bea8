"""The commands that build an index and keep it well: `index`, `check`, `drop`, `quarantine`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from bot.options import AsJson, BuiltModel, Dimensions, Index, IndexModel, PassagePrompt, QueryPrompt
from bot.printing import console, print_json
from bot.progress import shown, tell_of_cut
from corpus.errors import SpoergetimeError

if TYPE_CHECKING:
    from index.gathering import Progress
    from index.generation import Manifest


def index(
    paths: Annotated[list[Path], typer.Argument(help="Files and folders to read.", metavar="PATH...")],
    index: Index,
    model: IndexModel = None,
    query_prompt: QueryPrompt = None,
    passage_prompt: PassagePrompt = None,
    dimensions: Dimensions = None,
    max_characters: Annotated[int, typer.Option(min=200, max=10_000, help="Longest passage, in characters.")] = 1_200,
    as_json: AsJson = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on until stopped: update the index whenever the files change.")
    ] = False,
    interval: Annotated[
        float, typer.Option(min=0.1, metavar="SECONDS", help="How long files must lie still for --watch.")
    ] = 5.0,
) -> None:
    """Read files and folders, and build or update the index."""
    from bot.shape import report_json
    from bot.terminal import print_report
    from bot.watching import in_step
    from index.build import Report, build
    from index.own_model import for_update

    def update() -> Report:
        encoder, own = for_update(index, model, query_prompt, passage_prompt, dimensions)
        with shown() as progress:
            report = build(paths, index, encoder, own=own, max_characters=max_characters, progress=progress)
        tell_of_cut(encoder)
        return report

    if watch:
        in_step(paths, index, update, interval, as_json=as_json)
        return
    report = update()
    if as_json:
        print_json(report_json(report))
    else:
        print_report(console(), report)


def check(
    index: Index,
    deep: Annotated[bool, typer.Option("--deep", help="Read all sources again, and verify every passage.")] = False,
    repair: Annotated[
        bool, typer.Option("--repair", help="First make a damaged index whole again, with what of it is sound.")
    ] = False,
    model: BuiltModel = None,
) -> None:
    """Verify every file of the index against its manifest; changes nothing, but for --repair."""
    from index.deep import verify_all

    if repair:
        with shown() as progress:
            _mend(index, model, progress)
    newest, manifest = verify_all(index)
    size = sum(entry["size"] for entry in manifest.files.values())
    counts = f"{manifest.documents:,} documents, {manifest.passages:,} passages"
    console().print(
        f"{index}: generation {manifest.generation} is whole: {len(manifest.files)} files, {size:,} bytes, {counts}",
        soft_wrap=True,
    )
    if deep:
        _check_deep(newest, manifest)
        console().print(f"all {counts} stand in their sources")


def drop(
    document: Annotated[str, typer.Argument(help="A document's id or file name.")],
    index: Index,
    undo: Annotated[bool, typer.Option("--undo", help="Let the next build of its folder take it in again.")] = False,
    model: BuiltModel = None,
    as_json: AsJson = False,
) -> None:
    """Erase one document for good: from the index, older generations included, and from every build to come."""
    from index.erase import erase, take_back

    if undo:
        erased = take_back(index, document)
        shape = {"document": erased, "erased": False}
        line = f"{erased} may come back: run spoergetime index on its folder"
    else:
        with shown() as progress:
            found = erase(index, document, model=model, progress=progress)
        shape = {"document": found.document, "erased": True, "files": found.files, "generation": found.generation}
        files = ", ".join(found.files)
        line = f"{found.document} is erased, as of generation {found.generation}. Its file is yours to delete: {files}"
    if as_json:
        print_json(shape)
    else:
        console().print(Text(line), soft_wrap=True)


def quarantine(index: Index, as_json: AsJson = False) -> None:
    """List the files that could not be read, and why."""
    from index.generation import current

    _, manifest = current(index)
    refused = [{"file": entry["file"], "reason": entry["reason"]} for entry in manifest.quarantined]
    if as_json:
        print_json(refused)
        return
    for entry in refused:
        console().print(Text(f"{entry['file']}: {entry['reason']}"), soft_wrap=True)
    if not refused:
        console().print("no file was refused")


def _mend(index: Path, model: str | None, progress: Progress) -> None:
    """Repair an index and say what was done; raise `SpoergetimeError` where some of it may still be missing."""
    from index.repair import repair

    repaired = repair(index, model=model, progress=progress)
    console().print(Text(f"{index}: {repaired.done}"), soft_wrap=True)
    if repaired.missing:
        folders = ", ".join(repaired.missing)
        raise SpoergetimeError(
            f"{index} can be used again, but documents of {folders} may be missing or out of date, since that is not "
            f"there. Bring it back, then: spoergetime index {' '.join(repaired.missing)} --index {index}"
        )


def _check_deep(folder: Path, manifest: Manifest) -> None:
    from index.deep import problems
    from index.parts import open_store

    with shown() as progress:
        found = list(problems(open_store(folder, manifest), manifest.splitter["max_characters"], progress))
    for problem in found:
        console().print(Text(f"{problem.file} {problem.what}"), soft_wrap=True)
    if found:
        raise SpoergetimeError(f"{len(found)} things do not hold, the first in {found[0].file}. Index the folder again")
