"""Web pages: invented ones, each with what pages of its kind do."""

import time

import pytest

from storage.errors import Rejected
from storage.records import Hints
from tasks import link
from tasks.page import read_page

ONE = "The harbour council of Northwater agreed on Tuesday to keep its old ferry for another winter, its chair said."
TWO = "“We were asked for certainty, and this is as much of it as we can afford,” Ilse Marrow said after the vote."
THREE = "Unions had warned that the islands would be cut off from December, when the road tunnel closes for repairs."
TEXT = f"<p>{ONE}</p><p>{TWO}</p><p>{THREE}</p>"


def page(head: str = "", top: str = "", text: str = TEXT, bottom: str = "") -> str:
    story = f"<main><article>{top}<div class='story-body'>{text}</div></article></main>"
    return f"<!DOCTYPE html><html lang='en'><head>{head}</head><body>{story}{bottom}</body></html>"


def read(html: str, **hints: str):
    return read_page(html, input="page.html", hints=Hints(**hints))


def test_statements_that_agree_give_headline_date_names_and_address():
    article = read(
        page(
            head="""<title>Ferry stays for another winter | The Quay</title>
            <link rel="canonical" href="https://quay.example/2026/03/ferry?utm_source=feed#x">
            <meta property="og:title" content="Ferry stays for another winter">
            <meta property="og:site_name" content="The Quay">
            <script type="application/ld+json">{"@context":"https://schema.org","@graph":[
            {"@type":"NewsArticle","headline":"Ferry stays for another winter",
            "datePublished":"2026-03-03T20:05:00Z","dateModified":"2026-03-04T08:00:00+01:00","author":[{"@id":"#p"}],
            "publisher":{"@id":"#o"}},
            {"@type":"Person","@id":"#p","name":"Pia Torrent"},
            {"@type":"Organization","@id":"#o","name":"Quay Media"},]}</script>""",
            top="<h1>Ferry stays for another winter</h1><time datetime='2026-03-03T21:05:00+01:00'>3 March</time>",
        )
    )
    assert article.headline == "Ferry stays for another winter"
    assert (article.published, article.published_basis) == ("2026-03-03T21:05+01:00", "json-ld")
    assert article.modified == "2026-03-04T08:00+01:00"
    assert (article.authors, article.publisher) == (("Pia Torrent",), "Quay Media")
    assert article.url == "https://quay.example/2026/03/ferry"
    assert article.language == "en"
    assert article.body.split("\n") == [ONE, TWO, THREE]


@pytest.mark.parametrize(
    ("head", "top", "published", "basis"),
    [
        (
            "<meta property='article:published_time' content='2026-03-03T21:05:00+0100'>",
            "",
            "2026-03-03T21:05+01:00",
            "meta",
        ),
        ("<link rel='canonical' href='https://quay.example/2026/03/03/ferry'>", "", "2026-03-03", "url"),
        ("", "<time class='published' datetime='2026-03-03'>3 March</time>", "2026-03-03", "header"),
        ("", "<p>By Pia Torrent</p><p>Published 3 March 2026, 21:05 CET</p>", "2026-03-03T21:05+01:00", "header"),
        ("", "<p>Updated 2 hours ago</p>", None, "none"),
        ("", "<p>3 March</p>", None, "no-year"),
        ("<meta name='date' content='soon'>", "", None, "none"),
    ],
)
def test_date_comes_from_the_page_or_not_at_all(head, top, published, basis):
    article = read(
        page(head=head, top=f"<h1>Ferry stays for another winter</h1>{top}", bottom="<footer>© 2024 The Quay</footer>")
    )
    assert (article.published, article.published_basis) == (published, basis)


def test_hints_win():
    article = read(
        page(top="<h1>Ferry stays for another winter</h1>"),
        url="https://quay.example/a?fbclid=1",
        published="2026-03-01",
        published_basis="feed",
    )
    assert (article.url, article.published, article.published_basis) == ("https://quay.example/a", "2026-03-01", "feed")
    assert article.publisher == "quay.example"


@pytest.mark.parametrize(
    ("top", "authors"),
    [
        (
            "<p class='byline'>By <a href='/a'>Pia Torrent</a> and <a href='/b'>Jona Amsel</a></p>",
            ("Pia Torrent", "Jona Amsel"),
        ),
        ("<p>By</p><p>Pia Torrent, Political Editor</p>", ("Pia Torrent",)),
        ("<div class='meta'>ByPia Torrent</div><p>Published Mar 3, 2026</p>", ("Pia Torrent",)),
        ("<div>Pia TorrentMarch 3, 2026</div>", ("Pia Torrent",)),
        ("<p>By Quay Staff</p>", ("Quay Staff",)),
        ("", ()),
    ],
)
def test_authors_are_people_without_by_and_roles(top, authors):
    assert read(page(top=f"<h1>Ferry stays for another winter</h1>{top}")).authors == authors


@pytest.mark.parametrize(
    ("head", "h1", "headline"),
    [
        (
            "<title>Ferry stays for another winter - The Quay</title><meta property='og:site_name' content='The Quay'>",
            "",
            "Ferry stays for another winter",
        ),
        (
            "<title>Ferry stays for another winter</title>",
            "<h1 class='logo'>Quay News</h1><h1>Ferry stays for another winter</h1>",
            "Ferry stays for another winter",
        ),
        (
            "<meta property='og:title' content='Ferry stays for another winter'>",
            "<h1>TRANSPORT | Ferry stays for another winter</h1>",
            "Ferry stays for another winter",
        ),
        (
            "<meta property='og:title' content='You will not believe this boat'>",
            "<h1>Ferry stays for another winter</h1>",
            "Ferry stays for another winter",
        ),
    ],
)
def test_headline_by_agreement(head, h1, headline):
    assert read(page(head=head, top=h1)).headline == headline


def test_furniture_stays_out_of_the_body():
    noise = "<div class='share'>Share this article</div><p>Advertisement</p><p>Sign up for our free newsletter</p>"
    article = read(
        page(
            text=f"<p>{ONE}</p>{noise}<p>{TWO}</p><p>{THREE}</p>",
            bottom="<nav><a>Home</a></nav><section id=comments><p>First!</p></section>",
        )
    )
    assert article.body.split("\n") == [ONE, TWO, THREE]


@pytest.mark.parametrize("depth", [300, 2000, 6000])
def test_deeply_nested_page_is_read(depth):
    article = read(
        "<html><body>" + "<div>" * depth + f"<article>{TEXT}</article>" + "</div>" * depth + "</body></html>"
    )
    assert ONE in article.body


def test_tables_in_tables_in_tables_are_read_soon():
    began = time.process_time()
    article = read(page(text=TEXT + "<table><tr><td>" * 1_500 + ONE))
    assert article.body.split("\n")[:3] == [ONE, TWO, THREE]
    assert time.process_time() - began < 3


def test_body_that_only_json_ld_holds():
    script = f'<script type="application/ld+json">{{"@type":"NewsArticle","articleBody":"{ONE} {THREE}"}}</script>'
    assert read(f"<html><head>{script}</head><body><div id=app></div></body></html>").body == f"{ONE} {THREE}"


def test_page_without_an_article_is_refused():
    for html in (
        "<html><body></body></html>",
        "<html><body><ul><li><a href=x>News</a></li></ul></body></html>",
        "<html>",
    ):
        with pytest.raises(Rejected) as refused:
            read(html)
        assert refused.value.reason == "no-article"


def test_agency_of_the_dateline_stands_apart():
    article = read(page(text=f"<p>NORTHWATER (AP) — {ONE}</p><p>{TWO}</p><p>{THREE}</p>"))
    assert article.agency == "AP"


@pytest.mark.parametrize(
    ("address", "normal"),
    [
        ("HTTPS://Quay.Example:443/a/?b=2&a=1&utm_medium=x#frag", "https://quay.example/a/?b=2&a=1"),
        ("http://quay.example:8080", "http://quay.example:8080/"),
        ("https://user:secret@quay.example/a b", "https://quay.example/a%20b"),
        ("https://quay.example/caf%C3%A9?q=%D1%8F&fbclid=1", "https://quay.example/caf%C3%A9?q=%D1%8F"),
        ("https://münchen.example/ä", "https://xn--mnchen-3ya.example/%C3%A4"),
        ("https://quay.example/a%2Fb", "https://quay.example/a%2Fb"),
        ("javascript:alert(1)", None),
        ("/relative", None),
        ("https://", None),
        ("http://[::1", None),
        ("not an address", None),
    ],
)
def test_addresses_have_one_form(address, normal):
    assert link.normal(address) == normal
    if normal:
        assert link.normal(normal) == normal


def test_headline_from_outside_serves_where_the_page_has_none() -> None:
    told = Hints(headline="Council keeps its ferry")
    assert read_page(page(), input="a.html", hints=told).headline == "Council keeps its ferry"
    assert read_page(page(top="<h1>Ferry stays</h1>"), input="a.html", hints=told).headline == "Ferry stays"
