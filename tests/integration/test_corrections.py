"""Correction requests between agencies, the owner's reasoned replies, and requests that merging makes (R58)."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

import pytest

from compose.local.layout import NODES
from federation.client import Client
from federation.errors import InvalidRequest, NotFound, PermissionDenied
from federation.notices.receipts import stage_name
from federation.v1 import correction_pb2, query_pb2, record_pb2
from federation.v1 import notice_pb2 as pb
from tests.support import asking
from tests.support.corrections import followed, replied, request, waits
from tests.support.local import LocalFederation
from tests.support.notices import refused
from tests.support.recalls import change
from tests.support.records import MINOR, Someone, case_number, open_record, record
from tests.support.waiting import wait_for

Fed = LocalFederation
A_SCAN = pb.DocumentReference(sha256=b"0" * 32, size=1, media_type="application/pdf")
ACCEPT, REFUSE = pb.DECISION_KIND_APPLY, pb.DECISION_KIND_REFUSE


def sent(client: Client, notice: pb.Notice) -> pb.NoticeReceipt:
    (receipt,) = client.notices.submit([notice])
    assert receipt.stage == pb.NOTICE_STAGE_ACCEPTED, receipt
    return receipt


def decision(digest: bytes, kind: pb.DecisionKind.ValueType, **fields: str) -> pb.Decision:
    return pb.Decision(notice=digest, kind=kind, **{"reason": "核对送达回证", **fields})


@pytest.mark.date_dependent
def test_r58_a_reasoned_request_gets_a_reply_that_names_the_version_that_corrected(
    running_federation: Fed,
) -> None:
    fed, police = running_federation, running_federation.client("police")
    court = fed.client("procuratorate")
    _, made = open_record("police")
    entered = fed.enter("police", made)
    accepted = sent(court, request(entered))
    assert [(a.node, a.addressing) for a in accepted.addressees] == [("police-1", pb.ADDRESSING_OWNER)]
    assert date.fromisoformat(accepted.due_on) > date.today()
    waiting = waits(police, "police-1", accepted.notice)
    assert waiting.due_on == accepted.due_on
    assert waiting.notice.correction.believed == "2019-06-04"
    assert [c.record_id for c in waiting.candidates] == [entered.record_id]
    with pytest.raises(InvalidRequest, match="has not changed since"):
        police.notices.decide("police-1", decision(accepted.notice, ACCEPT))
    change(fed, "corrected", entered, made, "police")
    reply = police.notices.decide("police-1", decision(accepted.notice, ACCEPT))
    assert (stage_name(reply.stage), reply.record_id, reply.version) == ("registered", entered.record_id, 2)
    tracked = followed(court, accepted.notice, replied)
    (by, reply_of_owner) = tracked.stages[-1]
    assert by == "police/node/police-1"
    assert (reply_of_owner.version, reply_of_owner.decided_by, reply_of_owner.reason) == (
        2,
        "王警官",
        "核对送达回证",
    )
    assert (
        reply_of_owner.record_digest
        == police.register.history("police-1", entered.record_id)[1].provenance.digest
    )
    with pytest.raises(NotFound, match="no notice waits"):
        police.notices.decide("police-1", decision(accepted.notice, REFUSE))


def test_r58_a_refusal_gives_its_reason_and_a_withdrawal_is_a_correction_too(running_federation: Fed) -> None:
    fed, police, asker = running_federation, running_federation.client("police"), "court"
    _, made = open_record("police")
    entered = fed.enter("police", made)
    refusal, whole = request(entered), request(entered, field="record", believed="并无此判决")
    digests = [sent(fed.client(asker), notice).notice for notice in (refusal, whole)]
    for digest in digests:
        waits(police, "police-1", digest)
    police.notices.decide("police-1", decision(digests[0], REFUSE, reason="原件记载为6月5日"))
    reply_of_owner = followed(fed.client(asker), digests[0], replied).stages[-1][1]
    assert stage_name(reply_of_owner.stage) == "refused"
    assert [(v.rule, "原件记载为6月5日" in v.message) for v in reply_of_owner.violations] == [("R58", True)]
    change(fed, "withdrawn", entered, made, "police")
    reply = police.notices.decide("police-1", decision(digests[1], ACCEPT))
    assert (reply.record_id, reply.version) == (entered.record_id, 2)


def test_r58_a_request_by_person_and_judgment_waits_alike_for_a_record_and_for_none(
    running_federation: Fed,
) -> None:
    """The receipts of a request are no way round the disclosure policy: open, sealed and unknown read alike."""
    fed, police = running_federation, running_federation.client("police")
    grown, young, nobody = Someone(), Someone(born=MINOR), Someone()
    stages = []
    for someone in (grown, young, nobody):
        made = record(someone, "police")
        entered = None if someone is nobody else fed.enter("police", made)
        notice = request(None)
        notice.person.CopyFrom(made.person)
        notice.judgment.number.CopyFrom(made.judgment_number)
        digest = sent(fed.client("court"), notice).notice
        waiting = waits(police, "police-1", digest)
        named = {c.record_id for c in waiting.candidates}
        assert (entered is not None and entered.record_id in named) == (someone is grown)
        tracked = followed(fed.client("court"), digest, lambda t: len(t.stages) == 2)
        stages.append([(by, stage_name(r.stage), r.record_id, r.reason) for by, r in tracked.stages])
        if entered is not None and someone is young:
            with pytest.raises(NotFound, match="can be shown"):
                police.notices.decide("police-1", decision(digest, ACCEPT, record_id=entered.record_id))
        elif entered is not None:
            with pytest.raises(InvalidRequest, match="has not changed since"):
                police.notices.decide("police-1", decision(digest, ACCEPT, record_id=entered.record_id))
            change(fed, "corrected", entered, made, "police")
            reply = police.notices.decide("police-1", decision(digest, ACCEPT, record_id=entered.record_id))
            assert reply.version == 2
    assert stages[0] == stages[1] == stages[2]


def test_r58_a_request_is_had_once_and_by_those_who_may(running_federation: Fed) -> None:
    fed = running_federation
    entered = fed.enter("police", open_record("police")[1])
    notice, court = request(entered), fed.client("court")
    first, again = sent(court, notice), sent(court, notice)
    assert (again.notice, again.repeated, again.due_on) == (first.notice, True, first.due_on)
    assert refused(fed.client("police"), notice) == {("R29", "notice")}  # another organ's very notice
    own = request(entered, believed="2019-06-05")
    assert refused(fed.client("police"), own) == {("R35", "correction.node")}
    with pytest.raises(NotFound, match="no accepted notice"):
        fed.client("supervisory").notices.track([first.notice])
    with pytest.raises(PermissionDenied):
        fed.client("court").notices.waiting("police-1")
    with pytest.raises(PermissionDenied):  # who may ask may request corrections, and send no other notice
        fed.client("supervisory").notices.submit([notice, pb.Notice(kind=pb.NOTICE_KIND_RELEASE)])
    waits(fed.client("police"), "police-1", first.notice)
    with pytest.raises(InvalidRequest, match="accept or refuse"):
        fed.client("police").notices.decide(
            "police-1", decision(first.notice, pb.DECISION_KIND_FORWARD, division="110101")
        )


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"node": "police-9"}, ("R58", "correction.node")),
        ({"node": ""}, ("R58", "correction.node")),
        ({"record_id": "xyz"}, ("FORMAT", "correction.record_id")),
        ({"record_id": ""}, ("R58", "correction.record_id")),
        ({"version": 0}, ("R58", "correction.version")),
        ({"field": "colour"}, ("R58", "correction.field")),
        ({"believed": ""}, ("R58", "correction.believed")),
        ({"believed": "长" * 401}, ("SIZE", "correction.believed")),
        ({"believed": "a\u202eb"}, ("TEXT", "correction.believed")),
        ({"reason": ""}, ("R2", "reason")),
        ({"reason": "长" * 401}, ("SIZE", "reason")),
        ({"occurred_on": "2999-01-01"}, ("DATE", "occurred_on")),
        ({"documents": [A_SCAN]}, ("R58", "documents")),
        (
            {"instrument": record_pb2.Instrument(reference="长" * 401)},
            ("SIZE", "correction.instrument.reference"),
        ),
    ],
)
def test_a_request_that_does_not_hold_is_refused_by_field_and_rule(
    running_federation: Fed, fields: dict[str, Any], fault: tuple[str, str]
) -> None:
    notice = request(None, **{"record_id": "0" * 32, "version": 1, **fields})
    assert fault in refused(running_federation.client("court"), notice)


def test_a_member_cannot_pass_for_a_gateway_that_merged(running_federation: Fed) -> None:
    notice = request(None, record_id="0" * 32, version=1)
    notice.correction.differs_from.append(correction_pb2.DifferingFacet(node="justice-1"))
    assert ("R58", "correction.differs_from") in refused(running_federation.client("court"), notice)


def test_r58_what_merging_finds_to_differ_is_put_to_each_owner_once(running_federation: Fed) -> None:
    fed, number, someone = running_federation, case_number(), Someone()
    facets = {a: record(someone, a, number=number) for a in ("police", "procuratorate")}
    facets["police"].final_on = "2019-06-17"
    receipts = {agency: fed.enter(agency, made) for agency, made in facets.items()}
    for _ in range(3):
        answer = fed.client("court").ask(asking.case(someone.subject())).answer
        assert [c.field for c in answer.convictions[0].conflicts] == ["final_on"]
    for agency, receipt in receipts.items():
        wait_for(partial(asked_once, fed, agency, receipt.record_id), what="one request for correction")
    (asked,) = about(fed, "police", receipts["police"].record_id)
    correction = asked.notice.correction
    assert (correction.field, correction.version, correction.believed) == ("final_on", 1, "")
    assert [(d.node, d.record_id) for d in correction.differs_from] == [
        ("procuratorate-1", receipts["procuratorate"].record_id)
    ]
    assert not asked.notice.HasField("person")
    assert "2019-06" not in correction.SerializeToString().decode("latin-1")
    facets["police"].final_on = "2019-06-18"  # still another day: other versions, another request
    fed.amend("police", receipts["police"].record_id, 1, facets["police"])
    police = fed.client("police")
    assert police.notices.decide("police-1", decision(asked.digest, ACCEPT)).version == 2
    fed.client("court").ask(asking.case(someone.subject()))
    wait_for(
        lambda: [w.notice.correction.version for w in about(fed, "police", correction.record_id)],
        lambda versions: versions == [2],
        what="the request of the second version",
    )
    followed(fed.client("interconnect"), asked.digest, replied)


def asked_once(fed: Fed, agency: str, record_id: str) -> bool:
    return len(about(fed, agency, record_id)) == 1


def about(fed: Fed, agency: str, record_id: str) -> list[pb.WaitingNotice]:
    """Return the requests about a record that wait at an agency's node."""
    found, after, client = list[pb.WaitingNotice](), b"", fed.client(agency)
    while page := client.notices.waiting(NODES[agency], after=after, kind=pb.NOTICE_KIND_CORRECTION_REQUEST):
        found += [w for w in page if w.notice.correction.record_id == record_id]
        after = page[-1].digest
    return found


def test_r58_a_conflict_of_sealed_facets_makes_no_request(running_federation: Fed) -> None:
    fed, number, someone = running_federation, case_number(), Someone(born=MINOR)
    facets = {a: record(someone, a, number=number) for a in ("police", "procuratorate")}
    facets["police"].final_on = "2019-06-17"
    receipts = {agency: fed.enter(agency, made) for agency, made in facets.items()}
    answer = fed.client("procuratorate").ask(asking.sealed_case(someone.subject())).answer
    assert answer.convictions[0].sealing_status == record_pb2.SEALING_STATUS_SEALED
    assert answer.convictions[0].conflicts
    # A conflict that is put to its owners afterwards shows that the requests before it are out.
    test_r58_what_merging_finds_to_differ_is_put_to_each_owner_once(fed)
    for agency, receipt in receipts.items():
        assert about(fed, agency, receipt.record_id) == []
    assert fed.client("court").ask(asking.case(someone.subject())).answer.finding == (
        query_pb2.FINDING_NO_RECORD
    )
