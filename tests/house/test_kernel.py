"""The house inspects itself: layout, access, row security."""

from pathlib import Path

import pytest

from polyphony import rooms
from polyphony.folders import root
from polyphony.kernel import access, policies
from polyphony.kernel.database import Base


def shadows(folder: Path) -> bool:
    """Whether `platform` in this checkout has become a package: it would shadow the standard library's module."""
    return (folder / "platform" / "__init__.py").exists()


def test_platform_never_becomes_a_package() -> None:
    assert not shadows(root()), "it would shadow the standard library's platform module"


def test_a_platform_that_became_a_package_is_found(tmp_path: Path) -> None:
    (tmp_path / "platform").mkdir()
    assert not shadows(tmp_path)
    (tmp_path / "platform" / "__init__.py").touch()
    assert shadows(tmp_path)


def test_every_view_declares_its_access_rule(world) -> None:
    assert access.unguarded(world.app) == []


def test_a_view_without_a_rule_is_found(world) -> None:
    world.app.view_functions["planted"] = lambda: ""
    assert access.unguarded(world.app) == ["planted"], "the deny-at-boot check would miss an unguarded view"


def unsecured(world) -> list[tuple[str]]:
    """Tables on which row security is not both enabled and forced."""
    return world.sql("SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                     "WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'jobs', 'public') "
                     "AND NOT (c.relrowsecurity AND c.relforcerowsecurity)")


def test_every_table_declares_row_security(world) -> None:
    rooms.models()
    assert policies.undeclared() == []
    rows = unsecured(world)
    assert rows == [], "row security must be enabled and forced on every table"
    assert {t.fullname for t in Base.metadata.tables.values()} == set(policies.declared)


def test_catalogue_equals_declaration(world) -> None:
    declared = {(kept.table, p.name) for kept in policies.declared.values() for p in kept.policies}
    stored = set(world.sql("SELECT schemaname || '.' || tablename, policyname FROM pg_policies WHERE schemaname <> 'jobs'"))
    assert stored == declared


@pytest.mark.parametrize("fault", ["NO FORCE", "DISABLE"])
def test_a_table_without_forced_row_security_is_found(world, fault: str) -> None:
    world.sql(f"ALTER TABLE inputs.input {fault} ROW LEVEL SECURITY")
    assert unsecured(world) == [("inputs.input",)]


def test_a_new_table_that_nobody_secured_is_found(world) -> None:
    world.sql("CREATE TABLE inputs.planted (id uuid PRIMARY KEY)")
    assert unsecured(world) == [("inputs.planted",)]


def loose(world) -> set[str]:
    """SECURITY DEFINER functions that reach further than they should.

    Each looks names up in the system's own schema first and in the session's last, belongs to the role that owns
    nothing else (in the vault to one of its own), and is open to nobody but whom it was made for.
    """
    found = world.sql(
        "SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
        "WHERE p.prosecdef AND (p.proowner <> CASE n.nspname WHEN 'vault' THEN 'polyphony_vault' ELSE 'polyphony_lookup' "
        "END::regrole "
        "OR NOT EXISTS (SELECT 1 FROM unnest(p.proconfig) said WHERE said ~ '^search_path=(jobs, )?pg_catalog, pg_temp$') "
        "OR has_function_privilege('public', p.oid, 'EXECUTE'))")
    return {name for (name,) in found}


def test_definer_functions_are_narrow(world) -> None:
    assert loose(world) == set(), "definer functions set their search path, are the look-up role's, revoked from PUBLIC"


@pytest.mark.parametrize("fault", ["RESET search_path", "SET search_path = public, pg_catalog, pg_temp",
                                   "OWNER TO polyphony_owner", "GRANT"])
def test_a_definer_function_that_is_not_narrow_is_found(world, fault: str) -> None:
    name = "languages.forget_work(uuid[])"
    world.sql(f"GRANT EXECUTE ON FUNCTION {name} TO PUBLIC" if fault == "GRANT" else f"ALTER FUNCTION {name} {fault}")
    assert loose(world) == {name}


def test_files_stay_small() -> None:
    long = [f"{p.relative_to(root())} ({n})" for p in Path(root() / "platform").rglob("*.py")
            if (n := len(p.read_text("utf-8").splitlines())) > 400 and p.name != "keyholder.py"]  # it travels alone
    assert long == [], "split these by noun"


@pytest.mark.parametrize("role", ["polyphony_app", "polyphony_worker"])
def test_no_working_role_can_bypass_row_security(world, role: str) -> None:
    assert world.sql("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = %s", role) == [(False, False)]
    assert world.sql("SELECT count(*) FROM pg_class WHERE relowner = %s::regrole", role) == [(0,)]
