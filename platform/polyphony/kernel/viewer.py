"""Who is looking, as the database knows it: opened from a secret, sealed, valid for one transaction.

`viewer.open` takes the session secret (or nothing) and never an id, so whoever injects SQL can
only open what she could open anyway. It computes from the tables what this viewer may reach,
stores it in transaction-local settings and seals them for this backend and transaction; policies
believe the settings only when the seal fits. Rooms declare *facts*: named SQL that answers "which
ids?" for a person, a return phrase or a set of link secrets.
"""

import uuid
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask import g
from sqlalchemy.orm import Mapped, mapped_column

from polyphony.kernel import policies
from polyphony.kernel.database import Base, db

SETTINGS: list[tuple[str, str]] = []  # (fact, SQL expression of type uuid[] or text[])
CARD: list[tuple[str, str]] = []  # (key, SQL expression) told to Python, not to policies
SEATS: list[str] = []  # SQL of one text column: the seats of a person `who`, as `kind:role:id`


def fact(name: str, sql: str) -> None:
    """Declare ids of the viewer: SQL of one array, over `me` (person), `phrase`, `links`, earlier facts."""
    SETTINGS.append((name, sql))


def card(key: str, sql: str) -> None:
    """Declare something that Python may know of the viewer (name, language): SQL of one value."""
    CARD.append((key, sql))


def seats(sql: str) -> None:
    """Declare which seats a person `who` holds: by them it is decided how strictly she signs in."""
    SEATS.append(sql)


@dataclass(frozen=True)
class Viewer:
    """A visitor, a member, or someone who came with a return phrase."""

    person: uuid.UUID | None = None
    phrase: uuid.UUID | None = None
    name: str = ""
    language: str = ""
    time_zone: str = ""
    facts: dict[str, frozenset[Any]] = field(default_factory=dict)
    card: dict[str, Any] = field(default_factory=dict)

    @property
    def is_signed_in(self) -> bool:
        return self.person is not None

    @property
    def is_phrase(self) -> bool:
        return self.phrase is not None

    def of(self, fact: str) -> frozenset[Any]:
        """The viewer's ids (or words) of one kind."""
        return self.facts.get(fact, frozenset())

    def is_in(self, fact: str, value: Any) -> bool:
        return value in self.of(fact)

    @property
    def is_steward(self) -> bool:
        return "steward" in self.of("roles")

    @property
    def is_auditor(self) -> bool:
        return "auditor" in self.of("roles")

    @property
    def is_facilitator(self) -> bool:
        return bool(self.of("facilitating"))

    @property
    def is_company(self) -> bool:
        return bool(self.of("companies"))

    @property
    def is_stakeholder(self) -> bool:
        return bool(self.of("stakeholders"))

    @property
    def kinds(self) -> list[str]:
        return [kind for kind in ("company", "stakeholder", "facilitator", "steward", "auditor")
                if getattr(self, f"is_{kind}")]


NOBODY = Viewer()


def open_viewer(secret: bytes | None, links: list[bytes] | None = None, *, session: Any = None) -> Viewer:
    """Open the viewer for this transaction; an unknown or ended secret opens a visitor."""
    row = (session or db.session).execute(
        _OPEN, {"secret": secret, "links": links or [], "hat": g.get("hat", "")}).scalar_one()
    viewer = _read(row)
    g.viewer, g.viewer_secret, g.viewer_links = viewer, secret, links or []
    return viewer


def refresh() -> Viewer:
    """Compute the viewer anew after a verb that changed memberships in this transaction."""
    db.session.flush()
    return open_viewer(g.viewer_secret, g.viewer_links)


_OPEN = sa.text("SELECT viewer.open(:secret, :links), set_config('polyphony.hat', :hat, true)").bindparams(
    sa.bindparam("secret", type_=sa.LargeBinary()),
    sa.bindparam("links", type_=sa.ARRAY(sa.LargeBinary())),
)


def _read(row: dict[str, Any]) -> Viewer:
    facts = {}
    for name, _ in SETTINGS:
        values = row["facts"].get(name) or []
        facts[name] = frozenset(values if name == "roles" else map(uuid.UUID, values))
    about = row["card"]
    return Viewer(
        person=uuid.UUID(row["person"]) if row["person"] else None,
        phrase=uuid.UUID(row["phrase"]) if row["phrase"] else None,
        name=about.get("name") or "", language=about.get("language") or "",
        time_zone=about.get("time_zone") or "", facts=facts, card=about,
    )


def current() -> Viewer:
    """The viewer of this request; nobody before one is opened."""
    return g.get("viewer", NOBODY)


def declare() -> None:
    """Write the three functions from what the rooms declared (called once, when migrating)."""
    rooms_functions = policies.functions[:]
    policies.functions.clear()  # the viewer's own come first: others call them
    names = ["person", "phrase", *(name for name, _ in SETTINGS)]
    together = " || '|' || ".join(f"coalesce(current_setting('polyphony.{name}', true), '')" for name in names)
    policies.definer("viewer.seal() RETURNS text", _SEAL.format(together=together), to=policies.LOOKUP)
    policies.definer("viewer.sealed() RETURNS boolean", _SEALED, to=f"{policies.APP}, {policies.VAULT}")
    policies.definer("viewer.seats(who uuid) RETURNS text[]", _SEATS.format(all=" UNION ALL ".join(SEATS)),
                     to=policies.LOOKUP)
    policies.definer("viewer.open(secret bytea, link_secrets bytea[]) RETURNS jsonb", _open_body())
    policies.functions += rooms_functions


def _open_body() -> str:
    lines = []
    for name, sql in SETTINGS:
        kind = "text[]" if name == "roles" else "uuid[]"
        lines.append(f"  found := (SELECT coalesce(({sql})::{kind}::text[], '{{}}'));\n"
                     f"  PERFORM set_config('polyphony.{name}', found::text, true);\n"
                     f"  facts := facts || jsonb_build_object('{name}', to_jsonb(found));")
    cards = ", ".join(f"'{key}', ({sql})" for key, sql in CARD) or "'none', NULL"
    return _OPENER.format(facts="\n".join(lines), card=cards)


def had(fact_name: str) -> str:
    """An earlier fact, for use inside a later one."""
    return f"nullif(current_setting('polyphony.{fact_name}', true), '')::uuid[]"


_SEAL = """
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
DECLARE secret bytea; said bytea;
BEGIN
  SELECT k.secret INTO STRICT secret FROM viewer.key k;
  said := convert_to(pg_backend_pid()::text || '|' || extract(epoch FROM now())::text || '|' || {together}, 'UTF8');
  RETURN encode(sha256(secret || sha256(secret || said)), 'hex');
END $f$"""

_SEALED = """
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
DECLARE given text := current_setting('polyphony.seal', true);
BEGIN
  RETURN given IS NOT NULL AND given <> '' AND given = viewer.seal();
END $f$"""

_SEATS = """
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  RETURN coalesce((SELECT array_agg(seat ORDER BY seat COLLATE "C") FROM ({all}) AS held (seat)), ARRAY[]::text[]);
END $f$"""

_OPENER = """
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
DECLARE me uuid; phrase uuid; found text[]; facts jsonb := '{{}}'; links bytea[];
BEGIN
  -- Every statement of this request may keep its plan: with row security, planning costs more than running.
  PERFORM set_config('plan_cache_mode', 'force_generic_plan', true);
  SELECT s.person_id, s.phrase_id INTO me, phrase FROM people.living_session(secret) s;
  links := (SELECT array_agg(sha256(l)) FROM unnest(link_secrets) l);
  PERFORM set_config('polyphony.person', coalesce(me::text, ''), true),
          set_config('polyphony.phrase', coalesce(phrase::text, ''), true);
{facts}
  PERFORM set_config('polyphony.seal', '', true);
  PERFORM set_config('polyphony.seal', viewer.seal(), true);
  RETURN jsonb_build_object('person', me, 'phrase', phrase, 'facts', facts,
                            'card', jsonb_build_object({card}));
END $f$"""


class SealKey(Base):
    """The one secret behind every seal; no login role may read it."""

    __tablename__ = "key"
    __table_args__ = {"schema": "viewer"}
    number: Mapped[int] = mapped_column(primary_key=True)
    secret: Mapped[bytes]


policies.protect(SealKey, lookup="SELECT")
