"""Questions to begin with, taken from the documents themselves."""

from __future__ import annotations

import re
from itertools import islice

from bot.once import once
from index.search import Searcher

_SAMPLE = 2_000  # passages that are looked through
_MOST = 3  # that are found; fewer may be shown
_TRIED = 12  # candidates that are asked, to offer only what is answered
# Whole, and without anything but words: a question that makes sense alone.
_QUESTION = re.compile(
    r"(?:Hvad|Hvor|Hvornår|Hvordan|Hvorfor|Hvem|Hvilke[nt]?|Kan|Vil|Skal|Er|Har|Mener|Agter)\s[\w ,.()§%-]{15,110}\?"
)
# Where a long question goes on to its next part, and is whole without it.
_NEXT_PART = re.compile(r"(?<=.{45}), (?:herunder|og|samt|når|hvad|hvor|hvordan|hvilke[nt]?)\b.*\?", re.DOTALL)
_TITLE = re.compile(r"[A-ZÆØÅ][\w ,.()§%-]{15,80}")


def examples(searcher: Searcher, count: int) -> list[str]:
    """Give up to `count` questions, at most three, each of another document and answered by the archive; maybe none."""
    return _found(searcher)[:count]


@once
def _found(searcher: Searcher) -> list[str]:
    """Look the questions up.

    Only what was put to a minister counts: questions in speeches are often no questions. Titles of news fill up.
    """
    store = searcher.store
    step = max(1, searcher.manifest.passages // _SAMPLE)
    asked: dict[str, str] = {}
    for stored in store.passages(range(0, store.end(), step)).values():
        if stored.document_row in store.gone:
            continue
        passage = stored.passage
        text = _NEXT_PART.sub("?", passage.text.strip("”“\"'»« \n"), count=1)
        if passage.kind == "spørgsmål" and _QUESTION.fullmatch(text):
            asked[passage.document] = min(text, asked.get(passage.document, text), key=len)
    titles = (fields.title or "" for _, fields in store.fields() if fields.kind in {"pressemeddelelse", "artikel"})
    news = list(islice(filter(_TITLE.fullmatch, titles), _TRIED))
    tried = [*sorted(asked.values(), key=len)[:_TRIED], *sorted(news, key=len)]
    return list(islice((text for text in dict.fromkeys(tried) if searcher.ask(text, 1).answered), _MOST))
