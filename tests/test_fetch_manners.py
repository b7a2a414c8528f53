"""Hosts are asked in turn, left alone when they ask for it, and their robots.txt is obeyed."""

import asyncio
import gc
import itertools
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from faultyserver import Answer, FaultyServer, Seen, moved
from fetching import Clock, failure, fetcher, get, refusal

from storage.errors import Rejected, WiredeskError
from tasks import robots
from tasks.exchange import FetchFailed, Request, Response
from tasks.fetch import Memory
from tasks.politeness import Hosts, Politeness, retry_after

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def by_the_clock(clock: Clock, **given: Any) -> dict[str, Any]:
    return {"memory": clock.memory(), "sleep": clock.sleep} | given


def all_of(urls: Sequence[str], *, given: dict[str, Any], robots: bool = False) -> list[Response | WiredeskError]:
    """Get many addresses at once; failures in their places."""

    async def one(made: Any, url: str) -> Response | WiredeskError:
        try:
            return await made.get(Request(url=url, robots=robots))
        except WiredeskError as error:
            return error

    async def run() -> list[Response | WiredeskError]:
        async with fetcher(**given) as made:
            return list(await asyncio.gather(*(one(made, url) for url in urls)))

    return asyncio.run(run())


# Turns.


def turns(clock: Clock, names: Sequence[str], *, takes_s: float = 0.0, **given: Any) -> list[tuple[str, float]]:
    """Take a turn at each host, all at once, and give when each began."""
    hosts = given.pop("hosts", None) or Hosts(clock)
    politeness = Politeness(hosts, sleep=clock.sleep, **{"spacing_s": 5.0, "per_host": 1} | given)
    began: list[tuple[str, float]] = []

    async def visit(name: str) -> None:
        async with politeness.turn(name):
            began.append((name, clock.now))
            if takes_s:
                await clock.sleep(takes_s)

    async def run() -> None:
        await asyncio.gather(*(visit(name) for name in names))

    asyncio.run(run())
    return began


def test_visits_to_one_host_keep_their_distance(clock: Clock) -> None:
    assert [at for _, at in turns(clock, ["a.example"] * 4)] == [1000, 1005, 1010, 1015]


def test_a_host_that_is_slow_itself_is_not_made_to_wait_longer(clock: Clock) -> None:
    assert [at for _, at in turns(clock, ["a.example"] * 3, takes_s=8.0)] == [1000, 1008, 1016]


def test_other_hosts_do_not_wait(clock: Clock) -> None:
    began = turns(clock, ["a.example", "b.example", "c.example"])
    assert [at for _, at in began] == [1000, 1000, 1000]


def test_what_robots_txt_asks_for_is_kept_up_to_a_minute(clock: Clock) -> None:
    hosts = Hosts(clock)
    hosts.slow_down("a.example", 20.0)
    hosts.slow_down("b.example", 86_400.0)
    assert [at for _, at in turns(clock, ["a.example"] * 2, hosts=hosts)] == [1000, 1020]
    clock.now = 5000.0
    assert [at for _, at in turns(clock, ["b.example"] * 2, hosts=hosts)] == [5000, 5060]


def test_a_short_rest_is_waited_for_and_a_long_one_is_not(clock: Clock) -> None:
    hosts = Hosts(clock)
    hosts.rest("a.example", timedelta(seconds=20))
    assert turns(clock, ["a.example"], hosts=hosts, patience_s=30.0) == [("a.example", 1020)]
    hosts.rest("a.example", timedelta(seconds=50))
    hosts.rest("a.example", timedelta(seconds=10))  # a shorter one takes nothing away
    with pytest.raises(FetchFailed) as caught:
        turns(clock, ["a.example"], hosts=hosts, patience_s=30.0)
    assert (caught.value.kind, caught.value.retry_after) == ("resting", timedelta(seconds=50))


def test_no_more_requests_at_once_than_a_host_and_the_desk_allow(server: FaultyServer) -> None:
    server.script("/page", Answer(body=b"page", delay_s=0.06))

    def starts(hosts: Sequence[str], **given: Any) -> list[float]:
        server.seen.clear()
        all_of([server.url("/page", host=host) for host in hosts], given=given)
        return sorted(seen.at for seen in server.seen)

    # With two at once, the third begins only after the first has been answered, 60 ms later.
    at = starts(["a.example"] * 6, per_host=2)
    assert all(later - earlier > 0.05 for earlier, later in zip(at, at[2:], strict=False))
    at = starts([f"{n}.example" for n in range(9)], concurrency=3)
    assert all(later - earlier > 0.05 for earlier, later in zip(at, at[3:], strict=False))


def test_runs_of_one_desk_share_the_places_at_a_host(server: FaultyServer) -> None:
    server.script("/page", Answer(body=b"page", delay_s=0.06))
    asked = Request(url=server.url("/page"), robots=False)

    async def both() -> None:
        memory = Memory()
        async with fetcher(memory=memory, per_host=1) as one, fetcher(memory=memory, per_host=1) as other:
            await asyncio.gather(one.get(asked), other.get(asked))

    asyncio.run(both())
    first, second = sorted(seen.at for seen in server.seen)
    assert second - first > 0.05


def test_hosts_are_forgotten_when_nothing_waits_for_them(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.politeness._REMEMBERED", 10)
    hosts = Hosts(clock)
    hosts.rest("resting.example", timedelta(hours=1))
    for number in range(100):
        hosts[f"{number}.example"].next_at = clock.now - 1
    assert len(hosts.known) <= 11
    assert "resting.example" in hosts.known
    politeness = Politeness(hosts, spacing_s=0.0, per_host=1, sleep=clock.sleep)

    async def visit() -> None:
        async with politeness.turn("a.example"):
            pass

    asyncio.run(visit())
    gc.collect()
    assert not hosts.slots


def test_a_redirect_within_a_host_is_no_new_visit_and_one_to_another_is(server: FaultyServer, clock: Clock) -> None:
    server.script("/old", moved("/new"))
    server.script("/away", moved(server.url("/page", host="b.example")))
    for path in ("/new", "/page"):
        server.script(path, Answer(body=b"page"))
    given = by_the_clock(clock, spacing_s=7.0)
    get(server.url("/old", host="a.example"), given=given)
    assert clock.slept == []
    get(server.url("/page", host="b.example"), given=given)
    get(server.url("/away", host="c.example"), given=given)
    assert clock.slept == [7.0]


# Retry-After.


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("316800", 86_400),  # 88 hours
        ("9" * 400, 86_400),
        (format_datetime(NOW + timedelta(minutes=7), usegmt=True), 420),
        (format_datetime(NOW - timedelta(minutes=7), usegmt=True), 0),
        (format_datetime(NOW + timedelta(days=9), usegmt=True), 86_400),
        ("Sunday, 01-Mar-26 12:00:30 GMT", 30),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("soon", None),
        ("", None),
        (None, None),
        ("Sun, 99 Mar 2026 12:00:00 GMT", None),
        ("Sun, 01 Mar 99999 12:00:00 GMT", None),
        ("Sun, 01 Mar 99999999999 12:00:00 GMT", None),
        ("Sun, 01 Mar 2026 12:00:00 +99999999999999", None),
    ],
)
def test_retry_after_is_read(value: str | None, seconds: int | None) -> None:
    assert retry_after(value, now=NOW) == (None if seconds is None else timedelta(seconds=seconds))


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("as_date", [False, True])
def test_a_host_that_asks_for_a_pause_gets_it_and_others_do_not_suffer(
    server: FaultyServer, clock: Clock, status: int, as_date: bool
) -> None:
    said = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True) if as_date else "3600"
    server.script("/busy", Answer(status=status, headers={"Retry-After": said}))
    server.script("/page", Answer(body=b"page"))
    memory = clock.memory()
    busy, page, other = (
        server.url(path, host=host)
        for path, host in (("/busy", "a.example"), ("/page", "a.example"), ("/page", "b.example"))
    )
    failed = failure(busy, given=by_the_clock(clock, memory=memory))
    assert (failed.kind, failed.status) == ("status", status)
    assert failed.retry_after is not None
    assert abs(failed.retry_after - timedelta(hours=1)) < timedelta(seconds=30)
    # Another fetcher, later in the same process, knows of it too.
    later = failure(page, given=by_the_clock(clock, memory=memory))
    assert (later.kind, later.retry_after) == ("resting", failed.retry_after)
    assert get(other, given=by_the_clock(clock, memory=memory)).body == b"page"
    assert len(server.seen) == 2
    clock.now += 3700
    assert get(page, given=by_the_clock(clock, memory=memory)).body == b"page"


def test_too_many_requests_without_a_word_on_how_long(server: FaultyServer, clock: Clock) -> None:
    server.script("/busy", Answer(status=429))
    server.script("/error", Answer(status=503))
    given = by_the_clock(clock)
    assert failure(server.url("/error"), given=given).kind == "status"
    assert failure(server.url("/busy"), given=given).retry_after is None
    rested = failure(server.url("/busy"), given=given)
    assert (rested.kind, rested.retry_after) == ("resting", timedelta(minutes=5))


def test_those_who_wait_hear_of_a_pause_that_begins_meanwhile(server: FaultyServer, clock: Clock) -> None:
    server.script("/busy", Answer(status=429, headers={"Retry-After": "600"}))
    outcomes = all_of([server.url("/busy")] * 5, given=by_the_clock(clock, per_host=1, spacing_s=5.0))
    assert [getattr(outcome, "kind", None) for outcome in outcomes] == ["status"] + ["resting"] * 4
    assert len(server.seen) == 1


# robots.txt.


@pytest.mark.parametrize(
    ("text", "path", "allowed"),
    [
        ("", "/a", True),
        ("User-agent: *\nDisallow: /a", "/a/b", False),
        ("User-agent: *\nDisallow: /a", "/b", True),
        ("User-agent: *\nDisallow:", "/a", True),
        ("User-agent: *\nDisallow: /\nUser-agent: Wiredesk\nDisallow: /x", "/a", True),
        ("User-agent: Wiredesk\nDisallow: /a\n\nUser-agent: *\nAllow: /", "/a", False),
        ("User-agent: Otherbot\nUser-agent: WireDesk/2.0\nDisallow: /a", "/a", False),
        ("User-agent: wire\nDisallow: /", "/a", True),
        ("User-agent: wiredesk-images\nDisallow: /", "/a", True),
        ("User-agent: Otherbot\nDisallow: /", "/a", True),
        ("User-agent: Otherbot\nDisallow: /\nUser-agent: *\nDisallow: /b", "/a", True),
        ("user agent : *\ndisallow : /a # not here", "/a", False),
        ("\ufeffUser-agent: *\r\nDisallow: /a", "/a", False),
        ("User-agent: *\rDisallow: /a", "/a", False),
        ("User-agent: *\nDisallow: /*.pdf$\nDisallow: /a*z", "/x/y.pdf", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/y.pdf?x", True),
        ("User-agent: *\nDisallow: /a\nAllow: /a/open", "/a/open/1", True),
        ("User-agent: *\nDisallow: /h%C3%B6he", "/h%C3%B6he", False),
        ("User-agent: *\nDisallow: /höhe", "/h%C3%B6he", False),
        ("<html><body>User-agent: * Disallow: /</body></html>", "/a", True),
        ("User-agent: *\nSitemap: x\nDisallow: /a", "/a", False),
    ],
)
def test_rules_are_read(text: str, path: str, allowed: bool) -> None:
    read = robots.read(text.encode())
    assert read.can_fetch(f"https://valley.example{path}", robots.AGENT) is allowed


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"User-agent: {n}\n" for n in range(15_000)) + "Allow: /a\n" * 26_000,
        "\x0b".join(f"User-agent\u00a0: {n}" for n in range(15_000)) + "\x0b" + "Allow: /a\x0b" * 26_000,
        "".join(f"User-agent: *{n}\n" for n in range(15_000)) + "Allow: /a\n" * 26_000,
        "".join(f"User-agent: wiredesk/{n}\n" for n in range(12_000)) + "Allow: /a\n" * 26_000,
        "User-agent: *\nDisallow: /" + "*a" * 250_000,
        "User-agent: *\n" + "Disallow: /*a*a*a*a*a*a*a*a*b\n" * 17_000,
        "User-agent" * 50_000,
        "user" + " " * 500_000,
    ],
)
def test_no_robots_txt_takes_long_to_read(text: str) -> None:
    began = time.process_time()
    read = robots.read(text.encode())
    read.can_fetch("https://valley.example/" + "a" * 2000, robots.AGENT)
    assert time.process_time() - began < 4.0  # 0.1 to 1 s; with every name kept, minutes and gigabytes


def test_what_robots_txt_forbids_is_not_fetched(server: FaultyServer) -> None:
    server.script("/robots.txt", Answer(body=b"User-agent: *\nDisallow: /closed"))
    for path in ("/closed/1", "/open", "/way-in"):
        server.script(path, Answer(body=b"page"))
    server.script("/way-in", moved("/closed/1"))
    assert refusal(server.url("/closed/1"), robots=True).reason == "robots"
    assert get(server.url("/open"), robots=True).body == b"page"
    assert refusal(server.url("/way-in"), robots=True).reason == "robots"
    assert not server.asked("/closed/1")
    assert get(server.url("/closed/1"), robots=False).body == b"page"


def test_each_origin_has_its_own_and_it_is_asked_once(server: FaultyServer, clock: Clock) -> None:
    def rules(seen: Seen) -> Answer:
        closed = seen.headers["host"].startswith("a.")
        return Answer(body=b"User-agent: *\nDisallow: /" if closed else b"", delay_s=0.02)

    server.script("/robots.txt", rules)
    server.script("/page", Answer(body=b"page"))
    urls = [server.url("/page", host=host) for host in ("a.example", "b.example", "b.example", "b.example")]
    given = by_the_clock(clock, per_host=4)
    outcomes = all_of(urls, given=given, robots=True)
    assert isinstance(outcomes[0], Rejected)
    assert [type(outcome) for outcome in outcomes[1:]] == [Response] * 3
    assert len(server.asked("/robots.txt")) == 2
    clock.now += 11 * 3600
    all_of(urls, given=given, robots=True)
    assert len(server.asked("/robots.txt")) == 2
    clock.now += 2 * 3600
    all_of(urls, given=given, robots=True)
    assert len(server.asked("/robots.txt")) == 4


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=404),
        Answer(status=403, body=b"User-agent: *\nDisallow: /"),
        Answer(status=410),
        moved("/robots.txt"),
        moved("http://10.0.0.1/robots.txt"),
        Answer(headers={"X-Much": "m" * 80_000}),
    ],
)
def test_where_there_are_no_rules_all_is_allowed(server: FaultyServer, answer: Answer) -> None:
    server.script("/robots.txt", answer)
    server.script("/page", Answer(body=b"page"))
    assert get(server.url("/page"), robots=True).body == b"page"


@pytest.mark.parametrize(
    "answer", [Answer(status=500), Answer(status=503), Answer(raw=b""), Answer(raw=b"no http\r\n\r\n")]
)
def test_where_nobody_knows_nothing_is_fetched_for_a_while(server: FaultyServer, clock: Clock, answer: Answer) -> None:
    server.script("/robots.txt", answer)
    server.script("/page", Answer(body=b"page"))
    given = by_the_clock(clock)
    failed = failure(server.url("/page"), robots=True, given=given)
    assert (failed.kind, failed.retry_after) == ("robots", timedelta(minutes=10))
    clock.now += 60
    again = failure(server.url("/page"), robots=True, given=given)
    assert (again.kind, again.retry_after) == ("robots", timedelta(minutes=9))
    assert [seen.path for seen in server.seen] == ["/robots.txt"]
    clock.now += 600
    server.script("/robots.txt", Answer())
    assert get(server.url("/page"), robots=True, given=given).body == b"page"


def test_rules_that_are_known_outlast_trouble(server: FaultyServer, clock: Clock) -> None:
    server.script("/robots.txt", Answer(body=b"User-agent: *\nDisallow: /closed"), Answer(status=500))
    server.script("/page", Answer(body=b"page"))
    given = by_the_clock(clock)
    for _ in range(3):
        assert get(server.url("/page"), robots=True, given=given).body == b"page"
        assert refusal(server.url("/closed"), robots=True, given=given).reason == "robots"
        clock.now += 24 * 3600
    assert len(server.asked("/robots.txt")) == 3


def test_a_robots_txt_that_asks_for_a_pause_gets_it(server: FaultyServer, clock: Clock) -> None:
    server.script("/robots.txt", Answer(status=429, headers={"Retry-After": "7200"}))
    given = by_the_clock(clock)
    failed = failure(server.url("/page"), robots=True, given=given)
    assert (failed.kind, failed.retry_after) == ("robots", timedelta(hours=2))
    assert failure(server.url("/page"), given=given).kind == "resting"
    assert [seen.path for seen in server.seen] == ["/robots.txt"]


def test_a_host_at_rest_is_not_taken_for_one_without_rules(server: FaultyServer, clock: Clock) -> None:
    server.script("/busy", Answer(status=429, headers={"Retry-After": "600"}))
    server.script("/page", Answer(body=b"page"))
    given = by_the_clock(clock)
    failure(server.url("/busy"), given=given)
    assert failure(server.url("/page"), robots=True, given=given).kind == "resting"
    clock.now += 601
    assert get(server.url("/page"), robots=True, given=given).body == b"page"


def test_a_long_robots_txt_is_read_as_far_as_it_counts(server: FaultyServer) -> None:
    rules = b"User-agent: *\nDisallow: /early\n" + b"#" * robots.MAX_BYTES + b"\nDisallow: /late\n"
    server.script("/robots.txt", Answer(body=rules * 40, chunked=True))
    server.script("/late", Answer(body=b"page"))
    assert refusal(server.url("/early"), robots=True).reason == "robots"
    assert get(server.url("/late"), robots=True).body == b"page"


def test_a_crawl_delay_spaces_the_visits(server: FaultyServer, clock: Clock) -> None:
    server.script("/robots.txt", Answer(body=b"User-agent: *\nCrawl-delay: 11"))
    at: list[float] = []

    def page(seen: Seen) -> Answer:
        at.append(clock.now)
        return Answer(body=b"page")

    server.script("/page", page)
    all_of([server.url("/page")] * 3, given=by_the_clock(clock, per_host=1), robots=True)
    assert [later - earlier for earlier, later in itertools.pairwise(at)] == [11.0, 11.0]
