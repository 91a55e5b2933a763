"""The judges: each is asked in its own way and answers with findings, or with a sentence why it could not be asked."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from judges import demo
from judges.findings import Finding

ROOT = demo.ROOT
OWN = ROOT / ".venv-judge" / "bin"
NODE = Path(os.environ.get("POLYPHONY_NPM") or ROOT / ".venv" / "npm") / "node_modules"
# Modules of wapiti that ask nobody but us. The others ask hosts of its authors, or look for programs that we are not.
MODULES = ("backup", "cookieflags", "crlf", "csp", "csrf", "exec", "file", "htaccess", "http_headers", "ldap", "methods",
           "permanentxss", "redirect", "sql", "timesql", "upload", "xss")
# Addresses that end the session which the judge uses.
ENDING = ("sign-out", "sign-out-everywhere", "leave", "account/password")
CRAWL, ATTACK = 30, 4  # seconds for the crawl of one person, and for one module's attack
INJECT = 300  # seconds for sqlmap as one person
ASKED = re.compile(r"[?&](\w+)=")
# Of each person addresses whose parameters become a part of what the database is asked, with the page that names their ids.
DOORS = {
    "visitor": {"/en/sign-in/company?name=halcyon": "", "/en/consultations/…/inputs?q=water&in=en": "/en/consultations"},
    "stakeholder": {"/en/consultations/…/inputs?q=water&in=en": "/en/consultations"},
    "company": {"/en/consultations/…/inputs?q=water&in=en": "/en/consultations"},
    "fund": {"/en/fund/calls/…/applications?q=water": "/en/fund"},
}
ANY_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class NotHere(Exception):
    """A judge that this machine does not have; the sentence says how to get it."""


class NotDone(Exception):
    """A judge that did not come to its end."""


def bandit() -> list[Finding]:
    """Reads our Python for what is usually a fault."""
    done = subprocess.run([OWN / "bandit", "-q", "-r", "platform", "wsgi.py", "hatch_build.py", "judges", "-f", "json"], cwd=ROOT,
                          capture_output=True, text=True, check=False, timeout=120)
    return [Finding("bandit", f"{each['test_id']} {each['test_name']}", each["filename"].removeprefix("./"))
            for each in json.loads(done.stdout)["results"]]


def csp(base: str) -> list[Finding]:
    """Grades the policies of every kind of answer."""
    if not (NODE / "csp_evaluator").is_dir() or not shutil.which("node"):
        raise NotHere("csp_evaluator needs node and npm: install them, then `make judge` again.")
    found = []
    for path in ("/en/", "/en/sign-in", "/en/no/such/place", "/static/polyphony.css", "/healthz"):
        told = demo.ask(base, "GET", path)[2]
        found += graded("Content-Security-Policy", told["Content-Security-Policy"] or "", path)
    return found


def graded(name: str, policy: str, where: str) -> list[Finding]:
    """What csp_evaluator says about one policy."""
    ask = ("const {CspEvaluator} = require('csp_evaluator'), {CspParser} = require('csp_evaluator/dist/parser');"
           "const found = new CspEvaluator(new CspParser(process.argv[1]).csp).evaluate();"
           "console.log(JSON.stringify(found.map(f => [f.severity, f.directive, f.value || '', f.description])))")
    done = subprocess.run(["node", "-e", ask, policy], env={"NODE_PATH": str(NODE), "PATH": "/usr/bin:/usr/local/bin:/bin"},
                          capture_output=True, text=True, check=True, timeout=30)
    return [Finding("csp-evaluator", f"{directive} {value}".strip(), where)
            for severity, directive, value, _ in json.loads(done.stdout)]


def wapiti(base: str, who: str, cookie: str) -> list[Finding]:
    """Walks the pages and tries what an attacker tries first."""
    with tempfile.TemporaryDirectory(prefix="wapiti-") as place:
        told = Path(place) / "told.json"
        call = [OWN / "wapiti", "-u", f"{base}/en/", "--scope", "folder", "-m", ",".join(MODULES), "-d", "3",
                "--max-scan-time", str(CRAWL), "--max-attack-time", str(ATTACK), "--max-links-per-page", "25",
                "--tasks", "4", "-t", "10", "--flush-session", "--store-session", place, "--store-config", place,
                "--no-bugreport", "--endpoint", f"{base}/healthz", "-f", "json", "-o", told, "-v", "0"]
        for each in ENDING:
            call += ["-x", f"{base}/en/{each}"]
        if cookie:
            call += ["-C", cookie, "--drop-set-cookie"]
        subprocess.run(call, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, timeout=CRAWL + 200)
        if not told.is_file():
            raise NotDone(f"wapiti said nothing as {who}")
        report = json.loads(told.read_text("utf-8"))
    groups = {**report["vulnerabilities"], **report["anomalies"], **report["additionals"]}
    return [Finding("wapiti", kind, ANY_ID.sub("…", f"{each['method']} {urlsplit(each['path']).path}"))
            for kind, every in groups.items() for each in every]


def sqlmap(base: str, who: str, cookie: str) -> list[Finding]:
    """Tries to reach the database through what pages look for: each of this person's doors with its parameters."""
    program = shutil.which("sqlmap")
    if not program:
        raise NotHere("sqlmap is not here (Debian: apt-get install sqlmap).")
    found = []
    for door in doors(base, who, cookie):
        with tempfile.TemporaryDirectory(prefix="sqlmap-") as place:
            said = _bounded([program, "-u", base + door, "--batch", "--level", "2", "--risk", "2", "--technique", "BEUST", "--dbms", "PostgreSQL",
                             "--time-sec", "2", "--flush-session", "--disable-coloring", "--output-dir", place, "--timeout", "10",
                             "--retries", "0", "-p", ",".join(ASKED.findall(door)), *(["--cookie", cookie] if cookie else [])], INJECT)
        found += injected(said, door)
    return found


def injected(said: str, door: str) -> list[Finding]:
    """What sqlmap says of one door. That it found nothing means something only where it was let in and tried every parameter."""
    if re.search(r"sqlmap identified the following injection point|is vulnerable", said):
        return [Finding("sqlmap", "injection", ANY_ID.sub("…", urlsplit(door).path))]
    untried = [name for name in ASKED.findall(door) if f"GET parameter '{name}' does not seem to be injectable" not in said]
    if untried or re.search(r"\b(?:429|5\d\d) \(", said):
        raise NotDone(f"sqlmap was kept out of {door}, or did not try {untried}:\n{said[-1500:]}")
    return []


def doors(base: str, who: str, cookie: str) -> list[str]:
    """The doors of this person in the demo, each of which lets her in."""
    found = []
    for door, named in DOORS[who].items():
        if named:
            said = re.search(door.partition("…")[0] + f"({ANY_ID.pattern})", demo.ask(base, "GET", named, cookie)[1])
            door = door.replace("…", said[1] if said else "")
        if (status := demo.ask(base, "GET", door, cookie)[0]) != 200:
            raise NotDone(f"{who} is answered {status} at {door}")
        found.append(door)
    return found


def _bounded(call: list[str], seconds: int) -> str:
    try:
        done = subprocess.run(call, capture_output=True, text=True, check=False, timeout=seconds, stdin=subprocess.DEVNULL)
        return done.stdout + done.stderr
    except subprocess.TimeoutExpired:
        raise NotDone(f"not at its end after {seconds} seconds") from None


def vnu(base: str, cookie: str) -> list[Finding]:
    """Reads our HTML as the standard does."""
    jar = NODE / "vnu-jar" / "build" / "dist" / "vnu.jar"
    if not jar.is_file() or not shutil.which("java"):
        raise NotHere("vnu-jar needs java.")
    with tempfile.TemporaryDirectory(prefix="vnu-") as place:
        for path in ("/en/", "/ar/", "/en/sign-in", "/en/come-back", "/en/consultations", "/en/fund", "/en/home", "/en/protection"):
            text = demo.ask(base, "GET", path, cookie)[1]
            (Path(place) / (path.strip("/").replace("/", "_") + ".html")).write_text(text, "utf-8")
        done = subprocess.run(["java", "-jar", jar, "--format", "json", "--exit-zero-always", "--skip-non-html", place],
                              capture_output=True, text=True, check=True, timeout=120)
    return [Finding("vnu", re.sub(r"[“”|]", "'", each["message"])[:90], "/" + Path(each["url"]).stem.replace("_", "/"))
            for each in json.loads(done.stderr)["messages"] if each["type"] == "error"]
