"""Put the demo into an empty database.

The story lies in the past, and the services rightly refuse to open, answer or publish anything
yesterday; so the rows are written as the owner, who within this one transaction lifts the *forced* part
of row security from the tables concerned. See docs/decisions/0004-the-demo-is-written-as-rows.md.
"""

from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from polyphony import rooms
from polyphony.app import application
from polyphony.demo.cast import Cast, cast
from polyphony.demo.door import FIRST, read, welcome
from polyphony.demo.fund import FundStory
from polyphony.demo.sealed import sealed
from polyphony.demo.story import Story
from polyphony.demo.telling import notices, tallies
from polyphony.fund.verify.tasks import nightly
from polyphony.kernel import secrets
from polyphony.kernel.database import db
from polyphony.organisations.models import Organisation
from polyphony.people.models import Credential, Person
from polyphony.settings import Settings, UnsafeSetting

STORIES = ("voices", "maps", "alerts")


class NotEmpty(UnsafeSetting):
    """The database already holds something else, which the demo must never be mixed with."""


def load_if_empty(settings: Settings) -> list[str]:
    """Load the demo unless it is there; answer what a newcomer needs to walk in.

    Says in one line, and changes nothing, when the database holds anything else: people must never meet
    invented voices among real ones. Raises `UnsafeSetting` on a public address.
    """
    if not settings.demo or settings.public:
        raise UnsafeSetting("The demo has a password that everybody knows: it is never loaded on a public address.")
    rooms.models()
    keys = Flask("polyphony.demo")
    keys.extensions["settings"] = settings
    with keys.app_context():
        held = _held(settings)
        if held == "other":
            return ["This database holds other people's consultations, so the demo was not loaded."]
        if held == "nothing":
            _load(settings)
    if held == "nothing":
        _check(settings)
    return welcome()


def _check(settings: Settings) -> None:
    """The fund's nightly check, once now: the auditor finds its result on the first day."""
    with application(settings, worker=True) as app, app.app_context():
        nightly()
        db.session.commit()


def _held(settings: Settings) -> str:
    """What the database holds: 'nothing', the 'demo', or 'other' things. Asked as the worker, who may see."""
    engine = sa.create_engine(settings.worker_database_url)
    try:
        with engine.connect() as connection:
            ours = secrets.address_hash(FIRST)
            if connection.scalar(sa.select(Credential.person_id).where(Credential.address_hash == ours)):
                return "demo"
            other = connection.scalar(sa.select(sa.or_(sa.exists(sa.select(Person.id)),
                                                       sa.exists(sa.select(Organisation.id)))))
            return "other" if other else "nothing"
    finally:
        engine.dispose()


def _load(settings: Settings) -> None:
    players = cast(read("cast"))
    rows = [*players.rows]
    for name in STORIES:
        rows += _told(Story(read(name), players), players)
    fund = FundStory(read("fund"), players)
    tables = sorted({type(row).__table__.fullname for row in rows} | fund.tables)
    engine = sa.create_engine(settings.owner_database_url)
    try:
        with engine.begin() as connection:
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(7106)"))
            for table in tables:
                connection.execute(sa.text(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"))
            with Session(connection) as session:
                session.add_all(rows)
                session.flush()
                fund.put(session)
            connection.execute(sa.text("SET CONSTRAINTS ALL IMMEDIATE"))
            for table in tables:
                connection.execute(sa.text(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"))
    finally:
        engine.dispose()


def _told(story: Story, players: Cast) -> list[Any]:
    kept = sealed(story, players) if story.told["state"] == "open" else []
    return [*story.rows, *notices(story, players), *tallies(story), *kept]
