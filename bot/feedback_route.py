"""The way a reader's verdict on a passage comes in."""

from __future__ import annotations

from fastapi import FastAPI, Request
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr
from starlette.responses import Response

from bot.archive import LOG, Archive
from bot.feedback import Feedback, FullError, Verdict
from bot.shell import refusal
from corpus.errors import SpoergetimeError
from index.search import MAX_QUESTION

_ID = "^[0-9a-f]{16}$"
_PASSAGE = "^[0-9a-f]{16}(-[0-9]{1,9})?$"  # of passages that say the same, all but the first are numbered
_GONE = "Uddraget findes ikke længere i arkivet."
_FAILED = "Din vurdering kunne ikke gemmes."


class VerdictBody(BaseModel):
    """One verdict, as the page sends it; the question only where it is kept."""

    model_config = ConfigDict(extra="forbid")

    document: StrictStr = Field(pattern=_ID)
    passage: StrictStr = Field(pattern=_PASSAGE)
    useful: StrictBool
    question: StrictStr | None = Field(default=None, max_length=MAX_QUESTION)


def add_feedback(app: FastAPI, archive: Archive, feedback: Feedback | None) -> None:
    """Take verdicts on passages that the archive holds; without a file to keep them in, there is no such address."""

    @app.post("/api/feedback", include_in_schema=False, status_code=204)
    def judged(request: Request, body: VerdictBody) -> Response:
        if feedback is None:
            return refusal(request.scope, 404)
        if not _holds(archive, body.document, body.passage):
            return refusal(request.scope, 422, _GONE)
        try:
            feedback.add(Verdict(body.document, body.passage, body.useful, body.question))
        except (OSError, SpoergetimeError, FullError) as error:
            LOG.error("feedback is lost: %s", "the file is full" if isinstance(error, FullError) else error)
            return refusal(request.scope, 500, _FAILED)
        return Response(status_code=204)


def _holds(archive: Archive, document: str, passage: str) -> bool:
    searcher = archive.searcher()
    rows = searcher.store.find(document) if searcher else ()
    return any(
        stored.passage.id == passage for row in rows for stored in (searcher.store.passages_of(row) if searcher else ())
    )
