"""`polyphony backup`, `polyphony backup-key` and `polyphony restore`."""

import sys
from pathlib import Path

import click

from polyphony.keeping import backup as making
from polyphony.keeping import keys
from polyphony.kernel.postgres import write_private
from polyphony.kernel.ready import ready
from polyphony.settings import Settings


@click.command("backup-key")
@click.argument("file", type=click.Path(path_type=Path, exists=False))
@click.password_option("--passphrase", prompt="Passphrase", help="Asked for when not given.")
def key(file: Path, passphrase: str) -> None:
    """Make the key that opens backups, into FILE. Do this on a machine that is not online, and keep it there."""
    if file.exists():
        raise click.ClickException(f"There is a file at {file} already; nothing is ever written over.")
    public, private = keys.make(passphrase)
    write_private(file, private)
    click.echo(f"The private key lies in {file}: keep it off line, with its passphrase elsewhere.\n"
               f"Backups are sealed to this public key:\n{public}")


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--to", "public", required=True, help="Public key of the offline key, as `polyphony backup-key` told it.")
def backup(file: Path, public: str) -> None:
    """Write everything into FILE, sealed so that only the offline key opens it."""
    with ready() as settings:
        if not settings.backup_database_url:
            raise click.ClickException("POLYPHONY_BACKUP_DATABASE_URL is missing: the address with the backup role.")
        try:
            told = making.make(settings, settings.backup_database_url, file, public)
        except (making.BackupTrouble, keys.KeyTrouble) as error:
            raise click.ClickException(str(error)) from None
    click.echo(f"{file}: {sum(told['rows'].values())} rows of {len(told['rows'])} tables and {len(told['parts']) - 1} "
               "files, written, read again and whole.")


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path, exists=True))
@click.option("--key", "key_file", required=True, type=click.Path(path_type=Path, exists=True), help="The offline key.")
@click.option("--passphrase", prompt=True, hide_input=True, help="Asked for when not given.")
def restore(file: Path, key_file: Path, passphrase: str) -> None:
    """Bring FILE back into an empty database and folder, and prove what came."""
    from polyphony.keeping import restore as bringing

    try:
        private = keys.open_file(key_file, passphrase)
        _refuse_secrets(Settings.from_environment())
        with ready() as settings:
            told = bringing.bring(settings, file, private)
            click.echo(f"Restored what was there at {told['made_at']}.")
            wrong = 0
            for what, faults in bringing.proofs(settings, told):
                click.echo(f"{'yes' if not faults else 'NO '}  {what}" + "".join(f"\n       {each}" for each in faults))
                wrong += bool(faults)
    except (making.BackupTrouble, keys.KeyTrouble) as error:
        raise click.ClickException(str(error)) from None
    sys.exit(1 if wrong else 0)


def _refuse_secrets(settings: Settings) -> None:
    """A folder in which a platform has made its secrets is not empty: theirs would be written over."""
    if (settings.var / "secrets.json").exists():
        raise making.BackupTrouble(f"A platform lives in {settings.var} already: name another folder in POLYPHONY_VAR.")
