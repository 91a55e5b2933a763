"""The page with a return phrase carries it sealed: nobody but this place makes one, for this consultation alone."""

import json
import uuid

import pytest
from flask import Flask

from polyphony.inputs import sealing
from polyphony.inputs.rules import PhraseGone
from polyphony.kernel.secrets import bytes_of, text_of
from polyphony.settings import Settings

HERE = uuid.uuid4()


def place(key: str) -> Flask:
    app = Flask("sealing", root_path=".")
    app.extensions["settings"] = Settings(database_url="postgresql://x@localhost/none", secret_key=key * 40)
    return app


def of(app: Flask, about: uuid.UUID = HERE) -> tuple[sealing.Shown, str]:
    with app.app_context():
        shown = sealing.fresh(about, "sw")
        return shown, sealing.seal(shown)


def test_what_this_place_sealed_is_opened() -> None:
    app = place("n")
    shown, sealed = of(app)
    assert not any(word.encode() in bytes_of(sealed) for word in shown.words)
    with app.app_context():
        assert sealing.unseal(sealed, HERE) == shown


@pytest.mark.parametrize("fault", ["made up", "another place", "another consultation", "changed", "nothing", "rubbish"])
def test_no_other_phrase_is_taken(fault: str) -> None:
    app = place("n")
    _shown, sealed = of(app)
    changed = bytearray(bytes_of(sealed))
    changed[-1] ^= 1
    weak = json.dumps([["one"] * 7, [0, 1], str(HERE), "en"]).encode()
    wrong = {"made up": text_of(weak), "another place": of(place("m"))[1], "another consultation": of(app, uuid.uuid4())[1],
             "changed": text_of(bytes(changed)), "nothing": "", "rubbish": "%%%"}[fault]
    with app.app_context(), pytest.raises(PhraseGone):
        sealing.unseal(wrong, HERE)
