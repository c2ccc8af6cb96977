"""The client library: ask the gateway, enter records at a node, read evidence; requests are signed, answers verified.

    with Client.open(Path("home/federation.json"), "police", officer="王警官") as client:
        answered = client.ask(query)
        print(answered.answer.finding)

Every answer's signature and request are checked before it is returned; errors are those of
`federation.errors`.
"""

from __future__ import annotations

from federation.client.asking import Answered, Asking
from federation.client.connection import PAGE_DEADLINE_S, Connection, Credentials
from federation.client.noticing import Noticing
from federation.client.reading import ReadingEvidence
from federation.client.recalling import Recalling
from federation.client.registering import Registering
from federation.client.sealing import OrderingSeals

__all__ = ["PAGE_DEADLINE_S", "Answered", "Client", "Connection", "Credentials"]


class Client(Asking, Registering, OrderingSeals, Noticing, Recalling, ReadingEvidence):
    """All that one installation may do; each part is a module of this package."""
