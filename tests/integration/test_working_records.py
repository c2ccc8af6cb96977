"""Working records (R46, A17): own case-handlers, a reason each time, in no answer of anybody."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from compose.cli import main
from compose.local.layout import NODES, node_installation
from federation.client.working import WorkingRecords
from federation.errors import InvalidRequest, NotFound, PermissionDenied
from federation.evidence.answer_file import document_text, render
from federation.v1 import query_pb2, record_pb2
from federation.v1 import working_pb2 as pb
from tests.support import asking
from tests.support.local import LocalFederation
from tests.support.records import MINOR, Someone, record, sealed_record

TEXT = "帮教谈话笔录：本人悔过，已复学。"


def working(federation: LocalFederation, officer: str, agency: str = "police") -> WorkingRecords:
    return federation.client(agency, officer).working(NODES[agency])


def note(someone: Someone, **fields: object) -> pb.WorkingNote:
    values = {"case_reference": "京公立〔2025〕7号", "text": TEXT, "reason": "教育、感化、挽救"}
    made = pb.WorkingNote(**(values | fields))  # type: ignore[arg-type]
    made.person.CopyFrom(record(someone, "police").person)
    return made


@pytest.fixture
def kept(running_federation: LocalFederation) -> tuple[Someone, str]:
    someone, made = sealed_record("police")
    running_federation.enter("police", made)
    return someone, working(running_federation, "甲").add(note(someone, handlers=["乙"])).working_id


def test_r46_case_handlers_see_a_working_record_and_who_else_saw_it(
    running_federation: LocalFederation, kept: tuple[Someone, str]
) -> None:
    _, working_id = kept
    working(running_federation, "甲").show(working_id, reason="复核")
    with pytest.raises(NotFound) as hidden:
        working(running_federation, "丙").show(working_id, reason="好奇")
    with pytest.raises(NotFound) as unknown:
        working(running_federation, "丙").show("00" * 16, reason="好奇")
    assert str(hidden.value) == str(unknown.value)
    with pytest.raises(NotFound):
        working(running_federation, "丙").assign(working_id, "丙", reason="自己加")
    shown = working(running_federation, "乙").show(working_id, reason="接手")
    assert shown.text == TEXT
    assert list(shown.handlers) == ["甲", "乙"]
    assert [(a.officer, pb.WorkingAct.Name(a.act), a.reason) for a in shown.accesses] == [
        ("甲", "WORKING_ACT_ADDED", "教育、感化、挽救"),
        ("甲", "WORKING_ACT_SHOWN", "复核"),
        ("丙", "WORKING_ACT_REFUSED", "好奇"),
        ("丙", "WORKING_ACT_REFUSED", "自己加"),
        ("乙", "WORKING_ACT_SHOWN", "接手"),
    ]
    kinds = [e["kind"] for e in running_federation.node_entries("police") if e.get("working") == working_id]
    assert kinds == [
        "working_added",
        "working_shown",
        "working_refused",
        "working_refused",
        "working_shown",
    ]


def test_r46_a_handler_lets_another_officer_handle_it(
    running_federation: LocalFederation, kept: tuple[Someone, str]
) -> None:
    someone, working_id = kept
    number = record_pb2.Identifier(
        type=record_pb2.IDENTIFIER_TYPE_CITIZEN_ID,
        number=someone.number,
        verification=record_pb2.VERIFICATION_DECLARED,
    )
    assert not working(running_federation, "丁").find(number, reason="接办")
    working(running_federation, "乙").assign(working_id, "丁", reason="移交")
    assert [r.working_id for r in working(running_federation, "丁").find(number, reason="接办")] == [
        working_id
    ]
    second = working(running_federation, "丁").add(note(someone, text="第二份")).working_id
    found = working(running_federation, "丁").find(number, reason="再看")
    assert {r.working_id for r in found} == {working_id, second}


def test_r46_a_working_record_is_the_own_organs_alone(
    running_federation: LocalFederation, kept: tuple[Someone, str]
) -> None:
    with pytest.raises(PermissionDenied):
        running_federation.client("procuratorate", "甲").working(NODES["police"]).show(kept[1], reason="借阅")
    with pytest.raises(NotFound):
        working(running_federation, "甲", "procuratorate").show(kept[1], reason="借阅")


def test_r46_no_reason_no_access(running_federation: LocalFederation, kept: tuple[Someone, str]) -> None:
    with pytest.raises(InvalidRequest) as refused:
        working(running_federation, "甲").show(kept[1], reason="")
    assert {(v.field, v.rule) for v in refused.value.violations} == {("reason", "A17")}
    with pytest.raises(InvalidRequest) as refused:
        working(running_federation, "甲").add(pb.WorkingNote(handlers=[""]))
    assert {v.field for v in refused.value.violations} == {
        "case_reference",
        "reason",
        "text",
        "handlers[0]",
        "person",
    }


@pytest.mark.parametrize("purpose", [*sorted(asking.UNSEALED), "sealed_case"])
def test_r46_a_working_record_changes_no_answer(running_federation: LocalFederation, purpose: str) -> None:
    """Neither beside a sealed record nor alone; not even for who may see sealed records."""
    query: Callable[[query_pb2.Subject], query_pb2.Query] = (
        asking.UNSEALED | {"sealed_case": asking.sealed_case}
    )[purpose]
    alone = Someone(name="只有工作记录", born=MINOR)
    working(running_federation, "甲").add(note(alone))
    nobody = Someone(name="查无此人甲乙", born=MINOR)
    with_record, none = (
        running_federation.client("police").ask(query(someone.subject())) for someone in (alone, nobody)
    )
    documents = [render(answered.envelope) for answered in (with_record, none)]
    assert asking.stripped(documents[0]) == asking.stripped(documents[1])
    assert len(document_text(documents[0])) == len(document_text(documents[1]))


def test_r46_a_working_record_outlives_sealing_and_is_on_no_disk_in_clear(
    running_federation: LocalFederation, kept: tuple[Someone, str]
) -> None:
    someone, working_id = kept
    answer = running_federation.client("police").ask(asking.case(someone.subject())).answer
    assert answer.finding == query_pb2.FINDING_NO_RECORD, "the record is sealed, and stays so"
    assert working(running_federation, "甲").show(working_id, reason="封存后继续帮教").text == TEXT
    folder = running_federation.layout.server(node_installation("police"))
    stored = b"".join(path.read_bytes() for path in sorted(folder.glob("store.db*")))
    assert TEXT.encode() not in stored
    assert "封存后继续帮教".encode() not in stored


def test_r46_the_command_keeps_and_shows(running_federation: LocalFederation) -> None:
    def run(*arguments: str) -> str:
        at = ["--home", str(Path(running_federation.layout.home)), "--node", "police-1", "--officer", "戊"]
        result = CliRunner().invoke(main, ["node", "working", *arguments, *at])
        assert result.exit_code == 0, result.output
        return result.output.strip()

    number = Someone().number
    working_id = run("add", "--id-number", number, "--case", "1号", "--reason", "帮教", TEXT)
    assert TEXT in run("show", working_id, "--reason", "复核")
    assert working_id in run("find", "--id-number", number, "--reason", "复核")
