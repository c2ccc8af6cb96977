"""The help of every command ends with an example, and the shell gets the names of commands and options to complete."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest

from compose.cli import main
from compose.shared.examples import examples


def commands(command: click.Command, context: click.Context) -> Iterator[tuple[str, click.Context]]:
    """Yield every command that is no group, with the names that lead to it."""
    if not isinstance(command, click.Group):
        yield context.command_path.removeprefix("hutong "), context
        return
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        yield from commands(found, click.Context(found, info_name=name, parent=context))


COMMANDS = dict(commands(main, click.Context(main, info_name="hutong")))


def test_every_example_is_of_a_command() -> None:
    assert examples().keys() == COMMANDS.keys()


@pytest.mark.parametrize("path", COMMANDS)
def test_the_help_ends_with_an_example_that_the_command_takes(path: str) -> None:
    context = COMMANDS[path]
    example = examples()[path]
    assert example in context.get_help()
    words = shlex.split(example)
    words = words[words.index("hutong") + 1 :]
    length = len(path.split())
    assert words[:length] == path.split()
    values, left, _ = context.command.make_parser(context).parse_args(args=words[length:])
    assert not left
    from_environment = {"home", "officer"}
    for parameter in context.command.params:
        if parameter.required and parameter.name not in from_environment:
            assert parameter.name in values, parameter.name
        given = values.get(str(parameter.name))
        if isinstance(parameter.type, click.Choice) and isinstance(given, str):
            assert given in parameter.type.choices, parameter.name


def test_the_shell_completes_commands_and_options() -> None:
    def completed(words: str) -> set[str]:
        environment = os.environ | {
            "_HUTONG_COMPLETE": "bash_complete",
            "COMP_WORDS": f"hutong {words}",
            "COMP_CWORD": str(len(words.split(" "))),
        }
        program = "from compose.cli import main; main(prog_name='hutong')"
        ran = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
        )
        return {line.partition(",")[2] for line in ran.stdout.splitlines()}

    assert completed("no") == {"node", "notify"}
    assert {"--node", "--map"} <= completed("node import --")
