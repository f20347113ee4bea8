"""The JSON shapes of the command line and the HTTP interface."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from corpus.errors import InputError
from corpus.records import Answer, Document, Fields, Hit, Link, values
from index.build import Report


def questions(batch: Path) -> Iterator[str]:
    """Read the questions of a file with lines `{"question": ...}`; raise InputError at the first line that is none."""
    try:
        lines = batch.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{batch} cannot be read: {error}. Give lines of JSON with a question each") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            question = json.loads(line)["question"]
            if not isinstance(question, str):
                raise TypeError
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f'{batch}, line {number}: not JSON with a "question". Mend the line') from error
        yield question


def answer_json(answer: Answer, *, explain: bool = False, roots: bool = True) -> dict[str, Any]:
    """Give an answer as JSON values; `roots` adds each file's folder, which is nobody's business over HTTP."""
    return {
        "question": answer.question,
        "searched": answer.searched,
        "answered": answer.answered,
        "confidence": answer.confidence,
        "generation": answer.generation,
        "expanded": list(answer.expanded),
        "unknown": list(answer.unknown),
        "hits": [_hit(hit, explain, roots) for hit in answer.hits],
    }


def document_json(document: Document) -> dict[str, Any]:
    """Give a document's fields, files and sections as JSON values."""
    return {
        "document": {
            **_fields(document.id, document.fields),
            "files": [{"file": file.file, "sha256": file.sha256} for file in document.files],
            "from_sidecar": list(document.sidecar),
        },
        "sections": [
            {**_without_none(values(section)), "section": section.kind, "speaker": section.speaker}
            | {"start": section.start, "end": section.end, "text": document.text[section.start : section.end]}
            for section in document.sections
        ],
    }


def report_json(report: Report) -> dict[str, Any]:
    """Give a build's report as JSON values."""
    told = {name: [entry._asdict() for entry in getattr(report, name)] for name in ("quarantined", "differing")}
    return {**asdict(report), **told}


def _hit(hit: Hit, explain: bool, roots: bool) -> dict[str, Any]:
    passage, citation = hit.passage, values(hit.citation)
    if not roots:
        del citation["root"]
    shape: dict[str, Any] = {
        "rank": hit.rank,
        "score": hit.score,
        "text": passage.text,
        "highlights": [list(span) for span in hit.highlights],
        "passage": passage.id,
        "section": passage.kind,
        "speaker": hit.section.speaker,
        "citation": citation,
        "reference": hit.reference,
        "document": _fields(passage.document, hit.fields),
        "superseded_by": _link(hit.superseded_by),
        "supplemented_by": [_link(link) for link in hit.supplemented_by],
        "refers_to": [_link(link) for link in hit.refers_to],
    }
    if explain and hit.explain:
        shape["explain"] = {**values(hit.explain), "terms": [term._asdict() for term in hit.explain.terms]}
    return shape


def _fields(id_: str, fields: Fields) -> dict[str, Any]:
    return {"id": id_, **values(fields)}


def _link(link: Link | None) -> dict[str, str] | None:
    return link and {"id": link.document, "reference": link.reference}


def _without_none(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None and name != "kind"}
