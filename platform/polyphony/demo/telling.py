"""What the demo's people find waiting: notices of what happened, and the counts that a job would have kept."""

import hashlib
import uuid
from collections.abc import Iterable
from typing import Any

from polyphony.demo.cast import Cast, day
from polyphony.demo.story import Story
from polyphony.inputs.models import Input
from polyphony.kernel import small_numbers
from polyphony.kernel.tallies import Tally
from polyphony.notices.models import Notice


def notices(story: Story, players: Cast) -> Iterable[Notice]:
    """To every author: that she was read, where she was placed, that answers are out."""
    here, told = story.consultation.id, story.told
    once: set[str] = set()  # who was told that answers are out
    for each in told["inputs"]:
        author = story.author(each["by"], each["lang"], each["said_in_days"])
        subject = story.inputs[each["key"]].id
        if "read_in_days" in each:
            kind = "input_masked" if each.get("masked") else "input_read"
            yield notice(kind, here, subject, each["read_in_days"], author)
        if "published_in_days" in told and str(author) not in once:
            once.add(str(author))
            yield notice("published", here, here, story.at("published"), author)
    if told["state"] == "open":
        for slug in told["invited"]:
            who = {"person_id": players.person("coordinator", slug).id}
            yield notice("open", here, here, story.at("opens"), who)


def notice(kind: str, consultation: uuid.UUID, subject: uuid.UUID, on: int, reader: dict[str, uuid.UUID]) -> Notice:
    """One notice; its key is the same for the same event and reader."""
    said = f"{kind}|{subject}|{next(iter(reader.values()))}|{day(on).isoformat()}"
    return Notice(id=uuid.uuid4(), kind=kind, consultation_id=consultation, subject_id=subject, day=day(on),
                  seen=on < -40, key=hashlib.sha256(said.encode()).digest(), **reader)


def tallies(story: Story) -> list[Tally]:
    """Counts of inputs and of organisations that spoke, those too small to show stored as nothing."""
    read: list[Input] = [x for x in story.inputs.values() if x.read_on]
    spoke: set[Any] = {x["by"] for x in story.told["inputs"] if not x["by"].startswith("phrase:")}
    counts = {"inputs": len(read), "organisations": len(spoke)}
    return [Tally(subject=story.consultation.id, name=name, count=small_numbers.at_least(
                count, threshold=story.consultation.threshold))
            for name, count in counts.items()]
