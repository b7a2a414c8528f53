"""Take an article back: out of use when its sender kills it, or out of the archive when its owner says so.

Its fingerprints, its relations, and what it carried go with it; what hung on it is decided anew. A withdrawn article
stays to be read, with its text and its revisions, and a newer version of it is used again.
"""

import logging
from datetime import datetime

from sqlalchemy import Connection

from storage import archive, families, pairs, wireindex
from storage.editions import Edition
from storage.store import Store
from tasks import settling
from tasks.settling import Changed

logger = logging.getLogger(__name__)


def withdraw(store: Store, article: str, *, reason: str, now: datetime, delete: bool = False) -> bool:
    """Withdraw an article by its id, or with `delete` take it out for good. False if it was withdrawn already.

    Its bytes stay on the raw shelf either way.

    Raises:
        KeyError: there is no such article.
    """
    with store.filing() as conn:
        n = archive.numbers(conn, [article])[article]
        told = take_back(conn, article, n, reason=reason, now=now)
        if delete:
            archive.delete(conn, n, reason=reason, now=now)
    return told or delete


def take_back(
    conn: Connection, article: str, n: int, *, reason: str, now: datetime, kill: Edition | None = None
) -> bool:
    """Withdraw an article within a transaction. False if it was withdrawn already.

    `kill` is the edition of a sender's kill: what is no newer does not bring the article back.
    """
    if not archive.withdraw(conn, n, reason=reason, now=now, kill=kill):
        return False
    wireindex.remove(conn, n)
    story = families.story_of(conn, article)
    others = {*pairs.unrelate(conn, n)} | (families.members(conn, story, limit=2) if story else set())
    families.set_stories(conn, {article: None}, parents={}, now=now)
    changed = Changed(now=now, disturbed=others - {article}, left={story} if story else set())
    settling.settle(conn, changed)
    logger.info("withdrawn article=%s reason=%s", article, reason)
    return True
