"""Records with a name alone or with a number, and what is found of their persons."""

from __future__ import annotations

from datetime import date

from federation.errors import InvalidRequest
from federation.v1 import query_pb2 as pb
from federation.v1 import record_pb2 as rec
from federation.values.identifiers import check_character
from tests.support.local import LocalFederation
from tests.support.records import HELD_ELSEWHERE, Someone, record, without

Fed = LocalFederation
CONFIRM = pb.FINDING_CONFIRM_IDENTITY
CLEAN = (pb.FINDING_NO_RECORD, pb.FINDING_NO)
RULING = rec.Instrument(
    kind=rec.INSTRUMENT_KIND_RULING, reference="（2026）核字第3号", issuer="北京市公安局朝阳分局"
)


def name_only(someone: Someone, agency: str = "police") -> rec.Record:
    """Return a record of an adult of whom nothing but the own word for the name is known (自报姓名)."""
    made = without(record(someone, agency), ["person.identifiers", "person.birth_date"], HELD_ELSEWHERE)
    made.person.names[0].kind = rec.NAME_KIND_DECLARED
    made.person.sex, made.adulthood_proven = rec.SEX_UNKNOWN, True
    return made


def numbered(name: str, born: date, last: int) -> pb.Subject:
    """Return a person with a number that nobody bears; an odd last digit of the serial number is a man's."""
    body = f"998888{born:%Y%m%d}77{last}"
    subject = pb.Subject(name=name, birth_date=born.isoformat())
    subject.identifiers.add(type=rec.IDENTIFIER_TYPE_CITIZEN_ID, number=body + check_character(body))
    return subject


def faults(error: InvalidRequest) -> set[tuple[str, str]]:
    return {(v.field, v.rule) for v in error.violations}


def finding(federation: Fed, query: pb.Query, by: str = "police") -> pb.Finding.ValueType:
    return federation.client(by).ask(query).answer.finding
