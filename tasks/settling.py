"""What hangs on articles that were filed, revised or spoken of: stories, then statements and events across copies.

A new article that can change nothing but itself is put where it belongs (`stories.place`): a thousand reprints cost a
piece what ten cost. All else is decided from the ground, over everything that hangs together with it. Both come to the
same, in whatever order the articles arrive.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from storage import archive, families, pairs, quotebook, timeline
from storage.families import Place
from storage.records import Relation
from tasks import additions, statements, stories, wirecopy, wordings

Pair = tuple[str, str]


@dataclass(slots=True, kw_only=True)
class Changed:
    """What one transaction has changed so far, by article id.

    `fresh`: filed for the first time, with their publication time. `disturbed`: revised, spoken of, or of a relation
    that was dropped. `left`: stories that have lost an article altogether. `relations`: written in this transaction;
    all that a fresh article has are among them.
    """

    now: datetime
    fresh: dict[str, datetime | None] = field(default_factory=dict)
    disturbed: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)
    relations: dict[Pair, Relation] = field(default_factory=dict)


def settle(conn: Connection, changed: Changed) -> int:
    """Put everything that has changed into its story, and its statements and events together.

    Gives how many more articles are copies now than before.
    """
    placed = _place(conn, changed)
    _add(conn, changed, placed)
    plain = _tell(conn, changed, placed)
    copies = sum(place.story_id != i for i, place in placed.items())
    rest = (changed.fresh.keys() - placed.keys()) | changed.disturbed
    # What is linked to a new article has been looked at with it, where that was plain.
    new_links = (pair for pair in changed.relations if rest.intersection(pair) or not plain.intersection(pair))
    touched = {end for pair in new_links for end in pair} | rest | (placed.keys() - plain)
    left = set(changed.left)
    if rest:
        regrouped = _regroup(conn, rest, touched, changed.now)
        copies, touched, left = copies + regrouped.copies, touched | regrouped.moved, left | regrouped.left
    if touched or left:
        ns = set(archive.numbers(conn, touched).values())
        told = _all_told(conn, ns, left)
        grouped = statements.group_quotations(told.carried, told.links)
        quotebook.set_statements(conn, told, grouped, wordings.wordings(told.carried), now=changed.now)
        dated = timeline.near(conn, ns, left)
        events = statements.group_events(dated.reported, dated.links)
        timeline.set_occurrences(conn, dated, events, wordings.wordings(dated.reported), now=changed.now)
    pairs.announce(conn, now=changed.now)
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
        if stories.is_direct(relation) and earlier in placed and later in partners and later not in changed.fresh:
            better[later] = max(better.get(later, (-1.0, "")), (relation.score, earlier))
    present = (
        pairs.among(conn, {i for later in better for i in (later, str(partners[later].copy_of))}) if better else ()
    )
    for relation in present:
        for later, parent in ((relation.article, relation.other), (relation.other, relation.article)):
            if later in better and partners[later].copy_of == parent and stories.is_direct(relation):
                better[later] = max(better[later], (relation.score, parent))
    return {later: parent for later, (_, parent) in better.items() if parent != partners[later].copy_of}


def _tell(conn: Connection, changed: Changed, placed: Mapping[str, Place]) -> frozenset[str]:
    """Put what the placed articles carry beside what their stories carry. Gives those for which that was plain."""
    if not placed:
        return frozenset()
    links = [pair for pair in changed.relations if placed.keys() & set(pair)]
    tied = {end for pair in links for end in pair}
    n_of = archive.numbers(conn, tied | placed.keys())
    story_of = {i: place.story_id for i, place in (families.places(conn, tied) | dict(placed)).items()}
    alone = [i for i in placed if i not in tied]
    by_story: dict[str, list[str]] = {}
    for i in placed.keys() & tied:
        by_story.setdefault(str(placed[i].story_id), []).append(i)
    plain: set[str] = set()
    for members in (alone, *(by_story[story] for story in sorted(by_story))):
        mine = [pair for pair in links if not set(pair).isdisjoint(members) and story_of[pair[0]] != story_of[pair[1]]]
        heads = {str(placed[i].story_id) for i in members if placed[i].story_id != i}
        if members and _tell_story(conn, members, heads, mine, n_of, changed.now):
            plain.update(members)
    return frozenset(plain)


def _tell_story(
    conn: Connection,
    members: Collection[str],
    heads: Collection[str],
    links: Collection[Pair],
    n_of: Mapping[str, int],
    now: datetime,
) -> bool:
    ns = {n_of[i] for i in members}
    linked = {n_of[end] for pair in links for end in pair} - ns
    told = quotebook.beside(conn, ns, heads, linked)
    said = additions.add_quotations(told.statements, told.standing, told.carried, links)
    dated = timeline.beside(conn, ns, heads, linked)
    happened = additions.add_events(dated.occurrences, dated.standing, dated.reported, links)
    if said is None or happened is None:
        return False
    quotebook.set_statements(conn, told, said, wordings.new_wordings(told.standing, told.carried), now=now)
    timeline.set_occurrences(conn, dated, happened, wordings.new_wordings(dated.standing, dated.reported), now=now)
    return True


def _all_told(conn: Connection, ns: Collection[int], left: Collection[str]) -> quotebook.Near:
    """Give the quotations that what these articles carry depends on, as far as that goes.

    A statement without a name belongs to the one person it is tied to, so who else there is has to be seen: first of
    all beside what is at hand, where a tie may be gone, then wherever persons are tied through such or come together.
    """
    reached = set(ns)
    told = quotebook.near(conn, reached, left)
    more = statements.unnamed(told.carried)
    while not quotebook.is_all(conn, told, {row.n for row in told.found.rows}):
        more |= statements.undecided(told.carried, told.links) | _merged(told)
        reached |= set(archive.numbers(conn, more).values())
        if quotebook.is_all(conn, told, reached):
            break
        told = quotebook.near(conn, reached, left)
        more = frozenset()
    return told


def _merged(told: quotebook.Near) -> set[str]:
    """Give the articles whose statements are one now and were several before."""
    former = {row.id: row.statement_id for row in told.found.rows}
    article = {c.key: c.article for c in told.carried}
    found = statements.group_quotations(told.carried, told.links)
    together = (s.members for s in found if len({former[key] for key in s.members} - {None}) > 1)
    return {article[key] for members in together for key in members}


class _Regrouped(NamedTuple):
    """How many more copies there are, the articles that changed their story, and the stories that lost one."""

    copies: int
    moved: set[str]
    left: set[str]


def _regroup(conn: Connection, ids: Collection[str], touched: Collection[str], now: datetime) -> _Regrouped:
    """Group all that hangs together with these articles anew."""
    around = families.neighbourhood(conn, ids)
    heads = stories.group(around.published, around.relations, joined=around.joined, split=around.split)
    parents = stories.parents(heads, around.published, around.relations)
    core = stories.core(heads, around.relations, split=around.split)
    families.set_stories(conn, heads, parents=parents, core=core, now=now)
    moved = {i for i, story in heads.items() if around.stories.get(i) != story}
    left = {str(around.stories[i]) for i in moved if around.stories.get(i)}
    # What reads differently now: between two that were touched, and around those that changed their story.
    near = {(r.article, r.other): r for r in (*pairs.among(conn, heads.keys() & touched), *pairs.of(conn, moved))}
    held = {(r.article, r.other): r for r in around.relations} | near
    altered = [r for r in stories.settle(held.values(), heads) if (r.article, r.other) in near]
    pairs.relate(conn, altered, version=wirecopy.VERSION, now=now)
    before = {i: story for i, story in around.stories.items() if story is not None}
    return _Regrouped(_doubled(heads) - _doubled(before), moved | (core ^ around.core), left)


def _doubled(heads: Mapping[str, str]) -> int:
    return len(heads) - len(set(heads.values()))
