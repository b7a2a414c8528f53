"""How often a feed brings something, and when to look next. Pure: no clock; all times are given.

The next look is due when the feed is expected to have brought half an entry since the last one: half the usual gap for
a steady feed, sooner at the hours at which it publishes and while a run of entries lasts, later at night and in
silence. tests/bench/feeds_rhythm.py holds this against the rule of Miniflux.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Final

from storage.feedrecords import RECENT, FeedState

LEAST: Final = timedelta(minutes=5)
MOST: Final = timedelta(hours=24)
HALF_LIFE: Final = timedelta(days=14)
"""After so long an entry counts half in the habits of its feed: slow enough for weeklies, quick enough for news."""
STEP: Final = timedelta(minutes=10)
PRIOR: Final = 3.0
"""So many entries, spread evenly, stand against the habit that the first few seem to show."""
RUN: Final = 3
"""A run is told by its last entries, so many."""
LEANING: Final = 0.75
"""How far the looks follow what is expected: at 1 a quiet hour gets next to none."""


def learn(state: FeedState, appeared: Iterable[datetime], *, now: datetime) -> FeedState:
    """Remember when entries appeared, in any order. None of them is later than `now`."""
    new = sorted(appeared, reverse=True)
    if not new:
        return state
    fade = 0.5 ** ((now - state.last_new_at) / HALF_LIFE) if state.last_new_at else 1.0
    hours = [n * fade for n in state.hours] or [0.0] * 24
    days = [n * fade for n in state.days] or [0.0] * 7
    for at in new:
        weight = 0.5 ** (max(now - at, timedelta()) / HALF_LIFE)
        hours[at.hour] += weight
        days[at.weekday()] += weight
    return replace(
        state,
        recent=tuple(sorted((*new, *state.recent), reverse=True)[:RECENT]),
        hours=tuple(round(n, 4) for n in hours),
        days=tuple(round(n, 4) for n in days),
        watched_since=min(filter(None, (state.watched_since, new[-1]))),
        last_new_at=now,
    )


def usual_gap(recent: Sequence[datetime]) -> timedelta | None:
    """Give the median time between the latest entries; those that came within five minutes count as one."""
    events = list(recent[:1])
    for at in recent[1:21]:
        if events[-1] - at >= LEAST:
            events.append(at)
    return median(a - b for a, b in pairwise(events)) if len(events) > 1 else None


def wait(state: FeedState, *, now: datetime) -> timedelta:
    """Give the time until the next look as the feed's rhythm has it, between `LEAST` and `MOST`."""
    if not state.recent or state.watched_since is None:
        return min(max(state.interval, timedelta(hours=1)) * 2, MOST) if state.polls > 1 else timedelta(hours=1)
    most = MOST
    if state.fastest_fill is not None and state.window >= 5:
        most = max(LEAST, min(MOST, state.fastest_fill * 0.5))
    forecast = _Forecast(state, now)
    due = 0.0
    at = timedelta()
    while at < most:
        due += forecast.looks(now + at + STEP / 2) * (STEP / timedelta(hours=1))
        if due >= 1:
            # Within the last step the looks are spread evenly.
            over = (due - 1) / max(forecast.looks(now + at + STEP / 2) * (STEP / timedelta(hours=1)), 1e-9)
            return max(LEAST, min(at + STEP * (1 - over), most))
        at += STEP
    return most


class _Forecast:
    """What a feed is expected to bring, in entries an hour."""

    def __init__(self, state: FeedState, now: datetime) -> None:
        watched = max(now - (state.watched_since or now), timedelta(hours=1))
        seen = HALF_LIFE / 0.6931 * (1 - 0.5 ** (watched / HALF_LIFE))
        fade = 0.5 ** ((now - (state.last_new_at or now)) / HALF_LIFE)
        total = sum(state.hours)
        self.mean = max(total * fade / (seen / timedelta(hours=1)), 1 / (24 * 30))
        spread = [(state.hours[h - 1] + 2 * state.hours[h] + state.hours[(h + 1) % 24]) / 4 for h in range(24)]
        self.hours = [24 * (n + PRIOR / 24) / (total + PRIOR) for n in spread]
        self.days = [7 * (n + PRIOR / 7) / (total + PRIOR) for n in state.days]
        self.run_began = state.recent[min(RUN, len(state.recent)) - 1]
        self.run = min(RUN, len(state.recent))

    def entries(self, at: datetime) -> float:
        usual = self.mean * self.hours[at.hour] * self.days[at.weekday()]
        since = max((at - self.run_began) / timedelta(hours=1), 0.05)
        return usual + max(0.0, self.run / since - 2 * self.mean)

    def looks(self, at: datetime) -> float:
        return 2 * self.mean ** (1 - LEANING) * self.entries(at) ** LEANING
