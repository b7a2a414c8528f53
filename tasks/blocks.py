"""Walk a web page as the blocks of text a reader sees, in order. Pure; the tree is not changed."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from tasks.stated import tidy

_SKIP: Final = frozenset(
    str.split(
        "script style noscript template svg iframe object embed video audio canvas button select option textarea "
        "input head link "
        "meta map area picture source track nav dialog math"
    )
)
_INLINE: Final = frozenset(
    str.split(
        "a abbr b bdi bdo big cite code data del dfn em font i ins kbd label mark q rp rt ruby s samp small span "
        "strike strong sub "
        "sup time tt u var wbr"
    )
)
_MOST: Final = 4000


@dataclass(frozen=True, slots=True)
class Block:
    """A run of text between block boundaries, its innermost block element and the words of its classes and ids."""

    text: str
    tag: str
    element: Any
    words: str


def walk(tree: Any) -> list[Block]:
    """Give the first 4,000 blocks of a page's body. `tree` is its lxml root."""
    body = tree.find(".//body")
    return list(_blocks(body if body is not None else tree))


def _blocks(root: Any) -> Iterator[Block]:
    """Explicit stack: pages nest deeper than Python recurses."""
    held: list[str] = []
    owners = [root]
    stack: list[tuple[Any, bool]] = [(root, False)]
    given = 0

    def flush() -> Iterator[Block]:
        text = tidy("".join(held))
        held.clear()
        if text:
            yield Block(text, str(owners[-1].tag), owners[-1], _words(owners[-1]))

    while stack and given < _MOST:
        element, leaving = stack.pop()
        if not isinstance(element.tag, str) or element.tag in _SKIP or element.get("role") == "navigation":
            if not leaving and element.tail:
                held.append(element.tail)
            continue
        inline = element.tag in _INLINE
        if not leaving:
            if not inline:
                for block in flush():
                    given += 1
                    yield block
                owners.append(element)
            held.append(element.text or "")
            stack.append((element, True))
            stack.extend((child, False) for child in reversed(element))
            continue
        if not inline:
            for block in flush():
                given += 1
                yield block
            owners.pop()
        if element is not root:
            held.append(element.tail or "")
    yield from flush()


def _words(element: Any) -> str:
    """Class, id and test ids of an element and its two next ancestors, lower case."""
    words = []
    for node in (element, *islice(element.iterancestors(), 2)):
        words += [
            node.get(key) or ""
            for key in ("class", "id", "itemprop", "rel", "data-testid", "data-component", "data-qa")
        ]
    return " ".join(words).lower()[:600]
