"""The page behind an entry: fetched once, looked at again while it is young, and done without where it fails."""

from datetime import datetime, timedelta

import pytest
from faultyserver import Answer, FaultyServer, moved, versioned
from feeding import body, claim_noticed, in_round, page, states

from storage import entries, feeds, inbox, leases
from storage.entries import Noted, Own, Page
from storage.feedrecords import Entry, FeedPage, FeedState
from storage.inbox import Item
from storage.records import Article, Hints
from storage.store import Store
from tasks import entrypage, formats, pages
from tasks.pages import Outcome
from tasks.rounds import Round

HOUR = timedelta(hours=1)


def note(
    store: Store, now: datetime, link: str, *, content: str = "", published: str | None = "2026-03-01T11:00+00:00"
) -> int:
    """Note an entry of a feed, as a poll does."""
    entry = Entry(
        key=link, link=link, canonical=link, title="Ferry stays", published=published, published_raw=published,
        content_html=content, content_text=content.replace("<p>", "").replace("</p>", " "), full=bool(content),
    )  # fmt: skip
    sent = entrypage.own_page(entry, FeedPage(format="rss", title="Lindvik Post"))
    own = Own(digest=store.raw.put(sent), size_bytes=len(sent)) if sent else None
    hints = entrypage.hints(entry)
    with store.writing() as conn:
        feed, _ = feeds.add(conn, FeedState(address="http://post.example/feed", next_poll_at=now), now=now)
        number = inbox.notice(conn, address=link, link=link, hints=hints, now=now).item_id
        entries.note(conn, feed.id, [Noted(entry=entry, hints=hints, own=own, item_id=number)], now=now)
    return number


def fetch(store: Store, now: datetime, *, max_attempts: int = 5) -> Outcome:
    """Fetch the one page that is due."""
    (item,) = claim_noticed(store, now)
    with store.reading() as conn:
        behind = entries.of_items(conn, [item.id])
    return in_round(
        store, now, lambda round_: pages.fetch(round_, item, behind.get(item.id), max_attempts=max_attempts)
    )


def look(store: Store, now: datetime) -> Outcome | None:
    """Look again at the one page that is due for it; None if none is."""
    with store.writing() as conn:
        due = entries.claim_looks(conn, limit=9, lease=HOUR, now=now)
    return in_round(store, now, lambda round_: pages.look_again(round_, due[0])) if due else None


def kept(store: Store, number: int) -> Item:
    with store.reading() as conn:
        found = inbox.item(conn, number)
    assert found is not None
    return found


def read(store: Store, number: int) -> Article:
    """Read an item as ingest does."""
    item = kept(store, number)
    assert item.digest is not None
    made = formats.read(store.raw.get(item.digest), input=item.input, hints=item.hints)
    assert isinstance(made, Article)
    return made


def behind(store: Store, number: int) -> Page:
    with store.reading() as conn:
        return entries.of_items(conn, [number])[number]


def test_page_is_captured_as_it_came_with_what_the_feed_says(store: Store, server: FaultyServer, now: datetime) -> None:
    server.script("/a", Answer(body=page("Ferry"), headers={"ETag": '"1"', "Content-Type": "text/html"}))
    number = note(store, now, server.url("/a", host="post.example"))
    assert fetch(store, now) == Outcome(result="page", address=server.url("/a", host="post.example"), item=number)
    item = kept(store, number)
    assert (item.state, item.attempts, item.size_bytes) == ("captured", 0, len(page("Ferry")))
    article = read(store, number)
    assert (article.headline, article.published, article.published_basis) == ("Ferry", "2026-03-01T11:00+00:00", "feed")
    assert article.url == server.url("/a", host="post.example")
    assert len(article.body.split()) > 50


def test_page_that_robots_txt_forbids_is_not_asked_for(store: Store, server: FaultyServer, now: datetime) -> None:
    server.script("/robots.txt", Answer(body=b"User-agent: *\nDisallow: /private"))
    bare = note(store, now, server.url("/private/a"))
    assert (fetch(store, now).result, kept(store, bare).reason) == ("failed", "robots")
    told = note(store, now, server.url("/private/b"), content=body())
    assert fetch(store, now).result == "feed"
    assert kept(store, told).input == f"{server.url('/private/b')} (as its feed sent it)"
    assert not server.asked("/private/a")
    assert not server.asked("/private/b")
    assert look(store, now + 3 * HOUR) is None, "what it forbids is not looked at again either"


def test_page_that_is_gone_is_served_by_the_feeds_own_text_marked_so(
    store: Store, server: FaultyServer, now: datetime
) -> None:
    number = note(store, now, server.url("/a"), content=body())
    assert fetch(store, now).result == "feed"
    article = read(store, number)
    assert article.input.endswith("(as its feed sent it)")
    assert (article.headline, article.publisher, article.published_basis) == ("Ferry stays", "Lindvik Post", "feed")
    assert article.body.startswith("The harbour council of Lindvik")


def test_page_without_the_article_is_served_by_the_feeds_own_text(
    store: Store, server: FaultyServer, now: datetime
) -> None:
    server.script("/a", Answer(body=page("Ferry", "<p>Subscribe to read this article.</p>")))
    number = note(store, now, server.url("/a"), content=body())
    assert fetch(store, now) == Outcome(result="feed", address=server.url("/a"), item=number, why="no-page")
    server.script("/a", Answer(body=page("Ferry", body())))
    again = look(store, now + 3 * HOUR)
    assert again is not None
    assert again.result == "revised", "the wall came down: the page is better"
    assert again.item != number


def test_page_that_is_sent_on_to_the_front_page_is_not_there(store: Store, server: FaultyServer, now: datetime) -> None:
    server.script("/", Answer(body=page("Front", body())))
    server.script("/2026/a", moved(server.url("/"), status=301))
    number = note(store, now, server.url("/2026/a"))
    fetch(store, now)
    assert (kept(store, number).state, kept(store, number).reason) == ("rejected", "no-page")


def test_article_has_the_address_that_its_link_leads_to_but_not_a_gates(
    store: Store, server: FaultyServer, now: datetime
) -> None:
    there = server.url("/2026/a", host="post.example")
    server.script("/2026/a", Answer(body=page("Ferry")))
    server.script("/proxy/1", moved(there))
    first = note(store, now, server.url("/proxy/1", host="proxy.example"))
    fetch(store, now)
    assert kept(store, first).hints.url == there
    gate = server.url("/consent?to=http%3A%2F%2Fpost.example%3A" + f"{server.port}%2F2026%2Fb", host="gate.example")
    server.script(gate.partition(str(server.port))[2], Answer(body=page("Ferry")))
    server.script("/2026/b", moved(gate))
    second = note(store, now, server.url("/2026/b", host="post.example"))
    fetch(store, now)
    assert kept(store, second).hints.url == server.url("/2026/b", host="post.example")


def test_failing_page_is_tried_again_after_growing_pauses_and_given_up_at_last(
    store: Store, server: FaultyServer, now: datetime
) -> None:
    server.script("/a", Answer(status=500))
    number = note(store, now, server.url("/a"))
    assert fetch(store, now, max_attempts=3) == Outcome(
        result="waiting", address=server.url("/a"), item=number, why="500"
    )
    assert not claim_noticed(store, now + timedelta(seconds=60)), "a minute, and a little more"
    at = now + timedelta(minutes=2)
    assert fetch(store, at, max_attempts=3).result == "waiting"
    assert not claim_noticed(store, at + timedelta(minutes=15))
    assert fetch(store, at + timedelta(minutes=20), max_attempts=3).result == "failed"
    assert (kept(store, number).reason, len(server.asked("/a"))) == ("gave-up", 3)
    assert "500" in str(kept(store, number).detail)


def test_failing_page_waits_once_before_the_feeds_own_text_serves(
    store: Store, server: FaultyServer, now: datetime
) -> None:
    server.script("/a", Answer(status=502))
    note(store, now, server.url("/a"), content=body())
    assert fetch(store, now).result == "waiting"
    assert fetch(store, now + HOUR).result == "feed"
    assert states(store) == {"captured": 1}


@pytest.mark.parametrize("status", [401, 403, 404, 410, 451])
def test_no_of_a_host_is_believed_the_third_time(
    store: Store, server: FaultyServer, now: datetime, status: int
) -> None:
    server.script("/a", Answer(status=status))
    number = note(store, now, server.url("/a"))
    results = [fetch(store, now + n * HOUR).result for n in range(3)]
    assert results == ["waiting", "waiting", "failed"]
    assert kept(store, number).reason == "no-page"


def test_page_that_appears_late_is_had(store: Store, server: FaultyServer, now: datetime) -> None:
    server.script("/a", Answer(status=404), Answer(body=page("Ferry")))
    number = note(store, now, server.url("/a"))
    assert [fetch(store, now).result, fetch(store, now + HOUR).result] == ["waiting", "page"]
    assert kept(store, number).state == "captured"


def test_host_that_asks_for_a_pause_gets_it_for_all_its_pages(
    store: Store, server: FaultyServer, now: datetime
) -> None:
    server.script("/a", Answer(status=429, headers={"Retry-After": "7200"}))
    server.script("/b", Answer(body=page("Ferry")))
    first, second = (note(store, now, server.url(path)) for path in ("/a", "/b"))
    items = claim_noticed(store, now)

    async def both(round_: Round) -> list[Outcome]:
        return [await pages.fetch(round_, item, None, max_attempts=5) for item in items]

    assert [o.why for o in in_round(store, now, both)] == ["429", "resting"]
    assert not server.asked("/b")
    assert not claim_noticed(store, now + timedelta(minutes=119))
    (late, later) = claim_noticed(store, now + timedelta(minutes=121))
    assert (late.id, late.attempts, later.id, later.attempts) == (first, 2, second, 1)


def test_young_page_is_looked_at_twice_and_an_old_one_never(store: Store, server: FaultyServer, now: datetime) -> None:
    server.script("/a", versioned(page("Ferry"), etag='"1"'))
    number = note(store, now, server.url("/a"))
    fetch(store, now)
    assert look(store, now + HOUR) is None
    for at in (now + 3 * HOUR, now + 16 * HOUR):
        assert look(store, at) == Outcome(result="same", address=server.url("/a"), item=number)
    assert look(store, now + timedelta(days=9)) is None
    assert [seen.headers.get("if-none-match") for seen in server.asked("/a")] == [None, '"1"', '"1"']
    server.script("/old", Answer(body=page("Old")))
    note(store, now, server.url("/old"), published="2026-02-20")
    fetch(store, now)
    assert look(store, now + timedelta(days=9)) is None


def test_corrected_page_is_another_item_of_the_same_article(store: Store, server: FaultyServer, now: datetime) -> None:
    corrected = page(
        "Ferry", body("This article was corrected: the tunnel closes in November, not in the month named.")
    )
    noise = page("Ferry", body() + "<p>3 minutes ago</p>")
    server.script("/a", Answer(body=page("Ferry")), Answer(body=noise), Answer(body=corrected))
    first = note(store, now, server.url("/a"))
    fetch(store, now)
    before = states(store)
    still = look(store, now + 3 * HOUR)
    assert still is not None
    assert (still.result, states(store)) == ("same", before)
    again = look(store, now + 16 * HOUR)
    assert again is not None
    assert again.result == "revised"
    assert again.item is not None
    assert read(store, first).id == read(store, again.item).id
    assert "corrected" in read(store, again.item).body
    assert behind(store, again.item).item_id == again.item


def test_page_is_looked_at_again_under_the_link_as_the_feed_wrote_it(
    store: Store, server: FaultyServer, now: datetime
) -> None:
    server.script("/a?utm_source=feed", Answer(body=page("Ferry")))
    note(store, now, server.url("/a?utm_source=feed"))
    fetch(store, now)
    look(store, now + 3 * HOUR)
    assert [seen.path for seen in server.seen if seen.path != "/robots.txt"] == ["/a?utm_source=feed"] * 2


def test_look_that_fails_leaves_the_article_and_comes_again_later(
    store: Store, server: FaultyServer, now: datetime
) -> None:
    server.script("/a", Answer(body=page("Ferry")), Answer(status=503))
    note(store, now, server.url("/a"))
    fetch(store, now)
    failed = look(store, now + 3 * HOUR)
    assert failed is not None
    assert (failed.result, failed.why) == ("same", "503")
    assert states(store) == {"captured": 1}
    assert look(store, now + 16 * HOUR) is not None


def test_item_that_somebody_else_has_by_now_is_left_to_them(store: Store, server: FaultyServer, now: datetime) -> None:
    server.script("/a", Answer(body=page("Ferry")))
    number = note(store, now, server.url("/a"))
    (item,) = claim_noticed(store, now)
    with store.writing() as conn:
        leases.release_expired(conn, now=now + HOUR, max_attempts=9)
        inbox.claim(conn, holder="another", limit=1, lease=HOUR, now=now + HOUR, state="noticed")
    outcome = in_round(store, now, lambda round_: pages.fetch(round_, item, None, max_attempts=5))
    assert (outcome.result, kept(store, number).state) == ("waiting", "claimed")


def test_item_whose_feed_is_gone_is_fetched_all_the_same(store: Store, server: FaultyServer, now: datetime) -> None:
    server.script("/a", Answer(body=page("Ferry")))
    with store.writing() as conn:
        inbox.notice(conn, address=server.url("/a"), hints=Hints(url=server.url("/a")), now=now)
    assert fetch(store, now).result == "page"
