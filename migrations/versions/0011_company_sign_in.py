"""A company's own sign-in; who gave a membership and why; how an invitation ended, as rows of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def _to(column: str, target: str, table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"{table}_{column}_fkey"), initially="DEFERRED",
                                   deferrable=True)


READ = ("organisations.invitation", "organisations.membership", "people.person")  # by what moves rows and checks keys


def _forced(tables: tuple[str, ...], how: str) -> None:
    for table in tables:
        op.execute(f"ALTER TABLE {table} {how} ROW LEVEL SECURITY")


def upgrade() -> None:
    _entrances()
    _links()
    _records()


def _entrances() -> None:
    op.create_table(
        "entrance", sa.Column("organisation_id", sa.UUID(), nullable=False), sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False), sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("is_second", sa.Boolean(), nullable=False), sa.Column("acr", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True)), sa.Column("required_at", sa.DateTime(timezone=True)),
        *(sa.CheckConstraint(f"length({name}) <= {most}", name=op.f(f"entrance_{name}_length_check"))
          for name, most in (("issuer", 300), ("client_id", 300), ("domain", 253), ("acr", 300))),
        sa.CheckConstraint("required_at IS NULL OR tried_at IS NOT NULL", name=op.f("entrance_required_when_tried_check")),
        _to("organisation_id", "organisations.organisation.id", "entrance"),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("entrance_pkey")), schema="organisations")
    op.create_table(
        "entrance_secret", sa.Column("organisation_id", sa.UUID(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        _to("organisation_id", "organisations.organisation.id", "entrance_secret"),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("entrance_secret_pkey")), schema="organisations")
    op.create_table(
        "lift", sa.Column("id", sa.UUID(), nullable=False), sa.Column("organisation_id", sa.UUID(), nullable=False),
        sa.Column("person_id", sa.UUID(), nullable=False), sa.Column("required_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("words", sa.Text(), nullable=False), sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(words) <= 2000", name=op.f("lift_words_length_check")),
        _to("organisation_id", "organisations.organisation.id", "lift"), _to("person_id", "people.person.id", "lift"),
        sa.PrimaryKeyConstraint("id", name=op.f("lift_pkey")),
        sa.UniqueConstraint("organisation_id", "person_id", "required_at", name=op.f("lift_organisation_id_person_id_required_at_key")),
        schema="organisations")
    for table, column in (("entrance", "organisation_id"), ("entrance_secret", "organisation_id"),
                          ("lift", "organisation_id"), ("lift", "person_id")):
        op.create_index(op.f(f"{table}_{column}_idx"), table, [column], schema="organisations")


def _links() -> None:
    op.create_table(
        "company_link", sa.Column("id", sa.UUID(), nullable=False), sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("organisation_id", sa.UUID(), nullable=False), sa.Column("verifier", sa.LargeBinary(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False), _to("person_id", "people.person.id", "company_link"),
        sa.PrimaryKeyConstraint("id", name=op.f("company_link_pkey")),
        sa.UniqueConstraint("person_id", "organisation_id", name=op.f("company_link_person_id_organisation_id_key")),
        sa.UniqueConstraint("verifier", name=op.f("company_link_verifier_key")), schema="people")
    for column in ("person_id", "organisation_id"):
        op.create_index(op.f(f"company_link_{column}_idx"), "company_link", [column], schema="people")
    op.add_column("session", sa.Column("organisation_id", sa.UUID()), schema="people")
    op.add_column("session", sa.Column("second_by_company", sa.Boolean(), server_default=sa.false(), nullable=False),
                  schema="people")


def _records() -> None:
    op.create_table(
        "invitation_end", sa.Column("invitation_id", sa.UUID(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False), sa.Column("by", sa.UUID()),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("\"outcome\" IN ('accepted', 'withdrawn')", name=op.f("invitation_end_outcome_check")),
        _to("invitation_id", "organisations.invitation.id", "invitation_end"),
        _to("by", "people.person.id", "invitation_end"),
        sa.PrimaryKeyConstraint("invitation_id", name=op.f("invitation_end_pkey")), schema="organisations")
    for column in ("invitation_id", "by"):
        op.create_index(op.f(f"invitation_end_{column}_idx"), "invitation_end", [column], schema="organisations")
    _forced(READ, "NO FORCE")
    op.execute("INSERT INTO organisations.invitation_end SELECT id, CASE WHEN answered_at IS NULL THEN 'withdrawn' ELSE "
               "'accepted' END, NULL, coalesce(answered_at, at) FROM organisations.invitation WHERE withdrawn OR "
               "answered_at IS NOT NULL")
    op.execute("SET CONSTRAINTS ALL IMMEDIATE")
    op.drop_column("invitation", "answered_at", schema="organisations")
    op.drop_column("invitation", "withdrawn", schema="organisations")
    op.add_column("membership", sa.Column("given_by", sa.UUID()), schema="organisations")
    op.add_column("membership", sa.Column("why", sa.Text(), server_default="", nullable=False), schema="organisations")
    op.add_column("membership", sa.Column("invitation_id", sa.UUID()), schema="organisations")
    for column, target in (("given_by", "people.person"), ("invitation_id", "organisations.invitation")):
        schema, table = target.split(".")
        op.create_foreign_key(op.f(f"membership_{column}_fkey"), "membership", table, [column], ["id"],
                              source_schema="organisations", referent_schema=schema, initially="DEFERRED", deferrable=True)
        op.create_index(op.f(f"membership_{column}_idx"), "membership", [column], schema="organisations")
    _forced(READ, "FORCE")


def downgrade() -> None:
    """Sessions that a company's sign-in opened end: the older shape could not tell them from others."""
    for column in ("invitation_id", "given_by", "why"):
        op.drop_column("membership", column, schema="organisations")
    op.add_column("invitation", sa.Column("answered_at", sa.DateTime(timezone=True)), schema="organisations")
    op.add_column("invitation", sa.Column("withdrawn", sa.Boolean(), server_default=sa.false(), nullable=False),
                  schema="organisations")
    opened = ("organisations.invitation", "organisations.invitation_end", "people.session")
    _forced(opened, "NO FORCE")
    op.execute("UPDATE organisations.invitation i SET answered_at = CASE WHEN e.outcome = 'accepted' THEN e.at END, "
               "withdrawn = e.outcome = 'withdrawn' FROM organisations.invitation_end e WHERE e.invitation_id = i.id")
    op.execute("DELETE FROM people.session WHERE organisation_id IS NOT NULL")
    op.execute("SET CONSTRAINTS ALL IMMEDIATE")
    _forced(opened, "FORCE")
    op.alter_column("invitation", "withdrawn", server_default=None, schema="organisations")
    op.drop_table("invitation_end", schema="organisations")
    op.drop_column("session", "second_by_company", schema="people")
    op.drop_column("session", "organisation_id", schema="people")
    op.drop_table("company_link", schema="people")
    for table in ("lift", "entrance_secret", "entrance"):
        op.drop_table(table, schema="organisations")
