"""Applications that were collected elsewhere come in from a CSV file, whole or not at all, and only once."""

from datetime import timedelta
from pathlib import Path

import pytest
from tests import make, make_fund

from polyphony.fund.applying.importing import BadLine, Mapping, run
from polyphony.kernel.refusals import Refusal

HEAD = "code,who,total,direct,support,name,where\n"
GOOD = ("A-1,Sauti,161024,150489.7,0,Schools in Tawila,SD\n"
        "A-2,sauti,275005.6,275005.6,0,Against dengue,SD\n"
        f"A-3,Ushirika,99009.9,79740,12792.62,{'Long words ' * 40},SD\n")
BAD = ("A-4,Nobody,100,100,0,No such organisation,SD\n"
       "A-5,Sauti,100.005,100,0,Too many decimals,SD\n"
       "A-6,Sauti,100,150,0,More than the sum,SD\n"
       ",Sauti,100,100,0,No key,SD\n"
       "A-7,Sauti,100,100,0,Nowhere,XY\n")
MAPPING = Mapping(key="code", organisation="who", requested="total", parts={"title": "name"}, country="where",
                  lines=(("Direct costs", "direct"), ("Support costs", "support")), rest="Other costs")


@pytest.fixture
def fund(world):
    f = world.facts
    make_fund.fund(world, members=1, reviewers=1)
    f["call"] = make_fund.call(world, f["fund"], state="open", currency="USD", envelope=10_000_000_00, largest=1_000_000_00,
                               closes_at=make.now() + timedelta(days=3))
    for name in ("Sauti", "Ushirika"):
        make.organisation(world, name, "stakeholder")
    return world


def bring(world, tmp_path, text, *, skip_bad=False, who="admin@fund.org", mapping=MAPPING):
    path = Path(tmp_path) / "given.csv"
    path.write_text(HEAD + text, encoding="utf-8")
    return run(world.app, path, address=who, password=make.PASSWORD, call_id=world.facts["call"], mapping=mapping,
               skip_bad=skip_bad)


def test_all_or_nothing_only_once_and_to_the_minor_unit(fund, tmp_path):
    count = "SELECT count(*) FROM fund.application"
    result = bring(fund, tmp_path, GOOD + BAD)
    assert (result.added, [number for number, _why in result.errors]) == (0, [5, 6, 7, 8, 9])
    said = " ".join(why for _number, why in result.errors)
    for words in ("called “Nobody”", "“100.005”: USD has 2 decimal places", "more than the sum", "The key is empty.", "“XY”"):
        assert words in said
    assert fund.sql(count) == [(0,)]
    result = bring(fund, tmp_path, GOOD + BAD, skip_bad=True)
    assert (result.added, result.known, len(result.errors)) == (3, 0, 5)
    result = bring(fund, tmp_path, GOOD)
    assert (result.added, result.known) == (0, 3), "a second run brings in nothing twice"
    assert fund.sql("SELECT a.requested, array_agg(l.words || ' ' || l.amount ORDER BY l.place) FROM fund.application a "
                    "JOIN fund.budget_line l ON l.application_id = a.id GROUP BY 1, a.id ORDER BY 1 DESC") == [
        (27500560, ["Direct costs 27500560"]), (16102400, ["Direct costs 15048970", "Other costs 1053430"]),
        (9900990, ["Direct costs 7974000", "Support costs 1279262", "Other costs 647728"])]
    assert fund.sql("SELECT max(length(words)) FROM fund.part WHERE name = 'title'")[0][0] <= 300
    assert fund.sql("SELECT count(*) FROM fund.applicant WHERE payee_reference = ''") == [(3,)]
    page = make.sign_in(fund.client(), "admin@fund.org").get(f"/en/fund/calls/{fund.facts['call']}/applications")
    assert "Schools in Tawila" in page.get_data(as_text=True)

    with pytest.raises(Refusal):
        bring(fund, tmp_path, GOOD, who="treasurer@fund.org")
    with pytest.raises(BadLine):
        bring(fund, tmp_path, GOOD, mapping=Mapping(rest="All"))
    fund.sql("UPDATE fund.call SET state = 'closed'")
    with pytest.raises(Refusal):
        bring(fund, tmp_path, GOOD.replace("A-1", "B-1"))
    assert fund.sql(count) == [(3,)]
