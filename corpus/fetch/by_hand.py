"""Files that a user downloaded himself, found again by their names or by the numbers of their questions."""

from __future__ import annotations

import filecmp
import re
from collections import Counter, defaultdict
from collections.abc import Collection
from pathlib import Path, PurePosixPath
from unicodedata import normalize
from urllib.parse import unquote, urlsplit

from corpus.errors import FetchError
from corpus.fetch.answers import Answer, File

_READ = (".pdf", ".docx")
_SHOWN = 5  # names in one note
_COPY = re.compile(r"(?:\s*\(\d{1,3}\))+\s*(?=\.\w+$)")  # what a browser adds to a name that is taken
_OWN = re.compile(r"(?<![^\W_])s[\s_.-]?(\d{1,5})(?!\d)")
_BILL = re.compile(r"\b([lb]) ?(\d{1,3})(?: ?([a-d]))?\b")
_OTHER = re.compile(r"\b(?:bilag (?:nr )?\d+|j ?nr(?: \d+)+)\b")  # numbers of something else
_NUMBERS = (  # the first that a name has
    re.compile(r"\b(?:spm|spørgsmål) ?(?:nr ?)?(\d{1,5})\b"),
    re.compile(r"\A\D*\bnr ?(\d{1,5})\b"),
    re.compile(r"\b(\d{1,5})\b"),
)
Asked = tuple[str, str]


class Downloads:
    """The PDF and Word files of a folder, as files of `answers`; what their names leave open is told in `notes`.

    A file is an answer's if it is named as the Folketing names that one alone, or by its record's number, or by the
    question's number ("S 725.pdf", "SUU alm. del spm 309.docx"): the last only where one answer alone has that number.
    """

    def __init__(self, folder: Path, answers: Collection[Answer]) -> None:
        self._named: dict[str, list[Path]] = defaultdict(list)
        self._numbered: dict[tuple[Asked, str], list[Path]] = defaultdict(list)
        self._answers = Counter(asked for answer in answers if (asked := _asked(answer)))
        addresses = {file.url for answer in answers for file in answer.files}
        self._published = Counter(map(_published, addresses))
        cases, unclear = {case for case, _ in self._answers}, list[str]()
        for path in sorted(folder.rglob("*")):
            suffix = path.suffix.lower()
            if suffix in _READ and path.is_file() and not path.name.startswith("."):
                name = _bare(path.name)
                self._named[name].append(path)
                named, numbers = _meant(PurePosixPath(name).stem)
                meant = [(case, number) for case in named & cases for number in numbers]
                if len(meant) == 1:
                    self._numbered[meant[0], suffix].append(path)
                elif self._published[name] != 1 and (meant or name in self._published):
                    unclear.append(path.name)
        self.notes = [_told(unclear)] if unclear else []

    def find(self, answer: Answer, file: File) -> Path | None:
        """Give the downloaded file, or None where there is none that is surely this one.

        Raises `FetchError` where several have its name or its number and are not the same.
        """
        suffix = PurePosixPath(file.name).suffix
        published = _published(file.url)
        for name in (published, PurePosixPath(file.name).name, f"{file.id}{suffix}"):
            others = self._published[name] - (name == published)
            if not others and (found := self._named.get(name)):
                return _same(found, "name")
        asked = _asked(answer)
        same = [one for one in answer.files if PurePosixPath(one.name).suffix == suffix]
        if asked is None or self._answers[asked] != 1 or len(same) != 1:
            return None
        return _same(self._numbered.get((asked, suffix), []), "number")


def _same(found: list[Path], what: str) -> Path | None:
    """Give one of several files that are the same to the byte; raise `FetchError` where they are not."""
    for other in found[1:]:
        if not filecmp.cmp(found[0], other, shallow=False):
            raise FetchError(f"{found[0]} and {other} have one {what} and differ. Remove the wrong one")
    return found[0] if found else None


def _published(url: str) -> str:
    """Give the name under which a browser saves an address."""
    return _bare(PurePosixPath(unquote(urlsplit(url).path)).name)


def _bare(name: str) -> str:
    """Give a file's name in small letters, without the mark of a second copy: "S 5 (1).PDF" is "s 5.pdf"."""
    return _COPY.sub("", normalize("NFC", name).lower())


def _told(unclear: list[str]) -> str:
    more = f" and {len(unclear) - _SHOWN:,} more" if len(unclear) > _SHOWN else ""
    names = ", ".join(map(repr, unclear[:_SHOWN]))
    return (
        f'it is unclear which questions these downloads answer: {names}{more}. Name them as "SUU alm. del spm 309.pdf"'
    )


def _asked(answer: Answer) -> Asked | None:
    """Give what a question's number counts in and the number, as file names may hold them."""
    number, case = answer.fields.get("number"), answer.fields.get("case", "")
    if not number:
        return None
    if case == "§ 20":
        return "", _plain(number)
    return _plain(case.removesuffix(" alm. del")), number


def _meant(stem: str) -> tuple[set[str], set[str]]:
    """Give the cases that a name in small letters may mean, and the numbers that its question may have there."""
    words = " ".join(re.findall(r"[^\W_]+", stem))
    bills = {"".join(parts) for parts in _BILL.findall(words)}
    left = _OTHER.sub("", _BILL.sub("", words))
    cases = bills or set(re.findall(r"\b[a-zæøå]{2,4}\b", left))
    if own := {f"s{number}" for number in _OWN.findall(stem)}:
        asked = set(_NUMBERS[0].findall(left))
        return {""} | (cases if asked else set()), own | asked
    return cases, next((set(found) for one in _NUMBERS if (found := one.findall(left))), set())


def _plain(text: str) -> str:
    return re.sub(r"\W", "", text).lower()
