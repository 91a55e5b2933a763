"""What the facilitator takes back leaves a row in the audit: an invitation, a translator's appointment, an excerpt."""

import uuid
from typing import Any

import pytest
from tests import make

from polyphony.consultations.models import Translator
from polyphony.feedback.models import Excerpt, Theme


@pytest.fixture
def desk(world: Any) -> Any:
    f = world.facts
    firm, body = make.organisation(world, "Halcyon"), make.organisation(world, "Open Table", "facilitation")
    f["ngo"] = make.organisation(world, "Sauti", "stakeholder")
    f["translator"] = make.person(world, "tina@x.example", seats=((f["ngo"], "translator"),))
    make.person(world, "fay@x.example", seats=((body, "facilitator"),))
    f["draft"], f["about"] = (make.consultation(world, [firm], facilitator=body, invited=(f["ngo"],), state=state)
                              for state in ("draft", "open"))
    f["fay"] = make.sign_in(world.client(), "fay@x.example")
    return world


def _verbs(world: Any) -> set[str]:
    return {verb for (verb,) in world.sql('SELECT verb FROM audit."row"')}


def test_an_invitation_that_nobody_has_heard_of(desk: Any) -> None:
    f = desk.facts
    assert f["fay"].post(f"/en/consultations/{f['draft']}/organisations/{f['ngo']}/withdrawal").status_code == 303
    assert desk.sql("SELECT count(*) FROM consultations.invited WHERE consultation_id = %s", f["draft"]) == [(0,)]
    assert "consultation.invitation_withdrawn" in _verbs(desk)


def test_an_appointment(desk: Any) -> None:
    f, id = desk.facts, uuid.uuid4()
    make.add(desk, Translator(id=id, consultation_id=f["about"], person_id=f["translator"], organisation_id=f["ngo"], shown_as="Tina",
                              languages=["sw"], appointed_on=make.today()))
    assert f["fay"].post(f"/en/consultations/{f['about']}/translators/{id}/end").status_code == 303
    assert desk.sql("SELECT ended_on FROM consultations.translator") == [(make.today(),)]
    assert "consultation.translator_ended" in _verbs(desk)


def test_an_excerpt(desk: Any) -> None:
    f, id = desk.facts, uuid.uuid4()
    theme = Theme(id=uuid.uuid4(), consultation_id=f["about"], title="T", summary="S", lang="en", addressed=[], place=1, made_on=make.today())
    said = make.input_(desk, f["about"], person_id=f["translator"])
    make.add(desk, theme, Excerpt(id=id, theme_id=theme.id, input_id=said, consultation_id=f["about"], quote="What I have",
                                  placed_on=make.today()))
    assert f["fay"].post(f"/en/excerpts/{id}/remove").status_code == 303
    assert desk.sql("SELECT count(*) FROM feedback.excerpt") == [(0,)]
    assert "excerpt.removed" in _verbs(desk)
