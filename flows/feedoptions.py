"""The options of `wiredesk feeds`: arguments and their help, nothing else, so that they cost no import."""

import argparse
from collections.abc import Callable
from pathlib import Path

from flows.listoptions import described

Run = Callable[[str], Callable[..., int]]

SUMMARY = "add, list and poll feeds, and say why nothing comes of one"
MORE = """
examples:
  wiredesk feeds add northwater.example           find the feed of a site, and look at it from now on
  wiredesk feeds import seeds/feeds.opml          take over the feeds of another reader, folders as tags
  wiredesk feeds list --failing                   those from which nothing could be had
  wiredesk feeds why northwater.example           the last looks, what came of each, and when the next one is
  wiredesk feeds poll                             poll what is due, fetch the pages of what is new, file them

Wherever a feed is asked for, its address, its title or a part of either will do, if no other feed has it."""


def define(feeds: argparse.ArgumentParser, *, common: argparse.ArgumentParser, late: Run) -> None:
    """Give the command `feeds` its own commands."""
    commands = feeds.add_subparsers(title="commands", metavar="COMMAND", required=True, dest="what")

    def command(name: str, run: str, summary: str, more: str = "") -> argparse.ArgumentParser:
        added = commands.add_parser(
            name,
            help=summary,
            description=described(summary, more),
            parents=[common],
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        added.set_defaults(run=late(f"flows.feeds:{run}"), wrong=added.error)
        return added

    add = command(
        "add",
        "add",
        "look at feeds from now on",
        "ADDRESS is a feed's, or a site's: then the feed that the site names is found.\nNothing is added that cannot "
        "be read as a feed now, unless --unseen says so.",
    )
    add.add_argument("addresses", metavar="ADDRESS", nargs="+", help="address of a feed or of a site")
    add.add_argument("--tag", action="append", default=[], metavar="TAG", help="tag of the feed; may be given again")
    add.add_argument("--unseen", action="store_true", help="add the address as it stands, without looking at it first")

    listed = command(
        "list",
        "list_feeds",
        "list the feeds and how they do",
        "`last new` is when an entry last came, `next` when it is polled again, and `trouble` what is wrong.",
    )
    listed.add_argument("--tag", metavar="TAG", help="only feeds with this tag")
    listed.add_argument("--failing", action="store_true", help="only feeds of which the last look failed, or that rest")
    listed.add_argument("--format", choices=["text", "jsonl"], default="text", help="default: text")

    why = command(
        "why",
        "why",
        "show the last looks at a feed, and why the next one is when it is",
        "Each look with its status, what was new in it, and the reason for the time of the next.",
    )
    why.add_argument("feed", metavar="ADDRESS", help="address or title of the feed, or a part of it")
    why.add_argument("--sample", action="store_true", help="print the first bytes of what came last in place of a feed")
    why.add_argument("--format", choices=["text", "jsonl"], default="text", help="default: text")

    for name, summary, more in (
        ("remove", "look at feeds no more, and forget them", "What came of them stays filed."),
        ("pause", "look at feeds no more, until they are resumed", ""),
        (
            "resume",
            "look at paused, dormant or disabled feeds again",
            "They are due at once, and their failures are forgotten.",
        ),
    ):
        named = command(name, name, summary, more)
        named.add_argument("feeds", metavar="ADDRESS", nargs="+", help="address or title of a feed, or a part of it")

    imported = command(
        "import",
        "import_opml",
        "add the feeds of an OPML file, its folders as tags",
        "They are added as they stand and polled when due; those that are known keep their state and gain the tags.",
    )
    imported.add_argument("file", type=Path, metavar="FILE", help="an OPML file")

    export = command("export", "export_opml", "write the feeds as OPML, their tags as folders")
    export.add_argument("--keys", action="store_true", help="write keys and tokens that stand in addresses as well")
    export.add_argument("--out", type=Path, metavar="FILE", help="file to write; default: stdout")

    poll = command(
        "poll",
        "poll",
        "poll feeds, fetch the pages of what is new, and file them",
        "Without ADDRESS: the feeds that are due. A desk does the same by itself; this does it now.",
    )
    poll.add_argument("feeds", metavar="ADDRESS", nargs="*", help="feed to poll now, due or not")
    poll.add_argument("--only", action="store_true", help="poll alone: what is new waits for the next run to fetch it")
