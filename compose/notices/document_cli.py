"""`hutong document`: hand in a document, keep a scan with a record, fetch one, show its path through the organs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from certs.printing import echo
from compose.ask.ask_cli import UNDERTAKING
from compose.notices.documents_shown import attached_json, attached_table, way_json, way_table
from compose.shared.at import At, Optional, at
from compose.shared.digests import parse_digest
from compose.shared.moments import beijing
from compose.shared.printing import Console, ProgressBar
from federation.errors import InvalidRequest
from federation.law.functions import FUNCTIONS
from federation.v1 import query_pb2, stored_document_pb2

_SENDER = Optional("Member that sends or sent it.", default="court")


@click.group()
def document() -> None:
    """Documents of notices and records: PDF, OFD, PNG, JPEG, TIFF, plain text, XML, JSON."""


@document.command()
@at(member=_SENDER)
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--type", "media_type", default="", help="e.g. application/pdf; else by how it begins.")
def put(at: At, file: Path, media_type: str) -> None:
    """Hand FILE to the gateway; broken off, the same command goes on. A notice must name it by its digest."""
    with at.client() as client, _Bar(file.stat().st_size, at.as_json) as bar:
        receipt = client.documents.put(file, media_type, progress=bar)
    at.present(receipt, document=_receipt_json, table=_show_receipt)


@document.command()
@at(node="Node that holds the record.")
@click.argument("record_id")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--type", "media_type", default="", help="e.g. application/pdf; else by how it begins.")
def attach(at: At, record_id: str, file: Path, media_type: str) -> None:
    """Keep FILE, a scan of the agency's own, with an open record of its node; broken off, the same command goes on."""
    with at.client() as client, _Bar(file.stat().st_size, at.as_json) as bar:
        receipt = client.documents.attach(file, media_type, node=at.node, record_id=record_id, progress=bar)
    at.present(receipt, document=_receipt_json, table=_show_receipt)


@document.command("list")
@at(node="Node that holds the record.")
@click.argument("record_id")
def list_(at: At, record_id: str) -> None:
    """List the documents of an open record: scans kept with it, and documents of notices."""
    with at.client() as client:
        documents = client.documents.attached(at.node, record_id)
    at.present(documents, document=attached_json, table=attached_table)


@document.command()
@at(
    node=Optional("Node that holds it, e.g. police-1; its own officers may read it."),
    member=_SENDER,
    out=click.option(
        "--out", type=click.Path(path_type=Path), help="File to write; default: DIGEST in this folder."
    ),
)
@click.argument("digest")
@click.option("--reason", required=True, help="Why; the log keeps it.")
@click.option("--record", "record_id", default="", help="At a node: the record that the scan was kept with.")
@click.option("--case-number", default="", help="Sealed access: the case; with --undertaking.")
@click.option(
    "--undertaking",
    is_flag=False,
    flag_value=UNDERTAKING,
    default="",
    help="Sealed access: promise confidentiality (R44); with a text, in these words.",
)
@click.option("--scope", default="", help="With --undertaking: what it will be used for, nothing else.")
@click.option(
    "--function",
    type=click.Choice(FUNCTIONS),
    help='Sealed access by justice administration: "execution", or the seal stays closed (A9).',
)
def get(
    at: At,
    digest: str,
    reason: str,
    record_id: str,
    case_number: str,
    undertaking: str,
    scope: str,
    function: str | None,
) -> None:
    """Fetch a document: from a node (--node), or at the gateway one that the member sent and that is under way."""
    target = at.out or Path(digest)
    if target.exists():
        raise InvalidRequest.of("out", "EXISTS", f"{target} is there: name another file with --out")
    promised = query_pb2.Undertaking(signed_by=at.officer, text=undertaking, reason=reason, scope=scope)
    signed = promised if undertaking else None
    reader = replace(at, member="") if at.node else at  # documents at a node are read by its own agency
    with reader.client() as client, _Bar(0, at.as_json) as bar:
        content = client.documents.get(
            parse_digest(digest),
            target,
            reason=reason,
            node=at.node,
            case_number=case_number,
            undertaking=signed,
            function=function or "",
            record_id=record_id,
            progress=bar,
        )
    result = {"file": str(target), "size": content.size, "media_type": content.media_type, "sha256": digest}
    shown = f"{target}: {content.size:,} bytes of {content.media_type}; the digest holds"
    at.present(result, table=lambda _: shown)


@document.command()
@at(member=_SENDER)
@click.argument("digest")
def path(at: At, digest: str) -> None:
    """Show which organ had a document when, each step with its signed receipt, and where it is on its way."""
    with at.client() as client:
        way = client.documents.path(parse_digest(digest))
    at.present(way, document=way_json, table=way_table)


def _receipt_json(receipt: stored_document_pb2.DocumentReceipt) -> dict[str, object]:
    content = receipt.content
    return {
        "sha256": content.sha256.hex(),
        "size": content.size,
        "media_type": content.media_type,
        "by": receipt.installation,
        "at": receipt.at,
        "log_entry": receipt.log_entry.hex(),
    }


def _show_receipt(receipt: stored_document_pb2.DocumentReceipt) -> None:
    content = receipt.content
    echo(
        f"{receipt.installation} has it since {beijing(receipt.at)} (Beijing): "
        f"{content.size:,} bytes, {content.media_type}"
    )
    echo(f"sha256 {content.sha256.hex()}")


class _Bar:
    """A progress bar on a terminal for long transfers; silent for programs."""

    def __init__(self, total: int, quiet: bool) -> None:
        self._progress = ProgressBar(console=Console(stderr=True), transient=True, disable=quiet)
        self._task = self._progress.add_task("bytes", total=total or None)

    def __enter__(self) -> _Bar:
        self._progress.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def __call__(self, have: int) -> None:
        self._progress.update(self._task, completed=have)
