"""Put articles into stories by the relations between them. Pure: no store, no clock; input order does not matter.

Copies of one text form a story. A story of several members takes in another of several only over a strong relation, or
over two relations that touch different articles of both, so that a daily summary or a round-up, which copies a little
of each, does not chain them. And a page that holds two whole articles in different places goes with one of them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final, NamedTuple

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
    ties = {_pair(r.article, r.other): _Tie(_strength(r), r.score, r) for r in relations if _direct(r)}
    ties |= {pair: _Tie(WISH, 1.0, None) for pair in wished}
    held = {pair: tie for pair, tie in ties.items() if pair not in apart and pair[0] in members and pair[1] in members}
    families = _Families(members, apart, held)
    for pair, _ in sorted(held.items(), key=lambda item: (-item[1].strength, -item[1].score, item[0])):
        families.join(pair)
    heads: dict[str, str] = {}
    for family in families.all():
        head = min(family, key=lambda i: (members[i] or _LAST, i))
        heads |= dict.fromkeys(family, head)
    return heads


def settle(relations: Iterable[Relation], heads: Mapping[str, str]) -> list[Relation]:
    """Give the relations that read differently once the stories are known.

    Two articles that carry the same statements, and are both direct copies of a third, are copies of each other,
    whatever each has changed; without that third they are not. Such a relation never makes a story.
    """
    held = list(relations)
    partners: dict[str, set[str]] = defaultdict(set)
    for r in held:
        if _direct(r) and heads.get(r.article) == heads.get(r.other):
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
        elif settled and not third:
            changed.append(replace(r, grade="shared-quotes", reason=r.reason.removeprefix(THIRD)))
    return changed


def _pair(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one <= other else (other, one)


def _direct(relation: Relation) -> bool:
    return relation.is_copy and not relation.reason.startswith(THIRD)


WISH: Final = 3
FIRM: Final = 2
WEAK: Final = 1


class _Tie(NamedTuple):
    """What holds a pair together: a person's word (WISH), enough by itself (FIRM), or one hint (WEAK)."""

    strength: int
    score: float
    relation: Relation | None

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


def _strength(relation: Relation) -> int:
    return FIRM if relation.grade != "derived" or relation.score >= STRONG else WEAK


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
