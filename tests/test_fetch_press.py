"""Pages that feeds and sitemaps list: stand-in sites over real HTTP, constructed pages, manners, and every fault."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from corpus.fetch.feeds import Source, sources
from corpus.fetch.folder import MANIFEST
from corpus.fetch.press import fetch_pages, name_of, planned
from corpus.fetch.report import Report
from corpus.files import SIDECAR
from tests.fetching import Clock, ends_the_same_wherever_it_is_cut, lying, run
from tests.web_server import XML, Site, Thing, site

PAGE = """<!doctype html><html lang="da"><head><title>{title}</title></head><body><main><article><h1>{title}</h1>
<p>Kystministeren har i dag fremlagt en plan for dybere havne. Planen koster 12 mio. kr. og gælder {what}.</p>
<p>- Det er en god dag for havnene, siger kystminister Ib Strand, som er opdigtet til denne test.</p></article></main>
</body></html>"""

RSS = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Kystministeriet (opdigtet)</title>
<link>{origin}/</link>
<item><title>Dybere &amp;amp; bedre havne</title><link>{origin}/nyheder/havne?id=7#top</link>
<pubDate>Tue, 03 Jun 2031 22:00:00 GMT</pubDate></item>
<item><title><![CDATA[Nyt fyr på <b>Ærø</b>]]></title><guid isPermaLink="true">/nyheder/fyr</guid>
<pubDate>Wed, 04 Jun 2031 10:00:00 +0200</pubDate></item>
<item><title>Uden dato</title><link>{origin}/nyheder/uden-dato</link></item>
<item><title>Uden adresse</title><guid isPermaLink="false">abc</guid></item>
</channel></rss>"""

SITEMAP = """<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
 xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
<url><loc>{origin}/nyheder/havne?id=7</loc><lastmod>2031-06-05</lastmod></url>
<url><loc>{origin}/om-os</loc></url>
<url><loc>{origin}/nyheder/plan.pdf</loc></url>
<url><loc>{origin}/nyheder/ny</loc><lastmod>2031-06-09</lastmod><news:news><news:title>Ny plan</news:title>
<news:publication_date>2031-06-06T09:00:00+02:00</news:publication_date></news:news></url>
</urlset>"""


def page(title: str, what: str = "alle havne") -> Thing:
    return Thing(PAGE.format(title=title, what=what).encode())


def ministry(server: Site, robots: str = "") -> None:
    """Put a ministry's site on a server."""
    server.things |= {
        "/feed.xml": Thing(RSS.format(origin=server.origin).encode(), XML),
        "/sitemap.xml": Thing(SITEMAP.format(origin=server.origin).encode(), XML),
        "/nyheder/havne?id=7": page("Havne"),
        "/nyheder/fyr": page("Fyr", "alle fyr på Ærø"),
        "/nyheder/uden-dato": page("Uden dato", "ingen bestemt havn"),
        "/nyheder/ny": page("Ny"),
        "/om-os": page("Om os"),
    }
    if robots:
        server.things["/robots.txt"] = Thing(robots.encode(), "text/plain")


def fetched(into: Path, *asked: Source, limit: int | None = None, clock: Clock | None = None) -> Report:
    return fetch_pages(into, asked, (clock or Clock()).guest(), limit=limit)


def sidecar(into: Path, url: str) -> dict[str, object]:
    return json.loads((into / (name_of(url) + SIDECAR)).read_text())  # type: ignore[no-any-return]


def test_a_feed_is_fetched_with_its_titles_and_dates(tmp_path: Path) -> None:
    """Each page as it was sent, under a name of its address; title, day in Denmark and address in its sidecar."""
    with site() as server:
        ministry(server)
        report = fetched(tmp_path, Source(f"{server.origin}/feed.xml"))
        assert (3, 3, []) == (report.listed, report.fetched, report.missing)
        paths = ["/nyheder/havne?id=7", "/nyheder/fyr", "/nyheder/uden-dato"]
        assert {name_of(server.origin + path): server.things[path].body for path in paths} == lying(tmp_path)
        told = [sidecar(tmp_path, server.origin + path) for path in paths]
        assert ["Dybere & bedre havne", "Nyt fyr på Ærø", "Uden dato"] == [one["title"] for one in told]
        assert ["2031-06-04", "2031-06-04", None] == [one.get("date") for one in told]
        assert server.origin + paths[0] == told[0]["url"]
        assert {"spoergetime/" in agent and "post@example.dk" in agent for agent in server.agents} == {True}


def test_the_second_time_only_what_changed_is_asked_for(tmp_path: Path) -> None:
    """A feed is asked whether it changed; a page again if its date did; one without a date, whether it changed."""
    with site() as server:
        ministry(server)
        feed = Source(f"{server.origin}/feed.xml")
        fetched(tmp_path, feed)
        server.asked.clear()
        report = fetched(tmp_path, feed)
        assert (0, 3) == (report.fetched, report.unchanged)
        assert ["/robots.txt", "/feed.xml", "/nyheder/uden-dato"] == server.asked
        assert {"/feed.xml": 1, "/nyheder/uden-dato": 1} == server.unchanged
        later = server.things["/feed.xml"].body.replace(b"Wed, 04 Jun 2031 10", b"Wed, 04 Jun 2031 11")
        server.things |= {"/feed.xml": Thing(later, XML), "/nyheder/fyr": page("Fyr", "kun ét fyr")}
        assert (1, 2) == ((report := fetched(tmp_path, feed)).fetched, report.unchanged)
        assert "kun ét fyr".encode() in lying(tmp_path)[name_of(f"{server.origin}/nyheder/fyr")]


def test_a_page_that_was_lost_comes_again_though_the_feed_is_unchanged(tmp_path: Path) -> None:
    """What a feed listed is remembered: a page that is missing or damaged is fetched without it being sent anew."""
    with site() as server:
        ministry(server)
        feed = Source(f"{server.origin}/feed.xml")
        fetched(tmp_path, feed)
        whole = lying(tmp_path)
        (tmp_path / name_of(f"{server.origin}/nyheder/fyr")).unlink()
        (tmp_path / name_of(f"{server.origin}/nyheder/havne?id=7")).write_bytes(b"half")
        assert (2, 1) == ((report := fetched(tmp_path, feed)).fetched, report.unchanged)
        assert (whole, 1) == (lying(tmp_path), server.unchanged["/feed.xml"])


def test_a_sitemap_gives_pages_under_one_address(tmp_path: Path) -> None:
    """What the line says that pages begin with is all that is fetched; the day of a change is no day of publication."""
    with site() as server:
        ministry(server)
        report = fetched(tmp_path, Source(f"{server.origin}/sitemap.xml", f"{server.origin}/nyheder/"))
        assert (2, 2, 1) == (report.listed, report.fetched, report.unread)
        assert "/om-os" not in server.asked and "/nyheder/plan.pdf" not in server.asked
        assert "date" not in sidecar(tmp_path, f"{server.origin}/nyheder/havne?id=7")
        assert ("Ny plan", "2031-06-06") == tuple(
            sidecar(tmp_path, f"{server.origin}/nyheder/ny")[name] for name in ("title", "date")
        )


def test_a_sitemap_of_sitemaps_is_followed_also_packed(tmp_path: Path) -> None:
    """Each once, and no circle; one of another host is told of."""
    with site() as server:
        ministry(server)
        packed = gzip.compress(SITEMAP.format(origin=server.origin).encode())
        inside = ("/sitemap.xml.gz", "/sitemap.xml.gz", "/index.xml", "http://127.0.0.2:1/sitemap.xml")
        index = "".join(f"<sitemap><loc>{path}</loc></sitemap>" for path in inside)
        server.things["/sitemap.xml.gz"] = Thing(packed, "application/gzip")
        server.things["/index.xml"] = Thing(f"<sitemapindex>{index}</sitemapindex>".encode(), XML)
        report = fetched(tmp_path, Source(f"{server.origin}/index.xml"))
        assert (3, 3) == (report.listed, report.fetched)
        assert ["http://127.0.0.2:1/sitemap.xml"] == [one.file for one in report.missing]
        assert 1 == server.asked.count("/index.xml") == server.asked.count("/sitemap.xml.gz")


def test_robots_txt_is_respected(tmp_path: Path) -> None:
    """What it closes is not asked for, not even at the end of a redirect, and told of; the rest is fetched."""
    robots = "User-agent: *\nDisallow: /\n\nUser-agent: Spoergetime\nDisallow: /nyheder/fyr\nDisallow: /lukket\n"
    with site() as server:
        ministry(server, robots)
        server.things["/nyheder/uden-dato"] = Thing(b"", location="/lukket/side")
        server.things["/lukket/side"] = page("Lukket")
        report = fetched(tmp_path, Source(f"{server.origin}/feed.xml"))
        assert 1 == report.fetched
        assert ["is closed to programs by"] * 2 == [
            "is closed to programs by" if "is closed to programs by" in one.reason else one.reason
            for one in report.missing
        ]
        assert not {"/nyheder/fyr", "/lukket/side"} & set(server.asked)
        assert 1 == server.asked.count("/robots.txt")


@pytest.mark.parametrize("status", [401, 403, 500])
def test_without_its_rules_a_host_is_not_asked_for_more(tmp_path: Path, status: int) -> None:
    """A robots.txt that is there and cannot be had closes the host."""
    with site() as server:
        ministry(server, "User-agent: *\nAllow: /\n")
        server.things["/robots.txt"].statuses = [status] * 9
        report = fetched(tmp_path, Source(f"{server.origin}/feed.xml"))
        assert {"/robots.txt"} == set(server.asked)
        assert ["its robots.txt cannot be had" in one.reason for one in report.missing] == [True]
        assert not report.done


@pytest.mark.parametrize(
    "line",
    [
        "Crawl-delay: ²",
        "Request-rate: ²/5",
        "Disallow: //[x",
        f"Crawl-delay: {'9' * 400}",
        f"Crawl-delay: {'9' * 5_000}",
    ],
)
def test_a_damaged_robots_txt_closes_its_host_alone(tmp_path: Path, line: str) -> None:
    """What Python's reader of such files trips over is one reason; the other host's pages come."""
    with site() as server, site() as other:
        ministry(server, f"User-agent: *\n{line}\n")
        ministry(other)
        report = fetched(tmp_path, Source(f"{server.origin}/feed.xml"), Source(f"{other.origin}/feed.xml"))
        assert (3, [f"{server.origin}/feed.xml"]) == (report.fetched, [one.file for one in report.missing])
        assert ["robots.txt is damaged" in one.reason or "wants weeks" in one.reason for one in report.missing] == [
            True
        ]


def test_ten_files_that_are_no_pages_do_not_close_their_host(tmp_path: Path) -> None:
    """A feed may list other things than pages, whatever their addresses end with."""
    with site() as server:
        ministry(server)
        links = [f"{server.origin}/media/{number}" for number in range(11)] + [f"{server.origin}/nyheder/fyr"]
        server.things |= {f"/media/{number}": Thing(b"%PDF-1.7", "application/pdf") for number in range(11)}
        items = "".join(f"<item><link>{link}</link></item>" for link in links)
        server.things["/feed.xml"] = Thing(f"<rss><channel>{items}</channel></rss>".encode(), XML)
        report = fetched(tmp_path, Source(f"{server.origin}/feed.xml"))
        assert (1, 11) == (report.fetched, len(report.missing))


def test_a_robots_txt_that_leads_to_itself_is_one_reason(tmp_path: Path) -> None:
    """A redirect of the rules is followed without asking them for leave, and a circle ends."""
    with site() as server:
        ministry(server)
        server.things["/robots.txt"] = Thing(b"", location="/regler.txt")
        server.things["/regler.txt"] = Thing(b"User-agent: *\nDisallow: /nyheder/\n", "text/plain")
        assert (0, 3) == (
            (report := fetched(tmp_path, Source(f"{server.origin}/feed.xml"))).fetched,
            len(report.missing),
        )
        server.things["/regler.txt"] = Thing(b"", location="/robots.txt")
        report = fetched(tmp_path / "b", Source(f"{server.origin}/feed.xml"))
        assert ["leads on and on" in one.reason for one in report.missing] == [True]


def test_a_host_is_asked_as_seldom_as_it_wishes(tmp_path: Path) -> None:
    """Crawl-delay parts the requests; a host that wants more than a minute is not fetched."""
    clock = Clock()
    with site() as server:
        ministry(server, "User-agent: *\nCrawl-delay: 20\n")
        assert 3 == fetched(tmp_path / "a", Source(f"{server.origin}/feed.xml"), clock=clock).fetched
        assert clock.now >= 3 * 20
        ministry(server, "User-agent: *\nCrawl-delay: 3600\n")
        report = fetched(tmp_path / "b", Source(f"{server.origin}/feed.xml"))
        assert ["wants 3,600 s between requests" in one.reason for one in report.missing] == [True]


def test_only_named_hosts_are_asked(tmp_path: Path) -> None:
    """A page on another host is told of with what to do; naming that host in the line lets it in."""
    with site() as server, site() as other:
        ministry(server)
        rss = f"<rss><channel><item><title>A</title><link>{other.origin}/a</link></item></channel></rss>"
        server.things["/feed.xml"] = Thing(rss.encode(), XML)
        other.things["/a"] = page("A")
        report = fetched(tmp_path, Source(f"{server.origin}/feed.xml"))
        assert ["Add " + other.origin in one.reason for one in report.missing] == [True]
        assert [] == other.asked
        assert 1 == fetched(tmp_path, Source(f"{server.origin}/feed.xml", f"{other.origin}/")).fetched
        server.things["/feed.xml"] = Thing(rss.replace("/a<", "/b<").encode(), XML)
        other.things["/b"] = Thing(b"", location="http://127.0.0.2:1/secret")
        report = fetched(tmp_path, Source(f"{server.origin}/feed.xml", f"{other.origin}/"))
        assert ["127.0.0.2:1" in one.reason for one in report.missing] == [True]


def test_what_cannot_be_had_stops_nothing(tmp_path: Path) -> None:
    """Gone, failing, broken off, no page, no feed: one line each; all others come, and no part is left."""
    with site() as server:
        ministry(server)
        server.things["/nyheder/fyr"].statuses = [503, 429]
        server.things["/nyheder/uden-dato"] = Thing(b"%PDF-1.7", "application/pdf")
        server.things["/nyheder/ny"].short = 10
        del server.things["/om-os"]
        server.things["/damaged.xml"] = Thing(b"<rss><channel>", XML)
        server.things["/entities.xml"] = Thing(b'<!DOCTYPE rss [<!ENTITY a "a">]><rss/>', XML)
        server.things["/page.html"] = page("Ikke et feed")
        addresses = ["damaged.xml", "entities.xml", "page.html", "gone.xml", "feed.xml", "sitemap.xml"]
        report = fetched(tmp_path, *(Source(f"{server.origin}/{name}") for name in addresses))
        assert (5, 2, None) == (report.listed, report.fetched, report.stopped)
        reasons = ["damaged in line", "declares a type", "damaged in line|neither a feed", "is not there (status 404)"]
        reasons += ["is no web page (application/pdf)", "is not there (status 404)", "gave no whole answer"]
        assert len(reasons) == len(report.missing)
        for reason, one in zip(reasons, report.missing, strict=True):
            assert any(part in one.reason for part in reason.split("|")) and "\n" not in one.reason
        assert {name_of(server.origin + path) for path in ("/nyheder/havne?id=7", "/nyheder/fyr")} == lying(
            tmp_path
        ).keys()
        manifest = json.loads((tmp_path / MANIFEST).read_text())
        assert {one.file for one in report.missing} == manifest["missing"].keys()
        server.things["/om-os"] = page("Om os")
        fetched(tmp_path, Source(f"{server.origin}/sitemap.xml"))
        assert name_of(f"{server.origin}/om-os") not in json.loads((tmp_path / MANIFEST).read_text())["missing"]


def test_a_crash_at_any_write_ends_in_the_same_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut off before each renaming in turn and called again, the folder is the same byte for byte."""

    with site() as server:
        ministry(server)
        feed = Source(f"{server.origin}/feed.xml")
        ends_the_same_wherever_it_is_cut(tmp_path, monkeypatch, lambda into: fetched(into, feed), 7)


def test_a_limit_counts_pages(tmp_path: Path) -> None:
    """Of all sources together."""
    with site() as server:
        ministry(server)
        asked = [Source(f"{server.origin}/feed.xml"), Source(f"{server.origin}/sitemap.xml")]
        assert 2 == fetched(tmp_path, *asked, limit=2).fetched


def test_names_are_safe_and_short() -> None:
    """Plain letters, bounded, in a folder of the host's; different addresses never share one."""
    hostile = [
        "../../etc/passwd",
        "a/../../b",
        "%2e%2e%2f%2e%2e",
        "x" * 5_000,
        "nul",
        "æøå/Ærø ÅR",
        "a\\b:c|d",
        ".skjult",
        "",
    ]
    urls = [f"https://../{end}" for end in hostile] + [f"https://Kyst.dk:8080/{end}" for end in hostile]
    names = [name_of(url) for url in urls]
    assert len(set(names)) == len(urls)
    for name in names:
        folder, _, file = name.partition("/")
        assert set(folder + file) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.")
        assert file.endswith(".html") and not name.startswith((".", "-")) and "/" not in file and len(name) < 200
    assert names[-4].startswith("kyst-dk-8080/aeroe-aar-")


def test_a_dry_run_names_rules_feeds_and_pages(tmp_path: Path) -> None:
    """In the order in which they are asked for; nothing is asked."""
    path = tmp_path / "kilder.txt"
    path.write_text("https://a.dk/feed\nhttps://b.dk/sitemap.xml https://www.b.dk/nyt/\n")
    expected = ["https://a.dk/robots.txt", "https://a.dk/feed"]
    expected += ["{each page that it lists} on https://a.dk, https://b.dk, https://www.b.dk"]
    expected += ["https://b.dk/robots.txt", "https://b.dk/sitemap.xml"]
    expected += ["https://www.b.dk/robots.txt", "{each page that it lists} on https://www.b.dk/nyt/"]
    assert expected == list(planned(sources(path)))
    shown = run("fetch", "--feeds", path, "--into", tmp_path / "x", "--dry-run")
    assert expected == shown.stdout.splitlines()
    assert not (tmp_path / "x").exists()


def test_the_command_fetches_pages_that_are_then_indexed_and_asked(tmp_path: Path) -> None:
    """Three commands from a feed to a cited passage; date and title are the feed's."""
    with site() as server:
        ministry(server)
        (tmp_path / "kilder.txt").write_text(f"{server.origin}/feed.xml\n")
        done = run("fetch", "--feeds", tmp_path / "kilder.txt", "--into", tmp_path / "docs")
        assert (0, True) == (done.returncode, done.stdout.startswith("3 pages: 3 files fetched")), done.stderr
    indexed = run("index", tmp_path / "docs", "--index", tmp_path / "index", "--json")
    assert (3, []) == (json.loads(indexed.stdout)["documents"], json.loads(indexed.stdout)["quarantined"])
    asked = run("ask", "Hvad koster planen for dybere havne?", "--index", tmp_path / "index", "--json")
    hits = json.loads(asked.stdout)["hits"]
    assert "12 mio. kr." in hits[0]["text"]
    dated = {hit["document"]["title"]: hit["document"]["date"] for hit in hits}
    assert ("2031-06-04", "2031-06-04") == (dated["Dybere & bedre havne"], dated["Nyt fyr på Ærø"])


@pytest.mark.parametrize("wrong", [("--session", "20301"), ("--debates",), ("--until", "2031-01-01")])
def test_options_that_mean_nothing_for_feeds_are_refused(tmp_path: Path, wrong: tuple[str, ...]) -> None:
    """A condition that cannot be kept is a wrong call."""
    (tmp_path / "kilder.txt").write_text("https://a.invalid/feed\n")
    done = run("fetch", "--feeds", tmp_path / "kilder.txt", "--into", tmp_path / "docs", *wrong)
    assert (2, True) == (done.returncode, wrong[0] in done.stderr)
