"""`hutong node working`: working records (工作记录) for the agency's own case-handlers, a reason each time (R46)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click

from compose.shared.at import At, at
from compose.shared.moments import beijing
from compose.shared.options import BIRTH
from compose.shared.persons import name_person
from compose.shared.printing import Console, Table, lines, marked
from federation.client.working import WorkingRecords
from federation.v1 import record_pb2, working_pb2
from federation.values.enum_names import enum_name

_at = at(node="Node of the agency, e.g. police-1.")
_reason = click.option("--reason", required=True, help="Why; it is kept with the access.")


@click.group()
def working() -> None:
    """Keep and see working records: apart from the register, for their case-handlers only."""


@working.command()
@_at
@_reason
@click.option("--name", "person", default="", help="Name of the person.")
@click.option("--id-number", default="", help="Identity number of the person.")
@click.option("--birth-date", type=BIRTH, default="", help="Birth date of the person.")
@click.option("--case", "case", required=True, help="The case for whose handling it is kept.")
@click.option("--handler", "handlers", multiple=True, help="A further officer who handles the case.")
@click.argument("text")
def add(
    at: At,
    reason: str,
    person: str,
    id_number: str,
    birth_date: str,
    case: str,
    handlers: Sequence[str],
    text: str,
) -> None:
    """Keep TEXT as a working record about a person."""
    note = working_pb2.WorkingNote(case_reference=case, text=text, handlers=handlers, reason=reason)
    note.person.birth_date = birth_date
    name_person(note.person, name=person, id_number=id_number)
    with _working_records(at) as records:
        receipt = records.add(note)
    at.present(receipt, table=lambda it: it.working_id)


@working.command()
@_at
@_reason
@click.argument("working_id")
def show(at: At, reason: str, working_id: str) -> None:
    """Show a working record that you handle, and everybody who saw it."""
    with _working_records(at) as records:
        at.present([records.show(working_id, reason=reason)], table=_show)


@working.command()
@_at
@_reason
@click.option("--id-number", required=True, help="Identity number of the person.")
def find(at: At, reason: str, id_number: str) -> None:
    """List the working records about a person that you handle."""
    number = record_pb2.Identifier(
        type=record_pb2.IDENTIFIER_TYPE_CITIZEN_ID,
        number=id_number,
        verification=record_pb2.VERIFICATION_DECLARED,
    )
    with _working_records(at) as records:
        at.present(records.find(number, reason=reason), table=_show)


@working.command()
@_at
@_reason
@click.argument("working_id")
@click.argument("handler")
def assign(at: At, reason: str, working_id: str, handler: str) -> None:
    """Let HANDLER handle a working record too."""
    with _working_records(at) as records:
        receipt = records.assign(working_id, handler, reason=reason)
    at.present(receipt, table=lambda it: it.working_id)


@contextmanager
def _working_records(at: At) -> Iterator[WorkingRecords]:
    with at.client() as client:
        yield client.working(at.node)


def _show(records: Sequence[working_pb2.WorkingRecord]) -> None:
    console = Console()
    if not records:
        console.print("no working record that you handle")
    for record in records:
        console.print(marked("[bold]{}[/]  {}", record.working_id, record.case_reference), highlight=False)
        console.print(lines(record.text.split("\n")), highlight=False)
        table = Table("when", "who", "what", "why")
        for access in record.accesses:
            act = enum_name(working_pb2.WorkingAct.DESCRIPTOR, access.act)
            table.add_row(f"{beijing(access.at)} (Beijing)", access.officer, act, access.reason)
        console.print(table)
