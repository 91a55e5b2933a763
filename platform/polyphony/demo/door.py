"""What a newcomer needs to walk into the demo, told without loading anything of the house.

A second start finds the demo in its place, and then the terminal need not wait for tables and rooms.
"""

import base64
import hmac
import tomllib
from importlib.resources import files
from typing import Any

import psycopg

from polyphony.settings import Settings

PASSWORD = "many voices one table"  # noqa: S105 - known to everybody; the demo is refused on public addresses
FIRST = "lead@halcyon.example"
# Eight words of the Swahili list: whoever was answered in the closed consultation comes back with them.
PHRASE = "bustani nyota kikapu mvua nazi daraja asali mashua"
# Return phrases that are printed, so that a visitor can walk in.
PHRASES = {
    ("voices-on-shared-phones", "phrase:1"): PHRASE,
    ("safety-alerts", "phrase:1"): "samaki upepo kikapu mlima embe ngoma sukari dirisha",
}


def demo_secret(address: str) -> str:
    """The secret of a demo member's authenticator app, known to everybody as the password is."""
    return base64.b32encode(hmac.digest(b"polyphony demo", address.encode(), "sha256")[:20]).decode()


def greet(settings: Settings) -> list[str]:
    """Load the demo unless it is there; answer what a newcomer needs. Raises `UnsafeSetting` on a public address."""
    if settings.demo and not settings.public and _is_there(settings):
        return welcome()
    from polyphony.demo.load import load_if_empty

    return load_if_empty(settings)


def _is_there(settings: Settings) -> bool:
    """Whether the first of the cast has her account: asked as the worker, who may see."""
    ours = hmac.digest(settings.address_hash_key, FIRST.encode(), "sha256")
    try:
        with psycopg.connect(settings.worker_database_url) as connection:
            found = connection.execute("SELECT FROM people.credential WHERE address_hash = %s", [ours]).fetchone()
    except psycopg.Error:
        return False
    return found is not None


def read(name: str) -> dict[str, Any]:
    """One file of the story."""
    return tomllib.loads((files("polyphony.demo") / "texts" / f"{name}.toml").read_text("utf-8"))


def welcome() -> list[str]:
    """Sign-ins, password, return phrases: what the terminal prints."""
    people = [each["email"] for each in read("cast")["people"]]
    answered, still_open = PHRASES.values()
    return [
        "Demo sign-ins:", *(f"  {'  '.join(people[n:n + 3])}" for n in range(0, len(people), 3)),
        f"  Password of all: {PASSWORD}",
        "  Second step (companies, fund, facilitator, stewards, auditor, keyholders): make code WHO=lead@tern.example",
        "Demo return phrase (no account; her words were answered):", f"  {answered}",
        "Another, in a consultation that is still open:", f"  {still_open}",
    ]
