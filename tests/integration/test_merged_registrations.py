"""Two registrations of one person are merged by an officer, and taken apart again."""

from __future__ import annotations

import json
import signal
import threading
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from google.protobuf.json_format import MessageToDict

from compose.cli import main
from compose.local.layout import NODES, node_installation
from federation.errors import AlreadyExists, InvalidRequest, NotFound, OutOfOrder, Stale
from federation.v1 import registry_pb2
from tests.support import asking, recalls
from tests.support.identities import RECORD, found, identities, merge_of, split_of
from tests.support.local import OFFICER, LocalFederation
from tests.support.records import MINOR, Someone, record, sealed_record


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
