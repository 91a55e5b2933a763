"""Somebody who tries return phrase after return phrase, in a process of her own that gives way to everybody else."""

import http.client
import os
import re
import urllib.parse
from collections import Counter
from typing import Any

from reckon import question_on, solve

WRONG = "mashua asali daraja nazi mvua kikapu nyota bustani"
HIDDEN = re.compile(r'name="(csrf_token|once)" type="hidden" value="([^"]*)"')
CHANGING = re.compile(r'name="(?:csrf_token|once|sum)"[^>]* value="[^"]*"|\d+ seconds?')


class Line:
    """One connection that stays open, as a script would keep it."""

    def __init__(self, port: int):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookie = ""

    def close(self) -> None:
        self.connection.close()

    def ask(self, method: str, path: str, **form: str) -> tuple[int, str]:
        head = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        try:
            answer = self._answer(method, path, form, head)
        except (OSError, http.client.HTTPException):  # the server hung up while nothing was said
            self.close()
            answer = self._answer(method, path, form, head)
        text = answer.read().decode()
        if given := answer.headers.get("Set-Cookie"):
            self.cookie = given.split(";")[0]
        return answer.status, text

    def _answer(self, method: str, path: str, form: dict[str, str], head: dict[str, str]) -> http.client.HTTPResponse:
        self.connection.request(method, path, urllib.parse.urlencode(form) if form else None, head)
        return self.connection.getresponse()


def guess(port: int, solves: bool, go: Any, tried: Any, many: int, told: Any) -> None:
    """Try while `go` is set, until all together have tried so often; tell what was answered, by status and words."""
    os.nice(19)
    answers: Counter[tuple[int, str]] = Counter()
    line = Line(port)
    status, page = line.ask("GET", "/en/come-back")
    while tried.value < many and go.wait(60):
        question, hidden = question_on(page), dict(HIDDEN.findall(page))
        status, page = line.ask("POST", "/en/come-back", **hidden, words=WRONG, sum=question if solves else "",
                                solved=solve(question) if solves else "")
        answers[status, CHANGING.sub("", page)] += 1
        with tried.get_lock():
            tried.value += 1
    line.close()
    told.put((solves, dict(answers)))
