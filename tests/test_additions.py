"""What new articles add to a story: the same as if everything were looked at, or a plain word that it takes that."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from storage.records import Carried, Event, Quotation, Reported, Speaker
from tasks import additions, statements, wordings

DAY = datetime(2026, 3, 9, tzinfo=UTC)
WORDS = (
    "We shall not ask the county for another krone",
    "for another krone",
    "We shall not ask the county for another krone, whatever insurers decide",
    "Nobody was on it when the ferry ramp went, and that is luck, not planning",
    "that is luck, not planning",
)
NAMES = (
    None,
    ("Greta Lund", "Person"),
    ("Lund", "Person"),
    ("Olaf Brandt", "Person"),
    ("Harbour Office", "Organization"),
)
SENTENCES = (
    "The ferry ramp at Sant was torn from the quay by a storm",
    "A storm tore the ferry ramp from the quay at Sant, and welders came",
    "The chairman of the company resigned",
)
LEADS = ("", "they would not ask the county", "she said that insurers had")
MODALITIES = ("past", "planned", "conditional", None)
DATES = (("2026-03-09", "day"), ("2026-03-09T10:00", "time"), ("2026-03-09T11:00", "time"), ("2026-03-10", "day"))


def quoted(key: int, article: str, story: str, at: datetime | None, picks: Sequence[int]) -> Carried:
    """Give a quotation of an article: its words, speaker, type and day by number."""
    words, name, kind, day = picks
    speaker = NAMES[name % len(NAMES)]
    quotation = Quotation(
        text=WORDS[words % len(WORDS)], type=("direct", "direct", "mixed", "indirect")[kind % 4], start=key,  # type: ignore[arg-type]
        end=key + 1, speaker=Speaker(name=speaker[0], type=speaker[1]) if speaker else None,  # type: ignore[arg-type]
        said=(None, "2026-03-09", "2026-03-10")[day % 3], said_basis=(None, "stated", "published", "stated")[day % 3],
    )  # fmt: skip
    lead = LEADS[day % 3] if quotation.type == "mixed" else ""
    return Carried(key=key, article=article, story=story, published_at=at, quotation=quotation, lead=lead)


def dated(key: int, article: str, story: str, at: datetime | None, picks: Sequence[int]) -> Reported:
    """Give an event of an article: its sentence, date and people by number."""
    words, date, people, modality = picks
    event = Event(
        text=SENTENCES[words % len(SENTENCES)], date=DATES[date % 4][0], precision=DATES[date % 4][1],  # type: ignore[arg-type]
        start=key, end=key + 1, people=("Greta Lund", "Olaf Brandt")[: people % 3],
        modality=MODALITIES[modality % 4],  # type: ignore[arg-type]
    )  # fmt: skip
    return Reported(key=key, article=article, story=story, published_at=at, event=event)


ARTICLES = st.lists(
    st.tuples(
        st.sampled_from([*range(9), None]),
        st.lists(st.tuples(*[st.integers(0, 11)] * 4), min_size=1, max_size=3),
        st.booleans(),
    ),
    min_size=2,
    max_size=7,
)


def same_as_from_the_ground(
    make: Callable[..., Any], add: Callable[..., Any], group: Callable[..., Any], drawn: list[Any], fresh: int
) -> bool:
    """Add the last `fresh` articles to their story and one article of another story; tell if that was plain."""
    members = []
    for n, (hour, carried, _) in enumerate(drawn):
        at = None if hour is None else DAY + timedelta(hours=hour)
        story = "other" if n == 0 else "one"
        members += [make(10 * n + place, f"a{n}", story, at, picks) for place, picks in enumerate(carried)]
    new_names = {f"a{n}" for n in range(len(drawn) - fresh, len(drawn))}
    new = [m for m in members if m.article in new_names]
    old = [m for m in members if m.article not in new_names]
    former = {("a0", f"a{n}") for n, (_, _, linked) in enumerate(drawn) if linked and n}
    links = {pair for pair in former if not new_names.isdisjoint(pair)}
    known = {key: cluster for cluster in group(old, former - links) for key in cluster.members}
    firsts = {key for keys in wordings.wordings([m for m in old if m.story == "one"]).values() for key in keys}
    standing = [m for m in old if m.key in firsts or (links and m.article == "a0")]
    added = add({m.key: known[m.key] for m in standing}, standing, new, links)
    if added is None:
        return False
    whole = {cluster.id: cluster for cluster in known.values()}
    for cluster in added:
        before = whole[cluster.id].members if cluster.id in whole else ()
        by_key = {m.key: m for m in members}
        keys = sorted({*before, *cluster.members}, key=lambda key: wordings.rank(by_key[key]))
        whole[cluster.id] = replace(cluster, members=tuple(keys))
    assert sorted(whole.values(), key=lambda c: c.id) == list(group(members, former))
    return True


@settings(max_examples=150, deadline=None)
@given(ARTICLES, st.integers(1, 2))
def test_quotations_added_are_the_same_as_all_grouped_anew(drawn: list[Any], fresh: int) -> None:
    if fresh < len(drawn):
        same_as_from_the_ground(quoted, additions.add_quotations, statements.group_quotations, drawn, fresh)


@settings(max_examples=150, deadline=None)
@given(ARTICLES, st.integers(1, 2))
def test_events_added_are_the_same_as_all_grouped_anew(drawn: list[Any], fresh: int) -> None:
    if fresh < len(drawn):
        same_as_from_the_ground(dated, additions.add_events, statements.group_events, drawn, fresh)


def test_plain_reprint_is_added_without_looking_at_all() -> None:
    same = [(0, 1, 0, 1)]
    drawn = [(0, [(2, 0, 0, 0)], False), *((hour, same, False) for hour in range(1, 5))]
    assert same_as_from_the_ground(quoted, additions.add_quotations, statements.group_quotations, drawn, 1)
    assert same_as_from_the_ground(dated, additions.add_events, statements.group_events, drawn, 1)


def test_earlier_way_of_knowing_the_day_wants_a_look_at_all() -> None:
    late, early = (0, 1, 0, 1), (0, 1, 0, 2)
    first = (0, 1, 0, 0)

    def with_basis(key: int, article: str, story: str, at: datetime | None, picks: Sequence[int]) -> Carried:
        made = quoted(key, article, story, at, picks)
        basis = {0: None, 1: "stated", 2: "published"}[picks[3]]
        day = "2026-03-09" if basis else None
        return replace(made, quotation=replace(made.quotation, said=day, said_basis=basis))  # type: ignore[arg-type]

    drawn = [(0, [(2, 0, 0, 0)], False), (1, [first], False), (5, [late], False), (3, [early], False)]
    assert not same_as_from_the_ground(with_basis, additions.add_quotations, statements.group_quotations, drawn, 1)
