"""Files that a user downloaded himself, found again by their names or by the numbers of their questions."""

from __future__ import annotations

import filecmp
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from corpus.errors import FetchError
from corpus.fetch.answers import Answer, File

_READ = (".pdf", ".docx")
Asked = tuple[str, str]


class Downloads:
    """The PDF and Word files of a folder, as files of `answers`.

    A file is an answer's if it is named as the Folketing names it, or by its record's number, or by the question's
    number ("S 725.pdf", "SUU alm. del spm 309.docx"): the last only where one answer alone has that number.
    """

    def __init__(self, folder: Path, answers: Iterable[Answer]) -> None:
        self._named: dict[str, list[Path]] = defaultdict(list)
        self._numbered: dict[tuple[Asked, str], list[Path]] = defaultdict(list)
        self._answers = Counter(asked for answer in answers if (asked := _asked(answer)))
        for path in sorted(folder.rglob("*")):
            suffix = path.suffix.lower()
            if suffix in _READ and path.is_file() and not path.name.startswith("."):
                self._named[path.name.lower()].append(path)
                for asked in _numbers(path.stem):
                    self._numbered[asked, suffix].append(path)

    def find(self, answer: Answer, file: File) -> Path | None:
        """Give the downloaded file, or None where there is none that is surely this one.

        Raises `FetchError` where several have its name and are not the same.
        """
        suffix = PurePosixPath(file.name).suffix
        published = PurePosixPath(unquote(urlsplit(file.url).path)).name
        for name in (published, PurePosixPath(file.name).name, f"{file.id}{suffix}"):
            if found := self._named.get(name.lower()):
                for other in found[1:]:
                    if not filecmp.cmp(found[0], other, shallow=False):
                        raise FetchError(f"{found[0]} and {other} have one name and differ. Remove the wrong one")
                return found[0]
        asked = _asked(answer)
        same = [one for one in answer.files if PurePosixPath(one.name).suffix == suffix]
        if asked is None or self._answers[asked] != 1 or len(same) != 1:
            return None
        numbered = self._numbered.get((asked, suffix), [])
        return numbered[0] if len(numbered) == 1 else None


def _asked(answer: Answer) -> Asked | None:
    """Give what a question's number counts in and the number, as file names may hold them."""
    number, case = answer.fields.get("number"), answer.fields.get("case", "")
    if not number:
        return None
    if case == "§ 20":
        return "", _plain(number)
    return _plain(case.removesuffix(" alm. del")), number


def _numbers(stem: str) -> set[Asked]:
    """Give every question that a file's name may mean."""
    own = {("", f"s{match[1]}") for match in re.finditer(r"(?<![^\W_])s[\s_.-]?(\d{1,5})(?!\d)", stem.lower())}
    words = re.findall(r"[^\W_]+", stem.lower())
    cases = {word for word in words if re.fullmatch(r"[a-zæøå]{2,4}|[lb]\d{1,3}", word)}
    cases |= {a + b for a, b in pairwise(words) if a in ("l", "b") and b.isdecimal()}
    last = [word for word in words if word.isdecimal() and len(word) <= 5][-1:]
    return own | {(case, number) for case in cases for number in last}


def _plain(text: str) -> str:
    return re.sub(r"\W", "", text).lower()
