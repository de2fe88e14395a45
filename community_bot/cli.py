"""The command line. Every error that only the operator can mend ends in one line, a cure, and exit code 1."""

from __future__ import annotations

import asyncio
import os
import sys
import urllib.request
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from http.client import HTTPException
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Annotated, Any, NoReturn
from urllib.error import HTTPError

import aiohttp
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from community_bot.app import App, open_database
from community_bot.check import check_everything
from community_bot.errors import OperatorError
from community_bot.logs import configure_logs
from community_bot.platforms.matrix import MatrixConnection
from config import Settings, SettingsError, generate_network_key, load_settings
from db.backup import back_up, restore
from db.engine import Database
from db.errors import BackupError, DatabaseError
from db.schema import head, schema_version, upgrade

DEFAULT_SETTINGS = Path("config/network.toml")

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
# no emoji: rich would read "bridge:radio:discord1" as one
out = Console(highlight=False, emoji=False)
err = Console(stderr=True, highlight=False, emoji=False)

SettingsOption = Annotated[
    Path | None, typer.Option("--settings", help="The settings file; config/network.toml when left out.")
]


def main() -> None:
    """Run the command line."""
    try:
        app()
    except SettingsError as error:
        fail("The settings are not in order.", str(error))
    except (OperatorError, DatabaseError) as error:
        fail(error.text, error.cure)
    except ModuleNotFoundError as error:
        fail(
            f"The package {error.name} is not installed.",
            "It comes with one of the bot's extras: postgres for a PostgreSQL database, sandbox for the sandbox.",
        )


def fail(text: str, cure: str) -> NoReturn:
    """Say what is wrong and what to do, and leave with exit code 1."""
    err.print(f"[bold red]✗[/] {escape(text)}", soft_wrap=True)
    err.print(f"  {cure}", soft_wrap=True, markup=False)
    sys.exit(1)


def run_async(job: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """Run a coroutine on uvloop where it is installed, else on asyncio's own loop."""
    try:
        import uvloop  # noqa: PLC0415 - absent on Windows
    except ImportError:
        return asyncio.run(job())
    return uvloop.run(job())


@app.command()
def up(settings: SettingsOption = None) -> None:
    """Run the network: the real one when there are settings, else the sandbox."""
    path = settings or Path(os.environ.get("COMMUNITY_BOT_SETTINGS", DEFAULT_SETTINGS))
    if path.exists() or settings is not None or "COMMUNITY_BOT_SETTINGS" in os.environ:
        run(settings)
    else:
        out.print("There are no settings yet, so this is the sandbox: a whole network on this machine.")
        from sandbox.command import run_sandbox  # noqa: PLC0415 - the sandbox is an extra

        run_sandbox()


@app.command()
def run(settings: SettingsOption = None) -> None:
    """Run the bot; brings the database to the needed version first, after a backup."""
    loaded = load_settings(settings)
    configure_logs(loaded.logs.level, loaded.logs.format)
    for warning in loaded.settings_warnings:
        err.print(f"! {warning.key}: {warning.expected} ({warning.where})", markup=False, soft_wrap=True)

    async def job() -> None:
        await _migrate(loaded)
        await App(loaded).run(
            on_ready=lambda url: out.print(f"Running. State: {url}/readyz", soft_wrap=True, markup=False)
        )

    run_async(job)


@app.command()
def check(settings: SettingsOption = None) -> None:
    """Look at everything the bot depends on; say what to do about each red line."""
    loaded = load_settings(settings)
    configure_logs("error", "console")
    findings = run_async(lambda: check_everything(loaded))
    table = Table("", show_lines=True)
    for heading in ("what", "found", "what to do"):
        # a link that is cut short is of no use
        table.add_column(heading, overflow="fold")
    for finding in findings:
        mark = "[green]✓[/]" if finding.ok else "[red]✗[/]"
        table.add_row(mark, *(escape(text) for text in (finding.what, finding.said, finding.cure)))
    out.print(table)
    red = sum(not finding.ok for finding in findings)
    out.print("Everything is in order." if not red else f"{red} of {len(findings)} need you.")
    raise typer.Exit(1 if red else 0)


@app.command()
def migrate(settings: SettingsOption = None) -> None:
    """Bring the database to the version this software needs, after a backup."""
    loaded = load_settings(settings)
    run_async(lambda: _migrate(loaded, tell=True))


async def _migrate(settings: Settings, *, tell: bool = False) -> None:
    database = open_database(settings)
    try:
        version = await schema_version(database)
        if version.is_current:
            if tell:
                out.print(f"Nothing to do: the database is at version {version.head}.")
            return
        if not version.is_empty:
            path = (
                Path(settings.database.backups) / f"before-{version.head}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.backup"
            )
            await _back_up(database, path, settings)
        await upgrade(database)
        out.print(f"The database is now at version {head()}.")
    finally:
        await database.close()


async def _back_up(database: Database, path: Path, settings: Settings) -> None:
    try:
        report = await back_up(database, path, settings.secrets.network_key_bytes())
    except OSError as error:
        raise BackupError(
            f"The backup {path} cannot be written: {error.strerror}.",
            "Choose a folder that may be written and has room.",
        ) from error
    words = f"Backup written: {report.path} ({report.rows} rows, version {report.schema})."
    out.print(words, soft_wrap=True, markup=False)


@app.command()
def backup(
    to: Annotated[
        Path | None, typer.Argument(help="The file to write; <time>.backup in database.backups when left out.")
    ] = None,
    settings: SettingsOption = None,
) -> None:
    """Write the whole database to one encrypted file. Only the network key opens it."""
    loaded = load_settings(settings)
    path = to or Path(loaded.database.backups) / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}.backup"
    if path.exists():
        raise BackupError(f"There is something at {path} already.", "Choose another name, or move it away.")

    async def job() -> None:
        database = open_database(loaded)
        try:
            await _back_up(database, path, loaded)
        finally:
            await database.close()

    run_async(job)


@app.command(name="restore")
def restore_command(
    backup_file: Annotated[Path, typer.Argument(help="A file that community-bot backup wrote.")],
    replace: Annotated[bool, typer.Option("--replace", help="Throw away what the database holds now.")] = False,
    settings: SettingsOption = None,
) -> None:
    """Fill the database from a backup: wholly, or not at all."""
    loaded = load_settings(settings)

    async def job() -> None:
        database = open_database(loaded)
        try:
            key = loaded.secrets.network_key_bytes()
            report = await restore(database, backup_file, key, replace=replace)
        except OSError as error:
            raise BackupError(
                f"The backup {backup_file} cannot be read: {error.strerror}.", "Check the path and who may read it."
            ) from error
        finally:
            await database.close()
        out.print(f"Restored {report.rows} rows from {report.path}.", soft_wrap=True, markup=False)

    run_async(job)


@app.command()
def new_key() -> None:
    """Print a new network key. Put it into secrets/network_key and keep a copy off this machine."""
    sys.stdout.write(generate_network_key() + "\n")


@app.command()
def matrix_login(
    homeserver: Annotated[str, typer.Option(help="Its address, such as https://matrix.example.org")],
    user_id: Annotated[str, typer.Option(help="The bot's account, such as @community:example.org")],
    device_id: Annotated[
        str, typer.Option(help="The device the bot stays; as matrix.device_id says.")
    ] = "COMMUNITYBOT",
) -> None:
    """Log the Matrix account in with its password and print the token, to keep in secrets/matrix_access_token."""
    password: str = typer.prompt("Password of the bot's account", hide_input=True, err=True)

    async def job() -> str:
        connection = MatrixConnection(homeserver, user_id, device_id, access_token=None, password=password)
        try:
            problem = await connection.try_once()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            problem = type(error).__name__
        finally:
            await connection.close()
        if problem is not None:
            raise OperatorError(
                "matrix.unreachable",
                f"The homeserver {homeserver} does not answer ({problem}).",
                "Check its address, and that it is running.",
            )
        return str(connection.client.access_token)

    configure_logs("error", "console")
    sys.stdout.write(run_async(job) + "\n")


@app.command()
def health(settings: SettingsOption = None) -> None:
    """Ask the running bot whether it is ready; exit code 0 when it is."""
    web = load_settings(settings).web
    # a bot that listens on every address is asked on this machine's own
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(web.host, web.host)  # noqa: S104 - compared with, not bound to
    address = f"http://[{host}]:{web.port}/readyz" if ":" in host else f"http://{host}:{web.port}/readyz"
    # a proxy that the environment names is for the way out
    directly = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    answer, ready = b"", False
    try:
        with directly.open(address, timeout=5) as response:
            answer, ready = response.read(), True
    except HTTPError as refusal:
        answer = refusal.read()
    except (OSError, HTTPException):
        pass
    nobody = "Nobody answers: the bot is not running, or web.host and web.port differ."
    out.print(answer.decode(errors="replace") or nobody, markup=False)
    raise typer.Exit(0 if ready else 1)


@app.command()
def version() -> None:
    """Print the version."""
    out.print(f"community-bot {installed_version('community-bot')}, database version {head()}")


sandbox_app = typer.Typer(
    no_args_is_help=True, help="A whole network on this machine, with nothing to sign up for."
)
app.add_typer(sandbox_app, name="sandbox")


@sandbox_app.command(name="run")
def sandbox_run() -> None:
    """Start the sandbox: a simulated Discord, a real Synapse, the bot, and members who talk a little."""
    from sandbox.command import run_sandbox  # noqa: PLC0415 - the sandbox is an extra

    run_sandbox()


@sandbox_app.command()
def tour(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Play the story so far with nobody at the keyboard; exit code 1 when anything did not happen."""
    from sandbox.command import run_tour  # noqa: PLC0415 - the sandbox is an extra

    raise typer.Exit(0 if run_tour(as_json=as_json) else 1)


if __name__ == "__main__":
    main()
