"""What only the charter decides about seals: profiles, readings, the limit of unsealing, who needs a mandate."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import partial

import pytest

from certs import charter_files
from federation.charter.model import ProfilePeriod
from federation.errors import HutongError, InvalidRequest, NotFound, NotPermitted, OutOfOrder
from federation.evidence.entry import read_body
from federation.v1 import document_pb2, query_pb2, record_pb2, sealing_pb2
from federation.values.identity import Installation
from tests.support import applying, asking, related
from tests.support.federation import AT_ONCE, SmallFederation
from tests.support.inside import InsideFederation, inside_federation
from tests.support.records import Someone, record, sealed_record
from tests.support.waiting import wait_for

OLD = ProfilePeriod("opinion-2012", date(2012, 5, 10), *AT_ONCE)
NEW = ProfilePeriod("practice-2022", date(2022, 5, 30), *AT_ONCE)
NOTICE = record_pb2.Instrument(reference="再审判决1号", issuer="某区人民法院")


@pytest.fixture(scope="module")
def inside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InsideFederation]:
    small = SmallFederation(tmp_path_factory.mktemp("charter"), profiles=(OLD,))
    with inside_federation(small) as running:
        running.start_all()
        yield running


def test_a14_another_profile_opens_an_old_record_once_two_officers_approve(inside: InsideFederation) -> None:
    police = inside.client("police")
    _, made = sealed_record("police")
    made.offences[0].conduct_from, made.offences[0].conduct_to = "2020-02-01", "2020-04-01"
    made.pronounced_on, made.served_on, made.final_on = "2020-06-03", "2020-06-05", "2020-06-16"
    made.instrument.issued_on = "2020-06-03"
    made.main_acts_before_18 = record_pb2.MAIN_ACTS_NO
    receipt = police.register.enter("police-1", made)
    assert [t.rule for t in police.seals.withheld("police-1")] == ["S1-AGE-SPAN-SILENT"]
    inside.amend_policy(lambda policy: charter_files.with_profile(policy, NEW))
    # Every call is refused until the node has taken the charter up.
    wait_for(
        lambda: police.seals.withheld("police-1"),
        lambda tasks: not tasks,
        what="the record to be decided",
        passing=HutongError,
    )
    run = wait_for(
        lambda: police.seals.runs("police-1").runs[0],
        lambda run: run.state == sealing_pb2.RESEAL_STATE_AWAITS_APPROVAL,
        what="the dry run under the new profile",
        passing=HutongError,
    )
    with pytest.raises(NotFound):
        police.register.show("police-1", receipt.record_id)
    for officer in ("王警官", "李警官"):
        inside.client("police", officer).seals.approve("police-1", run.found, reason="已核对清单")
    wait_for(
        lambda: police.register.show("police-1", receipt.record_id).version,
        lambda version: version == 2,
        what="the record's next version",
        passing=HutongError,
    )


def test_r42_exactly_five_years_unseals_only_when_the_charter_chooses_the_older_texts(
    inside: InsideFederation,
) -> None:
    police = inside.client("police")
    receipt = police.register.enter("police-1", sealed_record("police", months=60)[1])

    def unseal(months: int) -> None:
        penalty = record_pb2.Penalty(kind=record_pb2.PENALTY_KIND_FIXED_TERM, months=months)
        order = sealing_pb2.Unsealing(
            record_id=receipt.record_id,
            expected_version=1,
            ground=sealing_pb2.UNSEALING_GROUND_UNDISCOVERED_CRIME_AS_MINOR,
            combined_penalty=penalty,
            instrument=NOTICE,
            reason="发现漏罪",
        )
        police.seals.unseal("police-1", order)

    with pytest.raises(InvalidRequest, match="more than five years"):
        unseal(60)
    inside.amend_policy(lambda policy: charter_files.with_unsealing_at_exactly_five(policy, True))
    wait_for(
        partial(unseal, 60),
        lambda _: True,
        what="the node to take the charter up and unseal",
        passing=HutongError,
    )
    assert police.register.show("police-1", receipt.record_id).version == 2


def test_r36_r38_where_the_charter_wants_it_a_window_asks_under_an_approved_application_only(
    inside: InsideFederation,
) -> None:
    someone, other = Someone(), Someone()
    for each in (someone, other):
        inside.client("procuratorate").register.enter("procuratorate-1", record(each, "procuratorate"))
    window = inside.client("police", applying.HANDLER)

    def asked(query: query_pb2.Query) -> str:
        try:
            return query_pb2.Finding.Name(window.ask(query).answer.finding)
        except HutongError as error:
            return error.reason

    wait_for(
        lambda: asked(asking.public(someone.subject())),
        lambda seen: seen == "FINDING_YES",
        what="an answer to the window",
    )
    accepting, reviewing, handling = (
        client.applications("police-1")
        for client in (
            inside.client("police", applying.ACCEPTOR),
            inside.client("police", applying.REVIEWER),
            window,
        )
    )
    accepted = accepting.accept(
        accepting.submit(applying.public(someone)).application, applying.ACCEPT
    ).application
    inside.amend_policy(lambda policy: charter_files.with_windows_needing_mandate(policy, True))
    try:
        for query in (asking.public(someone.subject()), asking.defence(someone.subject())):
            wait_for(partial(asked, query), lambda answered: answered == "NO_MANDATE", what="the refusal")
        assert asked(asking.case(someone.subject())) == "FINDING_RECORD", "an organ's own case needs none"

        def named(mandate: str, about: Someone = someone) -> query_pb2.Query:
            query = asking.public(about.subject())
            query.mandate = mandate
            return query

        unapproved = f"{accepted.number}@{'0' * 64}"
        for mandate in (
            unapproved,
            accepted.number,
            f"police-1-2020-000001@{'0' * 64}",
            "justice-1-2026-000001@0",
        ):
            assert asked(named(mandate)) == "NO_MANDATE", mandate
        approved = reviewing.review(accepted, applying.APPROVE).application
        assert asked(named(approved.mandate, other)) == "NO_MANDATE", "it is about somebody else"
        lawyers = asking.defence(someone.subject())
        lawyers.mandate = approved.mandate
        assert asked(lawyers) == "NO_MANDATE", "it is of another kind"
        done = handling.answer(approved)
        assert done.documents, "the question of the application itself is answered"
        assert asked(named(approved.mandate)) == "NO_MANDATE", "it was answered: nobody asks by it again"
        node = Installation.parse("police/node/police-1")
        log = [read_body(entry.body) for entry in inside.client("police").evidence.entries(node)]
        assert any(entry.get("reason") == "NO_MANDATE" for entry in log), "the node's refusal is on its log"
    finally:
        inside.amend_policy(lambda policy: charter_files.with_windows_needing_mandate(policy, False))
    wait_for(
        lambda: asked(asking.public(someone.subject())),
        lambda seen: seen == "FINDING_YES",
        what="an answer to the window",
    )


def test_r64_by_the_readings_of_the_charter_a_seal_is_certified_and_violations_are_asked_about(
    inside: InsideFederation,
) -> None:
    """治安管理处罚法 136: when such a record is sealed, and whether a person may ask about the own violations."""
    police, someone = inside.client("police"), Someone()
    made = related.public_order(someone, on="2019-01-20")
    receipt = police.register.enter("police-1", made)
    police.seals.certificate("police-1", receipt.record_id, reason="核对")
    inside.amend_policy(lambda policy: charter_files.with_profile(policy, NEW))

    def own() -> query_pb2.Answer | str:
        query = asking.own(someone.subject())
        query.record_class = record_pb2.RECORD_CLASS_PUBLIC_ORDER
        query.subject.name = someone.name
        query.on_behalf_of.name = someone.name
        try:
            return police.ask(query).answer
        except NotPermitted as refused:
            return " ".join(policy.id for policy in refused.policies)
        except HutongError as error:  # until all servers have taken the charter up
            return error.reason

    wait_for(own, lambda seen: seen == "q6-no-violation-certificate", what="the new profile to be taken up")
    for name, value in (("public_order_sealed_from", "execution"), ("violation_certificates", "yes")):
        inside.amend_policy(partial(_reading, name=name, value=value))
    answer = wait_for(own, lambda seen: not isinstance(seen, str), what="the readings to be taken up")
    assert isinstance(answer, query_pb2.Answer)
    assert answer.finding == query_pb2.FINDING_NO, "a sealed record is as if absent"
    assert not answer.classes_searched
    assert any("均无可提供的记录" in term for term in answer.terms)
    assert not any("未查询犯罪记录" in term for term in answer.terms)
    certificates = []
    for person in (someone, Someone()):
        submission = applying.own(person)
        submission.record_class = record_pb2.RECORD_CLASS_PUBLIC_ORDER
        taken = inside.client("police", applying.ACCEPTOR).applications("police-1").submit(submission)
        assert not taken.application.obstacles
        accepted = (
            inside.client("police", applying.ACCEPTOR)
            .applications("police-1")
            .accept(taken.application, applying.ACCEPT)
        )
        reviewed = (
            inside.client("police", applying.REVIEWER)
            .applications("police-1")
            .review(accepted.application, applying.APPROVE)
        )
        [document] = (
            inside.client("police", applying.HANDLER)
            .applications("police-1")
            .answer(reviewed.application)
            .documents
        )
        certificates.append((document.kind, document.result, list(document.terms)))
    assert certificates[0] == certificates[1], "who has a sealed violation is certified like anybody"
    assert certificates[0][0] == document_pb2.DOCUMENT_KIND_NO_VIOLATION_CERTIFICATE
    with pytest.raises(OutOfOrder, match="nothing is given out meanwhile"):
        police.seals.certificate("police-1", receipt.record_id, reason="核对")
    refused = police.ask(asking.public(someone.subject(), "MIN-62")).answer
    assert refused.finding == query_pb2.FINDING_NO, "nothing is given out before the seal either"
    for name, value in (("public_order_sealed_from", "decision"), ("violation_certificates", "no")):
        inside.amend_policy(partial(_reading, name=name, value=value))
    wait_for(own, lambda seen: seen == "q6-no-violation-certificate", what="the readings to be taken back")
    police.seals.certificate("police-1", receipt.record_id, reason="核对")


def _reading(policy: bytes, *, name: str, value: str) -> bytes:
    return charter_files.with_reading(policy, name, value, because="本联合体的理解")
