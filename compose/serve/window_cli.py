"""`hutong window init`: an agency's window, from which its officers' commands reach a federation."""

from __future__ import annotations

import json
from pathlib import Path

import click

from certs.installation_request import SIGNING_KEY, TLS_KEY, make_keys
from certs.printing import write_json
from compose.serve.keys_cli import keys_group
from compose.serve.server_setup import insist_set_up, made_of, next_steps
from compose.shared.options import json_option
from compose.shared.presenting import present
from federation.client.description import is_digest
from federation.errors import InvalidRequest
from federation.values.identity import Kind


@click.group()
def window() -> None:
    """Set up a window: the folder from which an agency's officers ask, enter, notify and report."""


@window.command()
@click.option("--home", type=click.Path(path_type=Path), required=True, help="Folder of the window.")
@click.option("--installation", required=True, help='Who it is, e.g. "police/client/window-1".')
@click.option("--federation", required=True, help="The federation's name.")
@click.option("--charter", type=click.Path(path_type=Path), required=True, help="Published charter folder.")
@click.option(
    "--charter-root",
    required=True,
    help="The root that you received by a way you trust: a file outside the published folder, or its SHA-256.",
)
@json_option
def init(
    home: Path, installation: str, federation: str, charter: Path, charter_root: str, as_json: bool
) -> None:
    """Make the window's folder: signing key, TLS key, request file, and the federation.json that commands read.

    Nothing that exists is replaced, except a request file that shows other keys. Neither the charter nor its root need
    be there yet.
    """
    who = insist_set_up(home, installation, Kind.CLIENT)
    pin = charter_root if is_digest(charter_root) else str(Path(charter_root).resolve())
    if Path(pin).is_relative_to(charter.resolve()):
        raise InvalidRequest.of(
            "charter_root",
            "PIN",
            "lies in the published folder, where whoever publishes can change it: keep a copy",
        )
    says = {"federation": federation, "charter": str(charter.resolve()), "charter_root": pin}
    description = home.resolve() / "federation.json"
    if description.exists():
        _insist_says(description, says)
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    make_keys(home)
    place = home.resolve()
    (place / "officers").mkdir(exist_ok=True, mode=0o700)
    own = {
        "installation": str(who),
        "cert": "tls.pem",
        "key": TLS_KEY,
        "signing_key": SIGNING_KEY,
        "officers": "officers",
    }
    if not description.exists():
        write_json(description, {**says, "members": {who.member: own}}, indent=2)
    then = f"hutong ask --home {home} --as {who.member} ..."
    present(made_of(home, who), as_json=as_json, table=lambda its: next_steps(its, then))


window.add_command(keys_group(Kind.CLIENT))


def _insist_says(description: Path, says: dict[str, str]) -> None:
    """Raise `InvalidRequest` where a window is set up for something else: what exists is not replaced."""
    try:
        there = json.loads(description.read_text("utf-8"))
        other = [name for name, value in says.items() if there.get(name) != value]
    except (ValueError, AttributeError):
        raise InvalidRequest.of("home", "FORMAT", f"{description} is no description: move it away") from None
    if other:
        raise InvalidRequest.of(
            other[0],
            "EXISTS",
            f"{description} says {there.get(other[0])!r}: correct it there, nothing is replaced",
        )
