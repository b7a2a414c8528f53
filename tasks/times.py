"""Find time expressions in English news and normalise them as TIMEX3 against the day of publication. Pure; no clock.

Expressions are delimited by rule, longest sense first. Without a day of publication a relative one keeps a null value.
Bare weekdays and months look back unless the words around them look ahead.
"""

import bisect
import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

from storage.records import Quotation, Timex
from tasks import foreigntimes, timedates, timespans, timevalues
from tasks.grammar import Layout, Sentence
from tasks.timedates import Run, Value
from tasks.timewords import GATE, NEEDS, RULES, SIGNS, WORDS

VERSION: Final = 2

_NEEDS_TENSE: Final = re.compile(
    r"\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|\b(?:January|February|March|April|May|June|July|August|September|"
    r"October|November|December|(?:Jan|Feb|Aug|Sept|Oct|Nov|Dec)\.)(?! (?:\d\d?,? )?\d{4}\b)"
)
_FULL_DATE: Final = len("2026-02-10")
_ADVERBIAL: Final = frozenset(
    ("npadvmod", "pobj", "prep", "compound", "nummod", "appos", "advmod", "nmod", "tmod", "amod")
)
_HANDLERS: Final[dict[str, Callable[[Run, Sentence, re.Match[str]], Value | None]]] = {
    "full_date": timedates.full_date,
    "iso": timedates.iso,
    "slashed": timedates.slashed,
    "month_day": timedates.month_day,
    "month_year": timedates.month_year,
    "month": timedates.bare_month,
    "weekday": timedates.bare_weekday,
    "today": timedates.today,
    "this_part": timedates.this_part,
    "same_day": timespans.same_day,
    "same_unit": timespans.same_unit,
    "relative_unit": timespans.relative_unit,
    "past_unit": timespans.past_unit,
    "season": timespans.season,
    "ago": timespans.ago,
    "earlier": timespans.before_or_after,
    "span": timespans.lasting,
    "set": timespans.repeated,
    "decade": timedates.decade,
    "century": timedates.century,
    "bare_year": timedates.bare_year,
    "quarter": timespans.named_quarter,
    "latest_quarter": timespans.latest_quarter,
    "clock": timedates.clock,
    "holiday": timedates.holiday,
    "reference": timespans.reference,
}


def publication_day(published: str | None) -> date | None:
    """Give the day of an ISO 8601 time; None if it is no full date, or one that no newspaper can bear."""
    try:
        day = date.fromisoformat((published or "")[:10])
    except ValueError:
        return None
    return day if 1600 <= day.year < 2200 else None


def select(layout: Layout, chosen: Sequence[Sentence]) -> list[Sentence]:
    """Choose the sentences beside the `chosen` ones that are worth parsing for the tense that a bare date hangs on.

    They are 3 % of all words of political news, 5 % of agency reports.
    """
    parsed = {s.index for s in chosen}
    return [s for s in layout.sentences if s.index not in parsed and _NEEDS_TENSE.search(layout.body, s.start, s.end)]


def find(body: str, layout: Layout, *, published: str | None, language: str | None = "en") -> list[Timex]:
    """Find the time expressions of a text, in order, never overlapping.

    `published` is ISO 8601. In other languages than English, or none that is known, only dates in figures or with the
    name of a month are given.
    """
    if language is None or language.casefold()[:2] != "en":
        return foreigntimes.find(body, language, publication_day(published))
    run = Run(body, publication_day(published))
    found: list[Timex] = []
    for s in layout.sentences:
        if GATE.search(body, s.start, s.end):
            found += _sentence(run, s)
    return found


def _sentence(run: Run, s: Sentence) -> list[Timex]:
    taken: list[tuple[int, int, re.Match[str], str]] = []
    held = {sort for sort, sign in SIGNS.items() if sign.search(run.body, s.start, s.end)}
    folded = run.body[s.start : s.end].casefold()
    idle = {name for name, words in WORDS.items() if not any(word in folded for word in words)}
    idle |= {name for name, sign in NEEDS.items() if sign not in held}
    for name, pattern in RULES:
        if name in idle:
            continue
        for match in pattern.finditer(run.body, s.start, s.end):
            a, b = match.span("x") if "x" in pattern.groupindex else match.span()
            at = bisect.bisect_left(taken, (a,))
            free = (at == 0 or taken[at - 1][1] <= a) and (at == len(taken) or b <= taken[at][0])
            if a < b and free:
                taken.insert(at, (a, b, match, name))
    found: list[Timex] = []
    run.before = None
    for a, b, match, name in taken:
        settled = _HANDLERS[name](run, s, match)
        if settled is None:
            continue
        kind, value = settled
        first, last = timevalues.bounds(value)
        found.append(Timex(text=run.body[a:b], start=a, end=b, type=kind, value=value, earliest=first, latest=last))
        if value and re.match(r"\d{4}(?:-|$)", value):
            run.year = int(value[:4])
            run.before = (b, value)
            if value[:4] in run.body[a:b]:
                run.told = (b, value)
        if value and re.match(r"\d{4}-\d\d-\d\d", value):
            try:
                run.last = date.fromisoformat(value[:10])
                run.day_in_sentence[s.index] = value[:10]
            except ValueError:
                pass
    return found


def said(
    layout: Layout, verb: tuple[int, int] | None, timexes: Sequence[Timex], within: Sequence[tuple[int, int]] = ()
) -> str | None:
    """Give the day on which something was said: a date that hangs on the verb of saying (sentence, token).

    A date inside a statement, one of the spans `within`, is what it speaks of and never its own.
    """
    if verb is None:
        return None
    s, cue = layout.sentences[verb[0]], verb[1]
    parse = s.parse
    if not 0 <= cue < len(parse.words):
        return None
    over = {cue, parse.heads[cue]} if parse.deps[cue] in ("advcl", "xcomp", "conj", "pcomp") else {cue}
    for t in timexes:
        if t.start < s.start or t.end > s.end or t.type not in ("DATE", "TIME") or not t.value or not t.earliest:
            continue
        if any(a <= t.start and t.end <= b for a, b in within):
            continue
        tokens = [i for i, at in enumerate(parse.at) if t.start <= s.start + at < t.end and not s.inside[i]]
        for token in tokens:
            up, steps = token, 0
            while steps < 4 and parse.deps[up] in _ADVERBIAL and parse.heads[up] != up:
                if parse.words[up].casefold() in ("since", "until", "by", "before", "after"):
                    break
                up, steps = parse.heads[up], steps + 1
            if steps and up in over:
                return timevalues.edtf(t.value.split("T")[0])
    return None


def as_said(layout: Layout, timexes: Sequence[Timex], quotations: Sequence[Quotation]) -> list[Timex]:
    """Read what is quoted from the day on which it was said: `yesterday` in it is the day before that."""
    found = {(t.start, t.end): t for t in timexes}
    for q in quotations:
        day = publication_day(q.said) if q.said and len(q.said) == _FULL_DATE and q.type != "indirect" else None
        if day is None:
            continue
        run = Run(layout.body, day)
        for s in layout.sentences[layout.sentence_at(q.start) : layout.sentence_at(q.end - 1) + 1]:
            within = (t for t in _sentence(run, s) if q.start <= t.start and t.end <= q.end)
            found |= {(t.start, t.end): t for t in within if (t.start, t.end) in found}
    return list(found.values())
