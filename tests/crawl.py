"""Every kind of person in a browser of her own, and every address of the demo."""

import io
import re
import uuid
import zipfile
from datetime import timedelta

import dirty
import make
import make_fund
import make_vault
from polyphony.consultations.models import Link
from polyphony.demo.cast import PASSWORD
from polyphony.demo.story import PHRASES
from polyphony.feedback.models import GroundView, Objection
from polyphony.kernel import secrets

PHRASE = next(iter(PHRASES.values()))
SPEAKER = PHRASES["safety-alerts", "phrase:1"]
PEOPLE = {
    "visitor": "", "phrase": "", "lead": "lead@tern.example", "decider": "decider@halcyon.example",
    "facilitator": "facilitator@opentable.example", "coordinator": "coordinator@sauti.example",
    "translator": "translator@masar.example", "steward": "steward1@polyphony.example",
    "auditor": "auditor@polyphony.example",
}
# Those without whom some page would never be met in the state that matters.
OTHERS = {"first lead": "lead@halcyon.example", "speaker": "", "applicant": "coordinator@voix.example",
          "fund administrator": "admin@fund.example", "reviewer": "reviewer3@fund.example",
          "member": "member1@fund.example", "treasurer": "treasurer@fund.example",
          "approver": "approver@fund.example", "releaser": "releaser@fund.example",
          "fund translator": "translator@fund.example", "keyholder": "keyholder@masar.example",
          "halfway": "lead@meridian.example"}  # her password was right, her second step is open
# Who the demo lacks: of each role somebody who has no other. They join in `live_in`, each with her seat.
JOINING = {"contributor": ("contributor@sauti.example", "Sauti", "contributor"),
           "observer": ("observer@tern.example", "Tern", "board_observer"),
           "mere lead": ("lead2@tern.example", "Tern", "engagement_lead"),
           "mere administrator": ("administrator@halcyon.example", "Halcyon", "administrator")}
OTHERS |= {who: address for who, (address, _house, _role) in JOINING.items()}


def browser_of(demo, who):
    """A browser in which this kind of person is signed in."""
    client, address = demo.client(), {**PEOPLE, **OTHERS}[who]
    if address:
        enter = make.half_in if who == "halfway" else make.sign_in
        enter(client, address, make.PASSWORD if who in JOINING else PASSWORD)
    if who in ("phrase", "speaker"):
        answer = client.post("/en/come-back", data={"words": PHRASE if who == "phrase" else SPEAKER})
        assert answer.status_code == 303, answer.get_data(as_text=True)
    return client


def words(answer):
    """What an answer says, also when it is packed."""
    body = answer.get_data()
    if not body.startswith(b"PK\3\4"):
        return body.decode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(body)) as packed:
        return "\n".join(name + "\n" + packed.read(name).decode("utf-8", "replace") for name in packed.namelist())


# Which things of the demo stand for an address: by the noun that it begins with, or for one endpoint alone.
# Each has as many columns as its address has gaps (but the language), in the address's order; where only some are taken,
# they are the same in every demo, whose ids are drawn by lot.
NOUNS = {
    "consultations": "SELECT id FROM consultations.consultation ORDER BY title",
    "themes": "(SELECT DISTINCT ON (consultation_id) id FROM feedback.theme WHERE published_on IS NOT NULL "
              "ORDER BY consultation_id, place) UNION ALL SELECT id FROM feedback.theme WHERE published_on IS NULL",
    "inbox": "SELECT input_id FROM inputs.authorship a JOIN people.person p ON p.id = person_id WHERE language = 'sw' "
             "UNION ALL SELECT input_id FROM inputs.authorship WHERE phrase_id IS NOT NULL",
    "answers": "SELECT id FROM feedback.answer ORDER BY state, late_days DESC, words, decision LIMIT 3",
    "measures": "SELECT m.id FROM feedback.measure m LEFT JOIN feedback.ground_round r ON r.measure_id = m.id "
                "ORDER BY r.opened_on DESC NULLS LAST, m.what, m.due_on LIMIT 4",
    "objections": "SELECT id FROM feedback.objection ORDER BY handled_on NULLS FIRST, words LIMIT 2",
    "ground": "SELECT id FROM feedback.ground_view ORDER BY read_on NULLS FIRST, day, words LIMIT 2",
    "excerpts": "SELECT id FROM feedback.excerpt ORDER BY quote LIMIT 2",
    "admissions": "SELECT id FROM organisations.organisation ORDER BY admitted_on NULLS FIRST, name LIMIT 2",
    "organisation": "SELECT id FROM organisations.organisation WHERE name ~ 'Halcyon|Tern' ORDER BY name",
    "memberships": "SELECT m.id FROM organisations.membership m JOIN organisations.organisation o ON o.id = "
                   "organisation_id WHERE o.name ~ 'Halcyon|Tern' ORDER BY o.name, role, m.id",
    "attachments": "(SELECT id FROM uploads.attachment ORDER BY id) UNION ALL SELECT "
                   "'00000000-0000-0000-0000-000000000001'",  # the demo itself brings no file
    "invitations": "SELECT id FROM organisations.invitation ORDER BY at, id LIMIT 2",
    "keyholders": "SELECT id FROM vault.keyholder ORDER BY id", "boxes": "SELECT id FROM vault.box ORDER BY id",
    "openings": "SELECT id FROM vault.opening ORDER BY id", "holds": "SELECT id FROM retention.hold ORDER BY made_at, id",
    "sign-in": "SELECT organisation_id FROM organisations.entrance UNION ALL SELECT id FROM organisations.organisation WHERE "
               "name ~ 'Tern'",  # which has none
    "account": "SELECT organisation_id FROM organisations.entrance",
    "lost-factors": "SELECT id FROM organisations.factor_reset ORDER BY id",
}
ENDPOINTS = {
    "feedback.draft": "SELECT t.id, c.company_id FROM feedback.theme t JOIN consultations.convener c USING (consultation_id) JOIN "
                      "organisations.organisation o ON o.id = company_id ORDER BY t.published_on NULLS LAST, t.title, o.name LIMIT 9",
    "feedback.object": "SELECT e.theme_id, e.input_id FROM feedback.excerpt e JOIN inputs.authorship a USING (input_id) "
                       "WHERE a.phrase_id IS NOT NULL ORDER BY e.quote LIMIT 9",
    "feedback.place": "SELECT consultation_id, said.id FROM (SELECT DISTINCT ON (consultation_id) consultation_id, id FROM "
                      "inputs.input WHERE read_on IS NOT NULL ORDER BY 1, text) said JOIN consultations.consultation about ON "
                      "about.id = consultation_id ORDER BY about.state IN ('published', 'closed'), about.title",
    "inputs.read": "SELECT DISTINCT ON (consultation_id, read_on IS NULL) consultation_id, id FROM inputs.input "
                   "ORDER BY consultation_id, read_on IS NULL, text",
    "inputs.sent": "SELECT i.consultation_id, i.id FROM inputs.input i JOIN inputs.authorship a ON input_id = i.id "
                   "WHERE phrase_id IS NOT NULL ORDER BY i.text LIMIT 9",
    "languages.piece": "(SELECT consultation_id, kind, subject_id, field, lang FROM languages.translation WHERE kind = "
                       "'consultation' AND lang = 'ar' ORDER BY field, text LIMIT 2) UNION ALL (SELECT consultation_id, kind, "
                       "subject_id, field, lang FROM languages.translation WHERE kind = 'theme' AND lang = 'ar' "
                       "ORDER BY field, text LIMIT 2)",
    "consultations.end_translator": "SELECT consultation_id, id FROM consultations.translator ORDER BY 1, 2 LIMIT 2",
    "consultations.take_back": "SELECT consultation_id, company_id FROM consultations.convener ORDER BY 1, 2 LIMIT 2",
    "feedback.remind": "SELECT consultation_id, company_id FROM consultations.convener ORDER BY 1 DESC, 2 LIMIT 2",
    "consultations.withdraw": "SELECT consultation_id, organisation_id FROM consultations.invited ORDER BY 1, 2 LIMIT 2",
}
ENDPOINTS |= {"people.end_session": "SELECT id FROM people.session WHERE person_id IS NOT NULL ORDER BY id LIMIT 2",
              "people.drop_factor": "SELECT id FROM people.factor ORDER BY id LIMIT 2"}
ENDPOINTS |= {"feedback.comment": ENDPOINTS["feedback.draft"], "languages.write": ENDPOINTS["languages.piece"],
              "languages.review": ENDPOINTS["languages.piece"]}
ENDPOINTS |= dict.fromkeys(("inputs.hand", "inputs.mask", "inputs.release", "inputs.withhold"), ENDPOINTS["inputs.read"])
# Of the fund, by the name of the gap: one thing of each kind and state.
NAMED = "(SELECT min(p.words) FROM fund.part p WHERE p.application_id = application.id AND p.name = 'title'), requested"
FUND = {"fund_id": "SELECT organisation_id FROM fund.fund", "call_id": "SELECT id FROM fund.call ORDER BY state",
        "application_id": "SELECT DISTINCT ON (call_id, state) id FROM fund.application ORDER BY call_id, state, " + NAMED,
        "payment_id": "SELECT DISTINCT ON (state) id FROM fund.payment ORDER BY state, amount",
        "receipt_id": "SELECT DISTINCT ON (state) id FROM fund.receipt ORDER BY state, amount"}
FUND |= {f"{name}_id": f'SELECT id FROM fund."{name}" ORDER BY {order} LIMIT 2' for name, order in (
    ("body", "kind"), ("instalment", "due_on, amount"), ("pledge", "amount"), ("entry", "at, kind, words"), ("grant", "lang NOT IN ('fr', 'sw'), amount"))}  # of grantees who are among the people above
ENDPOINTS |= dict.fromkeys(("fund.application_step", "fund.take_application_step"), (
    f"SELECT a.id, s FROM (SELECT DISTINCT ON (state) id FROM fund.application ORDER BY state, {NAMED}) a, "
    "unnest(ARRAY['project', 'plan', 'budget', 'safety']) s"))
ENDPOINTS["fund.payment_step"] = ("SELECT p.id, s FROM (SELECT DISTINCT ON (state) id FROM fund.payment ORDER BY state, "
                                  "amount) p, unnest(ARRAY['approve', 'release', 'confirm', 'return', 'stop']) s")
# Addresses that carry a secret, which no table tells: `live_in` makes them.
SECRETS = {"consultations.by_link": "link", "organisations.invitation": "invitation", "people.choose_password": "reset",
           "organisations.invitation_post": "invitation", "people.choose_password_post": "reset"}


class UnknownAddress(AssertionError):
    """An address whose gaps nothing of the demo fills yet."""


def addresses(demo, *, lang="en", method="GET"):
    """Every address of the application that takes this method, with things of the demo in its gaps."""
    found, asked = [], {}
    with demo.app.test_request_context():
        for rule in demo.app.url_map.iter_rules():
            if method not in rule.methods or rule.endpoint == "static":
                continue
            for values in _fillings(demo, rule, asked):
                if "lang" in rule.arguments:
                    values["lang"] = lang
                found.append((rule.endpoint, demo.app.url_for(rule.endpoint, **values)))
    return found


def _fillings(demo, rule, asked):
    gaps = [name for name in re.findall(r"<(?:[\w(), ]+:)?(\w+)>", rule.rule) if name != "lang"]
    if not gaps:
        return [{}]
    if rule.endpoint in SECRETS:
        return [{gaps[0]: demo.facts.get(SECRETS[rule.endpoint], "x")}]
    sql = ENDPOINTS.get(rule.endpoint) or (NOUNS.get(rule.rule.split("/")[2]) if len(gaps) == 1 else None)
    if sql is None and rule.endpoint.startswith("fund.") and len(gaps) == 1:
        sql = FUND.get(gaps[0])
    if sql is None:
        raise UnknownAddress(f"{rule.endpoint} has the address {rule.rule}: say in tests/crawl.py, in NOUNS or "
                             "ENDPOINTS, which rows of the demo fill its gaps")
    if sql not in asked:
        asked[sql] = demo.sql(sql)
        assert asked[sql], f"the demo holds nothing for {rule.endpoint}: {sql}"
    assert len(asked[sql][0]) == len(gaps), f"{rule.endpoint} has {len(gaps)} gaps"
    return [dict(zip(gaps, map(str, row), strict=True)) for row in asked[sql]]


def live_in(demo):
    """What the demo leaves open, brought about: drafts at each step, invitations, resets, things that wait.

    After this every page of the application is there for somebody.
    """
    _join(demo)
    _speak(demo)
    _object(demo)
    _make_secrets(demo)
    _prepare(demo)
    _keep(demo)
    _hold(demo)
    _enter(demo)
    return demo


def _join(demo):
    """People whom the demo lacks."""
    for who, (address, house, role) in JOINING.items():
        ((there,),) = demo.sql("SELECT id FROM organisations.organisation WHERE name LIKE %s", f"{house}%")
        make.person(demo, address, f"Somebody, the {who}", seats=((there, role),))


def _speak(demo):
    """A draft, complete, of a member and of somebody without an account, and a fresh ground view."""
    (here,) = demo.sql("SELECT id FROM consultations.consultation WHERE state = 'open'")[0]
    firms = [str(row[0]) for row in demo.sql("SELECT company_id FROM consultations.convener WHERE consultation_id = %s "
                                             "ORDER BY 1", here)]
    for who in ("coordinator", "speaker"):
        client = browser_of(demo, who)
        said = {"text": "What I have to say.", "lang": "en", "other": ""}
        sent = dirty.multipart(said, [("photo.png", dirty.png())])
        assert client.post(f"/en/consultations/{here}/say", **sent).status_code == 303
        chosen = {"addressed": firms[:1], "audience": "participants", "naming": "unattributed",
                  "speaks_as": "affected", "pseudonym": ""}
        assert client.post(f"/en/consultations/{here}/say/choices", data=chosen).status_code == 303
    measure, about = demo.sql("SELECT measure_id, consultation_id FROM feedback.ground_round LIMIT 1")[0]
    make.add(demo, GroundView(id=uuid.uuid4(), measure_id=measure, consultation_id=about, view="does_not",
                              words="It does not work here.", lang="en", day=make.today()))


def _object(demo):
    """Somebody says "not what I meant" about the open consultation's theme, which shows what then waits."""
    theme, said, about = demo.sql("SELECT theme_id, input_id, e.consultation_id FROM feedback.excerpt e JOIN "
                                  "feedback.theme t ON t.id = theme_id WHERE t.published_on IS NULL ORDER BY e.quote")[0]
    make.add(demo, Objection(id=uuid.uuid4(), theme_id=theme, input_id=said, consultation_id=about,
                             words="That is not what I meant.", lang="en", day=make.today()))


def _make_secrets(demo):
    """An invitation, a reset and a consultation found by its link, with the secrets that open them."""
    lead = browser_of(demo, "first lead")
    (firm,) = demo.sql("SELECT id FROM organisations.organisation WHERE name LIKE 'Halcyon%%'")[0]
    invited = lead.post(f"/en/organisation/{firm}/members/new", data={
        "address": "new@halcyon.example", "roles": ["engagement_lead"], "function": "", "language": "en", "words": ""})
    assert invited.status_code == 303, invited.get_data(as_text=True)
    assert demo.client().post("/en/reset", data={"address": "lead@meridian.example"}).status_code == 303
    demo.work()
    with demo.app.app_context():
        for kind, table in (("invitation", "organisations.invitation"), ("reset", "people.reset")):
            (row,) = demo.sql(f"SELECT id FROM {table} ORDER BY expires_at DESC LIMIT 1")[0]
            demo.facts[kind] = secrets.text_of(secrets.link_token(kind, row))
    (seat,) = demo.sql("SELECT m.id FROM organisations.membership m WHERE m.organisation_id = %s AND role = 'decision_maker' LIMIT 1",
                       firm)[0]
    asked = lead.post(f"/en/memberships/{seat}/lost-factor", data={"words": "She called me."})
    assert asked.status_code == 303, asked.get_data(as_text=True)
    secret = uuid.uuid4().bytes
    found_by_link = make.consultation(demo, [firm], discovery="link")
    make.add(demo, Link(consultation_id=found_by_link, secret=secret))
    demo.facts["link"] = secrets.text_of(secret)


def _prepare(demo):
    """A consultation that its company is still preparing."""
    (firm,) = demo.sql("SELECT id FROM organisations.organisation WHERE name LIKE 'Halcyon%%'")[0]
    make.consultation(demo, [firm], state="draft", title="A consultation in preparation")
    (fund,) = demo.sql("SELECT organisation_id FROM fund.fund")[0]
    make_fund.call(demo, fund, state="draft", title="A call in preparation")


def _keep(demo):
    """A request to open what lies sealed in the open consultation, which waits for the keyholders' word."""
    (box,) = demo.sql("SELECT id FROM vault.box")[0]
    asked = browser_of(demo, "facilitator").post(f"/en/boxes/{box}/opening", data={
        "reason": "She asked us for help.", "key": make_vault.one_time()[1], "days": "3", "delay": "0", "safety_reason": ""})
    assert asked.status_code == 303, asked.get_data(as_text=True)


def _hold(demo):
    """A proposal to keep the open consultation for a while, which waits for a second steward."""
    (here,) = demo.sql("SELECT id FROM consultations.consultation WHERE state = 'open'")[0]
    asked = browser_of(demo, "steward").post("/en/holds/new", data={
        "about": str(here), "reason": "A complaint is open.", "until": (make.today() + timedelta(days=30)).isoformat(),
        "safety_reason": ""})
    assert asked.status_code == 303, asked.get_data(as_text=True)


def _enter(demo):
    """A company with a sign-in of its own, whose provider is away."""
    (firm,) = demo.sql("SELECT id FROM organisations.organisation WHERE name LIKE 'Halcyon%%'")[0]
    set_up = browser_of(demo, "first lead").post(f"/en/organisation/{firm}/sign-in", data={
        "issuer": "http://127.0.0.1:9", "client_id": "polyphony", "client_secret": "a secret", "domain": "", "acr": ""})
    assert set_up.status_code == 303, set_up.get_data(as_text=True)
