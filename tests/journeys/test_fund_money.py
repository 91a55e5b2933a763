"""Money in: companies promise, the treasurer records what came, and every entry is shown before it is posted."""

import re
import uuid
from datetime import timedelta

import psycopg
import pytest
from tests import make, make_fund

from polyphony.fund.giving import reading
from polyphony.fund.ledger import chain, showing, tasks
from polyphony.kernel.database import db


@pytest.fixture
def money(world):
    """A fund, two companies with a lead each, and the browsers of a lead and the treasurer."""
    f = world.facts
    make_fund.fund(world, members=0, reviewers=0)
    for name in ("halcyon", "meridian"):
        f[name] = make.organisation(world, name.title(), "company")
        make.person(world, f"lead@{name}.org", seats=((f[name], "engagement_lead"),))
    make.person(world, "watch@halcyon.org", seats=((f["halcyon"], "board_observer"),))
    f["lead"] = make.sign_in(world.client(), "lead@halcyon.org")
    f["keeper"] = make.sign_in(world.client(), "treasurer@fund.org")
    return world


def promised(world, amount="1,000.00", currency="kes", company="halcyon", who=None):
    f = world.facts
    typed = {"fund_id": f["fund"], "company_id": f[company], "amount": amount, "currency": currency,
             "due_on": (make.today() + timedelta(days=20)).isoformat(), "words": ""}
    answer = (who or f["lead"]).post("/en/fund/promises/new", data=typed)
    found = world.sql("SELECT id FROM fund.pledge WHERE company_id = %s AND currency = %s", f[company], currency.upper())
    return answer, found[-1][0] if found else None


def came(world, step="post", **changes):
    f = world.facts
    typed = {"pledge_id": "", "amount": "100", "currency": "KES", "received_on": make.today().isoformat(),
             "bank_reference": "B-1", "company_id": "", "step": step, **changes}
    return f["keeper"].post(f"/en/fund/{f['fund']}/receipts/new", data=typed)


def beside(text, field, said):
    """It is said beside the field and in the summary, which leads there."""
    summary, error = text.split('id="error-summary"')[1].split("</div>")[0], text.split(f'id="{field}-error"')[1].split("</p>")[0]
    return said in summary.split(f'href="#{field}"')[1].split("</a>")[0] and said in error


def balances(world):
    return {(currency, kind): abs(amount) for currency, kind, amount in world.sql(
        "SELECT a.currency, a.kind, b.amount FROM fund.balance b JOIN fund.account a ON a.id = b.account_id WHERE b.amount <> 0")}


def test_a_company_promises_raises_and_withdraws_what_has_not_come(money):
    f = money.facts
    for wrong, said in ((("1000.005", "kes"), "decimal places"), (("10.5", "jpy"), "decimal places"), (("0", "kes"), "larger than zero"),
                        (("10", "xyz"), "code of three letters"), (("ten", "kes"), "in digits")):
        answer, nothing = promised(money, *wrong)
        assert answer.status_code == 422
        assert said in answer.text
        assert wrong[0] in answer.text
        assert nothing is None
    answer, pledge = promised(money)
    assert answer.status_code == 303
    stranger = make.sign_in(money.client(), "lead@meridian.org")
    assert stranger.get(f"/en/fund/promises/{pledge}/raise").status_code == 404
    assert promised(money, who=stranger)[0].status_code in (403, 422)
    watcher = make.sign_in(money.client(), "watch@halcyon.org")
    assert "1,000.00" in watcher.get("/en/fund/promises").text
    assert watcher.get(f"/en/fund/promises/{pledge}/raise").status_code == 403
    assert f["lead"].post(f"/en/fund/promises/{pledge}/raise", data={"amount": "500"}).status_code == 303
    assert came(money, pledge_id=pledge, amount="600").status_code == 303
    page = f["lead"].get("/en/fund/promises").text
    assert "1,500.00" in page
    assert "B-1" in page
    refused = f["lead"].post(f"/en/fund/promises/{pledge}/withdrawal", data={"amount": "900.01", "words": "Hard times"})
    assert refused.status_code == 409
    assert "900.00" in refused.text
    assert "Hard times" in refused.text
    assert beside(refused.text, "amount", "Only what has not come can be withdrawn")
    taken = f["lead"].post(f"/en/fund/promises/{pledge}/withdrawal", data={"amount": "900", "words": "Hard times"})
    assert taken.status_code == 303
    assert "All has come" in f["lead"].get("/en/fund/promises").text
    spent = came(money, pledge_id=pledge, amount="1", bank_reference="B-2")
    assert spent.status_code == 409
    assert beside(spent.text, "pledge_id", "Nothing is left of this promise")


def test_no_company_sees_what_another_gave(money):
    promised(money)
    stranger = make.sign_in(money.client(), "lead@meridian.org")
    _, pledge = promised(money, "777.00", "eur", "meridian", stranger)
    assert came(money, pledge_id=pledge, amount="333", currency="EUR", bank_reference="M-SECRET").status_code == 303
    page = money.facts["lead"].get("/en/fund/promises").text
    assert "777.00" not in page
    assert "M-SECRET" not in page
    assert "Meridian" not in page
    assert "333.00" in page  # the pool of all, which is public
    for path in (f"/en/fund/{money.facts['fund']}/money", f"/en/fund/{money.facts['fund']}/ledger"):
        assert money.facts["lead"].get(path).status_code == 403


def test_the_entry_is_shown_before_it_is_posted_and_posted_once(money):
    f = money.facts
    _, pledge = promised(money)
    form = f["keeper"].get(f"/en/fund/{f['fund']}/receipts/new?promise={pledge}").text
    assert "1000.00" in form
    wrong = came(money, "check", pledge_id=pledge, amount="", bank_reference="B-7")
    assert wrong.status_code == 422
    assert "B-7" in wrong.text
    checked = came(money, "check", pledge_id=pledge, amount="1000", bank_reference="B-7")
    assert checked.status_code == 200
    assert "In the bank" in checked.text
    assert "Available" in checked.text
    assert "KES\xa01,000.00" in checked.text
    assert balances(money) == {}
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', checked.text))
    hidden["once"] = re.search(r'name="once"[^>]* value="([^"]+)"', checked.text)[1]
    back = f["keeper"].post(f"/en/fund/{f['fund']}/receipts/new", data={**hidden, "step": "edit"})
    assert 'value="B-7"' in back.text
    for _ in range(2):
        assert f["keeper"].post(f"/en/fund/{f['fund']}/receipts/new", data={**hidden, "step": "post"}).status_code == 303
    assert balances(money) == {("KES", "bank"): 1_000_00, ("KES", "available"): 1_000_00}
    again = came(money, pledge_id=pledge, amount="5", bank_reference="B-7")
    assert again.status_code == 409
    assert "recorded already" in again.text


def test_an_over_payment_is_recorded_apart_only_when_she_says_so(money):
    _, pledge = promised(money)
    for step in ("check", "post"):
        refused = came(money, step, pledge_id=pledge, amount="1,250")
        assert refused.status_code == 409
        assert beside(refused.text, "amount", "250.00 more")
        assert "1,250" in refused.text
    assert balances(money) == {}
    assert came(money, "check", pledge_id=pledge, amount="1,250", apart="y").text.count("<caption>") == 2
    assert came(money, pledge_id=pledge, amount="1,250", apart="y").status_code == 303
    assert balances(money) == {("KES", "bank"): 1_250_00, ("KES", "available"): 1_000_00, ("KES", "unmatched"): 250_00}


def test_money_of_one_company_is_not_matched_with_the_promise_of_another(money):
    f = money.facts
    _, theirs = promised(money, "100", company="meridian", who=make.sign_in(money.client(), "lead@meridian.org"))
    _, own = promised(money, "100")
    assert came(money, amount="70", bank_reference="H-1", company_id=str(f["halcyon"])).status_code == 303
    assert came(money, amount="60", bank_reference="N-1").status_code == 303
    known, unknown = (money.sql("SELECT id FROM fund.receipt WHERE bank_reference = %s", one)[0][0] for one in ("H-1", "N-1"))
    page = f["keeper"].get(f"/en/fund/receipts/{known}/match").text
    assert str(own) in page
    assert str(theirs) not in page
    assert str(theirs) in f["keeper"].get(f"/en/fund/receipts/{unknown}/match").text
    refused = f["keeper"].post(f"/en/fund/receipts/{known}/match", data={"pledge_id": theirs})
    assert refused.status_code == 409
    assert beside(refused.text, "pledge_id", "from another company than the one that made this promise")
    assert f["keeper"].post(f"/en/fund/receipts/{known}/match", data={"pledge_id": own}).status_code == 303
    assert f["keeper"].post(f"/en/fund/receipts/{unknown}/match", data={"pledge_id": theirs}).status_code == 303


def test_money_without_a_promise_is_matched_or_sent_back(money):
    f = money.facts
    assert came(money, currency="EUR", bank_reference="E-1").status_code == 303
    assert came(money, amount="70", bank_reference="K-1").status_code == 303
    _, pledge = promised(money, "60")
    ids = dict(money.sql("SELECT bank_reference, id FROM fund.receipt"))
    too_large = f["keeper"].post(f"/en/fund/receipts/{ids['K-1']}/match", data={"pledge_id": pledge})
    assert too_large.status_code == 409
    assert beside(too_large.text, "pledge_id", "this receipt is larger")
    f["lead"].post(f"/en/fund/promises/{pledge}/raise", data={"amount": "10"})
    shown = f["keeper"].get(f"/en/fund/receipts/{ids['K-1']}/match").text
    assert "KES\xa070.00" in shown
    assert "What will be posted" in shown
    page = f["keeper"].get(f"/en/fund/receipts/{ids['E-1']}/match").text
    assert "No promise in this currency" in page
    assert "What will be posted" not in page
    assert f["keeper"].post(f"/en/fund/receipts/{ids['K-1']}/match", data={"pledge_id": pledge}).status_code == 303
    assert f["keeper"].post(f"/en/fund/receipts/{ids['K-1']}/match", data={"pledge_id": pledge}).status_code == 409
    assert "K-1" in f["lead"].get("/en/fund/promises").text
    assert f["keeper"].post(f"/en/fund/receipts/{ids['E-1']}/sending-back", data={"words": ""}).status_code == 422
    assert f["keeper"].post(f"/en/fund/receipts/{ids['E-1']}/sending-back", data={"words": "Sender unknown"}).status_code == 303
    assert balances(money) == {("KES", "bank"): 70_00, ("KES", "available"): 70_00}
    other = came(money, currency="EUR", pledge_id=pledge, bank_reference="E-2")
    assert other.status_code == 422
    assert "another currency" in other.text
    assert 'value="E-2"' in other.text


def test_what_was_recorded_wrongly_is_taken_back_by_its_exact_opposite(money):
    f = money.facts
    _, pledge = promised(money)
    came(money, amount="80", bank_reference="W-1")
    [(receipt,)] = money.sql("SELECT id FROM fund.receipt")
    place = f"/en/fund/receipts/{receipt}"
    f["keeper"].post(f"{place}/match", data={"pledge_id": pledge})
    for state, left in (("unmatched", {("KES", "bank"): 80_00, ("KES", "unmatched"): 80_00}), ("reversed", {})):
        assert "What will be posted" in f["keeper"].get(f"{place}/reversal").text
        assert f["keeper"].post(f"{place}/reversal", data={"words": "Wrong line"}).status_code == 303
        assert money.sql("SELECT state, pledge_id FROM fund.receipt") == [(state, None)]
        assert balances(money) == left
    assert f["keeper"].post(f"{place}/reversal", data={"words": "Again"}).status_code == 409
    assert came(money, amount="80", bank_reference="W-1").status_code == 303
    approver = make.sign_in(money.client(), "approver@fund.org")
    assert approver.get(f"/en/fund/{f['fund']}/money").status_code == 200
    assert approver.get(f"{place}/reversal").status_code == 403


def test_who_takes_back_what_is_granted_reads_what_has_to_be_done_first(money):
    f = money.facts
    _, pledge = promised(money)
    came(money, pledge_id=pledge, amount="80", bank_reference="G-1")
    [(receipt,)] = money.sql("SELECT id FROM fund.receipt")
    place = f"/en/fund/receipts/{receipt}/reversal"
    money.sql("SET session_replication_role = replica; UPDATE fund.balance SET amount = -1000 WHERE amount = -8000")
    shown = f["keeper"].get(place).text
    assert re.search(r"<dt>Available</dt><dd>(<bdi>)?KES\xa010\.00", shown)
    refused = f["keeper"].post(place, data={"words": "Wrong line"})
    assert refused.status_code == 409
    assert "cancels an instalment that is not paid" in refused.text
    assert "The fund has not enough received money for this." in refused.text
    assert "cannot be granted" not in refused.text
    assert "Wrong line" in refused.text
    assert "KES\xa010.00" in refused.text
    assert money.sql("SELECT state FROM fund.receipt") == [("matched",)]


def test_the_ledger_is_read_and_sealed(money, monkeypatch):
    f = money.facts
    for n in (1, 2):
        assert came(money, amount="1", bank_reference=f"L-{n}").status_code == 303
    make.person(money, "auditor@x.org", roles=("auditor",))
    auditor = make.sign_in(money.client(), "auditor@x.org")
    page = auditor.get(f"/en/fund/{f['fund']}/ledger").text
    [entry, _] = dict.fromkeys(re.findall(r"/en/fund/entries/([0-9a-f-]{36})", page))
    assert "within five minutes" in auditor.get(f"/en/fund/entries/{entry}").text
    with money.worker.app_context():
        tasks.seal()
        tasks.seal()
        db.session.commit()
        assert chain.broken_at(f["fund"]) is None
    assert money.sql("SELECT number FROM fund.seal ORDER BY 1") == [(1,), (2,)]
    detail = auditor.get(f"/en/fund/entries/{entry}").text
    assert "Link 2 of the chain" in detail
    assert auditor.get(f"/en/fund/{f['halcyon']}/ledger").status_code == 404
    for shown in (showing, reading):
        monkeypatch.setattr(shown, "PAGE", 1)
    for path, what in (("ledger", "/en/fund/entries/"), ("money", "L-")):
        first = f["keeper"].get(f"/en/fund/{f['fund']}/{path}").text
        following = re.search(r'after=([0-9a-f-]+)" rel="next"', first)[1]
        second = f["keeper"].get(f"/en/fund/{f['fund']}/{path}?after={following}").text
        seen = [re.findall(what + r"[0-9a-f-]+", page.split("</thead>")[-1])[0] for page in (first, second)]
        assert seen[0] != seen[1]
        assert 'rel="next"' not in second
    assert f["lead"].get(f"/en/fund/entries/{entry}").status_code == 403


def test_a_withdrawal_and_a_receipt_at_the_same_moment_never_pass_each_other(money):
    f = money.facts
    _, pledge = promised(money, "100")
    with psycopg.connect(money.server.url("postgres", money.name)) as slow:
        slow.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        assert slow.execute("SELECT count(*) FROM fund.receipt").fetchone() == (0,)  # her picture of the database
        assert came(money, pledge_id=pledge, amount="60").status_code == 303
        with pytest.raises(psycopg.errors.SerializationFailure):  # told to begin again, not let through
            slow.execute("INSERT INTO fund.pledge_change (id, pledge_id, company_id, kind, amount, words, \"on\") VALUES "
                         "(%s, %s, %s, 'withdrawn', 6000, 'x', current_date)", (uuid.uuid4(), pledge, f["halcyon"]))
    assert f["lead"].post(f"/en/fund/promises/{pledge}/withdrawal", data={"amount": "60", "words": "x"}).status_code == 409
