"""Applications and documents as a window shows them: aligned tables, and the text of each document."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from google.protobuf.json_format import MessageToDict

from certs.printing import write_text
from compose.shared.language import known, say
from compose.shared.moments import beijing
from compose.shared.printing import Console, Panel, Table, lines, listing, styled, write_json
from federation.client.applications import VerifiedStep
from federation.documents.document import TITLES
from federation.documents.file import render
from federation.documents.printable import html_of
from federation.documents.rendering import text_of
from federation.v1 import application_pb2 as pb
from federation.v1 import document_pb2
from federation.values.enum_names import enum_name

_ASKED_LATER = frozenset({pb.APPLICATION_STATE_ACCEPTED, pb.APPLICATION_STATE_APPROVED})


def state_name(state: pb.ApplicationState.ValueType) -> str:
    """Return where an application stands, in the language of this run; "" for a state that is not known here."""
    return known(f"state.{enum_name(pb.ApplicationState.DESCRIPTOR, state)}", "")


def application_table(application: pb.Application) -> Table:
    """Return the steps of an application with officer, time and decision."""
    submission = application.submission
    kind = enum_name(pb.ApplicationKind.DESCRIPTOR, submission.kind)
    parts = [f"{application.number}  {kind}  {state_name(application.state)}"]
    if application.due_on:
        parts.append(say("apply.due", on=application.due_on))
    if application.release_on and application.state in _ASKED_LATER:
        parts.append(say("apply.released", on=application.release_on))
    if application.verifying:
        parts.append(say("apply.verifying_left", days=application.days_left))
    headings = [say(f"apply.{key}") for key in ("version", "step", "officer", "time", "why", "documents")]
    table = listing(say("apply.comma").join(parts), *headings)
    for event in application.events:
        why = [event.note, *(f"{g.says}（{g.rule}）" for g in event.grounds)]
        if event.approved_by:
            why.append(say("apply.approved_by", officer=event.approved_by))
        if event.late:
            why.append(say("apply.late"))
        table.add_row(
            str(event.version),
            known(f"step.{enum_name(pb.ApplicationStep.DESCRIPTOR, event.step)}", ""),
            event.officer,
            beijing(event.at),
            lines(filter(None, why)),
            lines(header(d) for d in event.documents),
        )
    return table


def header(document: document_pb2.DocumentHeader) -> str:
    """Return one line about a document from its header, which stays when the content is gone."""
    title = say("apply.result") if document.result else TITLES.get(document.kind, "")
    later = say("apply.superseded", number=document.superseded_by) if document.superseded_by else ""
    return f"{document.number.rpartition('-')[2]} {title}{later}"


def lines_table(lines: Sequence[pb.ApplicationLine]) -> Table:
    """Return a list of applications."""
    table = Table()
    for key in ("number", "version", "kind", "state", "submitted", "due_on"):
        table.add_column(say(f"apply.{key}"), no_wrap=key in {"number", "submitted", "due_on"})
    for line in lines:
        due = say("apply.due_late", on=line.due_on) if line.late else line.due_on
        table.add_row(
            line.number,
            str(line.version),
            enum_name(pb.ApplicationKind.DESCRIPTOR, line.kind),
            state_name(line.state) + (say("apply.verifying") if line.verifying else ""),
            line.submitted_on,
            styled(due, "red" if line.late else ""),
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
