"""What the words of an element's class and id say it is: a byline, a comment, a picture's text. Pure.

Web pages name their parts in many ways, but from one small stock of words. A kind is one bit, so that what surrounds
a block is one number.
"""

import re
from functools import lru_cache
from typing import Final

_KINDS: Final = {
    "share": "share sharing shares social socials follow facebook twitter whatsapp",
    "comment": "comment comments disqus reply replies respond forum discussion",
    "byline": "byline bylines author authors bio writer contributor contributors credit credits source meta metadata "
    "date dateline time timestamp published posted info",
    "media": "caption captions figure figcaption image images img photo photos gallery media video videos player "
    "slideshow picture pic thumbnail audio podcast",
    "embed": "embed embeds embedded tweet instagram infobox factbox box quote pullquote pull interactive chart table "
    "poll quiz note correction disclaimer",
    "title": "title headline heading hed",
    "hidden": "hidden hide visually visuallyhidden sr screenreader invisible offscreen noprint",
}
BITS: Final = {kind: 1 << n for n, kind in enumerate(_KINDS)}
_OF: Final = {word: BITS[kind] for kind, words in _KINDS.items() for word in words.split()}
_PARTS: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_WHOLE: Final = re.compile(r"[a-z]+")


@lru_cache(maxsize=20_000)
def kinds(names: str) -> int:
    """Give the bits of the kinds that class and id words name, "article-authorBox" as article, author and box."""
    bits = 0
    for word in _PARTS.findall(names):
        bits |= _OF.get(word.lower(), 0)
    for word in _WHOLE.findall(names.lower()):
        bits |= _OF.get(word, 0)
    return bits
