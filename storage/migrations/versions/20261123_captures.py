"""By what capture an item is found (`inbox_items.digest`): the nightly look for those that nobody needs goes by it."""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_index("ix__inbox_items__digest", "inbox_items", ["digest"])


def downgrade() -> None:
    op.drop_index("ix__inbox_items__digest", "inbox_items")
