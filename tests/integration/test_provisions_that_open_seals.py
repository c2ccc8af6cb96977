"""Only the charter opens a seal to a provision, by the signatures of two officers (R43)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from certs import charter_files
from federation.charter.envelope import make_statement
from federation.charter.model import ProfilePeriod
from federation.charter.openings import DESTINATION, METHOD
from federation.errors import BadEnvelope, CharterUnusable, HutongError, NotPermitted
from federation.v1 import query_pb2, record_pb2
from federation.v1.envelope_pb2 import Envelope
from federation.v1.opening_pb2 import SealOpening
from federation.values.clock import now
from tests.support import asking, related
from tests.support.federation import AT_ONCE, FEDERATION, SmallFederation
from tests.support.inside import InsideFederation, inside_federation
from tests.support.records import Someone, record, sealed_record
from tests.support.waiting import wait_for

OLD = ProfilePeriod("opinion-2012", date(2012, 5, 10), *AT_ONCE)
DESKS = ("police/client/desk", "justice/client/desk")


@pytest.fixture(scope="module")
def inside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InsideFederation]:
    small = SmallFederation(tmp_path_factory.mktemp("charter"), profiles=(OLD,))
    with inside_federation(small) as running:
        running.start_all()
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
