"""What an order about sealing must state, and which records it may be about."""

from __future__ import annotations

from federation.errors import FieldViolation, InvalidRequest, PermissionDenied
from federation.law import orders
from federation.law.orders import Event, OrderState
from federation.law.sealing import Decision, Status
from federation.law.sealing_grounds import on_age
from federation.law.unsealing import Ground
from federation.v1 import record_pb2, registry_pb2, sealing_pb2
from federation.values.enum_names import enum_name, parse
from federation.values.officers import officer_fault, same_officer
from server.opening import Act


def insist_instrument(instrument: record_pb2.Instrument) -> None:
    """Raise `InvalidRequest` unless the document of the order is named (R1)."""
    missing = [n for n in ("reference", "issuer") if not getattr(instrument, n)]
    if missing:
        raise InvalidRequest(
            [FieldViolation(f"instrument.{n}", "R1", "name the document of the order") for n in missing]
        )


def insist_conviction(record: record_pb2.Record, ground: Ground) -> None:
    """Raise `InvalidRequest` for a record that is no conviction: no listed ground unseals other classes.

    The end of another holder's proposal is a ground for every class.
    """
    if record.record_class != record_pb2.RECORD_CLASS_CRIMINAL and ground is not Ground.PROPOSAL_WITHDRAWN:
        raise InvalidRequest.of("ground", "R64", "no rule unseals a record of this class: leave it sealed")


def insist_leader(approved_by: str, act: Act) -> None:
    """Raise unless a leader is named who is another person than the officer."""
    fault = officer_fault(approved_by) if approved_by else ""
    if fault:
        raise InvalidRequest.of("approved_by", "R12", fault)
    if not approved_by or same_officer(approved_by, act.officer):
        raise PermissionDenied(
            f"the decision needs the approval of a leader, who is another person than {act.officer}: name "
            "the leader who approved it",
            reason="HEAD_NEEDED",
        )


def insist_doubt_about_age(event: registry_pb2.RecordEvent, by_rule: Decision) -> None:
    """Raise `InvalidRequest` unless the record is withheld for a doubt about age that this agency may decide."""
    state = orders.state_of(event.order)
    if orders.after(state, Event.DECIDE) is None:
        if state is OrderState.HELD:
            raise InvalidRequest.of("record_id", "R45", "another holder sealed it: object to its seal")
        raise InvalidRequest.of(
            "record_id", "R40", "people have decided on it before: amend it, or unseal it"
        )
    if by_rule.status is not Status.WITHHELD or not on_age(by_rule.rule):
        raise InvalidRequest.of(
            "record_id",
            "R40",
            f"no doubt about age withholds it ({by_rule.rule}): amend the fact that decides",
        )


def insist_known(ground: sealing_pb2.UnsealingGround.ValueType) -> int:
    """Return the ground; raises `InvalidRequest` for none, or one that this contract does not know."""
    name = enum_name(sealing_pb2.UnsealingGround.DESCRIPTOR, ground)
    return parse(sealing_pb2.UnsealingGround.DESCRIPTOR, name if ground else "", field="ground")
