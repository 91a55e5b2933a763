"""A world in fog: random rows in every table there is, and who reaches how many of them with which verb.

The rows are drawn from the catalogue alone, so a table made tomorrow has its rows too. Constraints and triggers are
taken out, so that row security and grants stand alone: what is counted is what these two let through. Everything is
drawn from names, never from chance: the same catalogue gives the same rows on every day and every machine.
"""

import hashlib
import random
import re
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

Connection = psycopg.Connection[Any]
MANY, NEAR = 40, 8  # rows in a table; how many of its rows others point at
ROLES = ("polyphony_app", "polyphony_worker", "polyphony_lookup", "polyphony_vault", "polyphony_owner", "polyphony_auditor")
VERBS = ("SELECT", "INSERT", "UPDATE", "DELETE")
ORGANISATIONS = {"halcyon": "company", "tern": "company", "table": "facilitation", "sauti": "stakeholder",
                 "masar": "stakeholder", "fund": "fund", "other fund": "fund", "waiting": "company"}
# Who looks: by which seat in which organisation, or by which role of the platform.
SEATS = {
    "lead": ("halcyon", "engagement_lead"), "decider": ("halcyon", "decision_maker"), "office": ("halcyon", "administrator"),
    "observer": ("halcyon", "board_observer"), "other lead": ("tern", "engagement_lead"), "facilitator": ("table", "facilitator"),
    "table office": ("table", "administrator"), "coordinator": ("sauti", "coordinator"), "contributor": ("sauti", "contributor"),
    "translator": ("masar", "translator"), "keyholder": ("sauti", "keyholder"), "other keyholder": ("table", "keyholder"),
    "applicant": ("masar", "coordinator"), "fund office": ("fund", "administrator"), "reviewer": ("fund", "reviewer"),
    "member": ("fund", "committee_member"), "treasurer": ("fund", "treasurer"), "approver": ("fund", "approver"),
    "releaser": ("fund", "releaser"), "fund translator": ("fund", "translator"), "waiting lead": ("waiting", "engagement_lead"),
}
LEFT = (("contributor", "masar", "contributor"), ("lead", "tern", "board_observer"), ("translator", "sauti", "translator"))  # seats of before
PLATFORM = {"steward": "steward", "auditor": "auditor"}
PEOPLE = (*SEATS, *PLATFORM)
PHRASES = ("phrase", "other phrase")
# Where no foreign key says what an id means, its name does.
MEANS = {"consultation_id": "consultations.consultation", "person_id": "people.person", "actor": "people.person",
         "by": "people.person", "company_id": "organisations.organisation", "organisation_id": "organisations.organisation",
         "input_id": "inputs.input", "theme_id": "feedback.theme", "application_id": "fund.application",
         "readers": "organisations.organisation", "addressed": "organisations.organisation", "about": "consultations.consultation",
         "fund_id": "fund.fund", "grant_id": 'fund."grant"', "answer_id": "feedback.answer", "measure_id": "feedback.measure"}

# On what rows hang where only facts of the viewer say it.
SUBJECTS = {"languages.translator_refusal": [("inputs.input", "id"), ("feedback.answer", "id"), ("feedback.ground_view", "id")],
            "retention.hold": [("people.person", "id"), ("consultations.consultation", "id")]}
# Which organisations a column may mean at all.
SIDES = {"company_id": (0, 1), "facilitator_id": (2,), "readers": (0, 1), "addressed": (0, 1)}

# The two ways in which a policy says on what a row hangs.
_HANGS_ON = (r"FROM (?P<table>\w+\.\"?\w+\"?) p\s+WHERE \(p\.(?P<key>\w+) = \w+\.subject_id\)",
             r"subject_id IN \( SELECT \w+\.(?P<key>\w+)\s+FROM (?P<table>\w+\.\"?\w+\"?) ")


def _id(table: str, number: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{table.replace(chr(34), '')}:{number}"))


def _who(label: str) -> str:
    return _id("people.phrase", PHRASES.index(label)) if label in PHRASES else _id("people.person", PEOPLE.index(label))


def secret(label: str) -> bytes:
    return f"the secret of {label}".encode()


class Fog:
    """Fills a database, told by its catalogue."""

    def __init__(self, connection: Connection) -> None:
        self.run = connection.execute
        self.columns: dict[str, list[tuple[str, str, bool]]] = {}
        for table, name, kind, needed in self.run(_COLUMNS).fetchall():
            self.columns.setdefault(table, []).append((name, kind, needed))
        self.points = {(table, name): (to, column) for table, name, to, column in self.run(_POINTS).fetchall()}
        self.own_keys = {(table, name) for table, name in self.run(_KEYS).fetchall()}

    @cached_property
    def words(self) -> dict[tuple[str, str], list[str]]:
        """The words a column takes: those of its own check, else those that any policy asks a column of this name for."""
        asked: dict[str, set[str]] = {}
        for (text,) in self.run("SELECT coalesce(qual, '') || coalesce(with_check, '') FROM pg_policies").fetchall():
            for name, word in re.findall(r"(\w+) (?:=|<>) '(\w*)'::text", text):
                asked.setdefault(name, set()).add(word)
        found = {}
        for table, columns in self.columns.items():
            checks = " ".join(d for (d,) in self.run("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'c' "
                                                     "AND conrelid = %s::regclass", (table,)).fetchall())
            for name, kind, _ in columns:
                listed = re.search(rf'\(+"?{name}"?\)?(?:::text)? = ANY \(\(?ARRAY\[([^]]*)]', checks)
                words = re.findall(r"'(\w*)'", listed[1]) if listed else sorted(asked.get(name, ()))
                if kind == "text":
                    found[table, name] = words or ["x"]
        return found

    @cached_property
    def kinds(self) -> dict[str, dict[str, list[tuple[str, str]]]]:
        """Of tables whose rows hang on things of several kinds: the tables of each kind and their keys, as its policies say."""
        found: dict[str, dict[str, list[tuple[str, str]]]] = {}
        for table, text in self.run("SELECT schemaname || '.' || tablename, coalesce(qual, with_check) FROM pg_policies "
                                    "ORDER BY 1, 2").fetchall():
            kind = re.search(r"kind = '(\w+)'", text)
            for of in filter(None, (re.search(way, text) for way in _HANGS_ON)):
                known = found.setdefault(table, {}).setdefault(kind[1], []) if kind else []
                known += [(of["table"], of["key"])] * ((of["table"], of["key"]) not in known)
        return found

    def _subjects(self, table: str, key: str) -> list[str]:
        """The things of this table that others hang on."""
        rows = self._cast().get(table) or [self._row(table, number) for number in range(NEAR)]
        return [row[key] for row in rows if row[key]]

    def fill(self) -> None:
        self._open()
        fixed = self._cast()
        for table in sorted(self.columns):
            rows = fixed.get(table) or [self._row(table, number) for number in range(MANY * (8 if table in self.kinds else 1))]
            self.run(f"INSERT INTO {table} SELECT (jsonb_populate_recordset(NULL::{table}, %s)).* ON CONFLICT DO NOTHING",
                     (Jsonb(rows),))
        self.run(_WHOLE)
        for table in self.columns:
            self.run(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            self.run(f"ANALYZE {table}")
        self.run(_TRY)

    def _open(self) -> None:
        """Without constraints, for rows are judged by row security alone."""
        self.run("SET session_replication_role = replica")
        for table, name in self.run("SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype IN ('c', 'f') "
                                    "AND conparentid = 0 AND conrelid = ANY (%s::text[]::regclass[])", (list(self.columns),)).fetchall():
            self.words  # noqa: B018 (read from the checks before they go)
            self.run(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        for table, columns in self.columns.items():
            for name, _, needed in columns:
                if needed and (table, name) not in self.own_keys:
                    self.run(f'ALTER TABLE {table} ALTER "{name}" DROP NOT NULL')

    def _cast(self) -> dict[str, list[dict[str, Any]]]:
        now, day = datetime.now(UTC).isoformat(), datetime.now(UTC).date().isoformat()
        orgs = list(ORGANISATIONS)
        # Nobody is signed out while this database is looked at, however many hours that takes.
        session = {"began_at": now, "seen_at": (datetime.now(UTC) + timedelta(days=1)).isoformat()}
        cast = {
            "organisations.organisation": [{"id": _id("organisations.organisation", n), "name": name, "kind": kind, "country": "KE",
                                            "asked_on": day, "admitted_on": None if name == "waiting" else day}
                                           for n, (name, kind) in enumerate(ORGANISATIONS.items())],
            "people.person": [{"id": _who(label), "name": label, "language": "en", "time_zone": "UTC"} for label in PEOPLE],
            "people.platform_role": [{"person_id": _who(label), "role": role} for label, role in PLATFORM.items()],
            "organisations.membership": [
                {"id": _id("organisations.membership", n), "person_id": _who(label), "role": role, "function": "", "begun_at": now,
                 "organisation_id": _id("organisations.organisation", orgs.index(org))} for n, (label, org, role) in (
                     *((n, (label, *seat)) for n, (label, seat) in enumerate(SEATS.items())), *enumerate(LEFT, start=MANY))],
            "people.session": [{"id": _id("people.session", n), "token_hash": "\\x" + hashlib.sha256(secret(label)).hexdigest(), **session,
                                "phrase_id" if label in PHRASES else "person_id": _who(label)} for n, label in enumerate((*PEOPLE, *PHRASES))],
            # One that waits asks for its own sign-in: where everybody's house did, no seat would be open to look from.
            "organisations.entrance": [
                {**self._row("organisations.entrance", n), "organisation_id": _id("organisations.organisation", n),
                 "required_at": now if name == "waiting" else None} for n, name in enumerate(orgs)],
            "fund.fund": [{**self._row("fund.fund", n), "organisation_id": _id("organisations.organisation", orgs.index(name))}
                          for n, name in enumerate(("fund", "other fund"))],
        }
        cast["organisations.membership_end"] = [
            {"membership_id": _id("organisations.membership", MANY + n), "at": now, "by": _who("lead"), "reason": "left"}
            for n in range(len(LEFT))]
        return cast

    def _pool(self, table: str, column: str) -> list[str]:
        """The values that rows of this table have in this column."""
        if (table, column) in self.points and (table, column) != self.points[table, column]:
            near = self._pool(*self.points[table, column])
            return near[5:7] if table == "fund.fund" else near
        size = {"people.person": len(PEOPLE), "people.phrase": len(PHRASES), "organisations.organisation": len(ORGANISATIONS),
                "organisations.membership": len(SEATS), "consultations.consultation": 4}.get(table, NEAR)
        return [_id(table, number) for number in range(size)]

    def _row(self, table: str, number: int) -> dict[str, Any]:
        row = {name: self._value(table, name, kind, needed, number) for name, kind, needed in self.columns[table]}
        if table in self.kinds and row.get("kind") in self.kinds[table]:
            self._hang(row, table, number, self.kinds[table][row["kind"]])
        elif table in SUBJECTS:
            self._hang(row, table, number, SUBJECTS[table])
        if {"person_id", "phrase_id"} <= row.keys():
            row["person_id" if number % 3 == 0 else "phrase_id"] = None
        if {"membership_id", "person_id"} <= row.keys():
            at = self._pool("organisations.membership", "id").index(row["membership_id"])
            row["person_id"] = _who(list(SEATS)[at])
        return row

    def _hang(self, row: dict[str, Any], table: str, number: int, things: Sequence[tuple[str, str]]) -> None:
        chance = self._chance(table, "subject", number)
        row["subject_id"] = chance.choice(self._subjects(*chance.choice(things)))

    @staticmethod
    def _chance(*names: Any) -> random.Random:
        return random.Random("/".join(map(str, names)))

    def _value(self, table: str, name: str, kind: str, needed: bool, number: int) -> Any:
        chance, today = self._chance(table, name, number), datetime.now(UTC)
        if kind == "uuid":
            return self._pointer(table, name, needed, number, chance)
        if not needed and chance.random() < 0.4:
            return None
        if kind in ("date", "timestamp with time zone"):
            when = today + timedelta(days=chance.choice((-400, -3, -1, 40)))
            return when.date().isoformat() if kind == "date" else when.isoformat()
        if kind == "uuid[]":
            return [_id("organisations.organisation", number) for number in SIDES.get(name, (0, 1, 2)) if chance.random() < 0.7]
        return {"boolean": lambda: chance.random() < 0.5, "bytea": lambda: "\\x" + chance.randbytes(32).hex(), "jsonb": dict,
                "text[]": lambda: ["en", "sw"], "text": lambda: chance.choice(self.words[table, name]),
                }.get(kind, lambda: number + 1 if (table, name) in self.own_keys else chance.randint(1, 3))()

    def _pointer(self, table: str, name: str, needed: bool, number: int, chance: random.Random) -> str | None:
        to = self.points.get((table, name)) or ((MEANS[name], "id" if name != "fund_id" else "organisation_id") if name in MEANS else None)
        if to is None:
            return _id(table, number) if name == "id" or (table, name) in self.own_keys else str(uuid.UUID(int=chance.getrandbits(128)))
        if not needed and chance.random() < 0.25:
            return None
        near = [_id(to[0], number) for number in SIDES[name]] if name in SIDES else self._pool(*to)
        alone = [each for each in self.own_keys if each[0] == table] == [(table, name)]
        return near[number % len(near)] if alone else chance.choice(near)


_OURS = "n.nspname NOT IN ('pg_catalog', 'information_schema', 'jobs', 'public') AND n.nspname NOT LIKE 'pg\\_%'"
_COLUMNS = f"""
SELECT c.oid::regclass::text, a.attname, format_type(a.atttypid, NULL), a.attnotnull FROM pg_class c JOIN pg_namespace n
ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid WHERE c.relkind = 'r' AND {_OURS} AND a.attnum > 0
AND NOT a.attisdropped AND a.attgenerated = '' AND c.oid <> 'viewer.key'::regclass ORDER BY 1, a.attnum"""
_POINTS = """
SELECT k.conrelid::regclass::text, a.attname, k.confrelid::regclass::text, b.attname FROM pg_constraint k JOIN pg_attribute a
ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1] JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = k.confkey[1]
WHERE k.contype = 'f' AND cardinality(k.conkey) = 1"""
_KEYS = """
SELECT k.conrelid::regclass::text, a.attname FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = k.conrelid
AND a.attnum = ANY (k.conkey) WHERE k.contype = 'p' ORDER BY 1, 2"""
# Everybody has taken the second step: what stands before it is asked elsewhere (tests/journeys/test_second_factors.py).
_WHOLE = """
UPDATE people.session SET factored = true, proven_at = now(), seats = people.seal_of(viewer.seats(person_id))
WHERE person_id IS NOT NULL"""
# Counts what goes through when statements are tried one by one; a constraint met afterwards was met past row security.
_TRY = """
CREATE SCHEMA fog; GRANT USAGE ON SCHEMA fog TO PUBLIC;
CREATE FUNCTION fog.tries(statement text, given jsonb[]) RETURNS integer LANGUAGE plpgsql AS $f$
DECLARE one jsonb; done integer := 0; rows integer;
BEGIN
  FOREACH one IN ARRAY given LOOP
    BEGIN
      EXECUTE statement USING one;
      GET DIAGNOSTICS rows = ROW_COUNT;
      done := done + rows;
      RAISE EXCEPTION USING ERRCODE = 'PF001';
    EXCEPTION WHEN insufficient_privilege THEN NULL; WHEN SQLSTATE 'PF001' THEN NULL;
      WHEN integrity_constraint_violation THEN done := done + 1;
    END;
  END LOOP;
  RETURN done;
END $f$;
CREATE FUNCTION fog.columns(wanted regclass, verb text) RETURNS text LANGUAGE plpgsql AS $f$
DECLARE name text; found text := ''; missed boolean := false;
BEGIN
  FOR name IN SELECT attname FROM pg_attribute WHERE attrelid = wanted AND attnum > 0 AND NOT attisdropped ORDER BY attnum LOOP
    BEGIN
      EXECUTE CASE verb WHEN 'SELECT' THEN format('SELECT %I FROM %s WHERE false', name, wanted)
        WHEN 'INSERT' THEN format('INSERT INTO %s (%I) SELECT NULL WHERE false', wanted, name)
        WHEN 'UPDATE' THEN format('UPDATE %s SET %I = NULL WHERE false', wanted, name) END;
      found := found || ' ' || name;
    EXCEPTION WHEN insufficient_privilege THEN missed := true; WHEN datatype_mismatch OR syntax_error THEN NULL;
    END;
  END LOOP;
  RETURN CASE WHEN missed THEN trim(found) ELSE 'every column' END;
END $f$;"""
_CALLED = f"""
SELECT p.oid::regprocedure::text, quote_ident(n.nspname) || '.' || quote_ident(p.proname) || '(' || coalesce((SELECT string_agg(
'NULL::' || format_type(t, NULL), ', ' ORDER BY place) FROM unnest(p.proargtypes) WITH ORDINALITY AS a (t, place)), '') || ')'
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE {_OURS} AND n.nspname <> 'fog'
AND p.prorettype <> 'trigger'::regtype ORDER BY 1"""


def callers(connection: Connection) -> dict[str, str]:
    """Which role may call each function at all, found by calling it with nothing."""
    found: dict[str, list[str]] = {}
    for name, call in connection.execute(_CALLED).fetchall():
        for role in (*ROLES, "polyphony_backup"):
            if _may_call(connection, role, call):
                found.setdefault(f"{name} CALLED", []).append(role)
    return {name: ", ".join(roles) for name, roles in found.items()}


def _may_call(connection: Connection, role: str, call: str) -> bool:
    connection.execute("SAVEPOINT called")
    connection.execute(f"SET LOCAL ROLE {role}")
    try:
        connection.execute(f"SELECT {call}")
    except psycopg.errors.InsufficientPrivilege as no:
        return not re.search(r"permission denied for (function|schema)", str(no)) or "PL/pgSQL function" in str(no)
    except psycopg.Error:
        return True  # it was let in, and found nothing to work with
    finally:
        connection.execute("ROLLBACK TO called")
    return True


class Reach:
    """What everybody reaches of one table, asked in a transaction that is rolled back."""

    def __init__(self, connection: Connection, table: str) -> None:
        self.run, self.table = connection.execute, table
        (self.number,) = self.run("SELECT %s::regclass::oid", (table,)).fetchone()  # type: ignore[misc]
        self.rows = [row for (row,) in self.run(f"SELECT to_jsonb(t) FROM {table} t").fetchall()]
        self.places = [Jsonb(str(place)) for (place,) in self.run(f"SELECT ctid::text FROM {table} ORDER BY ctid").fetchall()]
        self.columns = dict(self.run("SELECT DISTINCT ON (role) role, attname FROM pg_attribute, unnest(%s::text[]) role WHERE attrelid = "
                                     "%s::regclass AND attnum > 0 AND NOT attisdropped AND has_column_privilege(role, attrelid, attnum, "
                                     "'UPDATE') ORDER BY role, atttypid <> 'text'::regtype, attnum", (list(ROLES), table)).fetchall())

    def by(self, verb: str) -> dict[str, str]:
        """Who reaches how many rows with this verb: people by the web role, then every other role without any viewer."""
        found = {who: self.of(who, verb) for who in (*PEOPLE, *PHRASES, "visitor", *ROLES[1:])}
        told = ", ".join(f"{who}: {number}" for who, number in sorted(found.items()) if number not in (0, ""))
        return {f"{self.table} {verb}": told} if told else {}

    def of(self, who: str, verb: str) -> Any:
        self.run("SAVEPOINT one")
        if who not in ROLES:
            self.run("SELECT viewer.open(%s, '{}')", (secret(who) if who != "visitor" else None,))
        self.run(f"SET LOCAL ROLE {who if who in ROLES else 'polyphony_app'}")
        found = self._try(verb, who)
        self.run("ROLLBACK TO one")
        return found

    def _try(self, verb: str, who: str) -> Any:
        if verb == "INSERT":
            return self._tried(f"INSERT INTO {self.table} SELECT (jsonb_populate_record(NULL::{self.table}, $1)).*", self._offered(who))
        if verb == "SELECT":
            return self._counted(f"SELECT FROM {self.table}")
        if verb == "DELETE":
            return self._counted(f"DELETE FROM {self.table}")
        role = who if who in ROLES else "polyphony_app"
        if role not in self.columns:
            return 0
        column = f'"{self.columns[role]}"'
        if verb == "UPDATE":
            seen = self._tried(f"UPDATE {self.table} SET {column} = {column} WHERE ctid = ($1 #>> '{{}}')::tid", self.places)
            unseen = self._counted(f"UPDATE {self.table} SET {column} = NULL")
            return f"{seen} and {unseen} unseen" if seen or unseen else 0
        raise ValueError(verb)

    def _offered(self, who: str) -> list[Jsonb]:
        """Rows as they are with new ids, and the same as her own."""
        own = {"person_id": _who(who)} if who in PEOPLE else {"phrase_id": _who(who)} if who in PHRASES else {}
        tried = [*self.rows, *({**row, "person_id": None, "phrase_id": None, **own} if "phrase_id" in row else {**row, **own}
                               for row in self.rows if own.keys() & row.keys())]
        return [Jsonb({**row, **({"id": str(uuid.uuid4())} if "id" in row else {})}) for row in tried]

    def _tried(self, statement: str, given: list[Jsonb]) -> int:
        return self.run("SELECT fog.tries(%s, %s)", (statement, given)).fetchone()[0]  # type: ignore[index]

    def _counted(self, statement: str) -> Any:
        self.run("SAVEPOINT tried")
        try:
            return self.run(statement).rowcount
        except psycopg.errors.InsufficientPrivilege as no:
            return "" if "permission denied" in str(no) else "refused"
        except psycopg.errors.IntegrityError:
            return "let through"
        finally:
            self.run("ROLLBACK TO tried")

    def granted(self) -> dict[str, str]:
        """Which columns each role may read, add or change at all."""
        found: dict[str, list[str]] = {}
        for role in ROLES:
            self.run("SAVEPOINT granted")
            self.run(f"SET LOCAL ROLE {role}")
            for verb in VERBS[:3]:
                if (columns := self.run("SELECT fog.columns(%s::oid, %s)", (self.number, verb)).fetchone()[0]):  # type: ignore[index]
                    found.setdefault(columns, []).append(f"{role} {verb}")
            for verb in ("DELETE FROM", "TRUNCATE"):
                if self._counted(f"{verb} {self.table}" + " WHERE false" * (verb != "TRUNCATE")) != "":
                    found.setdefault("rows", []).append(f"{role} {verb.split()[0]}")
            self.run("ROLLBACK TO granted")
        return {f"{self.table} GRANTED {columns}": ", ".join(roles) for columns, roles in found.items()}
