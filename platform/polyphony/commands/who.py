"""The table "who may do what", read from the rules on the pages and from the policies of the database."""

from collections.abc import Iterator

from flask import Flask

from polyphony.kernel import access, policies

WAYS = (("GET", "look"), ("POST", "send"))
VERBS = (("SELECT", "read"), ("INSERT", "add"), ("UPDATE", "change"), ("DELETE", "remove"))
OTHERS = ((policies.WORKER, "worker"), (policies.LOOKUP, "functions"), (policies.VAULT, "vault"))


def table() -> str:
    """The whole page, from the application as it stands; no database is asked."""
    begins = ("# Who may do what", "", "Written by `polyphony docs` from the rule on each page and the policies of "
              "each table; a test compares.", "")
    return "\n".join([*begins, *_pages(application()), "", *_tables()]) + "\n"


def application() -> Flask:
    """The application as it stands, with no database behind it."""
    from polyphony.app import create_app
    from polyphony.settings import Settings

    return create_app(Settings(database_url="postgresql://polyphony_app@localhost/none", secret_key="n" * 40))


def _pages(app: Flask) -> Iterator[str]:
    yield from ("## Pages", "", "The rule says who may come to a page at all, and explains a no. What she finds there, "
                "the tables below decide: a thing that is not hers is not there. After a fresh proof: only when she "
                "has shown within the last ten minutes that it is she.", "")
    yield from ("| address | look | send |", "|---|---|---|")
    found: dict[str, dict[str, str]] = {}
    for rule in app.url_map.iter_rules():
        given = access.rule_of(app, rule.endpoint)
        address = rule.rule.removeprefix("/<lang>") or "/"
        for method, way in WAYS:
            if method in (rule.methods or ()):
                found.setdefault(address, {})[way] = _said(given) + _proven(app, rule.endpoint)
    for address, ways in sorted(found.items()):
        yield f"| `{address}` | {ways.get('look', '')} | {ways.get('send', '')} |"


def _said(given: access.Rule | None) -> str:
    if given is None:
        return "anyone"
    return f"{given.name} (reads as {given.hat})" if given.hat else given.name


def _proven(app: Flask, endpoint: str) -> str:
    return ", after a fresh proof" if getattr(app.view_functions[endpoint], "access_fresh", False) else ""


def _tables() -> Iterator[str]:
    yield from ("## Rows", "", "Which rows the web role reaches, by the names of their policies, which demand the "
                "sealed viewer; those with a star hold without one too. The last column says what other roles of the "
                "database may do: the worker, the narrow functions, the vault. An empty cell is a no.", "")
    yield from ("| table | read | add | change | remove | other roles |", "|---|---|---|---|---|---|")
    for name, kept in sorted(policies.declared.items()):
        cells = " | ".join(_web(kept, verb) for verb, _ in VERBS)
        yield f"| `{name}` | {cells} | {_elsewhere(kept)} |"


def _web(kept: policies.Protection, verb: str) -> str:
    if kept.open_reference:
        return "anyone*" if verb == "SELECT" else ""
    names = [each.name.removeprefix(f"{verb.lower()}_") + ("" if "viewer.sealed()" in each.using + each.check else "*")
             for each in kept.policies if each.to == policies.APP and each.verb == verb]
    granted = verb in kept.grants.get(policies.APP, "")
    return ", ".join(sorted(names)).replace("_", " ") if granted else ""


def _elsewhere(kept: policies.Protection) -> str:
    words = []
    for role, called in OTHERS:
        given = kept.grants.get(role, "")
        verbs = [word for verb, word in VERBS if verb in given]
        words += [f"{called}: {', '.join(verbs)}"] if verbs else []
    return "; ".join(words)
