"""Turn the bytes of a document into text, or say that they are none. Pure."""

import codecs
import contextlib
import re
from typing import Final

from storage.errors import Rejected

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SIGNATURES: Final = (
    (b"\x89PNG", "a PNG image"), (b"\xff\xd8\xff", "a JPEG image"), (b"GIF8", "a GIF image"), (b"RIFF", "a media file"),
    (b"BM", "a bitmap image"), (b"%PDF", "a PDF"), (b"PK\x03\x04", "a zip archive or an office document"),
    (b"\x1f\x8b", "a gzip archive"), (b"BZh", "a bzip2 archive"), (b"\xfd7zXZ", "an xz archive"),
    (b"\x7fELF", "a program"), (b"MZ", "a program"), (b"SQLite format 3", "a database"),
    (b"\x00\x00\x00", "a media file"), (b"ID3", "an audio file"), (b"OggS", "a media file"), (b"wOF", "a font"),
)  # fmt: skip
_UNREAD: Final = (
    (b"\xd0\xcf\x11\xe0", "an old office document"), (b"(\xb5/\xfd", "a zstd archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"), (b"Rar!\x1a\x07", "a rar archive"),
)  # fmt: skip
"""What holds documents, in a format that is not read."""
_DECLARED: Final = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_WORDS: Final = re.compile(rb"[ -~]{8,}")
"""Words as they stand in ASCII; in UTF-16 of any script so many printable bytes hardly ever stand together."""
_CONTROLS: Final = bytes(set(range(0x20)) - set(b"\t\n\r\f\x1b")) + b"\x7f"
_LOOK: Final = 65_536
# What prose has beyond ASCII, by region. A code page is believed if nothing else comes out of it; the first one wins.
_MARKS_ANYWHERE: Final = "«»‹›“”„‘’‚–—…•·€£§°©®™º¡¿\xa0\xad"
_REGIONS: Final = (
    ("cp1252", frozenset("ÀÂÄÁÃÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜŒàâäáãåæçèéêëìíîïñòóôõöøùúûüÿœß" + _MARKS_ANYWHERE)),
    ("cp1250", frozenset("ĄĆĘŁŃÓŚŹŻąćęłńóśźżÁČĎÉĚÍŇŘŠŤÚŮÝŽáčďéěíňřšťúůýžÄÖÜäöüßŐŰőűŔĹĽŕĺľôÂÎâîăĂ" + _MARKS_ANYWHERE)),
    ("cp1254", frozenset("ÇĞİÖŞÜçğıöşüâîûÂÎÛ" + _MARKS_ANYWHERE)),
)
_STRANGE: Final = re.compile("[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f\ue000-\uf8ff\ufffd]")
_UNFIT: Final = re.compile(r"[\x00\ud800-\udfff]")
_UNSEEN: Final = re.compile(r"[\x01-\x08\x0b\x0e-\x1f\x7f\u200b\u2060\ufeff\ufffe\uffff]")


def fit(text: str) -> str:
    """Put U+FFFD in place of NUL and lone surrogates, which no store and no output can hold."""
    return _UNFIT.sub("\ufffd", text)


def clean(text: str) -> str:
    """Make text fit, drop control characters and what is invisible, and end all lines with a line feed."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n\n")
    return _UNSEEN.sub("", fit(text))


def is_utf8(raw: bytes) -> bool:
    """True if bytes are UTF-8 from beginning to end."""
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def decode(raw: bytes) -> str:
    """Decode by byte order mark, zero bytes, UTF-8, the document's own declaration, and then by its statistics.

    Raises:
        Rejected: `empty`, `unknown-format` for archives and office documents that are not read, or `not-text` with
            what the bytes seem to be.
    """
    if not raw.strip(b" \t\r\n\f\x0b\x00\xef\xbb\xbf\xff\xfe"):
        raise Rejected("empty", f"The document has {len(raw)} bytes and no text in them. Send it again, whole.")
    for mark, name in _MARKS:
        if raw.startswith(mark):
            return _text(raw[len(mark) :].decode(name, "replace"), raw)
    if wide := _wide(raw):
        return _text(raw.decode(wide, "replace"), raw)
    if unread := next((kind for signature, kind in _UNREAD if raw.startswith(signature)), None):
        raise Rejected("unknown-format", f"It is {unread}. Send what is in it as text, pages or PDF.")
    kind = next((kind for signature, kind in _SIGNATURES if raw.startswith(signature)), None)
    head = raw[:_LOOK]
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if controls > len(head) * 0.03 or (kind and (controls or not head.isascii())):
        seems = f"seems to be {kind}" if kind else f"has {controls} control bytes among its first {len(head)}"
        raise Rejected(
            "not-text", f"The content is not text: it {seems}. Send the text, the page or the record itself."
        )
    return _text(_narrow(raw), raw)


def _text(text: str, raw: bytes) -> str:
    sample = text[:_LOOK]
    strange = len(_STRANGE.findall(sample))
    if strange > len(sample) * 0.1:
        detail = f"The content is not text: {strange} of its first {len(sample)} characters are not characters at all."
        raise Rejected("not-text", f"{detail} Send the text, the page or the record itself ({len(raw)} bytes came).")
    return text.removeprefix("\ufeff")


def _wide(raw: bytes) -> str | None:
    """Recognise UTF-16 and UTF-32 without a mark: one byte of every pair (or three of four) stays very small."""
    head = raw[: _LOOK // 4]
    head = head[: len(head) // 4 * 4]
    if len(head) < 8 or sum(map(len, _WORDS.findall(head))) > len(head) * 0.1:
        return None
    small = [1 - len(head[i::4].translate(None, bytes(range(9)))) / (len(head) // 4) for i in range(4)]
    if min(small[1:]) > 0.9 and small[0] < 0.3:
        return "utf-32-le"
    if min(small[:3]) > 0.9 and small[3] < 0.3:
        return "utf-32-be"
    even, odd = (small[0] + small[2]) / 2, (small[1] + small[3]) / 2
    if odd > 0.4 and even < 0.1:
        return "utf-16-le"
    return "utf-16-be" if even > 0.4 and odd < 0.1 else None


def _narrow(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        damaged = raw.decode("utf-8", "replace")
    with contextlib.suppress(UnicodeDecodeError):  # sound but for surrogates, of which two make a character (CESU-8)
        return raw.decode("utf-8", "surrogatepass").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    beyond = sum(b >= 0x80 for b in raw[:_LOOK])
    if (
        damaged[:_LOOK].count("\ufffd") * 12 < beyond
    ):  # mostly sound UTF-8: a cut or pasted-in byte, not another charset
        return damaged
    declared = _DECLARED.search(raw[:4096])
    if declared:
        name = declared[1].decode("ascii", "replace").lower()
        name = {"iso-8859-1": "cp1252", "latin1": "cp1252", "iso-8859-9": "cp1254", "gb2312": "gb18030"}.get(name, name)
        try:
            if codecs.lookup(name).name != "utf-8":
                return raw.decode(name, "replace")
        except (LookupError, ValueError, UnicodeError):
            pass  # no such charset, or one that is none (rot13, idna): then the bytes must speak for themselves
    head = raw[:_LOOK]
    if beyond < len(head) * 0.2:
        for name, letters in _REGIONS:
            if all(c < "\x80" or c in letters for c in set(head.decode(name, "replace"))):
                return raw.decode(name, "replace")
    from charset_normalizer import from_bytes

    best = from_bytes(head).best()
    return raw.decode(best.encoding, "replace") if best is not None else raw.decode("cp1252", "replace")
