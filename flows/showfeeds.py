"""What a person sees of feeds on a terminal. Formats and prints; reads nothing but what it is handed."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

from flows import show
from storage import feeds
from storage.feedrecords import Attempt, FeedPage, FeedState
from storage.feeds import Feed
from storage.masking import masked
from storage.store import Store

if TYPE_CHECKING:
    from flows.poll import Polls

COLOURS = {
    "new": "green", "same": "dim", "not-modified": "dim", "limited": "yellow", "soft": "yellow", "temporary": "yellow",
    "not-a-feed": "red", "hard": "red", "gone": "red",
}  # fmt: skip


def added(state: FeedState, page: FeedPage | None, *, new: bool) -> None:
    """Say which feed was added, and what is in it now."""
    said = "added" if new else "known already"
    name = f"{escape(state.title)}  " if state.title else ""
    show.out().print(f"[bold]{said}[/]  {name}{escape(masked(state.address))}")
    if page is not None and new:
        latest = next((entry.title for entry in page.entries if entry.title), None)
        count = len(page.entries)
        about = f"{count} {'entry' if count == 1 else 'entries'}" + (f", the first: {escape(latest)}" if latest else "")
        show.out().print(f"       [dim]{about}[/]")


def listed(found: Sequence[Feed], *, now: datetime) -> int:
    """Print feeds and how they do. Gives how many there were."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("feed", "tags", "last new", "every", "next", "trouble"):
        table.add_column(name, overflow="fold", no_wrap=name in {"last new", "every", "next"})
    for feed in found:
        state = feed.state
        address = escape(masked(state.address))
        name = f"{escape(state.title)}\n[dim]{address}[/]" if state.title else address
        table.add_row(
            name,
            escape(", ".join(state.tags)),
            _ago(state.last_new_at, now),
            _long(state.interval) if state.polls else "",
            _until(state, now),
            f"[red]{escape(_trouble(state))}[/]",
        )
    if found:
        show.out().print(table)
    return len(found)


def _trouble(state: FeedState) -> str:
    parts = []
    if state.condition != "active":
        reason = masked(state.condition_reason)
        parts.append(f"{state.condition}: {reason}" if reason else state.condition)
    elif state.failures_in_a_row:
        parts.append(f"failed {_times(state.failures_in_a_row)}{' in a row' if state.failures_in_a_row > 1 else ''}")
    if state.possible_gaps:
        parts.append(f"may have missed entries {_times(state.possible_gaps)}")
    return "; ".join(parts)


def _until(state: FeedState, now: datetime) -> str:
    if state.condition in {"paused", "disabled"}:
        return "never"
    return "now" if state.next_poll_at <= now else f"in {_long(state.next_poll_at - now)}"


def _times(n: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(n, f"{n:,} times")


def _ago(at: datetime | None, now: datetime) -> str:
    return "never" if at is None else f"{_long(now - at)} ago"


def _long(time: timedelta) -> str:
    minutes = max(0, round(time.total_seconds() / 60))
    if minutes < 100:
        return f"{minutes} min"
    return f"{round(minutes / 60)} h" if minutes < 60 * 48 else f"{round(minutes / 1440)} days"


def why(feed: Feed, looks: Sequence[Attempt], *, known: int, undated: int, now: datetime) -> None:
    """Print what is known of a feed, the last looks at it, and why the next one is when it is."""
    state, console = feed.state, show.out()
    facts = {
        "feed": state.address,
        "formerly": ", ".join(state.former_addresses),
        "title": state.title or "",
        "site": state.site or "",
        "tags": ", ".join(state.tags),
        "condition": f"{state.condition}: {state.condition_reason}" if state.condition_reason else state.condition,
        "added": show.day(feed.added_at),
        "looked at": _times(state.polls) if state.polls else "",
        "by 304": _times(state.not_modified) if state.not_modified else "",
        "last new": _ago(state.last_new_at, now),
        "entries": f"{known:,} known, {undated:,} without a date that can be used" if known else "none yet",
        "missed": f"entries, perhaps, {_times(state.possible_gaps)}" if state.possible_gaps else "",
        "lies": "its 304 has hidden changes; it is asked without ETag and date" if state.lying else "",
        "moving": f"to {state.moved_to}, said {_times(state.moved_count)}" if state.moved_to else "",
        "next look": "never" if state.condition in {"paused", "disabled"} else _moment(state.next_poll_at, now),
        "because": looks[0].reason if looks else "it has not been looked at yet",
    }
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, fact in facts.items():
        if fact:
            table.add_row(f"[dim]{name}[/]", escape(masked(fact)))
    console.print(table)
    if looks:
        console.print()
        console.print(_looks(looks))
        if any(look.sample for look in looks):
            console.print("what came in place of a feed: wiredesk feeds why ADDRESS --sample", style="dim")


def _looks(looks: Sequence[Attempt]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("looked", "status", "came to", "entries", "new", "revised", "size", "time", "what happened"):
        table.add_column(name, overflow="fold", no_wrap=name != "what happened")
    for look in looks:
        told = [look.detail] if look.detail else []
        told += ["entries may have been missed"] if look.possible_gap else []
        table.add_row(
            f"{look.at:%Y-%m-%d %H:%M}",
            "" if look.status is None else str(look.status),
            f"[{COLOURS[look.outcome]}]{look.outcome}[/]",
            str(look.entries or ""),
            str(look.new_entries or ""),
            str(look.revised_entries or ""),
            f"{look.size_bytes:,}" if look.size_bytes else "",
            f"{look.elapsed_s:.1f} s",
            escape(masked("; ".join(told))),
        )
    return table


def look_row(look: Attempt) -> dict[str, Any]:
    """Give a look as a line for programs."""
    row = {k: v.isoformat() if isinstance(v, datetime) else v for k, v in asdict(look).items()}
    return row | {"address": masked(look.address), "detail": masked(look.detail)}


def _moment(at: datetime, now: datetime) -> str:
    return "now" if at <= now else f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC, in {_long(at - now)}"


def polled(polls: "Polls") -> None:
    """Say what feeds came to that were polled, and name those that failed."""
    console = show.out()
    outcomes = [p.attempt.outcome for p in polls.polled]
    words = [f"polled {len(outcomes) + len(polls.failures)}", f"new entries {polls.new_entries}"]
    words += [f"unchanged {outcomes.count('same') + outcomes.count('not-modified')}", f"failed {polls.failed}"]
    console.print("   ".join(words), style="bold")
    if polls.pages is not None:
        counts = polls.pages.counts
        kinds = {"page": "captured", "feed": "from the feed", "revised": "revised", "waiting": "to try again",
                 "failed": "not to be had"}  # fmt: skip
        console.print("pages: " + "   ".join(f"{word} {counts[kind]}" for kind, word in kinds.items()))
    table = Table(box=None, pad_edge=False, show_header=False)
    for p in polls.polled:
        if p.attempt.outcome not in {"new", "same", "not-modified"}:
            outcome = f"[{COLOURS[p.attempt.outcome]}]{p.attempt.outcome}[/]"
            table.add_row(escape(masked(p.feed.state.address)), outcome, escape(masked(p.attempt.detail)))
    for failure in polls.failures:
        table.add_row(escape(failure.address), "[red]our own[/]", escape(failure.error))
    if table.row_count:
        console.print(table)
        console.print("more: wiredesk feeds why ADDRESS", style="dim")


@contextlib.contextmanager
def poll_progress(store: Store, due: int) -> Iterator[None]:
    """Show how many feeds are still due, by looking twice a second."""

    def left() -> int:
        with store.reading() as conn:
            return feeds.due(conn, now=datetime.now(UTC), claimed=True)

    with show.watched("polling", due, left):
        yield
