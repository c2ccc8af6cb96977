"""`hutong notify`: send a notice, show its stages, decide on notices that wait at a node."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from compose.notices.notice_file import read_notices
from compose.notices.notices_shown import (
    receipt_json,
    receipts_table,
    tracked_json,
    tracked_table,
    waiting_json,
    waiting_table,
)
from compose.notices.parked_cli import again, parked
from compose.notices.reconcile_cli import reconcile
from compose.shared.at import At, Optional, at
from compose.shared.digests import parse_digest, whole
from compose.shared.presenting import listed
from federation.client import Client
from federation.client.documents import reference
from federation.errors import InvalidRequest
from federation.v1 import notice_pb2

#: Subcommand -> (kind, who usually sends it, help).
KINDS = {
    "judgment": ("JUDGMENT", "court", "Notify effective judgments (N1)."),
    "information": ("JUDGMENT_INFORMATION", "court", "Notify other information on judgments (N2)."),
    "release": ("RELEASE", "prison", "Notify releases on completion of sentence (N3)."),
    "correction": ("CORRECTION_COMPLETED", "county_justice", "Notify completed corrections (N4)."),
    "pardon": ("PARDON", "prison", "Notify pardons (an extension)."),
    "death": ("DEATH", "prison", "Notify deaths (an extension)."),
    "sealing": ("SEALING", "court", "Notify that records are sealed (犯罪记录封存通知书, an extension)."),
    "retrial": ("RETRIAL_CHANGE", "court", "Notify changes by retrial (an extension)."),
}


@click.group()
def notify() -> None:
    """Send notices to the registration organs and see what became of them."""


def _sender(name: str, kind: str, usual: str, summary: str) -> None:
    @notify.command(name, help=f"{summary} FILE holds one notice as JSON, a list of them, or one a line.")
    @at(member=Optional("Member that sends.", default=usual))
    @click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
    @click.option(
        "--document",
        "documents",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        multiple=True,
        help="A document of the notice (FILE then holds one): handed in first, and named in it by its digest.",
    )
    def send(at: At, file: Path, documents: tuple[Path, ...]) -> None:
        notices = read_notices(file, notice_pb2.NoticeKind.Value(f"NOTICE_KIND_{kind}"))
        receipts: list[notice_pb2.NoticeReceipt] = []
        with at.client() as client:
            if documents:
                attach(client, notices, documents)
            for start in range(0, len(notices), 200):
                receipts += client.notices.submit(notices[start : start + 200])
        at.present(receipts, document=listed(receipt_json), table=receipts_table)
        if any(r.stage == notice_pb2.NOTICE_STAGE_REFUSED for r in receipts):
            raise SystemExit(1)


for _name, (_kind, _usual, _summary) in KINDS.items():
    _sender(_name, _kind, _usual, _summary)


@notify.command()
@at(member=Optional("Member that sent them.", default="court"))
@click.argument("digests", nargs=-1)
def track(at: At, digests: tuple[str, ...]) -> None:
    """Show all stages of notices: of DIGESTS (of the newest 100, 8 digits will do), or of the newest."""
    with at.client() as client:
        newest = () if all(len(text) == 64 for text in digests) else client.notices.track(())
        known = {t.notice.hex() for t in newest}
        wanted = [text if len(text) == 64 else whole(text, known, "digests") for text in digests]
        tracked = client.notices.track([parse_digest(text) for text in wanted])
    at.present(tracked, document=listed(tracked_json), table=listed(tracked_table))


@notify.command()
@at(node="Node at which they wait, e.g. police-1.")
def waiting(at: At) -> None:
    """Show notices on which an officer of a node has to decide, with the likeliest records."""

    def shown(found: Sequence[notice_pb2.WaitingNotice]) -> str:
        for notice in found:
            waiting_table(notice)
        if not found:
            return f"Nothing waits at {at.node}."
        decide = f"hutong notify decide --node {at.node} DIGEST apply --record RECORD --reason WHY"
        return f"{decide}   (or: refuse, forward)"

    with at.client() as client:
        at.present(client.notices.waiting(at.node), document=listed(waiting_json), table=shown)


@notify.command()
@at(node="Node at which it waits.")
@click.argument("digest")
@click.argument("decision", type=click.Choice(["apply", "refuse", "forward"]))
@click.option(
    "--record",
    default="",
    help="apply: the record it is about; without, the only one under the person's number.",
)
@click.option("--division", default="", help="forward: the division that registers the person now.")
@click.option("--reason", required=True, help="Why; logged, and in the sender's receipt if it gets one.")
def decide(at: At, digest: str, decision: str, record: str, division: str, reason: str) -> None:
    """Decide on a notice that waits; the decision is recorded.

    Its sender gets a further receipt, except of a notice that was `received`: it gave no judgment number, or number and
    person did not both fit, and its sender must not learn who has a record.
    """
    decided = notice_pb2.Decision(
        notice=parse_digest(digest),
        kind=notice_pb2.DecisionKind.Value(f"DECISION_KIND_{decision.upper()}"),
        record_id=record,
        division=division,
        reason=reason,
    )
    with at.client() as client:
        receipt = client.notices.decide(at.node, decided)
    at.present(receipt, document=receipt_json, table=lambda it: receipts_table([it], by=at.node))


def attach(client: Client, notices: list[notice_pb2.Notice], files: Sequence[Path]) -> None:
    """Hand documents in and name them in the one notice that they belong to."""
    if len(notices) != 1:
        raise InvalidRequest.of("document", "R62", "belongs to one notice: FILE must hold exactly one")
    for file in files:
        content = client.documents.put(file).content
        notices[0].documents.append(reference(content, file.name))
    instrument = notices[0].record.instrument
    if notices[0].HasField("record") and not instrument.sha256:
        instrument.sha256 = notices[0].documents[0].sha256


for _command in (reconcile, parked, again):
    notify.add_command(_command)
