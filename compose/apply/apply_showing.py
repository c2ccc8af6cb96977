"""Applications and documents as a window shows them: aligned tables, and the text of each document."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from google.protobuf.json_format import MessageToDict

from certs.printing import write_text
from compose.shared.printing import Console, Panel, Table, lines, listing, marked, styled, write_json
from federation.client.applications import VerifiedStep
from federation.documents.document import TITLES
from federation.documents.file import render
from federation.documents.printable import html_of
from federation.documents.rendering import text_of
from federation.v1 import application_pb2 as pb
from federation.v1 import document_pb2
from federation.values.clock import BEIJING, parse_stamp
from federation.values.enum_names import enum_name

STATES = {
    pb.APPLICATION_STATE_SUBMITTED: "待受理",
    pb.APPLICATION_STATE_PAPERS_WANTED: "待补正",
    pb.APPLICATION_STATE_NOT_ACCEPTED: "不予受理",
    pb.APPLICATION_STATE_ACCEPTED: "已受理，待审核",
    pb.APPLICATION_STATE_APPROVED: "已审核，待处理",
    pb.APPLICATION_STATE_REJECTED: "不许可",
    pb.APPLICATION_STATE_ANSWERED: "已答复",
    pb.APPLICATION_STATE_OBJECTED: "异议，待复查",
    pb.APPLICATION_STATE_REEXAMINED: "已复查，待出具意见",
    pb.APPLICATION_STATE_CLOSED: "办结",
}
_ASKED_LATER = frozenset({pb.APPLICATION_STATE_ACCEPTED, pb.APPLICATION_STATE_APPROVED})
STEPS = {
    pb.APPLICATION_STEP_SUBMIT: "提交",
    pb.APPLICATION_STEP_SUPPLEMENT: "补正",
    pb.APPLICATION_STEP_ACCEPT: "受理",
    pb.APPLICATION_STEP_REFUSE: "不予受理",
    pb.APPLICATION_STEP_WANT_PAPERS: "要求补正",
    pb.APPLICATION_STEP_APPROVE: "审核同意",
    pb.APPLICATION_STEP_REJECT: "审核不许可",
    pb.APPLICATION_STEP_VERIFY: "核查开始（停止计时）",
    pb.APPLICATION_STEP_RESUME: "核查结束（恢复计时）",
    pb.APPLICATION_STEP_ANSWER: "处理答复",
    pb.APPLICATION_STEP_DECLINE: "处理不许可",
    pb.APPLICATION_STEP_OBJECT: "提出异议",
    pb.APPLICATION_STEP_EXTEND: "延长复查",
    pb.APPLICATION_STEP_UPHOLD: "复查维持",
    pb.APPLICATION_STEP_CORRECT: "复查纠正",
    pb.APPLICATION_STEP_CONCLUDE: "出具复查意见",
}


def application_table(application: pb.Application) -> Table:
    """Return the steps of an application with officer, time and decision."""
    submission = application.submission
    kind = enum_name(pb.ApplicationKind.DESCRIPTOR, submission.kind)
    due = f"，{application.due_on} 前办理" if application.due_on else ""
    if application.release_on and application.state in _ASKED_LATER:
        due += f"，{application.release_on} 起查询"
    stopped = f"，核查中（剩 {application.days_left} 个工作日）" if application.verifying else ""
    title = f"{application.number}  {kind}  {STATES.get(application.state, '')}{due}{stopped}"
    table = listing(title, "version", "step", "officer", "time", "why", "documents")
    for event in application.events:
        why = [event.note, *(f"{g.says}（{g.rule}）" for g in event.grounds)]
        if event.approved_by:
            why.append(f"批准：{event.approved_by}")
        if event.late:
            why.append("逾期")
        table.add_row(
            str(event.version),
            STEPS.get(event.step, ""),
            event.officer,
            _moment(event.at),
            lines(filter(None, why)),
            lines(header(d) for d in event.documents),
        )
    return table


def _moment(stamped: str) -> str:
    """Return a stamp in Beijing time, as due days are counted; text from a node that is no stamp stays unchanged."""
    try:
        parse_stamp(stamped)
    except ValueError:
        return stamped
    return f"{parse_stamp(stamped).astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"


def header(document: document_pb2.DocumentHeader) -> str:
    """Return one line about a document from its header, which stays when the content is gone."""
    title = "查询结果文书" if document.result else TITLES.get(document.kind, "")
    later = f"（已由 {document.superseded_by} 取代）" if document.superseded_by else ""
    return f"{document.number.rpartition('-')[2]} {title}{later}"


def lines_table(lines: Sequence[pb.ApplicationLine]) -> Table:
    """Return a list of applications."""
    table = Table()
    for heading in ("number", "version", "kind", "state", "submitted", "due"):
        table.add_column(heading, overflow="fold", no_wrap=heading in {"number", "submitted", "due"})
    for line in lines:
        late = "{}[red]（逾期）[/]" if line.late else "{}"
        table.add_row(
            line.number,
            str(line.version),
            enum_name(pb.ApplicationKind.DESCRIPTOR, line.kind),
            STATES.get(line.state, "") + ("，核查中" if line.verifying else ""),
            line.submitted_on,
            marked(late, line.due_on),
        )
    return table


def show(done: VerifiedStep, console: Console) -> None:
    """Print an application, the obstacles to it, and its documents."""
    console.print(application_table(done.application))
    waiting = (pb.APPLICATION_STATE_SUBMITTED, pb.APPLICATION_STATE_PAPERS_WANTED)
    if done.application.state in waiting:
        for ground in done.application.obstacles:
            console.print(styled(f"! {ground.says}（{ground.rule}）", "yellow"), highlight=False)
            console.print(styled(f"  {ground.remedy}", "dim"), highlight=False)
    for document in done.documents:
        console.print(Panel(text_of(document).rstrip(), expand=False))


def save(done: VerifiedStep, folder: Path) -> list[Path]:
    """Write each document twice, as a file that `hutong verify` checks and as a page to print; return the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for envelope, document in zip(done.envelopes, done.documents, strict=True):
        path = folder / f"{document.number}.json"
        write_json(path, render(envelope), indent=2)
        page = path.with_suffix(".html")
        write_text(page, html_of(document))
        paths += [path, page]
    return paths


def as_json(done: VerifiedStep) -> dict[str, Any]:
    """Return an application and its documents as programs read them."""
    return {
        "application": MessageToDict(done.application, preserving_proto_field_name=True),
        "documents": [render(envelope) for envelope in done.envelopes],
    }
