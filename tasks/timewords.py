"""The words and patterns of English time expressions. Patterns only; `tasks/times.py` gives them values. Pure."""

import re
from fractions import Fraction
from typing import Final

MONTHS: Final = {
    m: i + 1 for i, m in enumerate(("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"))
}
WEEKDAYS: Final = {d: i for i, d in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))}
DAYPARTS: Final = {
    "morning": "MO",
    "afternoon": "AF",
    "evening": "EV",
    "night": "NI",
    "midday": "MI",
    "overnight": "NI",
}
SEASON_CODES: Final = {"spring": "SP", "summer": "SU", "autumn": "FA", "fall": "FA", "winter": "WI"}
ORDINALS: Final = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10,
    "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16,
    "seventeenth": 17,
    "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "twenty-first": 21,
}  # fmt: skip
_NUMBERS: Final = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18,
    "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80,
    "ninety": 90,
    "hundred": 100, "dozen": 12, "half a": 0.5, "half an": 0.5, "a half": 0.5, "couple": 2, "a couple of": 2,
    "a dozen": 12,
    "a hundred": 100, "another": 1,
}  # fmt: skip

_MON: Final = (
    r"(?P<mon>January|February|March|April|May|June|July|August|September|October|November|December|"
    r"Jan\.?|Feb\.?|Mar\.|Apr\.?|Aug\.?|Sept?\.?|Oct\.?|Nov\.?|Dec\.?)"
)
_WD: Final = r"(?P<wd>Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_WD_SHORT: Final = r"(?:Mon|Tues?|Wed|Thurs?|Fri|Sat|Sun)(?:day|\.)?(?:nesday|rday|urday)?"
_PART: Final = r"(?P<part>morning|afternoon|evening|night)"
_D: Final = r"(?P<d>(?:3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?)(?![\d%]|:\d|,\d|\.\d)"
_Y: Final = r"(?P<y>(?:1[5-9]|20)\d\d)"
_N: Final = (
    r"(?:\d+(?:,\d{3})*(?:\.\d+)?(?: ?\d/\d)?|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:-\w+)?|"
    r"a couple of|a dozen|a hundred|half an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|"
    r"fourteen|"
    r"fifteen|sixteen|seventeen|eighteen|nineteen|another|an?)(?: and an? half| and one-half)?"
)
_VAGUE: Final = (
    r"several|a few|few|some|many|recent|dozens of|hundreds of|numerous|coming|the coming|the past few|the last few"
)
_U: Final = r"(?P<u>second|minute|hour|day|week|weekend|month|quarter|year|decade|centur(?:y|ie))"
_CLOCK: Final = (
    r"(?:(?P<h>1?\d|2[0-3])(?:[:.](?P<min>[0-5]\d))?\s?(?P<half>[ap]\.?m\b\.?)|(?P<word>noon|midnight|midday))"
)
_ZONE: Final = r"(?:\s?\(?(?:GMT|EDT|EST|PDT|PST|CET|CST|CDT|BST|ET|UTC|local time|Eastern(?: time)?|\d{4} GMT)\)?)*"
_MOD: Final = r"(?:early |late |mid-|mid |early-|late-)?"
_QUALIFIED: Final = (
    r"(?:(?:almost|nearly|about|around|some|more than|less than|over|under|at least|up to|as many as|just|roughly|"
    r"only) )?"
)


def number(text: str) -> float | None:
    """Read a count in figures or words (`5 1/2`, `a couple of`, `twenty-one`).

    None if it is vague (`several`), or so large that no time is meant.
    """
    text = text.strip()
    half = 0.0
    for tail in (" and a half", " and an half", " and one-half"):
        if text.endswith(tail):
            text, half = text[: -len(tail)], 0.5
    if text in _NUMBERS:
        return _NUMBERS[text] + half
    if match := re.fullmatch(r"([\d,]*\.?\d+)(?: ?(\d)/(\d))?", text):
        if len(match[1]) > 15:
            return None
        extra = float(Fraction(int(match[2]), int(match[3]))) if match[2] and match[3] != "0" else 0.0
        return float(match[1].replace(",", "")) + extra + half
    parts = text.split("-")
    if all(p in _NUMBERS for p in parts):
        return float(sum(_NUMBERS[p] for p in parts)) + half
    return None


def unit_of(text: str) -> str:
    """Give the singular of a unit."""
    text = text.rstrip("s") if text != "centuries" else "century"
    return "century" if text.startswith("centur") else text


def _rule(pattern: str, *, exact: bool = False) -> re.Pattern[str]:
    return re.compile(pattern if exact else f"(?<![\\w-])(?:{pattern})(?!\\w)", 0 if exact else re.IGNORECASE)


def _cased(pattern: str) -> re.Pattern[str]:
    return re.compile(f"(?<![\\w])(?:{pattern})(?!\\w)")


RULES: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("iso", _rule(r"(?P<y>(?:19|20)\d\d)-(?P<mo>[01]\d)-(?P<d>[0-3]\d)(?:[T ](?P<clock>[0-2]\d:[0-5]\d))?")),
    ("clock", _rule(rf"{_CLOCK}{_ZONE},?(?: on)? {_MON} {_D}(?:,? {_Y})?")),
    ("clock", _rule(rf"{_CLOCK}{_ZONE},?(?: on)? (?:(?P<which>last|next|this) )?{_WD}(?: {_PART})?")),
    ("clock", _rule(rf"{_CLOCK}{_ZONE} (?P<w>yesterday|today|tomorrow)")),
    ("clock", _rule(rf"(?:{_WD}|(?P<w>yesterday|today|tomorrow))(?: {_PART})?,? (?:at )?(?:about |around "
                    rf")?{_CLOCK}{_ZONE}")),
    ("full_date", _rule(rf"(?<!\w)(?:{_WD_SHORT},? (?P<open>\())?(?:{_WD_SHORT},? )?{_MON} {_D},? {_Y}(?(open)\)|"
                        rf"(?!\w))(?: {_PART})?", exact=True)),
    ("full_date", _cased(rf"(?:{_WD_SHORT},? (?:the )?)?(?P<d>(?:3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?)(?: of)? "
                         rf"{_MON},? {_Y}")),
    ("slashed", _rule(r"(?P<a>[01]?\d)/(?P<b>[0-3]?\d)/(?P<y>(?:(?:19|20)\d\d|\d\d))")),
    ("quarter", _rule(
        rf"(?:(?:the )?(?:(?P<which>last|this|next) year[’']s |{_Y}[’']?s? ))?(?P<x0>)(?P<q>first|second|third|"
        rf"fourth|final)[ -]"
        rf"(?P<u>quarter|half)(?:,? (?:of )?(?P<which2>last year|this year|next year|a year (?:earlier|ago))|,? "
        rf"(?:of |in )?(?P<y2>(?:19|20)\d\d))?"
    )),
    ("quarter", _cased(r"(?P<which>)(?P<which2>)(?P<y>)(?P<u>)(?P<q>Q[1-4])(?:[ -]?(?P<y2>(?:19|20)\d\d))?")),
    ("latest_quarter", _rule(r"(?:the )?(?P<which>latest|year-ago|year-earlier|(?:most )?recent) (?:quarter|period)")),
    ("latest_quarter", _rule(r"(?P<which>the) quarter(?! century|-|back|final)")),
    ("month_day", _cased(rf"(?:{_WD_SHORT},? (?:the )?)?{_MON} {_D}(?:,? (?:of )?(?P<which>(?:last|this|next) "
                         rf"year))?(?: {_PART})?")),
    ("month_day", _cased(rf"(?:{_WD_SHORT},? (?:the )?)?(?P<d>(?:3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?)(?: of)? "
                         rf"{_MON}(?! \d{{1,2}}\b)")),
    ("month_day", _rule(
        rf"(?<!\w){_MON} \d\d?(?: and |, | to |–|-)(?P<x>(?P<which>)(?P<part>){_D})(?!\w)", exact=True
    )),
    ("month_year", _cased(rf"{_MOD}{_MON},? (?:of )?{_Y}")),
    ("month_year", _cased(rf"{_MOD}{_MON} (?:of )?(?P<which>last|this|next) year(?P<y>)")),
    ("holiday", _cased(
        rf"(?:(?P<which>[Ll]ast|[Tt]his|[Nn]ext) )?(?P<name>Christmas Eve|Christmas Day|Christmas|New Year[’']s Day|"
        rf"New Year[’']s Eve|Thanksgiving Day|"
        rf"Thanksgiving|Labor Day|Memorial Day|Columbus Day|Election Day|Independence Day|Veterans Day|Boxing Day|"
        rf"Halloween|"
        rf"Black Friday|Good Friday|Easter Sunday|Easter Monday|Easter|Valentine[’']s Day|Bastille Day|St\. "
        rf"Patrick[’']s Day)(?:,? {_Y})?"
    )),
    ("set", _rule(rf"(?:every|each)(?: (?P<n>{_N}|other))? (?P<u>second|minute|hour|day|week|weekend|month|year|"
                  rf"decade|morning|night|evening|afternoon)s?")),
    ("set", _cased(rf"(?:[Ee]very|[Ee]ach) (?:{_MON}|(?P<season>spring|summer|autumn|winter))(?! \d)")),
    ("set", _rule(rf"(?:every|each) {_WD}(?: {_PART})?")),
    ("set", _cased(rf"{_WD}(?:s(?: (?P<part>morning|afternoon|evening|night)s?)?| (?P<part2>morning|afternoon|"
                   rf"evening|night)s)")),
    ("set", _rule(r"(?P<adv>daily|weekly|nightly|hourly|yearly)")),
    ("set", _rule(r"(?:once|twice|\w+ times) an? (?P<u>day|week|month|year|hour)")),
    ("weekday", _cased(rf"(?:(?:[Tt]he )?(?P<which>[Ll]ast|[Pp]ast|[Nn]ext|[Tt]his coming|[Tt]his|[Cc]oming|"
                       rf"[Ff]ollowing|[Pp]revious) )?{_WD}(?: {_PART})?")),
    ("today", _rule(rf"(?P<w>yesterday|today|tomorrow|tonight)(?: {_PART})?")),
    ("this_part", _rule(rf"(?P<which>this|last) {_PART}")),
    ("same_day", _rule(rf"(?:(?:earlier |later )?(?:that|the same|that same|that very) (?:day|{_PART}))(?P<which>)")),
    ("same_day", _rule(rf"the (?P<which>next|following|previous) (?:day|{_PART})")),
    ("same_day", _rule(r"(?:the|a) day (?P<which>before)(?! (?:yesterday|last))|(?:the) day (?:earlier)")),
    ("same_unit", _rule(r"(?:earlier |later )?(?P<which>)(?:that|the same|that same) (?P<u>week|month|year|weekend|"
                        r"quarter)")),
    ("same_unit", _rule(r"the (?P<which>following|previous) (?P<u>week|month|year|weekend|quarter)")),
    ("month", _cased(
        rf"(?:(?P<which>[Ll]ast|[Tt]his|[Nn]ext|[Pp]revious|[Pp]ast) )?{_MOD}(?P<mon>January|February|March(?! "
        rf"(?:for|of|on|in|to)\b)|April|"
        rf"May(?! (?:I|be|have|not|the|you|we|he|she|they)\b)|June|July|August|September|October|November|"
        rf"December)(?! \d)"
    )),
    ("ago", _rule(rf"{_QUALIFIED}(?P<n>{_N}|several|a few|many|some) {_U}s? (?P<dir>ago|from now|hence|from today)")),
    ("earlier", _rule(rf"(?P<n>{_N}) (?P<u>day|week|month|year|decade)s? (?P<dir>earlier|later|previously)")),
    ("season", _rule(rf"(?:(?P<which>last|this|next|this past|the) )?{_MOD}(?P<season>spring|summer|autumn|"
                     rf"winter)(?:(?: of)? {_Y})?")),
    ("season", _rule(rf"(?P<which>last|this|next|this past) {_MOD}(?P<season>fall)(?P<y>)")),
    ("season", _rule(rf"(?P<which>the) {_MOD}(?P<season>fall) of {_Y}")),
    ("past_unit", _rule(r"(?:the )?(?:past|last|coming|next) (?P<u>decade|century)|the past (?P<u2>week|month|year|"
                        r"weekend)")),
    ("relative_unit", _rule(r"(?P<which>the) (?P<u>weekend)")),
    ("relative_unit", _rule(
        r"(?:(?:earlier|later|early|late|sometime) )?(?:the )?(?P<which>this|last|next|past|previous|coming|"
        r"upcoming) (?P<u>week|weekend|month|year|decade|century|quarter)(?![- ]old|-)"
    )),
    ("span", _rule(
        rf"(?:(?:the )?(?:last|past|next|previous|coming|first|final) )?{_QUALIFIED}(?P<n>{_N}|{_VAGUE})[ -](?:more |"
        rf"additional |full |straight |"
        rf"consecutive |or so |long )?{_U}s?(?:-long)?(?![ -]old)"
    )),
    ("span", _rule(r"for (?P<x>(?P<n>)(?P<u>week|month|year|day|decade|hour)s)(?! to come)")),
    ("span", _rule(r"(?P<n>)(?P<u>second|minute|hour|day|week|month|year|decade)s?-long")),
    ("decade", _rule(r"(?:the )?(?:early |late |mid-|mid )?(?P<dec>(?:1[5-9]|20)\d0[’']?s|[’'‘]\d0s)")),
    ("century", _rule(r"(?:the )?(?:early |late |mid-)?(?P<ord>\d\d?(?:st|nd|rd|th)|twenty-first|twentieth|"
                      r"nineteenth|eighteenth|seventeenth|sixteenth)[ -]century")),
    ("clock", _rule(r"(?P<h>1?\d|2[0-3])(?:[:.](?P<min>[0-5]\d))?\s?(?P<half>[ap]\.?m\b\.?)(?P<word>)" + _ZONE)),
    ("clock", _rule(r"(?:at|by|until|before|after|around|about|since|from|past) "
                    r"(?P<x>(?P<h>)(?P<min>)(?P<half>)(?P<word>noon|midnight|midday))")),
    ("clock", _rule(r"(?:at|by|until|before|after|around|about|since|from) (?P<x>(?P<h>[01]?\d|"
                    r"2[0-3]):(?P<min>[0-5]\d)(?P<half>)(?P<word>)" + _ZONE + ")")),
    ("clock", _rule(r"(?P<h>1?\d)(?P<min>)(?P<half>)(?P<word>) (?:o[’']clock )?in the (?P<part>morning|afternoon|"
                    r"evening)")),
    ("reference", _rule(r"(?P<ref>now|currently|recently|at the moment|at present|the near future|the future|in the "
                        r"past)")),
    ("bare_year", _rule(r"(?:post|pre|mid)-(?P<y>(?:19[0-9]|20[0-4])\d)(?![-/,.:]?\d)")),
    ("bare_year", _rule(r"(?:in|since|of|until|by|from|before|after|between) (?P<x>(?P<y>1[5-8]\d\d))(?![-/,.:]?\d|%|"
                        r" [a-z]+s\b)")),
    ("bare_year", _rule(
        r"(?<![$£€#.,/])(?<![$£€] )(?P<y>(?:19[0-9]|20[0-4])\d)(?![-/,.:]?\d| (?:people|dollars|euros|pounds|men|"
        r"women|votes|jobs|cases|troops|soldiers|miles|km|kilomet|points|seats|homes|workers|employees|members|"
        r"students|years|feet|tons|deaths|percent|per cent|and \d{3}\b)|%)"
    )),
)  # fmt: skip
"""Each expression with its pattern; an earlier one keeps what a later one would also take."""

GATE: Final = re.compile(
    r"\d|\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|\b(?:January|February|March|April|May|June|July|August|"
    r"September|October|"
    r"November|December)\b|(?i:\b(?:today|yesterday|tomorrow|tonight|now|recently|currently|daily|weekly|nightly|"
    r"hourly|yearly|noon|"
    r"midnight|midday|future|past|moment|present|christmas|thanksgiving|easter|halloween|seconds?|minutes?|hours?|"
    r"days?|weeks?|weekends?|"
    r"months?|quarter|years?|decades?|centur\w+|morning|afternoon|evening|night|spring|summer|autumn|fall|winter|"
    r"half|period|election day)\b)"
)
"""A sentence that this finds nothing in holds no time expression."""

SIGNS: Final = {
    "figure": re.compile(r"\d"),
    "month": re.compile(r"\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"),
    "weekday": re.compile(r"[a-z]day\b"),
    "season": re.compile(r"(?i:spring|summer|autumn|fall|winter)"),
    "hour": re.compile(r"\d|(?i:noon|midnight|midday)"),
}
NEEDS: Final = {
    "iso": "figure", "slashed": "figure", "decade": "figure", "bare_year": "figure", "full_date": "month",
    "month_day": "month",
    "month_year": "month", "month": "month", "weekday": "weekday", "season": "season",
    "clock": "hour",
}  # fmt: skip
"""A rule is tried only on a sentence that shows what it cannot do without."""


def _pairs(first: str, second: str) -> tuple[str, ...]:
    return tuple(f"{one} {other}" for one in first.split() for other in second.split())


WORDS: Final = {
    "quarter": ("quarter", "half", "q1", "q2", "q3", "q4"),
    "latest_quarter": ("quarter", "period"),
    "set": (
        "every", "each", "daily", "weekly", "nightly", "hourly", "yearly", "once", "twice", "times", "days", "day m",
        "day a", "day e", "day n",
    ),
    "same_day": (
        *_pairs("that same very next following previous", "day morning afternoon evening night"), "the day", "a day",
    ),
    "same_unit": _pairs("that same following previous", "week month year quarter"),
    "relative_unit": _pairs("the this last next past previous coming", "week month year decade century quarter"),
    "past_unit": _pairs("past last coming next", "decade century week month year"),
    "ago": ("ago", "from now", "hence", "from today"),
    "earlier": ("earlier", "later", "previously"),
    "span": ("second", "minute", "hour", "day", "week", "month", "quarter", "year", "decade", "centur"),
    "century": ("century",),
}  # fmt: skip
"""The same in words without case, one of which must be there: looking for them takes a tenth of the rule's time."""
