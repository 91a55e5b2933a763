"""Builders for the vault: keyholders with real keys, a circle, a box, and what their offline tools would do."""

import uuid
from datetime import UTC, datetime
from typing import Any

from nacl.public import PrivateKey

import make
from polyphony.vault import keyholder as tool
from polyphony.vault.models import Circle, Holder, Keyholder, Seat

TOLD = {"name": "Amina Wanjiru", "contact": "+254 700 000 001", "safe_way": "Ask for Jua at the market"}


def keyholder(world: Any, name: str, organisation: uuid.UUID, *, role: str = "keyholder") -> dict[str, Any]:
    """Somebody with the role of a keyholder in an organisation, her key, and its public half handed in."""
    person = make.person(world, f"{name}@keys.example", name.title(), seats=((organisation, role),))
    key, id = PrivateKey.generate(), uuid.uuid4()
    make.add(world, Keyholder(id=id, organisation_id=organisation, key=bytes(key.public_key), enrolled_on=make.today()),
             Holder(keyholder_id=id, person_id=person, text="public text"))
    return {"person": person, "key": key, "id": id, "organisation": organisation}


def circle(world: Any, about: uuid.UUID, holders: list[dict[str, Any]], *, needs: int = 2) -> uuid.UUID:
    """The keyholders of a consultation."""
    made = uuid.uuid4()
    make.add(world, Circle(id=made, consultation_id=about, needs=needs, state="living", made_on=make.today()),
             *(Seat(circle_id=made, number=n, keyholder_id=h["id"], organisation_id=h["organisation"])
               for n, h in enumerate(sorted(holders, key=lambda h: h["id"]))))
    return made


def stage(world: Any, *, needs: int = 2) -> dict[str, Any]:
    """A consultation of one company, with a facilitator, an NGO that speaks, and keyholders of four organisations."""
    f: dict[str, Any] = world.facts
    f["firm"] = make.organisation(world, "Halcyon")
    f["body"] = make.organisation(world, "Open Table", "facilitation")
    f["ngo"] = make.organisation(world, "Sauti", "stakeholder")
    for name, seat in (("lead", (f["firm"], "engagement_lead")), ("fay", (f["body"], "facilitator")),
                       ("amina", (f["ngo"], "coordinator"))):
        f[name] = make.person(world, f"{name}@keys.example", name.title(), seats=(seat,))
    f["holders"] = {"body": keyholder(world, "bo", f["body"])}
    for name in ("ann", "ben", "cem"):
        f["holders"][name] = keyholder(world, name, make.organisation(world, f"House of {name.title()}", "stakeholder"))
    f["about"] = make.consultation(world, [f["firm"]], facilitator=f["body"], invited=(f["ngo"],))
    f["circle"] = circle(world, f["about"], list(f["holders"].values()), needs=needs)
    return f


def one_time() -> tuple[PrivateKey, str]:
    """What `polyphony keyholder ask` makes: the key, and its public text."""
    key = PrivateKey.generate()
    return key, tool.armour(tool.ONCE, {"key": tool.b64(bytes(key.public_key))})


def answered(text: str, holder: dict[str, Any]) -> str:
    """What `polyphony keyholder answer` makes of a request."""
    return tool.release(tool.request(text, holder["key"], datetime.now(UTC)), holder["key"])


def opened(text: str, key: PrivateKey) -> dict[str, Any]:
    """What `polyphony keyholder open` makes of what the page gives."""
    return tool.open_record(text, key, datetime.now(UTC))
