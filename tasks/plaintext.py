"""Prepare plain text for reading: fields above it, Markdown marks, hard line ends. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

LEAST_WORDS: Final = 15
"""A shorter text is no article, though a flash alert may be little longer; a headline alone has 8 to 12 words."""
_FIELDS: Final = {
    "title": "headline", "headline": "headline", "subject": "headline", "date": "published",
    "published": "published", "datepublished": "published", "publication date": "published", "pubdate": "published",
    "source": "publisher", "publisher": "publisher", "publication": "publisher", "outlet": "publisher",
    "author": "author", "authors": "author", "by": "author", "byline": "author", "url": "url", "link": "url",
    "permalink": "url", "canonical": "url", "modified": "modified", "updated": "modified", "lastmod": "modified",
    "description": "", "tags": "", "categories": "", "category": "", "section": "", "language": "", "lang": "",
    "draft": "", "slug": "", "keywords": "", "layout": "", "agency": "agency", "dateline": "",
}  # fmt: skip
_FIELD: Final = re.compile(r"^\**([A-Za-z][A-Za-z _-]{1,18}?)\**\s*:\**\s*(\S.*)?$")
_ABBREVIATED: Final = re.compile(
    r"(?:\b(?:[A-Z]|Mr|Mrs|Ms|Dr|St|Gen|Sen|Rep|Gov|No|vs|Jan|Feb|Aug|Sept?|Oct|Nov|Dec))\.$"
)
_ENDS: Final = re.compile(r"[.!?…。！？:][\"'”’»“)\]*]*$")
_CJK: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_CLOSE: Final = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
"""Letters of languages that leave a space only where a phrase ends."""


@dataclass(frozen=True, slots=True)
class Line:
    """One paragraph or line; `gap` if a blank line stands before it; `level` 1-6 if it is marked as a heading."""

    text: str
    gap: bool
    level: int = 0


def words(text: str) -> int:
    """Count the words of a text: two Chinese or Japanese characters are one, five Thai, Lao, Khmer or Burmese ones."""
    if text.isascii():
        return len(text.split())
    dense, close = len(_CJK.findall(text)), len(_CLOSE.findall(text))
    if not dense and not close:
        return len(text.split())
    return dense // 2 + close // 5 + len(_CLOSE.sub(" ", _CJK.sub(" ", text)).split())


def ends_sentence(text: str) -> bool:
    """Say whether a line ends as a sentence does, and not in an abbreviation."""
    return _ENDS.search(text) is not None and _ABBREVIATED.search(text) is None


def is_prose(text: str) -> bool:
    """Say whether a line is a paragraph rather than a headline, a label or a subhead."""
    count = words(text)
    if count >= 30:
        return True
    if count < 7 or not ends_sentence(text):
        return False
    return (
        text.rstrip("\"'”’»“)]*")[-1:] not in "!?:" or re.search(r"[.!?][\"”’»]?\s+[\"“«]?[^\W\d_]", text) is not None
    )


def fields(text: str) -> tuple[dict[str, str], str]:
    """Take the fields above a text ("Title: ...", a front matter between ---) off it, under the names of the record.

    Only known field names count, and at least two of them, or one between rules.
    """
    lines = text.lstrip("\n").split("\n")
    fenced = bool(lines) and lines[0].strip() in {"---", "+++"}
    taken: dict[str, str] = {}
    known = at = 1 if fenced else 0
    for line in lines[at:]:
        match = _FIELD.match(line.strip().replace(" = ", ": ", 1) if fenced else line.strip())
        name = match[1].lower().strip() if match else ""
        if fenced and line.strip() in {"---", "+++"}:
            return taken, "\n".join(lines[at + 1 :])
        if name in _FIELDS:
            known += 1
            if match and match[2] and _FIELDS[name]:
                taken.setdefault(_FIELDS[name], match[2].strip().strip("\"'"))
        elif not fenced and line.strip():
            break
        at += 1
        if at > 40:
            break
    if fenced or known < 2 or at >= len(lines):
        return {}, text
    return taken, "\n".join(lines[at:])


def lines(text: str) -> list[Line]:
    """Cut a text into its paragraphs and lines, without Markdown marks; hard-wrapped lines are joined again."""
    blocks = [
        [line.rstrip() for line in block.split("\n") if line.strip()] for block in re.split(r"\n[^\S\n]*\n", text)
    ]
    blocks = [block for block in blocks if block]
    wrapped = _is_wrapped(blocks)
    marked = _is_markdown(text)
    result: list[Line] = []
    for block in blocks:
        for n, line in enumerate(_joined(block) if wrapped else block):
            level, plain = _unmarked(line) if marked else (0, line)
            if plain.strip():
                result.append(Line(" ".join(plain.split()), n == 0 and bool(result), level))
    return result


def _is_wrapped(blocks: list[list[str]]) -> bool:
    """Say whether lines are cut at a width: within paragraphs alike in length, and mostly ending inside a sentence."""
    inner = [line for block in blocks for line in block[:-1]]
    if len(inner) < 4:
        return False
    fitting = [line for line in inner if 45 <= len(line) <= 100]
    return len(fitting) >= 0.7 * len(inner) and sum(ends_sentence(line) for line in fitting) < 0.4 * len(fitting)


def _joined(block: list[str]) -> Iterator[str]:
    """Join the lines of one paragraph; a line that is short though another follows ends where it ends."""
    longest = max(map(len, block))
    held: list[str] = []
    for line in block:
        if held and re.match(r"\s*(?:[-*•]|\d+[.)])\s", line):
            yield " ".join(held)
            held = []
        held.append(line.strip())
        if len(line) < 0.6 * longest:
            yield " ".join(held)
            held = []
    if held:
        yield " ".join(held)


def _is_markdown(text: str) -> bool:
    return re.search(r"^#{1,4} \S|^={3,}$|\]\(https?://|^!\[", text, re.MULTILINE) is not None


def _unmarked(line: str) -> tuple[int, str]:
    heading = re.match(r"\s{0,3}(#{1,6})\s+(.*?)\s*#*$", line)
    level, text = (len(heading[1]), heading[2]) if heading else (0, line)
    text = re.sub(r"!\[[^\]]*\]\([^)]*\)", "", text)
    text = re.sub(r"\[([^\]]+)\]\([^)\s]+(?:\s+\"[^\"]*\")?\)", r"\1", text)
    text = re.sub(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1", r"\2", text)
    text = re.sub(r"(?<![\w*])([*_])(?=\S)([^*_]+?)(?<=\S)\1(?![\w*])", r"\2", text)
    text = re.sub(r"^\s{0,3}>\s?", "", text)
    return level, re.sub(r"^\s*[=-]{3,}\s*$", "", text)
