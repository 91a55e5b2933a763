"""The same house without its guard: no row security, and a viewer that is looked up by her session and signed by nobody.

Everything else stays: the same pages, statements, roles and rows. What the guarded house costs more is what opening and
checking the signed viewer and the row policies cost.
"""

import uuid
from types import SimpleNamespace

import make  # type: ignore[import-not-found]
import psycopg

from polyphony.kernel.postgres import Embedded

OPEN = """
CREATE OR REPLACE FUNCTION viewer.open(secret bytea, link_secrets bytea[]) RETURNS jsonb LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $f$
  SELECT set_config('plan_cache_mode', 'force_generic_plan', true);
  SELECT told FROM public.known WHERE person_id = coalesce((SELECT s.person_id FROM people.session s
    WHERE s.token_hash = sha256(secret)), '00000000-0000-0000-0000-000000000000')
$f$"""


def without(world: SimpleNamespace, server: Embedded, name: str, person: uuid.UUID) -> str:
    """A copy of this database in which nothing guards; what the viewer's opening tells of this person is kept in a row."""
    secret, copy = make.session_of(world, person), f"{name}_unguarded"
    server.create_database(copy, template=name)
    with psycopg.connect(server.url("postgres", copy)) as c:
        c.execute("CREATE TABLE public.known AS SELECT %s::uuid AS person_id, viewer.open(%s, '{}') AS told", [person, secret])
        c.execute("INSERT INTO public.known SELECT '00000000-0000-0000-0000-000000000000', viewer.open(NULL, '{}')")
        c.execute("ALTER TABLE public.known ADD PRIMARY KEY (person_id)")
        c.execute("GRANT USAGE ON SCHEMA public TO polyphony_lookup")
        c.execute("GRANT SELECT ON public.known TO polyphony_lookup")
        c.execute(OPEN)
        for (table,) in c.execute("SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relrowsecurity").fetchall():
            c.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    with psycopg.connect(server.url("postgres", copy), autocommit=True) as c:
        c.execute("VACUUM ANALYZE")
    return copy
