"""`hutong node sealing examine`, `decide`, `seal`, `release`, `unseal`, `settle`: what an officer decides on seals."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from certs.printing import write_json
from compose.node.records_shown import facet_table, worklist_table
from compose.shared.at import At, at
from compose.shared.presenting import message_json
from compose.shared.written import instrument as read_instrument
from compose.shared.written import instrument_option, reason_option
from federation.errors import InvalidRequest
from federation.v1 import record_pb2, registry_pb2, sealing_pb2
from federation.values.enum_names import parse

_NODE = "Node of the own agency, e.g. police-1."
_GROUNDS = ("new_crime_as_minor", "undiscovered_crime_as_minor", "retrial")
version_option = click.option(
    "--version", "expected", type=click.IntRange(1), required=True, help="Version that was looked at."
)


def _of_record(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command a record, its version that was looked at, the reason and the document of the decision."""
    for option in (click.argument("record_id"), instrument_option, reason_option, version_option):
        command = option(command)
    return at(node=_NODE)(command)


@click.command()
@at(
    node=_NODE,
    out=click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Also save the record."),
)
@click.option("--reason", required=True, help="Why the withheld record is looked at; it is logged.")
@click.argument("record_id")
def examine(at: At, reason: str, record_id: str) -> None:
    """Show a withheld record to who must decide on it, with the decision that is proposed.

    --out saves the record in the form that `hutong correct amend` takes.
    """
    with at.client() as client:
        facet, task = client.seals.examine(at.node, record_id, reason=reason)
    if at.out is not None:
        write_json(at.out, message_json(facet), indent=1)
    document = {"facet": message_json(facet), "task": message_json(task)}

    def table(_: object) -> None:
        facet_table(facet)
        worklist_table([task])

    at.present(document, table=table)


@click.command()
@at(node=_NODE)
@version_option
@click.option("--approved-by", default="", help="The leader who approved it, another person.")
@reason_option
@instrument_option
@click.argument("record_id")
def decide(at: At, record_id: str, expected: int, reason: str, approved_by: str, instrument: str) -> None:
    """Decide that the offender of a withheld record was of age, so that it is not sealed; else `seal` it."""
    body = sealing_pb2.AgeDecision(
        record_id=record_id,
        expected_version=expected,
        reason=reason,
        approved_by=approved_by,
        instrument=_decision(instrument),
    )
    with at.client() as client:
        _tell(at, client.seals.decide(at.node, body), "is not withheld for its age any more")


@click.command()
@_of_record
def seal(at: At, record_id: str, expected: int, reason: str, instrument: str) -> None:
    """Seal a record by order: a court's notice of sealing, or the decision on a withheld record."""
    _tell(at, _seal(at, record_id, expected, reason, instrument), "is sealed, here and then at every holder")


@click.command()
@_of_record
def settle(at: At, record_id: str, expected: int, reason: str, instrument: str) -> None:
    """Settle another holder's objection to a seal by confirming the seal, with a reason.

    An objection that is right is settled by correcting the record (`hutong correct amend`) or by unsealing it.
    """
    sealed = _seal(at, record_id, expected, reason, instrument, settles=True)
    _tell(at, sealed, "stays sealed; the objection is settled")


@click.command()
@_of_record
def release(at: At, record_id: str, expected: int, reason: str, instrument: str) -> None:
    """End a doubt that other holders' facts raised: the record need not be withheld.

    A record that another holder has sealed is not released: object to its seal.
    """
    body = sealing_pb2.Unsealing(
        record_id=record_id,
        expected_version=expected,
        ground=sealing_pb2.UNSEALING_GROUND_PROPOSAL_WITHDRAWN,
        reason=reason,
        instrument=_decision(instrument),
    )
    with at.client() as client:
        _tell(at, client.seals.unseal(at.node, body), "is released")


@click.command()
@at(node=_NODE)
@version_option
@click.option("--ground", type=click.Choice(_GROUNDS), required=True, help="The listed ground.")
@click.option("--penalty", required=True, help='The combined term now ordered: "fixed_term:72", "life".')
@reason_option
@instrument_option
@click.argument("record_id")
def unseal(
    at: At, record_id: str, expected: int, ground: str, penalty: str, reason: str, instrument: str
) -> None:
    """Unseal a record on a listed ground: the combined term is now over five years."""
    body = sealing_pb2.Unsealing(
        record_id=record_id,
        expected_version=expected,
        ground=parse(sealing_pb2.UnsealingGround.DESCRIPTOR, ground, field="ground"),  # type: ignore[arg-type]
        combined_penalty=_penalty(penalty),
        reason=reason,
        instrument=_decision(instrument),
    )
    with at.client() as client:
        _tell(at, client.seals.unseal(at.node, body), "is unsealed")


COMMANDS = (examine, decide, seal, settle, release, unseal)


def _seal(
    at: At, record_id: str, expected: int, reason: str, instrument: str, *, settles: bool = False
) -> registry_pb2.Receipt:
    body = sealing_pb2.Sealing(
        record_id=record_id,
        expected_version=expected,
        reason=reason,
        instrument=_decision(instrument),
        settles_objection=settles,
    )
    with at.client() as client:
        return client.seals.seal(at.node, body)


def _decision(text: str) -> record_pb2.Instrument:
    return read_instrument(text, record_pb2.INSTRUMENT_KIND_NOTICE)


def _penalty(text: str) -> record_pb2.Penalty:
    """Return the penalty written as KIND, KIND:MONTHS or KIND:MONTHS:DAYS; raises `InvalidRequest`."""
    kind, *length = text.split(":")
    if len(length) > 2 or not all(part.isascii() and part.isdigit() and len(part) < 5 for part in length):
        raise InvalidRequest.of("penalty", "FORMAT", "write KIND, KIND:MONTHS or KIND:MONTHS:DAYS")
    months, days = ([*map(int, length), 0, 0])[:2]
    number: Any = parse(record_pb2.PenaltyKind.DESCRIPTOR, kind, field="penalty")
    return record_pb2.Penalty(kind=number, months=months, days=days)


def _tell(at: At, receipt: registry_pb2.Receipt, what: str) -> None:
    at.present(receipt, table=lambda it: f"record {it.record_id} {what}, as version {it.version}")
