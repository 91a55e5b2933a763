"""A payment through its hands: prepared, approved, released, then what the bank says; and everybody who may not."""

import re
import threading
import uuid
from datetime import timedelta
from typing import Any

import pytest
from tests import make, make_fund, make_grants

from polyphony.fund.paying import desk
from polyphony.kernel import clock

BOOKS = ("SELECT a.kind, b.amount FROM fund.balance b JOIN fund.account a ON a.id = b.account_id "
         "WHERE a.kind IN ('paid', 'transit', 'bank') ORDER BY 1")


@pytest.fixture
def fund(world: Any) -> Any:
    """A fund with 5,000.00 KES and one grant of 1,000.00 in two instalments."""
    f = world.facts
    make_fund.fund(world)
    f["ngo"] = make.organisation(world, "Sauti ya Wote", "stakeholder")
    f["asha"] = make.person(world, "asha@ngo.org", seats=((f["ngo"], "coordinator"),))
    make_grants.received(world, 5_000_00)
    f["grant"] = make_grants.grant(world, f["ngo"], 1_000_00, (600_00, 400_00), condition="The report is accepted.")
    f["first"], f["second"] = make_grants.instalments(world, f["grant"])
    return world


def _in(world: Any, who: str) -> Any:
    browsers = world.facts.setdefault("browsers", {})
    address = who if "@" in who else f"{who}@fund.org"
    if address not in browsers:
        browsers[address] = make.sign_in(world.client(), address)
    return browsers[address]


def _post(world: Any, who: str, url: str, expected: int = 303, **data: Any) -> str:
    answer = _in(world, who).post(url, data={"once": str(uuid.uuid4()), **data})
    body = answer.get_data(as_text=True)
    assert answer.status_code == expected, (answer.status_code, body)
    return str(answer.headers.get("Location")) if expected == 303 else body


def _get(world: Any, who: str, url: str, expected: int = 200) -> str:
    answer = _in(world, who).get(url)
    assert answer.status_code == expected, (url, answer.status_code)
    return str(answer.get_data(as_text=True))


def test_titles_and_conditions_are_read_with_their_language(fund: Any) -> None:
    f = fund.facts
    fund.sql("SET session_replication_role = replica; UPDATE fund.decision SET lang = 'ar'; "
             "UPDATE fund.\"grant\" SET lang = 'sw', title = 'Muda wa kusema'; "
             "UPDATE fund.part SET words = 'Muda wa kusema', lang = 'sw' WHERE name = 'title'")
    condition, desk = 'lang="ar" dir="auto">The report is accepted.', f"/en/fund/{f['fund']}/payments"
    assert condition in _get(fund, "treasurer", desk)
    prepare = f"/en/fund/instalments/{f['second']}/prepare"
    page = _get(fund, "treasurer", prepare)
    assert condition in page
    assert 'lang="sw" dir="ltr">Muda wa kusema' in page
    fund.sql("INSERT INTO languages.translation (id, consultation_id, subject_id, kind, field, lang, text, mark, stale) SELECT "
             "gen_random_uuid(), a.call_id, p.id, 'fund_part', 'words', 'en', 'Time to speak up', 'person', false FROM fund.part p "
             "JOIN fund.application a ON a.id = p.application_id WHERE p.name = 'title'")
    title = 'lang="en" dir="ltr">Time to speak up'
    assert title in _get(fund, "treasurer", prepare)
    make.person(fund, "auditor@x.org", roles=("auditor",))
    payment = _prepared(fund)
    for who in ("approver", "auditor@x.org"):
        assert title in _get(fund, who, payment)


def _prepared(world: Any) -> str:
    return _post(world, "treasurer", f"/en/fund/instalments/{world.facts['first']}/prepare")


def test_three_people_and_then_the_bank(fund: Any) -> None:
    f = fund.facts
    desk = f"/en/fund/{f['fund']}/payments"
    assert "Sauti ya Wote" in _get(fund, "treasurer", desk)
    assert "Prepare the payment of 1 instalment" in _get(fund, "treasurer", "/en/home")
    page = _prepared(fund)
    assert fund.sql(BOOKS) == [("bank", 5_000_00)], "preparing posts nothing"
    seen = _get(fund, "approver", page)
    assert "treasurer" in seen
    for said in ("Paid or on its way", "KES\u00a0600.00"):
        assert said in seen, "the entry before it"
    assert "Approve a payment of KES\u00a0600.00" in _get(fund, "approver", "/en/home")
    _post(fund, "approver", f"{page}/approve")
    _post(fund, "releaser", f"{page}/release")
    assert fund.sql(BOOKS) == [("bank", 5_000_00), ("paid", 600_00), ("transit", -600_00)]
    _post(fund, "treasurer", f"{page}/confirm")
    assert fund.sql(BOOKS) == [("bank", 4_400_00), ("paid", 600_00), ("transit", 0)]
    done = _get(fund, "admin", page)
    assert all(name in done for name in ("treasurer", "approver", "releaser"))
    assert "bank has paid" in done
    make.person(fund, "auditor@x.org", roles=("auditor",))
    audited = _get(fund, "auditor@x.org", page)
    assert [f"Person {letter}" in audited for letter in "ABCD"] == [True, True, True, False], "three, and by no name"
    assert "Sauti" not in audited
    assert "KES\u00a0600.00" in audited
    assert fund.sql("SELECT step, entry_id IS NOT NULL FROM fund.payment_step ORDER BY at") == [
        ("prepared", False), ("approved", False), ("released", True), ("confirmed", True)]


def test_everybody_is_told_who_can_help(fund: Any) -> None:
    page = _prepared(fund)
    assert "An approver who has not prepared" in _post(fund, "releaser", f"{page}/approve", 403)
    assert "Only a releaser" in _post(fund, "approver", f"{page}/release", 403)
    assert "not its turn yet" in _post(fund, "releaser", f"{page}/release", 409)
    assert "A treasurer of the fund" in _post(fund, "approver", f"{page}/confirm", 403)
    seen = _get(fund, "releaser", page)
    assert "Only an approver" in seen
    assert "Approve the payment</button>" not in seen


def test_one_person_has_one_hand(fund: Any) -> None:
    f = fund.facts
    for who, role in (("treasurer", "approver"), ("treasurer", "releaser"), ("approver", "releaser")):
        fund.sql("INSERT INTO organisations.membership (id, person_id, organisation_id, role, function, begun_at) VALUES "
                 "(gen_random_uuid(), %s, %s, %s, '', now())", f[who], f["fund"], role)
    page = _prepared(fund)
    assert "already had a hand" in _get(fund, "treasurer", page)
    assert "Three different people" in _post(fund, "treasurer", f"{page}/approve", 403)
    _post(fund, "approver", f"{page}/approve")
    for who in ("treasurer", "approver"):
        assert "Three different people" in _post(fund, who, f"{page}/release", 403)
    assert fund.sql(BOOKS) == [("bank", 5_000_00)], "nothing was posted by those refused"


def test_who_steps_aside_sees_no_payment(fund: Any) -> None:
    f = fund.facts
    page = _prepared(fund)
    fund.sql("INSERT INTO fund.recusal (id, application_id, fund_id, person_id, origin, kind, words, at) SELECT "
             "gen_random_uuid(), application_id, fund_id, %s, 'declared', 'family', '', now() FROM fund.\"grant\"",
             f["approver"])
    assert "Sauti ya Wote" not in _get(fund, "approver", f"/en/fund/{f['fund']}/payments")
    _get(fund, "approver", page, 404)
    _post(fund, "approver", f"{page}/approve", 404)
    assert fund.sql("SELECT state FROM fund.payment") == [("prepared",)]


def test_every_hand_can_say_that_she_has_a_conflict_where_she_meets_the_payment(fund: Any) -> None:
    f = fund.facts
    page = _prepared(fund)
    (application,) = fund.sql('SELECT application_id FROM fund."grant"')[0]
    aside = f"/en/fund/applications/{application}/step-aside"
    second = f"/en/fund/instalments/{f['second']}/prepare"
    for who, here in (("treasurer", second), ("approver", page), ("releaser", page)):
        assert f'href="{aside}"' in _get(fund, who, here), who
        _post(fund, who, aside, kind="family", words="")
        _get(fund, who, here, 404)
    assert fund.sql("SELECT count(*) FROM fund.recusal WHERE origin = 'declared'") == [(3,)]


def test_an_instalment_is_prepared_once_when_due_and_its_condition_met(fund: Any) -> None:
    f = fund.facts
    _prepared(fund)
    assert "already under way" in _post(fund, "treasurer", f"/en/fund/instalments/{f['first']}/prepare", 409)
    second = f"/en/fund/instalments/{f['second']}/prepare"
    first = str(clock.day(make.today() + timedelta(days=1)).text)  # due in thirty-one days
    for page in (_get(fund, "treasurer", second), _get(fund, "treasurer", f"/en/fund/{f['fund']}/payments")):
        assert f"can be prepared from {first}" in page
        for way in ("action", 'class="button second" href'):
            assert f'{way}="{second}"' not in page, "nothing leads into a refusal"
    refused = _post(fund, "treasurer", second, 409, words="It is there.")
    assert f"not due yet. It can be prepared from {first}" in refused
    assert "It is there." in refused
    fund.sql("UPDATE fund.instalment SET due_on = due_on - 5")
    assert "write how it was met" in _post(fund, "treasurer", second, 422)
    assert "It was accepted." in _get(fund, "approver", _post(fund, "treasurer", second, words="It was accepted."))
    _get(fund, "approver", second, 403)


def test_stopped_and_sent_back_with_words_and_prepared_anew(fund: Any) -> None:
    page = _prepared(fund)
    assert "Please write why" in _post(fund, "approver", f"{page}/stop", 422, words=" ")
    _post(fund, "approver", f"{page}/stop", words="The reference is an old one.")
    assert "an old one" in _get(fund, "treasurer", page)
    again = _prepared(fund)
    _post(fund, "approver", f"{again}/approve")
    _post(fund, "releaser", f"{again}/release")
    assert "cannot stop" in _post(fund, "approver", f"{again}/stop", 403, words="Too late.")
    confirming, sending_back = _get(fund, "treasurer", again).split('<details class="link stack', 1)
    for shown, moved in ((confirming, "In the bank"), (sending_back, "Paid or on its way")):
        assert re.findall(r'<th scope="row">([^<]+)</th><td class="num"', shown) == ["On its way", moved], "the entry before it"
    _post(fund, "treasurer", f"{again}/return", words="The account is closed.")
    assert fund.sql(BOOKS) == [("bank", 5_000_00), ("paid", 0), ("transit", 0)]
    assert "tried again" in _get(fund, "asha@ngo.org", f"/en/fund/grants/{fund.facts['grant']}")
    assert _prepared(fund) not in (page, again)


def test_a_release_sent_twice_posts_once(fund: Any) -> None:
    page = _prepared(fund)
    _post(fund, "approver", f"{page}/approve")
    once = str(uuid.uuid4())
    for _ in range(2):
        _post(fund, "releaser", f"{page}/release", once=once)
    assert "moved this payment on" in _post(fund, "releaser", f"{page}/release", 409)
    assert fund.sql("SELECT count(*) FROM fund.entry WHERE kind = 'release'") == [(1,)]


def test_two_approvers_at_once_are_one(fund: Any) -> None:
    f, answers = fund.facts, []
    make.person(fund, "second@fund.org", seats=((f["fund"], "approver"),))
    page = _prepared(fund)
    browsers = [_in(fund, who) for who in ("approver", "second")]
    gate = threading.Barrier(2)

    def approve(browser: Any) -> None:
        gate.wait()
        answers.append(browser.post(f"{page}/approve", data={"once": str(uuid.uuid4())}).status_code)

    threads = [threading.Thread(target=approve, args=(browser,)) for browser in browsers]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(answers) == [303, 409]
    assert fund.sql("SELECT count(*) FROM fund.payment_step WHERE step = 'approved'") == [(1,)]


def test_the_grantee_sees_her_instalments_and_nobody_else(fund: Any) -> None:
    f = fund.facts
    page, hers = _prepared(fund), f"/en/fund/grants/{f['grant']}"
    seen = _get(fund, "asha@ngo.org", hers)
    assert "Being prepared" in seen
    assert "Planned" in seen
    assert "The report is accepted." in seen
    assert "treasurer" not in seen, "not who has a hand in it"
    company = make.organisation(fund, "Halcyon")
    make.person(fund, "lead@halcyon.org", seats=((company, "engagement_lead"),))
    for who in ("asha@ngo.org", "lead@halcyon.org", "reviewer1"):
        for url in (page, f"/en/fund/{f['fund']}/payments"):
            _get(fund, who, url, 403)
    _get(fund, "lead@halcyon.org", hers, 404)


def test_a_grantee_whom_the_bank_does_not_know_says_how_and_is_paid(fund: Any) -> None:
    f = fund.facts
    fund.sql("UPDATE fund.grantee SET payee_reference = ''")
    assert "has no payee reference yet" in _post(fund, "treasurer", f"/en/fund/instalments/{f['first']}/prepare", 409)
    page = f"/en/fund/grants/{f['grant']}/payee"
    assert page in _get(fund, "asha@ngo.org", "/en/home"), "it waits for her"
    assert page in _get(fund, "asha@ngo.org", f"/en/fund/grants/{f['grant']}")
    assert "Please write the reference" in _post(fund, "asha@ngo.org", page, 422, payee_reference=" ")
    company = make.organisation(fund, "Halcyon")
    make.person(fund, "lead@halcyon.org", seats=((company, "engagement_lead"),))
    for who in ("treasurer", "admin", "lead@halcyon.org"):
        _get(fund, who, page, 404)
        _post(fund, who, page, 404, payee_reference="MINE-1")
    for number in ("GB29 NWBK 6016 1331 9268 19", "de89370400440532013000",  # the examples of the IBAN registry
                   "IBAN: DE89 3704 0044 0532 0130 00", "DE89.3704.0044.0532.0130.00", "DE89370400440532013000 COBADEFF",
                   "Account 12345678 sort code 20-00-00", "1234 5678", "GB29-NWBK-6016-1331-9268-19",
                   "002-115-0160-0326-9411", "1234/5678/9012",
                   "MT68 MALT 011A 12B4 5MTL CAST 001S"):  # an IBAN of letters and few digits
        kept = _post(fund, "asha@ngo.org", page, 422, payee_reference=number)
        assert "This looks like an account number" in kept
        assert number in kept, "what she typed is still there"
    for reference in ("ET-2015-12345", "AFG-15/3485/AR/H/NGO/388", "GRANTEE KE72 RIVER RADIO LAND", "SAUTI-7"):
        _post(fund, "asha@ngo.org", page, payee_reference=reference)
    assert page not in _get(fund, "asha@ngo.org", "/en/home")
    assert fund.sql("SELECT count(*) FROM audit.row WHERE verb = 'grant.payee'") == [(4,)]
    prepared = _prepared(fund)
    _post(fund, "asha@ngo.org", page, payee_reference="SAUTI-8")
    assert "SAUTI-7" in _get(fund, "approver", prepared), "what was prepared does not change under other hands"


def test_every_payment_can_be_reached_and_a_payee_found(fund: Any, monkeypatch: Any) -> None:
    f = fund.facts
    other = make.organisation(fund, "Jaringan Kita", "stakeholder")
    make_grants.grant(fund, other, 1_000_00, (200_00, 200_00, 200_00, 200_00, 200_00))
    monkeypatch.setattr(desk, "SHOWN", 2)
    at, seen = f"/en/fund/{f['fund']}/payments", []
    assert "(7)" in _get(fund, "treasurer", at)
    for start in (0, 2, 4, 6):
        shown = _get(fund, "treasurer", f"{at}?due={start}")
        assert (f"due={start + 2}" in shown) == (start < 6)
        seen += re.findall(r"/fund/instalments/([0-9a-f-]{36})/prepare|can be prepared from", shown)
    assert len(seen) == 7
    found = _get(fund, "treasurer", f"{at}?q=sauti")
    assert "Sauti ya Wote" in found
    assert "Jaringan Kita" not in found
    assert "Nothing found" in _get(fund, "treasurer", f"{at}?q=nobody%25")
