"""Give relative expressions, lengths of time and quarters their TIMEX3 value. Pure.

The functions are called as those of `tasks/timedates.py` are.
"""

import re
from datetime import date, timedelta
from typing import Final

from tasks import direction, timevalues
from tasks.grammar import Sentence
from tasks.timedates import Run, Value, anchor, full_year, group, with_part
from tasks.timewords import DAYPARTS, MONTHS, ORDINALS, SEASON_CODES, WEEKDAYS, number, unit_of

_SATURDAY: Final = 5
_TRADE: Final = re.compile(
    r"(?i:profit|revenue|sales|earning|income|turnover|result|fiscal|growth|grew|econom|export|import|output|"
    r"production|orders|deliver|shipment|invest|budget|inflation|price|loss(?:es)?\b|\bmonths\b|\byear|[%$€£]|percent|"
    r"per cent|million|billion)"
)
"""Words without which `the first half` is rather that of a match."""


def same_day(run: Run, s: Sentence, m: re.Match[str]) -> Value | None:
    """Read `the same day`, `the next day` from the last full date."""
    step = {"next": 1, "following": 1, "previous": -1, "before": -1}.get(group(m, "which"), 0)
    last = anchor(run, s, m)
    if last is None:
        return "DATE", None
    return with_part((last + timedelta(days=step)).isoformat(), m)


def same_unit(run: Run, _s: Sentence, m: re.Match[str]) -> Value | None:
    """Read `that year`, `the following month`."""
    step = {"next": 1, "following": 1, "previous": -1}.get(group(m, "which"), 0)
    last = run.last or run.published
    if unit_of(group(m, "u")) == "year" and run.year and run.published:
        return "DATE", f"{run.year + step:04d}"
    return "DATE", (timevalues.shift(last, unit_of(group(m, "u")), step) if last else None)


def relative_unit(run: Run, s: Sentence, m: re.Match[str]) -> Value | None:
    """Read `last week`, `next year`."""
    unit = unit_of(group(m, "u"))
    which = group(m, "which")
    step = (
        -1
        if which in ("last", "past", "previous", "the previous")
        else 1
        if which in ("next", "coming", "upcoming")
        else 0
    )
    if run.published is None:
        return "DATE", None
    if which == "the" and run.published.weekday() < _SATURDAY:
        step = -1 if direction.looks_ahead(run.body, m.start(), m.end(), s) <= -1 else 0
    return "DATE", timevalues.shift(run.published, unit, step)


def past_unit(_run: Run, _s: Sentence, m: re.Match[str]) -> Value | None:
    """Read `the past decade` as a length of time."""
    return "DURATION", timevalues.duration(unit_of(group(m, "u") or group(m, "u2")), "1")


def season(run: Run, _s: Sentence, m: re.Match[str]) -> Value | None:
    """Read a season."""
    code = SEASON_CODES[group(m, "season")]
    if m["y"]:
        return "DATE", f"{full_year(m['y']):04d}-{code}"
    if run.published is None:
        return "DATE", None
    year, now = run.published.year, run.published.month
    first, last = timevalues.SEASONS[code]
    which = group(m, "which")
    if which.startswith("last"):
        year -= 0 if last < now else 1
    elif which.startswith("next"):
        year += 0 if first > now else 1
    elif code == "WI" and now <= 2:
        year -= 1
    return "DATE", f"{year:04d}-{code}"


def ago(run: Run, _s: Sentence, m: re.Match[str]) -> Value | None:
    """Read `two weeks ago`."""
    count, unit = number(group(m, "n")), unit_of(group(m, "u"))
    past = group(m, "dir") not in ("from now", "hence", "from today")
    if unit in ("hour", "minute", "second"):
        return "TIME", None
    if count is None:
        return "DATE", ("PAST_REF" if past else "FUTURE_REF")
    if run.published is None:
        return "DATE", None
    if unit == "decade":
        unit, count = "year", count * 10
    if unit.startswith("centur"):
        unit, count = "year", count * 100
    if count != int(count):
        count = int(count)
    return "DATE", timevalues.shift(run.published, unit, -int(count) if past else int(count))


def before_or_after(run: Run, _s: Sentence, m: re.Match[str]) -> Value | None:
    """Read `a year earlier` from the quarter or the date named last."""
    count, unit = number(group(m, "n")) or 1, unit_of(group(m, "u"))
    if run.quarter and unit == "year" and m.start() - run.quarter[0] < 260:
        year, rest = run.quarter[1].split("-")
        return "DATE", f"{int(year) - 1:04d}-{rest}"
    back = group(m, "dir") in ("earlier", "before", "previously")
    step = -int(count) if back else int(count)
    if unit in ("hour", "minute", "second"):
        return "DATE", None
    if run.before is not None:
        return "DATE", _from_named(run.before[1].split("T")[0], unit, step)
    last = run.last if unit == "day" and run.last else run.published
    return "DATE", timevalues.shift(last, unit, step) if last else None


def _from_named(value: str, unit: str, step: int) -> str | None:
    """Count on from the date that the sentence has named; None if that is too vague (`In May ... a week later`)."""
    if unit in ("year", "decade") and value[:4].isdigit():
        return f"{int(value[:4]) + step * (10 if unit == 'decade' else 1):04d}"
    try:
        day = date.fromisoformat(value + ("-01" if unit == "month" and re.fullmatch(r"\d{4}-\d\d", value) else ""))
    except ValueError:
        return None
    return (day + timedelta(days=7 * step)).isoformat() if unit == "week" else timevalues.shift(day, unit, step)


def lasting(run: Run, _s: Sentence, m: re.Match[str]) -> Value | None:
    """Read a length of time."""
    text, unit = group(m, "n"), unit_of(group(m, "u"))
    count = number(text)
    if (unit == "second" and text in ("a", "one", "another")) or run.body[m.start("u")].isupper():
        return None
    if unit == "quarter" and run.body.startswith(" of ", m.end()):
        return None
    if text in ("a", "an") and re.match(r" (?:after|before)\b", run.body[m.end() : m.end() + 8]):
        return None
    if count is None:
        return "DURATION", timevalues.duration(unit, "X")
    if count != int(count):
        whole, part = int(count), count - int(count)
        smaller = {
            "hour": ("M", 60),
            "year": ("M", 12),
            "minute": ("S", 60),
            "day": ("H", 24),
            "week": ("D", 7),
            "month": ("D", 30),
        }
        if unit in smaller and whole and unit != "week":
            sign, many = smaller[unit]
            head = "PT" if unit in ("hour", "minute") else "P"
            return "DURATION", f"{head}{whole}{timevalues.UNITS[unit]}{round(part * many)}{sign}"
        return "DURATION", timevalues.duration(unit, f"{count:g}")
    return "DURATION", timevalues.duration(unit, str(int(count)))


def repeated(_run: Run, _s: Sentence, m: re.Match[str]) -> Value | None:
    """Read what comes round again."""
    word = group(m, "adv")
    if word:
        return "SET", {"daily": "P1D", "weekly": "P1W", "nightly": "P1D", "hourly": "PT1H", "yearly": "P1Y"}.get(word)
    if group(m, "mon"):
        return "SET", f"XXXX-{MONTHS[group(m, 'mon').rstrip('.')[:3]]:02d}"
    if group(m, "season"):
        return "SET", f"XXXX-{SEASON_CODES[group(m, 'season')]}"
    if group(m, "wd"):
        part = DAYPARTS.get(group(m, "part").rstrip("s"), "")
        return "SET", f"XXXX-WXX-{WEEKDAYS[group(m, 'wd')[:3]] + 1}" + (f"T{part}" if part else "")
    count = number(group(m, "n")) if group(m, "n") else 1
    unit = unit_of(group(m, "u"))
    if unit in ("morning", "night", "evening", "afternoon"):
        return "SET", f"XXXX-XX-XXT{DAYPARTS[unit]}"
    return "SET", timevalues.duration(unit, str(int(count or 1)))


def named_quarter(run: Run, s: Sentence, m: re.Match[str]) -> Value | None:
    """Read a quarter or half year."""
    word = group(m, "q")
    count = ORDINALS.get(word) or int(re.sub(r"\D", "", word) or 0)
    if not 1 <= count <= 4:
        return None
    which = f"{group(m, 'which')} {group(m, 'which2')}"
    code = f"{'H' if group(m, 'u') == 'half' else 'Q'}{count}"
    told = which.strip() or m["y"] or m["y2"]
    if group(m, "u") == "half" and (count > 2 or not (told or _TRADE.search(run.body, s.start, s.end))):
        return None
    if m["y"] or m["y2"]:
        year = full_year((m["y"] or m["y2"])[-4:])
    elif run.published is None:
        return "DATE", None
    else:
        year = run.published.year
        if "last" in which or "earlier" in which or "ago" in which:
            year -= 1
        elif "next" in which:
            year += 1
        elif (
            "this" not in which
            and code[0] == "Q"
            and count * 3 - 2 > run.published.month
            and not direction.looks_ahead(run.body, m.start(), m.end(), s) > 0
        ):
            year -= 1
    value = f"{year:04d}-{code}"
    run.quarter = (m.start(), value)
    return "DATE", value


def latest_quarter(run: Run, _s: Sentence, m: re.Match[str]) -> Value | None:
    """Read `the latest quarter`."""
    if run.published is None:
        return "DATE", None
    value = run.quarter[1] if run.quarter and "Q" in run.quarter[1] else timevalues.shift(run.published, "quarter", -1)
    if value and group(m, "which").startswith(("year-ago", "year-earlier")):
        value = f"{int(value[:4]) - 1:04d}{value[4:]}"
    return "DATE", value


def reference(_run: Run, _s: Sentence, m: re.Match[str]) -> Value | None:
    """Read `now`, `recently`, `the future`."""
    word = group(m, "ref")
    if word in ("the future", "future", "the near future", "near future"):
        return "DATE", "FUTURE_REF"
    return "DATE", "PRESENT_REF" if word in (
        "now",
        "currently",
        "at the moment",
        "at present",
        "current",
    ) else "PAST_REF"
