"""One story in full: who had it first, how it spread, what each copy shares with which, and what revisions changed.

Only reads.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from difflib import SequenceMatcher
from typing import Any, Final

from sqlalchemy import Connection, select

from storage import catalogue, rows
from storage import tables as t
from storage.archive import chunks
from storage.catalogue import Story
from storage.recordjson import as_json

_SENTENCES: Final = re.compile(r"(?<=[.!?…。！？])[\"'”’»)]*\s+|\n+")
COMPARED: Final = (
    "headline", "author", "publisher", "agency", "dateline", "datePublished", "dateModified", "url", "inLanguage",
)  # fmt: skip
"""The fields of an article record, beside its body, in which revisions are compared."""
_BESIDE: Final = (
    t.Article.revision, t.Article.filed_at, t.Article.published_at, catalogue.IS_FIRST, t.Relation.score,
    t.Relation.coverage_a, t.Relation.coverage_b, t.Relation.reason, t.Relation.passages,
)  # fmt: skip
"""What is told of an article beside its place, and of its relation with what it copies."""


def told(conn: Connection, id_: str) -> dict[str, Any] | None:
    """Give a story in full; None if nobody is left in it.

    To what `catalogue.story_row` gives come `first` (who was first to publish it), `spread` (by outlet: how many
    articles, the first of them, and how many hours behind the first of all), `merged` (stories that have become this
    one), for each article its revision and when it was filed, for each copy its relation with what it copies; and
    `revisions`, oldest first.
    """
    shelved = {row.id: row for row in catalogue.in_stories(conn, [id_], *_BESIDE)}
    story = catalogue.story(conn, id_, [*shelved.values()])
    if story is None:
        return None
    s = t.Story
    merged = conn.execute(select(s.id).where(s.merged_into == id_, s.size == 0).order_by(s.id)).scalars()
    told = catalogue.story_row(story)
    for article in told["articles"]:
        row = shelved[article["article"]]
        article.update({"revision": row.revision, "filed_at": row.filed_at.isoformat()})
        if row.passages is not None:
            article.update(_tie(row))
    published = {id_: row.published_at for id_, row in shelved.items()}
    lead = story.members[0]
    first = {"article": lead.id, "outlet": lead.outlet, "headline": lead.headline, "datePublished": lead.published}
    return told | {
        "first": first,
        "spread": _spread(story, published),
        "merged": list(merged),
        "revisions": list(revisions(conn, id_)),
    }


def _tie(row: Any) -> dict[str, Any]:
    coverage = [row.coverage_a, row.coverage_b]
    spans = [([a, b], [c, d], text) for a, b, c, d, text in row.passages]
    if row.is_first:
        passages = [{"article": one, "other": two, "text": text} for one, two, text in spans]
    else:
        coverage.reverse()
        passages = [{"article": two, "other": one, "text": text} for one, two, text in spans]
    return {"score": row.score, "coverage": coverage, "reason": row.reason, "passages": passages}


def _spread(story: Story, published: dict[str, datetime | None]) -> list[dict[str, Any]]:
    """Say who carried it, in the order in which they did; outlets without any date come last."""
    outlets: dict[str | None, list[Any]] = {}
    for member in story.members:
        outlets.setdefault(member.outlet, []).append(member)
    begun = min((at for at in published.values() if at), default=None)
    found = []
    for outlet, members in outlets.items():
        dated = [(at, m.published) for m in members if (at := published[m.id])]
        at, written = min(dated, default=(None, None))
        hours = round((at - begun).total_seconds() / 3600, 2) if at and begun else None
        found.append({"outlet": outlet, "articles": len(members), "datePublished": written, "hours": hours})
    return sorted(found, key=lambda o: (o["hours"] is None, o["hours"] or 0, str(o["outlet"])))


def revisions(conn: Connection, story: str) -> Iterator[dict[str, Any]]:
    """Give what each revision of an article of a story has changed: fields as [before, after], sentences of the body.

    `revision` is the number of the newer one.
    """
    a, r = t.Article, t.Revision
    now = {
        row["n"]: as_json(rows.article(dict(row), {}), enrichment=False) | {"id": row["id"]}
        for row in conn.execute(select(a.__table__).where(a.story_id == story, a.revision > 1).order_by(a.n)).mappings()
    }
    kept: dict[int, list[Any]] = {n: [] for n in now}
    for some in chunks(now):
        of_some = select(r.n, r.revision, r.content, r.replaced_at).where(r.n.in_(some)).order_by(r.n, r.revision)
        for row in conn.execute(of_some):
            kept[row.n].append(row)
    for n, record in now.items():
        former = kept[n]
        later = [row.content for row in former[1:]] + [record]
        for row, after in zip(former, later, strict=True):
            yield {
                "article": record["id"], "revision": row.revision + 1, "replaced_at": row.replaced_at.isoformat(),
                "changed": {
                    name: [row.content.get(name), after.get(name)]
                    for name in COMPARED
                    if row.content.get(name) != after.get(name)
                },
                **sentences_changed(row.content.get("articleBody") or "", after.get("articleBody") or ""),
            }  # fmt: skip


def sentences_changed(before: str, after: str) -> dict[str, list[str]]:
    """Give the sentences that one text has and the other does not: `removed` and `added`, in their order."""
    old, new = _sentences(before), _sentences(after)
    removed: list[str] = []
    added: list[str] = []
    for what, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what != "equal":
            removed += old[i:j]
            added += new[k:m]
    return {"removed": removed, "added": added}


def _sentences(text: str) -> Sequence[str]:
    """Cut a text behind full stops and line ends; what closes a quotation stays with its sentence."""
    found, begin = [], 0
    for cut in _SENTENCES.finditer(text):
        end = cut.start() + len(cut[0].rstrip())
        found.append(text[begin:end].strip())
        begin = cut.end()
    return [sentence for sentence in (*found, text[begin:].strip()) if sentence]
