"""Bring a database to the present: schema by Alembic, then row security and functions as a whole."""

import secrets

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from polyphony import rooms
from polyphony.folders import folder
from polyphony.kernel import policies, present, viewer

_declared = False


def config(owner_url: str) -> Config:
    """Alembic's settings without a file of its own."""
    made = Config()
    made.set_main_option("script_location", str(folder("migrations")))
    made.attributes["url"] = owner_url
    return made


def migrate(owner_url: str, *, revision: str = "head") -> None:
    """Upgrade the schema and make policies, grants and functions equal to what the code declares."""
    rooms.models()
    command.upgrade(config(owner_url), revision)
    secure(owner_url)
    if revision == "head":
        present.note(owner_url)


def secure(owner_url: str) -> None:
    """Apply row security and the seal's key; safe to repeat."""
    global _declared
    rooms.models()
    if not _declared:
        viewer.declare()
        _declared = True
    engine = sa.create_engine(owner_url)
    with engine.begin() as connection:
        policies.apply(connection)
        connection.execute(sa.text("ALTER TABLE viewer.key NO FORCE ROW LEVEL SECURITY"))
        connection.execute(sa.text("INSERT INTO viewer.key (number, secret) VALUES (1, :secret) "
                                   "ON CONFLICT (number) DO NOTHING"), {"secret": secrets.token_bytes(32)})
        connection.execute(sa.text("ALTER TABLE viewer.key FORCE ROW LEVEL SECURITY"))
    engine.dispose()
