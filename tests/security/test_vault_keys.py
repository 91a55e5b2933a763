"""The offline tool and the sealing: what opens, and every wrong, foreign, truncated, expired or used thing that does not."""

import base64
import itertools
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.public import PrivateKey
from nacl.pwhash import argon2id

from polyphony.vault import keyholder as tool
from polyphony.vault import sealing

CHEAP = (argon2id.OPSLIMIT_MIN, argon2id.MEMLIMIT_MIN)
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
SAID = "a long enough passphrase"
TOLD = {"name": "Amina Wanjiru", "contact": "+254 700 000 001", "safe_way": "Ask for Jua at the market"}


def ring(count: int) -> list[PrivateKey]:
    return [PrivateKey.generate() for _ in range(count)]


def publics(keys: list[PrivateKey]) -> list[bytes]:
    return [bytes(key.public_key) for key in keys]


def asked(to: PrivateKey, **changes) -> sealing.Asked:
    return sealing.Asked(**{"opening": "opening-1", "to": bytes(to.public_key), "who": "Baobab Mediation",
                            "reason": "She asked for help", "made": NOW, "until": NOW + timedelta(days=3), **changes})


def case(needs: int = 2, count: int = 3, **changes) -> SimpleNamespace:
    """A sealed record, its keyholders, and a request for it."""
    keys, once = ring(count), PrivateKey.generate()
    sealed = sealing.seal(TOLD, record="record-1", consent="consent-1", needs=needs, keys=publics(keys))
    found = SimpleNamespace(keys=keys, once=once, sealed=sealed, asked=asked(once, **changes), needs=needs)
    found.requests = [sealing.share_request(found.asked, key=bytes(key.public_key), shares=[("record-1", share)])
                      for key, share in zip(keys, sealed.shares, strict=True)]
    return found


def give(made: SimpleNamespace, who: int, now: datetime = NOW) -> str:
    key = made.keys[who]
    return tool.release(tool.request(made.requests[who], key, now), key)


def record(made: SimpleNamespace, *released: str, **changes) -> str:
    about = {"record": "record-1", "consent": "consent-1", "schema": sealing.SCHEMA, "needs": made.needs,
             "ciphertext": made.sealed.ciphertext, **changes}
    return sealing.record_text(made.asked, released=released, **about)


# What works


@pytest.mark.parametrize(("needs", "count"), [(2, 3), (3, 5), (2, 2), (4, 4)])
def test_any_k_open_it_and_no_fewer(needs: int, count: int) -> None:
    made = case(needs, count)
    given_ = [give(made, who) for who in range(count)]
    for some in itertools.combinations(given_, needs):  # whichever n - k are gone
        assert tool.open_record(record(made, *some), made.once, NOW) == TOLD
    for some in itertools.combinations(given_, needs - 1):
        with pytest.raises(tool.TooFew):
            tool.open_record(record(made, *some), made.once, NOW)


def test_fewer_than_k_open_nothing_however_they_lie_about_how_many_it_needs() -> None:
    made = case(3, 5)
    inside = [tool._opened(share, key) for share, key in zip(made.sealed.shares, made.keys, strict=True)]
    with pytest.raises(tool.DoNotFit):
        tool.join(x["words"] for x in inside[:2])
    forged = [{**x, "needs": 2} for x in inside[:2]]
    with pytest.raises(tool.DoNotFit):
        tool._secret(forged)


def test_the_server_keeps_nothing_that_opens() -> None:
    made = case()
    stored = [made.sealed.ciphertext, *made.sealed.shares, *(x.encode() for x in made.requests)]
    for text in TOLD.values():
        assert not any(text.encode() in each or base64.b64encode(text.encode())[:12] in each for each in stored)
    with pytest.raises(tool.ForeignKey):  # nobody's key but the keyholder's opens her share
        tool._opened(made.sealed.shares[0], made.keys[1])


def test_lengths_tell_nothing() -> None:
    short = sealing.seal({"name": "Al"}, record="r", consent="c", needs=2, keys=publics(ring(3)))
    long = sealing.seal({"name": "Maria del Carmen " * 20}, record="r", consent="c", needs=2, keys=publics(ring(3)))
    assert len(short.ciphertext) == len(long.ciphertext)
    assert len({len(x) for x in short.shares + long.shares}) == 1


def test_each_record_has_a_key_of_its_own() -> None:
    keys = ring(3)
    one, other = (sealing.seal(TOLD, record="r", consent="c", needs=2, keys=publics(keys)) for _ in range(2))
    words = [{tool._opened(x, key)["words"] for x, key in zip(sealed.shares, keys, strict=True)} for sealed in (one, other)]
    assert not words[0] & words[1]
    assert one.ciphertext != other.ciphertext


@pytest.mark.parametrize("changes", [{"record": "record-2"}, {"consent": "consent-2"}, {"schema": 2}])
def test_ciphertext_is_bound_to_row_schema_and_consent(changes: dict) -> None:
    made = case()
    with pytest.raises(tool.DoNotFit):
        tool.open_record(record(made, give(made, 0), give(made, 1), **changes), made.once, NOW)


# Keys


def test_a_key_comes_back_with_the_passphrase_alone() -> None:
    locked, public, _paper = tool.enrol(SAID, CHEAP)
    assert bytes(tool.unlock(locked, SAID).public_key) == tool.public_key(public)
    with pytest.raises(tool.WrongPassphrase):
        tool.unlock(locked, SAID + "!")
    with pytest.raises(tool.WeakPassphrase):
        tool.enrol("too short", CHEAP)


def test_the_same_passphrase_typed_on_another_keyboard_is_the_same() -> None:
    locked, *_ = tool.enrol("cafe\u0301 and eleven more", CHEAP)
    assert tool.unlock(locked, "caf\u00e9 and eleven more")


def test_a_lost_key_comes_back_from_paper_and_public_text_and_from_neither_alone() -> None:
    locked, public, paper = tool.enrol(SAID, CHEAP)
    again = tool.recover(public, f"  {paper.upper()}\n", "another passphrase", CHEAP)
    assert bytes(tool.unlock(again, "another passphrase")) == bytes(tool.unlock(locked, SAID))
    half = tool.dearmour(public, tool.KEY)["half"]
    for alone in ([paper], [half]):
        with pytest.raises(tool.DoNotFit):
            tool.join(alone)


def test_recovery_words_that_are_wrong_are_said_to_be_wrong() -> None:
    _locked, public, paper = tool.enrol(SAID, CHEAP)
    *_rest, foreign = tool.enrol(SAID, CHEAP)
    half = tool.dearmour(public, tool.KEY)["half"]
    for words in (foreign, paper.rsplit(" ", 1)[0], half, "", "not words at all", "zero " * 33):
        with pytest.raises(tool.WrongRecovery):
            tool.recover(public, words, SAID, CHEAP)


def test_one_locked_file_is_not_taken_for_the_other() -> None:
    locked, *_ = tool.enrol(SAID, CHEAP)
    with pytest.raises(tool.WrongKind):
        tool.unlock(locked, SAID, tool.ONCE)
    with pytest.raises(tool.Reused):
        tool.unlock(tool.armour(tool.USED, {}), SAID, tool.ONCE)
    relabelled = tool.armour(tool.LOCKED, {**tool.dearmour(locked, tool.LOCKED), "use": tool.ONCE})
    with pytest.raises(tool.WrongPassphrase):
        tool.unlock(relabelled, SAID, tool.ONCE)


@pytest.mark.parametrize("changes", [{"memory": 2**40}, {"ops": 10**9}, {"ops": True}, {"memory": "8192"}, {"salt": "AA=="},
                                     {"key": "!"}, {"sealed": None}])
def test_a_forged_key_file_does_not_eat_the_computer(changes: dict) -> None:
    locked, *_ = tool.enrol(SAID, CHEAP)
    with pytest.raises(tool.Damaged):
        tool.unlock(tool.armour(tool.LOCKED, {**tool.dearmour(locked, tool.LOCKED), **changes}), SAID)


@pytest.mark.parametrize("weak", [bytes(32), (1).to_bytes(32, "little"),
                                  bytes.fromhex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")])
def test_a_key_that_everybody_could_open_is_refused(weak: bytes) -> None:
    with pytest.raises(tool.Damaged):
        tool.public_key(tool.armour(tool.ONCE, {"key": tool.b64(weak)}), tool.ONCE)
    made = case()
    made.requests[0] = tool.armour(tool.REQUEST, {**tool.dearmour(made.requests[0], tool.REQUEST), "to": tool.b64(weak)})
    with pytest.raises(tool.Damaged):
        give(made, 0)


# Armour


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.lists(st.text())), st.text(), st.text())
@settings(max_examples=25, deadline=None)
def test_armour_carries_anything_through_a_mail(fields: dict, before: str, after: str) -> None:
    text = tool.armour(tool.REQUEST, fields)
    quoted = "\r\n".join("> " + line for line in text.splitlines())
    around = f"{before.replace('-', '')}\n{quoted}\n{after.replace('-', '')}"
    assert tool.dearmour(around, tool.REQUEST) == fields


def test_every_single_slip_in_an_armoured_text_is_noticed() -> None:
    text = tool.armour(tool.KEY, {"key": "x" * 40})
    body = range(text.index("\n") + 1, text.rindex("-----END") - 1)
    for place in (p for p in body if text[p] not in "\n"):
        other = "A" if text[place] != "A" else "B"
        with pytest.raises(tool.Trouble):
            tool.dearmour(text[:place] + other + text[place + 1:], tool.KEY)


def test_every_way_of_cutting_it_off_is_noticed() -> None:
    text = tool.armour(tool.KEY, {"key": "x" * 40}).strip()
    for length in range(len(text)):
        with pytest.raises(tool.NothingThere if length < 21 else tool.Truncated):
            tool.dearmour(text[:length], tool.KEY)
    with pytest.raises(tool.NothingThere):
        tool.dearmour(text[30:], tool.KEY)


@pytest.mark.parametrize(("text", "trouble"), [
    ("", tool.NothingThere), ("Please find it attached.", tool.NothingThere), ("x" * (tool.LONGEST + 1), tool.TooLong),
    ("-----BEGIN POLYPHONY KEYHOLDER KEY-----\n-----END POLYPHONY KEYHOLDER KEY-----", tool.Damaged),
    ("-----BEGIN POLYPHONY " * 1000, tool.Truncated),
    ("-----BEGIN POLYPHONY \u0635-----\n\u0635\n=\u0635\n-----END POLYPHONY \u0635-----", tool.Damaged),
])
def test_what_is_no_armoured_text_is_told_so(text: str, trouble: type[Exception]) -> None:
    with pytest.raises(trouble):
        tool.dearmour(text, tool.KEY)


@pytest.mark.parametrize("body", [b"[]", b"{", b"[" * 100_000, b"\xff", b'{"key": 1' + b"0" * 9999 + b"}"])
def test_a_right_checksum_over_nonsense_is_damage(body: bytes) -> None:
    text = (f"-----BEGIN POLYPHONY KEYHOLDER KEY-----\n{tool.b64(body)}\n={tool._checksum(tool.KEY, body)}\n"
            "-----END POLYPHONY KEYHOLDER KEY-----")
    with pytest.raises(tool.Damaged):
        tool.public_key(text)


def test_another_kind_is_named() -> None:
    locked, public, _paper = tool.enrol(SAID, CHEAP)
    with pytest.raises(tool.WrongKind, match=r"LOCKED KEY.*SHARE REQUEST"):
        tool.request(locked, PrivateKey.generate(), NOW)
    assert tool.dearmour(locked + public, tool.KEY)


@pytest.mark.parametrize("wrong", [None, 0, "", [], {}, "A" * 33, [[]], [None]])
def test_a_field_of_another_shape_is_a_sentence_and_never_a_crash(wrong: object) -> None:
    made = case()
    given_ = [give(made, 0), give(made, 1)]
    for text, read in (
        (made.requests[0], lambda t: tool.release(tool.request(t, made.keys[0], NOW), made.keys[0])),
        (record(made, *given_), lambda t: tool.open_record(t, made.once, NOW)),
        (given_[0] + record(made, given_[1]), lambda t: tool.open_record(t, made.once, NOW)),
    ):
        kind, fields = tool.blocks(text)[0]
        for name in fields:
            forged = tool.armour(kind, {**fields, name: wrong}) + text[text.index(f"END POLYPHONY {kind}-----") + 20 + len(kind):]
            try:
                read(forged)
            except tool.Trouble:
                continue
            assert name in ("who", "reason", "made", "opening", "needs", "from", "shares"), f"{kind}.{name} is not read at all"


# Requests and shares


def test_a_request_for_somebody_else_is_foreign() -> None:
    made = case()
    with pytest.raises(tool.ForeignKey):
        tool.request(made.requests[0], made.keys[1], NOW)


@pytest.mark.parametrize(("when", "trouble"), [
    (NOW + timedelta(days=3, minutes=6), tool.Expired), (NOW - timedelta(minutes=6), tool.NotYet)])
def test_out_of_time(when: datetime, trouble: type[Exception]) -> None:
    made = case()
    for act in (lambda: give(made, 0, when), lambda: tool.open_record(record(made), made.once, when)):
        with pytest.raises(trouble, match="2026-05"):
            act()


@pytest.mark.parametrize("when", [NOW + timedelta(days=3, minutes=4), NOW - timedelta(minutes=4)])
def test_clocks_may_differ_a_little(when: datetime) -> None:
    made = case()
    assert give(made, 0, when)


@pytest.mark.parametrize("until", ["", "tomorrow", "9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+14:00"])
def test_times_that_are_none(until: str) -> None:
    made = case()
    fields = {**tool.dearmour(made.requests[0], tool.REQUEST), "until": until}
    with pytest.raises(tool.Damaged):
        tool.request(tool.armour(tool.REQUEST, fields), made.keys[0], NOW)


def test_a_share_of_another_record_is_not_given_under_a_false_name() -> None:
    made = case()
    other = sealing.share_request(made.asked, key=bytes(made.keys[0].public_key),
                                  shares=[("record-2", made.sealed.shares[0])])
    with pytest.raises(tool.DoNotFit):
        tool.release(tool.request(other, made.keys[0], NOW), made.keys[0])


def test_a_share_released_for_another_request_opens_nothing() -> None:
    made = case()
    first = give(made, 0)
    later = SimpleNamespace(**{**vars(made), "asked": asked(made.once, opening="opening-2")})
    later.requests = [sealing.share_request(later.asked, key=bytes(key.public_key), shares=[("record-1", share)])
                      for key, share in zip(made.keys, made.sealed.shares, strict=True)]
    with pytest.raises(tool.DoNotFit):
        tool.open_record(record(later, first, give(later, 1)), made.once, NOW)
    forged = tool.armour(tool.RELEASED, {**tool.dearmour(first, tool.RELEASED), "opening": "opening-2"})
    with pytest.raises(tool.DoNotFit):  # the outside can be rewritten, the inside cannot
        tool.open_record(record(later, forged, give(later, 1)), made.once, NOW)


def test_the_same_share_twice_is_not_two() -> None:
    made = case()
    with pytest.raises(tool.Reused):
        tool.open_record(record(made, give(made, 0), give(made, 0)), made.once, NOW)


def test_released_shares_open_with_the_requesters_key_alone() -> None:
    made = case()
    text = record(made, give(made, 0), give(made, 1))
    for foreign in (PrivateKey.generate(), made.keys[0]):
        with pytest.raises(tool.ForeignKey):
            tool.open_record(text, foreign, NOW)


def test_what_is_handed_in_is_checked_before_it_is_kept() -> None:
    made = case()
    text, key = give(made, 0), bytes(made.keys[0].public_key)
    assert sealing.released(f"Dear all,\n{text}\nBest", asked=made.asked, key=key) == text
    with pytest.raises(tool.DoNotFit):
        sealing.released(text, asked=made.asked, key=bytes(made.keys[1].public_key))
    with pytest.raises(tool.DoNotFit):
        sealing.released(text, asked=asked(made.once, opening="opening-2"), key=key)
    with pytest.raises(tool.Damaged):  # no room for anything else to be smuggled into the database
        sealing.released(tool.armour(tool.RELEASED, {**tool.dearmour(text, tool.RELEASED), "name": "x"}),
                         asked=made.asked, key=key)


# A new set of keyholders


def _reshared(made: SimpleNamespace, new: list[PrivateKey], needs: int, who: tuple[int, ...]) -> dict[str, list[bytes]]:
    order = sealing.reshare_order(made.asked, records=["record-1"], needs=needs, keys=publics(new),
                                  released=[give(made, x) for x in who])
    text = tool.reshare(order, made.once, NOW)
    return sealing.new_shares(text, asked=made.asked, records=["record-1"], needs=needs, keys=publics(new))


def test_new_keyholders_open_the_same_ciphertext_and_old_shares_do_not_mix() -> None:
    made = case(2, 3)
    new = [*made.keys[:2], PrivateKey.generate(), PrivateKey.generate()]
    shares = _reshared(made, new, 3, (0, 1))["record-1"]
    after = SimpleNamespace(**{**vars(made), "keys": new, "needs": 3})
    after.requests = [sealing.share_request(made.asked, key=bytes(key.public_key), shares=[("record-1", share)])
                      for key, share in zip(new, shares, strict=True)]
    assert tool.open_record(record(after, *[give(after, x) for x in (1, 2, 3)]), made.once, NOW) == TOLD
    with pytest.raises(tool.DoNotFit):  # who left kept her old share; with new ones it is worth nothing
        tool.open_record(record(after, give(made, 2), give(after, 0), give(after, 1)), made.once, NOW)
    with pytest.raises(tool.TooFew):
        tool.open_record(record(after, give(after, 0), give(after, 1)), made.once, NOW)


def test_too_few_old_shares_make_no_new_ones() -> None:
    made = case(3, 4)
    with pytest.raises(tool.TooFew):
        _reshared(made, ring(3), 2, (0, 1))


def test_new_shares_for_other_records_or_keys_are_not_taken() -> None:
    made, new = case(), ring(3)
    order = sealing.reshare_order(made.asked, records=["record-1"], needs=2, keys=publics(new),
                                  released=[give(made, 0), give(made, 1)])
    text = tool.reshare(order, made.once, NOW)
    right = {"asked": made.asked, "records": ["record-1"], "needs": 2, "keys": publics(new)}
    assert sealing.new_shares(text, **right)
    for wrong in ({"records": ["record-1", "record-2"]}, {"needs": 3}, {"keys": publics(ring(3))},
                  {"asked": asked(made.once, opening="opening-2")}):
        with pytest.raises(tool.DoNotFit):
            sealing.new_shares(text, **{**right, **wrong})
    missing = sealing.reshare_order(made.asked, records=["record-1", "record-2"], needs=2, keys=publics(new),
                                    released=[give(made, 0), give(made, 1)])
    with pytest.raises(tool.TooFew):
        tool.reshare(missing, made.once, NOW)
