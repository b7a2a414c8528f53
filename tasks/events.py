"""Turn dated sentences into events for a timeline: one a sentence, with its date and the people named. Pure.

What the sentence makes of it, `modality`, is told by the verb that the date hangs on, and by the date itself: what lies
behind the day of publication has happened, what lies ahead of it is planned, unless the verb says otherwise.
"""

import re
from collections.abc import Sequence
from datetime import date
from typing import Final, cast

from storage.records import Event, Modality, Precision, Timex
from tasks import direction, timevalues
from tasks.grammar import Layout, Sentence
from tasks.register import Register

_RANK: Final = {
    "time": 0,
    "day": 1,
    "week": 2,
    "month": 3,
    "quarter": 4,
    "season": 5,
    "year": 6,
    "decade": 7,
    "century": 8,
}


_SUPPOSED: Final = re.compile(r"\b(?:[Ii]f|[Uu]nless|[Ww]hether)\b")
"""What makes a thing of the past conditional; what `would be the latest since May` is not of the past."""
_NOW: Final = re.compile(r"(?i:today|tonight|this|now|currently)\b")
_PROSE: Final = re.compile(r"\b[a-z]{2,}")


def find(
    layout: Layout, timexes: Sequence[Timex], known: Register, published: date | None, *, english: bool = True
) -> list[Event]:
    """Give one event for each sentence that holds a date with a value: the most exact date, the first of equals.

    In other languages than `english` the date alone tells the modality.
    """
    found: list[Event] = []
    for s in _whole(layout.sentences, timexes):
        dated = [
            t for t in timexes if s.start <= t.start < s.end and t.type in ("DATE", "TIME") and t.earliest and t.value
        ]
        if not dated or s.end - s.start < 20:
            continue
        best = min(dated, key=lambda t: (_RANK[timevalues.precision(t.value or "")], t.start))
        if not (_PROSE.search(layout.body, s.start, best.start) or _PROSE.search(layout.body, best.end, s.end)):
            continue  # a dateline, or a heading in capitals
        value = best.value or ""
        people = dict.fromkeys(e.name for _, _, e in known.between(s.start, s.end) if e.type == "Person")
        found.append(
            Event(
                date=timevalues.edtf(value),
                precision=cast("Precision", timevalues.precision(timevalues.edtf(value) if "T" in value else value)),
                text=layout.body[s.start : s.end],
                start=s.start,
                end=s.end,
                people=tuple(people),
                modality=modality(layout, s, best, published, english=english),
            )
        )
    return found


def modality(layout: Layout, s: Sentence, timex: Timex, published: date | None, *, english: bool) -> Modality | None:
    """Tell whether a date is of something past, planned or conditional; None for what goes on, or if nothing tells."""
    sense = direction.sense(s, layout.body, timex.start, timex.end) if english else None
    here = published.isoformat() if published is not None else None
    behind = here is not None and timex.latest is not None and timex.latest < here
    if sense == "perhaps":
        return "conditional"
    if sense == "open" and not (behind and not _SUPPOSED.search(layout.body, s.start, s.end)):
        return "conditional"
    if behind:
        return "planned" if sense == "planned" else "past"
    if here is not None and timex.earliest is not None and timex.earliest > here:
        return "planned"
    if sense == "past":
        return "past"
    # `sits on Wednesday` is its plan, `sits today` and `this week` are how things are.
    named = sense == "present" and timex.earliest == timex.latest and not _NOW.match(timex.text)
    return "planned" if sense in ("ahead", "planned") or named else None


def _whole(sentences: Sequence[Sentence], timexes: Sequence[Timex]) -> list[Sentence]:
    """Put sentences together that were cut within a date (`am 4. März`)."""
    found: list[Sentence] = []
    for s in sentences:
        if found and any(t.start < s.start < t.end for t in timexes):
            found[-1] = Sentence(found[-1].index, s.paragraph, found[-1].start, s.end)
        else:
            found.append(s)
    return found
