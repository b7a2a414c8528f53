"""Turn the bytes of a feed into UTF-8 that an XML parser takes, whatever they are said to be. Pure.

Sound UTF-8 is UTF-8, whatever a header or declaration claims; else the claims count, the server's default last.
"""

import codecs
import re
from html.entities import name2codepoint
from typing import Final

from storage.errors import Rejected
from tasks import charset

_DECLARATION: Final = re.compile(r"\A\s*<\?xml\b[^>]{0,200}?\?>")
_ENCODING: Final = re.compile(rb"""\A\s*<\?xml\b[^>]{0,200}?\bencoding\s*=\s*["']([\w.:-]{1,40})["']""")
_CHARSET: Final = re.compile(r"""charset\s*=\s*["']?([\w.:-]{1,40})""", re.IGNORECASE)
_CONTROLS: Final = bytes(set(range(0x20)) - set(b"\t\n\r"))
_NO_CHARACTERS: Final = re.compile(rb"\xef\xbf[\xbe\xbf]|\xed[\xa0-\xbf][\x80-\xbf]")
_PROLOG: Final = re.compile(rb"<\?xml\b|<rss\b|<feed\b|<rdf:RDF\b|<urlset\b")
_STRAYS: Final = "wiredesk-strays"
_AMPERSAND: Final = re.compile(
    rb"<!\[CDATA\[.*?\]\]>|&(?:(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|lt|gt|amp|quot|apos);|([A-Za-z][A-Za-z0-9]{1,9});)?",
    re.DOTALL,
)
_WIDE: Final = (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<", b"\x00\x00")


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    """Decode a byte that is no UTF-8 as the Windows character that somebody pasted in."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.start + 1].decode("cp1252", "replace"), error.start + 1


codecs.register_error(_STRAYS, _as_windows)


def utf8(raw: bytes, content_type: str = "") -> tuple[bytes, tuple[str, ...]]:
    """Give the document in UTF-8 without mark, junk before it or forbidden characters, and words for what was mended.

    The words are `recoded` (it was not UTF-8), `junk` (something stood before it) and `controls`.

    Raises:
        Rejected: `empty` or `not-text`.
    """
    problems = []
    data = raw.removeprefix(codecs.BOM_UTF8)
    if not data.strip():
        raise Rejected("empty", "The answer has no content.")
    if data.startswith(_WIDE) or not charset.is_utf8(data):
        data, problems = _recoded(data, content_type), ["recoded"]
    if len(kept := data.translate(None, _CONTROLS)) != len(data) or b"\xef\xbf" in data:
        kept = _NO_CHARACTERS.sub(b"", kept)
        if len(data) - len(kept) > len(data) * 0.03:
            raise Rejected("not-text", f"The answer is binary: {len(data) - len(kept)} of {len(data)} bytes are none.")
        if kept != data:
            data = kept
            problems.append("controls")
    if not data.startswith(b"<") and (start := _PROLOG.search(data[:4096])):
        if data[: start.start()].strip():
            problems.append("junk")
        data = data[start.start() :]
    return data, tuple(problems)


def mend(data: bytes) -> bytes:
    """Give XML its missing ampersands back: escape the bare ones, and write out the entities that only HTML knows.

    Left alone are CDATA sections, and documents that declare entities of their own.
    """
    return data if b"<!DOCTYPE" in data or b"&" not in data else _AMPERSAND.sub(_mended, data)


def _mended(match: re.Match[bytes]) -> bytes:
    if match[1] is not None:
        number = name2codepoint.get(match[1].decode("ascii"))
        return chr(number).encode("utf-8") if number else b"&amp;" + match[0][1:]
    return b"&amp;" if match[0] == b"&" else match[0]


def _recoded(data: bytes, content_type: str) -> bytes:
    header, inside = _CHARSET.search(content_type), _ENCODING.match(data[:400])
    said = [_codec(header[1] if header else ""), _codec(inside[1].decode("ascii", "replace") if inside else "")]
    if said[0] == "cp1252":  # servers add Latin-1 of themselves
        said.reverse()
    said.append("utf-8")
    text = None
    for name in said if not data.startswith(_WIDE) else ():
        if name == "utf-8":  # sound but for a pasted-in Windows quotation mark, or cut in a character
            damaged = data.decode("utf-8", "replace")
            beyond = sum(b >= 0x80 for b in data)
            text = data.decode("utf-8", _STRAYS) if damaged.count("\ufffd") * 2 <= beyond else None
        elif name:
            text = data.decode(name, "replace")
        if text is not None:
            break
    else:
        text = charset.decode(data)
    return _DECLARATION.sub('<?xml version="1.0"?>', charset.fit(text)).encode("utf-8")


def _codec(name: str) -> str | None:
    """Give Python's name of a charset as the web means it; None if there is none of that name, or it is none."""
    try:
        found = codecs.lookup(name.strip().lower()).name
        b"".decode(found)
    except (LookupError, ValueError, UnicodeError):
        return None
    same = {"iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030"}
    return same.get(found, found)
