"""Read a web page: one article from its HTML, or a refusal. Pure: no network, no clock.

The page is parsed once. What it states gives headline, date, names and address; its blocks give the byline and, with
trafilatura as first witness (which changes the tree and therefore comes last), the body.
"""

import re
from collections.abc import Sequence
from typing import Any, Final

from storage.errors import Rejected
from storage.records import Article, Hints
from tasks import blocks, body, charset, headline, language, link, noarticle, pagedate, pagenames, plaintext, stated
from tasks.blocks import Block
from tasks.blockterms import Page
from tasks.stated import Stated

_NESTED: Final = re.compile(
    r"(?:<(?:div|span|section|b|i|font|p|center|blockquote|ul|li)\b[^<>]{0,200}>\s*){60,}", re.IGNORECASE
)
_FLOODED: Final = re.compile(
    r"""<([a-z][\w:-]*+)(?:[\s/]++[^\s>=/]++(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>"']*+))?+){1000,}+""", re.IGNORECASE
)
"""A tag with a thousand attributes: libxml2 holds each against all before it, 45 s and more for 100,000."""
_MOST_TAGS: Final = 100_000
"""Tags that a page may have. One costs some 45 µs to read, end tags counted in; of 427 news pages the fullest
has 8,648."""
_CONTROLS: Final = bytes(set(range(0x20)) - set(b"\t\n\r\f")) + b"\x7f"


def read_page(html: bytes | str, *, input: str, hints: Hints = Hints()) -> Article:  # noqa: A002, B008
    """Read the article of a page.

    Raises:
        Rejected: `empty`, `not-text`, `broken`, `too-big`, or what stands in an article's place (tasks/noarticle.py).
    """
    text = charset.decode(html) if isinstance(html, bytes) else html
    tree = _parse(text, input)
    said = stated.gather(tree)
    address = next(
        filter(None, (link.normal(a, base=hints.url) for a in (said.canonical, said.meta("og:url")) if a)), None
    )
    address = link.normal(hints.url or "") or hints.url or address
    seen = blocks.walk(tree)
    title = headline.choose(said, address)
    names = pagenames.authors(said, tree, seen, title, address)
    published, basis = pagedate.published(said, tree, seen, title, address)
    scripts = sum(1 for _ in tree.iter("script"))
    notice = " ".join(t for e in tree.iter("noscript") for t in e.itertext())[:2000]
    main = body.take(tree, lambda taken: _witness(said, seen, title, taken), lambda: _parse(text, input))
    if refusal := noarticle.reason(main.text, said, seen, title, scripts, notice):
        raise Rejected(*refusal, subject=input)
    return Article(
        input=input,
        body=charset.clean(main.text),
        identifier=hints.identifier,
        url=address,
        headline=charset.clean(title) if title else hints.headline,
        authors=tuple(charset.clean(name) for name in names),
        publisher=hints.publisher or charset.clean(pagenames.publisher(said, address) or "") or None,
        agency=pagenames.agency(main.text, names),
        dateline=None,
        language=language.name(main.text),
        published=hints.published or published,
        published_basis=hints.published_basis if hints.published else basis,
        modified=pagedate.modified(said),
        body_basis=main.reader,
    )


def witness(html: str, url: str | None) -> Page:
    """Give what the body is taken from: a page's blocks, what trafilatura took, and what the page says of itself."""
    tree = _parse(html, "")
    said = stated.gather(tree)
    seen = blocks.walk(tree)
    return _witness(said, seen, headline.choose(said, url), body.read_fast(tree))


def _witness(said: Stated, seen: Sequence[Block], title: str | None, taken: str) -> Page:
    return Page(seen, taken, title, said.meta("og:description", "description"), _stated_body(said))


def _parse(text: str, subject: str) -> Any:
    """Parse with lxml's limit on depth lifted; where even that is passed, runs of sixty like tags become one.

    A tag with a thousand attributes is read without any.
    """
    from lxml import etree
    from lxml.html import HtmlElement, HTMLParser, document_fromstring

    if (tags := text.count("<")) > _MOST_TAGS:
        detail = f"The page has {tags:,} tags, more than {_MOST_TAGS:,}. Send its text, or the article by itself."
        raise Rejected("too-big", detail, subject=subject)
    text = _FLOODED.sub(r"<\1", text)
    try:
        for again in (False, True):
            source = _NESTED.sub("<div>", text) if again else text
            parser = HTMLParser(
                huge_tree=True,
                encoding="utf-8",
                remove_comments=True,
                remove_pis=True,
                collect_ids=False,
                default_doctype=False,
            )
            # lxml.html has a function of Python say for every element what class it is, to tell forms from the rest.
            parser.set_element_class_lookup(etree.ElementDefaultClassLookup(element=HtmlElement))
            tree = document_fromstring(source.encode("utf-8", "replace").translate(None, _CONTROLS), parser=parser)
            if not any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
                break
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise Rejected("broken", f"The page cannot be parsed ({error}). Save it again.", subject=subject) from error
    return tree


def _stated_body(said: Stated) -> str:
    """Give the article body that JSON-LD states."""
    for node in said.articles:
        value = node.get("articleBody")
        if isinstance(value, str) and plaintext.words(value) >= plaintext.LEAST_WORDS:
            return body.stated(value)
    return ""
