"""On PostgreSQL, what a phrase is found by: which two words stand side by side in a wording (`finds.bigrams`).

Each pair is a number of sixteen bits, so that the index stays small: for 350,000 statements 30 MB, where the pairs
themselves took 266. Two pairs in one number cost a look at the text, which every hit gets anyhow. SQLite's full text
knows the places of words by itself.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

# What has a colon is a label, or stands between two wordings (`storage/finding.py`).
MAKING = """
CREATE FUNCTION finds_bigrams(tokens text) RETURNS smallint[] LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT array_agg(DISTINCT ((hashtextextended(one || ' ' || two, 0) & 65535) - 32768)::smallint)
    FROM unnest(string_to_array(btrim(tokens), ' '), (string_to_array(btrim(tokens), ' '))[2:]) AS beside(one, two)
    WHERE strpos(one, ':') = 0 AND strpos(two, ':') = 0
$$"""
KEEPING = (
    "ALTER TABLE finds ADD COLUMN bigrams smallint[] GENERATED ALWAYS AS (finds_bigrams(tokens)) STORED",
    "CREATE INDEX ix__finds__bigrams ON finds USING gin (bigrams)",
    "ANALYZE finds",
)


def upgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        for command in (MAKING, *KEEPING):
            op.execute(sa.text(command.replace(":", r"\:")))


def downgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.execute("ALTER TABLE finds DROP COLUMN bigrams")
        op.execute("DROP FUNCTION finds_bigrams")
