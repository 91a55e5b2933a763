"""What a browser's viewer sees of every thing that an address can name, asked of the database itself."""

import re

import psycopg

from polyphony.kernel import secrets

# What stands before an id in an address, and where such ids come from.
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
TABLES |= {"lost-factors": "organisations.factor_reset", "account/sessions": "people.session", "account/second-factors": "people.factor",
           "account/company-sign-in": "(SELECT organisation_id AS id FROM people.company_link)",
           "sign-in/with": "(SELECT organisation_id AS id FROM organisations.entrance)"}
# What is inside of something, as (outer thing, inner thing): what one of them is there for is there only below the other.
OF_THEME = "(SELECT theme_id, {} FROM feedback.{})"
INNER = {"reading": "(SELECT consultation_id, id FROM inputs.input)", "remind": "(SELECT consultation_id, company_id FROM consultations.convener)",
         "organisations": "(SELECT consultation_id, organisation_id FROM consultations.invited)",
         "translators": "(SELECT consultation_id, id FROM consultations.translator)",
         "translations/consultation": "(SELECT id, id AS subject FROM consultations.consultation)",
         "translations/theme": "(SELECT consultation_id, id FROM feedback.theme)", "inputs": OF_THEME.format("input_id", "excerpt"),
         "answer": "(SELECT t.id, c.company_id FROM feedback.theme t JOIN consultations.convener c USING (consultation_id) UNION "
                   + OF_THEME.format("company_id", "answer") + ")"}
INNER |= {"excerpts": INNER["reading"], "say/sent": INNER["reading"], "companies": INNER["remind"]}
GAP = re.compile(r"/([0-9a-f]{8}-[0-9a-f-]{27})(?=/|$)")


def gaps(address) -> tuple[list[str], list[str]]:
    """What stands before each id of an address, and the ids."""
    parts = GAP.split(address.removeprefix("/en/"))
    return [noun.strip("/") for noun in parts[:-1:2]], parts[1::2]


def visible(world, client) -> dict[str, set]:
    """Which rows of each table the database shows to this browser's viewer: their ids, and those of what is inside of something."""
    with client.session_transaction() as session:
        key, links = session.get("key"), session.get("links", [])
    with psycopg.connect(world.server.url("polyphony_app", world.name)) as connection:
        connection.execute("SELECT viewer.open(%s, %s)", [secrets.bytes_of(key) if key else None,
                                                          [secrets.bytes_of(x) for x in links]])
        ids = {noun: {str(row[0]) for row in connection.execute(f"SELECT id FROM {table} AS seen")} for noun, table in TABLES.items()}
        return ids | {f"…/{noun}": {tuple(map(str, row)) for row in connection.execute(f"SELECT * FROM {pairs} AS seen")}
                      for noun, pairs in INNER.items()}


def inside(world) -> dict[str, list[str]]:
    """Every id that could be asked for inside of something, by noun."""
    return {noun: sorted({str(row[1]) for row in world.sql(f"SELECT * FROM {pairs} AS every")}) for noun, pairs in INNER.items()}


def put(address, place, id) -> str:
    """The address with this id in one of its gaps."""
    gap = list(GAP.finditer(address))[place]
    return address[:gap.start(1)] + id + address[gap.end(1):]
