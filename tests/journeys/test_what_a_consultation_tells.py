"""A consultation's page tells how it is found, and both of its moments in the reader's time and UTC, as long as it lives."""

from datetime import UTC, datetime
from html import unescape

import pytest

import make
from convening import the_cast  # noqa: F401

OPENS, CLOSES = datetime(2026, 3, 2, 6, 30, tzinfo=UTC), datetime(2026, 3, 30, 15, 45, tzinfo=UTC)


@pytest.mark.parametrize(("state", "labels"), [
    ("announced", ("Inputs begin", "Inputs end")), ("open", ("Inputs began", "Inputs end")),
    ("answering", ("Inputs began", "Inputs ended")), ("closed", ("Inputs began", "Inputs ended"))])
def test_when_inputs_began_and_ended_stays_said(world, cast, state, labels):
    id = make.consultation(world, [cast["halcyon"]], facilitator=cast["body"], state=state, time_zone="Africa/Nairobi",
                           opens_at=OPENS, closes_at=CLOSES, promised_on=CLOSES.date())
    page = unescape(world.client().get(f"/en/consultations/{id}").get_data(as_text=True))
    for label, local, utc in zip(labels, ("2 March 2026, 09:30", "30 March 2026, 18:45"), ("06:30 UTC", "15:45 UTC"),
                                 strict=True):
        told = page.split(f"<dt>{label}</dt>")[1].split("</div>")[0].replace(" at ", ", ")
        assert (local in told, utc in told, "Nairobi" in told) == (True, True, True), told


def test_how_it_is_found_is_said_beside_its_protection(world, cast):
    for discovery, said in (("listed", "Listed for everybody"), ("link", "Only by a link"),
                            ("invitation", "Only by invitation")):
        id = make.consultation(world, [cast["halcyon"]], facilitator=cast["body"], invited=(cast["ngo"],),
                               discovery=discovery)
        page = cast["zawadi"].get(f"/en/consultations/{id}").get_data(as_text=True)
        assert f"<dt>How people find it</dt><dd>{said}</dd>" in page.split("Protection level")[1]


def test_companies_that_keep_nothing_back_say_so(world, cast):
    for held, said in (("", True), ("Prices of suppliers", False)):
        id = make.consultation(world, [cast["halcyon"]], facilitator=cast["body"], cannot_share=held,
                               cannot_share_why=held)
        page = world.client().get(f"/en/consultations/{id}").get_data(as_text=True)
        assert ("The companies name nothing that they cannot share." in page, held in page) == (said, True)
