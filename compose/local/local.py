"""Start and stop a local federation as a whole."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from compose.local import founding, processes
from compose.local.interrupting import ending_what_starts, interruptible
from compose.local.layout import GATEWAY, Layout, servers
from compose.local.ownership import all_or_nothing, alone, founded, insist_own
from compose.trust.pins import pin
from federation.charter.model import Charter
from federation.charter.trust import CharterTrust
from federation.errors import CharterUnusable, InvalidRequest
from federation.values.identity import Installation
from server.settings import insist_address


def up(
    home: Path, names: tuple[str, ...] = (), *, told: Callable[[str], None] = lambda line: None
) -> dict[str, object]:
    """Start the federation at `home`, founding it first if it is new; return the content of `federation.json`.

    With `names`, start only those servers. Servers that already run are left alone. When interrupted, it restores the
    state before: nothing is half founded, and no server started by this call runs. Raises `AlreadyExists` when the
    folder does not belong to a local federation.
    """
    layout = Layout(home.resolve())
    wanted = processes.by_name(servers(), names)
    insist_own(layout)
    _insist_addresses(layout)
    with interruptible(), alone(layout):
        if not founded(layout):
            told("founding: authorities, certificates, keys, charter")
            with all_or_nothing(layout):
                founding.unsafe_found(layout)
        else:
            founding.office(layout).refresh()
        with ending_what_starts(layout, wanted):
            starting = {}
            for server in wanted:
                if processes.running(layout, server) is None:
                    _insist_port(layout, server)
                    told(f"starting {server}")
                    starting[server] = processes.start(layout, server)
            for server, process in starting.items():
                processes.await_started(layout, server, process)
            # Still inside the context: an interruption before the description exists must leave no server running.
            charter = current_charter(layout)
            pin(charter.federation, layout.charter)
            return _describe(layout, charter)


def down(home: Path, names: tuple[str, ...] = ()) -> list[Installation]:
    """Stop the federation at `home`, or only the servers called `names`; return those that were running."""
    layout = Layout(home.resolve())
    stopped = processes.stop_all(layout, processes.by_name(servers(), names))
    if founded(layout) and layout.description.exists():
        insist_own(layout)
        _describe(layout, current_charter(layout))
    return stopped


def current_charter(layout: Layout) -> Charter:
    """Return the currently published charter."""
    return CharterTrust(layout.charter, layout.home / "charter-state", layout.root).refresh()


def endpoints(charter: Charter) -> dict[str, str]:
    """Return the endpoint of each server."""
    nodes = {str(node.installation): node.endpoint for node in charter.nodes}
    return nodes | {str(gateway.installation): gateway.endpoint for gateway in charter.gateways}


def _describe(layout: Layout, charter: Charter) -> dict[str, object]:
    pids = {str(s): up.pid for s in servers() if (up := processes.running(layout, s)) is not None}
    return founding.describe(layout, charter.federation, endpoints(charter), pids)


def _insist_addresses(layout: Layout) -> None:
    """Raise `InvalidRequest` when the environment or the charter names an impossible port.

    Called before anything is written.
    """
    addresses = {
        f"HUTONG_{kind}_LISTEN": os.environ.get(f"HUTONG_{kind}_LISTEN") for kind in ("NODE", "GATEWAY")
    }
    if founded(layout):
        with suppress(CharterUnusable):  # it has expired, and is published anew below
            addresses |= {
                f"charter: {who}": where for who, where in endpoints(current_charter(layout)).items()
            }
    for name, address in addresses.items():
        try:
            insist_address(address or "127.0.0.1:0")
        except ValueError as error:
            raise InvalidRequest.of(name, "ADDRESS", str(error)) from None


def _insist_port(layout: Layout, server: Installation) -> None:
    """Move a server whose port another program took meanwhile, and make its settings match the charter.

    A home that is held has its server already, which is starting: the port is its own.
    """
    if processes.held(layout.server(server)):
        return
    endpoint = endpoints(current_charter(layout))[str(server)]
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(endpoint.rpartition(":")[2])))
        except OSError:
            founding.move(layout, server, f"localhost:{founding.free_ports(1)[0]}")
            return
    founding.insist_listening(layout, server, endpoint)


__all__ = ["GATEWAY", "current_charter", "down", "endpoints", "up"]
