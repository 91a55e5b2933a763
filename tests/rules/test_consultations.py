"""What a consultation needs and what it refuses, without a database."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest

from polyphony.consultations import rules, words
from polyphony.kernel import locale

NOW = datetime(2027, 1, 10, 12, tzinfo=UTC)


def complete(**changes):
    texts = {name: f"{name} in words" for name in rules.FIELDS}
    return SimpleNamespace(**{**texts, "technologies": ["alerts"], "countries": ["KE"], "phases": ["assess"],
                              "segments": [], "contexts": [], "languages": ["en", "sw"], "protection": "standard", "revision": 3,
                              "opens_at": NOW + timedelta(days=1), "closes_at": NOW + timedelta(days=9),
                              "promised_on": date(2027, 3, 1), "facilitator_id": "body",
                              "facilitator_accepted_on": date(2027, 1, 9), **changes})


def company(**changes):
    return SimpleNamespace(**{"state": "accepted", "accepted_revision": 3, "accepts_facilitator": True,
                              "functions": ["legal"], "company": SimpleNamespace(name="Tern"), **changes})


def missing(consultation=None, conveners=None, lacking=()):
    found = rules.missing_for_announcement(consultation or complete(), conveners or [company()], lacking, now=NOW)
    return [(endpoint, field) for _sentence, endpoint, field in found]


def test_nothing_is_missing_when_all_is_said():
    assert missing() == []


WORDS = (name for name in (*rules.NEEDED, "paid_by") if name in rules.FIELDS)


@pytest.mark.parametrize(("field", "value"), [
    *((name, "") for name in WORDS), *((name, []) for name in ("technologies", "countries", "phases", "languages")),
    ("opens_at", None), ("closes_at", None), ("promised_on", None)])
def test_each_missing_thing_is_named_with_its_field(field, value):
    assert missing(complete(**{field: value})) == [("consultations.edit", field)]


@pytest.mark.parametrize("changes", [{"state": "invited"}, {"accepted_revision": 2}, {"accepted_revision": None},
                                     {"accepts_facilitator": False}, {"functions": []}])
def test_every_company_has_said_yes_to_what_stands_now(changes):
    assert missing(conveners=[company(), company(**changes)]) == [("consultations.conveners", "")]


def test_who_declined_or_left_blocks_nobody_but_somebody_must_be_in():
    assert missing(conveners=[company(), company(state="declined", functions=[])]) == []
    assert missing(conveners=[company(state="left")]) == [("consultations.conveners", "")]


@pytest.mark.parametrize("level", ["standard", "elevated", "high"])
def test_every_level_of_protection_is_offered(level):
    assert missing(complete(protection=level)) == []


def test_facilitator_and_translations():
    assert missing(complete(facilitator_accepted_on=None)) == [("consultations.prepare", "facilitation")]
    assert missing(lacking=[("id", "title", "sw")]) == [("languages.desk", "")]


@pytest.mark.parametrize(("opens", "closes", "promised", "refusal"), [
    (-1, 5, 40, rules.InThePast), (5, 2, 40, rules.ClosesBeforeOpening), (2, 2, 40, rules.ClosesBeforeOpening),
    (1, 20, 10, rules.PromiseTooEarly)])
def test_dates_follow_one_another(opens, closes, promised, refusal):
    with pytest.raises(refusal):
        rules.ensure_dates(NOW + timedelta(days=opens), NOW + timedelta(days=closes),
                           (NOW + timedelta(days=promised)).date(), now=NOW)


def test_a_date_that_has_passed_meanwhile_does_not_block_other_edits():
    before = SimpleNamespace(opens_at=NOW - timedelta(days=1), closes_at=None, promised_on=None)
    rules.ensure_dates(NOW - timedelta(days=1), NOW + timedelta(days=2), date(2027, 3, 1), now=NOW, before=before)


def test_protection_only_rises():
    rules.ensure_higher("standard", "high")
    for start, end in (("elevated", "elevated"), ("high", "standard")):
        with pytest.raises(rules.NeverLower):
            rules.ensure_higher(start, end)


def test_time_takes_its_own_steps_only():
    later, earlier = NOW + timedelta(hours=1), NOW - timedelta(hours=1)
    assert rules.due_now("announced", earlier, later, NOW) == "open"
    assert rules.due_now("announced", later, later, NOW) is None
    assert rules.due_now("open", earlier, NOW, NOW) == "end inputs"
    assert rules.due_now("draft", earlier, earlier, NOW) is None
    assert rules.due_now("answering", earlier, earlier, NOW) is None


@pytest.mark.parametrize(("typed", "code"), [("Kenya", "KE"), ("kenya", "KE"), ("Côte d’Ivoire", "CI"),
                                             ("cote d ivoire", "CI"), ("مصر", "EG"), ("Brasil", "BR"), ("Marekani", "US"),
                                             ("tz", "TZ"), ("Atlantis", None), ("", None), ("ZZ", None), ("Myanmar", "MM"), ("Birmania", "MM")])
def test_a_country_is_known_by_its_names_in_our_languages(typed, code):
    assert words.country_code(typed) == code


@pytest.mark.parametrize(("typed", "tag"), [("rhg", "rhg"), ("TZM", "tzm"), ("zgh_tfng", "zgh-Tfng"),
                                            ("pt-br", "pt-BR"), ("es-419", "es-419"), ("Swahili", None), ("x", None),
                                            ("e n", None), ("", None)])
def test_a_language_code_has_one_spelling(typed, tag):
    assert locale.tag(typed) == tag
