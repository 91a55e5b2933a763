"""The life of a datum: planted through every field that the pages offer, it is there; erased, or after its time, nowhere.

Three people leave the same rare word wherever they can: a member of an NGO, somebody with a return phrase, and an
engagement lead of a company. Every table is then searched, the queue and the folders too, that of mails among
them, which keeps them for some days. What a mail server has taken is out of our hands. Old copies inside the files of PostgreSQL last until the
server uses the space again.
"""

import inspect
import os
import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

import make
from polyphony import rooms
from polyphony.consultations.models import Transition
from polyphony.kernel import chores, clock, mail, unlinkable
from polyphony.kernel.database import db
from polyphony.kernel.forms import Form, Line, Words
from polyphony.organisations.models import MembershipEnd
from polyphony.people import tasks as people_tasks
from polyphony.retention import tasks
from polyphony.uploads import storing
from polyphony.uploads import tasks as upload_tasks
from security.lives import MARK, erase, life, planted, run
from security.test_vault_dump import needles, tables

__all__ = ["life", "planted"]  # fixtures
OURS = "words of an organisation, of a facilitator or of the fund about a thing, not about the one who types them"
# Every field into which somebody types, by form: planted below, or whose words they are.
PLANTED = {"people.Account", "organisations.AcceptAsNew", "organisations.EndMembership", "inputs.SayForm",
           "inputs.ChoicesForm", "inputs.EditForm", "feedback.SayForm", "feedback.GroundForm", "feedback.NamedGroundForm",
           "feedback.CommentForm", "feedback.ExcerptForm", "inputs.MaskForm", "languages.TranslationForm",
           "vault.IdentityForm", "fund.bodies.SeatForm", "fund.reviewing.AsideForm", "organisations.InviteMember",
           "organisations.forms_lost.AskReset", "people.forms_factors.Passkey"}
OTHERS = {
    **dict.fromkeys(("consultations.CallForm", "consultations.DeclineForm", "consultations.RaiseForm",
                     "consultations.ReplyForm", "consultations.StepForm", "consultations.TermsForm",
                     "consultations.WordsForm", "feedback.AnswerForm", "feedback.CloseForm", "feedback.DefaultForm", "feedback.HandleForm",
                     "feedback.MeasureForm", "feedback.PublishForm", "feedback.StatusForm", "feedback.ThemeForm",
                     "fund.applying.CheckForm", "fund.applying.CorrectionForm", "fund.applying.PlanForm",
                     "fund.applying.ProjectForm", "fund.applying.SafetyForm", "fund.applying._Budget", "fund.bodies.Found",
                     "fund.calls.CallForm", "fund.deciding.CancelForm", "fund.deciding.DecisionForm",
                     "fund.deciding.VoteForm", "fund.giving.PromiseForm", "fund.giving.RaiseForm",
                     "fund.giving.ReceiptForm", "fund.giving.WhyForm", "fund.giving.WithdrawForm",
                     "fund.paying.PayeeForm", "fund.paying.PrepareForm", "fund.paying.StopForm", "fund.reviewing.LockForm",
                     "fund.statement.PurposeForm", "organisations.BringAsMyself", "organisations.BringAsNew",
                     "organisations.InviteOrganisation", "organisations.Leave", "organisations.Say", "organisations.entrance.Lift", "organisations.entrance.Settings",
                     "organisations._NewOrganisation", "retention.Confirm", "retention.Propose", "retention.Release", "vault.AskForm",
                     "vault.WordForm"), OURS),
    "organisations.ChangeRole": "as organisations.InviteMember and EndMembership: the old row's end and the new one's why",
    "organisations.entrance.ComingNew": "her name, as AcceptAsNew", "organisations.entrance.Find": "kept nowhere",
    **dict.fromkeys(("people.forms_factors.AddApp", "people.forms_factors.Code", "people.forms_factors.Prove"),
                    "a code of six digits or of recovery, kept nowhere"),
    "organisations._NewPerson": "part of AcceptAsNew", "people.ComeBack": "kept nowhere", "inputs.PhraseForm": "kept nowhere",
    **dict.fromkeys(("vault.EnrolForm", "vault.NewSharesForm", "vault.ShareForm"), "keys and sealed shares, no words"),
}
STAYS = {"feedback.answer": "the company's answer, which she drafted for it"}


def forms() -> set[str]:
    """Every form with a field to type into."""
    def below(one: type) -> Any:
        for each in one.__subclasses__():
            yield each
            yield from below(each)

    rooms.blueprints()
    return {f"{form.__module__.removeprefix('polyphony.').removesuffix('.forms')}.{form.__name__}" for form in below(Form)
            if form.__module__.startswith("polyphony.") and any(
                type(kept).__name__ == "UnboundField" and issubclass(kept.field_class, Line | Words)
                for _, kept in inspect.getmembers(form))}


def test_every_field_to_type_into_is_planted_or_somebody_elses() -> None:
    assert forms() == PLANTED | set(OTHERS), "plant the word in the new form, or say here whose words they are"


def where(world: Any) -> set[str]:
    """Every table, the queue's too, and every file of ours, in which the word stands in any form."""
    pattern = needles(MARK)
    wide = re.compile(pattern.pattern + b"|" + MARK.lower().encode(), re.IGNORECASE)
    found = {name.replace('"', "") for name, text in tables(world).items() if wide.search(text.encode())}
    return found | {str(each) for each in world.settings.var.rglob("*") if each.is_file() and wide.search(each.read_bytes())}


HERS = {"inputs.input", "inputs.draft", "feedback.excerpt", "feedback.objection", "feedback.ground_view",
        "languages.translation", "vault.box"}


def test_erased_it_is_nowhere(life: Any) -> None:
    world = life.world
    assert where(world) >= HERS | {"people.person", "inputs.original", "feedback.comment", "fund.seat", "fund.recusal", "people.factor",
                                    "organisations.factor_reset", "organisations.membership"}, "it was planted"
    assert any(each.endswith(".eml") for each in where(world)), "she had mails"
    erase(life, life.asha, life.phrase, life.lead)
    _mails_go(world, days=mail.DAYS + 1)
    assert where(world) == set(STAYS)
    assert world.sql("SELECT count(*) FROM vault.sealed") == [(0,)]
    assert world.sql("SELECT count(*) FROM uploads.attachment") == [(0,)]
    ids = [str(x) for x in (life.asha_id, life.phrase_id, life.f["asha_said"], life.f["phrase_said"])]
    assert not world.sql("SELECT 1 FROM jobs.procrastinate_jobs j, jsonb_each_text(j.args) a WHERE a.value = ANY (%s)", ids)
    assert not world.sql("SELECT 1 FROM notices.notice WHERE person_id = %s OR phrase_id = %s OR subject_id::text = ANY (%s)",
                         life.asha_id, life.phrase_id, ids)
    _the_chain_is_whole(world)
    _files_go(world)


def _the_chain_is_whole(world: Any) -> None:
    from polyphony.fund.verify.service import check
    from polyphony.kernel import audit

    with world.worker.app_context():
        audit.seal_new_rows()
        assert audit.broken_at() is None
        assert all(each.holds for each in check())
        db.session.rollback()


def _mails_go(world: Any, *, days: int) -> None:
    """Without a mail server they lie in a folder for some days, and the chore empties it."""
    then = (make.now() - timedelta(days=days)).timestamp()
    for each in world.settings.mail_folder.iterdir():
        os.utime(each, (then, then))
    run(world, chores.empty_mails)


def _files_go(world: Any) -> None:
    """Without a row a file is noise, and the chore clears it away."""
    with world.worker.app_context(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(upload_tasks, "GRACE", -1)
        assert list(storing.folder().iterdir()), "they had files"
        upload_tasks.clear()
        db.session.commit()
        assert list(storing.folder().iterdir()) == []


@pytest.mark.slow
def test_one_of_them_erased_leaves_the_other_alone(life: Any) -> None:
    erase(life, life.phrase)
    world = life.world
    assert world.sql("SELECT count(*) FROM inputs.input") == [(1,)]
    assert world.sql("SELECT count(*) FROM people.phrase") == [(0,)]
    assert world.sql("SELECT count(*) FROM vault.sealed") == [(1,)]
    assert f"{MARK} says it again" in life.asha.get(f"/en/inbox/{life.f['asha_said']}").get_data(as_text=True)
    shown = life.fay.get(f"/en/consultations/{life.f['about']}/facilitate")
    assert shown.status_code == 200, "the desk goes on without what is gone"


@pytest.mark.slow
def test_a_room_that_forgets_to_erase_is_found(life: Any, monkeypatch: Any) -> None:
    from polyphony.feedback import retention as feedback
    from polyphony.kernel import retention

    monkeypatch.setattr(retention, "erasers", [(f, held) for f, held in retention.erasers if f is not feedback.forget])
    erase(life, life.asha, life.lead)
    assert where(life.world) >= {"feedback.ground_view", "feedback.comment"}
    with pytest.raises(IntegrityError, match="ground_author_phrase_id_fkey"):
        erase(life, life.phrase)


def _age(life: Any, **years: int) -> None:
    """Everything happened so long ago."""
    sql, past = life.world.sql, f"interval '{years['years']} years'"
    sql("ALTER TABLE consultations.consultation DISABLE TRIGGER USER")
    sql(f"UPDATE consultations.consultation SET state = 'closed', opens_at = opens_at - {past}, closes_at = closes_at - {past}, "
        f"promised_on = promised_on - {past}")
    sql("ALTER TABLE consultations.consultation ENABLE TRIGGER USER")
    make.add(life.world, Transition(id=uuid.uuid4(), consultation_id=life.f["about"], start="published", end="closed",
                                    at=make.now()))
    sql(f"UPDATE consultations.transition SET at = at - {past}")
    sql(f"UPDATE notices.notice SET day = day - {past}")
    for table, times in (("invitation", ("at", "expires_at")), ("invitation_end", ("at",))):
        sql(f"ALTER TABLE organisations.{table} DISABLE TRIGGER USER")
        sql(f"UPDATE organisations.{table} SET " + ", ".join(f"{each} = {each} - {past}" for each in times))
        sql(f"ALTER TABLE organisations.{table} ENABLE TRIGGER USER")
    sql(f"UPDATE people.session SET seen_at = seen_at - {past}, began_at = began_at - {past}")
    sql(f"UPDATE people.reset SET expires_at = expires_at - {past}")
    sql(f"UPDATE people.attempt SET hour = hour - {past}")


def _leave(life: Any, person: uuid.UUID) -> None:
    """All her memberships ended more than a year ago, for a reason that names her."""
    seats = life.world.sql("SELECT id FROM organisations.membership WHERE person_id = %s", person)
    make.add(life.world, *(MembershipEnd(membership_id=id, at=make.now() - timedelta(days=400), by=person,
                                         reason=f"{MARK} moved away") for (id,) in seats))


def _nights(world: Any) -> None:
    """A few nights of the worker."""
    for _ in range(3):
        run(world, tasks.keep, tasks.go_on, people_tasks.forget, tasks.erase_waiting)
    run(world, lambda: chores.once.forget(clock.in_days(2)))


def test_when_its_time_has_come_it_is_nowhere_although_nobody_asked(life: Any) -> None:
    world = life.world
    world.work()
    for person in (life.asha_id, life.lead_id):
        _leave(life, person)
    _age(life, years=4)
    _nights(world)
    _mails_go(world, days=4 * 365)
    assert where(world) == set(STAYS)
    for table in ("people.phrase", "inputs.input", "inputs.authorship", "feedback.ground_author", "vault.sealed",
                  "uploads.attachment", "people.erasure", "notices.notice"):
        assert world.sql(f"SELECT count(*) FROM {table}") == [(0,)], table
    _the_chain_is_whole(world)


@pytest.mark.slow
def test_before_its_time_nothing_ends(life: Any) -> None:
    world = life.world
    world.work()
    before = {table: world.sql(f"SELECT count(*) FROM {table}") for table in HERS | {"people.phrase", "people.credential"}}
    _nights(world)
    assert {table: world.sql(f"SELECT count(*) FROM {table}") for table in before} == before


@pytest.mark.slow
def test_a_hold_keeps_it_beyond_its_time_but_not_what_is_sealed(life: Any) -> None:
    world = life.world
    one, two = (make.person(world, f"{n}@polyphony.example", roles=("steward",)) for n in ("one", "two"))
    world.sql("INSERT INTO retention.hold (id, kind, subject_id, reason, safety_reason, until, made_at, person_id) VALUES "
              "(gen_random_uuid(), 'consultation', %s, 'why', '', current_date + 9, now(), %s)", life.f["about"], one)
    world.sql("INSERT INTO retention.confirmation SELECT id, %s, now() FROM retention.hold", two)
    _age(life, years=4)
    _nights(world)
    assert world.sql("SELECT count(*) FROM inputs.input") == [(2,)]
    assert world.sql("SELECT count(*) FROM people.phrase") == [(1,)]
    assert world.sql("SELECT count(*) FROM vault.sealed") == [(0,)]
    world.sql("UPDATE retention.hold SET until = current_date - 1, made_at = now() - interval '30 days'")
    _nights(world)
    assert world.sql("SELECT count(*) FROM inputs.input") == [(0,)]


@pytest.mark.slow
def test_batches_are_bounded_and_go_on(life: Any, monkeypatch: Any) -> None:
    world = life.world
    world.work()
    _age(life, years=4)
    monkeypatch.setattr(tasks, "MOST", 1)
    with monkeypatch.context() as patch:
        patch.setattr(tasks, "_erase", lambda kept: None)  # else the phrase may go the same night, and its input with it
        run(world, tasks.keep)
    assert world.sql("SELECT count(*) FROM inputs.input") == [(1,)]
    assert world.sql("SELECT count(*) FROM jobs.procrastinate_jobs WHERE task_name = 'retention.go_on'") == [(1,)]
    world.work()
    assert world.sql("SELECT count(*) FROM inputs.input") == [(0,)]


def test_who_asked_to_be_erased_is_shuffled_with_the_others() -> None:
    assert "people.erasure" in unlinkable.declared
