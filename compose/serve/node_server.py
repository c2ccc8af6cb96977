"""`hutong node init`, `run`, `backup` and `restore`: one node as a server on this machine.

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
from node.store.key_kinds import NODE_KEYS
from server.settings import NodeSettings


@click.command()
@click.option("--home", type=click.Path(path_type=Path), required=True, help="Folder of the node.")
@click.option("--installation", required=True, help='Who it is, e.g. "police/node/police-1".')
@click.option("--listen", default="127.0.0.1:0", show_default=True, help="Address to listen on.")
@click.option("--charter", type=click.Path(path_type=Path), required=True, help="Published charter folder.")
@click.option("--charter-root", type=click.Path(path_type=Path), help="Pinned root, if not yet known.")
def init(home: Path, installation: str, listen: str, charter: Path, charter_root: Path | None) -> None:
    """Make the node's folder: secret keys, empty store, signing key, settings. Nothing that exists is replaced.

    In the folder of a store it makes only a key that a new version needs and the store has never used.
    """
    from node.app import init as make

    insist_set_up(installation, Kind.NODE, listen=listen)
    make(home)
    set_up(home, installation, Kind.NODE, listen=listen, charter=charter, charter_root=charter_root)


@click.command()
@click.option(
    "--home", type=click.Path(path_type=Path, exists=True), required=True, help="Folder of the node."
)
def run(home: Path) -> None:
    """Run the node in the foreground until SIGTERM or SIGINT; SIGHUP opens its log file anew."""
    quiet_grpc()
    from compose.serve.serving import serve
    from node.app import running
    from server.own_certificate import Ending

    settings = settings_or_fail(NodeSettings, home.resolve())
    ending = Ending()
    serve(running(settings, ending=ending), settings.home, ending=ending, log_file=settings.log_file)


backup, restore = copy_commands("node", NODE_KEYS)
