"""A browser with htmx, as far as our pages use it: find an element, send a form, put the answer in its place."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

CHOSEN = ("radio", "checkbox", "button")  # sent only when somebody chose it
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
CHANGING = re.compile(rb'(name="(?:\w+-)?(?:csrf_token|once|sealed|sum)"[^>]*? value=")[^"]*"')


class Parser(HTMLParser):
    """Elements with where they stand in the text, and forms with what a browser would send."""

    def __init__(self, html):
        super().__init__()
        self.html, self.open, self.spans, self.forms = html, [], {}, []
        self.lines = [0]
        for line in html.split("\n"):
            self.lines.append(self.lines[-1] + len(line) + 1)
        self.chosen, self.area = None, None
        self.feed(html)

    def _here(self):
        line, column = self.getpos()
        return self.lines[line - 1] + column

    def handle_starttag(self, tag, attrs):
        about = dict(attrs)
        if tag not in VOID:
            self.open.append((tag, about.get("id"), self._here()))
        if tag == "form":
            self.forms.append(Sent(about, []))
        elif tag in ("input", "select", "textarea", "button") and self.forms and "name" in about and "disabled" not in about:
            kind = about.get("type", "text") if tag == "input" else tag
            self.forms[-1].fields.append([about["name"], about.get("value", ""), kind, "checked" in about])
            self.area = self.forms[-1].fields[-1] if tag == "textarea" else None
        elif tag == "option" and self.forms and self.forms[-1].fields:
            name, value = self.forms[-1].fields[-1][0], about.get("value", "")
            if "selected" in about:
                self.forms[-1].fields[-1][1] = value
            if value:
                self.forms[-1].first.setdefault(name, value)

    def handle_data(self, data):
        if self.area is not None:
            self.area[1] += data

    def handle_endtag(self, tag):
        self.area = None
        while self.open:
            name, id, start = self.open.pop()
            if name == tag:
                if id:
                    self.spans[id] = (start, self.html.index(">", self._here()) + 1)
                break


@dataclass
class Sent:
    """One form: its attributes, its fields as (name, value, kind, is ticked), and the first choice of each list."""

    about: dict
    fields: list = field(default_factory=list)
    first: dict = field(default_factory=dict)

    @property
    def is_fragment(self):
        return any(name.startswith("hx-") for name in self.about)

    def emptied(self):
        """What is sent when nothing is filled in."""
        return {name: "" if kind != "hidden" else value for name, value, kind, _ in self.fields
                if kind not in CHOSEN}

    def filled(self, **words):
        """What is sent when each field has something in it: first choices, and words in texts."""
        given = {}
        for name, value, kind, _ in self.fields:
            if kind in CHOSEN:
                given.setdefault(name, value)
            elif kind == "select":
                given[name] = value or self.first.get(name, "")
            else:
                given[name] = value if value.strip() or kind in ("hidden", "date") else "Some words."
        return {**given, **{name: text for name, text in words.items() if name in given}}


def swapped(page, target, answer):
    """The page after `outerHTML` of `target`, or None when a whole page came where a part was asked for."""
    span = Parser(page).spans.get(target)
    assert span, f"the page has no #{target}, so htmx would drop the answer"
    if re.match(r"\s*<!doctype", answer, re.IGNORECASE):
        return None
    return page[:span[0]] + answer.strip() + page[span[1]:]


def content(html):
    """What stands in <main>, without the values that change with every rendering."""
    start, end = Parser(html).spans["main"]
    text = CHANGING.sub(rb'\1"', html[start:end].encode()).decode()
    return re.sub(r"\s+", " ", re.sub(r">\s+<", "><", text))


def headers(target, at):
    """What htmx says of itself."""
    return {"HX-Request": "true", "HX-Target": target, "HX-Current-URL": f"http://localhost{at}"}
