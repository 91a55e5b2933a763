"""What a form costs does not grow with what is there: the same statements among 10 rows and among 1,000."""

from types import SimpleNamespace
from typing import Any

import pytest
from flask import g
from tests.pages.test_counts import FEW, MANY, empty, fill

import make

MOST = 15
# In the order of a consultation's life: what state it is in, who sends what, and where.
WRITES = (
    ("open", "member", "/consultations/{here}/say", {"text": "Words.", "lang": "sw", "other": ""}),
    ("open", "member", "/consultations/{here}/say/choices", {"addressed": ["{company}"], "audience": "participants", "naming":
                                                             "unattributed", "speaks_as": "affected", "pseudonym": ""}),
    ("open", "member", "/consultations/{here}/say/check", {}),
    ("answering", "facilitator", "/consultations/{here}/reading/{unread}/masking", {"text": "Maneno.", "reason": "A name.", "revision": "1"}),
    ("answering", "facilitator", "/consultations/{here}/reading/{later}/release", {"revision": "1"}),
    ("answering", "facilitator", "/themes/{theme}/edit", {"title": "Put better", "summary": "What they say.", "lang": "en", "revision": "1"}),
    ("answering", "facilitator", "/consultations/{here}/excerpts/{said}", {"theme_id": "{theme}", "input_id": "{said}", "quote": "ya mtu"}),
    ("answering", "facilitator", "/consultations/{here}/facilitate/share", {}),
    ("answering", "member", "/themes/{theme}/inputs/{said}/object", {"words": "No.", "lang": "en"}),
    ("answering", "facilitator", "/objections/{objection}", {"words": "Changed."}),
    ("answering", "lead", "/themes/{theme}/answer/{company}/comment", {"comment-words": "A remark."}),
    ("answering", "lead", "/themes/{theme}/answer/{company}", {"decision": "adopted", "words": "We do.", "changes": "It.", "lang": "en",
                                                               "revision": "1", "reason_kind": ""}),
    ("answering", "facilitator", "/consultations/{here}/publish", {"words": "Here they are."}),
)
# As if nothing had been published yet; every answer is signed, so that a thousand of them are published at once.
BEFORE = """
UPDATE feedback.answer SET state = CASE WHEN theme_id = %(theme)s THEN 'draft' ELSE 'signed' END, published_on = NULL;
UPDATE feedback.theme SET published_on = NULL, shared_on = NULL; UPDATE inputs.input SET read_on = current_date WHERE id NOT IN (%(unread)s, %(later)s);
DELETE FROM feedback.measure; DELETE FROM consultations.translator"""


def prepared(world: Any, size: int) -> SimpleNamespace:
    here = fill(world, size)
    here.unread, here.later = (row[0] for row in world.sql("SELECT id FROM inputs.input WHERE read_on IS NULL ORDER BY shuffle LIMIT 2"))
    world.sql("SET session_replication_role = replica; " + BEFORE % {name: f"'{value}'" for name, value in vars(here).items()
                                                                     if name in ("theme", "unread", "later")})
    return here


def costs(world: Any, here: SimpleNamespace) -> dict[str, int]:
    """How many statements each form asks for."""
    people = {}
    for who in ("member", "facilitator", "lead"):
        with world.app.app_context():
            people[who] = make.sign_in(world.client(), f"{who[0]}@x.example")
    found = {}
    for state, who, address, data in WRITES:
        day = 1 if state == "open" else -1
        world.sql(f"SET session_replication_role = replica; UPDATE consultations.consultation SET state = '{state}', closes_at = now() + "
                  f"interval '{day} day', promised_on = current_date + {day + 1}")
        if address.endswith("/publish"):
            world.sql("UPDATE inputs.input SET read_on = current_date WHERE read_on IS NULL")  # what she sent above
        said = {name: [each.format(**vars(here)) for each in given] if isinstance(given, list) else given.format(**vars(here))
                for name, given in data.items()}
        world.sql("UPDATE people.session SET seen_at = now()")  # that she is here was noted this minute
        with world.app.app_context(), people[who] as client:
            answer = client.post("/en" + address.format(**vars(here)), data=said)
            assert answer.status_code == 303, (address, answer.status_code)
            found[address] = g.sql
        if address.endswith("/object"):
            (here.objection,) = world.sql("SELECT id FROM feedback.objection")[0]
    return found


@pytest.mark.slow
def test_a_form_costs_the_same_among_ten_rows_and_among_a_thousand(world: Any) -> None:
    few = costs(world, prepared(world, FEW))
    empty(world)
    many = costs(world, prepared(world, MANY))
    assert many == few
    assert {address: n for address, n in many.items() if n > MOST} == {}
    assert world.sql("SELECT count(*) > 900 FROM feedback.answer WHERE state = 'published'") == [(True,)]
