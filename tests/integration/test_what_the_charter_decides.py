"""What only the charter decides about seals: profiles, the limit of unsealing, and provisions that open one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import partial

import pytest

from certs import charter_files
from federation.charter.envelope import make_statement
from federation.charter.model import ProfilePeriod
from federation.charter.openings import DESTINATION, METHOD
from federation.errors import (
    BadEnvelope,
    CharterUnusable,
    HutongError,
    InvalidRequest,
    NotFound,
    NotPermitted,
    OutOfOrder,
)
from federation.evidence.entry import read_body
from federation.v1 import document_pb2, query_pb2, record_pb2, sealing_pb2
from federation.v1.envelope_pb2 import Envelope
from federation.v1.opening_pb2 import SealOpening
from federation.values.clock import now
from federation.values.identity import Installation
from tests.support import applying, asking, related
from tests.support.federation import AT_ONCE, FEDERATION, SmallFederation
from tests.support.inside import InsideFederation, inside_federation
from tests.support.records import Someone, record, sealed_record
from tests.support.waiting import wait_for

OLD = ProfilePeriod("opinion-2012", date(2012, 5, 10), *AT_ONCE)
NEW = ProfilePeriod("practice-2022", date(2022, 5, 30), *AT_ONCE)
NOTICE = record_pb2.Instrument(reference="再审判决1号", issuer="某区人民法院")
DESKS = ("police/client/desk", "justice/client/desk")


@pytest.fixture(scope="module")
def inside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InsideFederation]:
    small = SmallFederation(tmp_path_factory.mktemp("charter"), profiles=(OLD,))
    with inside_federation(small) as running:
        for agency in small.agencies:
            running.start_node(agency)
        running.start_gateway()
        yield running


def opening(
    inside: InsideFederation,
    desk: str,
    officer: str,
    *,
    because: str = "教师法要求",
    basis: str = "TCH-14",
    rule: str = "S1",
) -> Envelope:
    """Return one officer's signature under the opening of a seal to a provision."""
    text = SealOpening(basis=basis, rule=rule, because=because, since="2020-01-01")
    return make_statement(
        signer=inside.federation.party(desk).signer,
        federation=FEDERATION,
        method=METHOD,
        destination=DESTINATION,
        officer=officer,
        body=text.SerializeToString(),
        charter_version=1,
        now=now(),
    )


def publish(inside: InsideFederation, *statements: Envelope) -> None:
    inside.amend_policy(lambda policy: charter_files.with_opened_seal(policy, statements))


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


def test_r43_a_seal_opens_to_a_provision_by_two_officers_signatures_and_closes_again(
    inside: InsideFederation,
) -> None:
    someone, made = sealed_record("procuratorate")
    inside.client("procuratorate").register.enter("procuratorate-1", made)
    window = inside.client("police")

    def finding(basis: str = "TCH-14") -> str:
        try:
            answer = window.ask(asking.sealed_provision(someone.subject(), basis=basis)).answer
        except NotPermitted as refused:
            return " ".join(policy.id for policy in refused.policies)
        except HutongError as error:  # until all servers have taken the charter up
            return error.reason
        return query_pb2.Finding.Name(answer.finding)

    wait_for(finding, lambda seen: seen == "q5-seal-not-opened", what="the seal not to be opened")
    publish(inside, opening(inside, DESKS[0], "甲局长"), opening(inside, DESKS[1], "乙局长"))
    wait_for(finding, lambda seen: seen == "FINDING_YES", what="the seal to be opened")
    [opened] = inside.federation.charter().opened_seals
    assert [(name, str(who)) for name, who in opened.officers] == [
        ("甲局长", DESKS[0]),
        ("乙局长", DESKS[1]),
    ]
    assert finding("COMP-24") == "q5-seal-not-opened", "opened to one provision, not to another"
    inside.amend_policy(charter_files.without_opened_seals)
    wait_for(finding, lambda seen: seen == "q5-seal-not-opened", what="the seal not to be opened")


def test_r64_public_order_records_answer_where_the_row_covers_them_and_their_seal_is_opened(
    inside: InsideFederation,
) -> None:
    """S3 opened to MIN-62: adults' conduct counts, minors' stays sealed by S2, and so do minors' convictions."""
    adult, young, convicted, open_conviction = Someone(), related.minor(), sealed_record("police"), Someone()
    inside.client("police").register.enter("police-1", related.public_order(adult, "猥亵"))
    inside.client("police").register.enter("police-1", related.public_order(young, "猥亵"))
    convicted[1].offences[0].name = "故意伤害罪"
    inside.client("police").register.enter("police-1", convicted[1])
    inside.client("police").register.enter("police-1", record(open_conviction, "police", offence="强奸罪"))
    window = inside.client("police")

    def finding(who: Someone, basis: str = "MIN-62") -> str:
        try:
            answer = window.ask(asking.sealed_provision(who.subject(), basis=basis)).answer
        except NotPermitted as refused:
            return " ".join(policy.id for policy in refused.policies)
        except HutongError as error:  # until all servers have taken the charter up
            return error.reason
        assert list(answer.classes_searched) == [
            record_pb2.RECORD_CLASS_CRIMINAL,
            record_pb2.RECORD_CLASS_PUBLIC_ORDER,
        ]
        return query_pb2.Finding.Name(answer.finding)

    wait_for(
        lambda: finding(adult), lambda seen: seen == "q5-seal-not-opened", what="the seal not to be opened"
    )
    because = {"because": "未成年人保护法62条要求查询违法记录", "basis": "MIN-62", "rule": "S3"}
    publish(
        inside,
        opening(inside, DESKS[0], "甲局长", **because),
        opening(inside, DESKS[1], "乙局长", **because),
    )
    wait_for(lambda: finding(adult), lambda seen: seen == "FINDING_YES", what="the seal to be opened")
    assert finding(young) == "FINDING_NO"
    assert finding(convicted[0]) == "FINDING_NO"
    assert finding(open_conviction) == "FINDING_YES"
    assert finding(Someone()) == "FINDING_NO"
    assert finding(adult, "PRE-44") == "q5-seal-not-opened", "opened to one provision, not to another"
    answer = window.ask(asking.public(adult.subject(), "MIN-62")).answer
    assert answer.finding == query_pb2.FINDING_NO, "without an undertaking the seal stays closed"
    inside.amend_policy(charter_files.without_opened_seals)
    wait_for(
        lambda: finding(adult), lambda seen: seen == "q5-seal-not-opened", what="the seal not to be opened"
    )


@pytest.mark.parametrize(
    ("second", "says"),
    [
        ((DESKS[1], "甲局长", {}), "two different officers"),
        ((DESKS[1], "甲 局长", {}), "two different officers"),
        ((DESKS[1], "甲局长\u200b", {}), "holds the character U\\+200B"),
        ((DESKS[0], "乙局长", {}), "two different officers"),
        ((DESKS[1], "乙局长", {"because": "另一理由"}), "different texts"),
        ((DESKS[1], "乙局长", {"because": ""}), "different texts"),
        (("court/client/desk", "乙局长", {}), "none of the four agencies"),
        (None, "1 officers sign"),
    ],
)
def test_r43_an_opening_that_two_officers_have_not_signed_is_not_published(
    inside: InsideFederation, second: tuple[str, str, dict[str, str]] | None, says: str
) -> None:
    before = inside.federation.charter()
    statements = [opening(inside, DESKS[0], "甲局长")]
    if second is not None:
        statements.append(opening(inside, second[0], second[1], **second[2]))
    with pytest.raises(HutongError, match=says):
        publish(inside, *statements)
    assert inside.federation.charter().digest == before.digest


def test_r43_an_altered_opening_is_not_published(inside: InsideFederation) -> None:
    first, forged = opening(inside, DESKS[0], "甲局长"), opening(inside, DESKS[1], "乙局长")
    forged.payload = forged.payload.replace("教师法要求".encode(), "教师法规定".encode())
    with pytest.raises(BadEnvelope):
        publish(inside, first, forged)


def test_r43_two_agencies_cannot_change_the_policy(inside: InsideFederation) -> None:
    statements = [opening(inside, DESKS[0], "甲局长"), opening(inside, DESKS[1], "乙局长")]
    with pytest.raises(CharterUnusable):
        inside.federation.amend_policy(
            lambda policy: charter_files.with_opened_seal(policy, statements), agencies=2
        )


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
