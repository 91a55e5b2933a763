"""The fund in public: totals that equal the ledger, and hidden grants that no subtraction finds."""

import random
import uuid
from collections import defaultdict
from datetime import timedelta
from fractions import Fraction
from typing import Any

import psycopg
import pytest
from flask import g
from sqlalchemy.exc import IntegrityError
from tests import make, make_fund, make_grants

from polyphony.fund.statement.regions import places
from polyphony.kernel import providers
from polyphony.kernel.database import db
from polyphony.kernel.flow import Part, flow
from polyphony.kernel.viewer import open_viewer

EAST, PLACES = ("KE", "UG", "TZ", "RW", "ET", "SO"), ("KE", "UG", "NG", "SN", "BR", "ID", "TW", "")


def _public(world: Any, url: str = "/en/fund", expected: int = 200, client: Any = None) -> str:
    answer = (client or world.client()).get(url)
    assert answer.status_code == expected, answer.get_data(as_text=True)
    assert answer.headers["Cache-Control"] == "no-store", "no copy of a name may outlive its taking down"
    return str(answer.get_data(as_text=True))


@pytest.fixture
def fund(world: Any) -> Any:
    """9,000.00 KES received; one grant in full, one without name, six at risk in eastern Africa."""
    f = world.facts
    make_fund.fund(world)
    make_grants.received(world, 9_000_00)
    f["open"] = make.organisation(world, "Voix Ouverte", "stakeholder")
    f["shy"] = make.organisation(world, "Voix Sans Nom", "stakeholder")
    make.person(world, "asha@ngo.org", seats=((f["open"], "coordinator"),))
    f["grant"] = make_grants.grant(world, f["open"], 1_234_56)
    make_grants.grant(world, f["shy"], 700_00, level="no_name", country="SN")
    f["hidden"] = [f"Hidden {n} Circle" for n in range(6)]
    for n, name in enumerate(f["hidden"]):
        make_grants.grant(world, make.organisation(world, name, "stakeholder"), 100_00 + n, level="region" if n else "full",
                          country=EAST[n], at_risk=not n)
    return world


def test_totals_are_the_ledger_and_hidden_names_are_nowhere(fund: Any) -> None:
    f = fund.facts
    page = _public(fund)
    for said in ("9,000.00", "2,534.71", "6,465.29", "1,234.56", "Voix Ouverte", "700.00", "Senegal", "Eastern Africa",
                 "600.15", "6 grants, told together"):
        assert said in page, said
    for hidden in (*f["hidden"], "Voix Sans Nom", "100.0", "Uganda", "Somalia"):
        assert hidden not in page, hidden
    assert "or one sum of all grantees where a currency has fewer" in page
    assert 'href="/en/fund/calls"' in _public(fund).split("<aside")[1], "calls that are over too"
    assert "No money had come in" in _public(fund, f"/en/fund/{f['fund']}?on={make.today() - timedelta(days=1)}")
    assert "as year, month and day" in _public(fund, f"/en/fund/{f['fund']}?on=yesterday", 422)
    assert "has not come yet" in _public(fund, f"/en/fund/{f['fund']}?on={make.today() + timedelta(days=9)}", 422)


def test_a_name_taken_down_is_gone_at_once_and_only_the_grantee_opens(fund: Any) -> None:
    f = fund.facts
    url = f"/en/fund/grants/{f['grant']}"
    admin, asha = (make.sign_in(fund.client(), who) for who in ("admin@fund.org", "asha@ngo.org"))
    for who, said, unsaid in ((admin, "sees the grantee’s name", "your name"), (asha, "sees your name", "grantee’s name")):
        page = who.get(url).get_data(as_text=True)
        assert said in page
        assert unsaid not in page
        assert "or in one sum of all grantees where its currency has fewer" in page
    assert admin.post(url, data={"once": str(uuid.uuid4()), "level": "no_name"}).status_code == 303
    assert "Voix Ouverte" not in _public(fund)
    assert f"Title of {f['grant']}" not in _public(fund)
    refused = admin.post(url, data={"once": str(uuid.uuid4()), "level": "full"})
    assert refused.status_code == 403
    assert "Only the grantee" in refused.get_data(as_text=True)
    assert asha.post(url, data={"once": str(uuid.uuid4()), "level": "full"}).status_code == 303
    assert "Voix Ouverte" in _public(fund)
    assert asha.post(url, data={"once": str(uuid.uuid4()), "level": "full", "at_risk": "y"}).status_code == 303
    page = _public(fund)
    assert "Voix Ouverte" not in page
    assert "1,234.56" not in page
    assert "7 grants, told together" in page


def test_the_database_too_lets_only_the_grantee_open_and_nobody_change_a_grant(fund: Any) -> None:
    f, statement = fund.facts, 'UPDATE fund."grant" SET {} WHERE id = %s'
    fund.sql(statement.format("level = 'region'"), f["grant"])
    for change, name in (("level = 'full'", "grant_opened_by_grantee"), ("amount = 1", "grant_stays"),
                         ("country = 'UG'", "grant_stays")):
        with pytest.raises(IntegrityError) as no:
            _as_admin(fund, statement.format(change))
        assert no.value.orig.diag.constraint_name == name


def _as_admin(fund: Any, statement: str) -> None:
    """Past all Python, on the web role."""
    with fund.app.test_request_context("/"):
        open_viewer(make.session_of(fund, fund.facts["admin"]))
        db.session.connection().exec_driver_sql(statement, (fund.facts["grant"],))


def _back(world: Any, id: Any, days: int) -> None:
    """A grant and its award as if they had been made some days earlier."""
    with psycopg.connect(world.server.url("postgres", world.name)) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute('UPDATE fund."grant" SET awarded_on = awarded_on - %s WHERE id = %s', (days, id))
        connection.execute("UPDATE fund.entry SET at = at - make_interval(days => %s) WHERE grant_id = %s", (days, id))


def test_grants_are_listed_as_of_the_chosen_day(fund: Any) -> None:
    """Amounts and cells are those of that day; openness is today's, for every day."""
    f, day = fund.facts, make.today()
    early = make_grants.grant(fund, make.organisation(fund, "Voix du Nord", "stakeholder"), 321_00, (200_00, 121_00))
    _back(fund, early, 20)
    admin = make.sign_in(fund.client(), "admin@fund.org")
    second = make_grants.instalments(fund, early)[1]
    assert admin.post(f"/en/fund/instalments/{second}/cancel", data={"words": "It ended"}).status_code == 303
    assert "200.00" in _public(fund)
    url = f"/en/fund/{f['fund']}?on="
    past = _public(fund, f"{url}{day - timedelta(days=10)}")
    assert "Voix du Nord" in past
    assert "321.00" in past, "the instalment was cancelled later"
    for later in ("Voix Ouverte", "Eastern Africa", "told together", "200.00"):
        assert later not in past, later
    assert "No grant had been made by this day" in _public(fund, f"{url}{day - timedelta(days=25)}")
    for id, in fund.sql('SELECT id FROM fund."grant" WHERE level = \'region\' OR at_risk'):
        _back(fund, id, 15)
    past = _public(fund, f"{url}{day - timedelta(days=10)}")
    assert "6 grants, told together" in past
    assert "600.15" in past
    assert "Eastern Africa" not in past, "comparing days never tells in which region somebody received"
    assert "Eastern Africa" in _public(fund)
    assert admin.post(f"/en/fund/grants/{early}", data={"once": str(uuid.uuid4()), "level": "no_name"}).status_code == 303
    for page in (_public(fund), _public(fund, f"{url}{day - timedelta(days=10)}")):
        assert "Voix du Nord" not in page, "taken down today, it is taken down for every day"


def test_a_day_that_is_over_adds_up_to_the_ledger_and_shows_no_hidden_amount(world: Any) -> None:
    """Random funds over ten days: what is listed of any day is granted on that day, to the minor unit."""
    rng, fund = random.Random(5), uuid.uuid4()
    payees = [make.organisation(world, f"Payee {n}", "stakeholder") for n in range(14)]
    account, today = uuid.uuid4(), make.today()
    with psycopg.connect(world.server.url("postgres", world.name)) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("INSERT INTO fund.account (id, fund_id, currency, kind) VALUES (%s, %s, 'KES', 'awarded')", (account, fund))
        for turn in range(24):
            _scatter(connection, rng, fund, rng.sample(payees, rng.randint(1, 14)))
            connection.execute('UPDATE fund."grant" SET currency = \'KES\'')
            if turn % 2:  # many in one region
                connection.execute('UPDATE fund."grant" SET country = \'KE\', level = \'region\'')
            for id, amount in connection.execute("SELECT grant_id, awarded FROM fund.grant_balance").fetchall():
                _award(connection, fund, account, id, -amount - 500, rng.randint(3, 10))
                _award(connection, fund, account, id, 500, rng.randint(0, 3))
            for back in range(12):
                day = today - timedelta(days=back)
                cells = connection.execute("SELECT * FROM fund.grants_in_cells(%s, %s)", (fund, day)).fetchall()
                shown = connection.execute("SELECT * FROM fund.grants_shown(%s, %s)", (fund, day)).fetchall()
                total = connection.execute("SELECT coalesce(-sum(amount), 0) FROM fund.totals(%s, %s)", (fund, day)).fetchone()
                assert sum(row[3] or 0 for row in shown) == total[0]
                if cells:
                    _judge(cells, shown)
                if back:
                    assert {row[4] for row in shown if row[0] == "cell"} <= {"001"}, "no region in what is over"
            connection.execute('TRUNCATE fund.grant_balance, fund.grantee, fund."grant", fund.entry, fund.entry_line CASCADE')


def _award(connection: Any, fund: Any, account: Any, grant: Any, amount: int, days: int) -> None:
    entry = uuid.uuid4()
    connection.execute("INSERT INTO fund.entry (id, fund_id, kind, at, person_id, words, key, body_hash, lines_count, grant_id) "
                       "VALUES (%s, %s, 'award', now() - make_interval(days => %s), %s, '', %s, '', 1, %s)",
                       (entry, fund, days, fund, str(entry), grant))
    connection.execute("INSERT INTO fund.entry_line (id, entry_id, account_id, currency, amount) VALUES (%s, %s, %s, 'KES', %s)",
                       (uuid.uuid4(), entry, account, amount))


def test_a_company_sees_what_everybody_sees(fund: Any) -> None:
    company = make.organisation(fund, "Halcyon")
    make.person(fund, "lead@halcyon.org", seats=((company, "engagement_lead"),))
    seen = _public(fund, client=make.sign_in(fund.client(), "lead@halcyon.org"))
    assert "600.15" in seen
    assert "6 grants" in seen
    for hidden in (*fund.facts["hidden"], "Voix Sans Nom", "Halcyon", "Payments</a>"):
        assert hidden not in seen, hidden


def test_one_grant_is_found_among_what_is_shown_and_no_hidden_one_is(fund: Any, monkeypatch: Any) -> None:
    f = fund.facts
    monkeypatch.setattr("polyphony.fund.statement.service.SHOWN", 1)
    url = f"/en/fund/{f['fund']}"

    def rows(query: str) -> list[str]:
        page = _public(fund, url + query)
        part = page.split('id="grants"')[1].split("</main")[0]
        return part.split("<tbody>")[1].split("</tbody>")[0].split("<tr>")[1:] if "<tbody>" in part else []

    first = _public(fund)
    assert "1–1 of 2" in first
    assert f'href="{url}?from=1#grants"' in first
    assert "Name not shown" in rows("?from=1")[0]
    assert len(rows("?from=9")) == len(rows("")) > 1, "sums stand on each page"
    for said in ("voix+ouv", f"title+of+{f['grant']}", "kenya"):
        found = rows(f"?q={said}")
        assert len(found) == 1, said
        assert "Voix Ouverte" in found[0]
    assert "Name not shown" in rows("?q=senegal")[0]
    hidden = fund.sql('SELECT id FROM fund."grant" WHERE level = \'region\' OR level = \'no_name\' OR at_risk')
    assert len(hidden) == 7
    for unsaid in ("hidden", "voix+sans", "uganda", "eastern", *(f"title+of+{id}" for id, in hidden)):
        page = _public(fund, f"{url}?q={unsaid}")
        assert "Nothing found" in page, unsaid
        assert rows(f"?q={unsaid}") == []
    _back(fund, f["grant"], 20)
    past = _public(fund, f"{url}?q=voix&on={make.today() - timedelta(days=10)}")
    assert f'name="on" value="{make.today() - timedelta(days=10)}"' in past.split('role="search"')[1]
    assert "1–1 of 1" in past


def test_the_front_page_is_offered_three_numbers(fund: Any) -> None:
    with fund.app.test_request_context("/en/"):
        g.lang = "en"
        open_viewer(None)
        (told,), = providers.ask("fund_in_numbers")
        assert [number for _, number in told.rows[0]] == ["KES\u00a09,000.00", "KES\u00a02,534.71", "KES\u00a00.00"]


def test_no_hidden_amount_is_found_by_subtraction(world: Any) -> None:
    """Random funds: whoever knows every shown figure, and even who is in which cell, finds no hidden amount."""
    rng, fund = random.Random(3), uuid.uuid4()
    payees = [make.organisation(world, f"Payee {n}", "stakeholder") for n in range(14)]
    with psycopg.connect(world.server.url("postgres", world.name)) as connection:
        connection.execute("SET session_replication_role = replica")
        for _ in range(120):
            _scatter(connection, rng, fund, rng.sample(payees, rng.randint(1, 14)))
            cells = connection.execute("SELECT * FROM fund.grants_in_cells(%s, current_date)", (fund,)).fetchall()
            shown = connection.execute("SELECT * FROM fund.grants_shown(%s, current_date)", (fund,)).fetchall()
            for currency in ("KES", "EUR"):
                _judge([c for c in cells if c[1] == currency], [s for s in shown if s[2] == currency])
            connection.execute('TRUNCATE fund.grant_balance, fund.grantee, fund."grant" CASCADE')


def _scatter(connection: Any, rng: random.Random, fund: Any, payees: list[Any]) -> None:
    pool, mixed = rng.choice((PLACES, EAST, (*EAST, *PLACES))), rng.random() < 0.6
    for _ in range(rng.randint(1, 22)):
        id, amount = uuid.uuid4(), rng.randint(1, 10**6)
        level = rng.choice(("full", "no_name", "region", "aggregate") if mixed else ("region", "region", "region", "aggregate"))
        connection.execute(
            'INSERT INTO fund."grant" (id, fund_id, call_id, application_id, currency, amount, title, lang, country, at_risk, '
            "level, awarded_on) VALUES (%s, %s, %s, %s, %s, %s, 'secret', 'en', %s, %s, %s, now())",
            (id, fund, fund, uuid.uuid4(), rng.choice(("KES", "KES", "EUR")), amount, rng.choice(pool),
             rng.random() < 0.2, level))
        connection.execute("INSERT INTO fund.grantee VALUES (%s, %s, %s, '')", (id, rng.choice(payees), fund))
        connection.execute("INSERT INTO fund.grant_balance (grant_id, awarded, paid) VALUES (%s, %s, 0)", (id, amount))


def _judge(grants: list[Any], shown: list[Any]) -> None:
    """`grants`: id, currency, amount, level, payee, country, cell. `shown`: kind, id, currency, amount, …"""
    assert sum(row[2] for row in grants) == sum(row[3] or 0 for row in shown), "shown figures add up to the ledger"
    cells = defaultdict(list)
    for row in grants:
        assert row[6] or row[3] in ("full", "no_name"), "nothing hidden stands alone"
        cells[row[6]].append(row)
    alone = cells.pop(None, [])
    for members in cells.values():
        payees = {row[4] for row in members}
        assert len(payees) >= 5 or (len(cells) == 1 and not alone), (members, alone)
    for row in shown:
        assert row[0] != "cell" or row[9] is None or row[9] >= 5
    number = {row[0]: n for n, row in enumerate(grants)}
    known = [[Fraction(int(n == number[row[0]])) for n in range(len(grants))] for row in alone]
    known += [[Fraction(int(row[6] == cell)) for row in grants] for cell in cells]
    known.append([Fraction(1)] * len(grants))
    if len(grants) > 1:
        for row in (row for members in cells.values() for row in members if row[3] in ("region", "aggregate")):
            wanted = [Fraction(int(n == number[row[0]])) for n in range(len(grants))]
            assert _rank([*known, wanted]) > _rank(known), "found by subtraction"


def _rank(rows: list[list[Fraction]]) -> int:
    rows, rank = [row[:] for row in rows], 0
    for column in range(len(rows[0])):
        pivot = next((n for n in range(rank, len(rows)) if rows[n][column]), None)
        if pivot is None:
            continue
        rows[rank], rows[pivot] = rows[pivot], rows[rank]
        for n in range(rank + 1, len(rows)):
            if rows[n][column]:
                factor = rows[n][column] / rows[rank][column]
                rows[n] = [a - factor * b for a, b in zip(rows[n], rows[rank], strict=True)]
        rank += 1
    return rank


def test_every_country_is_in_one_region() -> None:
    codes = [country for country, _, _ in places()]
    assert len(codes) == len(set(codes)) == 247
    assert {"KE", "PS", "US"} <= set(codes)


def test_the_picture_is_true_and_turns_round() -> None:
    parts = (Part("Received", "100", 100, "received"), (Part("Granted", "60", 60, "granted"), Part("Available", "40", 40)),
             (Part("Paid", "60", 60), Part("On its way", "0", 0)))
    left, right = flow(*parts), flow(*parts, direction="rtl")
    assert left.wide.runs != right.wide.runs
    assert len(left.wide.runs) == 3 + 4, "no band for nothing"
    assert {text.lines[0] for text in left.wide.texts} == {"Received", "Granted", "Available", "Paid"}
    assert len(left.narrow.texts) == 10, "the narrow one names nothing too"
    for text in (*left.wide.texts, *right.wide.texts):
        assert 0 <= text.x <= left.wide.width
        assert text.y < left.wide.height
    assert flow(Part("Received", "0", 0), (), ()).wide.runs, "an empty fund draws too"


def test_what_the_fund_is_for_and_a_public_title_are_read_in_ones_own_language(fund: Any) -> None:
    f = fund.facts
    make.person(fund, "lead@halcyon.org", seats=((make.organisation(fund, "Halcyon"), "engagement_lead"),))
    admin, translator, lead = (make.sign_in(fund.client(), who) for who in
                               ("admin@fund.org", "translator@fund.org", "lead@halcyon.org"))
    desk = f"/en/consultations/{f['fund']}/translations"
    here = f"{desk}/fund_purpose/{f['fund']}/purpose/fr"
    assert "To pay for time" in translator.get(f"{desk}?into=fr").get_data(as_text=True)
    assert lead.get(here).status_code == lead.get(desk).status_code == 404
    assert lead.post(here, data={"text": "Payer nos amis"}).status_code == 404
    assert translator.post(here, data={"text": "Payer le temps", "revision": make.revision(translator, here)}).status_code == 303
    for url in ("/fr/fund", f"/fr/fund/{f['fund']}/bodies"):
        page = fund.client().get(url).get_data(as_text=True)
        for said in ("Payer le temps", "To pay for time", 'lang="fr"'):
            assert said in page, (url, said)
    assert "Payer le temps" not in _public(fund, "/es/fund")
    _changed(fund, admin, translator, here)
    _titled(fund, translator, lead)


def _changed(fund: Any, admin: Any, translator: Any, here: str) -> None:
    """The source changes: the translation says so, until it is renewed; of two who change it the second is told."""
    url = f"/en/fund/{fund.facts['fund']}/purpose"
    stale = "The original has changed since"
    assert translator.get(url).status_code == 403
    page = admin.get(url).get_data(as_text=True)
    before = page.split('name="revision"', 1)[1].split('value="', 1)[1].split('"', 1)[0]
    typed = {"purpose": "To pay for time and travel", "lang": "en", "revision": before}
    assert stale not in _public(fund, "/fr/fund")
    assert admin.post(url, data=typed).status_code == 303
    assert admin.post(url, data={**typed, "purpose": "To pay for rent"}).status_code == 409, "somebody was faster"
    assert "time and travel" in _public(fund, "/en/fund")
    french = fund.client().get("/fr/fund").get_data(as_text=True)
    assert "Payer le temps" in french
    assert "time and travel" in french, "the original one click away"
    assert fund.sql("SELECT stale FROM languages.translation WHERE kind = 'fund_purpose'") == [(True,)]
    assert 'class="warn"' in french
    assert translator.post(here, data={"text": "Payer le temps et la route", "revision": make.revision(translator, here)}).status_code == 303
    assert 'class="warn"' not in _public(fund, "/fr/fund")


def _titled(fund: Any, translator: Any, lead: Any) -> None:
    """The title of an application, translated for reviewers, is public in that language while the grant is in full."""
    f = fund.facts
    call, application = fund.sql('SELECT call_id, application_id FROM fund."grant" WHERE id = %s', f["grant"])[0]
    part = uuid.uuid4()
    fund.sql("DELETE FROM fund.part WHERE application_id = %s AND name = 'title'", application)
    fund.sql("INSERT INTO fund.part (id, application_id, name, words, lang, revision) SELECT %s, g.application_id, 'title', "
             'g.title, \'en\', 1 FROM fund."grant" g WHERE g.id = %s', part, f["grant"])
    fund.sql("UPDATE fund.call SET languages = '{en,ar}' WHERE id = %s", call)
    url = f"/en/consultations/{call}/translations/fund_part/{part}/words/ar"
    assert translator.post(url, data={"text": "الوقت للكلام", "revision": make.revision(translator, url)}).status_code == 303
    for client in (fund.client(), lead):
        page = client.get("/ar/fund").get_data(as_text=True)
        assert "الوقت للكلام" in page
        assert f"Title of {f['grant']}" in page, "the original one click away"
    for level, risk in (("no_name", False), ("full", True)):
        fund.sql('UPDATE fund."grant" SET level = %s, at_risk = %s WHERE id = %s', level, risk, f["grant"])
        assert "الوقت للكلام" not in _public(fund, "/ar/fund")
        with fund.app.test_request_context("/ar/fund"):
            open_viewer(None)
            kept = db.session.connection().exec_driver_sql("SELECT count(*) FROM languages.translation WHERE kind = 'fund_part'")
            assert kept.scalar() == 0, "row security, not the page"
