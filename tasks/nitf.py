"""Read NITF, the News Industry Text Format of the IPTC: one article a document. Pure."""

from typing import Any

from storage.records import Article, Hints, Withdrawal
from tasks import prose, wireitem, xmltext
from tasks.wireitem import Item
from tasks.xmltext import child, every, marked, said, words


def read_nitf(tree: Any, *, input: str, hints: Hints) -> Article | Withdrawal:  # noqa: A002
    """Read the article of a document whose root is <nitf>.

    Raises:
        Rejected: `no-body`, `no-article`.
    """
    return wireitem.finish(item(tree), input=input, hints=hints)


def item(nitf: Any) -> Item:
    """Read head, body head and body of an <nitf> element, which may stand inside another format."""
    head, body = child(nitf, "head"), child(nitf, "body")
    top = child(body, "body.head")
    found = Item(format="nitf")
    content = [part for part in (body if body is not None else ()) if xmltext.name(part) == "body.content"]
    found.paragraphs = [text for part in content for text in prose.paragraphs(part)]
    if not content and body is not None:
        found.paragraphs = [
            text
            for part in body
            if xmltext.name(part) not in {"body.head", "body.end"}
            for text in prose.paragraphs(part)
        ]
    _read_docdata(found, child(head, "docdata"))
    _read_metas(found, head)
    publication = child(head, "pubdata")
    found.publisher = found.publisher or marked(publication, "name")
    found.published = found.published or wireitem.moment(marked(publication, "date.publication"))
    found.headline = _headline(top) or said(head, "title")
    found.bylines = [text for line in every(top, "byline") if (text := _byline(line))]
    found.dateline = _dateline(child(top, "dateline"))
    found.published = found.published or wireitem.moment(marked(next(every(top, "story.date"), None), "norm"))
    distributor = said(top, "distributor")
    found.publisher = found.publisher or distributor
    found.agency = distributor or found.agency
    found.note = found.note or next((text for note in every(top, "note") if (text := words(note))), None)
    found.usage = found.usage or said(top, "rights")
    abstract = child(top, "abstract")
    if abstract is not None and not found.paragraphs:
        found.paragraphs = prose.paragraphs(abstract)
    if found.language is None:
        found.language = marked(nitf, "lang") or marked(body, "lang")
    return found


def _headline(top: Any) -> str | None:
    for part in every(top, "hedline"):
        if text := next((text for line in every(part, "hl1") if (text := words(line))), None) or words(part):
            return text
    return next((text for line in every(top, "headline", "hl1") if (text := words(line))), None)


def _byline(line: Any) -> str:
    """Give the people of a byline: those marked as such, else its words without the title that is marked."""
    people = [words(person) for person in every(line, "person") if words(person)]
    if people:
        return " and ".join(people)
    title = words(next(every(line, "byttl"), None))
    whole = words(line)
    return whole[: -len(title)].rstrip(" ,;") if title and whole.endswith(title) and whole != title else whole


def _dateline(element: Any) -> str | None:
    if element is None:
        return None
    day = words(next(every(element, "story.date"), None))
    return words(element).removesuffix(day).strip(" ,-–—") or None


def _read_docdata(found: Item, data: Any) -> None:
    if data is None:
        return
    found.status = marked(data, "management-status")
    named = child(data, "doc-id")
    found.identifier = marked(named, "id-string")
    found.agency = marked(named, "regsrc")
    found.publisher = marked(named, "regsrc") or marked(child(data, "doc.copyright"), "holder")
    found.usage = marked(child(data, "doc.copyright"), "holder")
    found.urgency = wireitem.number(marked(child(data, "urgency"), "ed-urg"))
    found.published = found.sent = _norm(data, "date.issue")
    released = _norm(data, "date.release")
    if found.status == "embargoed":
        found.embargoed, found.status = released or "", None
    elif released is not None and found.published is None:
        found.published = released
    key = child(data, "du-key")
    found.version = wireitem.number(marked(key, "version"))
    found.slug = marked(key, "key") or marked(child(data, "fixture"), "fix-id")
    found.note = marked(child(data, "ed-msg"), "info")
    correction = child(data, "correction")
    if correction is not None:
        found.signal = "correction"
        found.note = marked(correction, "info") or found.note
        found.identifier = marked(correction, "id-string") or found.identifier
        found.publisher = marked(correction, "regsrc") or found.publisher
    found.keywords = [key for word in every(data, "keyword") if (key := marked(word, "key"))]
    subjects = [s for part in (data, data.getparent()) for s in every(part, "tobject.subject", "classifier")]
    found.subjects = [
        text
        for subject in subjects
        if (
            text := marked(subject, "tobject.subject.refnum")
            or marked(subject, "value")
            or marked(subject, "tobject.subject.type")
        )
    ]


def _norm(data: Any, field: str) -> str | None:
    return wireitem.moment(marked(child(data, field), "norm"))


def _read_metas(found: Item, head: Any) -> None:
    """Read what some senders put into <meta name content> for want of another place."""
    metas = {(marked(m, "name") or "").lower(): marked(m, "content") for m in xmltext.children(head, "meta")}
    for name in ("slug", "slugline", "slug-line", "anpa-keyword", "ap-keyword"):
        found.slug = found.slug or metas.get(name)
    found.urgency = (
        found.urgency if found.urgency is not None else wireitem.number(metas.get("urgency") or metas.get("priority"))
    )
    found.language = metas.get("language") or metas.get("lang")
