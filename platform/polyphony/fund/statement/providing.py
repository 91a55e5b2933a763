"""What the public account answers when others ask: the fund in three numbers, for the front page."""

from types import SimpleNamespace
from typing import Any

from flask import url_for

from polyphony.fund.statement import service
from polyphony.fund.statement.words import FIGURES
from polyphony.kernel import clock
from polyphony.kernel.providers import provide

THREE = ("received", "granted", "paid")


@provide("fund_in_numbers")
def in_numbers() -> list[Any]:
    """For each fund: its name, its address and three numbers in every currency; nothing before money came in."""
    told = []
    for fund, organisation in service.funds():
        rows = [[(FIGURES[name], each.said(name)) for name in THREE]
                for each in service.figures(fund.organisation_id, clock.today()) if each.received > 0]
        if rows:
            told.append(SimpleNamespace(name=organisation.name, rows=rows,
                                        url=url_for("fund.statement", fund_id=fund.organisation_id)))
    return told
