"""The fund of the demo: everybody who plays in it finds her work, and the money adds up."""

from typing import Any

import pytest
from tests import make

from polyphony.demo.cast import PASSWORD
from polyphony.fund.ledger import chain
from polyphony.fund.verify import service

FUND = "SELECT organisation_id FROM fund.fund"
OF = "SELECT a.id, a.call_id FROM fund.application a JOIN fund.applicant p ON p.application_id = a.id JOIN " \
     "organisations.organisation o ON o.id = p.organisation_id WHERE o.name = %s AND a.state = %s"


def come_in(demo: Any, address: str) -> Any:
    return make.sign_in(demo.client(), address, PASSWORD)


def read(client: Any, path: str, lang: str = "en") -> str:
    answer = client.get(f"/{lang}{path}")
    assert answer.status_code == 200, path
    return str(answer.get_data(as_text=True))


def test_every_invariant_holds_and_every_entry_is_sealed(demo: Any) -> None:
    with demo.worker.app_context():
        assert [found.broken for found in service.check() if not found.holds] == []
        assert chain.seal_new() == 0
    assert demo.sql("SELECT * FROM fund.totals((" + FUND + "), current_date) ORDER BY 1, 2") == [
        ("EUR", "available", -27_000_00), ("EUR", "awarded", -83_000_00), ("EUR", "bank", 92_900_00),
        ("EUR", "paid", 28_200_00), ("EUR", "transit", -9_600_00), ("EUR", "unmatched", -1_500_00),
        ("USD", "available", -25_000_00), ("USD", "bank", 25_000_00)]


def test_six_grants_at_risk_and_payments_in_every_state(demo: Any) -> None:
    assert demo.sql('SELECT count(*), bool_and(at_risk) FROM fund."grant"') == [(6, True)]
    assert demo.sql("SELECT state, count(*) FROM fund.payment GROUP BY 1 ORDER BY 1") == [
        ("approved", 1), ("confirmed", 2), ("prepared", 2), ("released", 1)]
    assert demo.sql('SELECT count(*) FROM fund.instalment') == [(12,)]
    assert demo.sql("SELECT stepped_aside, needed, votes_for, votes_against, abstained FROM fund.decision ORDER BY 1 DESC "
                    "LIMIT 1") == [(1, 3, 4, 0, 0)]
    assert demo.sql("SELECT count(*) FROM fund.decision d JOIN fund.application a ON a.id = d.application_id "
                    "WHERE d.lang = a.lang AND length(d.words) > 80") == [(7,)]
    assert demo.sql("SELECT outcome, count(*) FROM fund.decision GROUP BY 1 ORDER BY 1") == [("declined", 1), ("granted", 6)]


@pytest.mark.parametrize(("lang", "title"), [
    ("en", "Bring the answers home"), ("fr", "Ramener les réponses à la maison"), ("es", "Llevar las respuestas a casa"),
    ("pt", "Levar as respostas para casa"), ("ar", "إعادة الأجوبة إلى أهلها"), ("sw", "Rudisha majibu nyumbani"),
    ("id", "Membawa jawaban pulang")])
def test_the_open_call_is_there_in_every_language(demo: Any, lang: str, title: str) -> None:
    call = demo.sql("SELECT id FROM fund.call WHERE state = 'open'")[0][0]
    assert title in read(demo.client(), f"/fund/calls/{call}", lang)
    assert title in read(demo.client(), "/fund/calls", lang)


def test_the_public_sees_sums_and_no_grantee(demo: Any) -> None:
    text = read(demo.client(), f"/fund/{demo.sql(FUND)[0][0]}")
    assert "EUR\u00a083,000.00" in text
    for name in ("Sauti Mkononi", "Masar al-Kalima", "Derechos en Camino", "Siku ya sokoni"):
        assert name not in text


def test_everybody_of_the_fund_finds_her_work(demo: Any) -> None:
    fund = demo.sql(FUND)[0][0]
    decided, call = demo.sql(OF, "Sauti Mkononi", "decided")[0]
    for address, path, words in (
            ("admin@fund.example", f"/fund/calls/{call}/applications", "So that a market day is not lost"),
            ("reviewer1@fund.example", f"/fund/reviews/{decided}", "So that a market day is not lost"),
            ("member1@fund.example", f"/fund/cases/{decided}", "So that a market day is not lost"),
            ("treasurer@fund.example", f"/fund/{fund}/money", "ZAHLUNG 7731"),
            ("approver@fund.example", f"/fund/{fund}/payments", "7,800.00"),
            ("coordinator@sauti.example", f"/fund/applications/{decided}/letter", "Ndugu zetu"),
            ("lead@tern.example", "/fund/promises", "40,000.00")):
        assert words in read(come_in(demo, address), path), address


def test_a_closed_call_waits_for_a_reviewer_and_for_votes(demo: Any) -> None:
    assert "El mapa" in read(come_in(demo, "reviewer3@fund.example"), "/fund/reviews", "es")
    waiting, _call = demo.sql(OF, "Sauti Mkononi", "submitted")[0]
    assert "5 of 5 may decide; 3 needed; 2 have voted; not valid yet." in read(
        come_in(demo, "member3@fund.example"), f"/fund/cases/{waiting}")
    client = come_in(demo, "reviewer3@fund.example")
    hidden = demo.sql(OF, "Derechos en Camino", "submitted")[0][0]
    page = read(client, f"/fund/reviews/{hidden}")
    assert "The map that is not published" in page
    assert "Derechos en Camino" not in page
    case = demo.sql(OF, "Jaringan Suara Kampung", "decided")
    letters = [read(come_in(demo, "coordinator@jaringan.example"), f"/fund/applications/{id}/letter") for id, _ in case]
    assert [letter for letter in letters if "Kebutuhannya nyata" in letter]


def test_who_stepped_aside_and_who_contributes_meet_the_case_nowhere(demo: Any) -> None:
    case, call = demo.sql(OF, "Masar al-Kalima", "decided")[0]
    for address in ("member3@fund.example", "lead@halcyon.example"):
        client = come_in(demo, address)
        assert client.get(f"/en/fund/cases/{case}").status_code in (403, 404), address
        page = client.get(f"/en/fund/calls/{call}/committee")
        assert [told for told in ("Masar", str(case)) if told in page.get_data(as_text=True)] == [], address


def test_the_auditor_reaches_the_checks_the_books_and_the_bodies_from_her_home(demo: Any) -> None:
    auditor = make.sign_in(demo.client(), "auditor@polyphony.example", PASSWORD)
    assert 'href="/en/fund/checks"' in auditor.get("/en/home").get_data(as_text=True)
    page = auditor.get("/en/fund/checks").get_data(as_text=True)
    assert "Everything holds" in page
    for name in ("I1", "I8", "I14"):
        assert f">{name}<" in page
    links = [part.split('"')[0] for part in page.split('href="')[1:] if part.startswith("/en/fund/")]
    assert {link.rsplit("/", 1)[1] for link in links} >= {"ledger", "payments", "bodies"}
    for link in links:
        assert auditor.get(link).status_code == 200, link
    for who in ("treasurer@fund.example", "lead@halcyon.example"):
        other = make.sign_in(demo.client(), who, PASSWORD)
        assert other.get("/en/fund/checks").status_code == 403
        assert "What the checks" not in other.get("/en/home").get_data(as_text=True)


@pytest.mark.parametrize(("lang", "words"), [("fr", "Nous payons le temps"), ("ar", "ندفع مقابل الوقت"), ("en", "We pay for the time")])
def test_what_the_fund_is_for_is_told_in_every_language(demo: Any, lang: str, words: str) -> None:
    assert words in demo.client().get(f"/{lang}/fund").get_data(as_text=True)
