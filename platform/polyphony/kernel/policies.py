"""Row security, declared as SQL text beside each table and applied as a whole.

A table that nobody declared is a mistake: `undeclared()` names it, the migration refuses it and
a test says why. SELECT, INSERT, UPDATE and DELETE are apart, because who may read a thing is
seldom who may change it. Predicates read the viewer only inside scalar sub-selects, which
PostgreSQL evaluates once per statement; a function called per row would cost 5 to 78 times more.
"""

from dataclasses import dataclass, field

import sqlalchemy as sa

from polyphony.kernel.database import Base

APP, WORKER, LOOKUP = "polyphony_app", "polyphony_worker", "polyphony_lookup"
VAULT = "polyphony_vault"
ROLES = f"{APP}, {WORKER}, {LOOKUP}, {VAULT}"
VERBS = ("SELECT", "INSERT", "UPDATE", "DELETE")
SEALED = "(SELECT viewer.sealed())"


def ids(fact: str) -> str:
    """The viewer's ids of one kind (`facilitated`, `convened`, …) as a uuid array."""
    return f"(SELECT nullif(current_setting('polyphony.{fact}', true), '')::uuid[])::uuid[]"


def one(fact: str) -> str:
    """A single id of the viewer: `person` or `phrase`."""
    return f"(SELECT nullif(current_setting('polyphony.{fact}', true), '')::uuid)"


def holds(role: str) -> str:
    """Whether the viewer holds a role of the platform itself: steward, auditor."""
    return f"(SELECT '{role}' = ANY(nullif(current_setting('polyphony.roles', true), '')::text[]))"


def own_hat() -> str:
    """Whether the viewer reads as herself: on the desks of a fund (`Rule.hat`) nobody sees a case as its applicant."""
    return "(SELECT coalesce(current_setting('polyphony.hat', true), '') = '')"


def any_of(column: str, *facts: str) -> str:
    """`column` is among any of the viewer's ids of these kinds: one array, for each sub-select costs at every start."""
    every = " || ".join(f"nullif(current_setting('polyphony.{fact}', true), '')::uuid[]" for fact in facts)
    return f"({column} = ANY ((SELECT {every})::uuid[]))"


@dataclass(frozen=True)
class Policy:
    """One permission: who (database role), which verb, which rows."""

    table: str
    name: str
    verb: str
    to: str
    using: str = ""
    check: str = ""

    def sql(self) -> str:
        parts = [f'CREATE POLICY "{self.name}" ON {self.table} FOR {self.verb} TO {self.to}']
        if self.using:
            parts.append(f"USING ({self.using})")
        if self.check:
            parts.append(f"WITH CHECK ({self.check})")
        return " ".join(parts)


@dataclass
class Protection:
    """What the database allows on one table."""

    table: str
    grants: dict[str, str] = field(default_factory=dict)
    policies: list[Policy] = field(default_factory=list)
    open_reference: bool = False


declared: dict[str, Protection] = {}
functions: list[tuple[str, str]] = []  # (signature, CREATE FUNCTION …), owned by polyphony_lookup
owners: dict[str, str] = {}  # functions that another role owns, by signature
statements: list[str] = []  # triggers and other idempotent SQL, applied last


# Which thing a row belongs to is said when it is made. Nobody moves a row into another consultation or another name.
BELONGS = {"consultation_id", "person_id", "phrase_id", "company_id", "organisation_id", "input_id", "theme_id",
           "answer_id", "measure_id", "view_id", "translation_id", "subject_id", "application_id", "grant_id",
           "audience", "readers", "speaks_as"}  # for whom and as whom somebody speaks is hers to say, once


def _staying(model: type[Base] | str, verbs: str) -> str:
    """UPDATE narrowed to the columns that may change: never a key, never what the row belongs to."""
    if isinstance(model, str) or "UPDATE" not in verbs:
        return verbs
    may = [f'"{x.name}"' for x in model.__table__.columns if not x.primary_key and x.name not in BELONGS]
    return verbs.replace("UPDATE", f"UPDATE ({', '.join(may)})")


def protect(model: type[Base] | str, *, app: str = "", worker: str = "", lookup: str = "SELECT",
            vault: str = "") -> Protection:
    """Declare a table: what each database role may do at all. Rows come by `allow`."""
    table = model if isinstance(model, str) else model.__table__.fullname  # type: ignore[attr-defined]
    kept = declared.setdefault(table, Protection(table))
    given = ((APP, _staying(model, app)), (WORKER, worker), (LOOKUP, lookup), (VAULT, vault))
    kept.grants = {role: verbs for role, verbs in given if verbs}
    for role, verbs in given[1:]:
        short = role.removeprefix("polyphony_")
        for verb in VERBS:
            if verb in verbs.upper():
                kept.policies.append(Policy(table, f"{short}_{verb.lower()}", verb, role,
                                            using="" if verb == "INSERT" else "true",
                                            check="true" if verb in ("INSERT", "UPDATE") else ""))
    return kept


def allow(model: type[Base] | str, verb: str, name: str, rows: str, *, check: str = "", public: bool = False) -> None:
    """Let the web role `verb` the rows for which `rows` is true (sealed viewer unless `public`).

    Several policies on one verb add up. A room may add a policy to a table of a lower room, to let
    its own people reach rows there.
    """
    table = model if isinstance(model, str) else model.__table__.fullname  # type: ignore[attr-defined]
    kept = declared.setdefault(table, Protection(table))
    sealed = rows if public else f"{SEALED} AND ({rows})"
    after = sealed if not check else (check if public else f"{SEALED} AND ({check})")
    kept.policies.append(
        Policy(table, f"{verb.lower()}_{name}", verb, APP, using="" if verb == "INSERT" else sealed,
               check=after if verb in ("INSERT", "UPDATE") else "")
    )


def reference(model: type[Base]) -> None:
    """Public reference data: readable by everyone, written only by migrations."""
    table = model.__table__.fullname  # type: ignore[attr-defined]
    declared[table] = Protection(table, {APP: "SELECT", WORKER: "SELECT", LOOKUP: "SELECT"}, [], open_reference=True)


def definer(signature: str, body: str, *, to: str = APP, owner: str = LOOKUP) -> None:
    """A SECURITY DEFINER function: the one way past row security, named, narrow, revoked from PUBLIC.

    `body` is everything after `CREATE OR REPLACE FUNCTION <signature>` up to the AS clause included.
    """
    functions.append((signature, f"{to}\n{body}"))
    owners[signature] = owner


def undeclared() -> list[str]:
    """Tables in the models that no room has protected."""
    return sorted(t.fullname for t in Base.metadata.tables.values() if t.fullname not in declared)


def apply(connection: sa.Connection) -> None:
    """Make the catalogue equal to what is declared: drop every policy and grant, put these."""
    missing = undeclared()
    if missing:
        raise LookupError(f"tables without row security: {', '.join(missing)}")
    connection = connection.execution_options(no_parameters=True)
    run = connection.exec_driver_sql
    for schema in sorted({name.split(".")[0] for name in declared} | {"viewer"}):
        run(f"GRANT USAGE ON SCHEMA {schema} TO {ROLES}")
    for table, name in run("SELECT schemaname || '.' || tablename, policyname FROM pg_policies").fetchall():
        if table in declared:
            run(f'DROP POLICY "{name}" ON {table}')
    _apply_functions(connection)
    for kept in declared.values():
        _apply_table(connection, kept)
    for statement in statements:
        run(statement)


def _apply_table(connection: sa.Connection, kept: Protection) -> None:
    run = connection.exec_driver_sql
    run(f"REVOKE ALL ON {kept.table} FROM PUBLIC, {ROLES}")
    for role, verbs in kept.grants.items():
        run(f"GRANT {verbs} ON {kept.table} TO {role}")
    if kept.open_reference:
        return
    run(f"ALTER TABLE {kept.table} ENABLE ROW LEVEL SECURITY")
    run(f"ALTER TABLE {kept.table} FORCE ROW LEVEL SECURITY")
    for policy in kept.policies:
        run(policy.sql())


def _apply_functions(connection: sa.Connection) -> None:
    run = connection.exec_driver_sql
    for checked in ("off", "on"):  # made first, read through when all are there: a lower room may ask a higher one
        run(f"SET LOCAL check_function_bodies = {checked}")
        for signature, text in functions:
            _, body = text.split("\n", 1)
            run(f"CREATE OR REPLACE FUNCTION {signature} {body}")
    for signature, text in functions:
        role, owner = text.split("\n", 1)[0], owners[signature]
        name = _identity(signature)
        schema = signature.split(".")[0]
        run(f"GRANT CREATE ON SCHEMA {schema} TO {owner}")  # PostgreSQL wants it of a new owner
        run(f"ALTER FUNCTION {name} OWNER TO {owner}")
        run(f"REVOKE CREATE ON SCHEMA {schema} FROM {owner}")
        run(f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC")
        run(f"GRANT EXECUTE ON FUNCTION {name} TO {role}")


def _identity(signature: str) -> str:
    """`schema.name(a text, b uuid)` as ALTER FUNCTION wants it (argument names are allowed there)."""
    return signature.split(" RETURNS ")[0]


def differences(connection: sa.Connection) -> list[str]:
    """Where the catalogue differs from what is declared: open tables, policies too many or too few, loose functions."""
    ask = connection.exec_driver_sql
    guarded = sorted(kept.table for kept in declared.values() if not kept.open_reference)
    forced = {name for (name,) in ask("SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n "
                                      "ON n.oid = c.relnamespace WHERE c.relrowsecurity AND c.relforcerowsecurity")}
    there = {(table, name) for table, name in ask("SELECT schemaname || '.' || tablename, policyname FROM pg_policies "
                                                  "WHERE schemaname <> 'jobs'")}
    wanted = {(kept.table, policy.name) for kept in declared.values() for policy in kept.policies}
    loose = [name for (name,) in ask("SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.prosecdef AND "
                                     "(p.proconfig IS NULL OR has_function_privilege('public', p.oid, 'EXECUTE'))")]
    return [*(f"{table}: row security is not forced" for table in guarded if table not in forced),
            *(f"{table}: policy {name} is missing" for table, name in sorted(wanted - there)),
            *(f"{table}: policy {name} is declared nowhere" for table, name in sorted(there - wanted)),
            *(f"{name}: may be called by everybody" for name in loose)]
