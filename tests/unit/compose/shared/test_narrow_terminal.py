"""On a terminal of eighty columns an officer reads what the next command wants, and copies it whole."""

from __future__ import annotations

import re

import pytest
from rich.cells import cell_len

from compose.apply.apply_showing import lines_table
from compose.ask.asked import asked_table
from compose.correct.corrections_shown import recalls_table
from compose.evidence.verify_cli import show
from compose.node.candidates_cli import _distinctions
from compose.node.records_shown import worklist_table
from compose.notices.documents_shown import attached_table
from compose.shared.presenting import present
from compose.shared.printing import Console, listing
from compose.shared.showing import answer_tables, meaning
from federation.evidence.report import Check, Result, VerifiedAnswer
from federation.v1 import (
    application_pb2,
    identity_pb2,
    query_pb2,
    recall_pb2,
    record_pb2,
    sealing_pb2,
    stored_document_pb2,
)

ID, OTHER = "41fcbb052435b83d534279070fdd1ac4", "bd9c7bb90a145c5d7d35ff05a9e59483"
NUMBER = "990101199001010019"


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def test_the_documents_of_a_record_are_listed_with_whole_digests(capsys: pytest.CaptureFixture[str]) -> None:
    kept = stored_document_pb2.AttachedDocument(arrived_at="2026-11-29T23:47:48.539541Z")
    kept.content.sha256, kept.content.size, kept.content.media_type = bytes(32), 1028, "application/pdf"
    present([kept], as_json=False, table=attached_table)
    digest, line = capsys.readouterr().out.splitlines()
    assert digest == "00" * 32
    assert line == "  application/pdf, 1,028 bytes, here since 2026-11-30 07:47:48 (Beijing)"
    present([], as_json=False, table=attached_table)
    assert capsys.readouterr().out == "No document is kept with this record.\n"


def test_a_decision_that_a_record_is_not_a_persons_is_shown_with_whole_ids(
    capsys: pytest.CaptureFixture[str],
) -> None:
    event = identity_pb2.DistinctionEvent(version=1, officer="王警官", at="2026-11-29T23:55:37.287462Z")
    event.record.record_id, event.reason, event.subject.name = OTHER, "指纹不同", "张三"
    event.subject.identifiers.add(number=NUMBER)
    made = identity_pb2.PersonDistinction(distinction_id=ID, version=1, stands=True, events=[event])
    present([made], as_json=False, table=_distinctions)
    shown = capsys.readouterr().out
    for whole in (ID, OTHER, NUMBER, "王警官", "2026-11-30", "指纹不同", "stands"):
        assert whole in shown


def test_the_work_list_is_read_in_whole_words(capsys: pytest.CaptureFixture[str]) -> None:
    task = sealing_pb2.SealingTask(
        record_id=ID, version=1, due_on="2026-12-03", awaited_on="2026-11-30", rule="S1-AGE-CONDUCT-UNKNOWN"
    )
    task.reason, task.decides = "the dates of conduct do not settle it", "this agency: decide on the age"
    worklist_table([task])
    shown = capsys.readouterr().out
    for whole in (ID, "decide by 2026-12-03", "answer due 2026-11-30", "[S1-AGE-CONDUCT-UNKNOWN]"):
        assert whole in shown
    assert len(shown.splitlines()) < 12


def test_lists_show_whole_days_and_no_digest_of_an_application(capsys: pytest.CaptureFixture[str]) -> None:
    line = application_pb2.ApplicationLine(
        number="police-1-2026-000001", version=5, submitted_on="2026-11-30", due_on="2026-12-21"
    )
    line.kind = application_pb2.APPLICATION_KIND_OWN
    Console().print(lines_table([line]))
    assert "2026-12-21" in capsys.readouterr().out
    recall = recall_pb2.Recall(recall_id=ID, mandate=f"police-1-2026-000001@{'2b' * 32}", due_on="2026-12-07")
    recalls_table([recall])
    shown = capsys.readouterr().out
    assert "2b2b" not in shown
    assert len(shown.splitlines()) < 12


@pytest.mark.parametrize("columns", ["0", "1", "5", "20"])
def test_a_terminal_that_says_it_has_no_room_still_gets_every_value(
    columns: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A pseudo-terminal that nobody has sized says 0: the answer is written, and the terminal breaks the lines."""
    monkeypatch.setenv("COLUMNS", columns)
    table = listing("核对", "a", "b")
    table.add_row("张三", "RECORD")
    Console().print(table)
    Console().print("有犯罪记录")
    shown = capsys.readouterr().out
    for whole in ("核对", "张三", "RECORD", "有犯罪记录"):
        assert whole in shown


@pytest.mark.parametrize(("width", "lang"), [(60, "C.UTF-8"), (60, "zh_CN.UTF-8"), (80, "zh_CN.UTF-8")])
def test_an_answer_and_its_checks_lose_nothing_at_sixty_columns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], width: int, lang: str
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("LC_ALL", lang)
    answer = query_pb2.Answer(
        answer_id=ID,
        answered_at="2026-11-29T23:47:48.539541Z",
        finding=query_pb2.FINDING_UNDECIDED,
        completeness=query_pb2.COMPLETENESS_PARTIAL,
    )
    answer.outcomes.add(
        node="state-security-1", agency="state_security", outcome=query_pb2.OUTCOME_UNREACHABLE, reason=ID
    )
    query = query_pb2.Query(basis="COMP-24", case_number="(2026)京0105刑初1号")
    query.subject.name = "张三"
    query.subject.identifiers.add(type=record_pb2.IDENTIFIER_TYPE_CITIZEN_ID, number=NUMBER)
    Console().print(asked_table(query, answer, officer="王警官", member="police"))
    answer_tables(answer)
    says = f"signed by interconnect/gateway/gateway-1 with key {OTHER}"
    show(VerifiedAnswer(answer, (Check("signature", Result.OK, says),)))
    shown = capsys.readouterr().out
    for whole in (ID, NUMBER, "张三", "COMP-24", "(2026)京0105刑初1号", "王警官", "2026-11-30 07:47:48"):
        assert whole in shown
    assert "…" not in shown
    assert all(cell_len(line) <= width for line in shown.splitlines())
    checks = "".join(line.split("│")[3].strip() for line in shown.splitlines() if line.count("│") == 4)
    assert says.replace(" ", "") in checks.replace(" ", "")
    for sentence in meaning(answer):
        assert re.sub(r"\s", "", sentence) in re.sub(r"\s", "", shown)
