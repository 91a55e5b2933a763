"""`polyphony verify`: every invariant of the fund, by name, as a table and as an exit status."""

import sys

import click

from polyphony.app import application
from polyphony.fund.verify import service
from polyphony.kernel.locale import force_locale, pgettext
from polyphony.kernel.ready import ready


@click.command("verify")
def command() -> None:
    """Check every invariant of the fund against its rows; fail when one is broken."""
    with (ready() as settings, application(settings, worker=True) as app, app.app_context(),
          force_locale(settings.default_language)):
        found = service.check()
        for each in found:
            click.echo("\n".join(told(each)))
    sys.exit(0 if all(each.holds for each in found) else 1)


def told(finding: service.Finding) -> list[str]:
    """One line for an invariant, and one for each of the first rows that break it."""
    stands = {True: pgettext("an invariant", "holds"), False: pgettext("an invariant", "BROKEN")}
    width = max(map(len, stands.values()))
    head = f"{finding.invariant.name:<4} {stands[finding.holds]:<{width}}  {finding.invariant.sentence}"
    return [head, *(f"{'':{width + 7}}{what}  {detail}" for what, detail in finding.broken[:service.SHOWN])]
