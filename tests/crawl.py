"""Every kind of person in a browser of her own, and every address of the demo."""

import uuid

from polyphony.demo.cast import PASSWORD
from polyphony.demo.story import PHRASES

PHRASE = next(iter(PHRASES.values()))
PEOPLE = {
    "visitor": "", "phrase": "", "lead": "lead@tern.example", "decider": "decider@halcyon.example",
    "facilitator": "facilitator@opentable.example", "coordinator": "coordinator@sauti.example",
    "translator": "translator@masar.example", "steward": "steward1@polyphony.example",
    "auditor": "auditor@polyphony.example",
}


def browser_of(demo, who):
    """A browser in which this kind of person is signed in."""
    client = demo.client()
    if PEOPLE[who]:
        answer = client.post("/en/sign-in", data={"address": PEOPLE[who], "password": PASSWORD})
        assert answer.status_code == 303, who
    if who == "phrase":
        answer = client.post("/en/come-back", data={"words": PHRASE})
        assert answer.status_code == 303, answer.get_data(as_text=True)
    return client


def addresses(demo):
    """Every GET address of the application, with ids of the demo where it takes some."""
    ids = {
        "consultation_id": [r[0] for r in demo.sql("SELECT id FROM consultations.consultation ORDER BY title")],
        "id": [r[0] for r in demo.sql("SELECT id FROM consultations.consultation ORDER BY title")],
        "theme_id": [r[0] for r in demo.sql("SELECT id FROM feedback.theme ORDER BY title LIMIT 3")],
        "input_id": [r[0] for r in demo.sql("SELECT id FROM inputs.input ORDER BY id LIMIT 3")],
        "measure_id": [r[0] for r in demo.sql("SELECT id FROM feedback.measure ORDER BY id LIMIT 2")],
        "organisation_id": [r[0] for r in demo.sql("SELECT id FROM organisations.organisation ORDER BY name LIMIT 2")],
    }
    found = []
    with demo.app.test_request_context():
        for rule in demo.app.url_map.iter_rules():
            if "GET" not in rule.methods or rule.endpoint == "static":
                continue
            names = sorted(rule.arguments - {"lang"})
            choices = ids.get(names[0], [uuid.UUID(int=7)]) if names else [None]
            for value in choices:
                values = {name: (value if n == 0 else uuid.UUID(int=7)) for n, name in enumerate(names)}
                values = {k: (str(v) if rule._converters.get(k).__class__.__name__ != "IntegerConverter" else 1)
                          for k, v in values.items()}
                if "lang" in rule.arguments:
                    values["lang"] = "en"
                found.append((rule.endpoint, demo.app.url_for(rule.endpoint, **values)))
    return found
