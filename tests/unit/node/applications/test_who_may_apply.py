"""Foreigners and notary offices as applicants (2021 Provisions arts 4-6), against the table a lawyer can read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from federation.applications.question import question_of
from federation.applications.stays import stayed_days
from federation.documents.document import read
from federation.documents.rendering import text_of
from federation.errors import InvalidRequest, NotPermitted
from federation.v1 import application_pb2 as pb
from federation.v1 import document_pb2, query_pb2, record_pb2
from federation.values.identifiers import check_character
from tests.support import applying
from tests.support.office import World
from tests.support.records import Someone

LAW = yaml.safe_load((Path(__file__).parents[3] / "law" / "foreigners.yaml").read_text("utf-8"))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with ExitStack() as stack:
        made = World(tmp_path, stack)
        made.divisions = ("11",)
        yield made


def staying(row: dict[str, Any]) -> pb.Submission:
    submission = applying.foreigner()
    del submission.applicant.stays[:]
    submission.applicant.stays.extend(stays(row))
    return submission


def stays(row: dict[str, Any]) -> list[document_pb2.Stay]:
    return [document_pb2.Stay(first=str(first), last=str(last)) for first, last in row["stays"]]


@pytest.mark.parametrize("row", LAW["days"], ids=lambda row: row["why"])
def test_r34_a_foreigner_applies_from_180_days_in_china_on(world: World, row: dict[str, Any]) -> None:
    assert stayed_days(stays(row)) == row["days"]
    taken = world.submit(staying(row))
    found = applying.rules(taken.obstacles)
    assert ("居留" in found) == (not row["may"]), found
    if row["may"]:
        assert not taken.obstacles
        assert world.accept(taken).application.state == pb.APPLICATION_STATE_ACCEPTED
    else:
        with pytest.raises(NotPermitted, match="居留"):
            world.accept(taken)


def test_r34_days_that_are_still_to_come_do_not_count(world: World) -> None:
    taken = world.submit(applying.foreigner(document_pb2.Stay(first="2025-01-01", last="2026-03-03")))
    assert "尚未届至" in applying.rules(taken.obstacles)
    world.on("2026-03-03")
    assert world.accept(taken).application.state == pb.APPLICATION_STATE_ACCEPTED


@pytest.mark.parametrize("finding", [query_pb2.FINDING_NO, query_pb2.FINDING_YES])
def test_r34_the_certificate_of_a_foreigner_states_the_periods_of_stay(
    world: World, finding: query_pb2.Finding.ValueType
) -> None:
    submission = applying.foreigner(
        document_pb2.Stay(first="2024-01-01", last="2024-08-31"),
        document_pb2.Stay(first="2025-02-01", last="2026-03-02"),
    )
    [certificate] = map(read, world.answered(submission, finding).documents)
    assert "在中国境内居留期间（2024年1月1日至2024年8月31日、2025年2月1日至2026年3月2日）" in text_of(
        certificate
    )


def test_r34_the_certificate_of_a_chinese_citizen_states_no_stay(world: World) -> None:
    [certificate] = map(read, world.answered(applying.own(Someone()), query_pb2.FINDING_NO).documents)
    assert "居留" not in text_of(certificate)


def test_r34_a_foreigner_applies_where_he_lives_and_needs_no_residence_permit_of_citizens(
    world: World,
) -> None:
    submission = applying.foreigner()
    assert not world.submit(submission).obstacles
    submission.applicant.residence_division = "310101"
    assert "不属本机关管辖" in applying.rules(world.submit(submission).obstacles)


def test_r34_who_applies_with_a_passport_names_the_country(world: World) -> None:
    submission = applying.foreigner()
    submission.applicant.nationality = ""
    del submission.applicant.stays[:]
    assert "未写明国籍" in applying.rules(world.submit(submission).obstacles)


def test_r34_a_chinese_citizen_with_a_passport_has_no_days_to_count(world: World) -> None:
    submission = applying.foreigner()
    submission.applicant.nationality = "中国"
    with pytest.raises(InvalidRequest, match="Chinese citizens have no stays"):
        world.submit(submission)
    del submission.applicant.stays[:]
    submission.applicant.household_division = "110105"
    assert not world.submit(submission).obstacles


@pytest.mark.parametrize(
    "nationality",
    [
        "中国香港",
        "香港",
        "中國澳門",
        "中国台湾",
        "香港特别行政区",
        "中国籍",
        "China",
        "P.R. China",
        "Hong Kong, China",
        "CHN",
    ],
)
def test_r34_residents_of_hong_kong_macao_and_taiwan_are_no_foreigners(
    world: World, nationality: str
) -> None:
    submission = applying.foreigner()
    submission.applicant.nationality = nationality
    del submission.applicant.stays[:]
    assert "居留累计" not in (found := applying.rules(world.submit(submission).obstacles))
    assert "外国人" not in found


@pytest.mark.parametrize("nationality", ["中非共和国", "Indochina", "日本", "Canada"])
def test_r34_other_countries_are_foreign_however_alike(world: World, nationality: str) -> None:
    submission = applying.foreigner()
    submission.applicant.nationality = nationality
    del submission.applicant.stays[:]
    assert "外国人申请而未写明" in applying.rules(world.submit(submission).obstacles)


@pytest.mark.parametrize(
    "type", [record_pb2.IDENTIFIER_TYPE_RESIDENCE_PERMIT, record_pb2.IDENTIFIER_TYPE_CITIZEN_ID]
)
def test_r34_the_card_of_permanent_residents_is_a_foreigners(
    world: World, type: record_pb2.IdentifierType.ValueType
) -> None:
    """Such a card says that its bearer is a foreigner: leaving the country out does not spare the 180 days."""
    submission = applying.foreigner()
    body = "91110019000101001"  # whoever bore it would have been born in 1900
    card = record_pb2.Identifier(type=type, number=body + check_character(body))
    submission.applicant.identifier.CopyFrom(card)
    submission.subject.identifiers[0].CopyFrom(card)
    submission.subject.birth_date = ""
    submission.applicant.nationality = ""
    del submission.applicant.stays[:]
    assert "未写明国籍" in applying.rules(world.submit(submission).obstacles)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda s: s.applicant.stays.add(first="2024-02-30", last="2024-03-01"), "applicant.stays[1].first"),
        (lambda s: s.applicant.stays.add(first="2024-03-02", last="2024-03-01"), "applicant.stays[1].last"),
        (lambda s: s.applicant.stays.add(first="2024-03-02"), "applicant.stays[1].last"),
        (lambda s: s.applicant.stays.extend([s.applicant.stays[0]] * 40), "applicant.stays"),
        (lambda s: s.applicant.ClearField("nationality"), "applicant.nationality"),
        (
            lambda s: setattr(s.applicant, "household_division", "110105"),
            "applicant.household_division",
        ),
        (lambda s: setattr(s, "kind", pb.APPLICATION_KIND_CASE), "applicant.nationality"),
        (lambda s: setattr(s.applicant, "nationality", "加拿大\u200b"), "applicant.nationality"),
        (lambda s: setattr(s.applicant, "nationality", "·"), "applicant.nationality"),
    ],
)
def test_r34_what_a_foreigner_states_wrongly_is_named(world: World, change: Any, field: str) -> None:
    submission = applying.foreigner()
    change(submission)
    with pytest.raises(InvalidRequest) as refused:
        world.submit(submission)
    assert field in {violation.field for violation in refused.value.violations}


def test_r36_a_notary_office_asks_by_commission_of_the_person(world: World) -> None:
    someone = Someone()
    [letter] = map(read, world.answered(applying.notarisation(someone), query_pb2.FINDING_NO).documents)
    assert letter.kind == document_pb2.DOCUMENT_KIND_RESULT_LETTER
    assert "《公证法》第11(1)(7)条" in text_of(letter)
    assert someone.name in text_of(letter)


def test_r36_a_notary_office_without_the_persons_request_is_not_accepted(world: World) -> None:
    submission = applying.notarisation(Someone())
    request = submission.papers.pop()
    assert "公证申请" in applying.rules(world.submit(submission).obstacles)
    request.names = "别人"
    submission.papers.append(request)
    assert "公证申请" in applying.rules(world.submit(submission).obstacles)


def test_r36_an_employer_cannot_ask_as_if_it_were_a_notary_office(world: World) -> None:
    """Nor can a notary office ask about its staff under that provision: it has no time limit and names every crime."""
    for relation in (pb.RELATION_STAFF, pb.RELATION_RECRUIT, pb.RELATION_LICENCE_APPLICANT):
        submission = applying.public(Someone(), "NTY-11")
        submission.relation = relation
        assert "只有公证机构" in applying.rules(world.submit(submission).obstacles)
    other = applying.notarisation(Someone())
    other.basis = "TCH-14"
    assert "公证法" in applying.rules(world.submit(other).obstacles)


def test_r36_no_roster_is_notarised(world: World) -> None:
    submission = applying.roster(Someone(), Someone(), basis="NTY-11")
    submission.relation = pb.RELATION_NOTARISATION
    assert "名册" in applying.rules(world.submit(submission).obstacles)


def test_r34_a_passport_number_is_the_applicants_own(world: World) -> None:
    submission = applying.foreigner()
    submission.subject.identifiers[0].CopyFrom(
        record_pb2.Identifier(type=record_pb2.IDENTIFIER_TYPE_PASSPORT, number="X9900002")
    )
    assert "不是申请人本人" in applying.rules(world.submit(submission).obstacles)


def test_r64_a_certificate_of_no_violations_is_the_charters_reading(world: World) -> None:
    """治安管理处罚法 136 leaves it open; where the charter admits it, everybody's says the same (decision 151)."""
    submission = applying.own(Someone())
    submission.record_class = record_pb2.RECORD_CLASS_PUBLIC_ORDER
    refused = world.submit(submission)
    assert "不出具无违法记录证明" in applying.rules(refused.obstacles)
    with pytest.raises(NotPermitted, match="不出具无违法记录证明"):
        world.accept(refused)
    world.admit_violation_certificates()
    approved = world.review(world.accept(world.submit(submission)).application, applying.APPROVE)
    assert question_of(approved, officer="丙").record_class == record_pb2.RECORD_CLASS_PUBLIC_ORDER
    [certificate] = map(read, world.handle(approved, *world.asked(approved, query_pb2.FINDING_NO)).documents)
    assert certificate.kind == document_pb2.DOCUMENT_KIND_NO_VIOLATION_CERTIFICATE
    said = text_of(certificate)
    assert said.startswith("无违法记录证明")
    assert "没有可以提供的违反治安管理的记录" in said
    assert "仅含生效有罪判决" not in said
    assert "不涉及犯罪记录" in said


@pytest.mark.parametrize("make", [applying.public, applying.defence, applying.case])
def test_r64_nobody_else_applies_by_class(world: World, make: Any) -> None:
    for record_class in (record_pb2.RECORD_CLASS_PUBLIC_ORDER, record_pb2.RECORD_CLASS_NON_PROSECUTION):
        submission = make(Someone())
        submission.record_class = record_class
        with pytest.raises(InvalidRequest, match="only a person asks by class"):
            world.submit(submission)
    own = applying.own(Someone())
    own.record_class = record_pb2.RECORD_CLASS_PROCESS
    with pytest.raises(InvalidRequest, match="only a person asks by class"):
        world.submit(own)
