"""The options that select the charter to trust when a command checks evidence offline."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

_FOLDER = click.Path(file_okay=False, path_type=Path)
_FILE = click.Path(dir_okay=False, path_type=Path)


def trust_options(command: F) -> F:
    """Add --home, --charter and --root to a command."""
    for option in (
        click.option(
            "--root", type=_FILE, help="Root metadata to trust [default: the first root of the charter]."
        ),
        click.option("--charter", type=_FOLDER, help="A published charter that you trust."),
        click.option(
            "--home", type=_FOLDER, help="A local federation [default: $HUTONG_HOME, then the pins]."
        ),
    ):
        command = option(command)
    return command
