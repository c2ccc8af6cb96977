"""The commands on candidates: see which records stop a question about a person, decide that one is not theirs (R34)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import click

from compose.node.identity_options import identities_at, person_options, read_number, subject_of
from compose.shared.at import At, at
from compose.shared.moments import beijing
from compose.shared.printing import Table, lines, listing
from compose.shared.written import instrument as read_instrument
from compose.shared.written import instrument_option, reason_option
from federation.errors import InvalidRequest
from federation.v1 import identity_pb2, record_pb2, registry_pb2

_at = at(node="Node of the agency, e.g. police-1.")


@click.command()
@_at
@person_options
@reason_option
def candidates(at: At, name: str, number: str, birth_date: str, sex: str | None, reason: str) -> None:
    """List the records that may be a person's: because of them a question ends in CONFIRM_IDENTITY."""
    subject = subject_of(name=name, number=number, birth_date=birth_date, sex=sex)
    with identities_at(at) as identities:
        found = identities.candidates(subject, reason)
    at.present(list(found.candidates), table=lambda it: _candidates(it, found.too_many))


@click.command("not-this-person")
@_at
@click.argument("record_id")
@click.option("--version", type=int, required=True, help="Version of the record that was decided on.")
@person_options
@reason_option
@instrument_option
def not_this_person(
    at: At,
    record_id: str,
    version: int,
    name: str,
    number: str,
    birth_date: str,
    sex: str | None,
    reason: str,
    instrument: str,
) -> None:
    """不是本人: decide once that RECORD_ID is not of the bearer of this number, who is not stopped by it again."""
    body = identity_pb2.Distinction(
        subject=subject_of(name=name, number=number, birth_date=birth_date, sex=sex),
        record_id=record_id,
        expected_version=version,
        reason=reason,
        instrument=read_instrument(instrument),
    )
    with identities_at(at) as identities:
        at.present([identities.distinguish(body)], table=_distinctions)


@click.command("undo-distinction")
@_at
@click.argument("distinction_id")
@click.option("--version", type=int, help="Version of the decision [default: as shown].")
@reason_option
def undo_distinction(at: At, distinction_id: str, version: int | None, reason: str) -> None:
    """Take the decision back that a record is not a person's; who made it and why stays known."""
    with identities_at(at) as identities:
        if version is None:
            [found] = identities.distinctions(distinction_id)
        else:
            found = identity_pb2.PersonDistinction(distinction_id=distinction_id, version=version)
        at.present([identities.undo_distinction(found, reason)], table=_distinctions)


@click.command()
@_at
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True)
def distinctions(at: At, limit: int) -> None:
    """List the decisions that a record is not a person's, with every step: officer, time, reason."""
    with identities_at(at) as identities:
        at.present(list(identities.distinctions(limit=limit)), table=_distinctions)


@click.command("add-former")
@_at
@click.argument("record_id")
@click.option("--version", type=click.IntRange(1), required=True, help="The version you saw.")
@click.option("--name", "names", multiple=True, help="A former name (曾用名); may be given several times.")
@click.option(
    "--number", "numbers", multiple=True, help="A former or corrected number: NUMBER or TYPE=NUMBER."
)
@reason_option
@instrument_option
def add_former(
    at: At,
    record_id: str,
    version: int,
    names: Sequence[str],
    numbers: Sequence[str],
    reason: str,
    instrument: str,
) -> None:
    """Add former names and numbers to a record of your own: it is found under them from now on."""
    if not names and not numbers:
        raise InvalidRequest.of("name", "OPTION", "give a former --name or --number")
    document = read_instrument(instrument)
    with at.client() as client:
        record = client.register.show(at.node, record_id).record
        for name in names:
            record.person.names.add(kind=record_pb2.NAME_KIND_FORMER, text=name)
        for number in numbers:
            identifier = read_number(number, "number")
            identifier.verification, identifier.former = record_pb2.VERIFICATION_VERIFIED, True
            record.person.identifiers.append(identifier)
        kept = [
            unknown for unknown in record.unknowns if not numbers or unknown.field != "person.identifiers"
        ]
        del record.unknowns[:]
        record.unknowns.extend(kept)
        amendment = registry_pb2.Amendment(
            record_id=record_id,
            expected_version=version,
            record=record,
            reason=f"{reason}（{document.reference}，{document.issuer}）",
        )
        receipt = client.register.amend(at.node, amendment)
    at.present(receipt, table=lambda it: f"record {it.record_id} is at version {it.version} now")


COMMANDS = (candidates, not_this_person, undo_distinction, distinctions, add_former)


def _candidates(found: Iterable[identity_pb2.PersonCandidate], too_many: bool) -> Table:
    title = "records that may be this person's" + (": there are more, give more data" if too_many else "")
    table = listing(title, "record", "version", "names", "numbers", "born", "judgment", whole=("record",))
    for each in found:
        person = each.record.person
        table.add_row(
            each.record_id,
            str(each.version),
            " / ".join(name.text for name in person.names),
            " / ".join(identifier.number for identifier in person.identifiers),
            person.birth_date,
            each.record.judgment_number.original,
        )
    return table


def _distinctions(found: Iterable[identity_pb2.PersonDistinction]) -> Table:
    table = listing(
        "not this person", "decision, record", "person", "by, when, why", whole=("decision, record",)
    )
    for each in found:
        for event in each.events:
            numbers = [identifier.number for identifier in event.subject.identifiers]
            table.add_row(
                lines(
                    [
                        each.distinction_id,
                        f"version {event.version}, {'stands' if each.stands else 'taken back'}",
                        event.record.record_id,
                    ]
                ),
                lines([event.subject.name, *numbers]),
                lines([event.officer, f"{beijing(event.at)} (Beijing)", event.reason]),
            )
    return table
