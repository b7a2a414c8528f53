"""Polling: what is new is noted in one transaction with the feed's state, and nothing else is written."""

import gzip
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from faultyserver import Answer, FaultyServer, Script, bomb, moved, versioned
from feeding import LEASE, body, claim_noticed, in_round, item, page, rss, states
from sqlalchemy import text

from flows.showfeeds import look_row
from storage import entries, feedrecords, feeds, inbox
from storage.feedrecords import FeedState, News, Outcome
from storage.feeds import Feed
from storage.store import Store
from tasks import feedask, rhythm
from tasks import feeds as desk
from tasks.exchange import KINDS, Limits
from tasks.feeds import Polled

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TUESDAY = "Tue, 24 Feb 2026 09:30:00 +0100"


def add(store: Store, now: datetime, address: str, **state: Any) -> Feed:
    with store.writing() as conn:
        return feeds.add(conn, FeedState(address=address, next_poll_at=now, **state), now=now)[0]


def poll(store: Store, now: datetime, feed: Feed | None = None, **given: Any) -> Polled:
    """Poll one feed, the only one unless it is named, due or not."""
    with store.writing() as conn:
        wanted = [f.id for f in feeds.every(conn) if feed is None or f.id == feed.id]
        (claimed,) = feeds.claim(conn, holder="desk", limit=1, lease=LEASE, now=now, among=wanted)
    return in_round(store, now, lambda round_: desk.poll(round_, claimed), **given)


def polls(store: Store, server: FaultyServer, times: Sequence[datetime], *answers: Script) -> list[Polled]:
    """Poll one feed at each of these times, while its server answers so."""
    server.script("/feed", *answers)
    add(store, times[0], server.url("/feed"))
    return [poll(store, at) for at in times]


def state(store: Store) -> FeedState:
    with store.reading() as conn:
        (feed,) = feeds.every(conn)
    return feed.state


def rows(store: Store) -> dict[str, list[Any]]:
    """Everything that is stored but what a poll writes of its own feed."""
    with store.reading() as conn:
        return {
            table: [tuple(row) for row in conn.execute(text(f"SELECT * FROM {table} ORDER BY 1"))]
            for table in ("feed_entries", "inbox_items", "articles", "changes")
        }


# What a feed announces.


def test_new_entries_are_noticed_with_what_the_feed_says(store: Store, server: FaultyServer, now: datetime) -> None:
    link = server.url("/a?utm_source=feed&id=7")
    (polled,) = polls(store, server, [now], Answer(body=rss(item("Ferry stays", link, guid="1", published=TUESDAY))))
    assert (polled.attempt.outcome, polled.attempt.new_entries, polled.settled) == ("new", 1, "kept")
    (noticed,) = claim_noticed(store, now)
    assert polled.items == (noticed.id,)
    assert noticed.input == link, "asked for as it was written"
    assert noticed.hints.url == server.url("/a?id=7")
    assert (noticed.hints.headline, noticed.hints.published) == ("Ferry stays", "2026-02-24T09:30:00+01:00")
    assert noticed.hints.published_basis == "feed"
    assert (state(store).title, state(store).site) == ("Lindvik Post", "http://post.example/")


@pytest.mark.parametrize(
    "again",
    [
        versioned(rss(item("A", "http://post.example/a", guid="1")), etag='"1"'),
        Answer(body=rss(item("A", "http://post.example/a", guid="1"))),
        Answer(body=rss(item("A", "http://post.example/a", guid="1"), head="<lastBuildDate>now</lastBuildDate>")),
    ],
    ids=["304", "same bytes", "same entries"],
)
def test_unchanged_feed_writes_nothing_but_its_own_state_and_asks_for_no_page(
    store: Store, server: FaultyServer, now: datetime, again: Script
) -> None:
    polls(store, server, [now], versioned(rss(item("A", "http://post.example/a", guid="1")), etag='"1"'))
    before = rows(store)
    server.script("/feed", again)
    for n in (1, 2):
        polled = poll(store, now + n * HOUR)
        assert polled.attempt.outcome in {"not-modified", "same"}
        assert polled.items == ()
    assert rows(store) == before
    assert {seen.path for seen in server.seen} == {"/feed"}
    with store.reading() as conn:
        assert len(feeds.attempts(conn, polled.feed.id)) == 3


def test_article_that_two_feeds_carry_is_noticed_once(store: Store, server: FaultyServer, now: datetime) -> None:
    for path in ("/world", "/north"):
        server.script(path, Answer(body=rss(item("A", "http://post.example/a#top", guid=path))))
        feed = add(store, now, server.url(path))
        poll(store, now, feed)
    assert states(store) == {"noticed": 1}


def test_entry_without_a_page_is_taken_as_the_feed_sent_it(store: Store, server: FaultyServer, now: datetime) -> None:
    linkless = item("Ferry stays", None, guid="1", content=body())
    home = item("Tunnel closes", "http://post.example/", guid="2", content=body("It closes on Monday."))
    nothing = item("A line", None, guid="3")
    (polled,) = polls(store, server, [now], Answer(body=rss(linkless, home, nothing)))
    assert (polled.attempt.new_entries, len(polled.items), states(store)) == (3, 2, {"captured": 2})
    with store.reading() as conn:
        items = [inbox.item(conn, number) for number in polled.items]
    assert all(found is not None and found.input.endswith("(as its feed sent it)") for found in items)
    assert len({found.hints.identifier for found in items if found is not None}) == 2, "two articles, not one"


def test_key_in_a_feeds_address_is_in_nothing_that_comes_of_it(
    store: Store, server: FaultyServer, now: datetime
) -> None:
    server.script("/feed?token=sesame", Answer(body=rss(item("Ferry stays", None, guid="1", content=body()))))
    polled = poll(store, now, add(store, now, server.url("/feed?token=sesame")))
    with store.reading() as conn:
        (found,) = (inbox.item(conn, number) for number in polled.items)
    assert "?token=***" in repr(found)
    assert "sesame" not in repr(found)
    assert "sesame" not in json.dumps(look_row(polled.attempt))


def test_feeds_that_differ_in_what_is_taken_for_a_key_have_articles_of_their_own(
    store: Store, server: FaultyServer, now: datetime
) -> None:
    named = []
    for path in ("/feed?key=sport", "/feed?key=politics"):
        server.script(path, Answer(body=rss(item("Ferry stays", None, guid="1", content=body(path)))))
        polled = poll(store, now, add(store, now, server.url(path)))
        with store.reading() as conn:
            named += [found.hints.identifier for n in polled.items if (found := inbox.item(conn, n))]
    assert len(set(named)) == len(named) == 2


def test_link_of_several_entries_names_none_of_those_that_brought_their_text(
    store: Store, server: FaultyServer, now: datetime
) -> None:
    live = [item(f"Post {n}", "http://post.example/live", guid=f"p{n}", content=body(f"Post {n}.")) for n in (1, 2)]
    teaser = [item(f"Twice {n}", "http://post.example/twice", guid=f"t{n}") for n in (1, 2)]
    polls(store, server, [now], Answer(body=rss(*live, *teaser)))
    assert states(store) == {"captured": 2, "noticed": 1}


# What an entry is known by.


def test_guid_that_changes_with_every_poll_brings_nothing_new(
    store: Store, server: FaultyServer, now: datetime
) -> None:
    answers = [Answer(body=rss(item("A", "http://post.example/a", guid=f"g{n}"))) for n in range(3)]
    done = polls(store, server, [now + n * HOUR for n in range(3)], *answers)
    assert [p.attempt.new_entries for p in done] == [1, 0, 0]
    assert states(store) == {"noticed": 1}


def test_guid_that_all_entries_share_swallows_none(store: Store, server: FaultyServer, now: datetime) -> None:
    first = [item(f"A{n}", f"http://post.example/{n}", guid="same") for n in range(9)]
    more = item("B", "http://post.example/b", guid="same")
    one, two = polls(store, server, [now, now + HOUR], Answer(body=rss(*first)), Answer(body=rss(more, *first)))
    assert (one.attempt.new_entries, two.attempt.new_entries) == (9, 1)


def test_entry_with_new_text_has_its_page_looked_at_again(store: Store, server: FaultyServer, now: datetime) -> None:
    one, two = (rss(item("A", "http://post.example/a", guid="1", content=body(more))) for more in ("", "Corrected."))
    polls(store, server, [now], Answer(body=one))
    (noticed,) = claim_noticed(store, now)
    with store.writing() as conn:
        inbox.capture(
            conn, noticed.id, digest="d", size_bytes=1, input="x", hints=noticed.hints, holder="desk"
        )  # fmt: skip
        page_ = entries.of_items(conn, [noticed.id])[noticed.id]
        entries.looked(conn, page_, next_at=None, page_digest="p")
    server.script("/feed", Answer(body=two))
    polled = poll(store, now + HOUR)
    assert (polled.attempt.new_entries, polled.attempt.revised_entries, polled.items) == (0, 1, ())
    with store.writing() as conn:
        (due,) = entries.claim_looks(conn, limit=9, lease=LEASE, now=now + HOUR)
    assert due.id == page_.id


def test_new_text_of_an_entry_that_its_feed_served_is_a_revision(
    store: Store, server: FaultyServer, now: datetime
) -> None:
    texts = (rss(item("A", None, guid="1", content=body(more))) for more in ("", "Corrected."))
    first, second = polls(store, server, [now, now + HOUR], *(Answer(body=text_) for text_ in texts))
    assert (len(first.items), second.attempt.revised_entries, len(second.items)) == (1, 1, 1)
    with store.reading() as conn:
        old, new = (inbox.item(conn, polled.items[0]) for polled in (first, second))
    assert old is not None
    assert new is not None
    assert old.hints.identifier == new.hints.identifier


# What goes wrong.


FAULTS: dict[str, tuple[Script, Outcome]] = {
    "not found": (Answer(status=404), "soft"),
    "server error": (Answer(status=500), "soft"),
    "unavailable": (Answer(status=503), "limited"),
    "too many, seconds": (Answer(status=429, headers={"Retry-After": "7200"}), "limited"),
    "page": (Answer(body=page("Welcome"), headers={"Content-Type": "text/html"}), "not-a-feed"),
    "challenge": (Answer(body=b"<html><title>Just a moment...</title></html>"), "not-a-feed"),
    "json error": (Answer(body=b'{"error": "no such feed"}'), "not-a-feed"),
    "empty": (Answer(body=b""), "not-a-feed"),
    "cut": (Answer(body=rss(item("A", "http://post.example/a")), cut_after=60), "soft"),
    "loop": (moved("/feed"), "soft"),
    "to a private address": (moved("http://10.0.0.1/feed"), "hard"),
    "to a file": (moved("file:///etc/passwd"), "hard"),
    "bomb": (bomb(50), "soft"),
    "hang up": (Answer(raw=b""), "soft"),
    "no HTTP": (Answer(raw=b"+OK POP3 ready\r\n\r\n"), "soft"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_is_told_apart_costs_nothing_known_and_is_got_over(
    store: Store, server: FaultyServer, now: datetime, fault: str
) -> None:
    answer, outcome = FAULTS[fault]
    good = versioned(rss(item("A", "http://post.example/a", guid="1")), etag='"1"')
    polls(store, server, [now], good)
    before = rows(store)
    server.script("/feed", answer)
    polled = poll(store, now + HOUR)
    assert polled.attempt.outcome == outcome, polled.attempt
    assert polled.attempt.next_poll_at > now + HOUR
    assert polled.attempt.detail
    assert state(store).etag == '"1"', "what is no feed leaves its validators behind"
    assert rows(store) == before
    server.script("/feed", good)
    assert poll(store, now + 9 * DAY).attempt.outcome in {"same", "not-modified"}
    assert (state(store).failures, state(store).condition) == (0, "active")


def test_slow_drip_ends(store: Store, server: FaultyServer, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feedask, "FEED_LIMITS", Limits(total_s=0.3, read_s=0.2))
    (polled,) = polls(store, server, [now], Answer(body=rss() * 50, drip_s=0.05))
    assert (polled.attempt.outcome, polled.attempt.status) == ("soft", None) or polled.attempt.status == 200


def test_what_is_no_feed_is_kept_to_be_looked_at(store: Store, server: FaultyServer, now: datetime) -> None:
    (polled,) = polls(store, server, [now], Answer(body=b"<html><body>We have moved.</body></html>"))
    assert polled.attempt.sample is not None
    assert store.raw.get(polled.attempt.sample) == b"<html><body>We have moved.</body></html>"
    with store.reading() as conn:
        assert feeds.attempts(conn, polled.feed.id) == (polled.attempt,)


def test_wrong_charset_is_read_as_it_was_meant(store: Store, server: FaultyServer, now: datetime) -> None:
    sent = rss(item("Müller – “Fähre”", "http://post.example/a")).decode().replace('encoding="utf-8"', "")
    answer = Answer(body=sent.encode("cp1252"), headers={"Content-Type": "application/rss+xml; charset=iso-8859-1"})
    polls(store, server, [now], answer)
    (noticed,) = claim_noticed(store, now)
    assert noticed.hints.headline == "Müller – “Fähre”"


def test_packed_feed_is_unpacked(store: Store, server: FaultyServer, now: datetime) -> None:
    packed = gzip.compress(rss(item("A", "http://post.example/a")))
    (polled,) = polls(store, server, [now], Answer(body=packed, headers={"Content-Encoding": "gzip"}))
    assert polled.attempt.new_entries == 1


def test_wish_to_be_left_alone_is_heeded_in_seconds_and_by_date_a_day_at_most(
    store: Store, server: FaultyServer, now: datetime
) -> None:
    until = format_datetime(now + 4 * HOUR, usegmt=True)
    for path, asked, least, most in (
        ("/s", "7200", 2 * HOUR, 3.1 * HOUR),
        ("/d", until, 4 * HOUR, 5.1 * HOUR),
        ("/l", "999999", 23.9 * HOUR, 25.1 * HOUR),
    ):
        server.script(path, Answer(status=429, headers={"Retry-After": asked}))
        attempt = poll(store, now, add(store, now, server.url(path))).attempt
        assert least <= attempt.next_poll_at - now <= most, (asked, attempt)
        assert attempt.outcome == "limited"


def test_feed_of_a_host_that_rests_is_not_asked(store: Store, server: FaultyServer, now: datetime) -> None:
    server.script("/a", Answer(status=429, headers={"Retry-After": "7200"}))
    first, second = (add(store, now, server.url(path)) for path in ("/a", "/b"))
    with store.writing() as conn:
        one, two = feeds.claim(conn, holder="desk", limit=9, lease=LEASE, now=now)

    async def both(round_: Any) -> list[Polled]:
        return [await desk.poll(round_, one), await desk.poll(round_, two)]

    done = in_round(store, now, both)
    assert [p.attempt.outcome for p in done] == ["limited", "limited"]
    assert all(p.attempt.next_poll_at >= now + 1.99 * HOUR for p in done)
    assert not server.asked("/b")
    assert (first.id, second.id) == (one.id, two.id)


def test_feed_that_is_gone_is_disabled_the_second_time_a_day_apart(
    store: Store, server: FaultyServer, now: datetime
) -> None:
    done = polls(store, server, [now, now + HOUR], Answer(status=410))
    assert {p.attempt.outcome for p in done} == {"gone"}
    assert state(store).condition != "disabled"
    poll(store, now + 26 * HOUR)
    assert state(store).condition == "disabled"
    with store.reading() as conn:
        assert feeds.due(conn, now=now + 99 * DAY) == 0


def test_failing_feed_rests_but_is_never_given_up(store: Store, server: FaultyServer, now: datetime) -> None:
    server.script("/feed", Answer(status=500))
    add(store, now, server.url("/feed"))
    at, looked = now, 0
    while state(store).condition == "active":
        poll(store, at)
        at, looked = state(store).next_poll_at, looked + 1
        assert looked < 100
    assert state(store).condition == "dormant"
    assert 6 * DAY < at - state(store).last_attempt_at <= 31 * DAY  # type: ignore[operator]
    server.script("/feed", Answer(body=rss(item("A", "http://post.example/a"))))
    assert poll(store, at).attempt.new_entries == 1
    assert state(store).condition == "active"


def test_permanent_redirect_is_followed_at_once_and_adopted_after_a_week(
    store: Store, server: FaultyServer, now: datetime
) -> None:
    good = Answer(body=rss(item("A", "http://post.example/a")))
    server.script("/new", good)
    server.script("/middle", moved(server.url("/new"), status=308))
    (first,) = polls(store, server, [now], moved(server.url("/middle"), status=301))
    assert first.attempt.new_entries == 1
    for day in range(1, 7):
        poll(store, now + day * DAY)
        assert state(store).address == server.url("/feed")
    for day in (8, 9):
        poll(store, now + day * DAY)
    assert (state(store).address, state(store).former_addresses) == (server.url("/new"), (server.url("/feed"),))
    asked = len(server.asked("/feed"))
    poll(store, now + 10 * DAY)
    assert len(server.asked("/feed")) == asked


def test_feed_that_moves_onto_another_becomes_that_one(store: Store, server: FaultyServer, now: datetime) -> None:
    server.script("/new", Answer(body=rss(item("A", "http://post.example/a"))))
    server.script("/old", moved(server.url("/new"), status=301))
    add(store, now, server.url("/new"), tags=("north",))
    old = add(store, now, server.url("/old"), tags=("world",))
    settled = [poll(store, now + day * DAY, old).settled for day in range(8)]
    assert settled == ["kept"] * 7 + ["merged"]
    assert (state(store).address, set(state(store).tags)) == (server.url("/new"), {"north", "world"})


def test_temporary_redirect_is_never_adopted(store: Store, server: FaultyServer, now: datetime) -> None:
    server.script("/new", Answer(body=rss(item("A", "http://post.example/a"))))
    polls(store, server, [now + n * DAY for n in range(12)], moved(server.url("/new"), status=302))
    assert state(store).address == server.url("/feed")


def test_304_that_hides_a_change_is_found_out_within_a_day(store: Store, server: FaultyServer, now: datetime) -> None:
    old, new = (
        rss(item("A", "http://post.example/a", guid="1"), *more)
        for more in ((), (item("B", "http://post.example/b", guid="2"),))
    )

    def lies(seen: Any) -> Answer:
        if "if-none-match" in seen.headers:
            return Answer(status=304, headers={"ETag": '"1"'})
        return Answer(body=new if len(server.asked("/feed")) > 1 else old, headers={"ETag": '"1"'})

    done = polls(store, server, [now + n * 6 * HOUR for n in range(7)], lies)
    assert [p.attempt.outcome for p in done[:3]] == ["new", "not-modified", "not-modified"]
    assert sum(p.attempt.new_entries for p in done) == 2
    assert state(store).lying
    assert not poll(store, now + 3 * DAY).attempt.conditional


# What may happen in between.


def test_poll_that_was_overtaken_writes_nothing(store: Store, server: FaultyServer, now: datetime) -> None:
    server.script("/feed", Answer(body=rss(item("A", "http://post.example/a"))))
    feed = add(store, now, server.url("/feed"))
    with store.writing() as conn:
        (claimed,) = feeds.claim(conn, holder="desk", limit=1, lease=LEASE, now=now)
        feeds.alter(conn, feed.id, replace(feed.state, condition="paused"))
    polled = in_round(store, now, lambda round_: desk.poll(round_, claimed))
    assert (polled.settled, polled.items, states(store)) == ("lost", (), {})
    assert state(store).condition == "paused"


def test_poll_that_breaks_off_leaves_nothing_and_the_next_finds_it_all(
    store: Store, server: FaultyServer, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(entries, "seen_again", break_off)  # the last thing that a poll writes
        with pytest.raises(KeyboardInterrupt):
            polls(store, server, [now], Answer(body=rss(item("A", "http://post.example/a"))))
    assert states(store) == {}
    assert state(store).polls == 0
    assert poll(store, now + LEASE + HOUR).attempt.new_entries == 1
    assert states(store) == {"noticed": 1}


def test_every_way_to_fail_has_its_kind_of_failure() -> None:
    assert set(feedask._FAILURES) == set(KINDS) - {"status", "resting", "robots"}
    for kind in set(feedask._FAILURES.values()) | set(feedask._REFUSALS.values()):
        assert rhythm.judge(feedrecords.Answer(failure=kind), None, News()) in {"soft", "temporary", "hard"}
