"""A record whose free text names another offender, and what of it is disclosed and recalled."""

from __future__ import annotations

from dataclasses import dataclass

from federation.client import CheckedAnswer, Client
from federation.record.fields import CO_OFFENDERS
from federation.v1 import query_pb2, record_pb2, registry_pb2, sealing_pb2
from tests.support import asking
from tests.support.records import MINOR, Someone, case_number, record
from tests.support.seal_servers import SealServers
from tests.support.waiting import wait_for

NOTES, FILE = "cn.example.mps/notes", "cn.example.mps/file"
NAME = "杨不悔"


@dataclass
class Case:
    """One judgment about an adult, whose record names somebody under eighteen in every free text."""

    servers: SealServers
    agency: str
    adult: Someone
    number: str
    receipt: registry_pb2.Receipt

    @property
    def officer(self) -> Client:
        """An officer of the adult's holder."""
        return self.servers.of(self.agency)

    def seal(self, agency: str) -> registry_pb2.Receipt:
        """Enter the other offender's record, which the rule seals."""
        minor = Someone(name=NAME, born=MINOR)
        return self.servers.enter(agency, record(minor, agency, number=self.number))

    def tells(self, query: query_pb2.Query | None = None, member: str = "court") -> bool:
        """Say whether an answer about the adult names the other one, evidence included."""
        given = self.servers.of(member).ask(query or asking.case(self.adult.subject()))
        assert len(given.answer.convictions) == 1
        return NAME.encode() in given.envelope.payload

    def shows(self) -> bool:
        """Say whether record or history, as the holder's officer is shown them, name the other one."""
        node, register = f"{self.agency}-1", self.officer.register
        record_id = self.receipt.record_id
        shown = [register.show(node, record_id), *register.history(node, record_id)]
        return any(NAME.encode() in each.SerializeToString() for each in shown)


def case(servers: SealServers, agency: str) -> Case:
    adult, number = Someone(name="张无忌"), case_number()
    made = record(adult, agency, number=number)
    made.extensions[CO_OFFENDERS] = NAME
    made.extensions[NOTES] = f"与{NAME}同案"
    made.instrument.reference = f"张无忌、{NAME}盗窃案"
    return Case(servers, agency, adult, number, servers.enter(agency, made))


def recalled(servers: SealServers, wanted: CheckedAnswer, member: str = "court") -> set[bytes]:
    """Wait until an answer to a member is recalled; return the requests of all its recalls."""
    recalls = servers.of(member).recalls

    def received() -> set[bytes]:
        found, after = set[bytes](), 0
        while page := recalls.received(acknowledged_too=True, after=after):
            found |= {recall.request_digest for recall in page}
            after = page[-1].number
        return found

    return wait_for(received, lambda seen: wanted.request_digest in seen, what="the recall of an answer")


def unsealing(record_id: str) -> sealing_pb2.Unsealing:
    return sealing_pb2.Unsealing(
        record_id=record_id,
        expected_version=1,
        ground=sealing_pb2.UNSEALING_GROUND_RETRIAL,
        combined_penalty=record_pb2.Penalty(kind=record_pb2.PENALTY_KIND_FIXED_TERM, months=72),
        instrument=record_pb2.Instrument(
            kind=record_pb2.INSTRUMENT_KIND_NOTICE, reference="再审通知2号", issuer="某区人民法院"
        ),
        reason="再审改判",
    )
