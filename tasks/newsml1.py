"""Read NewsML 1.0 to 1.2 of the IPTC: one news item a document (tasks/xmltext cuts a file of several). Pure."""

from typing import Any, Final

from storage.errors import Rejected
from storage.records import Article, Hints, Withdrawal
from tasks import nitf, prose, wireitem, xmltext
from tasks.wireitem import Item, moment, number
from tasks.xmltext import child, every, marked, said, words

_NO_TEXT: Final = frozenset(str.split("photo picture image graphic video audio animation thumbnail quicklook"))
_HEAD_ROLES: Final = frozenset({"title", "headline", "heading"})
_LEAD_ROLES: Final = frozenset({"lead", "intro", "abstract", "standfirst", "summary"})
_LEFT_OUT: Final = frozenset({"caption", "legend", "keyword", "keywords", "copyright", "byline", "credit"})


def read_newsml(tree: Any, *, input: str, hints: Hints) -> Article | Withdrawal:  # noqa: A002
    """Read the article of a document whose root is <NewsML>.

    Raises:
        Rejected: `no-body`, `no-article`.
    """
    one = tree if xmltext.name(tree) == "NewsItem" else next(every(tree, "NewsItem"), None)
    if one is None:
        raise Rejected("no-article", "It is NewsML without any news item in it.", subject=input)
    found = Item(format="newsml-1")
    _read_identity(found, one)
    envelope = child(tree, "NewsEnvelope")
    _read_management(found, child(one, "NewsManagement"))
    if found.urgency is None:
        found.urgency = number(_named(child(envelope, "Priority")))
    _read_content(found, one)
    for lines in every(one, "NewsLines"):
        _read_lines(found, lines)
    _read_metadata(found, one)
    found.sent = moment(said(envelope, "DateAndTime"))
    found.published = found.published or found.sent
    return wireitem.finish(found, input=input, hints=hints)


def _named(element: Any) -> str | None:
    return marked(element, "FormalName")


def _read_identity(found: Item, one: Any) -> None:
    identity = child(one, "Identification", "NewsIdentifier")
    provider, item = said(identity, "ProviderId"), said(identity, "NewsItemId")
    # A public identifier ends in the revision (urn:newsml:provider:date:item:2N), so it cannot name all of them.
    found.identifier = ":".join(filter(None, (provider, said(identity, "DateId"), item))) if item else None
    found.version = number(said(identity, "RevisionId"))
    found.publisher = provider
    found.slug = said(one, "Identification", "NameLabel")


def _read_management(found: Item, management: Any) -> None:
    found.published = moment(said(management, "FirstCreated"))
    found.modified = moment(said(management, "ThisRevisionCreated"))
    found.urgency = number(_named(child(management, "Urgency")))
    found.status = _named(child(management, "Status"))
    if found.status and found.status.lower() == "embargoed":
        found.embargoed, found.status = moment(said(management, "StatusWillChange", "DateAndTime")) or "", None
    instructions = [name.lower() for i in xmltext.children(management, "Instruction") if (name := _named(i))]
    found.signal = next((name for name in instructions if name not in wireitem.WITHDRAWN), None)
    if any(name in wireitem.WITHDRAWN for name in instructions):
        found.status = next(name for name in instructions if name in wireitem.WITHDRAWN)
    kind = (_named(child(management, "NewsItemType")) or "").lower()
    found.kind = kind if kind in _NO_TEXT else "text"


def _read_content(found: Item, one: Any) -> None:
    """Put together the text of all content items that hold any: first what is marked as the lead, then the rest.

    Content that stands there in several renditions (equivalents, or side by side in one component) counts once, in the
    longest of them.
    """
    leads: list[str] = []
    kinds: set[str] = set()
    bodies: dict[Any, Item] = {}
    for content in every(one, "ContentItem"):
        role = _role(content)
        kind = (_named(child(content, "MediaType")) or "").lower()
        kinds.add(kind)
        if kind in _NO_TEXT or role in _LEFT_OUT or role in _NO_TEXT:
            continue
        for data in every(content, "DataContent", "InlineData"):
            inner = next(every(data, "nitf"), None)
            if inner is None and role in _HEAD_ROLES:
                found.headline = found.headline or words(data) or None
            elif inner is None and role in _LEAD_ROLES:
                leads.extend(_texts(data))
            else:
                given = nitf.item(inner) if inner is not None else Item(format="", paragraphs=_texts(data))
                among = _alternatives(content)
                best = bodies.get(among)
                if best is None or sum(map(len, given.paragraphs)) > sum(map(len, best.paragraphs)):
                    bodies[among] = given
    for given in bodies.values():
        _take(found, given)
    found.paragraphs = leads + [p for p in found.paragraphs if p not in leads]
    if not found.paragraphs and kinds & _NO_TEXT:
        found.kind = min(kinds & _NO_TEXT)


def _alternatives(content: Any) -> Any:
    """Give the component whose content items say the same in several ways: the one marked so, else their own."""
    parent = content.getparent()
    above = parent
    while above is not None and xmltext.name(above) == "NewsComponent":
        if (marked(above, "EquivalentsList") or "").lower() == "yes":
            return above
        above = above.getparent()
    return parent


def _texts(data: Any) -> list[str]:
    if len(data):
        return prose.paragraphs(data)
    text = data.text or ""
    return prose.from_markup(text) if "</" in text or "<br" in text.lower() else prose.from_lines(text)


def _role(content: Any) -> str:
    """Give the role of a content item's component, lower case."""
    parent = content.getparent()
    while parent is not None and xmltext.name(parent) == "NewsComponent":
        if role := _named(child(parent, "Role")):
            return role.lower()
        parent = parent.getparent() if not xmltext.children(parent, "NewsLines") else None
    return ""


def _take(found: Item, inner: Item) -> None:
    found.paragraphs.extend(inner.paragraphs)
    found.bylines.extend(b for b in inner.bylines if b not in found.bylines)
    for name in ("headline", "dateline", "language", "slug", "note", "usage", "urgency", "published", "agency"):
        if getattr(found, name) is None:
            setattr(found, name, getattr(inner, name))


def _read_lines(found: Item, lines: Any) -> None:
    for line in lines:
        text = words(line)
        if not text:
            continue
        match xmltext.name(line):
            case "HeadLine":
                found.headline = found.headline or text
            case "ByLine":
                found.bylines.append(text)
            case "DateLine":
                found.dateline = found.dateline or text
            case "CreditLine":
                found.agency = found.agency or text
            case "CopyrightLine":
                found.usage = found.usage or text
            case "SlugLine":
                found.slug = text
            case "KeywordLine":
                found.keywords.append(text)


def _read_metadata(found: Item, one: Any) -> None:
    party = next((_named(p) for where in every(one, "Provider") for p in every(where, "Party")), None)
    found.publisher = party or found.publisher
    found.language = next((_named(language) for language in every(one, "Language")), None) or found.language
    codes = [_named(s) for s in every(one, "Subject", "SubjectMatter", "SubjectDetail", "SubjectQualifier")]
    found.subjects = [code for code in codes if code]
    notes = [
        words(p)
        for p in every(one, "NewsLine")
        if (_named(child(p, "NewsLineType")) or "").lower() in {"note", "ednote"}
    ]
    found.note = found.note or next(filter(None, notes), None)
