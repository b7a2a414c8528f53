"""Calendar arithmetic on TIMEX3 values: which days a value covers, and steps from one value to another. Pure."""

import re
from calendar import monthrange
from datetime import date, timedelta
from typing import Final

SEASONS: Final = {"SP": (3, 5), "SU": (6, 8), "FA": (9, 11), "WI": (12, 14)}
UNITS: Final = {
    "second": "S", "minute": "M", "hour": "H", "day": "D", "week": "W", "weekend": "W", "month": "M", "year": "Y",
    "decade": "E", "century": "C", "quarter": "Q", "centurie": "C",
}  # fmt: skip


def week(day: date) -> str:
    """Give the ISO week of a day, `2026-W07`."""
    year, number, _ = day.isocalendar()
    return f"{year}-W{number:02d}"


def month(year: int, number: int) -> str:
    """Give a month as `2026-02`; the number may lie outside 1 to 12 and then moves the year."""
    year, number = year + (number - 1) // 12, (number - 1) % 12 + 1
    return f"{year:04d}-{number:02d}"


def shift(anchor: date, unit: str, count: int) -> str | None:
    """Give the value `count` units from a day, as precise as the unit: a week, a month, a year."""
    try:
        if unit == "day":
            return (anchor + timedelta(days=count)).isoformat()
        if unit in ("week", "weekend"):
            return week(anchor + timedelta(weeks=count)) + ("-WE" if unit == "weekend" else "")
        if unit == "month":
            return month(anchor.year, anchor.month + count)
        if unit == "year":
            return f"{anchor.year + count:04d}" if 0 < anchor.year + count < 10000 else None
        if unit == "decade":
            return f"{(anchor.year + 10 * count) // 10:03d}"
        if unit in ("century", "centurie"):
            return f"{(anchor.year + 100 * count) // 100:02d}"
        if unit == "quarter":
            quarter = anchor.year * 4 + (anchor.month - 1) // 3 + count
            return f"{quarter // 4:04d}-Q{quarter % 4 + 1}"
    except (OverflowError, ValueError):
        return None
    return None


def duration(unit: str, count: str) -> str:
    """Give a length of time, `P3D`, `PT2H`, `PXW`."""
    if unit in ("hour", "minute", "second"):
        return f"PT{count}{UNITS[unit]}"
    if unit in ("decade", "century", "centurie"):
        many = {"decade": 10}.get(unit, 100)
        return f"P{int(count) * many}Y" if count.isdigit() else "PXY"
    if unit == "weekend":
        return "P2D" if count == "1" else f"P{count}W"
    if unit == "quarter":
        return f"P{int(count) * 3}M" if count.isdigit() else "PXM"
    return f"P{count}{UNITS[unit]}"


def bounds(value: str | None) -> tuple[str | None, str | None]:
    """Give the first and last day that a value covers; nothing for lengths of time, sets and vague values."""
    if not value or value[:1] == "P" or value.endswith("_REF"):
        return None, None
    days = _days(value.split("T")[0])
    return (days[0].isoformat(), days[1].isoformat()) if days else (None, None)


def _days(value: str) -> tuple[date, date] | None:
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            day = date.fromisoformat(value)
            return day, day
        if match := re.fullmatch(r"(\d{4})-W(\d\d)(-WE)?", value):
            monday = date.fromisocalendar(int(match[1]), int(match[2]), 1)
            return (monday + timedelta(days=5 if match[3] else 0)), monday + timedelta(days=6)
        if match := re.fullmatch(r"(\d{4})-(\d\d)", value):
            return _months(int(match[1]), int(match[2]), int(match[2]))
        if match := re.fullmatch(r"(\d{4})-Q([1-4])", value):
            return _months(int(match[1]), int(match[2]) * 3 - 2, int(match[2]) * 3)
        if match := re.fullmatch(r"(\d{4})-H([12])", value):
            return _months(int(match[1]), int(match[2]) * 6 - 5, int(match[2]) * 6)
        if match := re.fullmatch(r"(\d{4})-(SP|SU|FA|WI)", value):
            return _months(int(match[1]), *SEASONS[match[2]])
        if re.fullmatch(r"\d{2,4}", value):
            span = 10 ** (4 - len(value))
            first = int(value) * span
            return date(max(1, first), 1, 1), date(first + span - 1, 12, 31)
    except ValueError:
        return None
    return None


def _months(year: int, first: int, last: int) -> tuple[date, date]:
    end_year, end = year + (last - 1) // 12, (last - 1) % 12 + 1
    return date(year, first, 1), date(end_year, end, monthrange(end_year, end)[1])


def precision(value: str) -> str:
    """Name how exact a value is: time, day, week, month, quarter, season, year, decade or century."""
    if "T" in value:
        return "time"
    for pattern, name in _PRECISIONS:
        if re.fullmatch(pattern, value):
            return name
    return "year"


_PRECISIONS: Final = (
    (r"\d{4}-\d\d-\d\d", "day"), (r"\d{4}-W\d\d(-WE)?", "week"), (r"\d{4}-\d\d", "month"), (r"\d{4}-[QH]\d", "quarter"),
    (r"\d{4}-(SP|SU|FA|WI)", "season"), (r"\d{4}", "year"), (r"\d{3}", "decade"), (r"\d\d", "century"),
)  # fmt: skip


_EDTF: Final = {
    "SP": "21", "SU": "22", "FA": "23", "WI": "24", "Q1": "33", "Q2": "34", "Q3": "35", "Q4": "36",
    "H1": "40", "H2": "41",
}  # fmt: skip
"""Seasons, quarters and halves of TIMEX3 as EDTF numbers them (level 2, sub-year groupings)."""


def edtf(value: str) -> str:
    """Write a TIMEX3 value as an EDTF date: `2026-SP` is 2026-21, `199` is 199X, `2026-03-13TMO` is its day."""
    day, _, clock = value.partition("T")
    if clock:
        return value if clock[:2].isdigit() else day
    value = value.removesuffix("-WE")  # a weekend is told by its week
    year, _, part = value.partition("-")
    if part in _EDTF:
        return f"{year}-{_EDTF[part]}"
    return f"{value:X<4}" if value.isdigit() and len(value) < 4 else value


def easter(year: int) -> date:
    """Give Easter Sunday of the Gregorian calendar (the anonymous algorithm, Meeus 1991)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30, 0
    e = (32 + 2 * (b % 4) + 2 * (c // 4) - d - c % 4) % 7
    f = d + e - 7 * ((a + 11 * d + 22 * e) // 451) + 114
    return date(year, f // 31, f % 31 + 1)


def nth_weekday(year: int, number: int, weekday: int, nth: int) -> date:
    """Give the nth weekday (0 Monday) of a month; -1 for the last."""
    if nth < 0:
        last = date(year, number, monthrange(year, number)[1])
        return last - timedelta(days=(last.weekday() - weekday) % 7)
    first = date(year, number, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


def holiday(name: str, year: int) -> date | None:
    """Give the day of a holiday in a year."""
    name = name.casefold().replace("’", "'")
    fixed = {
        "christmas day": (12, 25), "christmas": (12, 25), "christmas eve": (12, 24), "new year's day": (1, 1),
        "new year's eve": (12, 31), "independence day": (7, 4), "halloween": (10, 31), "valentine's day": (2, 14),
        "veterans day": (11, 11), "boxing day": (12, 26), "bastille day": (7, 14), "may day": (5, 1),
        "st. patrick's day": (3, 17),
    }  # fmt: skip
    if name in fixed:
        return date(year, *fixed[name])
    if name in ("thanksgiving", "thanksgiving day"):
        return nth_weekday(year, 11, 3, 4)
    if name == "black friday":
        return nth_weekday(year, 11, 3, 4) + timedelta(days=1)
    if name == "labor day":
        return nth_weekday(year, 9, 0, 1)
    if name == "memorial day":
        return nth_weekday(year, 5, 0, -1)
    if name == "columbus day":
        return nth_weekday(year, 10, 0, 2)
    if name == "election day":
        return nth_weekday(year, 11, 0, 1) + timedelta(days=1)
    if name in ("easter", "easter sunday"):
        return easter(year)
    if name == "good friday":
        return easter(year) - timedelta(days=2)
    if name == "easter monday":
        return easter(year) + timedelta(days=1)
    return None
