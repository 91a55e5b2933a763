"""What stands behind the question mark of an address comes from anywhere: no page breaks on it."""

import re
from typing import Any

import pytest

from crawl import addresses, browser_of
from polyphony.folders import source

ASKED = re.compile(r"""(?:args|asked|sent)(?:\.get\(|\[)"(\w+)\"""")
BAD = ("%00", "x%00y", "9" * 30, "-1", "1.2026-01-01.99999999999999999999.x", "%ed%a0%80", "%27%22%3C", "a" * 4000)


def names() -> list[str]:
    """Every name that the program looks for behind a question mark."""
    files = (source() / "polyphony").rglob("*.py")
    return sorted({name for file in files for name in ASKED.findall(file.read_text("utf-8"))} | {"q", "from", "after"})


@pytest.mark.slow
@pytest.mark.parametrize("who", ["visitor", "facilitator", "coordinator", "lead", "fund administrator", "treasurer", "auditor", "steward"])
def test_no_page_breaks_on_what_is_asked_of_it(lived: Any, who: str) -> None:
    client, wanted = browser_of(lived, who), names()
    assert {"q", "name", "from", "after", "next", "on"} <= set(wanted)
    wrong, opened = [], 0
    lived.app.testing = False  # as people meet it: what breaks is a page with the status 500
    try:
        for _, address in addresses(lived):
            alone = client.get(address).status_code
            assert alone < 500, address
            if alone != 200:
                continue
            opened += 1
            for value in BAD:
                status = client.get(f"{address}?{'&'.join(f'{name}={value}' for name in wanted)}").status_code
                if status >= 500:
                    wrong.append(f"{address} with {value[:40]}: {status}")
    finally:
        lived.app.testing = True
    assert opened > 5
    assert not wrong, "\n".join(wrong)
