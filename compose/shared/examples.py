"""The example with which the help of each command ends; examples.toml has one for every command."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

import click


def with_example(command: click.Command, path: Sequence[str]) -> click.Command:
    """Return the command with the example of `path` ("node", "import") under its help, and so its own commands."""
    if isinstance(command, click.Group):
        for name, each in command.commands.items():
            with_example(each, [*path, name])
    elif example := examples().get(" ".join(path)):
        command.epilog = f"\b\nExample:\n  {example}"
    return command


@cache
def examples() -> Mapping[str, str]:
    """Return the examples: command, such as "node import" -> what to type."""
    return tomllib.loads((files("compose.shared") / "examples.toml").read_text("utf-8"))
