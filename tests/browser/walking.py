"""People who walk through the pages with a browser: the same steps with scripts and without, in any language.

Fields are found by their names and links by where they lead, never by their words, so that a story can be told in
Arabic as well. Whoever watches (`Watch`) looks at each page on which somebody arrives.
"""

import re
import threading
import unicodedata
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pyotp
from axe_playwright_python.sync_playwright import Axe

from polyphony.demo.cast import PASSWORD
from polyphony.demo.door import demo_secret

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SWAPPING = ".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added"
EACH_MINUTE = ("consultations.turn_with_time", "fund.calls_turn_with_time", "fund.seal")
WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def aside(work: Callable[[], Any]) -> None:
    """Work outside the thread in which the browser's own loop runs."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]


WORLDS: dict[str, Any] = {}  # what stands behind each address that is served


def second_step(page: Any, base: str, address: str) -> None:
    """After the password: the code of a demo member, or a new app for whoever signs in for the first time."""
    if "/second-step" in page.url:
        WORLDS[base].sql("UPDATE people.factor SET mark = 0")  # a code works once; here many sign in as one in a moment
        secret = demo_secret(address)
    elif "/second-factors/app" in page.url:
        secret = "".join(page.locator("main code").first.text_content().split())
    else:
        return
    page.fill("main [name=code]", pyotp.TOTP(secret).now())
    with page.expect_navigation():
        page.locator("main form:has([name=code]) button").first.click()
    if "/second-factors" in page.url:
        page.goto(f"{base}/{page.get_attribute('html', 'lang')}/home")


class Watch:
    """Whoever looks over a walker's shoulder: axe and widths on each page state, once for each kind of person."""

    def __init__(self, *, axe: bool = True, languages: tuple[str, ...] = ("en", "ar"), widths: tuple[int, ...] = (320, 1280)):
        self.axe, self.languages, self.widths = axe, languages, widths
        self.seen: set[tuple[str, ...]] = set()
        self.wrong: list[str] = []

    def look(self, walker: "Walker", state: str = "") -> None:
        """Judge the page as it stands, then the same address in the other languages."""
        path = walker.page.url.removeprefix(walker.base).split("#")[0]
        key = (walker.kind, UUID.sub("…", path).split("?")[0], state)
        if key in self.seen:
            return
        self.seen.add(key)
        self._judge(walker.page, walker.lang, self.widths[0] if walker.scripts else 0)
        for lang in self.languages if not state else ():
            if not path.startswith(f"/{walker.lang}/") or lang == walker.lang:
                continue
            page = walker.page.context.new_page()
            page.goto(f"{walker.base}/{lang}/{path.split('/', 2)[2]}")
            self._judge(page, lang, self.widths[-1] if walker.scripts else 0)
            page.close()

    def _judge(self, page: Any, lang: str, axe_at: int) -> None:
        """Widths in every language; axe once in each, narrow in the walker's own and wide in the others: it is slow.

        Never where scripts are off: axe is one, and would be waited for without end.
        """
        size = page.viewport_size
        if lang == "ar" and page.get_attribute("html", "dir") != "rtl":
            self.wrong.append(f"{page.url}: Arabic does not run from the right")
        for width in self.widths:
            page.set_viewport_size({"width": width, "height": 800})
            if page.evaluate(WIDER):
                self.wrong.append(f"{page.url}: overflows at {width} px")
            if self.axe and width == axe_at:
                found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
                self.wrong += [f"{page.url} at {width}: {v['id']}: {v['nodes'][0]['html'][:160]}" for v in found]
        page.set_viewport_size(size)


class Stage:
    """A world with a browser and an address: lets people in, turns time, does the jobs."""

    def __init__(self, world: Any, browser: Any, base: str):
        self.world, self.browser, self.base = world, browser, base
        self.watch: Watch | None = None
        self.scripts = True
        self.walkers: list[Walker] = []

    def enter(self, kind: str, *, lang: str = "en", width: int = 1280) -> "Walker":
        """Somebody opens a browser of her own."""
        context = self.browser.new_context(viewport={"width": width, "height": 800}, java_script_enabled=self.scripts)
        made = Walker(context.new_page(), self.base, kind=kind, lang=lang, watch=self.watch, scripts=self.scripts)
        self.walkers.append(made)
        return made

    def member(self, address: str, *, lang: str = "en", password: str = PASSWORD, width: int = 1280) -> "Walker":
        """Somebody with an account, signed in through the interface."""
        who = self.enter(address.split("@")[0].rstrip("12"), lang=lang, width=width)
        who.goto("/sign-in").fill("address", address=address, password=password).send("address")
        second_step(who.page, self.base, address)
        assert "sign-in" not in who.url, f"{address} could not sign in"
        return who

    def pass_time(self) -> None:
        """What the minute's job does, and everything it puts on the queue."""
        from polyphony.kernel import jobs

        def work() -> None:
            with self.world.worker.app_context():
                from polyphony.kernel.database import db

                for name in EACH_MINUTE:
                    jobs.TASKS[name].function()
                    db.session.commit()
            self.world.work()

        aside(work)

    def turn(self, id: str, **days: float) -> None:
        """Turn the clock: a consultation's dates come to lie so many days ahead (or behind), its promise included.

        The database refuses to move a promised date; here it is time that moves, so its triggers look away.
        """
        set_to = ", ".join(f"{name} = {'current_date' if name.endswith('_on') else 'now()'} + interval '{float(many)} days'"
                           for name, many in days.items())
        self.world.sql(f"SET session_replication_role = replica; UPDATE consultations.consultation SET {set_to} "
                       f"WHERE id = '{UUID.fullmatch(id)[0]}'")

    def turn_call(self, id: str, **days: float) -> None:
        """Turn the clock for a call of the fund: what was announced stands, so again it is time that moves."""
        set_to = ", ".join(f"{name} = now() + interval '{float(many)} days'" for name, many in days.items())
        self.world.sql(f"SET session_replication_role = replica; UPDATE fund.call SET {set_to} WHERE id = '{UUID.fullmatch(id)[0]}'")

    def id_of(self, organisation: str) -> str:
        """The id of an organisation of the cast, by its name."""
        return str(self.world.sql("SELECT id FROM organisations.organisation WHERE name = %s", organisation)[0][0])

    def close(self) -> None:
        for walker in self.walkers:
            walker.page.context.close()


class Walker:
    """One person at her browser."""

    def __init__(self, page: Any, base: str, *, kind: str, lang: str, watch: Watch | None, scripts: bool):
        self.page, self.base, self.kind, self.lang = page, base, kind, lang
        self.watch, self.scripts = watch, scripts
        self.faults: list[str] = []
        page.on("request", lambda asked: None if asked.url.startswith(base) else self.faults.append(f"asks {asked.url}"))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        # A refusal is a status of its own, and a sum that is asked for anew leaves its question before: no faults.
        page.on("console", lambda said: self.faults.append(said.text) if said.type == "error"
                and "Failed to load resource" not in said.text and "htmx:sendAbort" not in said.text else None)

    @property
    def url(self) -> str:
        return str(self.page.url)

    @property
    def text(self) -> str:
        """What she reads on the page, and what stands in its larger fields."""
        fields = self.page.locator("textarea").evaluate_all("all => all.map(each => each.value)")
        return "\n".join((self.page.inner_text("body"), *fields))

    def sees(self, *words: str) -> "Walker":
        for each in words:
            assert each in self.text, f"{self.kind} does not see “{each}” on {self.url}:\n{self.text[:3000]}"
        return self

    def unfolded(self) -> "Walker":
        """Open whatever is folded in the middle of the page, as somebody does who reads all of it."""
        folded = self.page.locator("main details:not([open]) > summary")
        for _ in range(folded.count()):
            folded.first.click()
        return self

    def sees_not(self, *words: str) -> "Walker":
        for each in words:
            assert each not in self.text, f"{self.kind} sees “{each}” on {self.url}"
        return self

    def holds(self, **values: str) -> "Walker":
        """What she typed still stands in its fields."""
        for name, value in values.items():
            assert self.page.locator(f'main form [name="{name}"]').first.input_value() == value, f"{name} on {self.url}"
        return self

    def goto(self, path: str) -> "Walker":
        answer = self.page.goto(f"{self.base}/{self.lang}{path}")
        assert answer.status < 400, f"{self.kind}: {answer.status} at {path}\n{self.text[:1500]}"
        return self._arrived()

    def follow(self, part: str) -> "Walker":
        """Click the first link to an address that ends like this, or else has this in it."""
        ends, has = (self.page.locator(", ".join(f'{place} a[href{sign}"{part}"]' for place in ("main", "aside", "nav")))
                     for sign in ("$=", "*="))
        link = (ends if ends.count() else has).first
        assert link.count(), f"{self.kind} finds no link to {part} on {self.url}:\n{self.text[:2500]}"
        self._unfold(link)
        with self.page.expect_navigation() as moved:
            link.click()
        answer = moved.value
        assert answer is None or answer.status < 400, f"{self.kind}: {answer.status} at {self.url}\n{self.text[:1500]}"
        return self._arrived()

    def lost(self, path: str, *words: str) -> "Walker":
        """This page is not there for her, or nothing on it tells of what she must not meet."""
        self.page.goto(f"{self.base}/{self.lang}{path}")
        return self.sees_not(*words)

    def form(self, field_or_action: str) -> Any:
        """The form that has this field, or whose address ends like this."""
        query = (f'main form[action$="{field_or_action}"]' if field_or_action.startswith("/")
                 else f'main form:has([name="{field_or_action}"])')
        found = self.page.locator(query).first
        assert found.count(), f"{self.kind} finds no form {field_or_action} on {self.url}:\n{self.text[:2500]}"
        return found

    def fill(self, form: str, **values: Any) -> "Walker":
        """Fill fields of a form by their names: text, a choice, or a list of choices."""
        place = self.form(form)
        for name, value in values.items():
            self._fill(place.locator(f'[name="{name}"]'), name, value)
        return self

    def _fill(self, fields: Any, name: str, value: Any) -> None:
        assert fields.count(), f"{self.kind} finds no field {name} on {self.url}"
        self._unfold(fields.first)
        tag = fields.first.evaluate("e => e.tagName + ' ' + (e.type || '')").lower()
        if tag.startswith("select"):
            fields.first.select_option(value)
        elif "radio" in tag or "checkbox" in tag:
            wanted = {str(each) for each in (value if isinstance(value, list) else [value])}
            for each in fields.all():
                is_wanted = value is True or each.get_attribute("value") in wanted
                if each.is_checked() != is_wanted and (is_wanted or "checkbox" in tag):
                    self.page.locator(f'label[for="{each.get_attribute("id")}"]').click()
                    assert each.is_checked() == is_wanted, f"{name} cannot be chosen on {self.url}"
        else:
            fields.first.fill(", ".join(value) if isinstance(value, list) else value)

    def _unfold(self, thing: Any) -> None:
        """Open what is folded around it, as a person would."""
        for fold in thing.locator("xpath=ancestor::details[not(@open)]").all():
            fold.locator("> summary").click()

    def send(self, form: str, *, status: int = 0, press: str = "") -> "Walker":
        """Press the form's button and see where it leads; `status` if not onwards.

        `press` is another button's name, or how the address ends to which it sends the form.
        """
        place = self.form(form)
        swaps = self.scripts and place.get_attribute("hx-post")
        other = f'button[formaction$="{press}"]' if press.startswith("/") else f'button[name="{press}"]'
        seen = place.locator("button:not([aria-hidden])")
        plain = place.locator("button:not([aria-hidden]):not([name])")  # a named one says more than "send this"
        button = (place.locator(other) if press else plain if plain.count() else seen).first
        self._unfold(button)
        action = str(button.get_attribute("formaction") or place.get_attribute("action")).split("?")[0]
        with self.page.expect_response(lambda r: r.request.method == "POST" and r.url.split("?")[0].endswith(action)) as posted:
            here = urlsplit(self.page.url).path
            if swaps:
                button.click()
            else:
                with self.page.expect_navigation():
                    button.click()
        got = posted.value.status
        if swaps and got == 204:  # htmx goes to another page as a whole
            self.page.wait_for_url(lambda url: urlsplit(url).path != here)
            got = 303
        elif swaps:
            self.page.wait_for_load_state("networkidle")
            self.page.locator(SWAPPING).first.wait_for(state="detached")
        assert got == (status or 303), f"{self.kind}: {got} for {form} on {self.url}\n{self.text[:2500]}"
        return self._arrived(f"refused {status} {form}" if status else "")

    def through(self, done: str, **values: Any) -> "Walker":
        """Fill a form that may be told on several pages, until the address says it is done."""
        left = dict(values)
        for _ in range(8):
            here = [name for name in left if self.page.locator(f'main form [name="{name}"]').count()]
            assert here, f"{self.kind}: no page asks for {sorted(left)}; stands at {self.url}\n{self.text[:2000]}"
            self.fill(here[0], **{name: left.pop(name) for name in here}).send(here[0])
            if done in self.url:
                break
        assert not left, f"nobody asked for {sorted(left)}"
        return self

    def take_phrase(self) -> str:
        """Write the return phrase down and type the two words asked for; answers the phrase."""
        words = [each.strip() for each in self.page.locator("ol.phrase li").all_inner_texts()]
        typed = {}
        for name in ("first", "second"):
            hint = self.page.locator(f"label[for={name}]").inner_text()
            number = int("".join(str(unicodedata.digit(c)) for c in hint if c.isdigit()))
            typed[name] = words[number - 1]
        self.fill("first", **typed).send("first")
        return " ".join(words)

    def _arrived(self, state: str = "") -> "Walker":
        assert not self.faults, f"{self.kind} at {self.url}: {self.faults}"
        if self.watch:
            self.watch.look(self, state)
        return self
