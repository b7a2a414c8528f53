"""The flow `keep-timeline`: a consumer of the change feed, and a sample for others. It keeps a timeline in a JSON file.

The file says up to which change it is true. It is written whole or not at all, and only then is the change
acknowledged: after a crash, or a copy of the file put back, the flow reads on from where the file is.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from prefect import flow, get_run_logger
from prefect.artifacts import acreate_table_artifact

from flows.outfile import result_file
from flows.settings import read_settings
from flows.workplace import store_at_hand
from storage import changes, consumers, timeline
from storage.changes import Dropped
from storage.errors import Misconfigured, WiredeskError
from storage.store import Store
from tasks import timelinefeed
from tasks.timelinefeed import Events

CONSUMER: Final = "timeline-file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a file holds: the events up to a change; `anew` if they were read from the shelves and not from the feed."""

    events: int
    change: int
    anew: bool


@flow(name="keep-timeline", description="Keep a timeline in a JSON file up to date from the change feed.")
async def keep_timeline(out: str = "", consumer: str = CONSUMER) -> Kept:
    """Bring a JSON file of the timeline up to date.

    Leaves the table artifact `timeline-summary`.

    Args:
        out: the file; default: HOME/timeline.json.
        consumer: the name under which the change feed is read; each file needs one of its own.
    """
    settings = read_settings()
    file = Path(out) if out else settings.home / "timeline.json"
    with store_at_hand(settings) as store:
        kept = await asyncio.to_thread(bring_up_to_date, store, file, consumer)
    get_run_logger().info("timeline %s %s", file, kept)
    row = {"events": kept.events, "up to change": kept.change, "built anew": kept.anew}
    await acreate_table_artifact(key="timeline-summary", table=[row], description=f"The timeline in {file}.")
    return kept


def bring_up_to_date(store: Store, file: Path, consumer: str) -> Kept:
    """Read on from where a file is, and write it anew if there was anything to read.

    A file from before what the feed still tells, or from another database, is built anew from the shelves.

    Raises:
        WiredeskError: there is a file, and it is none of these.
    """
    events, known = _read(file)
    place, anew = known, False
    try:
        _take_place(store, consumer, place)
    except (Dropped, Misconfigured):
        anew = True
        with store.reading() as conn:  # one snapshot: the events are as they were after this change
            events, place = {row["id"]: _plain(row) for row in timeline.events(conn)}, changes.last(conn)
        _take_place(store, consumer, place)
    while True:
        with store.reading() as conn:
            page = changes.read(conn, after=place)
        if not page:
            break
        timelinefeed.take(events, page)
        place = page[-1].number
    if anew or place != known or not file.exists():
        with result_file(file) as whole:
            json.dump({"change": place, "events": timelinefeed.in_time(events)}, whole, ensure_ascii=False)
        with store.writing() as conn:
            consumers.acknowledge(conn, consumer, place, now=datetime.now(UTC))
    return Kept(events=len(events), change=place, anew=anew)


def _take_place(store: Store, consumer: str, place: int) -> None:
    with store.writing() as conn:
        consumers.register(conn, consumer, after=place, now=datetime.now(UTC))


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: value for name, value in row.items() if name != "story"}
    return told | {"articles": timelinefeed.in_order(row["articles"])}


def _read(file: Path) -> tuple[Events, int]:
    """Give the events of a file, and the change up to which it is true; nothing, and 0, if there is no file yet."""
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        return {event["id"]: event for event in kept["events"]}, int(kept["change"])
    except FileNotFoundError:
        return {}, 0
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WiredeskError("this is no timeline that was kept here; name another file", subject=str(file)) from error
