"""Two people, or one finger twice, in the same moment: who comes second begins again and sees what the first did.

Every write works on one picture of the database (REPEATABLE READ). When somebody else changed a row of it
meanwhile, PostgreSQL refuses the write instead of losing the other's; the request is then done again from its
start, in a new transaction, and meets the ordinary refusal ("changed since you opened it", "sent already").
"""

from typing import Any

from flask import current_app, g, request, session
from psycopg import errors
from sqlalchemy.exc import DBAPIError

ROUNDS = 8  # a whole committee may vote in the same instant, and each round lets one of them through
ISOLATION = {"isolation_level": "REPEATABLE READ"}
LOST = (errors.SerializationFailure, errors.DeadlockDetected, errors.UniqueViolation)


def lost(error: DBAPIError) -> bool:
    """Whether this write came second, and beginning again may put it right."""
    if request.method != "POST" or not isinstance(error.orig, LOST):
        return False
    g.rounds = g.get("rounds", 1) + 1
    return bool(g.rounds <= ROUNDS)


def again() -> Any:
    """The request once more, from its start; the transaction that lost must have been rolled back."""
    from polyphony.kernel import edge

    if "carried" in g and session.get("key") != g.carried:  # a fresh secret that the lost round gave was never kept
        session.pop("key", None)
        session.update({"key": g.carried} if g.carried else {})
    edge.begin()
    view = current_app.view_functions[request.endpoint or ""]
    return current_app.make_response(current_app.ensure_sync(view)(**(request.view_args or {})))
