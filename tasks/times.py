"""Find time expressions in English news and normalise them as TIMEX3 against the day of publication. Pure; no clock.

Expressions are delimited by rule, longest sense first. Without a day of publication a relative one keeps a null value.
Bare weekdays and months look back unless the words around them look ahead.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from storage.records import Timex, TimexType
from tasks import direction, foreigntimes, timevalues
from tasks.grammar import Layout, Sentence
from tasks.timewords import (
    DAYPARTS,
    GATE,
    MONTHS,
    NEEDS,
    ORDINALS,
    RULES,
    SEASON_CODES,
    SIGNS,
    WEEKDAYS,
    number,
    unit_of,
)

VERSION: Final = 1

_Value = tuple[TimexType, str | None]


@dataclass(slots=True)
class _Run:
    """What is known on the way through a text: publication day, the last full date, the last quarter named."""

    body: str
    published: date | None
    last: date | None = None
    year: int | None = None
    quarter: tuple[int, str] | None = None
    day_in_sentence: dict[int, str] = field(default_factory=dict)


def publication_day(published: str | None) -> date | None:
    """Give the day of an ISO 8601 time; None if it is no full date, or one that no newspaper can bear."""
    try:
        day = date.fromisoformat((published or "")[:10])
    except ValueError:
        return None
    return day if 1600 <= day.year < 2200 else None


def find(body: str, layout: Layout, *, published: str | None, language: str | None = "en") -> list[Timex]:
    """Find the time expressions of a text, in order, never overlapping.

    `published` is ISO 8601. In other languages than English only dates that dateparser can settle are given.
    """
    if language is not None and language.casefold()[:2] != "en":
        return foreigntimes.find(body, language)
    run = _Run(body, publication_day(published))
    found: list[Timex] = []
    for s in layout.sentences:
        if GATE.search(body, s.start, s.end):
            found += _sentence(run, s)
    return found


def _sentence(run: _Run, s: Sentence) -> list[Timex]:
    taken: list[tuple[int, int, re.Match[str], str]] = []
    held = {sort for sort, sign in SIGNS.items() if sign.search(run.body, s.start, s.end)}
    for name, pattern in RULES:
        if name in NEEDS and NEEDS[name] not in held:
            continue
        for match in pattern.finditer(run.body, s.start, s.end):
            a, b = match.span("x") if "x" in pattern.groupindex else match.span()
            if a < b and not any(a < d and c < b for c, d, _, _ in taken):
                taken.append((a, b, match, name))
    found: list[Timex] = []
    for a, b, match, name in sorted(taken, key=lambda t: t[0]):
        settled = _HANDLERS[name](run, s, match)
        if settled is None:
            continue
        kind, value = settled
        first, last = timevalues.bounds(value)
        found.append(Timex(text=run.body[a:b], start=a, end=b, type=kind, value=value, earliest=first, latest=last))
        if value and re.match(r"\d{4}(?:-|$)", value):
            run.year = int(value[:4])
        if value and re.match(r"\d{4}-\d\d-\d\d", value):
            try:
                run.last = date.fromisoformat(value[:10])
                run.day_in_sentence[s.index] = value[:10]
            except ValueError:
                pass
    return found


def _get(m: re.Match[str], name: str) -> str:
    value = m.groupdict().get(name)
    return value.casefold() if value else ""


def _daypart(value: str | None, m: re.Match[str], kind: TimexType = "DATE") -> _Value:
    part = DAYPARTS.get(_get(m, "part").rstrip("s"))
    if part and value:
        return "TIME", f"{value}T{part}"
    return ("TIME" if part else kind), value


def _year(text: str) -> int:
    year = int(text)
    return year if year > 99 else 1900 + year if year > 40 else 2000 + year


def _full_date(_run: _Run, _s: Sentence, m: re.Match[str]) -> _Value | None:
    try:
        day = date(_year(_get(m, "y")), MONTHS[_get(m, "mon").rstrip(".")[:3]], int(re.sub(r"\D", "", _get(m, "d"))))
    except ValueError:
        return None
    return _daypart(day.isoformat(), m)


def _iso(_run: _Run, _s: Sentence, m: re.Match[str]) -> _Value | None:
    try:
        day = date(int(m["y"]), int(m["mo"]), int(m["d"])).isoformat()
    except ValueError:
        return None
    return ("TIME", f"{day}T{m['clock']}") if m["clock"] else ("DATE", day)


def _slashed(_run: _Run, _s: Sentence, m: re.Match[str]) -> _Value | None:
    try:
        return "DATE", date(_year(m["y"]), int(m["a"]), int(m["b"])).isoformat()
    except ValueError:
        return None


def _month_day(run: _Run, _s: Sentence, m: re.Match[str]) -> _Value | None:
    number_ = MONTHS[_get(m, "mon").rstrip(".")[:3]]
    day = int(re.sub(r"\D", "", _get(m, "d")))
    if run.published is None or not 1 <= day <= 31:
        return ("DATE", f"XXXX-{number_:02d}-{day:02d}") if 1 <= day <= 31 else None
    turn = {"last": -1, "next": 1}.get(_get(m, "which").split(" ")[0])
    year = run.published.year + turn if turn else None
    if year is None and _get(m, "which"):
        year = run.published.year
    if year is None:
        year = _closest_year(run, m, number_, day)
    try:
        return _daypart(date(year, number_, day).isoformat(), m)
    except ValueError:
        return None


def _closest_year(run: _Run, m: re.Match[str], month: int, day: int) -> int:
    here = run.published
    if here is None:
        return 0
    ahead = direction.looks_ahead(run.body, m.start(), m.end())
    best = None
    for year in (here.year - 1, here.year, here.year + 1):
        try:
            gap = (date(year, month, day) - here).days
        except ValueError:
            continue
        cost = abs(gap) + ((0 if ahead > 0 else 120) if gap > 0 else (120 if ahead > 1 and gap < 0 else 0))
        if best is None or cost < best[0]:
            best = (cost, year)
    return best[1] if best else here.year


def _month_year(run: _Run, _s: Sentence, m: re.Match[str]) -> _Value | None:
    month = MONTHS[_get(m, "mon").rstrip(".")[:3]]
    if m["y"]:
        return "DATE", f"{_year(m['y']):04d}-{month:02d}"
    if run.published is None:
        return "DATE", f"XXXX-{month:02d}"
    step = {"last": -1, "this": 0, "next": 1}.get(_get(m, "which").split(" ")[0], 0)
    return "DATE", f"{run.published.year + step:04d}-{month:02d}"


def _month(run: _Run, _s: Sentence, m: re.Match[str]) -> _Value | None:
    month = MONTHS[_get(m, "mon").rstrip(".")[:3]]
    if run.published is None:
        return "DATE", f"XXXX-{month:02d}"
    which, now = _get(m, "which"), run.published
    if which.startswith(("last", "past", "previous")):
        return "DATE", f"{now.year - (month >= now.month):04d}-{month:02d}"
    if which.startswith("next"):
        return "DATE", f"{now.year + (month <= now.month):04d}-{month:02d}"
    if which.startswith(("this", "earlier this")):
        return "DATE", f"{now.year:04d}-{month:02d}"
    ahead = direction.looks_ahead(run.body, m.start(), m.end())
    if month == now.month:
        year = now.year
    elif ahead > 0:
        year = now.year + (month < now.month)
    else:
        year = now.year - (month > now.month)
    return "DATE", f"{year:04d}-{month:02d}"


def _weekday(run: _Run, _s: Sentence, m: re.Match[str]) -> _Value | None:
    if run.published is None:
        return _daypart(None, m)
    which = _get(m, "which")
    want = WEEKDAYS[_get(m, "wd")[:3]]
    back = (run.published.weekday() - want) % 7
    if which.startswith(("last", "past", "previous")):
        day = run.published - timedelta(days=back or 7)
    elif which.startswith(("next", "coming", "following", "this coming")):
        day = run.published + timedelta(days=(7 - back) if back else 7)
    elif which.startswith("this"):
        ahead = direction.looks_ahead(run.body, m.start(), m.end())
        day = (
            run.published - timedelta(days=back)
            if ahead <= 0 and back
            else run.published + timedelta(days=(7 - back) % 7)
        )
    elif direction.looks_ahead(run.body, m.start(), m.end()) > 0:
        day = run.published + timedelta(days=(7 - back) % 7)
    else:
        day = run.published - timedelta(days=back)
    return _daypart(day.isoformat(), m)


def _today(run: _Run, _s: Sentence, m: re.Match[str]) -> _Value | None:
    word = _get(m, "w")
    if run.published is None:
        return "DATE", None
    step = {"yesterday": -1, "tomorrow": 1}.get(word, 0)
    day = (run.published + timedelta(days=step)).isoformat()
    if word == "tonight":
        return "TIME", f"{day}TNI"
    return _daypart(day, m)


def _this_part(run: _Run, _s: Sentence, m: re.Match[str]) -> _Value | None:
    if run.published is None:
        return "TIME", None
    day = run.published - timedelta(days=1) if _get(m, "which").startswith("last") else run.published
    return _daypart(day.isoformat(), m)


def _same_day(run: _Run, _s: Sentence, m: re.Match[str]) -> _Value | None:
    step = {"next": 1, "following": 1, "previous": -1, "before": -1}.get(_get(m, "which"), 0)
    if run.last is None:
        return "DATE", None
    return _daypart((run.last + timedelta(days=step)).isoformat(), m)


def _same_unit(run: _Run, _s: Sentence, m: re.Match[str]) -> _Value | None:
    step = {"next": 1, "following": 1, "previous": -1}.get(_get(m, "which"), 0)
    anchor = run.last or run.published
    if unit_of(_get(m, "u")) == "year" and run.year and run.published:
        return "DATE", f"{run.year + step:04d}"
    return "DATE", (timevalues.shift(anchor, unit_of(_get(m, "u")), step) if anchor else None)


def _relative_unit(run: _Run, _s: Sentence, m: re.Match[str]) -> _Value | None:
    unit = unit_of(_get(m, "u"))
    which = _get(m, "which")
    step = (
        -1
        if which in ("last", "past", "previous", "the previous")
        else 1
        if which in ("next", "coming", "upcoming")
        else 0
    )
    if run.published is None:
        return "DATE", None
    return "DATE", timevalues.shift(run.published, unit, step)


def _past_unit(_run: _Run, _s: Sentence, m: re.Match[str]) -> _Value | None:
    return "DURATION", timevalues.duration(unit_of(_get(m, "u") or _get(m, "u2")), "1")


def _season(run: _Run, _s: Sentence, m: re.Match[str]) -> _Value | None:
    code = SEASON_CODES[_get(m, "season")]
    if m["y"]:
        return "DATE", f"{_year(m['y']):04d}-{code}"
    if run.published is None:
        return "DATE", None
    year, now = run.published.year, run.published.month
    first, last = timevalues.SEASONS[code]
    which = _get(m, "which")
    if which.startswith("last"):
        year -= 0 if last < now else 1
    elif which.startswith("next"):
        year += 0 if first > now else 1
    elif code == "WI" and now <= 2:
        year -= 1
    return "DATE", f"{year:04d}-{code}"


def _ago(run: _Run, _s: Sentence, m: re.Match[str]) -> _Value | None:
    count, unit = number(_get(m, "n")), unit_of(_get(m, "u"))
    past = _get(m, "dir") not in ("from now", "hence", "from today")
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


def _earlier(run: _Run, _s: Sentence, m: re.Match[str]) -> _Value | None:
    """Read `a year earlier` from the quarter or the date named last."""
    count, unit = number(_get(m, "n")) or 1, unit_of(_get(m, "u"))
    if run.quarter and unit == "year" and m.start() - run.quarter[0] < 260:
        year, rest = run.quarter[1].split("-")
        return "DATE", f"{int(year) - 1:04d}-{rest}"
    anchor = run.last if unit == "day" and run.last else run.published
    if anchor is None or unit in ("hour", "minute", "second"):
        return "DATE", None
    back = _get(m, "dir") in ("earlier", "before", "previously")
    return "DATE", timevalues.shift(anchor, unit, -int(count) if back else int(count))


def _span(run: _Run, _s: Sentence, m: re.Match[str]) -> _Value | None:
    text, unit = _get(m, "n"), unit_of(_get(m, "u"))
    count = number(text)
    if (unit == "second" and text in ("a", "one", "another")) or run.body[m.start("u")].isupper():
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


def _set(_run: _Run, _s: Sentence, m: re.Match[str]) -> _Value | None:
    word = _get(m, "adv")
    if word:
        return "SET", {"daily": "P1D", "weekly": "P1W", "nightly": "P1D", "hourly": "PT1H", "yearly": "P1Y"}.get(word)
    if _get(m, "wd"):
        part = DAYPARTS.get(_get(m, "part").rstrip("s"), "")
        return "SET", f"XXXX-WXX-{WEEKDAYS[_get(m, 'wd')[:3]] + 1}" + (f"T{part}" if part else "")
    count = number(_get(m, "n")) if _get(m, "n") else 1
    unit = unit_of(_get(m, "u"))
    if unit in ("morning", "night", "evening", "afternoon"):
        return "SET", f"XXXX-XX-XXT{DAYPARTS[unit]}"
    return "SET", timevalues.duration(unit, str(int(count or 1)))


def _decade(_run: _Run, _s: Sentence, m: re.Match[str]) -> _Value | None:
    text = re.sub(r"\D", "", m["dec"])
    return "DATE", (text[:3] if len(text) == 4 else f"19{text[0]}")


def _century(_run: _Run, _s: Sentence, m: re.Match[str]) -> _Value | None:
    count = ORDINALS.get(_get(m, "ord")) or int(re.sub(r"\D", "", _get(m, "ord")) or 0)
    return ("DATE", f"{count - 1:02d}") if 1 <= count <= 30 else None


def _bare_year(_run: _Run, _s: Sentence, m: re.Match[str]) -> _Value | None:
    return "DATE", m["y"]


def _quarter(run: _Run, _s: Sentence, m: re.Match[str]) -> _Value | None:
    word = _get(m, "q")
    count = ORDINALS.get(word) or int(re.sub(r"\D", "", word) or 0)
    if not 1 <= count <= 4:
        return None
    which = f"{_get(m, 'which')} {_get(m, 'which2')}"
    code = f"{'H' if _get(m, 'u') == 'half' else 'Q'}{count}"
    if _get(m, "u") == "half" and count > 2:
        return None
    if m["y"] or m["y2"]:
        year = _year((m["y"] or m["y2"])[-4:])
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
            and not direction.looks_ahead(run.body, m.start(), m.end()) > 0
        ):
            year -= 1
    value = f"{year:04d}-{code}"
    run.quarter = (m.start(), value)
    return "DATE", value


def _latest_quarter(run: _Run, _s: Sentence, m: re.Match[str]) -> _Value | None:
    if run.published is None:
        return "DATE", None
    value = run.quarter[1] if run.quarter and "Q" in run.quarter[1] else timevalues.shift(run.published, "quarter", -1)
    if value and _get(m, "which").startswith(("year-ago", "year-earlier")):
        value = f"{int(value[:4]) - 1:04d}{value[4:]}"
    return "DATE", value


def _clock(run: _Run, s: Sentence, m: re.Match[str]) -> _Value | None:
    hour, minute = int(m["h"] or 0), int(m["min"] or 0)
    half = _get(m, "half").replace(".", "").replace(" ", "")
    word = _get(m, "word")
    if word:
        hour, minute = {"noon": 12, "midday": 12, "midnight": 0}[word], 0
    if half.startswith("p") or _get(m, "part") in ("evening", "afternoon", "night"):
        hour = hour + 12 if hour < 12 else hour
    elif (half.startswith("a") or _get(m, "part") == "morning") and hour == 12:
        hour = 0
    if hour > 24 or minute > 59:
        return None
    groups = m.groupdict()
    day: str | None = None
    if groups.get("wd"):
        day = (_weekday(run, s, m) or ("", None))[1]
    elif groups.get("mon"):
        day = ((_full_date if groups.get("y") else _month_day)(run, s, m) or ("", None))[1]
    elif groups.get("w"):
        day = (_today(run, s, m) or ("", None))[1]
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


def _day_ahead(run: _Run, s: Sentence, m: re.Match[str]) -> str | None:
    """Give the day named later in the sentence, else the last one, else publication."""
    for name, pattern in RULES:
        if name in ("weekday", "today", "month_day", "full_date"):
            match = pattern.search(run.body, m.end(), s.end)
            if match:
                settled = _HANDLERS[name](run, s, match)
                if settled and settled[1]:
                    return settled[1].split("T")[0]
    day = run.last or run.published
    return day.isoformat() if day else None


def _holiday(run: _Run, _s: Sentence, m: re.Match[str]) -> _Value | None:
    if m["y"]:
        day = timevalues.holiday(m["name"], _year(m["y"]))
        return "DATE", (day.isoformat() if day else None)
    if run.published is None:
        return "DATE", None
    which = _get(m, "which")
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
    return "DATE", min(days, key=lambda d: abs((d - here).days)).isoformat()


def _reference(_run: _Run, _s: Sentence, m: re.Match[str]) -> _Value | None:
    word = _get(m, "ref")
    if word in ("the future", "future", "the near future", "near future"):
        return "DATE", "FUTURE_REF"
    return "DATE", "PRESENT_REF" if word in (
        "now",
        "currently",
        "at the moment",
        "at present",
        "current",
    ) else "PAST_REF"


_HANDLERS: Final[dict[str, Callable[[_Run, Sentence, re.Match[str]], _Value | None]]] = {
    "full_date": _full_date, "iso": _iso, "slashed": _slashed, "month_day": _month_day, "month_year": _month_year,
    "month": _month, "weekday": _weekday, "today": _today, "this_part": _this_part, "same_day": _same_day,
    "same_unit": _same_unit, "relative_unit": _relative_unit, "past_unit": _past_unit, "season": _season, "ago": _ago,
    "earlier": _earlier,
    "span": _span, "set": _set, "decade": _decade, "century": _century, "bare_year": _bare_year, "quarter": _quarter,
    "latest_quarter": _latest_quarter, "clock": _clock, "holiday": _holiday, "reference": _reference,
}  # fmt: skip


def said(layout: Layout, sentence: int, timexes: Sequence[Timex]) -> tuple[str | None, str | None]:
    """Give the day of a statement by a date in its own sentence, outside quotation marks, with its basis."""
    s = layout.sentences[sentence]
    inside = [(q.start, q.end) for q in layout.quoted]
    for t in timexes:
        if t.start < s.start or t.end > s.end or t.type not in ("DATE", "TIME") or not t.value or not t.earliest:
            continue
        if any(a <= t.start < b for a, b in inside):
            continue
        return t.value.split("T")[0], "sentence"
    return None, None
