"""Grants with their instalments and entries, put straight into the database; only the vote before them is left out."""

import uuid
from datetime import timedelta
from typing import Any

import psycopg
from tests import make, make_fund

ENTRY = ("INSERT INTO fund.entry (id, fund_id, kind, at, person_id, words, key, body_hash, lines_count, grant_id) "
         "VALUES (%s, %s, %s, now(), %s, '', %s, '', 2, %s)")
LINE = ("INSERT INTO fund.entry_line (id, entry_id, account_id, currency, amount) SELECT gen_random_uuid(), %s, id, "
        "currency, %s FROM fund.account WHERE fund_id = %s AND currency = %s AND kind = %s")


def _post(run: Any, fund: Any, by: Any, kind: str, currency: str, amount: int, debit: str, credit: str, grant: Any) -> None:
    entry = uuid.uuid4()
    run(ENTRY, (entry, fund, kind, by, f"{kind} {entry}", grant))
    for account, sum_ in ((debit, amount), (credit, -amount)):
        run("INSERT INTO fund.account (id, fund_id, currency, kind) VALUES (gen_random_uuid(), %s, %s, %s) "
            "ON CONFLICT DO NOTHING", (fund, currency, account))
        run(LINE, (entry, sum_, fund, currency, account))


def received(world: Any, amount: int, currency: str = "KES") -> None:
    """Money came in."""
    f = world.facts
    with psycopg.connect(world.server.url("postgres", world.name)) as connection:
        _post(connection.execute, f["fund"], f["treasurer"], "receipt", currency, amount, "bank", "available", None)


def grant(world: Any, organisation: Any, amount: int = 1_000_00, parts: tuple[int, ...] = (), currency: str = "KES",
          level: str = "full", country: str = "KE", at_risk: bool = False, condition: str = "") -> uuid.UUID:
    """A grant to an organisation; `parts` are its instalments, the first due today, the others a month later each."""
    f = world.facts
    call = f.setdefault("calls", {}).get(currency) or f["calls"].setdefault(
        currency, make_fund.call(world, f["fund"], currency=currency, state="decided"))
    application = make_fund.application(world, call, organisation, requested=amount, state="decided", level=level,
                                        country=country, at_risk=at_risk)
    id, days = uuid.uuid4(), 31
    with psycopg.connect(world.server.url("postgres", world.name)) as connection:
        run = connection.execute
        run("SET session_replication_role = replica")
        run("INSERT INTO fund.decision (application_id, fund_id, outcome, amount, reason, words, lang, "
            "application_revision, seats, stepped_aside, needed, votes_for, votes_against, abstained, person_id, at) "
            "VALUES (%s, %s, 'granted', %s, 'need', 'Because', 'en', 1, 5, 0, 3, 3, 0, 0, %s, now())",
            (application, f["fund"], amount, f["admin"]))
        run("SET session_replication_role = origin")
        run('INSERT INTO fund."grant" (id, fund_id, call_id, application_id, currency, amount, title, lang, country, '
            "at_risk, level, awarded_on) VALUES (%s, %s, %s, %s, %s, %s, %s, 'en', %s, %s, %s, %s)",
            (id, f["fund"], call, application, currency, amount, f"Title of {id}", country, at_risk, level, make.today()))
        run("INSERT INTO fund.grantee (grant_id, organisation_id, application_id, payee_reference) "
            "VALUES (%s, %s, %s, 'P-1')", (id, organisation, application))
        for n, part in enumerate(parts or (amount,)):
            run("INSERT INTO fund.instalment (id, grant_id, place, amount, due_on, condition, cancelled_because) VALUES "
                "(gen_random_uuid(), %s, %s, %s, %s, %s, '')",
                (id, n + 1, part, make.today() + timedelta(days=days * n), condition if n else ""))
        _post(run, f["fund"], f["admin"], "award", currency, amount, "available", "awarded", id)
    return id


def instalments(world: Any, grant_id: Any) -> list[Any]:
    return [row[0] for row in world.sql("SELECT id FROM fund.instalment WHERE grant_id = %s ORDER BY place", grant_id)]
