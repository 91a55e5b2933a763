"""Who facilitates is asked, accepts, declines and hands over in rows of its own; words carry their language."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

OLD = ("invited", "announced", "open", "inputs_end", "input_read", "input_masked", "placed", "objection",
       "objection_handled", "themes_shared", "published", "answered_late", "ground_round", "closed", "convene",
       "appointed", "handed", "joined", "reset", "member_invitation", "defaulted", "left")
NEW = ("facilitate", "declined", "company_declined", "taken_back", "facilitator_gone", "successor", "took_over",
       "translator_ended", "admitted", "turned_away")
SAYS = ("asked", "agreed", "accepted", "declined", "stepped_back", "took_over")


def _kinds(kinds: tuple[str, ...]) -> None:
    op.drop_constraint(op.f("notice_kind_check"), "notice", schema="notices", type_="check")
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.create_check_constraint(op.f("notice_kind_check"), "notice", f'"kind" IN ({listed})', schema="notices")


def upgrade() -> None:
    listed = ", ".join(f"'{word}'" for word in SAYS)
    op.create_table(
        "facilitation",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("consultation_id", sa.UUID(), nullable=False),
        sa.Column("organisation_id", sa.UUID(), nullable=False),
        sa.Column("company_id", sa.UUID(), nullable=True),
        sa.Column("says", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("lang", sa.Text(), nullable=False),
        sa.CheckConstraint(f'"says" IN ({listed})', name=op.f("facilitation_says_check")),
        sa.CheckConstraint("(says IN ('asked', 'agreed')) = (company_id IS NOT NULL)",
                           name=op.f("facilitation_companies_ask_check")),
        sa.CheckConstraint("length(words) <= 2000", name=op.f("facilitation_words_length_check")),
        *(sa.ForeignKeyConstraint([column], [target], name=op.f(f"facilitation_{column}_fkey"), initially="DEFERRED",
                                  deferrable=True)
          for column, target in (("consultation_id", "consultations.consultation.id"),
                                 ("organisation_id", "organisations.organisation.id"),
                                 ("company_id", "organisations.organisation.id"))),
        sa.PrimaryKeyConstraint("id", name=op.f("facilitation_pkey")),
        schema="consultations",
    )
    for column in ("consultation_id", "organisation_id", "company_id"):
        op.create_index(op.f(f"facilitation_{column}_idx"), "facilitation", [column], schema="consultations")
    op.add_column("raise", sa.Column("lang", sa.Text(), nullable=False, server_default="en"), schema="consultations")
    op.add_column("convener", sa.Column("lang", sa.Text(), nullable=False, server_default="en"),
                  schema="consultations")
    op.add_column("convener", sa.Column("words_id", sa.UUID(), nullable=False,
                                        server_default=sa.text("gen_random_uuid()")), schema="consultations")
    _kinds(OLD + NEW)


def downgrade() -> None:
    op.execute("ALTER TABLE notices.notice NO FORCE ROW LEVEL SECURITY")
    op.execute(sa.text("DELETE FROM notices.notice WHERE kind = ANY(:kinds)").bindparams(
        sa.bindparam("kinds", list(NEW), type_=sa.ARRAY(sa.Text()))))
    op.execute("ALTER TABLE notices.notice FORCE ROW LEVEL SECURITY")
    _kinds(OLD)
    for table, column in (("convener", "words_id"), ("convener", "lang"), ("raise", "lang")):
        op.execute(f'ALTER TABLE consultations."{table}" DROP COLUMN {column} CASCADE')  # with policies that read it
    op.execute("DROP TABLE consultations.facilitation CASCADE")
