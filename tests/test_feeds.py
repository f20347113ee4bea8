"""Feeds and sitemaps as they are read, and the user's file of their addresses."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from corpus.errors import InputError, UnreadableError
from corpus.fetch import feeds
from corpus.fetch.feeds import Entry, Source, listing, sources

ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Fyrministeriet (opdigtet)</title>
<entry><title type="html">Flere &lt;i&gt;fyr&lt;/i&gt;</title><link rel="self" href="/a.atom"/><link href="flere-fyr"/>
<published>2031-06-01T23:30:00Z</published><updated>2031-06-02T08:00:00Z</updated></entry>
<entry><title>Kun ændret</title><link rel="alternate" href="/kun-aendret"/>
<updated>2031-06-02T08:00:00Z</updated></entry>
</feed>"""


def test_the_file_of_addresses(tmp_path: Path) -> None:
    """An address a line, what its pages begin with, comments and blank lines; a wrong line is named."""
    path = tmp_path / "kilder.txt"
    path.write_text(
        "# Ministerierne\nhttps://a.dk/feed  # nyheder\n\n https://b.dk/sitemap.xml https://b.dk/nyt#x\nhttps://a.dk/feed\n"
    )
    assert [Source("https://a.dk/feed"), Source("https://b.dk/sitemap.xml", "https://b.dk/nyt#x")] == sources(path)
    for wrong in ("ftp://a.dk/x", "/etc/passwd", "https://a.dk b c", "https://u:p@a.dk/", "https://[a/"):
        path.write_text(f"https://a.dk/feed\n{wrong}\n")
        with pytest.raises(InputError, match="line 2: no address"):
            sources(path)
    path.write_text("# intet\n")
    with pytest.raises(InputError, match="names no feed or sitemap"):
        sources(path)
    with pytest.raises(InputError, match="cannot be read"):
        sources(tmp_path / "mangler.txt")


def test_an_atom_feed_says_when_it_published() -> None:
    """The day in Denmark; a day of change alone is no date. Relative addresses count from the feed."""
    read = listing(ATOM.encode(), "https://fyr.dk/nyt/a.atom").entries
    assert [
        Entry("https://fyr.dk/nyt/flere-fyr", "Flere fyr", "2031-06-02", "2031-06-02T08:00:00Z"),
        Entry("https://fyr.dk/kun-aendret", "Kun ændret", None, "2031-06-02T08:00:00Z"),
    ] == read


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Tue, 31 Dec 2030 23:30:00 GMT", "2031-01-01"),
        ("2031-06-04", "2031-06-04"),
        ("2031-06-04T00:30:00+02:00", "2031-06-04"),
        ("4. juni 2031", None),
        ("Tue, 99 Jun 2031 00:00:00 GMT", None),
        ("0001-01-01T00:00:00+14:00", None),
    ],
)
def test_a_date_is_a_day_in_denmark_or_nothing(written: str, expected: str | None) -> None:
    """Midnight in Denmark is the evening before in Greenwich; what is no date is None."""
    rss = f"<rss><channel><item><link>https://a.dk/b</link><pubDate>{written}</pubDate></item></channel></rss>"
    assert [expected] == [entry.date for entry in listing(rss.encode(), "https://a.dk/").entries]


def test_a_packed_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sitemap that unpacks to more than may be fetched, or is cut off, is no sitemap."""
    monkeypatch.setattr(feeds, "MOST", 1_000)
    packed = gzip.compress(b"<urlset>" + b" " * 5_000 + b"</urlset>")
    for data in (packed, packed[:-3], b"\x1f\x8bnonsense"):
        with pytest.raises(UnreadableError, match=r"unpacks to more|damaged"):
            listing(data, "https://a.dk/")


def test_addresses_that_are_none_are_left_out() -> None:
    """Scripts, files, logins and addresses with blanks in a feed name no page."""
    links = [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://u:p@a.dk/",
        "https://[",
        "//b.dk/x",
        "https://a.dk/a b",
    ]
    items = "".join(f"<item><link>{link}</link></item>" for link in links)
    read = listing(f"<rss><channel>{items}</channel></rss>".encode(), "https://a.dk/feed").entries
    assert ["https://b.dk/x"] == [entry.url for entry in read]


def test_a_time_of_change_is_short() -> None:
    """It is kept with each page, so what is longer than any time is cut."""
    item = f"<item><link>https://a.dk/b</link><pubDate>{'x' * 100_000}</pubDate></item>"
    assert [200] == [len(one.changed) for one in listing(f"<rss>{item}</rss>".encode(), "https://a.dk/").entries]
