"""The command line: all the commands, in the order of their help, and what becomes of an error.

Heavy imports stand in the commands that need them: `ask` must answer from a cold start.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.text import Text

from bot import evaluation, fetching, keeping, learning, serving
from bot.options import AsJson, BuiltModel, Index, Rerank
from bot.printing import console, print_json
from corpus.errors import SpoergetimeError, UsageError

app = typer.Typer(
    help="Questions and answers of the Danish parliament: verbatim passages, each cited to file, page and characters.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


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
            print_json(answer_json(found, explain=explain) | state, indent=None)
        return
    answer = searcher.ask(question or "", top, filters, explain=explain)
    if as_json:
        print_json(answer_json(answer, explain=explain) | state)
    else:
        print_answer(console(), answer, explain)


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
        print_json(document_json(found))
    else:
        print_document(console(), found)


def verify(
    file: Annotated[Path, typer.Argument(help="The output of ask --json.")],
    root: Annotated[Path | None, typer.Option(help="Where the source files lie now, if they have moved.")] = None,
) -> None:
    """Check every citation of an answer against the source files."""
    from bot.verify import verify_answers

    checked = verify_answers(file, root)
    failed = [one for one in checked if one.failure]
    for one in failed:
        console().print(Text(f"{one.file}, characters {one.start}-{one.end}: {one.failure}"), soft_wrap=True)
    if failed:
        raise SpoergetimeError(f"{len(failed)} of {len(checked)} citations do not hold; look at {failed[0].file}")
    console().print(f"all {len(checked)} citations hold")


_COMMANDS: tuple[Callable[..., None], ...] = (
    fetching.fetch,
    keeping.index,
    ask,
    show,
    serving.serve,
    serving.feedback,
    serving.demo,
    keeping.check,
    keeping.drop,
    keeping.quarantine,
    verify,
    learning.train,
    learning.adapt,
)
for _command in _COMMANDS:
    app.command()(_command)
app.add_typer(evaluation.app, name="eval")


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


if __name__ == "__main__":
    main()
