"""What was disclosed and holds no more is recalled, in one wording; nobody learns why."""

from __future__ import annotations

from datetime import date

from compose.local.layout import GATEWAY, NODES
from federation.evidence.view import view
from federation.statements.recalls import SAYS
from federation.v1 import query_pb2, recall_pb2, record_pb2
from federation.v1.identity_pb2 import Merge, RecordVersion
from tests.support import applying, asking
from tests.support.local import LocalFederation
from tests.support.notices import judgment, release, sent
from tests.support.recalls import HOWS, NOTICE, ask, change, of, recalled
from tests.support.records import Someone, case_number, open_record, record, sealed_record
from tests.support.waiting import wait_for

Fed = LocalFederation


def test_r45_r47_correction_withdrawal_and_sealing_are_recalled_in_one_wording(
    running_federation: Fed,
) -> None:
    fed, answers = running_federation, []
    for how in HOWS:
        someone, made = open_record("police")
        receipt = fed.enter("police", made)
        answers.append(ask(fed, "court", asking.case(someone.subject())))
        assert answers[-1].answer.finding == query_pb2.FINDING_RECORD
        change(fed, how, receipt, made, "police")
    recalls = recalled(fed, "court", *answers)
    for recall, answered in zip(recalls, answers, strict=True):
        assert recall.says == SAYS
        assert recall.answer_id == answered.answer.answer_id
        assert recall.answered_at == answered.answer.answered_at
        assert (recall.purpose, recall.case_number) == (query_pb2.PURPOSE_CASE, asking.CASE)
        assert recall.due_on > recall.recalled_at[:10]
    alike = [asking.stripped(view(recall)) for recall in recalls]
    for one in alike:
        assert one.pop("number")
        one.pop("recall_id")
        one.pop("due_on")
    assert alike[0] == alike[1] == alike[2]
    assert len({len(recall.SerializeToString()) for recall in recalls}) == 1


def test_a16_what_is_withdrawn_leaves_answers_at_once_and_its_events_stay(running_federation: Fed) -> None:
    fed, number = running_federation, case_number()
    someone = Someone()
    facets = {a: record(someone, a, number=number) for a in ("police", "procuratorate")}
    receipts = {agency: fed.enter(agency, made) for agency, made in facets.items()}
    change(fed, "withdrawn", receipts["police"], facets["police"], "police")
    answer = ask(fed, "court", asking.case(someone.subject())).answer
    assert [f.node for c in answer.convictions for f in c.facets] == [NODES["procuratorate"]]
    change(fed, "withdrawn", receipts["procuratorate"], facets["procuratorate"], "procuratorate")
    assert ask(fed, "court", asking.case(someone.subject())).answer.finding == query_pb2.FINDING_NO_RECORD


def test_r47_a_release_that_is_added_recalls_nothing_and_a_correction_of_it_does(
    running_federation: Fed,
) -> None:
    fed, someone = running_federation, Someone()
    court, first = fed.client("court"), judgment(someone)
    (tracked,) = sent(court, first)
    answered = ask(fed, "police", asking.case(someone.subject()))
    sent(fed.client("prison"), release(first))
    record_id = next(r.record_id for who, r in tracked.stages if who.endswith("police-1"))
    (disclosure,) = fed.client("police").recalls.disclosures("police-1", record_id)
    assert (disclosure.request_digest, disclosure.recalled) == (answered.request_digest, False)
    assert disclosure.installation.startswith("police/client/")
    assert disclosure.via == str(GATEWAY)
    changed = fed.client("police").register.show("police-1", record_id).record
    changed.served_on = "2019-06-04"
    fed.amend("police", record_id, 2, changed)
    assert fed.client("police").recalls.disclosures("police-1", record_id)[0].recalled
    recalled(fed, "police", answered)


def test_r37_a_no_is_never_recalled_because_that_would_tell_of_a_record(running_federation: Fed) -> None:
    """A school that was told NO hears nothing when the record behind it changes; one that was told YES does."""
    fed = running_federation
    someone, made = open_record("police", offence="盗窃罪")
    receipt = fed.enter("police", made)
    public = {
        basis: ask(fed, "police", asking.public(someone.subject(), basis)) for basis in ("COMP-24", "TCH-14")
    }
    findings = {basis: query_pb2.Finding.Name(a.answer.finding) for basis, a in public.items()}
    disclosed = [a for basis, a in public.items() if findings[basis] in ("FINDING_YES", "FINDING_UNDECIDED")]
    silent = [a for basis, a in public.items() if findings[basis] == "FINDING_NO"]
    assert disclosed, findings
    assert silent, findings
    change(fed, "sealed", receipt, made, "police")
    recalls = recalled(fed, "police", *disclosed)
    assert {r.on_behalf_of for r in recalls} == {asking.SCHOOL.name}
    assert of(fed, "police", [a.request_digest for a in silent]) == []


def test_r45_a_no_record_is_not_recalled_when_a_record_is_entered_later(running_federation: Fed) -> None:
    fed = running_federation
    someone, made = open_record("police")
    before = ask(fed, "court", asking.case(someone.subject()))
    receipt = fed.enter("police", made)
    after = ask(fed, "court", asking.case(someone.subject()))
    change(fed, "corrected", receipt, made, "police")
    recalled(fed, "court", after)
    assert of(fed, "court", [before.request_digest]) == []


def test_r45_one_answer_is_recalled_once_whoever_changes_what_it_told(running_federation: Fed) -> None:
    fed, number = running_federation, case_number()
    someone = Someone()
    facets = {a: record(someone, a, number=number) for a in ("police", "procuratorate")}
    receipts = {agency: fed.enter(agency, made) for agency, made in facets.items()}
    answered = ask(fed, "court", asking.case(someone.subject()))
    for agency, made in facets.items():
        change(fed, "corrected", receipts[agency], made, agency)
    recalled(fed, "court", answered)
    for agency in facets:
        assert [t.record_id for t in caused(fed, agency, answered.request_digest)] == [
            receipts[agency].record_id
        ]
    assert len(of(fed, "court", [answered.request_digest])) == 1


def caused(fed: Fed, agency: str, request: bytes) -> list[recall_pb2.RecallTrack]:
    """Wait for what an agency's record caused, and return it."""

    def found() -> list[recall_pb2.RecallTrack]:
        tracks, after = list[recall_pb2.RecallTrack](), 0
        while page := fed.client(agency).recalls.caused(after=after):
            tracks += [t for t in page if t.request_digest == request]
            after = page[-1].number
        return tracks

    return wait_for(found, what="a recall that the record caused")


def test_r47_an_acknowledgement_is_a_receipt_that_the_owner_sees(running_federation: Fed) -> None:
    fed = running_federation
    someone, made = open_record("procuratorate")
    receipt = fed.enter("procuratorate", made)
    answered = ask(fed, "court", asking.case(someone.subject()))
    change(fed, "corrected", receipt, made, "procuratorate")
    (recall,) = recalled(fed, "court", answered)
    (track,) = caused(fed, "procuratorate", answered.request_digest)
    assert (track.member, track.node, track.record_id) == ("court", "procuratorate-1", receipt.record_id)
    assert track.read_at
    assert not track.acknowledged_at
    (first,) = fed.client("court").recalls.acknowledge([recall.recall_id], "已销毁，卷内注明")
    (again,) = fed.client("court").recalls.acknowledge([recall.recall_id])
    assert first.acknowledged_at == again.acknowledged_at
    (track,) = caused(fed, "procuratorate", answered.request_digest)
    assert (track.acknowledged_at, track.late_days) == (first.acknowledged_at, 0)
    assert track.acknowledgement.payload
    assert recall.recall_id not in [r.recall_id for r in fed.client("court").recalls.received()]
    kinds = [e for e in fed.gateway_entries() if e["kind"] == "recall_acknowledged"]
    assert [recall.recall_id] in [e["recalls"] for e in kinds]


def test_r45_sealed_access_is_recalled_too_and_an_order_that_opens_nothing_is_not(
    running_federation: Fed,
) -> None:
    fed = running_federation
    someone, made = sealed_record("police")
    receipt = fed.enter("police", made)
    answered = ask(fed, "procuratorate", asking.sealed_case(someone.subject()))
    assert answered.answer.finding == query_pb2.FINDING_RECORD
    change(fed, "sealed", receipt, made, "police")  # sealed by the rule already: nothing changes
    changed = record_pb2.Record()
    changed.CopyFrom(made)
    changed.served_on = "2019-06-04"
    fed.amend("police", receipt.record_id, 2, changed)
    recalled(fed, "procuratorate", answered)


def test_r47_a_document_that_rested_on_a_record_is_recalled_by_its_mandate(running_federation: Fed) -> None:
    fed = running_federation
    someone, made = open_record("procuratorate")
    receipt = fed.enter("procuratorate", made)
    issued = applying.answered(fed, "police", applying.own(someone))
    answer_digest = issued.documents[0].request_digest
    change(fed, "corrected", receipt, made, "procuratorate")
    (recall,) = wait_for(lambda: of(fed, "police", [answer_digest]), what="the recall of the document")
    assert recall.mandate.startswith(f"{issued.application.number}@")


def test_r47_an_undone_merge_recalls_what_was_told_of_one_under_the_others_number(
    running_federation: Fed,
) -> None:
    fed = running_federation
    one, other = Someone(name="任盈盈"), Someone(name="任莹莹", born=date(1981, 7, 8))
    receipts = [fed.enter("police", record(someone, "police")) for someone in (one, other)]
    before = ask(fed, "court", asking.case(one.subject()))
    identities = fed.client("police").identities(NODES["police"])
    seen = [RecordVersion(record_id=r.record_id, expected_version=r.version) for r in receipts]
    merge = identities.merge(Merge(one=seen[0], other=seen[1], reason="指纹一致", instrument=NOTICE))
    merged = ask(fed, "court", asking.case(one.subject()))
    assert len(merged.answer.convictions) == 2
    identities.undo(merge, "指纹复核：并非一人")
    recalled(fed, "court", merged)
    assert of(fed, "court", [before.request_digest]) == []
