"""Ask every gateway which head of this node's log it knows, and hand every gateway the agency's acceptances.

The first try comes before the node answers anybody: a gateway that happens to ask first may have seen less than others.
"""

from __future__ import annotations

from functools import partial

from federation.background.backoff import Backoffs
from federation.background.together import together
from federation.charter.model import Charter, Gateway
from federation.errors import BadEnvelope, HutongError, InvalidRequest, PermissionDenied
from federation.evidence.acceptance import MOST_ACCEPTANCES
from federation.statements.methods import HAND_IN_ACCEPTANCE, HIGHEST_HEAD
from federation.statements.reasons import LOST_HEAD_HIGHER
from federation.transport.status import understood
from federation.v1 import heads_pb2, heads_pb2_grpc
from node.continuity.continuity import Continuity
from node.continuity.store import ContinuityStore
from server.handing import DEADLINE_S, PageSender, Sender
from server.journal.journal import Journal

#: Seconds that one call may take, that a start waits for all gateways together, and between tries at the most: each
#: refusal is an entry in the gateway's log.
CALL_S, START_S, LONGEST_S = 5.0, 3.0, 10.0


class Informing(PageSender):
    """Exchanges heads and acceptances with all gateways of the charter."""

    what = "heads"

    def __init__(
        self, *, continuity: Continuity, store: ContinuityStore, journal: Journal, sender: Sender
    ) -> None:
        super().__init__(sender=sender)
        self._continuity = continuity
        self._store = store
        self._journal = journal
        self._asked: set[str] = set()
        with journal.reading() as view:
            self._taken = store.taken(view)
        #: The acceptance that a gateway refused because it knows a higher head: only a later one can be taken.
        self._too_low: dict[str, str] = {}
        #: The acceptance that a gateway refuses as such: its signer has left the charter, say.
        self._refused: dict[str, str] = {}
        self._backoffs = Backoffs("heads for", longest_s=LONGEST_S)

    def begin(self) -> None:
        """Ask each gateway once, all together; return when all have answered or failed, or after `START_S`."""
        charter = self._sender.charter()
        together(
            "heads-first",
            [partial(self._try, gateway, charter) for gateway in charter.gateways],
            within_s=START_S,
        )

    def asked(self, gateway: Gateway) -> bool:
        """Say whether this gateway has stated its head since this start."""
        return str(gateway.installation) in self._asked

    def waits(self, gateway: Gateway) -> bool:
        """Say whether an acceptance waits for this gateway."""
        acceptances = self._continuity.acceptances
        return bool(acceptances) and self._taken.get(str(gateway.installation), "") < acceptances[-1].at

    def refused(self, gateway: Gateway) -> bool:
        """Say whether this gateway refuses the newest acceptance, so that the agency may sign again."""
        newest = self._continuity.acceptances[-1].at if self.waits(gateway) else ""
        return bool(newest) and self._refused.get(str(gateway.installation)) == newest

    def _hand_page(self) -> bool:
        charter = self._sender.charter()
        for gateway in charter.gateways:
            if self._loop.closing:
                break
            self._try(gateway, charter)
        return False

    def _try(self, gateway: Gateway, charter: Charter) -> None:
        if not self.asked(gateway) or self._due(gateway):
            self._backoffs.attempt(str(gateway.installation), partial(self._exchange, gateway, charter))

    def _due(self, gateway: Gateway) -> bool:
        """Say whether the newest acceptance has to be handed to this gateway and may be taken there."""
        newest = self._continuity.acceptances[-1].at if self.waits(gateway) else ""
        return bool(newest) and self._too_low.get(str(gateway.installation)) != newest

    def _exchange(self, gateway: Gateway, charter: Charter) -> None:
        """Hand in what waits, then ask: a gateway that knows a higher head refuses the one and states the other."""
        with understood(), self._sender.connect(gateway, charter) as channel:
            stub = heads_pb2_grpc.HeadServiceStub(channel)
            if self._due(gateway):
                self._hand_in(gateway, stub)
            self._ask(gateway, stub)

    def _hand_in(self, gateway: Gateway, stub: heads_pb2_grpc.HeadServiceStub) -> None:
        acceptances = self._continuity.acceptances[-MOST_ACCEPTANCES:]
        page = heads_pb2.AcceptancePage(acceptances=[each.envelope for each in acceptances])
        envelope = self._sender.statement(HAND_IN_ACCEPTANCE, page.SerializeToString())
        name, at = str(gateway.installation), acceptances[-1].at
        try:
            with understood():
                request = heads_pb2.HandInAcceptanceRequest(envelope=envelope)
                stub.HandInAcceptance(request, timeout=DEADLINE_S)
        except HutongError as error:
            if isinstance(error, BadEnvelope | PermissionDenied | InvalidRequest):
                self._refused[name] = at
            if error.reason != LOST_HEAD_HIGHER:
                raise
            self._too_low[name] = at
            return
        self._journal.run(lambda work: self._store.note_taken(work, name, at), yields=True)
        self._taken[name] = at

    def _ask(self, gateway: Gateway, stub: heads_pb2_grpc.HeadServiceStub) -> None:
        query = heads_pb2.HeadQuery(node=self._continuity.node)
        envelope = self._sender.statement(HIGHEST_HEAD, query.SerializeToString())
        response = stub.GetHighestHead(heads_pb2.GetHighestHeadRequest(envelope=envelope), timeout=CALL_S)
        if response.HasField("head"):
            self._continuity.hear(response.head, str(gateway.installation))
        self._asked.add(str(gateway.installation))
