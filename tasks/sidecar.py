"""What lies beside a document and says what is known of it: `NAME.meta.json`. Pure: no disk, no clock.

{"url": "https://...", "publisher": "Halcyon Daily", "published": "2026-03-10T08:06+01:00", "identifier": "hd-4711"}
"""

import json
from dataclasses import replace
from typing import Final

from storage.errors import Rejected
from storage.records import Hints, sort_time

FIELDS: Final = ("url", "publisher", "published", "identifier")
LARGEST: Final = 64 * 1024
"""Bytes of a sidecar."""


def read(raw: bytes, *, beside: Hints) -> Hints:
    """Read a sidecar; what it does not say is as in `beside`. Fields that it has besides are nobody's business here.

    Raises:
        Rejected: `broken`, because what is known of the document would be lost if it were filed without.
    """
    try:
        record = json.loads(raw)
    except ValueError as error:
        raise Rejected("broken", f"its sidecar is no JSON ({error}); mend it and drop both again") from error
    if not isinstance(record, dict):
        raise Rejected("broken", "its sidecar is no JSON object; mend it and drop both again")
    known: dict[str, str] = {}
    for name in FIELDS:
        value = record.get(name)
        if value is None or value == "":
            continue
        if not isinstance(value, str):
            raise Rejected("broken", f"`{name}` in its sidecar is no text; mend it and drop both again")
        known[name] = value
    if "published" in known and sort_time(known["published"]) is None:
        detail = f"`published` in its sidecar, {known['published']!r}, is no ISO 8601 date; mend it and drop both again"
        raise Rejected("broken", detail)
    return replace(beside, **known)
