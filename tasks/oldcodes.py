"""Decode what wires sent before Unicode, and some send still: seven bits with national letters, and ISO 6937. Pure."""

import re
import unicodedata
from typing import Final

from tasks import charset

_SEVEN: Final = (
    # DIN 66003, SEN 850200, NS 4551: the letters in place of [ \ ] { | } ~, and words that only this language has
    ("ÄÖÜäöüß", frozenset({"der", "die", "und", "das", "mit", "von", "ist", "den"})),
    ("ÄÖÅäöåü", frozenset({"och", "att", "som", "det", "inte", "med", "ett", "av"})),
    ("ÆØÅæøå¯", frozenset({"og", "det", "som", "ikke", "til", "med", "er", "av"})),
)
_PLACES: Final = "[\\]{|}~"
_INSIDE: Final = re.compile(r"(?<=[A-Za-z])[\[\\\]{|}~](?=[a-z])|\b[{|}](?=[a-z]{2})")
_ACCENTS: Final = {
    0xC1: "\u0300", 0xC2: "\u0301", 0xC3: "\u0302", 0xC4: "\u0303", 0xC5: "\u0304", 0xC6: "\u0306", 0xC7: "\u0307",
    0xC8: "\u0308", 0xCA: "\u030a", 0xCB: "\u0327", 0xCD: "\u030b", 0xCE: "\u0328", 0xCF: "\u030c",
}  # fmt: skip
_SIGNS: Final = {
    0xA0: "\xa0", 0xA1: "¡", 0xA2: "¢", 0xA3: "£", 0xA4: "$", 0xA5: "¥", 0xA7: "§", 0xA9: "‘", 0xAA: "“", 0xAB: "«",
    0xAC: "←", 0xAE: "→", 0xB0: "°", 0xB1: "±", 0xB2: "²", 0xB3: "³", 0xB4: "×", 0xB5: "µ", 0xB7: "·", 0xB8: "÷",
    0xB9: "’", 0xBA: "”", 0xBB: "»", 0xBC: "¼", 0xBD: "½", 0xBE: "¾", 0xBF: "¿", 0xD0: "—", 0xD4: "™", 0xE1: "Æ",
    0xE2: "Ð", 0xE8: "Ł", 0xE9: "Ø", 0xEA: "Œ", 0xEC: "Þ", 0xF1: "æ", 0xF2: "đ", 0xF3: "ð", 0xF5: "ı", 0xF8: "ł",
    0xF9: "ø", 0xFA: "œ", 0xFB: "ß", 0xFC: "þ",
}  # fmt: skip
_PAIR: Final = re.compile(rb"[\xc1-\xc8\xca\xcb\xcd-\xcf][A-Za-z]")
_AFTER_LETTER: Final = re.compile(rb"[a-z][\xc1-\xc8\xca\xcb\xcd-\xcf][a-z]")


def decode(raw: bytes) -> str:
    """Decode the text of a wire message, whose control characters have been taken out.

    Raises:
        Rejected: `empty` or `not-text`.
    """
    if raw.isascii():
        return _national(charset.decode(raw))
    high = sum(b >= 0x80 for b in raw)
    pairs = len(_PAIR.findall(raw))
    if len(_AFTER_LETTER.findall(raw)) >= max(2, pairs // 2) and pairs >= 0.7 * high and not charset.is_utf8(raw):
        return _iso6937(raw)
    return charset.decode(raw)


def _iso6937(raw: bytes) -> str:
    found: list[str] = []
    accent = ""
    for byte in raw:
        if byte in _ACCENTS:
            accent = _ACCENTS[byte]
            continue
        found.append((chr(byte) if byte < 0x80 else _SIGNS.get(byte, "\ufffd")) + accent)
        accent = ""
    return unicodedata.normalize("NFC", "".join(found))


def _national(text: str) -> str:
    """Put letters in place of brackets and bars if these stand inside words, as they do in no English text."""
    if len(_INSIDE.findall(text)) < 3:
        return text
    words = re.findall(r"[a-z]+", text.lower())
    letters = max(_SEVEN, key=lambda form: sum(word in form[1] for word in words))[0]
    return text.translate(str.maketrans(_PLACES, letters))
