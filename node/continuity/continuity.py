"""The continuity of this node's log: it must contain every head that the node ever signed and others know.

A node restored from an older copy would answer "no record" in good faith about everything entered since. Once a
gateway, or the file next to the database, proves a head that the log does not contain, every question is refused until
the agency accepts the loss by a signed statement. Proposals, recalls and notices are still taken.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime

from federation.charter.model import Charter
from federation.errors import FieldViolation, HutongError, InvalidRequest, OutOfOrder, Stale, Unavailable
from federation.evidence.acceptance import Acceptance, insist_whole, read_acceptance
from federation.evidence.entry import EntryKind, read_body
from federation.evidence.heads import Known, read_known
from federation.statements.reasons import LOG_WENT_BACK
from federation.v1 import heads_pb2
from federation.v1.envelope_pb2 import Envelope, Statement
from federation.values.clock import stamp
from federation.values.heads import Head
from node.continuity.store import ContinuityStore, WentBack
from server.journal.journal import Journal
from server.journal.work import Work
from server.opening import Act
from server.stores.head_file import NAME, HeadFile

_LOGGER = logging.getLogger(__name__)
REMEDY = "`hutong node log status` says what is missing; docs/operations.md, The log went back"


class Continuity:
    """The state of one node's log; used from any thread."""

    def __init__(
        self,
        *,
        journal: Journal,
        store: ContinuityStore,
        head_file: HeadFile,
        node: str,
        charter: Callable[[], Charter],
        now: Callable[[], datetime],
    ) -> None:
        self._journal = journal
        self._store = store
        self._head_file = head_file
        self.node = node
        self._charter = charter
        self._now = now
        self._lock = threading.Lock()
        self._last_entry_at = ""
        self._went_back: WentBack | None = None
        #: Heads without proof, by the gateway that states them.
        self._doubted: dict[str, WentBack] = {}
        #: Every acceptance of this log, the oldest first.
        self._acceptances: list[Acceptance] = []

    def begin(self, lost: Head | None) -> None:
        """Take up what the store and the file next to it know, before this start writes its first entry.

        `lost` is the head in the file, if the log does not contain it.
        """
        self._last_entry_at = str(read_body(self._journal.newest().body)["at"])
        with self._journal.reading() as view:
            self._went_back = self._store.went_back(view)
            self._acceptances = [*map(read_acceptance, self._store.acceptances(view))]
        if lost is not None and not self._settled(lost):
            self._lose(lost, NAME)
        self._head_file.held = self._went_back is not None

    def _settled(self, lost: Head) -> bool:
        """Say whether the agency gave up the head in the file after it was written there.

        A node that was killed between taking the acceptance and writing the file finds the old head in it.
        """
        with self._journal.reading() as view:
            later = self._store.taken_after(view, self._head_file.lost_at)
        return any(lost.size <= read_acceptance(each).lost.size for each in later)

    @property
    def went_back(self) -> WentBack | None:
        """What the log has lost, while that is not accepted."""
        return self._went_back

    @property
    def acceptances(self) -> list[Acceptance]:
        """Every acceptance of this log, the oldest first."""
        return list(self._acceptances)

    @property
    def doubted(self) -> WentBack | None:
        """The highest head that a gateway states without a proof that holds now, such as a key that is gone.

        Only that gateway is refused for it. The agency may accept it like a head that is proven.
        """
        return max(self._doubted.values(), key=lambda each: each.known.size, default=None)

    def hear(self, known: heads_pb2.KnownHead, by: str) -> HutongError | None:
        """Compare the log with a head that the gateway `by` knows; return why it may not be answered, or None.

        A head that the node itself signed, and has not been given up since, is proof for everybody. Any other head
        that the log does not contain ends only this conversation: no proof can be given to that gateway.
        """
        head = Head(known.head.size, known.head.root)
        if self._journal.contains(head):
            self._doubted.pop(by, None)
        elif not self._is_lost(head):
            try:
                proven = read_known(known, self._charter(), now=self._now(), taken=self._acceptances)
            except HutongError as error:
                if by not in self._doubted:
                    _LOGGER.warning("%s states a head that is not this log's: %s", by, error.message)
                self._doubted[by] = WentBack(head, by, stamp(self._now()), self._last_entry_at)
                return refusal("the log does not contain the head that this gateway knows")
            if self._given_up(proven):
                return refusal("this gateway has yet to take the acceptance of this log")
            self._lose(head, by)
        return self.refusal()

    def refusal(self) -> HutongError | None:
        """Return why no question is answered, or None."""
        state = self._went_back
        return refusal(f"the log lacks entries that {state.known_by} knows of") if state else None

    def proof(self, known: heads_pb2.KnownHead, size: int) -> list[bytes]:
        """Return the proof that this log, at `size`, goes on from a head that it contains."""
        return self._journal.prove_consistency(known.head.size, size)[1] if known.head.size else []

    def accept(
        self, acceptance: heads_pb2.LogAcceptance, act: Act, envelope: Envelope, *, refused: bool = False
    ) -> Head:
        """End the state by the agency's statement, durable and logged when this returns; return the log's head.

        While a gateway has `refused` the newest acceptance, because its signer has left the charter, the agency may
        sign again that it gives up the same head. Raises `InvalidRequest`, `OutOfOrder` when nothing was lost, `Stale`
        when another head is the highest known.
        """
        insist_whole(acceptance)
        lost = Head(acceptance.lost.size, acceptance.lost.root)
        accepted = Head(acceptance.accepted.size, acceptance.accepted.root)
        self._insist_about(acceptance, accepted)
        at = Statement.FromString(envelope.payload).issued_at

        def command(work: Work) -> None:
            act.insist_first(work)
            state = self._store.went_back(work.view) or self.doubted
            before = self._acceptances[-1].lost if refused and self._acceptances else None
            known = state.known if state else before
            if known is None:
                raise OutOfOrder(f"the log of {self.node} has not gone back: there is nothing to accept")
            if known != lost:
                raise Stale(f"the highest known head is now {known}: look again, and decide again")
            self._store.accept(work, envelope, at, taken_at=stamp(self._now()))
            act.log(
                work,
                EntryKind.LOG_ACCEPTED,
                at=stamp(self._now()),
                node=self.node,
                lost=lost.written(),
                accepted=accepted.written(),
                reason=acceptance.reason,
                entered_again=acceptance.entered_again,
                lost_since=acceptance.lost_since,
            )

        with self._lock:
            done = self._journal.run(command, onces=[act.once])
            self._went_back = None
            self._doubted.clear()
            self._acceptances.append(read_acceptance(envelope))
            self._head_file.held = False
        self._head_file.write(self._journal.checkpoint(self._charter().version))
        return Head(done.log_size, done.log_root)

    def _insist_about(self, acceptance: heads_pb2.LogAcceptance, accepted: Head) -> None:
        faults = []
        if acceptance.node != self.node:
            faults.append(FieldViolation("node", "NODE", f"this is {self.node}"))
        if not self._journal.contains(accepted):
            faults.append(
                FieldViolation("accepted", "HEAD", "the log does not contain this head: look again")
            )
        if faults:
            raise InvalidRequest(faults)

    def _given_up(self, known: Known) -> bool:
        """Say whether an acceptance that came after a head gives it up: one that names at least its size."""
        return any(known.rank[0] < a.at and known.head.size <= a.lost.size for a in self._acceptances)

    def _is_lost(self, head: Head) -> bool:
        """Say whether this head, or a higher one, is known to be lost."""
        state = self._went_back
        return state is not None and head.size <= state.known.size

    def _lose(self, head: Head, known_by: str) -> None:
        """Record that the log lacks `head`: durable and logged when this returns."""
        with self._lock:
            if self._is_lost(head):
                return
            at = stamp(self._now())
            state = WentBack(head, known_by, at, self._last_entry_at)
            size, root = self._journal.state()

            def command(work: Work) -> None:
                self._store.note(work, state)
                work.log.append(
                    EntryKind.INCIDENT,
                    at=at,
                    what="log-went-back",
                    node=self.node,
                    known=head.written(),
                    known_by=known_by,
                    here=Head(size, root).written(),
                )

            self._journal.run(command)
            self._went_back, self._head_file.held = state, True
        _LOGGER.error("the log went back: no question is answered any more; %s", REMEDY)


def refusal(why: str) -> Unavailable:
    """Return the error of a question to a log that went back."""
    return Unavailable(f"{why}: {REMEDY}", reason=LOG_WENT_BACK)
