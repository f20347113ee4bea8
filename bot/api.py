"""The HTTP interface: `POST /api/search`, and whether the server lives and is ready."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, get_args

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr, ValidationInfo, field_validator
from starlette.exceptions import HTTPException

from bot.answering import Answering
from bot.archive import NOT_READY, Archive, RefusalError
from bot.shell import refusal
from corpus.danish import session_code
from corpus.errors import UsageError
from corpus.records import Kind, SectionKind, Status
from index.filters import Filters

MAX_TOP = 50
MAX_PREVIOUS = 10
_Text = StrictStr | None


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FilterBody(_Strict):
    """Conditions on a document; dates are ISO 8601."""

    since: _Text = None
    until: _Text = None
    kind: _Text = None
    ministry: _Text = None
    minister: _Text = None
    asker: _Text = None
    party: _Text = None
    committee: _Text = None
    session: _Text = None

    @field_validator("since", "until", "kind")
    @classmethod
    def _is_usable(cls, value: str | None, info: ValidationInfo) -> str | None:
        try:
            Filters(**{str(info.field_name): value})
        except UsageError:
            raise ValueError("not usable") from None
        return value

    @field_validator("session")
    @classmethod
    def _as_code(cls, value: str | None) -> str | None:
        return session_code(value or "") or value


class SearchBody(_Strict):
    """One question; `previous` are those asked before it, oldest first, from which a follow-up is understood."""

    question: StrictStr
    top: StrictInt = Field(default=5, ge=1, le=MAX_TOP)
    filters: FilterBody | None = None
    previous: list[StrictStr] = Field(default=[], max_length=MAX_PREVIOUS)
    explain: StrictBool = False


class CitationShape(_Strict):
    """Where a passage stands: character offsets into the file's extracted text, end exclusive."""

    file: str
    sha256: str
    page: int | None
    start: int
    end: int
    line: int


class DocumentShape(BaseModel):
    """What a document says of itself; unknown fields are null."""

    id: str
    title: str | None
    kind: Kind
    date: str | None
    number: str | None
    committee: str | None
    session: str | None
    asker: str | None
    party: str | None
    minister: str | None
    ministry: str | None
    status: Status | None
    url: str | None


class LinkShape(BaseModel):
    """Another document, by the line that names it."""

    id: str
    reference: str


class TermShape(_Strict):
    """A term that was searched for, and the words that hold it: in the passage, as part of a word, or around it."""

    term: str
    weight: float
    words: list[str]
    compounds: list[str]
    context: list[str]
    stands_for: str | None


class ExplanationShape(_Strict):
    """Why a passage was found: the parts add up to its score."""

    parts: dict[str, float]
    bm25: float
    cosine: float
    lexical: float
    dense: float
    terms: list[TermShape]


class HitShape(BaseModel):
    """One passage, word for word, with its source."""

    rank: int
    score: float
    text: str
    highlights: list[tuple[int, int]]
    passage: str
    section: SectionKind
    speaker: str | None
    citation: CitationShape
    reference: str
    document: DocumentShape
    superseded_by: LinkShape | None = None
    supplemented_by: list[LinkShape] = []
    refers_to: list[LinkShape] = []
    explain: ExplanationShape | None = None


class AnswerShape(BaseModel):
    """The passages that fit best, and whether the best of them answers the question."""

    question: str
    searched: str
    answered: bool
    confidence: float
    generation: str
    expanded: list[str] = []
    unknown: list[str] = []
    hits: list[HitShape]


class ErrorShape(BaseModel):
    """Why there is no answer, as one Danish sentence."""

    error: str


class StatusShape(BaseModel):
    """How the server fares."""

    status: Literal["ok", "ready", "not ready"]


def router(archive: Archive, answering: Answering) -> APIRouter:
    """Give the routes over an archive, and over what answers from it."""
    routes = APIRouter()
    errors: dict[int | str, dict[str, Any]] = {code: {"model": ErrorShape} for code in (400, 413, 422, 503)}

    @routes.post("/api/search", response_model=AnswerShape, responses=errors, summary="Find passages that answer")
    def search(body: SearchBody) -> Response:
        try:
            return Response(answering("search", body.model_dump()), media_type="application/json")
        except RefusalError as refused:
            return JSONResponse({"error": str(refused)}, 503 if str(refused) == NOT_READY else 422)

    @routes.get("/healthz", response_model=StatusShape, summary="Whether the server lives")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    not_ready: dict[int | str, dict[str, Any]] = {503: {"model": StatusShape}}

    @routes.get("/readyz", response_model=StatusShape, responses=not_ready, summary="Whether it can answer")
    def readyz() -> JSONResponse:
        ready = archive.searcher() is not None
        return JSONResponse({"status": "ready" if ready else "not ready"}, 200 if ready else 503)

    return routes


def add_errors(app: FastAPI) -> None:
    """Make wrong calls answer with one Danish sentence."""

    @app.exception_handler(RequestValidationError)
    def invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        broken = first["type"] == "json_invalid"
        return JSONResponse({"error": _sentence(first["type"], first["loc"])}, 400 if broken else 422)

    @app.exception_handler(HTTPException)
    def failed(request: Request, error: HTTPException) -> Response:
        # FastAPI's own word for a body that it cannot decode, or that is nested too deep.
        return refusal(request.scope, error.status_code, _BROKEN if error.status_code == 400 else None)


_BROKEN = "Forespørgslen er ikke gyldig JSON."

_WRONG: Sequence[tuple[Callable[[str, str], bool], str]] = (
    (lambda kind, _: kind == "json_invalid", _BROKEN),
    (lambda _, at: not at, 'Forespørgslen skal være JSON som {"question": "..."}.'),
    (lambda kind, _: kind == "extra_forbidden", "Feltet {at} kendes ikke."),
    (lambda _, at: at == "question", "Feltet question mangler, eller det er ikke en tekst."),
    (lambda _, at: at == "top", f"Feltet top skal være et helt tal fra 1 til {MAX_TOP}."),
    (lambda _, at: at.startswith("previous"), f"Feltet previous skal være en liste med højst {MAX_PREVIOUS} tekster."),
    (lambda _, at: at == "explain", "Feltet explain skal være true eller false."),
    (lambda _, at: at in {"filters.since", "filters.until"}, "Feltet {at} skal være en dato som 2023-05-31."),
    (lambda _, at: at == "filters.kind", f"Feltet {{at}} skal være en af {', '.join(get_args(Kind))}."),
    (lambda _, at: at == "filters", "Feltet filters skal være et objekt med navngivne betingelser."),
    (lambda _kind, _at: True, "Feltet {at} skal være en tekst."),
)


def _sentence(kind: str, location: Sequence[int | str]) -> str:
    names = [str(name) for name in location if name != "body"]
    at = ".".join(name if name.isidentifier() and len(name) < 40 else "?" for name in names)
    return next(sentence for test, sentence in _WRONG if test(kind, at)).replace("{at}", at)
