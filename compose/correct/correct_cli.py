"""`hutong correct`: ask the owner of a record to correct it, see the reply; as the owner, reply and correct (R58)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from compose.correct.corrections_shown import asked_json, asked_table, waiting_requests_table
from compose.correct.sending import send
from compose.correct.supervise_cli import supervise
from compose.notices.notices_shown import (
    receipt_json,
    tracked_json,
    tracked_table,
    waiting_json,
)
from compose.shared.at import At, Optional, at
from compose.shared.digests import parse_digest, whole
from compose.shared.persons import name_person
from compose.shared.presenting import listed
from federation.client import Client
from federation.errors import InvalidRequest
from federation.v1 import correction_pb2, notice_pb2, record_pb2, registry_pb2
from federation.values import clock
from federation.values.json_message import read_message
from federation.values.json_text import parse_json

#: What an officer of the owner replies to.
_KINDS: Final = (notice_pb2.NOTICE_KIND_CORRECTION_REQUEST, notice_pb2.NOTICE_KIND_SUPERVISION)


@click.group()
def correct() -> None:
    """Ask another agency to correct a record, or supervise its sealing; reply to others; amend or withdraw your own."""


correct.add_command(supervise)


@correct.command("request")
@at(
    member="Member that asks for the correction, e.g. court.",
    node="Node whose record it is, as the answer names it: police-1.",
)
@click.option("--record", default="", help="The record, as the answer shows it; or --judgment and who.")
@click.option("--version", "version", type=int, default=0, help="The version that the answer shows.")
@click.option("--judgment", default="", help="Without --record: the judgment's number.")
@click.option("--id-number", default="", help="Without --record: the person's citizen identity number.")
@click.option("--name", default="", help="Without --record: the person's name.")
@click.option("--field", required=True, help='What is wrong: "final_on", "person.names", "record" for all.')
@click.option("--believed", required=True, help="What is right instead.")
@click.option("--reason", required=True, help="Why you believe so.")
@click.option("--instrument", default="", help="Number of the document that says so.")
@click.option("--issuer", default="", help="Who issued that document.")
def request(
    at: At,
    record: str,
    version: int,
    judgment: str,
    id_number: str,
    name: str,
    field: str,
    believed: str,
    reason: str,
    instrument: str,
    issuer: str,
) -> None:
    """Ask the owner to correct a record; the receipt says by when a reply is due.

    The owner's officer accepts, naming the version that corrected it, or refuses with a reason:
    see `hutong correct show DIGEST`.
    """
    if version < 0:
        raise InvalidRequest.of("version", "RANGE", "give the version that the answer shows with the record")
    notice = notice_pb2.Notice(
        kind=notice_pb2.NOTICE_KIND_CORRECTION_REQUEST,
        occurred_on=clock.legal_day(clock.now()).isoformat(),
        reason=reason,
        correction=correction_pb2.CorrectionRequest(
            node=at.node, record_id=record, version=version, field=field, believed=believed
        ),
    )
    if instrument or issuer:
        notice.correction.instrument.reference, notice.correction.instrument.issuer = instrument, issuer
    if judgment:
        notice.judgment.number.original = judgment
    if name or id_number:
        name_person(notice.person, name=name, id_number=id_number)
    send(at, notice)


@correct.command("list")
@at(
    member=Optional("Member whose own requests to list, e.g. court."),
    node=Optional("Node whose queue to list: what others ask of it."),
)
def list_(at: At) -> None:
    """List the newest requests of a member (--as), or those that wait for a node's reply (--node)."""
    if bool(at.member) == bool(at.node):
        raise InvalidRequest.of("as", "OPTION", "give either --as MEMBER or --node NODE")
    with at.client() as client:
        if at.node:
            waiting = _waiting(client, at.node)
            at.present(waiting, document=listed(waiting_json), table=waiting_requests_table)
        else:
            tracked = [each for kind in _KINDS for each in client.notices.track([], kind=kind)]
            at.present(tracked, document=listed(asked_json), table=asked_table)


@correct.command()
@at(node="Node whose record it is.")
@click.argument("digest")
@click.argument("decision", type=click.Choice(["accept", "refuse"]))
@click.option("--record", default="", help="accept, of a request without a record: the one that was meant.")
@click.option(
    "--reason", required=True, help="Why, or what was done; the requester gets it with the decision."
)
def reply(at: At, digest: str, decision: str, record: str, reason: str) -> None:
    """Reply to a request: accept it once the record is amended or withdrawn, or refuse it with the reason.

    Reply to a procuratorate's supervision: accept it and say what was done, or refuse it and say why nothing was wrong.
    """
    kinds = {"accept": notice_pb2.DECISION_KIND_APPLY, "refuse": notice_pb2.DECISION_KIND_REFUSE}
    with at.client() as client:
        notice = whole(digest, (w.digest.hex() for w in _waiting(client, at.node)), "digest")
        decided = notice_pb2.Decision(
            notice=bytes.fromhex(notice), kind=kinds[decision], record_id=record, reason=reason
        )
        receipt = client.notices.decide(at.node, decided)
    corrected = f": corrected in version {receipt.version}" if receipt.version else ""
    sentence = f"accepted{corrected}, and the requester is notified"
    if decision == "refuse":
        sentence = "refused, and the requester is notified with the reason"
    at.present(receipt, document=receipt_json, table=lambda _: sentence)


@correct.command()
@at(member="Member that asked for the correction.")
@click.argument("digest")
def show(at: At, digest: str) -> None:
    """Show all stages of one request, each as its giver signed it, with the owner's reply."""
    with at.client() as client:
        if len(digest) < 64:
            asked = (t.notice.hex() for kind in _KINDS for t in client.notices.track([], kind=kind))
            digest = whole(digest, asked, "digest")
        (tracked,) = client.notices.track([parse_digest(digest)])
    at.present(tracked, document=tracked_json, table=tracked_table)


@correct.command()
@at(node="Your agency's node that holds the record.")
@click.argument("record_id")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--version", "version", type=click.IntRange(1), required=True, help="The version you saw.")
@click.option("--reason", required=True, help="Why; it stays in the record's history.")
def amend(at: At, record_id: str, file: Path, version: int, reason: str) -> None:
    """Correct a record of your own: FILE is the whole record, as `hutong node show --json` prints it, mended.

    Every version stays; answers that hold no more are recalled.
    """
    amendment = registry_pb2.Amendment(
        record_id=record_id, expected_version=version, record=_record(file), reason=reason
    )
    with at.client() as client:
        receipt = client.register.amend(at.node, amendment)
    at.present(receipt, table=lambda it: f"record {it.record_id} is at version {it.version} now")


@correct.command()
@at(node="Your agency's node that holds the record.")
@click.argument("record_id")
@click.option("--version", "version", type=click.IntRange(1), required=True, help="The version you saw.")
@click.option("--reason", required=True, help="Why; it stays as audit evidence.")
def withdraw(at: At, record_id: str, version: int, reason: str) -> None:
    """Withdraw a record of your own: it leaves every answer at once, and answers that disclosed it are recalled."""
    withdrawal = registry_pb2.Withdrawal(record_id=record_id, expected_version=version, reason=reason)
    with at.client() as client:
        receipt = client.register.withdraw(at.node, withdrawal)
    at.present(receipt, table=lambda it: f"record {it.record_id} is withdrawn, as version {it.version}")


def _record(file: Path) -> record_pb2.Record:
    """Return the record in `file`, either alone or in the form in which a node shows it; raises `InvalidRequest`."""
    try:
        content = parse_json(file.read_text("utf-8-sig"))
        return read_message(content.get("record", content), record_pb2.Record())
    except (ValueError, AttributeError) as error:
        raise InvalidRequest.of("file", "FORMAT", f"is no record: {error}"[:300]) from None


def _waiting(client: Client, node: str) -> list[notice_pb2.WaitingNotice]:
    """Return every request that waits at a node, the most urgent first."""
    found = list["notice_pb2.WaitingNotice"]()
    for kind in _KINDS:
        after = b""
        while page := client.notices.waiting(node, after=after, kind=kind):
            found += page
            after = page[-1].digest
    return sorted(found, key=lambda w: (w.due_on, w.digest))
