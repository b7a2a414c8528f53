"""Walk a web page as the blocks of text a reader sees, in order. Pure; the tree is not changed.

A block ends where a block element begins or ends, and at two line breaks in a row. A row of a data table is one block,
its cells apart by bars; a row that only lays the page out is none.
"""

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from tasks import classwords
from tasks.stated import tidy

_SKIP: Final = frozenset(
    str.split(
        "script style noscript template svg iframe object embed video audio canvas button select option textarea "
        "input head link img meta map area picture source track nav dialog math"
    )
)
_INLINE: Final = frozenset(
    str.split(
        "a abbr b bdi bdo big cite code data del dfn em font i ins kbd label mark q rp rt ruby s samp small span "
        "strike strong sub sup time tt u var wbr"
    )
)
_NAMING: Final = ("id", "data-testid", "data-component", "data-qa", "data-module")
_MOST: Final = 4000
_LONGEST_ROW: Final = 400
"""Characters of a table row beyond which its cells hold prose, and the table lays out the page."""

LIST: Final = 1
QUOTE: Final = 2
HEADING: Final = 4
_WITHIN: Final = {
    "ul": LIST, "ol": LIST, "dl": LIST, "blockquote": QUOTE, "h1": HEADING, "h2": HEADING, "h3": HEADING, "h4": HEADING,
}  # fmt: skip


@dataclass(slots=True, eq=False)
class Place:
    """A block element: what its class words say (`own`; `near` with its two next ancestors', `any` with all), and the
    kinds of element around it (`within`). `path` is its and its parent's tag and class: text laid out alike has one
    path."""

    element: Any
    tag: str
    up: "Place | None"
    own: int
    near: int
    any: int
    within: int
    path: tuple[str, str, str, str]


class Block(NamedTuple):
    """A run of text, its innermost block element, and how many of its characters lie in links."""

    text: str
    place: Place
    linked: int

    @property
    def tag(self) -> str:
        """Give the tag of the innermost block element."""
        return self.place.tag

    @property
    def element(self) -> Any:
        """Give the innermost block element."""
        return self.place.element


def walk(tree: Any) -> list[Block]:
    """Give the first 4,000 blocks of a page's body. `tree` is its lxml root."""
    body = tree.find(".//body")
    return _Walk(body if body is not None else tree).blocks


class _Walk:
    """One way through a page; the stack is explicit, since pages nest deeper than Python recurses."""

    def __init__(self, root: Any) -> None:
        self.blocks: list[Block] = []
        self._held: list[str] = []
        self._linked = self._anchors = 0
        self._in_row = False
        self._place = _place(root, None)
        self._go(root)
        self._flush()

    def _go(self, root: Any) -> None:
        held = self._held
        opened: list[Any] = []
        ahead: list[Any] = [*reversed(root)]  # None: the last opened element ends here
        if root.text:
            held.append(root.text)
        while ahead and len(self.blocks) < _MOST:
            element = ahead.pop()
            if element is None:
                element = opened.pop()
                self._leave(element.tag)
            else:
                tag = element.tag
                if tag == "br":
                    if held and held[-1] == "\n":
                        self._flush()
                    held.append("\n")
                    if (text := element.tail) and not text.isspace():
                        self._say(text)
                    continue
                if tag.__class__ is str and tag not in _SKIP and (
                    tag in _INLINE or element.get("role") != "navigation"
                ):  # fmt: skip
                    self._enter(element, tag)
                    if text := element.text:
                        self._say(text)
                    if len(element):
                        opened.append(element)
                        ahead.append(None)
                        ahead.extend(reversed(element))
                        continue
                    self._leave(tag)
            if text := element.tail:
                self._say(text)

    def _say(self, text: str) -> None:
        self._held.append(text)
        if self._anchors:
            self._linked += len(text)

    def _enter(self, element: Any, tag: str) -> None:
        if tag in _INLINE:
            self._anchors += tag == "a"
        elif self._in_row:
            self._held.append(" | " if tag in {"td", "th"} and self._held else " ")
        else:
            self._flush()
            self._place = _place(element, self._place)
            self._in_row = tag == "tr" and _is_data(element)

    def _leave(self, tag: str) -> None:
        if tag in _INLINE:
            self._anchors -= tag == "a"
        elif self._in_row and tag != "tr":
            self._held.append(" ")
        else:
            self._flush()
            self._in_row = False
            self._place = self._place.up or self._place

    def _flush(self) -> None:
        if self._held:
            text = tidy("".join(self._held))
            self._held.clear()
            if self._in_row:
                text = text.strip("| ")
            if text:
                self.blocks.append(Block(text, self._place, min(self._linked, len(text))))
        self._linked = 0


def _place(element: Any, up: Place | None) -> Place:
    get = element.get
    names = get("class") or ""
    path = (element.tag, names[:60], up.path[0], up.path[1]) if up else (element.tag, names[:60], "", "")
    for key in _NAMING:
        if value := get(key):
            names = f"{names} {value}"
    own = classwords.kinds(names[:400]) if names else 0
    within = _WITHIN.get(element.tag, 0)
    if up is None:
        return Place(element, element.tag, None, own, own, own, within, path)
    near = own | up.own | (up.up.own if up.up else 0)
    return Place(element, element.tag, up, own, near, own | up.any, within | up.within, path)


def _is_data(row: Any) -> bool:
    """Say whether a table row holds data: two short cells or more, and nothing in them that lays out a page."""
    cells = 0
    for cell in row:
        if isinstance(cell.tag, str):
            if cell.tag not in {"td", "th"}:
                return False
            cells += 1
    if cells < 2 or next(row.iter("table", "ul", "ol", "h1", "h2", "form", "script"), None) is not None:
        return False
    return sum(1 for _ in row.iter("p", "div")) <= 2 * cells and sum(map(len, row.itertext())) <= _LONGEST_ROW
