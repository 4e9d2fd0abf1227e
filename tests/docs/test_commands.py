"""The reference of commands and environment is complete."""

from pathlib import Path

import click
import pytest

from jiedao.cli import COMMANDS, group
from jiedao.settings import Environment

PAGE = (Path(__file__).resolve().parents[2] / "docs/reference/commands.md").read_text(encoding="utf-8")


def list_commands(command: click.Command, words: tuple[str, ...]) -> list[tuple[str, click.Command]]:
    """Return each runnable command with its full name."""
    if not isinstance(command, click.Group):
        return [(" ".join(words), command)]
    return [
        subcommand
        for name, inner in command.commands.items()
        for subcommand in list_commands(inner, (*words, name))
    ]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_in_the_reference(name: str) -> None:
    top = group.get_command(click.Context(group), name)  # type: ignore[arg-type]
    assert top is not None
    for full_name, command in list_commands(top, ("jiedao", name)):
        assert f"`{full_name}" in PAGE, f"{full_name} is missing"
        for option in [part for part in command.params if isinstance(part, click.Option)]:
            assert option.opts[0] in PAGE, f"{full_name} {option.opts[0]} is missing"


@pytest.mark.parametrize("field", Environment.model_fields)
def test_every_variable_is_in_the_reference(field: str) -> None:
    assert f"`JIEDAO_{field.upper()}`" in PAGE
