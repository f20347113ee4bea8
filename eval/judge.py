"""Judging an answer by file and quote: the quote stands in a passage of the file, white space and hyphens aside."""

from __future__ import annotations

import re
from collections.abc import Sequence

from corpus.clean import clean
from corpus.records import Answer, Hit
from eval.measures import ndcg, recall, reciprocal_rank, success
from eval.questions import Accepted, Question
from index.store import Store

DEPTH = 10  # hits looked at for each question
_MARKED_AMONG = 5
ABSENT = "absent-"  # with the question's id: stands in the qrels where no passage of the index holds any answer


def score(question: Question, answer: Answer, relevant: Sequence[str]) -> dict[str, float]:
    """Score one answer; a measure that does not apply to the question is left out.

    `relevant` names the passages of the index that hold a quote. Answerable: the measures of the ranking, and `marked`
    (the marked sentence of the first right hit among five holds the quote). All: `decided` (an answer was given to the
    answerable, and none to the unanswerable).
    """
    decided = float(answer.answered == bool(question.answers))
    if not question.answers:
        return {"decided": decided}
    wanted = set(relevant)
    gains = [int(hit.passage.id in wanted) for hit in answer.hits]
    right = next((hit for hit, gain in zip(answer.hits[:_MARKED_AMONG], gains, strict=False) if gain), None)
    marked = right is not None and any(_within(accepted.quote, _marked(right)) for accepted in question.answers)
    ones = [1] * len(wanted)
    return {
        "success@1": success(gains, 1),
        "success@5": success(gains, 5),
        "mrr@10": reciprocal_rank(gains, 10),
        "ndcg@10": ndcg(gains, ones, 10),
        "recall@10": recall(gains, ones, 10),
        "marked": float(marked),
        "decided": decided,
    }


class Quotes:
    """Where quotes stand in an index; a document's passages are read once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._files = [(filed.source.file, filed.document_row) for filed in store.files()]
        self._plain: dict[int, list[tuple[str, str]]] = {}

    def relevant(self, question: Question) -> tuple[str, ...]:
        """Give the ids of the passages that hold an accepted answer.

        Where no passage holds any, that is an id that is never found: the question counts as missed.
        """
        found = dict.fromkeys(id_ for accepted in question.answers for id_ in self._holding(accepted))
        return tuple(found) or ((ABSENT + question.id,) if question.answers else ())

    def _holding(self, accepted: Accepted) -> list[str]:
        quote = _plain(accepted.quote)
        return [id_ for row in self._documents(accepted.file) for id_, text in self._passages(row) if quote in text]

    def _documents(self, file: str) -> list[int]:
        return sorted({row for name, row in self._files if name == file or name.endswith("/" + file)})

    def _passages(self, row: int) -> list[tuple[str, str]]:
        if row not in self._plain:
            stored = [one.passage for one in self._store.passages_of(row)]
            self._plain[row] = [(passage.id, _plain(passage.text)) for passage in stored]
        return self._plain[row]


def _marked(hit: Hit) -> str:
    return " ".join(hit.passage.text[start:end] for start, end in hit.highlights)


def _within(quote: str, text: str) -> bool:
    return _plain(quote) in _plain(text)


def _plain(text: str) -> str:
    return re.sub(r"[\s\-\u00ad]+", "", clean(text))
