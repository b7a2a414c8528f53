"""What web pages carry beside or in place of an article: walls, lists, notices, tables, second copies, noise."""

import gzip
import json

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from storage.errors import REASONS, Rejected
from storage.records import Article
from tasks.page import read_page

HEAD = "Northwater keeps its ferry"
PROSE = [
    f"The harbour council of Northwater met for the {n} time this week, and agreed on pier {n} to keep the old ferry, "
    f"its chair Ilse Marrow said after a vote that took {n} hours and ended with {n + 3} hands in the air."
    for n in range(3, 9)
]
MENU = "<nav><ul>" + "".join(f"<li><a href='/s{n}'>Section {n}</a></li>" for n in range(12)) + "</ul></nav>"


def page(body: str, head: str = "", title: str = HEAD) -> str:
    return f"<!doctype html><html lang=en><head><title>{title}</title>{head}</head><body>{MENU}{body}</body></html>"


def told(paragraphs: list[str] = PROSE) -> str:
    return "".join(f"<p>{p}</p>" for p in paragraphs)


def read(html: str) -> Article:
    return read_page(html, input="page.html")


def reason(html: str) -> str:
    with pytest.raises(Rejected) as refused:
        read(html)
    assert refused.value.detail
    return refused.value.reason


ALERT = (
    "Northwater's ferry Maren ran aground off Gull Point at 6 a.m. on Tuesday with 41 people on board, the coast guard "
    "said. Nobody was hurt. Boats are taking the passengers ashore, and the strait is closed to all traffic until noon."
)
CONSENT = (
    "<p>We and our 812 partners store and/or access information on a device, such as cookies.</p><p>With your consent "
    "we use cookies for personalised ads and content, and for ad measurement.</p><p>You may withdraw your consent at "
    "any time in our cookie policy.</p><p>Accept all</p><p>Manage preferences</p>"
)


@pytest.mark.parametrize(
    ("word", "html"),
    [
        ("needs-javascript", page("<div id=root></div><script src=/app.js></script>", title="The Quay")),
        ("needs-javascript", page("<p>Please enable JavaScript in your browser to view this page, then load it once more "  # noqa: E501
                                  "to go on reading.</p><script src=/a.js></script>")),
        ("needs-javascript", page("<div id=app></div><noscript>You need to enable JavaScript to run this app.</noscript>"  # noqa: E501
                                  "<script src=/a.js></script>")),
        ("cookie-wall", page(f"<div class=dialog>{CONSENT}</div>")),
        ("soft-404", page("<h1>Page not found</h1><p>The page you are looking for may have been moved or deleted. Try "
                          "the search, or go back to our front page and look there.</p>", title="404 - The Quay")),
        ("paywall-stub", page(f"<article><h1>{HEAD}</h1><p>{PROSE[0]}</p><div class=wall>Subscribe to continue reading"
                              "</div></article>")),
        ("paywall-stub", page(f"<article><h1>{HEAD}</h1><p>{PROSE[0][:-1]}…</p></article>",
                              '<script type="application/ld+json">{"@type":"NewsArticle","headline":"' + HEAD + '",'
                              '"isAccessibleForFree":"False"}</script>')),
        ("too-short", page(f"<article><h1>{HEAD}</h1><p>More on this soon.</p></article>")),
        ("listing", page("<main>" + "".join(
            f"<div class=card><h3><a href=/a{n}>Another matter the council settled, number {n}</a></h3><p>It was told to "  # noqa: E501
            f"{n} people, of whom {n + 1} wished to be named in no paper.</p></div>" for n in range(12)) + "</main>",
            title="News")),
        ("listing", page("<ul>" + "".join(f"<li><a href=/a{n}>What the council of pier {n} settled</a></li>"
                                          for n in range(30)) + "</ul>", title="News")),
        ("listing", page("<h2>Nothing yet</h2>" + "".join(f"<p><a href=/s{n}>Section {n}</a></p>" for n in range(20))
                         + "<p>14</p>", title="News")),
        ("no-article", page("<form><input name=q><label>Search</label></form>", title="Search")),
    ],
)  # fmt: skip
def test_what_stands_in_an_articles_place_has_a_word(word: str, html: str) -> None:
    assert reason(html) == word


def test_the_record_says_which_reader_spoke() -> None:
    assert read(page(f"<article><h1>{HEAD}</h1>{told()}</article>")).body_basis == "blocks"
    stated = json.dumps({"@type": "NewsArticle", "headline": HEAD, "articleBody": " ".join(PROSE)})
    found = read(page("<div id=app></div>", f'<script type="application/ld+json">{stated}</script>'))
    assert (found.body, found.body_basis) == (" ".join(PROSE), "json-ld")


def test_short_true_news_is_filed() -> None:
    assert read(page(f"<article><h1>{HEAD}</h1><p>{ALERT}</p></article>")).body == ALERT
    beside = (
        "<div class=promo>Sign up for our newsletter</div><footer>We use cookies. Subscribe from 1 a week.</footer>"
    )
    assert read(page(f"<main><h1>{HEAD}</h1><p>{ALERT}</p></main>{beside}")).body == ALERT


def test_an_article_about_walls_cookies_and_missing_pages_is_one() -> None:
    about = [f"{p} Readers must accept all cookies, she said, or subscribe to read on." for p in PROSE]
    for title in ("Page not found: how the library lost its books", "Consent, cookies and the council"):
        assert read(page(f"<article><h1>{title}</h1>{told(about)}</article>", title=title)).body.split("\n") == about


def test_an_article_with_links_to_others_below_is_no_listing() -> None:
    links = "".join(
        f"<div class=card><h3><a href=/a{n}>Another matter of pier {n} today</a></h3></div>" for n in range(20)
    )
    found = read(page(f"<article><h1>{HEAD}</h1>{told()}</article><aside>{links}</aside>"))
    assert found.body.split("\n") == PROSE


def test_rows_of_a_data_table_stay_rows() -> None:
    rows = [("Pier", "Boats", "Berths"), *((f"Pier {n}", str(n * 7), str(n * 11)) for n in range(1, 7))]
    table = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    found = read(page(f"<article><h1>{HEAD}</h1>{told()}<table>{table}</table>{told([PROSE[0].upper()])}</article>"))
    assert "Pier 3 | 21 | 33" in found.body.split("\n")


def test_a_table_that_lays_out_the_page_is_no_data() -> None:
    found = read(page(f"<table><tr><td><a href=/>Home</a></td><td><h1>{HEAD}</h1>{told()}</td></tr></table>"))
    assert found.body.split("\n") == PROSE


@pytest.mark.parametrize(
    "again", [told(), f"<div class=print>{' '.join(PROSE)}</div>", f"<section>{told(PROSE[:3])}</section>"]
)
def test_what_a_page_carries_twice_is_read_once(again: str) -> None:
    found = read(page(f"<article><h1>{HEAD}</h1><div>{told()}</div><div>{again}</div></article>"))
    assert found.body.split("\n") == PROSE


DATELESS = [
    page(f"<header>{clock}</header><article><h1>{HEAD}</h1>{byline}{told()}</article><footer>{foot}</footer>")
    for clock in ("", "<div class=clock>Tuesday, November 17, 2026 10:42 AM</div>" , "<span id=today>17.11.2026</span>")
    for byline in ("", "<p class=byline>By Pia Torrent</p>", "<p>By Pia Torrent, 2 hours ago</p>", "<time>14:05</time>")
    for foot in ("", "© 2019-2026 The Quay", "Last visited: 2026-11-17", "<time datetime='2026-11-17T10:00'>now</time>")
]  # fmt: skip
DATELESS += [
    page(f"<article><h1>{HEAD}</h1><figure><figcaption>The pier on 3 May 2024</figcaption></figure>{told()}</article>"),
    page(
        f"<article><h1>{HEAD}</h1>{told()}<aside class=related><time datetime=2026-01-02>2 Jan</time></aside></article>"
    ),
    page(
        f"<article><h1>{HEAD}</h1>{told([*PROSE, 'The pier was built on 4 June 1931, and rebuilt in 1958.'])}</article>"
    ),
]


@pytest.mark.parametrize("html", DATELESS, ids=range(len(DATELESS)))
def test_no_date_is_invented(html: str) -> None:
    found = read(html)
    assert (found.published, found.modified) == (None, None)
    assert found.published_basis in {"none", "no-year"}


@pytest.mark.parametrize(
    ("printed", "published"),
    [
        ("December 22, 2025 at 8:48 p.m.", "2025-12-22T20:48:19-05:00"),
        ("Dec 22, 2025 11:00 pm EST", "2025-12-23T01:48:19+00:00"),
        ("December 22, 2025", "2025-12-23T01:48:19+00:00"),
    ],
)
def test_an_instant_gets_the_offset_of_the_clock_that_the_page_prints(printed: str, published: str) -> None:
    stated = json.dumps({"@type": "NewsArticle", "headline": HEAD, "datePublished": "2025-12-23T01:48:19Z"})
    head = f'<script type="application/ld+json">{stated}</script>'
    found = read(page(f"<article><h1>{HEAD}</h1><p>By Pia Torrent</p><p>{printed}</p>{told()}</article>", head))
    assert (found.published, found.published_basis) == (published, "json-ld")


@pytest.mark.parametrize(
    ("stated", "top", "authors"),
    [
        ("Jona Amsel", "<div class=bylines><p>Pia Torrent</p><p>Jona Amsel</p></div>", ("Pia Torrent", "Jona Amsel")),
        ("Renee Solan", "<p>By Renée Solán</p>", ("Renée Solán",)),
        ("Jona Amsel", "<p>By Jona Amsel, Deputy Editor, Northern Wharf Systems</p>", ("Jona Amsel",)),
        ("Jona Amsel", "<p>By Jona Amsel</p><p>Latest</p><p>x</p><p>By Pia Torrent</p>", ("Jona Amsel",)),
        ("The Quay", "<p>Pia Torrent/Jona Amsel</p>", ("Pia Torrent", "Jona Amsel")),
        ("Quay Newsroom", "<div class=author-list><a href=/author/p>Pia Torrent</a></div>", ("Quay Newsroom",)),
        (None, "<p>By TQN, in News</p>", ("TQN",)),
        (None, "<p>Pia Torrent Dec 05, 20252 Shares1530 Views</p>", ("Pia Torrent",)),
    ],
)
def test_who_signed_by_agreement(stated: str | None, top: str, authors: tuple[str, ...]) -> None:
    node = {"@type": "NewsArticle", "headline": HEAD, "publisher": {"@type": "Organization", "name": "The Quay"}}
    if stated:
        node["author"] = {"name": stated}
    head = f'<script type="application/ld+json">{json.dumps(node)}</script>'
    assert read(page(f"<article><h1>{HEAD}</h1>{top}{told()}</article>", head)).authors == authors


WHOLE = page(
    f"<article><h1>{HEAD}</h1><p>By Pia Torrent</p><time datetime=2026-03-03>3 March 2026</time>{told()}<table><tr><td>a"  # noqa: E501
    "</td><td>b</td></tr></table></article>",
    '<script type="application/ld+json">{"@graph":[{"@type":"NewsArticle","headline":"x","datePublished":"2026-03-03"}]}'  # noqa: E501
    "</script><meta property=og:title content=x>",
).encode()
NOISE = st.sampled_from(
    [b"<", b">", b"</div>", b"<table><tr>", b"\x00", b"\xff", b"&#xD800;", b"&#0;", b"<script>", b"<!--", b"<div>" * 300,  # noqa: E501
     b'{"@type":"NewsArticle","articleBody":5,"author":[[]]}', b"\\ud800", b"<br><br>", b"'", b'"', b"<h1>", b"<p>" * 70]  # noqa: E501
)  # fmt: skip


def outcome(raw: bytes) -> Article | Rejected:
    try:
        return read_page(raw, input="page.html")
    except Rejected as refused:
        return refused


@st.composite
def mutations(draw: st.DrawFn) -> bytes:
    raw = WHOLE
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(raw)))
        to = min(len(raw), at + draw(st.integers(0, 200)))
        raw = raw[:at] + draw(NOISE) * draw(st.integers(0, 3)) + raw[to:]
    return raw


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.one_of(st.binary(max_size=2000), mutations(), mutations().map(lambda raw: raw[::-1])))
@example(b"")
@example(gzip.compress(WHOLE))
@example(b"<html>" + b"<a href='/x'>y</a>" * 3000)
@example(b"<html><body " + b"a='1' " * 2000 + b">" + WHOLE)
@example(WHOLE.decode().encode("utf-16"))
def test_any_bytes_give_a_record_or_a_reason(raw: bytes) -> None:
    found = outcome(raw)
    if isinstance(found, Rejected):
        assert found.reason in REASONS
        assert found.detail
    else:
        assert found.body.strip()
        text = "".join((found.body, found.headline or "", found.publisher or "", *found.authors))
        assert "\x00" not in text
        text.encode("utf-8")
