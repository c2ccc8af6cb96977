"""`hutong node init`, `run`, `backup`, `restore` and `keys`: one node as a server on this machine."""

from __future__ import annotations

from types import ModuleType

from compose.serve.keys_cli import keys_group
from compose.serve.server_commands import server_commands
from federation.values.identity import Kind
from node.store.key_kinds import NODE_KEYS
from server.settings import NodeSettings


def _app() -> ModuleType:
    import node.app

    return node.app


# `check` of a node compares the register as well: `compose.node.check_cli`.
init, run, backup, restore, _ = server_commands(
    Kind.NODE, keys=NODE_KEYS, settings_type=NodeSettings, app=_app
)
keys = keys_group(Kind.NODE)
