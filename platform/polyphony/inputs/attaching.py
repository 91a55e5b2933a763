"""Files on what somebody says: they hang on the id that the input will have, from its draft on."""

import uuid

from polyphony.consultations.models import Consultation
from polyphony.inputs import rules, service
from polyphony.inputs.models import Input
from polyphony.kernel import audit, providers
from polyphony.kernel.viewer import Viewer
from polyphony.uploads import service as uploads
from polyphony.uploads.receiving import Received


def say(by: Viewer, *, about: Consultation, received: Received, gone: uuid.UUID | None, is_last: bool,
        **said: str) -> list[str]:
    """Keep the words and the files sent with them; answers why some files were not kept, in words of `uploads.rules`.

    Raises what `service.say` raises.
    """
    kept = service.say(by, about=about, is_last=is_last, **said)
    if gone:
        uploads.remove(kept.input_id, gone)
    return [*received.refused, *uploads.attach("input", kept.input_id, received.cleaned)]


def remove(by: Viewer, *, entry: Input, file: uuid.UUID | None) -> None:
    """Take one file off an own input, at any time. Raises Withdrawn."""
    if entry.withdrawn_on:
        raise rules.Withdrawn()
    providers.ask("ensure_may_go", entry.consultation_id)
    uploads.remove(entry.id, file)
    if by.is_signed_in:
        audit.record("input.file_removed", about=entry.consultation_id, anonymous=True)
