"""`hutong correct supervise`: a procuratorate tells an organ what is wrong with the sealing of a record (纠正意见)."""

from __future__ import annotations

import click

from compose.correct.sending import send
from compose.shared.at import At, at
from compose.shared.options import DAY
from compose.shared.persons import name_person
from federation.v1 import correction_pb2, notice_pb2, record_pb2
from federation.values import clock
from federation.values.enum_names import enum_names

_FAULTS = [name for number, name in enum_names(correction_pb2.SupervisionFault.DESCRIPTOR).items() if number]


@click.command("supervise")
@at(member="The procuratorate that supervises.", node="Node of the organ that is supervised: police-1.")
@click.option("--fault", type=click.Choice(_FAULTS), required=True, help="What is wrong.")
@click.option("--id-number", default="", help="The person's citizen identity number.")
@click.option("--name", required=True, help="The person's name.")
@click.option("--judgment", default="", help="The judgment's number, if there is one.")
@click.option("--reason", required=True, help="What was found, in words.")
@click.option("--instrument", required=True, help="Number of the paper (纠正违法通知书 or 纠正意见).")
@click.option("--issuer", required=True, help="The procuratorate that issued it.")
@click.option(
    "--reply-by", type=DAY, default="", help="The day that the paper sets [default: 15 working days]."
)
def supervise(
    at: At,
    fault: str,
    id_number: str,
    name: str,
    judgment: str,
    reason: str,
    instrument: str,
    issuer: str,
    reply_by: str,
) -> None:
    """Tell an organ that a minor's record is not sealed, wrongly sealed, or was disclosed; it has to reply.

    The receipt says by when; `hutong correct list` shows the replies and which are overdue.
    """
    notice = notice_pb2.Notice(
        kind=notice_pb2.NOTICE_KIND_SUPERVISION,
        occurred_on=clock.legal_day(clock.now()).isoformat(),
        reason=reason,
        supervision=correction_pb2.Supervision(
            node=at.node,
            fault=correction_pb2.SupervisionFault.Value(f"SUPERVISION_FAULT_{fault.upper()}"),
            instrument=record_pb2.Instrument(reference=instrument, issuer=issuer),
            reply_by=reply_by,
        ),
    )
    name_person(notice.person, name=name, id_number=id_number)
    if judgment:
        notice.judgment.number.original = judgment
    send(at, notice)
