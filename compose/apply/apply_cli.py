"""`hutong apply`: applications at the window of an agency, from submission to document."""

from __future__ import annotations

from dataclasses import replace

import click

from certs.printing import echo_block, write_text
from compose.apply import apply_bars, apply_forms, apply_showing
from compose.apply.apply_options import (
    applications_at,
    as_seen,
    at_window,
    decided,
    ground_option,
    head_option,
    note_option,
    step_of,
    tell,
)
from compose.apply.apply_submit import submit
from compose.shared.at import At, at
from federation.v1 import application_pb2 as pb
from federation.values.enum_names import enum_name


@click.group()
def apply() -> None:
    """Accept, review and handle query applications (R34); each step by a named officer."""


apply.add_command(submit)


@apply.command()
@at_window
@decided
@click.option("--decision", type=click.Choice(["accept", "refuse", "want_papers"]), default="accept")
@ground_option
def accept(
    at: At,
    number: str,
    version: int | None,
    decision: str,
    grounds: tuple[str, ...],
) -> None:
    """受理: accept, refuse to accept, or want papers; without --ground, for the rules found at submission."""
    with applications_at(at) as applications:
        done = applications.accept(
            as_seen(applications, number, version), step_of(decision), apply_forms.grounds(grounds)
        )
        tell(done, at)


@apply.command()
@at_window
@decided
@click.option(
    "--decision",
    type=click.Choice(["approve", "reject", "verify", "resume", "extend", "uphold", "correct"]),
    default="approve",
)
@ground_option
@note_option
@head_option
def review(
    at: At,
    number: str,
    version: int | None,
    decision: str,
    grounds: tuple[str, ...],
    note: str,
    approved_by: str,
) -> None:
    """审核, or 复查 of an objection: approve, reject, stop and restart the clock, extend, uphold, correct."""
    with applications_at(at) as applications:
        done = applications.review(
            as_seen(applications, number, version),
            step_of(decision),
            apply_forms.grounds(grounds),
            note=note,
            approved_by=approved_by,
        )
        tell(done, at)


@apply.command()
@at_window
@decided
@click.option("--decision", type=click.Choice(["answer", "decline", "verify", "resume"]), default="answer")
@ground_option
@note_option
@head_option
def handle(
    at: At,
    number: str,
    version: int | None,
    decision: str,
    grounds: tuple[str, ...],
    note: str,
    approved_by: str,
) -> None:
    """处理: ask the gateway and issue the result, or the opinion on an objection; never by who reviewed it."""
    with applications_at(at) as applications:
        application = as_seen(applications, number, version)
        if decision == "answer":
            done = applications.answer(application)
        else:
            done = applications.handle(
                application,
                step_of(decision),
                apply_forms.grounds(grounds),
                note=note,
                approved_by=approved_by,
            )
        tell(done, at)


@apply.command("object")
@at_window
@decided
@click.option("--grounds", required=True, help="What is objected to and why.")
def object_(
    at: At,
    number: str,
    version: int | None,
    grounds: str,
) -> None:
    """异议: object to what was decided, once."""
    with applications_at(at) as applications:
        tell(applications.object(as_seen(applications, number, version), grounds), at)


@apply.command()
@at_window
@click.argument("number")
def show(at: At, number: str) -> None:
    """Show an application with every step; results are handed out for a few working days only."""
    with applications_at(at) as applications:
        tell(applications.show(number), at)


@apply.command("list")
@at_window
@click.option("--state", "states", multiple=True, help="Only in this state; may be given again.")
@click.option("--late", is_flag=True, help="Only those whose day is past.")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True)
def list_(
    at: At,
    states: tuple[str, ...],
    late: bool,
    limit: int,
) -> None:
    """List applications: number, state, due day; nobody's name."""
    wanted = [apply_forms.number_of(pb.ApplicationState, state, "state") for state in states]
    with applications_at(at) as applications:
        lines = applications.list(wanted, late_only=late, limit=limit)
    at.present(lines, table=apply_showing.lines_table)


@apply.command()
@at_window
@click.argument("number")
def bars(at: At, number: str) -> None:
    """For the person of an own application that was approved: when does each bar end? In plain Chinese."""
    with applications_at(at) as applications:
        answer = apply_bars.ask(applications, number)
    text = answer.text()
    if at.out:
        at.out.mkdir(parents=True, exist_ok=True)
        write_text(at.out / f"{number}-bars.txt", text)
    at.present(answer, document=lambda it: it.as_json(), table=lambda _: echo_block(text, end=""))


@apply.command()
@at(member="Member that checks; any may.")
@click.argument("number")
@click.argument("code")
def check(at: At, number: str, code: str) -> None:
    """Ask the node that issued document NUMBER whether it stands under CODE; never what it says."""
    with applications_at(replace(at, node=number.rsplit("-", 3)[0])) as applications:
        answer = applications.check(number, code)
    at.present(answer, table=lambda it: _status_lines(number, it))


def _status_lines(number: str, answer: pb.VerifyDocumentResponse) -> list[str]:
    """Return in sentences whether a document is still valid."""
    status = enum_name(pb.DocumentStanding.DESCRIPTOR, answer.standing).replace("_", " ")
    lines = [f"{number}: {status}" + (f" by {answer.superseded_by}" if answer.superseded_by else "")]
    if answer.issued_on:
        lines.append(f"  issued {answer.issued_on}, valid until {answer.valid_until or 'no end'}")
    return lines
