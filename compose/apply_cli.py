"""`hutong apply`: applications at the window of an agency, from submission to document."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from compose.options import home_option, json_option, officer_option
from federation.applications.client import ApplicationDesk, Done
from federation.errors import NotFound
from federation.v1 import application_pb2 as pb

F = TypeVar("F", bound=Callable[..., Any])
_KINDS = ["own", "public", "defence", "case", "sealed_provision"]
_RELATIONS = ["staff", "recruit", "licence_applicant"]


@click.group()
def apply() -> None:
    """Accept, review and handle query applications (R34); each step by a named officer."""


def at_window(command: F) -> F:
    """Add the options that every step has: where, who, and how to show it."""
    for option in (
        json_option,
        click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Save documents here."),
        officer_option,
        click.option("--as", "member", help="Agency [default: the node's own]."),
        click.option("--node", "node", required=True, help="Node of the agency, e.g. police-1."),
        home_option,
    ):
        command = option(command)
    return command


def decided(command: F) -> F:
    """Add the options of a step on an application that is there."""
    for option in (
        click.option("--version", type=int, help="Version decided on [default: the newest]."),
        click.argument("number"),
    ):
        command = option(command)
    return command


ground_option = click.option("--ground", "grounds", multiple=True, help='"RULE|WHAT IT SAYS HERE|REMEDY".')
note_option = click.option("--note", default="", help="Why, in words.")
head_option = click.option("--approved-by", default="", help="County-level head who approved it.")


@contextmanager
def _desk(home: Path, node: str, member: str | None, officer: str) -> Iterator[ApplicationDesk]:
    from compose.local.layout import NODES, Layout
    from federation.client import Client

    agency = member or next((a for a, n in NODES.items() if n == node), None)
    if agency is None:
        raise NotFound(f"no node {node!r}; there are {', '.join(NODES.values())}")
    with Client.open(Layout(home.resolve()).description, agency, officer=officer) as client:
        yield ApplicationDesk(client, node)


def _as_seen(desk: ApplicationDesk, number: str, version: int | None) -> pb.Application:
    """Return the application to decide on, as of `version` when one is given."""
    application = desk.show(number).application
    if version is not None:
        application.version = version
    return application


def _tell(done: Done, out: Path | None, as_json: bool) -> None:
    from rich.console import Console

    from compose import apply_showing

    saved = apply_showing.save(done, out) if out else []
    if as_json:
        click.echo(json.dumps(apply_showing.as_json(done), ensure_ascii=False))
        return
    apply_showing.show(done, Console())
    for path in saved:
        click.echo(f"saved {path}")


@apply.command()
@at_window
@click.option("--from", "source", type=click.Path(path_type=Path, exists=True), help="A Submission as JSON.")
@click.option("--supplement", "supplement_to", help="Hand in papers for this application.")
@click.option("--kind", type=click.Choice(_KINDS), help="On what footing one applies.")
@click.option("--applicant", help='Who applies: "CLASS:NAME", or a name.')
@click.option("--applicant-id", help="The applicant's own identity number [own: the person's].")
@click.option("--handled-by", default="", help="Who hands it in for a unit or organ (经办人).")
@click.option("--household", default="", help="Division of household registration, six digits.")
@click.option("--residence", default="", help="Division of residence.")
@click.option("--seat", default="", help="Division of a unit's seat.")
@click.option("--agent", default="", help="Agent of the person.")
@click.option("--agent-birth-date", default="", help="Birth date of the agent.")
@click.option("--id-number", help="Citizen identity number of the person asked about.")
@click.option("--name", default="", help="Name of the person asked about.")
@click.option("--birth-date", default="", help="Birth date, YYYY-MM-DD.")
@click.option("--reason", default="", help="What the result is for.")
@click.option("--basis", default="", help="Row of the statutory-basis catalogue.")
@click.option("--relation", type=click.Choice(_RELATIONS), help="What the person is to the unit.")
@click.option("--case-number", default="", help="Docket reference of the case.")
@click.option("--paper", "papers", multiple=True, help="KIND=FILE[,names=...][,case=...]; see --help-papers.")
@click.option("--help-papers", is_flag=True, is_eager=True, help="Name the kinds of papers.")
def submit(
    home: Path,
    node: str,
    member: str | None,
    officer: str,
    out: Path | None,
    as_json: bool,
    source: Path | None,
    papers: tuple[str, ...],
    help_papers: bool,
    **said: Any,
) -> None:
    """Take an application in, or papers that were missing; what stands in its way is named at once."""
    from compose import apply_forms

    if help_papers:
        click.echo("\n".join(apply_forms.choices(pb.PaperKind)))
        return
    submission = apply_forms.read_submission(source) if source else _submission(said)
    with _desk(home, node, member, officer) as desk:
        if said["supplement_to"]:
            standing = desk.show(said["supplement_to"]).application
            submission = pb.Submission(supplement_to=standing.number, expected_version=standing.version)
            submission.papers.extend(apply_forms.paper(each, standing.submission) for each in papers)
        else:
            submission.papers.extend(apply_forms.paper(each, submission) for each in papers)
        _tell(desk.submit(submission), out, as_json)


def _submission(said: dict[str, Any]) -> pb.Submission:
    from compose import apply_forms

    kind = said["kind"] or "own"
    made = pb.Submission(
        kind=apply_forms.number_of(pb.ApplicationKind, kind, "kind"),
        applicant=apply_forms.applicant(said["applicant"] or said["name"], kind),
        reason=said["reason"],
        basis=said["basis"],
        case_number=said["case_number"],
    )
    made.subject.name, made.subject.birth_date = said["name"], said["birth_date"]
    if said["id_number"]:
        made.subject.identifiers.append(apply_forms.citizen(said["id_number"]))
    own_number = said["applicant_id"] or (said["id_number"] if kind == "own" else None)
    if own_number:
        made.applicant.identifier.CopyFrom(apply_forms.citizen(own_number))
    made.applicant.household_division = said["household"]
    made.applicant.residence_division = said["residence"]
    made.applicant.seat_division = said["seat"]
    made.applicant.handled_by = said["handled_by"]
    if said["agent"]:
        made.agent.name, made.agent.birth_date = said["agent"], said["agent_birth_date"]
    if said["relation"]:
        made.relation = apply_forms.number_of(pb.Relation, said["relation"], "relation")
    return made


@apply.command()
@at_window
@decided
@click.option("--decision", type=click.Choice(["accept", "refuse", "want_papers"]), default="accept")
@ground_option
def accept(
    home: Path,
    node: str,
    member: str | None,
    officer: str,
    out: Path | None,
    as_json: bool,
    number: str,
    version: int | None,
    decision: str,
    grounds: tuple[str, ...],
) -> None:
    """受理: accept, refuse to accept, or want papers; without --ground, for the rules found at submission."""
    from compose import apply_forms

    with _desk(home, node, member, officer) as desk:
        done = desk.accept(_as_seen(desk, number, version), _step(decision), apply_forms.grounds(grounds))
        _tell(done, out, as_json)


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
    home: Path,
    node: str,
    member: str | None,
    officer: str,
    out: Path | None,
    as_json: bool,
    number: str,
    version: int | None,
    decision: str,
    grounds: tuple[str, ...],
    note: str,
    approved_by: str,
) -> None:
    """审核, or 复查 of an objection: approve, reject, stop and restart the clock, extend, uphold, correct."""
    from compose import apply_forms

    with _desk(home, node, member, officer) as desk:
        done = desk.review(
            _as_seen(desk, number, version),
            _step(decision),
            apply_forms.grounds(grounds),
            note=note,
            approved_by=approved_by,
        )
        _tell(done, out, as_json)


@apply.command()
@at_window
@decided
@click.option("--decision", type=click.Choice(["answer", "decline", "verify", "resume"]), default="answer")
@ground_option
@note_option
@head_option
def handle(
    home: Path,
    node: str,
    member: str | None,
    officer: str,
    out: Path | None,
    as_json: bool,
    number: str,
    version: int | None,
    decision: str,
    grounds: tuple[str, ...],
    note: str,
    approved_by: str,
) -> None:
    """处理: ask the gateway and issue the result, or the opinion on an objection; never by who reviewed it."""
    from compose import apply_forms

    with _desk(home, node, member, officer) as desk:
        application = _as_seen(desk, number, version)
        if decision == "answer":
            done = desk.answer(application)
        else:
            done = desk.handle(
                application,
                _step(decision),
                apply_forms.grounds(grounds),
                note=note,
                approved_by=approved_by,
            )
        _tell(done, out, as_json)


@apply.command("object")
@at_window
@decided
@click.option("--grounds", required=True, help="What is objected to and why.")
def object_(
    home: Path,
    node: str,
    member: str | None,
    officer: str,
    out: Path | None,
    as_json: bool,
    number: str,
    version: int | None,
    grounds: str,
) -> None:
    """异议: object to what was decided, once."""
    with _desk(home, node, member, officer) as desk:
        _tell(desk.object(_as_seen(desk, number, version), grounds), out, as_json)


@apply.command()
@at_window
@click.argument("number")
def show(
    home: Path, node: str, member: str | None, officer: str, out: Path | None, as_json: bool, number: str
) -> None:
    """Show an application with every step; results are handed out for a few working days only."""
    with _desk(home, node, member, officer) as desk:
        _tell(desk.show(number), out, as_json)


@apply.command("list")
@at_window
@click.option("--state", "states", multiple=True, help="Only in this state; may be given again.")
@click.option("--late", is_flag=True, help="Only those whose day is past.")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True)
def list_(
    home: Path,
    node: str,
    member: str | None,
    officer: str,
    out: Path | None,
    as_json: bool,
    states: tuple[str, ...],
    late: bool,
    limit: int,
) -> None:
    """List applications: number, state, due day; nobody's name."""
    from google.protobuf.json_format import MessageToDict
    from rich.console import Console

    from compose import apply_forms, apply_showing

    wanted = [apply_forms.number_of(pb.ApplicationState, state, "state") for state in states]
    with _desk(home, node, member, officer) as desk:
        lines = desk.list(wanted, late_only=late, limit=limit)
    if as_json:
        click.echo(json.dumps([MessageToDict(line, preserving_proto_field_name=True) for line in lines]))
    else:
        Console().print(apply_showing.lines_table(lines))


@apply.command()
@home_option
@click.option("--as", "member", required=True, help="Member that checks; any may.")
@officer_option
@json_option
@click.argument("number")
@click.argument("code")
def check(home: Path, member: str, officer: str, as_json: bool, number: str, code: str) -> None:
    """Ask the node that issued document NUMBER whether it stands under CODE; never what it says."""
    from google.protobuf.json_format import MessageToDict

    from federation.words import word

    node = number.rsplit("-", 3)[0]
    with _desk(home, node, member, officer) as desk:
        told = desk.check(number, code)
    if as_json:
        click.echo(json.dumps(MessageToDict(told, preserving_proto_field_name=True)))
        return
    standing = word(pb.DocumentStanding.DESCRIPTOR, told.standing).replace("_", " ")
    click.echo(f"{number}: {standing}" + (f" by {told.superseded_by}" if told.superseded_by else ""))
    if told.issued_on:
        click.echo(f"  issued {told.issued_on}, valid until {told.valid_until or 'no end'}")


def _step(decision: str) -> pb.ApplicationStep.ValueType:
    from compose import apply_forms

    step: pb.ApplicationStep.ValueType = apply_forms.number_of(pb.ApplicationStep, decision, "decision")
    return step
