"""`hutong node sealing`: an agency's work on seals at its own node."""

from __future__ import annotations

from pathlib import Path

import click

from certs.printing import write_json
from compose.node.deciding_cli import COMMANDS
from compose.node.sealing_showing import certificate_json, certificate_table
from compose.shared.at import At, at
from federation.documents.file import render
from federation.evidence.view import envelope_json
from federation.v1 import sealing_pb2

_NODE = "Node of the own agency, e.g. police-1."


@click.group()
def sealing() -> None:
    """Seals: decide on what is withheld, seal and unseal; who has acknowledged, objection to another's seal."""


for _command in COMMANDS:
    sealing.add_command(_command)


@sealing.command()
@at(
    node=_NODE,
    out=click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Also save it, signed."),
)
@click.option("--reason", required=True, help="Why the sealed record is looked at; it is logged.")
@click.argument("record_id")
def certificate(at: At, reason: str, record_id: str) -> None:
    """Show which nodes have acknowledged that a record is sealed, each by its own signature (封存证明)."""
    with at.client() as client:
        checked, signed = client.seals.certificate(at.node, record_id, reason=reason)
    if at.out is not None:
        document = certificate_json(checked)
        file = {"format": "hutong-sealing-certificate-v1", **document, "envelope": envelope_json(signed)}
        write_json(at.out, file, indent=1)
    at.present(checked, document=certificate_json, table=certificate_table)


@sealing.command()
@at(node=_NODE)
@click.option("--reason", required=True, help="Why it is made; it is logged.")
@click.option("--served-on", required=True, help="On whom it is served.")
@click.option("--capacity", default="", help='As what, when it is not the person: "法定代理人".')
@click.option(
    "--out",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="Where to save it.",
)
@click.argument("record_id")
def notice(at: At, reason: str, served_on: str, capacity: str, target: Path, record_id: str) -> None:
    """Make the notice that is served on the person whose record is sealed (犯罪记录封存通知书)."""
    body = sealing_pb2.NoticeOfSealing(
        record_id=record_id, served_on=served_on, capacity=capacity, reason=reason
    )
    with at.client() as client:
        file = render(client.seals.notice(at.node, body))
    write_json(target, file, indent=1)
    document = {"number": file["document"]["number"], "file": str(target)}
    text = [*file["text"], "", f"saved as {target}; check it with hutong verify {target}"]
    at.present(document, table=lambda _: text)


@sealing.command("object")
@at(node=_NODE)
@click.option("--reason", required=True, help="Why the seal is thought wrong; its proposer gets this reason.")
@click.option("--version", "expected", type=int, required=True, help="Version that was looked at.")
@click.argument("record_id")
def object_(at: At, reason: str, expected: int, record_id: str) -> None:
    """Object to another holder's seal. The record stays withheld; the proposer's people decide."""
    body = sealing_pb2.SealingObjection(record_id=record_id, expected_version=expected, reason=reason)
    with at.client() as client:
        receipt = client.seals.object(at.node, body)
    sentence = "the objection stands and goes to the proposer; the record stays withheld"
    at.present(receipt, table=lambda _: sentence)
