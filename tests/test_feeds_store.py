"""Feeds on the shelf: one poller at a time, a person's word before a poll's, and nothing kept without bound."""

import threading
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from storage import entries, feeds, inbox
from storage.entries import Noted, Own
from storage.feedrecords import Attempt, Entry, FeedState
from storage.feeds import Feed
from storage.records import Hints
from storage.store import Store
from storage.tables import FeedEntry

LEASE = timedelta(minutes=5)
ADDRESS = "https://echo.example/feed.xml"


def state(now: datetime, address: str = ADDRESS, **fields: Any) -> FeedState:
    return FeedState(address=address, next_poll_at=now, **fields)


def add(store: Store, now: datetime, *addresses: str, **fields: Any) -> list[Feed]:
    with store.writing() as conn:
        return [feeds.add(conn, state(now, a, **fields), now=now)[0] for a in addresses or (ADDRESS,)]


def attempt(at: datetime, **fields: Any) -> Attempt:
    given = {"outcome": "new", "status": 200, "next_poll_at": at + timedelta(hours=1), "reason": "its rhythm"} | fields
    return Attempt(at=at, address=ADDRESS, **given)


def claim(store: Store, now: datetime, holder: str = "desk", **options: Any) -> list[Feed]:
    with store.writing() as conn:
        return list(feeds.claim(conn, holder=holder, limit=options.pop("limit", 9), lease=LEASE, now=now, **options))


def entry(name: str, **fields: Any) -> Entry:
    return Entry(key=name, canonical=f"https://echo.example/{name}", content_text=f"text of {name}", **fields)


def test_state_comes_back_as_it_was_put(store: Store, now: datetime) -> None:
    full = state(
        now, title="Écho", site="https://echo.example/", tags=("world", "north"), etag='W/"1"', lying=True,
        interval=timedelta(minutes=7, seconds=30), recent=(now, now - timedelta(hours=1)), hours=(0.5,) * 24,
        fastest_fill=timedelta(hours=3), failures=1.25, moved_to="https://echo.example/new", moved_since=now,
        former_addresses=("http://echo.example/old",), last_new_at=now,
    )  # fmt: skip
    with store.writing() as conn:
        feeds.add(conn, full, now=now)
    with store.reading() as conn:
        (kept,) = feeds.every(conn)
    assert kept.state == full


def test_feed_is_added_once_under_whatever_address_it_is_known(store: Store, now: datetime) -> None:
    (first,) = add(store, now, former_addresses=("http://echo.example/old",))
    with store.writing() as conn:
        again, new = feeds.add(conn, state(now, title="other"), now=now)
        former, newer = feeds.add(conn, state(now, "http://echo.example/old"), now=now)
    assert (again, new, former, newer) == (first, False, first, False)


def test_only_what_is_due_and_wanted_is_claimed_longest_due_first(store: Store, now: datetime) -> None:
    later = now + timedelta(minutes=1)
    with store.writing() as conn:
        for name, due, condition in (
            ("b", now, "active"), ("a", now - LEASE, "dormant"), ("c", later, "active"), ("d", now, "paused"),
            ("e", now, "disabled"),
        ):  # fmt: skip
            feeds.add(conn, FeedState(address=name, next_poll_at=due, condition=condition), now=now)  # type: ignore[arg-type]
        assert feeds.due(conn, now=now) == 2
    assert [f.state.address for f in claim(store, now)] == ["a", "b"]
    assert claim(store, now, "another") == []
    with store.reading() as conn:
        assert (feeds.due(conn, now=now), feeds.due(conn, now=now, claimed=True)) == (0, 2)
    assert [f.state.address for f in claim(store, later)] == ["c"]


def test_what_rests_is_named_and_when_the_next_is_due(store: Store, now: datetime) -> None:
    with store.writing() as conn:
        assert feeds.next_due(conn) is None
        for name, condition in (("b", "dormant"), ("a", "dormant"), ("c", "disabled"), ("d", "active")):
            feeds.add(conn, state(now + LEASE if name == "d" else now - LEASE, name, condition=condition), now=now)
        assert feeds.in_condition(conn, "dormant") == ("a", "b")
        assert feeds.next_due(conn) == now - LEASE, "the dormant are looked at, too"


def test_named_feeds_are_claimed_due_or_not_but_not_from_another_desk(store: Store, now: datetime) -> None:
    one, two = add(store, now + LEASE, "one", "two")
    assert claim(store, now, among=[one.id]) == [one]
    assert claim(store, now, "another", among=[one.id, two.id]) == [two]


def test_desks_side_by_side_never_get_one_feed(store: Store, now: datetime) -> None:
    made = add(store, now, *(f"feed{i}" for i in range(40)))
    barrier, got, errors = threading.Barrier(4), [], []

    def work(name: str) -> None:
        try:
            barrier.wait()
            while taken := claim(store, now, name, limit=3):
                got.extend(f.id for f in taken)
        except BaseException as error:  # noqa: BLE001 - handed to the test
            errors.append(error)

    threads = [threading.Thread(target=work, args=(f"t{i}",)) for i in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not errors
    assert sorted(got) == [f.id for f in made]


def test_lease_of_a_dead_desk_runs_out(store: Store, now: datetime) -> None:
    add(store, now)
    (held,) = claim(store, now, "dead")
    assert claim(store, now + LEASE, "another") == []
    assert claim(store, now + LEASE + timedelta(seconds=1), "another") == [held]
    with store.writing() as conn:
        late = replace(held.state, etag="late")
        assert feeds.settle(conn, held, late, attempt(now), holder="dead") == "lost"
        assert feeds.settle(conn, held, held.state, attempt(now), holder="another") == "kept"
        assert feeds.release(conn, holder="another") == 0


def test_desk_that_lives_keeps_its_feed_beyond_the_lease(store: Store, now: datetime) -> None:
    add(store, now)
    claim(store, now, "slow")
    with store.writing() as conn:
        assert feeds.renew(conn, holder="slow", until=now + 3 * LEASE) == 1
    assert claim(store, now + 2 * LEASE, "another") == []
    with store.writing() as conn:
        assert feeds.release(conn, holder="slow") == 1
    assert len(claim(store, now, "another")) == 1


def test_word_of_a_person_counts_more_than_the_poll_under_way(store: Store, now: datetime) -> None:
    add(store, now)
    (polled,) = claim(store, now)
    with store.writing() as conn:
        feeds.alter(conn, polled.id, replace(polled.state, condition="paused"))
    with store.writing() as conn:
        assert feeds.settle(conn, polled, polled.state, attempt(now), holder="desk") == "lost"
        found = feeds.find(conn, ADDRESS)
        assert feeds.attempts(conn, polled.id) == ()
    assert found is not None
    assert found.state.condition == "paused"


def test_looks_are_kept_newest_first_and_not_without_bound(store: Store, now: datetime) -> None:
    for n in range(feeds.ATTEMPTS_KEPT + 5):
        if n == 0:
            add(store, now)
        (held,) = claim(store, now)
        with store.writing() as conn:
            feeds.settle(conn, held, held.state, attempt(now + timedelta(hours=n), entries=n), holder="desk")
    with store.reading() as conn:
        kept = feeds.attempts(conn, held.id)
    assert [a.entries for a in kept] == list(range(feeds.ATTEMPTS_KEPT + 4, 4, -1))
    assert kept[0].at == now + timedelta(hours=feeds.ATTEMPTS_KEPT + 4)


def test_feed_that_moved_onto_another_hands_over_tags_addresses_and_entries(store: Store, now: datetime) -> None:
    there, moving = add(store, now, "https://new.example/feed", ADDRESS, tags=("north",))
    with store.writing() as conn:
        feeds.alter(conn, there.id, replace(there.state, tags=("world",)))
        for feed, names in ((there, "ab"), (moving, "bc")):
            for name in names:
                entries.note(conn, feed.id, [Noted(entry=entry(name), hints=Hints())], now=now)
    (held,) = claim(store, now, among=[moving.id])
    with store.writing() as conn:
        moved = replace(held.state, address=there.state.address, former_addresses=("older", ADDRESS))
        assert feeds.settle(conn, held, moved, attempt(now), holder="desk") == "merged"
        (left,) = feeds.every(conn)
        assert (left.id, left.state.tags) == (there.id, ("world", "north"))
        assert left.state.former_addresses == ("older", ADDRESS)
        assert feeds.find(conn, ADDRESS) == left
        assert {k.key for k in entries.known(conn, left.id, limit=9)} == {"a", "b", "c"}
        assert conn.execute(select(func.count()).select_from(FeedEntry)).scalar() == 3


def test_removed_feed_takes_its_entries_and_looks_along_and_leaves_the_item(store: Store, now: datetime) -> None:
    (feed,) = add(store, now)
    (held,) = claim(store, now)
    with store.writing() as conn:
        feeds.settle(conn, held, held.state, attempt(now), holder="desk")
        item = inbox.notice(conn, address="https://echo.example/a", hints=Hints(), now=now).item_id
        entries.note(conn, feed.id, [Noted(entry=entry("a"), hints=Hints(), item_id=item)], now=now)
        feeds.remove(conn, feed.id)
    with store.reading() as conn:
        assert (list(feeds.every(conn)), feeds.attempts(conn, feed.id)) == ([], ())
        assert entries.known(conn, feed.id, limit=9) == ()
        assert inbox.item(conn, item) is not None


def test_entry_is_noted_once_and_revised_in_place(store: Store, now: datetime) -> None:
    (feed,) = add(store, now)
    own, said = Own(digest="d" * 64, size_bytes=90), Hints(url="https://echo.example/a", published="2026-03-01")
    with store.writing() as conn:
        item = inbox.notice(conn, address="https://echo.example/a", hints=said, now=now).item_id
        first = Noted(entry=entry("a", guid="g1", date_flag="future"), hints=said, own=own, item_id=item)
        entries.note(conn, feed.id, [first], now=now)
        entries.note(conn, feed.id, [replace(first, own=None), Noted(entry=entry("b"), hints=said)], now=now)
        assert entries.counts(conn, feed.id) == (2, 1)
        before = entries.one(conn, feed.id, "a")
        changed = Noted(entry=replace(entry("a", guid="g2"), content_text="new text"), hints=said, look_at=now)
        entries.revise(conn, feed.id, changed, now=now)
        (kept,) = (k for k in entries.known(conn, feed.id, limit=9) if k.key == "a")
        page = entries.one(conn, feed.id, "a")
    assert (kept.guid, kept.content_digest) == ("g2", changed.entry.content_digest)
    assert page is not None
    assert before is not None
    assert (before.own, page.item_id, page.hints, page.own) == (own, item, said, None)


def test_entry_still_in_its_feed_is_noted_again_once_a_day_only(store: Store, now: datetime) -> None:
    (feed,) = add(store, now)
    day = timedelta(days=1)
    with store.writing() as conn:
        for name in "ab":
            entries.note(conn, feed.id, [Noted(entry=entry(name), hints=Hints())], now=now)
        entries.seen_again(conn, feed.id, ["a"], now=now + day / 2)
        assert entries.forget(conn, unseen_since=now) == 0
        entries.seen_again(conn, feed.id, ["a"], now=now + 2 * day)
        assert [k.key for k in entries.known(conn, feed.id, limit=1)] == ["a"]
        assert entries.forget(conn, unseen_since=now + 9 * day) == 0, "a feed without news keeps what it had"
        assert entries.forget(conn, unseen_since=now + day) == 1
        assert [k.key for k in entries.known(conn, feed.id, limit=9)] == ["a"]


def test_item_of_two_feeds_is_served_by_the_longer_content(store: Store, now: datetime) -> None:
    with store.writing() as conn:
        item = inbox.notice(conn, address="https://echo.example/a", hints=Hints(), now=now).item_id
        for feed, size in zip(("one", "two", "three"), (10, 90, None), strict=True):
            own = None if size is None else Own(digest=str(size), size_bytes=size)
            made, _ = feeds.add(conn, state(now, feed), now=now)
            entries.note(conn, made.id, [Noted(entry=entry("a"), hints=Hints(), own=own, item_id=item)], now=now)
        found = entries.of_items(conn, [item, 99])
    assert {i: page.own for i, page in found.items()} == {item: Own(digest="90", size_bytes=90)}


def test_look_is_taken_by_one_and_comes_again_if_nothing_is_told_of_it(store: Store, now: datetime) -> None:
    (feed,) = add(store, now)
    with store.writing() as conn:
        for name, due in (("a", now), ("b", now + LEASE), ("c", None)):
            item = inbox.notice(conn, address=name, link=f"{name}?as=written", hints=Hints(), now=now).item_id
            noted = Noted(entry=entry(name), hints=Hints(), look_at=due, item_id=item)
            entries.note(conn, feed.id, [noted], now=now)
        assert entries.looks_due(conn, now=now) == 1
        (page,) = entries.claim_looks(conn, limit=9, lease=2 * LEASE, now=now)
        assert entries.claim_looks(conn, limit=9, lease=LEASE, now=now) == ()
        again = entries.claim_looks(conn, limit=9, lease=LEASE, now=now + 2 * LEASE)
        assert {p.named for p in again} == {"a?as=written", "b?as=written"}
        entries.looked(conn, page, next_at=None, etag='"1"', page_digest="p")
        entries.looked(conn, page, next_at=None, last_modified="Sun")
        (left,) = entries.claim_looks(conn, limit=9, lease=LEASE, now=now + timedelta(days=9))
        assert left.named == "b?as=written"
        seen = entries.one(conn, feed.id, "a")
    assert seen is not None
    assert (seen.looks, seen.etag, seen.last_modified, seen.page_digest) == (2, '"1"', "Sun", "p")


def test_naive_times_are_refused(store: Store, now: datetime) -> None:
    with pytest.raises(Exception, match="no time zone"), store.writing() as conn:
        feeds.add(conn, FeedState(address="a", next_poll_at=now.replace(tzinfo=None)), now=now)


def test_many_feeds_are_added_at_once_each_as_by_itself(store: Store, now: datetime) -> None:
    add(store, now, former_addresses=("http://echo.example/old",))
    wanted = [state(now, a) for a in ("new", "http://echo.example/old", ADDRESS, "new")]
    with store.writing() as conn:
        added = feeds.add_all(conn, wanted, now=now)
    assert [(f.state.address, new) for f, new in added] == [
        ("new", True), (ADDRESS, False), (ADDRESS, False), ("new", False),
    ]  # fmt: skip
