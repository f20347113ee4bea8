"""Chamber debates in the XML of the Folketing's secretariat: the same records as of a printed debate, by the second.

    <Dokument>
      <MetaMeeting>             session, meeting number, date
      <TitelGruppe>, <DagsordenPlan>
      <DagsordenPunkt>          an item of the agenda; DagsordenUnderpunkt within it, as each oral question
        <MetaFTAgendaItem>      its number, its short title, its case: "S", "560" for a question
        <PunktTekst>            the words that announce it
        <Aktivitet>
          <Tale>
            <Taler>             MetaSpeakerMP: name, party, role; TalerTitel: the line in print
            <TaleType>          "(Ordfører)"
            <TaleSegment>       MetaSpeechSegment: start and end; the words follow

What stands in an element that is not known is text; what stands in any Meta element is none. Nothing is relied on to
be there: what is missing is None.
"""

from __future__ import annotations

import re
from datetime import datetime
from xml.etree.ElementTree import Element

from corpus.agenda import (
    REASON,
    Item,
    Question,
    announced_question,
    announced_title,
    lower_first,
    meeting_fields,
    normalise,
    shorten,
)
from corpus.danish import MONTHS
from corpus.errors import UnreadableError
from corpus.floor import Event, Times, printed, sections_between
from corpus.records import Extracted, Fields, Section
from corpus.speakers import Speaker, speaker_of
from corpus.xmltree import text_of, tree

_NOBODY = frozenset({"pause", "mødeslut"})  # who is named as the speaker where nobody speaks
_NOT_YET = "(Talen er under udarbejdelse)"
_QUESTIONS = frozenset({"S", "US"})  # the types of case that are questions
_ITEM_NUMBER = re.compile(r"\d{1,3}\)")
_WEEKDAYS = "mandag tirsdag onsdag torsdag fredag lørdag søndag".split()
_ENDS_WORD = re.compile(r"[\w.,;:!?)«”]\Z")
_BEGINS_WORD = re.compile(r"[\w(»„]")


def read_meeting(data: bytes) -> Extracted:
    """Read the record of a meeting; raise `UnreadableError` where the XML is damaged or is none."""
    root = tree(data)
    about = root.find("MetaMeeting")
    if about is None:
        raise UnreadableError("this XML is no record of a meeting, the only XML that is read. Save it as PDF or text")
    record = _Record()
    record.add(root)
    text = "".join(record.parts)
    asked = (printed(question) for question in record.questions.values())
    said = sections_between(text, record.events, record.questions)
    sections = [s for s in (*asked, *said) if s.start < s.end and text[s.start : s.end] != _NOT_YET]
    sections.sort(key=_start)
    return Extracted(text, recognised=(_fields(about, text), tuple(sections)))


class _Record:
    """The text as far as it was read, and what happened in it: `questions` by number, `events` in order."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.events: list[Event] = []
        self.questions: dict[str, Question] = {}
        self._length = 0
        self._gap = ""  # what parts the words that come from those before them
        self._within = False  # a speech or an announcement, in which nothing else begins

    def add(self, element: Element) -> None:
        """Add an element with all that is in it."""
        if element.tag.startswith("Meta"):
            return
        match element.tag:
            case _ if self._within:
                self._add_words(element)
            case "DagsordenPunkt" | "DagsordenUnderpunkt":
                self._add_item(element)
            case "Tale":
                self._add_speech(element)
            case "Rubrica":
                start = self._length
                self._add_words(element)
                title = normalise("".join(self._since(start)))
                self._tell(start, Item(start, self._length, title if title == "Meddelelser fra formanden" else ""))
            case _:
                self._add_words(element)

    def _add_words(self, element: Element) -> None:
        """Add what stands in an element and, after each element in it, behind that."""
        self._part(element)
        if element.tag == "SkriftligBegrundelse" and not (text_of(element) or "").startswith(REASON):
            self._write(REASON)
            self._gap = "\n\n"
        self._write(element.text)
        for child in element:
            self.add(child)
            self._write(child.tail)
        self._part(element)

    def _part(self, element: Element) -> None:
        """Part what comes from what was there: a line in print from a line, a block from a block."""
        wanted = {"Char": "", "Linea": "\n"}.get(element.tag, "\n\n")
        self._gap = max(self._gap, wanted, key=len)

    def _write(self, words: str | None) -> None:
        """Add words; between two runs of a line stands a blank where the letters would run together."""
        if not words or (words.isspace() and ("\n" in words or self._gap or not self.parts)):
            return  # what only sets the file itself
        words = re.sub(r"\s+", " ", words)
        if self._gap and self.parts:
            words = self._gap + words.lstrip()
        elif self.parts and _ENDS_WORD.search(self.parts[-1]) and _BEGINS_WORD.match(words):
            words = " " + words
        self._gap = ""
        self.parts.append(words)
        self._length += len(words)

    def _since(self, start: int) -> str:
        """Give the text from a place on that is not far behind."""
        taken: list[str] = []
        length = self._length
        for part in reversed(self.parts):
            if length <= start:
                break
            taken.append(part)
            length -= len(part)
        return "".join(reversed(taken))

    def _tell(self, start: int, what: Times | Item | Question | Speaker | None) -> None:
        self.events.append(Event(start, self._length, what))

    def _add_item(self, punkt: Element) -> None:
        """Add an item of the agenda: the words that announce it, and what is said on it."""
        self._part(punkt)
        about = next((child for child in punkt if child.tag.startswith("Meta")), None)
        self._tell(self._length, Times(None))
        words = next((child for child in punkt if child.tag == "PunktTekst"), None)
        start = self._length
        if words is not None:
            self._within = True
            self.add(words)
            self._within = False
        self._tell_item(start, about)
        for child in punkt:
            if child is not words:
                self.add(child)
        self._part(punkt)

    def _tell_item(self, start: int, about: Element | None) -> None:
        words = self._since(start)
        number = _question_number(about)
        if number is None:
            self._tell(start, Item(start, self._length, _title(words, about)))
            return
        question = announced_question(words, number)
        reason = words.find(REASON, question.end)
        question = question._replace(start=start + question.start, end=start + question.end)
        self.questions.setdefault(number, question)
        end = self._length if reason < 0 else start + reason
        self.events.append(Event(start, end, question))

    def _add_speech(self, tale: Element) -> None:
        """Add a speech: the line that names the speaker, and the words with their times."""
        self._part(tale)
        start, line, named = self._length, "", False
        self._within = True
        for child in tale:
            if child.tag not in ("Taler", "TaleType") and not named:
                self._tell(start, _speaker(tale, line) or Item(start, self._length, ""))
                named = True
            if child.tag == "TaleSegment":
                self._tell(self._length, _times(child.find("MetaSpeechSegment")))
            self.add(child)
            if child.tag == "Taler":
                line = self._since(start)
        self._within = False
        self._tell(self._length, Item(self._length, self._length, ""))  # what is not in a speech is nobody's
        self._part(tale)


def _start(section: Section) -> int:
    return section.start


def _value(about: Element | None, name: str) -> str | None:
    return text_of(about.find(name)) if about is not None else None


def _question_number(about: Element | None) -> str | None:
    kind, number = _value(about, "FTCaseType"), _value(about, "FTCaseNumber")
    return f"{kind} {number.removeprefix(kind).strip()}" if kind in _QUESTIONS and number else None


def _title(words: str, about: Element | None) -> str:
    """Name an item as it is announced, else by its short title; the empty one, 0, precedes the agenda."""
    number = _value(about, "ItemNo") or _value(about, "SubItemNo")
    title = announced_title(words) or ((number != "0" and _value(about, "ShortTitle")) or "")
    if title and number and not _ITEM_NUMBER.match(title):
        title = f"{number}) {title}"
    return shorten(title) or ("" if number == "0" else "Punkt uden titel")


def _speaker(tale: Element, line: str) -> Speaker | None:
    """Name who speaks: by the data, and by the line in print what the data do not say."""
    about, in_print = tale.find("Taler/MetaSpeakerMP"), speaker_of(line)
    role = (_value(about, "OratorRole") or "").lower()
    if role in _NOBODY:
        return None
    name = " ".join(filter(None, (_value(about, "OratorFirstName"), _value(about, "OratorLastName"))))
    if not name or "minister" in name.lower():
        name = in_print.name if in_print else name
    if not name:
        return None
    if "formand" in role or "minister" in role:
        spoken = in_print.role if in_print and in_print.role else re.sub(r"formanden$", "formand", role)
        return Speaker(name, None, spoken)
    capacity = (text_of(tale.find("TaleType")) or "").strip("() :")
    party = _value(about, "GroupNameShort") or (in_print.party if in_print else None)
    role_in_print = in_print.role if in_print else None
    return Speaker(name, party, lower_first(capacity) or role_in_print)


def _times(about: Element | None) -> Times:
    """Give when the words were said, to the second."""
    start, end = (_moment(_value(about, name)) for name in ("StartDateTime", "EndDateTime"))
    return Times(start.strftime("%H:%M:%S") if start else None, end.strftime("%H:%M:%S") if end else None)


def _moment(written: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(written) if written else None
    except ValueError:
        return None


def _fields(about: Element, text: str) -> Fields:
    """Give what the meeting says of itself; its title as printed, else made of its number and date."""
    number, held = _value(about, "MeetingNumber"), _moment(_value(about, "DateOfSitting"))
    session = _value(about, "ParliamentarySession") or ""
    title = [f"{number}. møde" if number and number.isdecimal() else None]
    if held:
        title.append(f"{_WEEKDAYS[held.weekday()]} den {held.day}. {MONTHS[held.month - 1]} {held.year}")
    heading = meeting_fields(text)
    return Fields(
        kind="referat",
        title=heading.title if heading else (", ".join(filter(None, title)) or None),
        date=held.date().isoformat() if held else (heading.date if heading else None),
        number=number,
        session=session if re.fullmatch(r"\d{5}", session) else None,
    )
