"""A real mail server on loopback, and one stage for bad days: two companies, an NGO, a facilitator."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import SimpleNamespace
from typing import Any

import pytest
from aiosmtpd.controller import Controller

import make


@dataclass
class Letterbox:
    """What the mail server took, whom it refuses, and what happens in the moment it takes a mail."""

    letters: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    port: int = 0
    refuse: dict[str, str] = field(default_factory=dict)
    on_data: Callable[[int], str | None] = lambda number: None

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        self.recipients += envelope.rcpt_tos
        return self.on_data(len(self.letters)) or "250 OK"


class AnyPort(Controller):
    """A controller that takes whatever port is free."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def letterbox() -> Iterator[Letterbox]:
    """A mail server that listens; `port` is where."""
    box = Letterbox()
    controller = AnyPort(box, hostname="127.0.0.1", port=0, server_hostname="localhost")
    controller.start()
    box.port = controller.port
    yield box
    controller.stop()


@pytest.fixture
def stage(world: Any) -> Any:
    """One open consultation of two companies, an NGO that is invited, a facilitator, and somebody of each."""
    firms = [make.organisation(world, name) for name in ("Halcyon", "Meridian")]
    ngo, body = make.organisation(world, "Sauti", "stakeholder"), make.organisation(world, "Middle", "facilitation")
    make.person(world, "amina@sauti.example", "Amina", seats=((ngo, "coordinator"),))
    make.person(world, "fay@middle.example", "Fay", seats=((body, "facilitator"),))
    for n, firm in enumerate(firms):
        make.person(world, f"lead{n}@firm.example", f"Lead {n}", seats=((firm, "engagement_lead"),))
        make.person(world, f"decider{n}@firm.example", f"Decider {n}", seats=((firm, "decision_maker"),),
                    function="product")
    about = make.consultation(world, firms, facilitator=body, invited=(ngo,))
    return SimpleNamespace(world=world, firms=firms, ngo=ngo, body=body, about=about, at=f"/en/consultations/{about}")


@pytest.fixture
def signed_in(stage: Any) -> Callable[[str], Any]:
    return lambda address: make.sign_in(stage.world.client(), address)
