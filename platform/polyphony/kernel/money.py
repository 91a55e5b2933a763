"""Money as whole minor units with an ISO 4217 code; typed, shown and refused as people write it.

No floats anywhere. The number of digits comes from ISO 4217 itself (`iso4217`), not from a display library: the
two disagree on several currencies. Display is Babel's, with those digits.
"""

import unicodedata
from decimal import Decimal
from functools import lru_cache

import iso4217
from babel import Locale
from babel.numbers import format_decimal, get_currency_name

from polyphony.kernel.locale import language, lazy
from polyphony.kernel.refusals import BadInput

MOST = 10**15  # minor units: far above any fund, far below what a bigint holds


class NotAnAmount(BadInput):
    message = lazy("Write an amount in digits, for example 1,250 or 1250.50.")


class TooManyDecimals(BadInput):
    message = lazy("%(currency)s has %(digits)s decimal places; this amount has more.")


class NoDecimals(TooManyDecimals):
    message = lazy("%(currency)s has no decimal places; this amount has some.")


class TooMuch(BadInput):
    message = lazy("This amount is larger than any fund. Please check the digits.")


class NoSuchCurrency(BadInput):
    message = lazy("Choose a currency by its code of three letters, for example KES.")


@lru_cache(maxsize=1)
def _digits() -> dict[str, int]:
    return {c.code: c.exponent for c in iso4217.Currency if c.exponent is not None and c.code.isalpha()}


def currencies() -> list[str]:
    """Every current ISO 4217 code that has minor units defined, in order."""
    return sorted(_digits())


def digits(currency: str) -> int:
    """Decimal places of a currency (JPY 0, KES 2, KWD 3). Raises `NoSuchCurrency`."""
    try:
        return _digits()[currency]
    except KeyError:
        raise NoSuchCurrency() from None


def parse(text: str, currency: str) -> int:
    """What somebody typed, in minor units. Raises `NotAnAmount`, `TooManyDecimals`, `TooMuch`, `NoSuchCurrency`.

    Any script's digits; spaces and apostrophes group. Where comma or point could mean either, the reader's own
    language decides, so "1.250" is a thousand in Spanish and too many decimals in English.
    """
    places = digits(currency)
    plain = _plain(text)
    whole, mark, part = _split(plain)
    if not any(letter.isdigit() for letter in plain) or (mark and not part.isdigit()):
        raise NotAnAmount()
    if len(part) > places and not (places == 0 and part in ("0", "00")):
        raise (TooManyDecimals if places else NoDecimals)(currency=currency, digits=places)
    if len(whole) > len(str(MOST)):
        raise TooMuch()
    minor = int(Decimal(f"{whole}.{part or 0}").scaleb(places))
    if minor > MOST:
        raise TooMuch()
    return minor


def _plain(text: str) -> str:
    """ASCII digits and the separators; grouping spaces and apostrophes taken out."""
    out = []
    for letter in text.strip():
        if letter in "\u066b":
            out.append(".")
        elif letter in "\u066c" or letter in " \u00a0\u202f'\u2019":
            continue
        elif unicodedata.category(letter) == "Nd":
            out.append(str(unicodedata.digit(letter)))
        elif letter in ".,":
            out.append(letter)
        else:
            raise NotAnAmount()
    return "".join(out)


def _split(plain: str) -> tuple[str, str, str]:
    """Whole part, decimal mark, decimals; grouping removed where it groups by three. Raises `NotAnAmount`."""
    marks = [letter for letter in plain if letter in ".,"]
    mark = _decimal_mark(plain, marks)
    whole, found, part = plain.rpartition(mark) if mark else (plain, "", "")
    groups = whole.replace(",", ".").split(".")
    if not all(len(group) == 3 for group in groups[1:]) or (len(groups) > 1 and not 1 <= len(groups[0]) <= 3):
        raise NotAnAmount()
    return "".join(groups) or "0", found, part


def _decimal_mark(plain: str, marks: list[str]) -> str:
    if len(set(marks)) == 2:
        return marks[-1] if marks.count(marks[-1]) == 1 else ""
    if len(marks) != 1:
        return ""
    if len(plain.rpartition(marks[0])[2]) != 3:
        return marks[0]
    return "" if marks[0] == _symbol("group", ",") else marks[0]


def _symbol(name: str, otherwise: str) -> str:
    """How the reader's language writes numbers in the digits of a keyboard."""
    symbols = Locale.parse(language().replace("-", "_")).number_symbols
    return str(symbols.get("latn", {}).get(name, otherwise))


def number(minor: int, currency: str) -> str:
    """An amount without its code, in the reader's language, with all its decimals."""
    places = digits(currency)
    pattern = "#,##0" + ("." + "0" * places if places else "")
    return str(format_decimal(Decimal(minor).scaleb(-places), format=pattern, locale=language()))


def shown(minor: int, currency: str) -> str:
    """An amount with its code beside it: "KES 1,250.00"."""
    return f"{currency}\u00a0{number(minor, currency)}"


def typed(minor: int, currency: str) -> str:
    """An amount as it stands in a form's field: no grouping, and the reader's own decimal mark.

    With a point everywhere, 1.250 dinars would come back from a Spanish form as 1,250.
    """
    return f"{Decimal(minor).scaleb(-digits(currency)):f}".replace(".", _symbol("decimal", ".")) if minor else ""


def name(currency: str) -> str:
    return str(get_currency_name(currency, locale=language()))
