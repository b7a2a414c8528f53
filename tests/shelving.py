"""Articles made by hand, and a filing desk whose judge is a table: for tests of what the shelves do with verdicts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from storage import archive, families, pairs, quotebook, timeline
from storage.archive import Filed
from storage.records import Article, Event, Grade, Mention, Passage, Quotation, Relation, Speaker, Timex
from tasks import statements, stories

RANK = "Ferry crews will strike on Friday, the union said."
DAY = "2026-03-06"
FRIDAY = Timex(text="Friday", start=27, end=33, type="DATE", value=DAY, earliest=DAY, latest=DAY)


def article(name: str, body: str = RANK, *, published: str | None = "2026-03-01", **fields: Any) -> Article:
    """Give an article that is known by its name."""
    return Article(
        input=f"{name}.txt", identifier=name, body=body, headline=f"Headline {name}", publisher=f"Outlet {name}",
        language="en", published=published, published_basis="given", stages=(("extract", 1), ("quotes", 2)), **fields,
    )  # fmt: skip


def quotation(body: str, text: str, speaker: str | None = "Ada Voss", **fields: Any) -> Quotation:
    """Give a quotation that stands in a body."""
    start = body.index(text)
    named = Speaker(name=speaker) if speaker else None
    given = {"type": "direct", "verb": "said", "said": "2026-03-01", "said_basis": "published"} | fields
    return Quotation(text=text, start=start, end=start + len(text), speaker=named, **given)


def quoting(name: str, *texts: str, speaker: str | None = "Ada Voss", **fields: Any) -> Article:
    """Give an article that carries quotations, with an event, a time expression and a mention."""
    body = " ".join((RANK, *(f"“{text}”" for text in texts)))
    kind = fields.pop("type", "direct")
    return article(
        name, body,
        quotations=tuple(quotation(body, text, speaker, type=kind) for text in texts),
        timexes=(FRIDAY,),
        events=(Event(date="2026-03-06", precision="day", text=RANK, start=0, end=len(RANK), people=("Ada Voss",)),),
        mentions=(Mention(name="Ada Voss", type="Person", spans=((0, 5), (6, 9))),),
        **fields,
    )  # fmt: skip


def relation(one: Article, other: Article, grade: Grade = "near", score: float = 0.9) -> Relation:
    """Give a relation of two articles, whichever way round."""
    first, second = sorted((one.id, other.id))
    shared = Passage(a=(0, 5), b=(0, 5), text="Ferry")
    return Relation(
        article=first, other=second, grade=grade, score=score, coverage=(0.5, 0.75), passages=(shared,), reason="shared"
    )


@dataclass
class Desk:
    """Files articles one by one as the real desk does; `verdicts` says what pairs of ids (sorted) are to each other."""

    verdicts: Mapping[tuple[str, str], Relation] = field(default_factory=dict)

    def file(self, conn: Connection, made: Article, now: datetime) -> Filed:
        filed = archive.file(conn, made, item_id=None, digest=None, now=now)
        if filed.outcome == "seen":
            return filed
        touched = {filed.id}
        if filed.outcome == "revised":
            touched.update(pairs.unrelate(conn, filed.n))
        tied = [r for pair, r in self.verdicts.items() if filed.id in pair]
        present = archive.numbers(conn, {end for r in tied for end in (r.article, r.other)})
        told = [r for r in tied if r.article in present and r.other in present]
        pairs.relate(conn, told, version=1, now=now)
        touched.update(end for r in told for end in (r.article, r.other))
        around = families.neighbourhood(conn, touched)
        grouped = stories.group(around.published, around.relations)
        parents = {i: (None if i == story else story) for i, story in grouped.items()}
        families.set_stories(conn, grouped, parents=parents, now=now)
        moved = {i for i, story in grouped.items() if around.stories[i] != story}
        ns = set(archive.numbers(conn, touched | moved).values())
        told = quotebook.near(conn, ns)
        quotebook.set_statements(conn, told, statements.group_quotations(told.carried, told.links), {}, now=now)
        dated = timeline.near(conn, ns)
        timeline.set_occurrences(conn, dated, statements.group_events(dated.reported, dated.links), {}, now=now)
        pairs.announce(conn, now=now)
        return filed


def verdicts(*relations: Relation) -> dict[tuple[str, str], Relation]:
    """Give the table that a `Desk` looks verdicts up in."""
    return {(r.article, r.other): r for r in relations}
