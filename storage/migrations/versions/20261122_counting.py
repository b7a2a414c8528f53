"""What `wiredesk status` counts by, without reading the articles; names folded for searches that are gone go, too.

Names are searched by `finds` and `spellings` since 0008; `speaker_folded` and `people_folded` were only written.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0008"

PARTS = {
    "ix__articles__copy_of": ("articles", ["copy_of"], "copy_of IS NOT NULL"),
    "ix__inbox_items__settled_at_reason": ("inbox_items", ["settled_at", "reason"], "state = 'rejected'"),
    "ix__stories__size": ("stories", ["size"], "size = 0"),
}
"""Indexes of some rows only: table, columns, which rows."""


def upgrade() -> None:
    op.create_index("ix__articles__filed_at_copy_of", "articles", ["filed_at", "copy_of"])
    for name, (table, columns, which) in PARTS.items():
        op.create_index(name, table, columns, sqlite_where=sa.text(which), postgresql_where=sa.text(which))
    op.drop_column("statements", "speaker_folded")
    op.drop_column("occurrences", "people_folded")


def downgrade() -> None:
    line = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.add_column("occurrences", sa.Column("people_folded", line, nullable=False, server_default=""))
    op.add_column("statements", sa.Column("speaker_folded", line, nullable=True))
    for name, (table, *_) in PARTS.items():
        op.drop_index(name, table)
    op.drop_index("ix__articles__filed_at_copy_of", "articles")
