"""Backfill: what is being made anew, and how far a backfill from files has come."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0006"

LINE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime().with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "redos",
        sa.Column("n", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("holder", LINE, nullable=True),
        sa.Column("lease_until_at", MOMENT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", LINE, nullable=True),
        sa.ForeignKeyConstraint(["n"], ["articles.n"], name=op.f("fk__redos__n"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("n", name=op.f("pk__redos")),
    )
    op.create_table(
        "backfills",
        sa.Column("key", LINE, nullable=False),
        sa.Column("file", LINE, nullable=True),
        sa.Column("documents", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk__backfills")),
    )


def downgrade() -> None:
    op.drop_table("backfills")
    op.drop_table("redos")
