"""Everything the surroundings decide, read once; what would be unsafe is refused in a sentence.

Nothing else in the project reads the environment. Without a database address the embedded server
is used; its addresses and the secrets are then made once and handed to the children (`child_environment`).
"""

import base64
import binascii
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

from polyphony.folders import folder, root

KEYS = ("address_hash_key", "address_cipher_key", "phrase_salt", "audit_key")
DATABASES = ("database_url", "owner_database_url", "worker_database_url")
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
KEY_BYTES = 32
SECRET_LENGTH = 32
ARGON2_MEMORY = 65536  # KiB: RFC 9106, second recommended option


class UnsafeSetting(Exception):
    """The surroundings ask for something that would endanger people; the sentence says what to change."""


@dataclass(frozen=True)
class Settings:
    """What one deployment decides. Secrets never show in a printed copy."""

    database_url: str = field(default="", repr=False)
    owner_database_url: str = field(default="", repr=False)
    worker_database_url: str = field(default="", repr=False)
    backup_database_url: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)
    address_hash_key: bytes = field(default=b"", repr=False)
    address_cipher_key: bytes = field(default=b"", repr=False)
    phrase_salt: bytes = field(default=b"", repr=False)
    audit_key: bytes = field(default=b"", repr=False)
    audit_keys_before: str = ""
    argon2_memory: int = ARGON2_MEMORY
    smtp_url: str = field(default="", repr=False)
    mail_folder: Path | None = None
    mail_from: str = "polyphony@localhost"
    base_url: str = "http://localhost:8000"
    host: str = "127.0.0.1"
    port: int = 8000
    embedded: bool = True
    demo: bool = True
    public: bool = False
    var: Path = Path("var")
    data: Path = Path("../shared/data")
    pg_bin: Path | None = None
    scanner: str = ""
    log_level: str = "INFO"
    default_language: str = "en"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read `POLYPHONY_*` (and `PORT`); raise `UnsafeSetting` for what would endanger people."""
        read = _Reader(os.environ if environ is None else environ)
        port = read.number("PORT", read.number("POLYPHONY_PORT", 8000))
        host = read.text("HOST", "127.0.0.1")
        var = read.path("VAR", root() / "var")
        smtp = read.text("SMTP_URL")
        embedded = read.flag("EMBEDDED", not read.text("DATABASE_URL"))
        public = read.flag("PUBLIC", False)
        base_url = read.text("BASE_URL", f"http://localhost:{port}").rstrip("/")
        at_home = is_loopback(host) and is_loopback(urlsplit(base_url).hostname or "")
        settings = cls(
            database_url=read.database("DATABASE_URL"), owner_database_url=read.database("OWNER_DATABASE_URL"),
            worker_database_url=read.database("WORKER_DATABASE_URL"),
            backup_database_url=read.database("BACKUP_DATABASE_URL"), address_hash_key=read.key("ADDRESS_HASH_KEY"),
            address_cipher_key=read.key("ADDRESS_CIPHER_KEY"), phrase_salt=read.key("PHRASE_SALT"),
            audit_key=read.key("AUDIT_KEY"), audit_keys_before=read.text("AUDIT_KEYS_BEFORE").lower(),
            secret_key=read.text("SECRET_KEY"), smtp_url=smtp,
            argon2_memory=read.number("POLYPHONY_ARGON2_MEMORY", ARGON2_MEMORY, up_to=2**21),
            mail_folder=read.path("MAIL_FOLDER", None if smtp else var / "mail"),
            mail_from=read.text("MAIL_FROM", f"polyphony@{urlsplit(base_url).hostname or 'localhost'}"),
            base_url=base_url, host=host, port=port, embedded=embedded, public=public,
            demo=read.flag("DEMO", embedded and at_home and not public),
            var=var, data=read.path("DATA", root().parent / "shared" / "data"), pg_bin=read.path("PG_BIN", None),
            scanner=read.text("SCANNER"),
            log_level=read.text("LOG_LEVEL", "INFO").upper(), default_language=read.text("DEFAULT_LANGUAGE", "en"),
        )
        settings.refuse_what_is_unsafe()
        return settings

    def refuse_what_is_unsafe(self) -> None:
        """Raise `UnsafeSetting` with one sentence per thing to change."""
        wrong = [*self._wrong_demo(), *self._wrong_secrets(), *self._wrong_public(), *self._wrong_words()]
        if wrong:
            raise UnsafeSetting("\n".join(wrong))

    def _wrong_demo(self) -> list[str]:
        if not self.demo:
            return []
        home = "The demo has a password that everybody knows, so it runs on this machine alone: set POLYPHONY_DEMO=0"
        wrong = [f"{home} to serve a public address."] if self.public else []
        if not is_loopback(self.host):
            wrong.append(f"{home}, or leave POLYPHONY_HOST at 127.0.0.1.")
        if not is_loopback(urlsplit(self.base_url).hostname or ""):
            wrong.append(f"{home}, or leave POLYPHONY_BASE_URL at http://localhost.")
        return wrong

    def _wrong_secrets(self) -> list[str]:
        wrong = []
        if self.secret_key and len(self.secret_key) < SECRET_LENGTH:
            wrong.append(f"POLYPHONY_SECRET_KEY is too short: use at least {SECRET_LENGTH} random characters.")
        given = [getattr(self, name) for name in KEYS if getattr(self, name)]
        secret = self.secret_key.encode()
        if len({*given}) < len(given) or any(secret in (key, base64.b64encode(key)) for key in given):
            wrong.append("The secrets must be independent: two of them are equal.")
        if self.argon2_memory < ARGON2_MEMORY and not (self.embedded and self.demo):
            wrong.append(f"POLYPHONY_ARGON2_MEMORY must be at least {ARGON2_MEMORY}: cheaper hashes are for the demo.")
        if not self.embedded:
            wrong += [f"POLYPHONY_{name.upper()} is missing: without the embedded database every deployment "
                      "brings its own." for name in (*DATABASES, "secret_key", *KEYS) if not getattr(self, name)]
        if len({urlsplit(self.database_url).username, urlsplit(self.owner_database_url).username}) == 1 \
                and self.database_url:
            wrong.append("The web role and the owner of the database must be two: row security binds only the first.")
        return wrong

    def _wrong_public(self) -> list[str]:
        if not self.public:
            return []
        wrong = []
        if urlsplit(self.base_url).scheme != "https":
            wrong.append("A public address needs https: set POLYPHONY_BASE_URL to https://…")
        if not self.smtp_url:
            wrong.append("A public address sends real mail: set POLYPHONY_SMTP_URL.")
        return wrong

    def _wrong_words(self) -> list[str]:
        wrong = []
        if self.log_level not in LEVELS:
            wrong.append(f"POLYPHONY_LOG_LEVEL must be one of {', '.join(LEVELS)}.")
        if not (self.default_language.isalpha() and (folder("translations") / self.default_language).is_dir()):
            wrong.append("POLYPHONY_DEFAULT_LANGUAGE must be one of the languages of the interface, such as en or sw.")
        if self.audit_keys_before and not re.fullmatch(r"[0-9a-f]{64}(,[0-9a-f]{64})*", self.audit_keys_before):
            wrong.append("POLYPHONY_AUDIT_KEYS_BEFORE must be public keys of 64 hexadecimal digits, between commas.")
        if self.smtp_url and urlsplit(self.smtp_url).scheme not in ("smtp", "smtps"):
            wrong.append("POLYPHONY_SMTP_URL must begin with smtp:// or smtps://")
        if self.scanner and not self.scanner.startswith(("unix:/", "tcp://")):
            wrong.append("POLYPHONY_SCANNER must begin with unix:/ or tcp://")
        if urlsplit(self.base_url).scheme not in ("http", "https"):
            wrong.append("POLYPHONY_BASE_URL must begin with http:// or https://")
        return wrong

    def with_database(self, name: str) -> Self:
        """The same deployment in another database of the same server."""
        moved = {url: urlunsplit(urlsplit(getattr(self, url))._replace(path=f"/{name}"))
                 for url in (*DATABASES, "backup_database_url") if getattr(self, url)}
        return replace(self, **moved)

    def child_environment(self) -> dict[str, str]:
        """These settings as the environment of a child process, which reads them back equal."""
        named = {f.name: getattr(self, f.name) for f in fields(self)}
        written = {f"POLYPHONY_{name.upper()}": _written(value) for name, value in named.items() if value is not None}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("POLYPHONY_")}
        return {**kept, **written, "PORT": str(self.port)}


def is_loopback(host: str) -> bool:
    """Whether an address can be reached from this machine alone."""
    return host in ("localhost", "::1") or host.startswith("127.") or host.endswith(".localhost")


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


@dataclass(frozen=True)
class _Reader:
    """Reads one variable at a time and says in a sentence what is wrong with it."""

    environ: Mapping[str, str]

    def text(self, name: str, default: str = "") -> str:
        return self.environ.get(f"POLYPHONY_{name}", "").strip() or default

    def path(self, name: str, default: Path | None) -> Any:
        given = self.text(name)
        return Path(given).expanduser().absolute() if given else default

    def flag(self, name: str, default: bool) -> bool:
        given = self.text(name).lower()
        if given not in ("", "1", "0", "true", "false", "yes", "no"):
            raise UnsafeSetting(f"POLYPHONY_{name} must be 1 or 0.")
        return given in ("1", "true", "yes") if given else default

    def number(self, name: str, default: int, *, up_to: int = 65535) -> int:
        given = self.environ.get(name, "").strip()
        if given and not (given.isascii() and given.isdigit() and 0 < int(given) <= up_to):
            raise UnsafeSetting(f"{name} must be a number between 1 and {up_to}.")
        return int(given) if given else default

    def database(self, name: str) -> str:
        """A PostgreSQL address that both SQLAlchemy and psycopg understand."""
        given = self.text(name)
        scheme, colon, rest = given.partition("://")
        if given and (scheme not in ("postgres", "postgresql", "postgresql+psycopg") or not colon):
            raise UnsafeSetting(f"POLYPHONY_{name} must begin with postgresql://")
        return f"postgresql://{rest}" if given else ""

    def key(self, name: str) -> bytes:
        given = self.text(name)
        try:
            key = base64.b64decode(given, validate=True)
        except (binascii.Error, ValueError):
            key = b"?"
        if key and len(key) != KEY_BYTES:
            raise UnsafeSetting(f"POLYPHONY_{name} must be {KEY_BYTES} random bytes in base64.")
        return key
