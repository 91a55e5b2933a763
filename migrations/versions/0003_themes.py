"""Themes are arranged, companies reminded, quotes translated, and views shown once five people have spoken."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

QUOTES, REMINDERS = ("quote",), ("reminded", "theme_removed")


def upgrade() -> None:
    _lost()
    _reminder()
    op.add_column("objection", sa.Column("handled_lang", sa.Text(), nullable=False, server_default=""), schema="feedback")
    op.add_column("ground_view", sa.Column("shown_as", sa.Text(), nullable=False, server_default=""), schema="feedback")
    for table, column in (("objection", "handled_lang"), ("ground_view", "shown_as")):
        op.alter_column(table, column, server_default=None, schema="feedback")
    op.add_column("ground_view", sa.Column("shown_on", sa.Date(), nullable=True), schema="feedback")
    op.create_check_constraint(op.f("ground_view_shown_as_length_check"), "ground_view", "length(shown_as) <= 300",
                               schema="feedback")
    op.create_check_constraint(op.f("ground_view_read_before_shown_check"), "ground_view",
                               "shown_on IS NULL OR read_on IS NOT NULL", schema="feedback")
    _as_owner("feedback.ground_view", """
        UPDATE feedback.ground_view SET shown_on = read_on WHERE read_on IS NOT NULL AND measure_id IN
        (SELECT measure_id FROM feedback.ground_view WHERE read_on IS NOT NULL GROUP BY 1 HAVING count(*) >= 5)""")
    _allow("languages.translation", "translation_kind_check", QUOTES)
    _allow("notices.notice", "notice_kind_check", REMINDERS)


def downgrade() -> None:
    _take_back("languages.translation", "translation_kind_check", QUOTES)
    _take_back("notices.notice", "notice_kind_check", REMINDERS)
    for name in ("ground_view_read_before_shown_check", "ground_view_shown_as_length_check"):
        op.drop_constraint(op.f(name), "ground_view", schema="feedback")
    for table, column in (("ground_view", "shown_on"), ("ground_view", "shown_as"), ("objection", "handled_lang")):
        op.drop_column(table, column, schema="feedback")
    op.drop_table("reminder", schema="feedback")
    op.drop_table("lost", schema="feedback")


def _to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"{table}_{column}_fkey"), initially="DEFERRED",
                                   deferrable=True)


def _lost() -> None:
    parents = {"consultation_id": "consultations.consultation", "theme_id": "feedback.theme", "input_id": "inputs.input"}
    op.create_table(
        "lost", *(sa.Column(name, sa.Uuid(), nullable=False) for name in parents),
        sa.Column("day", sa.Date(), nullable=False), sa.Column("id", sa.Uuid(), nullable=False),
        *(_to("lost", name, target) for name, target in parents.items()),
        sa.PrimaryKeyConstraint("id", name=op.f("lost_pkey")), schema="feedback")
    for name in parents:
        op.create_index(op.f(f"lost_{name}_idx"), "lost", [name], schema="feedback")


def _reminder() -> None:
    parents = {"consultation_id": "consultations.consultation", "company_id": "organisations.organisation"}
    op.create_table(
        "reminder", *(sa.Column(name, sa.Uuid(), nullable=False) for name in parents),
        sa.Column("on", sa.Date(), nullable=False), *(_to("reminder", name, target) for name, target in parents.items()),
        sa.PrimaryKeyConstraint(*parents, "on", name=op.f("reminder_pkey")), schema="feedback")
    for name in parents:
        op.create_index(op.f(f"reminder_{name}_idx"), "reminder", [name], schema="feedback")


def _as_owner(table: str, statement: str, *further: str) -> None:
    """Change rows of tables whose row security is forced on their owner too."""
    for each in (table, *further):
        op.execute(f"ALTER TABLE {each} NO FORCE ROW LEVEL SECURITY")
    op.execute(statement)
    op.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks still to come cannot be altered
    op.execute("SET CONSTRAINTS ALL DEFERRED")
    for each in (table, *further):
        op.execute(f"ALTER TABLE {each} FORCE ROW LEVEL SECURITY")


def _kinds(table: str, name: str) -> list[str]:
    """The words that a column `kind` may hold today."""
    found = op.get_bind().execute(sa.text(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name AND conrelid = CAST(:table AS regclass)"),
        {"name": name, "table": table}).scalar_one()
    return [part for n, part in enumerate(found.split("'")) if n % 2]


def _allow(table: str, name: str, words: tuple[str, ...]) -> None:
    _set(table, name, [*_kinds(table, name), *words])


def _take_back(table: str, name: str, words: tuple[str, ...]) -> None:
    gone = ", ".join(f"'{word}'" for word in words)
    kept = [word for word in _kinds(table, name) if word not in words]
    if table == "languages.translation":
        _as_owner("languages.work", f"DELETE FROM languages.work w USING {table} t WHERE w.translation_id = t.id AND "
                                    f"t.kind IN ({gone})", table)
    _as_owner(table, f"DELETE FROM {table} WHERE kind IN ({gone})")
    _set(table, name, kept)


def _set(table: str, name: str, words: list[str]) -> None:
    schema, short = table.split(".")
    listed = ", ".join(f"'{word}'" for word in words)
    op.drop_constraint(op.f(name), short, schema=schema)
    op.create_check_constraint(op.f(name), short, f"\"kind\" IN ({listed})", schema=schema)
