"""Every page of the application in a real browser, as the first person to whom it opens.

At 320 px: axe finds nothing, nothing overflows, in Arabic it runs from the right, and loaded with nothing kept from before
it asks for no more than `test_weight.py` allows. `test_look.py` and that one follow links as each person does; here the
list comes from the application itself, so no page can be forgotten.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.browser.conftest import served
from tests.browser.test_look import judged
from tests.browser.test_weight import Scales
from tests.browser.walking import WIDER
from tests.pages.test_sweep import SEND_ON

import make
from crawl import OTHERS, PEOPLE, addresses, browser_of

pytestmark = pytest.mark.slow
EVERYBODY = [*PEOPLE, *OTHERS]
# Of each person the value of her cookie, and the pages looked at as her: endpoint and address.
Opened = dict[str, tuple[str, list[tuple[str, str]]]]


@pytest.fixture(scope="module")
def opened(lived: Any) -> Opened:
    """One address of every page that shows something, as the first and as the last person who gets it."""
    browsers, cookies, pages = {}, {}, {who: set() for who in EVERYBODY}
    for who in EVERYBODY:
        browsers[who] = browser_of(lived, who)
        browsers[who].get("/en/")
        cookie = browsers[who].get_cookie(lived.app.config["SESSION_COOKIE_NAME"])
        cookies[who] = cookie.value if cookie else ""
    lived.sql(f"{make.WHOLE} AND factored")
    of_each: dict[str, list[str]] = {}
    for endpoint, address in addresses(lived):
        of_each.setdefault(endpoint, []).append(address)
    for endpoint, of in of_each.items():
        for people in (EVERYBODY, EVERYBODY[::-1]):
            who, path = next(((who, path) for who in people if (path := _first(browsers[who], of))), ("", ""))
            pages.get(who, set()).add((endpoint, path))
    return {who: (cookies[who], sorted(pages[who])) for who in EVERYBODY}


def _first(client: Any, addresses: list[str]) -> str:
    for address in addresses:
        answer = client.get(address)
        answer.close()
        if answer.status_code == 200 and answer.mimetype == "text/html":
            return address
    return ""


@pytest.fixture(scope="module")
def here(lived: Any, opened: Opened) -> Iterator[str]:
    lived.sql("UPDATE people.session SET seen_at = now() + interval '30 minutes'")
    with served(lived) as address:
        yield address


@pytest.mark.parametrize("who", EVERYBODY)
def test_every_page_is_sound(lived: Any, here: str, opened: Opened, browser: Any, who: str) -> None:
    (cookie, pages), wrong = opened[who], []
    lived.sql(f"{make.WHOLE} AND factored")
    page = browser.new_context(viewport={"width": 320, "height": 800}).new_page()  # to intercept would turn memory off
    if cookie:
        page.context.add_cookies([{"name": lived.app.config["SESSION_COOKIE_NAME"], "value": cookie, "url": here}])
    scales = Scales(page, here)
    for _, path in pages:
        wrong += scales.judge(page, path, least=0)  # the bare hour is a page too
        wrong += [f"{path}: overflows"] * page.evaluate(WIDER) + judged(page)
        page.goto(f"{here}/ar/{path.removeprefix('/en/')}")
        assert page.get_attribute("html", "dir") == "rtl", page.url
        wrong += [f"{page.url}: overflows"] * page.evaluate(WIDER)
    page.context.close()
    assert wrong == [], "\n".join(wrong)


def test_no_page_was_left_out(lived: Any, opened: Opened) -> None:
    looked = {endpoint for _, pages in opened.values() for endpoint, _ in pages}
    assert {endpoint for endpoint, _ in addresses(lived)} - looked - SEND_ON == {"auditing.file", "kernel.healthz", "kernel.readyz", "vault.tool"}
    assert sum(len(pages) for _, pages in opened.values()) > 1.2 * len(looked), "as two people, where two have it"
