"""The house inspects itself: layout, access, row security."""

from pathlib import Path

import pytest

from polyphony import rooms
from polyphony.folders import root
from polyphony.kernel import access, policies
from polyphony.kernel.database import Base


def test_platform_never_becomes_a_package() -> None:
    assert not (root() / "platform" / "__init__.py").exists(), "it would shadow the standard library's platform module"


def test_every_view_declares_its_access_rule(world) -> None:
    assert access.unguarded(world.app) == []


def test_a_view_without_a_rule_is_found(world) -> None:
    world.app.view_functions["planted"] = lambda: ""
    assert access.unguarded(world.app) == ["planted"], "the deny-at-boot check would miss an unguarded view"


def test_every_table_declares_row_security(world) -> None:
    rooms.models()
    assert policies.undeclared() == []
    rows = world.sql("SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                     "WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'jobs', 'public') "
                     "AND NOT (c.relrowsecurity AND c.relforcerowsecurity)")
    assert rows == [], "row security must be enabled and forced on every table"
    assert {t.fullname for t in Base.metadata.tables.values()} == set(policies.declared)


def test_catalogue_equals_declaration(world) -> None:
    declared = {(kept.table, p.name) for kept in policies.declared.values() for p in kept.policies}
    stored = set(world.sql("SELECT schemaname || '.' || tablename, policyname FROM pg_policies WHERE schemaname <> 'jobs'"))
    assert stored == declared


def test_definer_functions_are_narrow(world) -> None:
    loose = world.sql("SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.prosecdef AND (p.proconfig IS NULL OR "
                      "has_function_privilege('public', p.oid, 'EXECUTE'))")
    assert loose == [], "definer functions set their search path and are revoked from PUBLIC"


def test_files_stay_small() -> None:
    long = [f"{p.relative_to(root())} ({n})" for p in Path(root() / "platform").rglob("*.py")
            if (n := len(p.read_text("utf-8").splitlines())) > 400 and p.name != "keyholder.py"]  # it travels alone
    assert long == [], "split these by noun"


@pytest.mark.parametrize("role", ["polyphony_app", "polyphony_worker"])
def test_no_working_role_can_bypass_row_security(world, role: str) -> None:
    assert world.sql("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = %s", role) == [(False, False)]
    assert world.sql("SELECT count(*) FROM pg_class WHERE relowner = %s::regrole", role) == [(0,)]
