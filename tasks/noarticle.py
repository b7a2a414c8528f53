"""Say why a web page holds no article: what stands in its place. Pure.

A page is refused for what it says only while it is short: a long text about cookies, pay walls or missing pages is an
article about them. A short text that none of this fits is news.
"""

import re
from collections.abc import Sequence
from typing import Final

from tasks import plaintext
from tasks.blocks import HEADING, Block
from tasks.stated import Stated

_JAVASCRIPT: Final = re.compile(
    r"(?:enable|activate|turn on|requires?|needs?|need|without|disabled) (?:your )?java ?script"
    r"|java ?script (?:is|must be|has to be|seems to be)?\s*(?:not |currently )?(?:enabled|disabled|required|turned off"
    r"|needed|activated)|java ?script (?:aktivieren|erforderlich|deaktiviert)|activer java ?script"
    r"|(?:active|habilite?) java ?script|включите java ?script",
    re.IGNORECASE,
)
_CHALLENGE: Final = re.compile(
    r"checking your browser|verify(?:ing)? (?:that )?you are (?:a )?human|are you a robot|unusual traffic"
    r"|complete the (?:security check|captcha)|access (?:to this page has been |is )?denied|just a moment",
    re.IGNORECASE,
)
_MISSING: Final = re.compile(
    r"(?:error\s*)?404\b(?!\s+\w+ly)|(?:error\s*)?410 gone|(?:page|article|story|content|document|url|file)"
    r" (?:you (?:requested|are looking for) )?(?:(?:was|is|has been|could|can) ?)?(?:not (?:be )?found"
    r"|(?:not|n[o']t) (?:be )?(?:available|exist)|no longer (?:available|exists?|here)|(?:been )?(?:removed|deleted)"
    r"|doesn[’']t exist|does not exist|unavailable)|nothing (?:was )?found|oops!?"
    r"|(?:seite|artikel) (?:wurde )?nicht gefunden|page (?:introuvable|non trouvée)|página no encontrada"
    r"|pagina non trovata|página não encontrada|страница не найдена|pagina niet gevonden|nie znaleziono strony",
    re.IGNORECASE,
)
_CONSENT: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\bcookies?\b|\bcookies? policy\b",
        r"\bconsent\b|einwilligung|zustimm|consentement|consentimiento|consenso|toestemming|соглас",
        r"\bour (?:\d+ )?(?:partners|vendors)\b|partnern?\b|partenaires|third parties|nos socios",
        (
            r"accept all|reject all|allow all|manage (?:preferences|settings|options|cookies)|alle akzeptieren"
            r"|tout (?:accepter|refuser)|aceptar todo|accetta tutt|alles accepteren|принять все"
        ),
        (
            r"personali[sz]ed (?:ads|advertising|content)|ad measurement|store and/or access|legitimate interest"
            r"|your privacy|privacy choices|ihre privatsphäre|vie privée|personal data"
        ),
    )
)
_WALL: Final = re.compile(
    r"(?:subscribe|sign[ -]?up|sign in|log ?in|register|join)(?: (?:now|today|for free|or \w+ ?\w*|here))?"
    r" (?:to|and) (?:continue|keep|read|unlock|access|get (?:full|unlimited) access)"
    r"|to (?:continue|keep) reading|continue reading (?:this|with|the rest|for)|(?:read|unlock) the (?:full|rest of)"
    r"|(?:article|story|content|report)s? (?:is|are) (?:only |exclusively )?(?:for|available (?:only )?(?:to|for)"
    r"|reserved for|exclusive to|locked)|(?:subscribers?|members?)[ -]only|only (?:for|available to) (?:our )?(?:paying"
    r" )?(?:subscribers|members)|(?:free|monthly) article limit|you have reached your"
    r"|(?:jetzt|um) weiter(?:zu)?lesen|nur für abonnenten|mit .{0,20}abo (?:weiter)?lesen|weiterlesen mit"
    r"|réservé (?:aux|à nos) abonnés|abonnez-vous pour (?:lire|continuer)|la suite est réservée"
    r"|(?:solo|exclusivo) para suscriptores|suscríbe\w* para (?:seguir|continuar|leer)"
    r"|(?:riservato|solo) (?:agli|per gli) abbonati|abbonati per (?:continuare|leggere)|alleen voor abonnees"
    r"|exclusivo para assinantes|только для подписчиков|tylko dla subskrybentów",
    re.IGNORECASE,
)
_LONGEST_NOTICE: Final = 120
"""Words of a text that may be a notice in an article's place: an error page, a script's or a pay wall's."""
_LONGEST_CONSENT: Final = 250
_LEAST_TEASERS: Final = 4
_LEAST_LINKS: Final = 10


def reason(
    text: str, said: Stated, seen: Sequence[Block], headline: str | None, scripts: int, notice: str
) -> tuple[str, str] | None:
    """Give the reason word and a sentence, or None if `text` may be filed.

    `scripts` counts the page's scripts, `notice` is what it shows where none run.
    """
    size = plaintext.words(text)
    shown = "\n".join(block.text for block in seen[:400])
    long_enough = size >= plaintext.LEAST_WORDS
    if size <= _LONGEST_NOTICE:
        if _MISSING.match((headline or "").strip()) or _MISSING.match((said.title or "").strip()):
            return "soft-404", "The page says that what was asked for is not there. Check its address."
        told = text if long_enough else f"{shown[:4000]} {notice}"
        if (_JAVASCRIPT.search(told) and size < 60) or (_CHALLENGE.search(told) and size < 60):
            return "needs-javascript", "The page asks for a browser that runs its scripts. Save it from a browser."
        if not long_enough and scripts and plaintext.words(shown) < 2 * plaintext.LEAST_WORDS:
            return "needs-javascript", "The page's text is put in by its scripts. Save it from a browser."
    if size <= _LONGEST_CONSENT and _asks_consent(text if long_enough else shown[:4000]):
        return "cookie-wall", "The page shows a request for consent in place of its article. Save it after consenting."
    if size <= _LONGEST_NOTICE and _is_stub(text, shown, said):
        return "paywall-stub", "The page shows the beginning only, and asks to subscribe or to sign in for the rest."
    stated = bool(said.articles) or (said.meta("og:type") or "").lower() == "article"
    if not stated and _is_listing(text if long_enough else "", seen):
        return "listing", "The page lists articles, and is none itself. Give the addresses it leads to."
    if long_enough:
        return None
    if size and (stated or said.h1):
        return "too-short", f"Its text has {size} words; {plaintext.LEAST_WORDS} are the least for an article."
    return "no-article", "There is a page, but no article on it: no text that is not links, labels and notices."


def _asks_consent(text: str) -> bool:
    """Say whether half of the lines ask for consent, in three of its five ways of speaking."""
    lines = [line for line in text.split("\n") if plaintext.words(line) > 2]
    asking = [line for line in lines if any(pattern.search(line) for pattern in _CONSENT)]
    ways = sum(any(pattern.search(line) for line in lines) for pattern in _CONSENT)
    return ways >= 3 and 2 * sum(map(len, asking)) >= sum(map(len, lines))


def _is_stub(text: str, shown: str, said: Stated) -> bool:
    """Say whether a pay wall cut a short text: the page asks to read on for money and says that it is not free, or asks
    within or right after the text."""
    closed = any(_closed(node) or any(_closed(p) for p in _parts(node)) for node in said.articles)
    if closed and (_WALL.search(shown) or text.rstrip().endswith(("…", "..."))):
        return True
    if _WALL.search(text):
        return True
    last = text.rsplit("\n", 1)[-1][-60:]
    at = shown.find(last) if last else -1
    return at >= 0 and _WALL.search(shown[at + len(last) : at + len(last) + 300]) is not None


def _closed(node: object) -> bool:
    value = node.get("isAccessibleForFree") if isinstance(node, dict) else None
    return value is False or str(value).lower() == "false"


def _parts(node: object) -> list[object]:
    value = node.get("hasPart") if isinstance(node, dict) else None
    return value if isinstance(value, list) else [value]


def _is_listing(text: str, seen: Sequence[Block]) -> bool:
    """Say whether most of the text are links, or teasers under linked headlines; without a text, the page."""
    lead = [b.linked > 0.8 * len(b.text) for b in seen]
    links = [leads and plaintext.words(b.text) >= 4 for leads, b in zip(lead, seen, strict=True)]
    lines = set(text.split("\n"))
    labels = {b.text for leads, b in zip(lead, seen, strict=True) if leads} & lines
    if len(labels) >= _LEAST_LINKS and sum(map(plaintext.words, lines - labels)) < plaintext.LEAST_WORDS:
        return True
    within = [n for n, b in enumerate(seen) if not text or b.text in lines]
    linked = [n for n in within if links[n]]
    prose = [n for n in within if not links[n] and plaintext.words(seen[n].text) >= 6]
    teasers = [n for n in prose if any(links[max(0, n - 3) : n]) and not _follows_prose(seen, n)]
    if len(linked) >= _LEAST_LINKS and len(linked) > 2 * (len(prose) - len(teasers)):
        return True
    return len(teasers) >= _LEAST_TEASERS and len(teasers) >= 0.6 * len(prose)


def _follows_prose(seen: Sequence[Block], n: int) -> bool:
    before = seen[n - 1]
    return not before.place.within & HEADING and before.linked < 0.5 * len(before.text) and len(before.text) > 100
