"""The database's own roles: who owns, who serves, who works, who looks up, who keeps, who saves, who checks."""

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql

OWNER, APP, WORKER = "polyphony_owner", "polyphony_app", "polyphony_worker"
LOOKUP, BACKUP, AUDITOR = "polyphony_lookup", "polyphony_backup", "polyphony_auditor"
VAULT = "polyphony_vault"  # nobody signs in as it; it alone reads what is sealed
WITH_LOGIN = (OWNER, APP, WORKER, BACKUP, AUDITOR)
ROLES = (*WITH_LOGIN, LOOKUP, VAULT)

_PLAIN = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION INHERIT"


def ensure_roles(superuser: psycopg.Connection[Any], passwords: Mapping[str, str]) -> None:
    """Make the seven roles what they must be, however they were before; safe to repeat.

    Only the backup role sees past row security, and it may only read. The owner may hand functions
    over to the lookup role and the vault's, which nobody can sign in as.
    """
    there = {name for (name,) in superuser.execute("SELECT rolname FROM pg_roles WHERE rolname LIKE 'polyphony%%'")}
    for role in ROLES:
        verb = "ALTER" if role in there else "CREATE"
        rights = [_PLAIN, "BYPASSRLS" if role == BACKUP else "NOBYPASSRLS",
                  "LOGIN" if role in WITH_LOGIN else "NOLOGIN"]
        statement = sql.SQL("{} ROLE {} {}").format(sql.SQL(verb), sql.Identifier(role), sql.SQL(" ".join(rights)))
        if role in passwords:
            statement += sql.SQL(" PASSWORD {}").format(sql.Literal(passwords[role]))
        superuser.execute(statement)
    superuser.execute(sql.SQL("ALTER ROLE {} SET default_transaction_read_only = on").format(sql.Identifier(BACKUP)))
    _ensure_memberships(superuser)


def _ensure_memberships(superuser: psycopg.Connection[Any]) -> None:
    how = " WITH INHERIT TRUE, SET TRUE" if superuser.info.server_version >= 160000 else ""
    for role in (LOOKUP, VAULT):
        superuser.execute(sql.SQL("GRANT {} TO {}" + how).format(sql.Identifier(role), sql.Identifier(OWNER)))
    superuser.execute(sql.SQL("GRANT pg_read_all_data TO {}").format(sql.Identifier(BACKUP)))


def differences(connection: psycopg.Connection[Any]) -> list[str]:
    """Where the roles differ from what `ensure_roles` makes: their rights, who is whose member, and what each owns."""
    found = {name: rights for name, *rights in connection.execute(
        "SELECT rolname, rolcanlogin, rolbypassrls, rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication "
        "FROM pg_roles WHERE rolname LIKE 'polyphony%%'")}
    wrong = [f"{role}: its rights are others" for role in ROLES
             if found.get(role) != [role in WITH_LOGIN, role == BACKUP, False]]
    members = set(connection.execute(_MEMBERS).fetchall())
    wanted = {(LOOKUP, OWNER), (VAULT, OWNER), ("pg_read_all_data", BACKUP)}
    wrong += [f"{member}: is a member of {role}" for role, member in sorted(members - wanted)]
    wrong += [f"{member}: is no member of {role}" for role, member in sorted(wanted - members)]
    return wrong + [f"{owner}: owns {thing}" for thing, owner in connection.execute(_OWNED)]


# Whoever may make roles may be a member of them: she manages the server, and could become one at any time.
_MEMBERS = """
SELECT g.rolname, m.rolname FROM pg_auth_members a
  JOIN pg_roles g ON g.oid = a.roleid JOIN pg_roles m ON m.oid = a.member
WHERE (g.rolname LIKE 'polyphony%' OR m.rolname LIKE 'polyphony%') AND NOT (m.rolsuper OR m.rolcreaterole)"""
# What another than the owner has; narrow functions may belong to the two roles that nobody signs in as.
_OWNED = f"""
SELECT n.nspname || '.' || c.relname AS thing, pg_get_userbyid(c.relowner) FROM pg_class c JOIN pg_namespace n
  ON n.oid = c.relnamespace WHERE n.nspname !~ '^(pg_|information_schema$|public$)'
  AND pg_get_userbyid(c.relowner) <> '{OWNER}' AND c.relkind NOT IN ('i', 'I', 'c')
UNION SELECT p.oid::regprocedure::text, pg_get_userbyid(p.proowner) FROM pg_proc p JOIN pg_namespace n
  ON n.oid = p.pronamespace WHERE n.nspname !~ '^(pg_|information_schema$|public$)'
  AND pg_get_userbyid(p.proowner) NOT IN ('{OWNER}', '{LOOKUP}', '{VAULT}')
UNION SELECT n.nspname, pg_get_userbyid(n.nspowner) FROM pg_namespace n
  WHERE n.nspname !~ '^(pg_|information_schema$|public$)' AND pg_get_userbyid(n.nspowner) <> '{OWNER}' ORDER BY 1"""  # noqa: S608


def close_database(superuser: psycopg.Connection[Any], name: str) -> None:
    """Leave the door of a database open to our roles alone, and its public schema to no newcomer."""
    database = sql.Identifier(name)
    superuser.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    superuser.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(
        database, sql.SQL(", ").join(map(sql.Identifier, WITH_LOGIN))))
