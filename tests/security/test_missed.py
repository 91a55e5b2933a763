"""What somebody needs for her work and one policy alone shows her: without it she would sit before an empty page."""

import uuid
from typing import Any

import pytest
from tests.security.test_audience import cast, sees, write

import make
from polyphony.consultations.models import Facilitation, Translator
from polyphony.feedback.models import Answer, Excerpt, GroundView, Measure, Objection, Theme
from polyphony.kernel.audit import AuditRow

__all__ = ["cast"]
NEEDED = {
    "feedback.theme": "translator", "feedback.answer": "translator", "feedback.ground_view": "translator", "feedback.objection": "translator",
    "inputs.input": "translator",
    "feedback.excerpt": "author", "consultations.facilitation": "other table", 'audit."row"': "halcyon",
}


@pytest.fixture
def work(cast: Any) -> Any:
    """A theme that is not shared yet, with a signed answer, a view that waits, an objection; a second body that declined."""
    world, here, today = cast.world, cast.consultation, make.today()
    lugha, body = make.organisation(world, "Lugha", "stakeholder"), make.organisation(world, "Another Table", "facilitation")
    cast.people["translator"] = make.person(world, "tina@x.example", seats=((lugha, "translator"),))
    cast.people["other table"] = make.person(world, "other@x.example", seats=((body, "facilitator"),))
    said, own = write(cast, "chosen", read=True), write(cast, "facilitator", read=True)
    theme, answer, measure = (uuid.uuid4() for _ in range(3))
    common = {"consultation_id": here, "lang": "en"}
    make.add(world, Translator(id=uuid.uuid4(), consultation_id=here, person_id=cast.people["translator"], organisation_id=lugha,
                               shown_as="Lugha", languages=["sw"], appointed_on=today),
             Theme(id=theme, title="T", summary="S", made_on=today, **common))
    make.add(world, Answer(id=answer, theme_id=theme, company_id=cast.halcyon, state="signed", decision="adopted", words="Yes", changes="It changed it.",
                           signed_as="product", signed_on=today, **common),
             Excerpt(id=uuid.uuid4(), theme_id=theme, input_id=own, consultation_id=here, quote="", placed_on=today),
             Objection(id=uuid.uuid4(), theme_id=theme, input_id=said, words="No", day=today, handled_on=today, **common),
             Facilitation(id=uuid.uuid4(), consultation_id=here, organisation_id=body, says="declined", at=make.now()),
             AuditRow(id=uuid.uuid4(), at=make.now(), verb="consultation.published", about=here))
    make.add(world, Measure(id=measure, answer_id=answer, theme_id=theme, company_id=cast.halcyon, what="W", owner="product",
                            due_on=today, **common))
    make.add(world, GroundView(id=uuid.uuid4(), measure_id=measure, view="works", words="It does", day=today, read_on=today, **common))
    return cast


@pytest.mark.parametrize("table", NEEDED)
def test_who_needs_it_sees_it(work: Any, table: str) -> None:
    assert sees(work, NEEDED[table], table)
    assert not sees(work, "outsider", table)
