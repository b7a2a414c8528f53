"""What hangs on articles that were filed, revised or spoken of: stories, then statements and events across copies.

A new article that can change nothing but itself is put where it belongs (`stories.place`): a thousand reprints cost a
piece what ten cost. All else is decided from the ground, over everything that hangs together with it. Both come to the
same, in whatever order the articles arrive.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from storage import archive, families, pairs, quotebook, timeline
from storage.families import Place
from storage.records import Relation
from tasks import statements, stories, wirecopy

Pair = tuple[str, str]


@dataclass(slots=True, kw_only=True)
class Changed:
    """What one transaction has changed so far, by article id.

    `fresh`: filed for the first time, with their publication time. `disturbed`: revised, spoken of, or of a relation
    that was dropped. `relations`: written in this transaction; all that a fresh article has are among them.
    """

    now: datetime
    fresh: dict[str, datetime | None] = field(default_factory=dict)
    disturbed: set[str] = field(default_factory=set)
    relations: dict[Pair, Relation] = field(default_factory=dict)


def settle(conn: Connection, changed: Changed) -> int:
    """Put everything that has changed into its story, and its statements and events together.

    Gives how many more articles are copies now than before.
    """
    placed = _place(conn, changed)
    _add(conn, changed, placed)
    touched = {end for pair in changed.relations for end in pair} | changed.fresh.keys() | changed.disturbed
    copies, moved = sum(place.story_id != i for i, place in placed.items()), set(placed)
    if rest := (changed.fresh.keys() - placed.keys()) | changed.disturbed:
        more, regrouped = _regroup(conn, rest, touched, changed.now)
        copies, moved = copies + more, moved | regrouped
    ns = set(archive.numbers(conn, touched | moved).values())
    told = quotebook.near(conn, ns)
    quotebook.set_statements(conn, told, statements.group_quotations(told.carried, told.links), now=changed.now)
    dated = timeline.near(conn, ns)
    timeline.set_occurrences(conn, dated, statements.group_events(dated.reported, dated.links), now=changed.now)
    return max(0, copies)


def _place(conn: Connection, changed: Changed) -> dict[str, Place]:
    """Find the places of those fresh articles for which that is plain, from the earliest to the latest.

    Each is put down among those before it. One that all alone would be a story of its own waits with the copies of it
    that are not plain.
    """
    ties: dict[str, list[Relation]] = {i: [] for i in changed.fresh}
    partners: set[str] = set()
    for pair, relation in changed.relations.items():
        if stories.is_direct(relation):
            partners.update(pair)
            for end in ties.keys() & set(pair):
                ties[end].append(relation)
    spoken = families.spoken_of(conn, changed.fresh)
    standing = families.places(conn, partners - changed.fresh.keys())
    placed: dict[str, Place] = {}
    for i in sorted(changed.fresh.keys() - spoken, key=lambda i: stories.rank(changed.fresh[i], i)):
        mine = [r for r in ties[i] if {r.article, r.other} - {i} <= standing.keys()]
        if (place := stories.place(i, changed.fresh[i], mine, standing)) is not None:
            placed[i] = standing[i] = place
    waiting = changed.fresh.keys() - placed.keys()
    return {
        i: place
        for i, place in placed.items()
        if place.story_id != i or not any({r.article, r.other} & waiting for r in ties[i])
    }


def _add(conn: Connection, changed: Changed, placed: Mapping[str, Place]) -> None:
    """Write the fresh articles down in their places, with what reads differently because of them."""
    if not placed:
        return
    heads = {i: str(place.story_id) for i, place in placed.items()}
    parents = {i: place.copy_of for i, place in placed.items()}
    core = {i for i, place in placed.items() if place.core}
    joined = {i for i in placed if heads[i] != i}
    around = {pair for pair in changed.relations if joined.intersection(pair)}
    partners = families.places(conn, {end for pair in around for end in pair} - placed.keys())
    for i, parent in _better_parents(conn, changed, around, placed, partners).items():
        heads[i], parents[i] = str(partners[i].story_id), parent
        core |= {i} if partners[i].core else set()
    families.set_stories(conn, heads, parents=parents, core=core, now=changed.now)
    if joined:
        near = {(r.article, r.other): r for r in pairs.among(conn, joined | partners.keys())}
        everywhere = heads | {i: place.story_id or i for i, place in partners.items()}
        altered = stories.settle(near.values(), everywhere, added=True)
        pairs.relate(conn, altered, version=wirecopy.VERSION, now=changed.now)


def _better_parents(
    conn: Connection,
    changed: Changed,
    around: Collection[Pair],
    placed: Mapping[str, Place],
    partners: Mapping[str, Place],
) -> dict[str, str]:
    """Find the partners that are more surely copies of one of the placed, earlier articles than of what they have."""
    better: dict[str, tuple[float, str]] = {}
    for pair in around:
        relation = changed.relations[pair]
        earlier, later = sorted(pair, key=lambda i: stories.rank((placed.get(i) or partners[i]).published_at, i))
        if stories.is_direct(relation) and earlier in placed and later in partners:
            better[later] = max(better.get(later, (-1.0, "")), (relation.score, earlier))
    present = (
        pairs.among(conn, {i for later in better for i in (later, str(partners[later].copy_of))}) if better else ()
    )
    for relation in present:
        for later, parent in ((relation.article, relation.other), (relation.other, relation.article)):
            if later in better and partners[later].copy_of == parent and stories.is_direct(relation):
                better[later] = max(better[later], (relation.score, parent))
    return {later: parent for later, (_, parent) in better.items() if parent != partners[later].copy_of}


def _regroup(conn: Connection, ids: Collection[str], touched: set[str], now: datetime) -> tuple[int, set[str]]:
    """Group all that hangs together with these articles anew.

    Gives how many more copies that makes, and the articles that changed their story.
    """
    around = families.neighbourhood(conn, ids)
    heads = stories.group(around.published, around.relations, joined=around.joined, split=around.split)
    parents = stories.parents(heads, around.published, around.relations)
    core = stories.core(heads, around.relations, split=around.split)
    families.set_stories(conn, heads, parents=parents, core=core, now=now)
    moved = {i for i, story in heads.items() if around.stories.get(i) != story}
    # What reads differently now: between two that were touched, and around those that changed their story.
    near = {(r.article, r.other): r for r in (*pairs.among(conn, touched & heads.keys()), *pairs.of(conn, moved))}
    held = {(r.article, r.other): r for r in around.relations} | near
    altered = [r for r in stories.settle(held.values(), heads) if (r.article, r.other) in near]
    pairs.relate(conn, altered, version=wirecopy.VERSION, now=now)
    return _doubled(heads) - _doubled({i: story for i, story in around.stories.items() if story is not None}), moved


def _doubled(heads: Mapping[str, str]) -> int:
    return len(heads) - len(set(heads.values()))
