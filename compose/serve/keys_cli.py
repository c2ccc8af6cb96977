"""`hutong node|gateway|window keys`: make the keys that are to follow, and see how long the present ones hold."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from compose.serve.own_keys import OwnKeys, make_next, own_keys, state_of
from compose.shared.moments import beijing
from compose.shared.options import json_option, settings_or_fail
from compose.shared.presenting import present
from federation.charter.model import Charter
from federation.charter.trust import CharterTrust
from federation.client.description import read_description
from federation.values import clock
from federation.values.identity import Kind
from server.settings import GatewaySettings, NodeSettings, ServerSettings

_SETTINGS: Mapping[Kind, type[NodeSettings] | type[GatewaySettings]] = {
    Kind.NODE: NodeSettings,
    Kind.GATEWAY: GatewaySettings,
}


def keys_group(kind: Kind) -> click.Group:
    """Return the commands about the keys of one kind of installation."""
    what = "window" if kind is Kind.CLIENT else str(kind)
    home_option = click.option(
        "--home",
        type=click.Path(path_type=Path, exists=True, file_okay=False),
        required=True,
        help=f"Folder of the {what}.",
    )

    @click.group(help=f"Keys of the {what}: make the next ones, see how long the present ones hold.")
    def keys() -> None:
        pass

    @keys.command(
        "next",
        help=f"Make the signing key and the TLS key that are to follow those of the {what}, and their request file, "
        "while it works on. Repeated, it makes nothing new.",
    )
    @home_option
    @click.option(
        "--endpoint", default="", help="Address at which others reach it, if no request file has it."
    )
    @json_option
    def next_(home: Path, endpoint: str, as_json: bool) -> None:
        made = make_next(own_keys(home.resolve(), _settings(kind, home)), endpoint)
        present(made, as_json=as_json, table=_steps)

    @keys.command(help=f"Show how long signing key and certificate of the {what} hold, and what is due.")
    @home_option
    @json_option
    def status(home: Path, as_json: bool) -> None:
        settings = _settings(kind, home)
        own = own_keys(home.resolve(), settings)
        facts = state_of(own, _charter(own, settings), at=clock.now())
        present(facts, as_json=as_json, table=_lines)

    return keys


def _settings(kind: Kind, home: Path) -> ServerSettings | None:
    """Return the settings of a server as it reads them itself; None for a window, and for a folder without settings."""
    if kind is Kind.CLIENT or not (home / "settings.toml").exists():
        return None
    return settings_or_fail(_SETTINGS[kind], home.resolve())


def _charter(own: OwnKeys, settings: ServerSettings | None) -> Charter:
    """Return the charter in force, as the installation sees it; raises `CharterUnusable`."""
    if settings is None:
        federation = read_description(own.home / "federation.json")
        trust = CharterTrust(federation.published, federation.state, federation.root)
    else:
        trust = CharterTrust(settings.charter, own.home / "charter", settings.charter_root)
    return trust.refresh()


def _steps(made: dict[str, str]) -> list[object]:
    return [
        f"{made['installation']} has the keys that are to follow",
        f"  public signing key, as the draft of the charter will show it: {made['public']}",
        f"  request file: {made['request']}",
        "  next: have the charter list it ([[installations]] with former_hours), and a certificate issued from it",
    ]


def _lines(facts: dict[str, Any]) -> list[object]:
    lines: list[object] = [f"{facts['installation']}, charter {facts['charter']}"]
    for name, title in (("signing_key", "signing key"), ("next_signing_key", "next signing key")):
        if name in facts:
            key = facts[name]
            until = f"until {beijing(key['not_after'])}" if key["listed"] else "not in the charter"
            lines.append(f"  {title} {key['public']}: {until}")
    certificate = facts["certificate"]
    lines.append(f"  certificate {certificate['serial']}: until {beijing(certificate['not_after'])}")
    if facts["next_tls_key"]:
        lines.append("  a next TLS key waits for its certificate")
    return [*lines, *(f"  due: {each}" for each in facts["due"])]
