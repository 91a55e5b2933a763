"""How migrations run: as owner, with row security off (an error instead of silently no rows).

Policies are dropped before the first step, in the same transaction, because no column can go while one names
it; until `polyphony migrate` declares them anew, nobody sees a row.
"""

import sqlalchemy as sa
from alembic import context

from polyphony import rooms
from polyphony.kernel.database import Base


def drop_policies(connection: sa.Connection) -> None:
    """Take every policy of our tables away; forced row security stays on and then shows nothing."""
    named = "SELECT format('%I ON %I.%I', policyname, schemaname, tablename) FROM pg_policies WHERE schemaname <> 'jobs'"
    for (policy,) in connection.execute(sa.text(named)).fetchall():
        connection.exec_driver_sql(f"DROP POLICY {policy}", execution_options={"no_parameters": True})
    if connection.execute(sa.text("SELECT to_regnamespace('viewer')")).scalar():
        connection.execute(sa.text("COMMENT ON SCHEMA viewer IS NULL"))  # the note that all is applied is true no more


def will_move() -> bool:
    """Whether there is any step to take from here to the revision asked for."""
    try:
        wanted = context.get_revision_argument() or ()
    except KeyError:  # writing a new migration takes no step
        return False
    return set(context.get_context().get_current_heads()) != {*([wanted] if isinstance(wanted, str) else wanted)}


rooms.models()
engine = sa.create_engine(context.config.attributes["url"], poolclass=sa.NullPool)
with engine.connect() as connection:
    connection.execute(sa.text("SET row_security = off"))
    connection.commit()
    context.configure(connection=connection, target_metadata=Base.metadata, include_schemas=True,
                      version_table="migration", version_table_schema="public", compare_type=True,
                      include_name=lambda name, kind, parents: kind != "schema" or name not in ("jobs", "public", None))
    with context.begin_transaction():
        if will_move():
            drop_policies(connection)
        context.run_migrations()
