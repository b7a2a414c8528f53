"""The command `report`: one story as a page, a single file that asks for nothing from anywhere and runs nothing.

What comes from outside stands in the page as text: the template escapes it, nothing of it becomes a style or a script,
and the page's own policy lets a browser run no script and load no more than the style that is written in it.
"""

import argparse
import base64
import hashlib
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from sqlalchemy import Connection

from flows import storycopies, storysaid, storywords
from flows.lists import open_filed, story_meant
from flows.outfile import result_file
from flows.settings import Settings
from storage import catalogue
from storage.catalogue import Story
from storage.errors import WiredeskError

OPEN_ROWS = 25
"""Articles in the table at first sight; the others unfold below it."""


def report(arguments: argparse.Namespace, settings: Settings) -> int:
    """Write the page of a story."""
    with open_filed(settings) as store, store.reading() as conn:
        story, note = find(conn, arguments.story)
        wanted = [_member(story, given) for given in arguments.beside]
        made = page(conn, story, note=note, wanted=wanted, now=datetime.now(UTC))
    if note:
        print(f"wiredesk: {note}", file=sys.stderr)
    with result_file(arguments.out) as out:
        out.write(made)
    return 0


def find(conn: Connection, given: str) -> tuple[Story, str]:
    """Give the story of this id, or of the article of this id (its beginning will do), and a note if it is another one.

    Raises:
        WiredeskError: there is no such story, or no article is left in it.
    """
    given, id_ = story_meant(conn, given)
    found = catalogue.story(conn, id_)
    if found is None:
        raise WiredeskError("no article is left in this story: all were withdrawn or deleted", subject=given)
    if found.id == given:
        return found, ""
    return found, f"{given} is part of story {found.id}; this page is about that story"


def _member(story: Story, given: str) -> str:
    found = [m.id for m in story.members if m.id.startswith(given)]
    if len(found) != 1:
        which = f"several articles of story {story.id} begin" if found else f"no article of story {story.id} begins"
        raise WiredeskError(f"{which} like this; `wiredesk stories {story.id}` lists them", subject=given)
    return found[0]


def page(conn: Connection, story: Story, *, note: str = "", wanted: Sequence[str] = (), now: datetime) -> str:
    """Give the page of a story as HTML. `wanted` are articles of it to be set beside what they copy before others."""
    tied = storycopies.relations(conn, story)
    pairs, pairs_left_out = storycopies.side_by_side(conn, story, tied, wanted)
    linked, linked_left_out = storycopies.linked(conn, story, tied)
    speakers, statements_left_out = storysaid.speakers(conn, story)
    dates, drawn, events_left_out = storysaid.dates(conn, story)
    made: str = _template().render(
        story=story,
        note=note,
        made_at=f"{storywords.when(now.date().isoformat()).words}, {now:%H:%M} UTC",
        spread=storycopies.spread(conn, story, tied),
        pairs=pairs,
        pairs_left_out=pairs_left_out,
        linked=linked,
        linked_left_out=linked_left_out,
        open_rows=OPEN_ROWS,
        speakers=speakers,
        statements=statements_left_out + sum(len(found) for _, found in speakers),
        statements_left_out=statements_left_out,
        dates=dates,
        events=events_left_out + sum(len(d.events) for d in dates),
        drawn=drawn,
        events_left_out=events_left_out,
    )
    return made


@cache
def _template() -> Any:
    """Load the template. Whatever it prints is escaped, and the style it holds is named by its hash in its policy."""
    pages = Environment(
        loader=PackageLoader("flows"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: storywords.printable(value) if type(value) is str else value,
    )
    style = pages.loader.get_source(pages, "story.css")[0]  # type: ignore[union-attr]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    pages.globals |= {"style": Markup(style), "style_hash": f"sha256-{digest}"}  # noqa: S704 - it is our own
    pages.filters["number"] = storywords.number
    return pages.get_template("story.html")
