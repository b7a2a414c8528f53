"""Read a page of JSON Feed 1.0 or 1.1, which feedparser does not know. Pure."""

import json
from typing import Any

from tasks import charset
from tasks.feedentries import Sent, Sheet


def read(data: bytes) -> Sheet | None:
    """Read a page in UTF-8; None if it is no JSON Feed."""
    try:
        found = json.loads(data.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not isinstance(items := found.get("items"), list):
        return None
    sent = [_sent(item) for item in items if isinstance(item, dict)]
    if "jsonfeed.org/version/" not in _string(found, "version") and not any(s.title or s.contents for s in sent):
        return None
    return Sheet(
        format="json",
        title=_string(found, "title"),
        site=_string(found, "home_page_url"),
        language=_string(found, "language"),
        sent=tuple(sent),
    )


def _sent(item: dict[str, Any]) -> Sent:
    said = item.get("authors") if isinstance(item.get("authors"), list) else [item.get("author")]
    contents = (_string(item, "content_html"), False), (_string(item, "content_text"), True)
    return Sent(
        guid=_string(item, "id"),
        link=_string(item, "url"),
        title=_string(item, "title"),
        plain_title=True,
        authors=tuple(name for a in said or () if isinstance(a, dict) and (name := _string(a, "name"))),
        published=_string(item, "date_published"),
        updated=_string(item, "date_modified"),
        contents=tuple(c for c in contents if c[0]),
        summary=(_string(item, "summary"), True),
    )


def _string(found: dict[str, Any], key: str) -> str:
    """Give a string field, stripped; a number becomes one (many write their ids so); anything else is empty."""
    value = found.get(key)
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value) if abs(value) < 1e30 else ""  # also what is no number
    return charset.fit(value).strip() if isinstance(value, str) else ""
