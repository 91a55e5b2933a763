"""Whether a restore that began here has also ended: until then nothing else works here.

A restore puts files, secrets and rows in their places one after the other. Whatever ends it in between leaves a place
that looks like a platform and is none: rows without the files they speak of, or sealed under secrets that are not
there. So it first lays down a mark, and takes it away when everything was brought and proved.
"""

from polyphony.kernel.pg_binaries import ServerTrouble
from polyphony.settings import Settings

MARK = "restoring"


class HalfRestored(ServerTrouble):
    """A restore began here and did not end; the sentence says what to do."""


def is_marked(settings: Settings) -> bool:
    """Whether the mark of a restore lies in the folder of these settings."""
    return (settings.var / MARK).is_dir()


def refuse(settings: Settings) -> None:
    """Raises `HalfRestored` in a place where a restore began and did not end."""
    if is_marked(settings):
        raise HalfRestored(f"A restore into {settings.var} began and has not ended: what lies there is not whole, "
                           "and nothing is started from it. Run the same `polyphony restore` again, it begins anew; or "
                           "name another folder in POLYPHONY_VAR and an empty database.")
