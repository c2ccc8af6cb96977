"""Recalls as members get them: one wording for correction, withdrawal and sealing (R45, R47), signed by the gateway.

A recall names the answer and nothing else. The recipient learns that the answer is no longer accurate, and can ask
again for the current one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from federation.charter.dated import open_dated
from federation.charter.envelope import Signer, sign_payload
from federation.charter.model import Charter
from federation.errors import BadEnvelope
from federation.v1 import recall_pb2 as pb
from federation.v1.envelope_pb2 import Envelope
from federation.values.calendar import parse_date
from federation.values.clock import legal_day, parse_stamp, stamp
from federation.values.identity import Role

RECALLS = "application/vnd.hutong.recalls.v1+protobuf"
SAYS = (
    "该答复已被取代：请销毁其全部副本，并重新查询。This answer is superseded: destroy every copy of it and ask again "
    "(Opinions II(5).1; R45, R47)."
)
#: The most recalls in one page, shown or acknowledged.
MOST_RECALLS = 200


def late_days(due: str, acknowledged_at: str, *, today: date) -> int:
    """Return the days from the due day to the acknowledgement, or to today while there is none; 0 when in time."""
    day = legal_day(parse_stamp(acknowledged_at)) if acknowledged_at else today
    return max(0, (day - parse_date(due)).days)


def sign_recalls(
    recalls: Sequence[pb.Recall], member: str, *, charter: Charter, signer: Signer, now: datetime
) -> Envelope:
    """Return a page of one member's recalls, signed."""
    page = pb.RecallPage(
        federation=charter.federation,
        gateway=str(signer.installation),
        member=member,
        signed_at=stamp(now),
        charter_version=charter.version,
        recalls=recalls,
    )
    return sign_payload(RECALLS, page.SerializeToString(deterministic=True), signer)


def read_recalls(envelope: Envelope, charter: Charter, member: str, *, now: datetime) -> pb.RecallPage:
    """Return the page that a gateway of the charter signed for `member`; raises `BadEnvelope`."""
    page, verified = open_dated(
        envelope,
        RECALLS,
        pb.RecallPage,
        charter,
        role=Role.INTERCONNECTS,
        now=now,
        what="page of recalls",
        malformed="MALFORMED_RECALLS",
    )
    if (page.gateway, page.member) != (str(verified.installation), member):
        raise BadEnvelope("the recalls name another gateway or member", reason="WRONG_SIGNER")
    return page
