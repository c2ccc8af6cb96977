"""`hutong gateway`: set up and run a gateway replica."""

from __future__ import annotations

from types import ModuleType

import click

from compose.serve.keys_cli import keys_group
from compose.serve.server_commands import server_commands
from federation.values.identity import Kind
from gateway.key_kinds import GATEWAY_KEYS
from server.settings import GatewaySettings


@click.group()
def gateway() -> None:
    """Set up and run a gateway."""


def _app() -> ModuleType:
    import gateway.app

    return gateway.app


for _command in server_commands(Kind.GATEWAY, keys=GATEWAY_KEYS, settings_type=GatewaySettings, app=_app):
    gateway.add_command(_command)
gateway.add_command(keys_group(Kind.GATEWAY))
