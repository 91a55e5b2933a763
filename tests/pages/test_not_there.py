"""Not visible means not there: a thing that row security hides and one that never was are the same bytes."""

import re
import uuid

import psycopg
import pytest

from crawl import OTHERS, PEOPLE, addresses, browser_of
from polyphony.kernel import secrets
from swap import CHANGING

TABLES = {"consultations": "consultations.consultation", "themes": "feedback.theme", "inbox": "inputs.input",
          "answers": "feedback.answer", "measures": "feedback.measure", "objections": "feedback.objection",
          "ground": "feedback.ground_view", "excerpts": "feedback.excerpt", "admissions": "organisations.organisation",
          "organisation": "organisations.organisation", "memberships": "organisations.membership",
          "invitations": "organisations.invitation", "attachments": "uploads.attachment", "fund": "(SELECT organisation_id AS id FROM fund.fund)",
          "fund/promises": "fund.pledge", "fund/bodies": "fund.body", "fund/entries": "fund.entry", "fund/grants": 'fund."grant"'}
TABLES |= {"keyholders": "vault.keyholder", "boxes": "vault.box", "openings": "vault.opening", "holds": "retention.hold"}
TABLES |= {f"fund/{kind}s": f"fund.{kind}" for kind in ("call", "application", "instalment", "payment", "receipt")}
TABLES |= dict.fromkeys(("fund/reviews", "fund/cases"), "fund.application")
# Whoever handles a grant's money knows which case it came from, and may step aside from it.
TABLES["fund/applications"] = '(SELECT id FROM fund.application UNION SELECT application_id FROM fund."grant")'
ONE_ID = re.compile(r"^/en/((?:fund/)?[a-z]+)/([0-9a-f-]{36})(?=/|$)")


def visible(world, client) -> dict[str, set[str]]:
    """Which rows of each table the database shows to this browser's viewer."""
    with client.session_transaction() as session:
        key, links = session.get("key"), session.get("links", [])
    with psycopg.connect(world.server.url("polyphony_app", world.name)) as connection:
        connection.execute("SELECT viewer.open(%s, %s)", [secrets.bytes_of(key) if key else None,
                                                          [secrets.bytes_of(x) for x in links]])
        return {noun: {str(row[0]) for row in connection.execute(f"SELECT id FROM {table} AS seen")}
                for noun, table in TABLES.items()}


def _said(answer, id) -> bytes:
    """The answer's bytes; a 403 for one's role names its own address (in other languages), a 404 nothing at all."""
    return answer.data if answer.status_code == 404 else CHANGING.sub(rb'\1"', answer.data.replace(id.encode(), b""))


def telling(world, client, found, seen) -> tuple[list[str], int]:
    """Addresses of hidden things that are answered otherwise than those of things that never were; how many were tried."""
    wrong, tried = [], 0
    for method, address in found:
        noun = ONE_ID.match(address)
        if not noun or noun[2] in seen[noun[1]]:
            continue
        tried += 1
        other = str(uuid.uuid4())
        hidden, never = (client.open(x, method=method) for x in (address, address.replace(noun[2], other)))
        if (hidden.status_code, _said(hidden, noun[2])) != (never.status_code, _said(never, other)):
            wrong.append(f"{method} {address}: {hidden.status_code}, but {never.status_code} for one that never was")
    return wrong, tried


@pytest.mark.slow
@pytest.mark.parametrize("who", [*PEOPLE, *OTHERS])
def test_hidden_and_missing_are_the_same_bytes(clone, who) -> None:
    world = clone()
    client = browser_of(world, who)
    client.get("/en/")
    found = [(method, address) for method in ("GET", "POST") for _, address in addresses(world, method=method)]
    assert {each[1] for _, address in found if (each := ONE_ID.match(address))} == set(TABLES), "each noun has its table"
    wrong, tried = telling(world, client, found, visible(world, client))
    assert not wrong, "\n".join(wrong)
    assert tried > 10, "something is hidden from everybody"


def test_the_one_404_is_the_same_for_everybody(lived) -> None:
    hidden = lived.sql("SELECT id FROM feedback.theme WHERE published_on IS NULL LIMIT 1")[0][0]
    assert browser_of(lived, "facilitator").get(f"/en/themes/{hidden}").status_code == 200, "it is there for whom it is for"
    answers = [browser_of(lived, who).get(address) for who in ("visitor", "steward") for address in (
        f"/en/themes/{hidden}", f"/en/themes/{uuid.uuid4()}", f"/en/consultations/{uuid.uuid4()}", "/en/no/such/place")]
    assert [answer.status_code for answer in answers] == [404] * 8
    assert len({answer.data for answer in answers[:4]}) == len({answer.data for answer in answers[4:]}) == 1


def test_a_page_that_tells_of_what_is_hidden_is_found(clone) -> None:
    world = clone()
    hidden = str(world.sql("SELECT id FROM feedback.theme WHERE published_on IS NULL LIMIT 1")[0][0])

    class Telling:
        """A house that says 403 for what it hides."""

        def open(self, address, method):
            return world.app.response_class(status=403 if hidden in address else 404)

    seen = {noun: set() for noun in TABLES}
    assert telling(world, Telling(), [("GET", f"/en/themes/{hidden}")], seen) != ([], 1)
    assert telling(world, Telling(), [("GET", f"/en/themes/{uuid.uuid4()}")], seen) == ([], 1)
