"""`hutong gateway`: run a gateway replica.

Modules that load gRPC are imported inside the commands, after `quiet_grpc`: gRPC reads its settings once.
"""

from __future__ import annotations

from pathlib import Path

import click

from compose.serve.copy_commands import copy_commands
from compose.serve.quiet import quiet_grpc
from compose.serve.server_setup import insist_set_up, set_up
from compose.shared.options import settings_or_fail
from federation.values.identity import Kind
from gateway.key_kinds import GATEWAY_KEYS
from server.settings import GatewaySettings


@click.group()
def gateway() -> None:
    """Set up and run a gateway."""


@gateway.command()
@click.option("--home", type=click.Path(path_type=Path), required=True, help="Folder of the gateway.")
@click.option("--installation", required=True, help='Who it is, e.g. "interconnect/gateway/gateway-1".')
@click.option("--listen", default="127.0.0.1:0", show_default=True, help="Address to listen on.")
@click.option("--charter", type=click.Path(path_type=Path), required=True, help="Published charter folder.")
@click.option("--charter-root", type=click.Path(path_type=Path), help="Pinned root, if not yet known.")
def init(home: Path, installation: str, listen: str, charter: Path, charter_root: Path | None) -> None:
    """Make the gateway's folder: secret keys, empty store, signing key, settings. Nothing that exists is replaced.

    In the folder of a store it makes only a key that a new version needs and the store has never used.
    """
    from gateway.app import init as make

    insist_set_up(installation, Kind.GATEWAY, listen=listen)
    make(home)
    set_up(home, installation, Kind.GATEWAY, listen=listen, charter=charter, charter_root=charter_root)


@gateway.command()
@click.option(
    "--home", type=click.Path(path_type=Path, exists=True), required=True, help="Folder of the gateway."
)
def run(home: Path) -> None:
    """Run the gateway in the foreground until SIGTERM or SIGINT; SIGHUP opens its log file anew."""
    quiet_grpc()
    from compose.serve.serving import serve
    from gateway.app import running
    from server.own_certificate import Ending

    settings = settings_or_fail(GatewaySettings, home.resolve())
    ending = Ending()
    serve(running(settings, ending=ending), settings.home, ending=ending, log_file=settings.log_file)


for _command in copy_commands("gateway", GATEWAY_KEYS):
    gateway.add_command(_command)
