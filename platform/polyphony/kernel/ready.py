"""Complete settings for one command: starts or joins the embedded server and fills in what was made once."""

import base64
import contextlib
import json
import secrets
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from polyphony.kernel import unfinished
from polyphony.kernel.pg_roles import APP, BACKUP, OWNER, WORKER
from polyphony.kernel.postgres import Embedded, write_private
from polyphony.settings import KEY_BYTES, KEYS, Settings

DATABASE = "polyphony"


@contextlib.contextmanager
def ready(settings: Settings | None = None, *, restoring: bool = False) -> Iterator[Settings]:
    """Settings with database and secrets; with the embedded server, it lives at least as long as this block.

    Raises `HalfRestored` where a restore began and did not end, unless it is a restore that asks.
    """
    settings = settings or Settings.from_environment()
    if not restoring:
        unfinished.refuse(settings)
    if settings.database_url:
        yield settings
        return
    with server_of(settings) as server:
        yield complete(settings, server)


def server_of(settings: Settings) -> Embedded:
    """The embedded server of this deployment, to be entered with `with`."""
    return Embedded(settings.var, pg_bin=settings.pg_bin)


def complete(settings: Settings, server: Embedded) -> Settings:
    """Fill in the addresses of the embedded server's database and the secrets kept in `var`."""
    if not server.has_database(DATABASE):
        server.create_database(DATABASE)
    whole = replace(
        settings, **_secrets(settings), database_url=server.url(APP, DATABASE),
        owner_database_url=server.url(OWNER, DATABASE), worker_database_url=server.url(WORKER, DATABASE),
        backup_database_url=server.url(BACKUP, DATABASE))
    whole.refuse_what_is_unsafe()
    return whole


def _secrets(settings: Settings) -> dict[str, Any]:
    """Secrets given by the surroundings, else those made at the first start (readable by their owner alone)."""
    kept = settings.var / "secrets.json"
    made: dict[str, str] = json.loads(kept.read_text()) if kept.is_file() else {}
    missing = {name: base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
               for name in ("secret_key", *KEYS) if name not in made}
    if missing:
        made |= missing
        write_private(kept, json.dumps(made, indent=1))
    keys = {name: getattr(settings, name) or base64.b64decode(made[name]) for name in KEYS}
    return {**keys, "secret_key": settings.secret_key or made["secret_key"]}
