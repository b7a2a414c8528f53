"""What an upgrade has yet to do once the tables are as they should be, so that one that is broken off goes on."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

LINE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "chores", sa.Column("chore", LINE, nullable=False), sa.PrimaryKeyConstraint("chore", name=op.f("pk__chores"))
    )


def downgrade() -> None:
    op.drop_table("chores")
