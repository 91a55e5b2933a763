"""Row security of notices: each reader her own; only the worker writes them."""

from polyphony.kernel.policies import allow, one, protect
from polyphony.notices.models import Notice

_MINE = f"person_id = {one('person')} OR phrase_id = {one('phrase')}"
protect(Notice, app="SELECT, UPDATE", worker="SELECT, INSERT, UPDATE, DELETE")
allow(Notice, "SELECT", "own", _MINE)
allow(Notice, "UPDATE", "own", _MINE)
