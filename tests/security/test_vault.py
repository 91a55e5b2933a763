"""The vault holds against everybody who serves: what is sealed is read by nobody, and an opening needs several."""

import uuid
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from flask import g

import make
import make_vault
from make_vault import TOLD
from polyphony.consultations.leaving import after_membership
from polyphony.kernel import clock
from polyphony.kernel.database import db
from polyphony.kernel.refusals import NotThere, Refusal
from polyphony.kernel.retention import Now
from polyphony.kernel.viewer import open_viewer
from polyphony.organisations.models import Membership, MembershipEnd
from polyphony.vault import desk, providing, retention, rules, service, tasks
from polyphony.vault import keyholder as tool

HIDDEN = ("sealed", "share", "release", "telling")
SEEN = ("keyholder", "holder", "circle", "seat", "box", "opening", "word", "reading")
WHO = ("fay", "ann", "ben", "cem", "bo", "lead", "amina")


@pytest.fixture
def stage(world: Any) -> Any:
    f = make_vault.stage(world)
    people = {**{name: f[name] for name in ("lead", "fay", "amina")},
              **{("bo" if name == "body" else name): h["person"] for name, h in f["holders"].items()}}
    f["people"], f["sessions"] = people, {who: make.session_of(world, id) for who, id in people.items()}
    f["by_name"] = {("bo" if name == "body" else name): h for name, h in f["holders"].items()}
    return world


def act(world: Any, who: str, what: Any) -> Any:
    """Do something as somebody; its result, or the refusal."""
    with world.app.test_request_context("/en/"):
        try:
            done = what(open_viewer(world.facts["sessions"][who]))
            db.session.commit()
            return done
        except (Refusal, NotThere) as refusal:
            db.session.rollback()
            return refusal


def leave(world: Any, who: str = "amina", **changes: Any) -> Any:
    return act(world, who, lambda by: service.leave(by, id=world.facts["about"], **{**TOLD, "outside": "Jua", "agree": True,
                                                                                   **changes}))


def ask(world: Any, who: str = "fay", **changes: Any) -> tuple[Any, Any]:
    key, text = make_vault.one_time()

    def do(by: Any) -> Any:
        box = desk.boxes(world.facts["about"])[0][0]
        return service.ask(by, box=box, **{"key": text, "reason": "She asked us for help", "days": 3, "safety_reason": "",
                                           "delay": 0, **changes}).id
    return act(world, who, do), key


def release(world: Any, who: str, id: Any, says: str = "released") -> Any:
    holder = world.facts["by_name"].get(who)

    def do(by: Any) -> Any:
        asked = desk.request(id)
        mine = desk.my_seat(by, asked.opening)
        if mine is None or holder is None:
            raise rules.NotAKeyholder()
        shares = desk.shares(asked.opening, mine)
        request = tool.armour(tool.REQUEST, {**_request(asked, mine), "shares": [
            {"record": record, "sealed": tool.b64(sealed)} for record, sealed in shares]})
        text = make_vault.answered(request, holder) if says == "released" else ""
        return service.say(by, asked=asked, holder=mine, says=says, text=text, words="I do not see why.")
    return act(world, who, do)


def _request(asked: Any, mine: Any) -> dict[str, Any]:
    about = asked.asked
    return {"opening": about.opening, "to": tool.b64(about.to), "who": about.who, "reason": about.reason,
            "key": tool.b64(mine.key), "made": (about.made - timedelta(days=9)).isoformat(),
            "until": (about.until + timedelta(days=30)).isoformat()}


def take(world: Any, who: str, id: Any) -> Any:
    return act(world, who, lambda by: service.take(by, asked=desk.request(id)))


def text_for(world: Any, who: str, id: Any) -> Any:
    return act(world, who, lambda by: desk.taken(desk.request(id)))


# Walls


@pytest.mark.parametrize("role", ["polyphony_app", "polyphony_worker"])
def test_no_serving_role_reads_or_writes_what_is_sealed(stage: Any, role: str) -> None:
    assert leave(stage) is None
    session = stage.facts["sessions"]["fay"]
    for table in (*HIDDEN, *SEEN):
        for verb in ("SELECT count(*) FROM", "DELETE FROM", "INSERT INTO", "UPDATE", "LOCK"):
            if table in SEEN and verb.startswith("SELECT"):
                continue
            statement = {"INSERT INTO": f"INSERT INTO vault.{table} DEFAULT VALUES", "LOCK": f"LOCK vault.{table}",
                         "UPDATE": f"UPDATE vault.{table} SET {_column(stage, table)} = NULL"}.get(verb, f"{verb} vault.{table}")
            with psycopg.connect(stage.server.url(role, stage.name)) as connection:
                if role == "polyphony_app":
                    connection.execute("SELECT viewer.open(%s, NULL)", [session])
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement)


def _column(world: Any, table: str) -> str:
    return str(world.sql("SELECT column_name FROM information_schema.columns WHERE table_schema = 'vault' AND table_name = %s "
                         "ORDER BY 1 LIMIT 1", table)[0][0])


def test_the_lookup_role_behind_the_viewer_reads_nothing_sealed(stage: Any) -> None:
    rows = stage.sql("SELECT r, t FROM unnest(ARRAY['polyphony_lookup', 'polyphony_app', 'polyphony_worker', "
                     "'polyphony_auditor']) r, unnest(%s::text[]) t WHERE has_table_privilege(r, 'vault.' || t, 'SELECT')", list(HIDDEN))
    assert rows == []
    assert stage.sql("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'polyphony_vault'") == [(False,)]


def test_functions_answer_nothing_without_a_sealed_viewer(stage: Any) -> None:
    leave(stage)
    (id, _key) = ask(stage)
    release(stage, "ann", id)
    holder = stage.facts["by_name"]["ben"]["id"]
    with psycopg.connect(stage.server.url("polyphony_app", stage.name)) as connection:
        for name in ("person", "keeping", "kept", "facilitated", "facilitating", "keyholding", "participating"):
            value = str(stage.facts["fay"]) if name == "person" else "{" + str(holder) + "}"
            connection.execute("SELECT set_config(%s, %s, true)", [f"polyphony.{name}", value])
        for call, none in ((f"vault.share_of('{id}', '{holder}', now())", []), (f"vault.taken('{id}', now())", []),
                           (f"vault.released_to('{id}', now())", []), (f"vault.take('{id}', now())", [("not_yours",)]),
                           (f"vault.say('{id}', '{holder}', 'released', '', 'x', now())", [("not_yours",)]),
                           (f"vault.lay_down('{holder}', current_date)", [("not_yours",)])):
            assert connection.execute(f"SELECT * FROM {call}").fetchall() == none, call


def test_the_outside_is_seen_by_facilitator_and_keyholders_alone(stage: Any) -> None:
    leave(stage)
    seen = {who: act(stage, who, lambda by: len(desk.boxes(stage.facts["about"])[0])) for who in WHO}
    assert seen == {"fay": 1, "ann": 1, "ben": 1, "cem": 1, "bo": 1, "lead": 0, "amina": 0}


def test_a_company_never_keeps_even_with_a_planted_seat(stage: Any) -> None:
    planted = make_vault.keyholder(stage, "eve", stage.facts["firm"])
    stage.facts["sessions"]["eve"] = make.session_of(stage, planted["person"])
    assert act(stage, "eve", lambda by: sorted(by.of("keyholding") | by.of("keeping"))) == []


def test_whoever_takes_a_seat_in_a_company_keeps_nothing_any_more(stage: Any) -> None:
    leave(stage)
    id, _key = ask(stage)
    ann = stage.facts["by_name"]["ann"]["person"]
    make.add(stage, Membership(id=uuid.uuid4(), person_id=ann, organisation_id=stage.facts["firm"], role="board_observer",
                               begun_at=make.now()))
    assert isinstance(release(stage, "ann", id), (Refusal, NotThere))
    assert stage.sql("SELECT count(*) FROM vault.word") == [(0,)]


def test_one_person_is_not_two_keyholders(stage: Any) -> None:
    f = stage.facts
    ann, other = f["by_name"]["ann"], make.organisation(stage, "Her second house", "stakeholder")
    make.add(stage, Membership(id=uuid.uuid4(), person_id=ann["person"], organisation_id=other, role="keyholder",
                               begun_at=make.now()))
    _key, text = make_vault.one_time()
    public = tool.armour(tool.KEY, {"key": tool.b64(tool.public_key(text, tool.ONCE)), "half": "words"})
    second = act(stage, "ann", lambda by: service.enrol(by, organisation=other, text=public))
    chosen = [str(x) for x in (second, ann["id"], f["by_name"]["ben"]["id"])]
    assert isinstance(act(stage, "fay", lambda by: service.form_circle(by, id=f["about"], needs=2, keyholders=chosen)),
                      rules.NotApart)


def test_nothing_joins_her_across_consultations(stage: Any) -> None:
    f = stage.facts
    first, holders = f["about"], list(f["holders"].values())
    leave(stage)
    f["about"] = make.consultation(stage, [f["firm"]], facilitator=f["body"], invited=(f["ngo"],))
    make_vault.circle(stage, f["about"], holders)
    assert leave(stage) is None
    rows = stage.sql("SELECT b.id::text, s.tag, s.consent::text, s.ciphertext FROM vault.sealed s JOIN vault.box b ON b.id = box_id")
    assert len(rows) == 2
    assert not set(rows[0]) & set(rows[1])
    dump = "".join(str(stage.sql(f"SELECT t::text FROM vault.{table} t")) for table in ("box", "sealed", "share"))
    assert str(f["amina"]) not in dump
    assert str(f["ngo"]) not in dump
    assert first != f["about"]


# The ceremony


def test_k_of_different_organisations_open_it_once(stage: Any) -> None:
    leave(stage)
    id, key = ask(stage)
    assert isinstance(take(stage, "fay", id), rules.NotYetEnough)
    assert isinstance(release(stage, "bo", id), (rules.OwnRequest, NotThere, Refusal)), "her own house does not count"
    assert release(stage, "ann", id) == "done"
    assert isinstance(release(stage, "ann", id), Refusal)
    assert isinstance(take(stage, "fay", id), rules.NotYetEnough)
    assert release(stage, "ben", id) == "enough"
    assert isinstance(take(stage, "ann", id), rules.NotForYou)
    assert take(stage, "fay", id) is None
    assert make_vault.opened(text_for(stage, "fay", id), key) == TOLD
    assert text_for(stage, "ann", id) == "", "a keyholder does not get the requester's text"
    assert isinstance(take(stage, "fay", id), rules.ReadAlready)
    with clock.at(make.now() + timedelta(minutes=16)):
        assert text_for(stage, "fay", id) == ""
    told = act(stage, "amina", lambda by: desk.told(by, [stage.facts["about"]]))
    assert [row.reason for row in told] == ["She asked us for help"]


def test_a_reason_of_safety_delays_the_telling_and_no_longer(stage: Any) -> None:
    leave(stage)
    id, _key = ask(stage, delay=30, safety_reason="He reads her phone.")
    for who in ("ann", "ben"):
        release(stage, who, id)
    take(stage, "fay", id)
    told = lambda by: len(desk.told(by, [stage.facts["about"]]))  # noqa: E731
    assert act(stage, "amina", told) == 0
    with clock.at(make.now() + timedelta(days=31)):
        assert act(stage, "amina", told) == 1
    assert act(stage, "amina", lambda by: service.withdraw(by, id=stage.facts["about"])) is None
    with clock.at(make.now() + timedelta(days=31)):
        assert act(stage, "amina", told) == 1, "taking it back does not keep her from being told"


def opened(world: Any, **changes: Any) -> Any:
    """What amina left is opened for fay."""
    assert leave(world) is None
    id, _key = ask(world, **changes)
    for who in ("ann", "ben"):
        release(world, who, id)
    assert take(world, "fay", id) is None
    return id


def test_what_waits_to_be_told_outlives_the_box_and_ends_itself(stage: Any) -> None:
    def night(days: int) -> None:
        with stage.worker.app_context():
            now = Now(clock.in_days(days), [], [], 9)
            retention.old_identities(now)
            retention.old_tellings(now)
            db.session.commit()

    opened(stage, delay=30, safety_reason="He reads her phone.")
    told = lambda by: len(desk.told(by, desk.hers(by)))  # noqa: E731
    stage.sql("UPDATE vault.telling SET day = day - 800")
    night(0)
    assert act(stage, "amina", told) == 1, "as long as the box is there"
    stage.sql("UPDATE vault.telling SET day = day + 800")
    stage.sql("ALTER TABLE consultations.consultation DISABLE TRIGGER USER")
    stage.sql("UPDATE consultations.consultation SET opens_at = opens_at - past, closes_at = closes_at - past, "
              "promised_on = promised_on - 1600 FROM (SELECT interval '1600 days' AS past) p")
    night(0)
    assert stage.sql("SELECT count(*) FROM vault.sealed") == [(0,)]
    assert act(stage, "amina", told) == 0
    with clock.at(make.now() + timedelta(days=31)):
        assert act(stage, "amina", told) == 1
    night(30 + 365)
    assert stage.sql("SELECT count(*) FROM vault.telling") == [(1,)]
    night(30 + 367)
    assert stage.sql("SELECT count(*) FROM vault.telling") == [(0,)]


@pytest.mark.parametrize("discovery", ["listed", "invitation"])
def test_whose_seat_has_ended_is_told_sees_what_she_left_and_takes_it_back(stage: Any, discovery: str) -> None:
    f = stage.facts
    stage.sql("UPDATE consultations.consultation SET discovery = %s", discovery)
    opened(stage)
    [(seat,)] = stage.sql("SELECT id FROM organisations.membership WHERE person_id = %s", f["amina"])
    make.add(stage, MembershipEnd(membership_id=seat, at=make.now(), by=f["amina"], reason=""))
    at, client = f"/en/consultations/{f['about']}/identity", make.sign_in(stage.client(), "amina@keys.example")
    with stage.app.app_context(), client:
        for address, said in (("/en/notices", "opened what you left"), ("/en/my-data", "Jua"), ("/en/my-data", at),
                              (at, "She asked us for help")):
            assert said in client.get(address).get_data(as_text=True), address
            assert g.sql <= 6, address
    assert client.post(f"{at}/withdrawal", data={"sure": "yes"}).status_code == 303
    assert stage.sql("SELECT count(*) FROM vault.sealed") == [(0,)]
    assert "Jua" not in client.get("/en/my-data").get_data(as_text=True)
    other = make.sign_in(stage.client(), "lead@keys.example")
    assert at not in other.get("/en/my-data").get_data(as_text=True)


def test_where_something_of_hers_can_lie_is_told_to_a_sealed_viewer_alone(stage: Any) -> None:
    f = stage.facts
    with psycopg.connect(stage.server.url("polyphony_app", stage.name)) as connection:
        connection.execute("SELECT set_config('polyphony.person', %s, true)", [str(f["amina"])])
        assert connection.execute("SELECT consultations.with_keyholders()").fetchall() == []
        connection.execute("SELECT viewer.open(%s, NULL)", [f["sessions"]["lead"]])
        assert connection.execute("SELECT consultations.with_keyholders()").fetchall() == []
        connection.execute("SELECT viewer.open(%s, NULL)", [f["sessions"]["amina"]])
        assert connection.execute("SELECT consultations.with_keyholders()").fetchall() == [(f["about"],)]


def test_a_request_ends_by_itself_and_a_clock_set_back_does_not_help(stage: Any) -> None:
    leave(stage)
    id, _key = ask(stage)
    for who in ("ann", "ben"):
        release(stage, who, id)
    with clock.at(make.now() + timedelta(days=4)):
        assert isinstance(take(stage, "fay", id), rules.Ended)
        assert isinstance(release(stage, "cem", id), Refusal)
    stage.sql("UPDATE vault.opening SET made_at = made_at - interval '5 days', until = until - interval '5 days', "
              "tell_on = tell_on - 5")
    with clock.at(make.now() - timedelta(days=4)):
        assert isinstance(take(stage, "fay", id), rules.Ended)


def test_what_was_taken_back_opens_no_more(stage: Any) -> None:
    leave(stage)
    id, _key = ask(stage)
    for who in ("ann", "ben"):
        release(stage, who, id)
    assert act(stage, "amina", lambda by: service.withdraw(by, id=stage.facts["about"])) is None
    assert isinstance(take(stage, "fay", id), rules.Ended)
    for table in ("box", *HIDDEN):
        assert stage.sql(f"SELECT count(*) FROM vault.{table}") == [(0,)], table
    assert isinstance(act(stage, "amina", lambda by: service.withdraw(by, id=stage.facts["about"])), rules.NothingThere)
    assert leave(stage) is None


def test_a_request_whose_box_was_taken_back_waits_for_nobody(stage: Any) -> None:
    leave(stage)
    ask(stage)
    assert len(act(stage, "ann", providing.waits)) == 1
    act(stage, "amina", lambda by: service.withdraw(by, id=stage.facts["about"]))
    assert act(stage, "ann", providing.waits) == []


def test_a_one_time_key_serves_one_request(stage: Any) -> None:
    leave(stage)
    _key, text = make_vault.one_time()
    assert isinstance(ask(stage, key=text)[0], uuid.UUID)
    assert isinstance(ask(stage, key=text)[0], rules.OneTimeKeyUsed)
    own = tool.armour(tool.ONCE, {"key": tool.b64(bytes(stage.facts["by_name"]["ann"]["key"].public_key))})
    assert isinstance(ask(stage, key=own)[0], rules.OneTimeKeyUsed)


def test_new_keyholders_take_over_and_the_ciphertext_stays(stage: Any) -> None:
    f = stage.facts
    leave(stage)
    before = stage.sql("SELECT ciphertext FROM vault.sealed")
    new = [make_vault.keyholder(stage, n, make.organisation(stage, n, "stakeholder")) for n in ("dua", "eli")]
    for name, each in zip(("dua", "eli"), new, strict=True):
        f["by_name"][name], f["sessions"][name] = each, make.session_of(stage, each["person"])
    chosen = [str(f["by_name"][n]["id"]) for n in ("ann", "dua", "eli")]
    assert act(stage, "fay", lambda by: service.form_circle(by, id=f["about"], needs=2, keyholders=chosen)) == "coming"
    assert isinstance(act(stage, "fay", lambda by: service.form_circle(by, id=f["about"], needs=2, keyholders=chosen)),
                      rules.CircleComing)
    once, text = make_vault.one_time()
    id = act(stage, "fay", lambda by: service.ask_new_shares(by, id=f["about"], key=text).id)
    for who in ("ben", "cem"):
        release(stage, who, id)
    assert take(stage, "fay", id) is None
    made = tool.reshare(text_for(stage, "fay", id), once, make.now())
    assert act(stage, "fay", lambda by: service.renew(by, asked=desk.request(id), text=made)) is None
    assert stage.sql("SELECT ciphertext FROM vault.sealed") == before
    id, key = ask(stage)
    assert isinstance(release(stage, "ben", id), NotThere), "who has left has no share any more"
    for who in ("dua", "eli"):
        release(stage, who, id)
    take(stage, "fay", id)
    assert make_vault.opened(text_for(stage, "fay", id), key) == TOLD


def sweep(world: Any) -> None:
    with world.worker.app_context():
        tasks.sweep()
        db.session.commit()


def test_a_key_ends_with_the_seat_it_was_given_for(stage: Any) -> None:
    f = stage.facts
    cem = f["by_name"]["cem"]
    sweep(stage)
    assert stage.sql("SELECT count(*) FROM vault.keyholder WHERE ended_on IS NOT NULL") == [(0,)]
    with make.sign_in(stage.client(), "cem@keys.example") as client:
        assert client.post("/en/my-data/erasure", data={"sure": "y"}).status_code == 303
    with stage.worker.app_context():
        [(seat,)] = stage.sql("SELECT membership_id FROM organisations.membership_end")
        after_membership(str(seat))
        db.session.commit()
    assert stage.sql("SELECT id FROM vault.keyholder WHERE ended_on IS NOT NULL") == [(cem["id"],)]
    assert stage.sql("SELECT subject, about, actor FROM audit.row WHERE verb = 'keyholder.ended'") == [
        (cem["id"], cem["organisation"], None)]
    assert act(stage, "fay", lambda by: desk.rings(f["about"])["living"].lost) == 1


def test_a_circle_to_which_nothing_is_handed_over_begins_by_itself(stage: Any) -> None:
    f = stage.facts
    leave(stage)
    new = [make_vault.keyholder(stage, n, make.organisation(stage, n, "stakeholder")) for n in ("dua", "eli", "fee")]
    chosen = [str(each["id"]) for each in new]
    form = lambda: act(stage, "fay", lambda by: service.form_circle(by, id=f["about"], needs=2, keyholders=chosen))  # noqa: E731
    assert form() == "coming"
    sweep(stage)
    states = "SELECT state, count(*) FROM vault.circle GROUP BY state ORDER BY state"
    assert stage.sql(states) == [("coming", 1), ("living", 1)], "something lies there still"
    act(stage, "amina", lambda by: service.withdraw(by, id=f["about"]))
    assert isinstance(form(), rules.CircleComing)
    sweep(stage)
    assert stage.sql(states) == [("ended", 1), ("living", 1)]
    assert stage.sql("SELECT count(*) FROM vault.seat s JOIN vault.circle c ON c.id = s.circle_id WHERE c.state = 'living' "
                     "AND s.keyholder_id = ANY (%s)", [each["id"] for each in new]) == [(3,)]
    assert form() == "living"


def test_chores_take_released_shares_away_and_the_order_of_boxes(stage: Any) -> None:
    leave(stage)
    id, _key = ask(stage)
    release(stage, "ann", id)
    place = stage.sql("SELECT xmin::text FROM vault.sealed")
    with stage.worker.app_context():
        tasks.sweep()
        tasks.shuffle()
        db.session.commit()
    assert stage.sql("SELECT count(*) FROM vault.release") == [(1,)]
    assert stage.sql("SELECT xmin::text FROM vault.sealed") != place
    stage.sql("UPDATE vault.opening SET made_at = made_at - interval '5 days', until = until - interval '5 days', "
              "tell_on = tell_on - 5")
    with stage.worker.app_context():
        tasks.sweep()
        db.session.commit()
    assert stage.sql("SELECT count(*) FROM vault.release") == [(0,)]
