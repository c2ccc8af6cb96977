"""The highest head of each node's log: stated to the node at each new stream, and compared with what it proves.

Each head comes with the node's signature or its agency's acceptance, so that no gateway can give another a false one.
In memory a head counts at once; in the store it is kept with the first answer that rests on it, before that answer
leaves. A crash loses only heads of pages on which no answer rests.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from federation.charter.model import Charter
from federation.errors import HutongError, OutOfOrder
from federation.evidence.acceptance import Acceptance, open_acceptance, read_acceptance
from federation.evidence.entry import EntryKind
from federation.evidence.heads import Known, known_after, read_known
from federation.statements.reasons import LOST_HEAD_HIGHER
from federation.v1 import heads_pb2
from federation.v1.envelope_pb2 import Envelope
from federation.values.clock import stamp
from federation.values.heads import Head
from gateway.continuity.head_store import HeadStore
from server.journal.journal import Journal
from server.journal.work import Command, Work

_LOGGER = logging.getLogger(__name__)
#: Digests of notices that the entry of an acceptance names; the others are counted.
_MOST_NAMED = 500


class Repeating(Protocol):
    """Delivers notices again that a node took and then lost."""

    def taken(self, node: str, since: datetime) -> Sequence[bytes]:
        """Return the digests of the notices that `node` took since then."""

    def again(self, work: Work, node: str, digests: Sequence[bytes]) -> Sequence[bytes]:
        """Make these due for `node` once more, and return those that were not due anyway."""

    def wake(self, node: str) -> None:
        """Deliver soon what is due for `node`."""


class Heads:
    """The heads that this gateway knows; used from any thread."""

    def __init__(
        self,
        *,
        journal: Journal,
        store: HeadStore,
        charter: Callable[[], Charter],
        now: Callable[[], datetime],
        repeating: Repeating,
    ) -> None:
        self._journal = journal
        self._store = store
        self._charter = charter
        self._now = now
        self._repeating = repeating
        #: One change of the store at a time; and the memory, which no thread holds while it waits for a disk.
        self._turn, self._lock = threading.RLock(), threading.Lock()
        self._known: dict[str, Known] = {}
        self._kept: dict[str, Known] = {}
        self._accepted: dict[str, Acceptance] = {}
        #: Nodes whose log went back, as an incident in this gateway's log says.
        self._reported: dict[str, Head] = {}

    def load(self) -> None:
        """Take up what the store knows."""
        with self._journal.reading() as view:
            for envelope in self._store.acceptances(view):
                acceptance = read_acceptance(envelope)
                self._accepted[acceptance.node] = acceptance
            self._known = {each.node: each for each in self._store.heads(view, self._accepted.get)}
        self._kept = dict(self._known)

    def known(self, node: str) -> Known | None:
        """Return the highest head of a node's log that is known here."""
        return self._known.get(node)

    def all(self) -> list[Known]:
        """Return the highest head of each node's log."""
        with self._lock:
            return list(self._known.values())

    def saw(self, seen: Known) -> None:
        """Take note of a head that a node has signed with a page and shown to go on from the one stated to it."""
        with self._lock:
            acceptance = self._accepted.get(seen.node)
            if acceptance is not None and seen.signed_at <= acceptance.at:
                return
            highest = self._known.get(seen.node)
            if highest is None or seen.head.size > highest.head.size:
                self._known[seen.node] = replace(seen, acceptance=acceptance)

    def keep(self, work: Work) -> list[Known]:
        """Keep the new heads, in the transaction of an answer that may rest on them; return them for `kept`."""
        new = [known for node, known in list(self._known.items()) if known is not self._kept.get(node)]
        for known in new:
            self._store.keep(work, known)
        return new

    def kept(self, durable: Iterable[Known]) -> None:
        """Remember that these heads are durable."""
        with self._lock:
            for known in durable:
                kept = self._kept.get(known.node)
                if kept is None or known.rank > kept.rank:
                    self._kept[known.node] = known

    def report(self, node: str, stated: Head | None) -> Command[None] | None:
        """Return the command that logs that a node's log went back, or None when it is logged, or about to be.

        Who gets the command runs it, and says `unreported` if that fails.
        """
        with self._lock:
            against = self._against(node)
            if self._reported.get(node) == against:
                return None
            self._reported[node] = against
        at = stamp(self._now())

        def command(work: Work) -> None:
            work.log.append(
                EntryKind.INCIDENT,
                at=at,
                what="log-went-back",
                node=node,
                known=against.written(),
                here=stated.written() if stated else "",
            )

        _LOGGER.error("%s: its log went back; its answers are not used until its agency accepts it", node)
        return command

    def unreported(self, node: str) -> None:
        """Take note that the command of `report` failed: it is logged with the next question."""
        with self._lock:
            self._reported.pop(node, None)

    def accept(self, envelope: Envelope) -> int:
        """Take an agency's acceptance; return how many notices are delivered to the node again.

        Durable and logged when this returns. Raises `BadEnvelope` or `PermissionDenied` when it is not the agency's,
        `OutOfOrder` (LOST_HEAD_HIGHER) when a head is known here that it does not give up.
        """
        if any(envelope == each.envelope for each in [*self._accepted.values()]):
            return 0
        acceptance = open_acceptance(envelope, self._charter(), now=self._now())
        with self._turn:
            node, before = acceptance.node, self._accepted.get(acceptance.node)
            if before is not None and (acceptance.at <= before.at or acceptance.lost == before.lost):
                return 0  # an older one; or the same loss, signed again for a gateway that could not take the first
            known = self._after(acceptance)
            taken = self._repeating.taken(node, acceptance.lost_since)
            at = stamp(self._now())

            def command(work: Work) -> int:
                self._store.accept(work, acceptance)
                self._store.keep(work, known)
                again = self._repeating.again(work, node, taken)
                work.log.append(
                    EntryKind.LOG_ACCEPTED,
                    at=at,
                    node=node,
                    officer=acceptance.officer,
                    by=str(acceptance.installation),
                    lost=acceptance.lost.written(),
                    accepted=acceptance.accepted.written(),
                    reason=acceptance.reason,
                    notices_again=len(again),
                    notices=[digest.hex() for digest in again[:_MOST_NAMED]],
                )
                return len(again)

            count = self._journal.run(command).value
            with self._lock:
                self._accepted[node] = acceptance
                self._known[node] = self._kept[node] = known
                self._reported.pop(node, None)
        self._repeating.wake(node)
        return count

    def accept_all(self, envelopes: Sequence[Envelope]) -> int:
        """Take acceptances of one log, the oldest first; raises like `accept` about the newest.

        An older one may have given up too low a head for this gateway, for which the newer one was signed, or its
        signer may have left the charter since.
        """
        count = 0
        for envelope in envelopes[:-1]:
            try:
                count += self.accept(envelope)
            except HutongError as error:
                _LOGGER.info("an earlier acceptance is passed over: %s", error.message)
        return count + self.accept(envelopes[-1])

    def adopt(self, message: heads_pb2.KnownHead, by: str) -> None:
        """Take a head that another gateway knows, if it is higher, durably; what proves nothing is left out.

        Two heads of one size with different roots are an incident: the node has shown two histories.
        """
        try:
            if message.HasField("acceptance"):
                self.accept(message.acceptance)
            taken = [*self._accepted.values()]
            theirs = read_known(message, self._charter(), now=self._now(), taken=taken)
        except HutongError as error:
            _LOGGER.warning("%s states a head of %s that does not hold: %s", by, message.node, error.message)
            return
        with self._turn:
            mine = self._known.get(theirs.node)
            if mine is not None and mine.acceptance is not None and _one_loss(mine, theirs):
                if theirs.signed_at <= mine.acceptance.at:
                    return  # its page does not show that the log went on after the statement that is taken here
                theirs = replace(theirs, acceptance=mine.acceptance)
            if mine is None or theirs.rank > mine.rank:
                self._journal.run(lambda work: self._store.keep(work, theirs))
                with self._lock:
                    self._known[theirs.node] = self._kept[theirs.node] = theirs
            elif theirs.rank == mine.rank and theirs.head.root != mine.head.root:
                self._forked(theirs, mine, by)

    def _forked(self, theirs: Known, mine: Known, by: str) -> None:
        at = stamp(self._now())
        self._journal.run(
            lambda work: work.log.append(
                EntryKind.INCIDENT,
                at=at,
                what="log-forked",
                node=mine.node,
                known=mine.head.written(),
                other=theirs.head.written(),
                other_known_by=by,
            )
        )
        _LOGGER.error("%s signed two different logs of %d entries", mine.node, mine.head.size)

    def _against(self, node: str) -> Head:
        known = self._known.get(node)
        return known.head if known else Head(0, b"")

    def _after(self, acceptance: Acceptance) -> Known:
        """Return the head that is the highest once an acceptance is taken; raises `OutOfOrder`."""
        known = self._known.get(acceptance.node)
        if known is None:
            return known_after(acceptance)
        if known.signed_at > acceptance.at:  # seen after the log went on; only this gateway did not know why
            return replace(known, acceptance=acceptance)
        if known.head.size > acceptance.lost.size:
            raise OutOfOrder(
                f"a head of {known.head} is known here, and the statement gives up {acceptance.lost}: "
                "look again, and sign one about the higher head",
                reason=LOST_HEAD_HIGHER,
            )
        return known_after(acceptance)


def _one_loss(one: Known, other: Known) -> bool:
    """Say whether two heads were seen after the same loss was accepted, perhaps by two statements."""
    if one.acceptance is None or other.acceptance is None:
        return False
    return one.acceptance.lost == other.acceptance.lost
