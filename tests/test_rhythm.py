"""What a look at a feed comes to, what is remembered of it, and when the next one is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.feedrecords import Answer, Attempt, Entry, FeedPage, FeedState, News, NotAFeed
from tasks import pace, rhythm

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ADDRESS = "https://x.example/feed"
NEW = FeedState(address=ADDRESS, next_poll_at=NOW)


def entries(*ages: timedelta, now: datetime = NOW) -> tuple[Entry, ...]:
    return tuple(Entry(key=str(n), published=(now - age).isoformat()) for n, age in enumerate(ages))


def look(
    state: FeedState,
    answer: Answer = Answer(status=200),  # noqa: B008
    new: tuple[Entry, ...] = (),
    *,
    page: FeedPage | NotAFeed | None = None,
    now: datetime = NOW,
    overrun: bool = False,
    draw: float = 0.5,
) -> tuple[FeedState, Attempt]:
    if new and page is None:
        page = FeedPage(format="rss", entries=new)
    return rhythm.decide(state, answer, page, News(new=new, overrun=overrun), now=now, draw=lambda: draw)


def steady(gap: timedelta, count: int = 20, now: datetime = NOW) -> FeedState:
    """A feed that has brought an entry every `gap`, looked at for the first time at `now`."""
    return look(NEW, new=entries(*(gap * n for n in range(1, count + 1)), now=now), now=now)[0]


def wait(found: tuple[FeedState, Attempt], now: datetime = NOW) -> timedelta:
    assert found[0].next_poll_at == found[1].next_poll_at
    assert found[1].reason
    return found[0].next_poll_at - now


@pytest.mark.parametrize("gap", [timedelta(hours=5, minutes=7), timedelta(hours=9, minutes=13)])
def test_a_steady_feed_is_looked_at_after_about_half_its_gap(gap: timedelta) -> None:
    assert gap / 5 < wait(look(steady(gap))) < gap


def test_the_wait_stays_between_five_minutes_and_a_day() -> None:
    assert wait(look(steady(timedelta(seconds=20)))) >= timedelta(minutes=4.5)
    assert wait(look(steady(timedelta(days=90)))) <= DAY * 1.1
    assert wait(look(NEW)) == HOUR


def test_a_feed_that_never_brings_anything_is_looked_at_once_a_day() -> None:
    state, now = NEW, NOW
    for _ in range(10):
        state, _ = look(state, page=FeedPage(format="rss"), now=now)
        now = state.next_poll_at
    assert wait(look(state, now=now), now) == DAY


def test_nobody_looks_at_night_and_everybody_when_the_paper_comes_out() -> None:
    blog = entries(*(DAY * n + 3 * HOUR for n in range(20)))  # every day at nine
    state, now, looks, seen = look(NEW, new=blog)[0], NOW, [], NOW
    while now < NOW + 5 * DAY:
        paper = now.replace(hour=9, minute=0)
        new = (Entry(key="x", published=paper.isoformat()),) if seen < paper <= now else ()
        state, seen = look(state, new=new, now=now)[0], now
        now = state.next_poll_at
        looks.append(now)
    assert len(looks) <= 20  # four a day for one entry; every two hours would be sixty
    assert sum(8 <= at.hour < 12 for at in looks) > len(looks) * 0.6


def test_a_run_of_entries_brings_the_next_look_forward() -> None:
    calm = steady(timedelta(hours=2))
    running = look(calm, new=entries(MINUTE, 4 * MINUTE, 8 * MINUTE), now=NOW + HOUR)[0]
    assert running.interval < calm.interval / 3


def test_the_window_is_never_given_time_to_run_over() -> None:
    filled = look(NEW, new=entries(*(2 * MINUTE * n for n in range(20))))[0]  # twenty within 38 minutes
    assert filled.fastest_fill == 38 * MINUTE
    state, now = filled, NOW
    for _ in range(60):
        before, state = now, look(state, now=now)[0]
        now = state.next_poll_at
        assert now - before <= 38 * MINUTE


def test_a_page_without_a_known_entry_is_counted_and_looked_at_sooner() -> None:
    state = replace(steady(timedelta(hours=8)), last_success_at=NOW - 4 * HOUR, window=20, entries_seen=20)
    undated = tuple(Entry(key=f"n{n}") for n in range(20))
    (after, attempt), (calm, _) = look(state, new=undated, overrun=True), look(state, new=undated[:2])
    assert (after.possible_gaps, attempt.possible_gap, calm.possible_gaps) == (1, True, 0)
    assert wait((after, attempt)) <= 2 * HOUR
    assert "missed" in attempt.reason
    assert after.fastest_fill == 4 * HOUR


def test_jitter_spreads_the_looks_by_a_tenth() -> None:
    state = steady(timedelta(hours=6))
    low, middle, high = (wait(look(state, draw=draw)) for draw in (0.0, 0.5, 1.0))
    assert (low / middle, high / middle) == (pytest.approx(0.9), pytest.approx(1.1))


def header(**pairs: str) -> Answer:
    return Answer(status=200, headers=tuple((name.replace("_", "-"), value) for name, value in pairs.items()))


@pytest.mark.parametrize(
    ("answer", "hours"),
    [
        (header(Cache_Control="public, max-age=36000"), 10),
        (header(Cache_Control="max-age=36000", Age="7200"), 8),
        (header(Cache_Control="s-maxage=36000, no-cache"), None),
        (header(Expires=format_datetime(NOW + 9 * HOUR, usegmt=True), Date=format_datetime(NOW, usegmt=True)), 9),
        (header(Expires="0"), None),
        (header(Expires=format_datetime(NOW + 9 * HOUR, usegmt=True), Cache_Control="max-age=1"), None),
        (header(Retry_After="25200"), 7),
        (header(Cache_Control="max-age=999999999"), 24),
        (header(Retry_After="316800"), 24),
        (header(Retry_After="soon", Expires="ERROR", Cache_Control="max-age=-1"), None),
    ],
)
def test_what_the_server_asks_for_only_makes_it_later_and_a_day_at_most(answer: Answer, hours: float | None) -> None:
    state = steady(timedelta(hours=4))
    plain = wait(look(state))
    assert wait(look(state, answer)) == (plain if hours is None else hours * HOUR)


def test_what_the_feed_asks_for_is_remembered_while_it_is_unchanged() -> None:
    asking = FeedPage(format="rss", asked=timedelta(hours=11), entries=entries(HOUR))
    state, first = look(steady(timedelta(hours=4)), page=asking)
    assert wait((state, first)) == 11 * HOUR
    assert "ttl" in first.reason
    assert wait(look(state, Answer(status=304, conditional=True))) == 11 * HOUR
    week = replace(asking, asked=timedelta(days=7))
    assert wait(look(state, page=week)) == DAY


def test_validators_are_sent_but_for_once_a_day() -> None:
    state = look(NEW, header(ETag='"a"', Last_Modified="x"), entries(HOUR))[0]
    assert (state.etag, state.last_modified) == ('"a"', "x")
    assert not rhythm.conditional(NEW, now=NOW)
    assert rhythm.conditional(state, now=NOW + 23 * HOUR)
    state = look(state, Answer(status=304, conditional=True), now=NOW + 23 * HOUR)[0]
    assert state.etag == '"a"'
    assert not rhythm.conditional(state, now=NOW + 24 * HOUR)
    state = look(state, header(ETag='"b"'), now=NOW + 24 * HOUR)[0]
    assert rhythm.conditional(state, now=NOW + 25 * HOUR)


@pytest.mark.parametrize(
    ("etag", "age", "lies"),
    [
        ('"a"', timedelta(0), True),  # the validator still stands, so it would have been 304 for ever
        ('"b"', timedelta(hours=6), True),  # published long before the look that was told "nothing new"
        ('"b"', timedelta(minutes=20), False),  # came out since
    ],
)
def test_a_304_that_hid_a_change_marks_the_feed(etag: str, age: timedelta, lies: bool) -> None:
    state = look(NEW, header(ETag='"a"'), entries(30 * HOUR))[0]
    for hours in (10, 23):
        state = look(state, Answer(status=304, conditional=True), now=NOW + hours * HOUR)[0]
    later = NOW + 24 * HOUR
    state = look(state, header(ETag=etag), entries(age, now=later), now=later)[0]
    assert (state.lying, state.lies) == (lies, int(lies))
    assert rhythm.conditional(state, now=later + HOUR) is not lies


def test_new_entries_without_a_304_before_are_no_lie() -> None:
    state = look(NEW, header(ETag='"a"'), entries(30 * HOUR))[0]
    assert not look(state, header(ETag='"a"'), entries(10 * HOUR, now=NOW + DAY), now=NOW + DAY)[0].lying


def test_what_is_no_feed_leaves_validators_and_digest_alone() -> None:
    state = look(NEW, replace(header(ETag='"a"'), body_digest="d1"), entries(HOUR))[0]
    page = NotAFeed(reason="challenge", detail="The site asks for a browser.", sample=b"<html>")
    after, attempt = look(state, replace(header(ETag='"z"'), body_digest="d2"), page=page)
    assert (after.etag, after.body_digest, after.last_success_at) == ('"a"', "d1", NOW)
    assert (attempt.outcome, attempt.detail, after.failures) == ("not-a-feed", page.detail, 0.5)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(failure="timeout"), "soft"),
        (Answer(status=200, failure="too-big"), "soft"),
        (Answer(failure="dns-temporary"), "temporary"),
        (Answer(failure="dns"), "hard"),
        (Answer(failure="forbidden"), "hard"),
        (Answer(status=404), "soft"),
        (Answer(status=403), "soft"),
        (Answer(status=403, headers=(("Retry-After", "60"),)), "limited"),
        (Answer(status=401), "hard"),
        (Answer(status=429), "limited"),
        (Answer(status=503), "limited"),
        (Answer(status=500), "soft"),
        (Answer(status=410), "gone"),
        (Answer(status=304), "soft"),  # nobody asked
        (Answer(status=304, conditional=True), "not-modified"),
        (Answer(status=200), "same"),
    ],
)
def test_every_answer_has_its_word(answer: Answer, outcome: str) -> None:
    state, attempt = look(steady(timedelta(hours=4)), answer)
    assert attempt.outcome == outcome
    assert (state.failures > 0) == (outcome not in ("same", "not-modified"))


def test_failures_back_off_by_their_weight_and_a_success_forgets_them() -> None:
    waits = {}
    for failure in ("dns-temporary", "timeout", "dns"):
        state, now, waits[failure] = steady(timedelta(hours=1)), NOW, []
        for _ in range(12):
            found = look(state, Answer(failure=failure), now=now)
            waits[failure].append(wait(found, now))
            state, now = found[0], found[0].next_poll_at
        assert all(a <= b for a, b in pairwise(waits[failure]))
    assert waits["dns-temporary"][-1] < waits["timeout"][-1] < waits["dns"][-1] <= DAY * 1.1
    assert waits["timeout"][0] < 2 * steady(timedelta(hours=1)).interval
    state = look(state, now=now)[0]
    assert (state.failures, state.failures_in_a_row) == (0, 0)


def test_a_failing_feed_goes_dormant_never_away_and_wakes_up() -> None:
    state, now = steady(timedelta(hours=1)), NOW
    while state.condition == "active":
        state = look(state, Answer(status=500), now=now)[0]
        now = state.next_poll_at
        assert now < NOW + timedelta(days=60)
    assert state.condition == "dormant"
    assert now > NOW + timedelta(days=10)
    state, attempt = look(state, Answer(status=500), now=now)
    assert 6 * DAY < state.next_poll_at - now <= 7 * DAY
    assert "once a week" in attempt.reason
    state = look(state, new=entries(HOUR, now=now), now=now)[0]
    assert (state.condition, state.condition_reason) == ("active", "")


def test_410_disables_only_when_it_is_said_twice_a_day_apart() -> None:
    gone = Answer(status=410)
    first, attempt = look(steady(timedelta(hours=1)), gone)
    assert first.condition == "active"
    assert wait((first, attempt)) >= DAY
    assert look(first, gone, now=NOW + 12 * HOUR)[0].condition == "active"
    back = look(first, now=NOW + DAY)[0]
    assert look(back, gone, now=NOW + 2 * DAY)[0].condition == "active"
    assert look(first, gone, now=first.next_poll_at)[0].condition == "disabled"


@pytest.mark.parametrize("value", ["7200", format_datetime(NOW + 2 * HOUR, usegmt=True)])
def test_whoever_is_told_to_wait_waits_and_not_all_come_back_at_once(value: str) -> None:
    answer = Answer(status=429, headers=(("Retry-After", value),))
    waits = [wait(look(steady(timedelta(minutes=20)), answer, draw=draw)) for draw in (0.0, 1.0)]
    assert waits == [2 * HOUR, 2.5 * HOUR]
    assert wait(look(NEW, Answer(status=429, headers=(("retry-after", "316800"),)), draw=0)) == DAY


def test_a_permanent_redirect_is_adopted_after_a_week_of_agreement() -> None:
    there, state, now = "https://y.example/feed", steady(timedelta(hours=4)), NOW
    for _ in range(7):
        state = look(state, Answer(status=200, moved_to=there), now=now)[0]
        assert state.address == ADDRESS
        now += DAY
    moved = look(state, Answer(status=200, moved_to=there), now=now)[0]
    assert (moved.address, moved.former_addresses, moved.moved_to) == (there, (ADDRESS,), None)
    for contradiction in (None, "https://z.example/feed"):
        doubted = look(state, Answer(status=200, moved_to=contradiction), now=now)[0]
        assert doubted.address == ADDRESS
        assert look(doubted, Answer(status=200, moved_to=there), now=now + HOUR)[0].address == ADDRESS
    page = NotAFeed(reason="html", detail="The answer is a web page.", sample=b"")
    home = look(state, Answer(status=200, moved_to=there), page=page, now=now)[0]
    assert (home.address, home.moved_count) == (ADDRESS, state.moved_count)
    few = replace(steady(timedelta(hours=4)), moved_to=there, moved_since=NOW - 9 * DAY, moved_count=1)
    assert look(few, Answer(status=200, moved_to=there))[0].address == ADDRESS


def test_an_attempt_says_what_was_seen() -> None:
    answer = Answer(status=200, size_bytes=512, elapsed_s=0.4, conditional=True)
    _, attempt = look(NEW, answer, entries(HOUR, 2 * HOUR))
    assert (attempt.at, attempt.status, attempt.outcome, attempt.entries, attempt.new_entries) == (
        NOW,
        200,
        "new",
        2,
        2,
    )
    assert (attempt.size_bytes, attempt.elapsed_s, attempt.conditional) == (512, 0.4, True)


_ANSWERS = st.builds(
    Answer,
    status=st.sampled_from([None, 200, 200, 200, 304, 404, 410, 429, 500, 503]),
    failure=st.sampled_from([None, None, None, "timeout", "dns"]),
    conditional=st.booleans(),
    moved_to=st.sampled_from([None, None, "https://y.example/feed"]),
    headers=st.lists(
        st.tuples(
            st.sampled_from(["Cache-Control", "Expires", "Retry-After", "Age", "ETag", "Date"]),
            st.one_of(
                st.text(max_size=20),
                st.sampled_from(["max-age=60", "3600", "Mon, 02 Mar 2026 99:00:00 GMT", "-1", "²"]),
            ),
        ),
        max_size=3,
    ).map(tuple),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(_ANSWERS, st.integers(0, 25), st.booleans()), max_size=12), st.integers())
def test_whatever_happens_there_is_a_next_look_within_a_week(story: list[tuple[Answer, int, bool]], seed: int) -> None:
    state, now, rng = NEW, NOW, Random(seed)
    for answer, count, overrun in story:
        new = entries(*(timedelta(minutes=rng.uniform(-90, 5000)) for _ in range(count)), now=now)
        read = answer.status == 200 and answer.failure is None
        state, attempt = rhythm.decide(
            state, answer, FeedPage(format="rss", entries=new) if read else None,
            News(new=new, overrun=overrun) if read else News(), now=now, draw=rng.random,
        )  # fmt: skip
        assert timedelta(minutes=5) <= state.next_poll_at - now <= timedelta(days=8)
        assert attempt.reason
        assert list(state.recent) == sorted(state.recent, reverse=True)
        assert all(at <= now for at in state.recent)
        now = state.next_poll_at


def test_usual_gap_counts_what_came_together_once() -> None:
    ages = (0 * MINUTE, 1 * MINUTE, 2 * MINUTE, HOUR, HOUR + MINUTE, 2 * HOUR)
    assert pace.usual_gap([NOW - age for age in ages]) == HOUR
    assert pace.usual_gap([NOW]) is None
