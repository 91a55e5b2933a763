"""The fund pays: as each kind of person, in a browser, once with scripts and once without.

From the first promise to the public account. Only time is turned by the test; everything else happens through pages
that somebody finds by following links.
"""

from datetime import timedelta
from typing import Any

import pytest
from tests import make
from tests.browser.walking import Stage, Walker, Watch, aside

pytestmark = pytest.mark.slow

ROLES = {"admin": "administrator", "translator": "translator", "treasurer": "treasurer", "approver": "approver",
         "releaser": "releaser", **{f"reviewer{n}": "reviewer" for n in (1, 2, 3)},
         **{f"member{n}": "committee_member" for n in (1, 2, 3, 4)}}
CALL = {"title": "Hours to speak", "plain": "Money for the time of people who speak.", "about": "Speaking takes time.",
        "who_can_apply": "Stakeholder organisations.", "what_for": "Time and travel."}
PROJECT = {"title": "Des heures pour parler", "summary": "Nous payons le temps.", "need": "Parler coûte du temps."}
ENGLISH = "In English: "
PLAN = {"plan": "Trois rencontres au marché.", "people": "Deux animatrices."}
LETTER = "Votre plan protège celles qui parlent."
HERS = ("Sauti ya Soko", "Des heures", ENGLISH + "Des heures")


def settle(stage: Stage) -> None:
    """Who there is before the story: a fund without its record, two companies, one stakeholder organisation."""
    world, f = stage.world, stage.world.facts
    f["fund"] = make.organisation(world, "The Common Fund", "fund")
    f["ngo"] = make.organisation(world, "Sauti ya Soko", "stakeholder")
    for name, role in ROLES.items():
        make.person(world, f"{name}@fund.org", name.capitalize(), seats=((f["fund"], role),))
    for name in ("Halcyon", "Meridian"):
        f[name] = make.organisation(world, name)
        make.person(world, f"lead@{name.lower()}.org", seats=((f[name], "engagement_lead"),))
    for name, role in (("asha", "coordinator"), ("binta", "contributor")):
        make.person(world, f"{name}@sauti.org", name.capitalize(), seats=((f["ngo"], role),))
    make.person(world, "auditor@polyphony.org", roles=("auditor",))


class Cast:
    """Everybody, signed in when first needed."""

    def __init__(self, stage: Stage):
        self.stage = stage
        self.known: dict[str, Walker] = {}

    def __getattr__(self, name: str) -> Walker:
        if name not in self.known:
            place = {"lead": "halcyon", "meridian": "meridian", "asha": "sauti", "binta": "sauti", "auditor": "polyphony"}
            address = f"{'lead' if name == 'meridian' else name}@{place.get(name, 'fund')}.org"
            self.known[name] = self.stage.member(address, password=make.PASSWORD)
        return self.known[name]


def day(number: int) -> str:
    return (make.today() + timedelta(days=number)).isoformat()


def found(stage: Stage, cast: Cast) -> None:
    """The administrator begins the record, changes a rule, gives seats; nobody sits on both sides."""
    admin = cast.admin
    admin.goto("/home").follow("/bodies").fill("purpose", purpose="To pay for time.", lang="en").send("purpose")
    body = stage.world.sql("SELECT id FROM fund.body WHERE kind = 'allocation'")[0][0]
    admin.follow(f"{body}/rules").fill("least_seats", least_seats="4").send("least_seats")
    for n in (1, 2, 3, 4):
        admin.follow(f"{body}/seats/new")
        seat = {"membership_id": f"Member{n}", "shown_as": f"Member of the river {n}", "comes_from": f"House {n}", "until": day(400)}
        if n == 1:
            admin.fill("shown_as", **seat, constituency="contributor").send("shown_as", status=409)
            admin.sees("At least 50 percent of the seats").holds(comes_from="House 1")
        admin.fill("shown_as", **seat, constituency="south_civil_society").send("shown_as")
    admin.goto("/home").follow("/organisation").follow("members/new")
    admin.fill("address", address="lead@halcyon.org", roles=["reviewer"], language="en").send("address", status=403)
    admin.sees("both sides")
    for who in (stage.enter("visitor").goto("/"), cast.lead.goto("/home")):
        who.follow("/fund").follow("/bodies").sees("Member of the river 4", "House 1", "Keeps all its rules")


def promise(who: Walker, amount: str, currency: str) -> None:
    who.goto("/home").follow("/fund/promises").follow("/promises/new")
    who.fill("amount", amount=amount, currency=currency, due_on=day(20)).send("amount").sees(currency.upper())


def receive(keeper: Walker, amount: str, reference: str, **more: Any) -> None:
    """Typed, checked with the entry it will post, posted."""
    keeper.fill("bank_reference", amount=amount, bank_reference=reference, **more)
    keeper.send("bank_reference", status=200).sees("Nothing has been posted yet", reference).send("bank_reference")


def gather(stage: Stage, cast: Cast) -> None:
    """Promises, money against one, too much for another, some without any, and a promise taken back in part."""
    promise(cast.lead, "12,000", "kes")
    promise(cast.meridian, "500", "eur")
    keeper = cast.treasurer.goto("/home").follow("/fund").follow("/money")
    of = {currency: id for id, currency in stage.world.sql("SELECT id, currency FROM fund.pledge")}
    keeper.follow(f"promise={of['KES']}")
    receive(keeper, "10,000", "HAL-1")
    keeper.sees("HAL-1").follow(f"promise={of['EUR']}").fill("amount", amount="600", bank_reference="MER-1")
    keeper.send("amount", status=409).sees("100.00 more")
    receive(keeper, "600", "MER-1", apart=True)
    keeper.goto("/home").follow("/money").follow("/receipts/new")
    receive(keeper, "70", "WHO-1", currency="usd")
    unknown = stage.world.sql("SELECT id FROM fund.receipt WHERE bank_reference = 'WHO-1'")[0][0]
    keeper.follow(f"{unknown}/sending-back").send("words", status=422)
    keeper.fill("words", words="Nobody knows the sender.").send("words").sees("Sent back")
    cast.lead.goto("/fund/promises").follow("/withdrawal").fill("amount", amount="3,000", words="Less than hoped.")
    cast.lead.send("amount", status=409).fill("amount", amount="2,000").send("amount").sees("All has come").sees_not("MER-1")
    stage.pass_time()
    balances = dict(stage.world.sql("SELECT a.currency || ' ' || a.kind, abs(b.amount) FROM fund.balance b JOIN fund.account "
                                    "a ON a.id = b.account_id WHERE b.amount <> 0"))
    assert balances == {"KES bank": 10_000_00, "KES available": 10_000_00, "EUR bank": 600_00, "EUR available": 500_00,
                        "EUR unmatched": 100_00}


def call_for(stage: Stage, cast: Cast) -> str:
    """A draft with criteria and a question, translated, announced; the clock opens it."""
    admin, soon, later = cast.admin, make.now() + timedelta(days=2), make.now() + timedelta(days=30)
    admin.goto("/home").follow("/fund/calls").follow("/calls/new")
    admin.fill("title", source_lang="en", **CALL, languages=["en", "fr"], currency="KES", envelope="9,000", smallest="9,000",
               largest="5,000", time_zone="Africa/Nairobi", reviews_each="2", opens_at=soon.strftime("%Y-%m-%dT%H:%M"),
               closes_at=later.strftime("%Y-%m-%dT%H:%M")).send("title", status=422).sees("must not be above the most")
    admin.fill("title", smallest="100").send("title")
    admin.fill("rows-0-name", **{"rows-0-name": "Need", "rows-0-weight": "60", "rows-1-name": "Plan", "rows-1-weight": "40"})
    id = str(stage.world.sql("SELECT id FROM fund.call")[0][0])
    admin.send("rows-0-name").follow("/questions")
    admin.fill("rows-0-question", **{"rows-0-question": "Are you registered?", "rows-0-must_be": "yes",
                                     "rows-0-otherwise": "Only registered organisations can apply."})
    admin.send("rows-0-question").sees("Français")
    stage.enter("visitor").lost(f"/fund/calls/{id}", CALL["title"])
    desk = cast.translator.goto("/home").follow("/fund/calls").follow(id)
    desk.follow("/translations")
    translate(desk, id, "fr", "En français : ")
    admin.goto("/home").follow(f"{id}/preparation").sees("Nothing is missing").send("/preparation")
    visitor = stage.enter("visitor").goto("/").follow("/fund").goto("/fund/calls").follow(id).sees("begin soon")
    stage.turn_call(id, opens_at=-0.01)
    stage.pass_time()
    visitor.goto("/fund/calls").sees("Open for applications").follow(id).sees("KES\u00a05,000.00")
    visitor.lang = "fr"
    visitor.goto(f"/fund/calls/{id}").sees("En français : Hours to speak")
    return id


def translate(who: Walker, id: str, into: str, mark: str) -> None:
    """Every text that the desk lists as missing in this language."""
    desk = f"/consultations/{id}/translations?into={into}"
    for _ in range(20):
        missing = who.goto(desk).page.locator(".row:has-text('Not translated yet') a[href*='/translations/']")
        if not missing.count():
            return
        text = who.page.locator(".row:has-text('Not translated yet') p.soft").first.inner_text()
        who.follow(missing.first.get_attribute("href")).fill("text", text=mark + text).send("text")
    pytest.fail(f"never done at {desk}")


def apply(stage: Stage, cast: Cast, call: str) -> str:
    """Questions, four steps, a colleague at the same time, a budget put right, sent."""
    asha = cast.asha.goto("/home").follow("/fund/calls").follow(call).follow("/apply")
    asha.fill("q0", q0="no", lang="fr").send("q0", status=422).sees("Only registered organisations can apply.")
    assert stage.world.sql("SELECT count(*) FROM fund.application") == [(0,)], "nothing is stored"
    asha.fill("q0", q0="yes", lang="fr").send("q0")
    id = str(stage.world.sql("SELECT id FROM fund.application")[0][0])
    asha.follow("/project").fill("title", **PROJECT, country="SN").send("title")
    binta = cast.binta.goto("/home").follow(id).sees(PROJECT["title"]).follow("/plan").fill("plan", plan="Deux rencontres.")
    asha.follow("/plan").fill("plan", **PLAN).send("plan")
    binta.send("plan", status=409).sees("Deux rencontres.", PLAN["plan"]).goto(f"/fund/applications/{id}")
    asha.follow("/budget")
    budget = {"requested": "1,000", "rows-0-said": "Temps", "rows-0-amount": "600.50", "rows-1-said": "Transport"}
    asha.fill("requested", **budget, **{"rows-1-amount": "300.505"}).send("requested", status=422).sees("2 decimal places")
    asha.fill("requested", **{"rows-1-amount": "300.50"})
    if asha.scripts:
        asha.page.locator("#sum:has-text('901.00')").wait_for()  # told as she types
    asha.send("requested", status=422).sees("901.00")
    asha.send("requested", press="later").follow("/check").sees("missing").follow("/budget")
    asha.fill("requested", **{"rows-1-amount": "399.50"}).send("requested")
    asha.follow("/safety").fill("safety", safety="Aucun nom.", level="full").send("safety")
    asha.follow("/check").sees(*PLAN.values(), "1,000.00").fill("payee_reference", payee_reference="P-7")
    asha.send("payee_reference").sees("Your application has arrived", "Next date:")
    cast.lead.lost(f"/fund/calls/{call}", *HERS).lost(f"/fund/applications/{id}", *HERS)
    stage.turn_call(call, opens_at=-20, closes_at=-0.01)
    stage.pass_time()
    cast.translator.goto("/fund/calls").follow(call).follow("/translations")
    translate(cast.translator, call, "en", ENGLISH)
    return id


def aside_from(who: Walker, id: str, call: str, kind: str) -> None:
    """Somebody with a conflict of interest leaves, and meets the case nowhere any more."""
    who.follow("/step-aside").send("kind", status=422).fill("kind", kind=kind).send("kind")
    for path in ("/home", "/notices", "/fund/reviews", f"/fund/reviews/{id}", f"/fund/reviews/{id}/lock", f"/fund/cases/{id}",
                 f"/fund/calls/{call}/committee", f"/fund/calls/{call}/applications", f"/fund/applications/{id}",
                 f"/fund/applications/{id}/letter", f"/consultations/{call}/translations?into=en"):
        who.lost(path, *HERS, id)


def review(stage: Stage, cast: Cast, id: str, call: str) -> None:
    """Shared out; one steps aside and another is asked; scores locked before anybody sees who applies."""
    admin = cast.admin.goto("/home").follow(f"{call}/applications").sees("Sauti ya Soko").follow(id)
    admin.follow(f"{call}/committee").follow("/share-out").send("/share-out")
    stage.pass_time()
    asked = [name.lower() for name, in stage.world.sql(
        "SELECT p.name FROM fund.assignment a JOIN people.person p ON p.id = a.person_id ORDER BY 1")]
    (other,) = {"reviewer1", "reviewer2", "reviewer3"} - set(asked)
    leaver = getattr(cast, asked[0]).goto("/home").follow("/fund/reviews").follow(id).sees(ENGLISH + PROJECT["title"])
    aside_from(leaver.sees_not("Sauti ya Soko"), id, call, "family")
    admin.goto(f"/fund/cases/{id}").follow("/reviewers").sees("Stepped aside").fill("person_id", person_id=other.capitalize()).send("person_id")
    stage.pass_time()  # the rooms are asked about conflicts before anybody locks
    for name, scores in ((asked[1], ("4", "5")), (other, ("3", ""))):
        who = getattr(cast, name).goto("/home").follow("/fund/reviews").follow(id).sees_not("Sauti ya Soko")
        who.fill("value_0", value_0=scores[0], value_1=scores[1], words_0=f"{name} thinks so.").send("value_0")
        who.sees("weighted mean").fill("words", words="Well done.", lang="en").send("words")
        who.sees("Sauti ya Soko")
        if name == other:
            who.unfolded().sees("4.4", "3.0", f"{asked[1]} thinks so.")


def vote(who: Walker, call: str, id: str, choice: str = "for") -> None:
    who.goto("/home").follow(f"{call}/committee").follow(id).unfolded().sees("Sauti ya Soko", "Well done.")
    who.fill("choice", choice=choice).send("choice", status=422).fill("choice", words=f"{who.kind} thinks so.").send("choice")


def decide(stage: Stage, cast: Cast, id: str, call: str) -> None:
    """One steps aside; no decision before the quorum, and then one; the letter says why in her language."""
    cast.member4.goto("/home").follow(f"{call}/committee").follow(id)
    aside_from(cast.member4, id, call, "money")
    ruling = {"outcome": "granted", "reason": "need", "words": LETTER, "part_2": "400.00", "part_1": "600.00",
              "condition_2": "Un rapport"}
    admin = cast.admin.goto("/home").follow(f"{call}/committee").follow(id)
    admin.sees("3 of 4 may decide; 1 stepped aside; 3 needed; 0 have voted; not valid yet.")
    vote(cast.member1, call, id)
    vote(cast.member2, call, id)
    admin.goto(f"/fund/cases/{id}/decide").fill("outcome", **ruling).send("outcome", status=409)
    admin.sees("not enough members have voted", LETTER)
    vote(cast.member3, call, id, "against")
    admin.goto("/home").follow(f"{call}/committee").follow(id).sees("3 have voted; valid.").follow("/decide")
    admin.fill("outcome", **{**ruling, "part_2": "300.00"}).send("outcome", status=422).sees(LETTER)
    admin.fill("outcome", part_2="400.00").send("outcome").sees("Granted")
    assert stage.world.sql("SELECT seats, stepped_aside, needed, votes_for, votes_against FROM fund.decision") == [(4, 1, 3, 2, 1)]
    stage.pass_time()
    asha = cast.asha.goto("/home").follow("/fund/calls").follow(call).follow(id).follow("/letter")
    asha.sees("Your application is granted", "The need is great", LETTER, "KES\u00a0600.00", "Un rapport")
    admin.goto("/home").follow(f"{call}/applications").goto(f"/fund/calls/{call}/preparation").send("/finish")
    for path in (f"/fund/cases/{id}", f"/fund/calls/{call}/committee", f"/fund/calls/{call}", "/home", "/notices"):
        cast.lead.lost(path, *HERS, LETTER)


def pay(stage: Stage, cast: Cast) -> None:
    """Prepared, approved, released by three people, told by the bank; the entry is shown before it is posted."""
    keeper = cast.treasurer.goto("/home").follow("/payments").follow("/prepare").send("/prepare")
    keeper.sees("Prepared").sees_not("Approve the payment")
    for who, verb in ((cast.approver, "approve"), (cast.releaser, "release"), (keeper, "confirm")):
        who.goto("/home").follow("/fund/payments/").sees("What it will post", "KES\u00a0600.00")
        who.send(f"/{verb}")
    keeper.sees("Paid", "Treasurer", "Approver", "Releaser")
    assert stage.world.sql("SELECT a.kind, abs(b.amount) FROM fund.balance b JOIN fund.account a ON a.id = b.account_id "
                           "WHERE a.currency = 'KES' AND b.amount <> 0 ORDER BY 1") == [
        ("available", 9_000_00), ("awarded", 1_000_00), ("bank", 9_400_00), ("paid", 600_00)]


def tell(stage: Stage, cast: Cast, id: str, call: str) -> None:
    """The public reads it; a name taken down is gone at once; the ledger holds."""
    visitor = stage.enter("visitor").goto("/").follow("/fund")
    visitor.sees("Sauti ya Soko", "KES\u00a01,000.00", "9,000.00", "600.00", "400.00", "500.00")
    asha = cast.asha.goto("/fund/calls").follow(call).follow(id).follow("/letter").follow("/fund/grants/")
    asha.sees("Paid", "Planned").fill("level", level="no_name").send("level")
    visitor.goto("/fund").sees("Name not shown", "9,000.00").sees_not("Sauti ya Soko", PROJECT["title"])
    stage.pass_time()
    cast.auditor.goto("/home").follow("/fund").follow("/ledger").follow("/fund/entries/").sees_not(*HERS)
    held: list[Any] = []

    def check() -> None:
        from polyphony.fund.verify import service

        with stage.world.worker.app_context():
            held.extend(service.check())

    aside(check)
    assert held
    assert [each.broken for each in held if not each.holds] == []


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_the_whole_story_of_the_fund(bare_stage: Stage, scripts: bool) -> None:
    """From the record of the fund to its public account, by everybody in it; with scripts, every page is judged."""
    stage = bare_stage
    stage.scripts, stage.watch = scripts, Watch() if scripts else None
    settle(stage)
    cast = Cast(stage)
    found(stage, cast)
    gather(stage, cast)
    call = call_for(stage, cast)
    id = apply(stage, cast, call)
    review(stage, cast, id, call)
    decide(stage, cast, id, call)
    pay(stage, cast)
    tell(stage, cast, id, call)
    if stage.watch:
        assert len(stage.watch.seen) > 60, "few pages were looked at"
        assert stage.watch.wrong == [], "\n".join(stage.watch.wrong)
