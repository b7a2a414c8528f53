"""Find full dates in texts of other languages: in figures, or with a month's name that dateparser knows. Pure.

Only spans that a rule has delimited are parsed, and only with day, month and year in them; everything else is left.
"""

import re
from datetime import date, datetime
from typing import Final

from storage.records import Timex

_CODES: Final = {"no": "nb", "nn": "nb"}
_ISO: Final = re.compile(r"(?<![\d-])(?P<y>(?:19|20)\d\d)-(?P<m>[01]\d)-(?P<d>[0-3]\d)(?![\d-])")
_DOTTED: Final = re.compile(r"(?<![\d./])(?P<d>[0-3]?\d)\.\s?(?P<m>[01]?\d)\.\s?(?P<y>(?:19|20)\d\d)(?!\d)")
_SLASHED: Final = re.compile(r"(?<![\d./])(?P<d>[0-3]?\d)/(?P<m>[01]?\d)/(?P<y>(?:19|20)\d\d)(?!\d)")
_NAMED: Final = re.compile(
    r"(?<![\w.])[0-3]?\d(?:\.|er|º|-го)?\s+(?:de\s+|di\s+)?[^\W\d_]{3,12}\.?,?\s+(?:de\s+|del\s+|des\s+)?(?:19|"
    r"20)\d\d(?!\d)"
)


def find(body: str, language: str) -> list[Timex]:
    """Find the full dates of a text, in order. `language` is its code (`de`, `fr`)."""
    found: dict[tuple[int, int], date] = {}
    for pattern in (_ISO, _DOTTED, _SLASHED):
        for match in pattern.finditer(body):
            try:
                day = date(int(match["y"]), int(match["m"]), int(match["d"]))
            except ValueError:
                continue
            found.setdefault(match.span(), day)
    for match in _NAMED.finditer(body):
        day_or_none = _named(match.group(), language.casefold()[:2])
        if day_or_none is not None:
            found.setdefault(match.span(), day_or_none)
    return [
        Timex(
            text=body[a:b],
            start=a,
            end=b,
            type="DATE",
            value=d.isoformat(),
            earliest=d.isoformat(),
            latest=d.isoformat(),
        )
        for (a, b), d in sorted(found.items())
    ]


def _named(text: str, language: str) -> date | None:
    import dateparser

    try:
        moment: datetime | None = dateparser.parse(
            text,
            languages=[_CODES.get(language, language)],
            settings={"REQUIRE_PARTS": ["day", "month", "year"], "DATE_ORDER": "DMY"},
        )
    except ValueError:  # a language that dateparser does not know
        return None
    return moment.date() if moment is not None else None
