"""The inbox: once per content, one holder at a time, and nothing forgotten."""

import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from storage import inbox, leases
from storage.records import Hints
from storage.store import Store, open_store

LEASE = timedelta(minutes=5)
NO_HINTS = Hints()


def _receive(store: Store, now: datetime, *contents: str, hints: Hints = NO_HINTS) -> list[int]:
    with store.writing() as conn:
        return [
            inbox.receive(
                conn, digest=store.raw.put(c.encode()), size_bytes=len(c), input=f"{c}.txt", hints=hints, now=now
            ).item_id
            for c in contents
        ]


def test_same_bytes_are_one_item_whatever_they_are_called(store: Store, now: datetime) -> None:
    with store.writing() as conn:
        first = inbox.receive(conn, digest="d", size_bytes=1, input="a.txt", hints=Hints(), now=now)
        again = inbox.receive(conn, digest="d", size_bytes=1, input="b.txt", hints=Hints(), now=now)
        other = inbox.receive(conn, digest="d", size_bytes=1, input="b.txt", hints=Hints(publisher="Echo"), now=now)
    assert (first.new, again.new, other.new) == (True, False, True)
    assert again.item_id == first.item_id != other.item_id


def test_same_bytes_under_another_suffix_are_another_item(store: Store, now: datetime) -> None:
    def receive(name: str, suffix: str = "") -> inbox.Received:
        return inbox.receive(conn, digest="d", size_bytes=1, input=name, hints=NO_HINTS, now=now, suffix=suffix)

    with store.writing() as conn:
        broken, text, plain = receive("a.json", ".json"), receive("a.txt", ".txt"), receive("a")
        again = receive("elsewhere/b.txt", ".txt")
    assert [r.new for r in (broken, text, plain, again)] == [True, True, True, False]
    assert again.item_id == text.item_id


def test_known_content_uses_up_no_number(store: Store, now: datetime) -> None:
    (first,) = _receive(store, now, "a")
    for _ in range(3):
        assert _receive(store, now, "a") == [first]
        with store.writing() as conn:
            refused = inbox.refuse(conn, input="locked.txt", reason="unreadable", detail="no permission", now=now)
    assert [refused.item_id, *_receive(store, now, "b")] == [first + 1, first + 2]


def test_postgresql_writers_of_one_content_make_one_item(databases, tmp_path: Path, now: datetime) -> None:
    url, got = databases.fresh("postgresql"), []

    def receive(conn: Connection) -> inbox.Received:
        return inbox.receive(conn, digest="d", size_bytes=1, input="a", hints=NO_HINTS, now=now)

    with open_store(url, raw_url=str(tmp_path)) as store:

        def second() -> None:
            with store.writing() as conn:
                got.append(receive(conn))

        with store.writing() as conn:
            first = receive(conn)
            thread = threading.Thread(target=second)
            thread.start()
            thread.join(0.3)
            assert thread.is_alive(), "it cannot know yet whether the first one commits"
        thread.join()
    assert [(r.item_id, r.new) for r in (first, *got)] == [(first.item_id, True), (first.item_id, False)]
    databases.drop(url)


def test_claim_gives_each_waiting_item_once_and_counts_the_attempt(store: Store, now: datetime) -> None:
    ids = _receive(store, now, "a", "b", "c", hints=Hints(url="https://echo.example/a"))
    with store.writing() as conn:
        one = inbox.claim(conn, holder="one", limit=2, lease=LEASE, now=now)
        two = inbox.claim(conn, holder="two", limit=2, lease=LEASE, now=now)
    assert [i.id for i in one + two] == ids
    assert {i.attempts for i in one} == {1}
    assert one[0].hints == Hints(url="https://echo.example/a")
    assert one[0].input == "a.txt"


def test_claim_among_named_items_takes_no_other(store: Store, now: datetime) -> None:
    ids = _receive(store, now, "a", "b", "c")
    with store.writing() as conn:
        taken = inbox.claim(conn, holder="x", limit=9, lease=LEASE, now=now, among=ids[1:])
    assert [i.id for i in taken] == ids[1:]


def test_claim_takes_no_more_than_its_limit_of_items_that_were_claimed_before(store: Store, now: datetime) -> None:
    ids = _receive(store, now, "a", "b", "c", "d")
    with store.writing() as conn:
        inbox.claim(conn, holder="x", limit=4, lease=LEASE, now=now)
        leases.release(conn, holder="x")
        assert [i.id for i in inbox.claim(conn, holder="y", limit=3, lease=LEASE, now=now)] == ids[:3]


def test_claimers_side_by_side_never_get_one_item(store: Store, now: datetime) -> None:
    ids = _receive(store, now, *(f"doc{i}" for i in range(60)))
    barrier, got, errors = threading.Barrier(4), [], []

    def work(name: str) -> None:
        try:
            barrier.wait()
            while True:
                with store.writing() as conn:
                    taken = inbox.claim(conn, holder=name, limit=3, lease=LEASE, now=now)
                if not taken:
                    return
                got.extend(i.id for i in taken)
        except BaseException as error:  # noqa: BLE001 - handed to the test
            errors.append(error)

    threads = [threading.Thread(target=work, args=(f"t{i}",)) for i in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not errors
    assert sorted(got) == ids


def test_postgresql_claimers_step_over_what_another_holds(databases, tmp_path: Path, now: datetime) -> None:
    url = databases.fresh("postgresql")
    with open_store(url, raw_url=str(tmp_path)) as one, open_store(url, raw_url=str(tmp_path)) as two:
        ids = _receive(one, now, "a", "b")
        with one.writing() as first, two.writing() as second:  # both transactions open at once
            a = inbox.claim(first, holder="one", limit=1, lease=LEASE, now=now)
            b = inbox.claim(second, holder="two", limit=1, lease=LEASE, now=now)
        assert [i.id for i in a + b] == ids
    databases.drop(url)


def test_settled_once_the_first_verdict_counts(store: Store, now: datetime) -> None:
    (one,) = _receive(store, now, "a")
    with store.writing() as conn:
        inbox.claim(conn, holder="x", limit=1, lease=LEASE, now=now)
        assert inbox.settle(conn, one, state="filed", article_id="abc", now=now)
        assert not inbox.settle(conn, one, state="seen", article_id="abc", now=now)
        assert inbox.put_back(conn, one, error="late", not_before=now, now=now, max_attempts=3) is None
        found = inbox.item(conn, one)
    assert found is not None
    assert (found.state, found.article_id, found.settled_at) == ("filed", "abc", now)


def test_put_back_waits_and_gives_up_in_the_end(store: Store, now: datetime) -> None:
    (one,) = _receive(store, now, "a")
    later = now + timedelta(minutes=1)
    with store.writing() as conn:
        inbox.claim(conn, holder="x", limit=1, lease=LEASE, now=now)
        assert inbox.put_back(conn, one, error="no luck", not_before=later, now=now, max_attempts=2) == "captured"
        assert inbox.claim(conn, holder="x", limit=1, lease=LEASE, now=now) == ()
        assert len(inbox.claim(conn, holder="x", limit=1, lease=LEASE, now=later)) == 1
        assert inbox.put_back(conn, one, error="no luck", not_before=later, now=later, max_attempts=2) == "rejected"
        (gone,) = inbox.rejected(conn)
    assert (gone.reason, gone.detail, gone.attempts) == ("gave-up", "no luck", 2)


def test_lease_that_runs_out_is_taken_back_and_poison_set_aside(store: Store, now: datetime) -> None:
    (one,) = _receive(store, now, "a")
    with store.writing() as conn:
        for attempt in range(2):
            start = now + attempt * 2 * LEASE
            assert len(inbox.claim(conn, holder="x", limit=1, lease=LEASE, now=start)) == 1
            assert leases.release_expired(conn, now=start + LEASE, max_attempts=2) == 0, "it still holds"
            assert leases.release_expired(conn, now=start + LEASE + timedelta(seconds=1), max_attempts=2) == 1
        found = inbox.item(conn, one)
    assert found is not None
    assert (found.state, found.reason) == ("rejected", "gave-up")


def test_only_the_holder_settles_what_it_holds(store: Store, now: datetime) -> None:
    ids = _receive(store, now, "a", "b", "c", "d")
    late = now + LEASE + timedelta(seconds=1)
    filed = [(i, "filed", f"article {i}") for i in ids]
    with store.writing() as conn:
        inbox.claim(conn, holder="slow", limit=4, lease=LEASE, now=now)
        leases.release_expired(conn, now=late, max_attempts=3)
        assert not inbox.settle(conn, ids[0], state="filed", now=late, holder="slow"), "it waits for the next one"
        inbox.claim(conn, holder="quick", limit=3, lease=LEASE, now=late)
        assert not inbox.settle(conn, ids[0], state="filed", now=late, holder="slow")
        for max_attempts in (1, 9):
            again = inbox.put_back(
                conn, ids[0], error="e", not_before=late, now=late, max_attempts=max_attempts, holder="slow"
            )
            assert again is None
        inbox.settle_batch(conn, filed, now=late, holder="slow")
        assert inbox.counts(conn) | {"claimed": 3, "captured": 1} == inbox.counts(conn)
        assert inbox.settle(conn, ids[0], state="rejected", reason="empty", now=late, holder="quick")
        assert inbox.put_back(
            conn, ids[1], error="e", not_before=late, now=late, max_attempts=9, holder="quick"
        ) == "captured"  # fmt: skip
        inbox.settle_batch(conn, filed, now=late, holder="quick")
        states = [found.state for i in ids if (found := inbox.item(conn, i))]
    assert states == ["rejected", "captured", "filed", "captured"]


def test_run_that_is_cancelled_gives_back_its_items_and_their_attempts(store: Store, now: datetime) -> None:
    ids = _receive(store, now, "a", "b", "c")
    with store.writing() as conn:
        inbox.claim(conn, holder="mine", limit=2, lease=LEASE, now=now)
        inbox.claim(conn, holder="other", limit=1, lease=LEASE, now=now)
        inbox.settle(conn, ids[0], state="filed", article_id="x", now=now, holder="mine")
        assert leases.release(conn, holder="mine") == 1
        assert leases.release(conn, holder="mine") == 0
        assert inbox.counts(conn) | {"filed": 1, "captured": 1, "claimed": 1} == inbox.counts(conn)
        (again,) = inbox.claim(conn, holder="next", limit=9, lease=LEASE, now=now)
    assert (again.id, again.attempts) == (ids[1], 1)


def test_items_whose_lease_is_ended_are_found_with_what_has_run_out_and_their_attempts_are_as_before(
    store: Store, now: datetime
) -> None:
    ids = _receive(store, now, "a", "b", "c")
    later = now + timedelta(seconds=1)
    with store.writing() as conn:
        inbox.claim(conn, holder="mine", limit=2, lease=LEASE, now=now)
        inbox.claim(conn, holder="other", limit=1, lease=LEASE, now=now)
        assert inbox.settle(conn, ids[0], state="filed", article_id="x", now=now, holder="mine")
        assert [leases.end(conn, holder="mine", now=now) for _ in range(2)] == [1, 0]
        assert leases.expired(conn, now=later) == (ids[1],)
        assert leases.release_expired(conn, now=later, max_attempts=1) == 1  # it was no attempt: nothing is given up
        (again,) = inbox.claim(conn, holder="next", limit=9, lease=LEASE, now=later)
    assert (again.id, again.attempts) == (ids[1], 1)


def test_refused_things_are_kept_once_with_their_reason(store: Store, now: datetime) -> None:
    with store.writing() as conn:
        one = inbox.refuse(conn, input="locked.txt", reason="unreadable", detail="no permission", now=now)
        two = inbox.refuse(conn, input="locked.txt", reason="unreadable", detail="no permission", now=now)
        assert (one.new, two.new, one.item_id) == (True, False, two.item_id)
        assert inbox.counts(conn) == {"noticed": 0, "captured": 0, "claimed": 0, "filed": 0, "seen": 0, "rejected": 1}
        assert inbox.retry(conn, [one.item_id], now=now) == (), "there are no bytes to try again with"


def test_retry_reopens_a_rejection_with_all_its_attempts(store: Store, now: datetime) -> None:
    (one,) = _receive(store, now, "a")
    with store.writing() as conn:
        inbox.claim(conn, holder="x", limit=1, lease=LEASE, now=now)
        inbox.settle(conn, one, state="rejected", reason="too-slow", detail="45 s", now=now)
        assert inbox.retry(conn, [one], now=now) == (one,)
        (again,) = inbox.claim(conn, holder="x", limit=1, lease=LEASE, now=now)
    assert (again.attempts, again.reason) == (1, None)


def test_rejected_pages_by_id(store: Store, now: datetime) -> None:
    with store.writing() as conn:
        ids = [inbox.refuse(conn, input=f"{i}", reason="empty", detail="", now=now).item_id for i in range(5)]
        paged, after = [], 0
        while page := inbox.rejected(conn, after=after, limit=2):
            paged += [i.id for i in page]
            after = page[-1].id
    assert paged == ids


def test_unknown_reason_word_is_a_bug(store: Store, now: datetime) -> None:
    with store.writing() as conn, pytest.raises(ValueError, match="not a reason word"):
        inbox.refuse(conn, input="x", reason="because", detail="", now=now)


def test_names_that_no_database_holds_are_made_storable(store: Store, now: datetime) -> None:
    with store.writing() as conn:
        hints = Hints(publisher="Nul\x00")
        got = inbox.receive(conn, digest="d", size_bytes=1, input="bad\udce4name.txt", hints=hints, now=now)
        found = inbox.item(conn, got.item_id)
    assert found is not None
    assert (found.input, found.hints.publisher) == ("bad�name.txt", "Nul�")


def _notice(store: Store, now: datetime, address: str) -> inbox.Received:
    with store.writing() as conn:
        return inbox.notice(conn, address=address, hints=Hints(url=address, publisher="Echo"), now=now)


def test_noticed_address_is_one_item_that_no_reader_gets(store: Store, now: datetime) -> None:
    first = _notice(store, now, "https://echo.example/a")
    with store.writing() as conn:
        link = "https://echo.example/a?utm_source=feed"
        again = inbox.notice(conn, address="https://echo.example/a", link=link, hints=NO_HINTS, now=now)
    assert (first.new, again.new, again.item_id) == (True, False, first.item_id)
    with store.writing() as conn:
        assert inbox.claim(conn, holder="reader", limit=9, lease=LEASE, now=now) == ()
        (item,) = inbox.claim(conn, holder="fetcher", limit=9, lease=LEASE, now=now, state="noticed")
    assert (item.digest, item.input, item.hints.publisher) == (None, "https://echo.example/a", "Echo")


def test_fetched_bytes_make_a_noticed_item_wait_for_its_reader(store: Store, now: datetime) -> None:
    noticed = _notice(store, now, "https://echo.example/a").item_id

    def capture(holder: str) -> bool:
        with store.writing() as conn:
            hints = Hints(url="https://echo.example/a", headline="Ferries stop")
            return inbox.capture(conn, noticed, digest="d", size_bytes=9, input="page", hints=hints, holder=holder)

    assert not capture("fetcher"), "nobody has claimed it"
    with store.writing() as conn:
        inbox.claim(conn, holder="fetcher", limit=1, lease=LEASE, now=now, state="noticed")
    assert [capture("another"), capture("fetcher"), capture("fetcher")] == [False, True, False]
    with store.writing() as conn:
        (item,) = inbox.claim(conn, holder="reader", limit=1, lease=LEASE, now=now)
    assert (item.id, item.digest, item.attempts, item.hints.headline) == (noticed, "d", 1, "Ferries stop")


def test_noticed_item_goes_back_to_be_fetched_whoever_lets_it_go(store: Store, now: datetime) -> None:
    noticed = _notice(store, now, "https://echo.example/a").item_id
    with store.writing() as conn:
        inbox.claim(conn, holder="a", limit=1, lease=LEASE, now=now, state="noticed")
        assert inbox.put_back(conn, noticed, error="503", not_before=now, now=now, max_attempts=3) == "noticed"
        inbox.claim(conn, holder="b", limit=1, lease=LEASE, now=now, state="noticed")
        leases.release(conn, holder="b")
        assert inbox.due(conn, now=now, state="noticed") == 1
        inbox.claim(conn, holder="c", limit=1, lease=LEASE, now=now, state="noticed")
        assert leases.release_expired(conn, now=now + 2 * LEASE, max_attempts=9) == 1
        assert inbox.counts(conn) | {"noticed": 1, "captured": 0} == inbox.counts(conn)


def test_page_given_up_on_may_be_retried_but_not_what_was_refused_at_the_door(store: Store, now: datetime) -> None:
    noticed = _notice(store, now, "https://echo.example/a").item_id
    with store.writing() as conn:
        refused = inbox.refuse(conn, input="locked.txt", reason="unreadable", detail="no permission", now=now).item_id
        inbox.claim(conn, holder="a", limit=1, lease=LEASE, now=now, state="noticed")
        assert inbox.put_back(conn, noticed, error="503", not_before=now, now=now, max_attempts=1) == "rejected"
        assert inbox.retry(conn, [noticed, refused], now=now) == (noticed,)
        assert [i.id for i in inbox.claim(conn, holder="a", limit=9, lease=LEASE, now=now, state="noticed")] == [
            noticed
        ]


def test_item_that_is_put_off_waits_as_long_and_has_lost_no_attempt(store: Store, now: datetime) -> None:
    noticed = _notice(store, now, "https://echo.example/a").item_id
    with store.writing() as conn:
        inbox.claim(conn, holder="a", limit=1, lease=LEASE, now=now, state="noticed")
        assert not inbox.postpone(conn, noticed, until=now + LEASE, holder="b")
        assert inbox.postpone(conn, noticed, until=now + LEASE, holder="a")
        assert inbox.claim(conn, holder="a", limit=1, lease=LEASE, now=now, state="noticed") == ()
        (item,) = inbox.claim(conn, holder="a", limit=1, lease=LEASE, now=now + LEASE, state="noticed")
    assert item.attempts == 1


def test_holder_that_lives_keeps_its_items_beyond_the_lease(store: Store, now: datetime) -> None:
    _receive(store, now, "a", "b")
    with store.writing() as conn:
        inbox.claim(conn, holder="slow", limit=1, lease=LEASE, now=now)
        inbox.claim(conn, holder="dead", limit=1, lease=LEASE, now=now)
        assert leases.renew(conn, holder="slow", until=now + 3 * LEASE) == 1
        assert leases.release_expired(conn, now=now + 2 * LEASE, max_attempts=5) == 1
