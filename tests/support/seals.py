"""What tests about seals that spread have in common: two holders of one judgment, one of whom knows the age."""

from __future__ import annotations

from compose.local.layout import NODES
from federation.errors import NotFound
from federation.statements.seals import CheckedCertificate
from federation.v1 import query_pb2, record_pb2
from tests.support import asking
from tests.support.local import LocalFederation
from tests.support.records import MINOR, Someone, case_number, record
from tests.support.waiting import wait_for


def young_and_grown(months: int = 36) -> tuple[Someone, record_pb2.Record, record_pb2.Record]:
    """Return one judgment as the police hold it (a minor) and as the procuratorate does (born 1985)."""
    someone, number = Someone(born=MINOR), case_number()
    young = record(someone, "police", number=number, months=months)
    grown = record(someone, "procuratorate", number=number, months=months)
    grown.person.birth_date = "1985-03-04"
    grown.person.identifiers[0].verification = record_pb2.VERIFICATION_DECLARED
    return someone, young, grown


def finding(federation: LocalFederation, someone: Someone) -> str:
    """Return what a court is told."""
    answer = federation.client("court").ask(asking.case(someone.subject())).answer
    return query_pb2.Finding.Name(answer.finding).removeprefix("FINDING_")


def hidden(federation: LocalFederation, agency: str, record_id: str) -> bool:
    """Say whether the agency itself finds the record no more."""
    try:
        federation.client(agency).register.show(NODES[agency], record_id)
    except NotFound:
        return True
    return False


def certificate(federation: LocalFederation, agency: str, record_id: str) -> CheckedCertificate:
    """Return the certificate of a record sealed at the agency's node."""
    return federation.client(agency).seals.certificate(NODES[agency], record_id, reason="核对")[0]


def await_sealed_everywhere(federation: LocalFederation, agency: str, record_id: str) -> None:
    """Wait until every node has acknowledged."""
    wait_for(
        lambda: certificate(federation, agency, record_id),
        lambda checked: checked.certificate.complete,
        what="a complete certificate",
    )
