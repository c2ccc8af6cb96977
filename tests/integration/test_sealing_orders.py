"""Orders about sealing on the running federation: by notice, on a ground, and by other holders' facts."""

from __future__ import annotations

from datetime import date
from functools import partial

import pytest

from compose.local.layout import NODES, node_installation
from federation.client import Client
from federation.documents.rendering import text_of
from federation.errors import InvalidRequest, NotFound, PermissionDenied, Stale
from federation.v1 import document_pb2, query_pb2, record_pb2, registry_pb2, sealing_pb2
from federation.v1.lookup_pb2 import NodeAnswer
from tests.support import asking
from tests.support.instruments import NOTICE, SIX_YEARS
from tests.support.local import OFFICER, LocalFederation
from tests.support.records import (
    MINOR,
    Someone,
    case_number,
    disagreeing,
    record,
    sealed_record,
    withheld_record,
)
from tests.support.seals import hidden
from tests.support.waiting import wait_for


@pytest.fixture
def police(running_federation: LocalFederation) -> Client:
    return running_federation.client("police")


def finding(federation: LocalFederation, someone: Someone) -> str:
    answer = federation.client("court").ask(asking.case(someone.subject())).answer
    return query_pb2.Finding.Name(answer.finding).removeprefix("FINDING_")


def unsealing(record_id: str, penalty: record_pb2.Penalty | None) -> sealing_pb2.Unsealing:
    return sealing_pb2.Unsealing(
        record_id=record_id,
        expected_version=1,
        ground=sealing_pb2.UNSEALING_GROUND_RETRIAL,
        combined_penalty=penalty,
        instrument=NOTICE,
        reason="再审改判",
    )


def test_r40_the_notice_about_an_adult_sealed_by_order_cites_the_order_and_no_rule_of_minors(
    police: Client,
) -> None:
    adult = police.register.enter("police-1", record(Someone(), "police"))
    order = sealing_pb2.Sealing(
        record_id=adult.record_id, expected_version=1, instrument=NOTICE, reason="法院通知"
    )
    police.seals.seal("police-1", order)
    doubtful = police.register.enter("police-1", withheld_record("police")[1])
    order.record_id = doubtful.record_id
    police.seals.seal("police-1", order)
    minor = police.register.enter("police-1", sealed_record("police")[1])
    told = {}
    for record_id in (adult.record_id, doubtful.record_id, minor.record_id):
        asked = sealing_pb2.NoticeOfSealing(record_id=record_id, served_on="本人", reason="送达")
        made = document_pb2.Document.FromString(police.seals.notice("police-1", asked).payload)
        told[record_id] = [(ground.rule, ground.says) for ground in made.grounds]
        assert ("第二百八十六条" in text_of(made)) == (record_id != adult.record_id)
    by_order = ("ORDER", "某区人民法院封存通知书1号")
    assert list(told.values()) == [[by_order], [("S1", ""), by_order], [("S1", "")]]


def test_r41_a_record_sealed_by_notice_leaves_every_ordinary_answer(
    running_federation: LocalFederation, police: Client
) -> None:
    someone = Someone()
    receipt = police.register.enter("police-1", record(someone, "police"))
    assert finding(running_federation, someone) == "RECORD"
    order = sealing_pb2.Sealing(
        record_id=receipt.record_id, expected_version=1, instrument=NOTICE, reason="法院通知"
    )
    with pytest.raises(InvalidRequest, match=r"instrument\.reference"):
        police.seals.seal(
            "police-1", sealing_pb2.Sealing(record_id=receipt.record_id, expected_version=1, reason="x")
        )
    assert police.seals.seal("police-1", order).version == 2
    assert finding(running_federation, someone) == "NO_RECORD"
    with pytest.raises(NotFound):
        police.register.show("police-1", receipt.record_id)
    with pytest.raises(Stale):
        police.seals.seal("police-1", order)


def test_r45_the_node_itself_refuses_to_settle_an_objection_that_nobody_made(
    running_federation: LocalFederation, police: Client
) -> None:
    someone = Someone()
    opened = police.register.enter("police-1", record(someone, "police")).record_id
    sealed = police.register.enter("police-1", sealed_record("police")[1]).record_id
    for record_id in (opened, sealed):
        order = sealing_pb2.Sealing(
            record_id=record_id,
            expected_version=1,
            instrument=NOTICE,
            reason="复核后维持封存",
            settles_objection=True,
        )
        with pytest.raises(NotFound, match="no objection"):
            police.seals.seal("police-1", order)
    assert finding(running_federation, someone) == "RECORD"


def test_r42_a_sealed_record_is_unsealed_on_a_listed_ground_only(
    running_federation: LocalFederation, police: Client
) -> None:
    someone, made = sealed_record("police")
    receipt = police.register.enter("police-1", made)
    assert finding(running_federation, someone) == "NO_RECORD"
    with pytest.raises(InvalidRequest, match="combined_penalty"):
        police.seals.unseal("police-1", unsealing(receipt.record_id, made.combined_penalty))
    police.seals.unseal("police-1", unsealing(receipt.record_id, SIX_YEARS))
    assert finding(running_federation, someone) == "RECORD"


def test_r41_an_open_record_does_not_say_that_it_was_sealed_once(
    running_federation: LocalFederation, police: Client
) -> None:
    """Its provenance is that of who entered it, not of who acted on its seal (R12)."""
    someone, made = sealed_record("police")
    receipt = police.register.enter("police-1", made)
    another = running_federation.client("police", "赵警官")
    another.seals.unseal("police-1", unsealing(receipt.record_id, SIX_YEARS))
    answer = running_federation.client("court").ask(asking.case(someone.subject())).answer
    [reference] = answer.convictions[0].facets
    assert reference.entered_at == receipt.entered_at
    [provenance] = [f.provenance for e in answer.evidence for f in NodeAnswer.FromString(e.answer).facets]
    assert (provenance.officer, provenance.entered_at) == (OFFICER, receipt.entered_at)
    assert police.register.show("police-1", receipt.record_id).provenance == provenance
    # A correction is told: it changed the content.
    amendment = registry_pb2.Amendment(
        record_id=receipt.record_id, expected_version=2, record=_with_six_years(made), reason="再审改判"
    )
    amended = another.register.amend("police-1", amendment)
    provenance = police.register.show("police-1", receipt.record_id).provenance
    assert (provenance.officer, provenance.entered_at) == ("赵警官", amended.entered_at)


def _with_six_years(made: record_pb2.Record) -> record_pb2.Record:
    made.combined_penalty.CopyFrom(SIX_YEARS)
    made.offences[0].penalty.CopyFrom(SIX_YEARS)
    return made


def test_r35_nobody_orders_about_another_agencys_records(
    running_federation: LocalFederation, police: Client
) -> None:
    receipt = police.register.enter("police-1", sealed_record("police")[1])
    with pytest.raises(PermissionDenied):
        running_federation.client("justice").seals.unseal("police-1", unsealing(receipt.record_id, SIX_YEARS))


def test_r40_a_withheld_record_waits_on_the_work_list_with_a_day_to_decide_by(
    running_federation: LocalFederation, police: Client
) -> None:
    receipt = police.register.enter("police-1", withheld_record("police")[1])
    [task] = [t for t in police.seals.withheld("police-1") if t.record_id == receipt.record_id]
    assert date.fromisoformat(task.due_on) > date.fromisoformat(task.since[:10])
    assert task.rule.startswith("S1-")
    assert [e for e in running_federation.node_entries("police") if e.get("purpose") == "work-list"]


def test_r45_facts_that_disagree_withhold_at_the_gateway_and_then_at_every_holder(
    running_federation: LocalFederation,
) -> None:
    someone, heavy, adult = disagreeing()
    holders = {"police": heavy, "procuratorate": adult}
    receipts = {agency: running_federation.enter(agency, made) for agency, made in holders.items()}
    for agency, receipt in receipts.items():  # each is open by its own facts: over five years, and adult
        running_federation.client(agency).register.show(NODES[agency], receipt.record_id)
    first = running_federation.client("court").ask(asking.case(someone.subject())).answer
    assert first.finding == query_pb2.FINDING_NO_RECORD
    assert [o.outcome for o in first.outcomes] == [query_pb2.OUTCOME_NONE] * 4, (
        "nobody is told who has something"
    )
    assert [e for e in running_federation.gateway_entries() if e.get("what") == "sealing-disagreement"]
    for agency, receipt in receipts.items():
        wait_for(
            partial(hidden, running_federation, agency, receipt.record_id), what="the record to be hidden"
        )
        waiting = running_federation.client(agency).seals.withheld(NODES[agency])
        assert [t.rule for t in waiting if t.record_id == receipt.record_id] == ["ORDER-HELD"]
    answer = running_federation.client("court").ask(asking.case(someone.subject())).answer
    assert [o.outcome for o in answer.outcomes] == [query_pb2.OUTCOME_NONE] * 4
    assert len(answer.evidence) == 4


def test_r45_what_one_holder_seals_the_others_withhold_also_those_that_were_down(
    running_federation: LocalFederation,
) -> None:
    someone, number = Someone(born=MINOR), case_number()
    young = record(someone, "police", number=number)
    grown = record(someone, "procuratorate", number=number)
    grown.person.birth_date = "1985-03-04"
    grown.person.identifiers[0].verification = record_pb2.VERIFICATION_DECLARED
    shown = running_federation.enter("procuratorate", grown)
    assert finding(running_federation, someone) == "RECORD"
    running_federation.down(node_installation("procuratorate"))
    before = proposed_by_police(running_federation)
    running_federation.enter("police", young)
    wait_for(
        lambda: proposed_by_police(running_federation),
        lambda seen: seen > before,
        what="the proposal at the gateway",
    )
    running_federation.up(node_installation("procuratorate"))
    answers = asked_until_whole(running_federation, someone)
    assert "RECORD" not in answers, "a node that comes back holds first what was sealed while it was down"
    assert answers[-1] == "NO_RECORD"
    assert hidden(running_federation, "procuratorate", shown.record_id)


def test_r41_a_record_withheld_for_want_of_facts_does_not_withhold_the_others(
    running_federation: LocalFederation,
) -> None:
    number = case_number()
    someone, unsure = withheld_record("police", number=number)
    grown = record(someone, "procuratorate", number=number, months=72)
    receipt = running_federation.enter("procuratorate", grown)
    running_federation.enter("police", unsure)
    _, held = sealed_case_of_both(running_federation)
    wait_for(
        partial(hidden, running_federation, "procuratorate", held),
        what="the seal of the later case at the procuratorate",
    )
    assert not hidden(running_federation, "procuratorate", receipt.record_id)
    assert finding(running_federation, someone) == "RECORD"


def sealed_case_of_both(federation: LocalFederation) -> tuple[Someone, str]:
    """Enter a case that the police seal and the procuratorate would show; return the latter's record id."""
    someone, number = Someone(born=MINOR), case_number()
    grown = record(someone, "procuratorate", number=number)
    grown.person.birth_date = "1985-03-04"
    grown.person.identifiers[0].verification = record_pb2.VERIFICATION_DECLARED
    shown = federation.enter("procuratorate", grown)
    federation.enter("police", record(someone, "police", number=number))
    return someone, shown.record_id


def proposed_by_police(federation: LocalFederation) -> int:
    """Return how many pages of proposals the gateway has durably from the police."""
    police = str(node_installation("police"))
    return sum(e["kind"] == "proposed" and e.get("by") == police for e in federation.gateway_entries())


def asked_until_whole(federation: LocalFederation, someone: Someone) -> list[str]:
    """Return what every question is answered until all stores have answered one."""
    answers: list[str] = []

    def whole() -> bool:
        answer = federation.client("court").ask(asking.case(someone.subject())).answer
        answers.append(query_pb2.Finding.Name(answer.finding).removeprefix("FINDING_"))
        return answer.completeness == query_pb2.COMPLETENESS_COMPLETE

    wait_for(whole, what="a complete answer")
    return answers
