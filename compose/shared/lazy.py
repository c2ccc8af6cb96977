"""A group of commands that imports a command's module only when the command is used."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import click

from compose.shared.examples import with_example


class LazyGroup(click.Group):
    """A group whose commands are named in a table: command -> (module, object in it)."""

    def __init__(self, *args: Any, places: Mapping[str, tuple[str, str]], **extra: Any) -> None:
        super().__init__(*args, **extra)
        self._places = places

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order of the table."""
        return list(self._places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command, imported now."""
        if cmd_name not in self._places:
            return None
        module, name = self._places[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), name)
        return with_example(command, [*_path(ctx), cmd_name])


def _path(context: click.Context) -> list[str]:
    """Return the commands that led to a group, without the program itself."""
    if context.parent is None:
        return []
    return [*_path(context.parent), context.info_name or ""]
