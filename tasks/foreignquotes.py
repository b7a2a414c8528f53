"""Find direct quotations in other languages than English, and the names that stand right beside their marks. Pure.

No parse, no list of names: a speech verb or an `according to` next to the marks, and next to it a name of two words or
more, or a surname that the text gives in full. Everything else has no speaker.
"""

import re
from typing import Final

from storage.records import Quotation, Span, Speaker
from tasks import lexicon
from tasks.grammar import Layout

LEAST_WORDS: Final = 5
_REACH: Final = 90
"""Characters beside the marks in which a name is looked for."""
_SAYS: Final = {
    "de": lexicon.words(
        "sagte sagt erklärte erklärt betonte warnte kritisierte teilte meinte berichtete forderte so laut"
    ),
    "fr": lexicon.words(
        "déclaré déclare dit affirmé affirme expliqué explique ajouté ajoute souligné souligne selon assuré"
    ),
    "es": lexicon.words("dijo afirmó declaró explicó señaló aseguró añadió subrayó advirtió indicó según sostuvo"),
    "it": lexicon.words(
        "detto dichiarato dichiara afirma afferma affermato spiegato spiega aggiunto aggiunge secondo dice"
    ),
    "pt": lexicon.words("disse afirmou declarou explicou acrescentou ressaltou destacou segundo diz afirma"),
    "nl": lexicon.words("zei zegt verklaarde aldus volgens benadrukte waarschuwde vertelt vertelde"),
    "sv": lexicon.words("sa sade säger uppger enligt berättar förklarar"),
    "da": lexicon.words("sagde siger udtaler forklarer ifølge fortæller"),
    "no": lexicon.words("sa sier uttaler forklarer ifølge forteller"),
    "pl": lexicon.words("powiedział powiedziała stwierdził stwierdziła dodał dodała według"),
    "ru": lexicon.words("сказал сказала заявил заявила отметил отметила добавил добавила сообщил сообщила"),
    "uk": lexicon.words("сказав сказала заявив заявила зазначив зазначила додав додала повідомив повідомила"),
}
"""Words of speaking by language, written by hand."""
_ARTICLES: Final = lexicon.words(
    "der die das den dem le la les l' el los las il lo gli i o a os as de het un une una uno een en ein eine"
)
_TITLES: Final = re.compile(
    r"(?:minister(?:in|s)?|präsident(?:in)?|kanzler(?:in)?|sprecher(?:in)?|chef(?:in)?|leiter(?:in)?|direktor(?:in)?|"
    r"vorsitzender?|anwalt|anwältin|meister(?:in)?|professor(?:in)?|trainer(?:in)?|expert[ei]n?|politiker(?:in)?|"
    r"richter(?:in)?|senator(?:in)?|rät(?:in)?|könig(?:in)?|papst|bischof|autor(?:in)?|forscher(?:in)?|herr|frau|dr\.?|"
    r"prof\.?|mme|mlle|monsieur|madame|sr|sra|don|doña|signora?|dottoressa|dottor|señora?|senhora?)",
    re.IGNORECASE,
)
_BODIES: Final = re.compile(
    r"(?:bank|banco|banque|banca|partei|parti|partido|partito|ministerium|ministère|ministerio|ministero|agentur|agence|"
    r"agencia|universität|université|universidad|università|verband|kreuz|union|unión|rat|gruppe|groupe|zeitung|club|"
    r"klub|gmbh|ag|s\.a|radio|polizei|police|policía|gericht|tribunal|comisión|commission|kommission)s?",
    re.IGNORECASE,
)
_ENDINGS: Final = ("bank", "partei", "ministerium", "verband", "zeitung", "gericht", "agentur", "kommission")
_CAPITAL: Final = "[" + "".join(c for c in map(chr, range(0x41, 0x530)) if c.isupper()) + "]"
_PARTICLE: Final = r"(?:von|van|de|da|di|del|della|du|der|den|dos|af|zu|ten|ter|le|la)"
_NAME: Final = re.compile(rf"\b{_CAPITAL}[\w'’-]+(?:(?: {_PARTICLE}){{0,2}} {_CAPITAL}[\w'’-]+)*")
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


def find(layout: Layout, language: str | None) -> list[Quotation]:
    """Find what stands between quotation marks, five words or more, in order. `language` is a code such as `de`."""
    body = layout.body
    verbs = _SAYS.get({"nb": "no", "nn": "no"}.get(code := (language or "").casefold()[:2], code), frozenset())
    whole = _full_names(body) if verbs else {}
    made: list[Quotation] = []
    for q in layout.quoted:
        if len(body[q.start : q.end].split()) < LEAST_WORDS:
            continue
        start, end = q.start, q.end
        while start < end and body[start].isspace():
            start += 1
        while start < end and body[end - 1].isspace():
            end -= 1
        low, high = layout.paragraphs[layout.sentences[layout.sentence_at(q.start)].paragraph]
        beside = (
            (q.outer_end, min(high, q.outer_end + _REACH), False),
            (max(low, q.outer - _REACH), q.outer, True),
        )
        speaker, verb = next(
            (found for a, b, before in beside if (found := _speaker(body, a, b, before, verbs, whole))), (None, None)
        )
        made.append(
            Quotation(
                text=body[start:end],
                start=start,
                end=end,
                type="direct",
                verb=verb,
                speaker=speaker,
                confidence=0.5,
            )
        )
    return made


def _speaker(
    body: str, start: int, end: int, before: bool, verbs: frozenset[str], whole: dict[str, set[str]]
) -> tuple[Speaker, str] | None:
    """Read `VERB [words] NAME` after the marks, or `NAME [words] VERB:` before them."""
    stretch = body[start:end]
    clause = re.split(r"[.!?:;“”\"«»„]\s", stretch.rstrip(' :,„«“"'))[-1] if before else stretch
    clause = clause if before else re.split(r"[.!?;:“”\"«»„]", clause.lstrip(" ,.–—-"))[0]
    at = start + (stretch.rindex(clause) if before else stretch.index(clause))
    words = list(_WORD.finditer(clause))
    said = next((w for w in (reversed(words) if before else words) if w.group().casefold() in verbs), None)
    if said is None:
        return None
    place = words.index(said)
    if (len(words) - 1 - place if before else place) > 2:
        return None
    behind = list(_NAME.finditer(clause, said.end()))
    # `Later Holm said:`, and in many languages `Later said Holm:`
    names = behind if behind or not before else list(_NAME.finditer(clause, 0, said.start()))[-1:]
    if not names:
        return None
    name = names[0]
    between = clause[said.end() : name.start()] if behind else clause[name.end() : said.start()]
    if len(between.split()) > (4 if behind else 1) or "," in between:
        return None
    leading = _WORD.findall(between if behind else clause[: name.start()])
    person = _person(name.group(), leading[-1].casefold() if leading else "", whole)
    if person is None:
        return None
    full, tail = person
    first, last = at + name.end() - len(tail), at + name.end()
    mention = Span(text=body[first:last], start=first, end=last)
    return Speaker(name=full, type="Person", mention=mention), said.group().casefold()


def _person(name: str, leading: str, whole: dict[str, set[str]]) -> tuple[str, str] | None:
    """Give the full name and what of it stands here; None for a body, a title alone, or a surname of two people."""
    words = _untitled(name.split())
    titled = len(words) < len(name.split())
    if not words or _is_body(words) or (leading in _ARTICLES and not titled):
        return None
    tail = " ".join(words)
    if len(words) > 4:
        return None
    known = {full for full in whole.get(words[-1].casefold(), ()) if full == tail or full.endswith(f" {tail}")}
    fullest = max(known, key=lambda full: (len(full), full), default=None)
    if fullest and all(fullest.endswith(full) for full in known):
        return fullest, tail
    return (tail, tail) if len(words) > 1 else None


def _full_names(body: str) -> dict[str, set[str]]:
    """Give the names of two words or more by their surname.

    At the head of a sentence only those of two: its first word has a capital, whatever it is.
    """
    found: dict[str, set[str]] = {}
    for match in _NAME.finditer(body):
        given = match.group().split()
        words = _untitled(given[1:] if given[0].casefold() in _ARTICLES else given)
        before = body[max(0, match.start() - 3) : match.start()].rstrip(' “”"«»„')
        heading = words == given and before[-1:] in ("", ".", "!", "?", "\n", ":")
        if 2 <= len(words) <= (2 if heading else 4) and not _is_body(words):
            found.setdefault(words[-1].casefold(), set()).add(" ".join(words))
    return found


def _untitled(words: list[str]) -> list[str]:
    """Leave out the titles before a name; a compound ends in its title (`Verkehrsministerin`)."""
    while words and any(match.end() == len(words[0]) for match in _TITLES.finditer(words[0])):
        words = words[1:]
    return words


def _is_body(words: list[str]) -> bool:
    return any(_BODIES.fullmatch(word) or word.casefold().endswith(_ENDINGS) for word in words)
