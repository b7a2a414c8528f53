"""What a feed's entries are called, what is new among them; lists of feeds; and the feed behind a site's address."""

import contextlib
from dataclasses import replace
from random import Random

import feedshapes
import pytest
from feedshapes import HOME, NOW, Item
from hypothesis import given
from hypothesis import strategies as st

from storage.errors import Rejected
from storage.feedrecords import Entry, FeedPage, KnownEntry, News
from tasks import discovery, feedentries, feedread, opml

ADDRESS = f"{HOME}/feed"


def page(*sent: tuple[str, str, str], kind: str = "rss2") -> FeedPage:
    """A page of entries given as (guid, link, title)."""
    things = [Item(n, title, title, "b", "a", NOW, guid=guid, link=link) for n, (guid, link, title) in enumerate(sent)]
    found = feedread.read(feedshapes.write(kind, things), address=ADDRESS, now=NOW)
    assert isinstance(found, FeedPage)
    return found


def known(*news: News) -> list[KnownEntry]:
    """What is kept after these pages, as the store would keep it."""
    kept: dict[str, KnownEntry] = {}
    for one in news:
        for e in (*one.new, *one.revised):
            kept[e.key] = KnownEntry(key=e.key, guid=e.guid, canonical=e.canonical, content_digest=e.content_digest)
    return list(kept.values())


def counts(news: News) -> tuple[int, int, int]:
    return len(news.new), len(news.revised), news.unchanged


A, B = f"{HOME}/a", f"{HOME}/b"


def test_an_unchanged_page_has_no_news() -> None:
    for kind in feedshapes.FORMATS:
        raw = feedshapes.write(kind, feedshapes.items(Random(2), 20, words=40))
        found = feedread.read(raw, address=ADDRESS, now=NOW)
        assert isinstance(found, FeedPage)
        first = feedentries.compare(found, [])
        assert counts(first) == (20, 0, 0)
        assert not first.overrun
        assert counts(feedentries.compare(found, known(first))) == (0, 0, 20)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([("1", A, "x")], [("1", A, "x, with more")], (0, 1, 0)),  # a revision
        ([("1", A, "x")], [("2", A, "x")], (0, 0, 1)),  # a new guid with the headline
        ([("1", A, "x")], [("2", A, "y")], (0, 1, 0)),  # and a new headline with it
        ([("1", A, "x")], [("1", B, "x")], (0, 0, 1)),  # a new slug
        ([("1", A, "x")], [("1", A + "?utm_source=rss", "x")], (0, 0, 1)),
        ([("", A, "x")], [("", A, "x")], (0, 0, 1)),  # no guids
        ([("", "", "x")], [("", "", "x"), ("", "", "y")], (1, 0, 1)),  # neither guids nor links
        ([("1", A, "x"), ("1", B, "y")], [("1", A, "x"), ("1", B, "y")], (0, 0, 2)),  # one guid for all
        ([("1", A, "x"), ("1", B, "y")], [("1", B, "y")], (0, 0, 1)),  # and then one entry less
        ([("1", A, "x"), ("1", B, "y")], [("1", f"{HOME}/c", "z")], (1, 0, 0)),
        ([("1", A, "x")], [("1", A, "x"), ("1", B, "y")], (1, 0, 1)),
        ([("1", HOME + "/", "x")], [("2", HOME + "/", "y")], (1, 0, 0)),  # all links lead to the home page
        ([("1", A, "x"), ("2", A, "y")], [("3", A, "z"), ("1", A, "x")], (1, 0, 1)),  # a live ticker's one link
        ([(ADDRESS, A, "x")], [(ADDRESS, B, "y")], (1, 0, 0)),  # a guid that is the feed itself
    ],
)
def test_what_is_the_same_article_and_what_is_not(
    before: list[tuple[str, str, str]], after: list[tuple[str, str, str]], expected: tuple[int, int, int]
) -> None:
    first = feedentries.compare(page(*before), [])
    assert len(first.new) == len(before)
    assert len({e.key for e in first.new}) == len(before)
    second = feedentries.compare(page(*after), known(first))
    assert counts(second) == expected
    assert counts(feedentries.compare(page(*after), known(first, second))) == (0, 0, len(after))


def test_one_guid_for_every_article_swallows_none_over_time() -> None:
    kept = [feedentries.compare(page(("1", A, "x"), ("1", B, "y")), [])]
    for n in range(5):
        kept.append(feedentries.compare(page(("1", f"{HOME}/{n}", f"title {n}")), known(*kept)))
        assert counts(kept[-1]) == (1, 0, 0)
    assert len(known(*kept)) == 7


def test_a_revision_keeps_the_key_that_it_is_known_by() -> None:
    first = feedentries.compare(page(("1", A, "x")), [])
    second = feedentries.compare(page(("2", A, "y")), known(first))
    assert [e.key for e in second.revised] == [e.key for e in first.new]
    third = feedentries.compare(page(("3", A, "z")), known(first, second))
    assert [e.key for e in third.revised] == [e.key for e in first.new]


def test_markup_and_spaces_alone_are_no_revision() -> None:
    entry = Entry(key="k", title="x", content_text="One two.\nThree.")
    assert (
        replace(entry, content_html="<p>other</p>", content_text="One  two. Three.").content_digest
        == entry.content_digest
    )
    assert replace(entry, content_text="One two. Four.").content_digest != entry.content_digest


def test_a_page_with_no_known_entry_left_was_overrun() -> None:
    first = feedentries.compare(page(("1", A, "x"), ("2", B, "y")), [])
    assert feedentries.compare(page(("8", f"{HOME}/8", "8")), known(first)).overrun
    assert not feedentries.compare(page(("8", f"{HOME}/8", "8"), ("2", B, "y2")), known(first)).overrun
    assert not feedentries.compare(page(), known(first)).overrun


_SENT = st.lists(
    st.tuples(st.sampled_from(["", "1", "2", "3"]), st.sampled_from(["", A, B, HOME + "/"]), st.sampled_from("xyz")),
    max_size=5,
)


@given(st.lists(_SENT, max_size=4))
def test_no_page_is_news_twice_in_a_row(pages: list[list[tuple[str, str, str]]]) -> None:
    kept: list[News] = []
    for sent in pages:
        things = tuple(feedentries.Sent(guid=guid, link=link, title=title) for guid, link, title in sent)
        found = feedentries.page(feedentries.Sheet(format="rss", sent=things), address=ADDRESS, now=NOW)
        kept.append(feedentries.compare(found, known(*kept)))
        assert len({e.key for e in (*kept[-1].new, *kept[-1].revised)}) == len(kept[-1].new) + len(kept[-1].revised)
        again = feedentries.compare(found, known(*kept))
        assert not again.new


_NAME = st.text("abc ÄĞ&<>\"'/", min_size=1, max_size=8).map(lambda s: " ".join(s.split())).filter(bool)
_LISTED = st.builds(
    opml.Listed,
    address=st.integers(0, 99).map(lambda n: f"https://x.example/{n}?a=1&b=2"),
    title=st.one_of(st.none(), _NAME),
    site=st.one_of(st.none(), st.just("https://x.example/")),
    tags=st.lists(_NAME.map(lambda s: s.strip(" /")).filter(bool), max_size=3, unique=True).map(tuple),
)


@given(st.lists(_LISTED, max_size=6, unique_by=lambda feed: feed.address))
def test_a_list_that_is_written_can_be_read(feeds: list[opml.Listed]) -> None:
    found = opml.read(opml.write(feeds, title="Mine & yours"))
    by_address = sorted(feeds, key=lambda feed: feed.address)
    expected = [replace(feed, title=feed.title or feed.address) for feed in by_address]
    assert sorted(found, key=lambda feed: feed.address) == expected


def test_folders_are_tags_and_a_feed_in_two_has_both() -> None:
    found = opml.read(b"""\xef\xbb\xbf<?xml version="1.0"?><opml version="1.0"><body>
      <outline text="World"><outline title="Asia"><outline text="One" xmlUrl="https://x.example/1"/></outline>
        <outline type="rss" text="Two" xmlurl="https://x.example/2" category="/wire/,late"/></outline>
      <outline text="Mine"><outline text="One again" xmlUrl="https://x.example/1" htmlUrl="https://x.example/"/></outline>
      <outline text="No feed"/><outline text="Bad" xmlUrl="file:///etc/passwd"/></body></opml>""")
    assert [(f.address[-1], f.title, f.tags) for f in found] == [
        ("1", "One", ("World", "Asia", "Mine")),
        ("2", "Two", ("World", "wire", "late")),
    ]
    assert found[0].site == "https://x.example/"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "broken"),
        (b"hello", "unknown-format"),
        (b"<html><body/></html>", "unknown-format"),
        (b'<!DOCTYPE opml [<!ENTITY x SYSTEM "file:///etc/hostname">]><opml><body>&x;</body></opml>', "broken"),
    ],
)
def test_what_is_no_list_is_refused(raw: bytes, reason: str) -> None:
    with pytest.raises(Rejected) as refused:
        opml.read(raw)
    assert refused.value.reason == reason


@given(
    st.one_of(st.binary(max_size=200), st.text(max_size=100).map(lambda s: f"<opml><body>{s}</body></opml>".encode()))
)
def test_any_bytes_are_a_list_or_refused(raw: bytes) -> None:
    with contextlib.suppress(Rejected):
        assert isinstance(opml.read(raw), tuple)
    assert all(way.startswith("http") for way in discovery.candidates(raw, address="https://x.example/news/"))


def test_what_a_page_names_comes_first_and_comments_last_of_it() -> None:
    raw = b"""<html><head><base href="/de/">
      <link rel="alternate" type="application/rss+xml" title="Comments" href="/comments/feed/">
      <link rel="alternate" type="text/html" hreflang="fr" href="/fr/"><link rel="stylesheet" href="/feed.css">
      <LINK REL="Alternate" TYPE="application/atom+xml; charset=utf-8" HREF="news.atom">
      <link rel="alternate" type="application/feed+json" href="//cdn.x.example/feed.json">
      <link rel="alternate" type="application/rss+xml" href="file:///etc/passwd">
      </head><body><a href="/politics/rss.xml">RSS</a><a href="https://other.example/rss">theirs</a></body></html>"""
    found = discovery.candidates(raw, address="https://x.example/de/index.html")
    assert found[:4] == (
        "https://x.example/de/news.atom",
        "https://cdn.x.example/feed.json",
        "https://x.example/politics/rss.xml",
        "https://x.example/comments/feed/",
    )
    assert "https://x.example/feed" in found
    assert not any("other.example" in way or way.startswith("file") for way in found)
    assert len(found) <= discovery.CANDIDATES


def test_a_page_that_names_none_leaves_the_usual_paths() -> None:
    found = discovery.candidates(b"<html><body>Nothing here</body></html>", address="https://x.example/sport")
    assert found[0] == "https://x.example/sport/feed"
    assert {"https://x.example/feed", "https://x.example/rss.xml", "https://x.example/atom.xml"} <= set(found)
