"""Send this node's seals to nodes and gateways that are new in the charter, and stop awaiting removed ones.

This is done a few hundred records at a time, so that a large register delays nothing else. If the node stops
meanwhile, it begins again at the next start; proposing the same again changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from federation.charter.model import Charter
from node.sealing import change_store, welcome_store
from node.sealing.outbox import addressees
from server.journal.journal import Journal
from server.journal.work import Work

#: Rows of one transaction.
STEP = 500


class Welcome:
    """Compares the charter with the nodes and gateways to which everything sealed here has been addressed."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._greeted = ""

    def greet(self, charter: Charter) -> bool:
        """Address seals to new nodes and gateways, and drop removed ones; return whether something changed."""
        if charter.digest == self._greeted:
            return False
        nodes, gateways = addressees(charter)
        with self._journal.reading() as view:
            greeted = welcome_store.greeted(view)
        new = [name for name in (*nodes, *gateways) if name not in greeted]
        gone = greeted - {*nodes, *gateways}
        if any(name in nodes for name in new):
            self._look_again_at_sealed()
        for gateway in gateways:
            if gateway in new:
                self._address_to(gateway)
        self._repeat(lambda work: welcome_store.forget_other_nodes(work, nodes, STEP))
        self._repeat(lambda work: welcome_store.forget_other_gateways(work, gateways, STEP))
        if new or gone:
            self._journal.run(lambda work: welcome_store.note(work, new=new, gone=gone), yields=True)
        self._greeted = charter.digest
        return bool(new or gone)

    def _look_again_at_sealed(self) -> None:
        """Have a proposal made of every sealed record that some node has not acknowledged."""
        after = b""
        while True:

            def command(work: Work, after: bytes = after) -> bytes:
                return change_store.note_sealed(work, after=after, limit=STEP)

            after = self._journal.run(command, yields=True).value
            if not after:
                return

    def _address_to(self, gateway: str) -> None:
        """Address everything that spreads, and every withdrawal that is under way, to a new gateway."""
        for withdraws in (False, True):

            def command(work: Work, withdraws: bool = withdraws) -> None:
                welcome_store.address_to(work, gateway, withdraws=withdraws)

            self._journal.run(command, yields=True)

    def _repeat(self, command: Callable[[Work], int]) -> None:
        """Run `command` until it finds nothing left to change."""
        while self._journal.run(command, yields=True).value:
            pass
