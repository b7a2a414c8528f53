"""The copies on the page of a story: over time and outlets, and side by side. Reads the store, writes nothing.

Every part is bounded, so that the page of a much-reprinted story can still be opened on a telephone; what is left out
is counted.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from flows import storydrawing, storywords
from flows.storydrawing import Dot, Extent, Scale, Tick
from flows.storywords import Piece, When
from storage import catalogue, pairs
from storage.catalogue import Member, Stored, Story
from storage.records import Article, Relation

MOST_PAIRS: Final = 12
"""Copies that are set beside what they copy. With two texts of 20,000 characters each that is half a megabyte."""
MOST_ARTICLES: Final = 500
MOST_OUTLETS: Final = 12
MOST_LINKED: Final = 20
LINE_FROM: Final = 8
"""Dated articles from which a line of how they grow says more than the marks do."""

GRADES: Final = {
    "exact": "the same text", "near": "reprinted", "derived": "reworded",
    "shared-quotes": "independent report with the same statements", "update": "another version by the same outlet",
}  # fmt: skip
_TELLING: Final = ("derived", "near", "exact")
"""The grades of copies, those first in which there is most to see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """An article, as a row of the table. `kind` is its mark in the drawing, `of` what it is a copy of."""

    outlet: str
    headline: str
    language: str
    link: str
    address: str
    when: When
    kind: str
    grade: str
    of: str
    shared: str
    revised: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The copies over time and outlets. A row of the drawing is an outlet, how many articles are in it, its marks."""

    told: tuple[Telling, ...]
    left_out: int
    outlets: int
    grades: tuple[tuple[str, int], ...]
    same: int
    """copies that are the same text as what they copy"""
    first: Telling | None
    last: Telling | None
    rows: tuple[tuple[str, int, tuple[Dot, ...]], ...]
    kinds: frozenset[str]
    growth: str
    ticks: tuple[Tick, ...]
    dated: int
    undated: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of two texts beside each other."""

    outlet: str
    headline: str
    by: str
    when: When
    language: str
    covered: str
    paragraphs: tuple[tuple[Piece, ...], ...]
    cut: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A copy beside what it copies. `passages` counts those that both sides show."""

    first: Side
    second: Side
    grade: str
    kind: str
    reason: str
    passages: frozenset[int]


def _title(article: Article) -> str:
    return article.headline or Path(article.input).name or "no headline"


def name_of(stored: Stored) -> str:
    """Name the outlet of an article: its publisher, or the agency that it names."""
    return stored.article.publisher or stored.article.agency or "unknown outlet"


def relations(conn: Connection, story: Story) -> dict[frozenset[str], Relation]:
    """Give every relation of the story's articles by its two ends, without passages."""
    found = pairs.of(conn, [m.id for m in story.members], passages=False)
    return {frozenset((r.article, r.other)): r for r in found}


def spread(conn: Connection, story: Story, tied: Mapping[frozenset[str], Relation]) -> Spread:
    """Tell who carried the story, when, and how near to which other article."""
    stored = {s.id: s for s in catalogue.articles(conn, story=story.id)}
    names = {id_: name_of(one) for id_, one in stored.items()}
    told = {m.id: _telling(m, stored[m.id], names, tied) for m in story.members}
    extents = {m.id: e for m in story.members if (e := storydrawing.extent(m.published))}
    dated = sorted(extents, key=lambda id_: (extents[id_], id_))
    scale = Scale.around(extents.values())
    grades = Counter(m.grade for m in story.members if m.copy_of)
    return Spread(
        told=tuple(told.values())[:MOST_ARTICLES],
        left_out=max(0, len(told) - MOST_ARTICLES),
        outlets=len({m.outlet for m in story.members if m.outlet}),
        grades=tuple((GRADES[g], grades[g]) for g in _TELLING if grades[g]),
        same=grades["exact"],
        first=told[dated[0]] if dated else None,
        last=told[dated[-1]] if len(dated) > 1 else None,
        rows=_rows([(told[id_], extents[id_]) for id_ in dated], scale) if scale else (),
        kinds=frozenset(told[id_].kind for id_ in dated),
        growth=storydrawing.growth([scale.at(extents[id_][0]) for id_ in dated])
        if scale and len(dated) >= LINE_FROM
        else "",
        ticks=tuple(scale.ticks()) if scale else (),
        dated=len(dated),
        undated=len(told) - len(dated),
    )


def _rows(dated: Sequence[tuple[Telling, Extent]], scale: Scale) -> tuple[tuple[str, int, tuple[Dot, ...]], ...]:
    """Give the rows of the drawing: an outlet each, in the order in which they came, and one for what is too many."""
    dots: dict[str, list[Dot]] = {}
    for one, covers in dated:
        title = f"{one.outlet}, {one.when.words}: {one.grade}"
        dots.setdefault(one.outlet, []).append(scale.dot(covers, one.kind, title))
    rows = [(outlet, len(found), found) for outlet, found in dots.items()]
    if len(rows) > MOST_OUTLETS:
        rest = rows[MOST_OUTLETS - 1 :]
        together = [dot for _, _, found in rest for dot in found]
        rows = [*rows[: MOST_OUTLETS - 1], ("other outlets", len(together), together)]
    return tuple((outlet, n, tuple(storydrawing.gathered(found))) for outlet, n, found in rows)


def _mark(member: Member) -> str:
    if member.copy_of is None:
        return "lead"
    return member.grade if member.grade in _TELLING else "copy"


def _telling(
    member: Member, stored: Stored, names: Mapping[str, str], tied: Mapping[frozenset[str], Relation]
) -> Telling:
    relation = tied.get(frozenset((member.id, member.copy_of))) if member.copy_of else None
    return _row(
        stored,
        kind=_mark(member),
        grade=GRADES.get(member.grade or "", "a copy") if member.copy_of else "the lead: the earliest article",
        of=names.get(member.copy_of, member.copy_of) if member.copy_of else "",
        shared=storywords.share(_covered(relation, member.id)) if relation else "",
    )


def _row(stored: Stored, *, kind: str, grade: str, of: str = "", shared: str = "") -> Telling:
    article, again = stored.article, stored.revision - 1
    return Telling(
        outlet=name_of(stored),
        headline=_title(article),
        language=storywords.language(article.language),
        link=storywords.link(article.url),
        address=article.url or "",
        when=storywords.when(article.published),
        kind=kind,
        grade=grade,
        of=of,
        shared=shared,
        revised=storywords.number(again, "time") if again else "",
    )


def _covered(relation: Relation, article: str) -> float:
    return relation.coverage[0] if relation.article == article else relation.coverage[1]


def side_by_side(
    conn: Connection, story: Story, tied: Mapping[frozenset[str], Relation], wanted: Sequence[str]
) -> tuple[list[Pair], int]:
    """Set copies beside what they copy, those that are `wanted` first; and count the copies that are left out.

    A copy of the very same text is set beside it only if it is wanted: there is nothing to compare.
    """
    members = {m.id: m for m in story.members}
    held = [m for m in story.members if m.copy_of and frozenset((m.id, m.copy_of)) in tied]
    chosen = [members[i] for i in dict.fromkeys(wanted) if members[i] in held]
    telling = sorted((m for m in held if m.grade != "exact"), key=lambda m: _TELLING.index(_mark(m)))
    chosen += [m for m in telling if m not in chosen]
    made = []
    for member in chosen[:MOST_PAIRS]:
        ends = (str(member.copy_of), member.id)
        one, other = (catalogue.article(conn, id_) for id_ in ends)
        if one is not None and other is not None:
            made += [_pair(one, other, relation) for relation in pairs.among(conn, ends)]
    return made, len(chosen) - len(made)


def _pair(one: Stored, other: Stored, relation: Relation) -> Pair:
    turned = relation.article != one.id
    spans = sorted((p.b, p.a) if turned else (p.a, p.b) for p in relation.passages)
    texts = (
        storywords.marked(one.article.body, [a for a, _ in spans]),
        storywords.marked(other.article.body, [b for _, b in spans]),
    )
    first, second = (
        Side(
            outlet=name_of(stored),
            headline=_title(stored.article),
            by=", ".join(stored.article.authors),
            when=storywords.when(stored.article.published),
            language=storywords.language(stored.article.language),
            covered=storywords.share(_covered(relation, stored.id)),
            paragraphs=tuple(map(tuple, text)),
            cut=len(stored.article.body) > storywords.LONGEST_TEXT,
        )
        for stored, text in zip((one, other), texts, strict=True)
    )
    both = frozenset(storywords.shown(texts[0]) & storywords.shown(texts[1]))
    return Pair(
        first=first, second=second, grade=GRADES[relation.grade], kind=relation.grade, reason=relation.reason,
        passages=both,
    )  # fmt: skip


def linked(conn: Connection, story: Story, tied: Mapping[frozenset[str], Relation]) -> tuple[list[Telling], int]:
    """Name articles that are tied to the story and are no copies, and count those that are left out."""
    own = {m.id for m in story.members}
    grades = {next(iter(ends - own)): r.grade for ends, r in tied.items() if len(ends - own) == 1}
    found = (catalogue.article(conn, id_) for id_ in sorted(grades)[:MOST_LINKED])
    told = [_row(stored, kind="", grade=GRADES[grades[stored.id]]) for stored in found if stored is not None]
    return told, len(grades) - len(told)
