"""Which purposes open a sealed record, and to whom (R42, R43)."""

from __future__ import annotations

import pytest

from compose.local.layout import NODES
from federation.errors import NotPermitted
from federation.v1 import query_pb2 as pb
from federation.v1 import record_pb2
from tests.support import asking
from tests.support.asked import ask, held_by_three
from tests.support.local import LocalFederation
from tests.support.records import Someone, sealed_record


@pytest.fixture(scope="module")
def known(running_federation: LocalFederation) -> Someone:
    return held_by_three(running_federation)


def test_r42_the_procuratorate_sees_a_sealed_record_under_a_case_and_an_undertaking(
    running_federation: LocalFederation,
) -> None:
    someone, made = sealed_record()
    running_federation.enter("procuratorate", made)
    answered = ask(running_federation, "procuratorate", asking.sealed_case(someone.subject()))
    answer = answered.answer
    assert answer.finding == pb.FINDING_RECORD
    [conviction] = answer.convictions
    assert conviction.sealing_status == record_pb2.SEALING_STATUS_SEALED
    assert answer.watermark == answered.request_digest.hex()
    assert any("保密" in term and "封存" in term for term in answer.terms)
    last = [e for e in running_federation.gateway_entries() if e.get("request") == answer.watermark]
    assert [e["kind"] for e in last] == ["undertaken", "sealed_access", "answer"]
    assert last[1]["undertaking"] == "王警官"
    for agency in NODES:
        kinds = {
            e["kind"] for e in running_federation.node_entries(agency) if e.get("request") == answer.watermark
        }
        assert kinds == {"undertaken", "sealed_access"}


@pytest.mark.parametrize("member", ["state_organ", "supervisory"])
def test_r42_an_organ_that_is_no_judicial_organ_opens_no_seal(
    running_federation: LocalFederation, known: Someone, member: str
) -> None:
    with pytest.raises(NotPermitted):
        running_federation.client(member).ask(asking.sealed_case(known.subject()))


def test_r43_a_provision_that_opens_no_seal_gives_no_sealed_access(
    running_federation: LocalFederation, known: Someone
) -> None:
    with pytest.raises(NotPermitted) as refused:
        running_federation.client("police").ask(asking.sealed_provision(known.subject()))
    assert refused.value.policies
