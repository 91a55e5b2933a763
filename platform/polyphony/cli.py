"""`polyphony …`: what operators and newcomers do from a terminal.

Each command imports what it needs only when it is called.
"""

import importlib
import sys
from pathlib import Path
from typing import Any

import click

from polyphony.settings import Settings, UnsafeSetting


class Polite(click.Group):
    """Says in one sentence what is wrong with the surroundings, instead of a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        from polyphony.kernel.postgres import ServerTrouble

        try:
            return super().invoke(ctx)
        except (UnsafeSetting, ServerTrouble) as error:
            raise click.ClickException(str(error)) from None


class Lent(click.Group):
    """Commands that a room brings itself: a name, and where its click command lies."""

    places: dict[str, str] = {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(self.places)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        module, _, attribute = self.places.get(name, "").partition(":")
        command: click.Command | None = getattr(importlib.import_module(module), attribute) if module else None
        return command


class Commands(Polite, Lent):
    """The commands below, and those that lie in a file of their own."""

    places = {"found": "polyphony.commands.founding:command", "appoint": "polyphony.commands.founding:appointing",
              "verify": "polyphony.commands.verifying:command",
              "backup": "polyphony.commands.keeping:backup", "backup-key": "polyphony.commands.keeping:key",
              "restore": "polyphony.commands.keeping:restore",
              "verify-audit": "polyphony.commands.verifying_audit:command",
              "keyholder": "polyphony.commands.keyholding:command"}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*self.commands, *self.places])

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        return self.commands.get(name) or Lent.get_command(self, ctx, name)


class Imports(Lent):
    places = {"applications": "polyphony.commands.importing_applications:command",
              "inputs": "polyphony.commands.importing:command"}


@click.group(cls=Commands)
def main() -> None:
    """Polyphony: several companies hold one consultation, and each voice stays its own."""


@main.command()
def serve() -> None:
    """Run everything: database, web server and job worker, until Ctrl-C."""
    from polyphony.demo.door import greet
    from polyphony.kernel import supervisor

    settings = Settings.from_environment()
    try:
        supervisor.serve(settings, greet if settings.demo else None)
    except supervisor.AlreadyRunning as note:
        click.echo(str(note))
    except supervisor.CannotServe as error:
        raise click.ClickException(str(error)) from None


@main.command()
def worker() -> None:
    """Do the jobs that wait in the database, until told to stop."""
    from polyphony.app import create_app
    from polyphony.kernel.jobs import run_worker
    from polyphony.kernel.ready import ready

    with ready() as settings:
        run_worker(create_app(settings, worker=True))


@main.command()
def docs() -> None:
    """Write the documentation that comes from the code."""
    from polyphony.commands.docs import write

    write()


@main.command()
def migrate() -> None:
    """Bring the database to the newest shape."""
    from polyphony.kernel.migrate import migrate as bring
    from polyphony.kernel.ready import ready

    with ready() as settings:
        bring(settings.owner_database_url)


@main.group()
def demo() -> None:
    """The fixed cast and its story."""


@demo.command()
def load() -> None:
    """Load the demo into an empty database."""
    from polyphony.demo.load import load_if_empty
    from polyphony.kernel.migrate import migrate as bring
    from polyphony.kernel.ready import ready

    with ready() as settings:
        if not settings.demo:
            raise UnsafeSetting("The demo is switched off here (POLYPHONY_DEMO=0, or a public address).")
        bring(settings.owner_database_url)
        click.echo("\n".join(load_if_empty(settings)))


@demo.command()
@click.argument("who")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def key(who: str, file: Path) -> None:
    """Write the locked key file of WHO, a demo keyholder, to FILE: for `polyphony keyholder`."""
    from polyphony.demo.sealed import HOUSES, write_key

    if who not in [f"keyholder@{house}.example" for house in HOUSES]:
        raise click.ClickException(f"{who} is no keyholder of the demo.")
    if file.exists():
        raise click.ClickException(f"{file} is there already; a key is never written over.")
    write_key(who, file)
    click.echo(f"{file} holds the key; its passphrase is the password of the demo.")


@demo.command()
@click.argument("who")
def code(who: str) -> None:
    """Print the present code of a demo member's authenticator app."""
    import pyotp

    from polyphony.demo.door import demo_secret, read

    if who not in {each["email"] for each in read("cast")["people"]}:
        raise click.ClickException(f"Nobody of the demo signs in as {who}.")
    click.echo(pyotp.TOTP(demo_secret(who)).now())


@main.command()
def real() -> None:
    """Run the whole main job on real input, in a database of its own."""
    from polyphony.demo.real import run
    from polyphony.kernel.ready import ready

    def command(settings: Settings, *words: str) -> Any:
        return main.main(list(words), standalone_mode=False, obj=settings)

    with ready() as settings:
        sys.exit(run(settings, command))


@main.command()
@click.option("--check", is_flag=True, help="Change nothing; fail when a catalogue is stale or incomplete.")
@click.option("--prune", is_flag=True, help="Drop translations of sentences that are gone.")
def strings(check: bool, prune: bool) -> None:
    """Read the sentences out of code and templates, and bring the catalogues up to date."""
    from polyphony.commands import strings as command

    sys.exit(command.check() if check else command.update(prune=prune))


@main.group("import", cls=Imports)
def import_() -> None:
    """Bring in what was collected elsewhere."""


if __name__ == "__main__":
    main()
