"""Shared parts of this package's commands: errors as sentences, results as a table or as JSON."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from certs.charter_office import CharterOffice
from certs.printing import NO_ROOM, echo, echo_json
from certs.signing import charter_signer, load_signing_key
from federation.charter.load import WHATEVER_AGE, DirectoryFetcher, Loaded, load
from federation.errors import HutongError
from federation.values.characters import visible
from federation.values.clock import now
from federation.values.identity import Installation

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)

published_option = click.option(
    "--published", type=FOLDER, required=True, help="The folder that holds the published charter."
)
publisher_option = click.option(
    "--publisher-key", type=FILE, required=True, help="The publisher's online key (Ed25519 PEM)."
)
root_option = click.option(
    "--root", type=FILE, required=True, help="The root metadata, received out of band."
)
authority_key_option = click.option(
    "--authority-key", type=FILE, required=True, help="The key with which the authority signs its part."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


class TellingGroup(click.Group):
    """A group whose commands end in one sentence, not a traceback, when something is refused."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a refusal becomes a `ClickException` (exit code 1).

        Raises `OSError` where output has no room: the program words that alike for every command.
        """
        try:
            return super().invoke(ctx)
        except HutongError as error:
            raise click.ClickException(visible(f"{error.message} [{error.reason}]")) from error
        except FileExistsError as error:
            raise click.ClickException(visible(f"{error.filename} exists and is not overwritten")) from error
        except (OSError, ValueError) as error:
            if isinstance(error, OSError) and error.errno in NO_ROOM:
                raise
            raise click.ClickException(visible(str(error))) from error


class InstallationType(click.ParamType):  # type: ignore[type-arg]  # generic only in newer releases
    """An installation written "member/kind/name"."""

    name = "member/kind/name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Installation:
        """Return the installation, or fail with a message on the fault."""
        if isinstance(value, Installation):
            return value
        try:
            return Installation.parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


INSTALLATION = InstallationType()


def office(published: Path, publisher_key: Path) -> CharterOffice:
    """Return the office that publishes at `published` with the key in `publisher_key`."""
    return CharterOffice(published, charter_signer(load_signing_key(publisher_key)))


def load_published(published: Path, root: Path, state: Path | None, *, expired: bool = False) -> Loaded:
    """Return the published charter, checked against its root; without `state` a rollback is not detected.

    With `expired` also one that has run out, to renew it.
    """
    with tempfile.TemporaryDirectory() as scratch:
        at = WHATEVER_AGE if expired else now()
        return load(DirectoryFetcher(published), state or Path(scratch), root.read_bytes(), at=at)


def tell(facts: Mapping[str, Any], *, as_json: bool) -> None:
    """Print `facts`, one on each line, or as one JSON object."""
    if as_json:
        echo_json(facts)
        return
    width = max((len(name) for name in facts), default=0)
    for name, value in facts.items():  # no table: a digest that is cut cannot be compared
        text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        echo(f"{name:<{width}}  {text}")
