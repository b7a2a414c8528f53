"""Read a well-formed page of a feed as feedparser would, many times faster; or say that it is in doubt. Pure.

Nothing is guessed: whatever feedparser mends, resolves or weighs against something else (broken XML, document types,
xml:base, markup among the text, several links that contradict each other) is a doubt, and then feedparser reads it.
tests/test_feedread.py holds the two against each other.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import Any, Final
from xml.sax.saxutils import escape

from lxml import etree

from tasks.feedentries import Sent, Sheet

# Where feedparser repairs text that was encoded twice, maps Windows controls, resolves addresses or expands entities.
# As substrings first: one expression of all of them took half of the time.
_DOUBTS: Final = (
    (b"<!DOCTYPE", None), (b"xml:base", None), (b"base", re.compile(rb"[\s\"']base\s*=")),
    (b":///", None), (b"\xc2", re.compile(rb"\xc2[\x80-\x9f]")),
    (b"\xc3", re.compile(rb"\xc3[\x82-\xb4]\xc2[\x80-\xbf]")),
    (b"&#", re.compile(
        rb"&#(?:1[2-5]\d|[xX][89][0-9a-fA-F]);|&#(?:19[4-9]|2[0-4]\d|[xX](?:[cCdDeE][0-9a-fA-F]|[fF][0-4]));(?:&#|\xc2)"
    )),
)  # fmt: skip
_ATOM: Final = "http://www.w3.org/2005/Atom"
_XHTML: Final = "http://www.w3.org/1999/xhtml"
_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_SITEMAP: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"
_NEWS: Final = "{http://www.google.com/schemas/sitemap-news/0.9}"
# The namespaces of which feedparser knows more than the prefix, as far as they carry what we read.
_PREFIXES: Final = {
    "http://backend.userland.com/rss": "", "http://blogs.law.harvard.edu/tech/rss": "", "http://purl.org/rss/1.0/": "",
    "http://my.netscape.com/rdf/simple/0.9/": "", _ATOM.lower(): "", _RDF: "rdf",
    "http://purl.org/dc/elements/1.1/": "dc", "http://purl.org/dc/terms/": "dcterms",
    "http://purl.org/rss/1.0/modules/content/": "content", "http://search.yahoo.com/mrss/": "media",
    "http://search.yahoo.com/mrss": "media", "http://purl.org/rss/1.0/modules/syndication/": "sy",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner",
}  # fmt: skip
_ACTS: Final = {
    "title": "title", "dc_title": "title", "link": "link", "guid": "id", "id": "id",
    "description": "description", "dc_description": "description", "summary": "summary", "content": "content",
    "content_encoded": "encoded", "author": "author", "dc_creator": "author", "dc_author": "author",
    "itunes_author": "author", "managingeditor": "author", "pubdate": "published", "published": "published",
    "issued": "published", "dcterms_issued": "published", "updated": "updated", "modified": "updated",
    "dc_date": "updated", "dcterms_modified": "updated", "lastbuilddate": "updated", "source": "source",
}  # fmt: skip
_DOUBTFUL: Final = frozenset(
    str.split(
        "abstract body fullitem xhtml_body info tagline created dcterms_created itunes_summary itunes_title "
        "itunes_name itunes_email name email svg svg_svg newlocation contributor dc_contributor item entry image "
        "textinput language dc_language feedburner_origlink channel feed rss"
    )
)
_REFERENCE: Final = re.compile("&([A-Za-z0-9_]+);")
_HTML: Final = frozenset(("html", "text/html", "xhtml", "application/xhtml+xml"))


class _Doubt(Exception):
    """Only feedparser can say what this means."""


@lru_cache(maxsize=2048)
def _name(tag: str, prefix: str | None) -> str:
    """Name an element as feedparser does: the usual prefix of its namespace (or its own), and the local name."""
    space, _, local = tag[1:].partition("}") if tag.startswith("{") else ("", "", tag)
    if "backend.userland.com/rss" in space.lower():
        space = "http://backend.userland.com/rss"
    known = _PREFIXES.get(space.lower(), prefix or "")
    return f"{known}_{local}".lower() if known else local.lower()


_SETTLED: Final[dict[str, str]] = {}


def _act(tag: str, prefix: str | None) -> str:
    """Say what an element of an entry is to us: one of `_ACTS`, `doubt`, or `none`. Never the empty word."""
    name = _name(tag, prefix)
    act = _ACTS.get(name) or ("doubt" if name in _DOUBTFUL else "none")
    space = tag[1:].partition("}")[0].lower() if tag.startswith("{") else ""
    if (not space or space in _PREFIXES) and len(_SETTLED) < 1000:
        _SETTLED[tag] = act  # whatever its prefix
    return act


def read(data: bytes) -> Sheet | None:
    """Read a page in UTF-8, or give None where feedparser must decide."""
    ascii_only = data.isascii()
    for sign, found in _DOUBTS:
        if not (ascii_only and sign > b"\x7f") and sign in data and (found is None or found.search(data)):
            return None
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True, huge_tree=True
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    try:
        if root.tag == "rss":
            return _rss(root)
        if root.tag == f"{{{_RDF}}}RDF":
            return _rdf(root)
        if root.tag == f"{{{_ATOM}}}feed":
            return _sheet("atom", root, root.findall(f"{{{_ATOM}}}entry"), own="entry")
        if root.tag == f"{{{_SITEMAP}}}urlset":
            return _sitemap(root)
    except _Doubt:
        pass
    return None


def _rss(root: Any) -> Sheet:
    if len(root) != 1 or _name(root[0].tag, root[0].prefix) != "channel":
        raise _Doubt
    return _sheet("rss", root[0], [e for e in root[0] if _name(e.tag, e.prefix) == "item"], own="item")


def _rdf(root: Any) -> Sheet:
    channels = [e for e in root if _name(e.tag, e.prefix) == "channel"]
    items = [e for e in root if _name(e.tag, e.prefix) == "item"]
    others = {_name(e.tag, e.prefix) for e in root} - {"channel", "item", "image", "textinput"}
    if len(channels) != 1 or root[0] is not channels[0] or others & (_ACTS.keys() | _DOUBTFUL):
        raise _Doubt
    return _sheet("rdf", channels[0], items, own="")


def _sheet(kind: Any, head: Any, items: list[Any], *, own: str) -> Sheet:
    """Read the head of a feed, then its items. `own` is the name that items have within the head."""
    found: dict[str, str] = {}
    if not items:
        raise _Doubt
    begun = False
    for element in head:
        name = _name(element.tag, element.prefix)
        if name == own and own:
            begun = True
        elif name in ("title", "link") and (begun or (name == "title" and name in found)):
            raise _Doubt  # the head goes on after the items, or says it twice
        elif name == "title":
            found[name], _ = _said(element, atom=False, plain=True)
        elif name == "link":
            _head_link(element, found)
        elif name in ("image", "textinput"):
            if {_name(e.tag, e.prefix) for e in element} - {"title", "link", "description", "url", "width", "height"}:
                raise _Doubt
        elif name in ("ttl", "language", "dc_language", "sy_updateperiod", "sy_updatefrequency"):
            found[name.removeprefix("dc_")] = _text(element)
        elif name == "id" and kind == "atom" and not element.keys():
            found.setdefault("link", _text(element))  # until a link comes
        elif (
            name in _OTHERS
            or (name in _STRUCTURE and kind != "atom")
            or (len(element) and any(_name(e.tag, e.prefix) in _HEADS for e in element.iterdescendants()))
        ):
            raise _Doubt
    if lang := head.getroottree().getroot().get("{http://www.w3.org/XML/1998/namespace}lang"):
        found.setdefault("language", lang)
    return Sheet(
        format=kind, title=found.get("title", ""), site=found.get("link", ""), language=found.get("language", ""),
        ttl=found.get("ttl", ""), period=found.get("sy_updateperiod", ""),
        frequency=found.get("sy_updatefrequency", ""),
        sent=tuple(_item(e, atom=kind == "atom") for e in items),
    )  # fmt: skip


_STRUCTURE: Final = frozenset(("item", "entry", "channel", "feed", "source"))
_OTHERS: Final = frozenset(("id", "guid", "dc_title", "media_title", "content", "content_encoded", "fullitem", "body"))
_HEADS: Final = frozenset(("title", "link", "item", "entry", "language", "dc_title", "ttl", "itunes_title", "source"))


def _head_link(element: Any, found: dict[str, str]) -> None:
    attributes = _lower(element)
    href, text = _href(attributes), _text(element)
    if href is None:
        found["link"] = _REFERENCE.sub(r"&\g<1>", text)
    elif _is_page(attributes):
        found["link"] = href


def _item(item: Any, *, atom: bool) -> Sent:
    """Read one entry, element by element, the later overruling the earlier where it does with feedparser."""
    guid = item.get(f"{{{_RDF}}}about") or ""
    link: str | None = None
    title, plain_title, summary = "", False, None
    published = updated = publisher = ""
    contents: list[tuple[str, bool]] = []
    authors: list[str] = []
    closed = has_content = False
    for element in item:
        tag = element.tag
        act = _SETTLED.get(tag) or _act(tag, element.prefix)
        if act == "none":
            if len(element) and _touches(element):
                raise _Doubt
        elif act == "doubt":
            raise _Doubt
        elif act == "title":
            if closed:
                raise _Doubt
            if not title:
                title, plain_title = _said(element, atom=atom, plain=True)
        elif act == "link":
            attributes = _lower(element)
            href, text = _href(attributes), _text(element)
            if href is None:
                link = text if "&" not in text else _REFERENCE.sub(r"&\g<1>", text.replace("&amp;", "&"))
            elif _is_page(attributes):
                link = href
        elif act == "id":
            guid = _text(element)
            if link is None and _lower(element).get("ispermalink", "true") == "true":
                link = guid
        elif act == "published":
            published = _text(element)
        elif act == "updated":
            updated = _text(element)
        elif act == "author":
            authors.append(_author(element))
        elif act == "source":
            closed = True
            publisher = _source(element)
        else:
            value = _said(element, atom=atom, plain=act in ("summary", "content"))
            if act in ("content", "encoded"):
                if element.get("src") or (atom and act == "encoded"):
                    raise _Doubt
                has_content = True
                contents.append(value)
                summary = value if summary is None else summary
            elif summary is not None and not has_content:
                if atom:
                    raise _Doubt
                # A second description is taken for the content.
                has_content = True
                contents.append(value)
            else:
                summary = value
    return Sent(
        guid=guid, link=link or "", title=title, plain_title=plain_title, authors=tuple(a for a in authors if a),
        published=published, updated=updated, contents=tuple(contents), summary=summary or ("", False),
        publisher=publisher,
    )  # fmt: skip


def _text(element: Any) -> str:
    if len(element):
        raise _Doubt
    return (element.text or "").strip()


def _said(element: Any, *, atom: bool, plain: bool) -> tuple[str, bool]:
    """Give what a text element holds, and whether it is plain text; `plain` if it is unless it says otherwise."""
    if atom and element.get("type") == "xhtml":
        return _xhtml(element), False
    is_html = _is_html(element, plain=plain)
    return _text(element), atom and not is_html


def _xhtml(element: Any) -> str:
    """Write the one div that the element holds as feedparser writes it, without the div itself."""
    if len(element) != 1 or element[0].tag != f"{{{_XHTML}}}div" or (element.text or element[0].tail or "").strip():
        raise _Doubt
    pieces = [escape(element[0].text or "")]
    for event, node in islice(etree.iterwalk(element[0], events=("start", "end")), 1, None):
        if not node.tag.startswith(f"{{{_XHTML}}}") or (event == "start" and _strange(node)):
            raise _Doubt
        name = node.tag[len(_XHTML) + 2 :].lower()
        if event == "end":
            if node is not element[0]:
                pieces.append(f"</{name}>{escape(node.tail or '')}")
            continue
        attributes = "".join(f" {k.lower()}={_quoted(k, v)}" for k, v in node.attrib.items())
        pieces.append(f"<{name}{attributes}>{escape(node.text or '')}")
    return "".join(pieces).strip()


def _strange(node: Any) -> bool:
    return node.prefix is not None or any("{" in key for key in node.attrib)


def _quoted(key: str, value: str) -> str:
    value = value.lower() if key.lower() in ("rel", "type") else value
    return '"' + escape(value, {'"': "&quot;"}) + '"'


def _lower(element: Any) -> dict[str, str]:
    return {key.lower(): value for key, value in element.items()}


def _href(attributes: dict[str, str]) -> str | None:
    return attributes.get("url") or attributes.get("uri") or attributes.get("href")


def _is_page(attributes: dict[str, str]) -> bool:
    kind = attributes.get("type", "text/html").lower()
    return attributes.get("rel", "alternate").lower() == "alternate" and kind in _HTML


def _is_html(element: Any, *, plain: bool) -> bool:
    """Say whether an element holds markup; `plain` if it holds text unless it says otherwise."""
    attributes = _lower(element)
    if "mode" in attributes:
        raise _Doubt
    kind = attributes.get("type", "").lower() if attributes else ""
    if kind in ("", "text", "plain", "text/plain"):
        return not plain if not kind else False
    if kind not in ("html", "text/html"):
        raise _Doubt
    return True


def _touches(element: Any) -> bool:
    """Say whether something within an element would speak for the entry; what stands in media: is left out."""
    if _name(element.tag, element.prefix).startswith("media_"):
        return False
    return any(_act(e.tag, e.prefix) != "none" for e in element.iterdescendants())


def _author(element: Any) -> str:
    if not len(element):
        text = _text(element)
        if "@" in text:
            raise _Doubt
        return text
    parts: dict[str, str] = {}
    for child in element:
        name = _name(child.tag, child.prefix)
        if name in parts or name not in ("name", "uri", "url", "email", "homepage"):
            raise _Doubt
        parts[name] = _text(child)
    return parts.get("name") or parts.get("email") or ""


def _source(element: Any) -> str:
    if not len(element):
        return _text(element)
    titles = [e for e in element if _name(e.tag, e.prefix) == "title"]
    if len(titles) > 1 or any(len(e) and _name(e.tag, e.prefix) != "author" for e in element):
        raise _Doubt
    if not titles:
        return ""
    _is_html(titles[0], plain=True)
    return _text(titles[0])


def _sitemap(root: Any) -> Sheet | None:
    """Read a news sitemap, which feedparser does not know. A sitemap without news is no feed."""
    sent = tuple(_listed(root))
    return Sheet(format="sitemap", sent=sent) if sent else None


def _listed(root: Any) -> Iterator[Sent]:
    for page in root.iterchildren(f"{{{_SITEMAP}}}url"):
        news = page.find(f"{_NEWS}news")
        if news is None:
            continue
        address = (page.findtext(f"{{{_SITEMAP}}}loc") or "").strip()
        yield Sent(
            link=address,
            title=(news.findtext(f"{_NEWS}title") or "").strip(),
            plain_title=True,
            published=(news.findtext(f"{_NEWS}publication_date") or "").strip(),
            updated=(page.findtext(f"{{{_SITEMAP}}}lastmod") or "").strip(),
            publisher=(news.findtext(f"{_NEWS}publication/{_NEWS}name") or "").strip(),
        )
