"""The fund tells people what happened, its purpose is translated, and grants are listed as of any day."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NOTICES = ("fund_money", "fund_money_more", "fund_money_back", "fund_money_corrected", "fund_withdrawn",
           "fund_correction", "fund_ready", "fund_released", "fund_paid", "fund_returned")
TEXTS = ("fund_purpose",)
SHOWN = ("grants_shown", "grants_in_cells", "grants_placed")


def upgrade() -> None:
    _set("notices.notice", [*_kinds("notices.notice"), *NOTICES])
    _set("languages.translation", [*_kinds("languages.translation"), *TEXTS])
    for name in SHOWN:  # they now ask for a day; what is declared beside the tables makes them anew
        op.execute(f"DROP FUNCTION IF EXISTS fund.{name}(uuid)")


def downgrade() -> None:
    for name in SHOWN:
        op.execute(f"DROP FUNCTION IF EXISTS fund.{name}(uuid, date)")
    _as_owner("languages.work", "DELETE FROM languages.work w USING languages.translation t "
              f"WHERE w.translation_id = t.id AND t.kind IN ({_listed(TEXTS)})", "languages.translation")
    for table, words in (("languages.translation", TEXTS), ("notices.notice", NOTICES)):
        _as_owner(table, f"DELETE FROM {table} WHERE kind IN ({_listed(words)})")
        _set(table, [word for word in _kinds(table) if word not in words])


def _listed(words: tuple[str, ...] | list[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)


def _constraint(table: str) -> str:
    return f"{table.split('.')[1]}_kind_check"


def _kinds(table: str) -> list[str]:
    """The words that a column `kind` may hold today."""
    found = op.get_bind().execute(sa.text(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name AND conrelid = CAST(:table AS regclass)"),
        {"name": _constraint(table), "table": table}).scalar_one()
    return [part for n, part in enumerate(found.split("'")) if n % 2]


def _set(table: str, words: list[str]) -> None:
    schema, short = table.split(".")
    op.drop_constraint(op.f(_constraint(table)), short, schema=schema)
    op.create_check_constraint(op.f(_constraint(table)), short, f'"kind" IN ({_listed(words)})', schema=schema)


def _as_owner(table: str, statement: str, *further: str) -> None:
    """Change rows of tables whose row security is forced on their owner too."""
    for each in (table, *further):
        op.execute(f"ALTER TABLE {each} NO FORCE ROW LEVEL SECURITY")
    op.execute(statement)
    op.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks still to come cannot be altered
    op.execute("SET CONSTRAINTS ALL DEFERRED")
    for each in (table, *further):
        op.execute(f"ALTER TABLE {each} FORCE ROW LEVEL SECURITY")
