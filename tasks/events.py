"""Turn dated sentences into events for a timeline: one a sentence, with its date and the people named. Pure."""

from collections.abc import Sequence
from typing import Final, cast

from storage.records import Event, Precision, Timex
from tasks import timevalues
from tasks.grammar import Layout
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


def find(layout: Layout, timexes: Sequence[Timex], known: Register) -> list[Event]:
    """Give one event for each sentence that holds a date with a value: the most exact date, the first of equals."""
    found: list[Event] = []
    for s in layout.sentences:
        dated = [
            t for t in timexes if s.start <= t.start < s.end and t.type in ("DATE", "TIME") and t.earliest and t.value
        ]
        if not dated or s.end - s.start < 20:
            continue
        best = min(dated, key=lambda t: (_RANK[timevalues.precision(t.value or "")], t.start))
        value = best.value or ""
        people = dict.fromkeys(e.name for _, _, e in known.between(s.start, s.end) if e.type == "Person")
        found.append(
            Event(
                date=value,
                precision=cast("Precision", timevalues.precision(value)),
                text=layout.body[s.start : s.end],
                start=s.start,
                end=s.end,
                people=tuple(people),
            )
        )
    return found
