"""The command line, and the only place where all the parts meet."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.text import Text

from bot import evaluation
from bot.fetching import fetch
from bot.operation import DEFAULT, Operation
from bot.options import (
    AllowEmbed,
    AllowHost,
    AsJson,
    BuiltModel,
    Dimensions,
    FeedbackFile,
    FeedbackQuestions,
    Host,
    Index,
    IndexModel,
    LoginHeader,
    LogRequests,
    Metrics,
    PassagePrompt,
    Port,
    PublicUrl,
    QueryPrompt,
    Queue,
    Rate,
    Rerank,
    Timeout,
    TrustProxy,
    Workers,
    day,
)
from bot.progress import shown, tell_of_cut
from corpus.errors import SpoergetimeError, UsageError

if TYPE_CHECKING:
    from index.generation import Manifest

# Heavy imports stand in the commands that need them: `ask` must answer from a cold start.

app = typer.Typer(
    help="Questions and answers of the Danish parliament: verbatim passages, each cited to file, page and characters.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(evaluation.app, name="eval")
app.command()(fetch)

EXAMPLE_QUESTION = "Hvor meget koster fælles skolemad forældrene?"
_EXAMPLES = Path(__file__).parent.parent / "corpus" / "examples"


@app.command()
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
    from bot.upkeep import in_step
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
        _print_json(report_json(report))
    else:
        print_report(_console(), report)


@app.command()
def ask(
    index: Index,
    question: Annotated[str | None, typer.Argument(help="The question, in plain Danish.")] = None,
    top: Annotated[int, typer.Option(min=1, max=100, help="How many passages.")] = 5,
    batch: Annotated[Path | None, typer.Option(help='Ask every line {"question": ...} of this file.')] = None,
    as_json: AsJson = False,
    explain: Annotated[
        bool, typer.Option(help="Show why each passage was found: terms, legs and the parts of its score.")
    ] = False,
    model: BuiltModel = None,
    rerank: Rerank = None,
    since: Annotated[str | None, typer.Option(help="Documents of this date or later: YYYY-MM-DD.")] = None,
    until: Annotated[str | None, typer.Option(help="Documents of this date or earlier: YYYY-MM-DD.")] = None,
    kind: Annotated[
        str | None,
        typer.Option(help="§20-svar, udvalgssvar, pressemeddelelse, referat, artikel or dokument."),
    ] = None,
    ministry: Annotated[str | None, typer.Option(help="The answering ministry.")] = None,
    minister: Annotated[str | None, typer.Option(help="The answering minister, by name or title.")] = None,
    asker: Annotated[str | None, typer.Option(help="Who asked.")] = None,
    party: Annotated[str | None, typer.Option(help="The asker's party letter.")] = None,
    committee: Annotated[str | None, typer.Option(help="The committee, by name or abbreviation.")] = None,
    session: Annotated[str | None, typer.Option(help="The session, for example 20222.")] = None,
) -> None:
    """Ask one question, or a file of them."""
    from bot.shape import answer_json, questions
    from bot.terminal import print_answer
    from index.filters import Filters
    from index.rerank import load
    from index.search import Searcher, checked

    if (question is None) == (batch is None):
        raise UsageError('ask one QUESTION, or a file of them with --batch: spoergetime ask "Hvem ...?" --index DIR')
    filters = Filters(
        since=since,
        until=until,
        kind=kind,
        ministry=ministry,
        minister=minister,
        asker=asker,
        party=party,
        committee=committee,
        session=session,
    )
    if question is not None:
        checked(question)
    searcher = Searcher.open(index, model, load(rerank))
    state = {"fallback": searcher.opened and searcher.opened.fallback}
    if batch is not None:
        for asked in questions(batch):
            found = searcher.ask(asked, top, filters, explain=explain)
            _print_json(answer_json(found, explain=explain) | state, indent=None)
        return
    answer = searcher.ask(question or "", top, filters, explain=explain)
    if as_json:
        _print_json(answer_json(answer, explain=explain) | state)
    else:
        print_answer(_console(), answer, explain)


@app.command()
def show(
    document: Annotated[str, typer.Argument(help="A document's id or file name.")],
    index: Index,
    as_json: AsJson = False,
) -> None:
    """Show the fields and sections of one document."""
    from bot.shape import document_json
    from bot.terminal import print_document
    from index.named import named_document
    from index.opening import opened
    from index.parts import open_store

    generation = opened(index)
    store = open_store(generation.folder, generation.manifest)
    found = store.document(named_document(store, document, index))
    if as_json:
        _print_json(document_json(found))
    else:
        print_document(_console(), found)


@app.command()
def serve(
    index: Index,
    host: Host = "127.0.0.1",
    port: Port = 7860,
    model: BuiltModel = None,
    rerank: Rerank = None,
    allow_host: AllowHost = None,
    allow_embed: AllowEmbed = None,
    rate: Rate = DEFAULT.rate,
    queue: Queue = DEFAULT.queue,
    timeout: Timeout = DEFAULT.seconds,
    workers: Workers = DEFAULT.workers,
    trust_proxy: TrustProxy = None,
    login_header: LoginHeader = None,
    metrics: Metrics = False,
    log_requests: LogRequests = False,
    public_url: PublicUrl = None,
    feedback: FeedbackFile = None,
    feedback_questions: FeedbackQuestions = False,
) -> None:
    """Serve the chat, the source pages and the HTTP interface."""
    from bot.feedback import Feedback
    from bot.server import serve as serve_index

    if feedback_questions and feedback is None:
        raise UsageError("--feedback-questions keeps questions in the file of --feedback. Name that, too")

    operation = Operation(rate, queue, timeout, tuple(trust_proxy or ()), login_header, metrics, log_requests, workers)
    embedders = allow_embed or ()
    serve_index(
        index,
        host,
        port,
        model,
        rerank=rerank,
        hosts=allow_host or (),
        frame_ancestors=embedders,
        operation=operation,
        address=public_url,
        feedback=Feedback(feedback, questions=feedback_questions) if feedback else None,
    )


@app.command()
def feedback(
    file: Annotated[
        Path, typer.Option("--feedback", envvar="SPOERGETIME_FEEDBACK", metavar="FILE", help="What serve writes to.")
    ],
    delete: Annotated[bool, typer.Option("--delete", help="Remove what the other options name.")] = False,
    document: Annotated[str | None, typer.Option(help="Verdicts on the document of this id.")] = None,
    older_than: Annotated[
        int | None, typer.Option(min=0, metavar="DAYS", help="Verdicts that are older than so many days.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All there is.")] = False,
) -> None:
    """Count what readers said, or delete it: all, or by document and age."""
    from bot.feedback import count, selects
    from bot.feedback import delete as delete_lines

    if not delete:
        counts = count(file)
    elif everything == (document is not None or older_than is not None):
        raise UsageError("say what to delete: --all, or --document ID, --older-than DAYS, or both of these")
    else:
        counts = delete_lines(file, selects(document, older_than), unreadable=everything)
    _console().print(
        f"{file}: {counts.lines:,} verdicts{' deleted' if delete else ''}: {counts.useful:,} useful, "
        f"{counts.useless:,} not, {counts.with_question:,} with their question, {counts.unreadable:,} unreadable lines",
        soft_wrap=True,
    )


@app.command()
def demo(
    index: Annotated[Path, typer.Option("--index", envvar="SPOERGETIME_INDEX", help="The folder of the index.")] = Path(
        "var/demo"
    ),
    host: Host = "127.0.0.1",
    port: Port = 7860,
) -> None:
    """Index the bundled examples if needed, answer one question, and open the chat."""
    from bot.server import serve as serve_index
    from bot.terminal import print_answer, print_report
    from index.build import build
    from index.own_model import for_update
    from index.search import Searcher

    encoder, own = for_update(index, None, None, None)
    with shown() as progress:
        report = build([_EXAMPLES], index, encoder, own=own, progress=progress)
    print_report(_console(), report)
    _console().print()
    print_answer(_console(), Searcher.open(index).ask(EXAMPLE_QUESTION, top=2))
    _console().print()
    serve_index(index, host, port, None)


@app.command()
def check(
    index: Index,
    deep: Annotated[bool, typer.Option("--deep", help="Read all sources again, and verify every passage.")] = False,
    repair: Annotated[
        bool, typer.Option("--repair", help="First make a damaged index whole again, with what of it is sound.")
    ] = False,
    model: BuiltModel = None,
) -> None:
    """Verify every file of the index against its manifest; changes nothing, but for --repair."""
    from bot.upkeep import mend
    from index.deep import verify_all

    if repair:
        with shown() as progress:
            mend(_console(), index, model, progress)
    newest, manifest = verify_all(index)
    size = sum(entry["size"] for entry in manifest.files.values())
    counts = f"{manifest.documents:,} documents, {manifest.passages:,} passages"
    _console().print(
        f"{index}: generation {manifest.generation} is whole: {len(manifest.files)} files, {size:,} bytes, {counts}",
        soft_wrap=True,
    )
    if deep:
        _check_deep(newest, manifest)
        _console().print(f"all {counts} stand in their sources")


@app.command()
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
        _print_json(shape)
    else:
        _console().print(Text(line), soft_wrap=True)


@app.command()
def quarantine(index: Index, as_json: AsJson = False) -> None:
    """List the files that could not be read, and why."""
    from index.generation import current

    _, manifest = current(index)
    refused = [{"file": entry["file"], "reason": entry["reason"]} for entry in manifest.quarantined]
    if as_json:
        _print_json(refused)
        return
    for entry in refused:
        _console().print(Text(f"{entry['file']}: {entry['reason']}"), soft_wrap=True)
    if not refused:
        _console().print("no file was refused")


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="The output of ask --json.")],
    root: Annotated[Path | None, typer.Option(help="Where the source files lie now, if they have moved.")] = None,
) -> None:
    """Check every citation of an answer against the source files."""
    from bot.verify import verify_answers

    checked = verify_answers(file, root)
    failed = [one for one in checked if one.failure]
    for one in failed:
        _console().print(Text(f"{one.file}, characters {one.start}-{one.end}: {one.failure}"), soft_wrap=True)
    if failed:
        _fail(SpoergetimeError(f"{len(failed)} of {len(checked)} citations do not hold; look at {failed[0].file}"))
    _console().print(f"all {len(checked)} citations hold")


@app.command()
def train(
    data: Annotated[Path, typer.Option(help="A folder with transcripts/ pairs/ parallel/ lexicon/.")],
    out: Annotated[Path, typer.Option(help="The folder to write the model to.")],
    before: Annotated[str | None, typer.Option(help="Leave out debates of this date or later: YYYY-MM-DD.")] = None,
    without: Annotated[
        list[str] | None, typer.Option(help="Leave out files whose names begin so; may be repeated.")
    ] = None,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the pairs.")] = 4,
    seed: Annotated[int, typer.Option(help="The seed of all that is random.")] = 7,
) -> None:
    """Train the static encoder from scratch on pairs of texts that belong together."""
    from bot.learning import counted, print_training
    from index.train import train as train_encoder

    with shown() as progress:
        step = counted(progress, "training")
        report = train_encoder(
            data, out, before=day("--before", before), without=without or (), epochs=epochs, seed=seed, progress=step
        )
    print_training(_console(), report)


@app.command()
def adapt(
    index: Index,
    out: Annotated[Path | None, typer.Option(help="Also write the model to this folder, to use it elsewhere.")] = None,
    model: BuiltModel = None,
    as_json: AsJson = False,
) -> None:
    """Teach the index's model from the index's own documents; keep it only if it finds more."""
    from bot.learning import adapt_json, print_adaptation
    from index.adapt import adapt as adapt_model

    with shown() as progress:
        report = adapt_model(index, out, model=model, progress=progress)
    if as_json:
        _print_json(adapt_json(report))
    else:
        print_adaptation(_console(), report)


def main() -> NoReturn:
    """Run the command line; an error a user can act on is one line and an exit code, never a traceback."""
    try:
        app(standalone_mode=True)
    except SpoergetimeError as error:
        _fail(error)
    except UnicodeError as error:
        _fail(SpoergetimeError(f"a text cannot be written or looked up as it is ({error}). Use UTF-8: LC_ALL=C.UTF-8"))
    except BrokenPipeError:
        sys.stderr.close()  # the reader went away, as `head` does; that is no error
        sys.exit(0)
    except OSError as error:
        _fail(
            SpoergetimeError(
                f"{error.filename or 'the output'}: {error.strerror or error}. Free space, or write elsewhere"
            )
        )
    sys.exit(0)


def _fail(error: SpoergetimeError) -> NoReturn:
    print(f"spoergetime: {' '.join(str(error).split())}", file=sys.stderr)
    sys.exit(error.exit_code)


def _check_deep(folder: Path, manifest: Manifest) -> None:
    from index.deep import problems
    from index.parts import open_store

    with shown() as progress:
        found = list(problems(open_store(folder, manifest), manifest.splitter["max_characters"], progress))
    for problem in found:
        _console().print(Text(f"{problem.file} {problem.what}"), soft_wrap=True)
    if found:
        _fail(
            SpoergetimeError(f"{len(found)} things do not hold, the first in {found[0].file}. Index the folder again")
        )


def _console() -> Console:
    return Console(highlight=False)


def _print_json(value: Any, indent: int | None = 1) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=indent))


if __name__ == "__main__":
    main()
