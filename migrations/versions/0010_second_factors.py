"""Second factors, recovery codes and challenges; a session says whether one was given, and when she last proved herself"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("session", sa.Column("factored", sa.Boolean(), nullable=False, server_default=sa.false()), schema="people")
    op.add_column("session", sa.Column("proven_at", sa.DateTime(timezone=True), nullable=True), schema="people")
    op.add_column("session", sa.Column("seats", sa.LargeBinary(), nullable=True), schema="people")
    op.create_table(
        "factor",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("verifier", sa.LargeBinary(), nullable=False),
        sa.Column("credential", sa.LargeBinary(), nullable=True),
        sa.Column("public_key", sa.LargeBinary(), nullable=True),
        sa.Column("mark", sa.BigInteger(), nullable=False),
        sa.Column("added_on", sa.Date(), nullable=False),
        sa.CheckConstraint("\"kind\" IN ('app', 'passkey')", name=op.f("factor_kind_check")),
        sa.CheckConstraint("length(label) <= 100", name=op.f("factor_label_length_check")),
        sa.ForeignKeyConstraint(["person_id"], ["people.person.id"], name=op.f("factor_person_id_fkey"),
                                initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("factor_pkey")),
        sa.UniqueConstraint("credential", name=op.f("factor_credential_key")),
        schema="people",
    )
    op.create_index(op.f("factor_person_id_idx"), "factor", ["person_id"], unique=False, schema="people")
    op.create_table(
        "recovery",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.person.id"], name=op.f("recovery_person_id_fkey"),
                                initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("hash", name=op.f("recovery_pkey")),
        schema="people",
    )
    op.create_index(op.f("recovery_person_id_idx"), "recovery", ["person_id"], unique=False, schema="people")
    op.create_table(
        "challenge",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("challenge_pkey")),
        schema="people",
    )
    people = ("person_id", "asked_by", "steward_id")
    op.create_table(
        "factor_reset",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("organisation_id", sa.UUID(), nullable=False),
        sa.Column("asked_by", sa.UUID(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("steward_id", sa.UUID(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.CheckConstraint("length(words) <= 2000", name=op.f("factor_reset_words_length_check")),
        *(sa.ForeignKeyConstraint([column], ["people.person.id"], name=op.f(f"factor_reset_{column}_fkey"),
                                  initially="DEFERRED", deferrable=True) for column in people),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.organisation.id"],
                                name=op.f("factor_reset_organisation_id_fkey"), initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("factor_reset_pkey")),
        schema="organisations",
    )
    for column in (*people, "organisation_id"):
        op.create_index(op.f(f"factor_reset_{column}_idx"), "factor_reset", [column], unique=False, schema="organisations")


def downgrade() -> None:
    for function in ("step_of", "is_fresh"):  # they take a row of the table that the older shape changes or drops
        op.execute(f"DROP FUNCTION IF EXISTS people.{function}(people.session)")
    op.drop_table("factor_reset", schema="organisations")
    for table in ("challenge", "recovery", "factor"):
        op.drop_table(table, schema="people")
    for column in ("seats", "proven_at", "factored"):
        op.drop_column("session", column, schema="people")
