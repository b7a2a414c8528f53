"""Stories that a thousand outlets reprint: their cores, and each wording that they carry once."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0004"

LINE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("articles", sa.Column("core", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.drop_index("ix__articles__story_id", "articles")
    op.create_index("ix__articles__story_id_published_at", "articles", ["story_id", "published_at"])
    op.create_table(
        "wordings",
        sa.Column("story_id", LINE, nullable=False),
        sa.Column("kind", LINE, nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("story_id", "kind", "member_id", name=op.f("pk__wordings")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("wordings")
    op.drop_index("ix__articles__story_id_published_at", "articles")
    op.create_index("ix__articles__story_id", "articles", ["story_id"])
    op.drop_column("articles", "core")
