"""Read agency messages as they came over the line: IPTC 7901 and ANPA 1312 text. Pure: no clock.

    SOH  abc0123 4 pl 150  ...         IPTC 7901: service, number, priority, category, words
         slug/words/                   keywords
    STX  Headline                      then the text
    ETX  101543 Mar 26                 day, hour, minute, month, year; EOT

    SYN SYN SOH a0123                  ANPA 1312: service level and number
         r i  bc-slug  03-10 0450      priority, category, keyword with its version, month-day, words
    STX  ^Headline<                    then the text
    ETX  03-10-26 1543EST              EOT

Lines often lose their control characters on the way; a message is recognised by its header line with them, or by the
whole form of header and trailer without.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from storage.errors import Rejected
from storage.records import Article, Hints, Withdrawal
from tasks import oldcodes, plaintext, prose, stamps, wireitem
from tasks.wireitem import Item

_LOOK: Final = 400
_SOH, _STX, _ETX, _EOT = "\x01", "\x02", "\x03", "\x04"
_IPTC_HEAD: Final = re.compile(
    r"(?P<service>[A-Za-z]{2,5})(?P<number>\d{3,5})[ \t]+(?P<urgency>[1-9])[ \t]+(?P<category>[A-Za-z]{1,4})"
    r"(?:[ \t]+(?P<words>\d{1,5}))?(?P<more>[^\r\n]*)"
)
_ANPA_HEAD: Final = re.compile(r"(?P<service>[A-Za-z])(?P<number>\d{4})(?![0-9A-Za-z])[^\n]*")
_ANPA_LINE: Final = re.compile(
    r"(?P<urgency>[a-z])\s{1,3}(?P<category>[a-z])\b[^\nA-Za-z]{0,6}(?:czc\s)?\W*(?P<slug>[^\n]*?)"
    r"(?:\s+(?P<month>\d{1,2})-(?P<day>\d{1,2}))?(?:\s+(?P<words>\d{4}))?\s*$",
    re.IGNORECASE,
)
_IPTC_END: Final = re.compile(
    r"(?<!\d)(?P<day>[0-3]\d)(?P<hour>[0-2]\d)(?P<minute>[0-5]\d)\s*(?P<zone>gmt|utc|z|cet|cest|mez|mesz)?\s+"
    r"(?P<month>[^\W\d_]{3,9})\.?\s+(?P<year>(?:20)?\d\d)(?!\d)",
    re.IGNORECASE,
)
_ANPA_END: Final = re.compile(
    r"(?<!\d)(?P<one>\d\d)-(?P<two>\d\d)-(?P<year>\d\d)\s+(?P<hour>[0-2]\d):?-?(?P<minute>[0-5]\d)(?:[:-]\d\d)?"
    r"(?P<zone>[A-Z]{3,4}|Z)?(?!\w)"
)
_URGENCY: Final = {"f": 1, "b": 2, "u": 3, "r": 4, "d": 5, "a": 5, "s": 6, "w": 7, "x": 8, "y": 8, "z": 8}
_ZONES: Final = {
    "est": "EST",
    "edt": "EDT",
    "gmt": "GMT",
    "z": "UTC",
    "utc": "UTC",
    "cet": "CET",
    "mez": "CET",
    "cest": "CEST",
    "mesz": "CEST",
}
_TAKE: Final = re.compile(
    r"[,; ]+\(?(?:(?P<lead>\d+)(?:st|nd|rd|th)[- ](?:ld|lead)\b|(?P<add>\d+(?:st|nd|rd|th)[- ]add)\b"
    r"|(?:writethru|ld|lead|correction|corrective|correct|kill|withdrawal|advisory|update)\b).*$",
    re.IGNORECASE,
)
_KILL: Final = re.compile(
    r"\W*(?:(?:mandatory|bulletin|editors?|eds)\W+)?(?:kill|storno|stornierung|annul(?:e|é|ée|ation)|anulaci[oó]n|anulada"
    r"|annullamento|zurückziehung)\b\s*(?P<what>[^\w\s]|$|[a-z]{2,5}\s?\d{3,5}\b)",
    re.IGNORECASE,
)
_WITHDRAWAL: Final = re.compile(r"\W*(?:withdrawal|withdrawn|retraction|retracted|rückzug)\b", re.IGNORECASE)
"""Words that kill a message only if it names another by its number: troops are withdrawn, too."""
_CORRECTION: Final = re.compile(
    r"^\W*(?:correct(?:ion|ed|s|ive)?|corr|berichtigung|berichtigt|korrektur|korr|rectificatif|correcci[oó]n|correzione)\b",
    re.IGNORECASE,
)
_PUBLIC: Final = re.compile(
    r"^.{0,60}\b(?:not (?:intended )?for publication|nicht (?:zur Veröffentlichung|f.r die .ffentlichkeit))\b",
    re.IGNORECASE,
)
_EDITORS: Final = re.compile(r"^\W*(?:eds?|editors|note to editors|eds note)\s*:\s*", re.IGNORECASE)
_LONGEST_KILL: Final = 120
"""Words of a message that only tells to kill another; a longer one is a story about it."""
_BEFORE: Final = re.compile(r"\W*(?:zczc\b[^\n]*\n\W*)?\Z", re.IGNORECASE)
"""What the line sends before a message: synchronisation, white space, the opening of a teleprinter."""
_QUADS: Final = re.compile(r"[<^=]+[^\S\n]*$|^[^\S\n]*\^+", re.MULTILINE)


def is_message(raw: bytes) -> bool:
    """Say whether bytes are an agency message: an SOH near the beginning and its header, or header and trailer.

    SOH and STX around what is no header are a message's only at the beginning: in archives and noise they are anywhere.
    """
    head = raw[:_LOOK].decode("latin-1")
    at = head.find(_SOH)
    if at >= 0:
        line = _stripped(head[at + 1 :])
        opens = "\x02" in head[at:] and _BEFORE.match(head[:at]) is not None
        return opens or bool(_IPTC_HEAD.match(line) or _ANPA_HEAD.match(line))
    head = re.sub(r"\A\W*zczc\b[^\n]*\n", "", head, count=1, flags=re.IGNORECASE)
    if _IPTC_HEAD.match(_stripped(head)):
        return b"\x02" in raw[:2000] or _IPTC_END.search(raw[-200:].decode("latin-1")) is not None
    return _ANPA_HEAD.match(_stripped(head)) is not None and _ANPA_END.search(raw[-200:].decode("latin-1")) is not None


def messages(raw: bytes) -> Iterator[bytes]:
    """Cut a file into its messages: each begins with an SOH, if there is more than one."""
    starts = [match.start() for match in re.finditer(rb"(?:\x16+[\r\n]*)?\x01(?=[A-Za-z]{1,5}\d{3,5})", raw)]
    if len(starts) < 2:
        yield raw
    else:
        for start, end in zip(starts, [*starts[1:], len(raw)], strict=True):
            yield raw[start:end]


def read_message(raw: bytes, *, input: str, hints: Hints) -> Article | Withdrawal:  # noqa: A002
    """Read one message.

    Raises:
        Rejected: `empty`, `not-text`, `no-body`, or `broken` for a header without a text.
    """
    at = raw[:_LOOK].find(b"\x01")
    text = oldcodes.decode(_plain(raw[at + 1 :] if at >= 0 else raw))
    text = re.sub(
        r"\A\W*zczc\b[^\n]*\n", "", text.replace("\r\n", "\n").replace("\r", "\n"), count=1, flags=re.IGNORECASE
    )
    head, body, end = _parts(text)
    header = _stripped(head)
    if match := _IPTC_HEAD.match(header):
        item = _iptc(match, header[match.end() :], body, end)
    elif match := _ANPA_HEAD.match(header):
        item = _anpa(match, header[match.end() :], body, end)
    else:
        detail = "It begins like an agency message (IPTC 7901, ANPA 1312), but its header line cannot be read."
        raise Rejected("broken", detail, subject=input)
    return wireitem.finish(item, input=input, hints=hints)


def _plain(raw: bytes) -> bytes:
    """Take out control characters that mark neither parts nor lines; separators between fields become blanks."""
    raw = re.sub(rb"\x1b[\x20-\x2f]*[\x30-\x7e]", b"", raw)
    return raw.translate(
        bytes.maketrans(b"\x1c\x1d\x1e\x1f\x0b\x0c", b"      "),
        b"\x00\x05\x06\x07\x08\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x7f",
    )


def _stripped(text: str) -> str:
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f]+", " ", text).lstrip()


def _parts(text: str) -> tuple[str, str, str]:
    """Cut a message into header, text and trailer."""
    head, found, rest = text.partition(_STX)
    if not found:  # lost on the way: the header is the first lines up to a blank one, or the first
        lines = text.lstrip("\n").split("\n")
        blank = next((n for n, line in enumerate(lines[1:6], 1) if not line.strip()), 1)
        head, rest = "\n".join(lines[:blank]), "\n".join(lines[blank:])
    body, found, end = rest.partition(_ETX)
    if not found:
        body, _, end = rest.partition(_EOT)
    body = re.sub(r"\n[^\S\n]*NNNN\W*\Z", "\n", body)
    if not end.strip(" \n\x04"):
        tail = body.rstrip()[-160:]
        if match := _IPTC_END.search(tail) or _ANPA_END.search(tail):
            end = match.group()
            body = body.rstrip()[: len(body.rstrip()) - len(tail) + tail.rfind("\n", 0, match.start()) + 1]
    return head, re.sub(r"[\x01-\x08\x0e-\x1f]", "", body), end


def _iptc(match: re.Match[str], slugs: str, body: str, end: str) -> Item:
    service = match["service"].lower()
    item = Item(format="iptc-7901", publisher=service, agency=service, urgency=int(match["urgency"]))
    item.slug = " ".join(" ".join(slugs.split("\n")).split()).strip("/ =") or None
    item.keywords = [word.strip() for word in re.split(r"[/,]", item.slug or "") if word.strip()]
    item.subjects = [match["category"].lower()]
    item.published = item.sent = _iptc_time(end)
    headline, _, rest = body.strip("\n").partition("\n")
    headline = " ".join(headline.split()).rstrip("=").rstrip()
    lines = rest.split("\n")
    # A headline that runs over two or three lines: the text begins after a blank line, or indented, or with a dateline.
    while (
        headline
        and len(lines) > 1
        and lines[0].strip()
        and not re.match(r"\s{2,}", lines[0])
        and _goes_on(headline, lines)
    ):
        headline = f"{headline} {lines.pop(0).strip()}".rstrip("=").rstrip()
    item.headline = headline or None
    texts = prose.from_lines("\n".join(lines))
    _take_notes(item, texts)
    number = f"{service}{match['number']}"
    item.identifier = f"{number}/{item.published[:10]}" if item.published else None
    _judge_status(item, texts, number)
    item.paragraphs = texts
    return item


def _goes_on(headline: str, lines: list[str]) -> bool:
    """Say whether the line after a headline belongs to it: a blank line follows within two, and it is no paragraph."""
    blank = next((n for n, line in enumerate(lines[:3]) if not line.strip()), None)
    return blank is not None and len(headline) < 160 and all(len(line) < 75 for line in lines[:blank])


def _iptc_time(end: str) -> str | None:
    match = _IPTC_END.search(end)
    if match is None:
        return None
    zone = _ZONES.get((match["zone"] or "").lower(), "")
    year = match["year"] if len(match["year"]) == 4 else f"20{match['year']}"
    named = match["month"].lower()
    exact = stamps.MONTHS.get(named)
    months = {exact} if exact else {n for name, n in stamps.MONTHS.items() if name.startswith(named)}
    if len(months) != 1:
        return None
    return stamps.iso(f"{year}-{months.pop():02}-{match['day']} {match['hour']}:{match['minute']} {zone}".strip())


def _anpa(match: re.Match[str], rest: str, body: str, end: str) -> Item:
    item = Item(format="anpa-1312")
    line = next((text for text in rest.split("\n") if text.strip()), "") or match.group()[5:]
    header = _ANPA_LINE.search(" ".join(line.split()))
    month_day = None
    if header is not None:
        item.urgency = _URGENCY.get(header["urgency"].lower())
        item.subjects = [header["category"].lower()]
        item.slug = header["slug"].strip(" ,-") or None
        month_day = (int(header["month"]), int(header["day"])) if header["month"] else None
    item.published = item.sent = _anpa_time(end, month_day)
    lines = _untyped(body).split("\n")
    item.headline, lines = _anpa_head(item, lines)
    texts = prose.from_lines("\n".join(lines))
    texts = [text for text in texts if not re.fullmatch(r"AP-[A-Z]{2}-\d\d-\d\d-\d\d \d{4}[A-Z]{3}\W*", text)]
    _take_notes(item, texts)
    number = f"{match['service'].lower()}{match['number']}"
    take = _TAKE.search(item.slug or "")
    base = (item.slug or "")[: take.start()] if take else item.slug or ""
    day = (item.published or "")[:10]
    # A later take ("1st Ld") of a story has a number of its own: what they share is the keyword, on one day.
    named = re.sub(r"\W+", "-", base).strip("-").lower()
    item.identifier = (f"{named}/{day}" if named and not (take and take["add"]) else f"{number}/{day}") if day else None
    if take:
        item.version = int(take["lead"]) + 1 if take["lead"] else None
        item.signal = take.group().strip(" ,;").lower()
    _judge_status(item, texts, number)
    item.paragraphs = texts
    return item


def _anpa_head(item: Item, lines: list[str]) -> tuple[str | None, list[str]]:
    """Take keyword line, headline and byline off the top of the text."""
    headline = None
    kept = list(lines)
    while kept:
        text = " ".join(kept[0].split())
        short = len(text) < 90 and not text.endswith((".", ".”", '."'))
        if not text:
            kept.pop(0)
        elif re.match(r"(?:am|pm|bc|hfr)-\S", text, re.IGNORECASE) or (item.slug and _same(text, item.slug)):
            text = re.sub(r"[, ]+\d{2,4}$", "", text)  # the count of words
            item.slug = text if len(text) > len(item.slug or "") else item.slug
            kept.pop(0)
        elif re.match(r"by [^\W\d_]", text, re.IGNORECASE) and short:
            item.bylines.append(text)
            kept.pop(0)
            if (
                kept
                and re.search(r"\b(?:writer|correspondent|staff|editor|reporter)\b", kept[0], re.IGNORECASE)
                and len(kept[0]) < 60
            ):
                kept.pop(0)
        elif _EDITORS.match(text) and item.note is None:
            item.note = _EDITORS.sub("", text)
            kept.pop(0)
        elif headline is None and short and not re.match(r"\s{2,}|\t", kept[0]):
            headline = text
            kept.pop(0)
        else:
            break
    return headline, kept


def _same(text: str, slug: str) -> bool:
    one, two = (re.sub(r"\W+", "", re.sub(r"^(?:am|pm|bc|hfr)-", "", s.lower())) for s in (text, slug))
    return bool(one) and bool(two) and (one.startswith(two) or two.startswith(one)) and abs(len(one) - len(two)) <= 10


def _untyped(body: str) -> str:
    """Take typesetting marks off: quads at line ends, two grave accents for a quotation mark, _ for a dash."""
    body = _QUADS.sub("", body).replace("``", "“").replace("''", "”")
    return re.sub(r"(?<=\s)_(?=\s)", "—", body)


def _anpa_time(end: str, month_day: tuple[int, int] | None) -> str | None:
    """Read the trailer; its first two numbers are month and day in America, day and month elsewhere."""
    match = _ANPA_END.search(end)
    if match is None:
        return None
    one, two, year = int(match["one"]), int(match["two"]), 2000 + int(match["year"])
    for month, day in ((one, two), (two, one)):
        if month_day is not None and month_day != (month, day):
            continue
        try:
            when = date(year, month, day)
        except ValueError:
            continue
        if month_day is None and one <= 12 and two <= 12 and one != two and not match["zone"]:
            return None  # it reads both ways
        zone = _ZONES.get((match["zone"] or "").lower(), "")
        return stamps.iso(f"{when.isoformat()} {match['hour']}:{match['minute']} {zone}".strip())
    return None


def _take_notes(item: Item, texts: list[str]) -> None:
    """Take off what is for editors only: from the line that says so to the end."""
    at = next((n for n, text in enumerate(texts) if _PUBLIC.match(text)), None)
    if at is not None:
        at -= at > 0 and texts[at - 1].startswith("#")  # its heading
        item.note = " ".join(texts[at:])[:1000]
        del texts[at:]
    for n, text in enumerate(texts):
        if (n == 0 or n >= len(texts) - 2) and _EDITORS.match(text) and item.note is None:
            item.note = _EDITORS.sub("", text)
            del texts[n]
            break


def _judge_status(item: Item, texts: list[str], number: str) -> None:
    """Tell a kill, which names another message by its number or stands under its keyword, and a correction."""
    slug, headline = item.slug or "", item.headline or ""
    parts = [part.strip() for part in re.split(r"[/,;()]", slug)]
    service = re.sub(r"\d", "", number)
    whole = " ".join((slug, headline, *texts))
    named = [n for n in re.findall(rf"\b{service}\s?(\d{{3,5}})\b", whole, re.IGNORECASE) if f"{service}{n}" != number]
    killed = any(_KILL.match(text) for text in (*parts, headline))
    if killed or (named and any(_WITHDRAWAL.match(text) for text in (*parts, headline))):
        if item.format == "iptc-7901":
            day = (item.published or "")[:10]
            item.identifier = f"{service}{named[0]}/{day}" if named and day else None
        if item.identifier is not None or plaintext.words(" ".join(texts)) < _LONGEST_KILL:
            item.status = "kill"
    elif any(_CORRECTION.match(text) for text in (*parts, headline)):
        item.signal = "correction"
