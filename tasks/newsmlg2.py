"""Read NewsML-G2 of the IPTC: one news item a document (tasks/xmltext cuts a message of several). Pure.

The tree is read by local names: senders differ in namespace version, prefixes and order, and an item that a validating
reader would refuse still carries its text. newsmlg2 1.1 was tried and knows one namespace and well-formed XML only.
"""

from typing import Any, Final

from storage.errors import Rejected
from storage.records import Article, Hints, Withdrawal
from tasks import nitf, prose, wireitem, xmltext
from tasks.wireitem import Item, moment, number
from tasks.xmltext import child, children, every, marked, said, words

ROOTS: Final = frozenset(
    str.split("newsMessage newsItem packageItem conceptItem knowledgeItem planningItem catalogItem")
)


def read_newsml_g2(tree: Any, *, input: str, hints: Hints) -> Article | Withdrawal:  # noqa: A002
    """Read the article of a document whose root is one of `ROOTS`.

    Raises:
        Rejected: `no-body`, and `no-article` for pictures, packages, concepts and events.
    """
    one = tree if xmltext.name(tree) == "newsItem" else next(every(tree, "newsItem"), None)
    if one is None:
        kind = next((xmltext.name(e) for e in every(tree, *(ROOTS - {"newsMessage"}))), "newsMessage")
        detail = f"It is NewsML-G2, but a {kind}, which holds no text of its own. Send the news items."
        raise Rejected("no-article", detail, subject=input)
    found = Item(format="newsml-g2", identifier=marked(one, "guid"), version=number(marked(one, "version")))
    found.language = marked(one, "lang")
    _read_content(found, one)
    _read_item_meta(found, child(one, "itemMeta"))
    _read_content_meta(found, child(one, "contentMeta"))
    _read_rights(found, child(one, "rightsInfo"))
    if not found.paragraphs and found.kind == "text":
        found.paragraphs = _described(child(one, "contentMeta"))
    return wireitem.finish(found, input=input, hints=hints)


def _code(element: Any) -> str | None:
    """Give what an element is coded as, without the alias of its scheme: "stat:usable" is "usable"."""
    value = marked(element, "qcode") or marked(element, "literal") or marked(element, "uri")
    return value.rstrip("/").rpartition("/")[2].rpartition(":")[2] if value else None


def _label(element: Any) -> str | None:
    """Give the name of a party or place: as written, else its code."""
    if element is None:
        return None
    return said(element, "name") or marked(element, "literal") or _code(element) or words(element) or None


def _read_item_meta(found: Item, meta: Any) -> None:
    kind = (_code(child(meta, "itemClass")) or "text").lower()
    found.kind = "text" if kind in {"text", "composite"} else kind
    found.publisher = _label(child(meta, "provider"))
    found.published = moment(said(meta, "firstCreated")) or moment(said(meta, "versionCreated"))
    found.modified = moment(said(meta, "versionCreated"))
    found.status = _code(child(meta, "pubStatus"))
    embargo = child(meta, "embargoed")
    if embargo is not None:
        found.embargoed = moment(words(embargo)) or ""
    found.signal = next((code for s in children(meta, "signal") if (code := _code(s)) and code != "atomic"), None)
    found.note = next((text for note in children(meta, "edNote") if (text := words(note))), None)


def _read_content_meta(found: Item, meta: Any) -> None:
    if meta is None:
        return
    found.urgency = number(said(meta, "urgency"))
    lines = children(meta, "headline")
    main = [line for line in lines if (_role(line) or "main") in {"main", "headline"}] or lines
    found.headline = next((text for line in main if (text := words(line))), None) or found.headline
    found.slug = next((text for line in children(meta, "slugline") if (text := words(line))), None)
    found.bylines += [text for line in children(meta, "by") if (text := words(line))]
    if not found.bylines:
        people = (_label(p) for p in children(meta, "creator"))
        found.bylines = [name for name in people if name and name != found.publisher]
    found.dateline = next((text for line in children(meta, "dateline") if (text := words(line))), found.dateline)
    sources = (name for s in children(meta, "infoSource") if (name := _label(s)))
    found.agency = next(sources, None) or said(meta, "creditline")
    found.language = marked(child(meta, "language"), "tag") or found.language
    found.keywords = [text for word in children(meta, "keyword") if (text := words(word))]
    found.subjects = [name for subject in children(meta, "subject") if (name := _label(subject))]
    found.published = found.published or moment(said(meta, "contentCreated"))
    found.modified = found.modified or moment(said(meta, "contentModified"))


def _role(element: Any) -> str | None:
    value = marked(element, "role")
    return value.rpartition(":")[2].lower() if value else None


def _read_rights(found: Item, rights: Any) -> None:
    texts = (words(e) for e in every(rights, "usageTerms", "copyrightNotice"))
    holder = child(rights, "copyrightHolder")
    found.usage = next(filter(None, texts), None) or _label(holder)
    found.publisher = found.publisher or _label(holder)


def _read_content(found: Item, one: Any) -> None:
    """Read the richest rendition of the text: XML (NITF, XHTML), else plain data."""
    best: list[str] = []
    for content in every(child(one, "contentSet"), "inlineXML", "inlineData"):
        kind = (marked(content, "contenttype") or "text").lower()
        if kind.startswith(("image", "video", "audio")) or marked(content, "encoding"):
            continue
        inner = next(every(content, "nitf"), None)
        if inner is not None:
            given = nitf.item(inner)
            texts = given.paragraphs
            found.headline, found.dateline = given.headline, given.dateline
            found.bylines = given.bylines
        else:
            texts = _texts(content, kind)
        if sum(map(len, texts)) > 1.1 * sum(map(len, best)):
            best = texts
    found.paragraphs = best


def _texts(content: Any, kind: str) -> list[str]:
    if len(content):
        body = next(every(content, "body"), content)
        return prose.paragraphs(body)
    text = content.text or ""
    return prose.from_markup(text) if "html" in kind or "xml" in kind or "</p>" in text else prose.from_lines(text)


def _described(meta: Any) -> list[str]:
    """Give the description of an item without content, as alerts are sent: not a caption, not a summary of others."""
    roles = {None, "summary", "lead", "intro"}
    return [text for d in children(meta, "description") if _role(d) in roles and (text := words(d))]
