"""Short sums that were answered: a question at the doors without an account is taken once"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "spent_sum",
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("nonce", name=op.f("spent_sum_pkey")),
        schema="kernel", prefixes=["UNLOGGED"],
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION IF EXISTS kernel.spend_sum(bytea, timestamptz)")
    op.drop_table("spent_sum", schema="kernel")
