"""Row security is the enforcer: with every Python permission check removed, pages show no more than it allows."""

import sys

import pytest

from crawl import PEOPLE, addresses, browser_of, words
from polyphony.demo.cast import PASSWORD
from polyphony.kernel import access


@pytest.fixture
def unguarded(monkeypatch):
    """The house with its doors taken out: no access rule, no permission check, in whichever room it is asked."""
    kept = access.require
    monkeypatch.setattr(access, "enforce", lambda: None)
    rooms = keeping(kept)
    for module in rooms:
        monkeypatch.setattr(module, "require", lambda permitted, otherwise: None)
    assert len(rooms) > 30, "almost every room asks"
    assert keeping(kept) == [], "a room still asks"


def keeping(check):
    """The modules that have this permission check, by whatever name they call it."""
    return [module for name, module in sorted(sys.modules.items()) if name.startswith("polyphony.")
            and any(each is check for each in vars(module).values())]


def told(demo, who) -> str:
    """Everything the demo's pages say to this person."""
    demo.app.testing = False  # a page that breaks without its checks shows our 500, which tells nothing
    client = browser_of(demo, who)
    try:
        return "\n".join(words(client.get(address)) for _, address in addresses(demo))
    finally:
        demo.app.testing = True


