"""Answers and reports for a person at a terminal."""

from __future__ import annotations

import textwrap

from rich.console import Console
from rich.text import Text

from bot.remarks import remarks
from corpus.records import Answer, Document, Hit
from index.build import Report

_WIDTH = 100


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
            shares = "  ".join(f"{name} {value:.3f}" for name, value in hit.explain.items())
            console.print(f"    score {hit.score:.3f} = {shares}", style="dim")


def print_report(console: Console, report: Report) -> None:
    """Print what a build did."""
    console.print(
        f"{report.documents:,} documents, {report.passages:,} passages: {report.added:,} added,"
        f" {report.updated:,} updated, {report.removed:,} removed, {report.unchanged:,} unchanged,"
        f" {report.seconds:.1f} s"
    )
    for entry in report.quarantined:
        console.print(Text(f"quarantined: {entry.file}: {entry.reason}"), soft_wrap=True)


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
        about += [section.role, section.time, f"{section.start}-{section.end}"]
        about += ["no reply in this document"] if section.unanswered else []
        console.print()
        console.print(Text(" · ".join(part for part in about if part), style="bold"), soft_wrap=True)
        console.print(Text(textwrap.shorten(document.text[section.start : section.end], 300, placeholder=" …")))


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
