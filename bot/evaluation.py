"""The `eval` commands: with `bot/cli.py` the only module that knows `eval`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast, get_args

import typer

from bot.options import AsJson, BuiltModel, Dimensions, Index, Model, PassagePrompt, QueryPrompt, Rerank
from bot.printing import print_json
from bot.progress import shown, tell_of_cut
from corpus.errors import UsageError

if TYPE_CHECKING:
    from index.search import Mode

app = typer.Typer(help="Measure retrieval offline.", no_args_is_help=True)

Sets = Annotated[list[Path], typer.Argument(help="Question sets: lines of JSON.", metavar="SET...")]
ModeName = Annotated[str, typer.Option("--mode", help="lexical, dense or hybrid.")]
Split = Annotated[str | None, typer.Option(help="Only the questions of this split: dev or test.")]
Shared = Annotated[
    Path | None,
    typer.Option(help="The folder of the shared documents and debates, where it is not beside the repository."),
]
RunFile = Annotated[Path | None, typer.Option(help="Write the ranking as a TREC run.")]
_COLUMNS = ("questions", "success@1", "success@5", "mrr@10", "ndcg@10", "recall@10", "marked", "decided")


@app.command("beir")
def beir(
    folder: Annotated[Path, typer.Argument(help="A folder with corpus.jsonl, queries.jsonl and qrels.tsv.")],
    mode: ModeName = "hybrid",
    model: Model = "bundled",
    query_prompt: QueryPrompt = None,
    passage_prompt: PassagePrompt = None,
    dimensions: Dimensions = None,
    run: RunFile = None,
    qrels: Annotated[Path | None, typer.Option(help="Write the judgements as TREC qrels.")] = None,
    as_json: AsJson = False,
) -> None:
    """Index a BEIR folder, one passage a line, and print the measures."""
    from eval.beir import evaluate
    from index.encoder import load

    chosen = _mode(mode)
    encoder = load(model, query_prompt=query_prompt, passage_prompt=passage_prompt, dimensions=dimensions)
    with shown() as progress:
        result = evaluate(folder, encoder, chosen, run, progress, qrels)
    _print_measures(result, as_json)
    tell_of_cut(encoder)


@app.command("run")
def run(
    sets: Sets,
    index: Index,
    mode: ModeName = "hybrid",
    split: Split = None,
    model: BuiltModel = None,
    rerank: Rerank = None,
    run: RunFile = None,
    qrels: Annotated[Path | None, typer.Option(help="Write the passages that hold a quote, as TREC qrels.")] = None,
    as_json: AsJson = False,
) -> None:
    """Put question sets to an index, and print the measures over all, per set and per slice."""
    from eval.questions import read_sets
    from eval.run import as_json as result_json
    from eval.run import outcomes, qrels_of, run_of
    from eval.trec import ready, write_qrels, write_run
    from index.rerank import load
    from index.search import Searcher

    chosen = _mode(mode)
    for file in (run, qrels):
        ready(file)
    searcher = Searcher.open(index, model, load(rerank))
    asked = read_sets(sets, _split(split))
    rows = outcomes(asked, searcher, chosen)
    if run:
        write_run(run, run_of(rows), f"spoergetime-{mode}")
    if qrels:
        write_qrels(qrels, qrels_of(rows))
    result = result_json(rows, asked, searcher, chosen)
    if as_json:
        print_json(result)
    else:
        _print_run(result)


@app.command("trec")
def trec(
    run: Annotated[Path, typer.Argument(help="A TREC run.")],
    qrels: Annotated[Path, typer.Argument(help="TREC qrels, or BEIR's qrels.tsv.")],
    as_json: AsJson = False,
) -> None:
    """Measure a TREC run by judgements; a query without a run scores 0."""
    from eval.trec import evaluate

    _print_measures(evaluate(run, qrels), as_json)


@app.command("compare")
def compare(
    run_a: Annotated[Path, typer.Argument(help="A TREC run, or an output of eval run --json.")],
    run_b: Annotated[Path, typer.Argument(help="Another of the same queries.")],
    qrels: Annotated[Path | None, typer.Option(help="The judgements (qrels.tsv, or TREC's) of TREC runs.")] = None,
    queries: Annotated[Path | None, typer.Option(help="The texts of TREC runs' queries: queries.jsonl, a set.")] = None,
    measure: Annotated[str | None, typer.Option(help="Which measure; the first one of the runs if left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """Compare two runs: paired difference, confidence interval, p-value, and the queries that moved most."""
    from eval.compare import compare as compare_runs

    result = compare_runs(run_a, run_b, qrels, measure, queries=queries)
    if as_json:
        print_json(result)
        return
    moved = result.pop("moved")
    _print_measures(result, as_json=False)
    for row in moved:
        print(f"{row['difference']:+.4f}  {row['query']}  {row['text'] or ''}".rstrip())


@app.command("report")
def report(
    sets: Annotated[list[Path] | None, typer.Argument(help="Question sets, with --index.", metavar="[SET...]")] = None,
    index: Annotated[Path | None, typer.Option(help="Their index; the sets that come along if left out.")] = None,
    out: Annotated[Path, typer.Option(help="The page to write.")] = Path("var/report.html"),
    split: Split = None,
    shared: Shared = None,
) -> None:
    """Write one HTML page on how well each leg answers: tables, plots, and the questions that failed."""
    from eval.questions import read_sets
    from eval.report import measured, write_report
    from eval.suites import opened, suites
    from eval.trec import ready
    from index.search import Searcher

    if bool(sets) != (index is not None):
        raise UsageError("name question sets and their --index together, or neither: spoergetime eval report")
    out.parent.mkdir(parents=True, exist_ok=True)
    ready(out)
    parts = []
    if sets and index:
        asked = read_sets(sets, _split(split))
        name = ", ".join(one.name for one in asked)
        parts.append(measured(name, asked, Searcher.open(index)))
    else:
        for suite in suites(shared):
            with shown() as progress, opened(suite, progress) as searcher:
                parts.append(measured(suite.name, read_sets(suite.sets, _split(split)), searcher))
    write_report(out, parts)
    print(f"{out}: {sum(len(part.outcomes['hybrid']) for part in parts)} questions, each put three ways")


@app.command("gate")
def gate(
    update: Annotated[bool, typer.Option("--update", help="Raise the floors to what is measured now.")] = False,
    lower: Annotated[bool, typer.Option("--lower", help="With --update: lower floors too.")] = False,
    baseline: Annotated[
        Path | None, typer.Option(help="The file of the floors; eval/baseline.json if left out.")
    ] = None,
    shared: Shared = None,
) -> None:
    """Check that no measure has fallen below its floor; --update writes the floors anew."""
    from eval.gate import BASELINE, check_all, update_all
    from eval.suites import suites

    if lower and not update:
        raise UsageError("--lower goes with --update: spoergetime eval gate --update --lower")
    file = baseline or BASELINE
    with shown() as progress:
        if update:
            lines = update_all(suites(shared), file, lower=lower, progress=progress)
        else:
            lines = check_all(suites(shared), file, progress=progress)
    print("\n".join(lines))


@app.command("judgements")
def judgements(
    files: Annotated[list[Path], typer.Argument(help="Answers judged by users: lines of JSON.", metavar="FILE...")],
    index: Index,
    out: Annotated[Path | None, typer.Option(help="Append to this question set; print if left out.")] = None,
) -> None:
    """Turn answers that users judged into lines of a question set."""
    from eval.judgements import append, question_lines, read_judgements
    from eval.trec import ready
    from index.generation import current, verify
    from index.parts import open_store

    ready(out)
    judged = read_judgements(files)
    folder, manifest = current(index)
    verify(folder, manifest)
    turned = question_lines(judged, open_store(folder, manifest))
    if out:
        added = append(out, turned.lines)
    else:
        added = len(turned.lines)
        for line in turned.lines:
            print_json(line, indent=None)
    unasked = f", {turned.unasked} judgements without their question" if turned.unasked else ""
    typer.echo(
        f"{added} questions; {turned.useless} without a useful answer, {turned.gone} answers gone{unasked}", err=True
    )


@app.command("ablation")
def ablation(
    sets: Sets,
    index: Index,
    vary: Annotated[
        list[str] | None,
        typer.Option(help='One configuration: "mode=lexical", "words.parts=0,candidates=100". Can be repeated.'),
    ] = None,
    measure: Annotated[
        list[str] | None, typer.Option(help="Which measure; can be repeated. Default: success@1 and success@5.")
    ] = None,
    split: Split = None,
    model: BuiltModel = None,
    rerank: Rerank = None,
) -> None:
    """Put question sets to an index under several settings of the ranking, and print a Markdown table."""
    from eval.ablation import configurations, table
    from eval.questions import read_sets
    from index.rerank import load
    from index.search import Searcher

    asked = read_sets(sets, _split(split))
    searcher = Searcher.open(index, model, load(rerank))
    measures = measure or ["success@1", "success@5"]
    for line in table(searcher, asked, configurations(vary or (), searcher), measures):
        print(line, flush=True)


@app.command("tune")
def tune(sets: Sets, index: Index, model: BuiltModel = None) -> None:
    """Learn the weights of the ranking and of the confidence on question sets, and try them on those kept apart."""
    from eval.questions import read_sets
    from eval.tuning import cases, report
    from index.search import Searcher

    for line in report(list(cases(Searcher.open(index, model), read_sets(sets)))):
        print(line)


def _mode(name: str) -> Mode:
    from index.search import Mode

    if name in get_args(Mode):
        return cast(Mode, name)
    raise UsageError(f"--mode {name} is none of {', '.join(get_args(Mode))}")


def _split(name: str | None) -> str | None:
    from eval.questions import SPLITS

    if name not in (None, *SPLITS):
        raise UsageError(f"--split {name} is none of {', '.join(SPLITS)}")
    return name


def _print_measures(result: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(result)
        return
    for name, value in result.items():
        print(f"{name:15} {value}")


def _print_run(result: Mapping[str, Any]) -> None:
    rows = {"all": result}
    if len(result["sets"]) == 1:
        rows |= result["slices"]
    else:
        for name, one in result["sets"].items():
            rows |= {name: one} | {f"{name}/{inner}": row for inner, row in one["slices"].items()}
    width = max(14, *(len(name) + 1 for name in rows))
    print(f"{'slice':{width}}" + "".join(f"{column:>11}" for column in _COLUMNS))
    for name, row in rows.items():
        cells = (f"{row[c]:>11.3f}" if isinstance(row.get(c), float) else f"{row.get(c, '-'):>11}" for c in _COLUMNS)
        print(f"{name:{width}}" + "".join(cells))
    print()
    for name, (low, high) in result["intervals"].items():
        print(f"{name:20}{result[name]:.3f}  95 % {low:.3f} to {high:.3f}")
    for name, value in result["confidence"].items():
        if isinstance(value, float):
            print(f"{name:20}{value:.3f}")
    if missing := result["not_in_the_index"]:
        print(f"{len(missing)} questions whose quote stands in no passage of the index: {', '.join(missing[:5])}")
    print(f"{result['p50_ms']:.1f} ms median, 95th percentile {result['p95_ms']:.1f} ms")
