"""Write events as slides of TimelineJS 3, whose JSON an `events` list of slides is. Pure.

A slide wants a start date with a year; what a date covers beyond one instant goes into an end date, and how it is to be
read into `display_date`. Headlines and texts are HTML there, so all that comes from outside is escaped.
"""

import html
import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from storage.rows import days

LONGEST: Final = 90
"""Characters of a headline; the whole sentence stands below it."""
_MONTHS: Final = str.split("January February March April May June July August September October November December")
_SEASONS: Final = {"21": "Spring", "22": "Summer", "23": "Autumn", "24": "Winter"}
_CLOCK: Final = re.compile(r"T(\d\d):(\d\d)(?::(\d\d))?")


def slide(row: Mapping[str, Any], outlets: Mapping[str, str | None]) -> dict[str, Any] | None:
    """Give the slide of a row of the timeline; None if its date cannot be placed.

    `outlets` names those of its articles that are known by one. The first person of the event is its group.
    """
    first, last = days(row["date"])
    if first is None or last is None:
        return None
    start = _parts(row["date"], first)
    made: dict[str, Any] = {"unique_id": row["id"], "start_date": start, "display_date": shown(row["date"])}
    if last != first and not _names_one(row["date"]):
        made["end_date"] = _day(last)
    carried = dict.fromkeys(name for a in row["articles"] if (name := outlets.get(a["article"])))
    told = html.escape(row["text"])
    if carried:
        told += f"<br>Reported by {html.escape(', '.join(carried))}"
    made["text"] = {"headline": html.escape(_cut(row["text"])), "text": told}
    if row["people"]:
        made["group"] = html.escape(row["people"][0])
    return made


def shown(value: str) -> str:
    """Give an EDTF date as people write it: `10 March 2026`, `March 2026`, `Week of 9 March 2026`, `Autumn 2026`."""
    day, _, clock = value.partition("T")
    if week := re.fullmatch(r"(\d{4})-W(\d\d)", day):
        return f"Week of {_written(date.fromisocalendar(int(week[1]), int(week[2]), 1))}"
    if re.fullmatch(r"\d{4}-\d\d-\d\d", day):
        return _written(date.fromisoformat(day)) + (f", {clock[:5]}" if clock else "")
    if open_ended := re.fullmatch(r"(\d{2,3})X{1,2}", day):
        return f"{open_ended[1]:0<4}s"
    year, _, part = day.partition("-")
    if part in _SEASONS:
        return f"{_SEASONS[part]} {year}"
    if part in {"33", "34", "35", "36"}:
        return f"Quarter {int(part) - 32} of {year}"
    if part in {"40", "41"}:
        return f"{'First' if part == '40' else 'Second'} half of {year}"
    if part.isdecimal() and 1 <= int(part) <= 12:
        return f"{_MONTHS[int(part) - 1]} {year}"
    return value if part else year


def _written(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _names_one(value: str) -> bool:
    """Say whether a slide's own fields can say how wide the date is: a year, a month, a day or a time."""
    return re.fullmatch(r"\d{4}(?:-(?:0\d|1[0-2])(?:-\d\d(?:T.*)?)?)?", value) is not None


def _parts(value: str, first: str) -> dict[str, int]:
    if not _names_one(value):
        return _day(first)
    parts = _day(first)
    kept = ("year", "month", "day")[: value.partition("T")[0].count("-") + 1]
    found = {name: parts[name] for name in kept}
    if clock := _CLOCK.search(value):
        found |= {name: int(n) for name, n in zip(("hour", "minute", "second"), clock.groups(), strict=True) if n}
    return found


def _day(day: str) -> dict[str, int]:
    year, month, number = day.split("-")
    return {"year": int(year), "month": int(month), "day": int(number)}


def _cut(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    return text[:LONGEST].rsplit(" ", 1)[0].rstrip(" ,;:–—-") + " …"
