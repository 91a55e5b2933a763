"""The demo's keyholders, and one identity that lies sealed with them.

Their keys are made from their addresses, so that anybody can walk a ceremony with the offline tool
(`polyphony demo key`); like the demo's password they protect nothing.
"""

import hashlib
import secrets as chance
import uuid
from pathlib import Path
from typing import Any

from nacl.public import PrivateKey

from polyphony.demo.cast import Cast, day
from polyphony.demo.door import PASSWORD
from polyphony.demo.story import Story
from polyphony.kernel import secrets
from polyphony.vault import keyholder, sealing
from polyphony.vault.models import Box, Circle, Holder, Keyholder, Sealed, Seat, Share
from polyphony.vault.service import CONSENT

HOUSES, NEEDS, ENROLLED = ("opentable", "sauti", "masar"), 2, -60
TOLD = {"name": "Neema, who sells at the market", "contact": "+255 700 000 000", "safe_way": "Muulize kwa jina la Jua"}


def key_of(address: str) -> PrivateKey:
    """A demo keyholder's private key, the same in every demo."""
    return PrivateKey(hashlib.sha256(b"polyphony demo keyholder " + address.encode()).digest())


def write_key(address: str, file: Path) -> None:
    """The locked key file of a demo keyholder, for the offline tool; its passphrase is the demo's password."""
    keyholder.keep(file, keyholder.lock(key_of(address), PASSWORD))


def sealed(story: Story, players: Cast) -> list[Any]:
    """Keyholders of three organisations for one consultation, and what its first speaker left with them."""
    here, holders = story.consultation.id, [_holder(slug, players) for slug in HOUSES]
    keepers = sorted((row for pair in holders for row in pair if isinstance(row, Keyholder)), key=lambda k: k.id)
    circle = Circle(id=uuid.uuid4(), consultation_id=here, needs=NEEDS, state="living", made_on=day(story.at("opens")))
    seats = [Seat(circle_id=circle.id, number=n, keyholder_id=k.id, organisation_id=k.organisation_id)
             for n, k in enumerate(keepers)]
    who = players.person("coordinator", "sauti")
    return [*(row for pair in holders for row in pair), circle, *seats, *_left(circle, keepers, who.id, story)]


def _holder(slug: str, players: Cast) -> tuple[Keyholder, Holder]:
    key, made = key_of(f"keyholder@{slug}.example"), uuid.uuid4()
    half, _paper = keyholder.split(bytes(key), 2, 2)
    public = keyholder.armour(keyholder.KEY, {"key": keyholder.b64(bytes(key.public_key)), "half": half})
    return (Keyholder(id=made, organisation_id=players.id_of(slug), key=bytes(key.public_key),
                      enrolled_on=day(ENROLLED)),
            Holder(keyholder_id=made, person_id=players.person("keyholder", slug).id, text=public))


def _left(circle: Circle, keepers: list[Keyholder], who: uuid.UUID, story: Story) -> list[Any]:
    box, consent = uuid.uuid4(), uuid.uuid4()
    made = sealing.seal(TOLD, record=str(box), consent=str(consent), needs=NEEDS, keys=[k.key for k in keepers])
    here = story.consultation.id
    return [Box(id=box, consultation_id=here, circle_id=circle.id, outside="Sauti, 1", day=day(story.at("opens") + 2),
                shuffle=chance.randbelow(2**31)),
            Sealed(box_id=box, tag=secrets.keyed("vault", who, here), schema_version=sealing.SCHEMA, consent=consent,
                   consent_version=CONSENT, lang="sw", ciphertext=made.ciphertext),
            *(Share(box_id=box, number=n, sealed=share) for n, share in enumerate(made.shares))]
