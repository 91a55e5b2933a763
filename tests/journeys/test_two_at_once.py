"""Two people change the same thing from the same form: the second is told of everything that she would undo."""

from datetime import timedelta
from html import unescape

import make
from convening import TERMS, begin, dates, once, the_cast  # noqa: F401


def test_whoever_comes_second_is_told_of_every_term_that_differs(world, cast):
    id, lead = begin(world, cast), cast["halcyon_lead"]
    form = {**TERMS, **dates(), "facilitator_id": str(cast["body"]), "revision": "1"}
    moved = {"promised_on": (make.today() + timedelta(days=90)).isoformat(), "countries": ["KE", "UG"],
             "phases": ["assess", "act"], "opens_at": (make.now() + timedelta(days=4)).strftime("%Y-%m-%dT10:30")}
    raised = {"discovery": "link", "protection": "elevated", "time_zone": "Africa/Kampala"}
    edit = f"/en/consultations/{id}/edit"
    assert lead.post(edit, data={**form, **moved, **raised, **once()}).status_code == 303
    second = lead.post(edit, data={**form, "title": "Second", "facilitator_id": "", **once()})
    page = unescape(second.get_data(as_text=True))
    assert second.status_code == 409
    told = page.split('id="compared"')[1].split("</section>")[0]
    for said in ("Kenya, Uganda", "Kenya, Tanzania", "10:30", "Find out what could go wrong, Act on it", "Only by a link",
                 "Listed for everybody", "Elevated", "Africa/Kampala", "Open Table", "Not chosen yet", "Second",
                 "Alerts before launch", "Every company answers by", "Countries", "People can take part"):
        assert (said in told) is (said != "People can take part"), said
    for days in (60, 90):
        assert f"{make.today() + timedelta(days=days):%B %Y}" in told
    assert "What it is for" not in told, "what is the same is not told again"
    revision = page.split('name="revision"')[1].split('value="')[1].split('"')[0]
    assert lead.post(edit, data={**form, **moved, **raised, "revision": revision, **once()}).status_code == 303
    assert world.sql("SELECT countries, discovery FROM consultations.consultation") == [(["KE", "UG"], "link")]
