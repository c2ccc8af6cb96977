"""`hutong identity`: split off a stolen identity (冒名), merge registrations of one person, rule candidates out."""

from __future__ import annotations

from pathlib import Path

import click

from compose.explain.strict_json import parse_line
from compose.node.candidates_cli import COMMANDS
from compose.node.identity_options import identities_at
from compose.shared.at import At, at
from compose.shared.moments import beijing
from compose.shared.printing import Table, listing
from compose.shared.written import instrument as read_instrument
from compose.shared.written import instrument_option, reason_option
from federation.errors import InvalidRequest
from federation.v1 import identity_pb2
from federation.values.json_message import read_message

_at = at(node="Node of the agency, e.g. police-1.")


@click.group()
def identity() -> None:
    """Say whose records they are, at a node of one's own agency."""


for _command in COMMANDS:
    identity.add_command(_command)


@identity.command()
@_at
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
    at: At,
    record_id: str,
    version: int,
    offender: Path | None,
    application: str,
    reason: str,
    instrument: str,
) -> None:
    """冒名: correct RECORD_ID to its true offender, or to an unknown person; its history keeps why."""
    body = identity_pb2.Split(
        record_id=record_id,
        expected_version=version,
        reason=reason,
        instrument=read_instrument(instrument),
        application=application,
    )
    if offender:
        _read_offender(offender, body)
    with identities_at(at) as identities:
        receipt = identities.split(body)
    at.present(
        receipt,
        table=lambda it: f"record {it.record_id} is at version {it.version}, about another person now",
    )


@identity.command()
@_at
@click.argument("one")
@click.argument("other")
@reason_option
@instrument_option
def merge(at: At, one: str, other: str, reason: str, instrument: str) -> None:
    """Say that the persons of two records, each written RECORD_ID:VERSION, are one; no record changes."""
    body = identity_pb2.Merge(
        one=_version(one, "one"),
        other=_version(other, "other"),
        reason=reason,
        instrument=read_instrument(instrument),
    )
    with identities_at(at) as identities:
        at.present([identities.merge(body)], table=_table)


@identity.command()
@_at
@click.argument("merge_id")
@click.option("--version", type=int, help="Version of the merge that was decided on [default: as shown].")
@reason_option
def undo(at: At, merge_id: str, version: int | None, reason: str) -> None:
    """Take a merge back; that it was made, by whom and why, stays known. Answers that rested on it are recalled."""
    with identities_at(at) as identities:
        if version is None:
            [found] = identities.merges(merge_id)
        else:
            found = identity_pb2.PersonMerge(merge_id=merge_id, version=version)
        at.present([identities.undo(found, reason)], table=_table)


@identity.command()
@_at
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True)
def merges(at: At, limit: int) -> None:
    """List merges with every step: officer, time, reason."""
    with identities_at(at) as identities:
        at.present(list(identities.merges(limit=limit)), table=_table)


def _version(text: str, field: str) -> identity_pb2.RecordVersion:
    record_id, colon, version = text.partition(":")
    if not colon or not version.isascii() or not version.isdigit():
        raise InvalidRequest.of(field, "FORMAT", "write RECORD_ID:VERSION, as `hutong ask` shows them")
    return identity_pb2.RecordVersion(record_id=record_id, expected_version=int(version))


def _read_offender(path: Path, body: identity_pb2.Split) -> None:
    """Read a person as JSON, with `unknowns` in addition to its fields; raises `InvalidRequest`."""
    try:
        content = parse_line(b" ".join(path.read_bytes().splitlines()))
        if not isinstance(content, dict):
            raise ValueError("is not an object")
        unknowns = content.pop("unknowns", [])
        read_message({"offender": content, "unknowns": unknowns}, body)
    except (ValueError, OSError) as error:
        raise InvalidRequest.of("offender", "FORMAT", str(error)) from None


def _table(found: list[identity_pb2.PersonMerge]) -> Table:
    table = listing(
        "merges of registrations", "merge", "stands", "version", "officer", "time", "records", "why"
    )
    for each in found:
        for event in each.events:
            table.add_row(
                each.merge_id,
                "yes" if each.stands else "no",
                str(event.version),
                event.officer,
                f"{beijing(event.at)} (Beijing)",
                f"{event.one.record_id} {event.other.record_id}",
                event.reason,
            )
    return table
