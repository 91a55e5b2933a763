"""`polyphony import applications FILE`: bring applications to a call that were collected elsewhere."""

import uuid
from pathlib import Path
from typing import Any

import click

from polyphony.app import application
from polyphony.commands.importing import tell
from polyphony.fund.applying.importing import BadLine, Mapping, Result, run
from polyphony.fund.applying.models import LEVELS
from polyphony.kernel.locale import _, force_locale
from polyphony.kernel.ready import ready
from polyphony.kernel.refusals import NotThere, Refusal
from polyphony.settings import Settings


def _pairs(context: click.Context, option: click.Parameter, given: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """NAME=COLUMN, as often as given."""
    for each in given:
        if not all(each.partition("=")):
            raise click.BadParameter(f"“{each}” should read NAME=COLUMN.")
    return tuple((name, column) for name, _sign, column in (each.partition("=") for each in given))


@click.command("applications")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--call", "call_id", type=click.UUID, required=True, help="Id in the page's address.")
@click.option("--as", "address", required=True, help="E-mail address of an administrator of the fund.")
@click.option("--password", prompt=True, hide_input=True, help="Asked for when not given.")
@click.option("--code", default="", help="Code of the second factor, for those who have one.")
@click.option("--key", default="key", show_default=True, help="Column that tells rows apart.")
@click.option("--organisation", default="organisation", show_default=True, help="Column of the applicant's name.")
@click.option("--requested", default="requested", show_default=True, help="Column of the whole sum.")
@click.option("--part", "parts", multiple=True, callback=_pairs, default=("title=title",), show_default=True,
              help="PART=COLUMN: title, summary, need, plan, people, safety.")
@click.option("--line", "lines", multiple=True, callback=_pairs, help="WHAT FOR=COLUMN: one line of the budget.")
@click.option("--rest", default="", help="What the rest of the sum is called, as a last line.")
@click.option("--country", default="", help="Column of the country, two letters.")
@click.option("--in", "in_country", default="", help="Country where the column is empty or not given.")
@click.option("--payee-reference", default="", help="Column of the payee reference.")
@click.option("--lang", default="en", show_default=True, help="Language of the texts.")
@click.option("--level", type=click.Choice(LEVELS), default=Mapping.level, show_default=True,
              help="Publication level; without one, the most careful, as in the form.")
@click.option("--at-risk", is_flag=True, help="People could be harmed if these grants became known.")
@click.option("--skip-bad", is_flag=True, help="Leave out bad lines instead of importing nothing.")
@click.pass_context
def command(context: click.Context, file: Path, call_id: uuid.UUID, address: str, password: str, code: str,
            skip_bad: bool, **columns: Any) -> Result:
    """Import applications from a CSV FILE with a header line, in UTF-8."""
    columns["parts"] = dict(columns["parts"])
    given = context.find_object(Settings)  # of whoever calls this from another command; a terminal gives none
    with (ready(given) as settings, application(settings) as app, app.app_context(),
          force_locale(settings.default_language)):
        try:
            result = run(app, file, address=address, password=password, code=code, skip_bad=skip_bad,
                         call_id=call_id, mapping=Mapping(**columns))
        except NotThere:
            raise click.ClickException(_("There is no such call for this administrator.")) from None
        except (Refusal, BadLine) as error:
            raise click.ClickException(str(getattr(error, "message", "") or error)) from None
        tell(result, skip_bad)
    return result
