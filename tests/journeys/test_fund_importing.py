"""Applications that were collected elsewhere come in from a CSV file, whole or not at all, and only once."""

import base64
import os
import subprocess
import sys
import uuid
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pyotp
import pytest
from click.testing import CliRunner
from flask_babel import force_locale
from tests import make, make_fund

from polyphony import folders
from polyphony.cli import main
from polyphony.fund.applying.importing import BadLine, Mapping, read, run
from polyphony.kernel.locale import _
from polyphony.kernel.refusals import Refusal
from polyphony.people import factors
from polyphony.settings import DATABASES, KEYS

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
    app = world.facts.setdefault("app", None) or give_factors(world)
    world.facts["app"] = app
    return run(world.app, path, address=who, password=make.PASSWORD, code=app(), call_id=world.facts["call"], mapping=mapping,
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


def test_without_a_level_an_import_is_as_careful_as_the_form(fund, terminal):
    assert terminal(GOOD.splitlines(keepends=True)[0])[0] == 0
    assert terminal(GOOD.splitlines(keepends=True)[1], "--level", "full")[0] == 0
    assert fund.sql("SELECT level FROM fund.application ORDER BY requested") == [("aggregate",), ("full",)]


def test_who_writes_an_application_herself_is_given_no_second_one(fund, tmp_path):
    (sauti,) = fund.sql("SELECT id FROM organisations.organisation WHERE name = 'Sauti'")[0]
    fund.facts["asha"] = make.person(fund, "asha@x.org", seats=((sauti, "coordinator"),))
    assert bring(fund, tmp_path, GOOD.splitlines(keepends=True)[0]).added == 1
    fund.sql("DELETE FROM fund.applicant; DELETE FROM fund.part; DELETE FROM fund.budget_line; DELETE FROM fund.application")
    asha = make.sign_in(fund.client(), "asha@x.org")
    begun = asha.post(f"/en/fund/calls/{fund.facts['call']}/apply", data={"once": str(uuid.uuid4()), "lang": "en"})
    assert begun.status_code == 303
    result = bring(fund, tmp_path, GOOD)
    assert result.errors == [(n, f"“{name}” has an application to this call already.") for n, name in ((2, "Sauti"), (3, "sauti"))]
    assert bring(fund, tmp_path, GOOD, skip_bad=True).added == 1, "of Ushirika"
    fund.sql("UPDATE fund.application SET state = 'withdrawn' WHERE state = 'draft'")
    assert bring(fund, tmp_path, GOOD).added == 2


def test_a_key_that_stands_for_two_applications_is_a_bad_row(fund, tmp_path):
    again = "A-1,Sauti,100,100,0,Something else,SD\n"
    result = bring(fund, tmp_path, GOOD + GOOD.splitlines(keepends=True)[1] + again)
    assert result.errors == [(6, "The key stands in line 2 already, with other words.")]
    assert bring(fund, tmp_path, GOOD + again, skip_bad=True).added == 3


def test_a_file_that_is_not_utf8_is_said_to_be(fund, tmp_path):
    (tmp_path / "given.csv").write_bytes(HEAD.replace("name", "né").encode("latin-1"))
    with pytest.raises(BadLine, match="not in UTF-8"):
        read(tmp_path / "given.csv", SimpleNamespace(mapping=MAPPING))


COLUMNS = ("--key", "code", "--organisation", "who", "--requested", "total", "--part", "title=name", "--country", "where",
           "--line", "Direct costs=direct", "--line", "Support costs=support", "--rest", "Other costs")


def give_factors(fund):
    """An authenticator app for everybody of the fund; what it shows now, good once more each time it is asked."""
    secret = factors.fresh_secret()
    with fund.app.app_context():
        rows = [factors.app_row(person, secret) for (person,) in fund.sql("SELECT id FROM people.person")]
    make.add(fund, *rows)

    def shows():
        fund.sql("UPDATE people.factor SET mark = 0")
        return pyotp.TOTP(secret).now()

    return shows


@pytest.fixture
def terminal(fund, tmp_path):
    """Somebody at a terminal of the machine that this database belongs to."""
    path = tmp_path / "given.csv"
    app = give_factors(fund)

    def command(text, *options, who="admin@fund.org", password=make.PASSWORD, call=None):
        path.write_text(HEAD + text, encoding="utf-8")
        said = CliRunner().invoke(main, ["import", "applications", str(path), "--call", str(call or fund.facts["call"]), "--as", who,
                                         "--code", app(), *COLUMNS, *options], input=f"{password}\n", obj=fund.settings)
        assert said.exception is None or isinstance(said.exception, SystemExit), said.exception
        return said.exit_code, said.output

    return command


def test_the_command_from_its_mapping_to_what_it_did(fund, terminal):
    count = "SELECT count(*) FROM fund.application"
    code, said = terminal(GOOD + BAD)
    assert code == 1
    assert "Line 5: No admitted stakeholder organisation is called “Nobody”." in said
    assert "Line 6: The sum “100.005”: USD has 2 decimal places" in said
    for number in range(5, 10):
        assert said.count(f"Line {number}: ") == 1
    assert "Nothing was imported" in said
    assert fund.sql(count) == [(0,)]
    code, said = terminal(GOOD + BAD, "--skip-bad")
    assert code == 0
    assert "Importing" in said, "it says how far it is"
    assert "3 new, 0 there already, 5 bad." in said
    assert terminal(GOOD)[1].rstrip().endswith("0 new, 3 there already, 0 bad.")
    assert fund.sql(count) == [(3,)]
    assert fund.sql("SELECT sum(requested) FROM fund.application") == [(16102400 + 27500560 + 9900990,)]
    for wrong, sentence in ((("--part", "name"), "should read NAME=COLUMN"), (("--part", "poem=name"), "no part called poem"),
                            (("--key", "number"), "no column named number"), (("--lang", "??"), "no language code")):
        code, said = terminal(GOOD, *wrong)
        assert code, wrong
        assert sentence in said
    assert terminal(GOOD, password="not her password")[0] == 1
    assert "administrator" in terminal(GOOD, who="treasurer@fund.org")[1]
    assert "no such call" in terminal(GOOD, call=uuid.uuid4())[1]
    assert fund.sql(count) == [(3,)]


def test_the_command_speaks_the_operators_language(fund, terminal):
    fund.settings = replace(fund.settings, default_language="fr")
    code, said = terminal(BAD)
    with fund.app.app_context(), force_locale("fr"):
        for sentence in (_("The key is empty."), _("Line %(number)s: %(reason)s", number=5, reason=_("The key is empty.")),
                         _("%(added)s new, %(known)s there already, %(bad)s bad.", added=0, known=0, bad=5),
                         _("Nothing was imported. Put these lines right, or leave them out with --skip-bad.")):
            assert sentence in said
    assert code == 1
    assert "The key is empty." not in said


def test_a_process_of_its_own_brings_them_in(fund, tmp_path):
    """Not the command in this process but `polyphony` as an operator calls it."""
    (tmp_path / "given.csv").write_text(HEAD + GOOD, encoding="utf-8")
    key = {f"POLYPHONY_{name.upper()}": base64.b64encode(getattr(fund.settings, name)).decode() for name in KEYS}
    urls = {f"POLYPHONY_{name.upper()}": getattr(fund.settings, name) for name in DATABASES}
    said = subprocess.run(
        [sys.executable, "-m", "polyphony.cli", "import", "applications", "given.csv", "--call", str(fund.facts["call"]),
         "--as", "admin@fund.org", "--password", make.PASSWORD, "--code", give_factors(fund)(), *COLUMNS], cwd=tmp_path, capture_output=True, text=True, timeout=120,
        check=False, env={**os.environ, **key, **urls, "POLYPHONY_SECRET_KEY": fund.settings.secret_key, "POLYPHONY_VAR": str(tmp_path),
                          "PYTHONPATH": str(Path(folders.__file__).parents[1])})
    assert said.returncode == 0, said.stderr
    assert "3 new, 0 there already, 0 bad." in said.stdout
    assert fund.sql("SELECT count(*) FROM fund.application") == [(3,)]
