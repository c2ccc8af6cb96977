"""Orders of the node's own agency about sealing: seal by notice or decision, unseal on a listed ground."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from federation.errors import InvalidRequest, NotFound
from federation.evidence.entry import EntryKind
from federation.law import orders
from federation.law.orders import Event, OrderState
from federation.law.unsealing import Ground, insist_ground
from federation.record.facts import decide_alone, penalty_facts
from federation.v1 import record_pb2, registry_pb2, sealing_pb2
from federation.values.clock import legal_day, stamp
from federation.values.enum_names import enum_name
from node.register.acts import (
    Register,
    content_version,
    insist_current,
    insist_reason,
    parse_id,
    provenance_of,
)
from node.register.superseding import supersede
from node.sealing import objection_store
from node.sealing.objections import WaitingObjections
from node.sealing.order_checks import (
    insist_conviction,
    insist_doubt_about_age,
    insist_instrument,
    insist_known,
    insist_leader,
)
from node.store.rows import CurrentRecord
from server.journal.work import View, Work
from server.opening import Act

_Order = Callable[[Work, registry_pb2.RecordEvent], registry_pb2.SealingOrder]
HELD = registry_pb2.SEALING_ORDER_KIND_HELD
SEALED = registry_pb2.SEALING_ORDER_KIND_SEALED
UNSEALED = registry_pb2.SEALING_ORDER_KIND_UNSEALED
OF_AGE = registry_pb2.SEALING_ORDER_KIND_OF_AGE


class SealOrders:
    """Carries out orders about the sealing of this node's records."""

    def __init__(
        self,
        *,
        register: Register,
        at_exactly_five: Callable[[], bool],
        insist_head: Callable[[View, str], None] = lambda _view, _name: None,
    ) -> None:
        """`insist_head` raises for a leader who is named as approving and is no officer on the node's roll."""
        self._register = register
        self._at_exactly_five = at_exactly_five
        self._insist_head = insist_head
        self._objections = WaitingObjections(register=register)

    def seal(self, body: sealing_pb2.Sealing, act: Act) -> registry_pb2.Receipt:
        """Seal by a court's notice or an officer's decision on a withheld record, or confirm a seal objected to.

        Raises `NotFound` when the order says that it settles an objection and none waits.
        """
        at = self._register.now()
        insist_reason(body.reason)
        insist_instrument(body.instrument)

        def order(work: Work, event: registry_pb2.RecordEvent) -> registry_pb2.SealingOrder:
            if body.settles_objection:
                self._objections.insist(work.view, parse_id(body.record_id), event)
            return order_of(SEALED, body.reason, body.instrument, act, at)

        return self._ordered(body.record_id, body.expected_version, body.reason, order, act, at)

    def unseal(self, body: sealing_pb2.Unsealing, act: Act) -> registry_pb2.Receipt:
        """Unseal on a listed ground; raises `InvalidRequest` naming each condition that is not met."""
        at = self._register.now()
        insist_reason(body.reason)
        insist_instrument(body.instrument)
        ground = Ground(enum_name(sealing_pb2.UnsealingGround.DESCRIPTOR, insist_known(body.ground)))
        at_exactly_five = self._at_exactly_five()

        def order(work: Work, event: registry_pb2.RecordEvent) -> registry_pb2.SealingOrder:
            state = orders.state_of(event.order)
            insist_conviction(event.record, ground)
            if ground is Ground.PROPOSAL_WITHDRAWN and state is OrderState.HELD:
                raise InvalidRequest.of(
                    "ground",
                    "R45",
                    "another holder's seal stands: object to it; only its proposer withdraws it",
                )
            insist_ground(
                ground,
                penalty_facts(body.combined_penalty),
                held=orders.after(state, Event.RELEASE) is not None,
                at_exactly_five=at_exactly_five,
            )
            if ground is Ground.PROPOSAL_WITHDRAWN:
                return registry_pb2.SealingOrder()
            return order_of(UNSEALED, str(ground), body.instrument, act, at)

        return self._ordered(body.record_id, body.expected_version, body.reason, order, act, at)

    def decide(self, body: sealing_pb2.AgeDecision, act: Act) -> registry_pb2.Receipt:
        """Decide a doubt about age: the offender was of age, so that the record is not sealed.

        Raises `InvalidRequest` unless the record is withheld for such a doubt, and `PermissionDenied` (HEAD_NEEDED)
        unless another person, a leader, approved it; where officers are registered, one of them (R34).
        """
        at = self._register.now()
        insist_reason(body.reason)
        insist_instrument(body.instrument)
        insist_leader(body.approved_by, act)

        def order(work: Work, event: registry_pb2.RecordEvent) -> registry_pb2.SealingOrder:
            self._insist_head(work.view, body.approved_by)
            day = legal_day(at)
            insist_doubt_about_age(event, decide_alone(event.record, work.charter.profile_on(day), day))
            return order_of(OF_AGE, body.approved_by, body.instrument, act, at)

        return self._ordered(body.record_id, body.expected_version, body.reason, order, act, at)

    def object(self, body: sealing_pb2.SealingObjection, act: Act) -> registry_pb2.Receipt:
        """Object to another holder's seal: the proposer's officers receive it, and the record stays withheld.

        Raises `NotFound` unless the record is held on another holder's proposal.
        """
        at = self._register.now()
        insist_reason(body.reason)

        def order(work: Work, event: registry_pb2.RecordEvent) -> registry_pb2.SealingOrder:
            if orders.after(orders.state_of(event.order), Event.OBJECT) is None:
                raise NotFound(
                    "no record of that id is held on another holder's proposal: the work list names those that are"
                )
            objected = registry_pb2.SealingOrder()
            objected.CopyFrom(event.order)
            objected.objected_by, objected.objected_at = act.officer, stamp(at)
            objected.objected_because = body.reason
            return objected

        def note(work: Work, receipt: registry_pb2.Receipt) -> None:
            objection_store.note(work, parse_id(receipt.record_id), receipt.version)

        return self._ordered(body.record_id, body.expected_version, body.reason, order, act, at, note)

    def _ordered(
        self,
        record_id: str,
        expected: int,
        reason: str,
        order: _Order,
        act: Act,
        at: datetime,
        also: Callable[[Work, registry_pb2.Receipt], None] | None = None,
    ) -> registry_pb2.Receipt:
        wanted = parse_id(record_id)

        def command(work: Work) -> registry_pb2.Receipt:
            act.insist_first(work)
            current = insist_current(work, self._register, wanted, expected)
            before = self._register.records.newest(work.view, current)
            event = next_event(before, current, order(work, before), act, at, reason)
            receipt = supersede(
                work, self._register, current, event, act, kind=EntryKind.AMENDED, at=at, once=act.once
            )
            if also is not None:
                also(work, receipt)
            return receipt

        return self._register.journal.run(command).value


def next_event(
    before: registry_pb2.RecordEvent,
    current: CurrentRecord,
    order: registry_pb2.SealingOrder,
    act: Act,
    at: datetime,
    reason: str,
) -> registry_pb2.RecordEvent:
    """Return the version that follows `before` when only an order about its sealing changes."""
    content = before.content_provenance if before.HasField("content_provenance") else before.provenance
    return registry_pb2.RecordEvent(
        kind=registry_pb2.RECORD_EVENT_KIND_SEALING,
        version=current.version + 1,
        record=before.record,
        provenance=provenance_of(act, at, before.record, before.provenance.digest),
        reason=reason,
        order=order,
        content_provenance=content,
        content_version=content_version(before),
    )


def order_of(
    kind: registry_pb2.SealingOrderKind.ValueType,
    because: str,
    instrument: record_pb2.Instrument,
    act: Act,
    at: datetime,
) -> registry_pb2.SealingOrder:
    """Return an order in the form that the record's history keeps."""
    return registry_pb2.SealingOrder(
        kind=kind, because=because, instrument=instrument, ordered_by=act.officer, ordered_at=stamp(at)
    )
