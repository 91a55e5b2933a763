"""a quote may be as long as an input, and where a measure stands is said in a language of its own"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

KEY = "excerpt_theme_id_input_id_quote_key"


def upgrade() -> None:
    op.drop_constraint(op.f(KEY), "excerpt", schema="feedback", type_="unique")
    op.create_index(op.f(KEY), "excerpt", ["theme_id", "input_id", sa.text("md5(quote)")], unique=True, schema="feedback")
    op.add_column("measure", sa.Column("status_lang", sa.Text()), schema="feedback")


def downgrade() -> None:
    op.drop_column("measure", "status_lang", schema="feedback")
    op.drop_index(op.f(KEY), table_name="excerpt", schema="feedback")
    # A quote too long for the earlier index is not thrown away: PostgreSQL refuses, and the database stays as it is.
    op.create_unique_constraint(op.f(KEY), "excerpt", ["theme_id", "input_id", "quote"], schema="feedback")
