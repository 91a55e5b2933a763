"""Whether a database already is what this code declares, so that starting again need not make it so again.

Applying every policy anew takes longer than starting the server. What was applied is noted beside the schema it
belongs to; any change of code or migrations, and any other revision of the schema, makes the note untrue.
"""

import hashlib

import psycopg
from psycopg import sql

from polyphony.folders import folder, source

_READ = "SELECT obj_description('viewer'::regnamespace), (SELECT string_agg(version_num, ',') FROM public.migration)"


def fingerprint() -> str:
    """A mark of all code and migrations: equal marks declare equal tables, policies and functions."""
    mark = hashlib.sha256()
    for base in (source() / "polyphony", folder("migrations")):
        for path in sorted(base.rglob("*.py")):
            mark.update(f"{path.relative_to(base)}\0".encode())
            mark.update(path.read_bytes())
    return mark.hexdigest()


def is_present(owner_url: str) -> bool:
    """Whether this very code has migrated and secured the database, and nobody has moved its schema since."""
    try:
        with psycopg.connect(owner_url.replace("+psycopg", "", 1), connect_timeout=10) as connection:
            row = connection.execute(_READ).fetchone()
    except psycopg.Error:
        return False
    return bool(row and row[0] == f"{fingerprint()} at {row[1]}")


def note(owner_url: str) -> None:
    """Note that this code has just made the database what it declares."""
    with psycopg.connect(owner_url.replace("+psycopg", "", 1)) as connection:
        revision = connection.execute("SELECT string_agg(version_num, ',') FROM public.migration").fetchone()
        said = sql.Literal(f"{fingerprint()} at {revision[0] if revision else ''}")
        connection.execute(sql.SQL("COMMENT ON SCHEMA viewer IS {}").format(said))
