"""The overview of the desk in words: the same rows in Prefect's artifact and in the terminal. Formats only."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from storage.overview import Overview


def rows(
    found: Overview, stage_seconds: Mapping[str, float], *, now: datetime, history: Path | None = None
) -> dict[str, str]:
    """Give what to say of the desk, in order. `history` is the file in which Prefect keeps its runs, if it is here."""
    age = _lasting(now - found.oldest_due) if found.oldest_due else ""
    said = {
        "backlog": f"{found.backlog:,} waiting" + (f", the oldest for {age}" if found.backlog else ""),
        "in work": f"{found.in_work:,}",
        "to try again later": f"{found.waiting_for_retry:,}",
        "filed": f"{found.filed_last_hour:,} in the last hour, {found.filed_lately:,} in the last day "
        f"({found.filed_lately / 24:,.1f} an hour)",
        "copies": "none filed" if found.copies_share is None else f"{found.copies_share:.0%} of the last day",
        "rejected": ", ".join(f"{n:,} {reason}" for reason, n in found.rejected_lately.items()) or "none",
        "change feed": _feed(found),
        "size of the database": _size(found.database_bytes),
    }
    if history is not None and history.exists():
        said["size of Prefect's history"] = _size(history.stat().st_size)
    if stage_seconds:
        slowest = max(stage_seconds, key=lambda stage: stage_seconds[stage])
        each = ", ".join(f"{stage} {seconds:.2f} s" for stage, seconds in stage_seconds.items())
        said["slowest stage"] = f"{slowest} (an article takes: {each})"
    return said


def _feed(found: Overview) -> str:
    slowest, held = found.slowest, found.held
    said = f"at number {found.last_change:,}"
    if slowest is not None:
        said += f"; {slowest.name} is furthest behind, at {slowest.cursor:,}"
    if held is not None:
        said += f". WARNING: kept since {held.since:%Y-%m-%d} for {held.consumer} (`wiredesk changes --forget NAME`)"
    return said


def _lasting(time: timedelta) -> str:
    seconds = max(0, round(time.total_seconds()))
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} seconds"


def _size(n_bytes: int) -> str:
    return f"{n_bytes / 1e9:.1f} GB" if n_bytes >= 1e9 else f"{n_bytes / 1e6:.1f} MB"
