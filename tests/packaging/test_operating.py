"""What the operators' page says about settings is what the code reads."""

import re
from collections.abc import Iterator, Mapping

import pytest

from conftest import settings_for
from polyphony.app import application
from polyphony.folders import root
from polyphony.kernel import jobs
from polyphony.rooms import models
from polyphony.settings import Settings, UnsafeSetting

PAGE = (root() / "docs" / "operating.md").read_text("utf-8")


class Asked(Mapping[str, str]):
    """An empty environment that remembers what was asked of it."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def read() -> set[str]:
    asked = Asked()
    Settings.from_environment(asked)
    return asked.names


def told() -> dict[str, str]:
    """Every setting in the page's table, with what holds without it."""
    rows = re.findall(r"^\| (`[A-Z].*?) \| (.*?) \| .* \|$", PAGE, re.M)
    return {name: default for names, default in rows for name in re.findall(r"`(\w+)`", names)}


def test_every_setting_is_told_and_every_setting_told_is_read() -> None:
    assert read() - set(told()) == set(), "tell operators about it in docs/operating.md"
    assert set(told()) - read() == set(), "nothing reads it any more"


def test_what_holds_without_a_setting_is_told_as_it_is() -> None:
    plain = Settings.from_environment({})
    for name, value in {"POLYPHONY_ARGON2_MEMORY": plain.argon2_memory, "POLYPHONY_HOST": plain.host, "PORT": plain.port,
                        "POLYPHONY_LOG_LEVEL": plain.log_level, "POLYPHONY_PUBLIC": int(plain.public),
                        "POLYPHONY_DEFAULT_LANGUAGE": plain.default_language}.items():
        assert told()[name] == f"`{value}`", name
    assert plain.var == root() / told()["POLYPHONY_VAR"].strip("`")
    assert plain.data.resolve() == (root() / told()["POLYPHONY_DATA"].strip("`")).resolve()


def test_the_hours_told_are_those_of_the_chore() -> None:
    models()
    minute, hours, *_ = jobs.TASKS["kernel.unlink"].every.split()
    for hour in hours.split(","):
        assert f"{int(hour):02}:{minute}" in PAGE


def test_the_platforms_own_language_greets_who_asks_for_none(world, tmp_path) -> None:
    with application(settings_for(world.server, world.name, tmp_path, POLYPHONY_DEFAULT_LANGUAGE="sw")) as app:
        answer = app.test_client().get("/")
    assert answer.headers["Location"] == "/sw/"


@pytest.mark.parametrize("unknown", ["xx", "../en", "languages.toml"])
def test_an_unknown_language_is_refused_in_words(unknown: str) -> None:
    with pytest.raises(UnsafeSetting, match="DEFAULT_LANGUAGE must be one of"):
        Settings.from_environment({"POLYPHONY_DEFAULT_LANGUAGE": unknown})
