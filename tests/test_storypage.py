"""The page of a story: what it says of whom, and that nothing from outside does anything in it."""

from datetime import datetime

from shelving import Desk, article, relation, verdicts

from storage import catalogue
from storage.store import Store


def test_one_story_is_read_as_the_list_of_stories_tells_it(store: Store, now: datetime) -> None:
    one, two, other = article("a"), article("b", published="2026-03-02"), article("c")
    desk = Desk(verdicts(relation(one, two)))
    for made in (one, two, other):
        with store.filing() as conn:
            desk.file(conn, made, now)
    with store.reading() as conn:
        told = {story.id: story for story in catalogue.stories(conn)}
        assert catalogue.story(conn, one.id) == told[one.id]
        assert [m.id for m in told[one.id].members] == [one.id, two.id]
        assert catalogue.story(conn, two.id) is None
        assert catalogue.story(conn, "nobody") is None
