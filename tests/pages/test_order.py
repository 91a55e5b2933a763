"""The order of a page is its own: rows lying in another order in the database make the same bytes."""

import pytest

from crawl import addresses, browser_of
from swap import CHANGING

FRESH = {"inputs.without_account": "a new return phrase each time", "people.left": "what time it is elsewhere",
         "people.add_app": "a new secret each time"}


def shuffle(world) -> None:
    """Write every table anew, its rows in random order."""
    kept = world.sql("SELECT format('%%I.%%I', n.nspname, c.relname), string_agg(format('%%I', a.attname), ', ') "
                     "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid "
                     "WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'jobs') "
                     "AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' GROUP BY 1")
    assert kept
    steps = ["SET session_replication_role = replica"]
    for table, columns in kept:
        steps += [f"CREATE TEMP TABLE was AS SELECT * FROM {table}", f"DELETE FROM {table}",
                  f"INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM was ORDER BY random()",
                  "DROP TABLE was"]
    world.sql("; ".join(steps))
    for table, _ in kept:
        world.sql(f"VACUUM FULL {table}")


def shown(world, client) -> dict[str, bytes]:
    """Every page of this person, without the values that are new with each rendering."""
    return {address: CHANGING.sub(rb'\1"', client.get(address).data)
            for endpoint, address in addresses(world) if endpoint not in FRESH}


def differing(world, clients, rearrange) -> list[str]:
    before = [shown(world, client) for client in clients]
    rearrange()
    after = [shown(world, client) for client in clients]
    return [address for one, other in zip(before, after, strict=True) for address in one if one[address] != other[address]]


@pytest.mark.slow
def test_pages_keep_their_order(clone) -> None:
    world = clone()
    clients = [browser_of(world, who) for who in ("facilitator", "lead", "coordinator", "visitor")]
    for client in clients:  # whoever was given a link sees one consultation more from then on
        assert client.get(f"/en/c/{world.facts['link']}").status_code == 303
        client.get("/en/home")
    world.sql("UPDATE people.session SET seen_at = now() + interval '1 hour'")  # or pages would tell the minute of their own use
    assert differing(world, clients, lambda: shuffle(world)) == [], "a list here has no order of its own"


@pytest.mark.parametrize("ordered", [False, True])
def test_a_list_without_an_order_is_found(clone, ordered: bool) -> None:
    import sqlalchemy as sa

    from polyphony.kernel.access import access, anyone
    from polyphony.kernel.database import db
    from polyphony.organisations.models import Organisation

    world = clone()

    def view():
        wanted = sa.select(Organisation.id)
        return str(db.session.scalars(wanted.order_by(Organisation.id) if ordered else wanted).all())

    world.app.add_url_rule("/<lang>/planted", "planted", access(anyone)(view))
    client = world.client()
    pages = [client.get("/en/planted").data for _ in range(2)]
    shuffle(world)
    pages.append(client.get("/en/planted").data)
    assert pages[0] == pages[1]
    assert len(pages[0]) > 300
    assert (pages[1] == pages[2]) is ordered
