"""Orders that split a conviction off or merge two registrations, and what is found then."""

from __future__ import annotations

from compose.local.layout import NODES
from federation.client.identities import Identities
from federation.v1 import identity_pb2, query_pb2, record_pb2, registry_pb2
from tests.support import asking
from tests.support.local import OFFICER, LocalFederation
from tests.support.records import Someone, record

FINDING = record_pb2.Instrument(
    kind=record_pb2.INSTRUMENT_KIND_RULING, reference="（2026）京0105刑再1号", issuer="北京市朝阳区人民法院"
)
RECORD, NO_RECORD = query_pb2.FINDING_RECORD, query_pb2.FINDING_NO_RECORD


def identities(federation: LocalFederation, agency: str = "police", officer: str = OFFICER) -> Identities:
    return federation.client(agency, officer).identities(NODES[agency])


def split_of(
    receipt: registry_pb2.Receipt, offender: Someone | None = None, **fields: str
) -> identity_pb2.Split:
    made = identity_pb2.Split(
        record_id=receipt.record_id,
        expected_version=receipt.version,
        reason="指纹比对：非本人",
        instrument=FINDING,
        **fields,  # type: ignore[arg-type]
    )
    if offender:
        made.offender.CopyFrom(record(offender, "police").person)
    return made


def merge_of(one: registry_pb2.Receipt, other: registry_pb2.Receipt) -> identity_pb2.Merge:
    seen = [
        identity_pb2.RecordVersion(record_id=r.record_id, expected_version=r.version) for r in (one, other)
    ]
    return identity_pb2.Merge(one=seen[0], other=seen[1], reason="指纹一致", instrument=FINDING)


def found(federation: LocalFederation, someone: Someone) -> query_pb2.Answer:
    return federation.client("police").ask(asking.case(someone.subject())).answer
