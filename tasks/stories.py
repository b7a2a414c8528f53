"""Put articles into stories by the relations between them. Pure: no store, no clock; input order does not matter.

`group` decides over everything that hangs together. `place` adds one article to what has been decided, where that comes
to the same: so the thousandth reprint of a story costs no more than the tenth.

Copies of one text form a story. A story of several members takes in another of several only over a strong relation, or
over two relations that touch different articles of both, so that a daily summary or a round-up, which copies a little
of each, does not chain them. And a page that holds two whole articles in different places goes with one of them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final, NamedTuple

from storage.families import Place
from storage.records import Relation

STRONG: Final = 0.95
"""A relation of this score joins two stories of several members by itself."""
WHOLE: Final = 0.6
PART: Final = 0.6
"""One article stands whole in another if passages hold this much of it, and is a part of it below this."""
THIRD: Final = "both copy a third article; "
"""How the reason of a relation begins that `settle` has made a copy."""
_LAST: Final = datetime.max.replace(tzinfo=UTC)


def group(
    members: Mapping[str, datetime | None],
    relations: Iterable[Relation],
    *,
    joined: Iterable[tuple[str, str]] = (),
    split: Iterable[tuple[str, str]] = (),
) -> dict[str, str]:
    """Give each member its story: the id of the story's earliest (published, id) member, those without a date last.

    `joined` and `split` are persons' verdicts on pairs: a joined pair is one story whatever the texts say, and no
    relation brings a split pair together.
    """
    apart = {_pair(*pair) for pair in split}
    wished = {_pair(*pair) for pair in joined} - apart
    ties = {_pair(r.article, r.other): _Tie.of(r) for r in relations if is_direct(r)}
    ties |= {pair: _Tie(WISH, 1.0, None) for pair in wished}
    held = {pair: tie for pair, tie in ties.items() if pair not in apart and pair[0] in members and pair[1] in members}
    families = _Families(members, apart, held)
    for pair, _ in sorted(held.items(), key=lambda item: (-item[1].strength, -item[1].score, item[0])):
        families.join(pair)
    heads: dict[str, str] = {}
    for family in families.all():
        head = min(family, key=lambda i: rank(members[i], i))
        heads |= dict.fromkeys(family, head)
    return heads


def rank(published: datetime | None, article: str) -> tuple[datetime, str]:
    """Give what articles are ordered by: publication time, then id; those without a date last."""
    return published or _LAST, article


def core(
    heads: Mapping[str, str], relations: Iterable[Relation], *, split: Iterable[tuple[str, str]] = ()
) -> frozenset[str]:
    """Give the members that hold the stories together: in each, the largest set that plain reprints tie.

    No guard ever looks at such ties. Where a person has split a pair there is no core at all.
    """
    family: dict[str, set[str]] = {}
    for r in relations:
        if is_direct(r) and heads.get(r.article) == heads.get(r.other) and _Tie.of(r).strength == FULL:
            one, other = family.setdefault(r.article, {r.article}), family.setdefault(r.other, {r.other})
            if one is not other:
                small, big = sorted((one, other), key=len)
                big |= small
                family |= dict.fromkeys(small, big)
    if any(True for _ in split):
        return frozenset()
    largest: dict[str, set[str]] = {}
    for members in family.values():
        head = heads[next(iter(members))]
        largest[head] = max(largest.get(head, set()), members, key=lambda found: (len(found), sorted(found)))
    return frozenset(member for members in largest.values() for member in members)


def place(
    article: str, published: datetime | None, relations: Iterable[Relation], places: Mapping[str, Place]
) -> Place | None:
    """Put a new article, on which no person has spoken, where `group` would put it, or give None if that is not plain.

    It is plain for an article that copies nothing, and for one whose every tie leads into the core of one story, to
    articles that are no part of it nor it of them, and that is not earlier than the story. Such an article cannot
    change what becomes of others: the core is one family before any guard is asked, and the new one has no tie that a
    guard would look at. `copy_of` is the earlier article that it is most surely a copy of.
    """
    ties = {_far_end(r, article): _Tie.of(r) for r in relations if is_direct(r)}
    alone = Place(
        id=article, published_at=published, story_id=article, copy_of=None, core=False, head_published_at=published
    )
    if not ties:
        return alone
    partners = [places.get(i, alone) for i in ties]
    (story, head_published), *others = {(p.story_id or "", p.head_published_at) for p in partners}
    if others or not all(p.core for p in partners) or any(tie.is_part for tie in ties.values()):
        return None
    here = rank(published, article)
    if here < rank(head_published, story):
        return None
    earlier = [(ties[p.id].score, p.id) for p in partners if rank(p.published_at, p.id) < here]
    return replace(
        alone,
        story_id=story,
        head_published_at=head_published,
        core=any(tie.strength == FULL for tie in ties.values()),
        copy_of=max(earlier)[1] if earlier else story,
    )


def _far_end(relation: Relation, article: str) -> str:
    return relation.other if relation.article == article else relation.article


def parents(
    heads: Mapping[str, str], published: Mapping[str, datetime | None], relations: Iterable[Relation]
) -> dict[str, str | None]:
    """Name for each member of a story the earlier member that it is most surely a copy of; the head has none.

    A member whose relations all lead to later ones (it joined through them) is given the head.
    """
    best: dict[str, tuple[float, str]] = {}
    for r in relations:
        earlier, later = sorted((r.article, r.other), key=lambda i: rank(published[i], i))
        if is_direct(r) and heads[earlier] == heads[later]:
            best[later] = max(best.get(later, (-1.0, "")), (r.score, earlier))
    return {i: best[i][1] if i in best else (None if i == story else story) for i, story in heads.items()}


def settle(relations: Iterable[Relation], heads: Mapping[str, str], *, added: bool = False) -> list[Relation]:
    """Give the relations that read differently once the stories are known.

    Two articles that carry the same statements, and are both direct copies of a third, are copies of each other,
    whatever each has changed; without that third they are not. Such a relation never makes a story. With `added` the
    relations are not all there are, and what has been settled stays: new articles only add to the thirds.
    """
    held = list(relations)
    partners: dict[str, set[str]] = defaultdict(set)
    for r in held:
        if is_direct(r) and heads.get(r.article) == heads.get(r.other):
            partners[r.article].add(r.other)
            partners[r.other].add(r.article)
    changed: list[Relation] = []
    for r in held:
        settled = r.reason.startswith(THIRD)
        if r.grade != "shared-quotes" and not settled:
            continue
        third = heads.get(r.article) == heads.get(r.other) and partners[r.article] & partners[r.other]
        if third and not settled:
            changed.append(replace(r, grade="derived", reason=THIRD + r.reason))
        elif settled and not third and not added:
            changed.append(replace(r, grade="shared-quotes", reason=r.reason.removeprefix(THIRD)))
    return changed


def _pair(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one <= other else (other, one)


def is_direct(relation: Relation) -> bool:
    """Tell if a relation makes a story: a copy by its own two texts."""
    return relation.is_copy and not relation.reason.startswith(THIRD)


WISH: Final = 4
FULL: Final = 3
FIRM: Final = 2
WEAK: Final = 1


class _Tie(NamedTuple):
    """What holds a pair together.

    A person's word (WISH); enough by itself, and neither is a mere part of the other (FULL); enough by itself (FIRM);
    one hint (WEAK).
    """

    strength: int
    score: float
    relation: Relation | None

    @classmethod
    def of(cls, relation: Relation) -> "_Tie":
        """Weigh a relation between copies."""
        tie = cls(WEAK, relation.score, relation)
        if relation.grade == "derived" and relation.score < STRONG:
            return tie
        return tie._replace(strength=FIRM if tie.is_part else FULL)

    @property
    def is_part(self) -> bool:
        """Tell if one of the two stands whole in the other and is a part of it."""
        r = self.relation
        if r is None or r.grade == "exact":
            return False
        return any(mine < PART and others >= WHOLE for mine, others in (r.coverage, r.coverage[::-1]))

    def part_of(self, article: str) -> list[tuple[int, int]] | None:
        """Give where in `article` the other one stands, if that is the whole of the other and a part of this."""
        r = self.relation
        if r is None or r.grade == "exact":
            return None
        first = r.article == article
        mine, others = r.coverage if first else (r.coverage[1], r.coverage[0])
        if mine >= PART or others < WHOLE:
            return None
        return [p.a if first else p.b for p in r.passages]


class _Families:
    """Members grouped so far."""

    def __init__(
        self, members: Iterable[str], apart: set[tuple[str, str]], ties: Mapping[tuple[str, str], _Tie]
    ) -> None:
        self._of = {i: {i} for i in members}
        self._ties = ties
        self._foes: dict[str, set[str]] = defaultdict(set)
        self._partners: dict[str, set[str]] = defaultdict(set)
        for one, other in apart:
            self._foes[one].add(other)
            self._foes[other].add(one)
        for one, other in ties:
            self._partners[one].add(other)
            self._partners[other].add(one)

    def all(self) -> list[set[str]]:
        """Give the families."""
        return list({id(family): family for family in self._of.values()}.values())

    def join(self, pair: tuple[str, str]) -> None:
        """Bring the families of a pair together, unless something speaks against it."""
        left, right = self._of[pair[0]], self._of[pair[1]]
        if left is right:
            return
        strength = self._ties[pair].strength
        if strength < WISH:
            if any(self._foes[i] & right for i in left):
                return
            if strength == WEAK and len(left) > 1 and len(right) > 1 and not self._twice(left, right):
                return
            if self._carries_two(pair, left, right):
                return
        small, big = sorted((left, right), key=len)
        big |= small
        for i in small:
            self._of[i] = big

    def _twice(self, left: set[str], right: set[str]) -> bool:
        """Tell if two relations with no article in common tie the two families."""
        between = [(a, b) for a in left for b in self._partners[a] & right]
        return any(a != c and b != d for n, (a, b) in enumerate(between) for c, d in between[n + 1 :])

    def _carries_two(self, pair: tuple[str, str], left: set[str], right: set[str]) -> bool:
        """Tell if one of the pair holds the whole of the other here, and the whole of a stranger there."""
        for holder, own, other in ((pair[0], left, right), (pair[1], right, left)):
            here = self._ties[pair].part_of(holder)
            if here is None:
                continue
            for third in self._partners[holder] & own:
                there = self._ties[_pair(holder, third)].part_of(holder)
                if there is not None and not self._partners[third] & other and _apart(here, there):
                    return True
        return False


def _apart(here: list[tuple[int, int]], there: list[tuple[int, int]]) -> bool:
    """Tell if two sets of stretches of one text hardly touch."""
    common = sum(max(0, min(a[1], b[1]) - max(a[0], b[0])) for a in here for b in there)
    return common * 10 < min(sum(b - a for a, b in here), sum(b - a for a, b in there))
