"""A day of a busy desk, made up: what 500 outlets publish and what is dropped, with the truth about each piece.

`plan` says what comes when and what has to become of it; `body`, `page` and `rss` write it. All outlets, people and
places are invented; the same seed gives the same day. A piece is written when it is asked for, so a day of twenty
thousand takes no memory.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import cache, lru_cache
from html import escape
from typing import Final, Literal

from tasks import wordtable

Kind = Literal["new", "exact", "near", "derived", "revision", "again", "too-short", "no-article", "broken", "not-text"]
COPIES: Final = ("exact", "near", "derived")
REJECTED: Final = ("too-short", "no-article", "broken", "not-text")
SHARES: Final[dict[Kind, float]] = {
    "exact": 0.07, "near": 0.11, "derived": 0.05, "revision": 0.04, "again": 0.03, "too-short": 0.02,
    "no-article": 0.015, "broken": 0.01, "not-text": 0.005,
}  # fmt: skip
"""The rest is new. A fifth to a third of what agencies' customers print are copies."""
DROPPED: Final = 0.3
"""Share that comes through the drop folder."""
WINDOW: Final = 40
"""Entries that a feed shows."""
DEAD: Final = ("410 Gone", "404 Not Found", "500 Internal Server Error", "200 a page", "cut off")


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing that arrives: in which round of the day, from which outlet, and which earlier piece it is made of."""

    n: int
    kind: Kind
    outlet: int
    dropped: bool
    round: int
    of: int | None = None


@dataclass(frozen=True, slots=True)
class Day:
    """The whole plan. `dead` are the outlets whose feeds never answer as feeds do, with how they do."""

    seed: int
    pieces: Sequence[Piece]
    feeds: int
    rounds: int
    dead: dict[int, str]

    def of_kind(self, *kinds: str) -> list[Piece]:
        return [piece for piece in self.pieces if piece.kind in kinds]

    def arriving(self, round_: int) -> list[Piece]:
        return [piece for piece in self.pieces if piece.round == round_]


def plan(articles: int, *, feeds: int, rounds: int, seed: int) -> Day:
    """Plan a day: so many pieces, each copy after its original, each revision two rounds after what it revises."""
    dice = random.Random(seed)
    dead = {n: DEAD[at % len(DEAD)] for at, n in enumerate(sorted(dice.sample(range(feeds), max(2, feeds // 25))))}
    living = [n for n in range(feeds) if n not in dead]
    pieces: list[Piece] = []
    originals: list[Piece] = []
    touched: set[int] = set()
    settled: list[int] = []  # by round, how many originals there were before it
    for n in range(articles):
        round_ = n * rounds // articles
        if round_ == len(settled):
            settled.append(len(originals))
        (kind,) = dice.choices([*SHARES, "new"], [*SHARES.values(), 1 - sum(SHARES.values())])
        recent = originals[-400:] if kind in COPIES else originals[: settled[max(0, round_ - 1)]][-400:]
        earlier = [p for p in recent if _fits(kind, p, round_) and (kind in COPIES or p.n not in touched)]
        if kind in (*COPIES, "revision", "again") and not earlier:
            kind = "new"
        of = dice.choice(earlier) if kind in (*COPIES, "revision", "again") else None
        outlet = dice.choice(living)
        dropped = dice.random() < DROPPED or kind in {"revision", "again", "broken", "not-text"}
        if of is not None and kind in COPIES:
            while outlet == of.outlet:
                outlet = dice.choice(living)
        elif of is not None:
            outlet = of.outlet
            touched.add(of.n)
        pieces.append(Piece(n, kind, outlet, dropped, round_, None if of is None else of.n))
        if kind == "new":
            originals.append(pieces[-1])
    return Day(seed, pieces, feeds, rounds, dead)


def _fits(kind: Kind, original: Piece, round_: int) -> bool:
    """Say whether a piece may be made of an original: by then that is filed, and it is sent again as it came."""
    if kind in COPIES:
        return True
    return original.round <= round_ - 2 and (original.dropped or kind == "revision")


def outlet(n: int) -> str:
    """Give the name of an outlet."""
    dice = random.Random(f"outlet {n}")
    return f"{_name(dice)} {dice.choice(('Courier', 'Post', 'Observer', 'Chronicle', 'Mail', 'Gazette'))} {n}"


def story_path(piece: Piece) -> str:
    """Give the path under which a piece is known: a revision, and what is sent again, lies where the first one did."""
    return f"/story/{piece.of if piece.kind in {'revision', 'again'} else piece.n}"


def moment(published: datetime, piece: Piece) -> datetime:
    """Say when a piece was published, on a day that began at `published`; what is sent again keeps its time."""
    return published + timedelta(seconds=piece.n if piece.of is None or piece.kind in COPIES else piece.of)


def headline(day: Day, piece: Piece) -> str:
    """Give a piece's headline; a copy has that of its original."""
    cast = _cast(day.seed, piece.n if piece.of is None else piece.of)
    return f"{cast.org} to close {cast.words[0]} {cast.words[1]} in {cast.place}, {cast.people[0]} says"


def body(day: Day, piece: Piece) -> list[str]:
    """Write the paragraphs of a piece."""
    if piece.kind == "too-short":
        return ["The council will meet again on Thursday."]
    source = piece.n if piece.of is None else piece.of
    told = list(_told(day.seed, source, retold=piece.kind == "derived"))
    dice = random.Random(f"{day.seed} body {piece.n}")
    if piece.kind == "near":
        told = [p if "“" in p else _changed(p, dice) for p in told[:-1]]
        told.append(f"Additional reporting by the desk of the {outlet(piece.outlet)}.")
    elif piece.kind == "derived":
        told = [f"{outlet(piece.outlet)} has learnt of it from people who were there.", *told[1:-1]]
    elif piece.kind == "revision":
        word = _words(dice, 2)
        told.insert(
            1, f"This report was corrected: the {word[0]} was {dice.randrange(20, 90)} metres from the {word[1]}."
        )
    return told


def page(day: Day, piece: Piece, *, address: str, published: datetime) -> bytes:
    """Write the page of a piece, with what stands around an article."""
    name, title = outlet(piece.outlet), escape(headline(day, piece))
    menu = "".join(f"<li><a href='/section/{i}'>Section {i}</a></li>" for i in range(20))
    more = "".join(f"<div class='card'><a href='/story/x{i}'>Another matter {i}</a></div>" for i in range(12))
    if piece.kind == "no-article":
        main = f"<h2>Nothing here yet</h2><ul>{menu}</ul><!-- {piece.n} -->"
        head = f"<title>{escape(name)}</title>"
    else:
        text = "".join(f"<p>{escape(p)}</p>" for p in body(day, piece))
        main = f"<article><h1>{title}</h1><time datetime='{published:%Y-%m-%dT%H:%M:%S+00:00}'></time>{text}</article>"
        head = (
            f"<title>{title} | {escape(name)}</title><meta property='og:site_name' content='{escape(name)}'>"
            f"<meta property='og:type' content='article'><link rel='canonical' href='{address}'>"
            f"<meta property='article:published_time' content='{published:%Y-%m-%dT%H:%M:%S+00:00}'>"
        )
    again = "<div class='banner'>Now on paper, too</div>" if piece.kind == "again" else ""
    return (
        f"<!DOCTYPE html><html lang='en'><head>{head}<style>{'.a{color:red}' * 60}</style></head><body>{again}"
        f"<nav><ul>{menu}</ul></nav><main>{main}</main><aside>{more}</aside><footer>© {escape(name)}</footer></body>"
        "</html>"
    ).encode()


def dropped_file(day: Day, piece: Piece, *, address: str, published: datetime) -> tuple[str, bytes]:
    """Give the name and the bytes of a file that is dropped."""
    if piece.kind == "broken":
        return f"{piece.n}.json", f'{{"headline": "Cut off {piece.n}", "articleBody": "The counc'.encode()
    if piece.kind == "not-text":
        return f"{piece.n}.html", b"\x89PNG\r\n\x1a\n" + piece.n.to_bytes(2000)
    return f"{piece.n}.html", page(day, piece, address=address, published=published)


def rss(day: Day, outlet_n: int, shown: Sequence[Piece], *, site: str, published: datetime) -> bytes:
    """Write an outlet's feed: the latest entries, newest first; every fourth outlet sends whole articles."""
    items = []
    for piece in list(shown)[: -WINDOW - 1 : -1]:
        link = f"{site}{story_path(piece)}"
        said = body(day, piece) if piece.kind != "no-article" else [""]
        whole = "".join(f"<p>{escape(p)}</p>" for p in said) if outlet_n % 4 == 0 else ""
        at = format_datetime(moment(published, piece))
        items.append(
            f"<item><title>{escape(headline(day, piece))}</title><link>{link}</link><guid>{link}</guid>"
            f"<pubDate>{at}</pubDate><description>{escape(said[0][:120])}</description>"
            + (f"<content:encoded><![CDATA[{whole}]]></content:encoded>" if whole else "")
            + "</item>"
        )
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        f"<title>{escape(outlet(outlet_n))}</title><link>{site}/</link>{''.join(items)}</channel></rss>"
    ).encode()


@dataclass(frozen=True, slots=True)
class _Cast:
    people: tuple[str, ...]
    place: str
    org: str
    words: tuple[str, ...]


@lru_cache(maxsize=512)
def _cast(seed: int, n: int) -> _Cast:
    dice = random.Random(f"{seed} cast {n}")
    people = tuple(f"{dice.choice(_FIRST)} {_name(dice)}" for _ in range(3))
    org = f"{_name(dice)} {dice.choice(('Council', 'Works', 'Union', 'Trust', 'Railways', 'Museum'))}"
    return _Cast(people, _name(dice), org, tuple(_words(dice, 4)))


_FIRST: Final = ("Anna", "Mark", "Irene", "Paul", "Ruth", "David", "Clara", "Thomas", "Helen", "Peter", "Maria", "John")
_PROSE: Final = (
    ("The {a} {d} of {place} decided {e} on {day} to spend {n} million {d} on a {b} near {c}, as {who} had {e} asked.",
     "{n} million is to {d} go into a {b} near {e} {c}, {place} heard on {day}; {who} had {d} wanted {a} {e} to."),
    ("Nobody {d} at {org} would {e} say why {a} had {d} lost {n} {e} of its {b} since {d} {c} was closed.",
     "Why {n} {d} {b} have {e} gone from {a} after {d} {c} shut is {e} something that {org} {d} declines to explain."),
    ("In {place} the {a} {d} opened {n} minutes {e} late, and {b} {d} stood {e} empty until a {c} {d} was found.",
     "A {c} {d} had to be {e} found before {b} {d} filled; {a} {e} in {place} began {n} minutes {d} behind its time."),
    ("{who} told the {d} inquiry on {day} that {a} had {e} been sold {d} for {n} thousand without {b} {e} or a {c}.",
     "Without {c} {d}, and no {b} {e} either, {a} {d} went for {n} thousand, the {d} inquiry heard {day} from {who}."),
    ("Some {n} {d} people waited {e} outside {org} for {d} {a}, and {e} many had {d} brought a {b} {e} from {c}.",
     "Many {d} carried {b} {e} out of {c} as {n} {d} people stood {e} before the doors {d} of {org} to see {a}."),
    ("The {a} {d} was built {n} years {e} ago by {org} as {d} a {b}, and has {e} served as {d} {c} ever {e} since.",
     "As a {c} {d} is how {e} the {a} has {d} been used; {org} put {e} it up as {d} a {b} {n} years {e} before."),
    ("{who} will {d} leave {org} on {day} after {n} {e} months, and {a} {d} passes to {e} the {b} of {d} {c}.",
     "The {b} {d} of {c} takes {e} over {a} {d} when {who}, {n} months {e} in office, goes {d} from {org} {day}."),
    ("Engineers {d} found {n} cracks {e} in the {a} of {place}, and the {b} is {e} shut until {c} {d} is made safe.",
     "Until {c} {d} is safe {e} the {b} stays {d} closed: {n} cracks {e} were seen by engineers in {a} at {place}."),
)  # fmt: skip
"""Sentences, each in two ways. Random words stand between the others: what all pages have in common is few words long,
as in the news, where an article shares no run with most of a day's others."""
_CLAUSES: Final = (
    "give the {a} {b} back to {c}", "nobody has asked {a} about a {b} {c}", "there was {a} in every {b}, and {c} too",
    "{a} is ours, {b} theirs, {c} no one's", "I never saw {a} so near a {b} {c}", "who closes {a} loses {b} and {c}",
    "we had {a} before {b} came with {c}", "call it {a}, {b} or {c}", "{a} first, then {b}, and {c} if it must be",
    "they sold {a} to buy {b} for a {c}", "without {a} even {b} would be {c}", "my {a} is worth more than {b} and {c}",
    "show me {a} that can {b} like {c}", "no {a} was ever {b} by {c}", "take {a} away and {b} falls on {c}",
    "what {a} did to {b} is what {c} does now",
)  # fmt: skip
"""Of what somebody says two are taken: what all who speak have in common must not make one of two statements."""
_SAID: Final = (
    ("“{said},” said {who}, who speaks for {org}.", "{who} of {org} put it like this: “{said}.”"),
    ("“{said},” {who} told reporters in {place} on {day}.", "Asked by reporters, {who} answered: “{said}.”"),
)
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")


def _told(seed: int, n: int, *, retold: bool) -> Iterator[str]:
    """Tell a story of its own: paragraphs of prose with statements between them, in these words or in others."""
    cast, dice = _cast(seed, n), random.Random(f"{seed} story {n}")
    for _ in range(dice.randint(5, 9)):
        sentences = []
        for shape in (*dice.sample(_PROSE, 2), dice.choice(_SAID)):
            fills = dict(zip("abcde", _words(dice, 5), strict=True)) | {
                "place": cast.place, "org": cast.org, "who": dice.choice(cast.people), "n": dice.randrange(11, 990),
                "day": dice.choice(_DAYS),
            }  # fmt: skip
            spoken = " and ".join(_clause(dice, clause) for clause in dice.sample(_CLAUSES, 2))
            spoken = spoken[0].upper() + spoken[1:]
            sentences.append(shape[retold].format(said=spoken, **fills))
        yield " ".join(s[0].upper() + s[1:] for s in sentences)


def _clause(dice: random.Random, clause: str) -> str:
    return clause.format(**dict(zip("abc", _words(dice, 3), strict=True)))


def _changed(paragraph: str, dice: random.Random) -> str:
    return " ".join(_words(dice, 1)[0] if w.islower() and dice.random() < 0.06 else w for w in paragraph.split())


@cache
def _vocabulary() -> list[str]:
    return sorted(w for w in wordtable.zipf_table() if w.isalpha() and w.isascii() and 4 <= len(w) <= 11)


def _words(dice: random.Random, count: int) -> list[str]:
    return dice.choices(_vocabulary(), k=count)


def _name(dice: random.Random) -> str:
    parts = (dice.choice("BDFGKLMNPRSTV") + dice.choice("aeiou"), *(
        dice.choice("bdfgklmnprstv") + dice.choice("aeiou") for _ in range(dice.randint(1, 2))
    ))  # fmt: skip
    return "".join(parts) + dice.choice(("n", "r", "s", "l", "m"))
