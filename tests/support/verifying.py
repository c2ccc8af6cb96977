"""Windows whose applications wait for a holder's decision, in a federation that is waited for."""

from __future__ import annotations

import hmac
from datetime import date

import pytest

from federation.charter.model import ProfilePeriod, Release, Undecided
from federation.client import Client
from federation.errors import HutongError
from federation.evidence.entry import read_body
from federation.v1 import application_pb2 as pb
from federation.v1 import record_pb2, sealing_pb2
from federation.values.identity import Installation
from tests.support import applying
from tests.support.records import Someone, record
from tests.support.winding import Wound

VERIFY = ProfilePeriod("practice-2022", date(2012, 5, 10), Release.NEXT_WORKING_DAY, Undecided.VERIFY, 1)
HOLDER = "procuratorate-1"
DECISION = record_pb2.Instrument(reference="（2026）核字第1号", issuer="某区人民检察院")
UNKNOWN = record_pb2.UNKNOWN_REASON_NOT_STATED_IN_SOURCE


def timeless(someone: Someone) -> record_pb2.Record:
    """A record of a judgment that does not say when it was done: nobody knows whether at seventeen."""
    made = record(someone, "procuratorate")
    for name in ("conduct_from", "conduct_to"):
        made.offences[0].ClearField(name)
        made.unknowns.add(field=f"offences[0].{name}", reason=UNKNOWN)
    return made


def enter(waiting: Wound, made: record_pb2.Record) -> str:
    return waiting.client("procuratorate").register.enter(HOLDER, made).record_id


def desk(waiting: Wound, officer: str) -> Client:
    return waiting.client("police", officer)


class Desk:
    """The four persons of the police window."""

    def __init__(self, waiting: Wound) -> None:
        officers = (applying.ACCEPTOR, applying.REVIEWER, applying.HANDLER)
        self.accepting, self.reviewing, self.handling = (
            desk(waiting, officer).applications("police-1") for officer in officers
        )

    def accepted(self, submission: pb.Submission) -> pb.Application:
        taken = self.accepting.submit(submission).application
        return self.accepting.accept(taken, applying.ACCEPT).application

    def approved(self, submission: pb.Submission) -> pb.Application:
        return self.reviewing.review(self.accepted(submission), applying.APPROVE).application

    def refused(self, application: pb.Application) -> str:
        """Try to handle it, and return why it is not done."""
        with pytest.raises(HutongError) as refused:
            self.handling.answer(application)
        return refused.value.reason

    def verified(self, application: pb.Application) -> pb.Application:
        """Begin a verification by a leader, and end it."""
        begun = self.handling.handle(
            application, applying.VERIFY, note="核查", approved_by=applying.HEAD
        ).application
        return self.handling.handle(begun, applying.RESUME).application


def drawn(waiting: Wound, number: str, percent: int = 1) -> bool:
    """Say whether some node has an application verified though it withholds nothing."""
    for agency in waiting.inside.federation.agencies:
        key = waiting.keys(agency).lookup
        digest = hmac.digest(key, f"verified\x1f{number}\x1f".encode(), "sha256")
        if int.from_bytes(digest[:4], "big") % 100 < percent:
            return True
    return False


def applied(waiting: Wound, window: Desk, submission: pb.Submission) -> pb.Application:
    """Return an approved application that no node has drawn for a verification."""
    while True:
        application = window.approved(submission)
        if not drawn(waiting, application.number):
            return application


def tasks(waiting: Wound) -> list[sealing_pb2.SealingTask]:
    return waiting.client("procuratorate").seals.withheld(HOLDER)


def decide(waiting: Wound, record_id: str) -> None:
    body = sealing_pb2.AgeDecision(
        record_id=record_id,
        expected_version=1,
        reason="核对户籍档案",
        instrument=DECISION,
        approved_by="检察长",
    )
    waiting.client("procuratorate").seals.decide(HOLDER, body)


def entries(waiting: Wound, server: str) -> list[dict[str, object]]:
    client = waiting.client(server.partition("/")[0])
    log = client.evidence.entries(Installation.parse(server))
    return [dict(read_body(entry.body)) for entry in log]
