"""Words sent from a marked address with a marked browser: neither is found afterwards, nor the hour."""

import logging
import re
from datetime import UTC, datetime, time
from typing import Any

import pytest
import structlog
from tests.journeys.test_inputs import begin, body, speak, stage
from tests.security.test_vault_dump import log, tables

import make
from polyphony.kernel import audit
from polyphony.kernel.database import db

__all__ = ["log", "stage"]  # fixtures

ADDRESSES, BROWSER = ("203.0.113.77", "2001:db8::c0de"), "Kanarienrad/7.7 (marked)"
MARKS = (*ADDRESSES, "Kanarienrad")


def marked(world: Any) -> Any:
    """A browser that says of itself what a browser can say."""
    client = world.client()
    client.environ_base |= {"REMOTE_ADDR": ADDRESSES[0], "HTTP_X_FORWARDED_FOR": ADDRESSES[1], "HTTP_USER_AGENT": BROWSER,
                            "HTTP_FORWARDED": f"for={ADDRESSES[0]}", "HTTP_REFERER": f"http://{ADDRESSES[0]}/"}
    return client


@pytest.mark.slow
def test_neither_address_nor_browser_is_kept_nor_the_hour_of_what_was_said(stage: Any, log: Any, capfd: Any) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
                        logger_factory=structlog.PrintLoggerFactory(log))
    world, by_account, by_phrase = stage.world, marked(stage.world), marked(stage.world)
    make.sign_in(by_account, "amina@sauti.example")
    by_account.post(f"/en/inbox/{speak(stage, by_account)}/withdraw", data={})
    _, form = begin(stage, by_phrase)
    assert by_phrase.post(f"{stage.at}/say/without-account", data=form).status_code == 303
    speak(stage, by_phrase)
    body(marked(world).post("/en/come-back", data={"words": "one two three"}), 422)
    body(marked(world).post("/en/sign-in", data={"address": "amina@sauti.example", "password": "a wrong one"}), 422)
    body(marked(world).get("/en/no/such/place"), 404)
    world.work()
    logging.getLogger("polyphony").error("the log is read")
    said = log.getvalue() + "".join(capfd.readouterr())
    assert "the log is read" in said
    kept = tables(world)
    assert "onyo linaonekana" in kept["inputs.input"], "what was said is kept, so the search can find something"
    assert [(mark, place) for mark in MARKS for place, text in {**kept, "log": said}.items() if mark in text] == []
    hours = world.sql("SELECT verb, at FROM audit.row WHERE verb LIKE 'input.%%'")
    assert {verb for verb, _ in hours} >= {"input.sent"}
    assert {at.astimezone(UTC).time() for _, at in hours} == {time()}, "the day and no hour"
    with world.worker.app_context():
        audit.record("organisation.approved")
        assert audit.seal_new_rows() > 0
        db.session.commit()
    sealed = {verb for (verb,) in world.sql("SELECT r.verb FROM audit.seal s JOIN audit.row r ON r.id = s.row_id")}
    assert not {verb for verb in sealed if verb.startswith("input.")}, "between other links it would tell the hour"
    now = datetime.now(UTC)
    spoken = "\n".join(kept[table] for table in ("inputs.input", "inputs.authorship", "inputs.draft"))
    assert not re.search(rf"{now:%Y-%m-%d} \d\d:", spoken)
