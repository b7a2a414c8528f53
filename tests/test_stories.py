"""Stories out of relations: heads, the guard against chaining, persons' verdicts, and that order does not matter."""

import random
from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from storage.families import Place
from storage.records import Passage, Relation
from tasks import stories

DAY = datetime(2026, 3, 2, tzinfo=UTC)


def relation(one: str, other: str, grade: str = "near", score: float = 0.99, **fields: Any) -> Relation:
    """Give a relation between two articles, whichever has the smaller name."""
    one, other = sorted((one, other))
    given = {"coverage": (0.9, 0.9), "passages": ()} | fields
    return Relation(article=one, other=other, grade=grade, score=score, **given)  # type: ignore[arg-type]


def members(names: str) -> dict[str, datetime | None]:
    """Give articles published in the order of their names, an hour apart."""
    return {name: DAY + timedelta(hours=n) for n, name in enumerate(names)}


def families(heads: dict[str, str]) -> set[str]:
    """Give each story as the names of its members."""
    return {"".join(sorted(i for i in heads if heads[i] == head)) for head in set(heads.values())}


def test_story_is_headed_by_its_earliest_article_and_dateless_ones_come_last() -> None:
    published = {"a": None, "b": DAY + timedelta(hours=1), "c": DAY}
    assert stories.group(published, [relation("a", "b"), relation("b", "c")]) == dict.fromkeys("abc", "c")
    assert stories.group({"a": None, "b": None}, [relation("a", "b")]) == dict.fromkeys("ab", "a")


def test_only_copies_make_a_story() -> None:
    links = [relation("a", "b", "shared-quotes"), relation("b", "c", "update")]
    assert families(stories.group(members("abc"), links)) == {"a", "b", "c"}


def test_two_stories_never_join_on_one_weak_relation() -> None:
    two = [relation("a", "b"), relation("c", "d")]
    weak = relation("b", "c", "derived", 0.7)
    assert families(stories.group(members("abcd"), [*two, weak])) == {"ab", "cd"}
    assert families(stories.group(members("abcd"), [*two, weak, relation("a", "d", "derived", 0.7)])) == {"abcd"}
    assert families(stories.group(members("abcd"), [*two, relation("b", "c", "derived", 0.99)])) == {"abcd"}


def test_single_article_joins_a_story_on_one_weak_relation() -> None:
    assert families(stories.group(members("abc"), [relation("a", "b"), relation("b", "c", "derived", 0.7)])) == {"abc"}


def test_page_that_holds_two_articles_does_not_chain_them() -> None:
    top, foot = (Passage(a=(0, 900), b=(0, 900), text="-"), Passage(a=(0, 900), b=(1000, 1900), text="-"))
    both = [
        relation("a", "p", coverage=(1.0, 0.45), passages=(top,)),
        relation("b", "p", coverage=(1.0, 0.45), passages=(foot,)),
    ]
    assert len(families(stories.group(members("abp"), both))) == 2
    # Two trims of one text hold the same part of it, and a pair that knows each other is no pair of strangers.
    same = [both[0], relation("b", "p", coverage=(1.0, 0.45), passages=(top,))]
    assert families(stories.group(members("abp"), same)) == {"abp"}
    assert families(stories.group(members("abp"), [*both, relation("a", "b")])) == {"abp"}


def test_persons_verdicts_hold_against_the_texts() -> None:
    links = [relation("a", "b"), relation("b", "c")]
    assert families(stories.group(members("abc"), links, split=[("c", "b")])) == {"ab", "c"}
    assert families(stories.group(members("abc"), [], joined=[("c", "a")])) == {"ac", "b"}
    ring = [*links, relation("a", "c")]
    apart = stories.group(members("abc"), ring, split=[("a", "c")])
    assert apart["a"] != apart["c"]


def test_copies_of_a_third_are_copies_of_each_other_only_while_the_third_is_there() -> None:
    links = [relation("a", "b"), relation("a", "c"), relation("b", "c", "shared-quotes", 0.5, reason="the same words")]
    heads = stories.group(members("abc"), links)
    (settled,) = stories.settle(links, heads)
    assert settled.grade == "derived"
    assert settled.reason.startswith(stories.THIRD)
    assert stories.settle([*links[:2], settled], heads) == []
    without = stories.group(members("bc"), [settled])
    assert families(without) == {"b", "c"}
    assert stories.settle([settled], without) == [links[2]]


@given(st.integers(0, 10_000))
def test_order_of_relations_and_members_does_not_matter(seed: int) -> None:
    dice = random.Random(seed)
    names = "abcdefghij"
    links = [relation(a, b) for a, b in pairwise(dice.sample(names, 6))]
    links += [relation(*dice.sample(names, 2), "derived", dice.choice([0.65, 0.8, 0.97])) for _ in range(8)]
    links = list({(r.article, r.other): r for r in links}.values())
    split = [tuple(dice.sample(names, 2))]
    first = stories.group(members(names), links, split=split)
    dice.shuffle(links)
    shuffled = dict(dice.sample(sorted(members(names).items()), len(names)))
    assert stories.group(shuffled, links, split=split) == first


def standing(name: str, story: str, hour: int, *, core: bool = True, parent: str | None = None) -> Place:
    """Give the place of an article in a story that was first published at DAY."""
    return Place(
        id=name, published_at=DAY + timedelta(hours=hour), story_id=story, copy_of=parent, core=core,
        head_published_at=DAY,
    )  # fmt: skip


AB = {"a": standing("a", "a", 0), "b": standing("b", "a", 1, parent="a")}
LATER = DAY + timedelta(hours=5)


def test_new_article_is_put_beside_what_it_copies_most_surely() -> None:
    place = stories.place("n", LATER, [relation("a", "n", score=0.97), relation("b", "n", score=0.99)], AB)
    assert place is not None
    assert (place.story_id, place.copy_of, place.core, place.head_published_at) == ("a", "b", True, DAY)
    weak = stories.place("n", LATER, [relation("a", "n", "derived", 0.7)], AB)
    assert weak is not None
    assert (weak.story_id, weak.copy_of, weak.core) == ("a", "a", False)


def test_new_article_that_copies_nothing_is_a_story_of_its_own() -> None:
    place = stories.place("n", None, [relation("a", "n", "shared-quotes", 0.6)], AB)
    assert place is not None
    assert (place.story_id, place.copy_of, place.core) == ("n", None, False)


def test_place_is_not_plain_where_more_than_the_new_article_may_change() -> None:
    ties = [relation("a", "n")]
    assert stories.place("n", LATER, ties, AB) is not None
    two = AB | {"x": standing("x", "x", 0)}
    assert stories.place("n", LATER, [*ties, relation("n", "x")], two) is None, "two stories"
    loose = AB | {"c": standing("c", "a", 2, core=False)}
    assert stories.place("n", LATER, [*ties, relation("c", "n")], loose) is None, "not of the core"
    assert stories.place("n", LATER, [relation("a", "n", coverage=(1.0, 0.4))], AB) is None, "it holds the other"
    assert stories.place("n", LATER, [relation("a", "n", coverage=(0.4, 1.0))], AB) is None, "the other holds it"
    assert stories.place("n", DAY - timedelta(hours=1), ties, AB) is None, "earlier than the story"
    assert stories.place("A", DAY, [relation("A", "a")], AB) is None, "at the same time, and before it by id"
    assert stories.place("n", LATER, [*ties, relation("n", "z")], AB) is None, "a partner that has no place"


@given(st.integers(0, 100_000))
def test_article_that_is_placed_changes_nothing_but_itself(seed: int) -> None:
    dice = random.Random(seed)
    known = members("abcdefg")
    whole = [(0.9, 0.9), (0.9, 0.9), (0.9, 0.9), (1.0, 0.4), (0.4, 1.0)]

    def tied(one: str, other: str) -> Relation:
        grade, score = dice.choice([("near", 0.99), ("near", 0.96), ("derived", 0.7), ("derived", 0.97)])
        at = dice.choice([0, 500])
        stretch = Passage(a=(at, at + 400), b=(at, at + 400), text="-")
        return relation(one, other, grade, score, coverage=dice.choice(whole), passages=(stretch,))

    among = [tied(*pair) for pair in combinations(known, 2) if dice.random() < 0.3]
    before = stories.group(known, among)
    core = stories.core(before, among)
    places = {
        i: Place(id=i, published_at=at, story_id=before[i], copy_of=None, core=i in core,
                 head_published_at=known[before[i]])
        for i, at in known.items()
    }  # fmt: skip
    new = [tied(i, "n") for i in dice.sample(sorted(known), dice.randrange(4))]
    published = dice.choice([None, DAY + timedelta(hours=dice.randrange(9), minutes=30)])
    place = stories.place("n", published, new, places)
    if place is not None:
        heads = stories.group(known | {"n": published}, [*among, *new])
        assert heads == before | {"n": place.story_id}
        assert stories.parents(heads, known | {"n": published}, [*among, *new])["n"] == place.copy_of
        assert stories.core(heads, [*among, *new]) >= core | ({"n"} if place.core else set())
