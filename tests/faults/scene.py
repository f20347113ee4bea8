"""One index before and after an update, small enough to be built a thousand times; every step in a forked process.

The process that forks has loaded the libraries and the encoder, so that a build takes a tenth of a second, and
it never builds or asks itself: a fork of a process with threads may hang.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

import faiss  # noqa: F401 - here once, not in every fork

import index.gathering
import index.generation
import index.parts
import index.search
import index.update
from corpus.document import load as load_file
from corpus.document import passages, read
from corpus.errors import SpoergetimeError
from corpus.files import Found
from corpus.isolation import Reading
from index.background import stem_counts
from index.build import build
from index.deep import verify_all
from index.encoder import load
from index.expansions import lexicon
from index.search import Searcher

# How an update is written: as a whole; so, and kept after every document, to be gone on with; by what changed.
KINDS = ("whole", "kept", "changed")
QUESTIONS = ("Hvor mange storke yngler?", "Hvad koster en færgebillet?", "vindmøller", "cykelstier i Ribe", "skolemad")
STORKS = "Der yngler {} par storke i Danmark, og de fleste af dem bor ved Ribe Å."
OTHERS = {
    "færge.txt": "En færgebillet til øen koster 85 kr. for voksne og 40 kr. for børn.",
    "vind.txt": "Vindmøller tættere på naboer end fire gange højden giver ret til erstatning.",
    "cykel.txt": "Kommunen har anlagt tolv kilometer cykelstier i Ribe siden 2019.",
}


class InPlace:
    """Reads documents in this process: a reader of its own for each of a thousand builds takes too long."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def read_many(self, files: Sequence[Found], max_characters: int) -> Iterator[Reading]:
        for found in files:
            source, data = load_file(found)
            document = read(source, found, data)
            yield Reading(found, source.sha256, document, tuple(passages(document, max_characters)), None)


class Ended(NamedTuple):
    """How a forked process ended: what it gave, or the message of its error; neither if it was killed."""

    value: Any
    error: str | None
    killed: bool


class Scene:
    """A folder of documents and an index of their last state but one; the index is put back before every trial."""

    def __init__(self, folder: Path, kind: str) -> None:
        assert kind in KINDS
        if kind != "whole":
            vars(index.parts).update(_SECONDS=0.0, _WORDS=2)
        if kind == "changed":  # as of a big archive
            vars(index.update).update(_WHOLE=0, _SHARE=10.0)
            vars(index.generation)["_LINKED"] = 1
        self.documents, self.index = folder / "documents", folder / "index"
        self._kept = folder / "kept"
        vars(index.gathering)["Reader"] = InPlace
        self.encoder = load()
        vars(index.search)["used"] = lambda *_: self.encoder
        self.encoder.encode(["Storke"], "passage")
        stem_counts()
        lexicon()
        self.documents.mkdir(parents=True)
        for name, text in OTHERS.items():
            (self.documents / name).write_text(text, encoding="utf-8")
        for pairs in ("ti", "elleve"):  # twice, so that there is a generation before the current one
            self._say(pairs)
            assert self.forked(self.build).value
        self.old = self.forked(self.answers).value
        shutil.copytree(self.index, self._kept)
        self._say("tolv")
        (self.documents / "mad.txt").write_text("Skolemad koster forældrene 25 kr. om dagen.", encoding="utf-8")
        (self.documents / "vind.txt").unlink()
        assert self.forked(self.build).value
        self.new = self.forked(self.answers).value
        assert self.old and self.new and self.old != self.new

    def _say(self, pairs: str) -> None:
        (self.documents / "storke.txt").write_text(STORKS.format(pairs), encoding="utf-8")

    def reset(self) -> None:
        """Put the index back to the old state."""
        shutil.rmtree(self.index, ignore_errors=True)
        shutil.copytree(self._kept, self.index)

    def build(self) -> str:
        return build([self.documents], self.index, self.encoder).generation

    def answers(self) -> list[list[Any]]:
        searcher = Searcher.open(self.index)
        return [[[hit.passage.text, hit.score] for hit in searcher.ask(question).hits] for question in QUESTIONS]

    def forked(self, work: Callable[[], Any], kill_after: float | None = None) -> Ended:
        """Do something in a process of its own, which may be killed after so many seconds."""
        ours, theirs = os.pipe()
        pid = os.fork()
        if not pid:
            os.close(ours)
            try:
                result = {"value": work(), "error": None}
            except SpoergetimeError as error:
                result = {"value": None, "error": str(error)}
            except BaseException:
                result = {"value": None, "error": "Traceback " + traceback.format_exc()}
            try:
                os.write(theirs, json.dumps(result).encode())
            finally:
                os._exit(0)
        os.close(theirs)
        if kill_after is not None:
            time.sleep(kill_after)
            os.kill(pid, signal.SIGKILL)
        with os.fdopen(ours, "rb") as reply:
            said = reply.read()
        _, status = os.waitpid(pid, 0)
        if os.WIFSIGNALED(status) or not said:
            return Ended(None, None, killed=True)
        return Ended(**json.loads(said), killed=False)

    def seen(self) -> str:
        """Tell which state the index answers as: old, new, or what is wrong with it."""
        found = self.forked(self.answers)
        if found.value in (self.old, self.new):
            return "old" if found.value == self.old else "new"
        return f"wrong: {found}"

    def mended(self) -> str | None:
        """Build again as if nothing had happened; tell what is wrong with the outcome, if anything is."""

        def again() -> tuple[list[list[Any]], list[str], int]:
            self.build()
            verify_all(self.index)
            names = sorted(path.name for path in (self.index / "generations").iterdir())
            return self.answers(), names, sum(1 for _ in self.index.rglob("*"))

        found = self.forked(again)
        if found.value is None:
            return f"the next build: {found.error}"
        answers, names, _ = found.value
        if answers != self.new:
            return "the next build answers otherwise"
        if len(names) != 2 or not all(map(str.isdigit, names)) or (self.index / index.generation.UNFINISHED).exists():
            return f"left behind: {names}"
        return None
