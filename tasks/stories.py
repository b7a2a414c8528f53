"""Put articles into stories by the relations between them. Pure: no store, no clock; input order does not matter.

Copies of one text form a story. A story of several members takes in another of several only over a strong relation, or
over two relations that touch different articles of both, so that a daily summary or a round-up, which copies a little of
each, does not chain them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from storage.records import Relation

STRONG: Final = 0.95
"""A relation of this score joins two stories of several members by itself."""
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
    ties = {_pair(r.article, r.other): (_strength(r), r.score) for r in relations if r.is_copy and not r.reason.startswith(THIRD)}
    ties |= {pair: (3, 1.0) for pair in wished}
    held = {pair: tie for pair, tie in ties.items() if pair not in apart and pair[0] in members and pair[1] in members}
    families = _Families(members, apart)
    for pair, _ in sorted(held.items(), key=lambda item: (-item[1][0], -item[1][1], item[0])):
        families.join(pair, held)
    heads: dict[str, str] = {}
    for family in families.all():
        head = min(family, key=lambda i: (members[i] or _LAST, i))
        heads |= dict.fromkeys(family, head)
    return heads


def settle(relations: Iterable[Relation], heads: Mapping[str, str]) -> list[Relation]:
    """Give the relations that read differently once the stories are known.

    Two articles that carry the same statements, and are both direct copies of a third, are copies of each other, whatever
    each has changed; without that third they are not. Such a relation never makes a story.
    """
    held = list(relations)
    partners: dict[str, set[str]] = defaultdict(set)
    for r in held:
        if r.is_copy and not r.reason.startswith(THIRD) and heads.get(r.article) == heads.get(r.other):
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


def _strength(relation: Relation) -> int:
    """3 a person's word, 2 joins by itself, 1 weak."""
    return 2 if relation.grade != "derived" or relation.score >= STRONG else 1


class _Families:
    """Members grouped so far."""

    def __init__(self, members: Iterable[str], apart: set[tuple[str, str]]) -> None:
        self._of = dict(zip(members, members, strict=True))
        self._members = {i: {i} for i in self._of}
        self._foes: dict[str, set[str]] = defaultdict(set)
        for one, other in apart:
            self._foes[one].add(other)
            self._foes[other].add(one)

    def all(self) -> Iterable[set[str]]:
        return self._members.values()

    def join(self, pair: tuple[str, str], ties: Mapping[tuple[str, str], tuple[int, float]]) -> None:
        left, right = (self._members[self._of[i]] for i in pair)
        if left is right or (ties[pair][0] < 3 and any(self._foes[i] & right for i in left)):  # noqa: PLR2004
            return
        if ties[pair][0] == 1 and len(left) > 1 and len(right) > 1 and not self._twice(left, right, ties):
            return
        small, big = sorted((left, right), key=len)
        head = self._of[next(iter(big))]
        for i in small:
            self._of[i] = head
        gone = next(key for key, group in self._members.items() if group is small)
        del self._members[gone]
        big |= small

    def _twice(self, left: set[str], right: set[str], ties: Mapping[tuple[str, str], tuple[int, float]]) -> bool:
        """Tell if two relations with no article in common tie the two families."""
        between = [(a, b) for a in left for b in right if _pair(a, b) in ties]
        return any(a != c and b != d for n, (a, b) in enumerate(between) for c, d in between[n + 1 :])
