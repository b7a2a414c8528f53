"""How often a feed brings something, and when to look next. Pure: no clock; all times are given.

The next look is due when the feed is expected to have brought so much since the last one: half an entry where entries
are few, which for a steady feed is half its usual gap, and a little over one where they are many. What is expected
follows the feed's own habits: its hours, its days, the minute at which a program puts entries in, and whether a run of
entries is on. tests/bench/feeds_rhythm.py holds this against the rule of Miniflux, and the numbers here are those that
did best there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from math import log
from statistics import median
from typing import Final

from storage.feedrecords import RECENT, FeedState

LEAST: Final = timedelta(minutes=5)
MOST: Final = timedelta(hours=24)
HALF_LIFE: Final = timedelta(days=14)
"""After so long an entry counts half in the habits of its feed: slow enough for weeklies, quick enough for news."""
STEP: Final = timedelta(minutes=1)
PRIOR: Final = 3.0
MINUTE_PRIOR: Final = 30.0
"""So many entries, spread evenly, stand against the habit that the first few seem to show."""
RUN: Final = 3
"""A run is told by its last entries, so many, coming at twice the usual rate."""
LEANING: Final = 1.3
"""How far the looks follow what is expected; above 1 they crowd where it is most and leave the quiet hours bare."""
FEW: Final = 0.5
MANY: Final = 1.3
MANY_A_DAY: Final = 30.0
"""The entries expected between two looks: `FEW` of a feed that has few, `MANY` of one with so many a day or more."""
FILLING: Final = 0.8
"""No look is later than this share of the shortest time in which a page was filled: else entries are missed."""


def learn(state: FeedState, appeared: Iterable[datetime], *, now: datetime) -> FeedState:
    """Remember when entries appeared, in any order. None of them is later than `now`."""
    new = sorted(appeared, reverse=True)
    if not new:
        return state
    fade = 0.5 ** ((now - state.last_new_at) / HALF_LIFE) if state.last_new_at else 1.0
    hours = [n * fade for n in state.hours] or [0.0] * 24
    days = [n * fade for n in state.days] or [0.0] * 7
    minutes = [n * fade for n in state.minutes] or [0.0] * 60
    for at in new:
        weight = 0.5 ** (max(now - at, timedelta()) / HALF_LIFE)
        hours[at.hour] += weight
        days[at.weekday()] += weight
        minutes[at.minute] += weight
    return replace(
        state,
        recent=tuple(sorted((*new, *state.recent), reverse=True)[:RECENT]),
        hours=tuple(round(n, 4) for n in hours),
        days=tuple(round(n, 4) for n in days),
        minutes=tuple(round(n, 4) for n in minutes),
        watched_since=min(filter(None, (state.watched_since, new[-1]))),
        last_new_at=now,
    )


def usual_gap(recent: Sequence[datetime]) -> timedelta | None:
    """Give the median time between the latest entries; those that came within five minutes count as one."""
    events = list(recent[:1])
    for at in recent[1:21]:
        if events[-1] - at >= LEAST:
            events.append(at)
    gaps = [(later - earlier).total_seconds() for later, earlier in pairwise(events)]
    return timedelta(seconds=median(gaps)) if gaps else None


def wait(state: FeedState, *, now: datetime) -> timedelta:
    """Give the time until the next look as the feed's rhythm has it, between `LEAST` and `MOST`."""
    if not state.recent or state.watched_since is None:
        # Nothing is known of it: an hour, then longer and longer.
        return min(state.interval * 2, MOST) if state.polls > 1 else timedelta(hours=1)
    most = MOST
    if state.fastest_fill is not None and state.window >= 5:
        most = max(LEAST, min(MOST, state.fastest_fill * FILLING))
    forecast = _Forecast(state, now)
    steps, due = most // STEP, 0.0
    for n in range(steps):
        # A minute late, since an entry has to be out before a look can find it.
        due += forecast.looks(now + STEP * n) / 60
        if due >= 1:
            return max(LEAST, STEP * (n + 1))
    return most


class _Forecast:
    """What a feed is expected to bring, in entries an hour."""

    def __init__(self, state: FeedState, now: datetime) -> None:
        watched = max(now - (state.watched_since or now), timedelta(hours=1))
        seen = HALF_LIFE / log(2) * (1 - 0.5 ** (watched / HALF_LIFE))
        fade = 0.5 ** ((now - (state.last_new_at or now)) / HALF_LIFE)
        total = sum(state.hours)
        mean = max(total * fade / (seen / timedelta(hours=1)), 1 / (24 * 30))
        near = [(state.hours[h - 1] + 2 * state.hours[h] + state.hours[(h + 1) % 24]) / 4 for h in range(24)]
        self.hours = [mean * 24 * (n + PRIOR / 24) / (total + PRIOR) for n in near]
        self.days = [7 * (n + PRIOR / 7) / (total + PRIOR) for n in state.days]
        self.minutes = [60 * (n + MINUTE_PRIOR / 60) / (total + MINUTE_PRIOR) for n in state.minutes]
        self.run = min(RUN, len(state.recent))
        self.run_began = state.recent[self.run - 1]
        self.usual = 2 * mean
        portion = min(MANY, FEW + (MANY - FEW) * mean * 24 / MANY_A_DAY)
        self.scale = mean ** (1 - LEANING) / portion

    def looks(self, at: datetime) -> float:
        """Give how many looks an hour the expected entries are worth at a time."""
        habit = self.hours[at.hour] * self.days[at.weekday()] * self.minutes[at.minute]
        since = max((at - self.run_began).total_seconds() / 3600, 0.05)
        entries = habit + max(0.0, self.run / since - self.usual)
        return float(self.scale * entries**LEANING)
