"""Feeds, the entries that they have carried, and the looks at them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

LINE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime().with_variant(sa.DateTime(timezone=True), "postgresql")
BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "feeds",
        sa.Column("id", BIG_KEY, nullable=False),
        sa.Column("address", LINE, nullable=False),
        sa.Column("condition", LINE, nullable=False),
        sa.Column("next_poll_at", MOMENT, nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("holder", LINE, nullable=True),
        sa.Column("lease_until_at", MOMENT, nullable=True),
        sa.UniqueConstraint("address", name=op.f("uq__feeds__address")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__feeds")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix__feeds__next_poll_at", "feeds", ["next_poll_at"])
    op.create_table(
        "feed_entries",
        sa.Column("id", BIG_KEY, nullable=False),
        sa.Column("feed_id", BIG_KEY, nullable=False),
        sa.Column("key", LINE, nullable=False),
        sa.Column("guid", LINE, nullable=True),
        sa.Column("canonical", LINE, nullable=True),
        sa.Column("content_digest", LINE, nullable=False),
        sa.Column("published_raw", LINE, nullable=True),
        sa.Column("date_flag", LINE, nullable=True),
        sa.Column("first_seen_at", MOMENT, nullable=False),
        sa.Column("last_seen_at", MOMENT, nullable=False),
        sa.Column("hints", sa.Text(), nullable=False),
        sa.Column("item_id", BIG_KEY, nullable=True),
        sa.Column("own_digest", LINE, nullable=True),
        sa.Column("own_bytes", sa.BigInteger(), nullable=True),
        sa.Column("etag", LINE, nullable=True),
        sa.Column("last_modified", LINE, nullable=True),
        sa.Column("page_digest", LINE, nullable=True),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("look_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name=op.f("fk__feed_entries__feed_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["item_id"], ["inbox_items.id"], name=op.f("fk__feed_entries__item_id"), ondelete="SET NULL"
        ),
        sa.UniqueConstraint("feed_id", "key", name=op.f("uq__feed_entries__feed_id_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__feed_entries")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix__feed_entries__feed_id_last_seen_at", "feed_entries", ["feed_id", "last_seen_at"])
    op.create_index("ix__feed_entries__item_id", "feed_entries", ["item_id"])
    op.create_index("ix__feed_entries__look_at", "feed_entries", ["look_at"])
    op.create_table(
        "feed_attempts",
        sa.Column("id", BIG_KEY, nullable=False),
        sa.Column("feed_id", BIG_KEY, nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name=op.f("fk__feed_attempts__feed_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__feed_attempts")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix__feed_attempts__feed_id_id", "feed_attempts", ["feed_id", "id"])
