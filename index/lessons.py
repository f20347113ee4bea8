"""What an archive teaches without marks: texts of one document that belong together, out of the index's own store."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from corpus.records import Section
from index.pairs import Pair, Text, cut, halves, says_enough, sentences
from index.store import Store

_SHARE = 0.1  # of the passages, held out to measure on
_ENOUGH = 200  # passages to measure on, where the archive has that many to spare
_SPARED = 0.4  # of the passages at most, where it has not
_MANY = 100  # documents from which on whole ones are held out
_RUN = 10  # neighbouring passages that are held out together where documents are fewer
_QUOTES = "\"'”’»«“ "


class Part(NamedTuple):
    """One passage as it is learned from."""

    text: str
    sentences: Text
    number: int  # of its section in the document
    section: Section
    title: str  # what stands above it, where that is not said in it too; else empty


Block = list[Part]  # one document, or neighbouring passages of one


def hold_out(store: Store) -> tuple[list[Block], list[Block]]:
    """Part the archive into what is learned from and what is only measured on, by the hashes of the documents' ids.

    Whole documents are held out where there are many and they come out near the share that is wanted, else runs of
    neighbouring passages.
    """
    documents = list(_documents(store))
    passages = sum(len(block) for _, block in documents)
    wanted = min(max(_SHARE * passages, _ENOUGH), _SPARED * passages)
    learned, held = _parted(documents, wanted)
    if len(documents) < _MANY or sum(map(len, held)) < 0.8 * wanted:
        runs = (
            (f"{id_} {n // _RUN}", block[n : n + _RUN]) for id_, block in documents for n in range(0, len(block), _RUN)
        )
        learned, held = _parted(list(runs), wanted)
    return learned, held


def _parted(named: list[tuple[str, Block]], wanted: float) -> tuple[list[Block], list[Block]]:
    """Hold out blocks in the order of their names' hashes, as long as they do not make more than is wanted."""
    learned, held, count = list[Block](), list[Block](), 0
    for _, block in sorted(named, key=lambda one: hashlib.sha256(one[0].encode()).digest()):
        if count + len(block) <= wanted:
            held.append(block)
            count += len(block)
        else:
            learned.append(block)
    return learned, held


def _documents(store: Store) -> Iterator[tuple[str, Block]]:
    for row, fields in store.fields():
        block = list[Part]()
        for stored in store.passages_of(row):
            text, title = stored.passage.text, stored.section.heading or fields.title or ""
            said = "" if title in text else title
            block.append(Part(text, sentences(text), stored.passage.section, stored.section, said))
        yield store.head(row).id, block


def lessons(blocks: Iterable[Block], *, cuts: int, seed: int) -> dict[str, list[Pair]]:
    """Give the pairs by kind; `cuts` is how many sentences of a passage are each set against the rest of it."""
    rng = random.Random(seed)  # noqa: S311 (chooses training pairs, guards nothing)
    pairs: dict[str, list[Pair]] = {name: [] for name in ("sentence", "halves", "neighbours", "question", "title")}
    for block in blocks:
        for part in block:
            pairs["sentence"] += cut(part.sentences, cuts, rng)
            if len(part.sentences) > 1:
                pairs["halves"].append(halves(part.sentences))
            if part.title and says_enough(part.sentences):
                pairs["title"].append(((part.title,), part.sentences))
        for first, second in pairwise(block):
            near = first.section.heading == second.section.heading and first.section.number == second.section.number
            if near and says_enough(first.sentences) and says_enough(second.sentences):
                pairs["neighbours"].append((first.sentences, second.sentences))
        for asked, answers in questions(block):
            pairs["question"] += [(asked, answer.sentences) for answer in answers if says_enough(answer.sentences)]
    return {kind: found for kind, found in pairs.items() if found}


def questions(block: Block) -> Iterator[tuple[Text, list[Part]]]:
    """Give each question of a block, by the last two sentences that ask, with the passages that answer it."""
    asked: dict[int, list[Part]] = {}
    for part in block:
        if part.section.kind == "spørgsmål":
            asked.setdefault(part.number, []).append(part)
    for parts in asked.values():
        section = parts[0].section
        answers = [
            part
            for part in block
            if part.section.kind == "svar"
            and part.section.number == section.number
            and section.part in (None, part.section.part)
        ]
        said = tuple(sentence for part in parts for sentence in part.sentences)
        if answers and said:
            yield tuple(one for one in said if one.rstrip(_QUOTES).endswith("?"))[-2:] or said, answers
