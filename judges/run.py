"""`make judge`: outside judges look at the running demo as visitor, stakeholder and company member.

Ends non-zero when one finds what `docs/judges.md` does not explain, could not be asked, or did not see everything.
Everything stays on this machine.
"""

import sys
import time
from collections.abc import Callable

from judges import demo, findings, tools

UNSEEN: list[str] = []
PEOPLE = {"visitor": "", "stakeholder": "coordinator@sauti.example", "company": "lead@halcyon.example"}
INJECTING = PEOPLE | {"fund": "admin@fund.example"}  # what outsiders cannot look for is looked for at the fund's desk


def main() -> int:
    began, found, known = time.monotonic(), [], findings.explained()
    found += _ask("bandit", tools.bandit)
    with demo.running() as base:
        cookies = {who: demo.sign_in(base, address) if address else "" for who, address in INJECTING.items()}
        found += _ask("csp-evaluator", lambda: tools.csp(base))
        found += _ask("vnu", lambda: tools.vnu(base, cookies["company"]))
        for who, cookie in cookies.items():
            found += _ask(f"sqlmap as {who}", lambda who=who, cookie=cookie: tools.sqlmap(base, who, cookie))
            if who in PEOPLE:
                found += _ask(f"wapiti as {who}", lambda who=who, cookie=cookie: tools.wapiti(base, who, cookie))
            if cookie and not demo.is_in(base, cookie):
                UNSEEN.append(f"The session of {who} ended on the way.")
    new = findings.unexplained(found, known)
    print(f"\n{len(found)} findings, {len(new)} not explained in docs/judges.md, {time.monotonic() - began:.0f} s")
    for each in findings.idle(found, known):
        print(f"  explained, but not found this time: {each.judge}: {each.what} at {each.where}")
    for each in new:
        print(f"  NOT EXPLAINED {each}")
    for lack in UNSEEN:
        print(f"  NOT SEEN {lack}")
    return 1 if new or UNSEEN else 0


def _ask(name: str, judge: Callable[[], list[findings.Finding]]) -> list[findings.Finding]:
    began = time.monotonic()
    try:
        found = judge()
        print(f"{name}: {len(found)} findings in {time.monotonic() - began:.0f} s", flush=True)
        return found
    except (tools.NotHere, tools.NotDone) as missing:
        UNSEEN.append(f"{name}: {missing}")
        print(UNSEEN[-1], flush=True)
        return []


if __name__ == "__main__":
    sys.exit(main())
