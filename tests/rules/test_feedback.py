"""What the loop permits and refuses."""

import uuid
from datetime import date
from types import SimpleNamespace

import pytest

from polyphony.feedback import rules

A, B = uuid.uuid4(), uuid.uuid4()
DAY, LATER = date(2027, 3, 14), date(2027, 3, 20)


def test_facilitator_only_words_are_never_quoted() -> None:
    """They may shape a theme; only exact words of other inputs are quoted."""
    rules.ensure_quote("", "secret", "facilitator")
    rules.ensure_quote("lone", "a lone voice", "public")
    with pytest.raises(rules.NeverQuoted):
        rules.ensure_quote("secret", "secret", "facilitator")
    with pytest.raises(rules.QuoteNotFound):
        rules.ensure_quote("Lone", "a lone voice", "public")


def test_a_no_needs_a_reason() -> None:
    """Later and declined say why, every answer says what changed."""
    rules.ensure_signable("adopted", "", "", "the alert")
    for decision in ("later", "declined"):
        with pytest.raises(rules.ReasonNeeded):
            rules.ensure_signable(decision, "", "words", "x")
        with pytest.raises(rules.ReasonNeeded):
            rules.ensure_signable(decision, "law", " ", "x")
    with pytest.raises(rules.ChangesNeeded):
        rules.ensure_signable("adopted", "", "", " ")


def test_publication_waits_for_the_date_or_for_all() -> None:
    """Before the promised date only when nothing is owed; afterwards the missing are named."""
    quiet = {"unread": 0, "themeless": False, "objections": 0, "unshared": 0, "promised": LATER}
    rules.ensure_publishable(**quiet, owing=[], today=DAY)
    rules.ensure_publishable(**quiet, owing=[(A, B)], today=LATER)
    with pytest.raises(rules.NotDueYet):
        rules.ensure_publishable(**quiet, owing=[(A, B)], today=DAY)
    with pytest.raises(rules.UnreadInputs):
        rules.ensure_publishable(**{**quiet, "unread": 1}, owing=[], today=LATER)
    with pytest.raises(rules.NoTheme):
        rules.ensure_publishable(**{**quiet, "themeless": True}, owing=[], today=LATER)
    with pytest.raises(rules.OpenObjections):
        rules.ensure_publishable(**{**quiet, "objections": 1}, owing=[], today=LATER)


def test_silence_is_named_before_the_end() -> None:
    theme = SimpleNamespace(id=uuid.uuid4(), addressed=[A, B])
    owing = rules.owed([theme], [(theme.id, A)])
    assert owing == [(theme.id, B)]
    assert rules.late_days(DAY, LATER) == 6
    assert rules.late_days(LATER, DAY) == 0
    rules.ensure_closable(owing, [B])
    with pytest.raises(rules.StillOwed):
        rules.ensure_closable(owing, [A])


def test_a_quote_stays_only_while_all_its_words_stand() -> None:
    """Without words it shapes a theme: masking leaves that, writing anew does not."""
    assert rules.still_said("lone", "a lone voice", is_masked=True)
    assert not rules.still_said("lone voice", "a [masked] voice", is_masked=True)
    assert rules.still_said("", "anything", is_masked=True)
    assert not rules.still_said("", "anything", is_masked=False)


def test_a_theme_moves_one_place_and_never_off_the_list() -> None:
    assert rules.moved("abc", "b", up=True) == list("bac")
    assert rules.moved("abc", "b", up=False) == list("acb")
    assert rules.moved("abc", "a", up=True) == list("abc")
    assert rules.moved("abc", "c", up=False) == list("abc")


def test_reminders_come_while_companies_answer() -> None:
    rules.ensure_time_to_remind("answering")
    for state in ("open", "published", "closed"):
        with pytest.raises(rules.NoTimeToRemind):
            rules.ensure_time_to_remind(state)


def test_four_voices_do_not_hide_each_other() -> None:
    assert not rules.may_be_shown(4)
    assert rules.may_be_shown(5)
