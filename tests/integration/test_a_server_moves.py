"""A server that the charter moves is found again by clients that are open."""

from __future__ import annotations

import socket
from pathlib import Path

import node.app
from federation.errors import HutongError
from tests.support.federation import SmallFederation
from tests.support.inside import inside_federation
from tests.support.records import open_record
from tests.support.waiting import wait_for

NODE = "police/node/police-1"


def test_an_open_client_follows_a_node_to_its_new_endpoint(tmp_path: Path) -> None:
    federation = SmallFederation(tmp_path)
    with inside_federation(federation) as inside:
        settings = inside.node_settings("police")
        with node.app.running(settings, now=federation.clock) as port:
            federation.set_endpoint(NODE, f"localhost:{port}")
            client = inside.client("police")
            receipt = wait_for(
                lambda: client.register.enter("police-1", open_record("police")[1]),
                passing=HutongError,
                what="the node to enter a record",
            )
        with (
            socket.create_server(("127.0.0.1", port)),
            node.app.running(settings, now=federation.clock) as other,
        ):
            assert other != port
            federation.set_endpoint(NODE, f"localhost:{other}")
            events = wait_for(
                lambda: client.register.history("police-1", receipt.record_id),
                passing=HutongError,
                what="the client to find the node again",
            )
            assert [event.version for event in events] == [1]
