"""How values stand in a column, the same on both databases. Private to storage.

Text: PostgreSQL cannot hold NUL, and neither database a lone surrogate. Both become U+FFFD on their way in, one for
one, so that every offset stays true; the bytes as they came are on the raw shelf.
Times: aware UTC in, aware UTC out; a naive one is refused.
"""

import json
import re
from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, MetaData, Table, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

BigKey = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only in a column that says INTEGER."""


def storable(text: str) -> str:
    """Replace what a database cannot hold (NUL, lone surrogates) by U+FFFD, one for one."""
    return text if text.isascii() and "\x00" not in text else _UNSTORABLE.sub("�", text)


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(k): _clean(v) for k, v in value.items()}
    return [_clean(v) for v in value] if isinstance(value, list | tuple) else value


class Line(TypeDecorator[str]):
    """Text that both databases can hold, and order the same way: by code point."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(Text(collation="C" if dialect.name == "postgresql" else None))

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else storable(value)


class Json(TypeDecorator[Any]):
    """JSON as text, readable by the JSON functions of both databases."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        if value is None:
            return None
        written = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        if "\\u0000" in written or not (written.isascii() or _UNSTORABLE.search(written) is None):
            written = json.dumps(_clean(value), ensure_ascii=False, separators=(",", ":"))
        return written

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        return None if value is None else json.loads(value)


class Utc(TypeDecorator[datetime]):
    """A moment. SQLite stores it without a zone, always in UTC.

    Raises:
        ValueError: (wrapped in sqlalchemy's StatementError) a datetime without a zone was bound.
    """

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(DateTime(timezone=dialect.name != "sqlite"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone; the store keeps aware times only")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The root of the tables; names of keys and indexes follow one convention, so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix__%(table_name)s__%(column_0_N_name)s",
            "uq": "uq__%(table_name)s__%(column_0_N_name)s",
            "ck": "ck__%(table_name)s__%(constraint_name)s",
            "fk": "fk__%(table_name)s__%(column_0_N_name)s",
            "pk": "pk__%(table_name)s",
        }
    )
    __table__: ClassVar[Table]
    type_annotation_map: ClassVar[dict[Any, Any]] = {str: Line, datetime: Utc, dict[str, Any]: Json, list[Any]: Json}
