"""What a web page shows around its text: menus, banners, warnings, links, contact blocks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from corpus.boilerplate import Line, is_contact
from corpus.danish import is_name, ministry_name

TOP = 40  # lines in which a page has shown its headline, label and date
PROSE = 90  # characters from which a line is prose and no menu entry

PRESS_LABEL = re.compile(r"pressemeddelelse\b", re.IGNORECASE)
ARTICLE_LABEL = re.compile(
    r"(?:nyhed|artikel|debatindlæg|kronik|blog|kommentar)\b(?:\s*[/|:,–-].{0,40})?", re.IGNORECASE
)

SITE_LABEL = re.compile(r"nyheder|nyt|aktuelt|presse|notat|faktaark|pressemeddelelser?|artikler", re.IGNORECASE)
"""A line that says what kind of text follows, and is a headline only if no other follows."""

_MENU_WORD = re.compile(
    r"forside|nyheder|aktuelt|presse|kontakt(?: os)?|om (?:os|ministeriet)|søg|menu|log ind|english|job|a-å|sitemap",
    re.IGNORECASE,
)
_MENU_GAP = re.compile(r"\s{2,}|\t|\s[|·•]\s")

_CHROME = re.compile(
    r"(?:spring|gå|hop)\s(?:over|til|direkte)\b.{0,40}|skip to .{0,30}"
    r"|menu|søg|luk|log ind|print|udskriv|del|del (?:siden|artiklen|på|denne)\b.{0,40}|tip en ven|læs op"
    r"|tilbage|til toppen|forrige|næste|forside|facebook|twitter|linkedin|instagram|youtube"
    r"|du er her:?.{0,120}"
    r"|(?:[\wæøå -]{2,30}\s[>›»]\s){1,6}[\wæøå -]{2,60}|(?:[\wæøå -]{2,30}\s/\s){2,6}[\wæøå -]{2,60}"
    r"|©.{0,80}|copyright.{0,80}|alle rettigheder.{0,60}|tilmeld (?:dig )?(?:vores )?nyhedsbrev.{0,60}"
    r"|(?:acceptér|accepter|tillad|afvis|godkend)\s(?:alle|kun|nødvendige).{0,40}|ok|(?:vis|skjul) detaljer"
    r"|privatlivspolitik|cookiepolitik|tilgængelighedserklæring",
    re.IGNORECASE,
)
_COOKIES = re.compile(
    r"\bcookies?\b.{0,200}(?:hjemmeside|websted|website|bruger|brug af|samtykke|accept|statistik|oplevelse|indstilling)"
    r"|(?:vi|hjemmesiden|siden|websitet)\s(?:bruger|anvender)\scookies",
    re.IGNORECASE,
)
BROWSER = re.compile(
    r"(?:ældre|forældet|gammel)\s(?:version|browser)|(?:opgrader|opdater)\w*\s(?:din|til)\b.{0,40}(?:browser|explorer)"
    r"|hent\s.{0,40}internet explorer|javascript\s.{0,40}(?:slået fra|deaktiveret|aktiver)",
    re.IGNORECASE,
)
_APOLOGY = re.compile(r"vi beklager\b.{0,60}|(?:med )?venlig hilsen\b.{0,60}|klik her\b.{0,120}", re.IGNORECASE)
_MORE = re.compile(
    r"(?:[>»›•→-]\s*)?(?:læs|se|hent|find|download|hør)\s"
    r"(?:mere|også|hele|rapporten|aftalen|udspillet|bilag|notat\w*|faktaark\w*|pressemeddelelse\w*)\b(.*)",
    re.IGNORECASE,
)
CONTACT_HEAD = re.compile(
    r"(?:presse)?kontakt(?:person(?:er)?|oplysninger|information|er)?|kontakt (?:os|for .{0,40}|til pressen)"
    r"|henvendelse"
    r"|(?:for )?(?:yderligere|flere) (?:oplysninger|information(?:er)?)|mere information|presse|pressevagt(?:en)?",
    re.IGNORECASE,
)
_CONTACT_LINE = re.compile(
    r"(?:for )?(?:yderligere|flere) (?:oplysninger|information\w*)\b.{0,240}"
    r"|(?:presse|kommunikation)\S*(?:chef|rådgiver|medarbejder|konsulent|vagt)\b.{0,160}\d{2}.{0,40}"
    r"|.{0,120}\b(?:tlf|telefon|mobil)\.?:?\s?\+?\d[\d ]{7,}.{0,80}",
    re.IGNORECASE,
)
_AFTERWARDS = re.compile(
    r"(?:relatere(?:t|de)(?: (?:indhold|nyheder|artikler|links?|sider))?|mest læste|læs også|emner|tags|nyhedsarkiv"
    r"|(?:seneste|andre|flere) (?:nyt|nyheder|artikler|pressemeddelelser)|del (?:artiklen|siden|nyheden)|genveje"
    r"|find os|følg os)\b:?",
    re.IGNORECASE,
)
_TELEPHONE = re.compile(r"\d{2} ?\d{2} ?\d{2} ?\d{2}|@|\b(?:tlf|telefon|mobil)\b", re.IGNORECASE)
_PRESS_OFFICE = re.compile(r"chef|rådgiver|konsulent|sekretær|direktør|ministeriet", re.IGNORECASE)


def furniture(lines: Sequence[Line]) -> set[int]:
    """The lines of menus, warnings, banners, links and contact blocks."""
    dropped = {i for i, line in enumerate(lines) if is_chrome(line.text)}
    dropped |= _menu(lines, dropped)
    dropped |= _warning(lines)
    dropped |= _contacts(lines)
    return dropped | _after_the_text(lines)


def is_chrome(line: str) -> bool:
    """Whether the line is an entry, a button, a banner or a link of the page and no text."""
    if len(line) > 400:
        return False
    more = _MORE.match(line)
    if (
        more
        and len(line) <= 250
        and (re.search(r"\bher\b", more[1]) or not line.endswith((".", ":")) or len(line) < 60)
    ):
        return True
    if _COOKIES.search(line) or (len(line) <= 250 and _CONTACT_LINE.fullmatch(line) and not _long_prose(line)):
        return True
    return len(line) <= 200 and (_CHROME.fullmatch(line) is not None or is_menu_line(line))


def is_menu_line(line: str) -> bool:
    """Whether the line is a whole menu: three entries or more side by side, two of them a menu's usual ones."""
    entries = _MENU_GAP.split(line)
    usual = sum(_MENU_WORD.fullmatch(entry) is not None for entry in entries)
    return len(entries) >= 3 and usual >= 2 and all(len(entry) <= 32 for entry in entries)


def _long_prose(line: str) -> bool:
    return len(line) > 160 and not _TELEPHONE.search(line)


def _menu(lines: Sequence[Line], chrome: set[int]) -> set[int]:
    """Three or more entries of a word or two in a row before the first prose are a menu, headline or not."""
    run: list[int] = []
    menu: set[int] = set()
    for i, line in enumerate(lines[:TOP]):
        if len(line.text) >= PROSE:
            break
        short = len(line.text.split()) <= 3 and len(line.text) <= 32 and line.text[-1].isalpha()
        if (i in chrome or short) and not _labelled(line.text):
            run.append(i)
            continue
        menu |= set(run) if len(run) >= 3 else set()
        run = []
    return menu


def _labelled(line: str) -> bool:
    return bool(PRESS_LABEL.match(line) or ARTICLE_LABEL.fullmatch(line) or ministry_name(line))


def _warning(lines: Sequence[Line]) -> set[int]:
    """A browser warning with what belongs to it: the link, the apology, the greeting."""
    found: set[int] = set()
    for i, line in enumerate(lines[:TOP]):
        if BROWSER.search(line.text[:600]):
            found.add(i)
        elif found and i - max(found) <= 2 and _APOLOGY.fullmatch(line.text):
            found.update(range(max(found) + 1, i + 1))
    return found


def _contacts(lines: Sequence[Line]) -> set[int]:
    """Contact blocks: from their heading for as long as names, titles and numbers follow."""
    found: set[int] = set()
    for i, line in enumerate(lines):
        if i in found or len(line.text) > 60 or not CONTACT_HEAD.fullmatch(line.text.rstrip(": ")):
            continue
        last = i
        while last + 1 < len(lines) and last - i < 15 and _in_contact_block(lines[last + 1].text):
            last += 1
        if last > i or i == len(lines) - 1:
            found.update(range(i, last + 1))
    return found


def _in_contact_block(line: str) -> bool:
    if _TELEPHONE.search(line) and len(line) <= 200:
        return True
    name, _, role = line.partition(",")
    if is_contact(line) or CONTACT_HEAD.fullmatch(line.rstrip(": ")) or is_name(name.strip()):
        return True
    return len(line) <= 60 and not line.endswith((".", "?", "!")) and bool(role or _PRESS_OFFICE.search(line))


def _after_the_text(lines: Sequence[Line]) -> set[int]:
    """What a page lists after its text: related news, share buttons, shortcuts."""
    prose = 0
    for i, line in enumerate(lines):
        prose += len(line.text) >= PROSE
        if prose and len(line.text) <= 60 and _AFTERWARDS.fullmatch(line.text):
            rest = lines[i + 1 :]
            if all(len(other.text) < 250 for other in rest) and len(rest) <= 60:
                return set(range(i, len(lines)))
    return set()
