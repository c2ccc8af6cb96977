"""Announce this node's applications to every node that must answer them, and take the announcements of others (A27).

Nothing is looked up. The person of an announcement is kept as tokens, whether or not the register has a record, and is
compared with the withheld records when an officer opens the work list. So no answer, delay or entry shows what a node
holds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime

from federation.background.backoff import Backoff
from federation.charter.envelope import Signer
from federation.charter.model import Charter
from federation.errors import HutongError, Unavailable
from federation.evidence.entry import EntryKind
from federation.statements.announcements import entry_of, open_announcement, sign
from federation.statements.methods import ANNOUNCE
from federation.transport.status import understood
from federation.v1 import announcing_pb2 as pb
from federation.v1 import announcing_pb2_grpc, query_pb2
from federation.values.clock import legal_day, stamp
from federation.values.enum_names import purpose_name
from federation.values.identity import NodeName
from node.announcing.store import AnnouncementStore, WaitingAnnouncement
from server.handing import DEADLINE_S, LONGEST_PAUSE_S, PageSender, Sender
from server.journal.journal import Journal
from server.journal.work import Work
from server.opening import Act


class Announcements:
    """What is announced at this node, by it and to it."""

    def __init__(
        self,
        *,
        store: AnnouncementStore,
        journal: Journal,
        node: NodeName,
        signer: Signer,
        charter: Callable[[], Charter],
        now: Callable[[], datetime],
    ) -> None:
        self.store = store
        self._journal = journal
        self._node = node
        self._signer = signer
        self._charter = charter
        self._now = now

    def announce(
        self,
        work: Work,
        application: str,
        purpose: query_pb2.Purpose.ValueType,
        persons: Sequence[query_pb2.Subject],
        release_on: date,
        *,
        basis: str,
    ) -> None:
        """Announce an application of this node, under a provision or "", in the transaction that accepts it."""
        at = self._now()
        announcement = pb.Announcement(
            federation=work.charter.federation,
            node=self._node,
            application=application,
            purpose=purpose,
            persons=persons,
            release_on=release_on.isoformat(),
            announced_at=stamp(at),
            basis=basis,
        )
        self.store.forget(work, legal_day(at))
        required = {str(n.name) for n in work.charter.required_nodes(purpose_name(purpose))}
        if self._node in required:
            self.store.remember(work, announcement)
        others = required - {str(self._node)}
        self.store.send(work, application, sign(announcement, self._signer), announcement.release_on, others)

    def take(self, delivery: pb.AnnouncementDelivery, act: Act) -> None:
        """Take another node's announcement that a gateway delivers; raises as `open_announcement` does."""
        at = self._now()
        announcement = open_announcement(delivery.announcement, self._charter(), now=at)

        def command(work: Work) -> None:
            act.insist_first(work)
            self.store.remember(work, announcement)
            self.store.forget(work, legal_day(at))
            act.log(
                work,
                EntryKind.ANNOUNCED,
                at=stamp(at),
                **entry_of(announcement),
            )

        self._journal.run(command)


class Announcing(PageSender):
    """Hands this node's announcements to a gateway until every node has taken them."""

    what = "announcements"

    def __init__(self, *, announcements: Announcements, journal: Journal, sender: Sender) -> None:
        super().__init__(sender=sender, every_s=2.0)
        self._store = announcements.store
        self._journal = journal
        self._backoffs: dict[str, Backoff] = {}

    def _hand_page(self) -> bool:
        with self._journal.reading() as view:
            waiting = self._store.waiting(view)
        self._backoffs = {each.application: self._backoff(each.application) for each in waiting}
        for each in waiting:
            if self._loop.closing:
                break
            if self._backoffs[each.application].ready():
                self._hand(each)
        return False

    def _backoff(self, application: str) -> Backoff:
        return self._backoffs.get(application) or Backoff("announcements", longest_s=15 * LONGEST_PAUSE_S)

    def _hand(self, each: WaitingAnnouncement) -> None:
        """Have one gateway deliver an announcement; what some nodes have not taken is tried again later."""
        charter, backoff = self._sender.charter(), self._backoffs[each.application]
        gone = set(each.awaited) - {str(node.name) for node in charter.nodes}
        taken: Collection[str] = ()
        failure: HutongError | None = None
        for gateway in charter.gateways:
            delivery = pb.AnnouncementDelivery(announcement=each.envelope, awaited=each.awaited)
            try:
                with understood(), self._sender.connect(gateway, charter) as channel:
                    envelope = self._sender.statement(ANNOUNCE, delivery.SerializeToString())
                    stub = announcing_pb2_grpc.AnnouncementServiceStub(channel)
                    request = pb.AnnounceRequest(envelope=envelope)
                    taken = stub.Announce(request, timeout=DEADLINE_S).taken
            except HutongError as error:
                failure = error
                continue
            break
        done = (set(taken) & set(each.awaited)) | gone
        if done:
            self._journal.run(lambda work: self._store.taken(work, each.application, done), yields=True)
        if done != set(each.awaited):
            backoff.failed(failure or Unavailable("a node has yet to take one", reason="NOT_TAKEN"))
