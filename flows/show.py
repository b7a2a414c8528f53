"""What a person sees on a terminal. Formats and prints; reads nothing but what it is handed.

Tables go to stdout. Progress goes to stderr, and only if a person is watching.
"""

import contextlib
import sys
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rich.columns import Columns
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

from storage import inbox
from storage.catalogue import Stored
from storage.inbox import Item, State
from storage.records import Article, Refusal, Relation, Withdrawal
from storage.store import Store
from storage.tallies import Tally
from tasks.filing import Counts
from tasks.stages import Outcome
from tasks.sweep import Swept

if TYPE_CHECKING:
    from tasks.redo import Redone  # which imports every stage, and that takes seconds

HIGHLIGHT = "bold black on yellow"
GRADE_COLOURS = {"exact": "green", "near": "green", "derived": "cyan", "shared-quotes": "magenta", "update": "blue"}
AROUND = 60
"""Characters of context on either side of a shared passage."""


def out() -> Console:
    """Give the console for results. In a pipe lines are long enough not to be folded."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else 120)


def _bar(*columns: ProgressColumn) -> Progress:
    """Give a bar on stderr. It takes what is printed above itself only if that goes to the terminal as well."""
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, redirect_stdout=sys.stdout.isatty())


@contextlib.contextmanager
def progress(what: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Count things done, for whoever watches; give the function that adds to the count. Silent in a pipe."""
    with _counter(what, total) as tell:
        yield lambda n: tell(advance=n)


@contextlib.contextmanager
def headway() -> Iterator[Callable[[int, int | None], None]]:
    """Show how far a backfill has come: give the function that is told how much is done, and of how much."""
    with _counter("backfilling", None) as tell:
        yield lambda done, total: tell(completed=done, total=total)


@contextlib.contextmanager
def _counter(what: str, total: int | None) -> Iterator[Callable[..., None]]:
    if not sys.stderr.isatty():
        yield lambda **_: None
        return
    columns = (SpinnerColumn(), TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with _bar(*columns) as bar:
        yield partial(bar.update, bar.add_task(what, total=total))


@contextlib.contextmanager
def inbox_progress(store: Store, waiting: int) -> Iterator[None]:
    """Show how the inbox empties."""

    def left() -> int:
        with store.reading() as conn:
            counts = inbox.counts(conn)
        return counts.get("captured", 0) + counts.get("claimed", 0)

    with watched("reading and filing", waiting, left):
        yield


@contextlib.contextmanager
def watched(what: str, waiting: int, count: Callable[[], int]) -> Iterator[None]:
    """Show how what waits grows less, by counting it twice a second. Silent in a pipe."""
    if not sys.stderr.isatty():
        yield
        return
    done = threading.Event()
    with progress(what, waiting) as advance:

        def watch() -> None:
            left = waiting
            while not done.wait(0.5):
                now = count()
                advance(left - now)
                left = now

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            done.set()
            watcher.join()


def outcome(items: Sequence[Item], states: Mapping[State, int], *, counts: Counts, others: int) -> None:
    """Say what became of the documents of one command, and what was refused and why."""
    console = out()
    waiting = states.get("captured", 0) + states.get("claimed", 0)
    words = [f"received {len(items)}", f"filed {states.get('filed', 0)}", f"copies {counts.copies}"]
    words += [f"seen {states.get('seen', 0)}", f"rejected {states.get('rejected', 0)}"]
    if waiting:
        words.append(f"to try again {waiting}")
    console.print("   ".join(words), style="bold")
    if said := [f"{word} {n}" for word in ("revised", "withdrawn") if (n := getattr(counts, word))]:
        console.print(f"of those filed {', '.join(said)}")
    if others:
        console.print(f"and {others} that had been waiting before")
    refused = [item for item in items if item.state == "rejected"]
    if refused:
        table = Table(box=None, pad_edge=False, header_style="dim")
        for heading in ("item", "document", "reason", "what to do"):
            table.add_column(heading, overflow="fold")
        for item in refused[:20]:
            table.add_row(str(item.id), escape(item.input), f"[red]{item.reason}[/]", escape(item.detail or ""))
        console.print(table)
        if len(refused) > 20:
            console.print(f"... and {len(refused) - 20} more: wiredesk rejected list", style="dim")


def waits(count: int, until: datetime) -> None:
    """Say, to whoever watches, that the command waits for another run, and how long at most."""
    what = f"waiting for what another run has in hand, documents: {count:,}"
    print(f"{what}; if it has died they are free at {_next_minute(until)}", file=sys.stderr)


def in_hand(count: int, until: datetime) -> None:
    """Say what other runs still have in hand, and what to do if they have died."""
    out().print(
        f"in the hands of other runs {count:,}; if they have died, run this again at {_next_minute(until)}",
        style="dim",
    )


def _next_minute(until: datetime) -> str:
    return f"{until + timedelta(minutes=1):%Y-%m-%d %H:%M} UTC"


def record(outcome: Outcome) -> None:
    """Print one inspected document for reading."""
    console = out()
    if isinstance(outcome, Withdrawal):
        console.print(f"[yellow]withdraws[/] {outcome.id}: {escape(outcome.reason)}")
        return
    if not isinstance(outcome, Article):
        reason, detail = (outcome.reason, outcome.detail) if isinstance(outcome, Refusal) else ("failed", outcome.error)
        console.print(f"[red]rejected[/] {escape(outcome.input)}: {reason}: {escape(detail)}")
        return
    article = outcome
    console.rule(escape(article.headline or article.input), align="left")
    facts = {
        "id": article.id,
        "published": f"{article.published or 'unknown'} ({article.published_basis or 'no basis'})",
        "publisher": article.publisher,
        "agency": article.agency,
        "by": ", ".join(article.authors) or None,
        "dateline": article.dateline,
        "language": article.language,
        "address": article.url,
    }
    console.print(Columns([f"[dim]{k}[/] {escape(v)}" for k, v in facts.items() if v], padding=(0, 3)))
    text = Text(article.body)
    for quotation in article.quotations:
        text.stylize("green" if quotation.type == "indirect" else "bold green", quotation.start, quotation.end)
    for timex in article.timexes:
        text.stylize("underline", timex.start, timex.end)
    console.print(Padding(text, (1, 2)))
    for quotation in article.quotations:
        who = quotation.speaker.name if quotation.speaker else "?"
        said = f" [dim]{quotation.said}[/]" if quotation.said else ""
        console.print(f"  [bold]{escape(who)}[/] [dim]{quotation.type}[/]{said}  {escape(quotation.text)}")
    for event in article.events:
        console.print(f"  [bold]{event.date}[/] [dim]{event.precision}[/]  {escape(event.text)}")
    console.print()


Title = Callable[[str], str]
"""Names an article, given by its id: its headline, or what else it may be known by."""
Carriers = Callable[[Collection[str]], Mapping[str, str]]
"""Names who carried articles, given by their ids."""


def day(moment: datetime | None) -> str:
    """Write a time for a person, to the minute, in UTC."""
    if moment is None:
        return "no date"
    midnight = (moment.hour, moment.minute, moment.second) == (0, 0, 0)
    return f"{moment:%Y-%m-%d}" if midnight else f"{moment:%Y-%m-%d %H:%M}"


def relation(relation: Relation, first: Stored, second: Stored, *, most: int = 12) -> None:
    """Print one relation: grade, reason, and its passages side by side, highlighted in their context."""
    console = out()
    colour = GRADE_COLOURS[relation.grade]
    covers = " and ".join(f"{share:.0%}" for share in relation.coverage)
    console.print(
        f"[bold {colour}]{relation.grade}[/]  score {relation.score:.2f}, shared passages cover {covers}\n"
        f"[dim]{escape(relation.reason)}[/]"
    )
    table = Table(expand=True, show_lines=True, header_style="bold")
    for stored in (first, second):
        who = stored.article.publisher or stored.article.agency or stored.article.input
        table.add_column(escape(f"{who}\n{stored.article.headline or ''}\n{stored.article.id}"), ratio=1)
    for passage in relation.passages[:most]:
        table.add_row(_in_context(first.article.body, passage.a), _in_context(second.article.body, passage.b))
    if len(relation.passages) > most:
        table.add_row(f"... and {len(relation.passages) - most} more", "")
    console.print(table)


def _in_context(body: str, span: tuple[int, int]) -> Text:
    start, end = span
    left, right = max(0, start - AROUND), min(len(body), end + AROUND)
    text = Text("…" if left else "", style="dim")
    text.append(body[left:start].replace("\n", " "))
    text.append(body[start:end].replace("\n", " "), style=f"not dim {HIGHLIGHT}")
    text.append(body[end:right].replace("\n", " ") + ("…" if right < len(body) else ""))
    return text


def heading(text: str, command: str) -> None:
    """Print the heading of a part of the demo, with the command that shows the same of your own documents."""
    console = out()
    console.print()
    console.rule(f"[bold]{escape(text)}[/]  [dim]{escape(command)}[/]", align="left")


def status(
    *,
    running: Mapping[str, str],
    places: Mapping[str, str],
    states: Mapping[State, int],
    totals: Mapping[str, Tally],
    doing: Mapping[str, str],
) -> None:
    """Print the state of the desk."""
    console = out()
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, place in {**running, **places}.items():
        table.add_row(f"[dim]{name}[/]", escape(place))
    names = {"noticed": "to fetch", "captured": "waiting", "claimed": "in work"}
    table.add_row("[dim]inbox[/]", ", ".join(f"{n:,} {names.get(state, state)}" for state, n in states.items()))
    table.add_row("[dim]shelves[/]", ", ".join(f"{n} {name}" for name, n in totals.items()))
    for name, said in doing.items():
        table.add_row(f"[dim]{name}[/]", escape(said))
    console.print(table)


def rejected(items: Sequence[Item], *, whole: bool) -> int:
    """Print rejected items. Gives how many there were."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading_ in ("item", "received", "document", "reason", "what to do"):
        table.add_column(heading_, overflow="fold")
    for item in items:
        cells = (str(item.id), day(item.received_at), escape(item.input), f"[red]{item.reason}[/]")
        table.add_row(*cells, escape(item.detail or ""))
        if whole:
            kept = f"{item.size_bytes or 0:,} bytes kept as {item.digest}" if item.digest else "no bytes were kept"
            table.add_row("", "", f"[dim]attempts {item.attempts}; {kept}[/]", "", "")
    if items:
        out().print(table)
    return len(items)


def swept(folder: Path, *, found: Swept, counts: Counts) -> None:
    """Say what a sweep found in the drop folder, and what became of all that waited then."""
    console = out()
    files = f"taken {found.taken}   refused {found.refused}   still growing {found.growing}"
    files += f"   cannot be moved away {found.stuck}" if found.stuck else ""
    files += f"   left alone, by their names no documents {found.odd}" if found.odd else ""
    console.print(f"{escape(str(folder))}: {files}", style="bold")
    console.print("   ".join(_became(counts)))
    if counts.failed:
        console.print(f"to try again {counts.failed}")
    if counts.rejected or found.refused:
        console.print("why: wiredesk rejected list", style="dim")


def _became(counts: Counts) -> list[str]:
    """Say what became of documents; of what was withdrawn only if there was any."""
    words = ("filed", "revised", *(["withdrawn"] * bool(counts.withdrawn)), "copies", "seen", "rejected")
    return [f"{word} {getattr(counts, word)}" for word in words]


def refilled(counts: Counts, *, documents: int, known: int, dry_run: bool) -> None:
    """Say what a backfill took in from files, or would take in."""
    console = out()
    if dry_run:
        new = documents - known - counts.rejected
        console.print(f"documents {documents}   new {new}   known {known}   refused {counts.rejected}", style="bold")
        console.print("dry run: nothing was written")
        return
    words = [f"documents {documents}", f"known {known}"]
    console.print("   ".join([*words, *_became(counts)]), style="bold")
    if counts.failed:
        console.print(f"to try again {counts.failed}")
    if counts.rejected:
        console.print("why: wiredesk rejected list", style="dim")


def made_anew(
    redone: "Redone",
    *,
    outdated: Mapping[str, Mapping[int, int]],
    aside: Sequence[tuple[str, str]],
    current: Mapping[str, int],
    dry_run: bool,
) -> None:
    """Say what older versions had made, and what became different by making it anew, or would become.

    `aside` are the articles that could not be made anew, each with its last error.
    """
    console = out()
    for stage, versions in outdated.items():
        for version, count in sorted(versions.items()):
            was = f"version {version}" if version else "no version"
            console.print(f"{stage}: {count:,} articles by {was}, now at {current[stage]}", style="dim")
    words = [f"made anew {redone.redone}", f"different {redone.altered}"]
    words += [f"kept as they were {redone.kept}"] * bool(redone.kept)
    words += [f"to try again {redone.failed}"] * bool(redone.failed)
    console.print("   ".join(words), style="bold")
    if redone.announced:
        console.print("announced: " + ", ".join(f"{n:,} {kind}" for kind, n in sorted(redone.announced.items())))
    for article, why in aside:
        console.print(f"set aside: {article}  {escape(why)}")
    if aside:
        console.print("they stay as they were; tried again with --again", style="dim")
    if dry_run:
        console.print("dry run: nothing was written")


def demo_ends(home: Path) -> None:
    """Say where the demo's store is and what to try next."""
    out().print(
        f"\nAll of it is in {escape(str(home))}: try [bold]wiredesk quotes --home {escape(str(home))}[/], or your own "
        "documents: [bold]wiredesk ingest PATH[/]"
    )
