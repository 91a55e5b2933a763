"""The demo's organisations and people, as rows.

Addresses rest as keyed hash and ciphertext and passwords as slow verifiers, as in every deployment;
the derivations run side by side, since each takes a tenth of a second.
"""

import contextvars
import secrets as chance
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from polyphony.demo.door import PASSWORD as PASSWORD
from polyphony.demo.door import PHRASE as PHRASE
from polyphony.demo.door import demo_secret
from polyphony.kernel import clock, secrets
from polyphony.organisations.models import Approval, Membership, Organisation
from polyphony.people.factors import app_row
from polyphony.people.models import Credential, Person, PlatformRole

JOINED = -400  # days: everybody was here before the oldest consultation
ROLES = {"lead": "engagement_lead", "decider": "decision_maker"}


def day(number: int) -> date:
    """The calendar day so many days from the day of loading."""
    return clock.in_days(number)


def moment(number: int, hour: int = 9) -> datetime:
    """That day at an hour, UTC."""
    return datetime.combine(day(number), time(hour), UTC)


@dataclass
class Cast:
    """Who plays: rows to insert, and where to find the players."""

    organisations: dict[str, Organisation] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    translators: list[tuple[Person, Organisation, list[str]]] = field(default_factory=list)
    rows: list[Any] = field(default_factory=list)

    def id_of(self, slug: str) -> uuid.UUID:
        return self.organisations[slug].id

    def ids(self, slugs: list[str]) -> list[uuid.UUID]:
        return [self.id_of(slug) for slug in slugs]

    def person(self, seat: str, slug: str) -> Person:
        """Who holds a seat: `lead` of `tern`, `coordinator` of `sauti`."""
        return self.people[f"{seat}@{slug}.example"]

    def languages_of(self, slugs: list[str]) -> list[tuple[Person, Organisation, list[str]]]:
        """The translators of these organisations, with the languages they read and write."""
        wanted = {self.id_of(slug) for slug in slugs}
        return [found for found in self.translators if found[1].id in wanted]


def cast(told: dict[str, Any]) -> Cast:
    """Everybody in `texts/cast.toml`; needs an application context for the keys."""
    made = Cast()
    for each in told["organisations"]:
        made.organisations[each["slug"]] = _organisation(each)
    languages = {each["slug"]: each["languages"] for each in told["organisations"]}
    for each in told["people"]:
        _person(made, each, languages[each["organisation"]])
    made.rows += [*made.organisations.values(), *made.people.values(), *_approvals(made), *_credentials(made)]
    made.rows += [app_row(made.people[each["email"]].id, demo_secret(each["email"]))
                  for each in told["people"] if needs_second_factor(each)]
    return made


def needs_second_factor(told: dict[str, Any]) -> bool:
    """Stakeholder organisations may do without; everybody else is asked for one."""
    return not {*told["roles"]} <= {"coordinator", "contributor", "translator"} or told["organisation"] == "fund"


def _organisation(told: dict[str, Any]) -> Organisation:
    return Organisation(
        id=uuid.uuid4(), name=told["name"], kind=told["kind"], country=told["country"], about=told["about"],
        about_lang=told["language"], asked_on=day(JOINED), admitted_on=day(JOINED + 7))


def _person(made: Cast, told: dict[str, Any], languages: list[str]) -> None:
    who = Person(id=uuid.uuid4(), name=told["name"], language=told["language"], time_zone=told["timezone"])
    house = made.organisations[told["organisation"]]
    made.people[told["email"]] = who
    for role in told["roles"]:
        if role in ("steward", "auditor"):
            made.rows.append(PlatformRole(person_id=who.id, role=role))
            continue
        made.rows.append(Membership(
            id=uuid.uuid4(), person_id=who.id, organisation_id=house.id, role=ROLES.get(role, role),
            function=told.get("function", "") if role == "decider" else "", begun_at=moment(JOINED)))
        if role == "translator":
            made.translators.append((who, house, languages))


def _approvals(made: Cast) -> list[Approval]:
    """Both stewards' word on every organisation but their own."""
    stewards = [made.people[f"steward{n}@polyphony.example"] for n in (1, 2)]
    return [Approval(id=uuid.uuid4(), organisation_id=house.id, person_id=steward.id, admits=True,
                     words="We called them, and two members who know them spoke for them.", at=moment(JOINED + 5 + n))
            for house in made.organisations.values() if house.kind != "operator"
            for n, steward in enumerate(stewards)]


def _credentials(made: Cast) -> list[Credential]:
    people = [(who, address, chance.token_bytes(16), contextvars.copy_context())
              for address, who in made.people.items()]
    with ThreadPoolExecutor() as several:
        return list(several.map(lambda p: p[3].run(_credential, p[0].id, p[1], p[2]), people))


def _credential(person: uuid.UUID, address: str, salt: bytes) -> Credential:
    return Credential(
        person_id=person, address_hash=secrets.address_hash(address), salt=salt,
        address_sealed=secrets.seal_address(address, person),
        verifier=secrets.digest(secrets.derive_password(PASSWORD, salt)))
