"""Applications on four nodes: accepted, reviewed, handled, objected to (R34-R39)."""

from __future__ import annotations

from compose.local.layout import NODES
from federation.v1 import application_pb2 as pb
from federation.v1 import document_pb2
from tests.support import applying
from tests.support.local import LocalFederation
from tests.support.records import Someone


def test_r34_an_application_is_accepted_reviewed_and_handled_by_named_officers(
    running_federation: LocalFederation,
) -> None:
    done = applying.answered(running_federation, "police", applying.own(Someone()))
    steps = [(e.step, e.officer) for e in done.application.events]
    assert steps == [
        (pb.APPLICATION_STEP_SUBMIT, applying.ACCEPTOR),
        (pb.APPLICATION_STEP_ACCEPT, applying.ACCEPTOR),
        (pb.APPLICATION_STEP_APPROVE, applying.REVIEWER),
        (pb.APPLICATION_STEP_ANSWER, applying.HANDLER),
    ]
    assert all(e.at and e.installation == "police/client/window-1" for e in done.application.events)
    assert done.application.number.startswith(f"{NODES['police']}-2026-")
    [certificate] = done.documents
    assert certificate.kind == document_pb2.DOCUMENT_KIND_NO_RECORD_CERTIFICATE
