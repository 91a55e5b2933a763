"""Three people who leave the same rare word wherever the pages let them: a life to be erased, or to end with time."""

import re
import shutil
import uuid
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

import dirty
import make
import make_fund
import make_vault
from conftest import open_world
from polyphony.consultations.models import Translator
from polyphony.fund.bodies.models import Body, Fund, Seat
from polyphony.fund.reviewing.models import Recusal
from polyphony.kernel import chores, secrets
from polyphony.kernel.database import db
from polyphony.organisations.models import FactorReset, Membership
from polyphony.organisations.tasks import mail_invitation
from polyphony.people.models import Factor, Phrase
from polyphony.retention import tasks

MARK = "Zaunkoenig"  # not the mark of the vault's dump, which searches every file of the same server
ASHA, LEAD = f"{MARK.lower()}@sauti.example", f"{MARK.lower()}@tern.example"


def post(client: Any, place: str, **data: Any) -> str:
    answer = client.post(place, data={"once": str(uuid.uuid4()), **data})
    assert answer.status_code == 303, (place, answer.get_data(as_text=True))
    return str(answer.location)


@pytest.fixture(scope="module")
def planted(server: Any, template: str, tmp_path_factory: Any) -> Any:
    """A database to clone, and a folder, with everything in it that the three can leave through the pages."""
    server.create_database("planted", template=template)
    world = open_world(server, "planted", tmp_path_factory.mktemp("planted"))
    f = make_vault.stage(world)
    world.sql("UPDATE consultations.consultation SET languages = '{en,sw}'")
    fay = make.sign_in(world.client(), "fay@keys.example")
    asha, f["asha_id"] = _invited(world, f)
    f["lead_id"] = make.person(world, LEAD, f"{MARK} Lead", seats=((f["firm"], "engagement_lead"),))
    make.person(world, "boss@tern.example", seats=((f["firm"], "decision_maker"),), function="legal")
    phrase = _phrase(world, f)
    for name, client in (("asha", asha), ("phrase", phrase)):
        f[f"{name}_said"] = _speak(world, client, f["about"], f["firm"])
        post(client, f"/en/consultations/{f['about']}/identity", name=f"{MARK} Njeri", contact=f"{MARK}@m.example",
             safe_way=MARK, outside=f"{MARK} outside", agree="y")
        client.post(f"/en/consultations/{f['about']}/say", **dirty.multipart(
            {"text": f"{MARK} begins once more", "lang": "en", "other": ""}, [("a.png", dirty.png())]))
    _read(world, fay, f)
    _loop(world, fay, make.sign_in(world.client(), LEAD), asha, phrase, f)
    _seat(world, f["asha_id"])
    _second_factor(world, f)
    world.client().post("/en/reset", data={"address": ASHA})
    world.close()
    yield world
    server.drop_database("planted")  # faults are planted across modules, and this one may be made more than once


@pytest.fixture
def life(server: Any, planted: Any, tmp_path: Any) -> Any:
    """A clone of it, with each of them in a browser of her own."""
    name, f = f"life_{uuid.uuid4().hex}", planted.facts
    server.create_database(name, template="planted")
    shutil.copytree(planted.settings.var, tmp_path / "var")
    world = open_world(server, name, tmp_path / "var", f)
    browsers = {who: make.sign_in(world.client(), address) for who, address in (
        ("fay", "fay@keys.example"), ("asha", ASHA), ("lead", LEAD))}
    yield SimpleNamespace(world=world, f=f, **browsers, phrase=_with(world, f["token"]), phrase_id=f["phrase_id"],
                          asha_id=f["asha_id"], lead_id=f["lead_id"])
    world.close()
    server.drop_database(name)


def _invited(world: Any, f: dict[str, Any]) -> tuple[Any, uuid.UUID]:
    """She comes by a mailed invitation, names herself, and changes her name."""
    amina = make.sign_in(world.client(), "amina@keys.example")
    post(amina, f"/en/organisation/{f['ngo']}/members/new", address=ASHA, roles=["contributor", "translator"], language="en",
         function="", words=f"{MARK} knows the coast.")
    with world.app.app_context():
        (id,) = world.sql("SELECT id FROM organisations.invitation")[0]
        token = secrets.text_of(secrets.link_token("invitation", id))
    run(world, lambda: mail_invitation(str(id)))
    post(world.client(), f"/en/invitation/{token}", name=f"{MARK} Asha", password=make.PASSWORD, language="en", time_zone="UTC")
    asha = make.sign_in(world.client(), ASHA)
    post(asha, "/en/account", name=f"{MARK} Asha again", language="en", time_zone="UTC", mail_opt_in="y")
    return asha, world.sql("SELECT id FROM people.person WHERE name LIKE %s", f"{MARK}%")[0][0]


def _phrase(world: Any, f: dict[str, Any]) -> Any:
    f["phrase_id"], f["token"] = uuid.uuid4(), uuid.uuid4().bytes
    make.add(world, Phrase(id=f["phrase_id"], verifier=uuid.uuid4().bytes, consultation_id=f["about"], language="sw",
                           day=make.today()))
    world.sql("INSERT INTO people.session (id, token_hash, phrase_id, began_at, seen_at) VALUES (gen_random_uuid(), "
              "sha256(%s), %s, now(), now())", f["token"], f["phrase_id"])
    return _with(world, f["token"])


def _with(world: Any, token: bytes) -> Any:
    """A browser that carries this session."""
    client = world.client()
    with world.app.app_context(), client.session_transaction() as session:
        session["key"] = secrets.text_of(token)
    return client


def _speak(world: Any, client: Any, about: uuid.UUID, firm: uuid.UUID) -> uuid.UUID:
    said = {"text": f"{MARK} speaks.", "lang": "en", "other": ""}
    assert client.post(f"/en/consultations/{about}/say", **dirty.multipart(said, [("a.png", dirty.png())])).status_code == 303
    post(client, f"/en/consultations/{about}/say/choices", addressed=[str(firm)], audience="public", naming="pseudonym",
         pseudonym=f"{MARK} pseudonym", speaks_as="affected")
    place = post(client, f"/en/consultations/{about}/say/check")
    id = uuid.UUID(re.findall(r"[0-9a-f-]{36}", place)[-1])
    post(client, f"/en/inbox/{id}", text=f"{MARK} says it again. {MARK} hides.", revision="1")
    return id


def _read(world: Any, fay: Any, f: dict[str, Any]) -> None:
    """The facilitator masks one of the two inputs and lets the other go; another translator puts both into Swahili."""
    here = f"/en/consultations/{f['about']}"
    post(fay, f"{here}/reading/{f['asha_said']}/masking", text=f"{MARK} says it again.", reason=f"It names {MARK}.", revision="2")
    post(fay, f"{here}/reading/{f['phrase_said']}/release", revision="2")
    who = make.person(world, "tatu@keys.example", seats=((f["ngo"], "translator"),))
    make.add(world, Translator(id=uuid.uuid4(), consultation_id=f["about"], person_id=who, organisation_id=f["ngo"],
                               shown_as="Sauti", languages=["sw"], appointed_on=make.today()))
    tatu = f["tatu"] = make.sign_in(world.client(), "tatu@keys.example")
    for said in (f["asha_said"], f["phrase_said"]):
        post(tatu, piece := f"{here}/translations/input/{said}/text/sw", revision=make.revision(tatu, piece), text=f"{MARK} anasema tena.")


def _loop(world: Any, fay: Any, lead: Any, asha: Any, phrase: Any, f: dict[str, Any]) -> None:
    """Quoted, misunderstood, answered; then a measure, and what they see of it."""
    here = f"/en/consultations/{f['about']}"
    world.sql("ALTER TABLE consultations.consultation DISABLE TRIGGER USER")
    world.sql("UPDATE consultations.consultation SET state = 'answering', closes_at = now() - interval '1 day', "
              "promised_on = current_date")
    world.sql("ALTER TABLE consultations.consultation ENABLE TRIGGER USER")
    post(fay, f"{here}/themes/new", title="Warnings", summary="They show.", lang="en")
    (theme,) = world.sql("SELECT id FROM feedback.theme")[0]
    for said in (f["asha_said"], f["phrase_said"]):
        post(fay, f"{here}/excerpts/{said}", theme_id=str(theme), input_id=str(said), quote=f"{MARK} says it")
    (quote,) = world.sql("SELECT id FROM feedback.excerpt LIMIT 1")[0]
    piece = f"{here}/translations/quote/{quote}/quote/sw"
    post(f["tatu"], piece, revision=make.revision(f["tatu"], piece), text=f"{MARK} anasema.")
    post(fay, f"{here}/facilitate/share")
    for client, said in ((asha, f["asha_said"]), (phrase, f["phrase_said"])):
        post(client, f"/en/themes/{theme}/inputs/{said}/object", words=f"{MARK} meant children", lang="en")
    for (objection,) in world.sql("SELECT id FROM feedback.objection"):
        post(fay, f"/en/objections/{objection}", words="Changed.")
    url = f"/en/themes/{theme}/answer/{f['firm']}"
    post(lead, f"{url}/comment", **{"comment-words": f"{MARK} remarks."})
    post(lead, url, decision="adopted", words=f"{MARK} drafts for the company", changes="It changed.", lang="en", revision="0",
         reason_kind="")
    (answer,) = world.sql("SELECT id FROM feedback.answer")[0]
    post(lead, f"/en/answers/{answer}/measures", what="Quiet alerts", owner="product", due_on=make.today().isoformat(), lang="en")
    post(make.sign_in(world.client(), "boss@tern.example"), f"/en/answers/{answer}/sign", decision="adopted",
         words=f"{MARK} drafts for the company", changes="It changed.", lang="en", reason_kind="",
         revision=str(world.sql("SELECT revision FROM feedback.answer")[0][0]))
    post(fay, f"{here}/publish", words="Here they are")
    (measure,) = world.sql("SELECT id FROM feedback.measure")[0]
    post(fay, f"/en/measures/{measure}/round", until=(make.today() + timedelta(days=5)).isoformat())
    post(asha, f"/en/measures/{measure}/ground", view="partly", words=f"{MARK} sees it", lang="en", named="y")
    post(phrase, f"/en/measures/{measure}/ground", view="harms", words=f"{MARK} sees it too", lang="en")
    for (view,) in world.sql("SELECT id FROM feedback.ground_view"):
        post(fay, f"/en/ground/{view}/read")


def _seat(world: Any, person: uuid.UUID) -> None:
    fund, body, seat = make.organisation(world, "The fund", "fund"), uuid.uuid4(), uuid.uuid4()
    make.add(world, Fund(organisation_id=fund, purpose="x", lang="en", founded_on=make.today()),
             Body(id=body, fund_id=fund, kind="governing"),
             Membership(id=seat, person_id=person, organisation_id=fund, role="translator", begun_at=make.now()),
             Seat(membership_id=seat, body_id=body, person_id=person, shown_as=f"{MARK} Asha", comes_from=f"{MARK} land",
                  constituency="independent", begun_on=make.today(), until=make.today() + timedelta(days=99)))
    case = make_fund.application(world, make_fund.call(world, fund), make.organisation(world, "Hers", "stakeholder"))
    make.add(world, Recusal(id=uuid.uuid4(), application_id=case, fund_id=fund, person_id=person, origin="declared", kind="other",
                            words=f"{MARK} knows them", at=make.now()))


def _second_factor(world: Any, f: dict[str, Any]) -> None:
    """She names a passkey (which only a browser makes) and loses it: another administrator says how she is known."""
    make.add(world, Factor(id=uuid.uuid4(), person_id=f["asha_id"], kind="passkey", label=f"{MARK} key", verifier=b"v",
                           credential=b"c", public_key=b"k", added_on=make.today()),
             FactorReset(id=uuid.uuid4(), person_id=f["asha_id"], organisation_id=f["ngo"], asked_by=f["amina"],
                         asked_at=make.now(), words=f"{MARK} called me", granted=False))


def run(world: Any, *works: Any) -> None:
    for work in works:
        with world.worker.app_context():
            work()
            db.session.commit()


def erase(life: Any, *clients: Any) -> None:
    for client in clients:
        post(client, "/en/my-data/erasure", sure="y")
    run(life.world, tasks.erase, chores.forget)
    life.world.work()
