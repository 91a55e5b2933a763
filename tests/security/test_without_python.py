"""Row security is the enforcer: with every Python permission check removed, pages show no more than it allows."""

import pytest

from crawl import addresses, browser_of, words
from polyphony.kernel import access


@pytest.fixture
def unguarded(monkeypatch):
    """The house with its doors taken out: no access rule, no permission check."""
    monkeypatch.setattr(access, "enforce", lambda: None)
    for module in __import__("sys").modules.copy().values():
        if getattr(module, "__name__", "").startswith("polyphony.") and getattr(module, "require", None) is access.require:
            monkeypatch.setattr(module, "require", lambda permitted, otherwise: None)


def told(demo, who) -> str:
    """Everything the demo's pages say to this person."""
    demo.app.testing = False  # a page that breaks without its checks shows our 500, which tells nothing
    client = browser_of(demo, who)
    try:
        return "\n".join(words(client.get(address)) for _, address in addresses(demo))
    finally:
        demo.app.testing = True


SECRETS = {
    "unread inputs": "SELECT left(text, 40) FROM inputs.input WHERE read_on IS NULL AND audience <> 'public'",
    "facilitator-only inputs": "SELECT left(text, 40) FROM inputs.input WHERE audience = 'facilitator'",
    "masked originals": "SELECT left(text, 0) || reason FROM inputs.original",
}


@pytest.mark.parametrize("who", ["visitor", "lead", "translator", *(
    pytest.param(who, marks=pytest.mark.slow) for who in ("decider", "steward", "auditor"))])
def test_pages_without_python_checks_tell_no_more(lived, unguarded, who) -> None:
    said = told(lived, who)
    for kind, sql in SECRETS.items():
        for (text,) in lived.sql(sql):
            line = text.split("\n")[0]
            assert line
            assert line not in said, f"{who} reads {kind} once Python stops checking: row security does not hold"


def test_the_facilitator_does_read_them(lived, unguarded) -> None:
    said = told(lived, "facilitator")
    unread = [t for (t,) in lived.sql(SECRETS["unread inputs"])]
    assert any(text.split("\n")[0].split("'")[0].split("’")[0][:25] in said for text in unread), \
        "the crawl reaches the pages where these texts stand, so their absence elsewhere means something"
