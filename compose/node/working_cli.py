"""`hutong node working`: working records (工作记录) for the own organ's case-handlers, a reason each time (R46)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from certs.printing import echo, echo_json
from compose.shared.options import BIRTH, home_option, json_option, officer_option

if TYPE_CHECKING:
    from federation.client.working import WorkingDesk
    from federation.v1 import working_pb2

F = TypeVar("F", bound=Callable[..., Any])


@click.group()
def working() -> None:
    """Keep and see working records: apart from the register, for their case-handlers only."""


def _at_node(command: F) -> F:
    node_option = click.option("--node", "name", required=True, help="Node of the agency, e.g. police-1.")
    reason = click.option("--reason", required=True, help="Why; it is kept with the access.")
    for option in (json_option, reason, officer_option, node_option, home_option):
        command = option(command)
    return command


@working.command()
@_at_node
@click.option("--name", "person", default="", help="Name of the person.")
@click.option("--id-number", default="", help="Identity number of the person.")
@click.option("--birth-date", type=BIRTH, default="", help="Birth date of the person.")
@click.option("--case", "case", required=True, help="The case for whose handling it is kept.")
@click.option("--handler", "handlers", multiple=True, help="A further officer who handles the case.")
@click.argument("text")
def add(
    home: Path,
    name: str,
    officer: str,
    reason: str,
    as_json: bool,
    person: str,
    id_number: str,
    birth_date: str,
    case: str,
    handlers: Sequence[str],
    text: str,
) -> None:
    """Keep TEXT as a working record about a person."""
    from federation.v1 import record_pb2, working_pb2

    note = working_pb2.WorkingNote(case_reference=case, text=text, handlers=handlers, reason=reason)
    note.person.birth_date = birth_date
    if person:
        note.person.names.add(kind=record_pb2.NAME_KIND_REGISTERED, text=person)
    if id_number:
        note.person.identifiers.add(
            type=record_pb2.IDENTIFIER_TYPE_CITIZEN_ID,
            number=id_number,
            verification=record_pb2.VERIFICATION_DECLARED,
        )
    with _desk(home, name, officer) as desk:
        receipt = desk.add(note)
    _receipt(receipt, as_json)


@working.command()
@_at_node
@click.argument("working_id")
def show(home: Path, name: str, officer: str, reason: str, as_json: bool, working_id: str) -> None:
    """Show a working record that you handle, and everybody who saw it."""
    with _desk(home, name, officer) as desk:
        _tell([desk.show(working_id, reason=reason)], as_json)


@working.command()
@_at_node
@click.option("--id-number", required=True, help="Identity number of the person.")
def find(home: Path, name: str, officer: str, reason: str, as_json: bool, id_number: str) -> None:
    """List the working records about a person that you handle."""
    from federation.v1 import record_pb2

    number = record_pb2.Identifier(
        type=record_pb2.IDENTIFIER_TYPE_CITIZEN_ID,
        number=id_number,
        verification=record_pb2.VERIFICATION_DECLARED,
    )
    with _desk(home, name, officer) as desk:
        _tell(desk.find(number, reason=reason), as_json)


@working.command()
@_at_node
@click.argument("working_id")
@click.argument("handler")
def assign(
    home: Path, name: str, officer: str, reason: str, as_json: bool, working_id: str, handler: str
) -> None:
    """Let HANDLER handle a working record too."""
    with _desk(home, name, officer) as desk:
        receipt = desk.assign(working_id, handler, reason=reason)
    _receipt(receipt, as_json)


@contextmanager
def _desk(home: Path, name: str, officer: str) -> Iterator[WorkingDesk]:
    from compose.shared.clients import of_node
    from federation.client.working import WorkingDesk

    with of_node(home, name, officer) as client:
        yield WorkingDesk(client, name)


def _receipt(receipt: working_pb2.WorkingReceipt, as_json: bool) -> None:
    from compose.shared.showing import message_json

    echo_json(message_json(receipt)) if as_json else echo(receipt.working_id)


def _tell(records: Sequence[working_pb2.WorkingRecord], as_json: bool) -> None:
    from compose.shared.printing import Console, Table, lines, marked
    from compose.shared.showing import message_json
    from federation.v1 import working_pb2
    from federation.values.words import word

    if as_json:
        echo_json([message_json(record) for record in records])
        return
    console = Console()
    if not records:
        console.print("no working record that you handle")
    for record in records:
        console.print(marked("[bold]{}[/]  {}", record.working_id, record.case_reference), highlight=False)
        console.print(lines(record.text.split("\n")), highlight=False)
        table = Table("when", "who", "what", "why")
        for access in record.accesses:
            act = word(working_pb2.WorkingAct.DESCRIPTOR, access.act)
            table.add_row(access.at, access.officer, act, access.reason)
        console.print(table)
