"""Read the dateline that opens wire copy, and the agency it or a credit names. Pure.

LONDON, 3 February (Xyz) — The minister ...        (XYZ) The minister ...        BERLIN (xyz) - Die Ministerin ...
"""

import re
from dataclasses import dataclass
from typing import Final

AGENCIES: Final = {
    "ap": "AP", "associated press": "AP", "the associated press": "AP", "reuters": "Reuters",
    "thomson reuters": "Reuters",
    "afp": "AFP", "agence france-presse": "AFP", "dpa": "dpa", "epd": "epd", "kna": "KNA", "apa": "APA", "sda": "SDA",
    "keystone-sda": "Keystone-SDA", "ats": "ATS", "ansa": "ANSA", "adnkronos": "Adnkronos", "efe": "EFE",
    "europa press": "Europa Press", "lusa": "Lusa", "anp": "ANP", "belga": "Belga", "ritzau": "Ritzau", "ntb": "NTB",
    "tt": "TT", "stt": "STT", "pap": "PAP", "mti": "MTI", "ctk": "ČTK", "čtk": "ČTK", "tass": "TASS", "тасс": "TASS",
    "interfax": "Interfax", "интерфакс": "Interfax", "ria novosti": "RIA Novosti", "риа новости": "RIA Novosti",
    "ukrinform": "Ukrinform", "anadolu": "Anadolu", "anadolu agency": "Anadolu", "pti": "PTI", "ani": "ANI",
    "ians": "IANS", "xinhua": "Xinhua", "新华社": "Xinhua", "kyodo": "Kyodo", "共同": "Kyodo", "jiji": "Jiji",
    "yonhap": "Yonhap", "bernama": "Bernama", "antara": "Antara", "aap": "AAP", "canadian press": "The Canadian Press",
    "the canadian press": "The Canadian Press", "pa media": "PA Media", "pa": "PA Media", "upi": "UPI",
    "bloomberg": "Bloomberg", "agerpres": "Agerpres", "bta": "BTA", "hina": "HINA", "tanjug": "Tanjug", "wam": "WAM",
    "irna": "IRNA", "agência brasil": "Agência Brasil", "bns": "BNS", "elta": "ELTA",
}  # fmt: skip
"""Wire services by the names that credits give them, lower case."""

_PLACE = r"[^\W\d_a-z][^\W\d_]*\.?(?:[ /’'.-]{1,2}[^\W\d_]+\.?){0,4}"
_CAPS = r"[^\W\d_a-zß-öø-ÿа-я]{2,}(?:[ /’'.,-]{1,2}[^\W\d_]+\.?){0,5}"
_DAY = r"(?:\d{1,2}\.?\s?(?:de )?[^\W\d_]{3,10}\.?|[^\W\d_]{3,10}\.?\s?\d{1,2})(?:,?\s?(?:de )?(?:19|20)\d\d)?"
_NAME = r"[^()\d\n]{2,40}?"
_DASH = r"\s*(?:--|[-–—:])\s*"
_REGION = r"[^\W\d_][^\W\d_]*\.?(?:[ ]?[^\W\d_]+\.?)?"
_FORMS: Final = tuple(
    re.compile(form)
    for form in (
        # PLACE, 3 February (Xyz) —   PLACE (Xyz) -   Feb. 3 (Xyz) --
        (
            rf"(?P<place>{_PLACE})(?:[,.]\s?(?P<region>{_REGION}))??(?:[,.]?\s(?P<day>{_DAY}))?"
            rf"\s?[(\[](?P<agency>{_NAME})[)\]]{_DASH}"
        ),
        rf"(?P<day>{_DAY})\s?[(\[](?P<agency>{_NAME})[)\]]{_DASH}",
        # (XYZ) The minister: capitals, or a dash after it
        r"[(\[](?P<agency>[^\W\d_a-z]{2,}[^()\d\n]{0,30}?)[)\]]\s*(?:--|[-–—])?\s*(?=[^\W\d_a-z\"“«])",
        rf"[(\[](?P<agency>{_NAME})[)\]]{_DASH}",
        # МЕСТО, 3 мар — АГН. Министр
        rf"(?P<place>{_CAPS}?),\s(?P<day>{_DAY})\s*[-–—]\s*(?P<agency>[^\W\d_a-zа-я]{{2,8}}|РИА Новости)\.\s+",
        # PLACE, Feb. 3 -   PLACE --
        rf"(?P<place>{_CAPS}?),\s(?P<day>{_DAY})(?:\s?[/,]\s?(?P<agency>[^\W\d_a-z]{{2,}}[^\W\d]*))?{_DASH}",
        r"(?P<place>[^\W\d_a-zß-öø-ÿа-я]{3,}(?:[ ’'.-][^\W\d_a-zß-öø-ÿа-я]{2,}){0,3})\s*(?:--|[–—]|\s-\s)\s*",
        # Место, 3 марта. АГЕНТСТВО —
        rf"(?P<place>{_PLACE})[,.]\s(?P<day>{_DAY})[.,]?\s(?P<agency>[^\W\d_a-z]{{2,}}){_DASH}",
    )
)  # fmt: skip
_PARTICLES: Final = frozenset(str.split("de del da do la le las los les sur am an der den upon of und e y s d l"))
_SIGN_OFF: Final = re.compile(
    r"^\W*(?:(?:with|mit|avec|con)\s+(?:material|reporting|inputs?|agency inputs?|information"
    r"|informations?)?\s*(?:from|by|von|de)?\s*"
    r"|source:?\s+|quelle:?\s+|agency:?\s+|\(c\)\s*|©\s*(?:\d{4}\s*)?)?(?P<agency>[^\W\d][\w\s.-]{0,30}?)\W*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dateline:
    """A dateline as printed (without its dash), its parts, and the offset where the prose behind it begins."""

    text: str
    place: str | None
    day: str | None
    agency: str | None
    end: int


def read(paragraph: str) -> Dateline | None:
    """Read the dateline at the beginning of a paragraph, or None if it opens with prose."""
    head = paragraph[:120]
    for form in _FORMS:
        match = form.match(head)
        if match is None or not head[match.end() :].strip():
            continue
        parts = {k: (v.strip(" ,") if v else None) for k, v in match.groupdict().items()}
        place, agency = parts.get("place"), parts.get("agency")
        if agency is not None and (len(agency.split()) > 4 or not any(c.isupper() for c in agency + (place or ""))):
            continue
        if place is not None and not _is_place(
            place, sure=bool(parts.get("day")) or (agency or "").lower() in AGENCIES
        ):
            continue
        return Dateline(
            text=match.group().rstrip(" -–—:"),
            place=", ".join(p for p in (place, parts.get("region")) if p) or None,
            day=parts.get("day"),
            agency=agency_name(agency) if agency else None,
            end=match.end(),
        )
    return None


def _is_place(place: str, *, sure: bool) -> bool:
    """Say whether words can be a place: few, each capitalised or a particle; all capitals if nothing else is sure."""
    words = [w for w in re.split(r"[ /’'.-]+", place) if w and w.lower() not in _PARTICLES]
    return 0 < len(words) <= 5 and all(w[0].isupper() for w in words) and (sure or place.isupper())


def agency_name(credit: str) -> str:
    """Give the usual name of the agency that a credit means, the credit itself if it is not in the table."""
    credit = credit.strip(" .,")
    return AGENCIES.get(credit.lower(), credit)


def known_agency(text: str) -> str | None:
    """Give the agency that a short sign-off names ("with AFP", "(dpa)", "Source: Xinhua"), if it is a known one."""
    if len(text) > 80:
        return None
    match = _SIGN_OFF.match(text)
    return AGENCIES.get(match["agency"].lower().strip(" .")) if match else None
