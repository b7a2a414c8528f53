"""Read bylines: who wrote it, as people, and the desk or outlet that signs in their place. Pure."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from tasks.dateline import AGENCIES
from tasks.stamps import MONTHS

_BY: Final = re.compile(
    r"^\W*(?:(?:written|reporte?d|reporting|words|story|text|report|posted|published|edited|analysis|opinion"
    r"|interview|review|article"
    r"|exclusive|column|updated)\s+by|by|von|ein artikel von|par|por|di|da|door|av|af|autore?|autora?|autoren"
    r"|auteurs?"
    r"|authors?|redacción|текст|автор[ы]?|автори|reporter|yazan|tekst|foto en tekst)(?::\s*|\s+|$)",
    re.IGNORECASE,
)
_GLUED: Final = re.compile(r"^(\W*(?:By|Von|Par|Por))(?=[A-Z][a-z])(?!(?:Byron|Byrne|Vonn|Park|Paris|Port))")
_STRONG_BY: Final = re.compile(
    r"^\W*(?:(?:written|reported|words|story|text|posted|analysis)\s+by|by|von|par|por|autor(?:in|es|a)?|auteurs?"
    r"|authors?"
    r"|door|автор[ы]?)(?::\s*|\s+|$)",
    re.IGNORECASE,
)
_ROLE: Final = re.compile(
    r"\b(?:deputy|reporter|correspondent|correspondante?|korrespondent(?:in)?|corresponsal|editor|journalist|journaliste"
    r"|periodista"
    r"|redakteur(?:in)?|redaktion|writer|columnist|contributor|producer|bureau|chief|staff|special|senior"
    r"|political|business"
    r"|science|foreign|diplomatic|world|head of|fellow|professor|author|newsroom|desk|team|agency|agencies|wire"
    r"|service)\b",
    re.IGNORECASE,
)
_DESK: Final = re.compile(
    r"^(?P<outlet>.*?)\s*\b(?:(?:news|web|online|digital|world|sports?|business|foreign|international|city"
    r"|national)\s+)?"
    r"(?:desk|staff(?: writers?| reporters?)?|newsroom|bureau|editorial (?:team|board)|news team|editors"
    r"|redaktion|rédaction"
    r"|redacción|redazione|correspondents?|reporters?)$",
    re.IGNORECASE,
)
_STAFF: Final = re.compile(
    r"\b(?:staff|newsroom|news ?desk|desk|editors|editorial (?:team|board)|team|redaktion"
    r"|rédaction|redacción|redazione)\b",
    re.IGNORECASE,
)
_CUT: Final = re.compile(
    r"\s+[|–—-]+\s+|[|•·(<\[@]|\s+for\s+|\s+in\s+(?=[A-Z])|\s+at\s+(?=[A-Z])|\s+is\s+an?\s|\s+covers\s|https?:|\d"
    r"|\bpublished\b"
    r"|\bupdated\b|\bposted\b|\bgüncelleme\b|\baktualisiert\b"
    rf"|\s(?:{'|'.join(m for m in MONTHS if len(m) > 2)})\.?\s+\d",
    re.IGNORECASE,
)
_AND: Final = re.compile(r"\s*(?:;|,|&|\s(?:and|und|et|y|e|en|og|och|i|и|та|ve|with)\s)\s*", re.IGNORECASE)
_AND_OR: Final = re.compile(f"({_AND.pattern})", re.IGNORECASE)
_AGENCY_END: Final = re.compile(rf"(?<=\w)\s+(?:{'|'.join(map(re.escape, AGENCIES))})$", re.IGNORECASE)
_PARTICLES: Final = frozenset(
    str.split(
        "de da do dos das del della di du la le van von der den ter ten zu zur af av el al bin ibn ben bint san st y "
        "e mac mc d"
    )
)
_NOT_NAMES: Final = frozenset(
    str.split(
        "news world politics business sport sports opinion home latest more follow contact email share read staff "
        "admin desk editor editorial team guest press agency agencies reuters afp dpa newsroom associated online media "
        "correspondent monday tuesday wednesday thursday friday saturday sunday january february march april june july "
        "august september october november december getty images image photo video live breaking exclusive updated "
        "published comments newsletter advertisement the a an facebook twitter instagram linkedin whatsapp telegram "
        "pinterest reddit youtube tiktok google"
    )
)
_OUTLETS: Final = frozenset(
    str.split(
        "times post herald journal gazette tribune chronicle news press agency observer guardian courier telegraph "
        "mail mirror today daily weekly magazine review report online tv radio television media network broadcasting "
        "zeitung nachrichten anzeiger rundschau tagblatt presse matin soir diario noticias periódico"
    )
)
_NAME_PART: Final = re.compile(r"(?:[^\W\d_]\.)+-?[^\W\d_]*\.?|[^\W\d_]+(?:[’'‘.-][^\W\d_]+)*\.?")
_CJK_NAME: Final = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{2,7}(?:[ ・·][\u3040-\u30ff\u3400-\u9fff]{1,6})?"
)
_DEGREES: Final = re.compile(r",?\s+(?:ph\.?d\.?|m\.?d\.?|mba|esq\.?)(?=$|,|\s)", re.IGNORECASE)


def is_byline(line: str) -> bool:
    """Say whether a line is a byline: "By", "Von", "Автор" ... and then nothing but names and roles."""
    line = _GLUED.sub(r"\1 ", line)
    match = _STRONG_BY.match(line)
    return match is not None and len(line) < 160 and bool(people(line) or desk(line[match.end() :]))


def is_lone_by(line: str) -> bool:
    """Say whether a line is only "By" or "Written by", with the name on the next."""
    match = _STRONG_BY.match(line)
    return match is not None and not line[match.end() :].strip(" :\t")


def people(line: str, *, outlets: Iterable[str] = ()) -> tuple[str, ...]:
    """Give the people a byline names, without "By", roles, outlets, degrees and addresses, each once, in order.

    `outlets` are names that are no persons here: the publisher's, the site's.
    """
    others = {_fold(o) for o in outlets if o}
    names: list[str] = []
    text = _DEGREES.sub("", " ".join(line.split()))
    if re.fullmatch(r"[^\W\d_]+(?:[ -][^\W\d_]+)?, [^\W\d_]+(?: [^\W\d_]\.?)?", text) and not _ROLE.search(text):
        family, _, given = text.partition(", ")  # "Doe, Jane" alone is one person
        if " " not in family or family.split()[0].lower() in _PARTICLES:
            text = f"{given} {family}"
    text = _BY.sub("", _GLUED.sub(r"\1 ", text), count=1)
    cut = _CUT.search(text)
    post = False
    for piece in _AND_OR.split(text[: cut.start()] if cut else text):
        if _AND.fullmatch(piece):
            post = post and piece.strip() == ","
            continue
        if post or (names and _ROLE.search(piece)):
            post = True  # "Jane Doe, Deputy Editor, Northern Press and ...": what follows a post belongs to it
            continue
        name = _AGENCY_END.sub("", _BY.sub("", piece, count=1)).strip(' .:,–—-*"“”‘')
        if name.isupper() and len(name) > 4:
            name = " ".join(p if p.lower() in _PARTICLES else p.title() for p in name.split())
        if is_person(name) and not _is_outlet(name, others) and not any(_fold(name) in _fold(n) for n in names):
            names = [n for n in names if _fold(n) not in _fold(name)]
            names.append(name)
    return tuple(names)


def _is_outlet(name: str, outlets: set[str]) -> bool:
    """Say whether a name is an outlet's, or opens with one in capitals ("QBC Arts")."""
    first, _, _ = name.partition(" ")
    return _fold(name) in outlets or (first.isupper() and len(first) > 2 and _fold(first) in outlets)


def is_person(name: str) -> bool:
    """Say whether a string has the form of a name: two to six capitalised parts, or some 2 to 14 CJK characters."""
    if _CJK_NAME.fullmatch(name):
        return True
    parts = name.split()
    if not 2 <= len(parts) <= 6 or not all(_NAME_PART.fullmatch(p) for p in parts) or _ROLE.search(name):
        return False
    if parts[-1].lower() in _OUTLETS or parts[0].lower() in {"daily", "the", "radio"}:
        return False
    words = [p for p in parts if p.lower().strip(".") not in _PARTICLES]
    return len(words) >= 1 and all(
        (w[0].isupper() or not w[0].islower() or (w[:2] in {"d’", "d'"})) and w.lower().strip(".") not in _NOT_NAMES
        for w in words
    )


def desk(name: str) -> str | None:
    """Give the outlet of a collective byline ("Xyz Desk" is of Xyz), "" for a desk of none, None for other bylines."""
    match = _DESK.match(_BY.sub("", name, count=1).strip(" .:,"))
    if match is None or is_person(match["outlet"].split(",")[0]):
        return None
    outlet = match["outlet"].strip(" ,-–")
    if outlet.lower() in _NOT_NAMES or not outlet[:1].isupper() or len(outlet.split()) > 5:
        return ""
    return outlet


def is_desk(name: str) -> bool:
    """Say whether a stated author is a desk, a staff or a newsroom: nobody's name, but not just the outlet's either."""
    return not is_person(name) and _STAFF.search(name) is not None


def without_accents(name: str) -> str:
    """Give a name in plain letters."""
    return "".join(c for c in unicodedata.normalize("NFD", name) if not unicodedata.combining(c))


def _fold(name: str) -> str:
    return re.sub(r"\W+", "", name).casefold()
