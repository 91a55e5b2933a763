"""Guards of the database, found in its catalogue: every policy, every table's row security, grants, functions, triggers."""

import re
from collections.abc import Iterator
from typing import Any

import psycopg
from tests.mutate.faults import InDatabase
from tests.mutate.guards import POLICIES, of_policy

Connection = psycopg.Connection[Any]
REACH, FOG = "tests/security/test_reach.py", "fog"
DECLARED = "tests/house/test_kernel.py::test_every_table_declares_row_security"
ROLES = ("polyphony_app", "polyphony_worker", "polyphony_lookup", "polyphony_vault", "polyphony_auditor", "public")
WANTED = ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE"]
OURS = "n.nspname NOT IN ('pg_catalog', 'information_schema', 'jobs', 'public', 'fog') AND n.nspname NOT LIKE 'pg\\_%'"


def found(connection: Connection) -> list[InDatabase]:
    """Every fault of the database. `connection` is a superuser's, to a migrated database."""
    return [*policies(connection), *row_security(connection), *grants(connection), *functions(connection),
            *sealed(connection), *thresholds(connection), *seal(connection), *triggers(connection)]


def _reach(table: str, verb: str) -> list[str]:
    return [f"{REACH}::test_everybody_reaches_what_she_should[{table}-{verb}]"]


def policies(connection: Connection) -> Iterator[InDatabase]:
    """Each policy without its condition, each one that checks what is written without that check, each one gone."""
    for table, name, roles, verb, using, check in connection.execute(_POLICIES).fetchall():
        on, also = f'"{name}" ON {table}', POLICIES.get(f"{table} {name}", [])
        tests, where = [*_reach(table, verb), *also], "" if also else FOG
        parts = [f"USING ({using})" * bool(using), f"WITH CHECK ({check})" * bool(check)]
        whole = f"CREATE POLICY {on} FOR {verb} TO {roles} {' '.join(parts)}"
        missed = of_policy(f"{table} {name}")
        yield InDatabase("policy dropped", f"{table} {name}", [*_reach(table, verb), *missed], [f"DROP POLICY {on}"], [whole],
                         "" if missed else FOG)
        if {using, check} - {None, "true"}:
            wide = " ".join(["USING (true)" * bool(using), "WITH CHECK (true)" * bool(check)])
            yield InDatabase("policy without condition", f"{table} {name}", tests, [f"ALTER POLICY {on} {wide}"],
                             [f"ALTER POLICY {on} {' '.join(parts)}"], where)
        if verb == "UPDATE" and check not in (None, "true", using):
            yield InDatabase("policy without check", f"{table} {name}", tests, [f"ALTER POLICY {on} WITH CHECK (true)"],
                             [f"ALTER POLICY {on} {parts[1]}"], where)


_POLICIES = """
SELECT p.polrelid::regclass::text, p.polname, (SELECT string_agg(r::regrole::text, ', ') FROM unnest(p.polroles) r),
  CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
  pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname <> 'jobs' AND c.oid <> 'viewer.key'::regclass ORDER BY 1, 2"""


def row_security(connection: Connection) -> Iterator[InDatabase]:
    for (table,) in connection.execute(
            "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relforcerowsecurity "
            f"AND {OURS} AND c.oid <> 'viewer.key'::regclass ORDER BY 1").fetchall():
        for less, more in (("DISABLE", "ENABLE"), ("NO FORCE", "FORCE")):
            yield InDatabase("row security disabled" if less == "DISABLE" else "row security not forced", table,
                             [*(test for verb in WANTED[:4] for test in _reach(table, verb)), DECLARED],
                             [f"ALTER TABLE {table} {less} ROW LEVEL SECURITY"], [f"ALTER TABLE {table} {more} ROW LEVEL SECURITY"])


def grants(connection: Connection) -> Iterator[InDatabase]:
    """Each role with every right on each table that it does not have all of."""
    for table, schema, acl, columns in connection.execute(_ACLS).fetchall():
        for role in ROLES:
            has = {verb for grantee, verb in acl if grantee == role}
            if set(WANTED) <= has or not (role == "public" or connection.execute(
                    "SELECT has_schema_privilege(%s, %s, 'USAGE')", (role, schema)).fetchone()[0]):  # type: ignore[index]
                continue
            mend = [f"REVOKE ALL ON {table} FROM {role}", *(f"GRANT {verb} ON {table} TO {role}" for verb in sorted(has))]
            mend += [f'GRANT {verb} ("{column}") ON {table} TO {role}' for grantee, verb, column in columns if grantee == role]
            yield InDatabase("grant widened", f"{table} to {role}", _reach(table, "GRANTED"),
                             [f"GRANT {', '.join(WANTED)} ON {table} TO {role}"], mend, FOG)


_ACLS = f"""
SELECT c.oid::regclass::text, n.nspname,
  (SELECT coalesce(jsonb_agg(jsonb_build_array(CASE a.grantee WHEN 0 THEN 'public' ELSE a.grantee::regrole::text END, a.privilege_type)),
   '[]') FROM aclexplode(c.relacl) a),
  (SELECT coalesce(jsonb_agg(jsonb_build_array(CASE a.grantee WHEN 0 THEN 'public' ELSE a.grantee::regrole::text END, a.privilege_type,
   t.attname)), '[]') FROM pg_attribute t, aclexplode(t.attacl) a WHERE t.attrelid = c.oid)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND {OURS} AND c.oid <> 'viewer.key'::regclass
ORDER BY 1"""
_FUNCTIONS = f"""
SELECT p.oid::regprocedure::text, p.proname, p.prosrc, pg_get_functiondef(p.oid), p.prorettype = 'trigger'::regtype, p.prosecdef,
  has_function_privilege('public', p.oid, 'EXECUTE'), array_to_string(p.proconfig, ';')
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.prokind = 'f' AND {OURS} ORDER BY 1"""


def functions(connection: Connection) -> Iterator[InDatabase]:
    """Each function that acts for another role: open to everybody, or looking names up where its caller says."""
    for name, _, _, _, is_trigger, definer, is_open, path in connection.execute(_FUNCTIONS).fetchall():
        if definer and not is_open and not is_trigger:
            yield InDatabase("function open to everybody", name, [f"{REACH}::test_functions_are_called_by_whom_they_are_for"],
                             [f"GRANT EXECUTE ON FUNCTION {name} TO PUBLIC"], [f"REVOKE EXECUTE ON FUNCTION {name} FROM PUBLIC"], FOG)
        if definer and path:
            yield InDatabase("function without its search path", name, [
                "tests/house/test_kernel.py::test_definer_functions_are_narrow"],
                [f"ALTER FUNCTION {name} RESET search_path"],
                [f"ALTER FUNCTION {name} SET search_path = {path.split('=', 1)[1]}"])


def sealed(connection: Connection) -> Iterator[InDatabase]:
    """Each function that believes the viewer's facts without asking for their seal."""
    for name, _, source, whole, _, _, _, _ in connection.execute(_FUNCTIONS).fetchall():
        if "viewer.sealed()" in source:
            yield InDatabase("seal not asked for", name, [
                f"tests/security/test_seal.py::test_no_function_believes_facts_without_their_seal[{name.split('(')[0]}]",
                *(["tests/security/test_vault.py::test_functions_answer_nothing_without_a_sealed_viewer"] * name.startswith("vault."))],
                [whole.replace("viewer.sealed()", "true")], [whole])


def thresholds(connection: Connection) -> Iterator[InDatabase]:
    """Each comparison with the smallest number that may be shown, with one in its place."""
    for name, _, source, whole, _, _, _, _ in connection.execute(_FUNCTIONS).fetchall():
        for number, each in enumerate(re.finditer(r"(?:<|>=) 5\b", source) if "count(DISTINCT" in source else ()):
            changed = source[:each.start()] + each[0].replace("5", "1") + source[each.end():]
            yield InDatabase("small number shown", f"{name} #{number + 1}", [
                "tests/journeys/test_fund_statement.py::test_no_hidden_amount_is_found_by_subtraction",
                "tests/security/test_differencing.py"], [whole.replace(source, changed)], [whole])


def seal(connection: Connection) -> Iterator[InDatabase]:
    """The seal without each of the things that it is made of, and a seal that always fits."""
    tests = [*(f"tests/security/test_seal.py::{each}" for each in (
        "test_every_fact_is_under_the_seal", "test_a_seal_fits_one_connection_and_one_transaction",
        "test_a_seal_fits_one_connection_even_in_the_same_moment",
        "test_a_seal_needs_the_secret_of_the_database")), "tests/security/test_viewer.py"]
    for name, _short, source, whole, _, _, _, _ in connection.execute(_FUNCTIONS).fetchall():
        if name == "viewer.sealed()":
            yield InDatabase("seal", "always fits", tests, [re.sub(r"RETURN given[^;]*;", "RETURN true;", whole)], [whole])
        if name == "viewer.seal()":
            for part in re.findall(r"coalesce\(current_setting\('polyphony\.\w+', true\), ''\)|pg_backend_pid\(\)::text|"
                                   r"extract\(epoch FROM now\(\)\)::text", source):
                yield InDatabase("seal", f"without {part}", tests, [whole.replace(part, "''")], [whole])
            yield InDatabase("seal", "without its secret", tests, [
                whole.replace("SELECT k.secret INTO STRICT secret FROM viewer.key k", "secret := ''")], [whole])


def triggers(connection: Connection) -> Iterator[InDatabase]:
    for table, name, function in connection.execute(
            "SELECT t.tgrelid::regclass::text, t.tgname, t.tgfoid::regproc::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            f"JOIN pg_namespace n ON n.oid = c.relnamespace WHERE NOT t.tgisinternal AND {OURS} ORDER BY 1, 2").fetchall():
        from tests.mutate.guards import of_trigger

        yield InDatabase("trigger asleep", f"{table} {name}", of_trigger(function), [f'ALTER TABLE {table} DISABLE TRIGGER "{name}"'],
                         [f'ALTER TABLE {table} ENABLE TRIGGER "{name}"'])
