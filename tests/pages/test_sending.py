"""Whatever anybody sends to any form, empty or hostile, is answered in words; nothing breaks."""

import inspect

import pytest
from wtforms import Form as AnyForm

from crawl import OTHERS, PEOPLE, addresses, browser_of
from polyphony.kernel.access import access, anyone
from polyphony.kernel.forms import Form

ANSWERED = {200, 303, 400, 403, 404, 409, 410, 413, 422, 429}
ENDING = {"people.sign_out", "people.sign_out_everywhere", "people.leave"}  # after these she is a visitor
ERASES = {"retention.erased_now"}  # the account with which the next turn signs in; see tests/journeys/test_my_data.py
HOSTILE = ["\x00", "'; DROP TABLE people.person; --", "9" * 400, "\u202e\u0301" * 40, "{{ 7 * 7 }}%(x)s%", "0000-99-99T99:99",
           "<script>x()</script>", "../../etc/passwd", "-1", "\U0001f600",
           "00000000-0000-0000-0000-000000000000", "[]", "NaN", "ar\u0000"]


def fields() -> list[str]:
    """The name of every field of every form."""
    def below(one):
        yield one
        for each in one.__subclasses__():
            yield from below(each)

    names = {name for form in {*below(Form), *below(AnyForm)} for name, kept in inspect.getmembers(form)
             if type(kept).__name__ == "UnboundField"}
    return sorted(names - {"submit"})


def broken(world, client, places, data, *, again) -> list[str]:
    """Which addresses did not answer in words when sent this."""
    wrong = []
    for endpoint, address in places:
        try:
            status = client.post(address, data=data).status_code
        except Exception as error:  # in tests the application lets its faults through
            status = f"{type(error).__name__}: {str(error)[:160]}"
        if status not in ANSWERED:
            wrong.append(f"{endpoint} {address}: {status}")
        if endpoint in ENDING:
            client = again()
    return wrong


@pytest.mark.slow
@pytest.mark.parametrize("who", [*PEOPLE, *OTHERS])
def test_nothing_sent_to_a_form_breaks_it(clone, who) -> None:
    world = clone()
    places, names = [each for each in addresses(world, method="POST") if each[0] not in ERASES], fields()
    assert {"text", "once", "revision", "password"} <= set(names)
    wrong = []
    for turn in (None, 0, 5):
        data = {} if turn is None else {name: HOSTILE[(n + turn) % len(HOSTILE)] for n, name in enumerate(names)}
        wrong += broken(world, browser_of(world, who), places, data, again=lambda: browser_of(world, who))
    assert not wrong, "\n".join(wrong)


def test_a_form_that_breaks_is_found(world) -> None:
    def view():
        from flask import request

        return str(int(request.form.get("revision", "0")))

    world.app.add_url_rule("/<lang>/planted", "planted", access(anyone)(view), methods=["POST"])
    sent = [("planted", "/en/planted")]
    assert broken(world, world.client(), sent, {}, again=world.client) == []
    assert len(broken(world, world.client(), sent, {"revision": "x"}, again=world.client)) == 1


def test_a_body_too_large_is_refused_in_words(world) -> None:
    big = {"data": b"x" * 3_000_000, "content_type": "multipart/form-data; boundary=x"}
    assert world.client().post("/en/sign-in", **big).status_code == 413
