"""What the documentation says of the code is what the code says of itself."""

from polyphony.commands import docs, who
from polyphony.folders import root
from polyphony.kernel import policies
from polyphony.kernel.access import Rule, access, anyone


def test_the_diagram_is_the_transition_table() -> None:
    assert (root() / "docs" / "states.md").read_text("utf-8") == docs.states(), "run `polyphony docs`"


def test_who_may_do_what_is_what_pages_and_policies_say() -> None:
    assert (root() / "docs" / "who-may-do-what.md").read_text("utf-8") == who.table(), "run `polyphony docs`"


def test_a_page_or_a_policy_that_changes_changes_the_table(world, monkeypatch) -> None:
    before = list(who._pages(world.app)), list(who._tables())
    world.app.view_functions["organisations.directory"] = access(Rule("nobody", lambda v: False))(lambda: "")
    world.app.add_url_rule("/<lang>/planted", "planted", access(anyone)(lambda: ""), methods=["POST"])
    after = list(who._pages(world.app))
    assert set(after) - set(before[0]) == {"| `/organisations` | nobody |  |", "| `/planted` |  | anyone |"}
    kept = policies.declared["people.credential"]
    monkeypatch.setattr(kept, "policies", [*kept.policies, policies.Policy(kept.table, "select_planted", "SELECT", policies.APP)])
    [line] = set(who._tables()) - set(before[1])
    assert "planted*, self" in line
