"""The commands around a server: `serve`, `feedback`, `demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.operation import DEFAULT, Operation
from bot.options import (
    AllowEmbed,
    AllowHost,
    BuiltModel,
    FeedbackFile,
    FeedbackQuestions,
    Host,
    Index,
    LoginHeader,
    LogRequests,
    Metrics,
    Port,
    PublicUrl,
    Queue,
    Rate,
    Rerank,
    Timeout,
    TrustProxy,
    Workers,
)
from bot.printing import console
from bot.progress import shown
from corpus.errors import UsageError

EXAMPLE_QUESTION = "Hvor meget koster fælles skolemad forældrene?"
_EXAMPLES = Path(__file__).parent.parent / "corpus" / "examples"


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
    console().print(
        f"{file}: {counts.lines:,} verdicts{' deleted' if delete else ''}: {counts.useful:,} useful, "
        f"{counts.useless:,} not, {counts.with_question:,} with their question, {counts.unreadable:,} unreadable lines",
        soft_wrap=True,
    )


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
    print_report(console(), report)
    console().print()
    print_answer(console(), Searcher.open(index).ask(EXAMPLE_QUESTION, top=2))
    console().print()
    serve_index(index, host, port, None)
