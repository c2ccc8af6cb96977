"""The register of one agency over the wire: enter, correct, withdraw, each record once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from compose.local.layout import NODES
from federation.client import Client
from federation.errors import AlreadyExists, InvalidRequest, NotFound, Stale
from federation.v1 import query_pb2 as pb
from federation.v1 import record_pb2, registry_pb2
from tests.support import asking
from tests.support.entering import kinds
from tests.support.local import OFFICER, LocalFederation
from tests.support.notices import judgment, refused
from tests.support.records import MINOR, Someone, case_number, open_record, record

DECLARED = record_pb2.VERIFICATION_DECLARED


@pytest.fixture
def police(running_federation: LocalFederation) -> Client:
    return running_federation.client("police")


def finding(federation: LocalFederation, someone: Someone) -> pb.Finding.ValueType:
    return federation.client("court").ask(asking.case(someone.subject())).answer.finding


def test_r12_an_entry_names_organ_officer_time_and_instrument(
    running_federation: LocalFederation, police: Client
) -> None:
    _, made = open_record("police")
    receipt = police.register.enter("police-1", made)
    provenance = police.register.show("police-1", receipt.record_id).provenance
    assert (provenance.organ, provenance.installation, provenance.officer) == (
        "police",
        "police/client/window-1",
        OFFICER,
    )
    assert provenance.entered_at == receipt.entered_at
    assert provenance.instrument == made.instrument
    assert provenance.digest == receipt.digest
    [entry] = [
        e for e in running_federation.node_entries("police") if e.get("digest") == receipt.digest.hex()
    ]
    assert (entry["kind"], entry["officer"], entry["by"]) == ("entered", OFFICER, provenance.installation)


def test_r13_explicit_unknowns_come_back_with_their_reasons(police: Client) -> None:
    _, made = open_record("police")
    receipt = police.register.enter("police-1", made)
    assert list(police.register.show("police-1", receipt.record_id).record.unknowns) == list(made.unknowns)


def test_r21_r22_events_and_extensions_come_back_as_they_were_sent(police: Client) -> None:
    _, made = open_record("police")
    del made.unknowns[:]
    for kind, on in (
        (record_pb2.EXECUTION_KIND_SERVING, "2019-06-20"),
        (record_pb2.EXECUTION_KIND_REDUCED, "2020-06-20"),
        (record_pb2.EXECUTION_KIND_COMPLETED, "2021-12-20"),
    ):
        made.execution.add(kind=kind, on=on, executor="某监狱")
    made.extensions["cn.example.mps/file"] = "A-17"
    shown = police.register.show("police-1", police.register.enter("police-1", made).record_id).record
    assert list(shown.execution) == list(made.execution)
    assert dict(shown.extensions) == {"cn.example.mps/file": "A-17"}


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("cn.example.mps/nickname", "阿三", "R22"),
        ("cn.example.mps/file", "李四的卷宗", "R22"),
        ("cn.hutong/occupation_ban", "与李四同案", "R22"),
        ("cn.example.demo/row_problem", "信用评分 612", "R1"),
    ],
)
def test_r22_what_is_no_declared_addition_is_refused_at_every_door(
    running_federation: LocalFederation, police: Client, name: str, value: str, rule: str
) -> None:
    _, made = open_record("police")
    receipt = police.register.enter("police-1", made)
    made.person.identifiers[0].number = Someone().number
    made.extensions[name] = value
    amendment = registry_pb2.Amendment(
        record_id=receipt.record_id, expected_version=1, record=made, reason="更正"
    )
    notice = judgment(Someone())
    notice.record.extensions[name] = value
    for call in (
        partial(police.register.enter, "police-1", made),
        partial(police.register.amend, "police-1", amendment),
    ):
        with pytest.raises(InvalidRequest) as error:
            call()
        assert [(v.field, v.rule) for v in error.value.violations] == [(f"extensions[{name}]", rule)]
    [outcome] = police.register.enter_many("police-1", [made])
    assert [v.rule for v in outcome.quarantined.violations] == [rule]
    assert refused(running_federation.client("court"), notice) == {(rule, f"record.extensions[{name}]")}


def test_r2_an_amendment_supersedes_and_history_shows_both(
    running_federation: LocalFederation, police: Client
) -> None:
    someone, made = open_record("police")
    receipt = police.register.enter("police-1", made)
    made.served_on = "2019-06-04"
    amendment = registry_pb2.Amendment(
        record_id=receipt.record_id, expected_version=1, record=made, reason="送达日期有误"
    )
    amended = police.register.amend("police-1", amendment)
    assert (amended.record_id, amended.version) == (receipt.record_id, 2)
    facet = police.register.show("police-1", receipt.record_id)
    assert (facet.version, facet.record.served_on) == (2, "2019-06-04")
    events = police.register.history("police-1", receipt.record_id)
    assert [(e.kind, e.version, e.record.served_on, e.reason) for e in events] == [
        (registry_pb2.RECORD_EVENT_KIND_ENTERED, 1, "2019-06-03", ""),
        (registry_pb2.RECORD_EVENT_KIND_AMENDED, 2, "2019-06-04", "送达日期有误"),
    ]
    answer = running_federation.client("court").ask(asking.case(someone.subject())).answer
    assert answer.convictions[0].record.served_on == "2019-06-04"
    assert answer.convictions[0].facets[0].version == 2
    with pytest.raises(Stale):
        police.register.amend("police-1", amendment)


def test_a16_a_withdrawn_record_leaves_every_answer_at_once(
    running_federation: LocalFederation, police: Client
) -> None:
    someone, made = open_record("police")
    receipt = police.register.enter("police-1", made)
    assert finding(running_federation, someone) == pb.FINDING_RECORD
    withdrawal = registry_pb2.Withdrawal(
        record_id=receipt.record_id, expected_version=1, reason="再审改判无罪"
    )
    police.register.withdraw("police-1", withdrawal)
    assert finding(running_federation, someone) == pb.FINDING_NO_RECORD
    for query in (asking.own, asking.public):
        assert police.ask(query(someone.subject())).answer.finding == pb.FINDING_NO
    sealed = running_federation.client("procuratorate").ask(asking.sealed_case(someone.subject())).answer
    assert sealed.finding == pb.FINDING_NO_RECORD
    for read in (police.register.show, police.register.history):
        with pytest.raises(NotFound):
            read("police-1", receipt.record_id)
    with pytest.raises(NotFound):
        police.register.withdraw("police-1", withdrawal)
    with pytest.raises(NotFound):
        police.register.amend(
            "police-1",
            registry_pb2.Amendment(record_id=receipt.record_id, expected_version=2, record=made, reason="x"),
        )
    assert kinds(running_federation, receipt.record_id) == [
        "entered",
        "withdrawn",
        "recalled",
        "shown",
        "shown",
    ]


def test_r47_a_correction_says_why(police: Client) -> None:
    receipt = police.register.enter("police-1", open_record("police")[1])
    with pytest.raises(InvalidRequest) as refused:
        police.register.withdraw(
            "police-1", registry_pb2.Withdrawal(record_id=receipt.record_id, expected_version=1)
        )
    assert [(v.field, v.rule) for v in refused.value.violations] == [("reason", "R2")]
    with pytest.raises(InvalidRequest) as refused:
        police.register.amend(
            "police-1", registry_pb2.Amendment(record_id="not hex", expected_version=1, reason="x")
        )
    assert refused.value.violations[0].field == "record_id"


def test_an_amendment_is_held_to_every_rule(police: Client) -> None:
    _, made = open_record("police")
    receipt = police.register.enter("police-1", made)
    made.verdict = record_pb2.VERDICT_ACQUITTED
    with pytest.raises(InvalidRequest) as refused:
        police.register.amend(
            "police-1",
            registry_pb2.Amendment(record_id=receipt.record_id, expected_version=1, record=made, reason="x"),
        )
    assert {(v.field, v.rule) for v in refused.value.violations} == {("verdict", "A16")}
    assert police.register.show("police-1", receipt.record_id).version == 1


def test_r64_other_classes_of_record_are_kept_apart(police: Client) -> None:
    for record_class in (
        record_pb2.RECORD_CLASS_PUBLIC_ORDER,
        record_pb2.RECORD_CLASS_NON_PROSECUTION,
        record_pb2.RECORD_CLASS_REEDUCATION,
        record_pb2.RECORD_CLASS_WORKING,
    ):
        _, made = open_record("police")
        made.record_class = record_class
        with pytest.raises(InvalidRequest) as refused:
            police.register.enter("police-1", made)
        assert "R64" in {v.rule for v in refused.value.violations}, "a judgment is no record of another class"


def test_one_bad_record_of_ten_is_quarantined_and_nine_are_entered_in_order(
    running_federation: LocalFederation, police: Client
) -> None:
    made = [open_record("police")[1] for _ in range(10)]
    made[6].verdict = record_pb2.VERDICT_ACQUITTED
    outcomes = list(police.register.enter_many("police-1", made, page=10))
    assert [o.WhichOneof("outcome") for o in outcomes] == [
        "quarantined" if n == 6 else "receipt" for n in range(10)
    ]
    [violation] = outcomes[6].quarantined.violations
    assert (violation.field, violation.rule) == ("verdict", "A16")
    for number, outcome in enumerate(outcomes):
        if number != 6:
            shown = police.register.show("police-1", outcome.receipt.record_id).record
            assert shown.judgment_number.original == made[number].judgment_number.original
    quarantined = [
        e
        for e in running_federation.node_entries("police")
        if e.get("quarantine") == outcomes[6].quarantined.quarantine_id
    ]
    assert [(e["kind"], e["rules"]) for e in quarantined] == [("quarantined", ["A16"])]


def test_the_same_record_again_gives_the_first_receipt_again(police: Client) -> None:
    _, made = open_record("police")
    first = police.register.enter("police-1", made)
    again = police.register.enter("police-1", made)
    twice = [o.receipt for o in police.register.enter_many("police-1", [made, made])]
    for receipt in (again, *twice):
        assert receipt.repeated
        receipt.repeated = False
        assert receipt == first


def test_the_same_record_twice_in_one_page_is_entered_once(police: Client) -> None:
    _, made = open_record("police")
    first, second = (o.receipt for o in police.register.enter_many("police-1", [made, made]))
    assert (first.repeated, second.repeated) == (False, True)
    assert first.record_id == second.record_id


def test_a_record_entered_by_many_at_once_is_entered_once(
    running_federation: LocalFederation, police: Client
) -> None:
    someone, number = Someone(born=MINOR), case_number()
    made, other = (record(someone, "police", number=number) for _ in range(2))
    other.person.birth_date, other.person.identifiers[0].verification = (
        "1999-03-04",
        DECLARED,
    )  # open: another table
    with ThreadPoolExecutor(16) as pool:
        receipts = list(pool.map(partial(_entered, police), [made, other] * 24))
    new = [r for r in receipts if r is not None and not r.repeated]
    assert len(new) == 1
    assert {r.record_id for r in receipts if r is not None} == {new[0].record_id}
    assert sum(r is None for r in receipts) == 24, "the other content is refused each time"


def _entered(client: Client, made: record_pb2.Record) -> registry_pb2.Receipt | None:
    try:
        return client.register.enter("police-1", made)
    except AlreadyExists:
        return None


def test_another_content_for_the_same_person_and_judgment_is_to_be_amended(police: Client) -> None:
    _, made = open_record("police")
    receipt = police.register.enter("police-1", made)
    made.served_on = "2019-06-04"
    with pytest.raises(AlreadyExists):
        police.register.enter("police-1", made)
    [outcome] = police.register.enter_many("police-1", [made])
    assert [v.rule for v in outcome.quarantined.violations] == ["ALREADY_EXISTS"]
    assert police.register.show("police-1", receipt.record_id).record.served_on == "2019-06-03"


def test_each_agency_enters_at_its_own_node(running_federation: LocalFederation) -> None:
    for agency, node in NODES.items():
        receipt = running_federation.client(agency).register.enter(node, record(Someone(), agency))
        assert (
            running_federation.client(agency).register.show(node, receipt.record_id).provenance.organ
            == agency
        )
