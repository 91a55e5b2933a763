"""What an author can change of what she sent: her words; who reads it and her name, only by sending it anew."""

import uuid
from typing import Any

from tests.journeys.test_inputs import body, follow, signed_in, speak, stage  # noqa: F401

STAND = "Once sent, these choices stand. To change one, withdraw the input and send it anew while inputs are open."
ANEW = "withdraw them and send them anew while inputs are open."


def test_each_step_says_what_can_be_changed_afterwards(stage: Any) -> None:  # noqa: F811
    amina = signed_in(stage, "amina@sauti.example")
    choices = follow(amina, amina.post(f"{stage.at}/say", data={"text": "Only the person.", "lang": "en", "other": ""}))
    assert STAND in choices
    check = follow(amina, amina.post(f"{stage.at}/say/choices", data={
        "addressed": [str(stage.firms[0])], "audience": "companies", "naming": "unattributed", "speaks_as": "affected",
        "pseudonym": ""}))
    sent = amina.post(f"{stage.at}/say/check", data={"once": str(uuid.uuid4())})
    for page in (check, follow(amina, sent)):
        assert "Until inputs end you can change your words; you can withdraw them at any time." in page
        assert ANEW in page
        assert "you can change it" not in page
    mine = body(amina.get(f"/en/inbox/{sent.location.rsplit('/', 1)[1]}"))
    assert STAND in mine
    assert "Change words or language" in mine


def test_withdrawn_and_sent_anew_it_stands_under_another_choice(stage: Any) -> None:  # noqa: F811
    amina = signed_in(stage, "amina@sauti.example")
    first = speak(stage, amina)
    assert amina.post(f"/en/inbox/{first}/withdrawal", data={"sure": "yes"}).status_code == 303
    second = speak(stage, amina, naming="organisation", audience="public")
    assert stage.world.sql("SELECT audience, naming FROM inputs.input WHERE id = %s", second) == [("public", "organisation")]
