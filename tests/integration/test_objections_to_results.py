"""An objection to the result of an application: who re-examines it, and what replaces the result (R34)."""

from __future__ import annotations

import pytest

from compose.local.layout import NODES
from federation.errors import (
    OutOfOrder,
    PermissionDenied,
)
from federation.v1 import application_pb2 as pb
from federation.v1 import document_pb2
from tests.support import applying
from tests.support.applying import ACCEPTOR, HANDLER, HEAD, REEXAMINER, REVIEWER, applications
from tests.support.local import LocalFederation
from tests.support.records import Someone, record

CERTIFICATE = document_pb2.DOCUMENT_KIND_NO_RECORD_CERTIFICATE
REFUSED_CERTIFICATE = document_pb2.DOCUMENT_KIND_CERTIFICATE_REFUSED
OPINION = document_pb2.DOCUMENT_KIND_REEXAMINATION_OPINION


@pytest.fixture(scope="module")
def convicted(running_federation: LocalFederation) -> Someone:
    return applying.convicted(running_federation)


def test_r34_an_objection_is_re_examined_by_another_officer_and_answered(
    running_federation: LocalFederation, convicted: Someone
) -> None:
    done = applying.answered(running_federation, "police", applying.own(convicted))
    assert done.documents[0].kind == REFUSED_CERTIFICATE
    objected = (
        applications(running_federation, "police", ACCEPTOR).object(done.application, "不是本人").application
    )
    for officer in (ACCEPTOR, REVIEWER, HANDLER):
        with pytest.raises(PermissionDenied):
            applications(running_federation, "police", officer).review(
                objected, applying.UPHOLD, [applying.GROUND]
            )
    expert = applications(running_federation, "police", REEXAMINER)
    longer = expert.review(objected, applying.EXTEND, note="需要核查指纹", approved_by=HEAD).application
    assert longer.due_on > objected.due_on
    with pytest.raises(OutOfOrder) as twice:
        expert.review(longer, applying.EXTEND, note="再延长", approved_by=HEAD)
    assert twice.value.reason == "EXTENDED_BEFORE"
    judged = expert.review(longer, applying.UPHOLD, [applying.GROUND]).application
    with pytest.raises(PermissionDenied):
        expert.answer(judged)
    closed = applications(running_federation, "police", HANDLER).answer(judged)
    [opinion] = closed.documents
    assert (opinion.kind, opinion.result) == (OPINION, document_pb2.DOCUMENT_RESULT_UPHELD)
    assert closed.application.state == pb.APPLICATION_STATE_CLOSED
    with pytest.raises(OutOfOrder):
        applications(running_federation, "police", ACCEPTOR).object(closed.application, "还是不服")


def test_r34_a_founded_objection_replaces_the_result(running_federation: LocalFederation) -> None:
    someone = Someone(name="穆念慈")
    receipt = running_federation.enter("police", record(someone, "police"))
    done = applying.answered(running_federation, "police", applying.own(someone))
    [wrong] = done.documents
    assert wrong.kind == REFUSED_CERTIFICATE
    from federation.v1 import registry_pb2

    running_federation.client("police").register.withdraw(
        NODES["police"],
        registry_pb2.Withdrawal(
            record_id=receipt.record_id, expected_version=receipt.version, reason="冒名，非本人"
        ),
    )
    objected = (
        applications(running_federation, "police", ACCEPTOR).object(done.application, "冒名").application
    )
    judged = applications(running_federation, "police", REEXAMINER).review(
        objected, applying.CORRECT, [applying.GROUND]
    )
    closed = applications(running_federation, "police", HANDLER).answer(judged.application)
    certificate, opinion = closed.documents
    assert (certificate.kind, certificate.supersedes) == (CERTIFICATE, wrong.number)
    assert (opinion.kind, opinion.result) == (OPINION, document_pb2.DOCUMENT_RESULT_CORRECTED)
    anyone = running_federation.client("court").applications(NODES["police"])
    checked = anyone.check(wrong.number, wrong.code)
    assert (checked.standing, checked.superseded_by) == (pb.DOCUMENT_STANDING_SUPERSEDED, certificate.number)
    assert anyone.check(certificate.number, certificate.code).standing == pb.DOCUMENT_STANDING_IN_FORCE
