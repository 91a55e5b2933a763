"""How migrations run: as owner, with row security off (an error instead of silently no rows)."""

import sqlalchemy as sa
from alembic import context

from polyphony import rooms
from polyphony.kernel.database import Base

rooms.models()
engine = sa.create_engine(context.config.attributes["url"], poolclass=sa.NullPool)
with engine.connect() as connection:
    connection.execute(sa.text("SET row_security = off"))
    connection.commit()
    context.configure(connection=connection, target_metadata=Base.metadata, include_schemas=True,
                      version_table="migration", version_table_schema="public", compare_type=True,
                      include_name=lambda name, kind, parents: kind != "schema" or name not in ("jobs", "public", None))
    with context.begin_transaction():
        context.run_migrations()
