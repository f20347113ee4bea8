"""Answers and reports for a person at a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from bot.remarks import remarks
from corpus.records import Answer, Document, Explanation, Hit
from index.build import Report

_WIDTH = 100
_DIFFERING = 20  # fields that are named


def print_answer(console: Console, answer: Answer, explain: bool = False) -> None:
    """Print the passages word for word, the best sentence of each marked, with their citations."""
    console.print(Text(answer.searched, style="bold"))
    if not answer.answered:
        console.print(
            "Jeg fandt ikke noget sikkert svar. Det nærmeste var:" if answer.hits else "Jeg fandt ikke noget."
        )
    for sentence in remarks(answer):
        console.print(Text(sentence, style="dim"), soft_wrap=True)
    for hit in answer.hits:
        console.print()
        console.print(_headline(hit))
        console.print(_marked(hit), width=min(console.width, _WIDTH))
        console.print(_source(hit), style="dim", soft_wrap=True)
        if hit.superseded_by:
            console.print(Text(f"    Erstattet af: {hit.superseded_by.reference}", style="yellow"), soft_wrap=True)
        for link in hit.supplemented_by:
            console.print(Text(f"    Suppleret af: {link.reference} ({link.document})"), soft_wrap=True)
        for link in hit.refers_to:
            console.print(Text(f"    Henviser til: {link.reference} ({link.document})"), soft_wrap=True)
        if explain and hit.explain:
            for line in _explained(hit.score, hit.explain):
                console.print(Text(f"    {line}", style="dim"), soft_wrap=True)


def print_report(console: Console, report: Report) -> None:
    """Print what a build did."""
    console.print(
        f"{report.documents:,} documents, {report.passages:,} passages: {report.added:,} added,"
        f" {report.updated:,} updated, {report.removed:,} removed, {report.unchanged:,} unchanged,"
        f" {report.seconds:.1f} s"
    )
    for entry in report.quarantined:
        console.print(Text(f"quarantined: {entry.file}: {entry.reason}"), soft_wrap=True)
    for one in report.differing[:_DIFFERING]:
        what = f"{one.field} is {one.sidecar} by the sidecar, {one.text} by the text"
        console.print(Text(f"differing: {one.file}: {what}"), soft_wrap=True)
    if len(report.differing) > _DIFFERING:
        console.print(f"and {len(report.differing) - _DIFFERING:,} more fields differ; --json names all")


def print_document(console: Console, document: Document) -> None:
    """Print a document's fields and sections."""
    fields = document.fields
    for file in document.files:
        console.print(Text(file.file, style="bold"), soft_wrap=True)
    console.print(f"id: {document.id}")
    for name in fields.__slots__:
        if (value := getattr(fields, name)) is not None:
            where = " (sidecar)" if name in document.sidecar else ""
            console.print(Text(f"{name}: {value}{where}"), soft_wrap=True)
    for section in document.sections:
        about = [section.kind, section.part, section.number, section.heading, section.speaker, section.party]
        times = "-".join(filter(None, (section.time, section.until)))
        about += [section.role, times, f"{section.start}-{section.end}"]
        about += ["no reply in this document"] if section.unanswered else []
        console.print()
        console.print(Text(" · ".join(part for part in about if part), style="bold"), soft_wrap=True)
        console.print(Text(textwrap.shorten(document.text[section.start : section.end], 300, placeholder=" …")))


def _explained(score: float, why: Explanation) -> Iterator[str]:
    """Give what each score is made of, what the legs gave, and the terms with the words that hold them."""
    parts = (f"{name.replace('_', ' ')} {part:+.3f}" for name, part in why.parts.items() if part)
    yield f"score {score:.3f} = {'  '.join(parts)}"
    yield (
        f"found by words {why.lexical:.3f} (BM25 {why.bm25:.3f} of the best)"
        f" and vectors {why.dense:.3f} (cosine {why.cosine:.3f})"
    )
    for term in why.terms:
        where = [("", term.words), ("part of ", term.compounds), ("around it: ", term.context)]
        held = "; ".join(how + ", ".join(words) for how, words in where if words) or "not here"
        added = f" for {term.stands_for}" if term.stands_for else ""
        yield f"  {term.term}{added} {term.weight:.2f}: {held}"


def _headline(hit: Hit) -> Text:
    return Text(f"{hit.rank}. {hit.reference}", style="bold cyan")


def _marked(hit: Hit) -> Text:
    text = Text(hit.passage.text)
    for start, end in hit.highlights:
        text.stylize("bold underline", start, end)
    return text


def _source(hit: Hit) -> Text:
    citation = hit.citation
    page = f", page {citation.page}" if citation.page else ""
    return Text(f"    [{citation.file}{page}, line {citation.line}, characters {citation.start}-{citation.end}]")
