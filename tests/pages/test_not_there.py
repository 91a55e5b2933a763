"""Not visible means not there: a thing that row security hides and one that never was are the same bytes."""

import uuid

import pytest

from crawl import OTHERS, PEOPLE, addresses, browser_of
from polyphony.kernel import locale
from sight import GAP, INNER, TABLES, gaps, inside, put, visible
from swap import CHANGING


def _said(answer, id, other) -> bytes:
    """The answer's bytes, with the id that was asked for in the place of the other; a 404 names neither of them."""
    return answer.data if answer.status_code == 404 else CHANGING.sub(rb'\1"', answer.data.replace(other.encode(), id.encode()))


def hidden_in(found, seen, every) -> list[tuple[str, str, int]]:
    """(method, address, place): addresses with the id of something hidden in that place, be it a thing or what is inside of one that is seen."""
    asked, below = [], set()
    for method, address in found:
        (noun, *inner), (one, *_) = gaps(address)
        if one not in seen[noun]:
            asked.append((method, address, 0))
        elif inner:
            below.add((method, put(address, 1, one), one, inner[0]))
    for method, address, one, noun in sorted(below):
        known = {id for _, id in seen[f"…/{noun}"]}
        not_here = [id for id in every[noun] if (one, id) not in seen[f"…/{noun}"]]
        some = [id for id in not_here if id in known][:3] + [id for id in not_here if id not in known][:1]
        asked += [(method, put(address, 1, id), 1) for id in some]
    return asked


def telling(client, asked) -> list[str]:
    """Addresses of hidden things that are answered otherwise than those of things that never were."""
    wrong = []
    for method, address, place in asked:
        id, other = gaps(address)[1][place], str(uuid.uuid4())
        hidden, never = (client.open(x, method=method) for x in (address, put(address, place, other)))
        if (hidden.status_code, _said(hidden, id, other)) != (never.status_code, _said(never, id, other)):
            wrong.append(f"{method} {address}: {hidden.status_code}, but {never.status_code} where {id} is one that never was")
    return wrong


@pytest.mark.slow
@pytest.mark.parametrize("who", [*PEOPLE, *OTHERS])
def test_hidden_and_missing_are_the_same_bytes(clone, who) -> None:
    world = clone()
    client = browser_of(world, who)
    client.get("/en/")
    found = [(method, address) for method in ("GET", "POST") for _, address in addresses(world, method=method) if GAP.search(address)]
    nouns = [gaps(address)[0] for _, address in found]
    assert {first for first, *_ in nouns} == set(TABLES), "each noun has its table"
    assert {inner for _, *others in nouns for inner in others} == set(INNER), "and each that is inside of something its pairs"
    asked = hidden_in(found, visible(world, client), inside(world))
    wrong = telling(client, asked)
    assert not wrong, "\n".join(wrong)
    assert len(asked) > 10, "something is hidden from everybody"


def test_own_words_are_there_only_where_they_were_said(lived) -> None:
    """Whose they are does not do: below another consultation, or a theme that does not quote them, they never were."""
    client = browser_of(lived, "speaker")
    seen = visible(lived, client)
    ((said, here),) = [(said, here) for here, said in seen["…/reading"] if client.get(f"/en/inbox/{said}").status_code == 200][:1]
    theirs = {theme for theme, quoted in seen["…/inputs"] if quoted == said}
    asked = {f"/en/consultations/{each}/say/sent/{said}": each == here for each in seen["consultations"]}
    asked |= {f"/en/themes/{each}/inputs/{said}/object": each in theirs for each in seen["themes"]}
    assert set(asked.values()) == {True, False}
    assert {address: client.get(address).status_code for address in asked} == {
        address: 200 if is_there else 404 for address, is_there in asked.items()}


@pytest.mark.parametrize("code", sorted(locale.codes()))
def test_an_address_that_leads_nowhere_is_answered_in_its_language(lived, code) -> None:
    """A mistyped address says the same bytes as a hidden thing, in the language it begins with, whatever the browser asks for."""
    client = browser_of(lived, "visitor")
    asked = {"Accept-Language": "fr" if code != "fr" else "sw"}
    answers = [client.get(f"/{code}/{rest}", headers=asked) for rest in (
        f"consultations/{uuid.uuid4()}", "nonsense", "inbox/abc", "no/such/place/")]
    assert [answer.status_code for answer in answers] == [404] * 4
    assert len({answer.data for answer in answers}) == 1
    assert f'<html lang="{code}" dir="{locale.direction(code)}">' in answers[0].get_data(as_text=True)
    elsewhere = client.get("/no/such/place", headers=asked).get_data(as_text=True)
    assert f'<html lang="{asked["Accept-Language"]}"' in elsewhere


def test_the_one_404_is_the_same_for_everybody(lived) -> None:
    hidden = lived.sql("SELECT id FROM feedback.theme WHERE published_on IS NULL LIMIT 1")[0][0]
    assert browser_of(lived, "facilitator").get(f"/en/themes/{hidden}").status_code == 200, "it is there for whom it is for"
    answers = [browser_of(lived, who).get(address) for who in ("visitor", "steward") for address in (
        f"/en/themes/{hidden}", f"/en/themes/{uuid.uuid4()}", f"/en/consultations/{uuid.uuid4()}", "/en/no/such/place")]
    assert [answer.status_code for answer in answers] == [404] * 8
    assert len({answer.data for answer in answers[:4]}) == len({answer.data for answer in answers[4:]}) == 1


def test_a_page_that_tells_of_what_is_hidden_is_found(clone) -> None:
    world = clone()
    hidden = str(world.sql("SELECT id FROM feedback.theme WHERE published_on IS NULL LIMIT 1")[0][0])

    class Telling:
        """A house that says 403 for what it hides."""

        def open(self, address, method):
            return world.app.response_class(status=403 if hidden in address else 404)

    assert telling(Telling(), [("GET", f"/en/themes/{hidden}", 0)]) != []
    assert telling(Telling(), [("GET", f"/en/themes/{uuid.uuid4()}", 0)]) == []
