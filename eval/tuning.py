"""Tuning: the weights of the ranking and of the confidence, learned on question sets and tried on those kept apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eval.confidence import auroc
from eval.judge import Quotes
from eval.questions import Question, QuestionSet
from index.confidence import Signs, signs
from index.evidence import Evidence
from index.search import Searcher

Floats = NDArray[np.float64]
_FOLDS = 5


class Case(NamedTuple):
    """One question: what speaks for each passage that was weighed [n, evidence], which are right, and the signs."""

    question: Question
    evidence: Floats
    right: NDArray[np.bool_]
    signs: Floats


def cases(searcher: Searcher, sets: Sequence[QuestionSet]) -> Iterator[Case]:
    """Put every question to an index."""
    quotes = Quotes(searcher.store)
    for one in sets:
        for question in one.questions:
            query, ranked = searcher.weighed(question.question, question.previous)
            relevant = set(quotes.relevant(question))
            yield Case(
                question,
                np.array([list(each.judged.evidence) for each in ranked], dtype=np.float64),
                np.array([each.stored.passage.id in relevant for each in ranked]),
                np.array(signs(query, ranked), dtype=np.float64),
            )


def fit_ranking(found: Sequence[Case], penalty: float = 0.002) -> Floats:
    """Give the weights under which the right passages are likeliest to come first (softmax regression)."""
    import torch

    pairs = [
        (torch.tensor(case.evidence), torch.tensor(case.right))
        for case in found
        if case.right.any() and not case.right.all()
    ]
    weights = torch.zeros(len(Evidence._fields), dtype=torch.float64, requires_grad=True)

    def loss() -> Any:
        total = penalty * (weights**2).sum()
        for evidence, right in pairs:
            scores = evidence @ weights
            total = total + (torch.logsumexp(scores, 0) - torch.logsumexp(scores[right], 0)) / len(pairs)
        return total

    return _minimised(loss, weights)


def fit_confidence(found: Sequence[Case], penalty: float = 0.002) -> Floats:
    """Give a constant and the signs' weights that tell answerable questions from the others (logistic regression)."""
    import torch

    rows = torch.tensor(np.array([[1.0, *case.signs] for case in found]))
    labels = torch.tensor([float(bool(case.question.answers)) for case in found], dtype=torch.float64)
    balance = torch.where(labels > 0, 0.5 / labels.mean(), 0.5 / (1 - labels.mean()))  # both kinds count the same
    weights = torch.zeros(rows.shape[1], dtype=torch.float64, requires_grad=True)
    spread = rows[:, 1:].std(0)  # a sign that runs from 0 to 10 needs a tenth of the weight

    def loss() -> Any:
        losses = torch.nn.functional.binary_cross_entropy_with_logits(rows @ weights, labels, weight=balance)
        return losses + penalty * ((weights[1:] * spread) ** 2).sum()

    return _minimised(loss, weights)


def report(found: Sequence[Case]) -> Iterator[str]:
    """Give what the weights do on questions that they were not learned on, and the weights learned on all."""
    answerable = [case for case in found if case.question.answers]
    for name, halves in (("ranking", _halves(answerable)), ("as shipped", None)):
        ranks = (
            [rank for learn, try_ in halves for rank in _ranks(try_, fit_ranking(learn))]
            if halves
            else _first(answerable)
        )
        yield f"{name}: success@1 {np.mean(np.array(ranks) == 1):.3f}, success@5 {np.mean(np.array(ranks) <= 5):.3f}"
    confidences = np.zeros(len(found))
    for fold in range(_FOLDS):
        learn = [case for n, case in enumerate(found) if n % _FOLDS != fold]
        weights = fit_confidence(learn)
        for n in range(fold, len(found), _FOLDS):
            confidences[n] = 1 / (1 + np.exp(-(weights[0] + found[n].signs @ weights[1:])))
    labels = np.array([bool(case.question.answers) for case in found])
    balanced = (np.mean(confidences[labels] >= 0.5) + np.mean(confidences[~labels] < 0.5)) / 2
    area = auroc(list(confidences[labels]), list(confidences[~labels]))
    yield f"confidence, {_FOLDS} folds: AUROC {area:.3f}, balanced accuracy {balanced:.3f}"
    for names, weights in (
        (Evidence._fields, fit_ranking(answerable)),
        (("constant", *Signs._fields), fit_confidence(found)),
    ):
        yield ", ".join(f"{name}={weight:.2f}" for name, weight in zip(names, weights, strict=True))


def _halves(found: Sequence[Case]) -> list[tuple[list[Case], list[Case]]]:
    dev = [case for case in found if case.question.split == "dev"]
    test = [case for case in found if case.question.split != "dev"]
    return [(dev, test), (test, dev)]


def _ranks(found: Sequence[Case], weights: Floats) -> list[int]:
    return [_rank(case.right[np.argsort(-(case.evidence @ weights), kind="stable")]) for case in found]


def _first(found: Sequence[Case]) -> list[int]:
    return [_rank(case.right) for case in found]


def _rank(right: NDArray[np.bool_]) -> int:
    return int(right.argmax()) + 1 if right.any() else 1_000


def _minimised(loss: Any, weights: Any) -> Floats:
    import torch

    optimizer = torch.optim.LBFGS([weights], max_iter=200, line_search_fn="strong_wolfe")

    def step() -> Any:
        optimizer.zero_grad()
        value = loss()
        value.backward()
        return value

    optimizer.step(step)  # type: ignore[no-untyped-call]  # torch leaves it without types
    found: Floats = weights.detach().numpy()
    return found
