"""What may be said, when, and how its author is named."""

import uuid
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from polyphony.inputs import lists, rules

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
FIRM = uuid.UUID(int=1)


def consultation(**changes: Any) -> Any:
    return SimpleNamespace(**{"state": "open", "protection": "standard", "opens_at": NOW - timedelta(days=1),
                              "closes_at": NOW + timedelta(days=1), **changes})


@pytest.mark.parametrize(("changes", "refusal"), [
    ({"state": "announced"}, rules.NotOpenYet), ({"opens_at": NOW + timedelta(hours=1)}, rules.NotOpenYet),
    ({"state": "answering"}, rules.NoMoreInputs), ({"closes_at": NOW}, rules.NoMoreInputs),
])
def test_inputs_are_refused_with_the_reason(changes: Any, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        rules.ensure_open(consultation(**changes), NOW)


@pytest.mark.parametrize("level", ["standard", "elevated", "high"])
def test_an_open_consultation_takes_inputs_at_every_level(level: str) -> None:
    rules.ensure_open(consultation(protection=level), NOW)


def test_a_language_unknown_to_us_is_taken_in_its_usual_spelling() -> None:
    for typed, taken in (("quc-Latn", "quc-Latn"), ("EN", "en"), ("zh_hANT_tw", "zh-Hant-TW"), (" Es-419 ", "es-419")):
        assert rules.tag("other", typed) == taken
    assert rules.tag("sw", "rubbish !") == "sw"
    for typed in ("not a tag", "en-xx-yy-zz", "english", "e", "", None):
        with pytest.raises(rules.NoSuchTag):
            rules.tag("other", typed)  # type: ignore[arg-type]


CHOICES = {"audience": "companies", "addressed": [FIRM], "readers": [], "naming": "unattributed", "pseudonym": "",
           "with_account": False}


@pytest.mark.parametrize(("changes", "refusal"), [
    ({"audience": "chosen"}, rules.NobodyChosen), ({"addressed": []}, rules.NobodyAddressed),
    ({"naming": "name"}, rules.NotThisNaming), ({"naming": "organisation"}, rules.NotThisNaming),
    ({"naming": "pseudonym", "pseudonym": "  "}, rules.NoPseudonym),
])
def test_choices_that_do_not_fit_together(changes: Any, refusal: type[Exception]) -> None:
    rules.ensure_choices(**CHOICES)
    with pytest.raises(refusal):
        rules.ensure_choices(**{**CHOICES, **changes})


def test_nobody_is_named_more_than_she_chose() -> None:
    names = {"name": "Amina", "organisation": "Sauti", "pseudonym": " Jua "}
    assert rules.shown_as("pseudonym", **names) == "Jua"
    assert rules.shown_as("organisation", **names) == "Sauti"
    assert rules.shown_as("unattributed", **names) == ""


@pytest.mark.parametrize("text", ["", "1.2026-01-01.x.y", "1.2026-13-01.5." + str(FIRM), "drop table", "...."])
def test_a_cursor_that_means_nothing_begins_at_the_start(text: str) -> None:
    assert lists.place_of(text) is None


def test_a_cursor_finds_its_place_again() -> None:
    row = SimpleNamespace(day=NOW.date(), shuffle=7, id=FIRM)
    for is_read in (False, True):
        assert lists.place_of(lists.cursor(row, is_read)) == (is_read, NOW.date(), 7, FIRM)
