"""Questions to begin with, taken from the documents themselves."""

from __future__ import annotations

import re
from functools import lru_cache

from corpus.split import sentences
from index.search import Searcher

_SAMPLE = 400  # passages that are looked through
_TRIED = 8  # candidates that are asked, to offer only what is answered
# Whole, short, and without anything but words: a question that makes sense alone.
_QUESTION = re.compile(
    r"(?:Hvad|Hvor|Hvornår|Hvordan|Hvorfor|Hvem|Hvilke[nt]?|Kan|Vil|Skal|Er|Har|Bliver|Mener|Agter)"
    r"\s[\w ,.()§%-]{15,120}\?"
)
_POINTING = re.compile(r"\b(?:det(?:te)?|den(?:ne)?|disse|her|ovenstående|nævnte|jf)\b", re.IGNORECASE)


@lru_cache(maxsize=1)
def examples(searcher: Searcher, count: int) -> list[str]:
    """Give up to `count` questions, each from another document and each answered by the archive; maybe none."""
    total = searcher.manifest.passages
    step = max(1, total // _SAMPLE)
    found: dict[str, tuple[bool, bool, int, str]] = {}
    for stored in searcher.store.passages(range(0, total, step)).values():
        for start, end in sentences(stored.passage.text):
            text = stored.passage.text[start:end].strip("”“\"'»« ")
            if _QUESTION.fullmatch(text):
                rank = (stored.passage.kind != "spørgsmål", bool(_POINTING.search(text)), len(text), text)
                found[stored.passage.document] = min(rank, found.get(stored.passage.document, rank))
    tried = list(dict.fromkeys(text for *_, text in sorted(found.values())))[:_TRIED]
    return [text for text in tried if searcher.ask(text, 1).answered][:count]
