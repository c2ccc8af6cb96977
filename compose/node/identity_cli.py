"""`hutong identity`: a stolen identity is split off (冒名), two registrations of one person are merged, with undo."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from certs.printing import echo, echo_json
from compose.shared.options import home_option, json_option, officer_option
from federation.errors import InvalidRequest

if TYPE_CHECKING:
    from federation.client.identities import IdentityDesk
    from federation.v1 import identity_pb2, record_pb2

F = TypeVar("F", bound=Callable[..., Any])
_RESTS_ON = '"NUMBER|ISSUER" of the document on which this rests.'


@click.group()
def identity() -> None:
    """Say whose records they are, at a node of one's own agency."""


def at_node(command: F) -> F:
    """Add the options that every act has."""
    node_option = click.option("--node", "name", required=True, help="Node of the agency, e.g. police-1.")
    for option in (json_option, officer_option, node_option, home_option):
        command = option(command)
    return command


reason_option = click.option("--reason", required=True, help="Why, in words.")
instrument_option = click.option("--instrument", required=True, help=_RESTS_ON)


@identity.command()
@at_node
@click.argument("record_id")
@click.option("--version", type=int, required=True, help="Version of the record that was decided on.")
@click.option(
    "--offender",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The true offender, a Person as JSON; unknown fields as the reasons of `unknowns` [default: unknown].",
)
@click.option("--application", default="", help="The victim's application whose objection led to this.")
@reason_option
@instrument_option
def split(
    home: Path,
    name: str,
    officer: str,
    as_json: bool,
    record_id: str,
    version: int,
    offender: Path | None,
    application: str,
    reason: str,
    instrument: str,
) -> None:
    """冒名: correct RECORD_ID to its true offender, or to an unknown person; its history keeps why."""
    from compose.shared.showing import message_json
    from federation.v1 import identity_pb2

    said = identity_pb2.Split(
        record_id=record_id,
        expected_version=version,
        reason=reason,
        instrument=_instrument(instrument),
        application=application,
    )
    if offender:
        _read_offender(offender, said)
    with _desk(home, name, officer) as desk:
        receipt = desk.split(said)
    if as_json:
        echo_json(message_json(receipt))
    else:
        echo(f"record {receipt.record_id} is at version {receipt.version}, about another person now")


@identity.command()
@at_node
@click.argument("one")
@click.argument("other")
@reason_option
@instrument_option
def merge(
    home: Path, name: str, officer: str, as_json: bool, one: str, other: str, reason: str, instrument: str
) -> None:
    """Say that the persons of two records, each written RECORD_ID:VERSION, are one; no record changes."""
    from federation.v1 import identity_pb2

    said = identity_pb2.Merge(
        one=_version(one, "one"),
        other=_version(other, "other"),
        reason=reason,
        instrument=_instrument(instrument),
    )
    with _desk(home, name, officer) as desk:
        _tell([desk.merge(said)], as_json)


@identity.command()
@at_node
@click.argument("merge_id")
@click.option("--version", type=int, help="Version of the merge that was decided on [default: as shown].")
@reason_option
def undo(
    home: Path, name: str, officer: str, as_json: bool, merge_id: str, version: int | None, reason: str
) -> None:
    """Take a merge back; that it was made, by whom and why, stays known. What was told by it is recalled."""
    from federation.v1 import identity_pb2

    with _desk(home, name, officer) as desk:
        if version is None:
            [found] = desk.merges(merge_id)
        else:
            found = identity_pb2.PersonMerge(merge_id=merge_id, version=version)
        _tell([desk.undo(found, reason)], as_json)


@identity.command()
@at_node
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True)
def merges(home: Path, name: str, officer: str, as_json: bool, limit: int) -> None:
    """List merges with every step: officer, time, reason."""
    with _desk(home, name, officer) as desk:
        _tell(list(desk.merges(limit=limit)), as_json)


@contextmanager
def _desk(home: Path, name: str, officer: str) -> Iterator[IdentityDesk]:
    from compose.shared.clients import of_node
    from federation.client.identities import IdentityDesk

    with of_node(home, name, officer) as client:
        yield IdentityDesk(client, name)


def _instrument(text: str) -> record_pb2.Instrument:
    from federation.v1 import record_pb2

    reference, bar, issuer = (part.strip() for part in text.partition("|"))
    if not (reference and bar and issuer):
        raise InvalidRequest.of("instrument", "R1", 'write "NUMBER|ISSUER"')
    return record_pb2.Instrument(kind=record_pb2.INSTRUMENT_KIND_RULING, reference=reference, issuer=issuer)


def _version(text: str, field: str) -> identity_pb2.RecordVersion:
    from federation.v1 import identity_pb2

    record_id, colon, version = text.partition(":")
    if not colon or not version.isascii() or not version.isdigit():
        raise InvalidRequest.of(field, "FORMAT", "write RECORD_ID:VERSION, as `hutong ask` shows them")
    return identity_pb2.RecordVersion(record_id=record_id, expected_version=int(version))


def _read_offender(path: Path, said: identity_pb2.Split) -> None:
    """Read a person as JSON, with `unknowns` beside its fields; raises `InvalidRequest`."""
    from google.protobuf.json_format import ParseDict, ParseError

    from compose.explain.strict_json import BadLine, parse_line

    try:
        content = parse_line(b" ".join(path.read_bytes().splitlines()))
        if not isinstance(content, dict):
            raise ParseError("is not an object")
        unknowns = content.pop("unknowns", [])
        ParseDict({"offender": content, "unknowns": unknowns}, said)
    except (BadLine, ParseError, OSError) as error:
        raise InvalidRequest.of("offender", "FORMAT", str(error)) from None


def _tell(found: list[identity_pb2.PersonMerge], as_json: bool) -> None:
    from compose.shared.printing import Console, Table
    from compose.shared.showing import message_json

    if as_json:
        echo_json([message_json(each) for each in found])
        return
    table = Table(title="merges of registrations", title_justify="left")
    for heading in ("merge", "stands", "version", "officer", "time", "records", "why"):
        table.add_column(heading, overflow="fold")
    for each in found:
        for event in each.events:
            table.add_row(
                each.merge_id,
                "yes" if each.stands else "no",
                str(event.version),
                event.officer,
                event.at,
                f"{event.one.record_id} {event.other.record_id}",
                event.reason,
            )
    Console().print(table)
