"""Amounts as people type them, in any script, and as they are shown; nothing is ever guessed in silence."""

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from polyphony.kernel import locale, money


@pytest.fixture(scope="module")
def app():
    app = Flask("money")
    locale.babel.init_app(app, locale_selector=locale.language)
    return app


@pytest.fixture
def speaking(app):
    """Do something in one language."""
    from flask import g

    def say(lang, function, *values):
        with app.test_request_context():
            g.lang = lang
            return function(*values)

    return say


@pytest.mark.parametrize(("lang", "text", "currency", "minor"), [
    ("en", "1250", "KES", 125000), ("en", "1,250.50", "KES", 125050), ("en", "1,250", "KES", 125000),
    ("en", " 1 250.5 ", "KES", 125050), ("en", "1'250.50", "KES", 125050), ("en", ".5", "KES", 50),
    ("en", "0", "KES", 0), ("en", "100", "JPY", 100), ("en", "100.00", "JPY", 100), ("en", "1.005", "KWD", 1005),
    ("en", "1,000,000.25", "KES", 100000025), ("fr", "1 250,50", "KES", 125050), ("fr", "1\u202f250,5", "KES", 125050),
    ("es", "1.250", "KES", 125000), ("es", "1.250,50", "KES", 125050), ("pt", "1.250,50", "KES", 125050),
    ("id", "1.250.000", "IDR", 125000000), ("sw", "1,250.50", "KES", 125050), ("ar", "١٬٢٥٠٫٥٠", "EGP", 125050),
    ("ar", "١٢٥٠", "EGP", 125000), ("en", "१२५०", "INR", 125000), ("ar", "1,250.50", "EGP", 125050),
])
def test_what_people_type(speaking, lang, text, currency, minor):
    assert speaking(lang, money.parse, text, currency) == minor


@pytest.mark.parametrize(("lang", "text", "currency", "refusal"), [
    ("en", "100.50", "JPY", money.TooManyDecimals), ("en", "1.0005", "KWD", money.TooManyDecimals),
    ("en", "1.250", "KES", money.TooManyDecimals), ("en", "1.000", "KES", money.TooManyDecimals),
    ("en", "1.000", "JPY", money.TooManyDecimals), ("fr", "1,250", "KES", money.TooManyDecimals),
    ("en", "", "KES", money.NotAnAmount), ("en", ".", "KES", money.NotAnAmount), ("en", ",", "KES", money.NotAnAmount),
    ("en", " ", "KES", money.NotAnAmount), ("en", "-5", "KES", money.NotAnAmount), ("en", "5 KES", "KES", money.NotAnAmount),
    ("en", "1e3", "KES", money.NotAnAmount), ("en", "12,50,0", "KES", money.NotAnAmount), ("en", "5.", "KES", money.NotAnAmount),
    ("en", "1,2.50", "KES", money.NotAnAmount), ("en", "½", "KES", money.NotAnAmount), ("en", "1²", "KES", money.NotAnAmount),
    ("en", "٫", "KES", money.NotAnAmount), ("en", "9" * 60, "KES", money.TooMuch), ("en", "9" * 5000, "KES", money.TooMuch),
    ("en", "1", "KSH", money.NoSuchCurrency), ("en", "1", "", money.NoSuchCurrency), ("en", "1", "XXX", money.NoSuchCurrency),
])
def test_what_is_refused(speaking, lang, text, currency, refusal):
    with pytest.raises(refusal):
        speaking(lang, money.parse, text, currency)


def test_digits_are_those_of_the_standard_not_of_a_display_library():
    assert {c: money.digits(c) for c in ("JPY", "KES", "KWD", "CLF", "UGX", "IQD")} == {
        "JPY": 0, "KES": 2, "KWD": 3, "CLF": 4, "UGX": 0, "IQD": 3}
    assert money.currencies() == sorted(money.currencies())
    assert "KES" in money.currencies()


def test_a_refusal_says_what_the_currency_has(speaking):
    with pytest.raises(money.TooManyDecimals) as no:
        speaking("en", money.parse, "100.50", "JPY")
    assert str(no.value.message) == "JPY has no decimal places; this amount has some."


def test_amounts_are_shown_with_all_their_decimals(speaking):
    assert speaking("en", money.shown, 125000, "KES") == "KES\u00a01,250.00"
    assert speaking("en", money.shown, 1250, "JPY") == "JPY\u00a01,250"
    assert speaking("fr", money.number, 125050, "KES") == "1\u202f250,50"
    assert speaking("en", money.number, -5, "KWD") == "-0.005"
    assert speaking("en", money.number, 12345678901234567, "KES") == "123,456,789,012,345.67"


@settings(max_examples=200, deadline=None)
@given(minor=st.integers(0, money.MOST), currency=st.sampled_from(["JPY", "KES", "KWD", "CLF"]),
       lang=st.sampled_from(["en", "fr", "es", "pt", "ar", "sw", "id"]))
def test_what_is_shown_and_what_stands_in_a_form_can_be_typed_again(app, minor, currency, lang):
    from flask import g
    with app.test_request_context():
        g.lang = lang
        assert money.parse(money.typed(minor, currency), currency) == minor if minor else True
        assert money.parse(money.number(minor, currency).replace("\u200f", ""), currency) == minor
