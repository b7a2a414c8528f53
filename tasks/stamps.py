"""Read dates and times as people and programs print them: "Mon 3 Feb 2026, 10:15 CET". Pure: no clock.

A stamp is as precise as its source. It has an offset only where a zone is printed that names one offset and no other,
and a numeric date that could be read both ways (03/02/2026) is no date unless something settles it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Final

_MONTHS: Final = (
    (
        "january jan januar jänner jaenner januari janvier janv enero ene gennaio gen janeiro stycznia styczeń января "
        "январь янв січня ocak tammikuuta ledna ianuarie"
    ),
    (
        "february feb februar feber februari février fevrier févr fevr febrero febbraio febb fevereiro fev "
        "lutego luty февраля февраль фев февр лютого şubat subat helmikuuta února unora februarie"
    ),
    (
        "march mar märz maerz mrz maart mrt mars marzo março marco marca marzec марта март мар березня mart "
        "maaliskuuta března brezna martie"
    ),
    "april apr avril avr abril abr aprile kwietnia kwiecień апреля апрель апр квітня nisan huhtikuuta dubna aprilie",
    "may mai mei maj mayo maggio mag maio maja мая май травня mayıs mayis toukokuuta května kvetna",
    "june jun juni juin junio giugno giu junho czerwca czerwiec июня июнь июн червня haziran kesäkuuta června iunie",
    (
        "july jul juli juillet juil julio luglio lug julho lipca lipiec июля июль июл липня temmuz heinäkuuta července "
        "iulie"
    ),
    (
        "august aug augusti augustus août aout agosto ago sierpnia sierpień августа август авг серпня ağustos agustos "
        "elokuuta srpna"
    ),
    (
        "september sep sept septembre septiembre settembre set setembro września wrzesień сентября сентябрь сен сент "
        "вересня eylül eylul syyskuuta září zari septembrie"
    ),
    (
        "october oct oktober okt octobre octubre ottobre ott outubro out października październik октября октябрь окт "
        "жовтня ekim lokakuuta října octombrie"
    ),
    (
        "november nov novembre noviembre novembro listopada listopad ноября ноябрь ноя нояб листопада kasım kasim "
        "marraskuuta noiembrie"
    ),
    (
        "december dec dezember dez desember des décembre decembre déc diciembre dic dicembre dezembro grudnia grudzień "
        "декабря декабрь дек грудня aralık aralik joulukuuta prosince decembrie"
    ),
)
MONTHS: Final = {name: n for n, names in enumerate(_MONTHS, 1) for name in names.split()}
_WEEKDAYS: Final = (
    (
        "monday mon montag mo lundi lunes lunedì lunedi segunda-feira segunda poniedziałek понедельник пн понеділок "
        "pazartesi maandag måndag mandag"
    ),
    (
        "tuesday tue tues dienstag di mardi martes martedì martedi terça-feira terça wtorek вторник вт вівторок salı "
        "dinsdag tisdag tirsdag"
    ),
    (
        "wednesday wed mittwoch mi mercredi miércoles miercoles mercoledì mercoledi quarta-feira quarta środa среда "
        "среду "
        "ср середа çarşamba woensdag onsdag"
    ),
    (
        "thursday thu thur thurs donnerstag do jeudi jueves giovedì giovedi quinta-feira quinta czwartek четверг чт "
        "четвер "
        "perşembe donderdag torsdag"
    ),
    (
        "friday fri freitag fr vendredi viernes venerdì venerdi sexta-feira sexta piątek пятница пятницу пт cuma "
        "vrijdag fredag"
    ),
    (
        "saturday sat samstag sonnabend sa samedi sábado sabado sabato sobota суббота субботу сб cumartesi zaterdag "
        "lördag "
        "lørdag"
    ),
    "sunday sun sonntag so dimanche domingo domenica niedziela воскресенье вс pazar zondag söndag søndag",
)
WEEKDAYS: Final = {name: n for n, names in enumerate(_WEEKDAYS) for name in names.split()}

# Abbreviations that name one offset in newsrooms. IST, CST, AST, GST and "ET" name several and give none.
_ZONES: Final = {
    "z": 0, "utc": 0, "gmt": 0, "wet": 0, "bst": 60, "cet": 60, "mez": 60, "cest": 120, "mesz": 120, "eet": 120,
    "sast": 120, "eest": 180, "msk": 180, "мск": 180, "pkt": 300, "hkt": 480, "sgt": 480, "awst": 480, "jst": 540,
    "kst": 540, "aest": 600, "aedt": 660, "nzst": 720, "nzdt": 780, "edt": -240, "est": -300, "cdt": -300, "mdt": -360,
    "mst": -420, "pdt": -420, "pst": -480,
}  # fmt: skip


def _either(words: dict[str, int]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


_M = rf"(?P<mon>{_either(MONTHS)})(?!\w)\.?"
_Y = r"(?P<y>(?:19|20)\d\d)(?:(?!\d)|(?=\d{1,2}:\d\d))"
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_FORMS: Final = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        r"(?<![\d.])(?P<y>(?:19|20)\d\d)(?P<sep>[-/.])(?P<m>\d{1,2})(?P=sep)(?P<d>\d{1,2})(?!\d)",
        r"(?P<y>(?:19|20)\d\d)\s?[年년]\s?(?P<m>\d{1,2})\s?[月월]\s?(?P<d>\d{1,2})\s?[日일]",
        rf"(?<![\d:])(?P<d>\d{{1,2}})(?:st|nd|rd|th|er|º|°|\.)?[\s-]*(?:de\s+|of\s+)?{_M},?[\s-]*(?:del?\s+)?{_Y}",
        rf"(?<!\w){_M}\s*(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+{_Y}",
        r"(?<![\d.:/])(?P<a>\d{1,2})(?P<sep>[./-])(?P<b>\d{1,2})(?P=sep)(?P<y>(?:19|20)\d\d)(?!\d)",
    )
)
_ZONE = rf"(?P<z>[+-]\d\d:?\d\d(?!\d)|(?:(?:gmt|utc)\s?[+-]\s?\d{{1,2}}(?::?\d\d)?|{_either(_ZONES)}|[A-Z]{{2,4}}T)\b)"
_CLOCK = (
    r"(?P<h>[01]?\d|2[0-4])(?:(?:[:.h]|\s:\s)(?P<mi>[0-5]\d)(?::(?P<s>[0-5]\d)(?:[.,]\d+)?)?\s?(?P<ap>[ap]\.?m\b\.?)?"
    r"|\s?(?P<ap2>[ap]\.?m\b\.?))(?:\s?(?:uhr|hrs|hours|h)\b)?"
)
_AFTER: Final = re.compile(
    rf"(?:T|[\s,;|•·/–—(-]*(?:(?:at|um|à|a las|alle|ore|às|as|в|о|kl\.?|г\.,?|р\.,?|год[а-я]?)[\s,]*)?)"
    rf"{_CLOCK}(?:\s?\(?{_ZONE}\)?)?(?!\d)",
    re.IGNORECASE,
)
_BEFORE: Final = re.compile(
    rf"(?<![\d:]){_CLOCK}(?:\s?\(?{_ZONE}\)?)?[\s,;|•·/–—-]*(?:(?:on|am|le|el)\s+)?(?:[^\W\d]{{2,13}}\.?,?\s+)?$",
    re.IGNORECASE,
)
_WEEKDAY_BEFORE: Final = re.compile(
    rf"(?<!\w)(?P<w>{_either(WEEKDAYS)})(?:\.|,|,? (?:den|the|le|el))?\s*\(?$", re.IGNORECASE
)
_YEARLESS: Final = re.compile(
    rf"(?<![\w.,:])(?:\d{{1,2}}(?:st|nd|rd|th|er|\.)?\s+(?:de\s+|of\s+)?{_M}"
    rf"|(?P<mon2>{_either(MONTHS)})(?!\w)\.?\s+\d{{1,2}}"
    r"(?:st|nd|rd|th)?(?![\d:]))(?!,?\s+(?:de\s+)?(?:19|20)\d\d)",
    re.IGNORECASE,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """One printed date: the stretch of the text it stands on, and what it says. `weekday` is 0 for Monday."""

    day: date
    start: int
    end: int
    clock: time | None = None
    offset: int | None = None
    weekday: int | None = None

    @property
    def iso(self) -> str:
        """The stamp as ISO 8601, no more precise than it was printed."""
        if self.clock is None:
            return self.day.isoformat()
        clock = self.clock
        if self.offset is not None:
            clock = clock.replace(tzinfo=timezone(timedelta(minutes=self.offset)))
        return f"{self.day.isoformat()}T{clock.isoformat(timespec='seconds' if clock.second else 'minutes')}"

    @property
    def consistent(self) -> bool:
        """False if the weekday printed beside the date is not the weekday of that date."""
        return self.weekday is None or self.weekday == self.day.weekday()


def find(text: str, *, day_first: bool | None = None) -> Iterator[Stamp]:
    """Yield the dates with a year in `text`, in order, none overlapping.

    `day_first` settles numeric dates that read both ways; without it a printed weekday or a zone may, or nothing. Only
    the first 20,000 characters are looked at: whoever asks, asks of a line or of a lead.
    """
    found: list[Stamp] = []
    text = text[:20_000]
    if not _YEAR.search(text):
        return iter(())
    for form in _FORMS:
        for match in form.finditer(text):
            if not any(match.start() < s.end and s.start < match.end() for s in found):
                stamp = _stamp(text, match, day_first)
                if stamp is not None:
                    found.append(stamp)
    return iter(sorted(found, key=lambda s: s.start))


def first(text: str, *, day_first: bool | None = None) -> Stamp | None:
    """Give the first date with a year in `text`."""
    return next(find(text, day_first=day_first), None)


def has_yearless(text: str) -> bool:
    """Say whether a day and month stand in `text` without a year."""
    return _YEARLESS.search(text[:20_000]) is not None


def _stamp(text: str, match: re.Match[str], day_first: bool | None) -> Stamp | None:
    start, end = match.span()
    weekday = None
    if before := _WEEKDAY_BEFORE.search(text, max(0, start - 20), start):
        weekday, start = WEEKDAYS[before["w"].lower()], before.start()
    clock, offset = None, None
    if (after := _AFTER.match(text, end)) and (clock := _clock(after)) is not None:
        offset, end = _offset(after["z"]), after.end()
    elif (ahead := _BEFORE.search(text, max(0, start - 40), start)) and (clock := _clock(ahead)) is not None:
        offset, start = _offset(ahead["z"]), ahead.start()
    for day in _days(match.groupdict(), day_first, weekday, offset):
        return Stamp(day=day, start=start, end=end, clock=clock, offset=offset, weekday=weekday)
    return None


def _days(parts: dict[str, str | None], day_first: bool | None, weekday: int | None, offset: int | None) -> list[date]:
    """Give the one day that the parts name; none when they name no day of the calendar, or more than one."""
    year = int(parts["y"] or 0)
    if "a" not in parts:
        month = MONTHS[(parts.get("mon") or "").lower()] if parts.get("mon") else int(parts.get("m") or 0)
        return _valid((year, month, int(parts["d"] or 0)))
    a, b = int(parts["a"] or 0), int(parts["b"] or 0)
    if parts["sep"] == ".":
        return _valid((year, b, a))
    days = list(dict.fromkeys(_valid((year, b, a), (year, a, b))))
    if len(days) < 2:
        return days
    if weekday is not None:
        agreeing = [d for d in days if d.weekday() == weekday]
        if len(agreeing) == 1:
            return agreeing
    if day_first is None and offset is not None:
        day_first = offset >= 0  # numeric dates beside American zones put the month first, beside others the day
    return [] if day_first is None else days[:1] if day_first else days[1:]


def _valid(*candidates: tuple[int, int, int]) -> list[date]:
    days = []
    for year, month, day in candidates:
        try:
            days.append(date(year, month, day))
        except ValueError:
            continue
    return days


def _clock(match: re.Match[str]) -> time | None:
    hour, half = int(match["h"]), (match["ap"] or match["ap2"] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    return time(hour, int(match["mi"] or 0), int(match["s"] or 0)) if hour < 24 else None


def _offset(zone: str | None) -> int | None:
    if not zone:
        return None
    folded = zone.lower().replace(" ", "")
    if folded in _ZONES:
        return _ZONES[folded]
    match = re.fullmatch(r"(?:gmt|utc)?([+-])(\d{1,2}?):?(\d\d)?", folded)
    if match is None:
        return None
    minutes = int(match[2]) * 60 + int(match[3] or 0)
    return (-minutes if match[1] == "-" else minutes) if minutes < 15 * 60 else None


def iso(value: str) -> str | None:
    """Read a machine's date value (ISO 8601, an RFC 822 date, seconds since 1970) as ISO 8601; None if it is none.

    Kept as precise as it is. Years before 1990 and after 2100 are taken for defaults and rubbish.
    """
    value = value.strip()
    if re.fullmatch(r"1\d{9}(\d{3})?", value):
        return datetime.fromtimestamp(int(value[:10]), UTC).isoformat()
    if match := re.fullmatch(r"((?:19|20)\d\d)(\d\d)(\d\d)(?:T?(\d\d)(\d\d)(\d\d)?(Z?))?", value):
        y, m, d, hour, minute, second, zulu = match.groups()
        value = f"{y}-{m}-{d}" + (f"T{hour}:{minute}:{second or '00'}{zulu}" if hour else "")
    stamp = first(value)
    return stamp.iso if stamp is not None and 1990 <= stamp.day.year <= 2100 else None
