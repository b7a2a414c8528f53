"""The index of word runs, on both databases: what it finds, what it forgets, and what stays cheap."""

from storage import wireindex
from storage.store import Store
from tasks import wirecopy

BODY = """The lighthouse keeper of Skerry Holm retired on Sunday after forty-one winters, and no successor will \
be named. \
“I have counted every ship that passed and never saw one twice,” she told the parish. Automatic lamps were fitted in \
autumn; the coastguard will watch them from the mainland by radio."""
OTHER = (
    "Onion prices doubled within a fortnight because hail flattened the fields around Dunmere, wholesalers complained."
)
NOTE = "Sign up for the Skerry Gazette's free Thursday letter about gardens, tides and second-hand boats."


def filed(store: Store, n: int, body: str, day: int | None, publisher: str | None = None) -> tuple[int, ...]:
    """Put a body into the index; gives the articles that carry what has become known as furniture."""
    text = wirecopy.prepare(body)
    with store.writing() as conn:
        wireindex.add(conn, [wireindex.Post(n, text.runs, text.timeless, day)])
        return wireindex.learn(conn, {n: wirecopy.furniture_keys(text, publisher)})


def found(store: Store, body: str, day: int | None, **limits: int) -> list[int]:
    """Ask for the candidates of a body."""
    text = wirecopy.prepare(body)
    with store.reading() as conn:
        (near,) = wireindex.candidates(conn, [wireindex.Post(0, text.runs, text.timeless, day)], **limits)
        return [n for n, _ in near]


def test_candidates_share_runs_and_come_strongest_first(store: Store) -> None:
    filed(store, 1, BODY[: len(BODY) // 2], 20_000)
    filed(store, 2, BODY, 20_003)
    filed(store, 3, OTHER, 20_001)
    assert found(store, BODY, 20_001) == [2, 1]
    assert found(store, BODY, 20_001, limit=1) == [2]
    assert found(store, "", 20_001) == []


def test_window_reaches_both_ways_and_quotations_beyond_it(store: Store) -> None:
    unquoted = BODY.replace("“", "").replace("”", "")
    filed(store, 1, unquoted, 20_000)
    assert found(store, unquoted + " More.", 20_010) == [1]
    assert found(store, unquoted + " More.", 19_990) == [1]
    assert found(store, unquoted + " More.", 20_040) == []
    assert found(store, unquoted, 20_400) == [1]
    filed(store, 2, BODY, 20_000)
    assert found(store, f"{OTHER} “I have counted every ship that passed and never saw one twice.”", 20_400) == [2]


def test_articles_without_a_date_find_and_are_found_from_everywhere(store: Store) -> None:
    filed(store, 1, BODY, None)
    filed(store, 2, BODY[:-40], 20_000)
    filed(store, 3, BODY[:-50], 20_700)
    assert set(found(store, BODY[:-20], None)) == {1, 2, 3}
    assert found(store, BODY[:-20].replace("“", "").replace("”", ""), 20_350) == [1]


def test_removed_article_is_found_no_more_and_can_come_back(store: Store) -> None:
    filed(store, 1, BODY, 20_000, "Gazette")
    with store.writing() as conn:
        wireindex.remove(conn, 1)
        wireindex.remove(conn, 1)
    assert found(store, BODY, 20_000) == []
    with store.reading() as conn:
        for table in ("postings", "wire_prints", "furniture_witnesses"):
            assert conn.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() == 0
    filed(store, 1, BODY, 20_000)
    assert found(store, BODY, 20_000) == [1]


def test_story_reprinted_by_many_stops_growing(store: Store) -> None:
    for n in range(1, 41):
        filed(store, n, f"{BODY} Printed in edition {n}.", 20_000)
    with store.reading() as conn:
        longest = conn.exec_driver_sql(
            "SELECT max(c) FROM (SELECT count(*) AS c FROM postings GROUP BY week, hash) AS lists"
        ).scalar()
    assert longest == wireindex.CAP
    assert len(found(store, BODY, 20_000)) == wireindex.CAP


def test_sentence_in_three_articles_of_one_outlet_is_furniture(store: Store) -> None:
    bodies = [f"{text}\n\n{NOTE}" for text in (BODY, OTHER, OTHER[::-1])]
    (key,) = wirecopy.furniture_keys(wirecopy.prepare(NOTE), "Gazette")
    assert filed(store, 1, bodies[0], 20_000, "Gazette") == ()
    assert filed(store, 2, bodies[1], 20_300, "Gazette") == ()
    assert filed(store, 3, bodies[1], 20_300, "Another outlet") == ()
    assert filed(store, 4, bodies[2], 20_600, "Gazette") == (1, 2, 4)
    with store.reading() as conn:
        assert wireindex.furniture(conn, {key, key + 1}) == {key}
        assert wireindex.furniture(conn, ()) == frozenset()


def test_three_versions_of_one_text_make_no_furniture(store: Store) -> None:
    for n in range(1, 6):
        assert filed(store, n, f"{BODY} Version {n} of this report.", 20_000, "Gazette") == ()
    with store.reading() as conn:
        assert wireindex.furniture(conn, wirecopy.furniture_keys(wirecopy.prepare(BODY), "Gazette")) == frozenset()


def test_lookups_use_the_index_from_the_query_side(store: Store) -> None:
    text = wirecopy.prepare(BODY)
    with store.writing() as conn:
        conn.exec_driver_sql(
            "INSERT INTO postings (week, hash, n) WITH RECURSIVE many(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM many "
            "WHERE k < 40000) SELECT 950 + k - k / 60 * 60, k * 7919 - k * 7919 / 900007 * 900007, k FROM many"
        )
        conn.exec_driver_sql("ANALYZE")
    with store.reading() as conn:
        plan = wireindex.explain(conn, wireindex.Post(0, text.runs, (), 20_000))
    sqlite = store.dialect == "sqlite"
    assert ("SEARCH p USING PRIMARY KEY (week=? AND hash=?)" if sqlite else "using pk__postings on postings") in plan
    assert sqlite or "Index Cond: ((week = " in plan
    assert "Seq Scan on postings" not in plan
