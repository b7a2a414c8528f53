"""Read a web page: one article from its HTML, or a refusal. Pure: no network, no clock.

The page is parsed once. What it states gives headline, date, names and address; trafilatura (which changes the tree and
therefore comes last) gives the body, and the page's own JSON-LD gives it where there is none in the HTML.
"""

import re
from typing import Any, Final

from storage.errors import Rejected
from storage.records import Article, Hints
from tasks import blocks, charset, furniture, headline, language, link, pagedate, pagenames, plaintext, stated
from tasks.stated import Stated

_NESTED: Final = re.compile(
    r"(?:<(?:div|span|section|b|i|font|p|center|blockquote|ul|li)\b[^<>]{0,200}>\s*){60,}", re.IGNORECASE
)
_BARE: Final = ("script", "style", "svg", "noscript", "template", "iframe", "button")


def read_page(html: bytes | str, *, input: str, hints: Hints = Hints()) -> Article:  # noqa: A002, B008
    """Read the article of a page.

    Raises:
        Rejected: `empty`, `not-text`, or `no-article` for a page on which no text of 15 words or more.
    """
    text = charset.decode(html) if isinstance(html, bytes) else html
    tree = _parse(charset.clean(text), input)
    said = stated.gather(tree)
    address = next(
        filter(None, (link.normal(a, base=hints.url) for a in (said.canonical, said.meta("og:url")) if a)), None
    )
    address = link.normal(hints.url or "") or hints.url or address
    seen = blocks.walk(tree)
    title = headline.choose(said, address)
    names = pagenames.authors(said, tree, seen, title, address)
    published, basis = pagedate.published(said, tree, seen, title, address)
    body = _body(tree, title) or _stated_body(said)
    if plaintext.words(body) < plaintext.LEAST_WORDS:
        detail = "There is a page, but no article on it: its longest text has fewer than"
        raise Rejected("no-article", f"{detail} {plaintext.LEAST_WORDS} words. Does it need JavaScript?", subject=input)
    return Article(
        input=input,
        body=body,
        identifier=hints.identifier,
        url=address,
        headline=title or hints.headline,
        authors=names,
        publisher=hints.publisher or pagenames.publisher(said, address),
        agency=pagenames.agency(body, names),
        dateline=None,
        language=language.name(body),
        published=hints.published or published,
        published_basis=hints.published_basis if hints.published else basis,
        modified=pagedate.modified(said),
    )


def _parse(text: str, subject: str) -> Any:
    """Parse with lxml's limit on depth lifted; runs of sixty like tags, which no page needs, become one."""
    from lxml import etree
    from lxml.html import HTMLParser, fromstring

    parser = HTMLParser(
        huge_tree=True,
        encoding="utf-8",
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
        default_doctype=False,
    )
    try:
        return fromstring(_NESTED.sub("<div>", text).encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise Rejected("broken", f"The page cannot be parsed ({error}). Save it again.", subject=subject) from error


def _body(tree: Any, title: str | None) -> str:
    """Give the main text by trafilatura, a paragraph a line, without the headline and furniture that it left in."""
    from trafilatura import bare_extraction

    for element in list(tree.iter(*_BARE)):
        element.drop_tree()
    document = bare_extraction(tree, favor_precision=True, include_comments=False, with_metadata=False)
    text = getattr(document, "text", None) or ""
    lines = [line for line in charset.clean(text).split("\n") if line.strip()]
    lines = [
        line for n, line in enumerate(lines) if n > 2 or title is None or line.strip().casefold() != title.casefold()
    ]
    return "\n".join(line for line in lines if furniture.kind(line) not in {"line", "advert"})


def _stated_body(said: Stated) -> str:
    """Give the article body that JSON-LD states, for pages whose HTML holds none."""
    for node in said.articles:
        value = node.get("articleBody")
        if isinstance(value, str) and plaintext.words(value) >= plaintext.LEAST_WORDS:
            paragraphs = (stated.tidy(re.sub(r"<[^>]+>", " ", line)) for line in re.split(r"\n+|</p>|<br\s*/?>", value))
            return charset.clean("\n".join(p for p in paragraphs if p))
    return ""
