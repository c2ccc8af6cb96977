"""`hutong node`: set up, run and feed one node, and look at its records."""

from __future__ import annotations

import click

from compose.shared.lazy import LazyGroup

#: A running node loads none of the commands for clients, so it starts quickly and stays small.
_PLACES = {
    "backup": ("compose.serve.node_server", "backup"),
    "check": ("compose.node.check_cli", "check"),
    "expected": ("compose.node.expected_cli", "expected"),
    "follow": ("compose.follow.follow_cli", "follow_"),
    "history": ("compose.node.records_cli", "history"),
    "import": ("compose.node.import_cli", "import_"),
    "init": ("compose.serve.node_server", "init"),
    "keys": ("compose.serve.node_server", "keys"),
    "log": ("compose.node.log_cli", "log"),
    "officers": ("compose.node.officers_cli", "officers"),
    "reseal": ("compose.node.reseal_cli", "reseal"),
    "restore": ("compose.serve.node_server", "restore"),
    "run": ("compose.serve.node_server", "run"),
    "sealing": ("compose.node.sealing_cli", "sealing"),
    "show": ("compose.node.records_cli", "show"),
    "withheld": ("compose.node.records_cli", "withheld"),
    "working": ("compose.node.working_cli", "working"),
}


@click.group(cls=LazyGroup, places=_PLACES)
def node() -> None:
    """Set up, run and feed one node."""
