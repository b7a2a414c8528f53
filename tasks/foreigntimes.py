"""Find dates in texts of other languages: in figures, or with a month's name that dateparser knows. Pure.

Only spans that a rule has delimited are given a value, and dateparser is asked for one word at a time: is this a month?
It loads the one language that it is asked in. A day without a year lies in the year that puts it next to publication.
"""

import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Final

from storage.records import Timex
from tasks import timevalues

_CODES: Final = {"no": "nb", "nn": "nb"}
_YEAR: Final = r"(?P<y>(?:19|20)\d\d)"
_DAY: Final = r"(?P<d>[0-3]?\d)"
_MONTH_NAME: Final = r"(?P<name>[^\W\d_]{3,12})"
_OF: Final = r"(?:d['’]|(?:de|di|del|des|d[ao])\s+)?"
_NUMERIC: Final = (
    re.compile(rf"(?<![\d-]){_YEAR}-(?P<m>[01]\d)-(?P<d>[0-3]\d)(?![\d-])"),
    re.compile(rf"(?<![\d./]){_DAY}\.\s?(?P<m>[01]?\d)\.\s?{_YEAR}(?!\d)"),
    re.compile(rf"(?<![\d./]){_DAY}/(?P<m>[01]?\d)/{_YEAR}(?!\d)"),
    re.compile(rf"(?<!\d){_YEAR}\s?[年년]\s?(?P<m>[01]?\d)\s?[月월]\s?{_DAY}\s?[日일]"),
)
_NAMED: Final = re.compile(
    rf"(?<![\w.,]){_DAY}(?:\.|er|º|ª|-го)?\s+{_OF}{_MONTH_NAME}(?![^\W\d_])\.?(?:,?\s+{_OF}{_YEAR}(?!\d))?"
)
_MONTH: Final = re.compile(rf"(?<![\w.]){_MONTH_NAME}\.?,?\s+{_OF}{_YEAR}(?!\d)")
NEXT_TO: Final = 150
"""Days from publication within which a day without a year is held for certain; else its year stays open."""


def find(body: str, language: str | None, published: date | None) -> list[Timex]:
    """Find the dates of a text, in order. `language` is a code (`de`, `fr`); without one, dates in figures alone."""
    found: dict[tuple[int, int], str] = {}

    def take(pattern: re.Pattern[str], read: Callable[[re.Match[str]], str | None]) -> None:
        for match in pattern.finditer(body):
            a, b = match.span()
            if not any(a < end and start < b for start, end in found) and (value := read(match)) is not None:
                found[a, b] = value

    for pattern in _NUMERIC:
        take(pattern, lambda m: _day(int(m["y"]), int(m["m"]), int(m["d"])))
    if language:
        code = language.casefold()[:2]
        take(_NAMED, lambda m: _named(m, _CODES.get(code, code), published))
        take(_MONTH, lambda m: _month_of(m, _CODES.get(code, code)))
    made = []
    for (a, b), value in sorted(found.items()):
        first, last = timevalues.bounds(value)
        made.append(Timex(text=body[a:b], start=a, end=b, type="DATE", value=value, earliest=first, latest=last))
    return made


def _day(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _named(m: re.Match[str], language: str, published: date | None) -> str | None:
    month = month_number(m["name"].casefold(), language)
    if month is None or not 1 <= (day := int(m["d"])) <= 31:
        return None
    if m["y"]:
        return _day(int(m["y"]), month, day)
    if published is not None:
        years = (_day(published.year + step, month, day) for step in (-1, 0, 1))
        near = [d for d in map(date.fromisoformat, filter(None, years)) if abs((d - published).days) <= NEXT_TO]
        if near:
            return near[0].isoformat()
    return f"XXXX-{month:02d}-{day:02d}"


def _month_of(m: re.Match[str], language: str) -> str | None:
    month = month_number(m["name"].casefold(), language)
    return None if month is None else f"{m['y']}-{month:02d}"


@lru_cache(maxsize=4096)
def month_number(word: str, language: str) -> int | None:
    """Give the number of the month that a word names in a language, or None for any other word or language."""
    import dateparser

    read = []
    for day, year in ((15, 2001), (17, 2004)):
        try:
            moment = dateparser.parse(
                f"{day} {word} {year}",
                languages=[language],
                settings={"REQUIRE_PARTS": ["day", "month", "year"], "DATE_ORDER": "DMY"},
            )
        except ValueError:  # a language that dateparser does not know
            return None
        if moment is None or (moment.day, moment.year) != (day, year):
            return None
        read.append(moment.month)
    return int(read[0]) if read[0] == read[1] else None
