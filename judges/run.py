"""`make judge`: outside judges look at the running demo as visitor, stakeholder and company member.

Ends non-zero when one finds what `docs/judges.md` does not explain. Everything stays on this machine.
"""

import sys
import time
from collections.abc import Callable

from judges import demo, findings, tools

PEOPLE = {"visitor": "", "stakeholder": "coordinator@sauti.example", "company": "lead@halcyon.example"}


def main() -> int:
    began, found, known = time.monotonic(), [], findings.explained()
    found += _ask("bandit", tools.bandit)
    with demo.running() as base:
        cookies = {who: demo.sign_in(base, address) if address else "" for who, address in PEOPLE.items()}
        found += _ask("csp-evaluator", lambda: tools.csp(base))
        found += _ask("vnu", lambda: tools.vnu(base, cookies["company"]))
        for who, cookie in cookies.items():
            found += _ask(f"sqlmap as {who}", lambda who=who, cookie=cookie: tools.sqlmap(base, who, cookie))
            found += _ask(f"wapiti as {who}", lambda who=who, cookie=cookie: tools.wapiti(base, who, cookie))
            if cookie and demo.ask(base, "GET", "/en/account", cookie)[0] != 200:
                print(f"The session of {who} ended on the way: not everything was seen.")
    new = findings.unexplained(found, known)
    print(f"\n{len(found)} findings, {len(new)} not explained in docs/judges.md, {time.monotonic() - began:.0f} s")
    for each in findings.idle(found, known):
        print(f"  explained, but not found this time: {each.judge}: {each.what} at {each.where}")
    for each in new:
        print(f"  NOT EXPLAINED {each}")
    return 1 if new else 0


def _ask(name: str, judge: Callable[[], list[findings.Finding]]) -> list[findings.Finding]:
    began = time.monotonic()
    try:
        found = judge()
        print(f"{name}: {len(found)} findings in {time.monotonic() - began:.0f} s", flush=True)
        return found
    except tools.NotHere as missing:
        print(f"{name}: not asked. {missing}", flush=True)
        return []


if __name__ == "__main__":
    sys.exit(main())
