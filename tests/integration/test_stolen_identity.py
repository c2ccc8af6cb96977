"""冒名: a conviction under another's identity is split off; two registrations of one person are merged, with undo."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from google.protobuf.json_format import MessageToDict

from compose.cli import main
from compose.local.layout import NODES, node_installation
from federation.client.identities import Identities
from federation.errors import (
    AlreadyExists,
    HutongError,
    InvalidRequest,
    NotFound,
    OutOfOrder,
    PermissionDenied,
    Stale,
)
from federation.v1 import application_pb2, document_pb2, identity_pb2, query_pb2, record_pb2, registry_pb2
from tests.support import applying, asking, recalls
from tests.support.applying import ACCEPTOR, HANDLER, REEXAMINER
from tests.support.local import OFFICER, LocalFederation
from tests.support.records import MINOR, Someone, case_number, record, sealed_record
from tests.support.waiting import wait_for

FINDING = record_pb2.Instrument(
    kind=record_pb2.INSTRUMENT_KIND_RULING, reference="（2026）京0105刑再1号", issuer="北京市朝阳区人民法院"
)
RECORD, NO_RECORD = query_pb2.FINDING_RECORD, query_pb2.FINDING_NO_RECORD


def identities(federation: LocalFederation, agency: str = "police", officer: str = OFFICER) -> Identities:
    return federation.client(agency, officer).identities(NODES[agency])


def split_of(
    receipt: registry_pb2.Receipt, offender: Someone | None = None, **fields: str
) -> identity_pb2.Split:
    made = identity_pb2.Split(
        record_id=receipt.record_id,
        expected_version=receipt.version,
        reason="指纹比对：非本人",
        instrument=FINDING,
        **fields,  # type: ignore[arg-type]
    )
    if offender:
        made.offender.CopyFrom(record(offender, "police").person)
    return made


def merge_of(one: registry_pb2.Receipt, other: registry_pb2.Receipt) -> identity_pb2.Merge:
    seen = [
        identity_pb2.RecordVersion(record_id=r.record_id, expected_version=r.version) for r in (one, other)
    ]
    return identity_pb2.Merge(one=seen[0], other=seen[1], reason="指纹一致", instrument=FINDING)


def found(federation: LocalFederation, someone: Someone) -> query_pb2.Answer:
    return federation.client("police").ask(asking.case(someone.subject())).answer


def test_r47_a_stolen_identity_is_split_off_and_the_victim_gets_a_certificate(
    running_federation: LocalFederation,
) -> None:
    victim, offender = Someone(name="林平之"), Someone(name="田伯光", born=date(1975, 1, 2))
    receipt = running_federation.enter("police", record(victim, "police"))
    first, second = (applying.answered(running_federation, "police", applying.own(victim)) for _ in range(2))
    [wrong], [earlier] = second.documents, first.documents
    assert wrong.kind == earlier.kind == document_pb2.DOCUMENT_KIND_CERTIFICATE_REFUSED

    window = applying.applications(running_federation, "police", ACCEPTOR)
    number = second.application.number
    with pytest.raises(OutOfOrder, match="victim objects first"):
        identities(running_federation).split(split_of(receipt, offender, application=number))
    objected = window.object(second.application, "身份被冒用").application
    done = identities(running_federation).split(split_of(receipt, offender, application=number))
    assert done.version == 2
    judged = applying.applications(running_federation, "police", REEXAMINER).review(
        objected, applying.CORRECT, [applying.GROUND]
    )
    certificate, opinion = (
        applying.applications(running_federation, "police", HANDLER).answer(judged.application).documents
    )

    assert certificate.kind == document_pb2.DOCUMENT_KIND_NO_RECORD_CERTIFICATE
    assert opinion.result == document_pb2.DOCUMENT_RESULT_CORRECTED
    for old in (wrong, earlier):
        checked = window.check(old.number, old.code)
        assert checked.standing == application_pb2.DOCUMENT_STANDING_SUPERSEDED
        assert checked.superseded_by == certificate.number
    assert (found(running_federation, victim).finding, found(running_federation, offender).finding) == (
        NO_RECORD,
        RECORD,
    )
    history = running_federation.client("police").register.history(NODES["police"], receipt.record_id)
    assert [e.kind for e in history] == [
        registry_pb2.RECORD_EVENT_KIND_ENTERED,
        registry_pb2.RECORD_EVENT_KIND_SPLIT,
    ]
    assert number in history[1].reason
    assert history[1].provenance.instrument.reference == FINDING.reference
    assert [h.record.person.names[0].text for h in history] == [victim.name, offender.name]
    entry = [e for e in running_federation.node_entries("police") if e["kind"] == "identity_split"][-1]
    assert (entry["record"], entry["officer"]) == (receipt.record_id, OFFICER)


def test_r47_an_unknown_offender_keeps_nothing_of_the_victim(running_federation: LocalFederation) -> None:
    victim = Someone(name="令狐冲")
    made = record(victim, "police", months=120)
    made.adulthood_proven, made.court_age_finding = True, record_pb2.COURT_AGE_FINDING_ADULT
    receipt = running_federation.enter("police", made)
    identities(running_federation).split(split_of(receipt))
    shown = running_federation.client("police").register.show(NODES["police"], receipt.record_id).record
    assert (shown.adulthood_proven, shown.court_age_finding) == (False, 0)
    assert victim.number not in str(shown)
    assert victim.name not in str(shown)
    assert shown.offences == made.offences
    assert found(running_federation, victim).finding == NO_RECORD


def test_r47_after_a_split_the_true_offender_is_judged_anew(running_federation: LocalFederation) -> None:
    """The victim was a minor and the offender is not: the victim's minority seals the offender's record no longer."""
    victim, made = sealed_record("police")
    receipt = running_federation.enter("police", made)
    offender = Someone(name="一个成年人")
    identities(running_federation).split(split_of(receipt, offender))
    answers = [found(running_federation, someone) for someone in (victim, offender)]
    assert [a.finding for a in answers] == [NO_RECORD, RECORD]
    tasks = running_federation.client("police").seals.withheld(NODES["police"])
    assert receipt.record_id not in {task.record_id for task in tasks}


def test_r47_an_unknown_offender_of_a_sealed_record_is_withheld_until_a_person_decides(
    running_federation: LocalFederation,
) -> None:
    victim, made = sealed_record("police")
    receipt = running_federation.enter("police", made)
    identities(running_federation).split(split_of(receipt))
    assert found(running_federation, victim).finding == NO_RECORD
    with pytest.raises(NotFound):
        running_federation.client("police").register.show(NODES["police"], receipt.record_id)
    tasks = running_federation.client("police").seals.withheld(NODES["police"])
    assert receipt.record_id in {task.record_id for task in tasks}, "a person decides"


def test_r47_what_another_holder_sealed_of_the_victim_holds_the_offender_no_longer(
    running_federation: LocalFederation,
) -> None:
    """One holder knew the victim's birth date and sealed; the other's copy was held, and is split off."""
    victim, number = Someone(born=MINOR, name="被冒名者"), case_number()
    copy = record(victim, "police", number=number)
    copy.person.birth_date = "1985-03-04"
    copy.person.identifiers[0].verification = record_pb2.VERIFICATION_DECLARED
    held = running_federation.enter("police", copy)
    running_federation.enter("justice", record(victim, "justice", number=number))

    def waits() -> bool:
        tasks = running_federation.client("police").seals.withheld(NODES["police"])
        return any(task.record_id == held.record_id and task.rule == "ORDER-HELD" for task in tasks)

    wait_for(waits, what="the copy to be held by the other holder's seal")
    held.version = 2
    offender = Someone(name="真正的犯罪人")
    identities(running_federation).split(split_of(held, offender))
    assert not waits()
    assert found(running_federation, offender).finding == RECORD
    assert found(running_federation, victim).finding == NO_RECORD


def test_a_split_that_does_not_hold_is_refused_by_field(running_federation: LocalFederation) -> None:
    victim = Someone()
    receipt = running_federation.enter("police", record(victim, "police"))
    officer_client = identities(running_federation)
    bad: list[tuple[Callable[[identity_pb2.Split], object], type[HutongError], str]] = [
        (lambda s: s.ClearField("reason"), InvalidRequest, "reason"),
        (lambda s: s.ClearField("instrument"), InvalidRequest, "instrument.reference"),
        (lambda s: s.offender.CopyFrom(record(victim, "police").person), InvalidRequest, "amend it instead"),
        (lambda s: s.offender.Clear(), InvalidRequest, "person.names"),
        (lambda s: setattr(s, "expected_version", 7), Stale, "version 1"),
        (lambda s: setattr(s, "record_id", "00" * 16), NotFound, "no record"),
        (lambda s: setattr(s, "application", "police-1-2026-999999"), NotFound, "no application"),
    ]
    for change, error, says in bad:
        body = split_of(receipt, Someone())
        change(body)
        with pytest.raises(error, match=says):
            officer_client.split(body)
    other = applying.answered(running_federation, "police", applying.own(Someone())).application
    objected = applying.applications(running_federation, "police", ACCEPTOR).object(other, "冒名").application
    with pytest.raises(NotFound, match="not about the person"):
        officer_client.split(split_of(receipt, Someone(), application=objected.number))
    stranger = running_federation.client("procuratorate").identities(NODES["police"])
    with pytest.raises(PermissionDenied):
        stranger.split(split_of(receipt, Someone()))
    assert found(running_federation, victim).finding == RECORD, "nothing was changed"


def test_r2_two_registrations_of_one_person_are_merged_and_taken_apart_again(
    running_federation: LocalFederation,
) -> None:
    one, other = Someone(name="任盈盈"), Someone(name="任莹莹", born=date(1981, 7, 8))
    receipts = [running_federation.enter("police", record(someone, "police")) for someone in (one, other)]
    officer_client = identities(running_federation)
    assert [len(found(running_federation, p).convictions) for p in (one, other)] == [1, 1]
    merge = officer_client.merge(merge_of(*receipts))
    assert merge.stands
    assert [len(found(running_federation, p).convictions) for p in (one, other)] == [2, 2]

    running_federation.enter("police", record(other, "police"))
    assert len(found(running_federation, one).convictions) == 3, "what is entered later belongs to both"
    police = node_installation("police")
    running_federation.signal(police, signal.SIGKILL)
    running_federation.up(police)
    with running_federation.fresh_client("police") as client:
        again = client.identities(NODES["police"])
        assert list(again.merges(merge.merge_id)) == [merge]
        assert len(client.ask(asking.case(one.subject())).answer.convictions) == 3
        undone = again.undo(merge, "指纹复核：并非一人")
        assert (undone.stands, undone.version) == (False, 2)
        assert [(e.officer, e.reason) for e in undone.events] == [
            (OFFICER, "指纹一致"),
            (OFFICER, "指纹复核：并非一人"),
        ]
        assert [len(client.ask(asking.case(p.subject())).answer.convictions) for p in (one, other)] == [1, 2]
        with pytest.raises(OutOfOrder, match="took this merge back"):
            again.undo(undone, "再来一次")
    kinds = [e["kind"] for e in running_federation.node_entries("police") if e.get("merge") == merge.merge_id]
    assert kinds == ["persons_merged", "merge_undone"]


def test_r45_what_was_told_of_the_wrong_person_is_recalled(running_federation: LocalFederation) -> None:
    victim, one, other = Someone(name="仪琳"), Someone(name="曲非烟"), Someone(name="刘菁")
    receipts = [running_federation.enter("police", record(p, "police")) for p in (victim, one, other)]
    before = [recalls.ask(running_federation, "court", asking.case(p.subject())) for p in (one, other)]
    merge = identities(running_federation).merge(merge_of(*receipts[1:]))
    of_victim = recalls.ask(running_federation, "court", asking.case(victim.subject()))
    of_both = recalls.ask(running_federation, "court", asking.case(one.subject()))
    assert len(of_both.answer.convictions) == 2

    identities(running_federation).split(split_of(receipts[0]))
    identities(running_federation).undo(merge, "并非一人")
    assert recalls.recalled(running_federation, "court", of_victim, of_both)
    kept = recalls.of(running_federation, "court", [answered.request_digest for answered in before])
    assert not kept, "an answer about one of them alone still holds"


def test_r45_a_merge_leaves_sealed_records_sealed_and_tells_nothing_of_them(
    running_federation: LocalFederation,
) -> None:
    """A registration with a sealed record beside the open one merges like one without."""
    answers = []
    for with_sealed in (True, False):
        one, other = Someone(name="岳灵珊"), Someone(name="岳灵珊", born=MINOR)
        receipts = [
            running_federation.enter("police", record(one, "police")),
            running_federation.enter("police", record(other, "police", months=120)),
        ]
        if with_sealed:
            running_federation.enter("police", record(other, "police"))
        before = len(running_federation.node_entries("police"))
        identities(running_federation).merge(merge_of(*receipts))
        entries = running_federation.node_entries("police")[before:]
        others = (
            "exported",
            "refused",
            "proposed",
            "acknowledged",
        )  # of this look, and of seals on their way
        assert [e["kind"] for e in entries if e["kind"] not in others] == ["persons_merged"]
        answer = found(running_federation, one)
        answers.append(answer)
        sealed = running_federation.client("procuratorate").ask(asking.sealed_case(one.subject())).answer
        assert len(sealed.convictions) == 2 + with_sealed, "with sealed access either number finds all"
    assert [len(a.convictions) for a in answers] == [2, 2]


def test_r45_a_merge_of_a_record_that_is_sealed_since_is_shown_no_more_and_can_be_undone(
    running_federation: LocalFederation,
) -> None:
    one, other = Someone(), Someone()
    receipts = [running_federation.enter("police", record(p, "police")) for p in (one, other)]
    officer_client = identities(running_federation)
    merge = officer_client.merge(merge_of(*receipts))
    recalls.change(running_federation, "sealed", receipts[1], record(other, "police"), "police")
    messages = []
    for merge_id in (merge.merge_id, "00" * 16):
        with pytest.raises(NotFound) as hidden:
            officer_client.merges(merge_id)
        messages.append(hidden.value.message)
    assert messages[0] == messages[1]
    assert merge.merge_id not in {shown.merge_id for shown in officer_client.merges(limit=1000)}
    undone = officer_client.undo(merge, "并非一人")
    assert (undone.stands, list(undone.events)) == (False, [])


def test_a_merge_that_does_not_hold_is_refused(running_federation: LocalFederation) -> None:
    one, other = Someone(), Someone()
    first, second = (running_federation.enter("police", record(p, "police")) for p in (one, other))
    hidden, made = sealed_record("police")
    sealed = running_federation.enter("police", made)
    same = running_federation.enter("police", record(one, "police"))
    officer_client = identities(running_federation)
    unknown = registry_pb2.Receipt(record_id="00" * 16, version=1)
    messages = []
    for absent in (sealed, unknown):
        with pytest.raises(NotFound) as refused:
            officer_client.merge(merge_of(first, absent))
        messages.append(refused.value.message)
    assert messages[0] == messages[1], "a sealed record is as one that is not there"
    with pytest.raises(InvalidRequest, match="same identity number"):
        officer_client.merge(merge_of(first, same))
    bare = merge_of(first, second)
    bare.ClearField("reason")
    with pytest.raises(InvalidRequest, match="reason"):
        officer_client.merge(bare)
    stale = merge_of(first, second)
    stale.other.expected_version = 9
    with pytest.raises(Stale):
        officer_client.merge(stale)
    with pytest.raises(NotFound, match="no merge"):
        officer_client.merges("00" * 16)
    assert hidden.number not in str(officer_client.merges())


@pytest.mark.parametrize("act", ["merge", "split"])
def test_of_two_officers_at_once_one_wins_and_the_other_is_told(
    running_federation: LocalFederation, act: str
) -> None:
    first, second = (running_federation.enter("police", record(Someone(), "police")) for _ in range(2))
    outcomes: list[str] = []
    gate = threading.Barrier(2)

    def work(officer: str) -> None:
        officer_client = identities(running_federation, officer=officer)
        gate.wait()
        try:
            officer_client.merge(merge_of(first, second)) if act == "merge" else officer_client.split(
                split_of(first, Someone())
            )
        except (AlreadyExists, Stale) as conflict:
            outcomes.append(type(conflict).__name__)
        else:
            outcomes.append("done")

    for officer in ("登记员一", "登记员二"):
        identities(running_federation, officer=officer).merges()
    threads = [threading.Thread(target=work, args=(officer,)) for officer in ("登记员一", "登记员二")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == (["AlreadyExists", "done"] if act == "merge" else ["Stale", "done"])


def test_the_command_splits_merges_undoes_and_names_what_is_typed_wrong(
    running_federation: LocalFederation, tmp_path: Path
) -> None:
    def run(*arguments: str) -> Result:
        home = ("--home", str(running_federation.layout.home), "--node", "police-1", "--officer", "甲")
        return CliRunner().invoke(main, ["identity", *arguments[:1], *home, *arguments[1:]])

    one, other = (running_federation.enter("police", record(Someone(), "police")) for _ in range(2))
    rests = ("--reason", "指纹一致", "--instrument", "（2026）京0105刑再1号|北京市朝阳区人民法院")
    merged = run("merge", f"{one.record_id}:1", f"{other.record_id}:1", *rests, "--json")
    assert merged.exit_code == 0, merged.output
    [merge] = json.loads(merged.output)
    assert merge["stands"] is True
    assert run("undo", merge["merge_id"], "--reason", "复核").exit_code == 0
    assert "复核" in run("merges", "--json").output
    offender, truly = tmp_path / "offender.json", Someone(name="真犯")
    person = MessageToDict(record(truly, "police").person)
    offender.write_text(json.dumps(person), "utf-8")
    done = run("split", one.record_id, "--version", "1", *rests, "--offender", str(offender), "--json")
    assert (done.exit_code, json.loads(done.output)["version"]) == (0, 2)
    assert found(running_federation, truly).finding == RECORD
    offender.write_text('{"colour": 1}', "utf-8")
    for wrong in (
        ("merge", one.record_id, f"{other.record_id}:1", *rests),
        ("split", other.record_id, "--version", "1", "--reason", "冒名", "--instrument", "某号"),
        ("split", other.record_id, "--version", "1", *rests, "--offender", str(offender)),
    ):
        refused = run(*wrong)
        assert refused.exit_code == 1
        assert "InvalidRequest" in refused.output
