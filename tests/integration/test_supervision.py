"""A procuratorate supervises the sealing of minors' records, and the organ replies by a day (2022 Measures art. 22)."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial

import pytest
from click.testing import CliRunner

from compose.cli import main
from federation.errors import InvalidRequest, NotFound
from federation.notices.receipts import stage_name
from federation.v1 import correction_pb2
from federation.v1 import notice_pb2 as pb
from federation.values import clock
from tests.support.corrections import followed, replied, waits
from tests.support.local import LocalFederation
from tests.support.notices import refused
from tests.support.records import MINOR, Someone, case_number, rare_name, record

Fed = LocalFederation
ACCEPT, REFUSE = pb.DECISION_KIND_APPLY, pb.DECISION_KIND_REFUSE


def supervision(someone: Someone, number: str, **fields: str) -> pb.Notice:
    """Return a notice that the record of someone is not sealed, though it must be."""
    notice = pb.Notice(
        kind=pb.NOTICE_KIND_SUPERVISION,
        occurred_on=clock.legal_day(clock.now()).isoformat(),
        reason="犯罪时不满十八周岁，判处三年，应当封存而未封存",
        supervision=correction_pb2.Supervision(
            node="police-1", fault=correction_pb2.SUPERVISION_FAULT_NOT_SEALED
        ),
    )
    notice.supervision.instrument.reference = "京朝检未纠〔2026〕1号"
    notice.supervision.instrument.issuer = "朝阳区人民检察院"
    notice.person.CopyFrom(record(someone, "police", number=number).person)
    notice.judgment.number.original = number
    for name, value in fields.items():
        setattr(notice.supervision, name, value)
    return notice


def sent(fed: Fed, notice: pb.Notice, member: str = "procuratorate") -> pb.NoticeReceipt:
    (receipt,) = fed.client(member).notices.submit([notice])
    return receipt


@pytest.mark.date_dependent
def test_r47_supervision_has_a_day_for_the_reply_and_the_reply_says_what_was_done(
    running_federation: Fed,
) -> None:
    fed, police, someone, number = (
        running_federation,
        running_federation.client("police"),
        Someone(),
        case_number(),
    )
    entered = fed.enter("police", record(someone, "police", number=number))
    accepted = sent(fed, supervision(someone, number))
    assert accepted.stage == pb.NOTICE_STAGE_ACCEPTED, accepted
    assert [(a.node, a.addressing) for a in accepted.addressees] == [("police-1", pb.ADDRESSING_OWNER)]
    today = clock.legal_day(clock.now())
    assert accepted.due_on >= (today + timedelta(days=21)).isoformat(), "15 working days"
    waiting = waits(police, "police-1", accepted.notice, kind=pb.NOTICE_KIND_SUPERVISION)
    assert waiting.due_on == accepted.due_on
    assert waiting.notice.supervision.instrument.reference == "京朝检未纠〔2026〕1号"
    assert entered.record_id in {c.record_id for c in waiting.candidates}
    decide = partial(pb.Decision, notice=accepted.notice, reason="已依法封存，并通知各持有单位")
    with pytest.raises(InvalidRequest, match="say in `reason` what was done"):
        police.notices.decide("police-1", decide(kind=ACCEPT, record_id=entered.record_id))
    with pytest.raises(InvalidRequest, match="accept or refuse"):
        police.notices.decide("police-1", decide(kind=pb.DECISION_KIND_FORWARD, division="310101"))
    police.notices.decide("police-1", decide(kind=ACCEPT))
    reply = followed(fed.client("procuratorate"), accepted.notice, replied).stages[-1][1]
    assert (stage_name(reply.stage), reply.decided_by, reply.reason, reply.late_days) == (
        "registered",
        "王警官",
        "已依法封存，并通知各持有单位",
        0,
    )
    assert (reply.record_id, reply.version, reply.record_digest) == ("", 0, b"")
    with pytest.raises(NotFound, match="no notice waits"):
        police.notices.decide("police-1", decide(kind=REFUSE))


def test_r47_an_organ_that_finds_nothing_wrong_gives_its_reasons(running_federation: Fed) -> None:
    fed, police, someone, number = (
        running_federation,
        running_federation.client("police"),
        Someone(),
        case_number(),
    )
    accepted = sent(fed, supervision(someone, number))
    waits(police, "police-1", accepted.notice, kind=pb.NOTICE_KIND_SUPERVISION)
    refusal = pb.Decision(notice=accepted.notice, kind=REFUSE, reason="犯罪时已满十八周岁")
    police.notices.decide("police-1", refusal)
    reply = followed(fed.client("procuratorate"), accepted.notice, replied).stages[-1][1]
    assert stage_name(reply.stage) == "refused"
    assert [(v.field, "犯罪时已满十八周岁" in v.message) for v in reply.violations] == [("supervision", True)]


def test_r41_supervision_waits_alike_for_an_open_a_sealed_and_an_unknown_person(
    running_federation: Fed,
) -> None:
    fed, police = running_federation, running_federation.client("police")
    told = []
    for name in ("open", "sealed", "unknown"):
        someone, number = (
            Someone(name=rare_name(), born=MINOR if name == "sealed" else Someone().born),
            case_number(),
        )
        entered = ""
        if name != "unknown":
            entered = fed.enter("police", record(someone, "police", number=number)).record_id
        accepted = sent(fed, supervision(someone, number))
        waiting = waits(police, "police-1", accepted.notice, kind=pb.NOTICE_KIND_SUPERVISION)
        shown = {candidate.record_id for candidate in waiting.candidates}
        assert (entered in shown) == (name == "open"), "the desk shows open records alone"
        tracked = followed(fed.client("procuratorate"), accepted.notice, lambda t: len(t.stages) == 2)
        police.notices.decide("police-1", pb.Decision(notice=accepted.notice, kind=ACCEPT, reason="已处理"))
        last = followed(fed.client("procuratorate"), accepted.notice, replied)
        told.append(
            [
                (
                    by,
                    stage_name(r.stage),
                    r.record_id,
                    r.version,
                    r.record_digest,
                    r.due_on,
                    r.late_days,
                    r.reason,
                )
                for by, r in (*tracked.stages, *last.stages)
            ]
        )
    assert told[0] == told[1] == told[2]


def test_r29_a_procuratorate_alone_supervises_and_not_itself(running_federation: Fed) -> None:
    fed, someone, number = running_federation, Someone(), case_number()
    for member in ("court", "justice"):
        assert ("R29", "kind") in refused(fed.client(member), supervision(someone, number))
    procuratorate = fed.client("procuratorate")
    own = supervision(someone, number, node="procuratorate-1")
    assert refused(procuratorate, own) == {("R35", "supervision.node")}
    nowhere = supervision(someone, number, node="nowhere-1")
    assert refused(procuratorate, nowhere) == {("R58", "supervision.node")}


def test_r23_what_is_wrong_with_supervision_is_named(running_federation: Fed) -> None:
    procuratorate, measures = running_federation.client("procuratorate"), "2022 Measures art. 22 [M]"
    notice = supervision(Someone(), case_number())
    notice.supervision.fault = correction_pb2.SUPERVISION_FAULT_UNSPECIFIED
    notice.supervision.instrument.Clear()
    notice.supervision.reply_by = notice.occurred_on
    notice.reason = ""
    notice.documents.add(sha256=b"0" * 32, size=1, media_type="application/pdf", title="意见书")
    assert {
        (measures, "supervision.fault"),
        (measures, "supervision.instrument"),
        ("R25", "supervision.reply_by"),
        ("R58", "documents"),
        ("R2", "reason"),
    } <= refused(procuratorate, notice)
    nobody = supervision(Someone(), case_number())
    nobody.ClearField("person")
    assert "person" in {field for _, field in refused(procuratorate, nobody)}
    other = supervision(Someone(), case_number())
    other.correction.node = "police-1"
    assert "correction" in {field for _, field in refused(procuratorate, other)}


def test_r47_the_command_line_supervises_replies_and_shows_what_is_overdue(running_federation: Fed) -> None:
    home, name, someone = str(running_federation.layout.home), rare_name(), Someone()
    police = running_federation.client("police")

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(
            main, ["correct", arguments[0], "--home", home, "--officer", "甲", *arguments[1:]]
        )
        assert done.exit_code == 0, done.output
        return done.output

    sent_now = run(
        "supervise", "--as", "procuratorate", "--node", "police-1", "--fault", "disclosed", "--name", name,
        "--id-number", someone.number, "--reason", "泄露被封存的记录",
        "--instrument", "京检未纠2号", "--issuer", "某检察院", "--json",
    )  # fmt: skip
    run(
        "request", "--as", "court", "--node", "police-1", "--judgment", "（2012）朝刑初字第9号", "--name", name,
        "--id-number", someone.number, "--field", "final_on", "--believed", "2012-03-14", "--reason", "笔误",
    )  # fmt: skip
    late = supervision(Someone(), case_number(), reply_by="2026-01-20")
    late.occurred_on = "2026-01-05"
    digests = [json.loads(sent_now)["notice"], sent(running_federation, late).notice.hex()]
    for digest in digests:
        waits(police, "police-1", bytes.fromhex(digest), kind=pb.NOTICE_KIND_SUPERVISION)

    def rows() -> list[dict[str, object]]:
        listed = json.loads(run("list", "--as", "procuratorate", "--json"))
        return [row for digest in digests for row in listed if row["request"] == digest]

    assert [row["overdue"] for row in rows()] == [False, True], "the paper's own day is past"
    shown = json.loads(run("list", "--node", "police-1", "--json"))
    asked = {
        each["digest"]: each["notice"]["supervision"] for each in shown if "supervision" in each["notice"]
    }
    assert asked[digests[0]]["instrument"]["reference"] == "京检未纠2号"
    for digest in digests:
        run("reply", "--node", "police-1", digest, "accept", "--reason", "已收回并删除")
        followed(running_federation.client("procuratorate"), bytes.fromhex(digest), replied)
    assert [(row["state"], row["why"], row["overdue"]) for row in rows()] == [
        ("corrected", "已收回并删除", False)
    ] * 2
    assert [bool(row["late_days"]) for row in rows()] == [False, True]
    assert "已收回并删除" in run("show", "--as", "procuratorate", digests[0], "--json")
