"""Read the times that a feed states: dates of entries, and how long it asks to be left alone. Pure: `now` is given.

A date is as precise as its source and never made up: what lies ahead or before news was online is none, with a flag.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from storage.feedrecords import DateFlag
from tasks import stamps

AHEAD: Final = timedelta(hours=24)
"""How far ahead a date may lie: a wrong zone makes up to 14 hours, an embargo is for the day."""
EARLIEST: Final = datetime(1990, 1, 1, tzinfo=UTC)
"""No feed is older than the web; a date before it is a program's zero (1970, 1900, year 1)."""
LONGEST: Final = timedelta(days=366)

LONG: Final = 80

_MONTHS: Final = {m: f"{n:02}" for n, m in enumerate(str.split("jan feb mar apr may jun jul aug sep oct nov dec"), 1)}
# The names that RFC 822 itself defines. Others are left to the slower readers.
_ZONES: Final = {
    "gmt": "+00:00", "utc": "+00:00", "ut": "+00:00", "z": "+00:00", "est": "-05:00", "edt": "-04:00", "cst": "-06:00",
    "cdt": "-05:00", "mst": "-07:00", "mdt": "-06:00", "pst": "-08:00", "pdt": "-07:00",
}  # fmt: skip
_RFC822: Final = re.compile(
    r"(?:[A-Za-z]{3,9},? )?(\d{1,2}) ([A-Za-z]{3})[a-z]{0,6} (\d{4}) (\d\d:\d\d)(:\d\d)? ?"
    r"([+-]\d\d:?\d\d|[A-Za-z]{1,3})",
    re.ASCII,
)
_ISO: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d:\d\d)(?:(:\d\d)(?:[.,]\d+)?)? ?([+-]\d\d:?\d\d|[Zz])?)?", re.ASCII
)
_SAYS_ZONE: Final = re.compile(r"[+-]\d\d:?\d\d$|\b(?:[A-Z]{1,5}|etc/\w+)$", re.IGNORECASE)
_PERIODS: Final = {
    "hourly": timedelta(hours=1), "daily": timedelta(days=1), "dayly": timedelta(days=1), "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30), "yearly": timedelta(days=365),
}  # fmt: skip


def read(raw: str | None, now: datetime) -> tuple[str | None, DateFlag | None]:
    """Give a feed's date in ISO 8601, or None and why: `none`, `unreadable`, `future` or `absurd`."""
    raw = " ".join(raw.split()) if raw else ""
    if not raw:
        return None, "none"
    if len(raw) > LONG:
        return None, "unreadable"
    value = _plain(raw) or stamps.iso(raw) or _feedparsers(raw)
    try:
        moment = datetime.fromisoformat(value or "")
    except ValueError:
        return None, "unreadable"
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    if moment > now + AHEAD:
        return None, "future"
    return (None, "absurd") if moment < EARLIEST else (value, None)


def _plain(raw: str) -> str | None:
    """Read the two forms that nearly every feed uses: 2 us instead of 60."""
    if match := _RFC822.fullmatch(raw):
        day, name, year, clock, seconds, zone = match.groups()
        month = _MONTHS.get(name.lower(), "00")
        if len(day) == 1:
            day = f"0{day}"
    elif match := _ISO.fullmatch(raw):
        year, month, day, clock, seconds, zone = match.groups()
    else:
        return None
    if clock is None:
        return f"{year}-{month}-{day}"
    if not zone:
        offset = ""
    elif zone[0] in "+-":
        offset = zone if len(zone) == 6 else f"{zone[:3]}:{zone[3:]}"
    elif (named := _ZONES.get(zone.lower())) is None:
        return None
    else:
        offset = named
    return f"{year}-{month}-{day}T{clock}{seconds or ':00'}{offset}"


def _feedparsers(raw: str) -> str | None:
    """Ask feedparser, which gives UTC and forgets whether a time or a zone was printed at all."""
    from feedparser.datetimes import _parse_date

    found = _parse_date(raw)
    if found is None:
        return None
    moment = "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}".format(*found[:6])
    if ":" not in raw:
        return moment[:10]
    return f"{moment}+00:00" if _SAYS_ZONE.search(raw) else moment


def asked(ttl: str | None, period: str | None, frequency: str | None) -> timedelta | None:
    """Give how long a feed asks to be left alone: the longer of ttl (minutes) and sy:updatePeriod by its frequency."""
    wishes = []
    if minutes := _number(ttl):
        wishes.append(timedelta(minutes=min(minutes, 525_600)))
    if every := _PERIODS.get((period or "").strip().lower()):
        wishes.append(min(every / max(_number(frequency) or 1, 0.001), LONGEST))
    return max(wishes, default=None)


def _number(value: str | None) -> float:
    """Read a positive number; 0 for anything else."""
    match = re.fullmatch(r"\s*(\d{1,9}(?:\.\d{1,9})?)\s*", value or "")
    return float(match[1]) if match else 0
