"""The console script `jiedao`: commands are loaded only when they are called."""

import functools
import gc
import importlib
import os
import re
import sys
from typing import Any, NoReturn

import click

COMMANDS = {
    "migrate": "jiedao.kernel.serving:migrate",
    "serve": "jiedao.kernel.serving:serve",
    "worker": "jiedao.kernel.commands:worker",
    "demo": "jiedao.demo.commands:demo",
    "pack": "jiedao.packs.commands:pack_group",
    "import": "jiedao.exchange.commands:import_group",
    "register": "jiedao.registers.commands:register_group",
    "suggest": "jiedao.cases.commands:suggest_group",
    "hotspots": "jiedao.cases.commands:hotspots",
    "board": "jiedao.cases.commands_board:board",
    "project": "jiedao.projects.commands:project_group",
    "figures": "jiedao.indicators.commands:figures_group",
    "score": "jiedao.evaluation.commands:score_group",
    "report": "jiedao.reports.commands:report_group",
    "form": "jiedao.reports.forms.commands:form_group",
    "backup": "jiedao.backup.commands:backup",
    "restore": "jiedao.backup.commands:restore",
    "move": "jiedao.backup.commands_move:move",
    "upgrade": "jiedao.backup.commands_upgrade:upgrade",
    "offices": "jiedao.offices.commands:offices_group",
    "audit": "jiedao.audit.commands:audit_group",
    "user": "jiedao.cases.commands_people:user_group",
    "token": "jiedao.orgs.commands:token_group",
    "office": "jiedao.district.commands:office_group",
    "exchange": "jiedao.exchange.commands_endpoints:exchange_group",
}


# Commands that neither read nor write what is encrypted, or that check the key themselves.
WITHOUT_KEY = {
    "migrate",
    "restore",
    "upgrade",
    "demo",
    "pack new",
    "pack outline rectangles",
    "pack outline join",
    "pack outline import",
    "pack check",
    "report check",
    "audit verify",
    "audit proof",
    "audit check",
    "audit seal",
}
# Commands that belong to no office: they load neither Django nor settings.
WITHOUT_OFFICE = {"offices"}
# Commands that work also with a database that is marked as moved or as an unfinished copy.
ON_MOVED = {"move"}
# Commands that wait while the office is still for the last step of a move.
WAITING = {"serve", "worker"}

CHECKED: list[click.Command] = []  # whose callbacks check the key already
NOT_PREPARED = re.compile(
    r"no such (table|column)|has no column|(relation|column) .* does not exist|UndefinedTable"
)
NOT_REACHED = re.compile(
    r"unable to open|get a connection|connection .*(failed|refused)|could not (connect|translate)"
    r"|readonly|not a database"
)


class LazyGroup(click.Group):
    """A group whose commands are imported when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name].split(":")
        if cmd_name in WITHOUT_OFFICE:
            command: click.Command = getattr(importlib.import_module(module), attribute)
            return command
        import django  # noqa: PLC0415 (--version and completion need no Django)

        gc.disable()  # of what the modules make nothing becomes garbage: looking for it costs a tenth of the start
        django.setup()
        gc.enable()
        command = getattr(importlib.import_module(module), attribute)
        require_key(command, cmd_name)
        return command


def require_key(command: click.Command, name: str) -> None:
    """Let the command, and those below it, refuse a database that was written with another key."""
    if isinstance(command, click.Group):
        for child_name, child in command.commands.items():
            require_key(child, f"{name} {child_name}")
    callback = command.callback
    if callback is None or isinstance(command, click.Group) or name in WITHOUT_KEY or command in CHECKED:
        return
    CHECKED.append(command)

    @functools.wraps(callback)
    def checked(*args: Any, **kwargs: Any) -> Any:
        from jiedao.kernel.keymark import confirm_key  # noqa: PLC0415 (as above)
        from jiedao.kernel.standstill import require_home  # noqa: PLC0415

        if name not in ON_MOVED:
            require_home(may_be_still=name in WAITING)
        confirm_key()
        return callback(*args, **kwargs)

    command.callback = checked


@click.group(cls=LazyGroup)
@click.version_option(package_name="jiedao")
def group() -> None:
    """Run a sub-district office: every command explains itself with --help."""


def main() -> None:
    """Run the command line; a refusal prints what to do and exits with 1."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiedao.settings")
    from jiedao.kernel.errors import UserError  # noqa: PLC0415

    try:
        group(prog_name="jiedao")
    except UserError as fault:
        refuse(str(fault))
    except Exception as fault:
        if not (advice := database_advice(fault)):
            raise
        refuse(advice)


def refuse(text: str) -> NoReturn:
    """Print a refusal to standard error and exit with 1."""
    click.echo(f"jiedao: {text}", err=True)
    sys.exit(1)


def database_advice(fault: Exception) -> str:
    """Return what to do about a database that is not prepared, not there, locked or full; "" for other faults."""
    from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415 (as above)
    from django.db import DatabaseError, InterfaceError  # noqa: PLC0415

    first = str(fault).partition("\n")[0]
    if isinstance(fault, (DatabaseError, InterfaceError)):
        return _explain_database(fault, first)
    if isinstance(fault, ImproperlyConfigured) and first.startswith("JIEDAO_"):
        return first
    if isinstance(fault, (ImproperlyConfigured, OSError)) and not isinstance(fault, BrokenPipeError):
        return f"{first}. Check the environment: JIEDAO_DATA, JIEDAO_DATABASE_URL, JIEDAO_SECRET_KEY_FILE."
    return ""


def _explain_database(fault: Exception, first: str) -> str:
    from jiedao.kernel.outages import NO_SPACE, find_outage  # noqa: PLC0415 (as above)

    if NOT_PREPARED.search(str(fault)):
        return f"the database is not prepared for this version ({first}). Run: jiedao migrate"
    if NOT_REACHED.search(str(fault)):
        return f"the database cannot be used ({first}). Check JIEDAO_DATABASE_URL and JIEDAO_DATA."
    if (outage := find_outage(fault)) == NO_SPACE:
        return f"the disk is full ({first}). Free space, then run the command again."
    words = f"another process holds the database, or it is away ({first}). Run the command again."
    return words if outage else ""
