"""Attached files: what they hang on and the key that opens each; a draft knows the id its input will have"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

FORMATS = ("jpeg", "png", "webp", "pdf", "docx", "xlsx", "pptx", "odt", "ods", "odp")


def upgrade() -> None:
    op.execute("CREATE SCHEMA uploads")
    listed = ", ".join(f"'{each}'" for each in FORMATS)
    op.create_table(
        "attachment",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.UUID(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("withheld", sa.Boolean(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.CheckConstraint("\"kind\" IN ('input', 'application')", name=op.f("attachment_kind_check")),
        sa.CheckConstraint(f'"format" IN ({listed})', name=op.f("attachment_format_check")),
        sa.CheckConstraint("number BETWEEN 1 AND 5", name=op.f("attachment_number_check")),
        sa.CheckConstraint("size > 0", name=op.f("attachment_size_check")),
        sa.CheckConstraint("octet_length(key) = 32", name=op.f("attachment_key_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("attachment_pkey")),
        sa.UniqueConstraint("subject_id", "number", name=op.f("attachment_subject_id_number_key")),
        schema="uploads",
    )
    op.add_column("draft", sa.Column("input_id", sa.UUID(), nullable=False, server_default=sa.text("gen_random_uuid()")),
                  schema="inputs")
    op.alter_column("draft", "input_id", server_default=None, schema="inputs")


def downgrade() -> None:
    op.drop_column("draft", "input_id", schema="inputs")
    op.drop_table("attachment", schema="uploads")
    op.execute("DROP SCHEMA uploads")
