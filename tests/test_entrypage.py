"""What an entry brings towards its article, and whether the page behind it carries it."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.feedrecords import Entry, FeedPage
from storage.records import Article
from tasks import entrypage, formats

PARAGRAPHS = (
    "The harbour council of Lindvik agreed on Tuesday to keep its old ferry for another winter, its chair said.",
    "Unions had warned that the islands would be cut off from December, when the road tunnel closes for repairs.",
    "The company that runs the ferry wants a decision about the spring before its crews are rostered in January.",
)
BODY = "".join(f"<p>{p}</p>" for p in PARAGRAPHS)
FEED = FeedPage(format="rss", title="Lindvik <Post>", language="en")


def entry(body: str = BODY, *, full: bool = True, **fields: object) -> Entry:
    given = {"title": "Ferry & tunnel", "canonical": "https://post.example/a", "authors": ("Ann Holm",)} | fields
    return Entry(key="a", content_html=body, content_text=" ".join(PARAGRAPHS), full=full, **given)  # type: ignore[arg-type]


def own() -> bytes:
    made = entrypage.own_page(entry(), FEED)
    assert made is not None
    return made


def test_hints_carry_the_feeds_date_with_its_basis_and_no_basis_without_one() -> None:
    dated = entrypage.hints(entry(published="2026-03-10T21:48+01:00", published_raw="x"))
    assert (dated.published, dated.published_basis) == ("2026-03-10T21:48+01:00", "feed")
    assert (dated.url, dated.headline, dated.publisher) == ("https://post.example/a", "Ferry & tunnel", None)
    undated = entrypage.hints(entry(published_raw="tomorrow", date_flag="future"))
    assert (undated.published, undated.published_basis) == (None, "given")


def test_own_content_reads_as_the_article_it_is() -> None:
    read = formats.read(own(), input="feed", hints=entrypage.hints(entry()))
    assert isinstance(read, Article)
    assert read.body.split("\n\n") == list(PARAGRAPHS) or read.body.split("\n") == list(PARAGRAPHS)
    assert (read.headline, read.authors, read.publisher) == ("Ferry & tunnel", ("Ann Holm",), "Lindvik <Post>")


@pytest.mark.parametrize("text", ["Short.", " ".join(PARAGRAPHS) + " …", " ".join(PARAGRAPHS) + " Read more »"])
def test_beginning_of_an_article_is_not_its_content(text: str) -> None:
    assert entrypage.own_page(Entry(key="a", content_html=text, content_text=text, full=True), FEED) is None


def test_summary_is_not_content_however_long() -> None:
    assert entrypage.own_page(entry(full=False), FEED) is None


def page(body: str) -> bytes:
    return f"<!doctype html><html><head><title>Ferry</title></head><body><nav>Home</nav>{body}</body></html>".encode()


CONSENT = "<p>" + "We and our partners store and read information on your device to show you what you like. " * 60
STUBS = {
    "paywall": f"<p>{PARAGRAPHS[0]}</p><p>Subscribe to read on.</p>",
    "script": "<div id='app'></div><script>" + " ".join(PARAGRAPHS) + "</script>",
    "consent": CONSENT,
    "nothing": "",
}


@pytest.mark.parametrize("kind", STUBS)
def test_page_without_the_feeds_text_is_a_stub(kind: str) -> None:
    assert entrypage.is_stub(page(STUBS[kind]), own())


@pytest.mark.parametrize(
    "body",
    [
        BODY,
        BODY.replace("<p>", "<div>").replace("ferry", "<a href='/f'>ferry</a>"),
        f"<p>{PARAGRAPHS[0]}</p>"
        + "".join(f"<p>Since then the talks about crossing number {n} have gone on.</p>" for n in range(9)),
    ],
    ids=["same", "other markup", "rewritten and longer"],
)
def test_page_that_carries_the_article_is_none(body: str) -> None:
    assert not entrypage.is_stub(page(body), own())


def test_digest_of_a_page_stands_still_for_what_changes_with_every_visit() -> None:
    one = entrypage.prose_digest(page(BODY + "<p>4 minutes ago</p><script>var token = 'a'</script>"))
    assert one == entrypage.prose_digest(page("<ul><li>Most read: Goats</li></ul>" + BODY + "<p>9 minutes ago</p>"))
    assert one != entrypage.prose_digest(page(BODY.replace("December", "November")))
    assert one != entrypage.prose_digest(page(BODY).replace(b"<title>Ferry", b"<title>Ferries"))


@pytest.mark.parametrize("piece", ["<", "<script", "<!--", "<p a=", "<b><p>", "&lt", "<script>x</script>"])
def test_page_takes_time_in_proportion_to_its_length(piece: str) -> None:
    began = time.monotonic()
    entrypage.prose_digest(piece.encode() * (1_000_000 // len(piece)))
    assert time.monotonic() - began < 8


@given(st.binary(max_size=400))
def test_any_bytes_have_a_digest_and_an_answer(raw: bytes) -> None:
    assert len(entrypage.prose_digest(raw)) == 64
    assert entrypage.is_stub(raw, own()) in {True, False}
