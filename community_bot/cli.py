"""The command line. Every error that only the operator can mend ends in one line, a cure, and exit code 1."""

from __future__ import annotations

import asyncio
import io
import os
import sys
from collections.abc import Callable, Coroutine
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from community_bot.errors import OperatorError
from community_bot.logs import configure_logs
from config import SettingsError, generate_network_key, load_settings
from db.errors import BackupError, DatabaseError

# What only some commands need is imported in them: `health` runs every half minute, and all of it takes a second.

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
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that knows no ✓ shows a question mark
    # what nobody foresaw is told as a reference and places in the code, without what it was about
    configure_logs("error", "console")
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


def say(text: str) -> None:
    """Print one line as it is: uncut, and with no brackets read as markup."""
    out.print(text, soft_wrap=True, markup=False)


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
    from community_bot.memory import share_one_arena  # noqa: PLC0415

    share_one_arena()
    from community_bot.app import App  # noqa: PLC0415
    from community_bot.upkeep import bring_up_to_date  # noqa: PLC0415

    loaded = load_settings(settings)
    configure_logs(loaded.logs.level, loaded.logs.format)
    for warning in loaded.settings_warnings:
        err.print(f"! {warning.key}: {warning.expected} ({warning.where})", markup=False, soft_wrap=True)

    async def job() -> None:
        await bring_up_to_date(loaded, say)
        await App(loaded).run(on_ready=lambda url: say(f"Running. State: {url}/readyz"))

    run_async(job)


@app.command()
def check(settings: SettingsOption = None) -> None:
    """Look at everything the bot depends on; say what to do about each red line, and may be about a yellow one."""
    from community_bot.check import check_everything  # noqa: PLC0415

    loaded = load_settings(settings)
    findings = run_async(lambda: check_everything(loaded))
    table = Table("", show_lines=True)
    for heading in ("what", "found", "what to do"):
        # a link that is cut short is of no use
        table.add_column(heading, overflow="fold")
    for finding in findings:
        mark = "[yellow]![/]" if finding.is_advice else "[green]✓[/]" if finding.ok else "[red]✗[/]"
        table.add_row(mark, *(escape(text) for text in (finding.what, finding.said, finding.cure)))
    out.print(table)
    red = sum(not finding.ok for finding in findings)
    advised = sum(finding.is_advice for finding in findings)
    well = (
        f"Nothing needs you; {advised} of {len(findings)} could carry more."
        if advised
        else "Everything is in order."
    )
    out.print(well if not red else f"{red} of {len(findings)} need you.")
    raise typer.Exit(1 if red else 0)


@app.command()
def migrate(settings: SettingsOption = None) -> None:
    """Bring the database to the version this software needs, after a backup."""
    from community_bot.upkeep import bring_up_to_date  # noqa: PLC0415
    from db.schema import head  # noqa: PLC0415

    loaded = load_settings(settings)
    if not run_async(lambda: bring_up_to_date(loaded, say)):
        say(f"Nothing to do: the database is at version {head()}.")


@app.command()
def backup(
    to: Annotated[
        Path | None, typer.Argument(help="The file to write; <time>.backup in database.backups when left out.")
    ] = None,
    settings: SettingsOption = None,
) -> None:
    """Write the whole database to one encrypted file. Only the network key opens it."""
    from community_bot.upkeep import new_backup_path, save  # noqa: PLC0415

    loaded = load_settings(settings)
    path = to or new_backup_path(loaded)
    if path.exists():
        raise BackupError(f"There is something at {path} already.", "Choose another name, or move it away.")
    run_async(lambda: save(loaded, path, say))


@app.command(name="restore")
def restore_command(
    backup_file: Annotated[Path, typer.Argument(help="A file that community-bot backup wrote.")],
    replace: Annotated[bool, typer.Option("--replace", help="Throw away what the database holds now.")] = False,
    keys: Annotated[
        Path | None, typer.Option("--keys", help="The newest member-keys.backup; beside the backup when left out.")
    ] = None,
    settings: SettingsOption = None,
) -> None:
    """Fill the database from a backup: wholly, or not at all."""
    from community_bot.upkeep import bring_back  # noqa: PLC0415

    loaded = load_settings(settings)
    run_async(lambda: bring_back(loaded, backup_file, say, replace=replace, keys=keys))


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
    import aiohttp  # noqa: PLC0415

    from community_bot.platforms.matrix import MatrixConnection  # noqa: PLC0415

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

    sys.stdout.write(run_async(job) + "\n")


matrix_app = typer.Typer(no_args_is_help=True, help="The bot's side of a homeserver.")
app.add_typer(matrix_app, name="matrix")


@matrix_app.command(name="registration")
def matrix_registration(
    file: Annotated[
        Path | None, typer.Argument(help="The file to write; registration.yaml beside the secrets when left out.")
    ] = None,
    settings: SettingsOption = None,
) -> None:
    """Write what makes the bot an application service of a homeserver, and its tokens; nothing is written over."""
    from community_bot.registration import REGISTRATION_NAME, make_registration  # noqa: PLC0415
    from config.secret_files import secrets_folder  # noqa: PLC0415

    loaded = load_settings(settings)
    path = settings or Path(os.environ.get("COMMUNITY_BOT_SETTINGS", DEFAULT_SETTINGS))
    folder = secrets_folder(path, os.environ)
    make_registration(loaded, folder, file or folder / REGISTRATION_NAME, say)


@app.command()
def health(settings: SettingsOption = None) -> None:
    """Ask the running bot whether it is ready; exit code 0 when it is."""
    from community_bot.own_pages import ask  # noqa: PLC0415

    ready, answer = ask(load_settings(settings).web, "/readyz")
    nobody = "Nobody answers: the bot is not running, or web.host and web.port differ."
    say(answer or nobody)
    raise typer.Exit(0 if ready else 1)


bridge_app = typer.Typer(no_args_is_help=True, help="What joins channels and rooms.")
app.add_typer(bridge_app, name="bridge")


@bridge_app.command(name="status")
def bridge_status(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    settings: SettingsOption = None,
) -> None:
    """Print how each end is and what waits for it, also of a bot that is down; exit code 1 when one needs you."""
    from community_bot.bridge_status import HEADINGS, row_of, status_of  # noqa: PLC0415

    loaded = load_settings(settings)
    found = run_async(lambda: status_of(loaded))
    if as_json:
        sys.stdout.write(found.json() + "\n")
        raise typer.Exit(0 if found.ok else 1)
    if not found.running:
        say("Nobody answers: the bot is not running, or web.host and web.port differ. What waits stands below.")
    if not found.ends:
        say("Nothing is joined.")
        raise typer.Exit(0 if found.ok else 1)
    table = Table()
    for heading in HEADINGS:
        table.add_column(heading, overflow="fold")
    for line in found.ends:
        mark = "green" if line.well else "red"
        name, *cells = (escape(cell) for cell in row_of(line))
        table.add_row(f"[{mark}]{name}[/]", *cells)
    out.print(table)
    red = sum(not line.well for line in found.ends)
    say("Every end is heard and can speak." if found.ok else f"{red} of {len(found.ends)} need you.")
    raise typer.Exit(0 if found.ok else 1)


@app.command()
def version() -> None:
    """Print the version."""
    from db.schema import head  # noqa: PLC0415

    out.print(f"community-bot {installed_version('community-bot')}, database version {head()}")


@app.command()
def convert(
    from_: Annotated[str, typer.Option("--from", metavar="discord|matrix", help="Where the text was written.")],
    to: Annotated[str, typer.Option("--to", metavar="discord|matrix", help="Where it is to be read.")],
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Convert a JSON object on each line.")] = False,
) -> None:
    """Read text on standard input and print it as another platform writes it. Needs no settings.

    Matrix's text is HTML where there is a tag in it, else plain text; so is what is printed.

    With --jsonl each line is one message: on Discord's side {"content": …}, on Matrix's {"body": …,
    "formatted_body": …} as in an event's content, the second left out where there is no markup. Each line is
    answered at once by one line, in order. A line that is no JSON object is answered by {"error": …}; then the exit
    code is 1.

    Mentions that nobody here can resolve stay readable text, and nobody is called by them.
    """
    from community_bot.convert import Markup, convert_streams, convert_text  # noqa: PLC0415

    names = [markup.value for markup in Markup]
    for option, name in (("--from", from_), ("--to", to)):
        if name not in names:
            raise typer.BadParameter(f"{name!r} is neither discord nor matrix.", param_hint=option)
    source, target = Markup(from_), Markup(to)
    try:
        if jsonl:
            in_order = convert_streams(source, target, sys.stdin.buffer, sys.stdout.buffer, _complain)
            raise typer.Exit(0 if in_order else 1)
        text = sys.stdin.buffer.read().decode("utf-8-sig", errors="replace")
        sys.stdout.buffer.write(convert_text(text, source, target).encode() + b"\n")
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # whoever read has enough; the interpreter must not try to flush again at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complain(problem: str) -> None:
    err.print(f"[bold red]✗[/] {escape(problem)}", soft_wrap=True)


@app.command()
def admin_code(settings: SettingsOption = None) -> None:
    """Print a code with which one member becomes network admin: /admin claim CODE. Good once, for a day."""
    from community_bot.upkeep import new_admin_code  # noqa: PLC0415

    loaded = load_settings(settings)
    sys.stdout.write(run_async(lambda: new_admin_code(loaded)) + "\n")


@app.command()
def rotate_key(
    new_key_file: Annotated[Path, typer.Argument(help="A file with the new key: community-bot new-key > FILE")],
    settings: SettingsOption = None,
) -> None:
    """Seal everything with a new network key, after a backup under the old one. Stop the bot first."""
    from community_bot.upkeep import change_key  # noqa: PLC0415

    loaded = load_settings(settings)
    run_async(lambda: change_key(loaded, new_key_file, say))


languages_app = typer.Typer(no_args_is_help=True, help="The words of the bot, in Thai, English and Spanish.")
app.add_typer(languages_app, name="languages")


@languages_app.command(name="check")
def languages_check() -> None:
    """Print what is missing, too long or badly worded in any language; exit code 1 when anything is."""
    from community_bot.languages import find_faults  # noqa: PLC0415

    faults = find_faults()
    if not faults:
        say("Every text is there in Thai, English and Spanish, and short enough.")
        return
    table = Table()
    for heading in ("language", "text", "what", "found"):
        table.add_column(heading, overflow="fold")
    for fault in faults:
        table.add_row(*(escape(text) for text in (fault.language or "all", fault.key, fault.code, fault.said)))
    out.print(table)
    out.print(f"{len(faults)} to mend.")
    raise typer.Exit(1)


templates_app = typer.Typer(no_args_is_help=True, help="Templates of learning spaces.")
app.add_typer(templates_app, name="templates")


@templates_app.command(name="check")
def templates_check(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Template files; all that the network has when left out.")
    ] = None,
    settings: SettingsOption = None,
) -> None:
    """Print what templates would make, or what is wrong with them, with its line; exit code 1 when anything is."""
    from community_bot.templates import about, check_templates, room_row  # noqa: PLC0415

    path = settings or Path(os.environ.get("COMMUNITY_BOT_SETTINGS", DEFAULT_SETTINGS))
    folder = None
    # whoever writes a template may have no network yet
    if not files and (settings is not None or path.exists()):
        own = load_settings(settings).learning.templates
        folder = None if own is None else Path(own)
    checked = check_templates(files or (), folder)
    for each in checked:
        if each.design is not None:
            out.print(f"[green]✓[/] {escape(each.shown)}", soft_wrap=True)
            table = Table(title=escape(" · ".join(each.design.titles.values())), title_justify="left")
            for heading in ("room", "kind", "name", "seen by", "written by", "also"):
                table.add_column(heading, overflow="fold")
            for room in each.design.rooms:
                table.add_row(*(escape(cell) for cell in room_row(room)))
            out.print(table)
            for line in about(each.design):
                say(line)
        else:
            err.print(f"[red]✗[/] {escape(each.shown)}", soft_wrap=True)
            for problem in each.problems:
                err.print(str(problem), soft_wrap=True, markup=False)
        out.print()
    red = sum(each.design is None for each in checked)
    say("Every template is in order." if not red else f"{red} of {len(checked)} templates need you.")
    raise typer.Exit(1 if red else 0)


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
