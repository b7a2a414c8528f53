"""Simulate six weeks of polling: this desk's rhythm against the entry-frequency rule of Miniflux, at equal requests.

    python tests/bench/feeds_rhythm.py [--days N]

The publication times are invented, but shaped like those of real desks. Every feed's page holds its latest 20 entries.
The rule of Miniflux (a week divided by the entries of the last week and a factor, between 5 minutes and 24 hours; no
entries, 24 hours) gets the factor at which it makes as many requests as the desk does: over all feeds together, and
once more for each kind alone. The first two weeks are for learning and not counted.
"""

import argparse
import sys
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from statistics import median

from storage.feedrecords import Answer, Entry, FeedPage, FeedState, News
from tasks import rhythm

START = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
WINDOW = 20
MISSED_MOST = 0.001
DELAY_MOST = 0.5


def burst_desk(rng: Random, days: int) -> list[datetime]:
    """Quiet, but three times a day something happens: up to thirty entries, one every three minutes."""
    times = []
    for day in range(days):
        midnight = START + timedelta(days=day)
        busy = 1.0 if midnight.weekday() < 5 else 0.5
        times += [midnight + timedelta(hours=rng.triangular(6, 23, 14)) for _ in range(round(10 * busy))]
        for _ in range(sum(rng.random() < busy for _ in range(3))):
            at = midnight + timedelta(hours=rng.uniform(6, 22))
            for _ in range(rng.randint(6, 30)):
                times.append(at)
                at += timedelta(minutes=rng.expovariate(1 / 3))
    return times


def daily_blog(rng: Random, days: int) -> list[datetime]:
    """A post on working days at about the same time, now and then none, now and then two."""
    hour, times = rng.uniform(6, 20), []
    for day in range(days):
        midnight = START + timedelta(days=day)
        if midnight.weekday() < 5 and rng.random() < 0.9:
            times.append(midnight + timedelta(hours=rng.gauss(hour, 0.6)))
            if rng.random() < 0.1:
                times.append(times[-1] + timedelta(hours=rng.uniform(1, 6)))
    return times


def dead_feed(rng: Random, days: int) -> list[datetime]:
    """Nothing for weeks; then, in one of three, a single word."""
    times = [START - timedelta(days=rng.uniform(20, 300) + 3 * n) for n in range(WINDOW)]
    return times + ([START + timedelta(days=rng.uniform(14, days))] if rng.random() < 0.34 else [])


def busy_newsroom(rng: Random, days: int) -> list[datetime]:
    """A hundred entries a day for a page of twenty; half are put in by a program each quarter of an hour."""
    times, offset = [], rng.uniform(0, 15)
    for day in range(days):
        midnight = START + timedelta(days=day)
        count = round(rng.gauss(100, 10) * (1.0 if midnight.weekday() < 5 else 0.6))
        for _ in range(count):
            hour = rng.triangular(6, 23, 15) if rng.random() < 0.93 else rng.uniform(0, 24)
            if rng.random() < 0.5:
                hour = (hour * 4 // 1 + 1) / 4 + offset / 60
            times.append(midnight + timedelta(hours=hour, seconds=rng.uniform(0, 40)))
    return times


def newsroom(rng: Random, days: int) -> list[datetime]:
    """Twenty-five entries a day in working hours, a third set for the half hour, some of them put out together."""
    times = []
    for day in range(days):
        midnight = START + timedelta(days=day)
        for _ in range(round(20 * (1.0 if midnight.weekday() < 5 else 0.4))):
            hour = rng.triangular(7, 20, 11)
            if rng.random() < 0.33:
                hour = round(hour * 2) / 2
            at = midnight + timedelta(hours=hour, seconds=rng.uniform(0, 40))
            times += [at, at + timedelta(seconds=30)] if rng.random() < 0.2 else [at]
    return times


def magazine(rng: Random, days: int) -> list[datetime]:
    """Three pieces a week, at any time of a working day."""
    return [
        START + timedelta(days=7 * week + day, hours=rng.uniform(8, 18))
        for week in range(days // 7)
        for day in rng.sample(range(5), 3)
    ]


KINDS: dict[str, tuple[Callable[[Random, int], list[datetime]], int]] = {
    "burst desk": (burst_desk, 3),
    "daily blog": (daily_blog, 8),
    "dead feed": (dead_feed, 6),
    "20-item window": (busy_newsroom, 2),
    "newsroom": (newsroom, 8),
    "magazine": (magazine, 6),
}


@dataclass
class Tally:
    """What polling some feeds came to."""

    requests: int = 0
    entries: int = 0
    missed: int = 0
    delays: list[timedelta] = field(default_factory=list)

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.requests + other.requests,
            self.entries + other.entries,
            self.missed + other.missed,
            self.delays + other.delays,
        )

    @property
    def delay(self) -> timedelta:
        return timedelta(seconds=median(d.total_seconds() for d in self.delays)) if self.delays else timedelta()


class Feed:
    """One feed, its past and its future, polled once from start to end by some rule."""

    def __init__(self, times: Sequence[datetime]) -> None:
        self.times = sorted(times)

    def run(self, rule: Callable[["Feed", datetime, int], datetime], days: int, learning: int) -> Tally:
        """Poll by a rule, which is told of each poll how many entries were known before it, and gives the next."""
        tally, now, known = Tally(), START, 0
        counted = START + timedelta(days=learning)
        while now < START + timedelta(days=days):
            out = bisect_right(self.times, now)
            new = range(max(known, out - WINDOW), out)
            if now >= counted:
                tally.requests += 1
            late = [i for i in range(known, out) if self.times[i] >= counted]
            tally.entries += len(late)
            tally.missed += sum(i < new.start for i in late)
            tally.delays += [now - self.times[i] for i in late if i >= new.start]
            following = rule(self, now, known)
            known, now = out, following
        return tally

    def page(self, now: datetime) -> tuple[int, int]:
        """Give the numbers of the entries that the page holds."""
        out = bisect_right(self.times, now)
        return max(0, out - WINDOW), out


def desk(rng: Random) -> Callable[[Feed, datetime, int], datetime]:
    """The desk's own rule, through the very decision that the desk takes."""
    state = FeedState(address="https://x.example/feed", next_poll_at=START)

    def rule(feed: Feed, now: datetime, known: int) -> datetime:
        nonlocal state
        first, out = feed.page(now)
        new = tuple(_entry(feed, i) for i in range(max(known, first), out))
        shown = tuple(_entry(feed, i) for i in range(first, out)) if new else ()
        page = FeedPage(format="rss", entries=shown) if new else None
        overrun = bool(new) and known > 0 and known <= first
        news = News(new=new, unchanged=len(shown) - len(new), overrun=overrun)
        state, _ = rhythm.decide(state, Answer(status=200), page, news, now=now, draw=rng.random)
        return state.next_poll_at

    return rule


def _entry(feed: Feed, i: int) -> Entry:
    return Entry(key=str(i), published=feed.times[i].isoformat())


def miniflux(factor: float) -> Callable[[Feed, datetime, int], datetime]:
    """The entry-frequency rule of Miniflux 2.3.3; its scheduler is taken to wake without delay."""

    def rule(feed: Feed, now: datetime, known: int) -> datetime:
        weekly = bisect_right(feed.times, now) - bisect_right(feed.times, now - timedelta(days=7))
        interval = timedelta(days=7) / (weekly * factor) if weekly else timedelta(hours=24)
        return now + min(max(interval, timedelta(minutes=5)), timedelta(hours=24))

    return rule


def at_equal_requests(feeds: Sequence[Feed], requests: int, days: int, learning: int) -> tuple[float, list[Tally]]:
    """Find the factor at which Miniflux makes as many requests, and give what that came to feed by feed."""
    low, high = 0.01, 100.0
    for _ in range(18):
        factor = (low * high) ** 0.5
        tallies = [feed.run(miniflux(factor), days, learning) for feed in feeds]
        made = sum(t.requests for t in tallies)
        if abs(made - requests) <= requests * 0.005:
            break
        low, high = (factor, high) if made < requests else (low, factor)
    return factor, tallies


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=42)
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    days, learning = args.days, 14
    rng = Random(args.seed)
    kinds = [kind for kind, (_, count) in KINDS.items() for _ in range(count)]
    feeds = [Feed(KINDS[kind][0](rng, days)) for kind in kinds]
    ours = [feed.run(desk(rng), days, learning) for feed in feeds]
    total = sum(ours, Tally())
    factor, theirs = at_equal_requests(feeds, total.requests, days, learning)
    print(f"{len(feeds)} feeds, {days - learning} days, {total.entries} entries, pages of {WINDOW}")
    print(f"{'':>15}  requests  missed  median delay   Miniflux at equal requests, all together | kind alone")
    for kind in KINDS:
        of = [i for i, k in enumerate(kinds) if k == kind]
        mine, their = sum((ours[i] for i in of), Tally()), sum((theirs[i] for i in of), Tally())
        _, alone = at_equal_requests([feeds[i] for i in of], mine.requests, days, learning)
        own = sum(alone, Tally())
        print(
            f"{kind:>15} {mine.requests:9} {mine.missed:7} {_minutes(mine):>13}   "
            f"{their.requests:9} {their.missed:5} {_minutes(their):>9} |"
            f" {own.requests:9} {own.missed:5} {_minutes(own):>9}"
        )
    rival = sum(theirs, Tally())
    share = total.delay / rival.delay
    print(
        f"{'together':>15} {total.requests:9} {total.missed:7} {_minutes(total):>13}   "
        f"{rival.requests:9} {rival.missed:5} {_minutes(rival):>9}   (factor {factor:.2f})"
    )
    missed = total.missed / total.entries
    print(f"missed {missed:.3%} (at most {MISSED_MOST:.1%}); delay {share:.2f} of Miniflux's (at most {DELAY_MOST})")
    return 0 if missed <= MISSED_MOST and share <= DELAY_MOST else 1


def _minutes(tally: Tally) -> str:
    return f"{tally.delay / timedelta(minutes=1):.1f} min"


if __name__ == "__main__":
    sys.exit(main())
