"""`init`, `run`, `backup` and `restore`: a node or a gateway as a server on this machine.

Modules that load gRPC are imported inside the commands, after `quiet_grpc`: gRPC reads its settings once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

import click

from compose.serve.backup_checking import check_command
from compose.serve.copy_commands import copy_commands
from compose.serve.quiet import quiet_grpc
from compose.serve.server_setup import insist_set_up, next_steps, set_up
from compose.shared.options import json_option, settings_or_fail
from compose.shared.presenting import present
from federation.values.identity import Kind
from server.journal.migrating import Schema
from server.settings import GatewaySettings, NodeSettings
from server.stores.key_checks import KeyKind


def server_commands(
    kind: Kind,
    *,
    keys: Sequence[KeyKind],
    settings_type: type[NodeSettings] | type[GatewaySettings],
    app: Callable[[], ModuleType],
) -> tuple[click.Command, ...]:
    """Return `init`, `run`, `backup`, `restore` and `check` of one kind of server; `app` imports its module `app`."""
    server = str(kind)

    @click.command(
        help=f"Make the {server}'s folder: secret keys, empty store, signing key, TLS key, settings, request file. "
        "Nothing that exists is replaced, but a request file that shows other keys, or another endpoint than "
        "the one given.\n\nIts authority and the draft of the charter take request.json; private "
        "keys stay. In the folder of a store it makes only a key that a new version needs and the store has never used."
    )
    @click.option("--home", type=click.Path(path_type=Path), required=True, help=f"Folder of the {server}.")
    @click.option("--installation", required=True, help=f'Who it is, e.g. "{_EXAMPLES[kind]}".')
    @click.option("--listen", default="127.0.0.1:0", show_default=True, help="Address to listen on.")
    @click.option("--endpoint", default="", help="Address at which others reach it; without it --listen.")
    @click.option(
        "--charter", type=click.Path(path_type=Path), required=True, help="Published charter folder."
    )
    @click.option("--charter-root", type=click.Path(path_type=Path), help="Pinned root, if not yet known.")
    @json_option
    def init(
        home: Path,
        installation: str,
        listen: str,
        endpoint: str,
        charter: Path,
        charter_root: Path | None,
        as_json: bool,
    ) -> None:
        who = insist_set_up(home, installation, kind, listen=listen, endpoint=endpoint)
        app().init(home)
        made = set_up(home, who, listen=listen, endpoint=endpoint, charter=charter, charter_root=charter_root)
        then = f"hutong {kind} run --home {home}"
        present(made, as_json=as_json, table=lambda its: next_steps(its, then))

    @click.command(
        help=f"Run the {server} in the foreground until SIGTERM or SIGINT; SIGHUP opens its log file anew."
    )
    @click.option(
        "--home", type=click.Path(path_type=Path, exists=True), required=True, help=f"Folder of the {server}."
    )
    def run(home: Path) -> None:
        quiet_grpc()
        from compose.serve.serving import serve
        from server.own_certificate import Ending
        from server.stores.replacing import settle

        settle(home.resolve())
        settings = settings_or_fail(settings_type, home.resolve())
        ending = Ending()
        running = app().running(settings, ending=ending)
        serve(running, settings.home, ending=ending, log_file=settings.log_file)

    def schemas() -> Sequence[Schema]:
        quiet_grpc()
        found: Sequence[Schema] = app().SCHEMAS
        return found

    return (init, run, *copy_commands(server, keys, schemas), check_command(server, keys, schemas))


_EXAMPLES = {Kind.NODE: "police/node/police-1", Kind.GATEWAY: "interconnect/gateway/gateway-1"}
