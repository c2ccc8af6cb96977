"""`hutong apply submit`: submit an application about one person or a roster, or add missing papers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from certs.printing import echo, echo_block
from compose.apply import apply_forms
from compose.apply.apply_options import applications_at, at_window, tell
from compose.apply.roster_file import RosterFile, insist_good, read_roster, write_aside
from compose.shared.at import At
from compose.shared.exit_codes import ExitCode
from compose.shared.language import say
from compose.shared.options import DAY
from compose.shared.written import document_option, identity_document, identity_documents
from federation.v1 import application_pb2 as pb
from federation.v1 import record_pb2

_KINDS = ["own", "public", "defence", "case", "sealed_provision"]
_RELATIONS = ["staff", "recruit", "licence_applicant", "notarisation"]
_ROSTER = (
    "Many persons at once: a CSV of name (姓名), id_number (公民身份号码) and, if known, birth_date (出生日期) and "
    "id_type (证件种类)."
)


def _help_papers(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    """Name the kinds of papers, whatever other options are missing."""
    if wanted:
        echo_block("\n".join(apply_forms.choices(pb.PaperKind)))
        context.exit()


@click.command()
@at_window
@click.option("--from", "source", type=click.Path(path_type=Path, exists=True), help="A Submission as JSON.")
@click.option("--supplement", "supplement_to", help="Hand in papers for this application.")
@click.option("--kind", type=click.Choice(_KINDS), help="On what footing one applies.")
@click.option("--applicant", help='Who applies: "CLASS:NAME", or a name.')
@click.option(
    "--applicant-id", help="The applicant's own identity number, or TYPE=NUMBER [own: the person's]."
)
@click.option("--handled-by", default="", help="Who hands it in for a unit or organ (经办人).")
@click.option("--household", default="", help="Division of household registration, six digits.")
@click.option("--residence", default="", help="Division of residence.")
@click.option("--seat", default="", help="Division of a unit's seat.")
@click.option(
    "--nationality", default="", help="Own: whose citizen one is, e.g. 加拿大; needed with a passport."
)
@click.option(
    "--stay",
    "stays",
    multiple=True,
    help="Own, with --nationality: a stay in China, FIRST..LAST day; again for each.",
)
@click.option(
    "--violations", is_flag=True, help="Own: a certificate of no violations, where the charter admits it."
)
@click.option("--agent", default="", help="Agent of the person.")
@click.option("--agent-birth-date", type=DAY, default="", help="Birth date of the agent.")
@click.option("--id-number", help="Citizen identity number of the person asked about.")
@document_option
@click.option("--name", default="", help="Name of the person asked about.")
@click.option("--birth-date", type=DAY, default="", help="Birth date, YYYY-MM-DD.")
@click.option("--reason", default="", help="What the result is for.")
@click.option("--basis", default="", help="Row of the statutory-basis catalogue.")
@click.option("--relation", type=click.Choice(_RELATIONS), help="What the person is to the unit.")
@click.option("--case-number", default="", help="Docket reference of the case.")
@click.option("--paper", "papers", multiple=True, help="KIND=FILE[,names=...][,case=...]; see --help-papers.")
@click.option("--roster", type=click.Path(path_type=Path, exists=True, dir_okay=False), help=_ROSTER)
@click.option(
    "--needed-by", type=DAY, default="", help="Roster: the day by which results are needed, YYYY-MM-DD."
)
@click.option("--letter-each", is_flag=True, help="Roster: a letter for each person, not one that lists all.")
@click.option(
    "--set-aside",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Roster: write bad rows here with their reasons, and hand in the others.",
)
@click.option(
    "--help-papers",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_help_papers,
    help="Name the kinds of papers.",
)
def submit(
    at: At,
    /,
    source: Path | None,
    roster: Path | None,
    needed_by: str,
    letter_each: bool,
    set_aside: Path | None,
    papers: tuple[str, ...],
    **fields: Any,
) -> None:
    """Take an application in, or papers that were missing; what stands in its way is named at once."""
    submission = apply_forms.read_submission(source) if source else _submission(fields)
    if roster:
        submission.ClearField("subject")
        read = _roster(roster, set_aside)
        submission.roster.persons.extend(read.persons)
        submission.roster.needed_by, submission.roster.letter_each = needed_by, letter_each
    with applications_at(at) as applications:
        if fields["supplement_to"]:
            earlier = applications.show(fields["supplement_to"]).application
            submission = pb.Submission(supplement_to=earlier.number, expected_version=earlier.version)
            submission.papers.extend(apply_forms.paper(each, earlier.submission) for each in papers)
        else:
            submission.papers.extend(apply_forms.paper(each, submission) for each in papers)
        tell(applications.submit(submission), at)
    if roster and read.bad:
        raise SystemExit(ExitCode.ROWS_LEFT)


def _submission(fields: dict[str, Any]) -> pb.Submission:
    """Return the submission that the options describe."""
    kind = fields["kind"] or "own"
    made = pb.Submission(
        kind=apply_forms.number_of(pb.ApplicationKind, kind, "kind"),
        applicant=apply_forms.applicant(fields["applicant"] or fields["name"], kind),
        reason=fields["reason"],
        basis=fields["basis"],
        case_number=fields["case_number"],
    )
    made.subject.name, made.subject.birth_date = fields["name"], fields["birth_date"]
    made.subject.identifiers.extend(identity_documents(fields["id_number"], fields["documents"]))
    own_number = fields["applicant_id"]
    if own_number and "=" in own_number:
        made.applicant.identifier.CopyFrom(identity_document(own_number))
    elif own_number:
        made.applicant.identifier.CopyFrom(apply_forms.citizen(own_number))
    elif kind == "own" and made.subject.identifiers:
        made.applicant.identifier.CopyFrom(made.subject.identifiers[0])
    made.applicant.household_division = fields["household"]
    made.applicant.residence_division = fields["residence"]
    made.applicant.seat_division = fields["seat"]
    made.applicant.handled_by = fields["handled_by"]
    if fields["violations"]:
        made.record_class = record_pb2.RECORD_CLASS_PUBLIC_ORDER
    made.applicant.nationality = fields["nationality"]
    made.applicant.stays.extend(map(apply_forms.stay, fields["stays"]))
    if fields["agent"]:
        made.agent.name, made.agent.birth_date = fields["agent"], fields["agent_birth_date"]
    if fields["relation"]:
        made.relation = apply_forms.number_of(pb.Relation, fields["relation"], "relation")
    return made


def _roster(roster: Path, set_aside: Path | None) -> RosterFile:
    """Return the rows of a roster; bad rows, with their reasons, go to a file of their own or stop the command."""
    read = read_roster(roster)
    if set_aside and read.bad:
        write_aside(read, set_aside)
        echo(say("apply.set_aside", rows=len(read.bad_lines), path=set_aside), err=True)
    else:
        insist_good(read)
    return read
