"""A timeline as a consumer of the change feed keeps it. Pure: changes in, timeline out; no store, no file.

It does what each change says, and doing it twice does no harm: so it may read some changes again after a crash.
"""

from collections.abc import Iterable
from typing import Any

from storage.changes import Change
from storage.rows import days

Events = dict[str, dict[str, Any]]
"""Events by id, each as `export timeline` prints it but for its story, the articles that report it by their ids."""


def take(events: Events, changes: Iterable[Change]) -> None:
    """Do what changes say of events."""
    for change in changes:
        if change.kind == "event.changed":
            _take(events, change.subject, dict(change.payload))


def _take(events: Events, subject: str, payload: dict[str, Any]) -> None:
    added, removed = payload.pop("added"), payload.pop("removed")
    if payload.pop("gone", False):
        events.pop(subject, None)
        return
    known = events.get(subject, {"articles": []})
    reports = [report for report in known["articles"] if report not in removed and report not in added]
    events[subject] = {"id": subject, **payload, "articles": in_order([*reports, *added])}


def in_order(reports: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give reports by article, and by their places in it."""
    return sorted(reports, key=lambda report: (report["article"], report["start"]))


def in_time(events: Events) -> list[dict[str, Any]]:
    """Give the events as the timeline has them: by the first day, wide dates before narrow, unreadable ones last."""
    spans = {id_: days(event["date"]) for id_, event in events.items()}
    found = sorted(events.values(), key=lambda event: (event["date"], event["id"]))
    found.sort(key=lambda event: spans[event["id"]][1] or "", reverse=True)
    found.sort(key=lambda event: spans[event["id"]][0] or "~")
    return found
