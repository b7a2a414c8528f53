"""Give dates, times of day and years their TIMEX3 value: the expressions that name a place in the calendar. Pure.

Each function takes what is known on the way through the text, the sentence and the match of its rule; None means that
it is no time expression after all.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from storage.records import TimexType
from tasks import direction, timevalues
from tasks.grammar import Sentence
from tasks.timewords import DAYPARTS, MONTHS, ORDINALS, RULES, WEEKDAYS

Value = tuple[TimexType, str | None]


@dataclass(slots=True)
class Run:
    """What is known on the way through a text: publication day, the last full date, the last quarter named.

    `before` is the last date of the sentence with the offset at which it ends, `told` the last with a year in figures.
    """

    body: str
    published: date | None
    last: date | None = None
    year: int | None = None
    quarter: tuple[int, str] | None = None
    before: tuple[int, str] | None = None
    told: tuple[int, str] | None = None
    day_in_sentence: dict[int, str] = field(default_factory=dict)


def anchor(run: Run, s: Sentence, m: re.Match[str]) -> date | None:
    """Give the last full date; in a clause that looks back the last one that is not after publication."""
    if run.last and run.published and run.last > run.published:
        return run.last if direction.looks_ahead(run.body, m.start(), m.end(), s) > 0 else run.published
    return run.last


def group(m: re.Match[str], name: str) -> str:
    value = m.groupdict().get(name)
    return value.casefold() if value else ""


def with_part(value: str | None, m: re.Match[str], kind: TimexType = "DATE") -> Value:
    part = DAYPARTS.get(group(m, "part").rstrip("s"))
    if part and value:
        return "TIME", f"{value}T{part}"
    return ("TIME" if part else kind), value


def full_year(text: str) -> int:
    year = int(text)
    return year if year > 99 else 1900 + year if year > 40 else 2000 + year


def full_date(_run: Run, _s: Sentence, m: re.Match[str]) -> Value | None:
    """Read a day with month and year."""
    try:
        day = date(
            full_year(group(m, "y")), MONTHS[group(m, "mon").rstrip(".")[:3]], int(re.sub(r"\D", "", group(m, "d")))
        )
    except ValueError:
        return None
    return with_part(day.isoformat(), m)


def iso(_run: Run, _s: Sentence, m: re.Match[str]) -> Value | None:
    """Read a day in ISO form."""
    try:
        day = date(int(m["y"]), int(m["mo"]), int(m["d"])).isoformat()
    except ValueError:
        return None
    return ("TIME", f"{day}T{m['clock']}") if m["clock"] else ("DATE", day)


def slashed(_run: Run, _s: Sentence, m: re.Match[str]) -> Value | None:
    """Read month/day/year."""
    try:
        return "DATE", date(full_year(m["y"]), int(m["a"]), int(m["b"])).isoformat()
    except ValueError:
        return None


def month_day(run: Run, s: Sentence, m: re.Match[str]) -> Value | None:
    """Read a day of a month without a year."""
    number_ = MONTHS[group(m, "mon").rstrip(".")[:3]]
    day = int(re.sub(r"\D", "", group(m, "d")))
    if run.published is None or not 1 <= day <= 31:
        return ("DATE", f"XXXX-{number_:02d}-{day:02d}") if 1 <= day <= 31 else None
    turn = {"last": -1, "next": 1}.get(group(m, "which").split(" ")[0])
    year = run.published.year + turn if turn else None
    if year is None and group(m, "which"):
        year = run.published.year
    if year is None:
        year = _closest_year(run, s, m, number_, day)
        year += _ends_range(run, m, f"{year:04d}-{number_:02d}-{day:02d}")
    try:
        return with_part(date(year, number_, day).isoformat(), m)
    except ValueError:
        return None


def _closest_year(run: Run, s: Sentence, m: re.Match[str], month: int, day: int) -> int:
    here = run.published
    if here is None:
        return 0
    ahead = direction.looks_ahead(run.body, m.start(), m.end(), s)
    if ahead < 0 and (year := _narrated_year(run, m, month)) is not None:
        return year
    best = None
    for year in (here.year - 1, here.year, here.year + 1):
        try:
            gap = (date(year, month, day) - here).days
        except ValueError:
            continue
        if gap > 0:
            cost = gap + (0 if ahead > 0 else 240 if ahead <= -1 else 120)
        else:
            cost = -gap + (120 if ahead > 1 and gap < 0 else 0)
        if best is None or cost < best[0]:
            best = (cost, year)
    return best[1] if best else here.year


def _narrated_year(run: Run, m: re.Match[str], month: int) -> int | None:
    """Give the year that a story of former years has come to; None if the last date is of none, or is far off.

    It takes a date with its month, and tells of days alone: a bare month after a year is news again more often (five of
    five in 73 agency reports).
    """
    if run.told is None or run.published is None or m.start() - run.told[0] > NARRATED:
        return None
    year = int(run.told[1][:4])
    if year != run.year or year >= run.published.year:
        return None
    named = re.match(r"\d{4}-(\d\d)", run.told[1])
    return year + (month < int(named[1]) - 5) if named else None


def month_year(run: Run, _s: Sentence, m: re.Match[str]) -> Value | None:
    """Read a month with its year."""
    month = MONTHS[group(m, "mon").rstrip(".")[:3]]
    if m["y"]:
        return "DATE", f"{full_year(m['y']):04d}-{month:02d}"
    if run.published is None:
        return "DATE", f"XXXX-{month:02d}"
    step = {"last": -1, "this": 0, "next": 1}.get(group(m, "which").split(" ")[0], 0)
    return "DATE", f"{run.published.year + step:04d}-{month:02d}"


NARRATED: Final = 300
"""Characters for which a year that has been named in figures holds."""
_BESIDE: Final = re.compile(r"(?:, (?:which (?:is|was) )?a| \(a?) ?")
_RANGE: Final = re.compile(r",? ?(?:to|through|until|till|[-–—])(?: the (?:end|middle|start) of)?(?: early| late)? ?")


def _ends_range(run: Run, m: re.Match[str], value: str) -> bool:
    """True if a date would end before it began: `from April 1 to September 30` lies in one year."""
    return (
        run.before is not None
        and run.before[1] > value
        and _RANGE.fullmatch(run.body, run.before[0], m.start()) is not None
    )


def bare_month(run: Run, s: Sentence, m: re.Match[str]) -> Value | None:
    """Read a bare month."""
    month = MONTHS[group(m, "mon").rstrip(".")[:3]]
    if run.published is None:
        return "DATE", f"XXXX-{month:02d}"
    which, now = group(m, "which"), run.published
    if which.startswith(("last", "past", "previous")):
        return "DATE", f"{now.year - (month >= now.month):04d}-{month:02d}"
    if which.startswith("next"):
        return "DATE", f"{now.year + (month <= now.month):04d}-{month:02d}"
    if which.startswith(("this", "earlier this")):
        return "DATE", f"{now.year:04d}-{month:02d}"
    ahead = direction.looks_ahead(run.body, m.start(), m.end(), s)
    if month == now.month:
        year = now.year
    elif ahead > 0:
        year = now.year + (month < now.month)
    elif ahead == direction.UNTOLD:
        year = now.year + (month < now.month - 6) - (month > now.month + 6)
    else:
        year = now.year - (month > now.month)
    if year < now.year + (month < now.month):
        year += _ends_range(run, m, f"{year:04d}-{month:02d}")
    return "DATE", f"{year:04d}-{month:02d}"


def bare_weekday(run: Run, s: Sentence, m: re.Match[str]) -> Value | None:
    """Read a bare weekday."""
    if run.published is None:
        return with_part(None, m)
    which = group(m, "which")
    want = WEEKDAYS[group(m, "wd")[:3]]
    if run.before and run.last and run.before[1] == run.last.isoformat() and run.last.weekday() == want:
        beside = _BESIDE.fullmatch(run.body, run.before[0], m.start())
        if beside:
            return with_part(run.last.isoformat(), m)
    back = (run.published.weekday() - want) % 7
    if which.startswith(("last", "past", "previous")):
        day = run.published - timedelta(days=back or 7)
    elif which.startswith(("next", "coming", "following", "this coming")):
        day = run.published + timedelta(days=(7 - back) if back else 7)
    elif which.startswith("this"):
        ahead = direction.looks_ahead(run.body, m.start(), m.end(), s)
        day = (
            run.published - timedelta(days=back)
            if ahead <= 0 and back
            else run.published + timedelta(days=(7 - back) % 7)
        )
    elif direction.looks_ahead(run.body, m.start(), m.end(), s) > 0:
        day = run.published + timedelta(days=(7 - back) % 7)
    else:
        day = run.published - timedelta(days=back)
    return with_part(day.isoformat(), m)


def today(run: Run, _s: Sentence, m: re.Match[str]) -> Value | None:
    """Read today, yesterday, tomorrow."""
    word = group(m, "w")
    if run.published is None:
        return "DATE", None
    step = {"yesterday": -1, "tomorrow": 1}.get(word, 0)
    day = (run.published + timedelta(days=step)).isoformat()
    if word == "tonight":
        return "TIME", f"{day}TNI"
    return with_part(day, m)


def this_part(run: Run, _s: Sentence, m: re.Match[str]) -> Value | None:
    """Read this morning, last night."""
    if run.published is None:
        return "TIME", None
    day = run.published - timedelta(days=1) if group(m, "which").startswith("last") else run.published
    return with_part(day.isoformat(), m)


def decade(_run: Run, _s: Sentence, m: re.Match[str]) -> Value | None:
    """Read a decade."""
    text = re.sub(r"\D", "", m["dec"])
    return "DATE", (text[:3] if len(text) == 4 else f"19{text[0]}")


def century(_run: Run, _s: Sentence, m: re.Match[str]) -> Value | None:
    """Read a century."""
    count = ORDINALS.get(group(m, "ord")) or int(re.sub(r"\D", "", group(m, "ord")) or 0)
    return ("DATE", f"{count - 1:02d}") if 1 <= count <= 30 else None


def bare_year(_run: Run, _s: Sentence, m: re.Match[str]) -> Value | None:
    """Read a year."""
    return "DATE", m["y"]


def holiday(run: Run, s: Sentence, m: re.Match[str]) -> Value | None:
    """Read a holiday."""
    if m["y"]:
        day = timevalues.holiday(m["name"], full_year(m["y"]))
        return "DATE", (day.isoformat() if day else None)
    if run.published is None:
        return "DATE", None
    which = group(m, "which")
    years = [run.published.year + k for k in (-1, 0, 1)]
    days = [d for d in (timevalues.holiday(m["name"], y) for y in years) if d]
    if which.startswith("last"):
        days = [d for d in days if d < run.published][-1:]
    elif which.startswith("next"):
        days = [d for d in days if d > run.published][:1]
    elif which.startswith("this"):
        days = days[1:2]
    if not days:
        return None
    here = run.published
    if not which and direction.looks_ahead(run.body, m.start(), m.end(), s) <= -1:
        days = [d for d in days if d <= here] or days
    return "DATE", min(days, key=lambda d: abs((d - here).days)).isoformat()


def clock(run: Run, s: Sentence, m: re.Match[str]) -> Value | None:
    """Read a time of day."""
    hour, minute = int(m["h"] or 0), int(m["min"] or 0)
    half = group(m, "half").replace(".", "").replace(" ", "")
    word = group(m, "word")
    if word:
        hour, minute = {"noon": 12, "midday": 12, "midnight": 0}[word], 0
    if half.startswith("p") or group(m, "part") in ("evening", "afternoon", "night"):
        hour = hour + 12 if hour < 12 else hour
    elif (half.startswith("a") or group(m, "part") == "morning") and hour == 12:
        hour = 0
    if hour > 24 or minute > 59:
        return None
    groups = m.groupdict()
    day: str | None = None
    if groups.get("wd"):
        day = (bare_weekday(run, s, m) or ("", None))[1]
    elif groups.get("mon"):
        day = ((full_date if groups.get("y") else month_day)(run, s, m) or ("", None))[1]
    elif groups.get("w"):
        day = (today(run, s, m) or ("", None))[1]
    day = day.split("T")[0] if day else None
    if day is None:
        day = run.day_in_sentence.get(s.index) or _day_ahead(run, s, m)
    return "TIME", (
        f"{day}T{hour:02d}:{minute:02d}"
        if day
        else f"XXXX-XX-XXT{hour:02d}:{minute:02d}"
        if run.published is None
        else None
    )


def _day_ahead(run: Run, s: Sentence, m: re.Match[str]) -> str | None:
    """Give the day named later in the sentence, else the last one, else publication."""
    for name, pattern in RULES:
        if name in _DAYS:
            match = pattern.search(run.body, m.end(), s.end)
            if match:
                settled = _DAYS[name](run, s, match)
                if settled and settled[1]:
                    return settled[1].split("T")[0]
    last = anchor(run, s, m) or run.published
    return last.isoformat() if last else None


_DAYS: Final[dict[str, Callable[[Run, Sentence, re.Match[str]], Value | None]]] = {
    "weekday": bare_weekday, "today": today, "month_day": month_day, "full_date": full_date,
}  # fmt: skip
