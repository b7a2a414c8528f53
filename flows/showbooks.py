"""What a person sees of stories, quote book and timeline. Formats and prints; reads nothing but what it is handed."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from flows.show import GRADE_COLOURS, Title, day, out
from storage.catalogue import Story

A_TABLE = 200
"""Rows that are printed at once: a table has to be whole to be laid out, and nobody waits for the whole timeline."""
PASSAGES = 3
SENTENCES = 5


def stories(found: Iterable[Story], title: Title) -> int:
    """Print stories with their members. Gives how many there were."""
    console = out()
    n = 0
    for n, story in enumerate(found, 1):  # noqa: B007 - counted for the caller
        console.print(
            f"[bold]{escape(story.headline or title(story.members[0].id))}[/]  [dim]{story.id}  "
            f"{_counted(story.size, 'article')}  {day(story.first_at)}[/]"
        )
        members = _members()
        for member in story.members:
            who, what = escape(member.outlet or "unknown outlet"), escape(member.headline or title(member.id))
            when = f"{member.published or 'no date':<25}"
            members.add_row(_mark(member.copy_of), _grade(member.grade), member.id, when, f"{who}: {what}")
            if members.row_count == A_TABLE:
                console.print(members)
                members = _members()
        console.print(members)
    return n


def _members() -> Table:
    """Lay out who is in a story: what is too long for its line goes on under itself."""
    table = Table.grid(padding=(0, 1), pad_edge=False)
    table.add_column(width=18, style="cyan", no_wrap=True)
    table.add_column(width=8, no_wrap=True)
    table.add_column(width=16, no_wrap=True)
    return table


def _mark(copy_of: str | None) -> str:
    return f"   copy of {copy_of[:6]}" if copy_of else "   lead"


def _counted(n: int, noun: str) -> str:
    return f"{n} {noun}{'s' * (n != 1)}"


def _grade(grade: str | None) -> str:
    return f"[{GRADE_COLOURS[grade]}]{grade}[/]" if grade else ""


def story(told: Mapping[str, Any]) -> None:
    """Print one story in full (`storyline.told`)."""
    console = out()
    console.print(f"[bold]{escape(told['headline'] or 'without a headline')}[/]  [dim]{told['id']}[/]")
    first = told["first"]
    console.print(
        f"first seen at {escape(first['outlet'] or 'an unknown outlet')}, {first['datePublished'] or 'no date'}"
        f"  [dim]{_counted(told['size'], 'article')}, {_counted(len(told['spread']), 'outlet')}[/]"
    )
    if told["merged"]:
        console.print(f"[dim]{_counted(len(told['merged']), 'story').replace('storys', 'stories')} became part of it: "
                      f"{', '.join(told['merged'])}[/]")  # fmt: skip
    console.print("\n[bold]How it spread[/]")
    for one in told["spread"]:
        behind = "without a date" if one["hours"] is None else f"{one['hours']:+.1f} h"
        console.print(
            f"   {behind:>14}  {escape(one['outlet'] or 'unknown outlet')}, {_counted(one['articles'], 'article')}"
        )
    console.print("\n[bold]Lead and copies[/]")
    for article in told["articles"]:
        member = _members()
        what = f"{escape(article['outlet'] or 'unknown outlet')}: {escape(article['headline'] or '')}"
        member.add_row(_mark(article["copy_of"]), _grade(article["grade"]), article["article"], what)
        console.print(member)
        for passage in article.get("passages", ())[:PASSAGES]:
            console.print(Padding(f"[dim]“{escape(' '.join(passage['text'].split())[:200])}”[/]", (0, 6)))
        if (more := len(article.get("passages", ())) - PASSAGES) > 0:
            console.print(f"      [dim]and {_counted(more, 'passage')} more: wiredesk copies {article['article']}[/]")
    if told["revisions"]:
        console.print("\n[bold]Revisions[/]")
    for revision in told["revisions"]:
        console.print(f"   {revision['article']} revision {revision['revision']}, {revision['replaced_at'][:16]}")
        for name, (before, after) in revision["changed"].items():
            console.print(Padding(escape(f"{name}: {before or 'none'} → {after or 'none'}"), (0, 6)))
        for mark, colour, which in (("−", "red", "removed"), ("+", "green", "added")):
            for sentence in revision[which][:SENTENCES]:
                console.print(Padding(f"[{colour}]{mark} {escape(sentence)}[/]", (0, 6)))
            if (more := len(revision[which]) - SENTENCES) > 0:
                console.print(f"      [dim]{mark} and {_counted(more, 'sentence')} more[/]")


def quotes(rows: Iterable[Mapping[str, Any]]) -> int:
    """Print statements (`quotebook.find`): who, when, in which words, by whom. Gives how many there were."""
    console = out()
    n = 0
    for n, row in enumerate(rows, 1):  # noqa: B007 - counted for the caller
        who = escape(row["speaker"]["name"]) if row["speaker"] else "[dim]speaker not given[/]"
        said = row["dateSaid"] or "no date"
        console.print(f"[bold]{who}[/]  [dim]{said}  {row['type']}  {row['agreement']}[/]")
        console.print(Padding(f"[green]{escape(_marked(row))}[/]", (0, 3)))
        if row["context"] and len(row["context"]) > len(row["text"]) + 4:
            console.print(Padding(f"[dim]in: {escape(row['context'])}[/]", (0, 3)))
        for variant in row["variants"]:
            differs = "" if variant["text"] == row["text"] else f": {escape(_marked(variant))}"
            told = " [dim](in its own words)[/]" if differs and variant["type"] == "indirect" else ""
            console.print(Padding(f"[dim]{escape(', '.join(variant['outlets']))}{differs}[/]{told}", (0, 6)))
    return n


def _marked(said: Mapping[str, Any]) -> str:
    return str(said["text"]) if said["type"] == "indirect" else f"“{said['text']}”"


def timeline(rows: Iterable[Mapping[str, Any]]) -> int:
    """Print events (`timeline.find`) by date, with the outlets that report each. Gives how many there were."""
    n = 0
    table = _events(header=True)
    for n, row in enumerate(rows, 1):
        what = escape(row["text"])
        if row["modality"] not in {None, "past"}:
            what = f"[italic]{row['modality']}:[/] {what}"
        table.add_row(row["date"], what, escape(", ".join(row["outlets"])))
        if n % A_TABLE == 0:
            out().print(table)
            table = _events(header=False)
    if table.row_count:
        out().print(table)
    return n


def _events(*, header: bool) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", show_header=header, expand=True)
    table.add_column("date", no_wrap=True, style="bold", min_width=16)
    table.add_column("what", ratio=3)
    table.add_column("reported by", ratio=2)
    return table
