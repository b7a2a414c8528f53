"""Drawings on a page: where on a scale of time things stand, as shares of its width. Pure: no store, no clock.

A date is drawn as wide as it is vague: a time is a point, a day a bar of a day, a month one of a month.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Self

from storage import rows
from storage.records import sort_time

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_STEPS: Final = (_HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR, _DAY, 2 * _DAY, 7 * _DAY, 14 * _DAY)
_MONTHS: Final = (1, 3, 6, 12, 24, 60, 120, 300, 600, 1200, 6000)
_TICKS: Final = 6
"""Marks on a scale, at most: on a narrow screen every other one is left out, and three names of days fit there."""
_EDGE: Final = 2.0
"""Per cent of the width left free at either end, so that what stands there is not cut off."""
_HIGHEST: Final = 8
"""Dots on top of each other; a number stands for more of them."""
_COLUMN: Final = 2.5
"""Per cent of the width that a column of dots takes: a dot of 8 pixels on a screen of 320."""

Extent = tuple[datetime, datetime]
"""What a date covers, from and to; the two are one for a moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A mark on a scale. `extra` ones are left out where there is little room."""

    x: float
    label: str
    anchor: str
    extra: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """Something at a place; `wide` is the width of a bar, and nothing for a point. `count` things stand there."""

    x: float
    wide: float
    kind: str
    title: str
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """Dots on top of each other: `dots` of them are drawn, of `count`."""

    x: float
    dots: int
    count: int


def extent(date: str | None) -> Extent | None:
    """Give what an ISO 8601 or EDTF date covers; None for what is no date. A time without a zone counts as UTC."""
    if not date:
        return None
    if "T" in date and (moment := sort_time(date)) is not None:
        return moment, moment
    earliest, latest = rows.days(date)
    if earliest is None or latest is None:
        return None
    first, last = (datetime.fromisoformat(day).replace(tzinfo=UTC) for day in (earliest, latest))
    return first, last + min(_DAY, datetime.max.replace(tzinfo=UTC) - last)


@dataclass(frozen=True, slots=True)
class Scale:
    """A stretch of time across the width of a drawing."""

    first: datetime
    last: datetime

    @classmethod
    def around(cls, extents: Iterable[Extent]) -> Self | None:
        """Give the scale on which all of them have room; None if there are none."""
        known = list(extents)
        if not known:
            return None
        first, last = min(e[0] for e in known), max(e[1] for e in known)
        if last - first < _HOUR:  # of a single moment there is nothing to see but where it is
            room = min(6 * _HOUR, first - datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC) - last)
            first, last = first - room, last + room
        return cls(first, last)

    def at(self, moment: datetime) -> float:
        """Give the place of a moment, in per cent of the width, held between the ends."""
        share = (moment - self.first) / (self.last - self.first)
        return round(_EDGE + (100 - 2 * _EDGE) * min(1.0, max(0.0, share)), 2)

    def dot(self, extent: Extent, kind: str, title: str) -> Dot:
        """Place one thing."""
        x = self.at(extent[0])
        return Dot(x=x, wide=round(self.at(extent[1]) - x, 2), kind=kind, title=title)

    def ticks(self, *, finest: timedelta = _HOUR) -> list[Tick]:
        """Give the marks of the scale, at round times at least `finest` apart; the year stands by the first day."""
        marks = next((found for found in self._graduations(finest) if len(found) <= _TICKS), [])
        named = []
        for i, (moment, label) in enumerate(marks):
            x = self.at(moment)
            anchor = "start" if x < 10 else "end" if x > 90 else "middle"
            named.append(Tick(x=x, label=label, anchor=anchor, extra=i % 2 == 1))
        return named

    def _graduations(self, finest: timedelta) -> Iterator[list[tuple[datetime, str]]]:
        """Give the marks of the finest step first."""
        midnight = self.first.replace(hour=0, minute=0, second=0, microsecond=0)
        for step in (step for step in _STEPS if step >= finest):
            count = (self.last - self.first) // step + 2
            if count > 2 * _TICKS:
                continue
            passed = max(0, (self.first - midnight) // step)
            found = [midnight + step * n for n in range(passed, passed + count) if _fits(midnight, step * n)]
            inside = [m for m in found if self.first <= m <= self.last]
            yield [
                (m, f"{_name(m, step)} {m.year}" if m == inside[0] and step >= _DAY else _name(m, step)) for m in inside
            ]
        for months in _MONTHS:
            if (self.last - self.first).days < 2 * _TICKS * 31 * months:
                yield list(self._months(months))

    def _months(self, step: int) -> Iterator[tuple[datetime, str]]:
        first = (self.first.year * 12 + self.first.month - 1) // step * step
        for n in range(first, self.last.year * 12 + 12, step):
            if n >= 12:
                moment = datetime(n // 12, n % 12 + 1, 1, tzinfo=UTC)
                if self.first <= moment <= self.last:
                    yield moment, f"{moment:%Y}" if step >= 12 else f"{moment:%b %Y}"


def _fits(start: datetime, step: timedelta) -> bool:
    return datetime.max.replace(tzinfo=UTC) - start > step


def _name(moment: datetime, step: timedelta) -> str:
    day = f"{moment.day} {moment:%b}"
    return f"{moment:%H:%M}" if step < _DAY and moment.hour else day


def gathered(dots: Iterable[Dot]) -> list[Dot]:
    """Put dots of one kind that stand on each other together, so that a drawing of thousands stays small."""
    found: dict[tuple[float, float, str], list[Dot]] = {}
    for dot in dots:
        found.setdefault((round(dot.x * 2) / 2, round(dot.wide * 2) / 2, dot.kind), []).append(dot)
    return [
        Dot(x=ds[0].x, wide=ds[0].wide, kind=ds[0].kind, count=len(ds),
            title=ds[0].title if len(ds) == 1 else f"{len(ds)} articles, the first: {ds[0].title}")
        for ds in found.values()
    ]  # fmt: skip


def columns(places: Iterable[float]) -> list[Column]:
    """Stack what stands at nearly one place."""
    counts: dict[int, int] = {}
    for x in places:
        counts[int(x / _COLUMN)] = counts.get(int(x / _COLUMN), 0) + 1
    return [
        Column(x=round((at + 0.5) * _COLUMN, 2), dots=min(n, _HIGHEST), count=n) for at, n in sorted(counts.items())
    ]


def growth(places: Sequence[float]) -> str:
    """Draw how a count grows from left to right: the points of a line, in per cent of width and height."""
    total, points = len(places), [(0.0, 100.0)]
    for n, x in enumerate(sorted(places), 1):
        level = round(100 * (1 - n / total), 1)
        if points[-1][0] == x:
            points[-1] = (x, level)
        else:
            points += [(x, points[-1][1]), (x, level)]
    points.append((100.0, 0.0))
    return " ".join(f"{x:g},{y:g}" for x, y in points)


def lanes(bars: Iterable[Dot], *, most: int) -> list[list[Dot]]:
    """Lay bars into rows in which none covers another, at most so many; the vaguest are left out if need be."""
    rows_: list[list[Dot]] = []
    for bar in sorted(bars, key=lambda b: (b.wide, b.x)):
        for row in rows_:
            if all(bar.x >= other.x + other.wide or other.x >= bar.x + bar.wide for other in row):
                row.append(bar)
                break
        else:
            if len(rows_) < most:
                rows_.append([bar])
    return rows_
