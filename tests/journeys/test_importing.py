"""`polyphony import inputs`: what is wrong with a file or a column is said in a sentence, and nothing else is said."""

from dataclasses import replace
from typing import Any

import pytest
import structlog
from click.testing import CliRunner
from tests import make

from polyphony.cli import main


@pytest.fixture
def terminal(world: Any, tmp_path: Any) -> Any:
    """Somebody at a terminal of the machine, with a file; answers the exit code and everything that was said."""
    firm, ngo = make.organisation(world, "Halcyon"), make.organisation(world, "Sauti", "stakeholder")
    make.person(world, "amina@sauti.example", "Amina", seats=((ngo, "coordinator"),))
    other = make.organisation(world, "Derechos", "stakeholder")
    make.person(world, "rosa@derechos.example", "Rosa", seats=((other, "coordinator"),))
    about = make.consultation(world, [firm], invited=(ngo, other))

    def command(text: str, *options: str, encoding: str = "utf-8", who: str = "amina@sauti.example",
                settings: Any = None) -> tuple[int, str]:
        (tmp_path / "said.csv").write_bytes(text.encode(encoding))
        done = CliRunner().invoke(main, [
            "import", "inputs", str(tmp_path / "said.csv"), "--consultation", str(about), "--as", who,
            "--password", make.PASSWORD, *options], obj=settings or world.settings)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.output

    return command


@pytest.mark.parametrize("text", ["é,lang\nHabari,sw\n", "text,lang\nDéjà vu,fr\n"])
def test_a_file_that_is_not_utf8_is_said_to_be(terminal: Any, text: str) -> None:
    assert terminal(text, encoding="cp1252") == (1, "Error: The file is not in UTF-8. Save it as CSV in UTF-8.\n")


def test_a_mistyped_column_of_languages_is_refused_and_one_not_named_may_lack(terminal: Any) -> None:
    said = "words\nOnyo linaonekana kwenye simu ya familia nzima.\n"
    assert terminal(said, "--text", "words", "--lang", "tounge") == (1, "Error: The file has no column named tounge.\n")
    assert terminal(said, "--text", "words")[0] == 0


def test_a_key_that_stands_for_two_rows_is_a_bad_row(world: Any, terminal: Any) -> None:
    said = "id,text,lang\n1,First.,en\n2,Second.,en\n1,Third.,en\n2,Second.,en\n"
    told = "Line 4: The key stands in line 2 already, with other words.\n"
    code, output = terminal(said, "--key", "id")
    assert code == 1
    assert told in output
    assert world.sql("SELECT count(*) FROM inputs.input") == [(0,)]
    code, output = terminal(said, "--key", "id", "--skip-bad")
    assert told in output
    assert "2 new, 1 there already, 1 bad." in output
    assert world.sql("SELECT text FROM inputs.input ORDER BY 1") == [("First.",), ("Second.",)]


def test_one_spelling_of_a_language(world: Any, terminal: Any) -> None:
    _code, output = terminal("text,lang\nFirst.,EN\nSecond.,en-xx-yy-zz\n", "--skip-bad")
    assert "Line 3: Please type a language code" in output
    assert world.sql("SELECT lang FROM inputs.input") == [("en",)]


def test_one_organisation_numbers_its_lines_as_another_does(world: Any, terminal: Any) -> None:
    """What others brought under the same number is not hers, also where she may read it by now."""
    options = ("--key", "id", "--audience", "public")
    assert "1 new, 0 there already" in terminal("id,text,lang\n1,First.,en\n", *options)[1]
    world.sql("UPDATE inputs.input SET read_on = current_date")
    assert "1 new, 0 there already" in terminal("id,text,lang\n1,Other.,en\n", *options, who="rosa@derechos.example")[1]
    assert "0 new, 1 there already" in terminal("id,text,lang\n1,Other.,en\n", *options, who="rosa@derechos.example")[1]
    assert world.sql("SELECT text FROM inputs.input ORDER BY 1") == [("First.",), ("Other.",)]


def test_nothing_but_its_own_words_is_said(world: Any, terminal: Any) -> None:
    before = structlog.get_config()
    try:
        code, output = terminal("text,lang\nFirst.,en\n", settings=replace(world.settings, log_level="INFO"))
    finally:
        structlog.configure(**before)
    assert (code, [line for line in output.splitlines() if "Importing" not in line]) == (0, ["1 new, 0 there already, 0 bad."])
    assert '"endpoint"' not in output
