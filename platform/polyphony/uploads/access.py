"""Row security of attached files: whoever may read a thing may read what hangs on it; each room says so of its own."""

from polyphony.kernel.policies import APP, allow, protect
from polyphony.uploads.models import Attachment

alive: dict[str, str] = {}  # kind → SQL over `a`, the attachment: its thing is still there

# Which thing a file hangs on, its key and its kind never change.
protect(Attachment, app="SELECT, INSERT, DELETE", worker="SELECT, INSERT, DELETE").grants[APP] = \
    "SELECT, INSERT, DELETE, UPDATE (withheld)"


def hangs_on(kind: str, *, read: str, own: str, add: str, remove: str, thing: str, withhold: str = "") -> None:
    """Files of a kind of thing: SQL over the attachment's columns.

    `read`: visible to whoever sees the thing, unless withheld; `own`: visible always; `add`, `remove`, `withhold`:
    who may; `thing`: over `a`, true while there is something to hang on (chores clear away the rest).
    """
    of_kind = f"kind = '{kind}'"
    allow(Attachment, "SELECT", f"with_{kind}", f"{of_kind} AND NOT withheld AND {read}", public=True)
    allow(Attachment, "SELECT", f"own_{kind}", f"{of_kind} AND ({own})")
    allow(Attachment, "INSERT", f"add_to_{kind}", "", check=f"{of_kind} AND NOT withheld AND ({add})")
    allow(Attachment, "DELETE", f"remove_from_{kind}", f"{of_kind} AND ({remove})")
    if withhold:
        allow(Attachment, "SELECT", f"withhold_of_{kind}", f"{of_kind} AND ({withhold})")
        allow(Attachment, "UPDATE", f"withhold_of_{kind}", f"{of_kind} AND ({withhold})")
    alive[kind] = thing
