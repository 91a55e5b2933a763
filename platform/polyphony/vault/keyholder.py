"""The offline tool of keyholders, and the formats in which sealed things travel.

One file on purpose: it runs as `python keyholder.py` on a computer without network, with PyNaCl and shamir-mnemonic
and nothing else, so that somebody can read all of it before she trusts it. The server uses the same functions to seal,
and holds no key to open. What goes to and fro is armoured text, which names what it is and carries a checksum.
"""

import argparse
import base64
import codecs
import errno
import getpass
import hashlib
import json
import os
import secrets
import sys
import textwrap
import unicodedata
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox
from nacl.pwhash import argon2id
from nacl.secret import Aead
from shamir_mnemonic import MnemonicError, combine_mnemonics, generate_mnemonics

KEY, LOCKED, ONCE, USED = "KEYHOLDER KEY", "LOCKED KEY", "ONE-TIME KEY", "USED KEY"
REQUEST, RELEASED, RECORD = "SHARE REQUEST", "RELEASED SHARES", "SEALED RECORD"
ORDER, NEW = "RESHARE ORDER", "NEW SHARES"
LONGEST, MOST_BLOCKS, SHORTEST_PASSPHRASE = 2 * 1024 * 1024, 64, 12
SKEW = timedelta(minutes=5)  # how far two clocks may differ before the tool speaks of it
COST = (argon2id.OPSLIMIT_MODERATE, argon2id.MEMLIMIT_MODERATE)
Fields = dict[str, Any]
translate: Callable[[str], str] = str  # `polyphony keyholder` puts in the reader's language


def _(text: str, **values: Any) -> str:
    return translate(text) % values if values else translate(text)


def lazy(text: str) -> str:
    return text


class Trouble(Exception):
    """What is wrong with the material, in a sentence that says what to do."""

    message = lazy("This text is damaged. Copy all of it once more, from the line BEGIN to the line END.")

    def __init__(self, **values: Any):
        self.values = values
        super().__init__(_(self.message, **values))


class NothingThere(Trouble):
    message = lazy("There is no sealed text here. It begins with a line “-----BEGIN POLYPHONY”.")


class TooLong(Trouble):
    message = lazy("This text is too long to be what is asked for.")


class Truncated(Trouble):
    message = lazy("The end of this text is missing. Copy all of it, up to and with the line END.")


class Damaged(Trouble):
    pass


class WrongKind(Trouble):
    message = lazy("This is “%(found)s”, but “%(wanted)s” is needed here.")


class WrongPassphrase(Trouble):
    message = lazy("This passphrase does not open the key.")


class NotTheSame(Trouble):
    message = lazy("The two passphrases are not the same. Nothing was made; please begin again.")


class WeakPassphrase(Trouble):
    message = lazy("A passphrase needs at least 12 characters. Five words chosen by dice are good.")


class ForeignKey(Trouble):
    message = lazy("This was sealed for another key than yours (%(key)s).")


class Expired(Trouble):
    message = lazy("This ended at %(until)s; the clock of this computer says %(now)s.")


class NotYet(Trouble):
    message = lazy("This was made at %(made)s; the clock of this computer says %(now)s. Please set the clock.")


class Reused(Trouble):
    message = lazy("This was used before, and it works only once.")


class TooFew(Trouble):
    message = lazy("%(have)s of %(needs)s shares are here. More keyholders have to agree.")


class DoNotFit(Trouble):
    message = lazy("These pieces do not belong together. Each request has its own shares.")


class WrongRecovery(Trouble):
    message = lazy("These recovery words do not belong to this key. Compare each word with your paper.")


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def raw(text: Any, length: int = 0) -> bytes:
    """The bytes behind base64. Raises Damaged."""
    try:
        data = base64.b64decode(text, validate=True)
    except (ValueError, TypeError):
        raise Damaged() from None
    if length and len(data) != length:
        raise Damaged()
    return data


def _checksum(kind: str, body: bytes) -> str:
    return b64(hashlib.sha256(kind.encode() + b"\n" + body).digest()[:6])


def armour(kind: str, fields: Fields) -> str:
    """Sealed things as text for mails and forms: what it is, base64, a checksum."""
    body = json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()
    lines = textwrap.wrap(b64(body), 64)
    return "\n".join([f"-----BEGIN POLYPHONY {kind}-----", *lines, f"={_checksum(kind, body)}",
                      f"-----END POLYPHONY {kind}-----", ""])


def blocks(text: str) -> list[tuple[str, Fields]]:
    """Every armoured text in a text, whatever stands around it. Raises TooLong, NothingThere, Truncated, Damaged."""
    if len(text) > LONGEST:
        raise TooLong()
    found: list[tuple[str, Fields]] = []
    start = text.find("-----BEGIN POLYPHONY ")
    while start >= 0 and len(found) < MOST_BLOCKS:
        kind, dashes, _rest = text[start + 21:start + 21 + 40].partition("-----")
        end = text.find(f"-----END POLYPHONY {kind}-----", start) if dashes else -1
        if end < 0:
            raise Truncated()
        found.append((kind, _inside(kind, text[start + 26 + len(kind):end])))
        start = text.find("-----BEGIN POLYPHONY ", end)
    if not found:
        raise NothingThere()
    return found


def _inside(kind: str, text: str) -> Fields:
    lines = [line.strip(" \t\r>") for line in text.splitlines()]
    lines = [line for line in lines if line]
    if not lines or not lines[-1].startswith("="):
        raise Damaged()
    body = raw("".join(lines[:-1]))
    if not secrets.compare_digest(_checksum(kind, body).encode(), lines[-1][1:].encode()):
        raise Damaged()
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        raise Damaged() from None
    if not isinstance(fields, dict):
        raise Damaged()
    return fields


def dearmour(text: str, kind: str) -> Fields:
    """The one text of this kind. Raises what `blocks` raises, and WrongKind."""
    found = blocks(text)
    if found[0][0] == USED:
        raise Reused()
    for name, fields in found:
        if name == kind:
            return fields
    raise WrongKind(found=found[0][0], wanted=kind)


def one(fields: Fields, name: str, kind: type = str) -> Any:
    """One field of the expected type. Raises Damaged."""
    value = fields.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise Damaged()
    return value


def moment(fields: Fields, name: str) -> datetime:
    try:
        at = datetime.fromisoformat(one(fields, name))
        at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Damaged() from None
    if not 2000 <= at.year < 3000:
        raise Damaged()
    return at


def fingerprint(public: bytes) -> str:
    """A public key short enough to compare by telephone."""
    return textwrap.fill(hashlib.sha256(public).hexdigest()[:20], 4).replace("\n", " ")


def in_time(fields: Fields, now: datetime) -> None:
    """Raises Expired or NotYet, allowing for clocks that differ a little."""
    made, until = moment(fields, "made"), moment(fields, "until")
    said = now.strftime("%Y-%m-%d %H:%M UTC")
    if now > until + SKEW:
        raise Expired(until=until.strftime("%Y-%m-%d %H:%M UTC"), now=said)
    if now < made - SKEW:
        raise NotYet(made=made.strftime("%Y-%m-%d %H:%M UTC"), now=said)


# Keys


def _stretched(passphrase: str, salt: bytes, ops: int, memory: int) -> Aead:
    said = unicodedata.normalize("NFKC", passphrase).encode()
    return Aead(argon2id.kdf(Aead.KEY_SIZE, said, salt, opslimit=ops, memlimit=memory))


def lock(key: PrivateKey, passphrase: str, use: str = KEY, cost: tuple[int, int] = COST) -> str:
    """A private key as it rests in a file: sealed with a passphrase (Argon2id, RFC 9106). Raises WeakPassphrase."""
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise WeakPassphrase()
    salt, public = secrets.token_bytes(argon2id.SALTBYTES), bytes(key.public_key)
    sealed = _stretched(passphrase, salt, *cost).encrypt(bytes(key), public + use.encode())
    return armour(LOCKED, {"use": use, "key": b64(public), "salt": b64(salt), "ops": cost[0], "memory": cost[1],
                           "sealed": b64(bytes(sealed))})


def unlock(text: str, passphrase: str, use: str = KEY) -> PrivateKey:
    """Raises WrongPassphrase, WrongKind, Reused and what `dearmour` raises."""
    fields = dearmour(text, LOCKED)
    if one(fields, "use") != use:
        raise WrongKind(found=fields["use"], wanted=use)
    ops, memory = one(fields, "ops", int), one(fields, "memory", int)
    if not (1 <= ops <= 16 and 8192 <= memory <= 2**30):  # a forged file must not eat this computer
        raise Damaged()
    public = raw(one(fields, "key"), 32)
    box = _stretched(passphrase, raw(one(fields, "salt"), argon2id.SALTBYTES), ops, memory)
    try:
        return PrivateKey(box.decrypt(raw(one(fields, "sealed")), public + use.encode()))
    except (CryptoError, ValueError):
        raise WrongPassphrase() from None


def split(secret: bytes, needs: int, count: int) -> list[str]:
    """A secret as `count` lines of words, of which any `needs` give it back and fewer say nothing (SLIP-39)."""
    return generate_mnemonics(1, [(needs, count)], secret, iteration_exponent=0)[0]


def join(words: Iterable[str]) -> bytes:
    try:
        return combine_mnemonics(words)
    except (MnemonicError, ValueError):
        raise DoNotFit() from None


def enrol(passphrase: str, cost: tuple[int, int] = COST) -> tuple[str, str, str]:
    """A new key: the locked file, the public text to hand in, and the recovery words for paper.

    The words are one half of two; the other half travels in the public text. Neither the paper nor this server
    alone says anything of the key.
    """
    key = PrivateKey.generate()
    half, paper = split(bytes(key), 2, 2)
    return lock(key, passphrase, cost=cost), armour(KEY, {"key": b64(bytes(key.public_key)), "half": half}), paper


def public_key(text: str, kind: str = KEY) -> bytes:
    """The public key in an armoured text; a key that no secret can belong to is damaged."""
    public = raw(one(dearmour(text, kind), "key"), 32)
    seal_to(public, {})
    return public


def seal_to(public: bytes, fields: Fields) -> bytes:
    """A sealed box for one key, of a length that tells nothing of the words in it. Raises Damaged."""
    plain = json.dumps(fields, sort_keys=True).encode()
    try:
        return SealedBox(PublicKey(public)).encrypt(plain + b" " * (-len(plain) % 512))
    except (CryptoError, ValueError):
        raise Damaged() from None


def recover(text: str, paper: str, passphrase: str, cost: tuple[int, int] = COST) -> str:
    """The locked file again, from the public text and the words on paper. Raises WrongRecovery."""
    public = public_key(text)
    try:
        secret = join([one(dearmour(text, KEY), "half"), " ".join(paper.lower().split())])
    except DoNotFit:
        raise WrongRecovery() from None
    if len(secret) != PrivateKey.SIZE or bytes(PrivateKey(secret).public_key) != public:
        raise WrongRecovery()
    return lock(PrivateKey(secret), passphrase, cost=cost)


# Shares and records


def bound(record: str, schema: int, consent: str) -> bytes:
    """What a record's ciphertext is bound to: its row, the version of its fields, the consent given."""
    return f"polyphony vault|{record}|{schema}|{consent}".encode()


def share_out(secret: bytes, *, record: str, needs: int, keys: list[bytes]) -> list[bytes]:
    """One sealed share of a record's key for each keyholder, in the order of their keys."""
    about = {"record": record, "split": secrets.token_hex(8), "needs": needs}
    return [seal_to(key, {**about, "number": number, "words": words})
            for number, (key, words) in enumerate(zip(keys, split(secret, needs, len(keys)), strict=True))]


def _opened(sealed: bytes, key: PrivateKey) -> Fields:
    try:
        fields = json.loads(SealedBox(key).decrypt(sealed))
    except CryptoError:
        raise ForeignKey(key=fingerprint(bytes(key.public_key))) from None
    except (ValueError, RecursionError):
        raise Damaged() from None
    if not isinstance(fields, dict):
        raise Damaged()
    return fields


def request(text: str, key: PrivateKey, now: datetime) -> Fields:
    """What is asked of this keyholder. Raises ForeignKey, Expired, NotYet and what `dearmour` raises."""
    fields = dearmour(text, REQUEST)
    if raw(one(fields, "key"), 32) != bytes(key.public_key):
        raise ForeignKey(key=fingerprint(bytes(key.public_key)))
    in_time(fields, now)
    for name in ("opening", "reason", "who"):
        one(fields, name)
    raw(one(fields, "to"), 32)
    return fields


def release(asked: Fields, key: PrivateKey) -> str:
    """Her shares, opened and sealed again to the requester's one-time key.

    Raises DoNotFit when a share belongs to another record than the request says.
    """
    to, given = raw(one(asked, "to"), 32), []
    for share in one(asked, "shares", list):
        if not isinstance(share, dict):
            raise Damaged()
        inside = _opened(raw(one(share, "sealed")), key)
        if one(inside, "record") != one(share, "record"):
            raise DoNotFit()
        given.append(b64(seal_to(to, {**inside, "opening": asked["opening"], "to": b64(to)})))
    return armour(RELEASED, {"opening": asked["opening"], "to": b64(to), "from": asked["key"], "shares": given})


def _gathered(text: str, key: PrivateKey, head: Fields) -> dict[str, list[Fields]]:
    """Opened shares by record. Raises DoNotFit for another request's, Reused for one that is there twice."""
    mine, found = b64(bytes(key.public_key)), dict[str, list[Fields]]()
    if one(head, "to") != mine:
        raise ForeignKey(key=fingerprint(bytes(key.public_key)))
    for fields in (fields for kind, fields in blocks(text) if kind == RELEASED):
        if (fields.get("opening"), fields.get("to")) != (one(head, "opening"), mine):
            raise DoNotFit()
        for sealed in one(fields, "shares", list):
            inside = _opened(raw(sealed), key)
            if (inside.get("opening"), inside.get("to")) != (head["opening"], mine):
                raise DoNotFit()
            there = found.setdefault(one(inside, "record"), [])
            if one(inside, "number", int) in [x["number"] for x in there]:
                raise Reused()
            there.append(inside)
    return found


def _secret(shares: list[Fields]) -> bytes:
    """The key of one record. Raises TooFew, DoNotFit."""
    needs = one(shares[0], "needs", int)
    if any((x.get("split"), x.get("needs")) != (shares[0].get("split"), needs) for x in shares):
        raise DoNotFit()
    if len(shares) < needs:
        raise TooFew(have=len(shares), needs=needs)
    return join([one(x, "words") for x in shares[:needs]])


def open_record(text: str, key: PrivateKey, now: datetime) -> Fields:
    """What somebody left with the keyholders: the sealed record and enough released shares give it back.

    Raises TooFew, DoNotFit, Reused, ForeignKey, Expired and what `dearmour` raises.
    """
    head = dearmour(text, RECORD)
    in_time(head, now)
    record = one(head, "record")
    shares = _gathered(text, key, head)
    if set(shares) - {record}:
        raise DoNotFit()
    if not shares:
        raise TooFew(have=0, needs=one(head, "needs", int))
    try:
        plain = Aead(_secret(shares[record])).decrypt(
            raw(one(head, "sealed")), bound(record, one(head, "schema", int), one(head, "consent")))
        told = json.loads(plain)
    except (CryptoError, ValueError, RecursionError):
        raise DoNotFit() from None
    if not isinstance(told, dict):
        raise Damaged()
    return told


def reshare(text: str, key: PrivateKey, now: datetime) -> str:
    """New shares of every record for a new set of keyholders, made from enough old ones; no record is opened.

    Raises what `open_record` raises.
    """
    head = dearmour(text, ORDER)
    in_time(head, now)
    keys, needs = [raw(x, 32) for x in one(head, "keys", list)], one(head, "needs", int)
    shares = _gathered(text, key, head)
    if not 2 <= needs <= len(keys):
        raise Damaged()
    made = []
    for record, of in sorted(shares.items()):
        fresh = share_out(_secret(of), record=record, needs=needs, keys=keys)
        made.append({"record": record, "shares": [b64(x) for x in fresh]})
    if {x["record"] for x in made} != set(one(head, "records", list)):
        raise TooFew(have=len(made), needs=len(head["records"]))
    return armour(NEW, {"opening": head["opening"], "needs": needs, "keys": head["keys"], "records": made})


# At the terminal


def plain(text: str) -> str:
    """Somebody else's words, without what would steer a terminal or turn the reading direction over."""
    return "".join(x for x in text if x in "\n\t" or (unicodedata.category(x) != "Cc" and x not in "\u202d\u202e"))


class Terminal:
    """The commands, with everything they ask and say going through one place."""

    def __init__(self, ask: Callable[[str], str] = input, secret: Callable[[str], str] = getpass.getpass,
                 say: Callable[[str], Any] = print, now: Callable[[], datetime] | None = None,
                 cost: tuple[int, int] = COST):
        self.ask, self.secret, self.say, self.cost = ask, secret, say, cost
        self.now = now or (lambda: datetime.now(UTC))

    def _new_passphrase(self) -> str:
        first = self.secret(_("A new passphrase: "))
        if len(first) < SHORTEST_PASSPHRASE:
            raise WeakPassphrase()
        if self.secret(_("The same once more: ")) != first:
            raise NotTheSame()
        return first

    def _key(self, file: Path, use: str = KEY) -> PrivateKey:
        text = _decoded(file.read_bytes())
        if dearmour(text, LOCKED):
            self.say(_("The passphrase is never shown and never leaves this computer."))
        return unlock(text, self.secret(_("Passphrase: ")), use)

    def enrol(self, file: Path, *_rest: str) -> None:
        ensure_free(file)
        locked, public, paper = enrol(self._new_passphrase(), self.cost)
        keep(file, locked)
        self.say(_("Hand this in on the page “Keyholders”:"))
        self.say(public)
        self.say(_("Write these recovery words on paper and lock it away. They are never shown again:"))
        self.say(textwrap.fill(paper, 70))
        self.say(_("Fingerprint: %(key)s", key=fingerprint(public_key(public))))

    def recover(self, file: Path, text: str) -> None:
        ensure_free(file)
        paper = self.secret(_("The recovery words on your paper: "))
        keep(file, recover(text, paper, self._new_passphrase(), self.cost))
        self.say(_("Your key is back, with the new passphrase."))

    def answer(self, file: Path, text: str) -> None:
        key = self._key(file)
        asked, done = request(text, key, self.now()), file.with_name(file.name + ".answered")
        if done.exists() and asked["opening"] in done.read_text("utf-8").split():
            raise Reused()
        self.say(_("%(who)s asks for your share of %(count)s sealed records, until %(until)s, to the key %(key)s:",
                   who=plain(asked["who"]), count=len(one(asked, "shares", list)), until=plain(one(asked, "until")),
                   key=fingerprint(raw(asked["to"]))))
        self.say(textwrap.indent(plain(asked["reason"]), "    "))
        if self.ask(_("Type “release” to give your share: ")).strip().strip("“”\"'") != "release":
            self.say(_("Nothing was released."))
            return
        self.say(release(asked, key))
        with done.open("a", encoding="utf-8") as notes:
            notes.write(f"{asked['opening']}\n")

    def ask_for(self, file: Path, *_rest: str) -> None:
        ensure_free(file)
        key = PrivateKey.generate()
        keep(file, lock(key, self._new_passphrase(), ONCE, self.cost))
        self.say(_("Put this into your request. The key works for one opening:"))
        self.say(armour(ONCE, {"key": b64(bytes(key.public_key))}))
        self.say(_("Fingerprint: %(key)s", key=fingerprint(bytes(key.public_key))))

    def open(self, file: Path, text: str) -> None:
        key = self._key(file, ONCE)
        told = open_record(text, key, self.now())
        self.say(_("What was left with the keyholders. Write down only what you need; the key is used up now:"))
        for name, value in told.items():
            self.say(f"{plain(str(name))}: {plain(str(value))}")
        file.write_text(armour(USED, {"use": ONCE}), "utf-8")

    def reshare(self, file: Path, text: str) -> None:
        key = self._key(file, ONCE)
        made = reshare(text, key, self.now())
        self.say(_("Hand this in. No record was opened, and no ciphertext changes:"))
        self.say(made)
        file.write_text(armour(USED, {"use": ONCE}), "utf-8")


def ensure_free(file: Path) -> None:
    """Look whether a new file can stand there before anything is asked. Raises OSError as `keep` would."""
    if file.is_symlink() or file.exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(file))
    if not file.absolute().parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(file))


def keep(file: Path, text: str) -> None:
    """A new file that only its owner may read; never over another one."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        out.write(text)


COMMANDS = {
    "enrol": ("enrol", lazy("Make your keyholder's key and the recovery words.")),
    "answer": ("answer", lazy("Release your share to a request.")),
    "recover": ("recover", lazy("Get a lost key back from your paper and your public text.")),
    "ask": ("ask_for", lazy("Make the one-time key for a request of your own.")),
    "open": ("open", lazy("Open a record with the shares that were released to you.")),
    "reshare": ("reshare", lazy("Make new shares for a new set of keyholders.")),
}


def main(given: list[str] | None = None, terminal: Terminal | None = None) -> int:
    parser = argparse.ArgumentParser("keyholder", description=_("Keys and shares, without a network."))
    commands = parser.add_subparsers(dest="command", required=True)
    for name, (_method, about) in COMMANDS.items():
        command = commands.add_parser(name, help=_(about))
        command.add_argument("key", type=Path, help=_("the file of your key"))
        if name not in ("enrol", "ask"):
            command.add_argument("text", help=_("the file with the text from the page, or - to paste it"))
    chosen = parser.parse_args(given)
    terminal = terminal or Terminal()
    try:
        text = [_read(chosen.text)] if "text" in chosen else []
        getattr(terminal, COMMANDS[chosen.command][0])(chosen.key, *text)
    except Trouble as trouble:
        terminal.say(str(trouble))
        return 1
    except OSError as error:
        terminal.say(_("The file %(file)s: %(why)s.", file=error.filename or "", why=error.strerror or ""))
        return 1
    except (EOFError, KeyboardInterrupt):
        terminal.say("\n" + _("Stopped. Nothing was made or released."))
        return 1
    return 0


def _read(name: str) -> str:
    if name == "-":
        return sys.stdin.read(LONGEST + 1)
    with Path(name).open("rb") as file:
        return _decoded(file.read(2 * LONGEST + 4))


def _decoded(data: bytes) -> str:
    """Text as editors save it: UTF-8, or UTF-16 where its byte order mark says so."""
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return data.decode("utf-16" if wide else "utf-8-sig", errors="replace")


if __name__ == "__main__":
    sys.exit(main())
